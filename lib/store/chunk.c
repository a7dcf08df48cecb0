/*
 * chunk.c - a run of one column's cells as bytes
 *
 *   "C1", storage (1 byte), whether zipped (1), rows (4), then the body
 *
 * The body of whole numbers, flags and times: whether some are missing and, if so, a bit for
 * each row; then a list of integers, in which those missing take the value before them. Of
 * floats: floats.c. Of texts: 1 + each one's number in the block's list, 0 where missing.
 *
 *   "T1", 0 (1), whether zipped (1), texts (4), then their lengths as integers, then their
 * bytes
 *
 * The body is zipped where a sample says that it pays; before it stands its size then. The
 * digest is over the bytes as if nothing was zipped, so versions of zlib do not change it.
 */
#include "store/chunk.h"

enum {
    HEAD_BYTES = 8,
    TEXT_BYTES = 1 << 20, /* of texts, after which a chunk is cut */
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

static mlc_status pack_numbers(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                               mlci_range range, const uint32_t *numbers, mlci_buffer *body,
                               mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n = range.end - range.begin;
    uint32_t *codes = NULL;
    uint64_t *values = NULL, *scratch = NULL;

    MLCI_ALLOC(codes, n);
    MLCI_ALLOC(values, n);
    MLCI_ALLOC(scratch, n);
    mlci_read_codes(dataset, column, range, codes);
    for (size_t i = 0; i < n; i++)
        values[i] = codes[i] == MLCI_MISSING_CODE ? 0 : 1 + (uint64_t)numbers[codes[i]];
    MLCI_TRY(mlci_integers_pack(values, n, scratch, body, err));
done:
    if (scratch != NULL)
        MLCI_FREE(scratch, n);
    if (values != NULL)
        MLCI_FREE(values, n);
    if (codes != NULL)
        MLCI_FREE(codes, n);
    return status;
}

size_t mlci_texts_cut(const mlci_dictionary *dictionary, const uint32_t *codes, size_t n)
{
    const uint64_t *offsets = mlci_dictionary_offsets(dictionary);
    size_t most = n < MLCI_CHUNK_ROWS ? n : MLCI_CHUNK_ROWS, k = 0;
    uint64_t bytes = 0;

    for (; k < most; k++) {
        bytes += offsets[codes[k] + 1] - offsets[codes[k]];
        if (bytes > TEXT_BYTES && k > 0)
            break;
    }
    return k;
}

static mlc_status pack_texts(mlc_context *ctx, const mlci_dictionary *dictionary,
                             const uint32_t *codes, size_t n, mlci_buffer *body, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t *sizes = NULL, *scratch = NULL;

    MLCI_ALLOC(sizes, n);
    MLCI_ALLOC(scratch, n);
    for (size_t k = 0; k < n; k++)
        sizes[k] = mlci_dictionary_text(dictionary, codes[k]).size;
    MLCI_TRY(mlci_integers_pack(sizes, n, scratch, body, err));
    for (size_t k = 0; k < n; k++) {
        mlci_slice text = mlci_dictionary_text(dictionary, codes[k]);
        MLCI_TRY(mlci_buffer_add(body, text.data, text.size, err));
    }
done:
    if (scratch != NULL)
        MLCI_FREE(scratch, n);
    if (sizes != NULL)
        MLCI_FREE(sizes, n);
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

static mlc_status put_head(mlci_buffer *out, const char *magic, int32_t storage, bool zipped,
                           size_t count, mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_buffer_add(out, magic, 2, err));
    MLCI_TRY(mlci_put_number(out, 1, (uint64_t)storage, err));
    MLCI_TRY(mlci_put_number(out, 1, zipped, err));
    MLCI_TRY(mlci_put_number(out, 4, count, err));
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

/* Head and body behind what `out` holds, zipped where that pays. */
static mlc_status put_whole(const char *magic, int32_t storage, size_t count,
                            const mlci_buffer *body, mlci_buffer *out, mlci_digest *digest,
                            mlc_error *err)
{
    mlc_context *ctx = body->ctx;
    mlc_status status = MLC_OK;
    mlci_buffer zipped = {.ctx = ctx};
    size_t at = out->size;
    bool zip = false;

    MLCI_TRY(zip_pays(ctx, body, &zip, err));
    if (zip) {
        MLCI_TRY(mlci_deflate(ctx, body->data, body->size, ZIP_LEVEL, &zipped, err));
        zip = zipped.size < body->size - body->size / 8;
    }
    MLCI_TRY(put_head(out, magic, storage, zip, count, err));
    digest_of(out->data + at, body->data, body->size, digest);
    if (zip) {
        MLCI_TRY(mlci_put_number(out, 4, body->size, err));
        MLCI_TRY(mlci_buffer_add(out, zipped.data, zipped.size, err));
    } else {
        MLCI_TRY(mlci_buffer_add(out, body->data, body->size, err));
    }
done:
    mlci_buffer_free(&zipped);
    return status;
}

mlc_status mlci_chunk_pack(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                           mlci_range range, const uint32_t *numbers, mlci_buffer *out,
                           mlci_digest *digest, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int32_t storage = mlc_dataset_storage(dataset, (int64_t)column);
    mlci_buffer body = {.ctx = ctx};

    if (storage == MLC_UTF8)
        MLCI_TRY(pack_numbers(ctx, dataset, column, range, numbers, &body, err));
    else if (is_float(storage))
        MLCI_TRY(pack_floats(ctx, dataset, column, range, &body, err));
    else
        MLCI_TRY(pack_integers(ctx, dataset, column, range, &body, err));
    MLCI_TRY(put_whole("C1", storage, range.end - range.begin, &body, out, digest, err));
done:
    mlci_buffer_free(&body);
    return status;
}

mlc_status mlci_texts_pack(mlc_context *ctx, const mlci_dictionary *dictionary,
                           const uint32_t *codes, size_t n, mlci_buffer *out,
                           mlci_digest *digest, mlc_error *err)
{
    mlci_buffer body = {.ctx = ctx};
    mlc_status status = pack_texts(ctx, dictionary, codes, n, &body, err);

    if (status == MLC_OK)
        status = put_whole("T1", 0, n, &body, out, digest, err);
    mlci_buffer_free(&body);
    return status;
}

/* -------------------------------------------------------------------------- reading */

/* The count of a head that begins so; 0: it does not. */
static size_t open_head(const void *bytes, size_t size, const char *magic)
{
    const unsigned char *head = bytes;
    mlci_cursor cursor = {head + 4, head + size};
    uint64_t count;

    if (size < HEAD_BYTES || memcmp(head, magic, 2) != 0 || head[3] > 1 ||
        !mlci_cursor_number(&cursor, 4, &count) || count > MLCI_CHUNK_ROWS)
        return 0;
    return (size_t)count;
}

mlc_status mlci_chunk_open(const void *bytes, size_t size, mlci_chunk *out, mlc_error *err)
{
    size_t rows = open_head(bytes, size, "C1");
    int32_t storage = rows == 0 ? 0 : ((const unsigned char *)bytes)[2];

    if (storage < MLC_INT8 || storage > MLC_TIMESTAMP_NS)
        return mlci_cursor_damaged(err);
    *out = (mlci_chunk){storage, rows, storage != MLC_UTF8 && !is_float(storage)};
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
    mlci_cursor cursor;
    unsigned char *room = NULL;
    size_t room_size = 0;
    mlc_status status;

    if (open_head(bytes, size, "C1") == 0 && open_head(bytes, size, "T1") == 0)
        return mlci_cursor_damaged(err);
    status = open_body(ctx, bytes, size, &cursor, &room, &room_size, err);
    if (status == MLC_OK)
        digest_of(bytes, cursor.at, (size_t)(cursor.end - cursor.at), out);
    if (room != NULL)
        MLCI_FREE(room, room_size);
    return status;
}

mlc_status mlci_texts_read(mlc_context *ctx, const void *bytes, size_t size, size_t n,
                           mlci_dictionary *dictionary, uint32_t *codes, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_cursor cursor;
    unsigned char *room = NULL;
    const unsigned char *text;
    size_t room_size = 0;
    uint64_t *sizes = NULL;

    if (n == 0 || open_head(bytes, size, "T1") != n)
        return mlci_cursor_damaged(err);
    MLCI_TRY(open_body(ctx, bytes, size, &cursor, &room, &room_size, err));
    MLCI_ALLOC(sizes, n);
    MLCI_TRY(mlci_integers_read(ctx, &cursor, n, sizes, err));
    for (size_t k = 0; k < n; k++) {
        if (sizes[k] > MOST_BODY || !mlci_cursor_take(&cursor, (size_t)sizes[k], &text) ||
            !mlci_utf8_valid((const char *)text, (size_t)sizes[k])) {
            status = mlci_cursor_damaged(err);
            goto done;
        }
        MLCI_TRY(mlci_dictionary_code(
            dictionary, (mlci_slice){(const char *)text, (size_t)sizes[k]}, &codes[k], err));
    }
done:
    if (sizes != NULL)
        MLCI_FREE(sizes, n);
    if (room != NULL)
        MLCI_FREE(room, room_size);
    return status;
}

/* Numbers that are one more than they say become codes; 0 is missing, which is the number
 * before 0 as well. */
static bool number_codes(uint32_t *numbers, size_t n, const uint32_t *codes, size_t n_codes)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t number = numbers[i] - 1;
        if (number >= n_codes && number != MLCI_MISSING_CODE)
            return false;
        numbers[i] = codes == NULL || number == MLCI_MISSING_CODE ? number : codes[number];
    }
    return true;
}

static mlc_status read_codes(mlc_context *ctx, mlci_cursor *cursor, const mlci_chunk *chunk,
                             const uint32_t *codes, size_t n_codes, uint32_t *out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t *numbers = NULL;
    size_t n = chunk->rows;

    if (!mlci_integers_read_short(cursor, n, out)) {
        MLCI_ALLOC(numbers, n);
        MLCI_TRY(mlci_integers_read(ctx, cursor, n, numbers, err));
        for (size_t i = 0; i < n; i++)
            out[i] = numbers[i] > n_codes ? UINT32_MAX : (uint32_t)numbers[i];
    }
    if (!number_codes(out, n, codes, n_codes))
        status = mlci_cursor_damaged(err);
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
                           const mlci_chunk *chunk, const uint32_t *codes, size_t n_codes,
                           void *values, uint64_t *valid, mlc_error *err)
{
    mlci_cursor cursor;
    unsigned char *room = NULL;
    size_t room_size = 0;
    mlc_status status = open_body(ctx, bytes, size, &cursor, &room, &room_size, err);

    if (status != MLC_OK) {
    } else if (chunk->storage == MLC_UTF8) {
        status = read_codes(ctx, &cursor, chunk, codes, n_codes, values, err);
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
