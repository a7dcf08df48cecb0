/*
 * binding.c - a model prepared for a host's struct
 *
 * Binding turns the fields into a program, one operation for each column that the model needs:
 * where the member lies, what it is, whether it may be missing. Members of one floating type
 * that lie evenly apart and are always there share one operation, so a struct of plain numbers
 * is read by a few straight loops. All room is taken here; predicting neither locks nor
 * allocates.
 *
 * Records are answered in runs. When steps run out of room for texts, or fail, the run is tried
 * again record by record, and what fails alone is rejected.
 */
#include "model/parts.h"

#include <math.h>

enum { RUN_RECORDS = 64, SPELLING_BYTES = 32 };

/* Read one member of each record, or `count` of them that lie `step` bytes apart. */
struct binding_op {
    mlc_field field; /* name not used */
    size_t slot;     /* feature, or input of the steps */
    size_t count;
    int64_t step;
    bool texts; /* the model wants a text */
    bool divide;
    double factor; /* of times in another unit */
};

struct mlc_binding {
    mlc_model *model; /* held */
    mlc_context *ctx;
    size_t stride;
    struct binding_op *ops;
    size_t n_ops, room_ops;
    mlci_scorer *scorer;
    char *spellings; /* RUN_RECORDS x SPELLING_BYTES, for each category that lies as a number */
    size_t n_spelt;
};

static bool is_texts(int32_t type)
{
    return type == MLC_CATEGORY || type == MLC_TEXT;
}

/* ------------------------------------------------------------------- binding */

static const mlc_field *find_field(const mlc_field *fields, size_t n, const char *name)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(fields[k].name, name) == 0)
            return &fields[k];
    return NULL;
}

static mlc_status no_field(const mlc_field *fields, size_t n, const char *name, mlc_error *err)
{
    const char *nearest = NULL;
    size_t least = 4;
    for (size_t k = 0; k < n; k++) {
        size_t distance =
            mlci_edit_distance(mlci_slice_of(name), mlci_slice_of(fields[k].name), least);
        if (distance < least) {
            least = distance;
            nearest = fields[k].name;
        }
    }
    mlc_status status =
        nearest == NULL
            ? mlci_fail(err, MLC_ERROR_SCHEMA,
                        "the model needs column '%s'; no field has that name", name)
            : mlci_fail(
                  err, MLC_ERROR_SCHEMA,
                  "the model needs column '%s'; no field has that name, the nearest is '%s'",
                  name, nearest);
    mlci_at(err, -1, -1, -1, name);
    return status;
}

/* The operation may read this field too, one member further. */
static bool op_takes(const struct binding_op *op, const mlc_field *field)
{
    const mlc_field *first = &op->field;
    if (first->storage != field->storage ||
        (first->storage != MLC_FLOAT32 && first->storage != MLC_FLOAT64) || op->texts ||
        first->present != 0 || field->present != 0)
        return false;
    return op->count == 1 || field->offset == first->offset + (int64_t)op->count * op->step;
}

static mlc_status add_op(mlc_binding *binding, const mlc_field *field,
                         const mlc_schema_column *wanted, size_t slot, mlc_error *err)
{
    int32_t type = field->type != 0 ? field->type : mlci_storage_type(field->storage);
    mlc_status status = mlci_type_check(wanted->name, wanted->type, type, err);
    if (status != MLC_OK)
        return status;
    struct binding_op op = {.field = *field, .slot = slot, .count = 1, .factor = 1.0};
    op.texts = is_texts(wanted->type);
    if (wanted->type == MLC_TIME)
        op.factor =
            mlci_unit_factor(mlci_storage_unit(field->storage), wanted->unit, &op.divide);
    binding->n_spelt += op.texts && field->storage != MLC_UTF8;
    struct binding_op *last = binding->n_ops == 0 ? NULL : &binding->ops[binding->n_ops - 1];
    if (binding->scorer->direct && last != NULL && op_takes(last, field)) {
        last->step = last->count == 1 ? field->offset - last->field.offset : last->step;
        last->count++;
        return MLC_OK;
    }
    binding->ops[binding->n_ops++] = op;
    return MLC_OK;
}

static mlc_status add_ops(mlc_binding *binding, const mlc_field *fields, size_t n_fields,
                          mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlc_model *model = binding->model;
    bool direct = binding->scorer->direct;
    size_t n = direct ? model->n_features : model->n_columns;
    for (size_t k = 0; k < n; k++) {
        size_t input = direct ? model->features[k] : model->columns[k];
        const mlc_schema_column *wanted = mlci_steps_input(model->steps, input);
        const mlc_field *field = find_field(fields, n_fields, wanted->name);
        if (field == NULL)
            MLCI_TRY(no_field(fields, n_fields, wanted->name, err));
        MLCI_TRY(add_op(binding, field, wanted, direct ? k : input, err));
    }
done:
    return status;
}

mlc_status mlc_model_bind(const mlc_model *model, const mlc_field *fields, int64_t n_fields,
                          int64_t stride, mlc_binding **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;
    mlc_binding *binding = NULL;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (model == NULL)
        return mlci_null_argument(err, "model");
    ctx = model->ctx;
    MLCI_TRY(mlci_fields_check(fields, n_fields, err));
    MLCI_TRY(mlci_fields_fit(fields, n_fields, stride, err));
    MLCI_ALLOC_ZEROED(binding, 1);
    binding->ctx = ctx;
    binding->model = mlci_model_hold(model);
    binding->stride = (size_t)stride;
    binding->room_ops = model->n_features + model->n_columns;
    MLCI_ALLOC(binding->ops, binding->room_ops);
    MLCI_TRY(mlci_scorer_new(model, RUN_RECORDS, false, &binding->scorer, err));
    MLCI_TRY(add_ops(binding, fields, (size_t)n_fields, err));
    MLCI_ALLOC(binding->spellings, RUN_RECORDS * SPELLING_BYTES * binding->n_spelt);
    *out = binding;
    binding = NULL;
done:
    mlc_binding_destroy(binding);
    return status;
}

void mlc_binding_destroy(mlc_binding *binding)
{
    if (binding == NULL)
        return;
    mlc_context *ctx = binding->ctx;
    MLCI_FREE(binding->spellings, RUN_RECORDS * SPELLING_BYTES * binding->n_spelt);
    mlci_scorer_free(binding->scorer);
    MLCI_FREE(binding->ops, binding->room_ops);
    mlc_model *model = binding->model;
    mlci_context_hold(ctx); /* outlives the binding's own bytes */
    MLCI_FREE(binding, 1);
    mlc_model_destroy(model);
    mlci_context_drop(ctx);
}

/* ------------------------------------------------------------------- reading members */

#define READ_AS(type)                                                                          \
    do {                                                                                       \
        type value;                                                                            \
        memcpy(&value, at, sizeof value);                                                      \
        return (double)value;                                                                  \
    } while (0)

/* A member as a number; NaN where it is missing. */
static double read_number(const struct binding_op *op, const char *record)
{
    const char *at = record + op->field.offset;
    if (op->field.present != 0 && !mlci_field_present(&op->field, record))
        return NAN;
    switch (op->field.storage) {
    case MLC_INT8:
        READ_AS(int8_t);
    case MLC_INT16:
        READ_AS(int16_t);
    case MLC_INT32:
        READ_AS(int32_t);
    case MLC_UINT8:
        READ_AS(uint8_t);
    case MLC_UINT16:
        READ_AS(uint16_t);
    case MLC_UINT32:
        READ_AS(uint32_t);
    case MLC_UINT64:
        READ_AS(uint64_t);
    case MLC_FLOAT32:
        READ_AS(float);
    case MLC_FLOAT64:
        READ_AS(double);
    case MLC_BOOL:
        return *at != 0 ? 1.0 : 0.0;
    default:
        READ_AS(int64_t); /* also times */
    }
}

/* A run of floating members, always there. */
static void read_run(const struct binding_op *op, const char *record, double *to)
{
    const char *at = record + op->field.offset;
    if (op->field.storage == MLC_FLOAT64) {
        for (size_t k = 0; k < op->count; k++, at += op->step)
            memcpy(&to[k], at, sizeof *to);
        return;
    }
    for (size_t k = 0; k < op->count; k++, at += op->step) {
        float value;
        memcpy(&value, at, sizeof value);
        to[k] = (double)value;
    }
}

/* A member as a text; *broken is set when it is no UTF-8, and then it is missing. */
static mlci_slice read_text(const struct binding_op *op, const char *record, char *spelling,
                            bool *broken)
{
    if (op->field.storage != MLC_UTF8)
        return mlci_category_text(read_number(op, record), spelling);
    mlci_slice text = mlci_field_text(&op->field, record);
    if (text.data == NULL || mlci_utf8_valid(text.data, text.size))
        return text;
    *broken = true;
    return (mlci_slice){NULL, 0};
}

static double read_scaled(const struct binding_op *op, const char *record)
{
    double value = read_number(op, record);
    if (op->factor == 1.0)
        return value;
    return op->divide ? value / op->factor : value * op->factor;
}

/* Without steps: the learner's numbers. */
static void fill_features(mlc_binding *binding, const char *records, size_t rows)
{
    mlci_scorer *scorer = binding->scorer;
    size_t width = binding->model->n_features;
    for (size_t row = 0; row < rows; row++) {
        const char *record = records + row * binding->stride;
        double *to = scorer->features + row * width;
        bool broken = false;
        for (const struct binding_op *op = binding->ops; op < binding->ops + binding->n_ops;
             op++) {
            char spelling[SPELLING_BYTES];
            if (op->count > 1) {
                read_run(op, record, to + op->slot);
                continue;
            }
            if (!op->texts) {
                to[op->slot] = read_scaled(op, record);
                continue;
            }
            mlci_slice text = read_text(op, record, spelling, &broken);
            to[op->slot] = text.data == NULL
                               ? NAN
                               : mlci_encoder_code(binding->model->encoder, op->slot, text);
        }
        scorer->flags[row] = broken ? MLC_FLAG_REJECTED : 0;
    }
}

/* The cells that the steps work on. */
static void fill_cells(mlc_binding *binding, const char *records, size_t rows)
{
    mlci_scorer *scorer = binding->scorer;
    char *spelling = binding->spellings;
    memset(scorer->flags, 0, rows * sizeof *scorer->flags);
    for (const struct binding_op *op = binding->ops; op < binding->ops + binding->n_ops; op++) {
        mlc_cells *cells = &scorer->in[op->slot];
        const char *record = records;
        for (size_t row = 0; row < rows; row++, record += binding->stride) {
            if (!op->texts) {
                cells->numbers[row] = read_scaled(op, record);
                continue;
            }
            bool broken = false;
            mlci_slice text = read_text(op, record, spelling, &broken);
            cells->texts[row] = (mlc_text){text.data, (int64_t)text.size};
            if (broken)
                scorer->flags[row] = MLC_FLAG_REJECTED;
            if (op->field.storage != MLC_UTF8)
                spelling += SPELLING_BYTES;
        }
    }
}

/* ------------------------------------------------------------------- answering */

static mlc_status answer_run(mlc_binding *binding, const char *records, size_t rows,
                             double *out, mlc_answer *info)
{
    if (binding->scorer->direct)
        fill_features(binding, records, rows);
    else
        fill_cells(binding, records, rows);
    return mlci_scorer_run(binding->scorer, rows, out, info, NULL);
}

static void reject(const mlc_binding *binding, double *out, mlc_answer *info)
{
    for (size_t o = 0; o < binding->model->outputs; o++)
        out[o] = NAN;
    if (info != NULL)
        *info = (mlc_answer){.flags = MLC_FLAG_REJECTED};
}

mlc_status mlc_binding_predict(mlc_binding *binding, const void *structs, int64_t rows,
                               double *out, mlc_answer *info, mlc_error *err)
{
    if (binding == NULL)
        return mlci_null_argument(err, "binding");
    if (rows < 0)
        return mlci_fail(err, MLC_ERROR_ARGUMENT, "%lld structs", (long long)rows);
    if (rows > 0 && (structs == NULL || out == NULL))
        return mlci_null_argument(err, structs == NULL ? "structs" : "out");
    mlci_fp_state fp = mlci_fp_enter();
    const char *records = structs;
    size_t outputs = binding->model->outputs, left = (size_t)rows;
    while (left > 0) {
        size_t n = left < RUN_RECORDS ? left : RUN_RECORDS;
        mlc_status status = answer_run(binding, records, n, out, info);
        for (size_t row = 0; row < n && status != MLC_OK; row++) {
            mlc_answer *one = info == NULL ? NULL : info + row;
            if (answer_run(binding, records + row * binding->stride, 1, out + row * outputs,
                           one) != MLC_OK)
                reject(binding, out + row * outputs, one);
        }
        records += n * binding->stride;
        out += n * outputs;
        info = info == NULL ? NULL : info + n;
        left -= n;
    }
    mlci_fp_leave(fp);
    return MLC_OK;
}
