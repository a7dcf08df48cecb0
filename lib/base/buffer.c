/*
 * buffer.c - a text that grows
 *
 * Room doubles; data is always ended by NUL. A failed call leaves the buffer as
 * it was.
 */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>

enum { BUFFER_FIRST_BYTES = 128 };

/* Make room for `more` bytes and the NUL. */
static mlc_status buffer_room(mlci_buffer *b, size_t more, mlc_error *err)
{
    if (more < b->room - b->size) /* room is 0 or more than size */
        return MLC_OK;
    if (more >= SIZE_MAX / 2 - b->size)
        return mlci_no_memory(err, more);
    size_t room = b->room < BUFFER_FIRST_BYTES ? BUFFER_FIRST_BYTES : b->room;
    while (room - b->size <= more)
        room *= 2;
    char *data = mlci_realloc(b->ctx, b->data, b->room, room, 1);
    if (data == NULL)
        return mlci_no_memory(err, room);
    b->data = data;
    b->room = room;
    return MLC_OK;
}

mlc_status mlci_buffer_add(mlci_buffer *b, const void *data, size_t size, mlc_error *err)
{
    mlc_status status = buffer_room(b, size, err);
    if (status != MLC_OK)
        return status;
    if (size > 0)
        memcpy(b->data + b->size, data, size);
    b->size += size;
    b->data[b->size] = '\0';
    return MLC_OK;
}

mlc_status mlci_buffer_printf(mlci_buffer *b, mlc_error *err, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    mlc_status status =
        size < 0 ? mlci_fail(err, MLC_ERROR_INTERNAL, "a text could not be formatted")
                 : buffer_room(b, (size_t)size, err);
    if (status == MLC_OK) {
        vsnprintf(b->data + b->size, b->room - b->size, format, again);
        b->size += (size_t)size;
    }
    va_end(again);
    va_end(args);
    return status;
}

void mlci_buffer_free(mlci_buffer *b)
{
    mlci_free(b->ctx, b->data, b->room, 1);
    b->data = NULL;
    b->size = b->room = 0;
}
