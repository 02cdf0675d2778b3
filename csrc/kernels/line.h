/* line.h: a line of NA_LANES numbers in registers. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_LINE_H
#define NA_LINE_H

NA_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

typedef struct {
    vec v[NA_LINE_VECS];
} line;

NA_INLINE line line_load(const real *p)
{
    line l;
    for (int v = 0; v < NA_LINE_VECS; v++) l.v[v] = vec_load(p + v * VEC_LANES);
    return l;
}

NA_INLINE void line_store(real *p, line l)
{
    for (int v = 0; v < NA_LINE_VECS; v++) vec_store(p + v * VEC_LANES, l.v[v]);
}

/* The first n numbers of the line. */
NA_INLINE void line_store_part(real *p, line l, int64_t n)
{
    for (int v = 0; v < NA_LINE_VECS && n > 0; v++, n -= VEC_LANES, p += VEC_LANES)
        vec_store_part(p, l.v[v], n < VEC_LANES ? (int)n : VEC_LANES);
}

NA_INLINE line line_load_part(const real *p, int64_t n)
{
    line l;
    for (int v = 0; v < NA_LINE_VECS; v++, n -= VEC_LANES, p += VEC_LANES)
        l.v[v] = n > 0 ? vec_load_part(p, n < VEC_LANES ? (int)n : VEC_LANES) : vec_set1(0);
    return l;
}

NA_INLINE line line_set1(real number)
{
    line l;
    for (int v = 0; v < NA_LINE_VECS; v++) l.v[v] = vec_set1(number);
    return l;
}

NA_INLINE line line_add(line a, line b)
{
    for (int v = 0; v < NA_LINE_VECS; v++) a.v[v] = vec_add(a.v[v], b.v[v]);
    return a;
}

#endif
