/*
 * bench_predict.c - one struct and a million rows through models of 100 trees of 31 leaves
 *
 * A model is fitted on 100,000 made rows of 28 numbers. Told are the times of one call with one
 * struct: of the learner alone, of a binding on the bare model, and of one behind a deployment
 * that tells flags, ids and version; so what is around a model, validation among it, is seen as
 * a ratio. The same of a struct of mixed members through four steps. They take turns, block by
 * block, so what else the machine does falls on all alike. Then what a look at the registry
 * costs, and a swap; structs answered in one call, and rows of a dataset on 1 and 2 lanes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mlcycle.h"
#include "model/model.h"

enum { FEATURES = 28, TRAIN_ROWS = 100000, ROWS = 1000000, CALLS = 200000, REPEATS = 5 };
enum { BLOCK = 1000, BINDINGS = 4, LOOKS = 2000, SWAPS = 100 };

struct record {
    float x[FEATURES];
    float y;
};

static struct record *records;
static mlc_field fields[FEATURES + 1];
static char names[FEATURES + 1][8];

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(mlc_status status, const mlc_error *err)
{
    if (status == MLC_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

/* Bell-like numbers, and a target that a few of them tell with noise. */
static void make_records(void)
{
    records = malloc(ROWS * sizeof *records);
    if (records == NULL)
        exit(1);
    for (size_t r = 0; r < ROWS; r++) {
        double score = 0;
        for (size_t f = 0; f < FEATURES; f++) {
            double sum = 0;
            for (uint64_t k = 0; k < 4; k++)
                sum += mlci_random_unit(f, k, r) - 0.5;
            records[r].x[f] = (float)sum;
            score += f % 4 == 0 ? sum : f % 4 == 1 ? sum * records[r].x[f - 1] : 0;
        }
        records[r].y = score + mlci_random_unit(99, 0, r) * 2 - 1 > 0 ? 1.0f : 0.0f;
    }
    for (size_t f = 0; f <= FEATURES; f++) {
        snprintf(names[f], sizeof names[f], f < FEATURES ? "x%zu" : "y", f);
        fields[f] = (mlc_field){
            .name = names[f], .storage = MLC_FLOAT32, .offset = (int64_t)(f * sizeof(float))};
    }
}

static mlc_context *context_of(uint32_t threads)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx;
    mlc_context_options options = {.size = sizeof options, .threads = threads};
    must(mlc_context_create(&options, &ctx, &err), &err);
    return ctx;
}

static mlc_model *fit(mlc_context *ctx, const mlc_dataset *d, const char *target,
                      const mlc_cleaner *cleaner, const mlc_transformer *transformer)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_trainer *trainer;
    mlc_model *model;
    must(mlc_trainer_create(ctx, "gbdt", MLC_PARAMS("target", target), &trainer, &err), &err);
    must(mlc_trainer_set_cleaner(trainer, cleaner, &err), &err);
    must(mlc_trainer_set_transformer(trainer, transformer, &err), &err);
    must(mlc_trainer_fit(trainer, d, NULL, &model, &err), &err);
    mlc_trainer_destroy(trainer);
    return model;
}

static mlc_dataset *borrowed(mlc_context *ctx, const void *structs, int64_t n, size_t stride,
                             const mlc_field *of, int64_t n_fields)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_dataset *d;
    must(mlc_dataset_borrow(ctx, structs, n, (int64_t)stride, of, n_fields, &d, &err), &err);
    return d;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *ns, size_t n)
{
    qsort(ns, n, sizeof *ns, by_value);
    return ns[n / 2];
}

/* -------------------------------------------------------------------- a mixed struct */

struct trade {
    double price, amount;
    float age;
    const char *country;
    char kind[8];
    int64_t when;
    bool night, fraud;
};
static const mlc_field trade_fields[] = {
    MLC_FIELD(struct trade, price),
    MLC_FIELD(struct trade, amount),
    MLC_FIELD(struct trade, age),
    MLC_FIELD(struct trade, country),
    MLC_FIELD_CHARS(struct trade, kind),
    MLC_FIELD_AS("when", struct trade, when, MLC_TIMESTAMP_S),
    MLC_FIELD(struct trade, night),
    MLC_FIELD(struct trade, fraud),
};
enum { TRADE_FIELDS = sizeof trade_fields / sizeof *trade_fields };

static struct trade *make_trades(void)
{
    static const char *const countries[] = {"US", "U.S.A.", "Germany", "france", NULL};
    static const char kinds[][8] = {"card", "cash", "wire"};
    struct trade *trades = calloc(CALLS, sizeof *trades);
    if (trades == NULL)
        exit(1);
    for (uint64_t r = 0; r < CALLS; r++) {
        struct trade *t = &trades[r];
        t->price = 1000 * mlci_random_unit(1, 1, r);
        t->amount = 1 + (double)mlci_random_below(1, 2, r, 9);
        t->age = mlci_random_unit(1, 3, r) < 0.1 ? __builtin_nanf("")
                                                 : (float)(18 + mlci_random_below(1, 4, r, 60));
        t->country = countries[mlci_random_below(1, 5, r, 5)];
        memcpy(t->kind, kinds[mlci_random_below(1, 6, r, 3)], sizeof t->kind);
        t->when = 1700000000 + (int64_t)mlci_random_below(1, 7, r, 10000000);
        t->night = mlci_random_unit(1, 8, r) < 0.4;
        t->fraud = t->price / t->amount + 80 * t->night + 200 * mlci_random_unit(1, 9, r) > 300;
    }
    return trades;
}

static mlc_model *fit_trades(mlc_context *ctx, const mlc_dataset *d)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_cleaner *cleaner;
    mlc_transformer *transformer;
    must(mlc_cleaner_create(ctx, &cleaner, &err), &err);
    must(mlc_cleaner_add(cleaner, "standardize",
                         MLC_PARAMS("columns", "country", "convention", "country"), &err),
         &err);
    must(mlc_cleaner_add(cleaner, "impute", MLC_PARAMS("columns", "age"), &err), &err);
    must(mlc_transformer_create(ctx, &transformer, &err), &err);
    must(mlc_transformer_add(transformer, "derive",
                             MLC_PARAMS("name", "unit_price", "as", "price / amount"), &err),
         &err);
    must(mlc_transformer_add(transformer, "onehot", MLC_PARAMS("columns", "kind"), &err), &err);
    mlc_model *model = fit(ctx, d, "fraud", cleaner, transformer);
    mlc_transformer_destroy(transformer);
    mlc_cleaner_destroy(cleaner);
    return model;
}

/* -------------------------------------------------------------------- one struct a call */

/* Who is asked, and with what. */
struct asked {
    const mlc_model *model;
    const char *structs; /* CALLS */
    size_t stride;
    const mlc_field *fields;
    int64_t n_fields;
    double *features; /* CALLS x features: the learner's numbers of them */
    size_t n_features;
    mlc_binding *bare, *deployed;
};
enum { LEARNER, BARE, DEPLOYED, KINDS };

/* What the steps and the encoder make of the structs. */
static void make_features(struct asked *a, const mlc_dataset *d)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_dataset *prepared, *columns;
    mlci_encoder_map *map;
    const size_t *features = mlci_model_features(a->model, &a->n_features);
    double *column = malloc(CALLS * sizeof *column);
    a->features = malloc(CALLS * a->n_features * sizeof *column);
    if (column == NULL || a->features == NULL)
        exit(1);
    must(mlci_steps_apply(mlci_model_steps(a->model), d, NULL, &prepared, NULL, &err), &err);
    must(mlci_dataset_recolumn(prepared, features, a->n_features, NULL, 0, &columns, &err),
         &err);
    must(mlci_encoder_map_new(mlci_model_encoder(a->model), columns, &map, &err), &err);
    for (size_t f = 0; f < a->n_features; f++) {
        mlci_encoder_read(map, f, (mlci_range){0, CALLS}, column);
        for (size_t k = 0; k < CALLS; k++)
            a->features[k * a->n_features + f] = column[k];
    }
    mlci_encoder_map_free(map);
    mlc_dataset_destroy(columns);
    mlc_dataset_destroy(prepared);
    free(column);
}

static void ask(const struct asked *a, int kind, size_t from, double *ns)
{
    mlc_error err = MLC_ERROR_INIT;
    const void *state;
    const mlc_learner_kind *learner = mlci_model_learner(a->model, &state);
    double out[2], raw;
    mlc_answer info;
    for (size_t k = from; k < from + BLOCK; k++) {
        const char *one = a->structs + k * a->stride;
        double began = now_ns();
        if (kind == LEARNER)
            learner->predict(state, a->features + k * a->n_features, 1, &raw);
        else if (kind == BARE)
            must(mlc_binding_predict(a->bare, one, 1, out, NULL, &err), &err);
        else
            must(mlc_binding_predict(a->deployed, one, 1, out, &info, &err), &err);
        ns[k] = now_ns() - began;
    }
}

static void bench_one(const char *what, struct asked *a, mlc_deployment *live)
{
    static const char *const names_of[KINDS] = {"the learner alone", "a binding on the model",
                                                "deployed, with info"};
    static double ns[KINDS][CALLS];
    double p50[KINDS];
    mlc_error err = MLC_ERROR_INIT;
    must(mlc_model_bind(a->model, a->fields, a->n_fields, (int64_t)a->stride, &a->bare, &err),
         &err);
    must(mlc_binding_create(live, a->fields, a->n_fields, (int64_t)a->stride, &a->deployed,
                            &err),
         &err);
    for (size_t from = 0; from < CALLS; from += BLOCK)
        for (int kind = 0; kind < KINDS; kind++)
            ask(a, (kind + (int)(from / BLOCK)) % KINDS, from,
                ns[(kind + (int)(from / BLOCK)) % KINDS]);
    printf("%s, one a call, clock included\n", what);
    for (int kind = 0; kind < KINDS; kind++) {
        p50[kind] = median(ns[kind], CALLS);
        printf("  %-26s p50 %7.0f ns   p99 %7.0f ns   %.2f x the learner\n", names_of[kind],
               p50[kind], ns[kind][CALLS / 100 * 99], p50[kind] / p50[LEARNER]);
    }
    printf("  %-26s     %.2f x the binding on the model\n", "validation, ids, version",
           p50[DEPLOYED] / p50[BARE]);
    mlc_binding_destroy(a->deployed);
    mlc_binding_destroy(a->bare);
    free(a->features);
}

/* -------------------------------------------------------------------- registry and swap */

static void bench_swap(mlc_store *store, mlc_deployment *live, const struct asked *a)
{
    static double looks[LOOKS], promotions[SWAPS], swaps[SWAPS];
    mlc_error err = MLC_ERROR_INIT;
    mlc_binding *bindings[BINDINGS];
    for (int k = 0; k < BINDINGS; k++)
        must(mlc_binding_create(live, a->fields, a->n_fields, (int64_t)a->stride, &bindings[k],
                                &err),
             &err);
    for (int k = 0; k < LOOKS; k++) {
        double began = now_ns();
        must(mlc_deployment_refresh(live, NULL, &err), &err);
        looks[k] = now_ns() - began;
    }
    for (int k = 0; k < SWAPS; k++) {
        double began = now_ns();
        must(mlc_registry_promote(store, "numbers", 2 - k % 2, NULL, NULL, &err), &err);
        promotions[k] = now_ns() - began;
        began = now_ns();
        must(mlc_deployment_refresh(live, NULL, &err), &err);
        swaps[k] = now_ns() - began;
    }
    printf("refresh, nothing new         p50 %7.1f us\n", median(looks, LOOKS) / 1e3);
    printf("refresh, swap of %d bindings  p50 %7.1f us\n", BINDINGS,
           median(swaps, SWAPS) / 1e3);
    printf("promote, on the disk         p50 %7.1f us\n", median(promotions, SWAPS) / 1e3);
    for (int k = 0; k < BINDINGS; k++)
        mlc_binding_destroy(bindings[k]);
}

static mlc_deployment *deployed(mlc_store *store, const char *name, const mlc_model *model)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_deployment *live;
    for (int k = 0; k < 2; k++) /* two versions, to swap */
        must(mlc_registry_publish(store, name, model, NULL, NULL, &err), &err);
    must(mlc_registry_promote(store, name, 1, NULL, NULL, &err), &err);
    must(mlc_deployment_open(store, name, NULL, &live, &err), &err);
    return live;
}

static void bench_live(mlc_context *ctx, const mlc_model *model)
{
    char path[] = "/tmp/mlcycle-predict-XXXXXX";
    mlc_error err = MLC_ERROR_INIT;
    mlc_store *store;
    close(mkstemp(path)); /* an empty file becomes a store */
    must(mlc_store_open(ctx, path, NULL, &store, &err), &err);

    struct asked numbers = {.model = model,
                            .structs = (const char *)records,
                            .stride = sizeof *records,
                            .fields = fields,
                            .n_fields = FEATURES + 1};
    mlc_dataset *d = borrowed(ctx, records, CALLS, sizeof *records, fields, FEATURES + 1);
    make_features(&numbers, d);
    mlc_dataset_destroy(d);
    mlc_deployment *live = deployed(store, "numbers", model);
    bench_one("28 numbers, no step", &numbers, live);

    struct trade *trades = make_trades();
    struct asked mixed = {.structs = (const char *)trades,
                          .stride = sizeof *trades,
                          .fields = trade_fields,
                          .n_fields = TRADE_FIELDS};
    d = borrowed(ctx, trades, CALLS, sizeof *trades, trade_fields, TRADE_FIELDS);
    mlc_model *stepped = fit_trades(ctx, d);
    mixed.model = stepped;
    make_features(&mixed, d);
    mlc_dataset_destroy(d);
    mlc_deployment *live_trades = deployed(store, "trades", stepped);
    bench_one("7 mixed members, four steps", &mixed, live_trades);
    mlc_deployment_destroy(live_trades);
    mlc_model_destroy(stepped);
    free(trades);

    bench_swap(store, live, &numbers);
    mlc_deployment_destroy(live);
    mlc_store_destroy(store);
    unlink(path);
}

/* -------------------------------------------------------------------- many a call */

static void bench_block(const mlc_model *model)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_binding *binding;
    double *many = malloc(CALLS * 2 * sizeof *many), best = 1e300;
    must(mlc_model_bind(model, fields, FEATURES + 1, sizeof *records, &binding, &err), &err);
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double began = now_ns();
        must(mlc_binding_predict(binding, records, CALLS, many, NULL, &err), &err);
        double each = (now_ns() - began) / CALLS;
        best = each < best ? each : best;
    }
    printf("structs in one call              %7.0f ns each\n", best);
    free(many);
    mlc_binding_destroy(binding);
}

static void bench_dataset(uint32_t threads, const void *bytes, int64_t size)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx = context_of(threads);
    mlc_model *model;
    mlc_dataset *d;
    double *out = malloc(ROWS * 2 * sizeof *out), best = 1e300;
    must(mlc_model_from_bytes(ctx, bytes, size, &model, &err), &err);
    must(
        mlc_dataset_borrow(ctx, records, ROWS, sizeof *records, fields, FEATURES + 1, &d, &err),
        &err);
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double began = now_ns();
        must(mlc_model_predict(model, d, out, NULL, &err), &err);
        best = now_ns() - began < best ? now_ns() - began : best;
    }
    printf("dataset, %u lanes             %10.0f rows/s\n", threads, ROWS / (best * 1e-9));
    mlc_dataset_destroy(d);
    mlc_model_destroy(model);
    mlc_context_destroy(ctx);
    free(out);
}

int main(void)
{
    make_records();
    mlc_context *ctx = context_of(2);
    mlc_dataset *d = borrowed(ctx, records, TRAIN_ROWS, sizeof *records, fields, FEATURES + 1);
    mlc_model *model = fit(ctx, d, "y", NULL, NULL);
    mlc_dataset_destroy(d);
    mlc_error err = MLC_ERROR_INIT;
    const void *bytes;
    int64_t size;
    must(mlc_model_bytes(model, &bytes, &size, &err), &err);
    printf("model of %lld bytes\n", (long long)size);
    bench_live(ctx, model);
    bench_block(model);
    bench_dataset(1, bytes, size);
    bench_dataset(2, bytes, size);
    mlc_model_destroy(model);
    mlc_context_destroy(ctx);
    free(records);
    return 0;
}
