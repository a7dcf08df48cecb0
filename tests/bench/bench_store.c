/*
 * bench_store.c - a table into a store and out of it, beside reading it as text
 *
 *     bench_store FILE.csv STORE.db [LANES]
 *
 * store_peers.py makes the file, and the same in Parquet. Seconds are of the wall; the median
 * of three where nothing is written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mlcycle.h"

static mlc_error err = MLC_ERROR_INIT;

static void must(mlc_status status)
{
    if (status == MLC_OK)
        return;
    fprintf(stderr, "%s\n", err.message);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Bytes of the cells as they lie in memory. */
static double cell_bytes(const mlc_dataset *d)
{
    static const double sizes[] = {0, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 1, 4, 8, 8, 8, 8};
    double bytes = 0;
    for (int64_t c = 0; c < mlc_dataset_columns(d); c++)
        bytes += sizes[mlc_dataset_storage(d, c)] * (double)mlc_dataset_rows(d);
    return bytes;
}

static double file_bytes(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 ? (double)about.st_size : 0;
}

int main(int argc, char **argv)
{
    mlc_context_options options = {.size = sizeof options, .threads = 1};
    mlc_context *ctx;
    mlc_store *store;
    mlc_dataset *d;
    double seconds[3], read, fetch, start, bytes;

    if (argc < 3) {
        puts("bench_store FILE.csv STORE.db [LANES]: store_peers.py makes the file");
        return 77;
    }
    if (argc > 3)
        options.threads = (uint32_t)atoi(argv[3]);
    must(mlc_context_create(&options, &ctx, &err));
    unlink(argv[2]);
    for (int k = 0; k < 3; k++) {
        start = now();
        must(mlc_dataset_read(ctx, argv[1], NULL, &d, NULL, &err));
        seconds[k] = now() - start;
        bytes = cell_bytes(d);
        mlc_dataset_destroy(d);
    }
    qsort(seconds, 3, sizeof *seconds, by_value);
    read = seconds[1];
    must(mlc_store_open(ctx, argv[2], NULL, &store, &err));
    start = now();
    must(mlc_store_fetch(store, "t", argv[1], NULL, NULL, &err));
    fetch = now() - start;
    for (int k = 0; k < 3; k++) {
        start = now();
        must(mlc_store_dataset(store, "t", &d, &err));
        seconds[k] = now() - start;
        if (k < 2)
            mlc_dataset_destroy(d);
    }
    qsort(seconds, 3, sizeof *seconds, by_value);
    printf("%u lanes, %lld rows x %lld columns, %.0f MB of text, %.0f MB of cells\n",
           options.threads, (long long)mlc_dataset_rows(d), (long long)mlc_dataset_columns(d),
           file_bytes(argv[1]) / 1e6, bytes / 1e6);
    printf("read as text   %7.3f s\n", read);
    printf("fetch          %7.3f s   %.2f of the speed of reading\n", fetch, read / fetch);
    printf("scan           %7.3f s   %.2f GB/s of cells, %.2f GB/s a lane\n", seconds[1],
           bytes / seconds[1] / 1e9, bytes / seconds[1] / 1e9 / options.threads);
    mlc_dataset_destroy(d);
    for (int64_t c = 0; c < 10; c++) {
        static const char *const names[] = {"id",   "price", "amount", "score",   "country",
                                            "kind", "when",  "user",   "balance", "fraud"};
        start = now();
        if (mlc_store_part(store, "t", MLC_PARAMS("columns", names[c]), &d, NULL) != MLC_OK)
            continue;
        printf("  %-12s %7.3f s   %.2f GB/s\n", names[c], now() - start,
               cell_bytes(d) / (now() - start) / 1e9);
        mlc_dataset_destroy(d);
    }
    mlc_store_destroy(store);
    printf("store          %.1f MB\n", file_bytes(argv[2]) / 1e6);
    mlc_context_destroy(ctx);
    return 0;
}
