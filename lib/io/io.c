/*
 * io.c - the door of io: reading and writing datasets by path, memory and the host's files
 */
#include "io/io.h"

#include <stdio.h>

#include "io/reading.h"

const mlc_param mlci_write_table[MLCI_WRITE_PARAMS] = {
    {"format",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     NULL,
     "csv|tsv|csv.gz|tsv.gz",
     "what is written, whatever the name",
     {0}},
    {"header", MLC_PARAM_FLAG, 0, 0, 0, "yes", NULL, "write the names first", {0}},
    {"delimiter", MLC_PARAM_TEXT, 0, 0, 0, NULL, NULL, "tab, or one character", {0}},
    {"missing", MLC_PARAM_TEXT, 0, 0, 0, "", NULL, "what stands for a missing cell", {0}},
    {"level", MLC_PARAM_COUNT, 0, 1, 9, "6", NULL, "how hard gzip tries", {0}},
};
enum { WRITE_FORMAT, WRITE_HEADER, WRITE_DELIMITER, WRITE_MISSING, WRITE_LEVEL };

const mlc_param *mlc_read_params(int64_t *n)
{
    if (n != NULL)
        *n = MLCI_READ_PARAMS;
    return mlci_read_table;
}

const mlc_param *mlc_write_params(int64_t *n)
{
    if (n != NULL)
        *n = MLCI_WRITE_PARAMS;
    return mlci_write_table;
}

/* -------------------------------------------------------------- the ending */

/* Whether `name` (of `size` bytes) ends so, whatever the case. */
static bool ends_in(const char *name, size_t size, const char *ending)
{
    size_t n = strlen(ending);
    if (size < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = name[size - n + i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != ending[i])
            return false;
    }
    return true;
}

/* What a name's ending says; false: nothing that we know. */
static bool format_of(const char *name, bool *tabs, bool *zipped)
{
    size_t size = strlen(name);
    *zipped = ends_in(name, size, ".gz");
    if (*zipped)
        size -= 3;
    *tabs = ends_in(name, size, ".tsv");
    return *tabs || ends_in(name, size, ".csv");
}

static mlc_status unknown_format(const char *name, mlc_error *err)
{
    if (strstr(name, "://") != NULL)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "'%.300s' is a URI; only paths are known",
                         name);
    const char *slash = strrchr(name, '/'), *dot = strrchr(slash == NULL ? name : slash, '.');
    return mlci_fail(
        err, MLC_ERROR_UNSUPPORTED,
        "'%.300s' ends in %s%.40s%s; known are .csv, .tsv, .csv.gz and .tsv.gz, and "
        "the parameter format says what another name holds",
        name, dot == NULL ? "nothing" : "'", dot == NULL ? "" : dot, dot == NULL ? "" : "'");
}

/* ---------------------------------------------------------------- reading */

static mlc_status read_from(mlc_context *ctx, const mlci_source_options *from, const char *name,
                            const char *const *params, mlc_dataset **out, mlc_rejects **rejects,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_fp_state fp = mlci_fp_enter();
    mlci_settings *settings = NULL;
    mlci_source *source = NULL;
    mlci_shared *kept = NULL;
    mlc_dataset *dataset = NULL;
    mlc_rejects *found = NULL;
    mlci_csv_options options;
    bool tabs = false, zipped, header = false;

    MLCI_TRY(mlci_params_read(ctx, "reading", mlci_read_table, MLCI_READ_PARAMS, params,
                              &settings, err));
    MLCI_TRY(mlci_source_open(ctx, from, &source, err)); /* that it is there comes first */
    if (!format_of(name, &tabs, &zipped) && settings->values[0].text == NULL) {
        status = unknown_format(name, err);
        goto done;
    }
    MLCI_TRY(mlci_read_options(settings, tabs, &options, err));
    MLCI_TRY(mlci_csv_read(ctx, source, name, &options, &dataset, &found, &header, err));
    MLCI_TRY(mlci_reading_keep(ctx, settings, header, &kept, err));
    mlci_dataset_set_reading(dataset, kept, (uint64_t)mlc_rejects_invalid_cells(found, NULL));
    *out = dataset;
    dataset = NULL;
    if (rejects != NULL) {
        *rejects = found;
        found = NULL;
    }
done:
    mlc_rejects_destroy(found);
    mlc_dataset_destroy(dataset);
    mlci_shared_drop(kept);
    mlci_source_close(source);
    mlci_settings_free(settings);
    mlci_fp_leave(fp);
    return status;
}

/* What all three ask first. */
static mlc_status read_check(const mlc_context *ctx, const void *what, const char *name,
                             mlc_dataset **out, mlc_rejects **rejects, mlc_error *err)
{
    if (out != NULL)
        *out = NULL;
    if (rejects != NULL)
        *rejects = NULL;
    if (ctx == NULL)
        return mlci_null_argument(err, "ctx");
    if (what == NULL)
        return mlci_null_argument(err, name);
    return out == NULL ? mlci_null_argument(err, "out") : MLC_OK;
}

mlc_status mlc_dataset_read(mlc_context *ctx, const char *path, const char *const *params,
                            mlc_dataset **out, mlc_rejects **rejects, mlc_error *err)
{
    mlc_status status = read_check(ctx, path, "path", out, rejects, err);
    mlci_source_options from = {.path = path};
    return status != MLC_OK ? status : read_from(ctx, &from, path, params, out, rejects, err);
}

mlc_status mlc_dataset_read_memory(mlc_context *ctx, const void *bytes, int64_t size,
                                   const char *const *params, mlc_dataset **out,
                                   mlc_rejects **rejects, mlc_error *err)
{
    mlc_status status = read_check(ctx, size == 0 ? "" : bytes, "bytes", out, rejects, err);
    if (status != MLC_OK)
        return status;
    if (size < 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "size is %lld", (long long)size);
    mlci_source_options from = {.memory = bytes, .memory_size = (size_t)size};
    return read_from(ctx, &from, "memory.csv", params, out, rejects, err);
}

mlc_status mlc_dataset_read_file(mlc_context *ctx, const mlc_file *file,
                                 const char *const *params, mlc_dataset **out,
                                 mlc_rejects **rejects, mlc_error *err)
{
    mlc_status status = read_check(ctx, file, "file", out, rejects, err);
    if (status != MLC_OK)
        return status;
    if (file->size < sizeof *file || file->read_at == NULL)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "file->size or file->read_at is not set");
    mlci_source_options from = {.file = file};
    return read_from(ctx, &from, file->name == NULL ? "data.csv" : file->name, params, out,
                     rejects, err);
}

const char *const *mlc_dataset_reading(const mlc_dataset *dataset)
{
    return dataset == NULL ? NULL : mlci_pairs_of(mlci_dataset_reading(dataset));
}

/* ---------------------------------------------------------------- writing */

/* The style that the parameters and the ending ask for, and gzip's level in *level. */
static mlc_status write_style(const mlci_settings *settings, const char *name,
                              mlci_csv_style *style, int *level, mlc_error *err)
{
    const mlc_value *v = settings->values;
    bool tabs = false, zipped = false;

    if (v[WRITE_FORMAT].text != NULL) {
        tabs = v[WRITE_FORMAT].count & 1;
        zipped = v[WRITE_FORMAT].count > 1;
    } else if (!format_of(name, &tabs, &zipped)) {
        return unknown_format(name, err);
    }
    *level = zipped ? (int)v[WRITE_LEVEL].count : 0;
    *style = (mlci_csv_style){.delimiter = tabs ? '\t' : ',',
                              .header = v[WRITE_HEADER].count != 0,
                              .missing = v[WRITE_MISSING].text,
                              .missing_size = strlen(v[WRITE_MISSING].text)};
    if (v[WRITE_DELIMITER].text != NULL) {
        mlc_status status =
            mlci_read_character("delimiter", v[WRITE_DELIMITER].text, &style->delimiter, err);
        if (status != MLC_OK)
            return status;
    }
    char parts[] = {'"', '\n', '\r', style->delimiter};
    for (size_t i = 0; i < sizeof parts; i++)
        if (memchr(style->missing, parts[i], style->missing_size) != NULL)
            return mlci_fail(err, MLC_ERROR_PARAMETER,
                             "missing is '%.80s'; it must not hold quotes, newlines or the "
                             "delimiter",
                             style->missing);
    char d = style->delimiter, letter = (char)(d | 32);
    if ((d >= '0' && d <= '9') || (letter >= 'a' && letter <= 'z') ||
        memchr(" \"+-.:", d, 6) != NULL)
        return mlci_fail(err, MLC_ERROR_PARAMETER, "delimiter is '%c'; cells hold that",
                         style->delimiter);
    return MLC_OK;
}

static mlc_status write_to(const mlc_dataset *dataset, mlci_sink_options *to, const char *name,
                           const char *const *params, mlc_error *err)
{
    mlc_context *ctx = mlci_dataset_context(dataset);
    mlc_status status = MLC_OK;
    mlci_fp_state fp = mlci_fp_enter();
    mlci_settings *settings = NULL;
    mlci_sink *sink = NULL;
    mlci_csv_style style;

    MLCI_TRY(mlci_params_read(ctx, "writing", mlci_write_table, MLCI_WRITE_PARAMS, params,
                              &settings, err));
    MLCI_TRY(write_style(settings, name, &style, &to->gzip_level, err));
    MLCI_TRY(mlci_sink_open(ctx, to, &sink, err));
    MLCI_TRY(mlci_csv_write(dataset, &style, sink, err));
    MLCI_TRY(mlci_sink_finish(sink, err));
done:
    mlci_sink_close(sink);
    mlci_settings_free(settings);
    mlci_fp_leave(fp);
    return status;
}

mlc_status mlc_dataset_write(const mlc_dataset *dataset, const char *path,
                             const char *const *params, mlc_error *err)
{
    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    if (path == NULL)
        return mlci_null_argument(err, "path");
    mlci_sink_options to = {.path = path};
    return write_to(dataset, &to, path, params, err);
}

mlc_status mlc_dataset_write_memory(const mlc_dataset *dataset, const char *const *params,
                                    mlc_bytes **out, mlc_error *err)
{
    if (out != NULL)
        *out = NULL;
    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    if (out == NULL)
        return mlci_null_argument(err, "out");
    mlci_sink_options to = {.memory = out};
    return write_to(dataset, &to, "memory.csv", params, err);
}

mlc_status mlc_dataset_write_file(const mlc_dataset *dataset, const mlc_file *file,
                                  const char *const *params, mlc_error *err)
{
    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    if (file == NULL)
        return mlci_null_argument(err, "file");
    if (file->size < sizeof *file || file->write == NULL)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "file->size or file->write is not set");
    mlci_sink_options to = {.file = file};
    return write_to(dataset, &to, file->name == NULL ? "data.csv" : file->name, params, err);
}
