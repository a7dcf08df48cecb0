/*
 * gzip.c - zlib with the context's memory; words for what the system answers
 *
 * zlib frees without telling a size, so each block begins with its own.
 */
#include "io/gzip.h"

#include <errno.h>

enum { GZIP_HEAD = 64 }; /* keeps what follows aligned as the allocator did */

void *mlci_gzip_alloc(void *opaque, unsigned items, unsigned size)
{
    size_t bytes = (size_t)items * size;
    if (bytes > SIZE_MAX - GZIP_HEAD)
        return NULL;
    char *block = mlci_alloc(opaque, bytes + GZIP_HEAD, 1);
    if (block == NULL)
        return NULL;
    memcpy(block, &bytes, sizeof bytes);
    return block + GZIP_HEAD;
}

void mlci_gzip_free(void *opaque, void *block)
{
    if (block == NULL)
        return;
    size_t bytes;
    char *whole = (char *)block - GZIP_HEAD;
    memcpy(&bytes, whole, sizeof bytes);
    mlci_free(opaque, whole, bytes + GZIP_HEAD, 1);
}

const char *mlci_errno_text(int code)
{
    switch (code) {
    case ENOENT:
        return "there is no such file or folder";
    case EACCES:
    case EPERM:
        return "permission denied";
    case EISDIR:
        return "it is a folder";
    case ENOTDIR:
        return "a part of the path is no folder";
    case ENOSPC:
        return "the disk is full";
    case EROFS:
        return "the file system is read-only";
    case EMFILE:
    case ENFILE:
        return "too many files are open";
    case ENAMETOOLONG:
        return "the name is too long";
    case EIO:
        return "the device failed";
    case ELOOP:
        return "symbolic links go round in a circle";
    case EDQUOT:
        return "the quota is used up";
    case EFBIG:
        return "the file is too large";
    case EPIPE:
        return "nobody reads the other end";
    default:
        return "the system refused";
    }
}
