/*
 * test_drift.c - drift tests against scipy, what the report tells, and what it refuses
 */
#include "monitor/sides.h"
#include "num/num.h"
#include "support/datasets.h"
#include "support/tables.h"

#include "monitor/drift_values.h"

#include <math.h>
#include <stdio.h>
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

/* ------------------------------------------------------------------- against scipy */

static void sides_of(struct sides *s, const double *base, size_t n, const double *current,
                     size_t m, size_t bins)
{
    mlc_context *c = ctx;
    for (int side = 0; side < 2; side++) {
        size_t rows = side == 0 ? n : m;
        double *x = mlci_alloc(c, rows, sizeof *x);
        memcpy(x, side == 0 ? base : current, rows * sizeof *x);
        if (side == 0)
            *s = (struct sides){.ctx = c,
                                .column = {.size = sizeof s->column,
                                           .name = "x",
                                           .type = MLC_DRIFT_NUMBERS,
                                           .unseen = -1}};
        ck_assert_int_eq(mlci_sides_numbers(s, side == 1, x, rows, &err), MLC_OK);
    }
    s->column.base = &s->base;
    s->column.current = &s->current;
    ck_assert_int_eq(mlci_sides_bins(s, bins, &err), MLC_OK);
}

static double compared(const mlc_drift_kind *kind, const struct sides *s, double *statistic,
                       double *p)
{
    double value = NAN;
    *p = NAN;
    ck_assert_int_eq(kind->compare(kind->self, ctx, &s->column, &value, statistic, &err),
                     MLC_OK);
    if (!isnan(value))
        ck_assert_int_eq(kind->tail(kind->self, ctx, &s->column, value, p, &err), MLC_OK);
    return value;
}

#define NUMBERS_AGREE(NAME)                                                                    \
    do {                                                                                       \
        struct sides s;                                                                        \
        double statistic, p;                                                                   \
        sides_of(&s, NAME##_base, MLCI_COUNT_OF(NAME##_base), NAME##_current,                  \
                 MLCI_COUNT_OF(NAME##_current), 10);                                           \
        ck_assert_double_eq_tol(compared(&mlci_drift_ks, &s, &statistic, &p), NAME##_ks,       \
                                1e-15);                                                        \
        ck_assert_double_eq_tol(p, NAME##_ks_p, 1e-12);                                        \
        ck_assert_double_eq_tol(mlci_cells_psi(&s.column), NAME##_psi, 1e-13);                 \
        ck_assert_double_eq_tol(mlci_out_of_range(&s.column), NAME##_out_of_range, 1e-15);     \
        mlci_sides_free(&s);                                                                   \
    } while (0)

START_TEST(distances_of_numbers_are_those_of_scipy)
{
    NUMBERS_AGREE(small);
    NUMBERS_AGREE(ties);
    NUMBERS_AGREE(large);
    ck_assert_double_eq_tol(large_ks_p, large_ks_p_finite,
                            0.0003); /* the limit is near enough */
}
END_TEST

/* Rows of a column whose categories have these counts. */
static void counted(struct census *out, const double *counts, size_t n)
{
    mlc_context *c = ctx;
    *out = (struct census){.ctx = ctx, .room = n};
    ck_assert_int_eq(mlci_dictionary_new(ctx, &out->texts, &err), MLC_OK);
    out->counts = mlci_alloc(c, n, sizeof *out->counts);
    for (size_t i = 0; i < n; i++) {
        char text[16];
        uint32_t code;
        snprintf(text, sizeof text, "c%zu", i);
        ck_assert_int_eq(mlci_dictionary_code(out->texts, mlci_slice_of(text), &code, &err),
                         MLC_OK);
        out->counts[code] = (uint64_t)counts[i];
        out->rows += (uint64_t)counts[i];
    }
}

static void categories_of(struct sides *s, const double *base, const double *current, size_t n)
{
    struct census b, c;
    counted(&b, base, n);
    counted(&c, current, n);
    *s = (struct sides){.ctx = ctx,
                        .column = {.size = sizeof s->column, .type = MLC_DRIFT_CATEGORIES}};
    ck_assert_int_eq(mlci_sides_categories(s, &b, &c, &err), MLC_OK);
    s->column.base = &s->base;
    s->column.current = &s->current;
    mlci_census_free(&b);
    mlci_census_free(&c);
}

#define CATEGORIES_AGREE(NAME)                                                                 \
    do {                                                                                       \
        struct sides s;                                                                        \
        double statistic, p;                                                                   \
        categories_of(&s, NAME##_base, NAME##_current, MLCI_COUNT_OF(NAME##_base));            \
        ck_assert_double_eq_tol(compared(&mlci_drift_chi_squared, &s, &statistic, &p),         \
                                NAME##_distance, 1e-14);                                       \
        ck_assert_double_eq_tol(statistic, NAME##_chi2, 1e-12);                                \
        ck_assert(p >= NAME##_p - 1e-12 &&                                                     \
                  p <= 1.01 * NAME##_p); /* few rows: a little more */                         \
        ck_assert_double_eq_tol(compared(&mlci_drift_psi, &s, &statistic, &p), NAME##_psi,     \
                                1e-14);                                                        \
        ck_assert_double_eq_tol(NAME##_psi, NAME##_g_plus_g, 1e-13);                           \
        mlci_sides_free(&s);                                                                   \
    } while (0)

START_TEST(distances_of_categories_are_those_of_scipy)
{
    CATEGORIES_AGREE(many);
    CATEGORIES_AGREE(few);
}
END_TEST

START_TEST(shares_and_their_chances_are_those_of_scipy)
{
    ck_assert_double_eq_tol(mlci_shares_tail(1000, 200, 21, 9 / 200.0 - 12 / 1000.0), rare_p,
                            1e-13);
    ck_assert_double_eq_tol(mlci_shares_tail(80, 120, 92, 40 / 80.0 - 52 / 120.0), half_p,
                            1e-12);
    ck_assert_double_eq_tol(mlci_shares_tail(60, 60, 70, 1 / 6.0), fisher_2x2_p, 1e-12);
    ck_assert_double_eq_tol(mlci_hypergeometric(9, 1200, 21, 200), hypergeometric_p, 1e-13);
    ck_assert_double_eq(mlci_hypergeometric(22, 1200, 21, 200), 0);
    ck_assert_double_eq(mlci_shares_tail(10, 10, 3, 0), 1);
    ck_assert_double_eq(mlci_shares_tail(10, 10, 3, 1), 0);
}
END_TEST

/* Every order of 4 before and 3 now is as likely: count them. */
START_TEST(the_chance_of_values_out_of_range_is_counted_right)
{
    enum { N = 4, M = 3 };
    double outside[M + 1] = {0}, all = 0;
    for (unsigned order = 0; order < 1u << (N + M); order++) { /* bit set: of now */
        int now = 0, low = 0, high = 0;
        for (int i = 0; i < N + M; i++)
            now += (int)(order >> i & 1);
        if (now != M)
            continue;
        while (order >> low & 1)
            low++;
        while (order >> (N + M - 1 - high) & 1)
            high++;
        all++;
        for (int k = 0; k <= low + high; k++)
            outside[k]++;
    }
    double base[N] = {1, 2, 3, 4}, current[M] = {2, 2, 2}, p;
    struct sides s;
    sides_of(&s, base, N, current, M, 2);
    for (int k = 1; k <= M; k++) {
        ck_assert_int_eq(mlci_drift_range.tail(NULL, ctx, &s.column, (double)k / M, &p, &err),
                         MLC_OK);
        ck_assert_double_eq_tol(p, outside[k] / all, 1e-14);
    }
    mlci_sides_free(&s);
}
END_TEST

START_TEST(chances_never_rise_with_the_value)
{
    double counts[2][5] = {{40, 3, 20, 1, 60}, {20, 9, 11, 5, 30}};
    const mlc_drift_kind *kind;
    for (int numbers = 0; numbers < 2; numbers++) {
        struct sides s;
        if (numbers)
            sides_of(&s, small_base, MLCI_COUNT_OF(small_base), small_current,
                     MLCI_COUNT_OF(small_current), 10);
        else
            categories_of(&s, counts[0], counts[1], 5);
        for (int64_t k = 0; (kind = mlc_drift_at(ctx, k)) != NULL; k++) {
            double last = 1, p;
            if ((kind->types & s.column.type) == 0)
                continue;
            for (int i = 0; i <= 200; i++) {
                ck_assert_int_eq(kind->tail(kind->self, ctx, &s.column, i / 200.0, &p, &err),
                                 MLC_OK);
                ck_assert_msg(p >= 0 && p <= last + 1e-12, "%s at %g: %g after %g", kind->name,
                              i / 200.0, p, last);
                last = p;
            }
        }
        mlci_sides_free(&s);
    }
}
END_TEST

/* ------------------------------------------------------------------- the report */

enum { ROWS = 2000 };

/* Rows of a number, a category, a flag and a time, some missing; `shift` moves the number. */
static mlc_dataset *made(uint64_t seed, size_t rows, double shift, double missing,
                         const char *novelty)
{
    char *text = malloc(64 * rows + 64), *at = text;
    at += sprintf(at, "x,k,f:bool,t:s\n");
    for (uint64_t i = 0; i < rows; i++) {
        double u = mlci_random_unit(seed, 1, i) + mlci_random_unit(seed, 2, i) + shift;
        if (mlci_random_unit(seed, 3, i) < missing)
            *at++ = ',';
        else
            at += sprintf(at, "%.6f,", u);
        at += sprintf(at, "%s%d,", i % 20 == 0 && novelty != NULL ? novelty : "k",
                      (int)mlci_random_below(seed, 4, i, 5));
        at += sprintf(at, "%d,%d\n", (int)mlci_random_below(seed, 5, i, 2), (int)i);
    }
    mlc_dataset *d = dataset_of(ctx, text);
    free(text);
    return d;
}

static mlc_result *report(const mlc_dataset *base, const mlc_dataset *current,
                          const char *const *params)
{
    mlc_result *r;
    ck_assert_msg(mlc_drift(base, current, params, &r, &err) == MLC_OK, "%s", err.message);
    return r;
}

static double flag(const mlc_result *r, const char *name)
{
    mlc_quantity q = {.size = sizeof q};
    ck_assert_int_eq(mlc_result_get(r, name, &q, &err), MLC_OK);
    return q.value;
}

static mlc_dataset *table(const mlc_result *r, const char *name)
{
    mlc_dataset *t;
    ck_assert_int_eq(mlc_result_table(r, name, &t, &err), MLC_OK);
    return t;
}

START_TEST(the_same_rows_have_not_drifted)
{
    mlc_dataset *d = made(1, ROWS, 0, 0.1, NULL);
    mlc_result *r = report(d, d, NULL);
    mlc_dataset *columns = table(r, "columns"), *skipped = table(r, "skipped");
    ck_assert_double_eq(flag(r, "drifted"), 0);
    ck_assert_int_eq(mlc_dataset_rows(columns), 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_double_eq(number_at(columns, i, "value"), 0);
        ck_assert_double_eq(number_at(columns, i, "p_value"), 1);
        ck_assert_double_eq(number_at(columns, i, "psi"), 0);
        ck_assert_double_eq(number_at(columns, i, "drifted"), 0);
    }
    ck_assert_str_eq(text_at(columns, 0, "test"), "ks");
    ck_assert_str_eq(text_at(columns, 1, "test"), "chi_squared");
    ck_assert_int_eq(mlc_dataset_rows(skipped), 1);
    ck_assert_str_eq(text_at(skipped, 0, "name"), "t");
    ck_assert_str_eq(text_at(skipped, 0, "reason"), "a time");
    mlc_dataset_destroy(skipped);
    mlc_dataset_destroy(columns);
    mlc_result_destroy(r);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(a_shift_a_gap_and_a_new_category_are_told)
{
    mlc_dataset *base = made(1, ROWS, 0, 0.1, NULL), *current;
    static const struct {
        double shift, missing;
        const char *novelty;
        size_t column;
        const char *test;
    } cases[] = {
        {0.3, 0.1, NULL, 0, "ks"}, {0, 0.3, NULL, 0, "missing"}, {0, 0.1, "new", 1, "unseen"}};
    for (size_t i = 0; i < MLCI_COUNT_OF(cases); i++) {
        current = made(2, ROWS, cases[i].shift, cases[i].missing, cases[i].novelty);
        mlc_result *r = report(base, current, NULL);
        mlc_dataset *columns = table(r, "columns");
        ck_assert_double_eq(flag(r, "drifted"), 1);
        ck_assert_double_eq(flag(r, "drifted_columns"), 1);
        for (size_t c = 0; c < 3; c++)
            ck_assert_double_eq(number_at(columns, c, "drifted"), c == cases[i].column);
        ck_assert_str_eq(text_at(columns, cases[i].column, "test"), cases[i].test);
        ck_assert_double_ge(number_at(columns, cases[i].column, "value"),
                            number_at(columns, cases[i].column, "threshold"));
        mlc_dataset_destroy(columns);
        mlc_result_destroy(r);
        mlc_dataset_destroy(current);
    }
    mlc_dataset_destroy(base);
}
END_TEST

START_TEST(a_test_tells_of_drift_where_its_value_reaches_the_threshold)
{
    static const double shifts[] = {0, 0.05, 0.1, 0.2, 0.5};
    static const size_t sizes[] = {30, 200, ROWS};
    mlc_dataset *base = made(1, ROWS, 0, 0.1, NULL);
    size_t both[2] = {0};
    for (size_t i = 0; i < MLCI_COUNT_OF(shifts); i++)
        for (size_t k = 0; k < MLCI_COUNT_OF(sizes); k++) {
            mlc_dataset *current = made(3 + i, sizes[k], shifts[i], 0.1 + shifts[i], NULL);
            mlc_result *r = report(
                base, current, MLC_PARAMS("tests", "ks,psi,chi_squared,missing,range,unseen"));
            mlc_dataset *tests = table(r, "tests");
            for (size_t t = 0; t < (size_t)mlc_dataset_rows(tests); t++) {
                double value = number_at(tests, t, "value");
                double threshold = number_at(tests, t, "threshold");
                bool drifted = number_at(tests, t, "drifted") == 1;
                ck_assert_int_eq(drifted, value >= threshold);
                both[drifted]++;
            }
            mlc_dataset_destroy(tests);
            mlc_result_destroy(r);
            mlc_dataset_destroy(current);
        }
    ck_assert(both[0] > 20 && both[1] > 20);
    mlc_dataset_destroy(base);
}
END_TEST

START_TEST(json_begins_with_columns_and_the_verdict)
{
    mlc_dataset *base = dataset_of(ctx, "x\n1\n2\n3\n4\n"), *now = dataset_of(ctx, "x\n1\n2\n");
    mlc_result *r = report(base, now, MLC_PARAMS("tests", "ks", "effects", "0.5"));
    ck_assert_msg(
        strncmp(
            mlc_result_json(r),
            "{\"columns\":[{\"name\":\"x\",\"test\":\"ks\",\"value\":0.5,\"threshold\":null,"
            "\"drifted\":false,\"p_value\":0.9333333333333",
            100) == 0,
        "%s", mlc_result_json(r));
    ck_assert_ptr_nonnull(strstr(mlc_result_json(r), "\"of\":\"column\"}],\"drifted\":false,"));
    mlc_result_destroy(r);
    mlc_dataset_destroy(now);
    mlc_dataset_destroy(base);
}
END_TEST

START_TEST(lanes_change_nothing)
{
    char *plain = NULL;
    for (int k = 0; k < 3; k++) {
        mlc_context *own = ctx, *lanes;
        mlc_executor executor = k == 1 ? threaded_executor(5) : reversed_executor(3);
        mlc_context_options options = {.size = sizeof options,
                                       .executor = k == 0 ? NULL : &executor};
        ck_assert_int_eq(mlc_context_create(&options, &lanes, &err), MLC_OK);
        ctx = lanes;
        mlc_dataset *base = made(1, ROWS, 0, 0.1, NULL), *now = made(2, 500, 0.1, 0.2, "new");
        mlc_result *r = report(base, now, MLC_PARAMS("times", "yes"));
        if (plain == NULL)
            plain = strdup(mlc_result_json(r));
        /* Check cannot tell of texts as long as these. */
        ck_assert_msg(strcmp(plain, mlc_result_json(r)) == 0, "way %d", k);
        mlc_result_destroy(r);
        mlc_dataset_destroy(now);
        mlc_dataset_destroy(base);
        mlc_context_destroy(lanes);
        ctx = own;
    }
    free(plain);
}
END_TEST

START_TEST(the_order_of_rows_changes_nothing)
{
    mlc_dataset *base = made(1, 300, 0, 0.1, NULL), *now = made(2, 300, 0.1, 0.2, "new"),
                *turned;
    int64_t rows[300];
    for (int64_t i = 0; i < 300; i++)
        rows[i] = 299 - i;
    ck_assert_int_eq(mlc_dataset_take(now, rows, 300, &turned, &err), MLC_OK);
    mlc_result *a = report(base, now, NULL), *b = report(base, turned, NULL);
    ck_assert_str_eq(mlc_result_json(a), mlc_result_json(b));
    mlc_result_destroy(a);
    mlc_result_destroy(b);
    mlc_dataset_destroy(turned);
    mlc_dataset_destroy(now);
    mlc_dataset_destroy(base);
}
END_TEST

START_TEST(effects_columns_and_bins_are_heeded)
{
    mlc_dataset *base = made(1, ROWS, 0, 0.1, NULL), *now = made(2, ROWS, 0.12, 0.1, NULL);
    mlc_result *r = report(base, now, NULL);
    ck_assert_double_eq(flag(r, "drifted"), 1);
    mlc_result_destroy(r);
    r = report(base, now, MLC_PARAMS("effects", "ks=0.9,range=0.9")); /* it does not matter */
    ck_assert_double_eq(flag(r, "drifted"), 0);
    mlc_result_destroy(r);
    r = report(base, now, MLC_PARAMS("ignore", "x"));
    ck_assert_double_eq(flag(r, "drifted"), 0);
    mlc_result_destroy(r);
    r = report(base, now, MLC_PARAMS("columns", "k,f"));
    mlc_dataset *columns = table(r, "columns");
    ck_assert_int_eq(mlc_dataset_rows(columns), 2);
    mlc_dataset_destroy(columns);
    mlc_result_destroy(r);
    double psi[2];
    for (int k = 0; k < 2; k++) {
        r = report(base, now, MLC_PARAMS("bins", k == 0 ? "2" : "20"));
        columns = table(r, "columns");
        psi[k] = number_at(columns, 0, "psi");
        mlc_dataset_destroy(columns);
        mlc_result_destroy(r);
    }
    ck_assert_double_gt(psi[1], psi[0]);
    r = report(base, now, MLC_PARAMS("times", "yes", "tests", "psi,range"));
    mlc_dataset *tests = table(r, "tests");
    ck_assert_int_eq(mlc_dataset_rows(tests), 6); /* x, t: both; k, f: psi */
    mlc_dataset_destroy(tests);
    mlc_result_destroy(r);
    mlc_dataset_destroy(now);
    mlc_dataset_destroy(base);
}
END_TEST

static void refused(const mlc_dataset *base, const mlc_dataset *now, const char *const *params,
                    mlc_status status, const char *message)
{
    mlc_result *r = (mlc_result *)&err;
    err = (mlc_error)MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_drift(base, now, params, &r, &err), status);
    ck_assert_ptr_null(r);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
}

START_TEST(what_cannot_be_compared_is_refused)
{
    mlc_dataset *base = dataset_of(ctx, "x,k\n1,a\n2,b\n"),
                *now = dataset_of(ctx, "x,k\n1,a\n"), *text = dataset_of(ctx, "x,k\nq,a\n"),
                *empty = dataset_of(ctx, "x,k\n"), *other = dataset_of(ctx, "y\n1\n");
    refused(NULL, now, NULL, MLC_ERROR_ARGUMENT, "base");
    refused(base, NULL, NULL, MLC_ERROR_ARGUMENT, "current");
    refused(base, now, MLC_PARAMS("test", "ks"), MLC_ERROR_PARAMETER, "did you mean 'tests'");
    refused(base, now, MLC_PARAMS("tests", "kss"), MLC_ERROR_PARAMETER, "did you mean 'ks'");
    refused(base, now, MLC_PARAMS("tests", "ks,ks"), MLC_ERROR_PARAMETER, "twice");
    refused(base, now, MLC_PARAMS("effects", "ks=x"), MLC_ERROR_PARAMETER, "effects: 'ks=x'");
    refused(base, now, MLC_PARAMS("effects", "kz=1"), MLC_ERROR_PARAMETER, "'kz'");
    refused(base, now, MLC_PARAMS("tests", "ks", "effects", "psi=1"), MLC_ERROR_PARAMETER,
            "'psi' is not among the tests");
    refused(base, now, MLC_PARAMS("effects", "-1"), MLC_ERROR_PARAMETER, "effects");
    refused(base, now, MLC_PARAMS("false_alarms", "0"), MLC_ERROR_PARAMETER, "false_alarms");
    refused(base, now, MLC_PARAMS("columns", "z"), MLC_ERROR_SCHEMA, "'z'");
    refused(base, now, MLC_PARAMS("tests", "range", "columns", "k"), MLC_ERROR_DATA,
            "no column");
    refused(base, empty, NULL, MLC_ERROR_DATA, "no rows now");
    refused(now, other, NULL, MLC_ERROR_DATA, "no column");
    refused(base, text, NULL, MLC_ERROR_SCHEMA, "'x' is");
    mlc_dataset *none;
    ck_assert_int_eq(mlc_dataset_slice(now, 0, 0, &none, &err), MLC_OK);
    refused(base, none, NULL, MLC_ERROR_DATA, "no rows now");
    refused(none, base, NULL, MLC_ERROR_DATA, "no rows of before");
    mlc_dataset_destroy(none);
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(empty);
    mlc_dataset_destroy(text);
    mlc_dataset_destroy(now);
    mlc_dataset_destroy(base);
}
END_TEST

START_TEST(columns_without_a_value_are_told_and_no_more)
{
    mlc_dataset *base = dataset_of(ctx, "x:float64,k:text\n,\n,\n,\n"),
                *now = dataset_of(ctx, "x:float64,k:text\n1,a\n2,b\n,\n");
    for (int turn = 0; turn < 2; turn++) {
        mlc_result *r = report(turn ? now : base, turn ? base : now, NULL);
        mlc_dataset *columns = table(r, "columns");
        ck_assert_int_eq(mlc_dataset_rows(columns), 2);
        ck_assert(missing_at(columns, 0, "value") && missing_at(columns, 0, "psi"));
        ck_assert_double_eq(number_at(columns, 0, "drifted"), 0);
        mlc_dataset_destroy(columns);
        mlc_result_destroy(r);
    }
    mlc_dataset_destroy(now);
    mlc_dataset_destroy(base);
}
END_TEST

/* ------------------------------------------------------------------- a host's own */

static mlc_status mean_compare(void *self, mlc_context *c, const mlc_drift_column *column,
                               double *value, double *statistic, mlc_error *e)
{
    double mean[2] = {0};
    (void)c;
    if (self != NULL && strcmp(column->name, self) == 0) {
        if (e != NULL)
            *e = (mlc_error)MLC_ERROR_INIT;
        return MLC_ERROR_HOST;
    }
    for (int side = 0; side < 2; side++) {
        const mlc_drift_side *s = side == 0 ? column->base : column->current;
        for (int64_t i = 0; i < s->n_values; i++)
            mean[side] += s->values[i] / (double)s->n_values;
    }
    *value = *statistic = fabs(mean[1] - mean[0]);
    return MLC_OK;
}

static mlc_status mean_tail(void *self, mlc_context *c, const mlc_drift_column *column,
                            double value, double *p, mlc_error *e)
{
    (void)self;
    (void)c;
    (void)e;
    ck_assert_ptr_null(column->current->values);
    *p = mlci_exp(-value * (double)column->current->present);
    return MLC_OK;
}

START_TEST(a_test_of_the_hosts_own_takes_part)
{
    mlc_drift_kind kind = {.size = sizeof kind,
                           .name = "mean",
                           .about = "distance of means",
                           .types = MLC_DRIFT_NUMBERS,
                           .effect = 0.2,
                           .compare = mean_compare,
                           .tail = mean_tail};
    mlc_drift_kind broken = kind;
    broken.tail = NULL;
    ck_assert_int_eq(mlc_register_drift(ctx, &broken, &err), MLC_ERROR_ARGUMENT);
    broken = kind;
    broken.types = 64;
    ck_assert_int_eq(mlc_register_drift(ctx, &broken, &err), MLC_ERROR_ARGUMENT);
    broken = kind;
    broken.usual = MLC_DRIFT_FLAGS;
    ck_assert_int_eq(mlc_register_drift(ctx, &broken, &err), MLC_ERROR_ARGUMENT);
    broken = kind;
    broken.name = "ks";
    ck_assert_int_eq(mlc_register_drift(ctx, &broken, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_register_drift(ctx, &kind, &err), MLC_OK);
    ck_assert_int_eq(mlc_register_drift(ctx, &kind, &err), MLC_ERROR_ARGUMENT);

    mlc_dataset *base = made(1, ROWS, 0, 0.1, NULL), *now = made(2, ROWS, 0.3, 0.1, NULL);
    mlc_result *r = report(base, now, MLC_PARAMS("tests", "mean"));
    mlc_dataset *columns = table(r, "columns");
    ck_assert_int_eq(mlc_dataset_rows(columns), 1);
    ck_assert_str_eq(text_at(columns, 0, "test"), "mean");
    ck_assert_double_eq_tol(number_at(columns, 0, "value"), 0.3, 0.05);
    ck_assert_double_eq(number_at(columns, 0, "threshold"), 0.2);
    mlc_dataset_destroy(columns);
    mlc_result_destroy(r);
    kind.self = "x";
    ck_assert_int_eq(mlc_drift(base, now, MLC_PARAMS("tests", "mean"), &r, &err),
                     MLC_ERROR_HOST);
    ck_assert_str_eq(err.message, "column 'x': mean: the test failed");
    mlc_dataset_destroy(now);
    mlc_dataset_destroy(base);
}
END_TEST

/* ------------------------------------------------------------------- no memory */

static mlc_status drift_job(const mlc_allocator *allocator)
{
    mlc_context_options options = {.size = sizeof options, .allocator = allocator};
    mlc_context *small = NULL;
    mlc_dataset *base = NULL, *now = NULL;
    mlc_result *r = NULL;
    const char *csv = "x,k,f\n1,a,true\n2,b,false\n,c,\n4,a,true\n5,,true\n";
    mlc_status status = mlc_context_create(&options, &small, &err);
    if (status == MLC_OK)
        status =
            mlc_dataset_read_memory(small, csv, (int64_t)strlen(csv), NULL, &base, NULL, &err);
    if (status == MLC_OK)
        status = mlc_dataset_read_memory(small, csv, (int64_t)strlen(csv) - 9, NULL, &now, NULL,
                                         &err);
    if (status == MLC_OK)
        status = mlc_drift(base, now, MLC_PARAMS("effects", "ks=0"), &r, &err);
    mlc_result_destroy(r);
    mlc_dataset_destroy(now);
    mlc_dataset_destroy(base);
    mlc_context_destroy(small);
    return status;
}

START_TEST(drift_survives_any_failed_allocation)
{
    mlc_status status = MLC_ERROR_NO_MEMORY;
    for (uint64_t nth = 1; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        faulty_heap_init(&heap, nth);
        status = drift_job(&heap.allocator);
        ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "%s", err.message);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
}
END_TEST

/* ------------------------------------------------------------------- real data */

START_TEST(the_speeds_that_are_missing_in_later_years_are_told)
{
    mlc_dataset *all, *parts[2];
    ck_assert_int_eq(
        mlc_dataset_read(ctx, "tests/data/birdstrikes.csv.gz", NULL, &all, NULL, &err), MLC_OK);
    int64_t n = mlc_dataset_rows(all), date = mlc_dataset_find(all, "Flight Date");
    double *when = malloc((size_t)n * sizeof *when);
    int64_t *rows = malloc((size_t)n * sizeof *rows);
    int64_t end;
    ck_assert(mlci_parse_time_unit("1997-01-01", 10, mlc_dataset_storage(all, date), &end));
    ck_assert_int_eq(mlc_dataset_numbers(all, date, 0, n, when, &err), MLC_OK);
    for (int later = 0; later < 2; later++) {
        int64_t taken = 0;
        for (int64_t i = 0; i < n; i++)
            if ((when[i] >= (double)end) == later)
                rows[taken++] = i;
        ck_assert_int_eq(mlc_dataset_take(all, rows, taken, &parts[later], &err), MLC_OK);
    }
    mlc_result *r = report(parts[0], parts[1], NULL);
    mlc_dataset *columns = table(r, "columns");
    size_t speed = 0;
    while (strcmp(text_at(columns, speed, "name"), "Speed IAS in knots") != 0)
        speed++;
    ck_assert_str_eq(text_at(columns, speed, "test"), "missing");
    ck_assert_double_eq(number_at(columns, speed, "drifted"), 1);
    ck_assert_double_gt(number_at(columns, speed, "current_missing"), 0.3);
    ck_assert_double_lt(number_at(columns, speed, "base_missing"), 0.25);
    mlc_dataset_destroy(columns);
    mlc_result_destroy(r);
    for (int later = 0; later < 2; later++)
        mlc_dataset_destroy(parts[later]);
    mlc_dataset_destroy(all);
    free(rows);
    free(when);
}
END_TEST

Suite *suite_drift(void);

Suite *suite_drift(void)
{
    Suite *suite = suite_create("drift");
    TCase *tc = tcase_create("drift");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, distances_of_numbers_are_those_of_scipy);
    tcase_add_test(tc, distances_of_categories_are_those_of_scipy);
    tcase_add_test(tc, shares_and_their_chances_are_those_of_scipy);
    tcase_add_test(tc, the_chance_of_values_out_of_range_is_counted_right);
    tcase_add_test(tc, chances_never_rise_with_the_value);
    tcase_add_test(tc, the_same_rows_have_not_drifted);
    tcase_add_test(tc, a_shift_a_gap_and_a_new_category_are_told);
    tcase_add_test(tc, a_test_tells_of_drift_where_its_value_reaches_the_threshold);
    tcase_add_test(tc, json_begins_with_columns_and_the_verdict);
    tcase_add_test(tc, lanes_change_nothing);
    tcase_add_test(tc, the_order_of_rows_changes_nothing);
    tcase_add_test(tc, effects_columns_and_bins_are_heeded);
    tcase_add_test(tc, what_cannot_be_compared_is_refused);
    tcase_add_test(tc, columns_without_a_value_are_told_and_no_more);
    tcase_add_test(tc, a_test_of_the_hosts_own_takes_part);
    tcase_add_test(tc, drift_survives_any_failed_allocation);
    tcase_add_test(tc, the_speeds_that_are_missing_in_later_years_are_told);
    suite_add_tcase(suite, tc);
    return suite;
}
