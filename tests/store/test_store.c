/*
 * test_store.c - datasets into the store and out of it: versions, sources, parts, removal
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/snapshot.h"
#include "support/tables.h"

static mlc_error err = MLC_ERROR_INIT;
static mlc_context *ctx;
static mlc_store *store;
static const char *path;

static mlc_store *opened(const char *name, const char *const *params)
{
    mlc_store *s = NULL;
    ck_assert_msg(mlc_store_open(ctx, name, params, &s, &err) == MLC_OK, "%s", err.message);
    return s;
}

static void setup(void)
{
    err = (mlc_error)MLC_ERROR_INIT;
    ctx = context_of(2);
    path = temp_path("store.db");
    store = opened(path, NULL);
}

static void teardown(void)
{
    mlc_store_destroy(store);
    mlc_context_destroy(ctx);
}

static mlc_dataset *stored(const char *name)
{
    mlc_dataset *d = NULL;
    ck_assert_msg(mlc_store_dataset(store, name, &d, &err) == MLC_OK, "%s", err.message);
    return d;
}

static int64_t faults(mlc_store *s)
{
    mlc_dataset *d = NULL;
    int64_t n;
    ck_assert_msg(mlc_store_verify(s, &d, &err) == MLC_OK, "%s", err.message);
    n = mlc_dataset_rows(d);
    mlc_dataset_destroy(d);
    return n;
}

static void same_rows(const mlc_dataset *a, const mlc_dataset *b)
{
    ck_assert(same_cells(a, b));
    for (size_t r = 0; r < (size_t)mlc_dataset_rows(a); r++)
        ck_assert(same_id(a, r, b, r));
}

static const char every_storage[] =
    "a:int8,b:int16,c:int32,d:int64,e:uint8,f:uint16,g:uint32,h:uint64,i:float32,j,k:bool,"
    "l:text,m:s,n:ms,o:us,p:ns\n"
    "-128,-32768,-2147483648,-9223372036854775808,255,65535,4294967295,18446744073709551615,"
    "0.5,0.1,1,x,-1,5,-9,77\n"
    ",,,,,,,,,,,,,,,\n"
    "127,32767,2147483647,9223372036854775807,0,0,0,9223372036854775808,-0.25,1e300,0,x y,0,"
    "9223372036854775807,3,0\n";

START_TEST(store_gives_back_every_storage_and_the_ids)
{
    mlc_dataset *d = dataset_of(ctx, every_storage), *back;
    int64_t version = 0;

    ck_assert_int_eq(mlc_store_put(store, "all", d, &version, &err), MLC_OK);
    ck_assert_int_eq(version, 1);
    back = stored("all");
    same_rows(d, back);
    ck_assert_int_eq(faults(store), 0);
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(store_keeps_ids_of_views_and_rows_chosen_twice)
{
    mlc_dataset *d = dataset_of(ctx, "a,b\n1,x\n2,y\n3,\n4,x\n5,z\n"), *view = NULL, *back;
    int64_t rows[] = {4, 1, 1, 0, 3};

    ck_assert_int_eq(mlc_dataset_take(d, rows, 5, &view, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_put(store, "view", view, NULL, &err), MLC_OK);
    back = stored("view");
    same_rows(view, back);
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(view);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(store_keeps_empty_datasets_with_their_columns)
{
    mlc_dataset *d = dataset_of(ctx, "a,b:text,c:us\n"), *back;

    ck_assert_int_eq(mlc_store_put(store, "none", d, NULL, &err), MLC_OK);
    back = stored("none");
    ck_assert(same_cells(d, back));
    mlc_dataset_destroy(back);
    ck_assert_int_eq(mlc_store_append(store, "none", d, NULL, &err), MLC_OK);
    back = stored("none@2");
    ck_assert(same_cells(d, back));
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(store_appends_and_keeps_the_versions_before)
{
    mlc_dataset *a = dataset_of(ctx, "n,t\n1,x\n2,y\n"), *b = dataset_of(ctx, "n,t\n3,x\n");
    mlc_dataset *both = NULL, *back;
    const mlc_dataset *list[] = {a, b};
    int64_t version;

    ck_assert_int_eq(mlc_store_append(store, "d", a, &version, &err), MLC_OK);
    ck_assert_int_eq(version, 1);
    ck_assert_int_eq(mlc_store_append(store, "d", b, &version, &err), MLC_OK);
    ck_assert_int_eq(version, 2);
    ck_assert_int_eq(mlc_dataset_append(list, 2, &both, &err), MLC_OK);
    back = stored("d");
    same_rows(both, back);
    mlc_dataset_destroy(back);
    back = stored("d@1");
    same_rows(a, back);
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(both);
    mlc_dataset_destroy(b);
    mlc_dataset_destroy(a);
    ck_assert_int_eq(faults(store), 0);
}
END_TEST

START_TEST(store_widens_what_is_appended_under_another_type)
{
    mlc_dataset *a = dataset_of(ctx, "n:int64,only\n1,5\n"),
                *b = dataset_of(ctx, "n,new:text\n2.5,q\n"),
                *c = dataset_of(ctx, "n:int64,only\n7,\n"), *both = NULL, *back;
    const mlc_dataset *list[] = {a, b, c};

    ck_assert_int_eq(mlc_store_append(store, "d", a, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_append(store, "d", b, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_append(store, "d", c, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_append(list, 3, &both, &err), MLC_OK);
    back = stored("d");
    same_rows(both, back);
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(both);
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
    mlc_dataset_destroy(c);
}
END_TEST

/* n rows as a text table, from a first number on. */
static mlc_dataset *numbered(size_t first, size_t n)
{
    mlci_buffer text = {.ctx = ctx};
    mlc_dataset *d;

    mlci_buffer_printf(&text, NULL, "id,price,name\n");
    for (size_t r = first; r < first + n; r++)
        mlci_buffer_printf(&text, NULL, "%zu,%.2f,name %llu\n", r,
                           (double)mlci_random_below(1, 1, r, 100000) / 100.0,
                           (unsigned long long)mlci_random_below(1, 2, r, 50));
    d = read_of(ctx, text.data, NULL, NULL);
    mlci_buffer_free(&text);
    return d;
}

START_TEST(store_reads_the_columns_and_rows_that_are_asked_for)
{
    mlc_dataset *d = numbered(0, 70000), *tail = numbered(70000, 3000), *all, *part = NULL,
                *slice = NULL, *chosen = NULL;
    static const int64_t ranges[][2] = {{0, 0},         {0, 1},      {65535, 2}, {65536, 1},
                                        {69999, 2},     {70000, 10}, {72999, 1}, {73000, 0},
                                        {60000, 12000}, {0, 73000}};
    char row[32], rows[32];

    ck_assert_int_eq(mlc_store_append(store, "d", d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_append(store, "d", tail, NULL, &err), MLC_OK);
    all = stored("d");
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++) {
        snprintf(row, sizeof row, "%d", (int)ranges[k][0]);
        snprintf(rows, sizeof rows, "%d", (int)ranges[k][1]);
        ck_assert_int_eq(
            mlc_store_part(store, "d",
                           MLC_PARAMS("row", row, "rows", rows, "columns", "name,id"), &part,
                           &err),
            MLC_OK);
        ck_assert_int_eq(mlc_dataset_slice(all, ranges[k][0], ranges[k][1], &slice, &err),
                         MLC_OK);
        ck_assert_int_eq(
            mlc_dataset_select(slice, (const char *const[]){"name", "id", NULL}, &chosen, &err),
            MLC_OK);
        same_rows(part, chosen);
        mlc_dataset_destroy(part);
        mlc_dataset_destroy(slice);
        mlc_dataset_destroy(chosen);
    }
    ck_assert_int_eq(mlc_store_part(store, "d", MLC_PARAMS("row", "73001"), &part, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_int_eq(mlc_store_part(store, "d", MLC_PARAMS("columns", "nam"), &part, &err),
                     MLC_ERROR_SCHEMA);
    ck_assert_ptr_nonnull(strstr(err.message, "did you mean 'name'"));
    mlc_dataset_destroy(all);
    mlc_dataset_destroy(tail);
    mlc_dataset_destroy(d);
}
END_TEST

static int64_t file_bytes(void)
{
    struct stat about;
    mlc_store_destroy(store); /* all is in the one file */
    ck_assert_int_eq(stat(path, &about), 0);
    store = opened(path, NULL);
    return about.st_size;
}

START_TEST(store_shares_what_versions_have_in_common)
{
    mlc_dataset *d = numbered(0, 200000), *more = numbered(200000, 2000);
    int64_t empty = file_bytes(), once, twice, again;

    ck_assert_int_eq(mlc_store_append(store, "d", d, NULL, &err), MLC_OK);
    once = file_bytes();
    ck_assert_int_eq(mlc_store_append(store, "d", more, NULL, &err), MLC_OK);
    twice = file_bytes();
    ck_assert_msg(twice - once < (once - empty) / 25, "%lld of %lld", (long long)(twice - once),
                  (long long)(once - empty)); /* 1 % more rows, in pages of 16 KiB */
    ck_assert_int_eq(mlc_store_put(store, "same", d, NULL, &err), MLC_OK);
    again = file_bytes();
    ck_assert_int_lt(again - twice, 65536);
    ck_assert_int_eq(mlc_store_remove(store, "d", &err), MLC_OK);
    ck_assert_int_eq(mlc_store_remove(store, "same", &err), MLC_OK);
    ck_assert_int_le(file_bytes(), empty + 65536);
    ck_assert_int_eq(faults(store), 0);
    mlc_dataset_destroy(more);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(store_joins_small_blocks_as_they_come)
{
    mlc_dataset *all = numbered(0, 300), *back;
    mlci_snapshot snapshot;

    for (int64_t r = 0; r < 300; r++) {
        mlc_dataset *one = NULL;
        ck_assert_int_eq(mlc_dataset_slice(all, r, 1, &one, &err), MLC_OK);
        ck_assert_int_eq(mlc_store_append(store, "d", one, NULL, &err), MLC_OK);
        mlc_dataset_destroy(one);
    }
    back = stored("d");
    same_rows(all, back);
    ck_assert_int_eq(mlci_snapshot_find(store, "d", 0, &snapshot, &err), MLC_OK);
    ck_assert_uint_le(snapshot.manifest.n_blocks, 10); /* 256 + 32 + 8 + 4 */
    mlci_snapshot_free(&snapshot);
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(all);
}
END_TEST

/* -------------------------------------------------------------------------- fetching */

static mlc_fetched fetched(const char *name, const char *source, const char *const *params)
{
    mlc_fetched f = {.size = sizeof f};
    ck_assert_msg(mlc_store_fetch(store, name, source, params, &f, &err) == MLC_OK, "%s",
                  err.message);
    return f;
}

START_TEST(fetch_brings_sources_together_and_up_to_date)
{
    const char *a = temp_text("a.csv", "x,y\n1,p\n2,q\n"),
               *b = temp_text("b.csv", "y,x\nr,3\n");
    mlc_fetched f = fetched("d", a, NULL);
    mlc_dataset *d, *wanted = dataset_of(ctx, "x:int64,y\n1,p\n2,q\n3,r\n");

    ck_assert_int_eq(f.version, 1);
    ck_assert_int_eq(f.rows, 2);
    f = fetched("d", b, NULL);
    ck_assert_int_eq(f.rows, 3);
    d = stored("d");
    ck_assert(same_cells(d, wanted));
    mlc_dataset_destroy(d);
    f = fetched("d", a, NULL); /* again: nothing twice, in the same order */
    ck_assert_int_eq(f.rows, 3);
    d = stored("d");
    ck_assert(same_cells(d, wanted));
    mlc_dataset_destroy(d);
    f = fetched("d", a, MLC_PARAMS("mode", "append"));
    ck_assert_int_eq(f.rows, 5);
    f = fetched("d", b, MLC_PARAMS("mode", "replace"));
    ck_assert_int_eq(f.rows, 1);
    mlc_dataset_destroy(wanted);
}
END_TEST

START_TEST(fetch_of_a_grown_file_keeps_the_ids_of_its_rows)
{
    const char *a = temp_text("g.csv", "x,y\n1,p\n2,q\n");
    mlc_dataset *before, *after, *last;

    fetched("d", a, NULL);
    before = stored("d");
    temp_text("g.csv", "x,y\n1,p\n2,q\n3,r\n");
    fetched("d", a, NULL);
    after = stored("d");
    ck_assert_int_eq(mlc_dataset_rows(after), 3);
    for (size_t r = 0; r < 2; r++)
        ck_assert(same_id(before, r, after, r));
    ck_assert(!same_id(before, 0, after, 2));
    temp_text("g.csv", "x,y\n9,p\n2,q\n3,r\n"); /* another file */
    fetched("d", a, NULL);
    last = stored("d");
    ck_assert_double_eq(number_at(last, 0, "x"), 9);
    ck_assert(!same_id(last, 0, before, 0));
    ck_assert(!same_id(last, 1, before, 1));
    mlc_dataset_destroy(last);
    mlc_dataset_destroy(after);
    mlc_dataset_destroy(before);
}
END_TEST

START_TEST(fetch_takes_patterns_in_order_and_tells_rejects)
{
    static const int others[] = {9, 4, 8, 3, 7, 6, 1, 5};
    char pattern[512], name[24], text[16];
    const char *one = temp_text("part-2.csv", "x\n2\n2,2\n");
    mlc_fetched f;
    mlc_dataset *d, *versions = NULL;

    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        snprintf(name, sizeof name, "part-%d.csv", others[k]);
        snprintf(text, sizeof text, "x\n%d\n", others[k]);
        temp_text(name, text);
    }
    snprintf(pattern, sizeof pattern, "%.*spart-?.csv", (int)(strlen(one) - 10), one);
    f = fetched("d", pattern, MLC_PARAMS("header", "yes"));
    ck_assert_int_eq(f.files, 9);
    ck_assert_int_eq(f.rows, 9);
    ck_assert_int_eq(f.rejected, 1);
    d = stored("d");
    for (size_t k = 0; k < 9; k++)
        ck_assert_double_eq(number_at(d, k, "x"), (double)k + 1);
    ck_assert_int_eq(mlc_store_versions(store, "d", &versions, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(versions), 9);
    ck_assert_str_eq(text_at(versions, 1, "source"), one);
    ck_assert_str_eq(text_at(versions, 1, "parameters"), "header=yes");
    ck_assert_double_eq(number_at(versions, 1, "rejected"), 1);
    ck_assert(missing_at(versions, 0, "parent"));
    mlc_dataset_destroy(versions);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(fetch_that_fails_leaves_the_dataset_as_it_was)
{
    const char *a = temp_text("f.csv", "x\n1\n");
    mlc_dataset *d;

    fetched("d", a, NULL);
    ck_assert_int_eq(mlc_store_fetch(store, "d", temp_path("absent.csv"), NULL, NULL, &err),
                     MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_store_fetch(store, "d", temp_path("absent*.csv"), NULL, NULL, &err),
                     MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_store_fetch(store, "d", a, MLC_PARAMS("mode", "refesh"), NULL, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_int_eq(mlc_store_fetch(store, "d", a, MLC_PARAMS("heder", "no"), NULL, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_ptr_nonnull(strstr(err.message, "header"));
    ck_assert_int_eq(
        mlc_store_fetch(store, "d", "postgresql://host/db?query=select", NULL, NULL, &err),
        MLC_ERROR_UNSUPPORTED);
    d = stored("d");
    ck_assert_int_eq(mlc_dataset_rows(d), 1);
    mlc_dataset_destroy(d);
    ck_assert_int_eq(faults(store), 0);
}
END_TEST

/* ----------------------------------------------------------------------- what is wrong */

START_TEST(store_tells_names_that_are_not_there)
{
    mlc_dataset *d = numbered(0, 3), *out = NULL;

    ck_assert_int_eq(mlc_store_put(store, "trades", d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_dataset(store, "trade", &out, &err), MLC_ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "did you mean 'trades'"));
    ck_assert_int_eq(mlc_store_dataset(store, "trades@2", &out, &err), MLC_ERROR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "1 from 1 to 1"));
    ck_assert_int_eq(mlc_store_dataset(store, "trades@x", &out, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_store_put(store, "a@b", d, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_store_put(store, "", d, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_store_put(store, NULL, d, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_store_put(NULL, "a", d, NULL, &err), MLC_ERROR_ARGUMENT);
    ck_assert_int_eq(mlc_store_remove(store, "nothing", &err), MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_store_remove(store, "trades@1", &err), MLC_OK);
    ck_assert_int_eq(mlc_store_dataset(store, "trades", &out, &err), MLC_ERROR_NOT_FOUND);
    int64_t version;
    ck_assert_int_eq(mlc_store_put(store, "trades", d, &version, &err), MLC_OK);
    ck_assert_int_eq(version, 2); /* numbers are not used again */
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(store_refuses_files_of_others)
{
    mlc_store *other = NULL;
    const char *text =
        temp_text("text.db", "this is no database at all, but it is long enough "
                             "to look like one if nobody looks inside of it ...");
    const char *none = temp_text("empty.db", "");

    ck_assert_int_eq(mlc_store_open(ctx, text, NULL, &other, &err), MLC_ERROR_FORMAT);
    ck_assert_int_eq(
        mlc_store_open(ctx, temp_path("no.db"), MLC_PARAMS("create", "no"), &other, &err),
        MLC_ERROR_NOT_FOUND);
    ck_assert_int_eq(mlc_store_open(ctx, none, MLC_PARAMS("create", "no"), &other, &err),
                     MLC_ERROR_FORMAT);
    ck_assert_int_eq(mlc_store_open(ctx, "postgresql://h/d", NULL, &other, &err),
                     MLC_ERROR_UNSUPPORTED);
    ck_assert_int_eq(mlc_store_open(ctx, "/nowhere/at/all.db", NULL, &other, &err),
                     MLC_ERROR_IO);
    ck_assert_int_eq(mlc_store_open(ctx, path, MLC_PARAMS("timeout_m", "1"), &other, &err),
                     MLC_ERROR_PARAMETER);
    ck_assert_ptr_nonnull(strstr(err.message, "timeout_ms"));
    for (size_t k = 0; k < 2; k++) { /* pages of our size, and of another */
        sqlite3 *db = NULL;
        ck_assert_int_eq(sqlite3_open(temp_path("theirs.db"), &db), SQLITE_OK);
        ck_assert_int_eq(sqlite3_exec(db,
                                      k == 0 ? "PRAGMA page_size = 16384; CREATE TABLE t(x)"
                                             : "CREATE TABLE t(x)",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
        sqlite3_close(db);
        ck_assert_int_eq(mlc_store_open(ctx, temp_path("theirs.db"), NULL, &other, &err),
                         MLC_ERROR_FORMAT);
        ck_assert_ptr_nonnull(strstr(err.message, "another program"));
        unlink(temp_path("theirs.db"));
    }
    ck_assert_int_eq(mlci_sql_run(store, "PRAGMA user_version = 2", &err), MLC_OK);
    mlc_store_destroy(store);
    ck_assert_int_eq(mlc_store_open(ctx, path, NULL, &other, &err), MLC_ERROR_VERSION);
    ck_assert_int_eq(mlc_store_open(ctx, none, NULL, &other, &err), MLC_OK);
    mlc_store_destroy(other);
    store = NULL;
}
END_TEST

START_TEST(store_that_is_read_only_is_read)
{
    mlc_dataset *d = numbered(0, 10), *back = NULL;
    mlc_store *reader;

    ck_assert_int_eq(mlc_store_put(store, "d", d, NULL, &err), MLC_OK);
    reader = opened(path, MLC_PARAMS("read_only", "yes")); /* beside the writer */
    ck_assert_int_eq(mlc_store_dataset(reader, "d", &back, &err), MLC_OK);
    same_rows(d, back);
    mlc_dataset_destroy(back);
    ck_assert_int_eq(mlc_store_put(reader, "d", d, NULL, &err), MLC_ERROR_IO);
    ck_assert_int_eq(mlc_store_remove(reader, "d", &err), MLC_ERROR_IO);
    mlc_store_destroy(reader);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(store_waits_for_a_writer_until_the_deadline)
{
    mlc_store *other = opened(path, MLC_PARAMS("timeout_ms", "30"));
    mlc_dataset *d = numbered(0, 10);

    ck_assert_int_eq(mlci_store_enter(store, &err), MLC_OK);
    ck_assert_int_eq(mlci_sql_write_begin(store, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_put(other, "d", d, NULL, &err), MLC_ERROR_BUSY);
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    ck_assert_int_eq(mlc_store_put(other, "d", d, NULL, &err), MLC_OK);
    mlc_dataset_destroy(d);
    mlc_store_destroy(other);
}
END_TEST

START_TEST(store_goes_on_from_what_another_writer_made)
{
    mlc_store *other = opened(path, NULL);
    mlc_dataset *a = numbered(0, 10), *b = numbered(10, 5), *back;

    for (int k = 0; k < 5; k++) { /* each from the version that the other made */
        ck_assert_int_eq(mlc_store_append(store, "d", a, NULL, &err), MLC_OK);
        ck_assert_int_eq(mlc_store_append(other, "d", b, NULL, &err), MLC_OK);
    }
    back = stored("d");
    ck_assert_int_eq(mlc_dataset_rows(back), 75);
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(a);
    mlc_dataset_destroy(b);
    mlc_store_destroy(other);
}
END_TEST

/* An executor that appends to "d" of another store before the lanes run: between reading the
 * version that is gone on from and putting the next one in. */
struct overtaker {
    mlc_store *other;
    const mlc_dataset *rows;
    int left; /* how many times still */
};

static void overtake(void *self, uint32_t lanes, void (*fn)(void *arg, uint32_t lane),
                     void *arg)
{
    struct overtaker *o = self;
    if (o->left > 0) {
        o->left--;
        ck_assert_int_eq(mlc_store_append(o->other, "d", o->rows, NULL, &err), MLC_OK);
    }
    for (uint32_t lane = 0; lane < lanes; lane++)
        fn(arg, lane);
}

START_TEST(store_redoes_what_another_writer_overtook)
{
    mlc_dataset *a = numbered(0, 10), *b = numbered(10, 5), *c = numbered(15, 20), *back, *all;
    const mlc_dataset *list[] = {a, b, c};
    struct overtaker overtaker = {store, b, 0};
    mlc_executor executor = {sizeof executor, &overtaker, 2, overtake};
    mlc_context_options options = {.size = sizeof options, .executor = &executor};
    mlc_context *own = NULL;
    mlc_store *slow = NULL;
    int64_t version;

    ck_assert_int_eq(mlc_context_create(&options, &own, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_open(own, path, NULL, &slow, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_append(slow, "d", a, NULL, &err), MLC_OK);
    overtaker.left = 1;
    ck_assert_int_eq(mlc_store_append(slow, "d", c, &version, &err), MLC_OK);
    ck_assert_int_eq(overtaker.left, 0);
    ck_assert_int_eq(version, 3);
    ck_assert_int_eq(mlc_dataset_append(list, 3, &all, &err), MLC_OK);
    back = stored("d");
    ck_assert(same_cells(back, all));
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(all);
    overtaker.left = INT_MAX; /* each time that it tries */
    ck_assert_msg(mlc_store_append(slow, "d", c, &version, &err) == MLC_ERROR_BUSY, "%s",
                  err.message);
    ck_assert_int_eq(faults(store), 0);
    mlc_store_destroy(slow);
    mlc_context_destroy(own);
    mlc_dataset_destroy(c);
    mlc_dataset_destroy(b);
    mlc_dataset_destroy(a);
}
END_TEST

/* ------------------------------------------------------------------------ every failure */

static mlc_status store_job(const mlc_allocator *allocator, const char *file)
{
    mlc_context_options options = {.size = sizeof options, .threads = 1};
    mlc_context *own = NULL;
    mlc_store *s = NULL;
    mlc_dataset *d = NULL, *e = NULL;
    mlc_status status;

    options.allocator = allocator;
    status = mlc_context_create(&options, &own, NULL);
    if (status == MLC_OK)
        status = mlc_store_open(own, file, NULL, &s, NULL);
    if (status == MLC_OK)
        status = mlc_dataset_read_memory(own, "a,b\n1,x\n2,y\n", 12, NULL, &d, NULL, NULL);
    if (status == MLC_OK)
        status = mlc_store_put(s, "d", d, NULL, NULL);
    if (status == MLC_OK)
        status = mlc_store_append(s, "d", d, NULL, NULL);
    if (status == MLC_OK)
        status = mlc_store_append(s, "d", d, NULL, NULL);
    if (status == MLC_OK)
        status = mlc_store_dataset(s, "d", &e, NULL);
    mlc_dataset_destroy(e);
    if (status == MLC_OK)
        status = mlc_store_list(s, &e, NULL);
    else
        e = NULL;
    mlc_dataset_destroy(e);
    if (status == MLC_OK)
        status = mlc_store_versions(s, "d", &e, NULL);
    else
        e = NULL;
    mlc_dataset_destroy(e);
    if (status == MLC_OK)
        status = mlc_store_verify(s, &e, NULL);
    else
        e = NULL;
    mlc_dataset_destroy(e);
    if (status == MLC_OK)
        status = mlc_store_remove(s, "d", NULL);
    mlc_dataset_destroy(d);
    mlc_store_destroy(s);
    mlc_context_destroy(own);
    return status;
}

START_TEST(store_survives_any_failed_allocation)
{
    const char *file = temp_path("faulty.db");
    uint64_t nth = 0, requests;

    do {
        struct faulty_heap heap;
        faulty_heap_init(&heap, ++nth);
        mlc_status status = store_job(&heap.allocator, file);
        requests = heap.requests;
        ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "%d at %d",
                      (int)status, (int)nth);
        ck_assert_uint_eq(heap.live_bytes, 0);
    } while (requests >= nth);
    ck_assert_uint_gt(nth, 100);
    mlc_store *s = opened(file, NULL);
    ck_assert_int_eq(faults(s), 0);
    mlc_store_destroy(s);
}
END_TEST

/* How many faults name the page. */
static int names_page(const mlc_dataset *table, uint64_t page)
{
    char name[48];
    int n = 0;

    sprintf(name, "file, page %d", (int)page);
    for (int64_t row = 0; row < mlc_dataset_rows(table); row++)
        n += strcmp(text_at(table, (size_t)row, "where"), name) == 0;
    return n;
}

START_TEST(store_finds_and_names_every_flipped_bit)
{
    mlc_dataset *d = numbered(0, 6000), *e = dataset_of(ctx, every_storage);
    size_t size, verified = 0, refused = 0;
    char *bytes, *copy = NULL, name[48];
    const char *broken = temp_path("broken.db");

    ck_assert_int_eq(mlc_store_put(store, "d", d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_put(store, "gone", d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_append(store, "d", e, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_store_remove(store, "gone", &err), MLC_OK); /* leaves holes */
    mlc_store_destroy(store);
    store = NULL;
    bytes = slurp(path, &size);
    ck_assert_ptr_nonnull(bytes);
    copy = malloc(size);
    for (size_t k = 0; k < 400; k++) {
        uint64_t bit = mlci_random_below(11, 1, k, 8 * size), page = bit / 8 / 16384 + 1;
        mlc_store *s = NULL;
        mlc_dataset *table = NULL;
        if (k < 100) /* of the page that says what the file is */
            bit = 8 * k + k % 8, page = 1;
        memcpy(copy, bytes, size);
        copy[bit / 8] ^= (char)(1 << bit % 8);
        temp_file("broken.db", copy, size);
        sprintf(name, "page %d ", (int)page);
        if (mlc_store_open(ctx, broken, NULL, &s, &err) != MLC_OK) {
            refused++;
            ck_assert_msg(strstr(err.message, name) != NULL || bit < 800, "bit %d: %s",
                          (int)bit, err.message);
        } else if (mlc_store_verify(s, &table, &err) != MLC_OK) {
            ck_abort_msg("bit %d: %s", (int)bit, err.message);
        } else {
            verified++;
            ck_assert_msg(names_page(table, page) == 1, "bit %d of page %d", (int)bit,
                          (int)page);
        }
        mlc_dataset_destroy(table);
        mlc_store_destroy(s);
        unlink(broken);
    }
    ck_assert_uint_ge(refused, 100);
    ck_assert_uint_gt(verified, 100);
    free(copy);
    free(bytes);
    mlc_dataset_destroy(e);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(store_names_the_chunk_that_is_damaged)
{
    mlc_dataset *d = numbered(0, 400), *table = NULL, *back = NULL;

    ck_assert_int_eq(mlc_store_put(store, "d", d, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlci_sql_run(store,
                                  "UPDATE chunk SET bytes = zeroblob(20) WHERE id = (SELECT"
                                  " chunk FROM placement WHERE field = 1)",
                                  &err),
                     MLC_OK);
    ck_assert_int_eq(mlc_store_verify(store, &table, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_rows(table), 1);
    ck_assert_str_eq(text_at(table, 0, "where"), "dataset d@1, block 0, column 1, chunk 0");
    ck_assert_int_eq(mlc_store_dataset(store, "d", &back, &err), MLC_ERROR_FORMAT);
    ck_assert_int_eq(mlc_store_part(store, "d", MLC_PARAMS("columns", "id"), &back, &err),
                     MLC_OK);
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(table);
    mlc_dataset_destroy(d);
}
END_TEST

Suite *suite_store(void);
Suite *suite_store(void)
{
    Suite *suite = suite_create("store");
    TCase *tcase = tcase_create("store");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 180);
    tcase_add_test(tcase, store_gives_back_every_storage_and_the_ids);
    tcase_add_test(tcase, store_keeps_ids_of_views_and_rows_chosen_twice);
    tcase_add_test(tcase, store_keeps_empty_datasets_with_their_columns);
    tcase_add_test(tcase, store_appends_and_keeps_the_versions_before);
    tcase_add_test(tcase, store_widens_what_is_appended_under_another_type);
    tcase_add_test(tcase, store_reads_the_columns_and_rows_that_are_asked_for);
    tcase_add_test(tcase, store_shares_what_versions_have_in_common);
    tcase_add_test(tcase, store_joins_small_blocks_as_they_come);
    tcase_add_test(tcase, fetch_brings_sources_together_and_up_to_date);
    tcase_add_test(tcase, fetch_of_a_grown_file_keeps_the_ids_of_its_rows);
    tcase_add_test(tcase, fetch_takes_patterns_in_order_and_tells_rejects);
    tcase_add_test(tcase, fetch_that_fails_leaves_the_dataset_as_it_was);
    tcase_add_test(tcase, store_tells_names_that_are_not_there);
    tcase_add_test(tcase, store_refuses_files_of_others);
    tcase_add_test(tcase, store_that_is_read_only_is_read);
    tcase_add_test(tcase, store_waits_for_a_writer_until_the_deadline);
    tcase_add_test(tcase, store_goes_on_from_what_another_writer_made);
    tcase_add_test(tcase, store_redoes_what_another_writer_overtook);
    tcase_add_test(tcase, store_survives_any_failed_allocation);
    tcase_add_test(tcase, store_finds_and_names_every_flipped_bit);
    tcase_add_test(tcase, store_names_the_chunk_that_is_damaged);
    suite_add_tcase(suite, tcase);
    return suite;
}
