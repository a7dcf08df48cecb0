/*
 * expression_texts.c - what an expression does with texts, cell by cell
 *
 * A missing operand makes a missing answer, but for coalesce, if and missing themselves.
 * Letters are counted as code points; bytes that are no UTF-8 count one by one. New texts lie
 * in scratch.
 */
#include <math.h>
#include <utf8proc.h>

#include "transform/expression.h"

static mlci_slice slice_of(mlc_text text)
{
    return (mlci_slice){text.data, (size_t)text.size};
}

static mlc_text text_of(mlci_slice slice)
{
    return (mlc_text){slice.data, (int64_t)slice.size};
}

/* How many bytes the code point at `at` takes; at least 1. */
static size_t point_size(const char *at, size_t left, utf8proc_int32_t *point)
{
    utf8proc_ssize_t size =
        utf8proc_iterate((const utf8proc_uint8_t *)at, (utf8proc_ssize_t)left, point);

    if (size <= 0) {
        *point = -1;
        return 1;
    }
    return (size_t)size;
}

static double text_length(mlci_slice text)
{
    size_t n = 0;
    utf8proc_int32_t point;

    for (size_t at = 0; at < text.size; n++)
        at += point_size(text.data + at, text.size - at, &point);
    return (double)n;
}

static bool text_holds(mlci_slice text, mlci_slice part)
{
    if (part.size == 0)
        return true;
    for (size_t at = 0; at + part.size <= text.size; at++) {
        const char *found =
            memchr(text.data + at, part.data[0], text.size - part.size - at + 1);
        if (found == NULL)
            return false;
        at = (size_t)(found - text.data);
        if (memcmp(found, part.data, part.size) == 0)
            return true;
    }
    return false;
}

static double text_test(enum op op, mlci_slice a, mlci_slice b)
{
    switch (op) {
    case OP_EQUAL_T:
        return mlci_slice_equal(a, b);
    case OP_UNEQUAL_T:
        return !mlci_slice_equal(a, b);
    case OP_LESS_T:
        return mlci_slice_compare(a, b) < 0;
    case OP_AT_MOST_T:
        return mlci_slice_compare(a, b) <= 0;
    case OP_GREATER_T:
        return mlci_slice_compare(a, b) > 0;
    case OP_AT_LEAST_T:
        return mlci_slice_compare(a, b) >= 0;
    case OP_CONTAINS:
        return text_holds(a, b);
    case OP_STARTS:
        return b.size <= a.size && memcmp(a.data, b.data, b.size) == 0;
    default: /* OP_ENDS */
        return b.size <= a.size && memcmp(a.data + (a.size - b.size), b.data, b.size) == 0;
    }
}

static double text_number(enum op op, mlci_slice text)
{
    double number;
    int64_t time;

    if (op == OP_LENGTH)
        return text_length(text);
    text = mlci_slice_trim(text);
    if (op == OP_TO_NUMBER)
        return mlci_parse_double(text.data, text.size, &number) ? number : (double)NAN;
    if (!mlci_parse_time(text.data, text.size, &time))
        return (double)NAN;
    return (double)(time / 1000 - (time % 1000 < 0)); /* microseconds, downwards */
}

/* Letter case, one code point for one. A changed letter takes at most one byte more than it
 * took, and one of a single byte never grows, so twice the room is enough. */
static mlc_status text_cased(enum op op, mlc_text *text, mlc_scratch *scratch, mlc_error *err)
{
    char *out = mlc_scratch_alloc(scratch, text->size * 2 + 4);
    size_t size = 0, n = (size_t)text->size;

    if (out == NULL)
        return mlci_no_memory(err, n * 2);
    for (size_t at = 0; at < n;) {
        utf8proc_int32_t point;
        size_t bytes = point_size(text->data + at, n - at, &point);
        if (point < 0)
            out[size++] = text->data[at];
        else
            size += (size_t)utf8proc_encode_char(op == OP_UPPER ? utf8proc_toupper(point)
                                                                : utf8proc_tolower(point),
                                                 (utf8proc_uint8_t *)out + size);
        at += bytes;
    }
    *text = (mlc_text){out, (int64_t)size};
    return MLC_OK;
}

static mlc_status text_joined(mlc_text a, mlc_text b, mlc_text *out, mlc_scratch *scratch,
                              mlc_error *err)
{
    char *joined;

    if (b.size > INT64_MAX - a.size)
        return mlci_no_memory(err, UINT64_MAX);
    joined = mlc_scratch_alloc(scratch, a.size + b.size);
    if (joined == NULL)
        return mlci_no_memory(err, (uint64_t)(a.size + b.size));
    memcpy(joined, a.data, (size_t)a.size);
    memcpy(joined + a.size, b.data, (size_t)b.size);
    *out = (mlc_text){joined, a.size + b.size};
    return MLC_OK;
}

/* `length` letters from letter `first` on, counted from 1; what lies outside is not there. */
static mlc_text text_part(mlc_text text, double first, double length)
{
    size_t n = (size_t)text.size, at = 0, begin;
    double letter = 1;
    utf8proc_int32_t point;

    if (first != first || length != length)
        return (mlc_text){NULL, 0};
    for (; at < n && letter < first; letter++)
        at += point_size(text.data + at, n - at, &point);
    begin = at;
    for (; at < n && letter < first + length; letter++)
        at += point_size(text.data + at, n - at, &point);
    return (mlc_text){text.data + begin, (int64_t)(at - begin)};
}

static mlc_status number_text(double number, mlc_text *out, mlc_scratch *scratch,
                              mlc_error *err)
{
    char digits[32], *copy;
    size_t size;

    if (number != number)
        return MLC_OK;
    size = mlci_format_double(number, digits);
    copy = mlc_scratch_alloc(scratch, (int64_t)size);
    if (copy == NULL)
        return mlci_no_memory(err, size);
    memcpy(copy, digits, size);
    *out = (mlc_text){copy, (int64_t)size};
    return MLC_OK;
}

static mlc_status text_made(enum op op, mlc_text a, mlc_text b, double x, double y,
                            mlc_text *out, mlc_scratch *scratch, mlc_error *err)
{
    *out = a;
    switch (op) {
    case OP_LOWER:
    case OP_UPPER:
        return text_cased(op, out, scratch, err);
    case OP_TRIM:
        *out = text_of(mlci_slice_trim(slice_of(a)));
        return MLC_OK;
    case OP_CONCAT:
        return text_joined(a, b, out, scratch, err);
    default: /* OP_SUBSTRING */
        *out = text_part(a, x, y);
        return MLC_OK;
    }
}

mlc_status mlci_text_op(enum op op, size_t n, const mlc_text *a, const mlc_text *b,
                        const double *x, const double *y, mlc_text *texts, double *numbers,
                        mlc_scratch *scratch, mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (size_t k = 0; k < n && status == MLC_OK; k++) {
        bool there = (a == NULL || a[k].data != NULL) && (b == NULL || b[k].data != NULL);
        switch (op) {
        case OP_MISSING_T:
            numbers[k] = a[k].data == NULL;
            break;
        case OP_COALESCE_T:
            texts[k] = a[k].data != NULL ? a[k] : b[k];
            break;
        case OP_IF_T:
            texts[k] = x[k] != x[k] ? (mlc_text){NULL, 0} : x[k] != 0 ? a[k] : b[k];
            break;
        case OP_TO_TEXT: {
            mlc_text made = {NULL, 0};
            status = number_text(x[k], &made, scratch, err);
            texts[k] = made;
            break;
        }
        case OP_LENGTH:
        case OP_TO_NUMBER:
        case OP_TO_TIME:
            numbers[k] = there ? text_number(op, slice_of(a[k])) : (double)NAN;
            break;
        case OP_LOWER:
        case OP_UPPER:
        case OP_TRIM:
        case OP_CONCAT:
        case OP_SUBSTRING: {
            mlc_text made = {NULL, 0};
            if (there)
                status = text_made(op, a[k], b == NULL ? a[k] : b[k], x == NULL ? 0 : x[k],
                                   y == NULL ? 0 : y[k], &made, scratch, err);
            texts[k] = made;
            break;
        }
        default:
            numbers[k] = there ? text_test(op, slice_of(a[k]), slice_of(b[k])) : (double)NAN;
        }
    }
    return status;
}
