/*
 * builder.c - rows from several threads, put together slot after slot
 *
 * A slot holds a maker for each field, with a dictionary of its own for texts, so slots share
 * nothing but the context's byte count. Finishing copies the slots' cells one after another
 * and numbers texts anew in row order: which thread was when makes no difference. A call that
 * fails leaves the rows as they were.
 */
#include <math.h>

#include "data/table.h"

typedef struct builder_slot {
    mlci_column_maker *makers; /* one a field; begun with the first rows */
    size_t rows;
    bool renumber; /* a dictionary holds texts of rows that were taken back */
} builder_slot;

struct mlc_builder {
    mlc_context *ctx; /* held */
    mlc_field *fields;
    char **names; /* the fields', owned */
    size_t n_fields;
    builder_slot **slots; /* each in memory of its own, so that threads share no line */
    size_t n_slots;
};

static void slot_empty(builder_slot *slot, size_t n_fields)
{
    for (size_t k = 0; k < n_fields; k++)
        mlci_maker_free(&slot->makers[k]);
    slot->rows = 0;
    slot->renumber = false;
}

void mlc_builder_destroy(mlc_builder *builder)
{
    mlc_context *ctx;

    if (builder == NULL)
        return;
    ctx = builder->ctx;
    for (size_t s = 0; builder->slots != NULL && s < builder->n_slots; s++) {
        builder_slot *slot = builder->slots[s];
        if (slot == NULL)
            continue;
        if (slot->makers != NULL) {
            slot_empty(slot, builder->n_fields);
            MLCI_FREE(slot->makers, builder->n_fields);
        }
        MLCI_FREE(slot, 1);
    }
    if (builder->slots != NULL)
        MLCI_FREE(builder->slots, builder->n_slots);
    for (size_t k = 0; builder->names != NULL && k < builder->n_fields; k++)
        if (builder->names[k] != NULL)
            mlci_text_free(ctx, builder->names[k]);
    if (builder->names != NULL)
        MLCI_FREE(builder->names, builder->n_fields);
    if (builder->fields != NULL)
        MLCI_FREE(builder->fields, builder->n_fields);
    MLCI_FREE(builder, 1);
    mlci_context_drop(ctx);
}

mlc_status mlc_builder_create(mlc_context *ctx, const mlc_field *fields, int64_t n_fields,
                              int64_t slots, mlc_builder **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_builder *b = NULL;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (ctx == NULL)
        return mlci_null_argument(err, "ctx");
    if (slots < 1 || slots > 65536)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld slots; there may be 1 to 65536",
                         (long long)slots);
    MLCI_TRY(mlci_fields_check(fields, n_fields, err));
    MLCI_ALLOC_ZEROED(b, 1);
    b->ctx = mlci_context_hold(ctx);
    b->n_fields = (size_t)n_fields;
    b->n_slots = (size_t)slots;
    MLCI_ALLOC(b->fields, b->n_fields);
    memcpy(b->fields, fields, b->n_fields * sizeof *fields);
    MLCI_ALLOC_ZEROED(b->names, b->n_fields);
    for (size_t k = 0; k < b->n_fields; k++) {
        b->names[k] = mlci_text_copy(ctx, fields[k].name);
        if (b->names[k] == NULL) {
            status = mlci_no_memory(err, strlen(fields[k].name) + 1);
            goto done;
        }
        b->fields[k].name = b->names[k];
    }
    MLCI_ALLOC_ZEROED(b->slots, b->n_slots);
    for (size_t s = 0; s < b->n_slots; s++) {
        MLCI_ALLOC_ZEROED(b->slots[s], 1);
        MLCI_ALLOC_ZEROED(b->slots[s]->makers, b->n_fields);
    }
    *out = b;
    b = NULL;
done:
    mlc_builder_destroy(b);
    return status;
}

static bool is_float(int32_t storage)
{
    return storage == MLC_FLOAT32 || storage == MLC_FLOAT64;
}

/* Room for `rows` more rows in each of a slot's makers; nothing is seen when it fails. */
static mlc_status slot_reserve(mlc_builder *b, builder_slot *slot, size_t rows, mlc_error *err)
{
    mlc_status status = MLC_OK;

    for (size_t k = 0; k < b->n_fields && status == MLC_OK; k++) {
        mlci_column_maker *maker = &slot->makers[k];
        const mlc_field *f = &b->fields[k];
        if (maker->values == NULL)
            status = mlci_maker_begin(maker, b->ctx, f->storage, f->type, rows, err);
        if (status == MLC_OK)
            status = mlci_maker_reserve(maker, rows, err);
        if (status == MLC_OK && f->present != 0 && f->storage != MLC_UTF8 &&
            !is_float(f->storage))
            status = mlci_maker_need_bits(maker, err);
    }
    return status;
}

#define COPY_CELLS(cell)                                                                       \
    for (size_t r = 0; r < rows; r++)                                                          \
    memcpy(to + r * sizeof(cell), from + (int64_t)r * stride, sizeof(cell))

/* The numbers of one field; room and bits are there, so this cannot fail. */
static void slot_copy(mlci_column_maker *maker, const mlc_field *field, const char *structs,
                      size_t rows, int64_t stride)
{
    size_t size = mlci_storage_size(field->storage);
    char *to = (char *)maker->values->bytes + maker->rows * size;
    const char *from = structs + field->offset;

    switch (size) {
    case 1:
        COPY_CELLS(uint8_t);
        break;
    case 2:
        COPY_CELLS(uint16_t);
        break;
    case 4:
        COPY_CELLS(uint32_t);
        break;
    default:
        COPY_CELLS(uint64_t);
    }
    if (field->storage == MLC_BOOL)
        for (size_t r = 0; r < rows; r++)
            to[r] = to[r] != 0;
    for (size_t r = 0; field->present != 0 && r < rows; r++) {
        bool present = mlci_field_present(field, structs + (int64_t)r * stride);
        if (field->storage == MLC_FLOAT64) {
            if (!present)
                memcpy(to + r * size, &(double){NAN}, size);
        } else if (field->storage == MLC_FLOAT32) {
            if (!present)
                memcpy(to + r * size, &(float){NAN}, size);
        } else if (present) {
            mlci_set_bit(maker->valid->bytes, maker->rows + r);
        } else {
            mlci_clear_bit(maker->valid->bytes, maker->rows + r);
        }
    }
    maker->rows += rows;
}

mlc_status mlc_builder_append(mlc_builder *builder, int64_t slot_number, const void *structs,
                              int64_t rows, int64_t stride, mlc_error *err)
{
    mlc_status status = MLC_OK;
    builder_slot *slot = NULL;
    size_t n = (size_t)rows;

    if (builder == NULL)
        return mlci_null_argument(err, "builder");
    if (structs == NULL && rows != 0)
        return mlci_null_argument(err, "structs");
    if (slot_number < 0 || (uint64_t)slot_number >= builder->n_slots)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "there is no slot %lld among %zu",
                         (long long)slot_number, builder->n_slots);
    if (rows < 0 || stride < 0 || (stride > 0 && rows > INT64_MAX / stride))
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld structs of %lld bytes cannot be",
                         (long long)rows, (long long)stride);
    MLCI_TRY(mlci_fields_fit(builder->fields, (int64_t)builder->n_fields, stride, err));
    slot = builder->slots[slot_number];
    MLCI_TRY(slot_reserve(builder, slot, n, err));
    for (size_t k = 0; k < builder->n_fields; k++) {
        const mlc_field *f = &builder->fields[k];
        if (f->storage != MLC_UTF8)
            continue;
        for (size_t r = 0; r < n; r++) {
            const char *record = (const char *)structs + (int64_t)r * stride;
            status = mlci_maker_host_text(&slot->makers[k], mlci_field_text(f, record), err);
            if (status != MLC_OK) {
                mlci_blame(err, "field %zu ('%s')", k, f->name);
                mlci_at(err, (int64_t)r, -1, (int64_t)k, f->name);
                slot->renumber = true;
                goto done;
            }
        }
    }
    for (size_t k = 0; k < builder->n_fields; k++)
        if (builder->fields[k].storage != MLC_UTF8)
            slot_copy(&slot->makers[k], &builder->fields[k], structs, n, stride);
    slot->rows += n;
done:
    for (size_t k = 0; status != MLC_OK && slot != NULL && k < builder->n_fields; k++)
        slot->makers[k].rows = slot->rows; /* take back what was begun */
    return status;
}

/* -------------------------------------------------------------------------- finishing */

typedef struct finish_job {
    mlc_builder *builder;
    size_t rows;
    mlci_column *columns; /* one a field */
} finish_job;

/* A slot's codes, numbered anew into the whole column's dictionary. */
static mlc_status finish_codes(mlc_context *ctx, const mlci_column_maker *maker, uint32_t *out,
                               mlci_dictionary *dictionary, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const uint32_t *codes = maker->values->bytes;
    uint32_t *renumbered = NULL;
    size_t n = mlci_dictionary_count(maker->dictionary);

    MLCI_ALLOC(renumbered, n);
    memset(renumbered, 0xff, n * sizeof *renumbered);
    for (size_t r = 0; r < maker->rows; r++) {
        uint32_t code = codes[r];
        if (code != MLCI_MISSING_CODE && renumbered[code] == MLCI_MISSING_CODE)
            MLCI_TRY(mlci_dictionary_code(dictionary,
                                          mlci_dictionary_text(maker->dictionary, code),
                                          &renumbered[code], err));
        out[r] = code == MLCI_MISSING_CODE ? code : renumbered[code];
    }
done:
    if (renumbered != NULL)
        MLCI_FREE(renumbered, n);
    return status;
}

static mlc_status finish_column(mlc_context *ctx, const mlc_builder *b, size_t k, size_t rows,
                                mlci_column *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlc_field *f = &b->fields[k];
    size_t size = mlci_storage_size(f->storage), at = 0;
    mlci_column_maker whole = {0};

    MLCI_TRY(mlci_maker_begin(&whole, ctx, f->storage, f->type, rows, err));
    for (size_t s = 0; s < b->n_slots; s++) {
        const mlci_column_maker *maker = &b->slots[s]->makers[k];
        if (maker->rows == 0)
            continue;
        if (maker->dictionary != NULL)
            MLCI_TRY(finish_codes(ctx, maker, (uint32_t *)whole.values->bytes + at,
                                  whole.dictionary, err));
        else
            memcpy((char *)whole.values->bytes + at * size, maker->values->bytes,
                   maker->rows * size);
        if (maker->valid != NULL) {
            MLCI_TRY(mlci_maker_need_bits(&whole, err));
            for (size_t r = 0; r < maker->rows; r++)
                if (!mlci_bit(maker->valid->bytes, r))
                    mlci_clear_bit(whole.valid->bytes, at + r);
        }
        at += maker->rows;
    }
    whole.rows = rows;
    MLCI_TRY(mlci_maker_end(&whole, f->name, out, err));
done:
    mlci_maker_free(&whole);
    return status;
}

static mlc_status finish_chunk(void *state, mlci_range fields, size_t chunk, mlci_lane *lane,
                               mlc_error *err)
{
    finish_job *job = state;
    mlc_status status = MLC_OK;

    (void)chunk;
    for (size_t k = fields.begin; k < fields.end && status == MLC_OK; k++)
        status = finish_column(lane->ctx, job->builder, k, job->rows, &job->columns[k], err);
    return status;
}

/* With one slot its cells are the dataset's: the column holds on to them. */
static mlc_status finish_alone(finish_job *job, mlc_error *err)
{
    mlc_builder *b = job->builder;

    for (size_t k = 0; k < b->n_fields; k++) {
        mlci_column_maker *maker = &b->slots[0]->makers[k], copy;
        mlc_status status;
        mlci_maker_shrink(maker);
        copy = *maker;
        mlci_shared_hold(copy.values);
        mlci_shared_hold(copy.valid);
        mlci_dictionary_hold(copy.dictionary);
        status = mlci_maker_end(&copy, b->fields[k].name, &job->columns[k], err);
        if (status != MLC_OK) {
            mlci_maker_free(&copy);
            return status;
        }
    }
    return MLC_OK;
}

mlc_status mlc_builder_finish(mlc_builder *builder, mlc_dataset **out, mlc_error *err)
{
    mlc_context *ctx;
    mlc_status status = MLC_OK;
    finish_job job = {builder, 0, NULL};
    size_t n = 0;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (builder == NULL)
        return mlci_null_argument(err, "builder");
    ctx = builder->ctx;
    MLCI_ALLOC_ZEROED(job.columns, builder->n_fields);
    n = builder->n_fields;
    for (size_t s = 0; s < builder->n_slots; s++)
        job.rows += builder->slots[s]->rows;
    if (builder->n_slots == 1 && job.rows > 0 && !builder->slots[0]->renumber)
        MLCI_TRY(finish_alone(&job, err));
    else
        MLCI_TRY(mlci_parallel_for(ctx, n, 1, finish_chunk, &job, err));
    MLCI_TRY(mlci_dataset_new(ctx, job.columns, n, job.rows, NULL, 0, out, err));
    for (size_t s = 0; s < builder->n_slots; s++)
        slot_empty(builder->slots[s], builder->n_fields);
done:
    for (size_t k = 0; k < n; k++)
        mlci_column_free(ctx, &job.columns[k]); /* empty where taken over */
    if (job.columns != NULL)
        MLCI_FREE(job.columns, n);
    return status;
}
