/* random.h: random numbers by counter. Number i of stream k is a function of (k, i) alone, so the draws do not
 * depend on threads or the order of work. Philox4x32-10, Salmon et al. 2011, doi:10.1145/2063384.2063405. random.c
 * also has the shuffle of rows (na_shuffle in neuract.h). */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_RANDOM_H
#define NA_RANDOM_H

#include <stdint.h>

/* Four random 32-bit words for one key and counter. */
void na_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);

#endif
