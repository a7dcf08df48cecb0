/*
 * manifest.h - what a version of a dataset is made of, for the files of this folder only
 *
 * Rows come in parts, one for each source; a part's rows come in blocks. The columns of a block
 * are one of the schemas. Where blocks have different schemas, the dataset is what appending
 * them gives.
 */
#ifndef MLCI_MANIFEST_H
#define MLCI_MANIFEST_H

#include "store/store.h"

typedef struct mlci_store_field {
    char *name;
    int32_t storage, type;
} mlci_store_field;

typedef struct mlci_store_schema {
    mlci_store_field *fields; /* n */
    size_t n;
} mlci_store_schema;

typedef struct mlci_store_block {
    size_t rows;
    size_t schema;
} mlci_store_block;

typedef struct mlci_store_part {
    char *source;               /* a path, or `host` */
    char *what;                 /* fetch, put or append */
    char *parameters;           /* of reading, as they were told; or empty */
    const char *const *reading; /* NULL-ended pairs that read such a file again, or NULL */
    int64_t fetched;            /* microseconds since 1970 */
    int64_t rejected, invalid;  /* records and cells */
    size_t first_block, blocks;
} mlci_store_part;

/** One version. Grows in the memory of its arena. */
typedef struct mlci_manifest {
    mlci_arena arena;
    int64_t parent; /* version; 0: none */
    mlci_store_schema *schemas;
    mlci_store_block *blocks;
    mlci_store_part *parts;
    size_t n_schemas, n_blocks, n_parts;
    size_t room_schemas, room_blocks, room_parts;
} mlci_manifest;

void mlci_manifest_init(mlci_manifest *manifest, mlc_context *ctx);
void mlci_manifest_free(mlci_manifest *manifest);
/** Which schema a dataset has, a new one if need be. */
mlc_status mlci_manifest_schema(mlci_manifest *manifest, const mlc_dataset *dataset,
                                size_t *schema, mlc_error *err);
/** Which schema has exactly these fields, a new one if need be. */
mlc_status mlci_manifest_schema_of(mlci_manifest *manifest, const mlci_store_schema *from,
                                   size_t *schema, mlc_error *err);
/** A part at the end, without blocks; its texts are copied. */
mlc_status mlci_manifest_part(mlci_manifest *manifest, const mlci_store_part *like,
                              mlc_error *err);
/** A block at the end of the last part. */
mlc_status mlci_manifest_block(mlci_manifest *manifest, size_t schema, size_t rows,
                               mlc_error *err);
size_t mlci_manifest_rows(const mlci_manifest *manifest);
size_t mlci_manifest_part_rows(const mlci_manifest *manifest, const mlci_store_part *part);
/** As JSON, the same for the same version; and back, everything checked. */
mlc_status mlci_manifest_write(const mlci_manifest *manifest, mlci_buffer *out, mlc_error *err);
mlc_status mlci_manifest_read(mlc_context *ctx, mlci_slice text, mlci_manifest *out,
                              mlc_error *err);

#endif
