/*
 * join.c - each row of the left with the columns of the right row of the same key
 *
 * A key cell becomes 128 bits that are equal when its content is: numbers by value whatever
 * their storage (an int 1 is a float 1.0 and a true flag), times by the instant whatever their
 * unit, text by its bytes, as codes of the right dictionary. The right rows go into an
 * open-addressing table by the hash of their keys, the left rows are looked up by several
 * lanes, and the right columns are gathered. A key that is missing in any part matches none.
 */
#include <math.h>

#include "data/table.h"

enum { BLOCK = 1024, PROBE_CHUNK = 16384, NOWHERE = UINT32_MAX };

/* One cell of a key. */
typedef struct key_cell {
    uint64_t value;
    uint32_t part; /* nanoseconds of a time */
    uint32_t kind;
} key_cell;

enum { KEY_MISSING, KEY_INTEGER, KEY_UNSIGNED, KEY_REAL, KEY_TIME, KEY_TEXT };

typedef struct join_keys {
    const mlc_dataset *dataset;
    size_t *columns;       /* n */
    uint32_t **translated; /* n: of text, each code's code in the right dictionary; or NULL */
} join_keys;

typedef struct join_job {
    mlc_context *ctx;
    size_t n; /* key columns */
    join_keys left, right;
    key_cell *right_cells; /* right rows x n */
    uint32_t *slots;       /* right row + 1; 0 free */
    size_t n_slots;
    uint32_t *matches; /* one a left row; NOWHERE: none */
    /* gathering */
    size_t *added; /* right columns that are no keys */
    size_t n_added;
    mlci_column *made;
} join_job;

/* ------------------------------------------------------------------------ keys */

static key_cell key_of_integer(int64_t value)
{
    return (key_cell){(uint64_t)value, 0, KEY_INTEGER};
}

static key_cell key_of_number(double value)
{
    key_cell key = {0, 0, KEY_REAL};

    if (value != value)
        return (key_cell){0, 0, KEY_MISSING};
    if (value >= -0x1p63 && value < 0x1p63 && (double)(int64_t)value == value)
        return key_of_integer((int64_t)value); /* -0 becomes 0 */
    if (value >= 0x1p63 && value < 0x1p64)
        return (key_cell){(uint64_t)value, 0, KEY_UNSIGNED}; /* whole numbers all */
    memcpy(&key.value, &value, sizeof value);
    return key;
}

static key_cell key_of_time(int64_t count, int32_t unit)
{
    int64_t scale = 1, seconds, rest;

    for (int32_t u = MLC_TIMESTAMP_S; u < unit; u++)
        scale *= 1000;
    seconds = count / scale;
    rest = count % scale;
    if (rest < 0) {
        rest += scale;
        seconds--;
    }
    return (key_cell){(uint64_t)seconds, (uint32_t)(rest * (1000000000 / scale)), KEY_TIME};
}

/* Column k of the keys of a block of rows; cell i goes to out[i * n]. */
static void read_keys(const join_keys *keys, size_t k, mlci_range rows, size_t n, key_cell *out)
{
    const mlc_dataset *d = keys->dataset;
    size_t column = keys->columns[k], count = rows.end - rows.begin;
    int32_t storage = mlci_column_at(d, column)->storage, unit = mlci_storage_unit(storage);
    union {
        double numbers[BLOCK];
        int64_t integers[BLOCK];
        uint32_t codes[BLOCK];
    } cells;
    uint8_t missing[BLOCK];

    if (storage == MLC_UTF8) {
        const uint32_t *translated = keys->translated[k];
        mlci_read_codes(d, column, rows, cells.codes);
        for (size_t i = 0; i < count; i++) {
            uint32_t code = cells.codes[i];
            if (code != MLCI_MISSING_CODE && translated != NULL)
                code = translated[code];
            out[i * n] =
                (key_cell){code, 0, code == MLCI_MISSING_CODE ? KEY_MISSING : KEY_TEXT};
        }
        return;
    }
    if (storage == MLC_FLOAT32 || storage == MLC_FLOAT64) {
        mlci_read_numbers(d, column, rows, cells.numbers);
        for (size_t i = 0; i < count; i++)
            out[i * n] = key_of_number(cells.numbers[i]);
        return;
    }
    mlci_read_integers(d, column, rows, cells.integers, missing);
    for (size_t i = 0; i < count; i++) {
        int64_t value = cells.integers[i];
        if (missing[i])
            out[i * n] = (key_cell){0, 0, KEY_MISSING};
        else if (unit != 0)
            out[i * n] = key_of_time(value, unit);
        else if (storage == MLC_UINT64 && value < 0)
            out[i * n] = (key_cell){(uint64_t)value, 0, KEY_UNSIGNED};
        else
            out[i * n] = key_of_integer(value);
    }
}

static bool has_missing(const key_cell *key, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (key[k].kind == KEY_MISSING)
            return true;
    return false;
}

/* The slot of a key: that of the right row that has it, or the free one where it would go. */
static size_t key_slot(const join_job *job, const key_cell *key)
{
    size_t size = job->n * sizeof *key, mask = job->n_slots - 1;
    size_t at = (size_t)mlci_hash(key, size, 0) & mask;

    while (job->slots[at] != 0 &&
           memcmp(job->right_cells + (size_t)(job->slots[at] - 1) * job->n, key, size) != 0)
        at = (at + 1) & mask;
    return at;
}

/* ------------------------------------------------------------------------ the two sides */

static mlc_status hash_right(join_job *job, mlc_error *err)
{
    mlc_context *ctx = job->ctx;
    mlc_status status = MLC_OK;
    size_t rows = job->right.dataset->rows;

    MLCI_ALLOC(job->right_cells, rows * job->n);
    job->n_slots = 16;
    while (job->n_slots < 2 * rows)
        job->n_slots *= 2;
    job->slots = mlci_alloc_zeroed(ctx, job->n_slots, sizeof *job->slots);
    if (job->slots == NULL) {
        status = mlci_no_memory(err, job->n_slots * sizeof *job->slots);
        goto done;
    }
    for (size_t r = 0; r < rows; r += BLOCK) {
        mlci_range block = {r, rows - r < BLOCK ? rows : r + BLOCK};
        for (size_t k = 0; k < job->n; k++)
            read_keys(&job->right, k, block, job->n, job->right_cells + r * job->n + k);
        for (size_t i = block.begin; i < block.end; i++) {
            const key_cell *key = job->right_cells + i * job->n;
            size_t at;
            if (has_missing(key, job->n))
                continue;
            at = key_slot(job, key);
            if (job->slots[at] != 0) {
                size_t column = job->right.columns[0];
                const char *name = mlci_column_at(job->right.dataset, column)->name;
                status = mlci_fail(err, MLC_ERROR_DATA,
                                   "rows %u and %zu of the right have the same key ('%s'%s)",
                                   job->slots[at] - 1, i, name, job->n > 1 ? " and more" : "");
                mlci_at(err, (int64_t)i, -1, (int64_t)column, name);
                goto done;
            }
            job->slots[at] = (uint32_t)i + 1;
        }
        MLCI_TRY(mlci_cancelled(ctx, err));
    }
done:
    return status;
}

static mlc_status probe_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                              mlc_error *err)
{
    const join_job *job = state;
    mlc_context *ctx = lane->ctx;
    mlc_status status = MLC_OK;
    key_cell *cells = NULL;

    (void)chunk;
    MLCI_ALLOC(cells, BLOCK * job->n);
    for (size_t r = range.begin; r < range.end; r += BLOCK) {
        mlci_range block = {r, range.end - r < BLOCK ? range.end : r + BLOCK};
        for (size_t k = 0; k < job->n; k++)
            read_keys(&job->left, k, block, job->n, cells + k);
        for (size_t i = block.begin; i < block.end; i++) {
            const key_cell *key = cells + (i - r) * job->n;
            job->matches[i] = NOWHERE;
            if (!has_missing(key, job->n))
                job->matches[i] = job->slots[key_slot(job, key)] - 1; /* 0 free: NOWHERE */
        }
    }
done:
    if (cells != NULL)
        MLCI_FREE(cells, BLOCK * job->n);
    return status;
}

static mlc_status gather_chunk(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    join_job *job = state;
    mlc_status status = MLC_OK;

    (void)chunk, (void)lane;
    for (size_t k = range.begin; k < range.end && status == MLC_OK; k++)
        status = mlci_gather(job->right.dataset, job->added[k], job->matches,
                             job->left.dataset->rows, &job->made[k], err);
    return status;
}

/* ------------------------------------------------------------------------ which columns */

enum { FAMILY_NUMBER, FAMILY_TIME, FAMILY_TEXT };

static int family(const mlc_dataset *d, size_t column)
{
    int32_t storage = mlci_column_at(d, column)->storage;

    if (storage == MLC_UTF8)
        return FAMILY_TEXT;
    return mlci_storage_unit(storage) != 0 ? FAMILY_TIME : FAMILY_NUMBER;
}

/* Find `name`, or `left=right`, on both sides. `name` is cut in two for a while. */
static mlc_status find_key(join_job *job, size_t k, char *name, mlc_error *err)
{
    static const char *const families[] = {"numbers", "times", "text"};
    char *right_name = name, *equals = strchr(name, '=');
    mlc_status status = MLC_OK;
    const char *side = "left";
    int l, r;

    if (equals != NULL && mlci_dataset_find(job->left.dataset, name) != SIZE_MAX)
        equals = NULL; /* a name with the sign in it */
    if (equals != NULL) {
        *equals = 0;
        right_name = equals + 1;
    }
    MLCI_TRY(mlci_dataset_need(job->left.dataset, name, &job->left.columns[k], err));
    side = "right";
    MLCI_TRY(mlci_dataset_need(job->right.dataset, right_name, &job->right.columns[k], err));
    side = NULL;
    l = family(job->left.dataset, job->left.columns[k]);
    r = family(job->right.dataset, job->right.columns[k]);
    if (l != r) {
        status = mlci_fail(err, MLC_ERROR_TYPE, "key '%s' is %s on the left, %s on the right",
                           name, families[l], families[r]);
        mlci_at(err, -1, -1, (int64_t)job->left.columns[k], name);
    }
done:
    if (equals != NULL)
        *equals = '='; /* its memory is counted by its length */
    if (status != MLC_OK && side != NULL)
        mlci_blame(err, "join, the %s side", side);
    return status;
}

static mlc_status find_keys(join_job *job, const mlc_value *on, mlc_error *err)
{
    mlc_context *ctx = job->ctx;
    mlc_status status = MLC_OK;

    job->n = (size_t)on->n_list;
    MLCI_ALLOC(job->left.columns, job->n);
    MLCI_ALLOC(job->right.columns, job->n);
    for (size_t k = 0; k < job->n; k++) {
        char *name = mlci_text_copy(ctx, on->list[k]);
        if (name == NULL) {
            status = mlci_no_memory(err, strlen(on->list[k]) + 1);
            goto done;
        }
        status = find_key(job, k, name, err);
        mlci_text_free(ctx, name);
        if (status != MLC_OK)
            goto done;
    }
done:
    return status;
}

/* Each left code's code in the right dictionary. */
static mlc_status translate(join_job *job, mlc_error *err)
{
    mlc_context *ctx = job->ctx;
    mlc_status status = MLC_OK;

    MLCI_ALLOC_ZEROED(job->right.translated, job->n);
    MLCI_ALLOC_ZEROED(job->left.translated, job->n);
    for (size_t k = 0; k < job->n; k++) {
        const mlci_dictionary *from, *to;
        uint32_t *codes;
        from = mlci_column_dictionary(job->left.dataset, job->left.columns[k]);
        to = mlci_column_dictionary(job->right.dataset, job->right.columns[k]);
        if (from == NULL || from == to)
            continue;
        MLCI_ALLOC(codes, mlci_dictionary_count(from));
        job->left.translated[k] = codes;
        for (uint32_t code = 0; code < mlci_dictionary_count(from); code++)
            codes[code] = mlci_dictionary_find(to, mlci_dictionary_text(from, code));
    }
done:
    return status;
}

/* The right columns that are no keys; none may stand on the left under the same name. */
static mlc_status choose_added(join_job *job, mlc_error *err)
{
    mlc_context *ctx = job->ctx;
    mlc_status status = MLC_OK;
    const mlc_dataset *right = job->right.dataset;

    MLCI_ALLOC(job->added, right->list->n);
    for (size_t c = 0; c < right->list->n; c++) {
        const char *name = mlci_column_at(right, c)->name;
        bool key = false;
        for (size_t k = 0; k < job->n; k++)
            key = key || job->right.columns[k] == c;
        if (key)
            continue;
        if (mlci_dataset_find(job->left.dataset, name) != SIZE_MAX) {
            status = mlci_fail(err, MLC_ERROR_SCHEMA,
                               "column '%s' stands on both sides; leave it out on one", name);
            mlci_at(err, -1, -1, (int64_t)c, name);
            goto done;
        }
        job->added[job->n_added++] = c;
    }
    job->made = mlci_alloc_zeroed(ctx, job->n_added, sizeof *job->made);
    if (job->made == NULL)
        status = mlci_no_memory(err, job->n_added * sizeof *job->made);
done:
    return status;
}

static void join_free(join_job *job)
{
    mlc_context *ctx = job->ctx;

    for (size_t k = 0; job->made != NULL && k < job->n_added; k++)
        mlci_column_free(ctx, &job->made[k]); /* empty where taken over */
    if (job->made != NULL)
        MLCI_FREE(job->made, job->n_added);
    if (job->added != NULL)
        MLCI_FREE(job->added, job->right.dataset->list->n);
    if (job->matches != NULL)
        MLCI_FREE(job->matches, job->left.dataset->rows);
    if (job->slots != NULL)
        MLCI_FREE(job->slots, job->n_slots);
    if (job->right_cells != NULL)
        MLCI_FREE(job->right_cells, job->right.dataset->rows * job->n);
    for (size_t k = 0; job->left.translated != NULL && k < job->n; k++)
        if (job->left.translated[k] != NULL)
            MLCI_FREE(job->left.translated[k], mlci_dictionary_count(mlci_column_dictionary(
                                                   job->left.dataset, job->left.columns[k])));
    if (job->left.translated != NULL)
        MLCI_FREE(job->left.translated, job->n);
    if (job->right.translated != NULL)
        MLCI_FREE(job->right.translated, job->n);
    if (job->right.columns != NULL)
        MLCI_FREE(job->right.columns, job->n);
    if (job->left.columns != NULL)
        MLCI_FREE(job->left.columns, job->n);
}

static mlc_status join_all(join_job *job, const mlc_value *on, mlc_dataset **out,
                           mlc_error *err)
{
    mlc_context *ctx = job->ctx;
    mlc_status status = MLC_OK;
    const mlc_dataset *left = job->left.dataset;
    size_t *kept = NULL, n_kept = left->list->n;

    MLCI_TRY(mlci_need_indexable(job->right.dataset, err));
    MLCI_TRY(find_keys(job, on, err));
    MLCI_TRY(choose_added(job, err));
    MLCI_TRY(translate(job, err));
    MLCI_TRY(hash_right(job, err));
    MLCI_ALLOC(job->matches, left->rows);
    MLCI_TRY(mlci_parallel_for(ctx, left->rows, PROBE_CHUNK, probe_chunk, job, err));
    MLCI_TRY(mlci_parallel_for(ctx, job->n_added, 1, gather_chunk, job, err));
    MLCI_ALLOC(kept, n_kept);
    for (size_t c = 0; c < n_kept; c++)
        kept[c] = c;
    MLCI_TRY(mlci_dataset_recolumn(left, kept, n_kept, job->made, job->n_added, out, err));
done:
    if (kept != NULL)
        MLCI_FREE(kept, n_kept);
    return status;
}

static const mlc_param join_params[] = {
    {.name = "on",
     .type = MLC_PARAM_COLUMNS,
     .flags = MLC_PARAM_REQUIRED,
     .help = "key columns, `a,b` where both sides call them so, or `left=right`"},
};

mlc_status mlc_dataset_join(const mlc_dataset *left, const mlc_dataset *right,
                            const char *const *params, mlc_dataset **out, mlc_error *err)
{
    join_job job = {0};
    mlci_settings *settings = NULL;
    mlc_status status = MLC_OK;
    mlci_fp_state fp;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (left == NULL || right == NULL)
        return mlci_null_argument(err, left == NULL ? "left" : "right");
    fp = mlci_fp_enter();
    job.ctx = left->ctx;
    job.left.dataset = left;
    job.right.dataset = right;
    MLCI_TRY(mlci_params_read(left->ctx, "join", join_params, MLCI_COUNT_OF(join_params),
                              params, &settings, err));
    MLCI_TRY(join_all(&job, &settings->values[0], out, err));
done:
    join_free(&job);
    mlci_settings_free(settings);
    mlci_fp_leave(fp);
    return status;
}
