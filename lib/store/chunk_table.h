/*
 * chunk_table.h - chunks in the file, for the files of this folder only
 */
#ifndef MLCI_CHUNK_TABLE_H
#define MLCI_CHUNK_TABLE_H

#include "store/schema.h"

/** The id of the chunk of this content, put in when it is new. Inside of a write transaction.
 */
mlc_status mlci_chunk_keep(mlc_store *store, const mlci_digest *digest, const void *bytes,
                           size_t size, int64_t *id, mlc_error *err);
/** Whether the chunk of this id is there and has this content. */
mlc_status mlci_chunk_there(mlc_store *store, int64_t id, const mlci_digest *digest,
                            bool *there, mlc_error *err);
/** Put a chunk's bytes behind what `out` holds; MLC_ERROR_FORMAT when it is absent or not as it
 *  was written. Inside of a transaction. */
mlc_status mlci_chunk_load(mlc_store *store, int64_t id, mlci_buffer *out, mlc_error *err);
/** Let go of all chunks that no version needs, and of the space. Inside of a write transaction;
 *  the space goes back with mlci_space_return() behind it. */
mlc_status mlci_chunks_sweep(mlc_store *store, mlc_error *err);
/** Give free pages back to the file system; outside of a transaction. */
mlc_status mlci_space_return(mlc_store *store, mlc_error *err);

#endif
