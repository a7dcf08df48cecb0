/*
 * archive.h - what writing and reading archives share: entries, their names and storages
 */
#ifndef MLCI_ARCHIVE_H
#define MLCI_ARCHIVE_H

#include "kind/kind.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "archives are read in place: a little-endian machine is needed"
#endif

enum {
    MLCI_ARCHIVE_ALIGN = 64,     /* bytes; of the header's end and of each array */
    MLCI_ARCHIVE_NAME_MOST = 128 /* letters of one array's name or one prefix */
};

/** One array. */
typedef struct mlci_archive_entry {
    char *name; /* with its prefixes */
    int32_t storage;
    size_t count;     /* elements meant */
    size_t size;      /* bytes without filling */
    const char *data; /* the writer's own copy, or inside the reader's bytes */
} mlci_archive_entry;

/** `F64` of MLC_FLOAT64; NULL: no storage that a file holds. */
const char *mlci_archive_dtype(int32_t storage);
int32_t mlci_archive_storage(mlci_slice dtype); /* 0: none */
size_t mlci_archive_width(int32_t storage);     /* bytes of one element */
size_t mlci_archive_filled(size_t size);        /* the next multiple of the alignment */
bool mlci_archive_name_valid(const char *name);
/** How `prefix` + `name` stands to `full`, as strcmp, without putting them together. */
int mlci_archive_compare(const char *prefix, const char *name, const char *full);
/** Among entries by name the first that is not less. */
size_t mlci_archive_place(const mlci_archive_entry *entries, size_t n, const char *prefix,
                          const char *name);

#endif
