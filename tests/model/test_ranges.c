/*
 * test_ranges.c - numbers that training never saw are told of behind steps as without them
 */
#include "mlcycle.h"
#include "model/parts.h"
#include "support/tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;

static void setup(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, &err), MLC_OK);
}

static void teardown(void)
{
    mlc_context_destroy(ctx);
}

/* Raw numbers, a flag and a time; the steps leave nothing of them that is out of range. */
struct record {
    double x, gone;
    int32_t n;
    bool ok;
    const char *town;
    int64_t when; /* seconds */
    double y;
};
static const mlc_field fields[] = {
    MLC_FIELD(struct record, x),    MLC_FIELD(struct record, gone),
    MLC_FIELD(struct record, n),    MLC_FIELD(struct record, ok),
    MLC_FIELD(struct record, town), MLC_FIELD_AS("when", struct record, when, MLC_TIMESTAMP_S),
    MLC_FIELD(struct record, y),
};
enum { FIELDS = MLCI_COUNT_OF(fields), ROWS = 200, ODD = 8 };

static void make(struct record *records)
{
    for (int r = 0; r < ROWS; r++)
        records[r] = (struct record){.x = r % 9 == 0 ? NAN : r % 50,
                                     .gone = NAN,
                                     .n = r % 20 - 5,
                                     .town = r % 2 ? "u" : "v",
                                     .when = 1000 + r,
                                     .y = r % 50 > 25};
}

/* What training never saw, each in one column; the last is as it should be. */
static void make_odd(struct record *odd)
{
    for (int r = 0; r < ODD; r++)
        odd[r] =
            (struct record){.x = 7, .gone = NAN, .n = 3, .town = "u", .when = 1050, .y = 0};
    odd[0].x = 49.5;
    odd[1].x = -INFINITY;
    odd[2].n = -6;
    odd[3].ok = true; /* all were false */
    odd[4].when = 999;
    odd[5].gone = 1; /* training saw none, so none is in range */
    odd[6].x = NAN;
}

static mlc_dataset *borrowed(mlc_context *c, const struct record *records, int64_t n)
{
    mlc_dataset *d;
    ck_assert_int_eq(
        mlc_dataset_borrow(c, records, n, sizeof *records, fields, FIELDS, &d, &err), MLC_OK);
    return d;
}

/* Each feature is a flag that is false, or missing with the raw column that it is made of. */
static mlc_transformer *hiding(mlc_context *c)
{
    static const char *const derived[][2] = {{"a", "x < x"},
                                             {"b", "gone < gone"},
                                             {"c", "n < n"},
                                             {"d", "ok and not ok"},
                                             {"e", "when < when"}};
    mlc_transformer *t;
    ck_assert_int_eq(mlc_transformer_create(c, &t, &err), MLC_OK);
    for (size_t k = 0; k < MLCI_COUNT_OF(derived); k++)
        ck_assert_msg(mlc_transformer_add(
                          t, "derive", MLC_PARAMS("name", derived[k][0], "as", derived[k][1]),
                          &err) == MLC_OK,
                      "%s", err.message);
    return t;
}

static mlc_model *fitted(mlc_context *c, bool steps, const mlc_model *base)
{
    static struct record records[ROWS];
    mlc_trainer *trainer;
    mlc_transformer *t = NULL;
    mlc_model *model;
    make(records);
    mlc_dataset *d = borrowed(c, records, ROWS);
    ck_assert_int_eq(
        mlc_trainer_create(c, "gbdt",
                           MLC_PARAMS("target", "y", "trees", "3", "features",
                                      steps ? "a,b,c,d,e,town" : "x,gone,n,ok,when,town"),
                           &trainer, &err),
        MLC_OK);
    if (steps && base == NULL) {
        t = hiding(c);
        ck_assert_int_eq(mlc_trainer_set_transformer(trainer, t, &err), MLC_OK);
    }
    ck_assert_int_eq(mlc_trainer_set_base(trainer, base, &err), MLC_OK);
    ck_assert_msg(mlc_trainer_fit(trainer, d, NULL, &model, &err) == MLC_OK, "%s", err.message);
    mlc_transformer_destroy(t);
    mlc_trainer_destroy(trainer);
    mlc_dataset_destroy(d);
    return model;
}

/* The flags of the odd ones: of a dataset, of all structs and of one, which are the same. */
static void flags_of(const mlc_model *model, uint32_t flags[ODD])
{
    struct record odd[ODD];
    double out[2 * ODD];
    mlc_answer info[ODD], one[ODD];
    mlc_binding *binding;
    make_odd(odd);
    mlc_dataset *d = borrowed(ctx, odd, ODD);
    ck_assert_msg(mlc_model_predict(model, d, out, info, &err) == MLC_OK, "%s", err.message);
    ck_assert_int_eq(mlc_model_bind(model, fields, FIELDS, sizeof *odd, &binding, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_binding_predict(binding, odd, ODD, out, one, &err), MLC_OK);
    ck_assert_int_eq(memcmp(one, info, sizeof info), 0);
    for (int r = 0; r < ODD; r++) {
        ck_assert_int_eq(mlc_binding_predict(binding, odd + r, 1, out, one, &err), MLC_OK);
        ck_assert_int_eq(memcmp(one, info + r, sizeof *one), 0);
        flags[r] = info[r].flags;
    }
    mlc_binding_destroy(binding);
    mlc_dataset_destroy(d);
}

START_TEST(numbers_beyond_training_are_told_behind_steps_as_without)
{
    mlc_model *plain = fitted(ctx, false, NULL), *behind = fitted(ctx, true, NULL);
    uint32_t want[ODD], got[ODD];
    flags_of(plain, want);
    flags_of(behind, got);
    for (int r = 0; r < ODD; r++) {
        uint32_t out = r < 6 ? MLC_FLAG_OUT_OF_RANGE : 0, missing = r == 5 ? 0 : 1;
        ck_assert_msg(want[r] == got[r], "record %d: %u, not %u", r, got[r], want[r]);
        ck_assert_msg(got[r] == (out | missing), "record %d: %u", r, got[r]);
    }
    ck_assert_ptr_null(mlci_model_ranges(plain)); /* the encoder has them */
    ck_assert_uint_eq(mlci_model_ranges(behind)->n, (size_t)mlc_model_columns(behind));
    mlc_model_destroy(behind);
    mlc_model_destroy(plain);
}
END_TEST

static mlc_model *again(const mlc_model *model)
{
    const void *bytes;
    int64_t size;
    mlc_model *loaded;
    ck_assert_int_eq(mlc_model_bytes(model, &bytes, &size, &err), MLC_OK);
    ck_assert_msg(mlc_model_from_bytes(ctx, bytes, size, &loaded, &err) == MLC_OK, "%s",
                  err.message);
    return loaded;
}

START_TEST(ranges_come_back_from_a_file_and_go_on_with_a_model)
{
    mlc_model *model = fitted(ctx, true, NULL), *loaded = again(model);
    mlc_model *further = fitted(ctx, true, loaded);
    mlci_buffer written = {.ctx = ctx};
    uint32_t want[ODD], got[ODD];
    flags_of(model, want);
    flags_of(loaded, got);
    ck_assert_int_eq(memcmp(want, got, sizeof want), 0);
    flags_of(further, got);
    ck_assert_int_eq(memcmp(want, got, sizeof want), 0);
    ck_assert_int_eq(mlci_model_write(loaded, &written, &err), MLC_OK);
    ck_assert(written.size == model->bytes.size &&
              memcmp(written.data, model->bytes.data, written.size) == 0);
    mlci_buffer_free(&written);
    mlc_model_destroy(further);
    mlc_model_destroy(loaded);
    mlc_model_destroy(model);
}
END_TEST

/* From before there were ranges: what the steps leave is told of, as it was. */
START_TEST(a_model_without_ranges_answers_as_it_did)
{
    mlc_model *model = fitted(ctx, true, NULL), *old, *further;
    mlci_buffer bytes = {.ctx = ctx};
    uint32_t got[ODD];
    mlci_ranges_free(model->ranges);
    model->ranges = NULL;
    ck_assert_int_eq(mlci_model_write(model, &bytes, &err), MLC_OK);
    ck_assert_int_eq(mlc_model_from_bytes(ctx, bytes.data, (int64_t)bytes.size, &old, &err),
                     MLC_OK);
    ck_assert_ptr_null(mlci_model_ranges(old));
    flags_of(old, got);
    for (int r = 0; r < ODD; r++)
        ck_assert_uint_eq(got[r], r == 5 ? MLC_FLAG_OUT_OF_RANGE : MLC_FLAG_MISSING);
    further = fitted(ctx, true, old);
    ck_assert_ptr_null(mlci_model_ranges(further));
    mlc_model_destroy(further);
    mlci_buffer_free(&bytes);
    mlc_model_destroy(old);
    mlc_model_destroy(model);
}
END_TEST

/* Write the model as it is now, and try to read it. */
static void refused(const mlc_model *model, const char *told)
{
    mlci_buffer bytes = {.ctx = ctx};
    mlc_model *loaded;
    ck_assert_int_eq(mlci_model_write(model, &bytes, &err), MLC_OK);
    ck_assert_int_eq(mlc_model_from_bytes(ctx, bytes.data, (int64_t)bytes.size, &loaded, &err),
                     MLC_ERROR_FORMAT);
    ck_assert_msg(strstr(err.message, told) != NULL, "%s", err.message);
    ck_assert_ptr_null(loaded);
    mlci_buffer_free(&bytes);
}

START_TEST(ranges_that_do_not_fit_are_refused)
{
    mlc_model *model = fitted(ctx, true, NULL), *plain = fitted(ctx, false, NULL);
    mlci_ranges *ranges = model->ranges;
    size_t town = 0;
    while (strcmp(mlc_model_column_name(model, (int64_t)town), "town") != 0)
        town++;
    const struct {
        size_t column;
        double low, high;
    } bad[] = {{0, NAN, 1}, {0, 1, NAN},      {0, NAN, NAN},
               {0, 2, 1},   {0, INFINITY, 1}, {town, 0, 1}};
    for (size_t k = 0; k < MLCI_COUNT_OF(bad); k++) {
        size_t c = bad[k].column;
        double low = ranges->low[c], high = ranges->high[c];
        ranges->low[c] = bad[k].low;
        ranges->high[c] = bad[k].high;
        refused(model, c == town ? "column 'town' has the range" : "column 'x' has the range");
        ranges->low[c] = low;
        ranges->high[c] = high;
    }
    ranges->n--;
    refused(model, "ranges of");
    ranges->n++;
    mlc_model_destroy(again(model)); /* all is as it was */
    plain->ranges = mlci_ranges_hold(ranges);
    refused(plain, "without steps");
    mlc_model_destroy(plain);
    mlc_model_destroy(model);
}
END_TEST

/* Over more rows than one piece has, in any order of pieces. */
START_TEST(ranges_are_those_of_all_rows)
{
    enum { MANY = 200000 };
    static double cells[MANY];
    const mlc_field field = {.name = "x", .storage = MLC_FLOAT64};
    for (int k = 0; k < 3; k++) {
        mlc_executor executor = k == 1 ? threaded_executor(4) : reversed_executor(3);
        mlc_context_options options = {.size = sizeof options,
                                       .executor = k == 0 ? NULL : &executor};
        mlc_context *lanes;
        mlc_dataset *d;
        double low, high;
        ck_assert_int_eq(mlc_context_create(&options, &lanes, &err), MLC_OK);
        for (int r = 0; r < MANY; r++)
            cells[r] = r % 3 == 0 ? NAN : (r * 7919LL) % MANY;
        cells[MANY - 1] = -4;
        cells[MANY / 2] = 1e9;
        ck_assert_int_eq(
            mlc_dataset_borrow(lanes, cells, MANY, sizeof *cells, &field, 1, &d, &err), MLC_OK);
        ck_assert_int_eq(mlci_range_fit(lanes, d, 0, &low, &high, &err), MLC_OK);
        ck_assert(low == -4 && high == 1e9);
        mlc_dataset_destroy(d);
        mlc_context_destroy(lanes);
    }
}
END_TEST

START_TEST(ranges_survive_any_failed_allocation)
{
    mlc_status status = MLC_ERROR_NO_MEMORY;
    mlc_dataset *d;
    static struct record records[ROWS];
    make(records);
    for (uint64_t nth = 1; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
        mlc_context *c;
        mlci_steps *steps;
        mlci_ranges *ranges;
        faulty_heap_init(&heap, 0);
        ck_assert_int_eq(mlc_context_create(&options, &c, &err), MLC_OK);
        d = borrowed(c, records, ROWS);
        ck_assert_int_eq(mlci_steps_new(c, &steps, &err), MLC_OK);
        ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, &err), MLC_OK);
        heap.fail_at = heap.requests + nth;
        status = mlci_ranges_fit(steps, NULL, d, &ranges, &err);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        mlci_ranges_free(ranges);
        mlci_steps_free(steps);
        mlc_dataset_destroy(d);
        mlc_context_destroy(c);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
}
END_TEST

Suite *suite_ranges(void);
Suite *suite_ranges(void)
{
    Suite *suite = suite_create("ranges");
    TCase *tc = tcase_create("ranges");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, numbers_beyond_training_are_told_behind_steps_as_without);
    tcase_add_test(tc, ranges_come_back_from_a_file_and_go_on_with_a_model);
    tcase_add_test(tc, a_model_without_ranges_answers_as_it_did);
    tcase_add_test(tc, ranges_that_do_not_fit_are_refused);
    tcase_add_test(tc, ranges_are_those_of_all_rows);
    tcase_add_test(tc, ranges_survive_any_failed_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}
