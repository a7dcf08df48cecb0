/*
 * prog_malloc.c - every malloc of the process failed in turn, through the whole path
 *
 * Interposes malloc and kin, so that what the dependencies allocate by themselves (the JSON
 * library, stdio) fails too: the first 3,000 requests one by one, then every 97th. Each run
 * ends well or with MLC_ERROR_NO_MEMORY, and gives back all it took.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/whole_path.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
int main(void)
{
    puts("malloc belongs to the sanitizer here");
    return 77;
}
#else

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *block);

static bool counting;
static unsigned long requests, fail_at;
static long live;

static bool refused(void)
{
    if (!counting || ++requests != fail_at)
        return false;
    errno = ENOMEM;
    return true;
}

static void *counted(void *block)
{
    live += counting && block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return refused() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return refused() ? NULL : counted(__libc_calloc(n, size));
}

void *realloc(void *block, size_t size)
{
    if (refused())
        return NULL;
    void *moved = __libc_realloc(block, size);
    live += counting && block == NULL && moved != NULL;
    return moved;
}

void *memalign(size_t align, size_t size)
{
    return refused() ? NULL : counted(__libc_memalign(align, size));
}

void *aligned_alloc(size_t align, size_t size)
{
    return memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    void *block = memalign(align, size);
    if (block == NULL)
        return ENOMEM;
    *out = block;
    return 0;
}

void free(void *block)
{
    live -= counting && block != NULL;
    __libc_free(block);
}

int main(int argc, char **argv)
{
    static struct whole_path w;
    static char file[4096];
    int64_t size;
    char *csv = whole_path_table(200, &size);
    mlc_status status;
    unsigned long runs = 0, nth = 0, told = 0;

    (void)argc;
    snprintf(file, sizeof file, "%s.mlcm", argv[0]);
    /* once through unfailed: what is made once a process (stdio, hash seeds) is made now */
    for (unsigned warm = 0;; warm += warm < 2) {
        mlc_error err = MLC_ERROR_INIT;
        mlc_context *ctx = NULL;
        memset(&w, 0, sizeof w);
        w.csv = csv;
        w.csv_size = size;
        w.algorithm = "gbdt";
        w.trees = "5";
        w.file = file;
        if (warm >= 2)
            fail_at = nth += nth < 3000 ? 1 : 97;
        requests = 0;
        live = 0;
        counting = true;
        status = mlc_context_create(NULL, &ctx, &err);
        if (status == MLC_OK)
            status = whole_path_run(ctx, &w, &err);
        mlc_context_destroy(ctx);
        counting = false;
        runs++;
        told += status == MLC_ERROR_NO_MEMORY;
        if (status != MLC_OK && status != MLC_ERROR_NO_MEMORY) {
            printf("request %lu failed: %s: %s\n", nth, mlc_status_name(status), err.message);
            return 1;
        }
        if (warm >= 1 && live != 0) {
            printf("request %lu failed: %ld blocks are left\n", nth, live);
            return 1;
        }
        if (warm < 2 && status != MLC_OK) {
            printf("without a fault: %s: %s\n", mlc_status_name(status), err.message);
            return 1;
        }
        if (warm >= 2 && requests < nth)
            break; /* past the last request */
    }
    remove(file);
    free(csv);
    printf("%lu runs, %lu told that memory was short, the last of %lu requests\n", runs, told,
           requests);
    return told > 100 ? 0 : 1;
}
#endif
