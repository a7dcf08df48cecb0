/*
 * snapshot.c - find one version of a dataset, and where its cells lie
 */
#include "store/snapshot.h"

/* -------------------------------------------------------------------------- names */

mlc_status mlci_name_check(const char *name, mlc_error *err)
{
    size_t size = strlen(name);

    if (size == 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "a name is empty");
    if (size > MLCI_NAME_BYTES)
        return mlci_fail(err, MLC_ERROR_ARGUMENT,
                         "a name of %zu bytes; at most %d are possible", size, MLCI_NAME_BYTES);
    if (strpbrk(name, "@#") != NULL)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "the name '%s' has a '%c'", name,
                         *strpbrk(name, "@#"));
    if (!mlci_utf8_valid(name, size))
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "the name is no UTF-8");
    for (size_t k = 0; k < size; k++)
        if ((unsigned char)name[k] < ' ')
            return mlci_fail(err, MLC_ERROR_ARGUMENT, "the name has a control character");
    return MLC_OK;
}

mlc_status mlci_store_name(mlc_context *ctx, const char *text, char **name, int64_t *version,
                           mlc_error *err)
{
    const char *at = strchr(text, '@');
    mlc_status status;

    *version = 0;
    *name = NULL;
    if (at != NULL && (!mlci_parse_int64(at + 1, strlen(at + 1), version) || *version < 1))
        return mlci_fail(err, MLC_ERROR_ARGUMENT,
                         "'%.300s': behind the @ stands a version's number, from 1", text);
    *name = mlci_text_copy_n(ctx, text, at == NULL ? strlen(text) : (size_t)(at - text));
    if (*name == NULL)
        return mlci_no_memory(err, strlen(text) + 1);
    status = mlci_name_check(*name, err);
    if (status != MLC_OK) {
        mlci_text_free(ctx, *name);
        *name = NULL;
    }
    return status;
}

/* The names of all datasets, for a hint at the nearest. */
static mlc_status no_dataset(mlc_store *store, const char *name, mlc_error *err)
{
    mlci_query q;
    bool row = true;
    char best[MLCI_NAME_BYTES + 1] = "";
    size_t least = strlen(name) / 3 + 2, n = 0;

    mlci_query_open(
        &q, store, "SELECT name FROM dataset WHERE id IN (SELECT dataset FROM snapshot)", NULL);
    while (mlci_query_step(&q, &row) == MLC_OK && row) {
        mlci_slice other = mlci_query_get_text(&q, 0);
        size_t edits = mlci_edit_distance(mlci_slice_of(name), other, least);
        n++;
        if (edits < least && other.size <= MLCI_NAME_BYTES) {
            least = edits;
            memcpy(best, other.data, other.size);
            best[other.size] = '\0';
        }
    }
    mlci_query_close(&q);
    if (best[0] != '\0')
        return mlci_fail(err, MLC_ERROR_NOT_FOUND,
                         "there is no dataset '%s' in '%.200s'; did you mean '%s'?", name,
                         store->path, best);
    return mlci_fail(err, MLC_ERROR_NOT_FOUND, "there is no dataset '%s' among %zu in '%.200s'",
                     name, n, store->path);
}

static mlc_status no_version(mlc_store *store, const char *name, int64_t version,
                             mlc_error *err)
{
    mlci_query q;
    bool row = true;
    int64_t n = 0, first = 0, last = 0;

    mlci_query_open(&q, store,
                    "SELECT count(*), min(s.version), max(s.version) FROM snapshot s"
                    " JOIN dataset d ON d.id = s.dataset WHERE d.name = ?",
                    NULL);
    mlci_query_text(&q, name);
    if (mlci_query_step(&q, &row) == MLC_OK && row) {
        n = mlci_query_get_integer(&q, 0);
        first = mlci_query_get_integer(&q, 1);
        last = mlci_query_get_integer(&q, 2);
    }
    mlci_query_close(&q);
    if (n == 0)
        return no_dataset(store, name, err);
    return mlci_fail(err, MLC_ERROR_NOT_FOUND,
                     "dataset '%s' has no version %lld; it has %lld from %lld to %lld", name,
                     (long long)version, (long long)n, (long long)first, (long long)last);
}

/* ----------------------------------------------------------------------- snapshots */

void mlci_snapshot_free(mlci_snapshot *snapshot)
{
    mlci_manifest_free(&snapshot->manifest);
}

mlc_status mlci_snapshot_of_row(mlc_store *store, const mlci_query *q, mlci_snapshot *out,
                                mlc_error *err)
{
    mlci_slice digest = mlci_query_get_bytes(q, 5), manifest = mlci_query_get_bytes(q, 6);
    mlc_status status;

    memset(out, 0, sizeof *out);
    out->id = mlci_query_get_integer(q, 0);
    out->dataset = mlci_query_get_integer(q, 1);
    out->version = mlci_query_get_integer(q, 2);
    out->rows = mlci_query_get_integer(q, 3);
    out->time = mlci_query_get_integer(q, 4);
    if (digest.size != sizeof out->digest || manifest.data == NULL)
        return mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged: a snapshot's row",
                         store->path);
    memcpy(&out->digest, digest.data, sizeof out->digest);
    status = mlci_manifest_read(store->ctx, manifest, &out->manifest, err);
    if (status == MLC_OK && (int64_t)mlci_manifest_rows(&out->manifest) != out->rows)
        status =
            mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged: the rows of version %lld",
                      store->path, (long long)out->version);
    if (status != MLC_OK)
        mlci_snapshot_free(out);
    return status;
}

mlc_status mlci_snapshot_find(mlc_store *store, const char *name, int64_t version,
                              mlci_snapshot *out, mlc_error *err)
{
    mlci_query q;
    mlc_status status;
    bool row = false;

    memset(out, 0, sizeof *out);
    mlci_query_open(&q, store,
                    "SELECT s.id, s.dataset, s.version, s.rows, s.time, s.digest, s.manifest"
                    " FROM snapshot s JOIN dataset d ON d.id = s.dataset WHERE d.name = ?1"
                    " AND (?2 = 0 OR s.version = ?2) ORDER BY s.version DESC LIMIT 1",
                    err);
    mlci_query_text(&q, name);
    mlci_query_integer(&q, version);
    status = mlci_query_step(&q, &row);
    if (status == MLC_OK)
        status = row ? mlci_snapshot_of_row(store, &q, out, err)
                     : no_version(store, name, version, err);
    mlci_query_close(&q);
    return status;
}

/* ---------------------------------------------------------------------- placements */

mlc_status mlci_placements_add(mlci_placements *list, const mlci_placement *item,
                               mlc_error *err)
{
    if (list->n == list->room) {
        size_t room = list->room == 0 ? 64 : list->room * 2;
        mlci_placement *grown =
            list->items == NULL
                ? mlci_alloc(list->ctx, room, sizeof *grown)
                : mlci_realloc(list->ctx, list->items, list->room, room, sizeof *grown);
        if (grown == NULL)
            return mlci_no_memory(err, room * sizeof *grown);
        list->items = grown;
        list->room = room;
    }
    list->items[list->n++] = *item;
    return MLC_OK;
}

void mlci_placements_free(mlci_placements *list)
{
    if (list->items != NULL)
        mlci_free(list->ctx, list->items, list->room, sizeof *list->items);
    *list = (mlci_placements){0};
}

mlc_status mlci_snapshot_places(mlc_store *store, const mlci_snapshot *snapshot,
                                mlci_placements *out, mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    bool row = true;

    *out = (mlci_placements){.ctx = store->ctx};
    mlci_query_open(&q, store,
                    "SELECT p.block, p.field, p.position, p.rows, p.chunk, c.digest"
                    " FROM placement p LEFT JOIN chunk c ON c.id = p.chunk"
                    " WHERE p.snapshot = ? ORDER BY p.block, p.field, p.position",
                    err);
    mlci_query_integer(&q, snapshot->id);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        mlci_slice digest = mlci_query_get_bytes(&q, 5);
        mlci_placement item = {.block = (size_t)mlci_query_get_integer(&q, 0),
                               .field = mlci_query_get_integer(&q, 1),
                               .position = (size_t)mlci_query_get_integer(&q, 2),
                               .rows = (size_t)mlci_query_get_integer(&q, 3),
                               .chunk = mlci_query_get_integer(&q, 4)};
        if (digest.size == sizeof item.digest)
            memcpy(&item.digest, digest.data, sizeof item.digest);
        else if (digest.data != NULL)
            item.chunk = 0; /* a damaged row; nothing will be found under it */
        status = mlci_placements_add(out, &item, err);
        if (status != MLC_OK)
            break;
    }
    mlci_query_close(&q);
    if (status != MLC_OK)
        mlci_placements_free(out);
    return status;
}

static void add_word(mlci_digester *digester, uint64_t value)
{
    uint8_t bytes[8];

    for (size_t b = 0; b < sizeof bytes; b++)
        bytes[b] = (uint8_t)(value >> 8 * b);
    mlci_digest_add(digester, bytes, sizeof bytes);
}

void mlci_count_digest(const char *name, int64_t count, mlci_digest *out)
{
    mlci_digester digester;

    mlci_digest_begin(&digester);
    mlci_digest_add(&digester, name, strlen(name) + 1);
    add_word(&digester, (uint64_t)count);
    mlci_digest_end(&digester, out);
}

void mlci_snapshot_digest(const char *name, int64_t version, int64_t time, mlci_slice manifest,
                          const mlci_placements *places, mlci_digest *out)
{
    mlci_digester digester;

    mlci_digest_begin(&digester);
    mlci_digest_add(&digester, name, strlen(name) + 1);
    add_word(&digester, (uint64_t)version);
    add_word(&digester, (uint64_t)time);
    add_word(&digester, manifest.size);
    mlci_digest_add(&digester, manifest.data, manifest.size);
    for (size_t k = 0; k < places->n; k++) {
        const mlci_placement *p = &places->items[k];
        add_word(&digester, p->block);
        add_word(&digester, (uint64_t)p->field);
        add_word(&digester, p->position);
        add_word(&digester, p->rows);
        mlci_digest_add(&digester, &p->digest, sizeof p->digest);
    }
    mlci_digest_end(&digester, out);
}
