/*
 * test_swap.c - models swapped under load: no answer torn, no memory kept, no version by half
 *
 * Threads ask one deployment while versions are promoted and refreshed behind them. What each
 * version answers to each record is known beforehand, so each answer is held to the bit against
 * the version that it says it is of. MLC_TORTURE=1 (make torture) asks ten million times.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlcycle.h"
#include "support/tables.h"

struct record {
    double x, y;
    char city[8];
};

static const mlc_field fields[] = {
    MLC_FIELD(struct record, x),
    MLC_FIELD(struct record, y),
    MLC_FIELD_CHARS(struct record, city),
};
enum { FIELDS = 3, ROWS = 200, THREADS = 4, MOST = 7, VERSIONS = 3, PAUSE_US = 10000 };

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static mlc_store *store;
static mlc_deployment *live;
static struct record records[ROWS];
static double wanted[VERSIONS + 1][2 * ROWS]; /* by version; the third wants a column more */

/* ------------------------------------------------------------------------- versions */

/* Rows whose label follows one of the columns. */
static mlc_model *fitted(const char *columns, int by)
{
    mlci_buffer text = {.ctx = ctx};
    mlc_trainer *t = NULL;
    mlc_cleaner *c = NULL;
    mlc_dataset *d;
    mlc_model *m = NULL;

    mlci_buffer_printf(&text, NULL, "%s,city,label\n", columns);
    for (uint64_t r = 0; r < 400; r++) {
        double v[3] = {mlci_random_unit(7, 1, r), mlci_random_unit(7, 2, r),
                       mlci_random_unit(7, 3, r)};
        mlci_buffer_printf(&text, NULL, strlen(columns) > 3 ? "%.4f,%.4f,%.4f" : "%.4f,%.4f",
                           v[0], v[1], v[2]);
        mlci_buffer_printf(&text, NULL, ",c%d,%s\n", (int)(r % 5), v[by] > 0.5 ? "yes" : "no");
    }
    d = read_of(ctx, text.data, NULL, NULL);
    mlci_buffer_free(&text);
    ck_assert_int_eq(mlc_cleaner_create(ctx, &c, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_cleaner_add(c, "standardize", MLC_PARAMS("columns", "city", "case", "upper"), &err),
        MLC_OK);
    ck_assert_int_eq(
        mlc_trainer_create(ctx, "gbdt", MLC_PARAMS("target", "label", "trees", "10"), &t, &err),
        MLC_OK);
    ck_assert_int_eq(mlc_trainer_set_cleaner(t, c, &err), MLC_OK);
    ck_assert_msg(mlc_trainer_fit(t, d, NULL, &m, &err) == MLC_OK, "%s", err.message);
    mlc_trainer_destroy(t);
    mlc_cleaner_destroy(c);
    mlc_dataset_destroy(d);
    return m;
}

static void promote(int64_t version)
{
    ck_assert_msg(mlc_registry_promote(store, "m", version, NULL, NULL, &err) == MLC_OK, "%s",
                  err.message);
}

static void swap_to(int64_t version)
{
    int64_t now = 0;
    promote(version);
    ck_assert_msg(mlc_deployment_refresh(live, &now, &err) == MLC_OK, "%s", err.message);
    ck_assert_int_eq(now, version);
}

static void setup(void)
{
    mlc_dataset *d = NULL;

    ctx = context_of(2);
    ck_assert_msg(mlc_store_open(ctx, temp_path("swap.db"), NULL, &store, &err) == MLC_OK, "%s",
                  err.message);
    for (uint64_t r = 0; r < ROWS; r++) {
        records[r].x = mlci_random_unit(1, 1, r);
        records[r].y = mlci_random_unit(1, 2, r);
        snprintf(records[r].city, sizeof records[r].city, "c%d", (int)(r % 6)); /* c5 is new */
    }
    ck_assert_int_eq(
        mlc_dataset_borrow(ctx, records, ROWS, sizeof *records, fields, FIELDS, &d, &err),
        MLC_OK);
    for (int v = 1; v <= VERSIONS; v++) {
        mlc_model *m = fitted(v < VERSIONS ? "x,y" : "x,y,z", v - 1);
        if (v < VERSIONS)
            ck_assert_int_eq(mlc_model_predict(m, d, wanted[v], NULL, &err), MLC_OK);
        ck_assert_int_eq(mlc_registry_publish(store, "m", m, NULL, NULL, &err), MLC_OK);
        mlc_model_destroy(m);
    }
    ck_assert_mem_ne(wanted[1], wanted[2], sizeof wanted[1]);
    mlc_dataset_destroy(d);
    promote(1);
    ck_assert_int_eq(mlc_deployment_open(store, "m", NULL, &live, &err), MLC_OK);
}

static void teardown(void)
{
    mlc_deployment_destroy(live);
    mlc_store_destroy(store);
    mlc_context_destroy(ctx);
}

/* ------------------------------------------------------------------------- who asks */

enum { BLOCKS = 4096 };

struct asker {
    pthread_t thread;
    mlc_binding *binding; /* NULL: makes one for each call */
    int64_t answers;      /* to ask for; 0: until told to stop */
    int64_t got, seen[VERSIONS + 1];
    int64_t wrong;          /* torn, of another version, without an id */
    uint64_t block[BLOCKS]; /* ids that follow each other, from and up to */
    uint64_t last[BLOCKS];
    size_t blocks;
};
static _Atomic bool stop;
static _Atomic int at_work; /* askers that are not done */

/* Each answer is that of the version it names, the same one throughout a call. */
static bool is_whole(struct asker *a, size_t row, size_t n, const double *out,
                     const mlc_answer *info)
{
    uint32_t version = info[0].variant;

    if (version < 1 || version >= VERSIONS ||
        memcmp(out, wanted[version] + 2 * row, 2 * n * sizeof *out) != 0)
        return false;
    for (size_t k = 0; k < n; k++) {
        if (info[k].variant != version || info[k].id == 0)
            return false;
        if (a->blocks > 0 && info[k].id == a->last[a->blocks - 1] + 1) {
            a->last[a->blocks - 1]++;
        } else if (a->blocks < BLOCKS) {
            a->block[a->blocks] = a->last[a->blocks] = info[k].id;
            a->blocks++;
        }
    }
    a->seen[version] += (int64_t)n;
    return true;
}

static void *ask(void *arg)
{
    struct asker *a = arg;
    double out[2 * MOST];
    mlc_answer info[MOST];

    for (size_t k = 0; a->answers == 0 ? !atomic_load(&stop) : a->got < a->answers; k++) {
        size_t n = 1 + k % MOST, row = k * 13 % (ROWS - MOST);
        mlc_binding *b = a->binding;
        if (b == NULL &&
            mlc_binding_create(live, fields, FIELDS, sizeof *records, &b, NULL) != MLC_OK)
            a->wrong++;
        else if (mlc_binding_predict(b, records + row, (int64_t)n, out, info, NULL) != MLC_OK ||
                 !is_whole(a, row, n, out, info))
            a->wrong++;
        a->got += (int64_t)n;
        if (a->binding == NULL)
            mlc_binding_destroy(b);
    }
    atomic_fetch_sub(&at_work, 1);
    return NULL;
}

/* Four of them, each with a binding of its own if it is to keep one. */
static struct asker *begin(int64_t answers, bool keep)
{
    struct asker *askers = calloc(THREADS, sizeof *askers);

    ck_assert_ptr_nonnull(askers);
    atomic_store(&stop, false);
    atomic_store(&at_work, THREADS);
    for (int k = 0; k < THREADS; k++) {
        askers[k].answers = answers;
        if (keep)
            ck_assert_int_eq(mlc_binding_create(live, fields, FIELDS, sizeof *records,
                                                &askers[k].binding, &err),
                             MLC_OK);
    }
    return askers;
}

static void start(struct asker *askers)
{
    for (int k = 0; k < THREADS; k++)
        ck_assert_int_eq(pthread_create(&askers[k].thread, NULL, ask, &askers[k]), 0);
}

static void end(struct asker *askers)
{
    atomic_store(&stop, true);
    for (int k = 0; k < THREADS; k++) {
        ck_assert_int_eq(pthread_join(askers[k].thread, NULL), 0);
        ck_assert_int_eq(askers[k].wrong, 0);
    }
}

static void let_go(struct asker *askers)
{
    for (int k = 0; k < THREADS; k++)
        mlc_binding_destroy(askers[k].binding);
    free(askers);
}

/* No id is in the blocks of two. */
static void ids_do_not_meet(const struct asker *askers)
{
    for (int k = 0; k < THREADS; k++)
        for (int j = 0; j < k; j++)
            for (size_t p = 0; p < askers[k].blocks; p++)
                for (size_t q = 0; q < askers[j].blocks; q++)
                    ck_assert(askers[k].last[p] < askers[j].block[q] ||
                              askers[j].last[q] < askers[k].block[p]);
}

/* ------------------------------------------------------------------------- under load */

/* Behind each thread at most one version is on its way out, prepared for its binding. */
static uint64_t most_bytes(uint64_t idle, uint64_t without_bindings)
{
    uint64_t before = mlc_context_live_bytes(ctx), model;
    mlc_model *m = NULL;
    ck_assert_int_eq(mlc_registry_model(store, "m", &m, &err), MLC_OK);
    model = mlc_context_live_bytes(ctx) - before;
    mlc_model_destroy(m);
    return idle + (idle - without_bindings) + THREADS * model;
}

START_TEST(answers_are_never_torn_while_models_are_swapped)
{
    bool torture = getenv("MLC_TORTURE") != NULL;
    int64_t answers = torture ? 10000000 : instrumented() ? 200000 : 1000000, got = 0;
    uint64_t bytes[VERSIONS], most = 0, idle, bound, none = mlc_context_live_bytes(ctx);
    struct asker *askers = begin(answers / THREADS, true);
    int64_t seen[VERSIONS] = {0}, swaps = 0;

    for (int v = 1; v < VERSIONS; v++) { /* while all is idle */
        swap_to(v);
        bytes[v] = mlc_context_live_bytes(ctx);
    }
    idle = bytes[1] < bytes[2] ? bytes[2] : bytes[1];
    bound = most_bytes(idle, none);
    start(askers);
    for (int64_t next = mlci_clock_us(); atomic_load(&at_work) > 0; swaps++) {
        swap_to(1 + swaps % 2);
        uint64_t now = mlc_context_live_bytes(ctx);
        most = now > most ? now : most;
        next += PAUSE_US;
        if (next > mlci_clock_us())
            mlci_sleep_us(next - mlci_clock_us());
    }
    end(askers);
    for (int k = 0; k < THREADS; k++) {
        got += askers[k].got;
        for (int v = 1; v < VERSIONS; v++)
            seen[v] += askers[k].seen[v];
    }
    ids_do_not_meet(askers);
    for (int v = 1; v < VERSIONS; v++) { /* and again: not a byte more */
        swap_to(v);
        ck_assert_uint_eq(mlc_context_live_bytes(ctx), bytes[v]);
        ck_assert(seen[v] > 0 || swaps < 4);
    }
    ck_assert_uint_le(most, bound);
    ck_assert_int_ge(got, answers);
    if (torture)
        printf(
            "swap: %lld answers of %lld and %lld, %lld swaps, %llu bytes at most, %llu idle\n",
            (long long)got, (long long)seen[1], (long long)seen[2], (long long)swaps,
            (unsigned long long)most, (unsigned long long)idle);
    let_go(askers);
}
END_TEST

START_TEST(a_version_that_is_refused_leaves_the_old_one_answering)
{
    struct asker *askers = begin(0, true);
    uint64_t bytes;
    int64_t version = 0;

    swap_to(2);
    swap_to(1);
    start(askers);
    promote(3); /* wants z */
    for (int k = 0; k < 20; k++) {
        ck_assert_int_eq(mlc_deployment_refresh(live, &version, &err), MLC_ERROR_SCHEMA);
        ck_assert_ptr_nonnull(strstr(err.message, "'z'"));
        ck_assert_int_eq(version, 1);
        mlci_sleep_us(k == 0 ? PAUSE_US : 1000);
    }
    end(askers);
    for (int k = 0; k < THREADS; k++) {
        ck_assert_int_eq(askers[k].seen[2], 0);
        ck_assert_int_eq(askers[k].seen[1], askers[k].got);
    }
    bytes = mlc_context_live_bytes(ctx);
    ck_assert_int_eq(mlc_deployment_refresh(live, &version, &err), MLC_ERROR_SCHEMA);
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), bytes);
    swap_to(2); /* what follows is fine */
    swap_to(1);
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), bytes);
    let_go(askers);
}
END_TEST

START_TEST(bindings_come_and_go_while_models_are_swapped)
{
    uint64_t bytes;
    struct asker *askers = begin(instrumented() ? 2000 : 20000, false);

    let_go(begin(0, true)); /* the list of bindings has its room */
    swap_to(2);
    swap_to(1);
    bytes = mlc_context_live_bytes(ctx);
    start(askers);
    for (int k = 0; atomic_load(&at_work) > 0; k++) {
        swap_to(1 + k % 2);
        mlci_sleep_us(PAUSE_US / 5);
    }
    end(askers);
    swap_to(2);
    swap_to(1);
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), bytes);
    let_go(askers);
}
END_TEST

Suite *suite_swap(void);
Suite *suite_swap(void)
{
    Suite *suite = suite_create("swap");
    TCase *tcase = tcase_create("swap");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 600);
    tcase_add_test(tcase, answers_are_never_torn_while_models_are_swapped);
    tcase_add_test(tcase, a_version_that_is_refused_leaves_the_old_one_answering);
    tcase_add_test(tcase, bindings_come_and_go_while_models_are_swapped);
    suite_add_tcase(suite, tcase);
    return suite;
}
