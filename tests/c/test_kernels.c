/* test_kernels.c: every kernel of every table against a naive scalar oracle, in the manner of dav1d's checkasm.
 *
 * `test_kernels --isa NAME` tests one instruction set and returns 77 if this processor lacks it; with FMA, the hash
 * of each kernel's output must be the one in golden.h. `--networks` after that skips the single kernels. For
 * valgrind, which does not emulate the floating-point state, `--guards` tests only networks between inaccessible
 * pages, and `--memory` compares no numbers; `--memory` and `--networks` end fewer runs. Without an argument it
 * tests all instruction sets that run here. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_kernels.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "neuract.h"
#include "pages.h"
#include "system.h"

#ifndef NA_EMULATED
#define NA_EMULATED false
#endif
bool test_fused, thinned = NA_EMULATED;

/* ---- cases ----------------------------------------------------------------------------------- */

enum { MAX_HASHES = 512, MAX_PRINTED = 40, SKIPPED = 77 };
static const uint64_t fnv_start = UINT64_C(0xcbf29ce484222325), fnv_prime = UINT64_C(0x100000001b3);

static golden_hash hashes[MAX_HASHES], *hash_of_case;
static char text[256];
static int passed, failed;
static bool failing, only_memory;
static uint64_t random_state;

static golden_hash *find_hash(const char *dtype, const char *kernel)
{
    char name[sizeof hashes->name];
    snprintf(name, sizeof name, "%s/%s", dtype, kernel);
    golden_hash *h = hashes;
    while (*h->name && strcmp(h->name, name) != 0) h++;
    if (h == hashes + MAX_HASHES - 1) abort();
    if (!*h->name) {
        memcpy(h->name, name, sizeof name);
        h->value = fnv_start;
    }
    return h;
}

void case_begin(const char *dtype, const char *kernel, const char *sizes, ...)
{
    hash_of_case = find_hash(dtype, kernel);
    int length = snprintf(text, sizeof text, "%s %s: ", na_simd_chosen(), hash_of_case->name);
    va_list arguments;
    va_start(arguments, sizes);
    vsnprintf(text + length, sizeof text - (size_t)length, sizes, arguments);
    va_end(arguments);
    failing = false;
    random_state = fnv_start; /* of the text after the ISA's name, so that all ISAs draw the same numbers */
    for (const char *c = strchr(text, ' '); *c; c++) random_state = (random_state ^ (unsigned char)*c) * fnv_prime;
}

void case_fail(const char *what, int64_t index, double value, double wanted)
{
    if (only_memory) return;
    if (!failing && failed < MAX_PRINTED)
        printf("FAILED %s: %s[%" PRId64 "] is %.17g (%a), not %.17g (%a)\n", text, what, index, value, value, wanted,
               wanted);
    failing = true;
}

void case_overrun(const char *what, int64_t size)
{
    if (!failing && failed < MAX_PRINTED) printf("FAILED %s: wrote around %s[%" PRId64 "]\n", text, what, size);
    failing = true;
}

void case_hash(uint64_t bits)
{
    for (int byte = 0; byte < 8; byte++)
        hash_of_case->value = (hash_of_case->value ^ (bits >> 8 * byte & 0xff)) * fnv_prime;
}

void case_end(void)
{
    passed += !failing;
    failed += failing;
}

/* splitmix64 */
uint64_t random_bits(void)
{
    uint64_t r = random_state += UINT64_C(0x9e3779b97f4a7c15);
    r = (r ^ r >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    r = (r ^ r >> 27) * UINT64_C(0x94d049bb133111eb);
    return r ^ r >> 31;
}

/* ---- guarded arrays -------------------------------------------------------------------------- */

enum { SLOT_BYTES = 1 << 21, LINE = 64, CANARY = 0x5a };
static unsigned char *ends[SLOTS];

static void map_slots(void)
{
    for (int slot = 0; slot < SLOTS; slot++) ends[slot] = map_guarded(SLOT_BYTES) + SLOT_BYTES;
}

void *place_first(int slot, size_t bytes)
{
    if (bytes + LINE > SLOT_BYTES) abort();
    return memset(ends[slot] - SLOT_BYTES, CANARY, bytes + LINE);
}

void *place(int slot, size_t bytes, bool tight)
{
    size_t room = tight ? bytes : (bytes + LINE - 1) / LINE * LINE;
    if (room + LINE > SLOT_BYTES) abort();
    memset(ends[slot] - room - LINE, CANARY, room + LINE);
    return ends[slot] - room;
}

bool canaries_live(int slot, const void *array, size_t bytes)
{
    const unsigned char *first = array, *c = first - LINE;
    for (; c < first; c++)
        if (*c != CANARY) return false;
    for (c = first + bytes; c < ends[slot]; c++)
        if (*c != CANARY) return false;
    return true;
}

/* Handles faults: accesses beyond an array, and traps in the caller's floating-point state. */
static void report_fault(int number)
{
    printf("FAILED, memory fault or trap %d: %s\n", number, text);
    _Exit(1);
}

/* ---- allocations and threads ----------------------------------------------------------------- */

static atomic_llong allocations, threads;
static guard guarded_where;
static struct {
    void *memory;
    unsigned char *pages;
    size_t bytes;
} guarded[16]; /* arrays in use */

void guard_allocations(guard where) { guarded_where = where; }

int64_t count_allocations(void) { return atomic_load(&allocations); }

int64_t count_threads(void) { return atomic_load(&threads); }

#ifdef NA_WRAP_FUNCTIONS
const bool calls_are_wrapped = true;

/* The linker redirects calls of `name` to __wrap_name, and calls of __real_name to the original function. */
#define COUNTED(count, type, name, parameters, ...) \
    type __real_##name parameters;                  \
    type __wrap_##name parameters;                  \
    type __wrap_##name parameters                   \
    {                                               \
        atomic_fetch_add(&count, 1);                \
        return __real_##name(__VA_ARGS__);          \
    }
static void *allocate_guarded(size_t size)
{
    size_t page = page_size(), bytes = (size + page - 1) / page * page;
    int i = 0;
    while (guarded[i].memory) i++;
    guarded[i].bytes = bytes;
    guarded[i].pages = map_guarded(bytes);
    return guarded[i].memory = guarded[i].pages + (guarded_where == GUARD_FIRST ? 0 : bytes - size);
}

void *__real_na_aligned_allocate(size_t alignment, size_t bytes);
void *__wrap_na_aligned_allocate(size_t alignment, size_t bytes);
void *__wrap_na_aligned_allocate(size_t alignment, size_t bytes)
{
    atomic_fetch_add(&allocations, 1);
    return guarded_where == GUARD_NONE ? __real_na_aligned_allocate(alignment, bytes) : allocate_guarded(bytes);
}

void __real_na_aligned_free(void *memory);
void __wrap_na_aligned_free(void *memory);
void __wrap_na_aligned_free(void *memory)
{
    size_t n = sizeof guarded / sizeof *guarded, i = 0;
    while (i < n && (!memory || guarded[i].memory != memory)) i++;
    if (i == n) {
        __real_na_aligned_free(memory);
        return;
    }
    guarded[i].memory = NULL;
    unmap_guarded(guarded[i].pages, guarded[i].bytes);
}

COUNTED(allocations, void *, malloc, (size_t size), size)
COUNTED(allocations, void *, calloc, (size_t count, size_t size), count, size)
COUNTED(allocations, void *, realloc, (void *memory, size_t size), memory, size)
COUNTED(threads, bool, na_start_thread, (na_thread_result(*run)(void *), void *argument), run, argument)
#undef COUNTED
#else
const bool calls_are_wrapped = false;
#endif

/* ---- the clock ------------------------------------------------------------------------------- */

static bool clock_rushes;
static atomic_llong looks;

void rush_clock(bool rushes) { clock_rushes = rushes; }

int64_t count_looks(void) { return atomic_load(&looks); }

#ifdef NA_WRAP_FUNCTIONS
double __real_na_seconds(void);
double __wrap_na_seconds(void);
double __wrap_na_seconds(void) { return clock_rushes ? (double)atomic_fetch_add(&looks, 1) : __real_na_seconds(); }
#endif

/* ---- main ------------------------------------------------------------------------------------ */

static bool only_networks, only_guards;

static void test_all_kernels(void)
{
    test_kernels_f32();
    test_elementwise_f32();
    test_losses_f32();
    test_sparse_f32();
    test_periodic_f32();
    test_dropout_f32();
    test_kernels_f64();
    test_elementwise_f64();
    test_losses_f64();
    test_sparse_f64();
    test_periodic_f64();
    test_dropout_f64();
}

static void test_networks(void)
{
    test_steps_f32();
    test_steps_f64();
    test_members_f32();
    test_members_f64();
    test_fp_state_f32();
    test_fp_state_f64();
    test_interrupts_f32();
    test_interrupts_f64();
}

static void test_isa(const char *isa)
{
    na_simd_choose(isa);
    test_fused = strcmp(isa, "sse2") != 0;
    test_guards_f32();
    test_guards_f64();
    if (only_guards) return;
    test_networks();
    if (!only_networks) test_all_kernels();
}

/* Moves the hashes that are in use to the front; returns how many there are. */
static int gather_hashes(void)
{
    int n = 0;
    for (const golden_hash *h = hashes; *h->name; h++)
        if (h->value != fnv_start) hashes[n++] = *h;
    return n;
}

/* Tests the ISA `only`, or all ISAs if it is NULL. Returns how many ran, or -1 if there is no ISA of that name. */
static int test_isas(const char *only)
{
    bool runs, known = false;
    int tested = 0;
    const char *isa;
    na_simd_choose(NULL);
    test_sizes();
    if (!only_guards) test_teams();
    for (int i = 0; (isa = na_simd_built(i, &runs)); i++) {
        if (only && strcmp(isa, only) != 0) continue;
        known = true;
        if (!runs) {
            printf("this processor has no %s\n", isa);
            continue;
        }
        test_isa(isa);
        tested++;
    }
    return known ? tested : -1;
}

int main(int argc, char **argv)
{
    const char *only = argc >= 3 && strcmp(argv[1], "--isa") == 0 ? argv[2] : NULL;
    only_networks = argc == 4 && strcmp(argv[3], "--networks") == 0;
    only_guards = argc == 4 && strcmp(argv[3], "--guards") == 0;
    only_memory = argc == 4 && strcmp(argv[3], "--memory") == 0;
    thinned |= only_networks || only_memory;
    if (argc != 1 + 2 * (only != NULL) + (only_networks || only_guards || only_memory)) {
        fprintf(stderr, "usage: test_kernels [--isa NAME [--networks | --guards | --memory]]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IONBF, 0); /* so that a fault loses no output */
    signal(SIGSEGV, report_fault);
    signal(SIGFPE, report_fault);
#ifdef SIGBUS
    signal(SIGBUS, report_fault);
#endif
    map_slots();
    int tested = test_isas(only);
    if (tested < 0) {
        fprintf(stderr, "no kernels named %s were built\n", only);
        return 2;
    }
    if (tested == 0) return SKIPPED;
    printf("%d passed, %d failed\n", passed, failed);
    bool hashed = test_fused && argc == 3; /* the whole of one instruction set was tested */
    return failed != 0 || (hashed && !golden_agrees("kernels", gather_hashes(), hashes));
}
