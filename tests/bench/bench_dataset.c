/*
 * bench_dataset.c - columns: reading, hashing, splitting, joining, appending, building
 *
 *   bench_dataset [ROWS [LANES]]
 *
 * One line a task: seconds, the best of three, and what that is a cell or in bytes a second.
 */
#include "data/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BLOCK = 1024, RUNS = 3 };

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static size_t rows;
static volatile double sink;

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

static void tell(const char *what, double seconds, double cells, double bytes)
{
    printf("%-34s %8.4f s %8.2f ns a cell %8.2f GB/s\n", what, seconds, seconds * 1e9 / cells,
           bytes / seconds * 1e-9);
}

static mlc_dataset *column_of(int32_t storage, const char *name, size_t n, size_t different,
                              size_t gap)
{
    mlci_column_maker maker;
    mlci_column column;
    mlc_dataset *out = NULL;
    char text[24];

    need(mlci_maker_begin(&maker, ctx, storage, 0, n, &err));
    for (size_t r = 0; r < n; r++) {
        size_t v = r * 2654435761u % different;
        if (gap > 0 && r % gap == 0)
            need(mlci_maker_missing(&maker, &err));
        else if (storage == MLC_UTF8)
            need(mlci_maker_text(
                &maker, (mlci_slice){text, (size_t)snprintf(text, sizeof text, "value %zu", v)},
                &err));
        else
            need(mlci_maker_integer(&maker, (int64_t)v, &err));
    }
    need(mlci_maker_end(&maker, name, &column, &err));
    need(mlci_dataset_new(ctx, &column, 1, n, NULL, 0, &out, &err));
    return out;
}

static void read_all(const char *what, const mlc_dataset *d)
{
    double block[BLOCK], best = 1e9;
    uint32_t codes[BLOCK];
    size_t n = (size_t)mlc_dataset_rows(d);
    bool text = mlc_dataset_storage(d, 0) == MLC_UTF8;

    for (int run = 0; run < RUNS; run++) {
        double begin = seconds_now();
        for (size_t r = 0; r < n; r += BLOCK) {
            mlci_range range = {r, n - r < BLOCK ? n : r + BLOCK};
            if (text) {
                mlci_read_codes(d, 0, range, codes);
                sink = codes[0];
            } else {
                mlci_read_numbers(d, 0, range, block);
                sink = block[0];
            }
        }
        begin = seconds_now() - begin;
        best = begin < best ? begin : best;
    }
    tell(what, best, (double)n,
         (double)n * (double)mlci_storage_size(mlc_dataset_storage(d, 0)));
}

static void readers(void)
{
    static const struct {
        int32_t storage;
        size_t gap;
        const char *name;
    } kinds[] = {
        {MLC_FLOAT64, 0, "read float64"}, {MLC_FLOAT32, 0, "read float32"},
        {MLC_INT32, 0, "read int32"},     {MLC_INT32, 10, "read int32, a tenth missing"},
        {MLC_UINT8, 0, "read uint8"},     {MLC_UTF8, 0, "read codes of text"}};

    for (size_t k = 0; k < MLCI_COUNT_OF(kinds); k++) {
        mlc_dataset *d = column_of(kinds[k].storage, "c", rows, 100, kinds[k].gap), *v = NULL;
        char name[64];
        read_all(kinds[k].name, d);
        need(mlc_dataset_sample(d, (int64_t)rows / 2, 1, &v, &err));
        snprintf(name, sizeof name, "%s, half the rows", kinds[k].name);
        read_all(name, v);
        mlc_dataset_destroy(v);
        mlc_dataset_destroy(d);
    }
}

/* Run a job RUNS times on a dataset that `make` makes anew, as nothing is to be known of it. */
static double best_of(mlc_dataset *(*make)(void), void (*job)(mlc_dataset *d))
{
    double best = 1e9;

    for (int run = 0; run < RUNS; run++) {
        mlc_dataset *d = make();
        double begin = seconds_now();
        job(d);
        begin = seconds_now() - begin;
        best = begin < best ? begin : best;
        mlc_dataset_destroy(d);
    }
    return best;
}

static mlc_dataset *floats(void)
{
    return column_of(MLC_FLOAT64, "k", rows, rows, 0);
}

static mlc_dataset *floats_with_gaps(void)
{
    return column_of(MLC_FLOAT64, "k", rows, rows, 10);
}

static mlc_dataset *known_floats(void)
{
    mlc_dataset *d = floats();

    need(mlci_dataset_identify(d, &err));
    return d;
}

static mlc_dataset *texts(void)
{
    mlc_dataset *d = column_of(MLC_UTF8, "k", rows, 100000, 0);

    need(mlci_dataset_identify(d, &err));
    return d;
}

static void identify(mlc_dataset *d)
{
    need(mlci_dataset_identify(d, &err));
}

static void split(mlc_dataset *d)
{
    mlc_dataset *a = NULL, *b = NULL;

    need(mlc_dataset_split(d, NULL, &a, &b, &err));
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
}

static void stratify(mlc_dataset *d)
{
    mlc_dataset *a = NULL, *b = NULL;

    need(mlc_dataset_split(d, MLC_PARAMS("by", "stratified", "column", "k"), &a, &b, &err));
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
}

static void append(mlc_dataset *d)
{
    const mlc_dataset *twice[] = {d, d};
    mlc_dataset *out = NULL;

    need(mlc_dataset_append(twice, 2, &out, &err));
    mlc_dataset_destroy(out);
}

static mlc_dataset *right_side;

static void join(mlc_dataset *d)
{
    mlc_dataset *out = NULL;

    need(mlc_dataset_join(d, right_side, MLC_PARAMS("on", "k=r"), &out, &err));
    mlc_dataset_destroy(out);
}

static void keep_set(mlc_dataset *d)
{
    mlci_row_set *set = NULL;
    mlc_dataset *half = NULL;
    size_t seen;

    need(mlc_dataset_sample(d, (int64_t)rows / 2, 1, &half, &err));
    need(mlci_row_set_new(ctx, &set, &err));
    need(mlci_row_set_add(set, half, &err));
    need(mlci_row_set_count(set, d, &seen, NULL, &err));
    mlci_row_set_free(set);
    mlc_dataset_destroy(half);
}

struct record {
    double a, b;
    int32_t c;
    char t[12];
};

static void build(mlc_dataset *d)
{
    static const mlc_field fields[] = {MLC_FIELD(struct record, a), MLC_FIELD(struct record, b),
                                       MLC_FIELD(struct record, c),
                                       MLC_FIELD_CHARS(struct record, t)};
    struct record records[BLOCK];
    mlc_builder *builder = NULL;
    mlc_dataset *out = NULL;

    (void)d;
    for (size_t k = 0; k < BLOCK; k++) {
        records[k] = (struct record){.a = (double)k, .c = (int32_t)k};
        snprintf(records[k].t, sizeof records[k].t, "t %zu", k % 100);
    }
    need(mlc_builder_create(ctx, fields, 4, 1, &builder, &err));
    for (size_t r = 0; r < rows; r += BLOCK)
        need(mlc_builder_append(builder, 0, records, BLOCK, sizeof *records, &err));
    need(mlc_builder_finish(builder, &out, &err));
    mlc_dataset_destroy(out);
    mlc_builder_destroy(builder);
}

int main(int argc, char **argv)
{
    mlc_context_options options = {.size = sizeof options};
    double n;

    rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 4000000;
    options.threads = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 2;
    need(mlci_context_new(&options, &ctx, &err));
    n = (double)rows;
    printf("%zu rows, %u lanes\n", rows, mlci_lanes(ctx));
    readers();
    tell("hash float64", best_of(floats, identify), n, 8 * n);
    tell("hash float64, a tenth missing", best_of(floats_with_gaps, identify), n, 8 * n);
    tell("split at random", best_of(known_floats, split), n, 8 * n);
    tell("split, 100,000 texts stratified", best_of(texts, stratify), n, 4 * n);
    tell("append float64 to itself", best_of(known_floats, append), 2 * n, 16 * n);
    tell("append text to itself", best_of(texts, append), 2 * n, 8 * n);
    right_side = column_of(MLC_INT64, "r", 100000, 1000003, 0);
    tell("join, 100,000 right rows", best_of(known_floats, join), n, 8 * n);
    mlc_dataset_destroy(right_side);
    tell("set of half the rows, and asked", best_of(known_floats, keep_set), n, 8 * n);
    tell("build from structs of 4", best_of(floats, build), 4 * n, 32 * n);
    mlci_context_drop(ctx);
    return 0;
}
