/*
 * put.c - datasets of the host's into the store, whole or behind what is there
 *
 * Rows that are appended become a block of their own. So that a thousand small appends do not
 * leave a thousand small blocks, trailing blocks no larger than what comes are taken along into
 * the new one: each row is written again at most as often as its block doubles.
 */
#include "store/draft.h"

static const size_t full_block = 65536; /* rows; a larger one is left alone */

static mlc_status draft_host_part(mlci_draft *draft, const char *what, const mlc_dataset *data,
                                  mlc_error *err)
{
    mlci_store_part part = {.source = (char *)"host",
                            .what = (char *)what,
                            .parameters = (char *)"",
                            .reading = mlci_pairs_of(mlci_dataset_reading(data)),
                            .fetched = mlci_time_us(),
                            .invalid = (int64_t)mlci_dataset_invalid_cells(data)};
    return mlci_manifest_part(&draft->manifest, &part, err);
}

static mlc_status check_call(mlc_store *store, const char *name, const mlc_dataset *dataset,
                             mlc_error *err)
{
    if (store == NULL)
        return mlci_null_argument(err, "store");
    if (name == NULL)
        return mlci_null_argument(err, "name");
    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    return mlci_name_check(name, err);
}

mlc_status mlc_store_put(mlc_store *store, const char *name, const mlc_dataset *dataset,
                         int64_t *version, mlc_error *err)
{
    mlc_status status = check_call(store, name, dataset, err);
    mlci_draft draft;
    mlci_range all = {0, (size_t)mlc_dataset_rows(dataset)};
    bool again = true;
    int64_t made = 0;

    for (int tries = 0; again && status == MLC_OK; tries++) {
        if (tries == MLCI_DRAFT_TRIES)
            return mlci_draft_gave_up(store, name, err);
        mlci_draft_begin(&draft, store, name);
        status = draft_host_part(&draft, "put", dataset, err);
        if (status == MLC_OK)
            status = mlci_draft_rows(&draft, dataset, all, NULL, err);
        if (status == MLC_OK)
            status = mlci_draft_commit(&draft, -1, &made, &again, err);
        mlci_draft_free(&draft);
    }
    if (status == MLC_OK && version != NULL)
        *version = made;
    return status;
}

/* -------------------------------------------------------------------------- append */

/* Of the last part's blocks, how many stay: those behind are no larger than what follows. */
static size_t blocks_kept(const mlci_manifest *m, const mlci_store_part *part, size_t schema,
                          size_t rows, size_t *taken)
{
    size_t kept = part->blocks;

    *taken = 0;
    while (kept > 0) {
        const mlci_store_block *block = &m->blocks[part->first_block + kept - 1];
        if (block->rows > rows + *taken || block->rows >= full_block || block->schema != schema)
            break;
        *taken += block->rows;
        kept--;
    }
    return kept;
}

static bool ends_with_host(const mlci_manifest *m)
{
    return m->n_parts > 0 && strcmp(m->parts[m->n_parts - 1].source, "host") == 0 &&
           strcmp(m->parts[m->n_parts - 1].what, "append") == 0;
}

/* The last `taken` rows of the version with the new ones behind. */
static mlc_status tail_and(mlci_draft *draft, const mlci_snapshot *base, size_t taken,
                           const mlc_dataset *dataset, mlc_dataset **out, mlc_error *err)
{
    mlc_status status;
    mlc_dataset *tail = NULL;
    mlci_choice choice = {.row = (size_t)base->rows - taken, .rows = taken};

    *out = NULL;
    status = mlci_store_enter(draft->store, err);
    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_read_begin(draft->store, err));
    MLCI_TRY(mlci_snapshot_read(draft->store, base, &choice, &tail, err));
done:
    mlci_sql_rollback(draft->store);
    mlci_store_leave(draft->store);
    if (status == MLC_OK)
        status = mlc_dataset_append((const mlc_dataset *[]){tail, dataset}, 2, out, err);
    mlc_dataset_destroy(tail);
    return status;
}

static mlc_status append_once(mlc_store *store, const char *name, const mlc_dataset *dataset,
                              int64_t *made, bool *again, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_draft draft;
    mlci_snapshot base;
    mlci_placements places = {0};
    mlc_dataset *grown = NULL;
    size_t rows = (size_t)mlc_dataset_rows(dataset), taken = 0, last, kept = 0, schema;

    mlci_draft_begin(&draft, store, name);
    MLCI_TRY(mlci_draft_base(store, name, &base, &places, err));
    draft.manifest.parent = base.version;
    last = base.manifest.n_parts;
    if (ends_with_host(&base.manifest)) {
        const mlci_store_part *part = &base.manifest.parts[--last];
        MLCI_TRY(mlci_manifest_schema(&base.manifest, dataset, &schema, err));
        kept = blocks_kept(&base.manifest, part, schema, rows, &taken);
    }
    for (size_t p = 0; p < last; p++)
        MLCI_TRY(mlci_draft_keep_part(&draft, &base, &places, p, err));
    MLCI_TRY(draft_host_part(&draft, "append", dataset, err));
    for (size_t b = 0; b < kept; b++)
        MLCI_TRY(mlci_draft_keep(&draft, &base, &places,
                                 base.manifest.parts[last].first_block + b, err));
    if (taken > 0)
        MLCI_TRY(tail_and(&draft, &base, taken, dataset, &grown, err));
    MLCI_TRY(mlci_draft_rows(&draft, grown == NULL ? dataset : grown,
                             (mlci_range){0, rows + taken}, NULL, err));
    MLCI_TRY(mlci_draft_commit(&draft, base.version, made, again, err));
done:
    mlc_dataset_destroy(grown);
    mlci_placements_free(&places);
    mlci_snapshot_free(&base);
    mlci_draft_free(&draft);
    return status;
}

mlc_status mlc_store_append(mlc_store *store, const char *name, const mlc_dataset *dataset,
                            int64_t *version, mlc_error *err)
{
    mlc_status status = check_call(store, name, dataset, err);
    bool again = true;
    int64_t made = 0;

    for (int tries = 0; again && status == MLC_OK; tries++) {
        if (tries == MLCI_DRAFT_TRIES)
            return mlci_draft_gave_up(store, name, err);
        status = append_once(store, name, dataset, &made, &again, err);
    }
    if (status == MLC_OK && version != NULL)
        *version = made;
    return status;
}
