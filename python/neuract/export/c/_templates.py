# SPDX-License-Identifier: BSD-3-Clause
"""The fixed text of exported C, for str.format: what surrounds the numbers."""

HEADER = """\
/* {name}.h: a neural network, {sizes}, written by neuract {version}.
 *
 * Plain C99, also C++; nothing is allocated, and math.h is all that {name}.c needs. It computes in float.
 *
 *     constants:       {constants:,} bytes
 *     working memory:  {scratch}
 *     on the stack:    {stack:,} bytes of arrays in a call
 *
 * -O3 with the target's own instructions (-march=native) makes it fast, -Os small. To check it where it shall run,
 * compile {name}.c with -D{macro}_SELF_TEST: a program that returns 0 where {test_rows} rows give what neuract gave. */
#ifndef {macro}_H
#define {macro}_H

#define {macro}_N_INPUTS {n_inputs}
#define {macro}_N_OUTPUTS {n_outputs}

#ifdef __cplusplus
extern "C" {{
#endif

/* x: {macro}_N_INPUTS numbers, one row, in the order of the columns that the network learned from; left as it is.
 * y: {macro}_N_OUTPUTS numbers: {outputs}
 * x and y must not overlap. {reentrant} */
void {name}_predict(const float *x, float *y);
{labels}
#ifdef __cplusplus
}}
#endif

#endif
"""

REENTRANT = "Any number of threads may call it at once."
NOT_REENTRANT = "One thread at a time: its working memory is static."

LABEL_DECLARATIONS = """
/* The classes, in the order of y. */
extern {declaration}[{macro}_N_OUTPUTS];

/* y: from {name}_predict. Returns the number of the most probable class, the place of its label in {name}_classes. */
int {name}_label(const float *y);
"""

TOP = """\
/* {name}.c: see {name}.h. Written by neuract; to change the network, train it and write it again. */
#include "{name}.h"

#include <math.h>
"""

ABOUT_SUMS = """\
/* y = biases + x * weights for as many outputs as the name says; weights: those of the first input for all of these
 * outputs, then those of the second ... The sums stay in registers while the inputs are added in order. */
"""

SUMS = """\
static void sums_{width}(const float *x, int n_in, const float *weights, const float *biases, float *y)
{{
    float sums[{width}];
    for (int j = 0; j < {width}; j++) sums[j] = biases[j];
    for (int i = 0; i < n_in; i++, weights += {width}) {{
        const float input = x[i];
        for (int j = 0; j < {width}; j++) sums[j] += input * weights[j];
    }}
    for (int j = 0; j < {width}; j++) y[j] = sums[j];
}}
"""

PASSED = """\
/* What a neuron with a threshold passes on. */
static float passed(float y, float threshold)
{
    return y < threshold ? 0 : y;
}
"""

SOFTMAX = """\
/* y_j = exp(y_j - m) / sum of them, m the largest, so that none overflows. */
static void softmax(float *y, int n)
{
    float largest = y[0], sum = 0;
    for (int j = 1; j < n; j++) largest = y[j] > largest ? y[j] : largest;
    for (int j = 0; j < n; j++) y[j] = expf(y[j] - largest);
    for (int j = 0; j < n; j++) sum += y[j];
    for (int j = 0; j < n; j++) y[j] /= sum;
}
"""

LAYER = """\
static void layer_{number}(const float *x, float *y)
{{
    {body}
}}
"""

PREDICT = """\
void {name}_predict(const float *x, float *y)
{{
    {body}
}}
"""

WITHOUT_NAN = """\
for (int i = 0; i < {n}; i++) inputs[i] = x[i] == x[i] ? x[i] : 0; /* a NaN counts as 0 */"""

SORT = """\
for (int i = 1; i < {n}; i++) {{
        for (int k = i; k > 0 && y[k - 1] > y[k]; k--) {{
            const float larger = y[k - 1];
            y[k - 1] = y[k];
            y[k] = larger;
        }}
    }}"""

LABEL_DEFINITIONS = """\
{declaration}[{macro}_N_OUTPUTS] = {{{literals}}};

int {name}_label(const float *y)
{{
    int best = 0;
    for (int j = 1; j < {macro}_N_OUTPUTS; j++) best = y[j] > y[best] ? j : best;
    return best;
}}
"""

SELF_TEST = """\
#ifdef {macro}_SELF_TEST
{x}{y}
int main(void)
{{
    float y[{macro}_N_OUTPUTS];
    for (int row = 0; row < {rows}; row++) {{
        {name}_predict(test_x + row * {macro}_N_INPUTS, y);
        for (int j = 0; j < {macro}_N_OUTPUTS; j++) {{
            const float expected = test_y[row * {macro}_N_OUTPUTS + j], size = fabsf(expected);
            if (y[j] != expected && !(fabsf(y[j] - expected) <= {tolerance} * (size > 1 ? size : 1))) return 1;
        }}
    }}
    return 0;
}}
#endif
"""
