/*
 * arena.c - scratch memory that is given back all at once
 *
 * A list of blocks, newest first, each at least twice as large as the one
 * before; memory is cut from the newest. After a reset the largest block
 * stays, so a loop that resets soon allocates nothing.
 */
#include "base/base.h"

enum { ARENA_ALIGN = 16, ARENA_FIRST_BYTES = 4096 };

struct mlci_arena_block {
    struct mlci_arena_block *older;
    size_t bytes; /* of the whole block, this header among them */
};

enum {
    ARENA_HEADER =
        (sizeof(struct mlci_arena_block) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN
};

void mlci_arena_init(mlci_arena *arena, mlc_context *ctx)
{
    arena->ctx = ctx;
    arena->blocks = NULL;
    arena->used = 0;
}

void *mlci_arena_alloc(mlci_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX / 4 - ARENA_HEADER) / size)
        return NULL;
    size_t bytes = (count * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    struct mlci_arena_block *block = arena->blocks;
    if (block == NULL || bytes > block->bytes - arena->used) {
        size_t room = ARENA_FIRST_BYTES, least = bytes + ARENA_HEADER;
        if (block != NULL && block->bytes <= SIZE_MAX / 4)
            room = block->bytes * 2;
        if (room < least)
            room = least;
        block = mlci_alloc(arena->ctx, room, 1);
        if (block == NULL && room > least) /* near the limit what is needed may still fit */
            block = mlci_alloc(arena->ctx, room = least, 1);
        if (block == NULL)
            return NULL;
        block->older = arena->blocks;
        block->bytes = room;
        arena->blocks = block;
        arena->used = ARENA_HEADER;
    }
    void *memory = (char *)block + arena->used;
    arena->used += bytes;
    return memory;
}

static void arena_free_but(mlci_arena *arena, struct mlci_arena_block *kept)
{
    for (struct mlci_arena_block *block = arena->blocks, *older; block != NULL; block = older) {
        older = block->older;
        if (block != kept)
            mlci_free(arena->ctx, block, block->bytes, 1);
    }
    if (kept != NULL)
        kept->older = NULL;
    arena->blocks = kept;
    arena->used = kept == NULL ? 0 : ARENA_HEADER;
}

void mlci_arena_reset(mlci_arena *arena)
{
    struct mlci_arena_block *largest = arena->blocks;
    for (struct mlci_arena_block *block = largest; block != NULL; block = block->older)
        if (block->bytes > largest->bytes)
            largest = block;
    arena_free_but(arena, largest);
}

void mlci_arena_free(mlci_arena *arena)
{
    arena_free_but(arena, NULL);
}
