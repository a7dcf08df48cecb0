/*
 * bench_drift.c - drift of a million rows against a million, and what a baseline costs training
 *
 *   bench_drift [ROWS [COLUMNS [LANES]]]
 *
 * One line of JSON: seconds, the best of three. tests/bench/drift_peers.py does the same
 * comparison with scipy, on the same distributions.
 */
#include "mlcycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 3, BASELINE_COLUMNS = 28 };

static mlc_error err = MLC_ERROR_INIT;

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void need(mlc_status status)
{
    if (status != MLC_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

static uint64_t state = 88172645463325252u;

static double uniform(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) * 0x1p-53;
}

/* Sums of four even numbers, moved by `shift`; the last column is 0 or 1, of the first two. */
static mlc_dataset *made(mlc_context *ctx, int64_t rows, int64_t columns, double shift,
                         double **cells)
{
    mlc_column *list = calloc((size_t)columns, sizeof *list);
    char(*names)[8] = calloc((size_t)columns, sizeof *names);
    mlc_dataset *out;
    *cells = malloc((size_t)(rows * columns) * sizeof **cells);
    for (int64_t c = 0; c < columns; c++) {
        double *x = *cells + c * rows;
        snprintf(names[c], sizeof names[c], "c%d", (int)c);
        list[c] = (mlc_column){
            .size = sizeof *list, .name = names[c], .storage = MLC_FLOAT64, .values = x};
        for (int64_t r = 0; r < rows; r++)
            x[r] = c + 1 == columns
                       ? (*cells)[r] + (*cells)[rows + r] + uniform() > 2 + 2 * shift
                       : uniform() + uniform() + uniform() + uniform() - 2 + shift;
    }
    need(mlc_dataset_borrow_columns(ctx, list, columns, rows, &out, &err));
    free(names);
    free(list);
    return out;
}

static double fit_seconds(mlc_context *ctx, const mlc_dataset *d, const char *baseline,
                          double *finish, int64_t *bytes)
{
    mlc_trainer *t;
    mlc_model *m;
    const void *data;
    int32_t done = 0;
    need(mlc_trainer_create(ctx, "gbdt",
                            MLC_PARAMS("target", "c27", "trees", "100", "baseline", baseline),
                            &t, &err));
    double begin = seconds_now();
    need(mlc_trainer_begin(t, d, NULL, &err));
    while (!done)
        need(mlc_trainer_step(t, 1000000000, &done, &err));
    double stepped = seconds_now();
    need(mlc_trainer_finish(t, &m, &err));
    double end = seconds_now();
    *finish = end - stepped;
    need(mlc_model_bytes(m, &data, bytes, &err));
    mlc_model_destroy(m);
    mlc_trainer_destroy(t);
    return end - begin;
}

int main(int argc, char **argv)
{
    int64_t rows = argc > 1 ? atoll(argv[1]) : 1000000,
            columns = argc > 2 ? atoll(argv[2]) : 10;
    mlc_context_options options = {.size = sizeof options,
                                   .threads = argc > 3 ? (uint32_t)atoi(argv[3]) : 1};
    mlc_context *ctx;
    mlc_dataset *base, *now;
    mlc_result *r;
    double *a, *b, best[2] = {1e9, 1e9};
    static const char *const tests[2] = {"ks", "ks,psi,missing,range"};

    need(mlc_context_create(&options, &ctx, &err));
    base = made(ctx, rows, columns, 0, &a);
    now = made(ctx, rows, columns, 0.05, &b);
    for (int run = 0; run < RUNS; run++)
        for (int k = 0; k < 2; k++) {
            double begin = seconds_now();
            need(mlc_drift(base, now, MLC_PARAMS("tests", tests[k]), &r, &err));
            double took = seconds_now() - begin;
            best[k] = took < best[k] ? took : best[k];
            mlc_result_destroy(r);
        }
    mlc_dataset_destroy(now);
    mlc_dataset_destroy(base);
    free(a);
    free(b);
    printf("{\"rows\": %lld, \"columns\": %lld, \"lanes\": %u, \"ks_seconds\": %.4f, "
           "\"all_seconds\": %.4f",
           (long long)rows, (long long)columns, mlc_context_lanes(ctx), best[0], best[1]);
    base = made(ctx, rows, BASELINE_COLUMNS, 0, &a);
    double with = 1e9, without = 1e9, finish[2];
    int64_t bytes[2];
    for (int run = 0; run < RUNS; run++) {
        double took = fit_seconds(ctx, base, "no", &finish[0], &bytes[0]);
        without = took < without ? took : without;
        took = fit_seconds(ctx, base, "yes", &finish[1], &bytes[1]);
        with = took < with ? took : with;
    }
    printf(", \"train_seconds\": %.3f, \"train_with_baseline_seconds\": %.3f, "
           "\"finish_seconds\": [%.4f, %.4f], \"baseline_bytes\": %lld}\n",
           without, with, finish[0], finish[1], (long long)(bytes[1] - bytes[0]));
    mlc_dataset_destroy(base);
    free(a);
    mlc_context_destroy(ctx);
    return 0;
}
