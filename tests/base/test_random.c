/*
 * test_random.c - draws and hashes: fixed for ever, spread well
 */
#include "base/base.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>

START_TEST(draws_are_fixed_for_ever)
{
    /* a model's bytes follow from these: another value is another `numerics` revision */
    ck_assert_uint_eq(mlci_random(0, 0, 0), 0x6450182C7CD8384Du);
    ck_assert_uint_eq(mlci_random(1, 2, 3), 0x2F780C3F5BE1CFC3u);
    ck_assert_uint_eq(mlci_random(UINT64_MAX, UINT64_MAX, UINT64_MAX), 0xD6E9EECFF97BF89Eu);
}
END_TEST

/* Flip one bit of one argument: each bit of the answer changes half of the time. */
START_TEST(every_bit_of_the_arguments_counts)
{
    for (int argument = 0; argument < 3; argument++)
        for (int bit = 0; bit < 64; bit++) {
            int changed[64] = {0};
            for (uint64_t i = 0; i < 2000; i++) {
                uint64_t a[3] = {i % 7, i / 7 % 11, i};
                uint64_t x = mlci_random(a[0], a[1], a[2]);
                a[argument] ^= (uint64_t)1 << bit;
                x ^= mlci_random(a[0], a[1], a[2]);
                for (int b = 0; b < 64; b++)
                    changed[b] += (int)(x >> b & 1);
            }
            for (int b = 0; b < 64; b++) /* 1000 +- 22; 6 of these */
                ck_assert_msg(abs(changed[b] - 1000) < 140, "argument %d bit %d: %d", argument,
                              bit, changed[b]);
        }
}
END_TEST

START_TEST(units_fill_the_interval_evenly)
{
    enum { CELLS = 64, DRAWS = 640000 };
    int cells[CELLS] = {0};
    double chi2 = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double u = mlci_random_unit(5, 6, i);
        ck_assert(u >= 0 && u < 1);
        cells[(int)(u * CELLS)]++;
    }
    for (int c = 0; c < CELLS; c++)
        chi2 += pow(cells[c] - DRAWS / CELLS, 2) / (DRAWS / CELLS);
    ck_assert_double_lt(chi2, 63 + 6 * sqrt(2 * 63)); /* 63 degrees of freedom */
}
END_TEST

START_TEST(below_reaches_all_and_nothing_else)
{
    int seen[7] = {0};
    for (uint64_t i = 0; i < 7000; i++) {
        uint64_t x = mlci_random_below(1, 2, i, 7);
        ck_assert_uint_lt(x, 7);
        seen[x]++;
    }
    for (int i = 0; i < 7; i++)
        ck_assert(abs(seen[i] - 1000) < 180);
    ck_assert_uint_eq(mlci_random_below(1, 2, 3, 1), 0);
    ck_assert_uint_gt(mlci_random_below(1, 2, 3, UINT64_MAX), UINT32_MAX);
}
END_TEST

START_TEST(hash_sees_every_byte_at_every_length)
{
    unsigned char bytes[200];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        uint64_t h = mlci_hash(bytes, size, 1);
        ck_assert_uint_ne(h, mlci_hash(bytes, size, 2));
        if (size < sizeof bytes)
            ck_assert_uint_ne(h, mlci_hash(bytes, size + 1, 1));
        for (size_t i = 0; i < size; i++)
            for (int bit = 0; bit < 8; bit += 3) {
                bytes[i] ^= (unsigned char)(1 << bit);
                uint64_t changed = mlci_hash(bytes, size, 1);
                bytes[i] ^= (unsigned char)(1 << bit);
                ck_assert_uint_ne(h, changed);
            }
    }
    ck_assert_uint_eq(mlci_hash(NULL, 0, 3), mlci_hash("", 0, 3));
}
END_TEST

/* Keys that differ little, into 2^16 buckets: about as many are hit as by chance (1 - 1/e). */
START_TEST(hash_spreads_short_keys)
{
    for (int shift = 0; shift <= 48; shift += 16) {
        static unsigned char hit[1 << 16];
        memset(hit, 0, sizeof hit);
        int buckets = 0;
        for (int i = 0; i < 1 << 16; i++) {
            char key[24];
            size_t size = mlci_format_int64(i, key);
            uint64_t b = mlci_hash(key, size, 0) >> shift & 0xFFFF;
            buckets += hit[b] == 0;
            hit[b] = 1;
        }
        ck_assert_msg(abs(buckets - 41427) < 700, "%d", buckets);
    }
}
END_TEST

START_TEST(digest_is_blake2b_in_any_pieces)
{
    /* python: hashlib.blake2b(data, digest_size=32).hexdigest() */
    static const char *const known[] = {
        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"};
    unsigned char data[1000];
    char text[65], whole[65];
    mlci_digest out;
    mlci_digest_of("", 0, &out);
    mlci_digest_text(&out, text);
    ck_assert_str_eq(text, known[0]);
    mlci_digest_of("abc", 3, &out);
    mlci_digest_text(&out, text);
    ck_assert_str_eq(text, known[1]);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i % 251);
    mlci_digest_of(data, sizeof data, &out);
    mlci_digest_text(&out, whole);
    for (size_t step = 1; step < 300; step += 13) {
        mlci_digester d;
        mlci_digest_begin(&d);
        for (size_t at = 0; at < sizeof data; at += step)
            mlci_digest_add(&d, data + at, at + step > sizeof data ? sizeof data - at : step);
        mlci_digest_add(&d, NULL, 0);
        mlci_digest_end(&d, &out);
        mlci_digest_text(&out, text);
        ck_assert_str_eq(text, whole);
    }
}
END_TEST

Suite *suite_random(void);

Suite *suite_random(void)
{
    Suite *suite = suite_create("random");
    TCase *tests = tcase_create("random");
    tcase_add_test(tests, draws_are_fixed_for_ever);
    tcase_add_test(tests, every_bit_of_the_arguments_counts);
    tcase_add_test(tests, units_fill_the_interval_evenly);
    tcase_add_test(tests, below_reaches_all_and_nothing_else);
    tcase_add_test(tests, hash_sees_every_byte_at_every_length);
    tcase_add_test(tests, hash_spreads_short_keys);
    tcase_add_test(tests, digest_is_blake2b_in_any_pieces);
    suite_add_tcase(suite, tests);
    return suite;
}
