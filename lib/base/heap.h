/*
 * heap.h - the allocator that is used when the host lends none (base's own)
 */
#ifndef MLCI_HEAP_H
#define MLCI_HEAP_H

#include "base/base.h"

/** Check the host's allocator and copy it; NULL stands for malloc. */
mlc_status mlci_heap_allocator(const mlc_allocator *host, mlc_allocator *out, mlc_error *err);

#endif
