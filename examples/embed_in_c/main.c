/* main.c: reads a row of numbers per line and writes its label per line, by the exported network. Neither Python nor
 * neuract is needed to build or run it. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "letters.h"

/* Reads the next row; returns 0 at the end of the input. */
static int read_row(float *x)
{
    for (int i = 0; i < LETTERS_N_INPUTS; i++)
        if (scanf("%f", &x[i]) != 1) return 0;
    return 1;
}

int main(void)
{
    float x[LETTERS_N_INPUTS], y[LETTERS_N_OUTPUTS];
    while (read_row(x)) {
        letters_predict(x, y);
        puts(letters_classes[letters_label(y)]);
    }
    return 0;
}
