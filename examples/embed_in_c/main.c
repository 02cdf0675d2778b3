/* main.c: a program around the exported network: a row of numbers on each line of the input, its label on each of the
 * output. Neither Python nor neuract is needed to build or run it. */
/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "letters.h"

/* Whether there was another row. */
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
