/*
 * content.c - the hash of a table's cells
 *
 * Each column is cut into chunks of rows, each chunk is hashed by itself, and the hash of the
 * table is that of the names, the storages and the chunks' hashes in order: lanes never change
 * it. It is a hash of what the cells say, not of how they lie: strides, bytes under missing
 * cells, NaN's payloads, the numbering of texts and texts that no cell uses make no difference.
 *
 *   chunk  = H(1 if any is missing, else 0 | presence bits if so | cells, missing ones zero)
 *   column = storage | name | the used texts by first appearance | its chunks
 *   table  = H(version | rows | columns | each column)
 *
 * Bytes are those of a little-endian machine.
 */
#include "data/table.h"

enum { CHUNK_ROWS = 65536, BLOCK_CELLS = 4096 };

/* What is known of one column before its chunks are hashed. */
typedef struct content_column {
    const mlci_column *column;
    uint32_t *codes;  /* texts: new code of each code by first appearance, or NULL: the same */
    size_t n_codes;   /* of the dictionary */
    mlci_digest head; /* storage, name, texts */
} content_column;

typedef struct content_job {
    content_column *columns;
    size_t rows, chunks; /* of one column */
    mlci_digest *parts;  /* columns x chunks */
} content_job;

static bool is_float(int32_t storage)
{
    return storage == MLC_FLOAT32 || storage == MLC_FLOAT64;
}

/* Copy cells [begin, begin + n) side by side, missing ones as zero; bits tell who is present.
 * Returns how many are missing. */
static size_t copy_cells(const content_column *c, size_t begin, size_t n, char *out,
                         uint64_t *bits)
{
    const mlci_column *column = c->column;
    size_t size = mlci_storage_size(column->storage), missing = 0;

    memset(bits, 0, mlci_words(n) * sizeof *bits);
    for (size_t k = 0; k < n; k++) {
        const char *cell = column->values + (ptrdiff_t)(begin + k) * column->stride;
        bool present = column->valid == NULL || mlci_bit(column->valid, begin + k);
        memcpy(out + k * size, cell, size);
        if (column->storage == MLC_FLOAT64) {
            double v;
            memcpy(&v, cell, sizeof v);
            present = present && v == v;
        } else if (column->storage == MLC_FLOAT32) {
            float v;
            memcpy(&v, cell, sizeof v);
            present = present && v == v;
        } else if (column->storage == MLC_BOOL) {
            out[k] = out[k] != 0;
        } else if (column->storage == MLC_UTF8) {
            uint32_t code;
            memcpy(&code, cell, sizeof code);
            present = present && code != MLCI_MISSING_CODE;
            if (present && c->codes != NULL)
                memcpy(out + k * size, &c->codes[code], sizeof code);
        }
        if (present) {
            mlci_set_bit(bits, k);
        } else {
            memset(out + k * size, 0, size);
            missing++;
        }
    }
    return missing;
}

/* Whether cells can be hashed where they lie. */
static bool lies_plainly(const content_column *c, size_t begin, size_t n)
{
    const mlci_column *column = c->column;
    size_t size = mlci_storage_size(column->storage);
    const char *cells = column->values + (ptrdiff_t)begin * column->stride;

    if (column->stride != (ptrdiff_t)size || column->valid != NULL ||
        column->storage == MLC_BOOL || column->storage == MLC_UTF8)
        return false;
    if (!is_float(column->storage))
        return true;
    for (size_t k = 0; k < n; k++) {
        double d;
        float f;
        memcpy(&f, cells + k * size, sizeof f);
        if (column->storage == MLC_FLOAT64)
            memcpy(&d, cells + k * size, sizeof d);
        else
            d = (double)f;
        if (d != d)
            return false;
    }
    return true;
}

static void hash_chunk(const content_column *c, size_t begin, size_t n, mlci_digest *out)
{
    size_t size = mlci_storage_size(c->column->storage), missing = 0;
    mlci_digester digester;
    uint8_t flag = 0;
    uint64_t bits[BLOCK_CELLS / 64];
    char cells[BLOCK_CELLS * 8];

    mlci_digest_begin(&digester);
    if (lies_plainly(c, begin, n)) {
        mlci_digest_add(&digester, &flag, 1);
        mlci_digest_add(&digester, c->column->values + begin * size, n * size);
        mlci_digest_end(&digester, out);
        return;
    }
    for (size_t k = 0; k < n; k += BLOCK_CELLS) {
        size_t block = n - k < BLOCK_CELLS ? n - k : BLOCK_CELLS;
        missing += copy_cells(c, begin + k, block, cells, bits);
    }
    flag = missing > 0;
    mlci_digest_add(&digester, &flag, 1);
    for (int pass = missing > 0 ? 0 : 1; pass < 2; pass++)
        for (size_t k = 0; k < n; k += BLOCK_CELLS) {
            size_t block = n - k < BLOCK_CELLS ? n - k : BLOCK_CELLS;
            copy_cells(c, begin + k, block, cells, bits);
            if (pass == 0)
                mlci_digest_add(&digester, bits, mlci_words(block) * sizeof *bits);
            else
                mlci_digest_add(&digester, cells, block * size);
        }
    mlci_digest_end(&digester, out);
}

static mlc_status hash_parts(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    content_job *job = state;

    (void)chunk, (void)lane, (void)err;
    for (size_t part = range.begin; part < range.end; part++) {
        size_t begin = part % job->chunks * CHUNK_ROWS;
        size_t n = job->rows - begin < CHUNK_ROWS ? job->rows - begin : CHUNK_ROWS;
        hash_chunk(&job->columns[part / job->chunks], begin, n, &job->parts[part]);
    }
    return MLC_OK;
}

/* Number a dictionary's codes by first appearance in the rows; a list of them in `order`. */
static size_t number_codes(const mlci_column *column, size_t rows, uint32_t *codes,
                           uint32_t *order)
{
    size_t used = 0;

    for (size_t r = 0; r < rows; r++) {
        uint32_t code;
        memcpy(&code, column->values + (ptrdiff_t)r * column->stride, sizeof code);
        if (code == MLCI_MISSING_CODE || codes[code] != MLCI_MISSING_CODE ||
            (column->valid != NULL && !mlci_bit(column->valid, r)))
            continue;
        order[used] = code;
        codes[code] = (uint32_t)used++;
    }
    return used;
}

static mlc_status hash_head(mlc_context *ctx, content_column *c, size_t rows, mlc_error *err)
{
    const mlci_column *column = c->column;
    mlc_status status = MLC_OK;
    mlci_digester digester;
    uint64_t lengths[2] = {strlen(column->name), 0};
    int32_t storage = column->storage;
    uint32_t *order = NULL;
    size_t used = 0;
    bool same = true;

    mlci_digest_begin(&digester);
    mlci_digest_add(&digester, &storage, sizeof storage);
    if (storage == MLC_UTF8) {
        c->n_codes = mlci_dictionary_count(column->dictionary);
        MLCI_ALLOC(c->codes, c->n_codes);
        MLCI_ALLOC(order, c->n_codes);
        memset(c->codes, 0xff, c->n_codes * sizeof *c->codes);
        used = number_codes(column, rows, c->codes, order);
    }
    lengths[1] = used;
    mlci_digest_add(&digester, lengths, sizeof lengths);
    mlci_digest_add(&digester, column->name, strlen(column->name));
    for (size_t k = 0; k < used; k++) {
        mlci_slice text = mlci_dictionary_text(column->dictionary, order[k]);
        uint64_t size = text.size;
        mlci_digest_add(&digester, &size, sizeof size);
        mlci_digest_add(&digester, text.data, text.size);
        same = same && order[k] == k;
    }
    mlci_digest_end(&digester, &c->head);
done:
    if (order != NULL)
        MLCI_FREE(order, c->n_codes);
    if (same && c->codes != NULL) {
        MLCI_FREE(c->codes, c->n_codes);
        c->codes = NULL;
    }
    return status;
}

static mlc_status hash_heads(void *state, mlci_range range, size_t chunk, mlci_lane *lane,
                             mlc_error *err)
{
    content_job *job = state;
    mlc_status status = MLC_OK;

    (void)chunk;
    for (size_t c = range.begin; c < range.end && status == MLC_OK; c++)
        status = hash_head(lane->ctx, &job->columns[c], job->rows, err);
    return status;
}

mlc_status mlci_content_hash(mlc_context *ctx, const mlci_column_list *list, size_t rows,
                             mlci_digest *out, mlc_error *err)
{
    static const char version[8] = "content1";
    mlc_status status = MLC_OK;
    content_job job = {.rows = rows, .chunks = mlci_chunks(rows, CHUNK_ROWS)};
    size_t n = list->n, n_parts = n * job.chunks;
    uint64_t sizes[2] = {rows, n};
    mlci_digester digester;

    MLCI_ALLOC_ZEROED(job.columns, n);
    MLCI_ALLOC(job.parts, n_parts);
    for (size_t c = 0; c < n; c++)
        job.columns[c].column = &list->entries[c].held->column;
    MLCI_TRY(mlci_parallel_for(ctx, n, 1, hash_heads, &job, err));
    MLCI_TRY(mlci_parallel_for(ctx, n_parts, 1, hash_parts, &job, err));
    mlci_digest_begin(&digester);
    mlci_digest_add(&digester, version, sizeof version);
    mlci_digest_add(&digester, sizes, sizeof sizes);
    for (size_t c = 0; c < n; c++) {
        mlci_digest_add(&digester, &job.columns[c].head, sizeof job.columns[c].head);
        mlci_digest_add(&digester, job.parts + c * job.chunks, job.chunks * sizeof *job.parts);
    }
    mlci_digest_end(&digester, out);
done:
    if (job.parts != NULL)
        MLCI_FREE(job.parts, n_parts);
    for (size_t c = 0; job.columns != NULL && c < n; c++)
        if (job.columns[c].codes != NULL)
            MLCI_FREE(job.columns[c].codes, job.columns[c].n_codes);
    if (job.columns != NULL)
        MLCI_FREE(job.columns, n);
    return status;
}
