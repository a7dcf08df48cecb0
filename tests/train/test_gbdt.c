/*
 * test_gbdt.c - boosted trees learn what is there to be learnt, and nothing else
 */
#include "support/task.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static mlc_context *ctx;

static void setup(void)
{
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, &err), MLC_OK);
}

static void teardown(void)
{
    mlc_context_destroy(ctx);
}

static struct lesson lesson_of(const struct table *t, const char *const *params)
{
    return (struct lesson){
        .train = t, .kind = &mlci_train_gbdt, .params = params, .seed = 5, .keep_rounds = -1};
}

static void forget(struct learnt *m)
{
    mlci_learner_trees.release(ctx, m->state);
}

/* Root mean square of answers against the table's target. */
static double rmse_of(const struct learnt *m, const struct table *t)
{
    double *out = malloc((size_t)t->rows * sizeof *out), sum = 0;
    answers_of(&mlci_learner_trees, m->state, t, 1, false, out);
    for (int64_t i = 0; i < t->rows; i++)
        sum += (out[i] - t->y[i]) * (out[i] - t->y[i]);
    free(out);
    return sqrt(sum / (double)t->rows);
}

static double answer(const struct learnt *m, const double *x)
{
    double out;
    mlci_learner_trees.predict(m->state, x, 1, &out);
    return out;
}

static struct table wavy(int64_t rows, uint64_t seed, double missing)
{
    struct table t = table_new(rows, 4, 0);
    table_fill(&t, seed, missing);
    for (int64_t i = 0; i < rows; i++) {
        double a = t.x[i], b = t.x[rows + i];
        t.y[i] = sin(6 * (a == a ? a : 2)) + (b == b ? b * b : 0.7) +
                 0.1 * (mlci_random_unit(seed, 7, (uint64_t)i) - 0.5);
    }
    t.first_key = seed << 32;
    return t;
}

START_TEST(each_round_lowers_the_training_loss)
{
    struct table t = wavy(3000, 1, 0.1);
    double before = INFINITY;
    for (int rounds = 1; rounds <= 30; rounds += 4) {
        struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "30"));
        l.keep_rounds = rounds;
        struct learnt m = learn(ctx, &l);
        double now = rmse_of(&m, &t);
        ck_assert_double_lt(now, before);
        before = now;
        forget(&m);
    }
    ck_assert_double_lt(before, 0.12);
    table_free(&t);
}
END_TEST

START_TEST(the_loss_told_is_that_of_the_rows_kept_aside)
{
    struct table t = wavy(3000, 1, 0.1), v = wavy(1000, 2, 0.1);
    struct lesson l = lesson_of(&t, NULL);
    l.valid = &v;
    struct learnt m = learn(ctx, &l);
    ck_assert_int_eq(m.rounds, 100);
    ck_assert_double_eq_tol(m.loss, rmse_of(&m, &v), 1e-12);
    ck_assert_double_lt(m.loss, 0.06);
    forget(&m);
    table_free(&v);
    table_free(&t);
}
END_TEST

START_TEST(a_step_is_found_to_the_middle_of_the_gap)
{
    struct table t = table_new(100, 1, 0);
    for (int i = 0; i < 100; i++) {
        t.x[i] = i < 50 ? 1 : 3;
        t.y[i] = i < 50 ? -4 : 6;
    }
    struct lesson l = lesson_of(&t, MLC_PARAMS("learning_rate", "1", "trees", "1"));
    struct learnt m = learn(ctx, &l);
    const mlci_forest *f = mlci_trees_forest(m.state);
    ck_assert_uint_eq(f->nodes, 3);
    ck_assert_double_eq(f->value[0], 2);
    ck_assert_double_eq_tol(answer(&m, (double[]){-1e9}), -4, 1e-9);
    ck_assert_double_eq_tol(answer(&m, (double[]){2}), -4, 1e-9);
    ck_assert_double_eq_tol(answer(&m, (double[]){2.000001}), 6, 1e-9);
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(a_constant_target_is_answered_and_nothing_is_split)
{
    struct table t = table_new(500, 3, 0);
    table_fill(&t, 1, 0.2);
    for (int i = 0; i < 500; i++)
        t.y[i] = 17.25;
    struct lesson l = lesson_of(&t, NULL);
    struct learnt m = learn(ctx, &l);
    const mlci_forest *f = mlci_trees_forest(m.state);
    ck_assert_uint_eq(f->nodes, f->trees);
    ck_assert_double_eq(answer(&m, (double[]){0, NAN, 1}), 17.25);
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(one_row_no_column_and_one_class_are_answered)
{
    struct table one = table_new(1, 2, 0);
    one.y[0] = -3;
    struct lesson l = lesson_of(&one, NULL);
    struct learnt m = learn(ctx, &l);
    ck_assert_double_eq(answer(&m, (double[]){9, 9}), -3);
    forget(&m);
    table_free(&one);

    struct table bare = table_new(200, 0, 0);
    for (int i = 0; i < 200; i++)
        bare.y[i] = i % 2;
    l = lesson_of(&bare, NULL);
    m = learn(ctx, &l);
    ck_assert_double_eq_tol(answer(&m, (double[]){0}), 0.5, 1e-12);
    forget(&m);
    table_free(&bare);

    struct table same = table_new(200, 1, 2);
    table_fill(&same, 1, 0);
    for (int i = 0; i < 200; i++)
        same.y[i] = 1;
    l = lesson_of(&same, NULL);
    m = learn(ctx, &l);
    ck_assert_int_eq(m.link, MLC_LINK_LOGISTIC);
    ck_assert_double_gt(answer(&m, (double[]){0.5}), 30);
    ck_assert(isfinite(answer(&m, (double[]){0.5})));
    forget(&m);
    table_free(&same);
}
END_TEST

START_TEST(columns_that_tell_nothing_are_not_split)
{
    struct table t = table_new(400, 3, 0);
    for (int i = 0; i < 400; i++) {
        t.x[i] = NAN;
        t.x[400 + i] = 7;
        t.x[800 + i] = i % 2;
        t.y[i] = i % 2;
    }
    struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "20", "learning_rate", "0.5"));
    struct learnt m = learn(ctx, &l);
    const mlci_forest *f = mlci_trees_forest(m.state);
    for (size_t i = 0; i < f->nodes; i++)
        ck_assert(f->left[i] == 0 || (f->split[i] & MLCI_SPLIT_FEATURE) == 2);
    ck_assert_double_eq_tol(answer(&m, (double[]){1, 2, 1}), 1, 1e-5);
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(what_is_missing_goes_where_it_belongs)
{
    /* Missing rows behave like the large ones, whichever they are fewer than. */
    for (int side = 0; side < 2; side++) {
        struct table t = table_new(300, 1, 0);
        for (int i = 0; i < 300; i++) {
            t.x[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? 0 : 1;
            t.y[i] = i % 3 == 0 ? side : i % 3 == 1 ? 0 : 1;
        }
        struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "40", "learning_rate", "0.5"));
        struct learnt m = learn(ctx, &l);
        ck_assert_double_eq_tol(answer(&m, (double[]){NAN}), side, 1e-6);
        forget(&m);
        table_free(&t);
    }
}
END_TEST

START_TEST(missing_alone_can_be_split_off_from_infinities_too)
{
    struct table t = table_new(400, 1, 0);
    for (int i = 0; i < 400; i++) {
        t.x[i] = i % 4 == 0 ? NAN : i % 4 == 1 ? INFINITY : i % 4 == 2 ? -INFINITY : 3;
        t.y[i] = i % 4 == 0;
    }
    struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "1", "learning_rate", "1"));
    struct learnt m = learn(ctx, &l);
    ck_assert_uint_eq(mlci_trees_forest(m.state)->nodes, 3);
    ck_assert_double_eq_tol(answer(&m, (double[]){NAN}), 1, 1e-9);
    ck_assert_double_eq_tol(answer(&m, (double[]){INFINITY}), 0, 1e-9);
    ck_assert_double_eq_tol(answer(&m, (double[]){-INFINITY}), 0, 1e-9);
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(what_was_never_missing_follows_the_heavier_side)
{
    for (int heavy = 0; heavy < 2; heavy++) {
        struct table t = table_new(300, 1, 0);
        for (int i = 0; i < 300; i++) {
            t.x[i] = i % 3 == 0 ? heavy : !heavy;
            t.y[i] = t.x[i];
        }
        struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "1", "learning_rate", "1"));
        struct learnt m = learn(ctx, &l);
        ck_assert_double_eq_tol(answer(&m, (double[]){NAN}), !heavy, 1e-6);
        forget(&m);
        table_free(&t);
    }
}
END_TEST

START_TEST(infinities_are_the_ends_of_the_line)
{
    struct table t = table_new(300, 1, 0);
    for (int i = 0; i < 300; i++) {
        t.x[i] = i % 3 == 0 ? -INFINITY : i % 3 == 1 ? 0 : INFINITY;
        t.y[i] = i % 3;
    }
    struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "50", "learning_rate", "0.5"));
    struct learnt m = learn(ctx, &l);
    ck_assert_double_eq_tol(answer(&m, (double[]){-INFINITY}), 0, 1e-6);
    ck_assert_double_eq_tol(answer(&m, (double[]){-DBL_MAX}), 1, 1.01);
    ck_assert_double_eq_tol(answer(&m, (double[]){5}), 1, 1e-6);
    ck_assert_double_eq_tol(answer(&m, (double[]){INFINITY}), 2, 1e-6);
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(targets_of_any_size_train_alike)
{
    static const double sizes[] = {1e299, 1e-280, 1, 1e9};
    double first = 0;
    for (size_t k = 0; k < MLCI_COUNT_OF(sizes); k++) {
        struct table t = wavy(1000, 3, 0);
        for (int i = 0; i < 1000; i++)
            t.y[i] *= sizes[k];
        struct lesson l = lesson_of(&t, NULL);
        struct learnt m = learn(ctx, &l);
        double worst = 0, *out = malloc(1000 * sizeof *out);
        answers_of(&mlci_learner_trees, m.state, &t, 1, false, out);
        for (int i = 0; i < 1000; i++)
            worst = fmax(worst, fabs(out[i] / sizes[k] - t.y[i] / sizes[k]));
        ck_assert_double_lt(worst, 0.6);
        first = k == 0 ? worst : first;
        ck_assert_double_eq_tol(worst, first, 0.1);
        free(out);
        forget(&m);
        table_free(&t);
    }
}
END_TEST

START_TEST(a_far_offset_does_not_drown_the_target)
{
    struct table t = wavy(1000, 3, 0);
    for (int i = 0; i < 1000; i++)
        t.y[i] += 1e9;
    struct lesson l = lesson_of(&t, NULL);
    struct learnt m = learn(ctx, &l);
    ck_assert_double_lt(rmse_of(&m, &t), 0.06);
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(targets_and_weights_that_cannot_be_are_refused)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, 2e300};
    mlc_error err = MLC_ERROR_INIT;
    struct learnt m;
    for (size_t k = 0; k < MLCI_COUNT_OF(bad); k++) {
        struct table t = wavy(100, 1, 0);
        t.y[40] = bad[k];
        struct lesson l = lesson_of(&t, NULL);
        ck_assert_int_eq(learn_try(ctx, &l, &m, &err), MLC_ERROR_DATA);
        ck_assert_int_eq(err.row, 40);
        table_free(&t);
    }
    static const double bad_weights[] = {NAN, -1, INFINITY};
    for (size_t k = 0; k < MLCI_COUNT_OF(bad_weights); k++) {
        struct table t = wavy(100, 1, 0);
        t.w = calloc(100, sizeof *t.w);
        t.w[7] = bad_weights[k];
        struct lesson l = lesson_of(&t, NULL);
        ck_assert_int_eq(learn_try(ctx, &l, &m, &err), MLC_ERROR_DATA);
        t.w[7] = 0; /* all are 0 */
        ck_assert_int_eq(learn_try(ctx, &l, &m, &err), MLC_ERROR_DATA);
        table_free(&t);
    }
    struct table t = wavy(100, 1, 0);
    struct lesson l = lesson_of(&t, MLC_PARAMS("objective", "logistic"));
    ck_assert_int_eq(learn_try(ctx, &l, &m, &err), MLC_ERROR_PARAMETER);
    t.rows = 0;
    l.params = NULL;
    ck_assert_int_eq(learn_try(ctx, &l, &m, &err), MLC_ERROR_DATA);
    table_free(&t);
}
END_TEST

START_TEST(a_weight_counts_as_so_many_rows)
{
    /* Half of the rows of x = 1 say 0, half say 1 with three times the weight. */
    static const double scale[] = {1, 1e-200, 1e200};
    for (size_t k = 0; k < MLCI_COUNT_OF(scale); k++) {
        struct table t = table_new(400, 1, 0);
        t.w = calloc(400, sizeof *t.w);
        for (int i = 0; i < 400; i++) {
            t.x[i] = i % 2;
            t.y[i] = i % 2 == 0 ? -1 : i % 4 == 1;
            t.w[i] = (i % 4 == 1 ? 3 : 1) * scale[k];
        }
        struct lesson l =
            lesson_of(&t, MLC_PARAMS("trees", "1", "learning_rate", "1", "min_hessian", "0"));
        struct learnt m = learn(ctx, &l);
        ck_assert_double_eq_tol(answer(&m, (double[]){1}), 0.75, 1e-6);
        ck_assert_double_eq_tol(answer(&m, (double[]){0}), -1, 1e-6);
        forget(&m);
        table_free(&t);
    }
}
END_TEST

START_TEST(rows_of_weight_zero_say_nothing)
{
    struct table t = wavy(2000, 1, 0);
    t.w = calloc(2000, sizeof *t.w);
    for (int i = 0; i < 2000; i++) {
        t.w[i] = i % 2;
        if (i % 2 == 0)
            t.y[i] = 1e6;
    }
    struct lesson l = lesson_of(&t, NULL);
    struct learnt m = learn(ctx, &l);
    for (int i = 0; i < 2000; i += 2)
        t.y[i] = t.y[i + 1];
    for (int i = 0; i < 2000; i += 2)
        t.x[i] = t.x[i + 1], t.x[2000 + i] = t.x[2000 + i + 1];
    ck_assert_double_lt(rmse_of(&m, &t), 0.08);
    forget(&m);
    table_free(&t);
}
END_TEST

/* Leaves of each tree, and the fewest rows and the greatest depth among them. */
static void shape_of(const mlci_forest *f, size_t *leaves, float *fewest, size_t *deepest)
{
    size_t *depth = calloc(f->nodes, sizeof *depth);
    *leaves = *deepest = 0;
    *fewest = INFINITY;
    for (size_t t = 0; t < f->trees; t++) {
        size_t n = 0;
        for (size_t i = f->first[t]; i < f->first[t + 1]; i++) {
            if (f->left[i] == 0) {
                n++;
                *fewest = f->cover[i] < *fewest ? f->cover[i] : *fewest;
                *deepest = depth[i] > *deepest ? depth[i] : *deepest;
            } else {
                size_t left = f->first[t] + f->left[i];
                depth[left] = depth[left + 1] = depth[i] + 1;
                ck_assert(f->cover[i] == f->cover[left] + f->cover[left + 1]);
                ck_assert(f->gain[i] > 0);
            }
        }
        *leaves = n > *leaves ? n : *leaves;
    }
    free(depth);
}

START_TEST(trees_keep_to_leaves_depth_and_rows)
{
    /* Logistic hessians differ from row to row, so rows cannot be told from them. */
    struct table t = table_new(4000, 5, 2);
    table_fill(&t, 8, 0.05);
    for (int i = 0; i < 4000; i++)
        t.y[i] =
            sin(9 * t.x[i]) + t.x[4000 + i] * 2 + mlci_random_unit(3, 3, (uint64_t)i) * 0.3 >
            1.1;
    size_t leaves, deepest;
    float fewest;
    struct lesson l = lesson_of(&t, MLC_PARAMS("leaves", "12", "min_rows", "1"));
    struct learnt m = learn(ctx, &l);
    shape_of(mlci_trees_forest(m.state), &leaves, &fewest, &deepest);
    ck_assert_uint_eq(leaves, 12);
    ck_assert(fewest >= 1 && fewest < 20);
    ck_assert_uint_gt(deepest, 4);
    forget(&m);
    l.params = MLC_PARAMS("leaves", "64", "depth", "4");
    m = learn(ctx, &l);
    shape_of(mlci_trees_forest(m.state), &leaves, &fewest, &deepest);
    ck_assert_uint_eq(leaves, 16);
    ck_assert_uint_eq(deepest, 4);
    ck_assert(fewest >= 20);
    forget(&m);
    l.params = MLC_PARAMS("leaves", "200", "min_rows", "37", "trees", "150");
    m = learn(ctx, &l);
    shape_of(mlci_trees_forest(m.state), &leaves, &fewest, &deepest);
    ck_assert(fewest >= 37 && fewest < 45);
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(penalties_shrink_what_is_answered)
{
    struct table t = table_new(200, 1, 0);
    for (int i = 0; i < 200; i++) {
        t.x[i] = i % 2;
        t.y[i] = i % 2 == 0 ? -1 : 1;
    }
    struct lesson l =
        lesson_of(&t, MLC_PARAMS("trees", "1", "learning_rate", "1", "l2", "100", "l1", "10"));
    struct learnt m = learn(ctx, &l);
    ck_assert_double_eq_tol(answer(&m, (double[]){1}), (100.0 - 10) / (100 + 100), 1e-9);
    forget(&m);
    l.params = MLC_PARAMS("trees", "1", "learning_rate", "1", "l1", "100");
    m = learn(ctx, &l);
    ck_assert_uint_eq(mlci_trees_forest(m.state)->nodes, 1);
    forget(&m);
    l.params = MLC_PARAMS("trees", "1", "learning_rate", "1", "min_hessian", "101");
    m = learn(ctx, &l);
    ck_assert_uint_eq(mlci_trees_forest(m.state)->nodes, 1);
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(fractions_of_rows_and_columns_are_drawn_and_still_learn)
{
    struct table t = wavy(4000, 1, 0);
    struct lesson l =
        lesson_of(&t, MLC_PARAMS("row_fraction", "0.5", "column_fraction", "0.5"));
    struct learnt m = learn(ctx, &l);
    const mlci_forest *f = mlci_trees_forest(m.state);
    double mean = 0;
    for (size_t k = 0; k < f->trees; k++) {
        uint32_t used = 0;
        mean += f->cover[f->first[k]] / (double)f->trees;
        for (size_t i = f->first[k]; i < f->first[k + 1]; i++)
            used |= f->left[i] != 0 ? 1U << (f->split[i] & MLCI_SPLIT_FEATURE) : 0;
        ck_assert_uint_le(used, 15);
    }
    ck_assert_double_eq_tol(mean, 2000, 30);
    ck_assert_double_lt(rmse_of(&m, &t), 0.1);
    /* Each round has other rows: no two trees of it stand on the same number for long. */
    size_t same = 0;
    for (size_t k = 1; k < f->trees; k++)
        same += f->cover[f->first[k]] == f->cover[f->first[k - 1]];
    ck_assert_uint_lt(same, 10);
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(few_categories_are_told_apart)
{
    struct table t = table_new(900, 1, 0);
    t.categories[0] = 3;
    static const double level[] = {5, -7, 5};
    for (int i = 0; i < 900; i++) {
        t.x[i] = i % 3;
        t.y[i] = level[i % 3];
    }
    struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "1", "learning_rate", "1"));
    struct learnt m = learn(ctx, &l);
    ck_assert_double_eq_tol(answer(&m, (double[]){0}), 5, 1e-9);
    ck_assert_double_eq_tol(answer(&m, (double[]){1}), -7, 1e-9);
    ck_assert_double_eq_tol(answer(&m, (double[]){2}), 5, 1e-9);
    /* Never seen, or missing: with the heavier side. */
    ck_assert_double_eq_tol(answer(&m, (double[]){-1}), 5, 1e-9);
    ck_assert_double_eq_tol(answer(&m, (double[]){3}), 5, 1e-9);
    ck_assert_double_eq_tol(answer(&m, (double[]){NAN}), 5, 1e-9);
    forget(&m);
    table_free(&t);
}
END_TEST

/* Categories whose effect has nothing to do with their code. */
static struct table bazaar(int64_t rows, int64_t levels)
{
    struct table t = table_new(rows, 2, 0);
    t.categories[0] = levels;
    for (int64_t i = 0; i < rows; i++) {
        double u = mlci_random_unit(1, 1, (uint64_t)i);
        uint64_t code = (uint64_t)(u * u * (double)levels);
        t.x[i] = i % 50 == 0 ? NAN : (double)code;
        t.x[rows + i] = mlci_random_unit(1, 2, (uint64_t)i);
        t.y[i] = i % 50 == 0 ? 3 : (double)(mlci_random(4, 4, code) % 5);
    }
    return t;
}

START_TEST(many_categories_are_grouped_by_what_they_do)
{
    static const int64_t levels[] = {40, 255, 256, 700};
    for (size_t k = 0; k < MLCI_COUNT_OF(levels); k++) {
        struct table t = bazaar(60000, levels[k]);
        struct lesson l = lesson_of(&t, MLC_PARAMS("learning_rate", "0.3", "trees", "60"));
        struct learnt m = learn(ctx, &l);
        ck_assert_double_lt(rmse_of(&m, &t), 0.25); /* 1.4 before */
        ck_assert_double_eq_tol(answer(&m, (double[]){NAN, 0.5}), 3, 0.3);
        ck_assert_double_eq(answer(&m, (double[]){NAN, 0.5}), answer(&m, (double[]){-1, 0.5}));
        ck_assert_uint_le(mlci_trees_slots(m.state, 0), (uint32_t)levels[k]);
        ck_assert_uint_ge(mlci_trees_slots(m.state, 0), k < 2 ? (uint32_t)levels[k] : 255);
        forget(&m);
        table_free(&t);
    }
}
END_TEST

START_TEST(a_hundred_thousand_categories_work)
{
    struct table t = bazaar(60000, 100000);
    struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "40", "learning_rate", "0.3"));
    struct learnt m = learn(ctx, &l);
    ck_assert_uint_le(mlci_trees_slots(m.state, 0), 8 * 255);
    for (uint64_t code = 0; code < 5; code++) /* the commonest are told apart */
        ck_assert_double_eq_tol(answer(&m, (double[]){(double)code, 0.5}),
                                (double)(mlci_random(4, 4, code) % 5), 0.1);
    ck_assert(isfinite(answer(&m, (double[]){99999, 0.5})));
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(three_classes_become_three_answers)
{
    struct table t = table_new(3000, 2, 3);
    table_fill(&t, 12, 0);
    for (int i = 0; i < 3000; i++)
        t.y[i] = t.x[i] < 0.3 ? 0 : t.x[3000 + i] < 0.5 ? 1 : 2;
    struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "60"));
    l.valid = &t;
    struct learnt m = learn(ctx, &l);
    ck_assert_int_eq(m.link, MLC_LINK_SOFTMAX);
    ck_assert_double_lt(m.loss, 0.01);
    double *out = malloc(9000 * sizeof *out);
    answers_of(&mlci_learner_trees, m.state, &t, 3, false, out);
    for (int i = 0; i < 3000; i++)
        for (int k = 0; k < 3; k++)
            ck_assert(out[3 * i + (int)t.y[i]] >= out[3 * i + k]);
    free(out);
    forget(&m);
    table_free(&t);
}
END_TEST

START_TEST(a_base_is_continued)
{
    struct table t = wavy(3000, 1, 0.1);
    struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "10"));
    struct learnt first = learn(ctx, &l);
    l.base = first.state;
    struct learnt second = learn(ctx, &l);
    const mlci_forest *a = mlci_trees_forest(first.state), *b = mlci_trees_forest(second.state);
    ck_assert_uint_eq(b->trees, 20);
    ck_assert_double_eq(b->base[0], a->base[0]);
    for (size_t i = 0; i < a->nodes; i++)
        ck_assert_double_eq_tol(a->value[i], b->value[i], 1e-12);
    l.base = NULL;
    l.params = MLC_PARAMS("trees", "20");
    struct learnt whole = learn(ctx, &l);
    ck_assert_double_lt(rmse_of(&second, &t), 0.6 * rmse_of(&first, &t));
    ck_assert_double_eq_tol(rmse_of(&second, &t), rmse_of(&whole, &t), 0.01);
    forget(&whole);
    forget(&second);
    forget(&first);
    table_free(&t);
}
END_TEST

START_TEST(a_base_of_categories_keeps_its_tables)
{
    struct table t = bazaar(30000, 700), u = bazaar(20000, 700);
    struct lesson l = lesson_of(&t, MLC_PARAMS("trees", "10", "bins", "100"));
    struct learnt first = learn(ctx, &l);
    l.base = first.state;
    l.train = &u;
    l.params = MLC_PARAMS("trees", "40");
    struct learnt second = learn(ctx, &l);
    ck_assert_double_lt(rmse_of(&second, &u), 0.7 * rmse_of(&first, &u));
    l.base = second.state;
    u.categories[0] = 0;
    struct learnt third;
    ck_assert_int_eq(learn_try(ctx, &l, &third, NULL), MLC_ERROR_SCHEMA);
    forget(&second);
    forget(&first);
    table_free(&u);
    table_free(&t);
}
END_TEST

START_TEST(nothing_is_handed_over_before_something_is_learnt)
{
    struct table t = wavy(100, 1, 0);
    mlc_error err = MLC_ERROR_INIT;
    struct lesson l = lesson_of(&t, NULL);
    l.keep_rounds = 0;
    struct learnt m = learn(ctx, &l);
    ck_assert_uint_eq(mlci_trees_forest(m.state)->trees, 0);
    double mean = 0;
    for (int i = 0; i < 100; i++)
        mean += t.y[i] / 100;
    ck_assert_double_eq_tol(answer(&m, (double[]){0, 0, 0, 0}), mean, 1e-9);
    forget(&m);
    (void)err;
    table_free(&t);
}
END_TEST

Suite *suite_gbdt(void);
Suite *suite_gbdt(void)
{
    Suite *suite = suite_create("gbdt");
    TCase *tc = tcase_create("gbdt");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, each_round_lowers_the_training_loss);
    tcase_add_test(tc, the_loss_told_is_that_of_the_rows_kept_aside);
    tcase_add_test(tc, a_step_is_found_to_the_middle_of_the_gap);
    tcase_add_test(tc, a_constant_target_is_answered_and_nothing_is_split);
    tcase_add_test(tc, one_row_no_column_and_one_class_are_answered);
    tcase_add_test(tc, columns_that_tell_nothing_are_not_split);
    tcase_add_test(tc, what_is_missing_goes_where_it_belongs);
    tcase_add_test(tc, missing_alone_can_be_split_off_from_infinities_too);
    tcase_add_test(tc, what_was_never_missing_follows_the_heavier_side);
    tcase_add_test(tc, infinities_are_the_ends_of_the_line);
    tcase_add_test(tc, targets_of_any_size_train_alike);
    tcase_add_test(tc, a_far_offset_does_not_drown_the_target);
    tcase_add_test(tc, targets_and_weights_that_cannot_be_are_refused);
    tcase_add_test(tc, a_weight_counts_as_so_many_rows);
    tcase_add_test(tc, rows_of_weight_zero_say_nothing);
    tcase_add_test(tc, trees_keep_to_leaves_depth_and_rows);
    tcase_add_test(tc, penalties_shrink_what_is_answered);
    tcase_add_test(tc, fractions_of_rows_and_columns_are_drawn_and_still_learn);
    tcase_add_test(tc, few_categories_are_told_apart);
    tcase_add_test(tc, many_categories_are_grouped_by_what_they_do);
    tcase_add_test(tc, a_hundred_thousand_categories_work);
    tcase_add_test(tc, three_classes_become_three_answers);
    tcase_add_test(tc, a_base_is_continued);
    tcase_add_test(tc, a_base_of_categories_keeps_its_tables);
    tcase_add_test(tc, nothing_is_handed_over_before_something_is_learnt);
    suite_add_tcase(suite, tc);
    return suite;
}
