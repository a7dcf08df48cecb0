/*
 * test_deployment.c - models by name: published, promoted, rolled back, swapped behind bindings
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mlcycle.h"
#include "store/sql.h"
#include "support/tables.h"

struct record {
    double x, y, z;
    char city[8];
};

static const mlc_field fields[] = {
    MLC_FIELD(struct record, x),
    MLC_FIELD(struct record, y),
    MLC_FIELD_CHARS(struct record, city),
    MLC_FIELD(struct record, z),
};
enum { FIELDS = 4, ROWS = 200 };

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static mlc_store *store;
static const char *path;
static struct record records[ROWS];

static void setup(void)
{
    err = (mlc_error)MLC_ERROR_INIT;
    ctx = context_of(2);
    path = temp_path("models.db");
    ck_assert_msg(mlc_store_open(ctx, path, NULL, &store, &err) == MLC_OK, "%s", err.message);
    for (uint64_t r = 0; r < ROWS; r++) {
        records[r].x = mlci_random_unit(1, 1, r);
        records[r].y = mlci_random_unit(1, 2, r);
        records[r].z = mlci_random_unit(1, 3, r);
        snprintf(records[r].city, sizeof records[r].city, "c%d", (int)(r % 5));
    }
}

static void teardown(void)
{
    mlc_store_destroy(store);
    mlc_context_destroy(ctx);
}

/* Rows whose target follows one of the columns. */
static mlc_dataset *rows_for(uint64_t seed, const char *columns, const char *by,
                             const char *yes)
{
    mlci_buffer text = {.ctx = ctx};
    mlc_dataset *d;

    mlci_buffer_printf(&text, NULL, "%s,city,label\n", columns);
    for (uint64_t r = 0; r < 400; r++) {
        double v[3] = {mlci_random_unit(seed, 1, r), mlci_random_unit(seed, 2, r),
                       mlci_random_unit(seed, 3, r)};
        bool on = v[by[0] - 'x'] + 0.2 * mlci_random_unit(seed, 4, r) > 0.6;
        mlci_buffer_printf(&text, NULL, strlen(columns) > 3 ? "%.4f,%.4f,%.4f" : "%.4f,%.4f",
                           v[0], v[1], v[2]);
        mlci_buffer_printf(&text, NULL, ",c%d,%s\n", (int)(r % 5), on ? yes : "no");
    }
    d = read_of(ctx, text.data, NULL, NULL);
    mlci_buffer_free(&text);
    return d;
}

static mlc_model *fitted(const mlc_dataset *d)
{
    mlc_trainer *t = NULL;
    mlc_cleaner *c = NULL;
    mlc_model *m = NULL;

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
    return m;
}

static mlc_model *model_of(uint64_t seed, const char *columns, const char *by, const char *yes)
{
    mlc_dataset *d = rows_for(seed, columns, by, yes);
    mlc_model *m = fitted(d);
    mlc_dataset_destroy(d);
    return m;
}

static int64_t published(mlc_model *m)
{
    int64_t version = 0;
    ck_assert_msg(mlc_registry_publish(store, "fraud", m, NULL, &version, &err) == MLC_OK, "%s",
                  err.message);
    mlc_model_destroy(m);
    return version;
}

static void promote(int64_t version, const char *why)
{
    ck_assert_msg(mlc_registry_promote(store, "fraud", version, NULL, why, &err) == MLC_OK,
                  "%s", err.message);
}

/* ------------------------------------------------------------------------ the registry */

START_TEST(registry_tells_who_was_where_and_why)
{
    mlc_dataset *data = rows_for(1, "x,y", "x", "yes"), *other = rows_for(2, "x,y", "y", "yes");
    mlc_model *m;
    mlc_result *quality = NULL;
    mlc_dataset *table = NULL;
    int64_t version = 0, size = 0;
    const char *json = NULL;

    ck_assert_int_eq(mlc_store_put(store, "trades", data, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_append(store, "trades", other, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_put(store, "elsewhere", other, NULL, &err), MLC_OK);
    m = fitted(data);
    ck_assert_int_eq(mlc_evaluate(m, other, MLC_PARAMS("accept", "auc >= 0.3"), &quality, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_registry_publish(store, "fraud", m, quality, &version, &err), MLC_OK);
    ck_assert_int_eq(version, 1);
    ck_assert_int_eq(mlc_registry_stage(store, "fraud", NULL, &version, &err),
                     MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_registry_rollback(store, "fraud", NULL, NULL, &version, &err),
                     MLC_ERROR_STATE);
    ck_assert_int_eq(published(model_of(3, "x,y", "y", "yes")), 2);
    promote(1, "the first");
    promote(2, "better");
    promote(2, "told again");
    ck_assert_int_eq(mlc_registry_rollback(store, "fraud", NULL, "worse", &version, &err),
                     MLC_OK);
    ck_assert_int_eq(version, 1);
    ck_assert_int_eq(mlc_registry_rollback(store, "fraud", NULL, "", &version, &err),
                     MLC_ERROR_STATE);
    ck_assert_int_eq(mlc_registry_promote(store, "fraud", 2, "shadow", NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_registry_history(store, "fraud", &table, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(table), 7);
    ck_assert_str_eq(text_at(table, 0, "what"), "publish");
    ck_assert_str_eq(text_at(table, 0, "hash"), mlc_model_hash(m));
    ck_assert_int_eq(
        mlc_dataset_text(table, mlc_dataset_find(table, "result"), 0, &json, &size, &err),
        MLC_OK);
    ck_assert_int_eq((int64_t)strlen(mlc_result_json(quality)), size);
    ck_assert_mem_eq(json, mlc_result_json(quality), (size_t)size);
    ck_assert_str_eq(text_at(table, 0, "lineage"),
                     "{\"trainer\":\"gbdt\",\"rows\":400,\"data\":[{\"name\":\"trades\","
                     "\"version\":1,\"rows\":400,\"seen\":400}]}");
    ck_assert(missing_at(table, 1, "result"));
    ck_assert_str_eq(text_at(table, 3, "why"), "better");
    ck_assert_str_eq(text_at(table, 5, "what"), "rollback");
    ck_assert_double_eq(number_at(table, 5, "version"), 1);
    ck_assert_str_eq(text_at(table, 6, "stage"), "shadow");
    mlc_dataset_destroy(table);
    ck_assert_int_eq(mlc_registry_list(store, &table, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(table), 1);
    ck_assert_double_eq(number_at(table, 0, "version"), 2);
    ck_assert_double_eq(number_at(table, 0, "production"), 1);
    mlc_dataset_destroy(table);
    mlc_result_destroy(quality);
    mlc_model_destroy(m);
    ck_assert_int_eq(mlc_registry_model(store, "fraud@1", &m, &err), MLC_OK);
    mlc_model_destroy(m);
    ck_assert_int_eq(mlc_registry_model(store, "fraud@3", &m, &err), MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_registry_model(store, "frud", &m, &err), MLC_ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "did you mean 'fraud'"));
    ck_assert_int_eq(mlc_registry_promote(store, "fraud", 9, NULL, NULL, &err),
                     MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_registry_promote(store, "fraud", 0, NULL, NULL, &err),
                     MLC_ERROR_ARGUMENT);
    mlc_dataset_destroy(other);
    mlc_dataset_destroy(data);
    ck_assert_int_eq(mlc_store_verify(store, &table, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(table), 0);
    mlc_dataset_destroy(table);
}
END_TEST

/* ---------------------------------------------------------------------------- swapping */

static void answers_are(mlc_binding *binding, int64_t version)
{
    double out[2 * ROWS], wanted[2 * ROWS];
    mlc_answer info[ROWS];
    char name[32];
    mlc_model *m = NULL;
    mlc_dataset *d = NULL;

    snprintf(name, sizeof name, "fraud@%d", (int)version);
    ck_assert_int_eq(mlc_registry_model(store, name, &m, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_dataset_borrow(ctx, records, ROWS, sizeof *records, fields, FIELDS, &d, &err),
        MLC_OK);
    ck_assert_int_eq(mlc_model_predict(m, d, wanted, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_binding_predict(binding, records, ROWS, out, info, &err), MLC_OK);
    ck_assert_mem_eq(out, wanted, sizeof out);
    for (size_t r = 0; r < ROWS; r++) {
        ck_assert_uint_eq(info[r].variant, (uint32_t)version);
        ck_assert_uint_ne(info[r].id, 0);
    }
    mlc_dataset_destroy(d);
    mlc_model_destroy(m);
}

START_TEST(refresh_swaps_in_what_was_promoted)
{
    mlc_deployment *live = NULL, *pinned = NULL;
    mlc_binding *a = NULL, *b = NULL;
    int64_t version = 0;
    uint64_t bytes;

    published(model_of(1, "x,y", "x", "yes"));
    published(model_of(2, "x,y", "y", "yes"));
    ck_assert_int_eq(mlc_deployment_open(store, "fraud", NULL, &live, &err),
                     MLC_ERROR_NOT_FOUND);
    promote(1, NULL);
    ck_assert_int_eq(mlc_deployment_open(store, "fraud", NULL, &live, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_deployment_open(store, "fraud", MLC_PARAMS("version", "1"), &pinned, &err), MLC_OK);
    ck_assert_int_eq(mlc_binding_create(live, fields, FIELDS, sizeof(struct record), &a, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_binding_create(live, fields, FIELDS, sizeof(struct record), &b, &err),
                     MLC_OK);
    answers_are(a, 1);
    bytes = mlc_context_live_bytes(ctx);
    promote(2, NULL);
    answers_are(a, 1); /* nobody has looked yet */
    ck_assert_int_eq(mlc_deployment_refresh(live, &version, &err), MLC_OK);
    ck_assert_int_eq(version, 2);
    answers_are(a, 2);
    answers_are(b, 2);
    ck_assert_int_eq(mlc_deployment_refresh(pinned, &version, &err), MLC_OK);
    ck_assert_int_eq(version, 1);
    ck_assert_int_eq(mlc_registry_rollback(store, "fraud", NULL, NULL, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_deployment_refresh(live, NULL, &err), MLC_OK);
    answers_are(b, 1);
    ck_assert_uint_eq(mlc_context_live_bytes(ctx), bytes); /* the other one is gone */
    mlc_deployment_destroy(live);
    answers_are(b, 1); /* it lives with its bindings */
    mlc_binding_destroy(a);
    mlc_binding_destroy(b);
    mlc_deployment_destroy(pinned);
}
END_TEST

START_TEST(refresh_refuses_what_a_binding_cannot_feed)
{
    mlc_deployment *live = NULL;
    mlc_binding *wide = NULL, *narrow = NULL;
    int64_t version = 0;

    published(model_of(1, "x,y", "x", "yes"));
    published(model_of(2, "x,y,z", "z", "yes"));   /* wants z */
    published(model_of(3, "x,y", "y", "perhaps")); /* another class */
    promote(1, NULL);
    ck_assert_int_eq(mlc_deployment_open(store, "fraud", NULL, &live, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_binding_create(live, fields, FIELDS, sizeof(struct record), &wide, &err), MLC_OK);
    ck_assert_int_eq(
        mlc_binding_create(live, fields, FIELDS - 1, sizeof(struct record), &narrow, &err),
        MLC_OK);
    promote(2, NULL);
    for (int k = 0; k < 2; k++) { /* told each time */
        ck_assert_int_eq(mlc_deployment_refresh(live, &version, &err), MLC_ERROR_SCHEMA);
        ck_assert_ptr_nonnull(strstr(err.message, "version 2 of 'fraud' is refused"));
        ck_assert_ptr_nonnull(strstr(err.message, "'z'"));
        ck_assert_int_eq(version, 1);
        answers_are(wide, 1);
        answers_are(narrow, 1);
    }
    promote(3, NULL);
    ck_assert_int_eq(mlc_deployment_refresh(live, &version, &err), MLC_ERROR_SCHEMA);
    ck_assert_ptr_nonnull(strstr(err.message, "'perhaps'"));
    answers_are(wide, 1);
    promote(2, NULL);
    mlc_binding_destroy(narrow); /* nobody lacks z now */
    ck_assert_int_eq(mlc_deployment_refresh(live, &version, &err), MLC_OK);
    answers_are(wide, 2);
    mlc_binding_destroy(wide);
    mlc_deployment_destroy(live);
}
END_TEST

START_TEST(ids_are_given_once)
{
    mlc_deployment *live = NULL, *other = NULL;
    mlc_binding *a = NULL, *b = NULL;
    double out[2];
    mlc_answer info;
    uint64_t last_a = 0, last_b = 0;

    published(model_of(1, "x,y", "x", "yes"));
    promote(1, NULL);
    ck_assert_int_eq(mlc_deployment_open(store, "fraud", NULL, &live, &err), MLC_OK);
    ck_assert_int_eq(mlc_deployment_open(store, "fraud", NULL, &other, &err), MLC_OK);
    ck_assert_int_eq(mlc_binding_create(live, fields, FIELDS, sizeof(struct record), &a, &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_binding_create(other, fields, FIELDS, sizeof(struct record), &b, &err),
                     MLC_OK);
    for (int k = 0; k < 10000; k++) {
        ck_assert_int_eq(mlc_binding_predict(a, records, 1, out, &info, &err), MLC_OK);
        ck_assert_uint_gt(info.id, last_a);
        last_a = info.id;
        ck_assert_int_eq(mlc_binding_predict(b, records, 1, out, &info, &err), MLC_OK);
        ck_assert_uint_gt(info.id, last_b);
        last_b = info.id;
        ck_assert_uint_ge(last_b - last_a, UINT64_C(1) << 35); /* leases far apart */
    }
    mlc_binding_destroy(a);
    mlc_binding_destroy(b);
    mlc_deployment_destroy(other);
    mlc_deployment_destroy(live);
}
END_TEST

/* Many deployments over many openings of one store: whoever answers, wherever. */
enum { OPENINGS = 3, LIVES = 2, BINDINGS = 2, ASKED = 3, IDS = OPENINGS * LIVES * BINDINGS };
enum { OF_EACH = ASKED * 2000 }; /* more than a binding takes at a time */

/* One of ours, of no handle that a parent made. */
static bool draw_ids(uint64_t *ids)
{
    static struct record many[2000];
    static double out[2 * 2000];
    static mlc_answer info[2000];
    mlc_context *own = NULL;
    bool right = mlc_context_create(NULL, &own, NULL) == MLC_OK;

    for (int k = 0; k < OPENINGS && right; k++) {
        mlc_store *s = NULL;
        right = mlc_store_open(own, path, MLC_PARAMS("timeout_ms", "60000"), &s, NULL) == 0;
        for (int l = 0; l < LIVES && right; l++) {
            mlc_deployment *live = NULL;
            mlc_binding *b[BINDINGS] = {NULL};
            right = mlc_deployment_open(s, "fraud", NULL, &live, NULL) == MLC_OK;
            for (int k2 = 0; k2 < BINDINGS && right; k2++)
                right = mlc_binding_create(live, fields, FIELDS, sizeof *many, &b[k2], NULL) ==
                        MLC_OK;
            for (int n = 0; n < ASKED * BINDINGS && right; n++) { /* in turn */
                right =
                    mlc_binding_predict(b[n % BINDINGS], many, 2000, out, info, NULL) == MLC_OK;
                for (int r = 0; r < 2000; r++)
                    *ids++ = info[r].id;
            }
            for (int k2 = 0; k2 < BINDINGS; k2++)
                mlc_binding_destroy(b[k2]);
            mlc_deployment_destroy(live);
        }
        mlc_store_destroy(s);
    }
    mlc_context_destroy(own);
    return right;
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(ids_never_meet_in_any_process)
{
    enum { N = IDS * OF_EACH };
    static uint64_t ids[2 * N];
    int ends[2], state = 0;
    size_t got = 0, size = N * sizeof *ids;
    pid_t child;

    if (instrumented())
        SKIP("no fork under a sanitizer");
    published(model_of(1, "x,y", "x", "yes"));
    promote(1, NULL);
    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        const char *at = (const char *)ids;
        bool right = draw_ids(ids);
        for (ssize_t n; right && got < size; got += (size_t)n)
            right = (n = write(ends[1], at + got, size - got)) > 0;
        _exit(right ? 0 : 1);
    }
    close(ends[1]);
    ck_assert(draw_ids(ids + N));
    for (ssize_t n = 1; n > 0 && got<size; got += n> 0 ? (size_t)n : 0)
        n = read(ends[0], (char *)ids + got, size - got);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0);
    qsort(ids, 2 * N, sizeof *ids, by_id);
    ck_assert_uint_gt(ids[0], 0);
    ck_assert_uint_le(ids[2 * N - 1], INT64_MAX);
    for (size_t k = 1; k < 2 * N; k++)
        ck_assert_msg(ids[k] != ids[k - 1], "%llu twice", (unsigned long long)ids[k]);
}
END_TEST

START_TEST(a_store_without_ids_left_serves_without)
{
    mlc_deployment *live = NULL;
    mlc_binding *a = NULL;
    double out[2];
    mlc_answer info;
    int64_t version = 0;

    published(model_of(1, "x,y", "x", "yes"));
    promote(1, NULL);
    for (int k = 0; k < 3; k++) { /* one lease left; none; a count that is none */
        static const char *const counts[] = {
            "UPDATE counter SET value = 9223372036854775807 - (1 << 36) WHERE name = "
            "'inference'",
            "SELECT 1", "UPDATE counter SET value = -5 WHERE name = 'inference'"};
        ck_assert_int_eq(mlc_deployment_open(store, "fraud", NULL, &live, &err),
                         MLC_OK); /* or there is no row yet */
        mlc_deployment_destroy(live);
        ck_assert_int_eq(mlci_store_enter(store, &err), MLC_OK);
        ck_assert_int_eq(mlci_sql_run(store, counts[k], &err), MLC_OK);
        mlci_store_leave(store);
        mlc_status status = mlc_deployment_open(store, "fraud", NULL, &live, &err);
        ck_assert_int_eq(status, k == 2 ? MLC_ERROR_FORMAT : MLC_OK);
        if (status != MLC_OK)
            break;
        ck_assert_int_eq(
            mlc_binding_create(live, fields, FIELDS, sizeof(struct record), &a, &err), MLC_OK);
        ck_assert_int_eq(mlc_binding_predict(a, records, 1, out, &info, &err), MLC_OK);
        ck_assert_uint_eq(info.id, k == 0 ? INT64_MAX - (UINT64_C(1) << 36) : 0);
        ck_assert_int_eq(mlc_deployment_refresh(live, &version, &err), MLC_OK);
        ck_assert_int_eq(version, 1);
        mlc_binding_destroy(a);
        mlc_deployment_destroy(live);
    }
}
END_TEST

static _Atomic int warnings;

static void count_warnings(void *self, int32_t level, const char *message)
{
    (void)self;
    warnings += level == MLC_LOG_WARNING && strstr(message, "have no ids") != NULL;
}

/* Opens, binds, answers, follows: with the bits of the version that is told, and no ids. */
static bool serves(mlc_store *s, int64_t version, const double *wanted, mlc_deployment **live,
                   mlc_binding **a)
{
    double out[2 * ROWS];
    mlc_answer info[ROWS];
    int64_t now = 0;
    bool right = true;

    if (*live == NULL)
        right =
            mlc_deployment_open(s, "fraud", NULL, live, &err) == MLC_OK &&
            mlc_binding_create(*live, fields, FIELDS, sizeof(struct record), a, &err) == MLC_OK;
    right = right && mlc_deployment_refresh(*live, &now, &err) == MLC_OK && now == version &&
            mlc_binding_predict(*a, records, ROWS, out, info, &err) == MLC_OK &&
            memcmp(out, wanted, sizeof out) == 0;
    for (size_t r = 0; r < ROWS && right; r++)
        right = info[r].id == 0 && info[r].variant == (uint32_t)version;
    return right;
}

/* Publishes version 1 and 2, promotes the first, and tells what they answer. */
static void two_versions(double wanted[2][2 * ROWS])
{
    mlc_dataset *d = NULL;

    ck_assert_int_eq(
        mlc_dataset_borrow(ctx, records, ROWS, sizeof *records, fields, FIELDS, &d, &err),
        MLC_OK);
    for (uint64_t k = 0; k < 2; k++) {
        mlc_model *m = model_of(k, "x,y", k == 0 ? "x" : "y", "yes");
        ck_assert_int_eq(mlc_model_predict(m, d, wanted[k], NULL, &err), MLC_OK);
        published(m);
    }
    promote(1, NULL);
    mlc_dataset_destroy(d);
}

START_TEST(a_store_that_is_read_only_serves)
{
    mlc_context_options options = {.size = sizeof options, .log = count_warnings};
    mlc_context *own = NULL;
    mlc_store *reader = NULL;
    mlc_deployment *live = NULL;
    mlc_binding *a = NULL;
    double wanted[2][2 * ROWS];

    two_versions(wanted);
    ck_assert_int_eq(mlc_context_create(&options, &own, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_open(own, path, MLC_PARAMS("read_only", "yes"), &reader, &err),
                     MLC_OK);
    ck_assert_msg(serves(reader, 1, wanted[0], &live, &a), "%s", err.message);
    promote(2, NULL); /* by who may write */
    ck_assert_msg(serves(reader, 2, wanted[1], &live, &a), "%s", err.message);
    ck_assert_int_eq(warnings, 1); /* told once */
    mlc_binding_destroy(a);
    mlc_deployment_destroy(live);
    mlc_store_destroy(reader);
    mlc_context_destroy(own);
}
END_TEST

/* A file and a folder that we may not write, as on a medium that nobody can. */
START_TEST(a_file_that_may_not_be_written_serves)
{
    enum { NOBODY = 65534 };
    char folder[512];
    double wanted[2][2 * ROWS];
    int state = 0;
    pid_t child;

    if (instrumented())
        SKIP("no fork under a sanitizer");
    two_versions(wanted);
    mlc_store_destroy(store); /* one file is left behind */
    store = NULL;
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = 0;
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert_int_eq(chmod(folder, 0555), 0);
    *strrchr(folder, '/') = 0;
    ck_assert_int_eq(chmod(folder, 0755), 0); /* for nobody to pass through */
    child = fork();
    if (child == 0) {
        mlc_context *own = NULL;
        mlc_store *s = NULL;
        mlc_deployment *live = NULL;
        mlc_binding *a = NULL;
        bool right = (getuid() != 0 || (setgid(NOBODY) == 0 && setuid(NOBODY) == 0)) &&
                     mlc_context_create(NULL, &own, NULL) == MLC_OK &&
                     mlc_store_open(own, path, NULL, &s, &err) == MLC_OK &&
                     mlc_registry_promote(s, "fraud", 2, NULL, NULL, NULL) == MLC_ERROR_IO &&
                     serves(s, 1, wanted[0], &live, &a) && serves(s, 1, wanted[0], &live, &a);
        if (!right)
            printf("%s\n", err.message);
        mlc_binding_destroy(a);
        mlc_deployment_destroy(live);
        mlc_store_destroy(s);
        mlc_context_destroy(own);
        fflush(stdout);
        _exit(right ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = 0;
    ck_assert_int_eq(chmod(folder, 0700), 0);
    ck_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0);
}
END_TEST

START_TEST(records_that_are_odd_are_answered_and_flagged)
{
    mlc_deployment *live = NULL;
    mlc_binding *a = NULL;
    struct record bad = records[0];
    double out[2];
    mlc_answer info;

    published(model_of(1, "x,y", "x", "yes"));
    promote(1, NULL);
    ck_assert_int_eq(mlc_deployment_open(store, "fraud", NULL, &live, &err), MLC_OK);
    ck_assert_int_eq(mlc_binding_create(live, fields, FIELDS, sizeof(struct record), &a, &err),
                     MLC_OK);
    memcpy(bad.city, "c\xFFx", 4);
    ck_assert_int_eq(mlc_binding_check(a, records, &err), MLC_OK);
    ck_assert_int_eq(mlc_binding_predict(a, &bad, 1, out, &info, &err), MLC_OK);
    ck_assert_uint_eq(info.flags, MLC_FLAG_INVALID | MLC_FLAG_MISSING);
    ck_assert(isfinite(out[0]));
    ck_assert_int_eq(mlc_binding_check(a, &bad, &err), MLC_ERROR_FORMAT);
    ck_assert_str_eq(err.column_name, "city");
    bad = records[0];
    bad.x = 1e9;
    memcpy(bad.city, "new", 4);
    ck_assert_int_eq(mlc_binding_predict(a, &bad, 1, out, &info, &err), MLC_OK);
    ck_assert_uint_eq(info.flags, MLC_FLAG_UNSEEN | MLC_FLAG_OUT_OF_RANGE);
    bad.y = NAN;
    ck_assert_int_eq(mlc_binding_predict(a, &bad, 1, out, &info, &err), MLC_OK);
    ck_assert_uint_eq(info.flags, MLC_FLAG_UNSEEN | MLC_FLAG_OUT_OF_RANGE | MLC_FLAG_MISSING);
    mlc_binding_destroy(a);
    mlc_deployment_destroy(live);
}
END_TEST

/* ------------------------------------------------------------------------- failures */

START_TEST(deployment_tells_that_it_was_forked)
{
    mlc_deployment *live = NULL;
    mlc_binding *a = NULL;
    int state = 0;
    pid_t child;

    if (instrumented())
        SKIP("no fork under a sanitizer");
    published(model_of(1, "x,y", "x", "yes"));
    promote(1, NULL);
    ck_assert_int_eq(mlc_deployment_open(store, "fraud", NULL, &live, &err), MLC_OK);
    ck_assert_int_eq(mlc_binding_create(live, fields, FIELDS, sizeof(struct record), &a, &err),
                     MLC_OK);
    answers_are(a, 1); /* it has ids at hand */
    child = fork();
    if (child == 0) {
        double out[2];
        mlc_answer info = {.id = 1};
        mlc_dataset *d = NULL;
        bool right = mlc_deployment_refresh(live, NULL, NULL) == MLC_ERROR_FORKED &&
                     mlc_store_list(store, &d, NULL) == MLC_ERROR_FORKED &&
                     mlc_binding_predict(a, records, 1, out, &info, NULL) == MLC_OK &&
                     !isnan(out[0]) && info.id == 0 && info.variant == 1;
        mlc_binding_destroy(a);
        mlc_deployment_destroy(live);
        mlc_store_destroy(store);
        _exit(right ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0);
    answers_are(a, 1);
    mlc_binding_destroy(a);
    mlc_deployment_destroy(live);
}
END_TEST

static mlc_status live_job(const mlc_allocator *allocator)
{
    mlc_context_options options = {.size = sizeof options, .threads = 1};
    mlc_context *own = NULL;
    mlc_store *s = NULL;
    mlc_deployment *live = NULL;
    mlc_binding *a = NULL;
    mlc_dataset *table = NULL;
    int64_t version = 0;
    double out[2];
    mlc_status status, last;

    options.allocator = allocator;
    status = mlc_context_create(&options, &own, NULL);
    if (status == MLC_OK)
        status = mlc_store_open(own, path, NULL, &s, NULL);
    if (status == MLC_OK)
        status = mlc_registry_promote(s, "fraud", 1, NULL, NULL, NULL);
    if (status == MLC_OK)
        status = mlc_deployment_open(s, "fraud", NULL, &live, NULL);
    if (status == MLC_OK)
        status = mlc_binding_create(live, fields, FIELDS, sizeof(struct record), &a, NULL);
    if (status == MLC_OK)
        status = mlc_registry_promote(s, "fraud", 2, NULL, NULL, NULL);
    if (status == MLC_OK) {
        status = mlc_deployment_refresh(live, &version, NULL);
        ck_assert_int_eq(version, status == MLC_OK ? 2 : 1);
        last = mlc_binding_predict(a, records, 1, out, NULL, NULL); /* whatever came of it */
        ck_assert_int_eq(last, MLC_OK);
    }
    if (status == MLC_OK)
        status = mlc_registry_list(s, &table, NULL);
    mlc_dataset_destroy(table);
    table = NULL;
    if (status == MLC_OK)
        status = mlc_registry_history(s, "fraud", &table, NULL);
    mlc_dataset_destroy(table);
    mlc_binding_destroy(a);
    mlc_deployment_destroy(live);
    mlc_store_destroy(s);
    mlc_context_destroy(own);
    return status;
}

START_TEST(deployment_survives_any_failed_allocation)
{
    uint64_t nth = 0, requests;

    published(model_of(1, "x,y", "x", "yes"));
    published(model_of(2, "x,y", "y", "yes"));
    do {
        struct faulty_heap heap;
        faulty_heap_init(&heap, ++nth);
        mlc_status status = live_job(&heap.allocator);
        requests = heap.requests;
        ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "%d at %d",
                      (int)status, (int)nth);
        ck_assert_uint_eq(heap.live_bytes, 0);
    } while (requests >= nth);
    ck_assert_uint_gt(nth, 100);
}
END_TEST

Suite *suite_deployment(void);
Suite *suite_deployment(void)
{
    Suite *suite = suite_create("deployment");
    TCase *tcase = tcase_create("deployment");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, registry_tells_who_was_where_and_why);
    tcase_add_test(tcase, refresh_swaps_in_what_was_promoted);
    tcase_add_test(tcase, refresh_refuses_what_a_binding_cannot_feed);
    tcase_add_test(tcase, ids_are_given_once);
    tcase_add_test(tcase, ids_never_meet_in_any_process);
    tcase_add_test(tcase, a_store_without_ids_left_serves_without);
    tcase_add_test(tcase, a_store_that_is_read_only_serves);
    tcase_add_test(tcase, a_file_that_may_not_be_written_serves);
    tcase_add_test(tcase, records_that_are_odd_are_answered_and_flagged);
    tcase_add_test(tcase, deployment_tells_that_it_was_forked);
    tcase_add_test(tcase, deployment_survives_any_failed_allocation);
    suite_add_tcase(suite, tcase);
    return suite;
}
