/*
 * heap.c - the C library's heap behind the allocator's contract
 *
 * C has no realloc that keeps an alignment, so a block that grows is copied.
 * One that shrinks by less than half stays where it is, which also is why
 * shrinking cannot fail.
 */
#include "base/heap.h"

#include <stdlib.h>

static void *heap_resize(void *self, void *block, size_t old_size, size_t new_size,
                         size_t align)
{
    (void)self;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if (block != NULL && new_size <= old_size && new_size > old_size / 2)
        return block;
    size_t rounded = new_size + (align - 1);
    if (rounded < new_size)
        return NULL;
    void *moved = aligned_alloc(align, rounded & ~(align - 1));
    if (moved == NULL)
        return block != NULL && new_size <= old_size ? block : NULL;
    if (block != NULL) {
        memcpy(moved, block, old_size < new_size ? old_size : new_size);
        free(block);
    }
    return moved;
}

mlc_status mlci_heap_allocator(const mlc_allocator *host, mlc_allocator *out, mlc_error *err)
{
    if (host == NULL) {
        *out = (mlc_allocator){sizeof *out, NULL, heap_resize};
        return MLC_OK;
    }
    if (host->size < sizeof *host || host->resize == NULL)
        return mlci_fail(err, MLC_ERROR_ARGUMENT,
                         "the allocator's size is %zu, it must be at least %zu, and resize "
                         "must not be NULL",
                         host->size, sizeof *host);
    *out = *host;
    out->size = sizeof *out;
    return MLC_OK;
}
