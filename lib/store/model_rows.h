/*
 * model_rows.h - the digests over models and events, for the files of this folder only
 */
#ifndef MLCI_MODEL_ROWS_H
#define MLCI_MODEL_ROWS_H

#include "store/store.h"

/** Over an event's words and the digest of the one before; texts with data NULL are none. */
void mlci_event_digest(const mlci_digest *before, int64_t time, mlci_slice name,
                       mlci_slice what, int64_t version, mlci_slice stage, mlci_slice why,
                       mlci_digest *out);
/** Over all of a model's row but its bytes, which `hash` covers. */
void mlci_model_digest(int64_t time, mlci_slice name, int64_t version, mlci_slice hash,
                       mlci_slice result, mlci_slice lineage, mlci_digest *out);

#endif
