/*
 * bench_csv.c - text tables read and written
 *
 *   bench_csv [FILE [LANES [once]]]
 *
 * Without a file one is made in memory: a million rows of integers, reals, dates, times, flags,
 * few and many texts, some quoted, 5 % empty. One line a task: seconds, the best of three, and
 * MB of text a second. `once` reads FILE a single time and prints seconds of the wall and of
 * the processor as JSON: what csv_peers.py runs in turn with pandas, polars and DuckDB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "mlcycle/io.h"

enum { RUNS = 3 };

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;

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

static char *made_text(size_t rows, size_t *size)
{
    static const char *const kinds[] = {"home", "garden", "toys", "office", "auto"};
    char *text = malloc(rows * 160 + 100);
    size_t n = (size_t)sprintf(text, "id,day,at,user,kind,price,lat,ok,note,sku\n");
    for (size_t i = 0; i < rows; i++) {
        uint64_t a = mlci_random(1, 1, i), b = mlci_random(1, 2, i);
        n += (size_t)sprintf(text + n, "%zu,2026-%02d-%02d,", i, (int)(a % 12) + 1,
                             (int)(a >> 8) % 28 + 1);
        if (a % 20)
            n += (size_t)sprintf(text + n, "2026-11-%02d %02d:%02d:%02d", (int)(b % 28) + 1,
                                 (int)(b >> 8) % 24, (int)(b >> 16) % 60, (int)(b >> 24) % 60);
        n += (size_t)sprintf(text + n, ",%d,%s,%.2f,%.6f,%s,", (int)(b % 2000000), kinds[a % 5],
                             (double)(a % 100000) / 100, (double)(b % 180000000) * 1e-6 - 90,
                             a % 9 ? "false" : "true");
        n += (size_t)sprintf(text + n, a % 3 ? "%s item,%c-%06d\n" : "\"%s, item\",%c-%06d\n",
                             kinds[b % 5], 'A' + (int)(a % 26), (int)(a >> 20) % 1000000);
    }
    *size = n;
    return text;
}

static double processor_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void read_once(const char *path)
{
    mlc_dataset *d = NULL;
    double began = seconds_now(), cpu = processor_now();
    need(mlc_dataset_read(ctx, path, NULL, &d, NULL, &err));
    printf("{\"s\": %.4f, \"cpu\": %.4f, \"rows\": %lld}\n", seconds_now() - began,
           processor_now() - cpu, (long long)mlc_dataset_rows(d));
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
}

static void tell(const char *what, double seconds, size_t bytes)
{
    printf("%-28s %8.3f s %8.1f MB/s\n", what, seconds, (double)bytes / seconds * 1e-6);
}

int main(int argc, char **argv)
{
    uint32_t lanes = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
    mlc_context_options options = {.size = sizeof options, .threads = lanes};
    mlc_dataset *d = NULL;
    mlc_bytes *bytes = NULL;
    size_t size = 0;
    char *text = NULL;
    double read = 1e9, write = 1e9;

    need(mlc_context_create(&options, &ctx, &err));
    if (argc > 3 && strcmp(argv[3], "once") == 0) {
        read_once(argv[1]);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "-") != 0) {
        FILE *f = fopen(argv[1], "rb");
        if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
            fprintf(stderr, "cannot open %s\n", argv[1]);
            return 1;
        }
        size = (size_t)ftell(f);
        fclose(f);
    } else {
        text = made_text(1000000, &size);
    }
    for (int run = 0; run < RUNS; run++) {
        mlc_dataset_destroy(d);
        double t = seconds_now();
        need(text != NULL
                 ? mlc_dataset_read_memory(ctx, text, (int64_t)size, NULL, &d, NULL, &err)
                 : mlc_dataset_read(ctx, argv[1], NULL, &d, NULL, &err));
        t = seconds_now() - t;
        read = t < read ? t : read;
    }
    printf("%lld rows x %lld columns, %.1f MB, %u lanes, peak %.1f MB beyond the text\n",
           (long long)mlc_dataset_rows(d), (long long)mlc_dataset_columns(d),
           (double)size * 1e-6, lanes, (double)mlc_context_peak_bytes(ctx) * 1e-6);
    tell("read", read, size);
    int64_t written = 0;
    for (int run = 0; run < RUNS; run++) {
        mlc_bytes_destroy(bytes);
        double t = seconds_now();
        need(mlc_dataset_write_memory(d, NULL, &bytes, &err));
        t = seconds_now() - t;
        write = t < write ? t : write;
        mlc_bytes_data(bytes, &written);
    }
    tell("write", write, (size_t)written);
    mlc_bytes_destroy(bytes);
    mlc_dataset_destroy(d);
    mlc_context_destroy(ctx);
    free(text);
    return 0;
}
