/*
 * prog_store.c - a store whose writer is killed, and one with many at it at once
 *
 *     prog_store [KILLS [SECONDS]]
 *
 * A child appends rows, publishes and promotes, and tells each commit through a pipe; it is
 * killed at a random moment. Whatever it had told must be there, and at most the one commit
 * that it had no time to tell; nothing may be there by half, and verify must be content. Then
 * one writer and four readers, each a process of its own, work on one store for some seconds:
 * no call may fail, and no version may be seen torn.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mlcycle.h"

enum { READERS = 4 };

struct row {
    int64_t id;
    double value;
    char name[16];
};

static const mlc_field fields[] = {
    MLC_FIELD(struct row, id),
    MLC_FIELD(struct row, value),
    MLC_FIELD_CHARS(struct row, name),
};

static mlc_error err = MLC_ERROR_INIT;
static char path[64] = "/tmp/mlcycle-store-XXXXXX";
static uint64_t seed = 88172645463325252u;

static void must(mlc_status status, const char *what)
{
    if (status == MLC_OK)
        return;
    printf("%s: %s\n", what, err.message);
    exit(1);
}

static void want(int holds, const char *what)
{
    if (holds)
        return;
    printf("wrong: %s\n", what);
    exit(1);
}

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static mlc_context *context(void)
{
    mlc_context_options options = {.size = sizeof options, .threads = 1};
    mlc_context *ctx;
    must(mlc_context_create(&options, &ctx, &err), "context");
    return ctx;
}

/* How many rows the n-th append has; some are large enough for several transactions. */
static int64_t rows_of(int64_t n)
{
    return n % 7 == 3 ? 150000 : 1 + n * 37 % 300;
}

static int64_t rows_before(int64_t n)
{
    int64_t rows = 0;
    for (int64_t k = 1; k < n; k++)
        rows += rows_of(k);
    return rows;
}

static mlc_dataset *rows_for(mlc_context *ctx, int64_t n, struct row **rows)
{
    int64_t count = rows_of(n), first = rows_before(n);
    mlc_dataset *d;

    *rows = calloc((size_t)count, sizeof **rows);
    want(*rows != NULL, "memory");
    for (int64_t k = 0; k < count; k++) {
        (*rows)[k].id = first + k;
        (*rows)[k].value = (double)((first + k) * 7 % 1001) / 10;
        snprintf((*rows)[k].name, sizeof(*rows)[k].name, "n%d", (int)((first + k) % 500));
    }
    must(mlc_dataset_borrow(ctx, *rows, count, sizeof **rows, fields, 3, &d, &err), "borrow");
    return d;
}

static mlc_model *model_of(mlc_context *ctx)
{
    struct row *rows;
    mlc_dataset *d = rows_for(ctx, 3, &rows), *few;
    mlc_trainer *t;
    mlc_model *m;

    must(mlc_dataset_slice(d, 0, 500, &few, &err), "slice");
    must(mlc_trainer_create(ctx, "gbdt", MLC_PARAMS("target", "value", "trees", "2"), &t, &err),
         "trainer");
    must(mlc_trainer_fit(t, few, NULL, &m, &err), "fit");
    mlc_trainer_destroy(t);
    mlc_dataset_destroy(few);
    mlc_dataset_destroy(d);
    free(rows);
    return m;
}

/* All of a version: row k has id k and what follows from it. */
static void check_version(mlc_store *store, int64_t version)
{
    char name[32];
    mlc_dataset *d;
    double ids[512], values[512];

    snprintf(name, sizeof name, "d@%lld", (long long)version);
    must(mlc_store_dataset(store, name, &d, &err), name);
    want(mlc_dataset_rows(d) == rows_before(version + 1), "the rows of a version");
    for (int64_t r = 0; r < mlc_dataset_rows(d); r += 512) {
        int64_t n = mlc_dataset_rows(d) - r < 512 ? mlc_dataset_rows(d) - r : 512;
        must(mlc_dataset_numbers(d, 0, r, n, ids, &err), "ids");
        must(mlc_dataset_numbers(d, 1, r, n, values, &err), "values");
        for (int64_t k = 0; k < n; k++)
            want(ids[k] == (double)(r + k) && values[k] == (double)((r + k) * 7 % 1001) / 10,
                 "the cells of a row");
    }
    mlc_dataset_destroy(d);
}

static int64_t last_version(mlc_store *store)
{
    mlc_dataset *list;
    double version = 0;

    must(mlc_store_list(store, &list, &err), "list");
    if (mlc_dataset_rows(list) > 0)
        must(mlc_dataset_numbers(list, 1, 0, 1, &version, &err), "version");
    mlc_dataset_destroy(list);
    return (int64_t)version;
}

static int64_t last_model(mlc_store *store)
{
    mlc_dataset *list;
    double version = 0;

    must(mlc_registry_list(store, &list, &err), "models");
    if (mlc_dataset_rows(list) > 0)
        must(mlc_dataset_numbers(list, 1, 0, 1, &version, &err), "version");
    mlc_dataset_destroy(list);
    return (int64_t)version;
}

/* Append, publish, promote, from where the store stands, and tell each version. */
static void work(int tell, double seconds)
{
    mlc_context *ctx = context();
    mlc_store *store;
    mlc_model *model = model_of(ctx);
    time_t until = time(NULL) + (time_t)seconds;

    must(mlc_store_open(ctx, path, MLC_PARAMS("timeout_ms", "20000"), &store, &err), "open");
    for (int64_t n = last_version(store) + 1; seconds == 0 || time(NULL) < until; n++) {
        struct row *rows;
        mlc_dataset *d = rows_for(ctx, n, &rows);
        int64_t told[2] = {0, 0};
        must(mlc_store_append(store, "d", d, &told[0], &err), "append");
        want(told[0] == n, "the version that is told");
        if (n % 5 == 0) {
            must(mlc_registry_publish(store, "m", model, NULL, &told[1], &err), "publish");
            must(mlc_registry_promote(store, "m", told[1], NULL, NULL, &err), "promote");
        }
        if (tell >= 0)
            want(write(tell, told, sizeof told) == sizeof told, "the pipe");
        mlc_dataset_destroy(d);
        free(rows);
        if (n == 60) /* enough: each version is checked whole */
            break;
    }
    mlc_model_destroy(model);
    mlc_store_destroy(store);
    mlc_context_destroy(ctx);
}

/* What the store is known to hold: told by its writer, or seen after a kill. */
struct known {
    int64_t version, model, stage;
};

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Nothing that is known is lost, and of each kind at most one commit is there that was not: the
 * writer is killed between a commit and telling of it, too. From then on that one is known, for
 * the next writer goes on behind it. */
static void check_all(struct known *known)
{
    mlc_context *ctx = context();
    mlc_store *store;
    mlc_dataset *faults;
    int64_t version, model, stage = 0;

    must(mlc_store_open(ctx, path, NULL, &store, &err), "open after a kill");
    must(mlc_store_verify(store, &faults, &err), "verify");
    want(mlc_dataset_rows(faults) == 0, "verify finds a fault");
    mlc_dataset_destroy(faults);
    version = last_version(store);
    model = last_model(store);
    want(version >= known->version, "a version that was told is lost");
    want(version <= known->version + 1, "a version is there that nobody made");
    want(model >= known->model, "a model that was told is lost");
    want(model <= known->model + 1, "a model is there that nobody made");
    if (version > 0)
        check_version(store, version);
    if (known->stage > 0 || mlc_registry_stage(store, "m", NULL, &stage, NULL) == MLC_OK) {
        mlc_model *m;
        must(mlc_registry_stage(store, "m", NULL, &stage, &err), "stage");
        want(stage >= known->stage, "a promotion that was told is lost");
        want(stage <= model, "a promotion is there of what is not");
        must(mlc_registry_model(store, "m", &m, &err), "model");
        mlc_model_destroy(m);
    }
    *known = (struct known){version, model, stage};
    mlc_store_destroy(store);
    mlc_context_destroy(ctx);
}

static void remove_files(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[80];

    for (int k = 0; k < 3; k++) {
        snprintf(name, sizeof name, "%s%s", path, ends[k]);
        unlink(name);
    }
}

static void kill_often(int kills)
{
    struct known known = {0};

    for (int k = 0; k < kills; k++) {
        int pipes[2], state;
        int64_t next[2];
        pid_t child;
        want(pipe(pipes) == 0, "pipe");
        fflush(stdout); /* or children would say it again */
        child = fork();
        want(child >= 0, "fork");
        if (child == 0) {
            close(pipes[0]);
            work(pipes[1], 0);
            _exit(0);
        }
        close(pipes[1]);
        usleep((useconds_t)(draw() % 400000));
        kill(child, SIGKILL);
        waitpid(child, &state, 0);
        while (read(pipes[0], next, sizeof next) == sizeof next) {
            known.version = later(known.version, next[0]);
            known.model = later(known.model, next[1]);
            known.stage = later(known.stage, next[1]);
        }
        close(pipes[0]);
        if (known.version >= 50) { /* begin anew, before the child stops */
            remove_files();
            known = (struct known){0};
        } else {
            check_all(&known);
        }
    }
    printf("%d kills: all that was told is there, nothing by half\n", kills);
}

static void read_often(double seconds)
{
    mlc_context *ctx = context();
    mlc_store *store;
    time_t until = time(NULL) + (time_t)seconds;
    int64_t seen = 0;

    must(mlc_store_open(ctx, path, MLC_PARAMS("timeout_ms", "20000"), &store, &err), "open");
    while (time(NULL) < until) {
        int64_t version = last_version(store);
        want(version >= seen, "versions go on");
        seen = version;
        if (version > 0)
            check_version(store, version);
        (void)last_model(store);
    }
    mlc_store_destroy(store);
    mlc_context_destroy(ctx);
}

static void many_at_once(double seconds)
{
    int state, failed = 0;

    remove_files();
    {
        mlc_context *ctx = context();
        mlc_store *store;
        must(mlc_store_open(ctx, path, NULL, &store, &err), "open");
        mlc_store_destroy(store);
        mlc_context_destroy(ctx);
    }
    for (int k = 0; k < READERS + 1; k++) {
        fflush(stdout);
        pid_t child = fork();
        want(child >= 0, "fork");
        if (child == 0) {
            if (k == 0)
                work(-1, seconds);
            else
                read_often(seconds);
            exit(0);
        }
    }
    for (int k = 0; k < READERS + 1; k++) {
        wait(&state);
        failed += !WIFEXITED(state) || WEXITSTATUS(state) != 0;
    }
    want(failed == 0, "a process among many failed");
    printf("one writer and %d readers for %.0f s: no error, nothing torn\n", READERS, seconds);
}

int main(int argc, char **argv)
{
    int kills = argc > 1 ? atoi(argv[1]) : 20;
    double seconds = argc > 2 ? atof(argv[2]) : 3;

#if defined(__SANITIZE_THREAD__)
    puts("no fork under this sanitizer");
    return 77;
#endif
    close(mkstemp(path));
    kill_often(kills);
    many_at_once(seconds);
    remove_files();
    puts("1 passed, 0 failed");
    return 0;
}
