/* test_kernels.h: declarations that the tests of both dtypes share: cases and their count, hashes, random bits,
 * guarded arrays. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_TEST_KERNELS_H
#define NA_TEST_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the kernels under test use FMA. */
extern bool test_fused;

/* Whether a slow tool runs the tests, which then repeat less. */
extern bool thinned;

/* A case is one kernel with one set of sizes. It passes unless one of its checks fails, and prints the first
 * failure. Its name seeds the random bits, so cases do not depend on each other. */
void case_begin(const char *dtype, const char *kernel, const char *sizes, ...) __attribute__((format(printf, 3, 4)));
void case_fail(const char *what, int64_t index, double value, double wanted);
void case_overrun(const char *what, int64_t size); /* memory around an array of `size` was written */
void case_hash(uint64_t bits);                     /* adds to the hash of the kernel */
void case_end(void);

uint64_t random_bits(void);
static inline int64_t random_below(int64_t n) { return (int64_t)(random_bits() >> 11) % n; }

/* Arrays before an inaccessible page, each in its slot: `bytes` long; `tight`: they end at the page, else they begin
 * on a line. The bytes before and after them are canaries, and so is their initial content. */
enum { SLOTS = 12 };
void *place(int slot, size_t bytes, bool tight);
/* An array that begins where an inaccessible page ends. */
void *place_first(int slot, size_t bytes);
bool canaries_live(int slot, const void *array, size_t bytes);

/* Whether the linker redirects our code's calls for memory, threads and the clock to test_kernels.c. */
extern const bool calls_are_wrapped;

/* How many allocations, in any thread, and threads our code has asked for so far; 0 if calls are not wrapped. */
int64_t count_allocations(void);
int64_t count_threads(void);

/* Sets whether our code gets memory next to an inaccessible page, at its end or at its beginning. Our code must have
 * released all memory before a change. Only if calls are wrapped. */
typedef enum { GUARD_NONE, GUARD_FIRST, GUARD_LAST } guard;
void guard_allocations(guard where);

/* Sets whether the clock advances by a second on each read by our code; how often our code has read it so far. Only
 * if calls are wrapped. */
void rush_clock(bool rushes);
int64_t count_looks(void);

/* In test_sizes.c. */
void test_sizes(void);

/* In test_teams.c and test_<what>_tmpl.c. */
void test_teams(void);
void test_kernels_f32(void), test_kernels_f64(void);
void test_elementwise_f32(void), test_elementwise_f64(void);
void test_losses_f32(void), test_losses_f64(void);
void test_sparse_f32(void), test_sparse_f64(void);
void test_periodic_f32(void), test_periodic_f64(void);
void test_dropout_f32(void), test_dropout_f64(void);
void test_steps_f32(void), test_steps_f64(void);
void test_members_f32(void), test_members_f64(void);
void test_guards_f32(void), test_guards_f64(void);
void test_fp_state_f32(void), test_fp_state_f64(void);
void test_interrupts_f32(void), test_interrupts_f64(void);

#endif
