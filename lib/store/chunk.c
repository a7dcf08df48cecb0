/*
 * chunk.c - a run of one column's cells as bytes
 *
 *   "C1", storage (1 byte), whether zipped (1), rows (4), texts (4), then the body
 *
 * The body of whole numbers, flags and times: whether some are missing and, if so, a bit for
 * each row; then a list of integers, in which those missing take the value before them. Of
 * floats: floats.c. Of texts: their lengths as integers, the number of each row's text (the
 * number of texts where it is missing) as integers, the texts' bytes one after another.
 *
 * The body is zipped where a sample says that it pays; before it stands its size then. The
 * digest is over the bytes as if nothing was zipped, so versions of zlib do not change it.
 */
#include "store/chunk.h"

enum {
    HEAD_BYTES = 12,
    TEXT_BYTES = 1 << 20, /* of a chunk's cells, after which it is cut */
    ZIP_LEAST = 512,      /* a body that is smaller stays as it is */
    ZIP_SAMPLES = 4,
    ZIP_SAMPLE_BYTES = 2048,
    ZIP_LEVEL = 1,
    MOST_BODY = 1 << 30,
};

static bool is_float(int32_t storage)
{
    return storage == MLC_FLOAT32 || storage == MLC_FLOAT64;
}

/* ------------------------------------------------------------------------- cutting */

size_t mlci_chunk_cut(const mlc_dataset *dataset, size_t column, size_t row, size_t end)
{
    enum { BLOCK = 512 };
    uint32_t codes[BLOCK];
    const mlci_dictionary *dictionary;
    const uint64_t *offsets;
    size_t most = end - row < MLCI_CHUNK_ROWS ? end - row : MLCI_CHUNK_ROWS, at = 0;
    uint64_t bytes = 0;

    if (mlc_dataset_storage(dataset, (int64_t)column) != MLC_UTF8)
        return most;
    dictionary = mlci_column_dictionary(dataset, column);
    offsets = mlci_dictionary_offsets(dictionary);
    while (at < most) {
        size_t n = most - at < BLOCK ? most - at : BLOCK;
        mlci_read_codes(dataset, column, (mlci_range){row + at, row + at + n}, codes);
        for (size_t k = 0; k < n; k++, at++) {
            if (codes[k] != MLCI_MISSING_CODE)
                bytes += offsets[codes[k] + 1] - offsets[codes[k]];
            if (bytes > TEXT_BYTES)
                return at == 0 ? 1 : at;
        }
    }
    return most;
}

/* -------------------------------------------------------------------------- numbers */

static mlc_status pack_integers(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                                mlci_range range, mlci_buffer *body, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n = range.end - range.begin, first = 0;
    uint64_t *values = NULL, *scratch = NULL;
    uint8_t *missing = NULL;

    MLCI_ALLOC(values, n);
    MLCI_ALLOC(scratch, n);
    MLCI_ALLOC(missing, n);
    mlci_read_integers(dataset, column, range, (int64_t *)values, missing);
    while (first < n && missing[first] == 0)
        first++;
    MLCI_TRY(mlci_put_number(body, 1, first < n, err));
    for (size_t i = 0; first < n && i < n; i += 8) {
        uint64_t byte = 0;
        for (size_t k = i; k < n && k < i + 8; k++) {
            byte |= (uint64_t)(missing[k] != 0) << (k - i);
            if (missing[k] != 0)
                values[k] = k == 0 ? 0 : values[k - 1];
        }
        MLCI_TRY(mlci_put_number(body, 1, byte, err));
    }
    MLCI_TRY(mlci_integers_pack(values, n, scratch, body, err));
done:
    if (missing != NULL)
        MLCI_FREE(missing, n);
    if (scratch != NULL)
        MLCI_FREE(scratch, n);
    if (values != NULL)
        MLCI_FREE(values, n);
    return status;
}

static mlc_status pack_floats(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                              mlci_range range, mlci_buffer *body, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n = range.end - range.begin;
    double *values = NULL;
    uint64_t *scratch = NULL;

    MLCI_ALLOC(values, n);
    MLCI_ALLOC(scratch, 2 * n);
    mlci_read_numbers(dataset, column, range, values);
    MLCI_TRY(mlci_floats_pack(ctx, values, n,
                              mlc_dataset_storage(dataset, (int64_t)column) == MLC_FLOAT32,
                              scratch, body, err));
done:
    if (scratch != NULL)
        MLCI_FREE(scratch, 2 * n);
    if (values != NULL)
        MLCI_FREE(values, n);
    return status;
}

/* ---------------------------------------------------------------------------- texts */

/* The chunk's own numbers of texts, by first appearance: codes to numbers. */
struct text_numbers {
    uint32_t *codes, *numbers; /* slots, a power of two */
    size_t slots;
};

/* The number of a code, `next` when it is new. */
static uint32_t number_of(struct text_numbers *t, uint32_t code, uint32_t next)
{
    size_t slot = (size_t)(code * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (t->slots - 1);

    while (t->codes[slot] != MLCI_MISSING_CODE && t->codes[slot] != code)
        slot = (slot + 1) & (t->slots - 1);
    if (t->codes[slot] == MLCI_MISSING_CODE) {
        t->codes[slot] = code;
        t->numbers[slot] = next;
    }
    return t->numbers[slot];
}

static mlc_status pack_texts(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                             mlci_range range, mlci_buffer *body, uint32_t *n_texts,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlci_dictionary *dictionary = mlci_column_dictionary(dataset, column);
    size_t n = range.end - range.begin;
    struct text_numbers t = {.slots = 64};
    uint32_t *codes = NULL, *firsts = NULL, next = 0;
    uint64_t *values = NULL, *scratch = NULL;

    while (t.slots < 2 * n && t.slots < 4 * (size_t)mlci_dictionary_count(dictionary))
        t.slots *= 2;
    MLCI_ALLOC(t.codes, t.slots);
    MLCI_ALLOC(t.numbers, t.slots);
    MLCI_ALLOC(codes, n);
    MLCI_ALLOC(firsts, n);
    MLCI_ALLOC(values, n);
    MLCI_ALLOC(scratch, n);
    memset(t.codes, 0xFF, t.slots * sizeof *t.codes);
    mlci_read_codes(dataset, column, range, codes);
    for (size_t i = 0; i < n; i++) {
        if (codes[i] == MLCI_MISSING_CODE)
            continue;
        uint32_t code = codes[i];
        codes[i] = number_of(&t, code, next);
        if (codes[i] == next)
            firsts[next++] = code;
    }
    for (size_t k = 0; k < next; k++)
        values[k] = mlci_dictionary_text(dictionary, firsts[k]).size;
    MLCI_TRY(mlci_integers_pack(values, next, scratch, body, err));
    for (size_t i = 0; i < n; i++)
        values[i] = codes[i] == MLCI_MISSING_CODE ? next : codes[i];
    MLCI_TRY(mlci_integers_pack(values, n, scratch, body, err));
    for (size_t k = 0; k < next; k++) {
        mlci_slice text = mlci_dictionary_text(dictionary, firsts[k]);
        MLCI_TRY(mlci_buffer_add(body, text.data, text.size, err));
    }
    *n_texts = next;
done:
    if (scratch != NULL)
        MLCI_FREE(scratch, n);
    if (values != NULL)
        MLCI_FREE(values, n);
    if (firsts != NULL)
        MLCI_FREE(firsts, n);
    if (codes != NULL)
        MLCI_FREE(codes, n);
    if (t.numbers != NULL)
        MLCI_FREE(t.numbers, t.slots);
    if (t.codes != NULL)
        MLCI_FREE(t.codes, t.slots);
    return status;
}

/* -------------------------------------------------------------------------- zipping */

/* Whether pieces from all over the body become a quarter smaller. */
static mlc_status zip_pays(mlc_context *ctx, const mlci_buffer *body, bool *pays,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_buffer sample = {.ctx = ctx}, zipped = {.ctx = ctx};
    size_t step = body->size / ZIP_SAMPLES;

    *pays = false;
    if (body->size < ZIP_LEAST)
        return MLC_OK;
    for (size_t k = 0; k < ZIP_SAMPLES; k++) {
        size_t left = step < ZIP_SAMPLE_BYTES ? step : ZIP_SAMPLE_BYTES;
        MLCI_TRY(mlci_buffer_add(&sample, body->data + k * step, left, err));
    }
    MLCI_TRY(mlci_deflate(ctx, sample.data, sample.size, ZIP_LEVEL, &zipped, err));
    *pays = zipped.size * 4 < sample.size * 3;
done:
    mlci_buffer_free(&zipped);
    mlci_buffer_free(&sample);
    return status;
}

static mlc_status put_head(mlci_buffer *out, int32_t storage, bool zipped, size_t rows,
                           uint32_t texts, mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_buffer_add(out, "C1", 2, err));
    MLCI_TRY(mlci_put_number(out, 1, (uint64_t)storage, err));
    MLCI_TRY(mlci_put_number(out, 1, zipped, err));
    MLCI_TRY(mlci_put_number(out, 4, rows, err));
    MLCI_TRY(mlci_put_number(out, 4, texts, err));
done:
    return status;
}

/* The digest of head and body, the head's zipped byte being 0. */
static void digest_of(const void *head, const void *body, size_t size, mlci_digest *out)
{
    unsigned char plain[HEAD_BYTES];
    mlci_digester digester;

    memcpy(plain, head, sizeof plain);
    plain[3] = 0;
    mlci_digest_begin(&digester);
    mlci_digest_add(&digester, plain, sizeof plain);
    mlci_digest_add(&digester, body, size);
    mlci_digest_end(&digester, out);
}

mlc_status mlci_chunk_pack(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                           mlci_range range, mlci_buffer *out, mlci_digest *digest,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    int32_t storage = mlc_dataset_storage(dataset, (int64_t)column);
    mlci_buffer body = {.ctx = ctx}, zipped = {.ctx = ctx};
    uint32_t texts = 0;
    size_t at = out->size;
    bool zip = false;

    if (storage == MLC_UTF8)
        MLCI_TRY(pack_texts(ctx, dataset, column, range, &body, &texts, err));
    else if (is_float(storage))
        MLCI_TRY(pack_floats(ctx, dataset, column, range, &body, err));
    else
        MLCI_TRY(pack_integers(ctx, dataset, column, range, &body, err));
    MLCI_TRY(zip_pays(ctx, &body, &zip, err));
    if (zip) {
        MLCI_TRY(mlci_deflate(ctx, body.data, body.size, ZIP_LEVEL, &zipped, err));
        zip = zipped.size < body.size - body.size / 8;
    }
    MLCI_TRY(put_head(out, storage, zip, range.end - range.begin, texts, err));
    digest_of(out->data + at, body.data, body.size, digest);
    if (zip) {
        MLCI_TRY(mlci_put_number(out, 4, body.size, err));
        MLCI_TRY(mlci_buffer_add(out, zipped.data, zipped.size, err));
    } else {
        MLCI_TRY(mlci_buffer_add(out, body.data, body.size, err));
    }
done:
    mlci_buffer_free(&zipped);
    mlci_buffer_free(&body);
    return status;
}

/* -------------------------------------------------------------------------- reading */

mlc_status mlci_chunk_open(const void *bytes, size_t size, mlci_chunk *out, mlc_error *err)
{
    const unsigned char *head = bytes;
    mlci_cursor cursor = {head + 4, head + size};
    uint64_t rows, texts;

    if (size < HEAD_BYTES || head[0] != 'C' || head[1] != '1' || head[2] < MLC_INT8 ||
        head[2] > MLC_TIMESTAMP_NS || head[3] > 1 || !mlci_cursor_number(&cursor, 4, &rows) ||
        !mlci_cursor_number(&cursor, 4, &texts) || rows == 0 || rows > MLCI_CHUNK_ROWS ||
        texts > rows || (texts > 0 && head[2] != MLC_UTF8))
        return mlci_cursor_damaged(err);
    *out = (mlci_chunk){.storage = head[2],
                        .rows = (size_t)rows,
                        .texts = (size_t)texts,
                        .missing = head[2] != MLC_UTF8 && !is_float(head[2])};
    return MLC_OK;
}

/* The body, unzipped into *room when it is zipped; *room is freed by the caller, its size
 * told. */
static mlc_status open_body(mlc_context *ctx, const void *bytes, size_t size,
                            mlci_cursor *cursor, unsigned char **room, size_t *room_size,
                            mlc_error *err)
{
    const unsigned char *head = bytes;
    mlc_status status;
    uint64_t plain;

    *room = NULL;
    *room_size = 0;
    *cursor = (mlci_cursor){head + HEAD_BYTES, head + size};
    if (head[3] == 0)
        return MLC_OK;
    if (!mlci_cursor_number(cursor, 4, &plain) || plain > MOST_BODY ||
        plain / 1100 > (uint64_t)(cursor->end - cursor->at)) /* zlib's most is 1032 */
        return mlci_cursor_damaged(err);
    *room = mlci_alloc(ctx, (size_t)plain, 1);
    if (*room == NULL)
        return mlci_no_memory(err, plain);
    *room_size = (size_t)plain;
    status = mlci_inflate(ctx, cursor->at, (size_t)(cursor->end - cursor->at), *room,
                          (size_t)plain, err);
    *cursor = (mlci_cursor){*room, *room + plain};
    return status;
}

mlc_status mlci_chunk_digest(mlc_context *ctx, const void *bytes, size_t size, mlci_digest *out,
                             mlc_error *err)
{
    mlci_chunk chunk;
    mlci_cursor cursor;
    unsigned char *room = NULL;
    size_t room_size = 0;
    mlc_status status = mlci_chunk_open(bytes, size, &chunk, err);

    if (status == MLC_OK)
        status = open_body(ctx, bytes, size, &cursor, &room, &room_size, err);
    if (status == MLC_OK)
        digest_of(bytes, cursor.at, (size_t)(cursor.end - cursor.at), out);
    if (room != NULL)
        MLCI_FREE(room, room_size);
    return status;
}

mlc_status mlci_chunk_texts(mlc_context *ctx, const void *bytes, size_t size,
                            const mlci_chunk *chunk, mlci_dictionary *dictionary,
                            uint32_t *codes, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_cursor cursor;
    unsigned char *room = NULL;
    const unsigned char *text;
    size_t room_size = 0;
    uint64_t *numbers = NULL;

    MLCI_TRY(open_body(ctx, bytes, size, &cursor, &room, &room_size, err));
    MLCI_ALLOC(numbers, chunk->texts + chunk->rows);
    MLCI_TRY(mlci_integers_read(ctx, &cursor, chunk->texts, numbers, err));
    MLCI_TRY(mlci_integers_read(ctx, &cursor, chunk->rows, numbers + chunk->texts, err));
    for (size_t k = 0; k < chunk->texts; k++) {
        if (numbers[k] > MOST_BODY || !mlci_cursor_take(&cursor, (size_t)numbers[k], &text) ||
            !mlci_utf8_valid((const char *)text, (size_t)numbers[k])) {
            status = mlci_cursor_damaged(err);
            goto done;
        }
        MLCI_TRY(mlci_dictionary_code(
            dictionary, (mlci_slice){(const char *)text, (size_t)numbers[k]}, &codes[k], err));
    }
done:
    if (numbers != NULL)
        MLCI_FREE(numbers, chunk->texts + chunk->rows);
    if (room != NULL)
        MLCI_FREE(room, room_size);
    return status;
}

static mlc_status read_codes(mlc_context *ctx, mlci_cursor *cursor, const mlci_chunk *chunk,
                             const uint32_t *codes, uint32_t *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n = chunk->rows > chunk->texts ? chunk->rows : chunk->texts;
    uint64_t *numbers = NULL;

    MLCI_ALLOC(numbers, n);
    MLCI_TRY(mlci_integers_read(ctx, cursor, chunk->texts, numbers, err));
    MLCI_TRY(mlci_integers_read(ctx, cursor, chunk->rows, numbers, err));
    for (size_t i = 0; i < chunk->rows; i++) {
        if (numbers[i] > chunk->texts) {
            status = mlci_cursor_damaged(err);
            goto done;
        }
        out[i] = numbers[i] == chunk->texts ? MLCI_MISSING_CODE : codes[numbers[i]];
    }
done:
    if (numbers != NULL)
        MLCI_FREE(numbers, n);
    return status;
}

#define NARROW(type)                                                                           \
    for (size_t i = 0; i < n; i++)                                                             \
    ((type *)out)[i] = (type)words[i]

static void narrow(int32_t storage, const uint64_t *words, size_t n, void *out)
{
    switch (mlci_storage_size(storage)) {
    case 1:
        NARROW(uint8_t);
        break;
    case 2:
        NARROW(uint16_t);
        break;
    default:
        NARROW(uint32_t);
        break;
    }
}

static mlc_status read_integers(mlc_context *ctx, mlci_cursor *cursor, const mlci_chunk *chunk,
                                void *values, uint64_t *valid, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n = chunk->rows, words_of_bits = mlci_chunk_words(n);
    const unsigned char *bits = NULL;
    uint64_t some, *words = NULL;

    if (!mlci_cursor_number(cursor, 1, &some) || some > 1 ||
        (some == 1 && !mlci_cursor_take(cursor, n / 8 + (n % 8 != 0), &bits)))
        return mlci_cursor_damaged(err);
    memset(valid, 0xFF, words_of_bits * sizeof *valid);
    for (size_t k = 0; bits != NULL && k < n / 8 + (n % 8 != 0); k++)
        valid[k / 8] &= ~((uint64_t)bits[k] << 8 * (k % 8));
    if (mlci_storage_size(chunk->storage) == sizeof *words)
        return mlci_integers_read(ctx, cursor, n, values, err);
    MLCI_ALLOC(words, n);
    MLCI_TRY(mlci_integers_read(ctx, cursor, n, words, err));
    narrow(chunk->storage, words, n, values);
done:
    if (words != NULL)
        MLCI_FREE(words, n);
    return status;
}

mlc_status mlci_chunk_read(mlc_context *ctx, const void *bytes, size_t size,
                           const mlci_chunk *chunk, const uint32_t *codes, void *values,
                           uint64_t *valid, mlc_error *err)
{
    mlci_cursor cursor;
    unsigned char *room = NULL;
    size_t room_size = 0;
    mlc_status status = open_body(ctx, bytes, size, &cursor, &room, &room_size, err);

    if (status != MLC_OK) {
    } else if (chunk->storage == MLC_UTF8) {
        status = read_codes(ctx, &cursor, chunk, codes, values, err);
    } else if (is_float(chunk->storage)) {
        status = mlci_floats_read(ctx, &cursor, chunk->rows, chunk->storage == MLC_FLOAT32,
                                  values, err);
    } else {
        status = read_integers(ctx, &cursor, chunk, values, valid, err);
    }
    if (room != NULL)
        MLCI_FREE(room, room_size);
    return status;
}
