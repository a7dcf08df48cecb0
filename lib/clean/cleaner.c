/*
 * cleaner.c - the door of clean: a cleaner is a list of steps (kind/steps.c) under its own name
 */
#include "clean/clean.h"
#include "model/model.h"

static mlci_steps *steps_of(mlc_cleaner *cleaner)
{
    return (mlci_steps *)cleaner;
}

mlc_status mlc_cleaner_create(mlc_context *ctx, mlc_cleaner **out, mlc_error *err)
{
    mlci_steps *steps = NULL;
    mlc_status status;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL)
        return mlci_null_argument(err, "ctx");
    status = mlci_steps_new(ctx, &steps, err);
    *out = (mlc_cleaner *)steps;
    return status;
}

mlc_status mlc_cleaner_add(mlc_cleaner *cleaner, const char *kind, const char *const *params,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlc_step_kind *found;

    if (cleaner == NULL || kind == NULL)
        return mlci_null_argument(err, cleaner == NULL ? "cleaner" : "kind");
    MLCI_TRY(mlci_step_kind_find(mlci_steps_context(steps_of(cleaner)), kind, MLC_STEP_CLEAN,
                                 &found, err));
    MLCI_TRY(mlci_steps_add(steps_of(cleaner), found, params, err));
done:
    return status;
}

mlc_status mlc_cleaner_fit(mlc_cleaner *cleaner, const mlc_dataset *dataset, mlc_error *err)
{
    mlci_fp_state fp;
    mlc_status status;

    if (cleaner == NULL || dataset == NULL)
        return mlci_null_argument(err, cleaner == NULL ? "cleaner" : "dataset");
    fp = mlci_fp_enter();
    status = mlci_steps_fit(steps_of(cleaner), dataset, NULL, err);
    mlci_fp_leave(fp);
    return status;
}

static mlc_status apply_and_tell(const mlci_steps *steps, const mlc_dataset *dataset,
                                 mlc_dataset **out, mlc_result **report, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_steps_report done_to = {0};

    MLCI_TRY(mlci_steps_apply(steps, dataset, NULL, out, &done_to, err));
    MLCI_TRY(mlci_steps_result(steps, &done_to, mlc_dataset_rows(dataset), report, err));
done:
    if (status != MLC_OK) {
        mlc_dataset_destroy(*out);
        *out = NULL;
    }
    mlci_steps_report_free(&done_to);
    return status;
}

mlc_status mlc_cleaner_apply(const mlc_cleaner *cleaner, const mlc_dataset *dataset,
                             mlc_dataset **out, mlc_result **report, mlc_error *err)
{
    const mlci_steps *steps = mlci_cleaner_steps(cleaner);
    mlci_fp_state fp;
    mlc_status status;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (report != NULL)
        *report = NULL;
    if (cleaner == NULL || dataset == NULL)
        return mlci_null_argument(err, cleaner == NULL ? "cleaner" : "dataset");
    fp = mlci_fp_enter();
    status = report == NULL ? mlci_steps_apply(steps, dataset, NULL, out, NULL, err)
                            : apply_and_tell(steps, dataset, out, report, err);
    mlci_fp_leave(fp);
    return status;
}

/* ------------------------------------------------------------------- fit and clean */

static const mlc_param run_params[] = {
    {"journal_rows",
     MLC_PARAM_COUNT,
     0,
     0,
     1e12,
     "1000000",
     NULL,
     "most entries of the journal; the others are counted",
     {NULL, NULL}},
};

const mlc_param *mlc_cleaner_run_params(int64_t *n)
{
    if (n != NULL)
        *n = MLCI_COUNT_OF(run_params);
    return run_params;
}

static mlc_status run(mlci_steps *steps, const mlc_dataset *dataset, const char *const *params,
                      mlc_dataset **out, mlc_dataset **journal, mlc_result **report,
                      mlc_error *err)
{
    mlc_context *ctx = mlci_steps_context(steps);
    mlc_status status = MLC_OK;
    mlci_settings *settings = NULL;
    mlci_steps_report done_to = {0};
    mlci_journal *entries = NULL;
    mlc_dataset *clean = NULL, *table = NULL;
    uint64_t left_out = 0;

    MLCI_TRY(mlci_params_read(ctx, "cleaning", run_params, MLCI_COUNT_OF(run_params), params,
                              &settings, err));
    if (journal != NULL)
        MLCI_TRY(mlci_journal_new(ctx, (size_t)settings->values[0].count,
                                  (size_t)mlc_dataset_rows(dataset), &entries, err));
    MLCI_TRY(mlci_steps_run(steps, dataset, &clean, &done_to, entries, err));
    if (journal != NULL) {
        MLCI_TRY(mlci_journal_table(entries, steps, dataset, &table, err));
        left_out = mlci_journal_left_out(entries);
    }
    if (left_out > 0)
        mlci_tell(ctx, MLC_LOG_WARNING, "the journal has %lld entries; %llu more are left out",
                  (long long)mlc_dataset_rows(table), (unsigned long long)left_out);
    if (report != NULL)
        MLCI_TRY(mlci_steps_result(steps, &done_to, mlc_dataset_rows(clean), report, err));
    *out = clean;
    clean = NULL;
    if (journal != NULL)
        *journal = table;
    table = NULL;
done:
    mlc_dataset_destroy(table);
    mlc_dataset_destroy(clean);
    mlci_journal_free(entries);
    mlci_steps_report_free(&done_to);
    mlci_settings_free(settings);
    return status;
}

mlc_status mlc_cleaner_run(mlc_cleaner *cleaner, const mlc_dataset *dataset,
                           const char *const *params, mlc_dataset **out, mlc_dataset **journal,
                           mlc_result **report, mlc_error *err)
{
    mlci_fp_state fp;
    mlc_status status;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (journal != NULL)
        *journal = NULL;
    if (report != NULL)
        *report = NULL;
    if (cleaner == NULL || dataset == NULL)
        return mlci_null_argument(err, cleaner == NULL ? "cleaner" : "dataset");
    fp = mlci_fp_enter();
    status = run(steps_of(cleaner), dataset, params, out, journal, report, err);
    mlci_fp_leave(fp);
    return status;
}

/* --------------------------------------------------------------------- kept as bytes */

static mlc_status write_to(const mlc_cleaner *cleaner, const mlci_sink_options *to,
                           mlc_error *err)
{
    mlci_fp_state fp = mlci_fp_enter();
    mlc_status status = mlci_steps_write(mlci_cleaner_steps(cleaner), "cleaner", to, err);
    mlci_fp_leave(fp);
    return status;
}

mlc_status mlc_cleaner_save(const mlc_cleaner *cleaner, const char *path, mlc_error *err)
{
    const mlci_sink_options to = {.path = path};

    if (cleaner == NULL || path == NULL)
        return mlci_null_argument(err, cleaner == NULL ? "cleaner" : "path");
    return write_to(cleaner, &to, err);
}

mlc_status mlc_cleaner_bytes(const mlc_cleaner *cleaner, mlc_bytes **out, mlc_error *err)
{
    const mlci_sink_options to = {.memory = out};

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (cleaner == NULL)
        return mlci_null_argument(err, "cleaner");
    return write_to(cleaner, &to, err);
}

static mlc_status read_from(mlc_context *ctx, const mlci_source_options *from,
                            mlc_cleaner **out, mlc_error *err)
{
    mlci_steps *steps = NULL;
    mlci_fp_state fp = mlci_fp_enter();
    mlc_status status = mlci_steps_read(ctx, "cleaner", from, &steps, err);
    mlci_fp_leave(fp);
    *out = (mlc_cleaner *)steps;
    return status;
}

mlc_status mlc_cleaner_load(mlc_context *ctx, const char *path, mlc_cleaner **out,
                            mlc_error *err)
{
    const mlci_source_options from = {.path = path};

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || path == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "path");
    return read_from(ctx, &from, out, err);
}

mlc_status mlc_cleaner_from_bytes(mlc_context *ctx, const void *bytes, int64_t size,
                                  mlc_cleaner **out, mlc_error *err)
{
    const mlci_source_options from = {.memory = bytes, .memory_size = (size_t)size};

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL || bytes == NULL)
        return mlci_null_argument(err, ctx == NULL ? "ctx" : "bytes");
    if (size < 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "a size of %lld bytes", (long long)size);
    return read_from(ctx, &from, out, err);
}

void mlc_cleaner_destroy(mlc_cleaner *cleaner)
{
    mlci_steps_free(steps_of(cleaner));
}
