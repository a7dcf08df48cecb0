/*
 * bench_trees.c - one row and batches through boosted trees, against the same trees compiled
 *
 *   bench_trees [TREES [LEAVES]]
 *
 * Learns from BENCH_DATA/higgs (see bench_gbdt.c), or made-up rows when that is absent, writes
 * the model as plain if-else code, has $CC (or cc) compile it with -O2 -march=native, and asks
 * both for the same rows in the same run. One line of JSON each.
 */
#include "num/num.h"
#include "train/train.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { COLUMNS = 28, LEARN_ROWS = 300000, ASK_ROWS = 100000 };

static float *cells; /* rows x COLUMNS */
static double *target;

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool data_read(void)
{
    const char *folder = getenv("BENCH_DATA");
    char path[4096];
    size_t n = LEARN_ROWS + ASK_ROWS;
    cells = malloc(n * COLUMNS * sizeof *cells);
    target = malloc(n * sizeof *target);
    float *y = malloc(n * sizeof *y);
    bool good = false;
    if (folder != NULL) {
        snprintf(path, sizeof path, "%s/higgs_x.npy", folder);
        FILE *x_file = fopen(path, "rb");
        snprintf(path, sizeof path, "%s/higgs_y.npy", folder);
        FILE *y_file = fopen(path, "rb");
        good = x_file != NULL && y_file != NULL && fseek(x_file, 128, SEEK_SET) == 0 &&
               fseek(y_file, 128, SEEK_SET) == 0 &&
               fread(cells, sizeof *cells, n * COLUMNS, x_file) == n * COLUMNS &&
               fread(y, sizeof *y, n, y_file) == n;
        if (x_file != NULL)
            fclose(x_file);
        if (y_file != NULL)
            fclose(y_file);
    }
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t c = 0; c < COLUMNS && !good; c++) {
            cells[i * COLUMNS + c] = (float)mlci_random_unit(1, c, i);
            sum += sin(9 * cells[i * COLUMNS + c]) * (double)(c % 4);
        }
        target[i] = good ? (double)y[i] : sum > 1 + mlci_random_unit(2, 2, i);
    }
    free(y);
    return good;
}

static void task_read(const mlc_task *task, int64_t feature, int64_t row, int64_t rows,
                      double *out)
{
    (void)task;
    for (int64_t i = 0; i < rows; i++)
        out[i] = cells[(row + i) * COLUMNS + feature];
}

static void task_keys(const mlc_task *task, int64_t row, int64_t rows, uint64_t *out)
{
    (void)task;
    for (int64_t i = 0; i < rows; i++)
        out[i] = mlci_random(1, 2, (uint64_t)(row + i));
}

static mlci_trees *learn(mlc_context *ctx, const char *trees, const char *leaves)
{
    const mlc_trainer_kind *kind = &mlci_train_gbdt;
    mlc_feature features[COLUMNS];
    mlc_value values[32];
    for (size_t c = 0; c < COLUMNS; c++)
        features[c] = (mlc_feature){.name = "f", .type = MLC_NUMBER};
    for (int64_t i = 0; i < kind->n_params; i++) {
        const char *text = kind->params[i].default_value;
        text = strcmp(kind->params[i].name, "trees") == 0    ? trees
               : strcmp(kind->params[i].name, "leaves") == 0 ? leaves
                                                             : text;
        values[i] = (mlc_value){.text = text, .real = atof(text), .count = atol(text)};
    }
    mlc_task task = {.size = sizeof task,
                     .ctx = ctx,
                     .seed = 1,
                     .rows = LEARN_ROWS,
                     .classes = 2,
                     .n_features = COLUMNS,
                     .features = features,
                     .target = target,
                     .read = task_read,
                     .row_keys = task_keys};
    mlc_slice slice = {.ctx = ctx, .deadline_us = INT64_MAX};
    void *state = NULL, *learner = NULL;
    int32_t told = MLC_TRAIN_MORE, link;
    double loss;
    mlc_error err = MLC_ERROR_INIT;
    mlc_status status = kind->begin(NULL, values, &task, &state, &err);
    while (status == MLC_OK && told != MLC_TRAIN_DONE)
        status = kind->step(state, &slice, &told, &loss, &err);
    if (status == MLC_OK)
        status = kind->finish(state, -1, &link, &learner, &err);
    if (status != MLC_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    kind->release(ctx, state);
    return learner;
}

/* ------------------------------------------------------------------ compiled code */

static void emit(FILE *out, const mlci_forest *f, size_t first, size_t node)
{
    size_t i = first + node;
    if (f->left[i] == 0) {
        fprintf(out, "return %a;\n", f->value[i]);
        return;
    }
    unsigned feature = f->split[i] & MLCI_SPLIT_FEATURE;
    /* The greatest float at most the threshold decides floats as the threshold does. */
    float at = (float)f->value[i];
    if ((double)at > f->value[i])
        at = nextafterf(at, -INFINITY);
    bool lost_left = (f->split[i] & MLCI_SPLIT_MISSING_LEFT) != 0;
    fprintf(out, lost_left ? "if (!(x[%u] > %af)) {\n" : "if (x[%u] <= %af) {\n", feature,
            (double)at);
    emit(out, f, first, f->left[i]);
    fprintf(out, "} else {\n");
    emit(out, f, first, f->left[i] + 1);
    fprintf(out, "}\n");
}

typedef double (*compiled)(const float *x);

static compiled compile(const mlci_forest *f)
{
    char c_file[] = "/tmp/bench_treesXXXXXX.c", so_file[64], command[512];
    int fd = mkstemps(c_file, 2);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL)
        return NULL;
    for (size_t t = 0; t < f->trees; t++) {
        fprintf(out, "static double t%zu(const float *x) {\n", t);
        emit(out, f, f->first[t], 0);
        fprintf(out, "}\n");
    }
    fprintf(out, "double predict(const float *x) { double s = %a;\n", f->base[0]);
    for (size_t t = 0; t < f->trees; t++)
        fprintf(out, "s += t%zu(x);\n", t);
    fprintf(out, "return s; }\n");
    fclose(out);
    snprintf(so_file, sizeof so_file, "%s.so", c_file);
    snprintf(command, sizeof command, "%s -O2 -march=native -shared -fPIC -o %s %s",
             getenv("CC") != NULL ? getenv("CC") : "cc", so_file, c_file);
    void *library = system(command) == 0 ? dlopen(so_file, RTLD_NOW) : NULL;
    unlink(c_file);
    unlink(so_file);
    compiled predict = NULL;
    if (library != NULL)
        *(void **)&predict = dlsym(library, "predict");
    return predict;
}

/* -------------------------------------------------------------------- measuring */

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void told(const char *who, const char *trees, const char *leaves, double *times,
                 size_t n, double batch_s, double sum)
{
    qsort(times, n, sizeof *times, by_time);
    printf(
        "{\"bench\": \"trees\", \"who\": \"%s\", \"trees\": %s, \"leaves\": %s, \"p50_ns\": %.0f, "
        "\"p99_ns\": %.0f, \"batch_rows_s\": %.0f, \"mean\": %.12f}\n",
        who, trees, leaves, times[n / 2], times[n * 99 / 100], (double)n / batch_s,
        sum / (double)n);
}

/* A clock that costs little: ticks, told in nanoseconds by the pair around the whole. */
static inline uint64_t ticks(void)
{
#if defined(__x86_64__)
    uint32_t low, high, cpu;
    __asm__ __volatile__("rdtscp" : "=a"(low), "=d"(high), "=c"(cpu));
    return (uint64_t)high << 32 | low;
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
#endif
}

int main(int argc, char **argv)
{
    const char *trees = argc > 1 ? argv[1] : "100", *leaves = argc > 2 ? argv[2] : "31";
    mlc_context *ctx = NULL;
    if (mlc_context_create(NULL, &ctx, NULL) != MLC_OK)
        return 1;
    bool real = data_read();
    if (!real)
        printf("{\"bench\": \"trees\", \"note\": \"no higgs in BENCH_DATA, made-up rows\"}\n");
    mlci_trees *model = learn(ctx, trees, leaves);
    compiled code = compile(mlci_trees_forest(model));
    const float *x = cells + (size_t)LEARN_ROWS * COLUMNS;
    double *rows = malloc((size_t)ASK_ROWS * COLUMNS * sizeof *rows);
    double *out = malloc(ASK_ROWS * sizeof *out), *times = malloc(ASK_ROWS * sizeof *times);
    for (size_t i = 0; i < (size_t)ASK_ROWS * COLUMNS; i++)
        rows[i] = x[i];
    for (int run = 0; run < 3; run++) {
        double sum = 0, batch = INFINITY;
        for (int k = 0; k < 3; k++) {
            double began = seconds_now();
            mlci_learner_trees.predict(model, rows, ASK_ROWS, out);
            double took = seconds_now() - began;
            batch = took < batch ? took : batch;
        }
        double began = seconds_now();
        uint64_t first = ticks();
        double row[COLUMNS];
        for (size_t i = 0; i < ASK_ROWS; i++) {
            double got;
            memcpy(row, rows + i * COLUMNS, sizeof row);
            uint64_t from = ticks();
            mlci_learner_trees.predict(model, row, 1, &got);
            times[i] = (double)(ticks() - from);
            sum += got;
            if (got != out[i])
                return 1;
        }
        double per_tick = (seconds_now() - began) * 1e9 / (double)(ticks() - first);
        for (size_t i = 0; i < ASK_ROWS; i++)
            times[i] *= per_tick;
        told("mlcycle", trees, leaves, times, ASK_ROWS, batch, sum);
        if (code == NULL) {
            printf(
                "{\"bench\": \"trees\", \"who\": \"if-else\", \"skipped\": \"no compiler\"}\n");
            continue;
        }
        sum = 0;
        batch = INFINITY;
        for (int k = 0; k < 3; k++) {
            began = seconds_now();
            for (size_t i = 0; i < ASK_ROWS; i++)
                out[i] = code(x + i * COLUMNS);
            double took = seconds_now() - began;
            batch = took < batch ? took : batch;
        }
        float buffer[COLUMNS];
        for (size_t i = 0; i < ASK_ROWS; i++) {
            memcpy(buffer, x + i * COLUMNS, sizeof buffer);
            uint64_t from = ticks();
            double got = code(buffer);
            times[i] = (double)(ticks() - from) * per_tick;
            sum += got;
        }
        told("if-else", trees, leaves, times, ASK_ROWS, batch, sum);
    }
    mlci_trees_free(ctx, model);
    mlc_context_destroy(ctx);
    return 0;
}
