/*
 * error.c - what went wrong, written into the caller's own struct
 *
 * Telling an error needs no memory: everything goes into the 1,024 bytes of
 * mlc_error, which may be NULL. A text that does not fit is cut between two
 * UTF-8 characters, never inside one. Formats take text and integers alone;
 * a real number is handed in as text made by mlci_format_double, because
 * vsnprintf would write it by the host's locale.
 */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>

_Static_assert(sizeof(mlc_error) == 1024, "the layout of mlc_error is frozen");
_Static_assert(offsetof(mlc_error, message) == 256, "the layout of mlc_error is frozen");

/* The most bytes of text[0, size) that do not end inside a character. */
static size_t error_whole_characters(const char *text, size_t size)
{
    size_t back = 0;
    while (back < 3 && back < size && ((unsigned char)text[size - 1 - back] & 0xC0u) == 0x80u)
        back++;
    if (back == size)
        return size;
    unsigned char lead = (unsigned char)text[size - 1 - back];
    size_t length = lead >= 0xF0u ? 4 : lead >= 0xE0u ? 3 : lead >= 0xC0u ? 2 : 1;
    return lead >= 0xC0u && length > back + 1 ? size - 1 - back : size;
}

/* Copy text into a field of `room` bytes, cut where it does not fit. */
static void error_copy(char *field, size_t room, const char *text)
{
    size_t size = strlen(text);
    if (size >= room)
        size = error_whole_characters(text, room - 1);
    memmove(field, text, size);
    field[size] = '\0';
}

static void error_format(char *field, size_t room, const char *format, va_list args)
{
    int wanted = vsnprintf(field, room, format, args);
    if (wanted < 0)
        field[0] = '\0';
    else if ((size_t)wanted >= room)
        field[error_whole_characters(field, room - 1)] = '\0';
}

mlc_status mlci_fail(mlc_error *err, mlc_status code, const char *format, ...)
{
    if (err == NULL)
        return code;
    char message[sizeof err->message]; /* an argument may point into *err itself */
    va_list args;
    va_start(args, format);
    error_format(message, sizeof message, format, args);
    va_end(args);
    memset(err, 0, sizeof *err);
    err->code = code;
    err->row = err->byte_offset = err->column = -1;
    error_copy(err->message, sizeof err->message, message);
    return code;
}

void mlci_blame(mlc_error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    char where[sizeof err->message];
    va_list args;
    va_start(args, format);
    error_format(where, sizeof where - 2, format, args);
    va_end(args);
    size_t size = strlen(where);
    memcpy(where + size, ": ", 3);
    size += 2;
    size_t keep = strlen(err->message), room = sizeof err->message - 1 - size;
    if (keep > room)
        keep = error_whole_characters(err->message, room);
    memmove(err->message + size, err->message, keep);
    memcpy(err->message, where, size);
    err->message[size + keep] = '\0';
}

void mlci_at(mlc_error *err, int64_t row, int64_t byte_offset, int64_t column,
             const char *column_name)
{
    if (err == NULL)
        return;
    if (row >= 0)
        err->row = row;
    if (byte_offset >= 0)
        err->byte_offset = byte_offset;
    if (column >= 0)
        err->column = column;
    if (column_name != NULL)
        error_copy(err->column_name, sizeof err->column_name, column_name);
}

void mlci_error_detail(mlc_error *err, const char *detail)
{
    if (err != NULL)
        error_copy(err->detail, sizeof err->detail, detail);
}

mlc_status mlci_null_argument(mlc_error *err, const char *what)
{
    if (err == NULL || err->code != MLC_OK)
        return MLC_ERROR_ARGUMENT; /* in a chain the first cause is the one that is told */
    return mlci_fail(err, MLC_ERROR_ARGUMENT, "%s is NULL", what);
}

mlc_status mlci_no_memory(mlc_error *err, uint64_t bytes)
{
    return mlci_fail(err, MLC_ERROR_NO_MEMORY, "no memory for %llu more bytes",
                     (unsigned long long)bytes);
}

const char *mlc_status_name(mlc_status status)
{
    switch (status) {
    case MLC_OK:
        return "MLC_OK";
    case MLC_ERROR_ARGUMENT:
        return "MLC_ERROR_ARGUMENT";
    case MLC_ERROR_NO_MEMORY:
        return "MLC_ERROR_NO_MEMORY";
    case MLC_ERROR_IO:
        return "MLC_ERROR_IO";
    case MLC_ERROR_FORMAT:
        return "MLC_ERROR_FORMAT";
    case MLC_ERROR_SCHEMA:
        return "MLC_ERROR_SCHEMA";
    case MLC_ERROR_TYPE:
        return "MLC_ERROR_TYPE";
    case MLC_ERROR_PARAMETER:
        return "MLC_ERROR_PARAMETER";
    case MLC_ERROR_NOT_FOUND:
        return "MLC_ERROR_NOT_FOUND";
    case MLC_ERROR_DATA:
        return "MLC_ERROR_DATA";
    case MLC_ERROR_STATE:
        return "MLC_ERROR_STATE";
    case MLC_ERROR_CANCELLED:
        return "MLC_ERROR_CANCELLED";
    case MLC_ERROR_SEEN:
        return "MLC_ERROR_SEEN";
    case MLC_ERROR_VERSION:
        return "MLC_ERROR_VERSION";
    case MLC_ERROR_FORKED:
        return "MLC_ERROR_FORKED";
    case MLC_ERROR_UNSUPPORTED:
        return "MLC_ERROR_UNSUPPORTED";
    case MLC_ERROR_HOST:
        return "MLC_ERROR_HOST";
    case MLC_ERROR_INTERNAL:
        return "MLC_ERROR_INTERNAL";
    case MLC_ERROR_BUSY:
        return "MLC_ERROR_BUSY";
    default:
        return "MLC_ERROR_UNKNOWN";
    }
}
