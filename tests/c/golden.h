/* golden.h: the hashes in tests/vectors/hashes.txt (NA_HASHES), which every instruction set with FMA and every
 * compiler must give. A line is "<test> <name> <hash>"; make_hashes.py in the same folder writes them. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_TEST_GOLDEN_H
#define NA_TEST_GOLDEN_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    char name[48];
    uint64_t value;
} golden_hash;

/* The whole file after an empty line, so that each of its lines is between two newlines; empty if it cannot be read. */
static inline const char *golden_text(void)
{
    static char text[1 << 17] = "\n";
    FILE *file = fopen(NA_HASHES, "rb");
    size_t length = file ? fread(text + 1, 1, sizeof text - 2, file) : 0;
    if (file) fclose(file);
    return length < sizeof text - 2 ? text : "";
}

/* Prints the n hashes of a test, and marks those that differ from the file. Returns whether all agree and the file
 * has no other hash of that test. */
static inline bool golden_agrees(const char *test, int n, const golden_hash *hashes)
{
    const char *text = golden_text(), *next = text;
    const int longest = sizeof hashes->name - 1;
    char line[128];
    int known = 0, lines = 0;
    for (int i = 0; i < n; i++) {
        snprintf(line, sizeof line, "\n%s %.*s %016" PRIx64 "\n", test, longest, hashes[i].name, hashes[i].value);
        bool found = strstr(text, line) != NULL;
        printf("hash %s%s", line + 1, found ? "" : "FAILED: " NA_HASHES " has another hash there, or none\n");
        known += found;
    }
    snprintf(line, sizeof line, "\n%s ", test);
    while ((next = strstr(next, line))) next++, lines++;
    if (known == n && lines == n) return true;
    printf("%d of %d hashes agree with the %d of %s; where they are meant to change: python "
           "tests/vectors/make_hashes.py BUILD\n",
           known, n, lines, NA_HASHES);
    return false;
}

#endif
