/*
 * files.c - temporary files, raw data, skipped tests
 *
 * One folder for the whole run, made by the runner before it forks and removed by it; each
 * test's process has a folder of its own inside, so tests do not meet. What is skipped is
 * counted in memory shared with the forked tests.
 */
#include "support/support.h"

#include <float.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char temp_root[256];
static _Atomic int *skipped_tests;

static void *text_room(size_t size)
{
    void *text = malloc(size);
    ck_assert_ptr_nonnull(text);
    return text;
}

/* Texts handed to tests live until the process ends; kept reachable, so no leak is told. */
struct kept_text {
    struct kept_text *next;
    char text[];
};
static struct kept_text *kept_texts;

static char *keep_text(const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    struct kept_text *kept = text_room(sizeof *kept + size);
    snprintf(kept->text, size, "%s%s%s", a, b, c);
    kept->next = kept_texts;
    kept_texts = kept;
    return kept->text;
}

const char *temp_path(const char *name)
{
    char folder[320];
    snprintf(folder, sizeof folder, "%s/%ld", temp_root, (long)getpid());
    mkdir(folder, 0700);
    return keep_text(folder, "/", name);
}

const char *temp_file(const char *name, const void *data, size_t size)
{
    const char *path = temp_path(name);
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

const char *temp_text(const char *name, const char *text)
{
    return temp_file(name, text, strlen(text));
}

char *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    size_t used = 0, room = 1 << 16;
    char *data = text_room(room);
    for (size_t got; (got = fread(data + used, 1, room - used - 1, file)) > 0;) {
        used += got;
        if (used + 1 == room) {
            data = realloc(data, room *= 2);
            ck_assert_ptr_nonnull(data);
        }
    }
    fclose(file);
    data[used] = 0;
    if (size != NULL)
        *size = used;
    return data;
}

const char *data_path(const char *name)
{
    const char *folder = getenv("MLC_DATA");
    if (folder == NULL || *folder == 0)
        folder = "../shared/data";
    const char *path = keep_text(folder, "/", name);
    return access(path, R_OK) == 0 ? path : NULL;
}

void skip_test(const char *test, const char *why)
{
    printf("  skipped %s: %s\n", test, why);
    fflush(stdout);
    if (skipped_tests != NULL)
        atomic_fetch_add(skipped_tests, 1);
}

bool long_doubles_are_whole(void)
{
    volatile long double one = 1, least = LDBL_EPSILON;
    return one + least > one;
}

bool instrumented(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#endif
#endif
    return getenv("MLC_EMULATED") != NULL;
}

void support_begin(void)
{
    const char *folder = getenv("TMPDIR");
    snprintf(temp_root, sizeof temp_root, "%s/mlcycle-test-XXXXXX",
             folder != NULL && *folder != 0 ? folder : "/tmp");
    if (mkdtemp(temp_root) == NULL) {
        perror(temp_root);
        exit(1);
    }
    skipped_tests = mmap(NULL, sizeof *skipped_tests, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (skipped_tests == MAP_FAILED)
        skipped_tests = NULL;
}

int support_skipped(void)
{
    return skipped_tests == NULL ? 0 : atomic_load(skipped_tests);
}

static int remove_one(const char *path, const struct stat *s, int flag, struct FTW *ftw)
{
    (void)s;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void support_end(void)
{
    nftw(temp_root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
