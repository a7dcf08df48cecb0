/*
 * integers.c - lists of integers in the form that takes fewest bytes
 *
 *   CONSTANT    the value
 *   FRAME       the least value, then what each is more, in bits (frame of reference;
 * Goldstein, Ramakrishnan, Shaft 1998) DELTA       the first, the least difference, then what
 * each difference is more RUNS        two lists: values, and how often each stands FEW a list
 * of the different values, rising, then each one's number in bits
 *
 * All arithmetic is modulo 2^64, so any 64 bits go through.
 */
#include "store/chunk.h"

enum { CONSTANT = 0, FRAME = 1, DELTA = 2, RUNS = 3, FEW = 4 };
enum {
    FEW_MOST = 1024, /* different values that are looked for */
    FEW_SLOTS = 4096,
    LEAST_RUN = 4, /* RUNS is thought of when runs are this long on average */
};

/* ------------------------------------------------------------------------- cursors */

mlc_status mlci_cursor_damaged(mlc_error *err)
{
    return mlci_fail(err, MLC_ERROR_FORMAT, "a chunk is damaged");
}

bool mlci_cursor_take(mlci_cursor *cursor, size_t size, const unsigned char **out)
{
    if (size > (size_t)(cursor->end - cursor->at))
        return false;
    *out = cursor->at;
    cursor->at += size;
    return true;
}

bool mlci_cursor_number(mlci_cursor *cursor, unsigned bytes, uint64_t *out)
{
    const unsigned char *at;

    if (!mlci_cursor_take(cursor, bytes, &at))
        return false;
    *out = 0;
    for (unsigned b = 0; b < bytes; b++)
        *out |= (uint64_t)at[b] << 8 * b;
    return true;
}

mlc_status mlci_put_number(mlci_buffer *out, unsigned bytes, uint64_t value, mlc_error *err)
{
    unsigned char put[8];

    for (unsigned b = 0; b < bytes; b++)
        put[b] = (unsigned char)(value >> 8 * b);
    return mlci_buffer_add(out, put, bytes, err);
}

/* ------------------------------------------------------------------------ measuring */

struct facts {
    int64_t least, greatest;             /* as signed numbers */
    int64_t least_delta, greatest_delta; /* likewise; of n - 1 differences */
    size_t runs;
};

static struct facts facts_of(const uint64_t *values, size_t n)
{
    struct facts f = {(int64_t)values[0], (int64_t)values[0], INT64_MAX, INT64_MIN, 1};

    for (size_t i = 1; i < n; i++) {
        int64_t value = (int64_t)values[i], delta = (int64_t)(values[i] - values[i - 1]);
        f.least = value < f.least ? value : f.least;
        f.greatest = value > f.greatest ? value : f.greatest;
        f.least_delta = delta < f.least_delta ? delta : f.least_delta;
        f.greatest_delta = delta > f.greatest_delta ? delta : f.greatest_delta;
        f.runs += delta != 0;
    }
    return f;
}

/* Beyond 56 bits a value is read quickest when it has all 64. */
static unsigned width_between(int64_t least, int64_t greatest)
{
    unsigned width = mlci_bits_width((uint64_t)greatest - (uint64_t)least);
    return width > 56 ? 64 : width;
}

size_t mlci_integers_size(const uint64_t *values, size_t n)
{
    struct facts f;
    size_t frame, delta;

    if (n == 0)
        return 1;
    f = facts_of(values, n);
    if (f.least == f.greatest)
        return 9;
    frame = 10 + mlci_bits_size(n, width_between(f.least, f.greatest));
    delta = 18 + mlci_bits_size(n - 1, width_between(f.least_delta, f.greatest_delta));
    return frame < delta ? frame : delta;
}

/* The different values, rising; 0 when there are more than FEW_MOST. */
static size_t different(const uint64_t *values, size_t n, uint64_t *few)
{
    uint16_t slots[FEW_SLOTS];
    size_t n_few = 0;

    memset(slots, 0, sizeof slots);
    for (size_t i = 0; i < n; i++) {
        size_t slot = (size_t)((values[i] * UINT64_C(0x9E3779B97F4A7C15)) >> 52);
        if (i > 0 && values[i] == values[i - 1])
            continue;
        while (slots[slot] != 0 && few[slots[slot] - 1] != values[i])
            slot = (slot + 1) % FEW_SLOTS;
        if (slots[slot] != 0)
            continue;
        if (n_few == FEW_MOST)
            return 0;
        few[n_few++] = values[i];
        slots[slot] = (uint16_t)n_few;
    }
    for (size_t i = 1; i < n_few; i++) { /* few: by insertion, from behind */
        uint64_t value = few[i];
        size_t k = i;
        for (; k > 0 && (int64_t)few[k - 1] > (int64_t)value; k--)
            few[k] = few[k - 1];
        few[k] = value;
    }
    return n_few;
}

/* -------------------------------------------------------------------------- packing */

static mlc_status put_bits(const uint64_t *values, size_t n, unsigned width, mlci_buffer *out,
                           mlc_error *err)
{
    static const unsigned char zeros[256];
    size_t at = out->size, size = mlci_bits_size(n, width);
    mlc_status status = MLC_OK;

    for (size_t left = size; left > 0 && status == MLC_OK;) { /* room, then the bits in place */
        size_t piece = left < sizeof zeros ? left : sizeof zeros;
        status = mlci_buffer_add(out, zeros, piece, err);
        left -= piece;
    }
    if (status == MLC_OK)
        mlci_bits_pack(values, n, width, (unsigned char *)out->data + at);
    return status;
}

static mlc_status put_frame(const uint64_t *values, size_t n, uint64_t least, unsigned width,
                            uint64_t *scratch, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (size_t i = 0; i < n; i++)
        scratch[i] = values[i] - least;
    MLCI_TRY(mlci_put_number(out, 1, FRAME, err));
    MLCI_TRY(mlci_put_number(out, 8, least, err));
    MLCI_TRY(mlci_put_number(out, 1, width, err));
    MLCI_TRY(put_bits(scratch, n, width, out, err));
done:
    return status;
}

static mlc_status put_delta(const uint64_t *values, size_t n, uint64_t least, unsigned width,
                            uint64_t *scratch, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (size_t i = 1; i < n; i++)
        scratch[i - 1] = values[i] - values[i - 1] - least;
    MLCI_TRY(mlci_put_number(out, 1, DELTA, err));
    MLCI_TRY(mlci_put_number(out, 8, values[0], err));
    MLCI_TRY(mlci_put_number(out, 8, least, err));
    MLCI_TRY(mlci_put_number(out, 1, width, err));
    MLCI_TRY(put_bits(scratch, n - 1, width, out, err));
done:
    return status;
}

/* A list inside of a list: in one of the forms that need no other. */
static mlc_status put_inner(const uint64_t *values, size_t n, uint64_t *scratch,
                            mlci_buffer *out, mlc_error *err)
{
    struct facts f;
    unsigned frame, delta;
    mlc_status status;

    if (n == 0)
        return mlci_put_number(out, 1, CONSTANT, err);
    f = facts_of(values, n);
    if (f.least == f.greatest) {
        status = mlci_put_number(out, 1, CONSTANT, err);
        return status == MLC_OK ? mlci_put_number(out, 8, values[0], err) : status;
    }
    frame = width_between(f.least, f.greatest);
    delta = width_between(f.least_delta, f.greatest_delta);
    if (frame <= delta)
        return put_frame(values, n, (uint64_t)f.least, frame, scratch, out, err);
    return put_delta(values, n, (uint64_t)f.least_delta, delta, scratch, out, err);
}

static mlc_status put_few(const uint64_t *values, size_t n, const uint64_t *few, size_t n_few,
                          uint64_t *scratch, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    unsigned width = mlci_bits_width(n_few - 1);

    MLCI_TRY(mlci_put_number(out, 1, FEW, err));
    MLCI_TRY(mlci_put_number(out, 4, n_few, err));
    MLCI_TRY(put_inner(few, n_few, scratch, out, err));
    for (size_t i = 0, low = 0; i < n; i++) {
        if (i == 0 || values[i] != values[i - 1]) {
            size_t high = n_few;
            for (low = 0; high - low > 1;) {
                size_t middle = low + (high - low) / 2;
                if ((int64_t)few[middle] <= (int64_t)values[i])
                    low = middle;
                else
                    high = middle;
            }
        }
        scratch[i] = low;
    }
    MLCI_TRY(put_bits(scratch, n, width, out, err));
done:
    return status;
}

static mlc_status put_runs(const uint64_t *values, size_t n, size_t runs, uint64_t *scratch,
                           mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = out->ctx;
    uint64_t *heads = NULL, *lengths = NULL;
    size_t k = 0;

    MLCI_ALLOC(heads, runs);
    MLCI_ALLOC(lengths, runs);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && values[i] == values[i - 1]) {
            lengths[k - 1]++;
            continue;
        }
        heads[k] = values[i];
        lengths[k++] = 1;
    }
    MLCI_TRY(mlci_put_number(out, 1, RUNS, err));
    MLCI_TRY(mlci_put_number(out, 4, runs, err));
    MLCI_TRY(put_inner(heads, runs, scratch, out, err));
    MLCI_TRY(put_inner(lengths, runs, scratch, out, err));
done:
    if (lengths != NULL)
        MLCI_FREE(lengths, runs);
    if (heads != NULL)
        MLCI_FREE(heads, runs);
    return status;
}

mlc_status mlci_integers_pack(const uint64_t *values, size_t n, uint64_t *scratch,
                              mlci_buffer *out, mlc_error *err)
{
    uint64_t few[FEW_MOST];
    size_t best, n_few = 0, delta;
    struct facts f;

    if (n == 0)
        return put_inner(values, n, scratch, out, err);
    f = facts_of(values, n);
    best = width_between(f.least, f.greatest);
    delta = width_between(f.least_delta, f.greatest_delta);
    best = best < delta || n == 1 ? best : delta;
    if (f.runs > 1 && f.runs * LEAST_RUN <= n && f.runs * (best + 17) < n * best)
        return put_runs(values, n, f.runs, scratch, out, err);
    if (best > 10)
        n_few = different(values, n, few);
    if (n_few > 1 && n_few * 64 + n * mlci_bits_width(n_few - 1) < n * best)
        return put_few(values, n, few, n_few, scratch, out, err);
    return put_inner(values, n, scratch, out, err);
}

/* -------------------------------------------------------------------------- reading */

static bool take_bits(mlci_cursor *cursor, size_t n, unsigned width, const unsigned char **out)
{
    return width <= 64 && mlci_cursor_take(cursor, mlci_bits_size(n, width), out);
}

static bool read_frame(mlci_cursor *cursor, size_t n, uint64_t *out)
{
    const unsigned char *bits;
    uint64_t least, width;

    if (!mlci_cursor_number(cursor, 8, &least) || !mlci_cursor_number(cursor, 1, &width) ||
        width > 64 || !take_bits(cursor, n, (unsigned)width, &bits))
        return false;
    mlci_bits_unpack(bits, n, (unsigned)width, least, out);
    return true;
}

static bool read_delta(mlci_cursor *cursor, size_t n, uint64_t *out)
{
    const unsigned char *bits;
    uint64_t least, width, sum;

    if (!mlci_cursor_number(cursor, 8, &sum) || !mlci_cursor_number(cursor, 8, &least) ||
        !mlci_cursor_number(cursor, 1, &width) || width > 64 || n == 0 ||
        !take_bits(cursor, n - 1, (unsigned)width, &bits))
        return false;
    mlci_bits_unpack(bits, n - 1, (unsigned)width, least, out + 1);
    out[0] = sum;
    for (size_t i = 1; i < n; i++)
        out[i] = sum += out[i];
    return true;
}

/* A list inside of a list; lists inside of that one are not written. */
static bool read_inner(mlci_cursor *cursor, size_t n, uint64_t *out)
{
    uint64_t form, value;

    if (!mlci_cursor_number(cursor, 1, &form))
        return false;
    if (form == FRAME)
        return read_frame(cursor, n, out);
    if (form == DELTA)
        return read_delta(cursor, n, out);
    if (form != CONSTANT || (n > 0 && !mlci_cursor_number(cursor, 8, &value)))
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] = value;
    return true;
}

static mlc_status read_few(mlci_cursor *cursor, size_t n, uint64_t *out, mlc_error *err)
{
    uint64_t few[FEW_MOST], n_few;
    const unsigned char *bits;

    if (!mlci_cursor_number(cursor, 4, &n_few) || n_few == 0 || n_few > FEW_MOST ||
        !read_inner(cursor, (size_t)n_few, few) ||
        !take_bits(cursor, n, mlci_bits_width(n_few - 1), &bits))
        return mlci_cursor_damaged(err);
    mlci_bits_unpack(bits, n, mlci_bits_width(n_few - 1), 0, out);
    for (size_t i = 0; i < n; i++) {
        if (out[i] >= n_few)
            return mlci_cursor_damaged(err);
        out[i] = few[out[i]];
    }
    return MLC_OK;
}

static mlc_status read_runs(mlc_context *ctx, mlci_cursor *cursor, size_t n, uint64_t *out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t runs = 0, *lists = NULL;
    size_t at = 0;

    if (!mlci_cursor_number(cursor, 4, &runs) || runs > n)
        return mlci_cursor_damaged(err);
    MLCI_ALLOC(lists, 2 * (size_t)runs);
    if (!read_inner(cursor, (size_t)runs, lists) ||
        !read_inner(cursor, (size_t)runs, lists + runs)) {
        status = mlci_cursor_damaged(err);
        goto done;
    }
    for (size_t k = 0; k < runs; k++) {
        if (lists[runs + k] > n - at) {
            status = mlci_cursor_damaged(err);
            goto done;
        }
        for (size_t end = at + (size_t)lists[runs + k]; at < end; at++)
            out[at] = lists[k];
    }
    if (at != n)
        status = mlci_cursor_damaged(err);
done:
    if (lists != NULL)
        MLCI_FREE(lists, 2 * (size_t)runs);
    return status;
}

bool mlci_integers_read_short(mlci_cursor *cursor, size_t n, uint32_t *out)
{
    mlci_cursor at = *cursor;
    uint64_t form, least, width;
    const unsigned char *bits;

    if (!mlci_cursor_number(&at, 1, &form) || form != FRAME ||
        !mlci_cursor_number(&at, 8, &least) || least > UINT32_MAX ||
        !mlci_cursor_number(&at, 1, &width) || width > 32 ||
        !take_bits(&at, n, (unsigned)width, &bits))
        return false;
    mlci_bits_unpack_short(bits, n, (unsigned)width, (uint32_t)least, out);
    *cursor = at;
    return true;
}

mlc_status mlci_integers_read(mlc_context *ctx, mlci_cursor *cursor, size_t n, uint64_t *out,
                              mlc_error *err)
{
    int form = cursor->at < cursor->end ? *cursor->at : CONSTANT;

    if (form != FEW && form != RUNS)
        return read_inner(cursor, n, out) ? MLC_OK : mlci_cursor_damaged(err);
    cursor->at++;
    return form == FEW ? read_few(cursor, n, out, err) : read_runs(ctx, cursor, n, out, err);
}
