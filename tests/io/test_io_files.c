/*
 * test_io_files.c - paths, gzip, pipes, the host's callbacks: what is read, left and refused
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "support/tables.h"

static mlc_context *ctx;
static mlc_error err;

static void begin(void)
{
    ctx = context_of(2);
    err = (mlc_error)MLC_ERROR_INIT;
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

static const char TEXT[] = "a,b\n1,x\n2,y\n";

static mlc_dataset *read_path(const char *path, const char *const *params)
{
    mlc_dataset *d = NULL;
    ck_assert_msg(mlc_dataset_read(ctx, path, params, &d, NULL, &err) == MLC_OK, "%s",
                  err.message);
    return d;
}

static mlc_status refuses(const char *path, const char *const *params)
{
    mlc_dataset *d = NULL;
    mlc_rejects *rejects = NULL;
    err = (mlc_error)MLC_ERROR_INIT;
    mlc_status status = mlc_dataset_read(ctx, path, params, &d, &rejects, &err);
    ck_assert_ptr_null(d);
    ck_assert_ptr_null(rejects);
    return status;
}

/* Gzip of a text by zlib itself. */
static size_t gzip_of(const char *text, size_t size, unsigned char *out, size_t room)
{
    z_stream z = {0};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)text;
    z.avail_in = (unsigned)size;
    z.next_out = out;
    z.avail_out = (unsigned)room;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = room - z.avail_out;
    deflateEnd(&z);
    return n;
}

START_TEST(ending_tells_the_format_whatever_its_case)
{
    static const char *const names[] = {"a.csv", "a.CSV", "b.tsv", "b.Tsv"};
    for (size_t i = 0; i < 4; i++) {
        mlc_dataset *d =
            read_path(temp_text(names[i], i < 2 ? TEXT : "a,c\tb\n1\tx\n2\ty\n"), NULL);
        ck_assert_int_eq(mlc_dataset_columns(d), 2);
        ck_assert_str_eq(text_at(d, 1, "b"), "y");
        mlc_dataset_destroy(d);
    }
    const char *path = temp_text("table.txt", TEXT);
    ck_assert_int_eq(refuses(path, NULL), MLC_ERROR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.message, "ends in '.txt'; known are .csv, .tsv"));
    mlc_dataset_destroy(read_path(path, MLC_PARAMS("format", "csv")));
}
END_TEST

START_TEST(what_cannot_be_opened_is_told)
{
    ck_assert_int_eq(refuses(temp_path("none.csv"), NULL), MLC_ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "none.csv': there is no such file"));
    ck_assert_int_eq(mkdir(temp_path("folder.csv"), 0755), 0);
    ck_assert_int_eq(refuses(temp_path("folder.csv"), NULL), MLC_ERROR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "it is a folder"));
    rmdir(temp_path("folder.csv"));
    const char *file = temp_text("plain.csv", TEXT);
    char below[4096];
    snprintf(below, sizeof below, "%s/x.csv", file);
    ck_assert_int_eq(refuses(below, NULL), MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(refuses(temp_text("empty.csv", ""), NULL), MLC_ERROR_DATA);
}
END_TEST

/* Another user than root, for whom the file's mode counts; in a process of its own. */
START_TEST(file_that_may_not_be_read_is_told)
{
    const char *path = temp_text("secret.csv", TEXT);
    ck_assert_int_eq(chmod(path, 0), 0);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(77);
        mlc_dataset *d = NULL;
        mlc_context *own = NULL;
        mlc_context_create(NULL, &own, NULL);
        mlc_status status = mlc_dataset_read(own, path, NULL, &d, NULL, &err);
        bool told = status == MLC_ERROR_IO && strstr(err.message, "permission denied") != NULL;
        if (status == MLC_ERROR_IO) /* and writing there, where no file may be made */
            told = told &&
                   mlc_dataset_read_memory(own, TEXT, sizeof TEXT - 1, NULL, &d, NULL, &err) ==
                       MLC_OK &&
                   mlc_dataset_write(d, "/none.csv", NULL, &err) == MLC_ERROR_IO;
        _exit(told ? 0 : 1);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        SKIP("cannot become another user");
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(gzip_members_are_one_text_and_zeros_behind_are_padding)
{
    unsigned char bytes[1000] = {0};
    size_t n = gzip_of(TEXT, sizeof TEXT - 1, bytes, sizeof bytes);
    n += gzip_of("3,z\n", 4, bytes + n, sizeof bytes - n);
    mlc_dataset *d = read_path(temp_file("a.csv.gz", bytes, n), NULL);
    ck_assert_int_eq(mlc_dataset_rows(d), 3);
    mlc_dataset_destroy(d);
    d = read_path(temp_file("b.csv", bytes, n + 300), NULL); /* told by its bytes */
    ck_assert_str_eq(text_at(d, 2, "b"), "z");
    mlc_dataset *plain = read_of(ctx, "a,b\n1,x\n2,y\n3,z\n", NULL, NULL);
    ck_assert(same_id(d, 2, plain, 2)); /* ids are of the text, not of its gzip */
    mlc_dataset_destroy(plain);
    mlc_dataset_destroy(d);
    bytes[n + 5] = 'x';
    ck_assert_int_eq(refuses(temp_file("c.csv.gz", bytes, n + 300), NULL), MLC_ERROR_FORMAT);
}
END_TEST

START_TEST(gzip_that_is_cut_short_or_damaged_is_an_error_at_every_byte)
{
    unsigned char bytes[1000], copy[1000];
    char text[400];
    size_t n = 0;
    for (int i = 0; i < 40; i++)
        n += (size_t)sprintf(text + n, "%d,%d\n", i, i * i);
    n = gzip_of(text, n, bytes, sizeof bytes);
    mlc_dataset *d = NULL;
    for (size_t cut = 3; cut < n; cut++) {
        ck_assert_int_eq(
            mlc_dataset_read_memory(ctx, bytes, (int64_t)cut, NULL, &d, NULL, &err),
            MLC_ERROR_FORMAT);
        ck_assert_ptr_nonnull(strstr(err.message, "cut short"));
        ck_assert_int_eq(err.byte_offset, cut);
    }
    for (size_t i = 10; i < n; i++) { /* behind the header, all is covered by the checksum */
        memcpy(copy, bytes, n);
        copy[i] ^= 0x10;
        ck_assert_msg(mlc_dataset_read_memory(ctx, copy, (int64_t)n, NULL, &d, NULL, &err) ==
                          MLC_ERROR_FORMAT,
                      "byte %d", (int)i);
    }
}
END_TEST

START_TEST(pipe_is_read_too_though_only_once)
{
    const char *path = temp_path("pipe.csv");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        FILE *out = fopen(path, "w");
        fputs("a,b\n", out);
        for (int i = 0; i < 100000; i++) /* a type that turns late: read twice */
            fprintf(out, "%d,x\n", i);
        fputs("007,x\n", out);
        _exit(fclose(out) != 0);
    }
    mlc_dataset *d = read_path(path, NULL);
    ck_assert_int_eq(mlc_dataset_rows(d), 100001);
    ck_assert_str_eq(text_at(d, 100000, "a"), "007");
    mlc_dataset_destroy(d);
    waitpid(child, NULL, 0);
    unlink(path);
}
END_TEST

/* ----------------------------------------------------------------- writing */

static int files_in(const char *folder)
{
    int n = 0;
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

START_TEST(written_file_appears_whole_and_alone)
{
    char folder[4000], path[4100], link_path[4100];
    snprintf(folder, sizeof folder, "%s", temp_path("out"));
    snprintf(path, sizeof path, "%s/t.csv", folder);
    snprintf(link_path, sizeof link_path, "%s/link.csv", folder);
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    mlc_dataset *d = read_of(ctx, TEXT, NULL, NULL);
    size_t size;
    struct stat about;
    for (int round = 0; round < 2; round++) {
        ck_assert_msg(mlc_dataset_write(d, path, NULL, &err) == MLC_OK, "%s", err.message);
        char *text = slurp(path, &size);
        ck_assert_str_eq(text, TEXT);
        free(text);
        ck_assert_int_eq(files_in(folder), 1);
        if (round == 0)
            ck_assert_int_eq(chmod(path, 0640), 0);
    }
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0640); /* the mode that was there stays */
    ck_assert_int_eq(symlink("t.csv", link_path), 0);
    ck_assert_int_eq(mlc_dataset_write(d, link_path, MLC_PARAMS("header", "no"), &err), MLC_OK);
    ck_assert_int_eq(lstat(link_path, &about), 0);
    ck_assert(S_ISLNK(about.st_mode));
    char *text = slurp(path, &size);
    ck_assert_str_eq(text, "1,x\n2,y\n");
    free(text);
    unlink(link_path);
    unlink(path);
    rmdir(folder);
    mlc_dataset_destroy(d);
}
END_TEST

static int32_t stop_now(void *self, const char *stage, uint64_t done, uint64_t total)
{
    (void)done;
    (void)total;
    return *(int *)self != 0 && strcmp(stage, "write") == 0;
}

START_TEST(failed_writing_leaves_the_old_file_and_nothing_else)
{
    char folder[4000], path[4100];
    int stop = 0;
    size_t size;
    snprintf(folder, sizeof folder, "%s", temp_path("kept"));
    snprintf(path, sizeof path, "%s/t.csv.gz", folder);
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    mlc_context_options options = {.size = sizeof options, .self = &stop, .progress = stop_now};
    mlc_context *own = NULL;
    ck_assert_int_eq(mlc_context_create(&options, &own, &err), MLC_OK);
    mlc_dataset *d = read_of(own, TEXT, NULL, NULL);
    ck_assert_int_eq(mlc_dataset_write(d, path, NULL, &err), MLC_OK);
    char *old = slurp(path, &size);
    size_t old_size = size;
    stop = 1;
    ck_assert_int_eq(mlc_dataset_write(d, path, MLC_PARAMS("level", "1"), &err),
                     MLC_ERROR_CANCELLED);
    char *now = slurp(path, &size);
    ck_assert_uint_eq(size, old_size);
    ck_assert_int_eq(memcmp(old, now, size), 0);
    ck_assert_int_eq(files_in(folder), 1);
    free(old);
    free(now);
    stop = 0;
    ck_assert_int_eq(mlc_dataset_write(d, folder, MLC_PARAMS("format", "csv"), &err),
                     MLC_ERROR_IO);
    ck_assert_int_eq(mlc_dataset_write(d, "/no/such/x.csv", NULL, &err), MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_dataset_write(d, "x.pdf", NULL, &err), MLC_ERROR_UNSUPPORTED);
    ck_assert_int_eq(mlc_dataset_write(d, "/dev/full", MLC_PARAMS("format", "csv"), &err),
                     MLC_ERROR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "the disk is full"));
    unlink(path);
    rmdir(folder);
    mlc_dataset_destroy(d);
    mlc_context_destroy(own);
}
END_TEST

START_TEST(gzip_that_is_written_reads_back_and_holds_no_time)
{
    mlc_dataset *d = read_of(ctx, TEXT, NULL, NULL);
    const char *path = temp_path("w.csv.gz");
    ck_assert_int_eq(mlc_dataset_write(d, path, NULL, &err), MLC_OK);
    size_t size;
    char *bytes = slurp(path, &size);
    ck_assert_int_eq(memcmp(bytes, "\x1f\x8b\x08\0\0\0\0\0", 8), 0); /* no name, no time */
    free(bytes);
    mlc_dataset *back = read_path(path, NULL);
    ck_assert(same_cells(d, back));
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(d);
}
END_TEST

struct host {
    char text[1000];
    size_t size;
    int refuse;
};

static int32_t host_write(void *self, const void *data, int64_t size)
{
    struct host *host = self;
    if (host->refuse)
        return -1;
    ck_assert_uint_lt(host->size + (size_t)size, sizeof host->text);
    memcpy(host->text + host->size, data, (size_t)size);
    host->size += (size_t)size;
    return 0;
}

START_TEST(host_takes_the_bytes_and_may_refuse)
{
    struct host host = {.size = 0};
    mlc_file file = {.size = sizeof file, .self = &host, .name = "x.tsv", .write = host_write};
    mlc_dataset *d = read_of(ctx, TEXT, NULL, NULL), *none = NULL;
    ck_assert_int_eq(mlc_dataset_write_file(d, &file, NULL, &err), MLC_OK);
    ck_assert_str_eq(host.text, "a\tb\n1\tx\n2\ty\n");
    host.refuse = 1;
    ck_assert_int_eq(mlc_dataset_write_file(d, &file, NULL, &err), MLC_ERROR_HOST);
    file.write = NULL;
    ck_assert_int_eq(mlc_dataset_write_file(d, &file, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_dataset_read_file(ctx, &file, NULL, &none, NULL, &err),
                     MLC_ERROR_ARGUMENT);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_io_files(void);
Suite *suite_io_files(void)
{
    Suite *s = suite_create("io_files");
    TCase *c = tcase_create("io_files");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, ending_tells_the_format_whatever_its_case);
    tcase_add_test(c, what_cannot_be_opened_is_told);
    tcase_add_test(c, file_that_may_not_be_read_is_told);
    tcase_add_test(c, gzip_members_are_one_text_and_zeros_behind_are_padding);
    tcase_add_test(c, gzip_that_is_cut_short_or_damaged_is_an_error_at_every_byte);
    tcase_add_test(c, pipe_is_read_too_though_only_once);
    tcase_add_test(c, written_file_appears_whole_and_alone);
    tcase_add_test(c, failed_writing_leaves_the_old_file_and_nothing_else);
    tcase_add_test(c, gzip_that_is_written_reads_back_and_holds_no_time);
    tcase_add_test(c, host_takes_the_bytes_and_may_refuse);
    suite_add_tcase(s, c);
    return s;
}
