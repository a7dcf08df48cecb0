/*
 * expression_emit.c - the program of an expression grows; types meet
 */
#include "transform/expression_parse.h"

/* --------------------------------------------------------------------- writing */

static mlc_status room_for(struct parser *p, void **list, size_t n, size_t *room, size_t size)
{
    mlc_context *ctx = p->ctx;
    size_t more = *room == 0 ? 16 : *room * 2;
    void *grown;

    if (n < *room)
        return MLC_OK;
    grown = mlci_realloc(ctx, *list, *room, more, size);
    if (grown == NULL)
        return mlci_no_memory(p->err, more * size);
    *list = grown;
    *room = more;
    return MLC_OK;
}

mlc_status mlci_add_constant(struct parser *p, double number, mlci_slice text, int32_t type,
                             struct operand *out)
{
    struct expression *to = p->to;
    void *list = to->constants;
    mlc_status status =
        room_for(p, &list, to->n_constants, &to->room_constants, sizeof *to->constants);

    to->constants = list;
    if (status != MLC_OK)
        return status;
    *out = (struct operand){OPERAND_CONSTANT, type, 0, to->n_constants};
    to->constants[to->n_constants++] = (struct constant){number, text};
    return MLC_OK;
}

/* One instruction; its value goes to `slot`, and so says *out, which may be one of a, b, c. */
mlc_status mlci_emit(struct parser *p, enum op op, const struct operand *a,
                     const struct operand *b, const struct operand *c, int32_t type,
                     int32_t unit, size_t slot, struct operand *out)
{
    struct expression *to = p->to;
    struct instruction code = {.op = op, .to = slot, .makes_text = type == MLC_TEXT};
    void *list = to->code;
    mlc_status status = room_for(p, &list, to->n_code, &to->room_code, sizeof *to->code);

    to->code = list;
    if (status != MLC_OK)
        return status;
    code.a = *a;
    code.b = b == NULL ? *a : *b;
    code.c = c == NULL ? *a : *c;
    to->code[to->n_code++] = code;
    if (slot >= to->n_slots)
        to->n_slots = slot + 1;
    *out = (struct operand){OPERAND_SLOT, type, unit, slot};
    return MLC_OK;
}

/* Where the next value may go while `a` is still needed. */
size_t mlci_above(const struct operand *a, size_t slot)
{
    return a->kind == OPERAND_SLOT && a->index >= slot ? a->index + 1 : slot;
}

/* ----------------------------------------------------------------------- types */

bool mlci_is_number(const struct operand *a)
{
    return a->type == MLC_NUMBER || a->type == MLC_FLAG;
}

static const char *operand_name(const struct parser *p, const struct operand *a, char out[320])
{
    const char *name =
        a->kind == OPERAND_COLUMN ? mlc_layout_input(p->layout, (int64_t)a->index)->name : NULL;
    size_t size = 0;

    if (name != NULL) {
        static const char before[] = "column '";
        memcpy(out, before, sizeof before - 1);
        size = sizeof before - 1;
        for (; *name != '\0' && size < 280; name++)
            out[size++] = *name;
        out[size++] = '\'';
    } else {
        memcpy(out, "it", 2);
        size = 2;
    }
    memcpy(out + size, " is ", 4);
    size += 4;
    for (const char *type = mlci_type_name(a->type); *type != '\0'; type++)
        out[size++] = *type;
    out[size] = '\0';
    return out;
}

mlc_status mlci_need_type(struct parser *p, const char *where, bool fits, const char *wanted,
                          const struct operand *a)
{
    char name[320];

    if (fits)
        return MLC_OK;
    return mlci_refuse_at(p, where, MLC_ERROR_TYPE, wanted, operand_name(p, a, name));
}

/* Times of different units meet in the finer one; a text in quotes beside a time is one. */
static mlc_status meet_times(struct parser *p, const char *where, struct operand *a,
                             struct operand *b, size_t slot)
{
    static const double per_second[] = {1, 1e3, 1e6, 1e9};
    struct operand *coarse = a->unit < b->unit ? a : b, factor;
    int32_t unit = a->unit < b->unit ? b->unit : a->unit;
    mlc_status status;

    if (a->unit == b->unit)
        return MLC_OK;
    status = mlci_add_constant(
        p, per_second[unit - MLC_TIMESTAMP_S] / per_second[coarse->unit - MLC_TIMESTAMP_S],
        (mlci_slice){NULL, 0}, MLC_NUMBER, &factor);
    (void)where;
    if (status != MLC_OK)
        return status;
    return mlci_emit(p, OP_MULTIPLY, coarse, &factor, NULL, MLC_TIME, unit, slot, coarse);
}

static mlc_status time_of_text(struct parser *p, const char *where, struct operand *a,
                               int32_t unit)
{
    static const int64_t per_unit[] = {1000000000, 1000000, 1000, 1};
    struct constant *constant = &p->to->constants[a->index];
    int64_t time;

    if (!mlci_parse_time(constant->text.data, constant->text.size, &time))
        return mlci_refuse_at(p, where, MLC_ERROR_PARAMETER,
                              "a text beside a time must be one, as '2026-11-23 14:05'", NULL);
    *constant = (struct constant){(double)(time / per_unit[unit - MLC_TIMESTAMP_S]), {NULL, 0}};
    a->type = MLC_TIME;
    a->unit = unit;
    return MLC_OK;
}

/* Bring two values to one type for comparing or choosing; the new slot is free for that. */
mlc_status mlci_meet(struct parser *p, const char *where, struct operand *a, struct operand *b,
                     size_t slot)
{
    mlc_status status = MLC_OK;
    char name[320];

    if (a->type == MLC_TIME && b->type == MLC_TEXT && b->kind == OPERAND_CONSTANT)
        status = time_of_text(p, where, b, a->unit);
    else if (b->type == MLC_TIME && a->type == MLC_TEXT && a->kind == OPERAND_CONSTANT)
        status = time_of_text(p, where, a, b->unit);
    if (status != MLC_OK)
        return status;
    if (mlci_is_number(a) && mlci_is_number(b))
        return MLC_OK;
    if (a->type == b->type)
        return a->type == MLC_TIME ? meet_times(p, where, a, b, slot) : MLC_OK;
    return mlci_refuse_at(p, where, MLC_ERROR_TYPE,
                          a->type == MLC_TEXT   ? "a text stands beside another type:"
                          : a->type == MLC_TIME ? "a time stands beside another type:"
                                                : "a number stands beside another type:",
                          operand_name(p, b, name));
}

int32_t mlci_common_type(const struct operand *a, const struct operand *b)
{
    return a->type == b->type ? a->type : MLC_NUMBER;
}

mlc_status mlci_column_operand(struct parser *p, const char *where, mlci_slice name,
                               const char *hint, struct operand *out)
{
    mlc_context *ctx = p->ctx;
    mlc_status status = MLC_OK;
    size_t column = mlci_layout_find(p->layout, name);
    const mlc_schema_column *found;
    struct expression *to = p->to;
    void *list = to->columns;
    bool known = false;

    if (column == SIZE_MAX) {
        char *copy = mlci_text_copy_n(ctx, name.data, name.size);
        if (copy == NULL)
            return mlci_no_memory(p->err, name.size + 1);
        status = mlci_layout_named_one(p->layout, copy, 0, "", &column, p->err);
        mlci_text_free(ctx, copy);
        if (status == MLC_ERROR_SCHEMA && p->err != NULL) {
            mlc_error told = *p->err;
            mlci_fail(p->err, status, "%s%s (at byte %zu of '%.200s')", told.message, hint,
                      (size_t)(where - p->text), p->text);
            mlci_at(p->err, -1, where - p->text, -1, told.column_name);
        }
        return status;
    }
    found = mlc_layout_input(p->layout, (int64_t)column);
    for (size_t k = 0; k < to->n_columns; k++)
        known = known || to->columns[k] == column;
    if (!known) {
        status = room_for(p, &list, to->n_columns, &to->room_columns, sizeof *to->columns);
        to->columns = list;
        if (status != MLC_OK)
            return status;
        to->columns[to->n_columns++] = column;
    }
    *out =
        (struct operand){OPERAND_COLUMN, found->type == MLC_CATEGORY ? MLC_TEXT : found->type,
                         found->unit, column};
    return MLC_OK;
}

mlc_status mlci_emit_compare(struct parser *p, const char *where, enum op op, struct operand *a,
                             struct operand *b, size_t free_slot, size_t slot,
                             struct operand *out)
{
    mlc_status status = mlci_meet(p, where, a, b, free_slot);

    if (status != MLC_OK)
        return status;
    if (a->type == MLC_TEXT)
        op = (enum op)(op - OP_EQUAL + OP_EQUAL_T);
    return mlci_emit(p, op, a, b, NULL, MLC_FLAG, 0, slot, out);
}
