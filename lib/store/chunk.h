/*
 * chunk.h - a run of one column's cells as bytes, for the files of this folder only
 *
 * The same cells give the same digest on every machine. The bytes tell what they are; those of
 * a stranger are checked before anything is believed. Cells of text are numbers in a list of
 * texts that stands in chunks of its own, so a text is kept once for all rows of a block.
 */
#ifndef MLCI_CHUNK_H
#define MLCI_CHUNK_H

#include "store/bits.h"
#include "store/store.h"

enum { MLCI_CHUNK_ROWS = 65536 }; /* most of one chunk */

/** What a chunk's head tells. */
typedef struct mlci_chunk {
    int32_t storage;
    size_t rows;
    bool missing; /* bits tell which are there; texts and floats tell by themselves */
} mlci_chunk;

/** Put the bytes of rows [range) behind what `out` holds; digest: of what they say, whatever
 *  zlib made of it. numbers: of texts, each code's number in the block's list; else NULL. Any
 *  lane, with round-to-nearest. */
mlc_status mlci_chunk_pack(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                           mlci_range range, const uint32_t *numbers, mlci_buffer *out,
                           mlci_digest *digest, mlc_error *err);
mlc_status mlci_chunk_open(const void *bytes, size_t size, mlci_chunk *out, mlc_error *err);
/** Words of validity bits for a chunk's rows. */
static inline size_t mlci_chunk_words(size_t rows)
{
    return rows / 64 + 1;
}
/** All cells, one after another, aligned for their storage: texts as codes[their number], which
 *  is below n_codes (codes NULL: the number itself); valid: mlci_chunk_words() words, needed
 * when `missing`; those past the last row are set. Any lane, with round-to-nearest. */
mlc_status mlci_chunk_read(mlc_context *ctx, const void *bytes, size_t size,
                           const mlci_chunk *chunk, const uint32_t *codes, size_t n_codes,
                           void *values, uint64_t *valid, mlc_error *err);

/** How many of n texts, told by their codes, go into the next chunk, at least 1: so that it
 *  stays near 1 MiB. */
size_t mlci_texts_cut(const mlci_dictionary *dictionary, const uint32_t *codes, size_t n);
/** Put the bytes of n texts behind what `out` holds. Any lane. */
mlc_status mlci_texts_pack(mlc_context *ctx, const mlci_dictionary *dictionary,
                           const uint32_t *codes, size_t n, mlci_buffer *out,
                           mlci_digest *digest, mlc_error *err);
/** Put a chunk's n texts, in order, into a dictionary; codes[k] is set to the code of text k.
 *  MLC_ERROR_FORMAT when there are not n. */
mlc_status mlci_texts_read(mlc_context *ctx, const void *bytes, size_t size, size_t n,
                           mlci_dictionary *dictionary, uint32_t *codes, mlc_error *err);
/** The digest that pack told. */
mlc_status mlci_chunk_digest(mlc_context *ctx, const void *bytes, size_t size, mlci_digest *out,
                             mlc_error *err);

/* ------------------------------------------------- lists of numbers (integers.c, floats.c) */

/** Bytes that are read from the front. */
typedef struct mlci_cursor {
    const unsigned char *at, *end;
} mlci_cursor;
mlc_status mlci_cursor_damaged(mlc_error *err);
bool mlci_cursor_take(mlci_cursor *cursor, size_t size, const unsigned char **out);
bool mlci_cursor_number(mlci_cursor *cursor, unsigned bytes, uint64_t *out);
mlc_status mlci_put_number(mlci_buffer *out, unsigned bytes, uint64_t value, mlc_error *err);

/** n integers (two's complement where signed), in the form that takes fewest bytes; scratch:
 *  n words. */
mlc_status mlci_integers_pack(const uint64_t *values, size_t n, uint64_t *scratch,
                              mlci_buffer *out, mlc_error *err);
mlc_status mlci_integers_read(mlc_context *ctx, mlci_cursor *cursor, size_t n, uint64_t *out,
                              mlc_error *err);
/** Integers from 0 to below 2^32 as 32 bits, when they lie so that this is quick; else false,
 *  and nothing is read. */
bool mlci_integers_read_short(mlci_cursor *cursor, size_t n, uint32_t *out);
/** How many bytes they will take, at a guess that is never too low by more than a tenth. */
size_t mlci_integers_size(const uint64_t *values, size_t n);

/** n doubles, or floats (as doubles), to the bit; scratch: 2 n words. */
mlc_status mlci_floats_pack(mlc_context *ctx, const double *values, size_t n, bool narrow,
                            uint64_t *scratch, mlci_buffer *out, mlc_error *err);
/** As doubles, or floats when `narrow`. */
mlc_status mlci_floats_read(mlc_context *ctx, mlci_cursor *cursor, size_t n, bool narrow,
                            void *out, mlc_error *err);

#endif
