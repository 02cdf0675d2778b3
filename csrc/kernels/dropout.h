/* dropout.h: which neurons a step drops. Random numbers by counter, Philox4x32-10 of Salmon et al. 2011,
 * doi:10.1145/2063384.2063405: each vec computes as many blocks of the generator as it has pairs of words. */
/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NA_DROPOUT_H
#define NA_DROPOUT_H

enum { PHILOX_ROUNDS = 10, PHILOX_BLOCKS = 8, NEURONS_OF_BLOCK = 4 };

/* The neurons of PHILOX_BLOCKS generator blocks, each for 2 rows of NEURONS_OF_BLOCK. */
enum { NEURONS_AT_ONCE = PHILOX_BLOCKS * 2 * NEURONS_OF_BLOCK / NA_LANES };

NA_INLINE void philox_keys(const uint32_t key[2], vec keys[PHILOX_ROUNDS][2])
{
    for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
        keys[round][0] = vec_words_set1(key[0] + round * 0x9E3779B9u);
        keys[round][1] = vec_words_set1(key[1] + round * 0xBB67AE85u);
    }
}

/* Turns counters into random words, both in the first words of pairs. */
NA_INLINE void philox(vec keys[PHILOX_ROUNDS][2], vec c[4])
{
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        const vec p0 = vec_words_product(c[0], vec_words_set1(0xD2511F53u));
        const vec p1 = vec_words_product(c[2], vec_words_set1(0xCD9E8D57u));
        c[0] = vec_bits_xor(vec_bits_xor(vec_words_second(p1), c[1]), keys[round][0]);
        c[2] = vec_bits_xor(vec_bits_xor(vec_words_second(p0), c[3]), keys[round][1]);
        c[1] = p1, c[3] = p0;
    }
}

/* One vec of a neuron's line: its numbers become 0 or times d->kept, as the upper halves of `words` say. */
NA_INLINE void drop_lanes(const struct na_dropping *d, vec words, int n, int64_t at, real *y, real *slopes,
                          real *parameter_slopes)
{
    const vec factor = vec_select(vec_words_below(words, d->limit, n), vec_set1(0), vec_set1(d->kept));
    vec_store(y + at, vec_mul(vec_load(y + at), factor));
    vec_store(slopes + at, vec_mul(vec_load(slopes + at), factor));
    if (parameter_slopes) vec_store(parameter_slopes + at, vec_mul(vec_load(parameter_slopes + at), factor));
}

static void drop_out(int64_t units, const struct na_dropping *d, real *y, real *slopes, real *parameter_slopes)
{
    enum { BLOCKS_OF_LINE = NA_LANES / 2, WORDS = 2 * PHILOX_BLOCKS };
    uint32_t rows[WORDS] = {0}, fours[WORDS] = {0};
    for (uint32_t i = 0; i < PHILOX_BLOCKS; i++)
        rows[2 * i] = d->row / 2 + i % BLOCKS_OF_LINE, fours[2 * i] = i / BLOCKS_OF_LINE;
    vec keys[PHILOX_ROUNDS][2];
    philox_keys(d->key, keys);
    for (int64_t j = 0; j < units; j += NEURONS_AT_ONCE)
        for (int i = 0; i < WORDS; i += VEC_WORDS) {
            const vec four = vec_bits_add(vec_words_load(fours + i), vec_words_set1((uint32_t)(j / NEURONS_OF_BLOCK)));
            vec c[4] = {vec_words_load(rows + i), four, vec_words_set1(d->layer), vec_words_set1(d->step)};
            philox(keys, c);
            for (int n = 0; n < VEC_WORDS; n += VEC_LANES) {
                const int64_t first = j + (i + n) / NA_LANES * NEURONS_OF_BLOCK, lane = (i + n) % NA_LANES;
                for (int k = 0; k < NEURONS_OF_BLOCK && first + k < units; k++) {
                    const vec both = vec_words_join(c[k / 2 * 2], c[k / 2 * 2 + 1]);
                    drop_lanes(d, k % 2 ? both : vec_words_raise(both), n, (first + k) * NA_LANES + lane, y, slopes,
                               parameter_slopes);
                }
            }
        }
}

#endif
