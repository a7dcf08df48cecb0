/*
 * gzip.h - zlib with the context's memory, for the files of this folder only
 */
#ifndef MLCI_GZIP_H
#define MLCI_GZIP_H

#include <zlib.h>

#include "base/base.h"

/** Memory for zlib from the context that is `opaque`. */
void *mlci_gzip_alloc(void *opaque, unsigned items, unsigned size);
void mlci_gzip_free(void *opaque, void *block);

/** What an errno means, in words that do not depend on the locale. */
const char *mlci_errno_text(int code);

#endif
