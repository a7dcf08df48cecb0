/*
 * test_arrow.c - Arrow's arrays as datasets: every layout, slices, batches, broken ones
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlcycle/arrow.h"
#include "support/datasets.h"

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static uint64_t live_bytes;
static int arrays_out, schemas_out; /* that were made and not released */

static void setup(void)
{
    mlc_context_options options = {.size = sizeof options, .threads = 2};
    err = (mlc_error)MLC_ERROR_INIT;
    ck_assert_int_eq(mlci_context_new(&options, &ctx, &err), MLC_OK);
    live_bytes = mlc_context_live_bytes(ctx);
    arrays_out = schemas_out = 0;
}

static void teardown(void)
{
    ck_assert_int_eq(arrays_out, 0);
    ck_assert_int_eq(schemas_out, 0);
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), live_bytes);
    mlci_context_drop(ctx);
}

/* --------------------------------------------------------------- a producer of arrays */

enum { COLUMNS_MOST = 4 };

struct made {
    const void *buffers[8];
    struct ArrowArray *children[COLUMNS_MOST];
    struct ArrowSchema *schemas[COLUMNS_MOST];
};

static void array_release(struct ArrowArray *a)
{
    struct made *m = a->private_data;
    for (int64_t k = 0; k < a->n_children; k++) {
        if (a->children[k]->release != NULL)
            a->children[k]->release(a->children[k]);
        free(a->children[k]);
    }
    if (a->dictionary != NULL) {
        if (a->dictionary->release != NULL)
            a->dictionary->release(a->dictionary);
        free(a->dictionary);
    }
    free(m);
    a->release = NULL;
    arrays_out--;
}

static void schema_release(struct ArrowSchema *s)
{
    struct made *m = s->private_data;
    for (int64_t k = 0; k < s->n_children; k++) {
        if (s->children[k]->release != NULL)
            s->children[k]->release(s->children[k]);
        free(s->children[k]);
    }
    if (s->dictionary != NULL) {
        if (s->dictionary->release != NULL)
            s->dictionary->release(s->dictionary);
        free(s->dictionary);
    }
    free(m);
    s->release = NULL;
    schemas_out--;
}

static struct ArrowArray array_of(int64_t length, int64_t offset, int64_t nulls,
                                  int64_t n_buffers, const void *bits, const void *values,
                                  const void *bytes)
{
    struct made *m = calloc(1, sizeof *m);
    m->buffers[0] = bits;
    m->buffers[1] = values;
    m->buffers[2] = bytes;
    arrays_out++;
    return (struct ArrowArray){.length = length,
                               .null_count = nulls,
                               .offset = offset,
                               .n_buffers = n_buffers,
                               .buffers = m->buffers,
                               .release = array_release,
                               .private_data = m};
}

static struct ArrowSchema schema_of(const char *name, const char *format)
{
    struct made *m = calloc(1, sizeof *m);
    schemas_out++;
    return (struct ArrowSchema){
        .format = format, .name = name, .release = schema_release, .private_data = m};
}

static void *moved(const void *from, size_t size)
{
    void *to = malloc(size);
    memcpy(to, from, size);
    return to;
}

/* A table of n columns, which are taken over. */
static struct ArrowArray table_of(int64_t rows, int64_t offset, int64_t n,
                                  const struct ArrowArray *columns)
{
    struct ArrowArray a = array_of(rows, offset, 0, 1, NULL, NULL, NULL);
    struct made *m = a.private_data;
    for (int64_t k = 0; k < n; k++)
        m->children[k] = moved(&columns[k], sizeof *columns);
    a.children = m->children;
    a.n_children = n;
    return a;
}

static struct ArrowSchema table_schema(int64_t n, const struct ArrowSchema *columns)
{
    struct ArrowSchema s = schema_of("", "+s");
    struct made *m = s.private_data;
    for (int64_t k = 0; k < n; k++)
        m->schemas[k] = moved(&columns[k], sizeof *columns);
    s.children = m->schemas;
    s.n_children = n;
    return s;
}

/* One column alone; NULL and the error kept when it cannot. */
static mlc_dataset *column_in(struct ArrowSchema schema, struct ArrowArray array)
{
    mlc_dataset *d = NULL;
    err = (mlc_error)MLC_ERROR_INIT;
    (void)mlc_dataset_from_arrow(ctx, &array, &schema, &d, &err);
    ck_assert_ptr_null(schema.release);
    ck_assert_ptr_null(array.release);
    ck_assert((d == NULL) == (err.code != MLC_OK));
    return d;
}

static void refused(struct ArrowSchema schema, struct ArrowArray array, mlc_status code,
                    const char *words)
{
    mlc_dataset *d = column_in(schema, array);
    ck_assert_ptr_null(d);
    ck_assert_msg(err.code == code && strstr(err.message, words) != NULL, "%d: %s", err.code,
                  err.message);
}

/* ------------------------------------------------------------------------- columns */

START_TEST(numbers_are_read_where_they_lie_until_the_last_view_is_gone)
{
    static const int16_t values[] = {9, -1, 2, 300, 4, 5};
    static const uint8_t bits[] = {0x2F}; /* 4 is missing */
    mlc_dataset *d = column_in(schema_of("n", "s"), array_of(5, 1, 1, 2, bits, values, NULL));
    mlc_dataset *view = NULL;
    mlc_column column = {.size = sizeof column};

    ck_assert_ptr_nonnull(d);
    ck_assert_int_eq(arrays_out, 1);
    ck_assert_int_eq(mlc_dataset_rows(d), 5);
    ck_assert_int_eq(mlc_dataset_column(d, 0, &column, &err), MLC_OK);
    ck_assert_int_eq(column.storage, MLC_INT16);
    ck_assert_ptr_eq(column.values, values + 1);
    ck_assert_double_eq(number_at(d, 0, "n"), -1);
    ck_assert_double_eq(number_at(d, 2, "n"), 300);
    ck_assert(missing_at(d, 3, "n"));
    ck_assert(!missing_at(d, 4, "n"));
    ck_assert_int_eq(mlc_dataset_slice(d, 1, 3, &view, &err), MLC_OK);
    mlc_dataset_destroy(d);
    ck_assert_int_eq(arrays_out, 1);
    ck_assert_double_eq(number_at(view, 1, "n"), 300);
    mlc_dataset_destroy(view);
    ck_assert_int_eq(arrays_out, 0);
}
END_TEST

/* Every type of one letter, and times: its storage, and a cell. */
START_TEST(every_plain_type_has_its_storage)
{
    static const struct {
        const char *format;
        int32_t storage;
    } types[] = {{"c", MLC_INT8},
                 {"C", MLC_UINT8},
                 {"s", MLC_INT16},
                 {"S", MLC_UINT16},
                 {"i", MLC_INT32},
                 {"I", MLC_UINT32},
                 {"l", MLC_INT64},
                 {"L", MLC_UINT64},
                 {"tss:", MLC_TIMESTAMP_S},
                 {"tsm:", MLC_TIMESTAMP_MS},
                 {"tsu:UTC", MLC_TIMESTAMP_US},
                 {"tsn:Asia/Tokyo", MLC_TIMESTAMP_NS},
                 {"tdm", MLC_TIMESTAMP_MS},
                 {"tts", MLC_INT32},
                 {"ttm", MLC_INT32},
                 {"ttu", MLC_INT64},
                 {"ttn", MLC_INT64},
                 {"tDs", MLC_INT64},
                 {"tDn", MLC_INT64}};
    static const uint64_t zeros_and_seven[] = {7, 0, 0};
    for (size_t k = 0; k < MLCI_COUNT_OF(types); k++) {
        mlc_column column = {.size = sizeof column};
        mlc_dataset *d = column_in(schema_of("x", types[k].format),
                                   array_of(2, 0, -1, 2, NULL, zeros_and_seven, NULL));
        ck_assert_msg(d != NULL, "%s: %s", types[k].format, err.message);
        ck_assert_int_eq(mlc_dataset_column(d, 0, &column, &err), MLC_OK);
        ck_assert_int_eq(column.storage, types[k].storage);
        ck_assert_double_eq(number_at(d, 0, "x"), 7);
        mlc_dataset_destroy(d);
    }
    ck_assert_int_eq(arrays_out, 0);
}
END_TEST

START_TEST(what_lies_otherwise_is_made_anew)
{
    static const uint8_t flags[] = {0xA4}, gaps[] = {0xFB}; /* row 1 of [1, 6) is missing */
    static const uint16_t halves[] = {0x3C00, 0xC000, 0x7C00, 0x0001, 0x3555};
    static const int32_t days[] = {0, -1, 19000};
    static const int64_t decimals[][2] = {{12345, 0}, {-5, -1}, {0, 1}};
    static const int32_t small[] = {-250, 1};
    mlc_dataset *d;

    d = column_in(schema_of("b", "b"), array_of(5, 1, 1, 2, gaps, flags, NULL));
    ck_assert_double_eq(number_at(d, 0, "b"), 0);
    ck_assert(missing_at(d, 1, "b"));
    ck_assert_double_eq(number_at(d, 2, "b"), 0);
    ck_assert_double_eq(number_at(d, 4, "b"), 1);
    mlc_dataset_destroy(d);
    d = column_in(schema_of("h", "e"), array_of(5, 0, 0, 2, NULL, halves, NULL));
    ck_assert_double_eq(number_at(d, 0, "h"), 1);
    ck_assert_double_eq(number_at(d, 1, "h"), -2);
    ck_assert(isinf(number_at(d, 2, "h")));
    ck_assert_double_eq(number_at(d, 3, "h"), 0x1p-24);
    ck_assert_double_eq(number_at(d, 4, "h"), 0.333251953125);
    mlc_dataset_destroy(d);
    d = column_in(schema_of("d", "tdD"), array_of(3, 0, 0, 2, NULL, days, NULL));
    ck_assert_double_eq(number_at(d, 1, "d"), -86400);
    ck_assert_double_eq(number_at(d, 2, "d"), 19000.0 * 86400);
    mlc_dataset_destroy(d);
    d = column_in(schema_of("m", "d:20,2"), array_of(3, 0, 0, 2, NULL, decimals, NULL));
    ck_assert_double_eq(number_at(d, 0, "m"), 123.45);
    ck_assert_double_eq(number_at(d, 1, "m"), -0.05);
    ck_assert_double_eq(number_at(d, 2, "m"), 0x1p64 / 100);
    mlc_dataset_destroy(d);
    d = column_in(schema_of("m", "d:9,-1,32"), array_of(2, 0, 0, 2, NULL, small, NULL));
    ck_assert_double_eq(number_at(d, 0, "m"), -2500);
    mlc_dataset_destroy(d);
    d = column_in(schema_of("", "n"), array_of(3, 0, 3, 0, NULL, NULL, NULL));
    ck_assert(missing_at(d, 2, "c1")); /* as a file without names has */
    mlc_dataset_destroy(d);
}
END_TEST

/* Whole numbers of 53 bits and more, and points far off: always the nearest, as C reads it. */
START_TEST(decimals_come_in_as_the_nearest_number)
{
    static const struct {
        const char *format;
        uint64_t words[4]; /* lowest first */
        double nearest;
    } cases[] = {
        {"d:16,0", {UINT64_C(9007199254740993), 0}, 9007199254740992.0},
        {"d:17,1", {UINT64_C(90071992547409921), 0}, 9007199254740992.1},
        {"d:20,0", {UINT64_C(6225642967957745712), 2}, 43119131115376848944.0},
        {"d:38,37", {UINT64_C(7118522170297458687), UINT64_C(1)}, 25565266244007010303e-37},
        {"d:38,0", {UINT64_MAX, INT64_MAX}, 170141183460469231731687303715884105727.0},
        {"d:38,0", {0, (uint64_t)INT64_MIN}, -170141183460469231731687303715884105728.0},
        {"d:38,10", {UINT64_MAX, UINT64_MAX}, -1e-10},
        {"d:38,-30", {7, 0}, 7e30},
        {"d:38,300", {3, 0}, 3e-300},
        {"d:18,18,64", {(uint64_t)INT64_MIN, 0}, -9.223372036854775808},
        {"d:9,9,32", {UINT64_C(0x80000000), 0}, -2.147483648},
        {"d:76,20,256",
         {0, 0, 0, UINT64_C(1) << 62}, /* 2^254 */
         28948022309329048855892746252171976963317496166410141009864396001978282409984e-20},
    };

    for (size_t k = 0; k < MLCI_COUNT_OF(cases); k++) {
        mlc_dataset *d = column_in(schema_of("m", cases[k].format),
                                   array_of(1, 0, 0, 2, NULL, cases[k].words, NULL));
        ck_assert_msg(number_at(d, 0, "m") == cases[k].nearest, "%s: %.17g, not %.17g",
                      cases[k].format, number_at(d, 0, "m"), cases[k].nearest);
        mlc_dataset_destroy(d);
    }
}
END_TEST

/* ----------------------------------------------------------------------------- texts */

START_TEST(texts_of_each_layout_become_codes_by_first_appearance)
{
    static const char bytes[] = "xxbaab\xC3\xA4";
    static const int32_t small[] = {0, 2, 3, 4, 4, 6, 8};
    static const int64_t large[] = {0, 2, 3, 4, 4, 6, 8};
    static const uint8_t bits[] = {0x37}; /* row 2 of [1, 6) is missing */
    static const struct {
        int32_t size;
        char bytes[12];
    } views[] = {{1, "b"}, {1, "a"}, {0, ""}, {2, "ab"}, {2, "\xC3\xA4"}};
    for (int k = 0; k < 3; k++) {
        mlc_column column = {.size = sizeof column};
        struct ArrowArray a = k == 0   ? array_of(5, 1, 1, 3, bits, small, bytes)
                              : k == 1 ? array_of(5, 1, -1, 3, bits, large, bytes)
                                       : array_of(5, 0, 0, 3, NULL, views, NULL);
        mlc_dataset *d = column_in(schema_of("t", k == 0 ? "u" : k == 1 ? "U" : "vu"), a);
        ck_assert_msg(d != NULL, "%s", err.message);
        ck_assert_int_eq(arrays_out, 0); /* copied */
        ck_assert_str_eq(text_at(d, 0, "t"), "b");
        ck_assert_str_eq(text_at(d, 1, "t"), "a");
        ck_assert_int_eq(missing_at(d, 2, "t"), k < 2);
        ck_assert_str_eq(text_at(d, 3, "t"), "ab");
        ck_assert_str_eq(text_at(d, 4, "t"), "\xC3\xA4");
        ck_assert_int_eq(mlc_dataset_column(d, 0, &column, &err), MLC_OK);
        ck_assert_uint_eq(((const uint32_t *)column.values)[0], 0);
        ck_assert_uint_eq(((const uint32_t *)column.values)[1], 1);
        mlc_dataset_destroy(d);
    }
}
END_TEST

START_TEST(long_views_lie_in_buffers_that_are_checked)
{
    static const char long_text[] = "....thirteen bytes";
    static const int64_t sizes[] = {17};
    struct {
        int32_t size;
        char begin[4];
        int32_t buffer, at;
    } view = {13, {'t', 'h', 'i', 'r'}, 0, 4};
    for (int k = 0; k < 5; k++) {
        view.size = k == 1 ? 14 : k == 2 ? -1 : 13;
        view.buffer = k == 3 ? 1 : 0;
        view.at = k == 4 ? -4 : 4;
        struct ArrowArray a = array_of(1, 0, 0, 4, NULL, &view, long_text);
        ((struct made *)a.private_data)->buffers[3] = sizes;
        if (k > 0) {
            refused(schema_of("t", "vu"), a, MLC_ERROR_FORMAT, "the view of row 0 is broken");
            continue;
        }
        mlc_dataset *d = column_in(schema_of("t", "vu"), a);
        ck_assert_str_eq(text_at(d, 0, "t"), "thirteen byte");
        mlc_dataset_destroy(d);
    }
}
END_TEST

static struct ArrowArray with_dictionary(struct ArrowArray a, struct ArrowArray dictionary)
{
    a.dictionary = moved(&dictionary, sizeof dictionary);
    return a;
}

static struct ArrowSchema dictionary_schema(const char *name, const char *index,
                                            const char *values)
{
    struct ArrowSchema s = schema_of(name, index), own = schema_of("", values);
    s.dictionary = moved(&own, sizeof own);
    return s;
}

START_TEST(dictionaries_of_texts_and_of_numbers_are_looked_up)
{
    static const int8_t codes[] = {2, 1, 1, 0, 2};
    static const uint8_t bits[] = {0x17}; /* row 3 is missing */
    static const int32_t offsets[] = {0, 2, 3, 4};
    static const double numbers[] = {0.5, 1.5, 2.5};
    static const int8_t outside[] = {0, 3};
    mlc_column column = {.size = sizeof column};
    mlc_dataset *d = column_in(dictionary_schema("t", "c", "u"),
                               with_dictionary(array_of(5, 0, 1, 2, bits, codes, NULL),
                                               array_of(3, 0, 0, 3, NULL, offsets, "nobd")));
    ck_assert_str_eq(text_at(d, 0, "t"), "d");
    ck_assert_str_eq(text_at(d, 1, "t"), "b");
    ck_assert(missing_at(d, 3, "t"));
    ck_assert_int_eq(mlc_dataset_column(d, 0, &column, &err), MLC_OK);
    ck_assert_int_eq(column.texts, 2); /* one that no row uses is none */
    mlc_dataset_destroy(d);
    d = column_in(dictionary_schema("x", "c", "g"),
                  with_dictionary(array_of(5, 0, 1, 2, bits, codes, NULL),
                                  array_of(3, 0, 0, 2, NULL, numbers, NULL)));
    ck_assert_double_eq(number_at(d, 0, "x"), 2.5);
    ck_assert_double_eq(number_at(d, 2, "x"), 1.5);
    ck_assert(missing_at(d, 3, "x"));
    column = (mlc_column){.size = sizeof column};
    ck_assert_int_eq(mlc_dataset_column(d, 0, &column, &err), MLC_OK);
    ck_assert_int_eq(column.type, MLC_CATEGORY);
    mlc_dataset_destroy(d);
    refused(dictionary_schema("t", "c", "u"),
            with_dictionary(array_of(2, 0, 0, 2, NULL, outside, NULL),
                            array_of(3, 0, 0, 3, NULL, offsets, "nobd")),
            MLC_ERROR_DATA, "an index of 3 into a dictionary of 3");
    ck_assert_int_eq(err.row, 1);
    refused(dictionary_schema("x", "c", "g"),
            with_dictionary(array_of(2, 0, 0, 2, NULL, outside, NULL),
                            array_of(3, 0, 0, 2, NULL, numbers, NULL)),
            MLC_ERROR_DATA, "an index of 3");
    refused(dictionary_schema("x", "g", "u"),
            with_dictionary(array_of(2, 0, 0, 2, NULL, numbers, NULL),
                            array_of(3, 0, 0, 3, NULL, offsets, "nobd")),
            MLC_ERROR_FORMAT, "no integers");
    refused(dictionary_schema("x", "c", "u"), array_of(2, 0, 0, 2, NULL, outside, NULL),
            MLC_ERROR_FORMAT, "without its dictionary");
}
END_TEST

START_TEST(arrays_that_are_broken_are_refused)
{
    static const int32_t falling[] = {0, 3, 2, 4}, negative[] = {-1, 2, 3, 4};
    static const int32_t offsets[] = {0, 1, 2, 3};
    static const double x[] = {1, 2, 3};

    refused(schema_of("t", "u"), array_of(3, 0, 0, 3, NULL, falling, "abcd"), MLC_ERROR_FORMAT,
            "the offset of row 1 is broken");
    refused(schema_of("t", "u"), array_of(3, 0, 0, 3, NULL, negative, "abcd"), MLC_ERROR_FORMAT,
            "texts from byte -1");
    refused(schema_of("t", "u"), array_of(3, 0, 0, 3, NULL, offsets, "a\xC3z"),
            MLC_ERROR_FORMAT, "row 1 is no UTF-8");
    refused(schema_of("t", "u"), array_of(3, 0, 0, 3, NULL, offsets, "a\xC3\xA4"),
            MLC_ERROR_FORMAT, "no UTF-8"); /* whole, but cut inside of a character */
    refused(schema_of("t", "u"), array_of(3, 0, 0, 3, NULL, offsets, NULL), MLC_ERROR_FORMAT,
            "texts from byte");
    refused(schema_of("x", "g"), array_of(3, 0, 0, 1, NULL, x, NULL), MLC_ERROR_FORMAT,
            "1 buffers where 2");
    refused(schema_of("x", "g"), array_of(3, 0, 0, 2, NULL, NULL, NULL), MLC_ERROR_FORMAT,
            "without its values");
    refused(schema_of("x", "g"), array_of(-1, 0, 0, 2, NULL, x, NULL), MLC_ERROR_FORMAT,
            "-1 rows");
    refused(schema_of("x", "g"), array_of(3, -1, 0, 2, NULL, x, NULL), MLC_ERROR_FORMAT,
            "offset -1");
    refused(schema_of("x", "g"), array_of(3, 0, 2, 2, NULL, x, NULL), MLC_ERROR_FORMAT,
            "2 nulls without their bits");
    refused(schema_of("x", "+l"), array_of(3, 0, 0, 2, NULL, x, NULL), MLC_ERROR_UNSUPPORTED,
            "a list: flatten it");
    refused(schema_of("x", "z"), array_of(3, 0, 0, 2, NULL, x, NULL), MLC_ERROR_UNSUPPORTED,
            "binary: cast it");
    refused(schema_of("x", "tiM"), array_of(3, 0, 0, 2, NULL, x, NULL), MLC_ERROR_UNSUPPORTED,
            "an interval");
    refused(schema_of("x", "d:2"), array_of(3, 0, 0, 2, NULL, x, NULL), MLC_ERROR_UNSUPPORTED,
            "not known");
    refused(schema_of("x", "d:2,1,99"), array_of(3, 0, 0, 2, NULL, x, NULL),
            MLC_ERROR_UNSUPPORTED, "not known");
    refused(schema_of("x", "gg"), array_of(3, 0, 0, 2, NULL, x, NULL), MLC_ERROR_UNSUPPORTED,
            "not known");
    refused(schema_of("x", NULL), array_of(3, 0, 0, 2, NULL, x, NULL), MLC_ERROR_UNSUPPORTED,
            "not known");
}
END_TEST

/* ---------------------------------------------------------------------------- tables */

static const double xs[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
static const int32_t ends[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

/* Rows [first, first + rows) of `x` 0 .. 9 and `t` a .. j; the table's offset is half of it. */
static struct ArrowArray rows_of(int64_t first, int64_t rows)
{
    int64_t own = first / 2, common = first - own;
    struct ArrowArray columns[] = {
        array_of(rows + common, own, 0, 2, NULL, xs, NULL),
        array_of(rows + common, own, 0, 3, NULL, ends, "abcdefghij")};
    return table_of(rows, common, 2, columns);
}

static struct ArrowSchema rows_schema(void)
{
    struct ArrowSchema columns[] = {schema_of("x", "g"), schema_of("t", "u")};
    return table_schema(2, columns);
}

START_TEST(tables_are_read_under_their_own_offset)
{
    mlc_dataset *d = column_in(rows_schema(), rows_of(5, 3));
    ck_assert_msg(d != NULL, "%s", err.message);
    ck_assert_int_eq(mlc_dataset_rows(d), 3);
    ck_assert_double_eq(number_at(d, 0, "x"), 5);
    ck_assert_str_eq(text_at(d, 2, "t"), "h");
    ck_assert_int_eq(arrays_out, 1); /* of the numbers; the texts were let go */
    mlc_dataset_destroy(d);
    ck_assert_int_eq(arrays_out, 0);

    struct ArrowArray short_columns[] = {array_of(2, 0, 0, 2, NULL, xs, NULL),
                                         array_of(3, 0, 0, 3, NULL, ends, "abcdefghij")};
    refused(rows_schema(), table_of(3, 0, 2, short_columns), MLC_ERROR_FORMAT,
            "column 'x': an array of length 2 where 3 rows are");
    struct ArrowArray one[] = {array_of(3, 0, 0, 2, NULL, xs, NULL)};
    refused(rows_schema(), table_of(3, 0, 1, one), MLC_ERROR_FORMAT,
            "batch 0 has 1 columns; its schema has 2");
    struct ArrowSchema twice[] = {schema_of("x", "g"), schema_of("x", "u")};
    refused(table_schema(2, twice), rows_of(0, 3), MLC_ERROR_SCHEMA, "x");
    refused(table_schema(0, NULL), rows_of(0, 3), MLC_ERROR_SCHEMA, "without columns");
}
END_TEST

START_TEST(rows_that_are_null_as_a_whole_are_missing_in_each_column)
{
    static const uint8_t rows_there[] = {0xB5, 0x01}; /* rows 1, 3, 6 and 9 are not */
    static const uint8_t own[] = {0xEF, 0x03};        /* x has no 4 */
    for (int64_t first = 0; first < 3; first++)
        for (int64_t nulls = -1; nulls < 2; nulls += 2) {
            struct ArrowArray columns[] = {array_of(10, 0, 1, 2, own, xs, NULL),
                                           array_of(10, 0, 0, 3, NULL, ends, "abcdefghij")};
            struct ArrowArray a = table_of(10 - first, first, 2, columns);
            ((struct made *)a.private_data)->buffers[0] = rows_there;
            a.null_count = nulls;
            mlc_dataset *d = column_in(rows_schema(), a);
            ck_assert_msg(d != NULL, "%s", err.message);
            for (int64_t r = first; r < 10; r++) {
                bool gone = r == 1 || r == 3 || r == 6 || r == 9;
                ck_assert_int_eq(missing_at(d, (size_t)(r - first), "x"), gone || r == 4);
                ck_assert_int_eq(missing_at(d, (size_t)(r - first), "t"), gone);
            }
            ck_assert_uint_eq(mlci_dictionary_count(mlci_column_dictionary(d, 1)),
                              first < 2 ? 6 - first : 5);
            mlc_dataset_destroy(d);
        }
}
END_TEST

/* A stream of batches of rows 0 .. 9, each of `step`, that fails at batch `fail_at`. */
struct stream {
    int64_t next, step, fail_at, batch;
    bool schema_fails;
};

static int stream_schema(struct ArrowArrayStream *s, struct ArrowSchema *out)
{
    if (((struct stream *)s->private_data)->schema_fails)
        return EIO;
    *out = rows_schema();
    return 0;
}
static int stream_next(struct ArrowArrayStream *s, struct ArrowArray *out)
{
    struct stream *p = s->private_data;
    int64_t rows = p->step < 10 - p->next ? p->step : 10 - p->next;
    if (p->batch++ == p->fail_at)
        return EIO;
    if (rows == 0)
        out->release = NULL;
    else
        *out = rows_of(p->next, rows);
    p->next += rows;
    return 0;
}
static const char *stream_error(struct ArrowArrayStream *s)
{
    return ((struct stream *)s->private_data)->schema_fails ? NULL : "the cable is out";
}
static void stream_release(struct ArrowArrayStream *s)
{
    s->release = NULL;
}

static mlc_status stream_in(mlc_context *in, struct stream *p, mlc_dataset **out)
{
    struct ArrowArrayStream s = {stream_schema, stream_next, stream_error, stream_release, p};
    mlc_status status = mlc_dataset_from_arrow_stream(in, &s, out, &err);
    ck_assert_ptr_null(s.release);
    return status;
}

START_TEST(batches_of_a_stream_are_one_table)
{
    for (int64_t step = 1; step <= 10; step++) {
        struct stream p = {0, step, -1, 0, false};
        mlc_dataset *d = NULL;
        ck_assert_int_eq(stream_in(ctx, &p, &d), MLC_OK);
        ck_assert_int_eq(arrays_out, step == 10);
        ck_assert_int_eq(mlc_dataset_rows(d), 10);
        for (size_t r = 0; r < 10; r++) {
            char text[2] = {(char)('a' + r), 0};
            ck_assert_double_eq(number_at(d, r, "x"), (double)r);
            ck_assert_str_eq(text_at(d, r, "t"), text);
        }
        mlc_dataset_destroy(d);
    }
    struct stream none = {10, 1, -1, 0, false};
    mlc_dataset *d = NULL;
    ck_assert_int_eq(stream_in(ctx, &none, &d), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(d), 0);
    ck_assert_int_eq(mlc_dataset_columns(d), 2);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(streams_that_fail_are_told)
{
    struct stream p = {0, 3, 2, 0, false}, q = {0, 3, -1, 0, true};
    mlc_dataset *d = NULL;

    ck_assert_int_eq(stream_in(ctx, &p, &d), MLC_ERROR_HOST);
    ck_assert_ptr_nonnull(strstr(err.message, "the cable is out"));
    ck_assert_ptr_null(d);
    ck_assert_int_eq(stream_in(ctx, &q, &d), MLC_ERROR_HOST);
    ck_assert_ptr_nonnull(strstr(err.message, "get_schema"));
    struct ArrowArrayStream gone = {.release = NULL};
    ck_assert_int_eq(mlc_dataset_from_arrow_stream(ctx, &gone, &d, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_from_arrow_stream(ctx, NULL, &d, &err), MLC_ERROR_ARGUMENT);
    struct ArrowArray array = rows_of(0, 2);
    struct ArrowSchema schema = {.release = NULL};
    ck_assert_int_eq(mlc_dataset_from_arrow(ctx, &array, &schema, &d, &err),
                     MLC_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(array.release); /* still the caller's */
    array.release(&array);
}
END_TEST

START_TEST(imports_survive_any_failed_allocation)
{
    for (int64_t step = 4; step <= 10; step += 6) {
        uint64_t nth = 0, requests;
        for (;;) {
            struct faulty_heap heap;
            mlc_context_options options = {.size = sizeof options, .threads = 1};
            mlc_context *own = NULL;
            mlc_dataset *d = NULL;
            struct stream p = {0, step, -1, 0, false};
            faulty_heap_init(&heap, 0);
            options.allocator = &heap.allocator;
            ck_assert_int_eq(mlci_context_new(&options, &own, &err), MLC_OK);
            heap.fail_at = heap.requests + ++nth;
            mlc_status status = stream_in(own, &p, &d);
            ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
            mlc_dataset_destroy(d);
            requests = heap.requests;
            mlci_context_drop(own);
            ck_assert_uint_eq(heap.live_bytes, 0);
            ck_assert_int_eq(arrays_out, 0);
            ck_assert_int_eq(schemas_out, 0);
            if (requests < heap.fail_at)
                break;
        }
        ck_assert_uint_gt(nth, 10);
    }
}
END_TEST

Suite *suite_arrow(void);
Suite *suite_arrow(void)
{
    Suite *s = suite_create("arrow");
    TCase *t = tcase_create("arrow");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, numbers_are_read_where_they_lie_until_the_last_view_is_gone);
    tcase_add_test(t, every_plain_type_has_its_storage);
    tcase_add_test(t, what_lies_otherwise_is_made_anew);
    tcase_add_test(t, decimals_come_in_as_the_nearest_number);
    tcase_add_test(t, texts_of_each_layout_become_codes_by_first_appearance);
    tcase_add_test(t, long_views_lie_in_buffers_that_are_checked);
    tcase_add_test(t, dictionaries_of_texts_and_of_numbers_are_looked_up);
    tcase_add_test(t, arrays_that_are_broken_are_refused);
    tcase_add_test(t, tables_are_read_under_their_own_offset);
    tcase_add_test(t, rows_that_are_null_as_a_whole_are_missing_in_each_column);
    tcase_add_test(t, batches_of_a_stream_are_one_table);
    tcase_add_test(t, streams_that_fail_are_told);
    tcase_add_test(t, imports_survive_any_failed_allocation);
    suite_add_tcase(s, t);
    return s;
}
