/*
 * heap.c - the C library's heap behind the allocator's contract
 *
 * C has no realloc that keeps an alignment, so a block that grows is copied.
 * One that shrinks by less than half stays where it is, which also is why
 * shrinking cannot fail.
 *
 * Large blocks begin at a large page and ask for such pages, as far as they fill them and where
 * the system has them to give: what is read all over a large block is otherwise slowed by
 * looking up its pages.
 */
#include "base/heap.h"

#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { LARGE_PAGE = 2 << 20, LARGE_BLOCK = 2 << 20 };

static void *heap_block(size_t size, size_t align)
{
    size_t page = size >= LARGE_BLOCK && align < LARGE_PAGE ? LARGE_PAGE : align;
    size_t rounded = size + (page - 1);
    if (rounded < size)
        return NULL;
    rounded &= ~(page - 1);
    void *block = aligned_alloc(page, rounded);
#if defined(MADV_HUGEPAGE)
    if (block != NULL && size >= LARGE_BLOCK)
        (void)madvise(block, size & ~(size_t)(LARGE_PAGE - 1), MADV_HUGEPAGE);
#endif
    return block;
}

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
    void *moved = heap_block(new_size, align);
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
