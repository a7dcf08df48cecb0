/*
 * test_chunk.c - cells as bytes and back, to the bit
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/chunk.h"
#include "support/tables.h"

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;

static void setup(void)
{
    err = (mlc_error)MLC_ERROR_INIT;
    ctx = context_of(2);
}

static void teardown(void)
{
    mlc_context_destroy(ctx);
}

/* --------------------------------------------------------------------------- bits */

START_TEST(bits_of_every_width_come_back)
{
    uint64_t values[70], back[70];
    unsigned char bytes[70 * 8 + 16];

    for (unsigned width = 0; width <= 64; width++)
        for (size_t n = 0; n <= 67; n++) {
            for (size_t i = 0; i < n; i++)
                values[i] = width == 0 ? 0 : mlci_random(1, width, i) >> (64 - width);
            mlci_bits_pack(values, n, width, bytes);
            mlci_bits_unpack(bytes, n, width, 7, back);
            for (size_t i = 0; i < n; i++)
                ck_assert_uint_eq(back[i], values[i] + 7);
        }
    ck_assert_uint_eq(mlci_bits_width(0), 0);
    ck_assert_uint_eq(mlci_bits_width(1), 1);
    ck_assert_uint_eq(mlci_bits_width(255), 8);
    ck_assert_uint_eq(mlci_bits_width(UINT64_MAX), 64);
}
END_TEST

START_TEST(bits_are_copied_from_any_place_to_any_other)
{
    for (size_t to = 0; to < 130; to += 7)
        for (size_t from = 0; from < 130; from += 3)
            for (size_t n = 0; n < 150; n += 11) {
                uint64_t a[8], b[8], wanted[8];
                for (size_t k = 0; k < 8; k++) {
                    a[k] = mlci_random(2, k, to);
                    b[k] = wanted[k] = mlci_random(3, k, from);
                }
                for (size_t k = 0; k < n; k++) {
                    uint64_t bit = a[(from + k) / 64] >> (from + k) % 64 & 1;
                    wanted[(to + k) / 64] &= ~(UINT64_C(1) << (to + k) % 64);
                    wanted[(to + k) / 64] |= bit << (to + k) % 64;
                }
                mlci_bits_copy(b, to, a, from, n);
                ck_assert_mem_eq(b, wanted, sizeof b);
            }
}
END_TEST

/* ------------------------------------------------------------------------- integers */

/* Packed and back; how many bytes it took. */
static size_t integers_again(const uint64_t *values, size_t n)
{
    uint64_t *scratch = calloc(n + 1, 8), *back = calloc(n + 1, 8);
    mlci_buffer out = {.ctx = ctx};
    mlci_cursor cursor;
    size_t size;

    ck_assert_int_eq(mlci_integers_pack(values, n, scratch, &out, &err), MLC_OK);
    cursor = (mlci_cursor){(unsigned char *)out.data, (unsigned char *)out.data + out.size};
    ck_assert_int_eq(mlci_integers_read(ctx, &cursor, n, back, &err), MLC_OK);
    ck_assert_ptr_eq(cursor.at, cursor.end);
    for (size_t i = 0; i < n; i++)
        ck_assert_uint_eq(back[i], values[i]);
    for (size_t cut = 0; cut < out.size && cut < 40; cut++) { /* cut short: told, not read */
        cursor = (mlci_cursor){(unsigned char *)out.data,
                               (unsigned char *)out.data + out.size - 1 - cut};
        ck_assert_int_eq(mlci_integers_read(ctx, &cursor, n, back, &err), MLC_ERROR_FORMAT);
    }
    size = out.size;
    mlci_buffer_free(&out);
    free(back);
    free(scratch);
    return size;
}

START_TEST(integers_of_every_kind_come_back)
{
    enum { N = 3000 };
    static uint64_t v[N];
    static const uint64_t ends[] = {0, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, 1};

    for (size_t n = 0; n < 70; n++) {
        for (size_t i = 0; i < n; i++)
            v[i] = ends[mlci_random_below(5, n, i, 5)];
        integers_again(v, n);
    }
    for (size_t i = 0; i < N; i++)
        v[i] = 42;
    ck_assert_uint_le(integers_again(v, N), 9); /* one value */
    for (size_t i = 0; i < N; i++)
        v[i] = 1000000 + mlci_random_below(5, 1, i, 100);
    ck_assert_uint_le(integers_again(v, N), N * 7 / 8 + 32); /* seven bits each */
    for (size_t i = 0; i < N; i++)
        v[i] = 1700000000000000 + 1000000 * i + mlci_random_below(5, 2, i, 16);
    ck_assert_uint_le(integers_again(v, N), N * 5 / 8 + 64); /* differences */
    for (size_t i = 0; i < N; i++)
        v[i] = mlci_random(6, 1, i / 100);
    ck_assert_uint_le(integers_again(v, N), 30 * 10 + 64); /* runs */
    for (size_t i = 0; i < N; i++)
        v[i] = mlci_random(6, 1, mlci_random_below(6, 2, i, 16));
    ck_assert_uint_le(integers_again(v, N), N / 2 + 16 * 8 + 64); /* few values: four bits */
    for (size_t i = 0; i < N; i++)
        v[i] = mlci_random(7, 1, i);
    ck_assert_uint_le(integers_again(v, N), N * 8 + 64); /* noise: as it is */
}
END_TEST

/* --------------------------------------------------------------------------- floats */

static size_t floats_again(const double *values, size_t n, bool narrow)
{
    uint64_t *scratch = calloc(2 * n + 1, 8);
    void *back = calloc(n + 1, 8);
    mlci_buffer out = {.ctx = ctx};
    mlci_cursor cursor;
    size_t size;

    ck_assert_int_eq(mlci_floats_pack(ctx, values, n, narrow, scratch, &out, &err), MLC_OK);
    cursor = (mlci_cursor){(unsigned char *)out.data, (unsigned char *)out.data + out.size};
    ck_assert_int_eq(mlci_floats_read(ctx, &cursor, n, narrow, back, &err), MLC_OK);
    ck_assert_ptr_eq(cursor.at, cursor.end);
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i])) {
            ck_assert(isnan(narrow ? (double)((float *)back)[i] : ((double *)back)[i]));
        } else if (narrow) {
            float f = (float)values[i];
            ck_assert_mem_eq((float *)back + i, &f, sizeof f);
        } else {
            ck_assert_mem_eq((double *)back + i, &values[i], sizeof *values);
        }
    }
    size = out.size;
    mlci_buffer_free(&out);
    free(back);
    free(scratch);
    return size;
}

START_TEST(floats_of_every_kind_come_back_to_the_bit)
{
    enum { N = 4000 };
    static double v[N];
    static const double odd[] = {0.0,          -0.0,    INFINITY, -INFINITY,          NAN,
                                 1e300,        -5e-324, 0.1,      9007199254740993.0, 1e15,
                                 123456789.125};

    for (size_t n = 0; n < 70; n++)
        for (int narrow = 0; narrow < 2; narrow++) {
            for (size_t i = 0; i < n; i++) {
                v[i] = odd[mlci_random_below(8, n, i, 11)];
                v[i] = narrow ? (double)(float)v[i] : v[i];
            }
            floats_again(v, n, narrow);
        }
    for (size_t i = 0; i < N; i++) /* prices: to the cent, below 1000 */
        v[i] = (double)mlci_random_below(8, 1, i, 100000) / 100.0;
    ck_assert_uint_le(floats_again(v, N, false), N * 17 / 8 + 64);
    v[77] = 1.0 / 3.0; /* an exception or two */
    v[1500] = -0.0;
    ck_assert_uint_le(floats_again(v, N, false), N * 17 / 8 + 100);
    v[9] = NAN;
    ck_assert_uint_le(floats_again(v, N, false), N * 18 / 8 + 120);
    for (size_t i = 0; i < N; i++)
        v[i] = mlci_random_unit(9, 1, i);
    ck_assert_uint_le(floats_again(v, N, false), N * 8 + 64);
    for (size_t i = 0; i < N; i++)
        v[i] = (double)(float)mlci_random_unit(9, 1, i);
    ck_assert_uint_le(floats_again(v, N, true), N * 4 + 64);
    for (size_t i = 0; i < N; i++)
        v[i] = NAN;
    ck_assert_uint_le(floats_again(v, N, false), N / 8 + 64);
}
END_TEST

/* --------------------------------------------------------------------------- chunks */

/* The texts of a column: all of its dictionary, in its order. */
static uint32_t *all_codes(const mlc_dataset *d, size_t column, size_t *n)
{
    uint32_t *codes;
    *n = mlci_dictionary_count(mlci_column_dictionary(d, column));
    codes = calloc(*n + 1, sizeof *codes);
    for (size_t k = 0; k < *n; k++)
        codes[k] = (uint32_t)k;
    return codes;
}

/* A column's texts packed in pieces and read again, into the same numbers. */
static void texts_agree(const mlc_dataset *d, size_t column)
{
    const mlci_dictionary *dictionary = mlci_column_dictionary(d, column);
    mlci_dictionary *back = NULL;
    size_t n, piece;
    uint32_t *codes = all_codes(d, column, &n), *read = calloc(n + 1, sizeof *read);

    ck_assert_int_eq(mlci_dictionary_new(ctx, &back, &err), MLC_OK);
    for (size_t k = 0; k < n; k += piece) {
        mlci_buffer bytes = {.ctx = ctx};
        mlci_digest told, found;
        piece = mlci_texts_cut(dictionary, codes + k, n - k);
        ck_assert(piece >= 1 && piece <= MLCI_CHUNK_ROWS && k + piece <= n);
        ck_assert_int_eq(
            mlci_texts_pack(ctx, dictionary, codes + k, piece, &bytes, &told, &err), MLC_OK);
        ck_assert_int_eq(mlci_chunk_digest(ctx, bytes.data, bytes.size, &found, &err), MLC_OK);
        ck_assert_mem_eq(&told, &found, sizeof told);
        ck_assert_int_eq(
            mlci_texts_read(ctx, bytes.data, bytes.size, piece, back, read + k, &err), MLC_OK);
        ck_assert_int_eq(
            mlci_texts_read(ctx, bytes.data, bytes.size, piece + 1, back, read, &err),
            MLC_ERROR_FORMAT);
        mlci_buffer_free(&bytes);
    }
    ck_assert(memcmp(codes, read, n * sizeof *codes) == 0);
    for (uint32_t k = 0; k < n; k++)
        ck_assert(mlci_slice_equal(mlci_dictionary_text(dictionary, k),
                                   mlci_dictionary_text(back, k)));
    mlci_dictionary_drop(back);
    free(read);
    free(codes);
}

/* One chunk's cells are those of the dataset from `row` on. */
static void cells_agree(const mlc_dataset *d, size_t c, size_t row, const mlci_chunk *chunk,
                        const char *values, const uint64_t *valid)
{
    size_t size = mlci_storage_size(chunk->storage);

    for (size_t i = 0; i < chunk->rows; i++) {
        mlci_range one = {row + i, row + i + 1};
        bool missing = mlci_is_missing(d, c, row + i);
        if (chunk->storage == MLC_UTF8) {
            uint32_t code;
            mlci_read_codes(d, c, one, &code);
            ck_assert(memcmp(values + i * size, &code, size) == 0);
        } else if (chunk->storage == MLC_FLOAT32 || chunk->storage == MLC_FLOAT64) {
            double number, is;
            float narrow;
            mlci_read_numbers(d, c, one, &number);
            memcpy(&is, values + i * size, size);
            if (size == sizeof narrow) {
                memcpy(&narrow, values + i * size, size);
                is = (double)narrow;
            }
            ck_assert(missing ? isnan(is) : memcmp(&is, &number, sizeof is) == 0);
        } else {
            int64_t integer;
            uint8_t none;
            mlci_read_integers(d, c, one, &integer, &none);
            ck_assert(missing == !(valid[i / 64] >> i % 64 & 1));
            ck_assert(missing || memcmp(values + i * size, &integer, size) == 0);
        }
    }
}

/* Every column of a dataset packed and read again gives the same cells, and the digest that is
 * worked out from the bytes is the one that packing told. */
static void chunks_agree(const mlc_dataset *d)
{
    size_t rows = (size_t)mlc_dataset_rows(d);

    for (size_t c = 0; c < (size_t)mlc_dataset_columns(d); c++) {
        bool texts = mlc_dataset_storage(d, (int64_t)c) == MLC_UTF8;
        size_t n_codes = 0;
        uint32_t *codes = texts ? all_codes(d, c, &n_codes) : NULL;
        if (texts)
            texts_agree(d, c);
        for (size_t row = 0, n; row < rows; row += n) {
            mlci_buffer bytes = {.ctx = ctx};
            mlci_digest told, found;
            mlci_chunk chunk;
            n = rows - row < MLCI_CHUNK_ROWS ? rows - row : MLCI_CHUNK_ROWS;
            ck_assert_int_eq(mlci_chunk_pack(ctx, d, c, (mlci_range){row, row + n}, codes,
                                             &bytes, &told, &err),
                             MLC_OK);
            ck_assert_int_eq(mlci_chunk_open(bytes.data, bytes.size, &chunk, &err), MLC_OK);
            ck_assert_uint_eq(chunk.rows, n);
            ck_assert_int_eq(chunk.storage, mlc_dataset_storage(d, (int64_t)c));
            ck_assert_int_eq(mlci_chunk_digest(ctx, bytes.data, bytes.size, &found, &err),
                             MLC_OK);
            ck_assert_mem_eq(&told, &found, sizeof told);
            char *values = calloc(n, 8);
            uint64_t *valid = calloc(mlci_chunk_words(n), 8);
            ck_assert_int_eq(mlci_chunk_read(ctx, bytes.data, bytes.size, &chunk, codes,
                                             n_codes, values, valid, &err),
                             MLC_OK);
            cells_agree(d, c, row, &chunk, values, valid);
            free(valid);
            free(values);
            mlci_buffer_free(&bytes);
        }
        free(codes);
    }
}

static const char every_storage[] =
    "a:int8,b:int16,c:int32,d:int64,e:uint8,f:uint16,g:uint32,h:uint64,i:float32,j,k:bool,"
    "l:text,m:s,n:ms,o:us,p:ns\n"
    "-128,-32768,-2147483648,-9223372036854775808,255,65535,4294967295,18446744073709551615,"
    "0.5,0.1,1,x,-1,5,-9,77\n"
    ",,,,,,,,,,,,,,,\n"
    "127,32767,2147483647,9223372036854775807,0,0,0,9223372036854775808,-0.25,1e300,0,x y,0,"
    "9223372036854775807,3,0\n"
    "1,2,3,4,5,6,7,8,9,10,1,,1,2,3,4\n";

START_TEST(chunks_of_every_storage_agree_with_the_dataset)
{
    mlc_dataset *d = dataset_of(ctx, every_storage), *view = NULL, *taken = NULL;
    int64_t rows[] = {3, 0, 2, 1, 3, 3, 0};

    chunks_agree(d);
    ck_assert_int_eq(mlc_dataset_slice(d, 1, 3, &view, &err), MLC_OK);
    chunks_agree(view);
    ck_assert_int_eq(mlc_dataset_take(d, rows, 7, &taken, &err), MLC_OK);
    chunks_agree(taken);
    mlc_dataset_destroy(taken);
    mlc_dataset_destroy(view);
    mlc_dataset_destroy(d);
}
END_TEST

/* A table of many rows, whose texts are long when told. */
static mlc_dataset *large(size_t rows, size_t text_bytes)
{
    mlci_buffer text = {.ctx = ctx};
    mlc_dataset *d;

    mlci_buffer_printf(&text, NULL, "id,price,when,who,word,gap\n");
    for (size_t r = 0; r < rows; r++) {
        mlci_buffer_printf(&text, NULL, "%zu,%.2f,2026-01-%02zuT%02zu:00:00,user %llu,", r,
                           (double)mlci_random_below(1, 1, r, 100000) / 100.0, 1 + r % 28,
                           r % 24, (unsigned long long)mlci_random_below(1, 2, r, 5000));
        for (size_t k = 0; k < text_bytes; k++)
            mlci_buffer_printf(&text, NULL, "%c", 'a' + (int)mlci_random_below(3, r, k, 26));
        mlci_buffer_printf(&text, NULL, ",%s\n", r % 3 == 0 ? "" : "7");
    }
    d = read_of(ctx, text.data, MLC_PARAMS("header", "yes"), NULL);
    mlci_buffer_free(&text);
    return d;
}

START_TEST(chunks_of_many_rows_are_cut_by_their_bytes)
{
    mlc_dataset *d = large(70000, 5), *wide = large(3000, 2000);
    size_t word = (size_t)mlc_dataset_find(wide, "word"), n;
    uint32_t *codes;

    chunks_agree(d);
    chunks_agree(wide);
    codes = all_codes(wide, word, &n);
    ck_assert_uint_eq(n, 3000);
    ck_assert_uint_eq(mlci_texts_cut(mlci_column_dictionary(wide, word), codes, n),
                      (1 << 20) / 2000);
    free(codes);
    mlc_dataset_destroy(wide);
    mlc_dataset_destroy(d);
}
END_TEST

/* Flip each bit (some of many) of a chunk, and cut it short: told, or within bounds. */
static void damage(mlci_buffer *bytes, const mlci_digest *digest, size_t texts)
{
    size_t step = bytes->size > 600 ? 13 : 1;

    for (size_t bit = 0; bit < 8 * bytes->size; bit += step) {
        mlci_chunk chunk;
        mlci_digest again;
        mlci_dictionary *dictionary = NULL;
        uint32_t codes[1024] = {0};
        uint64_t values[1024], valid[32];
        size_t size = bit % 5 == 0 ? bit / 8 : bytes->size;
        bytes->data[bit / 8] ^= (char)(1 << bit % 8);
        if (mlci_chunk_open(bytes->data, size, &chunk, &err) == MLC_OK && chunk.rows <= 1024)
            (void)mlci_chunk_read(ctx, bytes->data, size, &chunk, codes, 5, values, valid,
                                  &err);
        ck_assert_int_eq(mlci_dictionary_new(ctx, &dictionary, &err), MLC_OK);
        (void)mlci_texts_read(ctx, bytes->data, size, texts, dictionary, codes, &err);
        mlci_dictionary_drop(dictionary);
        if (size == bytes->size && bytes->data[3] == 0 && /* zipped: zlib has idle bits */
            mlci_chunk_digest(ctx, bytes->data, size, &again, &err) == MLC_OK)
            ck_assert(memcmp(&again, digest, sizeof again) != 0);
        bytes->data[bit / 8] ^= (char)(1 << bit % 8);
    }
}

START_TEST(chunks_that_are_damaged_are_told_or_stay_in_bounds)
{
    mlc_dataset *d = dataset_of(ctx, every_storage), *many = large(700, 30);
    const mlc_dataset *both[] = {d, many};

    for (size_t which = 0; which < 2; which++)
        for (size_t c = 0; c < (size_t)mlc_dataset_columns(both[which]); c++) {
            mlci_buffer bytes = {.ctx = ctx};
            mlci_digest digest;
            size_t rows = (size_t)mlc_dataset_rows(both[which]), n = 0;
            bool texts = mlc_dataset_storage(both[which], (int64_t)c) == MLC_UTF8;
            uint32_t *codes = texts ? all_codes(both[which], c, &n) : NULL;
            ck_assert_int_eq(mlci_chunk_pack(ctx, both[which], c, (mlci_range){0, rows}, codes,
                                             &bytes, &digest, &err),
                             MLC_OK);
            damage(&bytes, &digest, n);
            if (texts) {
                bytes.size = 0;
                ck_assert_int_eq(mlci_texts_pack(ctx, mlci_column_dictionary(both[which], c),
                                                 codes, n, &bytes, &digest, &err),
                                 MLC_OK);
                damage(&bytes, &digest, n);
            }
            free(codes);
            mlci_buffer_free(&bytes);
        }
    mlc_dataset_destroy(many);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(chunks_are_the_same_wherever_the_rows_stand)
{
    mlc_dataset *d = large(5000, 8), *back = NULL, *half = NULL;
    int64_t rows[2000];

    for (size_t k = 0; k < 2000; k++)
        rows[k] = (int64_t)(1000 + k);
    ck_assert_int_eq(mlc_dataset_take(d, rows, 2000, &back, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_slice(d, 1000, 2000, &half, &err), MLC_OK);
    for (size_t c = 0; c < (size_t)mlc_dataset_columns(d); c++) {
        mlci_buffer a = {.ctx = ctx}, b = {.ctx = ctx}, e = {.ctx = ctx};
        mlci_digest x, y, z;
        bool texts = mlc_dataset_storage(d, (int64_t)c) == MLC_UTF8;
        size_t n = 0;
        uint32_t *codes = texts ? all_codes(d, c, &n) : NULL;
        ck_assert_int_eq(
            mlci_chunk_pack(ctx, d, c, (mlci_range){1000, 3000}, codes, &a, &x, &err), MLC_OK);
        ck_assert_int_eq(
            mlci_chunk_pack(ctx, back, c, (mlci_range){0, 2000}, codes, &b, &y, &err), MLC_OK);
        ck_assert_int_eq(
            mlci_chunk_pack(ctx, half, c, (mlci_range){0, 2000}, codes, &e, &z, &err), MLC_OK);
        free(codes);
        ck_assert_mem_eq(&x, &y, sizeof x);
        ck_assert_mem_eq(&x, &z, sizeof x);
        ck_assert(a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
        mlci_buffer_free(&a);
        mlci_buffer_free(&b);
        mlci_buffer_free(&e);
    }
    mlc_dataset_destroy(half);
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_chunk(void);
Suite *suite_chunk(void)
{
    Suite *suite = suite_create("chunk");
    TCase *tcase = tcase_create("chunk");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, bits_of_every_width_come_back);
    tcase_add_test(tcase, bits_are_copied_from_any_place_to_any_other);
    tcase_add_test(tcase, integers_of_every_kind_come_back);
    tcase_add_test(tcase, floats_of_every_kind_come_back_to_the_bit);
    tcase_add_test(tcase, chunks_of_every_storage_agree_with_the_dataset);
    tcase_add_test(tcase, chunks_of_many_rows_are_cut_by_their_bytes);
    tcase_add_test(tcase, chunks_that_are_damaged_are_told_or_stay_in_bounds);
    tcase_add_test(tcase, chunks_are_the_same_wherever_the_rows_stand);
    suite_add_tcase(suite, tcase);
    return suite;
}
