/*
 * bench_gbdt.c - boosted trees, binning and boosting, on the data of the peers' drivers
 *
 *   bench_gbdt [higgs|cat|multi [LANES [LEAVES [ROUNDS [RUNS]]]]]
 *
 * BENCH_DATA names the folder with TASK_x.npy (rows x columns, float32) and TASK_y.npy; the
 * last rows are held out. One line of JSON: seconds, peak bytes above the data, and how good it
 * is. Peers in the same run: tests/bench/gbdt_peers.py, with a Python that has LightGBM.
 */
#include "train/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

struct matrix {
    float *x;
    size_t rows, columns;
};

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool matrix_read(const char *task, const char *what, struct matrix *m)
{
    const char *folder = getenv("BENCH_DATA");
    char path[4096], head[129] = {0};
    if (folder == NULL)
        return false;
    snprintf(path, sizeof path, "%s/%s_%s.npy", folder, task, what);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    long rows = 0, columns = 1;
    bool good = fread(head, 1, 128, file) == 128;
    const char *shape = good ? strstr(head + 10, "'shape': (") : NULL;
    good = shape != NULL && sscanf(shape + 10, "%ld, %ld", &rows, &columns) >= 1;
    m->rows = (size_t)rows;
    m->columns = (size_t)columns;
    m->x = good ? malloc(m->rows * m->columns * sizeof *m->x) : NULL;
    good = m->x != NULL &&
           fread(m->x, sizeof *m->x, m->rows * m->columns, file) == m->rows * m->columns;
    fclose(file);
    return good;
}

static struct matrix all;
static int32_t category_from; /* columns from here on are categories */

static void task_read(const mlc_task *task, int64_t feature, int64_t row, int64_t rows,
                      double *out)
{
    const float *x = all.x + (size_t)row * all.columns + feature;
    (void)task;
    for (int64_t i = 0; i < rows; i++)
        out[i] = x[(size_t)i * all.columns];
}

static void task_keys(const mlc_task *task, int64_t row, int64_t rows, uint64_t *out)
{
    (void)task;
    for (int64_t i = 0; i < rows; i++)
        out[i] = mlci_random(1, 2, (uint64_t)(row + i));
}

struct scored {
    double score;
    int positive;
};

static int by_score(const void *a, const void *b)
{
    double x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;
    return (x > y) - (x < y);
}

static double auc_of(struct scored *s, size_t n)
{
    double rank_sum = 0, positives = 0;
    qsort(s, n, sizeof *s, by_score);
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && s[end].score == s[i].score)
            end++;
        for (size_t k = i; k < end; k++)
            if (s[k].positive) {
                rank_sum += (double)(i + 1 + end) / 2;
                positives++;
            }
        i = end;
    }
    return (rank_sum - positives * (positives + 1) / 2) / (positives * ((double)n - positives));
}

/* Held-out rows: AUC, RMSE, or accuracy and log-loss. */
static void judge(void *learner, const float *y, size_t from, size_t outputs, size_t classes)
{
    size_t n = all.rows - from;
    double *x = malloc(n * all.columns * sizeof *x), *out = malloc(n * outputs * sizeof *out);
    for (size_t i = 0; i < n * all.columns; i++)
        x[i] = all.x[from * all.columns + i];
    double began = seconds_now();
    mlci_learner_trees.predict(learner, x, (int64_t)n, out);
    printf(", \"predict_s\": %.4f", seconds_now() - began);
    if (classes == 2) {
        struct scored *s = malloc(n * sizeof *s);
        for (size_t i = 0; i < n; i++)
            s[i] = (struct scored){out[i], y[from + i] > 0.5F};
        printf(", \"auc\": %.5f", auc_of(s, n));
        free(s);
    } else if (classes == 0) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (out[i] - y[from + i]) * (out[i] - y[from + i]);
        printf(", \"rmse\": %.5f", sqrt(sum / (double)n));
    } else {
        double loss = 0, right = 0;
        for (size_t i = 0; i < n; i++) {
            const double *s = out + i * outputs;
            double sum = 0;
            size_t best = 0;
            for (size_t k = 0; k < outputs; k++) {
                best = s[k] > s[best] ? k : best;
                sum += exp(s[k]);
            }
            loss += log(sum) - s[(size_t)y[from + i]];
            right += best == (size_t)y[from + i];
        }
        printf(", \"accuracy\": %.5f, \"logloss\": %.5f", right / (double)n, loss / (double)n);
    }
    free(out);
    free(x);
}

static void values_of(mlc_value *values, const char *leaves, const char *rounds, const char *l2,
                      const char *min_hessian)
{
    const mlc_trainer_kind *kind = &mlci_train_gbdt;
    for (int64_t i = 0; i < kind->n_params; i++) {
        const char *name = kind->params[i].name, *text = kind->params[i].default_value;
        text = strcmp(name, "leaves") == 0        ? leaves
               : strcmp(name, "trees") == 0       ? rounds
               : strcmp(name, "l2") == 0          ? l2
               : strcmp(name, "min_hessian") == 0 ? min_hessian
                                                  : text;
        values[i] = (mlc_value){.text = text, .real = atof(text), .count = atol(text)};
    }
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "higgs", *leaves = argc > 3 ? argv[3] : "31";
    const char *rounds = argc > 4 ? argv[4] : "100";
    uint32_t lanes = argc > 2 ? (uint32_t)atoi(argv[2]) : 1;
    int runs = argc > 5 ? atoi(argv[5]) : 1;
    struct matrix target;
    if (!matrix_read(name, "x", &all) || !matrix_read(name, "y", &target)) {
        printf("{\"task\": \"%s\", \"skipped\": \"no data in BENCH_DATA\"}\n", name);
        return 0;
    }
    size_t train = strcmp(name, "cat") == 0     ? 500000
                   : strcmp(name, "multi") == 0 ? 200000
                                                : 1000000;
    category_from = strcmp(name, "cat") == 0 && !getenv("NOCAT") ? 10 : INT32_MAX;
    int64_t classes = strcmp(name, "cat") == 0 ? 0 : strcmp(name, "multi") == 0 ? 10 : 2;
    size_t outputs = classes > 2 ? (size_t)classes : 1;
    double *y = malloc(train * sizeof *y);
    for (size_t i = 0; i < train; i++)
        y[i] = target.x[i];
    mlc_feature *features = calloc(all.columns, sizeof *features);
    for (size_t c = 0; c < all.columns; c++) {
        features[c].name = "f";
        features[c].type = (int32_t)c >= category_from ? MLC_CATEGORY : MLC_NUMBER;
        for (size_t i = 0; i < all.rows && (int32_t)c >= category_from; i++)
            if (all.x[i * all.columns + c] >= (float)features[c].categories)
                features[c].categories = (int64_t)all.x[i * all.columns + c] + 1;
    }
    for (int run = 0; run < runs; run++) {
        mlc_context *ctx = NULL;
        mlc_error err = MLC_ERROR_INIT;
        mlc_context_options options = {.size = sizeof options, .threads = lanes};
        if (mlc_context_create(&options, &ctx, &err) != MLC_OK)
            return 1;
        mlc_task task = {.size = sizeof task,
                         .ctx = ctx,
                         .seed = getenv("SEED") ? (uint64_t)atoi(getenv("SEED")) : 1,
                         .rows = (int64_t)train,
                         .classes = classes,
                         .n_features = (int64_t)all.columns,
                         .features = features,
                         .target = y,
                         .read = task_read,
                         .row_keys = task_keys};
        mlc_value values[32];
        values_of(values, leaves, rounds, getenv("L2") ? getenv("L2") : "1",
                  getenv("MIN_HESSIAN") ? getenv("MIN_HESSIAN") : "1");
        mlc_slice slice = {.ctx = ctx, .deadline_us = INT64_MAX};
        void *state = NULL, *learner = NULL;
        double began = seconds_now(), binned = 0, loss;
        int32_t told = MLC_TRAIN_MORE, link;
        mlc_status status = mlci_train_gbdt.begin(NULL, values, &task, &state, &err);
        while (status == MLC_OK && told != MLC_TRAIN_DONE) {
            status = mlci_train_gbdt.step(state, &slice, &told, &loss, &err);
            if (binned == 0)
                binned = seconds_now() - began;
        }
        if (status == MLC_OK)
            status = mlci_train_gbdt.finish(state, -1, &link, &learner, &err);
        double total = seconds_now() - began;
        if (status != MLC_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        printf("{\"task\": \"%s\", \"lanes\": %u, \"leaves\": %s, \"rounds\": %s, \"s\": %.3f, "
               "\"bin_s\": %.3f, \"boost_s\": %.3f, \"peak_mb\": %.1f",
               name, lanes, leaves, rounds, total, binned, total - binned,
               (double)ctx->peak_bytes / 1048576 + (double)train * sizeof *y / 1048576);
        judge(learner, target.x, train, outputs, (size_t)classes);
        printf("}\n");
        fflush(stdout);
        mlci_learner_trees.release(ctx, learner);
        mlci_train_gbdt.release(ctx, state);
        mlc_context_destroy(ctx);
    }
    return 0;
}
