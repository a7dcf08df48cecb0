/*
 * test_gbdt_exact.c - lanes, slices, checkpoints and processors never change a bit of a model
 */
#include "num/num.h"
#include "support/task.h"

#include <math.h>
#include <stdlib.h>

/* Numbers with gaps, categories of several places, weights: every path of the booster. */
static struct table mixture(int64_t rows, int64_t classes)
{
    struct table t = table_new(rows, 7, classes);
    table_fill(&t, 21, 0.04);
    t.categories[4] = 3;
    t.categories[5] = 30;
    t.categories[6] = 600;
    t.w = calloc((size_t)rows, sizeof *t.w);
    for (int64_t i = 0; i < rows; i++) {
        double sum = 0;
        for (int64_t c = 4; c < 7; c++)
            t.x[c * rows + i] = floor(t.x[c * rows + i] * (double)t.categories[c]);
        for (int64_t c = 0; c < 4; c++)
            sum += isnan(t.x[c * rows + i]) ? 0.3 : t.x[c * rows + i] * (double)(c % 2 + 1);
        double code = t.x[6 * rows + i];
        sum += isnan(code) ? 0.5 : mlci_random_unit(8, 8, (uint64_t)code);
        sum += 0.4 * mlci_random_unit(5, 5, (uint64_t)i);
        t.y[i] = classes == 0 ? sum * sum
                              : fmin(floor(sum / 4.2 * (double)classes), (double)classes - 1);
        t.w[i] = 0.25 + mlci_random_unit(6, 6, (uint64_t)i);
    }
    return t;
}

static const char *const params[] = {
    "trees", "12", "row_fraction", "0.7", "column_fraction", "0.8", "leaves", "20", NULL};

static struct lesson lesson_of(const struct table *t)
{
    return (struct lesson){.train = t,
                           .valid = t,
                           .kind = &mlci_train_gbdt,
                           .params = params,
                           .seed = 11,
                           .keep_rounds = -1};
}

struct print {
    mlci_digest digest;
    double loss;
};

/* Learn in a context of its own; level -1: the processor's best. */
static struct print learnt_with(const mlc_context_options *options, int32_t level,
                                const struct lesson *lesson)
{
    mlc_context *ctx = NULL;
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_int_eq(mlc_context_create(options, &ctx, &err), MLC_OK);
    if (level >= 0)
        ctx->kernels = mlci_kernels_at(level);
    struct learnt m = learn(ctx, lesson);
    struct print out = {learner_digest(ctx, &mlci_learner_trees, m.state), m.loss};
    mlci_learner_trees.release(ctx, m.state);
    ck_assert_uint_eq(ctx->refs, 1);
    mlc_context_destroy(ctx);
    return out;
}

static void same(const struct print *a, const struct print *b, const char *what)
{
    ck_assert_msg(memcmp(&a->digest, &b->digest, sizeof a->digest) == 0, "%s: another model",
                  what);
    ck_assert_msg(memcmp(&a->loss, &b->loss, sizeof a->loss) == 0, "%s: another loss", what);
}

static const int64_t tasks[] = {0, 2, 3};

START_TEST(lanes_change_nothing)
{
    struct table t = mixture(30000, tasks[_i]);
    struct lesson l = lesson_of(&t);
    struct print one = learnt_with(NULL, -1, &l);
    static const uint32_t lanes[] = {2, 3, 8};
    for (size_t k = 0; k < MLCI_COUNT_OF(lanes); k++) {
        mlc_executor reversed = reversed_executor(lanes[k]),
                     threaded = threaded_executor(lanes[k]);
        mlc_context_options own = {.size = sizeof own, .threads = lanes[k]};
        mlc_context_options back = {.size = sizeof back, .executor = &reversed};
        mlc_context_options odd = {.size = sizeof odd, .executor = &threaded};
        struct print p = learnt_with(&own, -1, &l);
        same(&one, &p, "own pool");
        p = learnt_with(&back, -1, &l);
        same(&one, &p, "reversed");
        p = learnt_with(&odd, -1, &l);
        same(&one, &p, "threads");
    }
    table_free(&t);
}
END_TEST

START_TEST(slices_change_nothing)
{
    struct table t = mixture(30000, tasks[_i]);
    struct lesson l = lesson_of(&t);
    struct print whole = learnt_with(NULL, -1, &l);
    for (uint64_t slices = 1; slices < 4; slices++) {
        mlc_context_options options = {.size = sizeof options, .threads = (uint32_t)slices};
        l.slices = slices;
        struct print p = learnt_with(&options, -1, &l);
        same(&whole, &p, "slices");
    }
    table_free(&t);
}
END_TEST

START_TEST(checkpoints_change_nothing)
{
    struct table t = mixture(9000, tasks[_i]);
    struct lesson l = lesson_of(&t);
    struct print whole = learnt_with(NULL, -1, &l);
    for (int64_t every = 1; every < 12; every += 4) {
        l.checkpoint = every;
        l.slices = every == 5 ? 3 : 0;
        struct print p = learnt_with(NULL, -1, &l);
        same(&whole, &p, "checkpoint");
    }
    table_free(&t);
}
END_TEST

START_TEST(processors_change_nothing)
{
    /* Enough rows for narrow words, so that each kernel is used. */
    struct table t = mixture(80000, tasks[_i]);
    struct lesson l = lesson_of(&t);
    struct print scalar = learnt_with(NULL, MLCI_LEVEL_SCALAR, &l);
    for (int32_t level = MLCI_LEVEL_SCALAR + 1; level <= MLCI_LEVEL_AVX512; level++)
        if (mlci_kernels_at(level) != NULL) {
            struct print p = learnt_with(NULL, level, &l);
            same(&scalar, &p, "level");
        }
    table_free(&t);
}
END_TEST

START_TEST(a_base_and_its_checkpoint_change_nothing)
{
    struct table t = mixture(6000, tasks[_i]);
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
    struct lesson l = lesson_of(&t);
    struct learnt base = learn(ctx, &l);
    l.base = base.state;
    struct learnt a = learn(ctx, &l);
    l.checkpoint = 3;
    l.slices = 7;
    struct learnt b = learn(ctx, &l);
    mlci_digest da = learner_digest(ctx, &mlci_learner_trees, a.state);
    mlci_digest db = learner_digest(ctx, &mlci_learner_trees, b.state);
    ck_assert_int_eq(memcmp(&da, &db, sizeof da), 0);
    mlci_learner_trees.release(ctx, a.state);
    mlci_learner_trees.release(ctx, b.state);
    mlci_learner_trees.release(ctx, base.state);
    mlc_context_destroy(ctx);
    table_free(&t);
}
END_TEST

START_TEST(rows_in_another_order_learn_the_same)
{
    /* Draws go by the rows' ids, sums are exact: only a mean of weighted numbers, which is
     * rounded, may know the order, and classes without weights have none. */
    const int64_t rows = _i == 0 ? 9000 : 70000; /* wide and narrow words */
    struct table t = mixture(rows, 2), back = mixture(rows, 2);
    uint64_t *keys = calloc(2 * (size_t)rows, sizeof *keys);
    free(t.w);
    free(back.w);
    t.w = back.w = NULL;
    t.keys = keys;
    back.keys = keys + rows;
    for (int64_t i = 0; i < rows; i++) {
        int64_t k = rows - 1 - i;
        keys[i] = keys[rows + k] = mlci_random(7, 7, (uint64_t)i);
        back.y[k] = t.y[i];
        for (int64_t c = 0; c < t.columns; c++)
            back.x[c * rows + k] = t.x[c * rows + i];
    }
    struct lesson l = lesson_of(&t);
    l.valid = NULL;
    struct print a = learnt_with(NULL, -1, &l);
    l.train = &back;
    struct print b = learnt_with(NULL, -1, &l);
    ck_assert_int_eq(memcmp(&a.digest, &b.digest, sizeof a.digest), 0);
    table_free(&back);
    table_free(&t);
    free(keys);
}
END_TEST

START_TEST(another_seed_is_another_model)
{
    struct table t = mixture(9000, 0);
    struct lesson l = lesson_of(&t);
    struct print a = learnt_with(NULL, -1, &l);
    l.seed = 12;
    struct print b = learnt_with(NULL, -1, &l);
    ck_assert(memcmp(&a.digest, &b.digest, sizeof a.digest) != 0);
    table_free(&t);
}
END_TEST

START_TEST(one_row_and_a_batch_give_the_same_bits)
{
    struct table t = mixture(3001, tasks[_i]);
    int64_t outputs = tasks[_i] == 3 ? 3 : 1;
    mlc_context *ctx = NULL;
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
    struct lesson l = lesson_of(&t);
    l.params = MLC_PARAMS("trees", "37");
    struct learnt m = learn(ctx, &l);
    double *a = calloc((size_t)(t.rows * outputs), sizeof *a);
    double *b = calloc((size_t)(t.rows * outputs), sizeof *b);
    answers_of(&mlci_learner_trees, m.state, &t, outputs, false, a);
    answers_of(&mlci_learner_trees, m.state, &t, outputs, true, b);
    ck_assert_int_eq(memcmp(a, b, (size_t)(t.rows * outputs) * sizeof *a), 0);
    free(b);
    free(a);
    mlci_learner_trees.release(ctx, m.state);
    mlc_context_destroy(ctx);
    table_free(&t);
}
END_TEST

START_TEST(histograms_that_do_not_fit_are_built_again)
{
    /* Columns that repeat the first ones win no tie, but make the pool too small for all
     * leaves: the trees must be those of the first columns alone. */
    int64_t rows = 900, wide = 7000;
    struct table few = table_new(rows, 3, 0), many = table_new(rows, wide, 0);
    table_fill(&few, 3, 0.05);
    for (int64_t i = 0; i < rows; i++)
        few.y[i] = many.y[i] = sin(7 * (isnan(few.x[i]) ? 0 : few.x[i])) +
                               (isnan(few.x[rows + i]) ? 1 : few.x[rows + i]);
    for (int64_t c = 0; c < wide; c++)
        memcpy(many.x + c * rows, few.x + c % 3 * rows, (size_t)rows * sizeof *many.x);
    mlc_context *ctx = NULL;
    mlc_context_options options = {.size = sizeof options, .memory_limit_bytes = 250 << 20};
    ck_assert_int_eq(mlc_context_create(&options, &ctx, NULL), MLC_OK);
    struct lesson l = lesson_of(&few);
    l.valid = NULL;
    l.params = MLC_PARAMS("trees", "4", "min_rows", "3");
    struct learnt a = learn(ctx, &l);
    l.train = &many;
    struct learnt b = learn(ctx, &l);
    const mlci_forest *x = mlci_trees_forest(a.state), *y = mlci_trees_forest(b.state);
    ck_assert_uint_eq(x->nodes, y->nodes);
    ck_assert_uint_eq(x->nodes, 4 * 61);
    ck_assert_int_eq(memcmp(x->value, y->value, x->nodes * sizeof *x->value), 0);
    ck_assert_int_eq(memcmp(x->split, y->split, x->nodes * sizeof *x->split), 0);
    mlci_learner_trees.release(ctx, a.state);
    mlci_learner_trees.release(ctx, b.state);
    mlc_context_destroy(ctx);
    table_free(&few);
    table_free(&many);
}
END_TEST

START_TEST(any_failed_allocation_is_survived)
{
    struct table t = mixture(700, tasks[_i]);
    struct lesson l = lesson_of(&t);
    l.params = MLC_PARAMS("trees", "3", "leaves", "6", "bins", "16");
    l.checkpoint = 2;
    mlc_status status = MLC_ERROR_NO_MEMORY;
    for (uint64_t nth = 1; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        mlc_context *ctx = NULL;
        mlc_error err = MLC_ERROR_INIT;
        faulty_heap_init(&heap, nth);
        mlc_executor two = serial_executor(2);
        mlc_context_options options = {
            .size = sizeof options, .allocator = &heap.allocator, .executor = &two};
        status = mlc_context_create(&options, &ctx, &err);
        if (status == MLC_OK) {
            struct learnt m;
            status = learn_try(ctx, &l, &m, &err);
            if (status == MLC_OK)
                mlci_learner_trees.release(ctx, m.state);
        }
        ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "%s", err.message);
        mlc_context_destroy(ctx);
        ck_assert_uint_eq(heap.live_bytes, 0);
        ck_assert_uint_lt(nth, 5000);
    }
    table_free(&t);
}
END_TEST

Suite *suite_gbdt_exact(void);
Suite *suite_gbdt_exact(void)
{
    Suite *suite = suite_create("gbdt_exact");
    TCase *tc = tcase_create("gbdt_exact");
    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, lanes_change_nothing, 0, 3);
    tcase_add_loop_test(tc, slices_change_nothing, 0, 3);
    tcase_add_loop_test(tc, checkpoints_change_nothing, 0, 3);
    tcase_add_loop_test(tc, processors_change_nothing, 0, 3);
    tcase_add_loop_test(tc, a_base_and_its_checkpoint_change_nothing, 0, 3);
    tcase_add_loop_test(tc, rows_in_another_order_learn_the_same, 0, 2);
    tcase_add_test(tc, another_seed_is_another_model);
    tcase_add_loop_test(tc, one_row_and_a_batch_give_the_same_bits, 0, 3);
    tcase_add_test(tc, histograms_that_do_not_fit_are_built_again);
    tcase_add_loop_test(tc, any_failed_allocation_is_survived, 0, 3);
    suite_add_tcase(suite, tc);
    return suite;
}
