/*
 * model_rows.c - published models and the events that put them in stages
 *
 * Which version is in a stage is not kept anywhere but in the events: `promote` puts one on
 * top, `rollback` takes it off again. Events are only ever added; the digest of each covers its
 * words and the digest before it, so none can be changed or lost unnoticed.
 */
#include "store/model_rows.h"

#include "store/listing.h"
#include "store/snapshot.h"

/* ------------------------------------------------------------------------- digests */

static void add_word(mlci_digester *d, uint64_t value)
{
    uint8_t bytes[8];

    for (size_t b = 0; b < sizeof bytes; b++)
        bytes[b] = (uint8_t)(value >> 8 * b);
    mlci_digest_add(d, bytes, sizeof bytes);
}

/* A text with its length; none at all differs from an empty one. */
static void add_text(mlci_digester *d, mlci_slice text)
{
    add_word(d, text.data == NULL ? UINT64_MAX : text.size);
    mlci_digest_add(d, text.data, text.data == NULL ? 0 : text.size);
}

void mlci_event_digest(const mlci_digest *before, int64_t time, mlci_slice name,
                       mlci_slice what, int64_t version, mlci_slice stage, mlci_slice why,
                       mlci_digest *out)
{
    mlci_digester d;

    mlci_digest_begin(&d);
    mlci_digest_add(&d, before, sizeof *before);
    add_word(&d, (uint64_t)time);
    add_text(&d, name);
    add_text(&d, what);
    add_word(&d, (uint64_t)version);
    add_text(&d, stage);
    add_text(&d, why);
    mlci_digest_end(&d, out);
}

void mlci_model_digest(int64_t time, mlci_slice name, int64_t version, mlci_slice hash,
                       mlci_slice result, mlci_slice lineage, mlci_digest *out)
{
    mlci_digester d;

    mlci_digest_begin(&d);
    add_word(&d, (uint64_t)time);
    add_text(&d, name);
    add_word(&d, (uint64_t)version);
    add_text(&d, hash);
    add_text(&d, result);
    add_text(&d, lineage);
    mlci_digest_end(&d, out);
}

/* -------------------------------------------------------------------------- events */

static mlc_status put_event(mlc_store *store, const char *name, const char *what,
                            int64_t version, const char *stage, const char *why, int64_t time,
                            mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    bool row = false;
    mlci_digest digest = {{0}};

    mlci_query_open(&q, store, "SELECT digest FROM event ORDER BY id DESC LIMIT 1", err);
    status = mlci_query_step(&q, &row);
    if (row) {
        mlci_slice last = mlci_query_get_bytes(&q, 0);
        if (last.size == sizeof digest)
            memcpy(&digest, last.data, sizeof digest);
    }
    mlci_query_close(&q);
    if (status != MLC_OK)
        return status;
    mlci_event_digest(&digest, time, mlci_slice_of(name), mlci_slice_of(what), version,
                      mlci_slice_of(stage), mlci_slice_of(why), &digest);
    mlci_query_open(&q, store,
                    "INSERT INTO event(time, name, what, version, stage, why, digest)"
                    " VALUES(?, ?, ?, ?, ?, ?, ?)",
                    err);
    mlci_query_integer(&q, time);
    mlci_query_text(&q, name);
    mlci_query_text(&q, what);
    mlci_query_integer(&q, version);
    mlci_query_text(&q, stage);
    mlci_query_text(&q, why);
    mlci_query_bytes(&q, &digest, sizeof digest);
    status = mlci_query_done(&q);
    mlci_query_close(&q);
    return status;
}

/* The versions that are in a stage, one on top of the other. */
struct stage_stack {
    mlc_context *ctx;
    int64_t *versions; /* n */
    size_t n, room;
};

static void stack_free(struct stage_stack *stack)
{
    if (stack->versions != NULL)
        mlci_free(stack->ctx, stack->versions, stack->room, sizeof *stack->versions);
}

static mlc_status stack_push(struct stage_stack *stack, int64_t version, mlc_error *err)
{
    if (stack->n > 0 && stack->versions[stack->n - 1] == version)
        return MLC_OK; /* told again */
    if (stack->n == stack->room) {
        size_t room = stack->room == 0 ? 16 : 2 * stack->room;
        int64_t *grown =
            stack->versions == NULL
                ? mlci_alloc(stack->ctx, room, sizeof *grown)
                : mlci_realloc(stack->ctx, stack->versions, stack->room, room, sizeof *grown);
        if (grown == NULL)
            return mlci_no_memory(err, room * sizeof *grown);
        stack->versions = grown;
        stack->room = room;
    }
    stack->versions[stack->n++] = version;
    return MLC_OK;
}

static mlc_status stack_read(mlc_store *store, const char *name, const char *stage,
                             struct stage_stack *stack, mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    bool row = true;

    *stack = (struct stage_stack){.ctx = store->ctx};
    mlci_query_open(&q, store,
                    "SELECT what, version FROM event WHERE name = ? AND stage = ? ORDER BY id",
                    err);
    mlci_query_text(&q, name);
    mlci_query_text(&q, stage);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row) {
        if (!mlci_slice_equal(mlci_query_get_text(&q, 0), mlci_slice_of("rollback")))
            status = stack_push(stack, mlci_query_get_integer(&q, 1), err);
        else if (stack->n > 0)
            stack->n--;
        if (status != MLC_OK)
            break;
    }
    mlci_query_close(&q);
    return status;
}

/* ------------------------------------------------------------------ what is not there */

static mlc_status no_model(mlc_store *store, const char *name, mlc_error *err)
{
    mlci_query q;
    bool row = true;
    char best[MLCI_NAME_BYTES + 1] = "";
    size_t least = strlen(name) / 3 + 2, n = 0;

    mlci_query_open(&q, store, "SELECT DISTINCT name FROM model", NULL);
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
                         "there is no model '%s' in '%.200s'; did you mean '%s'?", name,
                         store->path, best);
    return mlci_fail(err, MLC_ERROR_NOT_FOUND, "there is no model '%s' among %zu in '%.200s'",
                     name, n, store->path);
}

/* That a version is there (0: any), or which there are. */
static mlc_status need_model(mlc_store *store, const char *name, int64_t version,
                             mlc_error *err)
{
    mlc_status status;
    mlci_query q;
    bool row = false;
    int64_t last = 0, there = 0;

    mlci_query_open(&q, store,
                    "SELECT max(version), sum(version = ?2) FROM model WHERE name = ?1", err);
    mlci_query_text(&q, name);
    mlci_query_integer(&q, version);
    status = mlci_query_step(&q, &row);
    if (row) {
        last = mlci_query_get_integer(&q, 0);
        there = mlci_query_get_integer(&q, 1);
    }
    mlci_query_close(&q);
    if (status != MLC_OK)
        return status;
    if (last == 0)
        return no_model(store, name, err);
    if (version != 0 && there == 0)
        return mlci_fail(err, MLC_ERROR_NOT_FOUND,
                         "model '%s' has no version %lld; its last is %lld", name,
                         (long long)version, (long long)last);
    return MLC_OK;
}

/* ---------------------------------------------------------------------- publishing */

static mlc_status publish(mlc_store *store, const char *name, const mlci_model_row *model,
                          int64_t version, mlc_error *err)
{
    int64_t time = mlci_time_us();
    mlci_digest digest;
    mlci_query q;
    mlc_status status;

    mlci_model_digest(time, mlci_slice_of(name), version, mlci_slice_of(model->hash),
                      mlci_slice_of(model->result), mlci_slice_of(model->lineage), &digest);
    mlci_query_open(&q, store,
                    "INSERT INTO model(name, version, time, hash, result, lineage, digest,"
                    " bytes) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                    err);
    mlci_query_text(&q, name);
    mlci_query_integer(&q, version);
    mlci_query_integer(&q, time);
    mlci_query_text(&q, model->hash);
    mlci_query_text(&q, model->result);
    mlci_query_text(&q, model->lineage);
    mlci_query_bytes(&q, &digest, sizeof digest);
    mlci_query_bytes(&q, model->bytes, model->size);
    status = mlci_query_done(&q);
    mlci_query_close(&q);
    if (status == MLC_OK)
        status = put_event(store, name, "publish", version, NULL, model->why, time, err);
    return status;
}

mlc_status mlci_store_publish(mlc_store *store, const char *name, const mlci_model_row *model,
                              int64_t *version, mlc_error *err)
{
    mlci_query q = {0};
    bool row = false;
    int64_t next = 1;
    mlc_status status = mlci_name_check(name, err);

    if (status == MLC_OK)
        status = mlci_store_enter(store, err);
    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_write_begin(store, err));
    mlci_query_open(&q, store, "SELECT max(version) FROM model WHERE name = ?", err);
    mlci_query_text(&q, name);
    MLCI_TRY(mlci_query_step(&q, &row));
    next = row ? mlci_query_get_integer(&q, 0) + 1 : 1;
    mlci_query_close(&q);
    MLCI_TRY(publish(store, name, model, next, err));
    MLCI_TRY(mlci_sql_commit(store, err));
    *version = next;
done:
    mlci_query_close(&q);
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

/* -------------------------------------------------------------------------- stages */

mlc_status mlci_store_promote(mlc_store *store, const char *name, int64_t version,
                              const char *stage, const char *why, mlc_error *err)
{
    mlc_status status = mlci_name_check(name, err);

    if (status == MLC_OK)
        status = mlci_name_check(stage, err);
    if (status == MLC_OK)
        status = mlci_store_enter(store, err);
    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_write_begin(store, err));
    MLCI_TRY(need_model(store, name, version, err));
    MLCI_TRY(put_event(store, name, "promote", version, stage, why, mlci_time_us(), err));
    MLCI_TRY(mlci_sql_commit(store, err));
done:
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

mlc_status mlci_store_rollback(mlc_store *store, const char *name, const char *stage,
                               const char *why, int64_t *version, mlc_error *err)
{
    struct stage_stack stack = {0};
    int64_t before;
    mlc_status status = mlci_store_enter(store, err);

    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_write_begin(store, err));
    MLCI_TRY(need_model(store, name, 0, err));
    MLCI_TRY(stack_read(store, name, stage, &stack, err));
    if (stack.n < 2) {
        status = mlci_fail(err, MLC_ERROR_STATE,
                           stack.n == 0 ? "model '%s' has nothing in stage '%s'"
                                        : "model '%s' had nothing in stage '%s' before",
                           name, stage);
        goto done;
    }
    before = stack.versions[stack.n - 2];
    MLCI_TRY(put_event(store, name, "rollback", before, stage, why, mlci_time_us(), err));
    MLCI_TRY(mlci_sql_commit(store, err));
    *version = before;
done:
    stack_free(&stack);
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

mlc_status mlci_store_stage(mlc_store *store, const char *name, const char *stage,
                            int64_t *version, mlc_error *err)
{
    struct stage_stack stack = {0};
    mlc_status status = mlci_store_enter(store, err);

    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_read_begin(store, err));
    MLCI_TRY(stack_read(store, name, stage, &stack, err));
    if (stack.n == 0) {
        MLCI_TRY(need_model(store, name, 0, err));
        status = mlci_fail(err, MLC_ERROR_NOT_FOUND, "model '%s' has nothing in stage '%s'",
                           name, stage);
        goto done;
    }
    *version = stack.versions[stack.n - 1];
done:
    stack_free(&stack);
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

mlc_status mlci_store_model(mlc_store *store, const char *name, int64_t version,
                            mlci_buffer *bytes, mlc_error *err)
{
    mlci_query q = {0};
    bool row = false;
    char hash[65];
    mlci_digest digest;
    mlc_status status = mlci_store_enter(store, err);

    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_read_begin(store, err));
    MLCI_TRY(need_model(store, name, version, err));
    mlci_query_open(&q, store, "SELECT bytes, hash FROM model WHERE name = ? AND version = ?",
                    err);
    mlci_query_text(&q, name);
    mlci_query_integer(&q, version);
    MLCI_TRY(mlci_query_step(&q, &row));
    if (row) {
        mlci_slice data = mlci_query_get_bytes(&q, 0);
        mlci_digest_of(data.data, data.size, &digest);
        mlci_digest_text(&digest, hash);
        row = mlci_slice_equal(mlci_query_get_text(&q, 1), mlci_slice_of(hash));
        if (row)
            MLCI_TRY(mlci_buffer_add(bytes, data.data, data.size, err));
    }
    if (!row)
        status = mlci_fail(err, MLC_ERROR_FORMAT,
                           "'%.300s' is damaged: model %s@%lld is not as it was published",
                           store->path, name, (long long)version);
done:
    mlci_query_close(&q);
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

/* ------------------------------------------------------------------------- listing */

static const mlci_listing_column model_columns[] = {
    {"name", MLC_UTF8},         {"version", MLC_INT64}, {"production", MLC_INT64},
    {"time", MLC_TIMESTAMP_US}, {"hash", MLC_UTF8},
};

static mlc_status list_model(mlc_store *store, const mlci_query *q, mlci_listing *listing,
                             mlc_error *err)
{
    mlc_status status;
    mlci_slice name = mlci_query_get_text(q, 0);
    struct stage_stack stack = {.ctx = store->ctx};
    char copy[MLCI_NAME_BYTES + 1];

    if (name.data == NULL || name.size > MLCI_NAME_BYTES)
        return mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged: a model's name",
                         store->path);
    memcpy(copy, name.data, name.size);
    copy[name.size] = '\0';
    status = stack_read(store, copy, "production", &stack, err);
    mlci_listing_text(listing, name);
    mlci_listing_integer(listing, mlci_query_get_integer(q, 1));
    if (stack.n > 0)
        mlci_listing_integer(listing, stack.versions[stack.n - 1]);
    else
        mlci_listing_missing(listing);
    mlci_listing_integer(listing, mlci_query_get_integer(q, 2));
    mlci_listing_text(listing, mlci_query_get_text(q, 3));
    stack_free(&stack);
    return status;
}

mlc_status mlci_store_models(mlc_store *store, mlc_dataset **out, mlc_error *err)
{
    mlci_listing listing;
    mlci_query q = {0};
    bool row = true;
    mlc_status status = mlci_store_enter(store, err);

    if (status != MLC_OK)
        return status;
    mlci_listing_begin(&listing, store->ctx, model_columns, MLCI_COUNT_OF(model_columns), err);
    MLCI_TRY(mlci_sql_read_begin(store, err));
    mlci_query_open(&q, store,
                    "SELECT name, version, time, hash FROM model m WHERE version ="
                    " (SELECT max(version) FROM model WHERE name = m.name) ORDER BY name",
                    err);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row)
        MLCI_TRY(list_model(store, &q, &listing, err));
    MLCI_TRY(status);
    MLCI_TRY(mlci_listing_end(&listing, out));
done:
    mlci_listing_free(&listing);
    mlci_query_close(&q);
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

static const mlci_listing_column event_columns[] = {
    {"time", MLC_TIMESTAMP_US}, {"what", MLC_UTF8},   {"name", MLC_UTF8},
    {"version", MLC_INT64},     {"stage", MLC_UTF8},  {"why", MLC_UTF8},
    {"hash", MLC_UTF8},         {"result", MLC_UTF8}, {"lineage", MLC_UTF8},
};

mlc_status mlci_store_events(mlc_store *store, const char *name, mlc_dataset **out,
                             mlc_error *err)
{
    mlci_listing listing;
    mlci_query q = {0};
    bool row = true;
    mlc_status status = mlci_store_enter(store, err);

    if (status != MLC_OK)
        return status;
    mlci_listing_begin(&listing, store->ctx, event_columns, MLCI_COUNT_OF(event_columns), err);
    MLCI_TRY(mlci_sql_read_begin(store, err));
    if (name != NULL)
        MLCI_TRY(need_model(store, name, 0, err));
    mlci_query_open(
        &q, store,
        "SELECT e.time, e.what, e.name, e.version, e.stage, e.why, m.hash, m.result,"
        " m.lineage FROM event e LEFT JOIN model m ON e.what = 'publish'"
        " AND m.name = e.name AND m.version = e.version"
        " WHERE ?1 IS NULL OR e.name = ?1 ORDER BY e.id",
        err);
    mlci_query_text(&q, name);
    while ((status = mlci_query_step(&q, &row)) == MLC_OK && row)
        for (int c = 0; c < (int)MLCI_COUNT_OF(event_columns); c++) {
            if (event_columns[c].storage == MLC_UTF8)
                mlci_listing_text(&listing, mlci_query_get_text(&q, c));
            else
                mlci_listing_integer(&listing, mlci_query_get_integer(&q, c));
        }
    MLCI_TRY(status);
    MLCI_TRY(mlci_listing_end(&listing, out));
done:
    mlci_listing_free(&listing);
    mlci_query_close(&q);
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}

/* -------------------------------------------------------------------------- leases */

mlc_status mlci_store_lease(mlc_store *store, int64_t count, uint64_t *first, mlc_error *err)
{
    static const char name[] = "inference";
    mlci_query q = {0};
    mlci_digest digest;
    int64_t next = 1;
    bool row = false;
    mlc_status status = mlci_store_enter(store, err);

    if (status != MLC_OK)
        return status;
    MLCI_TRY(mlci_sql_write_begin(store, err));
    mlci_query_open(&q, store, "SELECT value FROM counter WHERE name = ?", err);
    mlci_query_text(&q, name);
    MLCI_TRY(mlci_query_step(&q, &row));
    if (row)
        next = mlci_query_get_integer(&q, 0);
    mlci_query_close(&q);
    if (next < 1)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "'%.300s' is damaged: its count of ids",
                           store->path));
    *first = 0;
    if (next > INT64_MAX - count)
        goto done;
    mlci_count_digest(name, next + count, &digest);
    mlci_query_open(&q, store,
                    "INSERT OR REPLACE INTO counter(name, value, digest) VALUES(?, ?, ?)", err);
    mlci_query_text(&q, name);
    mlci_query_integer(&q, next + count);
    mlci_query_bytes(&q, &digest, sizeof digest);
    MLCI_TRY(mlci_query_done(&q));
    mlci_query_close(&q);
    MLCI_TRY(mlci_sql_commit(store, err));
    *first = (uint64_t)next;
done:
    mlci_query_close(&q);
    mlci_sql_rollback(store);
    mlci_store_leave(store);
    return status;
}
