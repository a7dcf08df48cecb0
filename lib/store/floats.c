/*
 * floats.c - lists of doubles and floats, to the bit, in the form that takes fewest bytes
 *
 *   DECIMAL   most are i / 10^e for a small whole number i, as everything is that people wrote
 *             down: e, the numbers i, and the exceptions (Afroozeh, Kuffo, Boncz, ALP, 2023)
 *   BITS      a list of their bits as integers
 *
 * Before either stands which are missing (NaN of any kind): those take the value before them.
 */
#include "store/chunk.h"

enum { DECIMAL = 0, BITS = 1 };
enum { MOST_EXPONENT = 15, SAMPLE = 64 };

static const double ten_to[MOST_EXPONENT + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
static const double most_whole = 9007199254740992.0; /* 2^53 */

static inline uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline uint32_t bits_of_float(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Whether the value is i / 10^exponent, and i. */
static inline bool as_decimal(double value, unsigned exponent, bool narrow, int64_t *whole)
{
    double scaled = value * ten_to[exponent], back;

    if (!(scaled < most_whole && scaled > -most_whole))
        return false;
    *whole = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    back = (double)*whole / ten_to[exponent];
    return narrow ? bits_of_float((float)back) == bits_of_float((float)value)
                  : bits_of(back) == bits_of(value);
}

/* The exponent under which most of a sample are decimals; -1: too few are. */
static int best_exponent(const double *values, size_t n, bool narrow)
{
    size_t step = n / SAMPLE + 1, looked = 0, most = 0;
    int best = -1;

    for (size_t i = 0; i < n; i += step)
        looked++;
    for (unsigned e = 0; e <= MOST_EXPONENT && most < looked; e++) {
        size_t fit = 0;
        int64_t whole;
        for (size_t i = 0; i < n; i += step)
            fit += as_decimal(values[i], e, narrow, &whole);
        if (fit > most) {
            most = fit;
            best = (int)e;
        }
    }
    return most * 10 >= looked * 9 ? best : -1;
}

/* -------------------------------------------------------------------------- packing */

/* Which cells are missing, as bits; those take the value before them. */
static mlc_status put_missing(double *values, size_t n, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t first = 0;

    while (first < n && values[first] == values[first])
        first++;
    MLCI_TRY(mlci_put_number(out, 1, first < n, err));
    if (first == n)
        goto done;
    for (size_t i = 0; i < n; i += 8) {
        uint64_t byte = 0;
        for (size_t k = 0; k < 8 && i + k < n; k++) {
            bool missing = values[i + k] != values[i + k];
            byte |= (uint64_t)missing << k;
            if (missing)
                values[i + k] = i + k == 0 ? 0.0 : values[i + k - 1];
        }
        MLCI_TRY(mlci_put_number(out, 1, byte, err));
    }
done:
    return status;
}

static mlc_status put_decimals(const double *values, size_t n, bool narrow, unsigned exponent,
                               size_t n_exceptions, uint64_t *wholes, uint64_t *scratch,
                               mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    int64_t whole;

    MLCI_TRY(mlci_put_number(out, 1, DECIMAL, err));
    MLCI_TRY(mlci_put_number(out, 1, exponent, err));
    MLCI_TRY(mlci_put_number(out, 4, n_exceptions, err));
    MLCI_TRY(mlci_integers_pack(wholes, n, scratch, out, err));
    for (size_t i = 0; i < n && n_exceptions > 0; i++)
        if (!as_decimal(values[i], exponent, narrow, &whole)) {
            MLCI_TRY(mlci_put_number(out, 4, i, err));
            MLCI_TRY(mlci_put_number(out, 8, bits_of(values[i]), err));
        }
done:
    return status;
}

/* Whole numbers of those that are decimals; exceptions take the one before them. */
static size_t find_decimals(const double *values, size_t n, bool narrow, unsigned exponent,
                            uint64_t *wholes)
{
    size_t exceptions = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t whole;
        if (as_decimal(values[i], exponent, narrow, &whole)) {
            wholes[i] = (uint64_t)whole;
        } else {
            wholes[i] = i == 0 ? 0 : wholes[i - 1];
            exceptions++;
        }
    }
    return exceptions;
}

mlc_status mlci_floats_pack(mlc_context *ctx, const double *given, size_t n, bool narrow,
                            uint64_t *scratch, mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    double *values = NULL; /* a copy whose missing ones are filled */
    uint64_t *words = scratch, *more = scratch + n;
    size_t exceptions = n, raw = n * (narrow ? 4 : 8);
    int exponent;

    MLCI_ALLOC(values, n);
    memcpy(values, given, n * sizeof *values);
    MLCI_TRY(put_missing(values, n, out, err));
    exponent = best_exponent(values, n, narrow);
    if (exponent >= 0)
        exceptions = find_decimals(values, n, narrow, (unsigned)exponent, words);
    if (exponent >= 0 && exceptions * 12 + mlci_integers_size(words, n) < raw) {
        MLCI_TRY(put_decimals(values, n, narrow, (unsigned)exponent, exceptions, words, more,
                              out, err));
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        words[i] = narrow ? bits_of_float((float)values[i]) : bits_of(values[i]);
    MLCI_TRY(mlci_put_number(out, 1, BITS, err));
    MLCI_TRY(mlci_integers_pack(words, n, more, out, err));
done:
    if (values != NULL)
        MLCI_FREE(values, n);
    return status;
}

/* -------------------------------------------------------------------------- reading */

static void set_value(void *out, size_t i, bool narrow, double value)
{
    if (narrow)
        ((float *)out)[i] = (float)value;
    else
        ((double *)out)[i] = value;
}

static mlc_status read_decimals(mlc_context *ctx, mlci_cursor *cursor, size_t n, bool narrow,
                                uint64_t *words, void *out, mlc_error *err)
{
    uint64_t exponent, exceptions, row, bits;
    mlc_status status;
    double power, value;

    if (!mlci_cursor_number(cursor, 1, &exponent) || exponent > MOST_EXPONENT ||
        !mlci_cursor_number(cursor, 4, &exceptions) || exceptions > n)
        return mlci_cursor_damaged(err);
    status = mlci_integers_read(ctx, cursor, n, words, err);
    if (status != MLC_OK)
        return status;
    power = ten_to[exponent];
    if (narrow) {
        for (size_t i = 0; i < n; i++)
            ((float *)out)[i] = (float)((double)(int64_t)words[i] / power);
    } else if (exponent == 0) {
        for (size_t i = 0; i < n; i++)
            ((double *)out)[i] = (double)(int64_t)words[i];
    } else {
        for (size_t i = 0; i < n; i++)
            ((double *)out)[i] = (double)(int64_t)words[i] / power;
    }
    for (; exceptions > 0; exceptions--) {
        if (!mlci_cursor_number(cursor, 4, &row) || row >= n ||
            !mlci_cursor_number(cursor, 8, &bits))
            return mlci_cursor_damaged(err);
        memcpy(&value, &bits, sizeof value);
        set_value(out, (size_t)row, narrow, value);
    }
    return MLC_OK;
}

static mlc_status read_values(mlc_context *ctx, mlci_cursor *cursor, size_t n, bool narrow,
                              uint64_t *words, void *out, mlc_error *err)
{
    uint64_t form;
    mlc_status status;

    if (!mlci_cursor_number(cursor, 1, &form) || form > BITS)
        return mlci_cursor_damaged(err);
    if (form == DECIMAL)
        return read_decimals(ctx, cursor, n, narrow, words, out, err);
    status = mlci_integers_read(ctx, cursor, n, words, err);
    for (size_t i = 0; i < n && status == MLC_OK; i++) {
        uint32_t half = (uint32_t)words[i];
        if (narrow)
            memcpy((float *)out + i, &half, sizeof half);
        else
            memcpy((double *)out + i, &words[i], sizeof *words);
    }
    return status;
}

mlc_status mlci_floats_read(mlc_context *ctx, mlci_cursor *cursor, size_t n, bool narrow,
                            void *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint64_t some, *words = NULL;
    const unsigned char *bits = NULL;

    if (!mlci_cursor_number(cursor, 1, &some) || some > 1 ||
        (some == 1 && !mlci_cursor_take(cursor, n / 8 + (n % 8 != 0), &bits)))
        return mlci_cursor_damaged(err);
    MLCI_ALLOC(words, n);
    MLCI_TRY(read_values(ctx, cursor, n, narrow, words, out, err));
    for (size_t i = 0; i < n && bits != NULL; i++)
        if (bits[i / 8] >> i % 8 & 1)
            set_value(out, i, narrow, __builtin_nan(""));
done:
    if (words != NULL)
        MLCI_FREE(words, n);
    return status;
}
