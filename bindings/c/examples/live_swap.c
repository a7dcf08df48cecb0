/*
 * live_swap.c - a game that keeps asking while its model learns anew and is swapped
 *
 * Four threads, as a simulation's workers would, ask for an answer about their own structs in a
 * loop. Beside them the main thread learns from more data, publishes, promotes and refreshes,
 * again and again: the workers never wait, never see half a model, and each answer tells which
 * version gave it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include <mlcycle.h>

#define TRY(call)                                                                              \
    do {                                                                                       \
        if ((status = (call)) != MLC_OK)                                                       \
            goto done;                                                                         \
    } while (0)

enum { WORKERS = 4, VERSIONS = 5, ROWS = 20000 };

struct unit { /* the game's own */
    float speed, distance, health;
    int32_t kind;
    float wins; /* what is to be learnt: 1 when it won its fight */
};

static const mlc_field unit_fields[] = {
    MLC_FIELD(struct unit, speed),  MLC_FIELD(struct unit, distance),
    MLC_FIELD(struct unit, health), MLC_FIELD(struct unit, kind),
    MLC_FIELD(struct unit, wins),
};
enum { FIELDS = sizeof unit_fields / sizeof *unit_fields };

static struct unit fights[ROWS];

static float draw(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) / 16777216.0f;
}

static void fight(void)
{
    uint32_t seed = 7;
    for (int k = 0; k < ROWS; k++) {
        struct unit *u = &fights[k];
        u->speed = draw(&seed) * 10;
        u->distance = draw(&seed) * 100;
        u->health = draw(&seed);
        u->kind = (int32_t)(draw(&seed) * 4);
        u->wins = u->health * 8 + u->speed - u->distance / 20 + 3 * draw(&seed) > 6.5f;
    }
}

/* ------------------------------------------------------------------------- the workers */

struct worker {
    pthread_t thread;
    mlc_deployment *live;
    uint32_t number;
    int64_t answers, by_version[VERSIONS + 1], failed;
};
static atomic_bool over;

static void *work(void *arg)
{
    struct worker *w = arg;
    mlc_binding *binding = NULL; /* one for each thread */
    uint32_t seed = w->number;
    double out[2];
    mlc_answer info;

    if (mlc_binding_create(w->live, unit_fields, FIELDS, sizeof(struct unit), &binding, NULL) !=
        MLC_OK) {
        w->failed++;
        return NULL;
    }
    while (!atomic_load(&over)) {
        struct unit me = {draw(&seed) * 10, draw(&seed) * 100, draw(&seed),
                          (int32_t)(draw(&seed) * 4), 0};
        if (mlc_binding_predict(binding, &me, 1, out, &info, NULL) != MLC_OK ||
            !(out[0] + out[1] > 0.999 && out[0] + out[1] < 1.001) || info.variant > VERSIONS)
            w->failed++;
        else
            w->by_version[info.variant]++;
        w->answers++;
    }
    mlc_binding_destroy(binding);
    return NULL;
}

/* ---------------------------------------------------------------------- the main thread */

/* Learn from the first `rows` fights, publish and promote. */
static mlc_status learn(mlc_context *ctx, mlc_store *store, int64_t rows, int64_t *version,
                        mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_dataset *data = NULL;
    mlc_trainer *trainer = NULL;
    mlc_model *model = NULL;

    TRY(mlc_dataset_borrow(ctx, fights, rows, sizeof *fights, unit_fields, FIELDS, &data, err));
    TRY(mlc_trainer_create(ctx, "gbdt", MLC_PARAMS("target", "wins", "trees", "40"), &trainer,
                           err));
    TRY(mlc_trainer_fit(trainer, data, NULL, &model, err));
    TRY(mlc_registry_publish(store, "win", model, NULL, version, err));
    TRY(mlc_registry_promote(store, "win", *version, NULL, "more fights are known", err));
done:
    mlc_model_destroy(model);
    mlc_trainer_destroy(trainer);
    mlc_dataset_destroy(data);
    return status;
}

int main(int argc, char **argv)
{
    static struct worker workers[WORKERS];
    mlc_error err = MLC_ERROR_INIT;
    mlc_status status = MLC_OK;
    mlc_context *ctx = NULL;
    mlc_store *store = NULL;
    mlc_deployment *live = NULL;
    int64_t version, total = 0, failed = 0, by_version[VERSIONS + 1] = {0};
    int started = 0;
    char repository[4096];

    (void)argc;
    snprintf(repository, sizeof repository, "%s.db", argv[0]);
    unlink(repository);
    fight();
    TRY(mlc_context_create(NULL, &ctx, &err));
    TRY(mlc_store_open(ctx, repository, NULL, &store, &err));
    TRY(learn(ctx, store, ROWS / VERSIONS, &version, &err));
    TRY(mlc_deployment_open(store, "win", NULL, &live, &err));
    for (; started < WORKERS; started++) {
        workers[started].live = live;
        workers[started].number = (uint32_t)started + 1;
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0)
            break;
    }
    for (int k = 2; k <= VERSIONS; k++) {
        TRY(learn(ctx, store, (int64_t)ROWS * k / VERSIONS, &version, &err));
        TRY(mlc_deployment_refresh(live, &version, &err));
        printf("version %lld answers from now on\n", (long long)version);
        usleep(20000);
    }
done:
    atomic_store(&over, true);
    for (int k = 0; k < started; k++) {
        pthread_join(workers[k].thread, NULL);
        total += workers[k].answers;
        failed += workers[k].failed;
        for (int v = 1; v <= VERSIONS; v++)
            by_version[v] += workers[k].by_version[v];
    }
    if (status != MLC_OK)
        fprintf(stderr, "%s: %s\n", mlc_status_name(err.code), err.message);
    printf("%lld answers on %d threads, %lld wrong; by version", (long long)total, started,
           (long long)failed);
    for (int v = 1; v <= VERSIONS; v++)
        printf("  %d: %lld", v, (long long)by_version[v]);
    putchar('\n');
    mlc_deployment_destroy(live);
    mlc_store_destroy(store);
    mlc_context_destroy(ctx);
    return status != MLC_OK || failed != 0 || started < WORKERS;
}
