/*
 * faulty_heap.c - an allocator that fails when told and checks what it is told
 *
 * In front of each block stands its size, alignment and heap, so that a wrong old_size, a wrong
 * alignment, a block of another heap or one freed twice is found at once. Blocks always move,
 * so a pointer that was kept over a resize is found by the sanitizers.
 */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAP_MARK = 0x6D6C6331 };

struct heap_note {
    void *base;
    const struct faulty_heap *heap;
    size_t size, align;
    uint32_t mark;
};

static struct heap_note *note_of(void *block)
{
    return (struct heap_note *)((char *)block - sizeof(struct heap_note));
}

static void heap_broken(const char *what)
{
    fprintf(stderr, "faulty_heap: %s\n", what);
    abort();
}

static void *block_new(const struct faulty_heap *heap, size_t size, size_t align)
{
    if (align == 0 || (align & (align - 1)) != 0)
        heap_broken("an alignment that is no power of two");
    size_t room = align > _Alignof(max_align_t) ? align : _Alignof(max_align_t);
    size_t head = (sizeof(struct heap_note) + room - 1) / room * room;
    void *base = NULL;
    if (size > SIZE_MAX - head || posix_memalign(&base, room, head + size) != 0)
        return NULL;
    char *block = (char *)base + head;
    *note_of(block) = (struct heap_note){base, heap, size, align, HEAP_MARK};
    memset(block, 0xA5, size);
    return block;
}

static void block_free(void *block)
{
    struct heap_note *note = note_of(block);
    void *base = note->base;
    note->mark = 0;
    free(base);
}

static void *heap_resize(void *self, void *block, size_t old_size, size_t new_size,
                         size_t align)
{
    struct faulty_heap *heap = self;
    if (block != NULL) {
        if (note_of(block)->mark != HEAP_MARK)
            heap_broken("a block that is not ours, or was freed before");
        if (note_of(block)->heap != heap)
            heap_broken("a block of another heap");
        if (note_of(block)->size != old_size)
            heap_broken("another old_size than the block has");
        if (note_of(block)->align != align)
            heap_broken("another alignment than the block has");
    } else if (old_size != 0) {
        heap_broken("an old_size without a block");
    }
    if (new_size == 0) {
        if (block != NULL) {
            block_free(block);
            heap->live_bytes -= old_size;
            heap->live_blocks -= 1;
        }
        return NULL;
    }
    if (new_size > old_size) {
        uint64_t nth = atomic_fetch_add(&heap->requests, 1) + 1;
        if (heap->fail_at != 0 && (heap->lasting ? nth >= heap->fail_at : nth == heap->fail_at))
            return NULL;
    }
    void *moved = block_new(heap, new_size, align);
    if (moved == NULL)
        return new_size <= old_size ? block : NULL;
    if (block != NULL) {
        memcpy(moved, block, old_size < new_size ? old_size : new_size);
        block_free(block);
    } else {
        heap->live_blocks += 1;
    }
    heap->live_bytes += new_size - old_size;
    return moved;
}

void faulty_heap_init(struct faulty_heap *heap, uint64_t nth)
{
    memset(heap, 0, sizeof *heap);
    heap->allocator.size = sizeof heap->allocator;
    heap->allocator.self = heap;
    heap->allocator.resize = heap_resize;
    heap->fail_at = nth;
}
