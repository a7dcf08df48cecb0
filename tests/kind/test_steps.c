/*
 * test_steps.c - what holds for every step of the library, and for lists of them
 *
 * Every kind that a context knows is walked; one that needs parameters has them in `needs`.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/steps.h"

static mlc_context *ctx;

static void begin(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

/* Lists that between them use every kind and what it can do. */
static const char *const lists[] = {
    "impute",
    "impute strategy=mean columns=x,y indicator=yes\nimpute strategy=constant value=none "
    "columns=c\nimpute strategy=mode columns=x,z,f",
    "missing values='NA|7|c3' least=-900 most=900",
    "standardize case=upper strip=c",
    "standardize columns=land convention=country to=alpha3 typos=1",
    "derive name=r as=x/y+1\nderive name=s as='concat(upper(c), ''-'', round(x))'\n"
    "derive name=w as='if(missing(when), -1, weekday(when)) + length(land)'\n"
    "derive name=when as='time(''2001-01-01'')' replace=yes",
    "onehot levels=5 least_count=3\nscale",
    "onehot columns=c keep=yes",
    "scale columns=x method=minmax\nscale columns=y method=robust\nscale columns=z method=maxabs",
    "range columns=x,z least=-20 most=20\nrange columns=y bounds=fences outside=missing",
    "range columns=x bounds=quantiles share=0.1 outside=quarantine\ndeduplicate columns=c,f,x,y",
    "ordinal columns=c\nordinal columns=land order=US,Germany unknown=last",
    "select columns=x,c,f",
    "drop columns=x,c",
    "standardize columns=land convention=country\nimpute\nderive name=k as='x * y'\n"
    "onehot columns=land,c\ndrop columns=x\nscale columns=y,k",
};
enum { N_LISTS = sizeof lists / sizeof *lists };

/* Rows of every type with gaps; lines of `land` as people write them. */
static mlc_dataset *mixed(mlc_context *in, size_t rows)
{
    static const char *const lands[] = {
        "US",           "U.S.A.",        "Germany",
        "germany ",     "Atlantis",      "",
        "Korea, South", "Unites States", "C\xC3\xB4te d'Ivoire"};
    size_t room = 100 * rows + 200, size;
    char *text = malloc(room);
    ck_assert_ptr_nonnull(text);
    size = (size_t)snprintf(text, room, "x,y,z:int16,c,land,f:bool,when:s\n");
    for (size_t r = 0; r < rows; r++) {
        size_t a = r * 2654435761u % 1009, b = r * 40503u % 577;
        if (a % 7 != 0)
            size += (size_t)snprintf(text + size, room - size, "%g", (double)a / 8 - 50);
        size += (size_t)snprintf(text + size, room - size, ",%zu,", b % 20);
        if (b % 5 != 0)
            size += (size_t)snprintf(text + size, room - size, "%d", (int)(a % 13) - 6);
        size += (size_t)snprintf(text + size, room - size, ",");
        if (a % 11 != 0)
            size += (size_t)snprintf(text + size, room - size, "c%zu", b % 12);
        size += (size_t)snprintf(text + size, room - size, ",%s,", lands[b % 9]);
        if (a % 3 != 0)
            size += (size_t)snprintf(text + size, room - size, "%d", a % 2 == 0);
        size += (size_t)snprintf(text + size, room - size, ",");
        if (b % 4 != 0)
            size += (size_t)snprintf(text + size, room - size, "%zu", a * 86400 * 20);
        size += (size_t)snprintf(text + size, room - size, "\n");
    }
    mlc_dataset *d = dataset_of(in, text);
    free(text);
    return d;
}

static mlc_context *context_with(const mlc_executor *executor, const mlc_allocator *allocator)
{
    mlc_context_options options = {.size = sizeof options};
    mlc_context *made = NULL;
    options.executor = executor;
    options.allocator = allocator;
    ck_assert_int_eq(mlc_context_create(&options, &made, NULL), MLC_OK);
    return made;
}

START_TEST(every_kind_is_used_by_a_list_and_tells_what_it_is)
{
    const mlc_step_kind *kind;
    for (int64_t k = 0; (kind = mlc_step_at(ctx, k)) != NULL; k++) {
        bool used = false;
        for (size_t l = 0; l < N_LISTS; l++)
            for (const char *at = lists[l]; at != NULL; at = strchr(at, '\n')) {
                at += *at == '\n';
                used = used || (strncmp(at, kind->name, strlen(kind->name)) == 0 &&
                                strchr(" \n", at[strlen(kind->name)]) != NULL);
            }
        ck_assert_msg(used, "no list uses %s", kind->name);
        ck_assert_uint_gt(strlen(kind->about), 10);
        for (int64_t p = 0; p < kind->n_params; p++)
            ck_assert_msg(kind->params[p].help != NULL && strlen(kind->params[p].help) > 5,
                          "%s.%s", kind->name, kind->params[p].name);
        if (k > 0)
            ck_assert_int_lt(strcmp(mlc_step_at(ctx, k - 1)->name, kind->name), 0);
    }
}
END_TEST

START_TEST(every_kind_refuses_parameters_out_of_range)
{
    const mlc_step_kind *kind;
    for (int64_t k = 0; (kind = mlc_step_at(ctx, k)) != NULL; k++) {
        mlci_steps *steps = NULL;
        mlc_error err = MLC_ERROR_INIT;
        ck_assert_int_eq(mlci_steps_new(ctx, &steps, NULL), MLC_OK);
        ck_assert_int_eq(mlci_steps_add(steps, kind, MLC_PARAMS("no_such", "1"), &err),
                         MLC_ERROR_PARAMETER);
        ck_assert_ptr_nonnull(strstr(err.message, kind->name));
        for (int64_t p = 0; p < kind->n_params; p++) {
            const mlc_param *param = &kind->params[p];
            char text[64];
            if (param->type == MLC_PARAM_CHOICE || param->type == MLC_PARAM_FLAG) {
                ck_assert_int_eq(
                    mlci_steps_add(steps, kind, MLC_PARAMS(param->name, "perhaps"), NULL),
                    MLC_ERROR_PARAMETER);
            } else if (param->type == MLC_PARAM_COUNT || param->type == MLC_PARAM_REAL) {
                ck_assert_int_eq(
                    mlci_steps_add(steps, kind, MLC_PARAMS(param->name, "few"), NULL),
                    MLC_ERROR_PARAMETER);
                if (param->least == 0 && param->most == 0)
                    continue;
                for (int above = 0; above < 2; above++) {
                    text[mlci_format_double(above ? param->most + 1 : param->least - 1, text)] =
                        0;
                    ck_assert_int_eq(
                        mlci_steps_add(steps, kind, MLC_PARAMS(param->name, text), NULL),
                        MLC_ERROR_PARAMETER);
                }
            }
        }
        ck_assert_uint_eq(mlci_steps_count(steps), 0);
        mlci_steps_free(steps);
    }
}
END_TEST

START_TEST(every_list_saves_and_loads_to_the_same_bytes_and_cells)
{
    mlc_dataset *d = mixed(ctx, 300);
    for (size_t l = 0; l < N_LISTS; l++) {
        mlci_steps *steps = steps_of(ctx, lists[l]), *again, *third;
        mlci_buffer bytes = {.ctx = ctx}, more = {.ctx = ctx};
        mlc_dataset *out = NULL, *other = NULL;
        ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
        again = steps_again(ctx, steps, &bytes);
        third = steps_again(ctx, again, &more);
        ck_assert(bytes.size == more.size && memcmp(bytes.data, more.data, more.size) == 0);
        ck_assert_int_eq(mlci_steps_apply(steps, d, NULL, &out, NULL, NULL), MLC_OK);
        ck_assert_int_eq(mlci_steps_apply(again, d, NULL, &other, NULL, NULL), MLC_OK);
        ck_assert_msg(same_cells(out, other), "%s", lists[l]);
        mlc_dataset_destroy(out);
        mlc_dataset_destroy(other);
        mlci_buffer_free(&bytes);
        mlci_buffer_free(&more);
        mlci_steps_free(third);
        mlci_steps_free(again);
        mlci_steps_free(steps);
    }
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(one_row_gets_the_same_bits_as_many)
{
    mlc_dataset *d = mixed(ctx, 300);
    for (size_t l = 0; l < N_LISTS; l++) {
        mlci_steps *steps = steps_of(ctx, lists[l]);
        mlc_dataset *fitted = NULL, *out = NULL;
        ck_assert_int_eq(mlci_steps_fit(steps, d, &fitted, NULL), MLC_OK);
        ck_assert_int_eq(mlci_steps_apply(steps, d, NULL, &out, NULL, NULL), MLC_OK);
        /* steps of scope fit drop rows while fitting, and never afterwards */
        ck_assert(mlc_dataset_rows(fitted) < 300 || same_cells(fitted, out));
        ck_assert(same_id(d, 299, out, 299));
        ck_assert_msg(plan_agrees(steps, d, out, 1), "%s", lists[l]);
        ck_assert_msg(plan_agrees(steps, d, out, 7), "%s", lists[l]);
        mlc_dataset_destroy(fitted);
        mlc_dataset_destroy(out);
        mlci_steps_free(steps);
    }
    mlc_dataset_destroy(d);
}
END_TEST

/* A few rows have larger dictionaries than rows, so they go by rows; many go by dictionaries.
 */
START_TEST(rows_of_a_view_are_those_of_the_whole)
{
    mlc_dataset *d = mixed(ctx, 300);
    for (size_t l = 0; l < N_LISTS; l++) {
        mlci_steps *steps = steps_of(ctx, lists[l]);
        mlc_dataset *out = NULL;
        ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
        ck_assert_int_eq(mlci_steps_apply(steps, d, NULL, &out, NULL, NULL), MLC_OK);
        for (int64_t n = 1; n <= 31; n += 10) {
            mlc_dataset *part = NULL, *want = NULL, *got = NULL;
            ck_assert_int_eq(mlc_dataset_slice(d, 250 - n, n, &part, NULL), MLC_OK);
            ck_assert_int_eq(mlc_dataset_slice(out, 250 - n, n, &want, NULL), MLC_OK);
            ck_assert_int_eq(mlci_steps_apply(steps, part, NULL, &got, NULL, NULL), MLC_OK);
            for (size_t c = 0; c < (size_t)mlc_dataset_columns(want); c++) {
                const char *name = mlc_dataset_column_name(want, (int64_t)c);
                ck_assert_str_eq(name, mlc_dataset_column_name(got, (int64_t)c));
                for (size_t r = 0; r < (size_t)n; r++) {
                    ck_assert_int_eq(missing_at(want, r, name), missing_at(got, r, name));
                    if (missing_at(want, r, name))
                        continue;
                    if (mlc_dataset_storage(want, (int64_t)c) == MLC_UTF8)
                        ck_assert_str_eq(text_at(want, r, name), text_at(got, r, name));
                    else
                        ck_assert(number_at(want, r, name) == number_at(got, r, name));
                }
            }
            mlc_dataset_destroy(got);
            mlc_dataset_destroy(want);
            mlc_dataset_destroy(part);
        }
        mlc_dataset_destroy(out);
        mlci_steps_free(steps);
    }
    mlc_dataset_destroy(d);
}
END_TEST

/* Enough rows for several chunks; texts that differ in every row go by rows. */
static mlc_dataset *long_one(mlc_context *in, size_t rows)
{
    mlci_column_maker makers[3];
    mlci_column columns[3];
    static const char *const names[] = {"x", "c", "id"};
    memset(makers, 0, sizeof makers);
    for (size_t c = 0; c < 3; c++)
        ck_assert_int_eq(mlci_maker_begin(&makers[c], in, c == 0 ? MLC_FLOAT64 : MLC_UTF8,
                                          c == 0 ? MLC_NUMBER : MLC_TEXT, rows, NULL),
                         MLC_OK);
    for (size_t r = 0; r < rows; r++) {
        char text[32];
        size_t a = r * 2654435761u % 100003;
        mlci_maker_number(&makers[0], a % 9 == 0 ? (double)NAN : (double)a / 3, NULL);
        snprintf(text, sizeof text, "%s%zu", a % 2 == 0 ? "k" : " K", a % 50);
        mlci_maker_text(&makers[1], mlci_slice_of(text), NULL);
        snprintf(text, sizeof text, "Id%zu", a);
        mlci_maker_text(&makers[2], mlci_slice_of(text), NULL);
    }
    for (size_t c = 0; c < 3; c++)
        ck_assert_int_eq(mlci_maker_end(&makers[c], names[c], &columns[c], NULL), MLC_OK);
    mlc_dataset *d = NULL;
    ck_assert_int_eq(mlci_dataset_new(in, columns, 3, rows, NULL, 0, &d, NULL), MLC_OK);
    return d;
}

START_TEST(lanes_change_nothing)
{
    static const char list[] = "standardize case=lower\nderive name=k as='concat(id, c)'\n"
                               "standardize columns=id convention=country\nimpute\n"
                               "onehot columns=c\nscale columns=x";
    mlc_executor executors[] = {serial_executor(1), serial_executor(3), reversed_executor(8),
                                threaded_executor(2)};
    mlci_steps_report first = {0};
    mlc_dataset *want = NULL;
    mlci_buffer bytes = {.ctx = NULL};
    mlc_context *kept = NULL; /* the first run's, whose answers the others are held against */
    for (size_t e = 0; e < sizeof executors / sizeof *executors; e++) {
        mlc_context *in = context_with(&executors[e], NULL);
        mlc_dataset *d = long_one(in, 50000), *out = NULL;
        mlci_steps *steps = steps_of(in, list), *again;
        mlci_steps_report report;
        mlci_buffer more = {.ctx = in};
        ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
        ck_assert_int_eq(mlci_steps_apply(steps, d, NULL, &out, &report, NULL), MLC_OK);
        again = steps_again(in, steps, &more);
        ck_assert_uint_gt(report.n_unknown, 1000);
        if (e == 0) {
            want = out;
            first = report;
            bytes = more;
            kept = in;
            ck_assert(plan_agrees(steps, d, out, 1000)); /* chunks were put together rightly */
        } else {
            ck_assert(same_cells(want, out));
            ck_assert(more.size == bytes.size && memcmp(more.data, bytes.data, more.size) == 0);
            ck_assert_uint_eq(first.n_unknown, report.n_unknown);
            for (size_t u = 0; u < report.n_unknown; u++)
                ck_assert_str_eq(first.unknown[u].value, report.unknown[u].value);
            for (size_t s = 0; s < report.n_steps; s++)
                ck_assert_uint_eq(first.changed[s], report.changed[s]);
            mlc_dataset_destroy(out);
            mlci_steps_report_free(&report);
            mlci_buffer_free(&more);
        }
        mlci_steps_free(again);
        mlci_steps_free(steps);
        mlc_dataset_destroy(d);
        if (e > 0)
            mlc_context_destroy(in);
    }
    mlc_dataset_destroy(want);
    mlci_steps_report_free(&first);
    mlci_buffer_free(&bytes);
    mlc_context_destroy(kept);
}
END_TEST

/* Fit, apply with a report, save, load, plan; what fails must fail for want of memory alone. */
static mlc_status whole_job(mlc_context *in, const char *list, const mlc_dataset *d)
{
    mlci_steps *steps = NULL, *again = NULL;
    mlci_steps_report report = {0};
    mlc_dataset *out = NULL;
    mlc_writer *writer = NULL;
    mlc_reader *reader = NULL;
    mlci_step_plan *plan = NULL;
    mlci_buffer bytes = {.ctx = in};
    mlc_error err = MLC_ERROR_INIT;
    mlc_status status = steps_try(in, list, &steps, &err);
    if (status == MLC_OK)
        status = mlci_steps_fit(steps, d, NULL, &err);
    if (status == MLC_OK)
        status = mlci_steps_apply(steps, d, NULL, &out, &report, &err);
    if (status == MLC_OK)
        status = mlci_writer_new(in, &writer, &err);
    if (status == MLC_OK)
        status = mlci_steps_save(steps, writer, &err);
    if (status == MLC_OK)
        status = mlci_writer_bytes(writer, "{}", &bytes, &err);
    if (status == MLC_OK)
        status = mlci_reader_new(in, bytes.data, bytes.size, false, &reader, &err);
    if (status == MLC_OK)
        status = mlci_steps_load(in, reader, &again, &err);
    if (status == MLC_OK)
        status = mlci_step_plan_new(again, NULL, 4, 256, true, &plan, &err);
    ck_assert_msg(status == err.code, "%d, %d: %s", status, err.code, err.message);
    mlci_step_plan_free(plan);
    mlci_steps_free(again);
    mlci_reader_free(reader);
    mlci_writer_free(writer);
    mlci_buffer_free(&bytes);
    mlc_dataset_destroy(out);
    mlci_steps_report_free(&report);
    mlci_steps_free(steps);
    return status;
}

START_TEST(every_list_survives_any_failed_allocation)
{
    struct faulty_heap heap;
    faulty_heap_init(&heap, 0);
    mlc_context *in = context_with(NULL, &heap.allocator);
    mlc_dataset *d = mixed(in, 40);
    uint64_t live = heap.live_bytes;
    for (size_t l = (size_t)_i; l < (size_t)_i + 1; l++) {
        mlc_status status = MLC_ERROR_NO_MEMORY;
        uint64_t before;
        /* the dataset's own lazy parts are made once, outside of the count */
        ck_assert_int_eq(whole_job(in, lists[l], d), MLC_OK);
        live = heap.live_bytes;
        for (uint64_t nth = 1; status != MLC_OK; nth++) {
            before = heap.requests;
            heap.fail_at = before + nth;
            status = whole_job(in, lists[l], d);
            ck_assert_msg(status == MLC_OK || status == MLC_ERROR_NO_MEMORY, "%s: %s", lists[l],
                          mlc_status_name(status));
            ck_assert_msg(heap.live_bytes == live, "%s, allocation %llu", lists[l],
                          (unsigned long long)nth);
        }
        heap.fail_at = 0;
    }
    mlc_dataset_destroy(d);
    mlc_context_destroy(in);
    ck_assert_uint_eq(heap.live_bytes, 0);
}
END_TEST

/* Bytes from a stranger: whatever loads must also run. */
START_TEST(no_changed_byte_of_a_saved_list_does_harm)
{
    mlc_dataset *d = mixed(ctx, 30);
    mlci_steps *steps = steps_of(ctx, lists[_i]), *again;
    mlci_buffer bytes = {.ctx = ctx};
    size_t loaded = 0, refused = 0;
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
    again = steps_again(ctx, steps, &bytes);
    mlci_steps_free(again);
    for (size_t at = 8; at < bytes.size; at += instrumented() ? 37 : 3) {
        for (int bit = 0; bit < 8; bit += 7) {
            mlc_reader *reader = NULL;
            mlc_dataset *out = NULL;
            bytes.data[at] = (char)(bytes.data[at] ^ (1 << bit));
            again = NULL;
            if (mlci_reader_new(ctx, bytes.data, bytes.size, true, &reader, NULL) == MLC_OK &&
                mlci_steps_load(ctx, reader, &again, NULL) == MLC_OK) {
                mlci_steps_apply(again, d, NULL, &out, NULL, NULL);
                loaded++;
            } else {
                ck_assert_ptr_null(again);
                refused++;
            }
            mlc_dataset_destroy(out);
            mlci_steps_free(again);
            mlci_reader_free(reader);
            bytes.data[at] = (char)(bytes.data[at] ^ (1 << bit));
        }
    }
    ck_assert_uint_gt(refused, 100);
    mlci_buffer_free(&bytes);
    mlci_steps_free(steps);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(a_model_asks_only_for_what_its_features_need)
{
    mlc_dataset *d = mixed(ctx, 50), *part = NULL, *out = NULL;
    mlci_steps *steps = steps_of(ctx, "impute columns=x,y\nderive name=k as='x + z'\n"
                                      "standardize columns=land\ndrop columns=f");
    uint8_t wanted[7] = {0}, needed[7];
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
    ck_assert_uint_eq(mlci_steps_inputs(steps), 7);
    ck_assert_uint_eq(mlci_steps_outputs(steps), 7);
    ck_assert_str_eq(mlci_steps_output(steps, 6)->name, "k");
    wanted[6] = 1;
    ck_assert_int_eq(mlci_steps_needed(steps, wanted, needed, NULL), MLC_OK);
    for (size_t i = 0; i < 7; i++)
        ck_assert_int_eq(needed[i], (i == 0 || i == 2)); /* x and z */
    ck_assert_int_eq(mlci_steps_needed(steps, NULL, needed, NULL), MLC_OK);
    ck_assert_int_eq(needed[5], 0); /* f is dropped */
    ck_assert_int_eq(needed[4], 1);

    const char *const names[] = {"z", "x", NULL};
    ck_assert_int_eq(mlc_dataset_select(d, names, &part, NULL), MLC_OK);
    ck_assert_int_eq(mlci_steps_apply(steps, part, wanted, &out, NULL, NULL), MLC_OK);
    ck_assert_int_eq(mlc_dataset_columns(out), 1);
    ck_assert_str_eq(mlc_dataset_column_name(out, 0), "k");
    mlc_dataset_destroy(out);
    ck_assert_int_eq(mlci_steps_apply(steps, part, NULL, &out, NULL, NULL), MLC_ERROR_SCHEMA);
    ck_assert_ptr_null(out);
    mlc_dataset_destroy(part);
    mlci_steps_free(steps);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(what_no_step_knows_passes_behind_and_may_not_be_doubled)
{
    mlc_dataset *d = dataset_of(ctx, "a,b\n1,2\n,4\n"), *out = NULL;
    mlc_dataset *wide = dataset_of(ctx, "more,b,a\nx,5,6\ny,7,\n");
    mlc_dataset *taken = dataset_of(ctx, "s,b,a\n1,5,6\n");
    mlc_dataset *texts = dataset_of(ctx, "a,b\nu,1\n");
    mlci_steps *steps = steps_of(ctx, "impute columns=a\nderive name=s as=a+b");
    mlc_error err = MLC_ERROR_INIT;
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
    ck_assert_int_eq(mlci_steps_apply(steps, wide, NULL, &out, NULL, &err), MLC_OK);
    ck_assert_int_eq(mlc_dataset_columns(out), 4);
    ck_assert_str_eq(mlc_dataset_column_name(out, 0), "a");
    ck_assert_str_eq(mlc_dataset_column_name(out, 2), "s");
    ck_assert_str_eq(mlc_dataset_column_name(out, 3), "more");
    ck_assert_double_eq(number_at(out, 1, "s"), 8);
    ck_assert_str_eq(text_at(out, 1, "more"), "y");
    mlc_dataset_destroy(out);
    ck_assert_int_eq(mlci_steps_apply(steps, taken, NULL, &out, NULL, &err), MLC_ERROR_SCHEMA);
    ck_assert_str_eq(
        err.message,
        "step 2 (derive): the dataset has a column 's' already, which this step adds");
    ck_assert_int_eq(mlci_steps_apply(steps, texts, NULL, &out, NULL, &err), MLC_ERROR_SCHEMA);
    ck_assert_str_eq(err.column_name, "a");
    mlci_steps_free(steps);
    mlc_dataset_destroy(texts);
    mlc_dataset_destroy(taken);
    mlc_dataset_destroy(wide);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(untouched_and_unchanged_columns_are_shared)
{
    mlc_dataset *d = mixed(ctx, 100), *out = NULL;
    mlc_column a = {.size = sizeof a}, b = {.size = sizeof b};
    mlci_steps *steps = steps_of(ctx, "impute columns=x,y\nstandardize columns=c");
    ck_assert_int_eq(mlci_steps_fit(steps, d, &out, NULL), MLC_OK);
    static const struct {
        const char *name;
        bool shared;
    } columns[] = {{"x", false}, {"y", true}, {"z", true}, {"c", true}, {"when", true}};
    for (size_t c = 0; c < 5; c++) {
        ck_assert_int_eq(mlc_dataset_column(d, mlc_dataset_find(d, columns[c].name), &a, NULL),
                         MLC_OK);
        ck_assert_int_eq(
            mlc_dataset_column(out, mlc_dataset_find(out, columns[c].name), &b, NULL), MLC_OK);
        ck_assert_msg((a.values == b.values) == columns[c].shared, "%s", columns[c].name);
    }
    mlc_dataset_destroy(out);
    mlci_steps_free(steps);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(integers_that_no_double_holds_come_through)
{
    mlc_dataset *d = dataset_of(ctx, "id:int64,when:ns,n:int64\n"
                                     "9007199254740993,1700000000123456789,9007199254740993\n"
                                     "-1,,\n"
                                     "9007199254740995,1700000000123456787,9007199254740994\n"
                                     "5,1700000000123456788,2\n");
    mlc_dataset *out = steps_made(ctx,
                                  "missing columns=id values=-1\nimpute columns=when\n"
                                  "impute columns=n strategy=constant value=0.5",
                                  d);
    int64_t whole[4];
    uint8_t missing[4];
    ck_assert_int_eq(mlc_dataset_storage(out, 0), MLC_INT64);
    ck_assert_int_eq(mlc_dataset_storage(out, 1), MLC_TIMESTAMP_NS);
    mlci_read_integers(out, 0, (mlci_range){0, 4}, whole, missing);
    ck_assert_int_eq(whole[0], 9007199254740993);
    ck_assert_int_eq(missing[1], 1);
    ck_assert_int_eq(whole[2], 9007199254740995);
    ck_assert_int_eq(whole[3], 5);
    mlci_read_integers(out, 1, (mlci_range){0, 4}, whole, missing);
    ck_assert_int_eq(whole[0], 1700000000123456789);
    ck_assert_int_eq(whole[2], 1700000000123456787);
    ck_assert_int_eq(missing[1], 0);
    ck_assert_int_eq(mlc_dataset_storage(out, 2), MLC_FLOAT64); /* a half is no integer */
    ck_assert_double_eq(number_at(out, 1, "n"), 0.5);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(a_star_spares_the_target)
{
    mlc_dataset *d = mixed(ctx, 50), *out = NULL;
    mlci_steps *steps = steps_of(ctx, "onehot\nscale");
    ck_assert_int_eq(mlci_steps_spare(steps, "land", NULL), MLC_OK);
    ck_assert_int_eq(mlci_steps_fit(steps, d, &out, NULL), MLC_OK);
    ck_assert_int_ge(mlc_dataset_find(out, "land"), 0);
    ck_assert_int_eq(mlc_dataset_find(out, "c"), -1);
    mlc_dataset_destroy(out);
    mlci_steps_free(steps);
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(a_prepared_plan_with_fixed_room_says_when_it_is_spent_and_takes_no_memory)
{
    struct faulty_heap heap;
    faulty_heap_init(&heap, 0);
    mlc_context *in = context_with(NULL, &heap.allocator);
    mlc_dataset *d = dataset_of(in, "t,x\nabcdefgh,1\nb,2\n");
    mlci_steps *steps = steps_of(in, "derive name=u as='concat(t, t)'");
    mlci_step_plan *plan = NULL;
    char long_text[512];
    memset(long_text, 'x', sizeof long_text);
    mlc_text t = {long_text, sizeof long_text};
    double x = 1;
    mlc_cells cells[2] = {{.type = MLC_CATEGORY, .texts = &t},
                          {.type = MLC_NUMBER, .numbers = &x}};
    const mlc_cells *out = NULL;
    uint32_t flags = 0;
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
    ck_assert_int_eq(mlci_step_plan_new(steps, NULL, 1, 600, false, &plan, NULL), MLC_OK);
    uint64_t before = heap.requests;
    ck_assert_int_eq(mlci_step_plan_run(plan, 1, cells, &out, &flags, NULL),
                     MLC_ERROR_NO_MEMORY);
    t.size = 5;
    for (int k = 0; k < 100; k++) {
        ck_assert_int_eq(mlci_step_plan_run(plan, 1, cells, &out, &flags, NULL), MLC_OK);
        ck_assert_int_eq(out[2].texts[0].size, 10);
    }
    ck_assert_uint_eq(heap.requests, before);
    mlci_step_plan_free(plan);
    mlci_steps_free(steps);
    mlc_dataset_destroy(d);
    mlc_context_destroy(in);
    ck_assert_uint_eq(heap.live_bytes, 0);
}
END_TEST

START_TEST(kinds_are_found_by_name_or_by_the_nearest)
{
    mlc_error err = MLC_ERROR_INIT;
    const mlc_step_kind *kind;
    ck_assert_int_eq(mlci_step_kind_find(ctx, "impute", MLC_STEP_CLEAN, &kind, &err), MLC_OK);
    ck_assert_str_eq(kind->name, "impute");
    ck_assert_int_eq(mlci_step_kind_find(ctx, "imput", MLC_STEP_CLEAN, &kind, &err),
                     MLC_ERROR_NOT_FOUND);
    ck_assert_str_eq(err.message, "there is no cleaning step 'imput'; did you mean 'impute'?");
    ck_assert_int_eq(mlci_step_kind_find(ctx, "impute", MLC_STEP_TRANSFORM, &kind, &err),
                     MLC_ERROR_NOT_FOUND);
    ck_assert_ptr_null(kind);
    ck_assert_ptr_null(mlc_step_at(ctx, -1));
    ck_assert_ptr_null(mlc_step_at(ctx, 1000));
    ck_assert_ptr_null(mlc_step_at(NULL, 0));
}
END_TEST

/* A column `k` of 1, 2, missing, 3, 2 as numbers that are told to be categories, beside `y`. */
static mlc_dataset *numbers_as_categories(mlc_context *in)
{
    static const int32_t k[] = {1, 2, 0, 3, 2};
    static const double y[] = {1, 2, 3, 4, 2};
    static const uint64_t valid[] = {0x1B};
    mlc_column columns[] = {
        {.size = sizeof *columns,
         .name = "k",
         .storage = MLC_INT32,
         .type = MLC_CATEGORY,
         .values = k,
         .valid = valid},
        {.size = sizeof *columns, .name = "y", .storage = MLC_FLOAT64, .values = y}};
    mlc_dataset *d = NULL;
    if (mlc_dataset_borrow_columns(in, columns, 2, 5, &d, NULL) != MLC_OK)
        return NULL;
    return d;
}

START_TEST(categories_that_lie_as_numbers_are_texts_to_steps)
{
    static const char *const touching[] = {
        "impute columns=k",
        "missing columns=k values=2",
        "onehot columns=k keep=yes",
        "ordinal columns=k",
        "onehot columns=k\nscale",
        "deduplicate columns=k,y",
        "impute columns=k\nderive name=n as='concat(k, ''!'')'"};
    mlc_dataset *numbers = numbers_as_categories(ctx);
    mlc_dataset *texts = dataset_of(ctx, "k:text,y\n1,1\n2,2\n,3\n3,4\n2,2\n"), *spelt = NULL;

    ck_assert_int_eq(mlci_spelt(numbers, &spelt, NULL), MLC_OK);
    ck_assert_str_eq(text_at(spelt, 3, "k"), "3");
    ck_assert(missing_at(spelt, 2, "k"));
    ck_assert_double_eq(number_at(spelt, 3, "y"), 4);
    ck_assert(same_id(spelt, 3, numbers, 3));
    mlc_dataset_destroy(spelt);
    mlc_dataset *alone = NULL; /* with no other column */
    static const char *const only[] = {"k", NULL};
    ck_assert_int_eq(mlc_dataset_select(numbers, only, &alone, NULL), MLC_OK);
    ck_assert_int_eq(mlci_spelt(alone, &spelt, NULL), MLC_OK);
    ck_assert_str_eq(text_at(spelt, 4, "k"), "2");
    mlc_dataset_destroy(spelt);
    mlc_dataset_destroy(alone);
    for (size_t l = 0; l < sizeof touching / sizeof *touching; l++) {
        mlc_dataset *one = steps_made(ctx, touching[l], numbers);
        mlc_dataset *other = steps_made(ctx, touching[l], texts);
        mlc_dataset *a = NULL, *b = NULL; /* where a step left k alone it lies as it did */
        ck_assert_int_eq(mlci_spelt(one, &a, NULL), MLC_OK);
        ck_assert_int_eq(mlci_spelt(other, &b, NULL), MLC_OK);
        ck_assert_int_eq(mlc_dataset_columns(a), mlc_dataset_columns(b));
        ck_assert_int_eq(mlc_dataset_rows(a), mlc_dataset_rows(b));
        for (int64_t c = 0; c < mlc_dataset_columns(a); c++) {
            const char *name = mlc_dataset_column_name(a, c);
            bool text = mlc_dataset_storage(a, c) == MLC_UTF8;
            ck_assert_str_eq(name, mlc_dataset_column_name(b, c));
            for (size_t r = 0; r < (size_t)mlc_dataset_rows(a); r++) {
                ck_assert_int_eq(missing_at(a, r, name), missing_at(b, r, name));
                if (text)
                    ck_assert_str_eq(text_at(a, r, name), text_at(b, r, name));
                else if (!missing_at(a, r, name))
                    ck_assert_double_eq(number_at(a, r, name), number_at(b, r, name));
            }
        }
        mlc_dataset_destroy(b);
        mlc_dataset_destroy(a);
        mlc_dataset_destroy(other);
        mlc_dataset_destroy(one);
    }
    mlc_dataset_destroy(texts);
    mlc_dataset_destroy(numbers);
}
END_TEST

START_TEST(spelling_survives_any_failed_allocation)
{
    for (uint64_t nth = 1;; nth++) {
        struct faulty_heap heap;
        faulty_heap_init(&heap, 0);
        mlc_context *own = context_with(NULL, &heap.allocator);
        mlc_dataset *d = numbers_as_categories(own), *spelt = NULL;
        heap.fail_at = heap.requests + nth;
        mlc_status status = mlci_spelt(d, &spelt, NULL);
        ck_assert(status == MLC_OK || status == MLC_ERROR_NO_MEMORY);
        bool over = heap.requests < heap.fail_at;
        mlc_dataset_destroy(spelt);
        mlc_dataset_destroy(d);
        mlc_context_destroy(own);
        ck_assert_uint_eq(heap.live_bytes, 0);
        if (over) {
            ck_assert_uint_gt(nth, 5);
            break;
        }
    }
}
END_TEST

Suite *suite_steps(void);
Suite *suite_steps(void)
{
    Suite *s = suite_create("steps");
    TCase *c = tcase_create("steps");
    tcase_add_checked_fixture(c, begin, end);
    tcase_set_timeout(c, 120);
    tcase_add_test(c, every_kind_is_used_by_a_list_and_tells_what_it_is);
    tcase_add_test(c, every_kind_refuses_parameters_out_of_range);
    tcase_add_test(c, every_list_saves_and_loads_to_the_same_bytes_and_cells);
    tcase_add_test(c, one_row_gets_the_same_bits_as_many);
    tcase_add_test(c, rows_of_a_view_are_those_of_the_whole);
    tcase_add_test(c, lanes_change_nothing);
    tcase_add_loop_test(c, every_list_survives_any_failed_allocation, 0, N_LISTS);
    tcase_add_loop_test(c, no_changed_byte_of_a_saved_list_does_harm, 0, N_LISTS);
    tcase_add_test(c, a_model_asks_only_for_what_its_features_need);
    tcase_add_test(c, what_no_step_knows_passes_behind_and_may_not_be_doubled);
    tcase_add_test(c, untouched_and_unchanged_columns_are_shared);
    tcase_add_test(c, integers_that_no_double_holds_come_through);
    tcase_add_test(c, a_star_spares_the_target);
    tcase_add_test(c,
                   a_prepared_plan_with_fixed_room_says_when_it_is_spent_and_takes_no_memory);
    tcase_add_test(c, kinds_are_found_by_name_or_by_the_nearest);
    tcase_add_test(c, categories_that_lie_as_numbers_are_texts_to_steps);
    tcase_add_test(c, spelling_survives_any_failed_allocation);
    suite_add_tcase(s, c);
    return s;
}
