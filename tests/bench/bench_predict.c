/*
 * bench_predict.c - one struct and a million rows through a model of 100 trees of 31 leaves
 *
 * The model is fitted on 100,000 made rows of 28 numbers. Told are the time of one call with
 * one struct (median and 99th percentile over calls on different structs), the share of the
 * learner alone in it, structs answered in one call, and rows of a dataset on 1 and 2 lanes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mlcycle.h"
#include "model/model.h"

enum { FEATURES = 28, TRAIN_ROWS = 100000, ROWS = 1000000, CALLS = 200000, REPEATS = 5 };

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

static mlc_model *fit(mlc_context *ctx)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_dataset *d;
    mlc_trainer *trainer;
    mlc_model *model;
    must(mlc_dataset_borrow(ctx, records, TRAIN_ROWS, sizeof *records, fields, FEATURES + 1, &d,
                            &err),
         &err);
    must(mlc_trainer_create(ctx, "gbdt", MLC_PARAMS("target", "y"), &trainer, &err), &err);
    must(mlc_trainer_fit(trainer, d, NULL, &model, &err), &err);
    mlc_trainer_destroy(trainer);
    mlc_dataset_destroy(d);
    return model;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void tell_calls(const char *what, double *ns)
{
    qsort(ns, CALLS, sizeof *ns, by_value);
    printf("%-28s p50 %7.0f ns   p99 %7.0f ns\n", what, ns[CALLS / 2], ns[CALLS / 100 * 99]);
}

static void bench_one(const mlc_model *model)
{
    mlc_error err = MLC_ERROR_INIT;
    static double ns[CALLS], features[FEATURES], out[2], raw;
    mlc_answer info;
    mlc_binding *binding;
    const void *state;
    const mlc_learner_kind *learner = mlci_model_learner(model, &state);
    must(mlc_model_bind(model, fields, FEATURES + 1, sizeof *records, &binding, &err), &err);
    for (size_t k = 0; k < CALLS; k++) {
        double began = now_ns();
        must(mlc_binding_predict(binding, &records[k], 1, out, &info, &err), &err);
        ns[k] = now_ns() - began;
    }
    tell_calls("one struct, clock included", ns);
    for (size_t k = 0; k < CALLS; k++) {
        for (size_t f = 0; f < FEATURES; f++)
            features[f] = records[k].x[f];
        double began = now_ns();
        learner->predict(state, features, 1, &raw);
        ns[k] = now_ns() - began;
    }
    tell_calls("the learner alone, likewise", ns);
    double best = 1e300;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double began = now_ns();
        for (size_t k = 0; k < CALLS; k++)
            must(mlc_binding_predict(binding, &records[k], 1, out, &info, &err), &err);
        double each = (now_ns() - began) / CALLS;
        best = each < best ? each : best;
    }
    printf("%-28s     %7.0f ns each\n", "one struct, call after call", best);
    double *many = malloc(CALLS * 2 * sizeof *many), began = now_ns();
    must(mlc_binding_predict(binding, records, CALLS, many, NULL, &err), &err);
    printf("%-28s     %7.0f ns each\n", "structs in one call", (now_ns() - began) / CALLS);
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
    mlc_model *model = fit(ctx);
    mlc_error err = MLC_ERROR_INIT;
    const void *bytes;
    int64_t size;
    must(mlc_model_bytes(model, &bytes, &size, &err), &err);
    printf("model of %lld bytes\n", (long long)size);
    bench_one(model);
    bench_dataset(1, bytes, size);
    bench_dataset(2, bytes, size);
    mlc_model_destroy(model);
    mlc_context_destroy(ctx);
    free(records);
    return 0;
}
