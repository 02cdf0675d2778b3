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

/* a · b + c */
NA_INLINE line line_fma(line a, line b, line c)
{
    for (int v = 0; v < NA_LINE_VECS; v++) c.v[v] = vec_fma(a.v[v], b.v[v], c.v[v]);
    return c;
}

NA_INLINE line line_add(line a, line b)
{
    for (int v = 0; v < NA_LINE_VECS; v++) a.v[v] = vec_add(a.v[v], b.v[v]);
    return a;
}

NA_INLINE line line_mul(line a, line b)
{
    for (int v = 0; v < NA_LINE_VECS; v++) a.v[v] = vec_mul(a.v[v], b.v[v]);
    return a;
}

/* Writes to `out`, or adds to it: the whole line, or its first n numbers. */
NA_INLINE void write_line(line l, bool add, real *out) { line_store(out, add ? line_add(l, line_load(out)) : l); }

NA_INLINE void write_part(line l, int64_t n, bool add, real *out)
{
    line_store_part(out, add ? line_add(l, line_load_part(out, n)) : l, n);
}

/* Transposes VEC_LANES vecs at `from`, `stride` apart, to `to`, `stride` apart. */
NA_INLINE void transpose_square(const real *from, int64_t from_stride, real *to, int64_t to_stride)
{
    vec square[VEC_LANES];
    for (int i = 0; i < VEC_LANES; i++) square[i] = vec_load(from + i * from_stride);
    vec_transpose(square);
    for (int i = 0; i < VEC_LANES; i++) vec_store(to + i * to_stride, square[i]);
}

#endif
