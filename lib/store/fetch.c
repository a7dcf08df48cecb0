/*
 * fetch.c - files into a dataset of the store, each file a part of its own
 *
 * The new version is drafted part by part in the order of the old one: a part whose file is
 * fetched again is drafted from the file, any other is kept as it stands, and files that are
 * new come last. A file that only grew is recognised block by block: what packs to the same
 * chunks stays where it is, and its rows keep their ids.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <errno.h>
#include <glob.h>

#include "store/draft.h"

enum { MODE_REFRESH, MODE_APPEND, MODE_REPLACE };
static const mlc_param mode_param[] = {
    {"mode",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "refresh",
     "refresh|append|replace",
     "what becomes of the rows that are there",
     {0}},
};
static const size_t full_block = 65536; /* rows; a larger one is left alone */

struct fetch {
    mlc_store *store;
    const char *name;
    const char *const *reading; /* parameters of reading */
    char *told;                 /* the same as one text */
    int64_t mode;
    mlci_slice *files; /* n_files, sorted */
    bool *taken;       /* n_files */
    size_t n_files;
    int64_t rejected;
};

/* ------------------------------------------------------------------------ parameters */

/* Split pairs into those of reading and the mode; the first in one block of memory. */
static mlc_status split_params(mlc_context *ctx, const char *const *params,
                               mlci_shared **reading, mlci_settings **mode, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const char **pairs = NULL, *own[3] = {NULL, NULL, NULL};
    size_t n = 0, kept = 0;

    while (params != NULL && params[n] != NULL)
        n++;
    if (n % 2 != 0)
        return mlci_fail(err, MLC_ERROR_PARAMETER, "'%s' has no value", params[n - 1]);
    MLCI_ALLOC(pairs, n + 1);
    for (size_t k = 0; k < n; k += 2) {
        if (strcmp(params[k], "mode") == 0 && own[0] == NULL) {
            own[0] = params[k];
            own[1] = params[k + 1];
        } else {
            pairs[kept++] = params[k];
            pairs[kept++] = params[k + 1];
        }
    }
    pairs[kept] = NULL;
    MLCI_TRY(mlci_params_read(ctx, "fetching", mode_param, 1, own, mode, err));
    MLCI_TRY(mlci_pairs_new(ctx, pairs, reading, err));
done:
    if (pairs != NULL)
        MLCI_FREE(pairs, n + 1);
    return status;
}

/* Pairs as one text, `missing_markers=NA,- trim=no`. */
static mlc_status pairs_text(mlc_context *ctx, const char *const *pairs, char **out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer text = {.ctx = ctx};

    MLCI_TRY(mlci_buffer_add(&text, "", 0, err));
    for (size_t k = 0; pairs[k] != NULL; k += 2)
        MLCI_TRY(mlci_buffer_printf(&text, err, "%s%s=%s", k == 0 ? "" : " ", pairs[k],
                                    pairs[k + 1]));
    *out = mlci_text_copy(ctx, text.data);
    if (*out == NULL)
        status = mlci_no_memory(err, text.size + 1);
done:
    mlci_buffer_free(&text);
    return status;
}

/* ----------------------------------------------------------------------------- files */

static mlc_status glob_failed(const char *pattern, int code, mlc_error *err)
{
    if (code == GLOB_NOSPACE)
        return mlci_no_memory(err, strlen(pattern));
    if (code == GLOB_NOMATCH)
        return mlci_fail(err, MLC_ERROR_NOT_FOUND, "no file fits '%.400s'", pattern);
    return mlci_fail(err, MLC_ERROR_IO, "a folder of '%.400s' cannot be read", pattern);
}

/* The files of a pattern, sorted by their bytes; their texts live with `found`. */
static mlc_status find_files(mlc_context *ctx, const char *source, glob_t *found,
                             mlci_slice **files, size_t *n, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int code;

    memset(found, 0, sizeof *found);
    *files = NULL;
    *n = 1;
    if (strpbrk(source, "*?[") != NULL) {
        code = glob(source, GLOB_NOSORT | GLOB_ERR, NULL, found);
        if (code != 0)
            return glob_failed(source, code, err);
        *n = found->gl_pathc;
    }
    MLCI_ALLOC(*files, *n);
    (*files)[0] = mlci_slice_of(source);
    for (size_t k = 0; k < found->gl_pathc; k++)
        (*files)[k] = mlci_slice_of(found->gl_pathv[k]);
    mlci_slice_sort(*files, *n);
done:
    return status;
}

/* --------------------------------------------------------------------- a grown file */

/* The ids that a block's rows have in the file. */
static mlc_status old_ids(mlci_draft *draft, const mlci_snapshot *base,
                          const mlci_placements *places, size_t block, mlci_origins *out,
                          mlc_error *err)
{
    mlc_store *store = draft->store;
    size_t rows = base->manifest.blocks[block].rows;
    mlci_buffer bytes = {.ctx = draft->ctx};
    int64_t chunk = 0;
    mlc_status status;

    for (size_t k = 0; k < places->n && chunk == 0; k++)
        if (places->items[k].block == block && places->items[k].field == MLCI_IDS_FIELD)
            chunk = places->items[k].chunk;
    status = mlci_store_enter(store, err);
    if (status != MLC_OK)
        return status;
    status = mlci_chunk_load(store, chunk, &bytes, err);
    mlci_store_leave(store);
    if (status == MLC_OK)
        status =
            mlci_row_ids_unpack(bytes.data, bytes.size, rows, (mlci_range){0, rows}, out, err);
    mlci_buffer_free(&bytes);
    return status;
}

/* How many of a part's blocks the dataset begins with, and their rows. */
static mlc_status blocks_same(mlci_draft *draft, const mlc_dataset *dataset,
                              const mlci_snapshot *base, const mlci_placements *places,
                              const mlci_store_part *part, size_t *kept, size_t *rows,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    bool same = true;

    *kept = *rows = 0;
    while (*kept < part->blocks) {
        size_t block = part->first_block + *kept;
        MLCI_TRY(mlci_draft_same(draft, dataset, *rows, base, places, block, &same, err));
        if (!same)
            break;
        *rows += base->manifest.blocks[block].rows;
        ++*kept;
    }
done:
    return status;
}

/* The ids of rows [row, end): those of old blocks [kept, same), then the dataset's own. */
static mlc_status rest_ids(mlci_draft *draft, const mlc_dataset *dataset,
                           const mlci_snapshot *base, const mlci_placements *places,
                           size_t first, size_t last, mlci_range own, mlci_origins *out,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_origin *runs = NULL;
    size_t n = 0, room = 0;

    for (size_t b = first; b < last; b++)
        MLCI_TRY(old_ids(draft, base, places, b, out, err));
    MLCI_TRY(mlci_dataset_origins(dataset, own, &runs, &n, &room, err));
    for (size_t k = 0; k < n; k++)
        MLCI_TRY(mlci_origins_add(out, &runs[k].snapshot, runs[k].ordinal,
                                  runs[k].end - runs[k].begin, err));
done:
    if (runs != NULL)
        mlci_free(mlci_dataset_context(dataset), runs, room, sizeof *runs);
    return status;
}

/* The part's rows as far as they are there already, then the rest as one block. */
static mlc_status draft_grown(mlci_draft *draft, const mlc_dataset *dataset,
                              const mlci_snapshot *base, const mlci_placements *places,
                              const mlci_store_part *old, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_origins ids = {.ctx = draft->ctx};
    size_t rows = (size_t)mlc_dataset_rows(dataset), same, same_rows, kept, kept_rows;

    MLCI_TRY(blocks_same(draft, dataset, base, places, old, &same, &same_rows, err));
    for (kept = same, kept_rows = same_rows; kept > 0; kept--) {
        size_t last = base->manifest.blocks[old->first_block + kept - 1].rows;
        if (last > rows - kept_rows || last >= full_block)
            break;
        kept_rows -= last;
    }
    for (size_t b = 0; b < kept; b++)
        MLCI_TRY(mlci_draft_keep(draft, base, places, old->first_block + b, err));
    if (kept_rows < rows || rows == 0) {
        MLCI_TRY(rest_ids(draft, dataset, base, places, old->first_block + kept,
                          old->first_block + same, (mlci_range){same_rows, rows}, &ids, err));
        MLCI_TRY(mlci_draft_rows(draft, dataset, (mlci_range){kept_rows, rows}, &ids, err));
    }
done:
    mlci_origins_free(&ids);
    return status;
}

/* ----------------------------------------------------------------------- the version */

/* Read a file into a part at the end; `old`: what it gave before, or NULL. */
static mlc_status draft_file(struct fetch *fetch, mlci_draft *draft, const char *path,
                             const mlci_snapshot *base, const mlci_placements *places,
                             const mlci_store_part *old, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_dataset *dataset = NULL;
    mlc_rejects *rejects = NULL;
    mlci_store_part part = {.source = (char *)path, /* borrowed; the manifest copies them */
                            .what = (char *)"fetch",
                            .parameters = fetch->told};

    MLCI_TRY(mlc_dataset_read(draft->ctx, path, fetch->reading, &dataset, &rejects, err));
    part.reading = mlci_pairs_of(mlci_dataset_reading(dataset));
    part.fetched = mlci_time_us();
    part.rejected = mlc_rejects_count(rejects);
    part.invalid = (int64_t)mlci_dataset_invalid_cells(dataset);
    fetch->rejected += part.rejected;
    MLCI_TRY(mlci_manifest_part(&draft->manifest, &part, err));
    if (old != NULL)
        MLCI_TRY(draft_grown(draft, dataset, base, places, old, err));
    else
        MLCI_TRY(mlci_draft_rows(
            draft, dataset, (mlci_range){0, (size_t)mlc_dataset_rows(dataset)}, NULL, err));
done:
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(dataset);
    return status;
}

/* Which of the files this part came from and is not read yet; SIZE_MAX: none. */
static size_t file_of(const struct fetch *fetch, const mlci_store_part *part)
{
    for (size_t k = 0; k < fetch->n_files && fetch->mode == MODE_REFRESH; k++)
        if (!fetch->taken[k] && strcmp(part->what, "fetch") == 0 &&
            strcmp(part->source, fetch->files[k].data) == 0)
            return k;
    return SIZE_MAX;
}

static mlc_status fetch_once(struct fetch *fetch, mlc_fetched *told, bool *again,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_draft draft;
    mlci_snapshot base;
    mlci_placements places = {0};

    mlci_draft_begin(&draft, fetch->store, fetch->name);
    memset(fetch->taken, 0, fetch->n_files * sizeof *fetch->taken);
    fetch->rejected = 0;
    MLCI_TRY(mlci_draft_base(fetch->store, fetch->name, &base, &places, err));
    draft.manifest.parent = base.version;
    for (size_t p = 0; p < base.manifest.n_parts && fetch->mode != MODE_REPLACE; p++) {
        const mlci_store_part *part = &base.manifest.parts[p];
        size_t file = file_of(fetch, part);
        if (file == SIZE_MAX) {
            MLCI_TRY(mlci_draft_keep_part(&draft, &base, &places, p, err));
            continue;
        }
        fetch->taken[file] = true;
        MLCI_TRY(draft_file(fetch, &draft, fetch->files[file].data, &base, &places, part, err));
    }
    for (size_t k = 0; k < fetch->n_files; k++)
        if (!fetch->taken[k])
            MLCI_TRY(
                draft_file(fetch, &draft, fetch->files[k].data, &base, &places, NULL, err));
    MLCI_TRY(mlci_draft_commit(&draft, base.version, &told->version, again, err));
    told->rows = (int64_t)mlci_manifest_rows(&draft.manifest);
    told->rejected = fetch->rejected;
    told->files = (int64_t)fetch->n_files;
done:
    mlci_placements_free(&places);
    mlci_snapshot_free(&base);
    mlci_draft_free(&draft);
    return status;
}

mlc_status mlc_store_fetch(mlc_store *store, const char *name, const char *source,
                           const char *const *params, mlc_fetched *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;
    struct fetch fetch = {.store = store, .name = name};
    mlci_shared *reading = NULL;
    mlci_settings *mode = NULL;
    glob_t found = {0};
    mlc_fetched told = {.size = sizeof told};
    bool again = true;

    if (store == NULL)
        return mlci_null_argument(err, "store");
    if (name == NULL || source == NULL)
        return mlci_null_argument(err, name == NULL ? "name" : "source");
    if (out != NULL && out->size < sizeof *out)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "the size of what fetching tells is not set");
    if (strstr(source, "://") != NULL)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED,
                         "'%.300s' is a URI; only files are fetched in this version", source);
    ctx = store->ctx;
    MLCI_TRY(mlci_name_check(name, err));
    MLCI_TRY(split_params(ctx, params, &reading, &mode, err));
    fetch.reading = mlci_pairs_of(reading);
    fetch.mode = mode->values[0].count;
    MLCI_TRY(pairs_text(ctx, fetch.reading, &fetch.told, err));
    MLCI_TRY(find_files(ctx, source, &found, &fetch.files, &fetch.n_files, err));
    MLCI_ALLOC(fetch.taken, fetch.n_files);
    for (int tries = 0; again; tries++) {
        if (tries == MLCI_DRAFT_TRIES) {
            status = mlci_draft_gave_up(store, name, err);
            goto done;
        }
        MLCI_TRY(fetch_once(&fetch, &told, &again, err));
    }
    if (out != NULL) {
        told.size = out->size;
        *out = told;
    }
done:
    if (fetch.taken != NULL)
        MLCI_FREE(fetch.taken, fetch.n_files);
    if (fetch.files != NULL)
        MLCI_FREE(fetch.files, fetch.n_files);
    globfree(&found);
    mlci_text_free(ctx, fetch.told);
    mlci_settings_free(mode);
    mlci_shared_drop(reading);
    return status;
}
