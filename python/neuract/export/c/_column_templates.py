# SPDX-License-Identifier: BSD-3-Clause
"""The fixed text of exported columns, for str.format."""

from __future__ import annotations

from neuract.columns._number import REACH, SMOOTH
from neuract.export.c._text import double_literal

DEFINES = """\
#define {macro}_N_NUMBERS {n_numbers}
#define {macro}_N_LEVELS {n_levels}
"""

PLACES = """
/* The places of the columns in numbers and levels, in the order of the training data. */
{places}"""

LOOKUPS = """
/* The code of a text in UTF-8, for levels: from 1 for a known level, 0 for any other text. NULL and "" are a missing
 * value. Numbers that are levels are texts like "3" and "2.5", bools "True" and "False", dates and times
 * "2026-01-31T00:00:00.000000". */
{lines}"""

ABOUT = """
 * It prepares the columns of a row in double."""

DECLARATION = """\
/* numbers: {macro}_N_NUMBERS numbers, one row: NAN is a missing value, all others must be finite. Do not compile with
 * -ffast-math, which takes no number for NAN.
 * levels: {macro}_N_LEVELS codes; one out of range counts as 0, an unknown level.
 * Neither is changed; an array for no columns may be NULL.
 * y: {macro}_N_OUTPUTS numbers: {outputs}
 * {reentrant} */
void {name}_predict(const double *numbers, const int *levels, float *y);
"""

SEARCH = """\
/* Below, at or above 0, by the order of the bytes. */
static int compare(const char *a, const char *b)
{
    for (; *a && *a == *b; a++) b++;
    return (unsigned char)*a - (unsigned char)*b;
}

/* The code of a text among n levels in the order of their bytes, or 0. */
static int search(const char *text, const char *const *levels, const int *codes, int n)
{
    int low = 0, high = n;
    while (low < high) {
        const int middle = low + (high - low) / 2, order = compare(text, levels[middle]);
        if (order == 0) return codes[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}
"""

LOOKUP = """\
int {name}(const char *text)
{{
    return {code};
}}
"""

FUNCTIONS = {
    "scaled": """\
/* (x - center) * scale, with fill in place of a missing x. */
static double scaled(double x, double center, double scale, double fill)
{
    return ((x == x ? x : fill) - center) * scale;
}
""",
    "robust": f"""\
/* z / sqrt(1 + (z / {SMOOTH:g})^2), between -{SMOOTH:g} and {SMOOTH:g}. */
static double robust(double z)
{{
    const double reach = {double_literal(REACH)}, held = z < -reach ? -reach : z > reach ? reach : z;
    const double share = held / {double_literal(SMOOTH)};
    return held / sqrt(1 + share * share);
}}
""",
    "unit": """\
static double unit(double z)
{
    return z < 0 ? 0 : z > 1 ? 1 : z;
}
""",
    "sine": """\
/* sin(2 pi days / length); 0 for a missing date. */
static double sine(double days, double length)
{
    const double turns = days / length;
    return days == days ? sin(6.283185307179586 * (turns - floor(turns))) : 0;
}
""",
    "cosine": """\
static double cosine(double days, double length)
{
    const double turns = days / length;
    return days == days ? cos(6.283185307179586 * (turns - floor(turns))) : 0;
}
""",
    "missing": """\
static float missing(double x)
{
    return x == x ? 0.0f : 1.0f;
}
""",
    "level": """\
/* The code of a level, or 0 for a number that is none. */
static float level(int code, int n)
{
    return code >= 1 && code <= n ? (float)code : 0.0f;
}
""",
    "sign_of": """\
/* The code of one of two levels as -1 or 1. */
static float sign_of(int code)
{
    return code == 1 ? -1.0f : code == 2 ? 1.0f : 0.0f;
}
""",
}
"""Name → function; each is written if it is called."""

PREPARE = """\
/* x: the row that the network takes. */
static void prepare(const double *numbers, const int *levels, float *x)
{{
    {body}
}}
"""

TEST_LOOKUPS = "static int (*const test_lookups[{n}])(const char *) = {{{lookups}}};\n"

TEST_CALL_WITH_LEVELS = """\
for (int i = 0; i < {macro}_N_LEVELS; i++) levels[i] = test_lookups[i](test_texts[row * {macro}_N_LEVELS + i]);
        {name}_predict({numbers}, {levels}, y);"""

TEST_CALL = "{name}_predict({numbers}, {levels}, y);"
