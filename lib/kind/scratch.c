/*
 * scratch.c - room for texts that steps make while they work on a block
 *
 * Bytes are handed out from front to back of a block. The growing form, for datasets, takes a
 * block of twice the size when one is full; the fixed form, for prepared predictors, answers
 * NULL then and never allocates.
 */
#include "kind/steps.h"

struct scratch_block {
    struct scratch_block *older;
    size_t room; /* bytes behind this head */
};

static struct scratch_block *block_new(mlc_context *ctx, size_t room)
{
    struct scratch_block *block = NULL;

    if (room <= SIZE_MAX - sizeof *block)
        block = mlci_alloc(ctx, sizeof *block + room, 1);
    if (block != NULL) {
        block->older = NULL;
        block->room = room;
    }
    return block;
}

static void blocks_free(mlc_context *ctx, struct scratch_block *block)
{
    while (block != NULL) {
        struct scratch_block *older = block->older;
        mlci_free(ctx, block, sizeof *block + block->room, 1);
        block = older;
    }
}

mlc_status mlci_scratch_begin(mlc_scratch *scratch, mlc_context *ctx, size_t room, bool growing,
                              mlc_error *err)
{
    scratch->ctx = ctx;
    scratch->growing = growing;
    scratch->used = 0;
    scratch->blocks = block_new(ctx, room);
    return scratch->blocks == NULL ? mlci_no_memory(err, room) : MLC_OK;
}

void mlci_scratch_reset(mlc_scratch *scratch)
{
    blocks_free(scratch->ctx, scratch->blocks->older);
    scratch->blocks->older = NULL;
    scratch->used = 0;
}

void mlci_scratch_end(mlc_scratch *scratch)
{
    blocks_free(scratch->ctx, scratch->blocks);
    scratch->blocks = NULL;
}

char *mlc_scratch_alloc(mlc_scratch *scratch, int64_t size)
{
    struct scratch_block *block;
    size_t bytes;
    char *at;

    if (scratch == NULL || scratch->blocks == NULL || size < 0 || size > INT64_MAX - 8)
        return NULL;
    bytes = ((size_t)size + 7) / 8 * 8;
    block = scratch->blocks;
    if (bytes > block->room - scratch->used) {
        size_t room = block->room <= SIZE_MAX / 4 ? block->room * 2 : block->room;
        if (!scratch->growing)
            return NULL;
        block = block_new(scratch->ctx, bytes > room ? bytes : room);
        if (block == NULL)
            return NULL;
        block->older = scratch->blocks;
        scratch->blocks = block;
        scratch->used = 0;
    }
    at = (char *)(block + 1) + scratch->used;
    scratch->used += bytes;
    return at;
}
