/*
 * test_trees.c - a forest answers what its arrays say, and no arrays can do harm
 */
#include "num/num.h"
#include "support/task.h"

#include <math.h>
#include <stdlib.h>

static mlc_context *ctx;
static uint64_t live_bytes;

static void setup(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
    live_bytes = mlc_context_live_bytes(ctx);
}

static void teardown(void)
{
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), live_bytes);
    mlc_context_destroy(ctx);
}

enum { FEATURES = 5, LEVELS_SMALL = 9, LEVELS_LARGE = 400, SLOTS_LARGE = 130 };

/* A forest out of random numbers: features 0 to 2 are numbers, 3 and 4 categories. */
static mlci_forest random_forest(uint64_t seed, size_t trees, size_t outputs)
{
    enum { SPLITS = 14, NODES = 2 * SPLITS + 1, WORDS = SLOTS_LARGE / 64 + 1 };
    mlci_forest f = {.features = FEATURES,
                     .outputs = outputs,
                     .trees = trees,
                     .nodes = trees * NODES,
                     .words = trees * SPLITS * WORDS};
    uint64_t draw = 0;
    ck_assert_int_eq(mlci_forest_alloc(ctx, &f, LEVELS_LARGE, NULL), MLC_OK);
    f.levels[3] = LEVELS_SMALL;
    f.levels[4] = LEVELS_LARGE;
    for (size_t i = 0; i <= FEATURES; i++)
        f.slots_at[i] = i == FEATURES ? LEVELS_LARGE : 0;
    for (size_t i = 0; i < LEVELS_LARGE; i++)
        f.slots[i] =
            (uint16_t)(i < SLOTS_LARGE ? i : mlci_random_below(seed, 9, i, SLOTS_LARGE));
    for (size_t i = 0; i < f.words; i++)
        f.set[i] = mlci_random(seed, 1, i);
    for (size_t k = 0; k < outputs; k++)
        f.base[k] = (double)mlci_random_below(seed, 2, k, 100) / 64;
    for (size_t t = 0; t < trees; t++) {
        size_t at = t * NODES, n = 1;
        f.first[t + 1] = (uint32_t)(at + NODES);
        for (size_t s = 0; s < SPLITS; s++) {
            size_t node = mlci_random_below(seed, 3, draw++, n);
            for (; f.left[at + node] != 0; node = (node + 1) % n)
                ;
            if (node + 1 > n) /* children stand behind it */
                continue;
            uint32_t feature = (uint32_t)mlci_random_below(seed, 4, draw++, FEATURES);
            f.left[at + node] = (uint32_t)n;
            f.split[at + node] = feature;
            if (feature >= 3) {
                f.split[at + node] |= MLCI_SPLIT_CATEGORY;
                f.value[at + node] = (double)((t * SPLITS + s) * WORDS);
            } else {
                f.value[at + node] = (double)mlci_random_below(seed, 5, draw++, 64) / 64;
                f.split[at + node] |= draw % 2 == 0 ? MLCI_SPLIT_MISSING_LEFT : 0;
            }
            n += 2;
        }
        for (size_t i = at; i < at + NODES; i++)
            if (f.left[i] == 0)
                f.value[i] = ((double)mlci_random_below(seed, 6, i, 4096) - 2048) / 1024;
    }
    return f;
}

/* As the comment of mlci_forest says it, word for word. */
static void answer_plainly(const mlci_forest *f, const double *x, double *out)
{
    memcpy(out, f->base, f->outputs * sizeof *out);
    for (size_t t = 0; t < f->trees; t++) {
        size_t i = f->first[t];
        while (f->left[i] != 0) {
            size_t feature = f->split[i] & MLCI_SPLIT_FEATURE;
            double v = x[feature];
            bool left;
            if (f->split[i] & MLCI_SPLIT_CATEGORY) {
                size_t slot = feature == 3 ? LEVELS_SMALL : SLOTS_LARGE;
                if (v >= 0 && v < f->levels[feature])
                    slot = feature == 3 ? (size_t)v : f->slots[(size_t)v];
                left = f->set[(size_t)f->value[i] + slot / 64] >> (slot % 64) & 1;
            } else if (isnan(v)) {
                left = (f->split[i] & MLCI_SPLIT_MISSING_LEFT) != 0;
            } else {
                left = v <= f->value[i];
            }
            i = f->first[t] + f->left[i] + (left ? 0 : 1);
        }
        out[t % f->outputs] += f->value[i];
    }
}

/* Rows that meet thresholds exactly, gaps, infinities, codes that are not there. */
static void random_row(uint64_t seed, double *x)
{
    for (uint64_t c = 0; c < FEATURES; c++) {
        uint64_t kind = mlci_random_below(seed, 10, c, 12);
        double u = (double)mlci_random_below(seed, 11, c, 66) / 64;
        x[c] = kind == 0   ? NAN
               : kind == 1 ? INFINITY
               : kind == 2 ? -INFINITY
               : kind == 3 ? -1
               : c < 3     ? u
               : c == 3    ? (double)mlci_random_below(seed, 12, c, LEVELS_SMALL + 2)
                           : (double)mlci_random_below(seed, 12, c, LEVELS_LARGE + 40);
    }
}

static mlci_trees *trees_of(mlci_forest f)
{
    mlci_trees *trees = NULL;
    mlc_error err = MLC_ERROR_INIT;
    mlc_status status = mlci_trees_new(ctx, &f, &trees, &err);
    ck_assert_msg(status == MLC_OK, "%s", err.message);
    return trees;
}

START_TEST(answers_are_what_the_arrays_say)
{
    static const size_t counts[] = {0, 1, 7, 8, 9, 40};
    for (size_t k = 0; k < MLCI_COUNT_OF(counts); k++)
        for (size_t outputs = 1; outputs <= 3; outputs += 2) {
            mlci_trees *trees = trees_of(random_forest(k + 1, counts[k] * outputs, outputs));
            double x[67 * FEATURES], got[67 * 3], want[3];
            for (uint64_t row = 0; row < 67; row++)
                random_row(row + 1000 * k, x + row * FEATURES);
            for (int64_t rows = 0; rows <= 67; rows += rows < 20 ? 1 : 47) {
                mlci_learner_trees.predict(trees, x, rows, got);
                for (int64_t row = 0; row < rows; row++) {
                    answer_plainly(mlci_trees_forest(trees), x + row * FEATURES, want);
                    for (size_t o = 0; o < outputs; o++)
                        ck_assert_double_eq(got[row * (int64_t)outputs + (int64_t)o], want[o]);
                }
            }
            mlci_trees_free(ctx, trees);
        }
}
END_TEST

/* A stump a feature, in pairs of columns: few, more than a batch has keys for, more than a row.
 */
START_TEST(forests_on_any_number_of_features_answer_alike)
{
    static const size_t counts[] = {100, 128, 129, 1000, 1024, 1025, 3000};
    for (size_t c = 0; c < MLCI_COUNT_OF(counts); c++) {
        size_t n = counts[c], columns = 2 * n;
        mlci_forest f = {.features = columns, .outputs = 1, .trees = n, .nodes = 3 * n};
        ck_assert_int_eq(mlci_forest_alloc(ctx, &f, 0, NULL), MLC_OK);
        for (size_t t = 0; t < n; t++) {
            f.first[t + 1] = (uint32_t)(3 * t + 3);
            f.left[3 * t] = 1;
            f.split[3 * t] = (uint32_t)(2 * t) | (t % 2 == 0 ? MLCI_SPLIT_MISSING_LEFT : 0);
            f.value[3 * t] = 0.5;
            f.value[3 * t + 1] = (double)mlci_random_below(4, 4, t, 64);
            f.value[3 * t + 2] = (double)mlci_random_below(4, 5, t, 64);
        }
        mlci_trees *trees = trees_of(f);
        double *x = calloc(11 * columns, sizeof *x), got[11], want;
        for (size_t i = 0; i < 11 * columns; i++)
            x[i] = mlci_random_below(1, 1, i, 5) == 0 ? NAN : mlci_random_unit(1, 2, i);
        mlci_learner_trees.predict(trees, x, 11, got);
        for (size_t row = 0; row < 11; row++) {
            answer_plainly(mlci_trees_forest(trees), x + row * columns, &want);
            ck_assert_double_eq(got[row], want);
        }
        free(x);
        mlci_trees_free(ctx, trees);
    }
}
END_TEST

/* What a forest for the quick way is drawn from. */
struct drawn {
    uint64_t seed;
    size_t features, coded; /* the last ones are categories of CODES */
    size_t trees, outputs, splits, cuts;
    bool deep; /* the newest leaf is split, mostly */
};

enum { CODES = 70, CODE_WORDS = CODES / 64 + 1 };

static mlci_forest drawn_forest(const struct drawn *d)
{
    size_t nodes = 2 * d->splits + 1, numbers = d->features - d->coded;
    mlci_forest f = {.features = d->features,
                     .outputs = d->outputs,
                     .trees = d->trees,
                     .nodes = d->trees * nodes,
                     .words = d->trees * d->splits * CODE_WORDS};
    uint64_t draw = 0;
    ck_assert_int_eq(mlci_forest_alloc(ctx, &f, 0, NULL), MLC_OK);
    for (size_t i = numbers; i < d->features; i++)
        f.levels[i] = CODES;
    for (size_t i = 0; i < f.words; i++)
        f.set[i] = mlci_random(d->seed, 1, i);
    for (size_t t = 0; t < d->trees; t++) {
        size_t at = t * nodes, n = 1;
        f.first[t + 1] = (uint32_t)(at + nodes);
        for (size_t s = 0; s < d->splits; s++, n += 2) {
            size_t node = mlci_random_below(d->seed, 3, draw++, n);
            node = d->deep && n > 1 && draw % 8 != 0 ? n - 1 - draw / 8 % 2 : node;
            for (; f.left[at + node] != 0; node = (node + 1) % n)
                ;
            uint32_t feature = (uint32_t)mlci_random_below(d->seed, 4, draw++, d->features);
            f.left[at + node] = (uint32_t)n;
            f.split[at + node] = feature;
            if (feature >= numbers) {
                f.split[at + node] |= MLCI_SPLIT_CATEGORY;
                f.value[at + node] = (double)((t * d->splits + s) * CODE_WORDS);
                continue;
            }
            uint64_t cut = mlci_random_below(d->seed, 5, draw++, d->cuts);
            f.value[at + node] = cut == 0 ? INFINITY : cut == 1 ? -0.0 : (double)cut / 8 - 4;
            f.split[at + node] |= draw % 2 == 0 ? MLCI_SPLIT_MISSING_LEFT : 0;
        }
        for (size_t i = at; i < at + nodes; i++)
            if (f.left[i] == 0)
                f.value[i] = ((double)mlci_random_below(d->seed, 6, i, 4096) - 2048) / 1024;
    }
    return f;
}

static double drawn_cell(const struct drawn *d, size_t row, size_t column)
{
    uint64_t at = row * d->features + column, kind = mlci_random_below(d->seed, 20, at, 40);
    if (kind == 0 && row % 3 != 0)
        return NAN;
    if (kind < 3)
        return kind == 1 ? INFINITY : -INFINITY;
    if (column >= d->features - d->coded)
        return (double)mlci_random_below(d->seed, 21, at, CODES + 3) - 1;
    double x = (double)mlci_random_below(d->seed, 22, at, d->cuts + 2) / 8 - 4;
    return kind < 20 ? x : nextafter(x, kind < 30 ? 100 : -100);
}

static mlc_context *scalar_context(void)
{
    mlc_context *scalar = NULL;
    ck_assert_int_eq(mlc_context_create(NULL, &scalar, NULL), MLC_OK);
    scalar->kernels = mlci_kernels_at(MLCI_LEVEL_SCALAR);
    return scalar;
}

/* One row and many, and the walk that every processor has. */
static void drawn_alike(const struct drawn *d)
{
    enum { ROWS = 37 };
    mlc_context *usual = ctx;
    mlci_trees *trees = trees_of(drawn_forest(d));
    ctx = scalar_context();
    mlci_trees *walked = trees_of(drawn_forest(d));
    double *x = calloc(ROWS * d->features, sizeof *x), got[3 * ROWS], want[3 * ROWS], one[3];
    for (size_t row = 0; row < ROWS; row++)
        for (size_t c = 0; c < d->features; c++)
            x[row * d->features + c] = drawn_cell(d, row, c);
    mlci_learner_trees.predict(walked, x, ROWS, want);
    mlci_learner_trees.predict(trees, x, ROWS, got);
    ck_assert_msg(memcmp(got, want, ROWS * d->outputs * sizeof *got) == 0, "seed %d",
                  (int)d->seed);
    for (size_t row = 0; row < ROWS; row++) {
        mlci_learner_trees.predict(trees, x + row * d->features, 1, one);
        ck_assert(memcmp(one, want + row * d->outputs, d->outputs * sizeof *one) == 0);
    }
    free(x);
    mlci_trees_free(ctx, walked);
    mlc_context_destroy(ctx);
    ctx = usual;
    mlci_trees_free(ctx, trees);
}

START_TEST(the_quick_way_finds_the_same_leaves)
{
    static const struct drawn drawn[] = {
        {1, 1, 0, 1, 1, 1, 9, false},        {2, 3, 0, 5, 1, 0, 9, false},
        {3, 16, 0, 40, 1, 30, 60, false},    {4, 17, 0, 41, 3, 31, 60, false},
        {5, 28, 0, 30, 1, 32, 250, false},   {6, 32, 0, 11, 1, 254, 250, false},
        {7, 33, 0, 20, 1, 30, 60, false},    {8, 64, 0, 21, 2, 300, 60, true},
        {9, 65, 0, 20, 1, 30, 60, false},    {10, 4, 0, 3, 1, 3000, 100, true},
        {11, 2, 0, 40, 1, 31, 256, false},   {12, 2, 0, 40, 1, 31, 400, false},
        {13, 10, 10, 30, 1, 30, 60, false},  {14, 20, 10, 31, 3, 254, 60, false},
        {15, 70, 20, 30, 1, 100, 60, true},  {16, 300, 270, 60, 1, 300, 60, false},
        {17, 28, 0, 2, 1, 20000, 200, true},
    };
    for (size_t i = 0; i < MLCI_COUNT_OF(drawn); i++) {
        struct drawn d = drawn[i];
        d.trees *= d.outputs;
        for (uint64_t again = 0; again < 6; again++, d.seed += 100)
            drawn_alike(&d);
    }
}
END_TEST

static void saved(const mlci_trees *trees, mlci_buffer *out)
{
    mlc_writer *writer = NULL;
    ck_assert_int_eq(mlci_writer_new(ctx, &writer, NULL), MLC_OK);
    ck_assert_int_eq(mlci_learner_trees.save(trees, writer, NULL), MLC_OK);
    ck_assert_int_eq(mlci_writer_bytes(writer, "{}", out, NULL), MLC_OK);
    mlci_writer_free(writer);
}

START_TEST(what_is_saved_comes_back_the_same)
{
    mlci_trees *trees = trees_of(random_forest(3, 30, 3)), *back = NULL;
    mlci_buffer a = {.ctx = ctx}, b = {.ctx = ctx};
    mlc_reader *reader = NULL;
    saved(trees, &a);
    ck_assert_int_eq(mlci_reader_new(ctx, a.data, a.size, false, &reader, NULL), MLC_OK);
    ck_assert_int_eq(mlci_learner_trees.load(NULL, ctx, reader, (void **)&back, NULL), MLC_OK);
    saved(back, &b);
    ck_assert(a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
    mlci_reader_free(reader);
    mlci_buffer_free(&b);
    mlci_buffer_free(&a);
    mlci_trees_free(ctx, back);
    mlci_trees_free(ctx, trees);
}
END_TEST

static void refused(mlci_forest f, const char *what)
{
    mlci_trees *trees = NULL;
    ck_assert_msg(mlci_trees_new(ctx, &f, &trees, NULL) == MLC_ERROR_FORMAT, "taken: %s", what);
    ck_assert_ptr_null(trees);
}

/* The first node that is a split by a number, a category; a leaf. */
static size_t node_like(const mlci_forest *f, bool leaf, bool category)
{
    for (size_t i = 0; i < f->nodes; i++)
        if ((f->left[i] == 0) == leaf &&
            (leaf || ((f->split[i] & MLCI_SPLIT_CATEGORY) != 0) == category))
            return i;
    ck_abort_msg("no such node");
    return 0;
}

START_TEST(arrays_that_make_no_trees_are_refused)
{
    mlci_forest f = random_forest(1, 6, 3);
#define BREAK(change, what)                                                                    \
    do {                                                                                       \
        mlci_forest_free(ctx, &f);                                                             \
        f = random_forest(1, 6, 3);                                                            \
        size_t number = node_like(&f, false, false), category = node_like(&f, false, true);    \
        size_t leaf = node_like(&f, true, false);                                              \
        (void)number, (void)category, (void)leaf;                                              \
        change;                                                                                \
        refused(f, what);                                                                      \
        f = (mlci_forest){0};                                                                  \
    } while (0)
    BREAK(f.left[0] = 1000, "a child far away");
    BREAK(f.left[0] = UINT32_MAX, "a child that overflows");
    BREAK(f.left[f.left[0]] = 1, "a way back");
    BREAK(f.left[number] = (uint32_t)(number - f.first[0]), "its own child");
    BREAK(f.left[0] = f.left[0] + 1, "children of another");
    BREAK(f.left[0] = 0, "nodes without a parent");
    BREAK(f.split[number] = FEATURES, "a feature that is not there");
    BREAK(f.split[number] |= MLCI_SPLIT_CATEGORY, "a number as a category");
    BREAK(f.split[category] &= ~MLCI_SPLIT_CATEGORY, "a category as a number");
    BREAK(f.value[category] = (double)f.words, "a set that is not there");
    BREAK(f.value[category] = (double)f.words - 1 + 0.5, "half a set");
    BREAK(f.value[category] = -1, "a set before all");
    BREAK(f.value[category] = NAN, "a set that is no number");
    BREAK(f.value[number] = NAN, "a threshold that is no number");
    BREAK(f.value[leaf] = INFINITY, "an answer without end");
    BREAK(f.base[1] = NAN, "a base that is no number");
    BREAK(f.first[0] = 1, "trees that begin late");
    BREAK(f.first[2] = f.first[1], "a tree without nodes");
    BREAK(f.first[2] = f.first[3] + 1, "trees that go back");
    BREAK(f.first[f.trees] -= 1, "nodes of no tree");
    BREAK(f.slots_at[1] = 7, "slots of a number");
    BREAK(f.slots[7] = MLCI_SLOTS, "too many slots");
    BREAK(f.levels[3] = MLCI_SLOTS, "too many levels");
    BREAK(f.levels[4] = LEVELS_LARGE - 1, "a table of another length");
#undef BREAK
}
END_TEST

START_TEST(a_node_has_one_parent)
{
    mlci_forest f = {.features = 1, .outputs = 1, .trees = 1, .nodes = 6};
    ck_assert_int_eq(mlci_forest_alloc(ctx, &f, 0, NULL), MLC_OK);
    f.first[1] = 6;
    f.left[0] = 1; /* 1 and 2 */
    f.left[1] = 3; /* 3 and 4 */
    f.left[2] = 4; /* 4 and 5 */
    refused(f, "two parents");
}
END_TEST

START_TEST(damaged_arrays_never_crash_an_answer)
{
    size_t taken = 0;
    for (uint64_t round = 0; round < 4000; round++) {
        mlci_forest f = random_forest(round % 7, 6, 3);
        mlci_trees *trees = NULL;
        void *const arrays[] = {f.left, f.split, f.value, f.first, f.levels, f.slots, f.set};
        const size_t sizes[] = {f.nodes * 4,  f.nodes * 4,      f.nodes * 8, (f.trees + 1) * 4,
                                FEATURES * 4, LEVELS_LARGE * 2, f.words * 8};
        size_t which = mlci_random_below(1, 1, round, MLCI_COUNT_OF(arrays));
        size_t byte = mlci_random_below(1, 2, round, sizes[which]);
        ((uint8_t *)arrays[which])[byte] ^= (uint8_t)(1U << (round & 7));
        if (mlci_trees_new(ctx, &f, &trees, NULL) != MLC_OK)
            continue;
        double x[16 * FEATURES], out[16 * 3];
        for (uint64_t row = 0; row < 16; row++)
            random_row(row + round, x + row * FEATURES);
        mlci_learner_trees.predict(trees, x, 16, out);
        mlci_trees_free(ctx, trees);
        taken++;
    }
    ck_assert_uint_gt(taken, 400);
    ck_assert_uint_lt(taken, 3600);
}
END_TEST

START_TEST(any_failed_allocation_is_survived)
{
    mlci_trees *trees = trees_of(random_forest(3, 6, 3));
    mlci_buffer bytes = {.ctx = ctx};
    saved(trees, &bytes);
    mlc_status status = MLC_ERROR_NO_MEMORY;
    for (uint64_t nth = 1; status != MLC_OK; nth++) {
        struct faulty_heap heap;
        mlc_context *own = NULL;
        mlc_reader *reader = NULL;
        void *back = NULL;
        faulty_heap_init(&heap, nth);
        mlc_context_options options = {.size = sizeof options, .allocator = &heap.allocator};
        status = mlc_context_create(&options, &own, NULL);
        if (status == MLC_OK)
            status = mlci_reader_new(own, bytes.data, bytes.size, true, &reader, NULL);
        if (status == MLC_OK)
            status = mlci_learner_trees.load(NULL, own, reader, &back, NULL);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        mlci_trees_free(own, back);
        mlci_reader_free(reader);
        mlc_context_destroy(own);
        ck_assert_uint_eq(heap.live_bytes, 0);
    }
    mlci_buffer_free(&bytes);
    mlci_trees_free(ctx, trees);
}
END_TEST

Suite *suite_trees(void);
Suite *suite_trees(void)
{
    Suite *suite = suite_create("trees");
    TCase *tc = tcase_create("trees");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, answers_are_what_the_arrays_say);
    tcase_add_test(tc, forests_on_any_number_of_features_answer_alike);
    tcase_add_test(tc, the_quick_way_finds_the_same_leaves);
    tcase_add_test(tc, what_is_saved_comes_back_the_same);
    tcase_add_test(tc, arrays_that_make_no_trees_are_refused);
    tcase_add_test(tc, a_node_has_one_parent);
    tcase_add_test(tc, damaged_arrays_never_crash_an_answer);
    tcase_add_test(tc, any_failed_allocation_is_survived);
    suite_add_tcase(suite, tc);
    return suite;
}
