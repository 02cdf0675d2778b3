/* test_kernels.h: what the kernel tests of both dtypes share: cases and their count, hashes, random bits, guarded
 * arrays. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_TEST_KERNELS_H
#define NA_TEST_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the kernels under test fuse a product with its sum. */
extern bool test_fused;

/* Whether a tool that is slow looks on: tests that do the same again and again do it less often. */
extern bool thinned;

/* A case is one kernel with one set of sizes; it passes unless one of its checks fails, and prints the first that does.
 * Its name seeds the random bits, so a case does not depend on the others. */
void case_begin(const char *dtype, const char *kernel, const char *sizes, ...) __attribute__((format(printf, 3, 4)));
void case_fail(const char *what, int64_t index, double value, double wanted);
void case_overrun(const char *what, int64_t size); /* something around an array of `size` was written */
void case_hash(uint64_t bits);                     /* into the hash of the kernel */
void case_end(void);

uint64_t random_bits(void);
static inline int64_t random_below(int64_t n) { return (int64_t)(random_bits() >> 11) % n; }

/* Arrays in front of an inaccessible page, each in its slot: `bytes` long, ended by the page itself if `tight`, else
 * beginning on a line. The bytes in front and behind are canaries, and so is what is in the array. */
enum { SLOTS = 12 };
void *place(int slot, size_t bytes, bool tight);
/* One that begins where an inaccessible page ends. */
void *place_first(int slot, size_t bytes);
bool canaries_live(int slot, const void *array, size_t bytes);

/* Whether the linker leads our code's calls for memory and threads, and to the clock, to test_kernels.c. */
extern const bool calls_are_wrapped;

/* How often our code has asked for memory so far, in any thread, and for threads; 0 where calls are not wrapped. */
int64_t count_allocations(void);
int64_t count_threads(void);

/* Whether our code gets memory that ends where an inaccessible page begins, or begins where one ends, from now on; what
 * it has when that changes it must have given back. Only where calls are wrapped. */
typedef enum { GUARD_NONE, GUARD_FIRST, GUARD_LAST } guard;
void guard_allocations(guard where);

/* Whether our code finds, from now on, that a second is gone at each look at the clock, and how often it has looked so
 * far; only where calls are wrapped. */
void rush_clock(bool rushes);
int64_t count_looks(void);

/* test_sizes.c. */
void test_sizes(void);

/* test_teams.c and test_<what>_tmpl.c. */
void test_teams(void);
void test_kernels_f32(void), test_kernels_f64(void);
void test_elementwise_f32(void), test_elementwise_f64(void);
void test_losses_f32(void), test_losses_f64(void);
void test_sparse_f32(void), test_sparse_f64(void);
void test_steps_f32(void), test_steps_f64(void);
void test_guards_f32(void), test_guards_f64(void);
void test_fp_state_f32(void), test_fp_state_f64(void);
void test_interrupts_f32(void), test_interrupts_f64(void);

#endif
