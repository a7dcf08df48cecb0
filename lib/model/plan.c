/*
 * plan.c - a model prepared for a host's struct
 *
 * A plan turns the fields into a program, one operation for each column that the model needs:
 * where the member lies, what it is, whether it may be missing. Members of one floating type
 * that lie evenly apart and are always there share one operation, so a struct of plain numbers
 * is read by a few straight loops. All room is taken here; predicting neither locks nor
 * allocates. A text that is no UTF-8 is taken as missing, and its record flagged.
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

struct mlci_plan {
    mlci_plan *next;  /* of those that are done with */
    mlc_model *model; /* held */
    mlc_context *ctx;
    int64_t version;
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

/* ------------------------------------------------------------------- making */

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

static mlc_status add_op(mlci_plan *plan, const mlc_field *field,
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
    plan->n_spelt += op.texts && field->storage != MLC_UTF8;
    struct binding_op *last = plan->n_ops == 0 ? NULL : &plan->ops[plan->n_ops - 1];
    if (plan->scorer->direct && last != NULL && op_takes(last, field)) {
        last->step = last->count == 1 ? field->offset - last->field.offset : last->step;
        last->count++;
        return MLC_OK;
    }
    plan->ops[plan->n_ops++] = op;
    return MLC_OK;
}

static mlc_status add_ops(mlci_plan *plan, const mlc_field *fields, size_t n_fields,
                          mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlc_model *model = plan->model;
    bool direct = plan->scorer->direct;
    size_t n = direct ? model->n_features : model->n_columns;
    for (size_t k = 0; k < n; k++) {
        size_t input = direct ? model->features[k] : model->columns[k];
        const mlc_schema_column *wanted = mlci_steps_input(model->steps, input);
        const mlc_field *field = find_field(fields, n_fields, wanted->name);
        if (field == NULL)
            MLCI_TRY(no_field(fields, n_fields, wanted->name, err));
        MLCI_TRY(add_op(plan, field, wanted, direct ? k : input, err));
    }
done:
    return status;
}

mlc_status mlci_plan_new(const mlc_model *model, const mlc_field *fields, int64_t n_fields,
                         int64_t stride, int64_t version, mlci_plan **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    mlci_plan *plan = NULL;

    *out = NULL;
    MLCI_TRY(mlci_fields_check(fields, n_fields, err));
    MLCI_TRY(mlci_fields_fit(fields, n_fields, stride, err));
    MLCI_ALLOC_ZEROED(plan, 1);
    plan->ctx = ctx;
    plan->model = mlci_model_hold(model);
    plan->version = version;
    plan->stride = (size_t)stride;
    plan->room_ops = model->n_features + model->n_columns;
    MLCI_ALLOC(plan->ops, plan->room_ops);
    MLCI_TRY(mlci_scorer_new(model, RUN_RECORDS, false, &plan->scorer, err));
    MLCI_TRY(add_ops(plan, fields, (size_t)n_fields, err));
    MLCI_ALLOC(plan->spellings, RUN_RECORDS * SPELLING_BYTES * plan->n_spelt);
    *out = plan;
    plan = NULL;
done:
    mlci_plan_free(plan);
    return status;
}

void mlci_plan_free(mlci_plan *plan)
{
    if (plan == NULL)
        return;
    mlc_context *ctx = plan->ctx;
    MLCI_FREE(plan->spellings, RUN_RECORDS * SPELLING_BYTES * plan->n_spelt);
    mlci_scorer_free(plan->scorer);
    MLCI_FREE(plan->ops, plan->room_ops);
    mlc_model *model = plan->model;
    mlci_context_hold(ctx); /* outlives the plan's own bytes */
    MLCI_FREE(plan, 1);
    mlc_model_destroy(model);
    mlci_context_drop(ctx);
}

const mlc_model *mlci_plan_model(const mlci_plan *plan)
{
    return plan->model;
}

void mlci_plan_push(_Atomic(mlci_plan *) *list, mlci_plan *plan)
{
    plan->next = atomic_load_explicit(list, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(list, &plan->next, plan, memory_order_release,
                                                  memory_order_relaxed))
        continue;
}

void mlci_plans_free(_Atomic(mlci_plan *) *list)
{
    mlci_plan *plan = atomic_exchange_explicit(list, NULL, memory_order_acquire);

    while (plan != NULL) {
        mlci_plan *next = plan->next;
        mlci_plan_free(plan);
        plan = next;
    }
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
static void fill_features(mlci_plan *plan, const char *records, size_t rows)
{
    mlci_scorer *scorer = plan->scorer;
    size_t width = plan->model->n_features;
    for (size_t row = 0; row < rows; row++) {
        const char *record = records + row * plan->stride;
        double *to = scorer->features + row * width;
        bool broken = false;
        for (const struct binding_op *op = plan->ops; op < plan->ops + plan->n_ops; op++) {
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
                               : mlci_encoder_code(plan->model->encoder, op->slot, text);
        }
        scorer->flags[row] = broken ? MLC_FLAG_INVALID : 0;
    }
}

/* The cells that the steps work on. */
static void fill_cells(mlci_plan *plan, const char *records, size_t rows)
{
    mlci_scorer *scorer = plan->scorer;
    char *spelling = plan->spellings;
    memset(scorer->flags, 0, rows * sizeof *scorer->flags);
    for (const struct binding_op *op = plan->ops; op < plan->ops + plan->n_ops; op++) {
        mlc_cells *cells = &scorer->in[op->slot];
        const char *record = records;
        for (size_t row = 0; row < rows; row++, record += plan->stride) {
            if (!op->texts) {
                cells->numbers[row] = read_scaled(op, record);
                continue;
            }
            bool broken = false;
            mlci_slice text = read_text(op, record, spelling, &broken);
            cells->texts[row] = (mlc_text){text.data, (int64_t)text.size};
            if (broken)
                scorer->flags[row] = MLC_FLAG_INVALID;
            if (op->field.storage != MLC_UTF8)
                spelling += SPELLING_BYTES;
        }
    }
}

/* ------------------------------------------------------------------- answering */

static mlc_status answer_run(mlci_plan *plan, const char *records, size_t rows, double *out,
                             mlc_answer *info)
{
    if (plan->scorer->direct)
        fill_features(plan, records, rows);
    else
        fill_cells(plan, records, rows);
    return mlci_scorer_run(plan->scorer, rows, out, info, NULL);
}

static void reject(const mlci_plan *plan, double *out, mlc_answer *info)
{
    for (size_t o = 0; o < plan->model->outputs; o++)
        out[o] = NAN;
    if (info != NULL)
        *info = (mlc_answer){.flags = MLC_FLAG_REJECTED};
}

void mlci_plan_answer(mlci_plan *plan, const void *structs, size_t rows, double *out,
                      mlc_answer *info)
{
    mlci_fp_state fp = mlci_fp_enter();
    const char *records = structs;
    size_t outputs = plan->model->outputs, left = rows;

    while (left > 0) {
        size_t n = left < RUN_RECORDS ? left : RUN_RECORDS;
        mlc_status status = answer_run(plan, records, n, out, info);
        for (size_t row = 0; row < n && status != MLC_OK; row++) {
            mlc_answer *one = info == NULL ? NULL : info + row;
            if (answer_run(plan, records + row * plan->stride, 1, out + row * outputs, one) !=
                MLC_OK)
                reject(plan, out + row * outputs, one);
        }
        for (size_t row = 0; row < n && info != NULL && plan->version != 0; row++)
            info[row].variant = (uint32_t)plan->version;
        records += n * plan->stride;
        out += n * outputs;
        info = info == NULL ? NULL : info + n;
        left -= n;
    }
    mlci_fp_leave(fp);
}

/* The first text of a record that is no UTF-8, told; it counts as missing. */
static mlc_status check_texts(const mlci_plan *plan, const char *record, mlc_error *err)
{
    for (const struct binding_op *op = plan->ops; op < plan->ops + plan->n_ops; op++) {
        char spelling[SPELLING_BYTES];
        bool broken = false;
        if (!op->texts)
            continue;
        (void)read_text(op, record, spelling, &broken);
        if (!broken)
            continue;
        const char *name = plan->scorer->direct
                               ? mlci_encoder_feature(plan->model->encoder, op->slot)->name
                               : mlci_steps_input(plan->model->steps, op->slot)->name;
        mlc_status status = mlci_fail(err, MLC_ERROR_FORMAT, "column '%s' is no UTF-8", name);
        mlci_at(err, 0, -1, -1, name);
        return status;
    }
    return MLC_OK;
}

mlc_status mlci_plan_check(mlci_plan *plan, const void *record, double *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_fp_state fp = mlci_fp_enter();
    mlc_answer info;

    if (plan->scorer->direct)
        fill_features(plan, record, 1);
    else
        fill_cells(plan, record, 1);
    MLCI_TRY(mlci_scorer_run(plan->scorer, 1, out, &info, err));
    if ((info.flags & MLC_FLAG_REJECTED) != 0)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_DATA, "the model has no answer to such a record"));
    MLCI_TRY(check_texts(plan, record, err));
done:
    mlci_fp_leave(fp);
    return status;
}
