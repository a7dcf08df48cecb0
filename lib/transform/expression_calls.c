/*
 * expression_calls.c - the functions that an expression may call, and their arguments
 */
#include "transform/expression_parse.h"

/* By name. `if`, `in` and `concat` have rules of their own below. */
static const struct call calls[] = {
    {"abs", OP_ABS, "n", MLC_NUMBER},          {"ceil", OP_CEIL, "n", MLC_NUMBER},
    {"coalesce", OP_COALESCE, "aa+", 0},       {"concat", OP_CONCAT, "s+", MLC_TEXT},
    {"contains", OP_CONTAINS, "tt", MLC_FLAG}, {"day", OP_DAY, "d", MLC_NUMBER},
    {"ends", OP_ENDS, "tt", MLC_FLAG},         {"exp", OP_EXP, "n", MLC_NUMBER},
    {"expm1", OP_EXPM1, "n", MLC_NUMBER},      {"floor", OP_FLOOR, "n", MLC_NUMBER},
    {"hour", OP_HOUR, "d", MLC_NUMBER},        {"if", OP_IF, "naa", 0},
    {"in", OP_EQUAL, "aa+", MLC_FLAG},         {"length", OP_LENGTH, "t", MLC_NUMBER},
    {"log", OP_LOG, "n", MLC_NUMBER},          {"log10", OP_LOG10, "n", MLC_NUMBER},
    {"log1p", OP_LOG1P, "n", MLC_NUMBER},      {"log2", OP_LOG2, "n", MLC_NUMBER},
    {"lower", OP_LOWER, "t", MLC_TEXT},        {"max", OP_MAX, "nn+", MLC_NUMBER},
    {"min", OP_MIN, "nn+", MLC_NUMBER},        {"minute", OP_MINUTE, "d", MLC_NUMBER},
    {"missing", OP_MISSING, "a", MLC_FLAG},    {"month", OP_MONTH, "d", MLC_NUMBER},
    {"number", OP_TO_NUMBER, "t", MLC_NUMBER}, {"pow", OP_POWER, "nn", MLC_NUMBER},
    {"round", OP_ROUND, "n", MLC_NUMBER},      {"second", OP_SECOND, "d", MLC_NUMBER},
    {"sign", OP_SIGN, "n", MLC_NUMBER},        {"sqrt", OP_SQRT, "n", MLC_NUMBER},
    {"starts", OP_STARTS, "tt", MLC_FLAG},     {"substring", OP_SUBSTRING, "tnn", MLC_TEXT},
    {"text", OP_TO_TEXT, "n", MLC_TEXT},       {"time", OP_TO_TIME, "t", MLC_TIME},
    {"trim", OP_TRIM, "t", MLC_TEXT},          {"trunc", OP_TRUNC, "n", MLC_NUMBER},
    {"upper", OP_UPPER, "t", MLC_TEXT},        {"weekday", OP_WEEKDAY, "d", MLC_NUMBER},
    {"year", OP_YEAR, "d", MLC_NUMBER},        {"yearday", OP_YEARDAY, "d", MLC_NUMBER},
};

const struct call *mlci_call_find(const char *name, const char **near)
{
    const char *names[MLCI_COUNT_OF(calls)];

    for (size_t k = 0; k < MLCI_COUNT_OF(calls); k++) {
        names[k] = calls[k].name;
        if (strcmp(name, calls[k].name) == 0)
            return &calls[k];
    }
    *near = mlci_nearest(name, names, MLCI_COUNT_OF(calls));
    return NULL;
}

/* ------------------------------------------------------------------- arguments */

/* One argument as its function takes it. */
static mlc_status argument_fits(struct parser *p, const char *where, char takes, size_t slot,
                                struct operand *a)
{
    switch (takes) {
    case 'n':
        return mlci_need_type(p, where, mlci_is_number(a), "a number is needed here;", a);
    case 't':
        return mlci_need_type(p, where, a->type == MLC_TEXT, "a text is needed here;", a);
    case 'd':
        return mlci_need_type(p, where, a->type == MLC_TIME,
                              "a time is needed here (time() makes one of a text);", a);
    case 's':
        if (mlci_is_number(a))
            return mlci_emit(p, OP_TO_TEXT, a, NULL, NULL, MLC_TEXT, 0, slot, a);
        return mlci_need_type(p, where, a->type == MLC_TEXT,
                              "a text or a number is needed here;", a);
    default:
        return MLC_OK;
    }
}

static bool compares(enum op op)
{
    return op >= OP_EQUAL && op <= OP_AT_LEAST;
}

/* Two values into one, of a call that folds its arguments, or of coalesce. */
static mlc_status fold(struct parser *p, const char *where, const struct call *call,
                       struct operand *a, struct operand *b, size_t free_slot, size_t slot)
{
    mlc_status status;
    int32_t type;

    if (call->op != OP_COALESCE)
        return mlci_emit(p, call->op, a, b, NULL, call->gives, 0, slot, a);
    status = mlci_meet(p, where, a, b, free_slot);
    if (status != MLC_OK)
        return status;
    type = mlci_common_type(a, b);
    return mlci_emit(p, type == MLC_TEXT ? OP_COALESCE_T : OP_COALESCE, a, b, NULL, type,
                     a->unit, slot, a);
}

/* `in(x, a, b)`: x = a or x = b. x stays in the slot below. */
static mlc_status call_in(struct parser *p, const char *where, struct operand *args, size_t n,
                          size_t slot, struct operand *out)
{
    struct operand found = args[0], one;
    mlc_status status = MLC_OK;

    for (size_t k = 1; k < n && status == MLC_OK; k++) {
        struct operand x = args[0], value = args[k];
        size_t top = slot;
        for (size_t i = 0; i < n; i++)
            top = mlci_above(&args[i], top);
        if (k > 1)
            top = mlci_above(&found, top);
        status = mlci_emit_compare(p, where, OP_EQUAL, &x, &value, top, k == 1 ? top : top + 1,
                                   k == 1 ? &found : &one);
        if (x.kind == OPERAND_CONSTANT) /* a text that was a time stays one */
            args[0] = x;
        if (status == MLC_OK && k > 1)
            status = mlci_emit(p, OP_OR, &found, &one, NULL, MLC_FLAG, 0, found.index, &found);
    }
    if (status == MLC_OK && found.index != slot) /* bring it down: found or found */
        status = mlci_emit(p, OP_OR, &found, &found, NULL, MLC_FLAG, 0, slot, &found);
    *out = found;
    return status;
}

static mlc_status call_if(struct parser *p, const char *where, struct operand *args,
                          size_t slot, struct operand *out)
{
    size_t top = slot;
    mlc_status status;
    int32_t type;

    for (size_t k = 0; k < 3; k++)
        top = mlci_above(&args[k], top);
    status = mlci_meet(p, where, &args[1], &args[2], top);
    if (status != MLC_OK)
        return status;
    type = mlci_common_type(&args[1], &args[2]);
    return mlci_emit(p, type == MLC_TEXT ? OP_IF_T : OP_IF, &args[1], &args[2], &args[0], type,
                     args[1].unit, slot, out);
}

static mlc_status call_done(struct parser *p, const char *where, const struct call *call,
                            struct operand *args, size_t n, size_t slot, struct operand *out)
{
    enum op op = call->op;

    if (op == OP_IF)
        return call_if(p, where, args, slot, out);
    if (compares(op))
        return call_in(p, where, args, n, slot, out);
    if (op == OP_MISSING)
        op = args[0].type == MLC_TEXT ? OP_MISSING_T : OP_MISSING;
    if (op == OP_ROUND && n == 2)
        op = OP_ROUND_TO;
    if (call->takes[strlen(call->takes) - 1] == '+') { /* folded already */
        *out = args[0];
        return MLC_OK;
    }
    return mlci_emit(p, op, &args[0], n > 1 ? &args[1] : NULL, n > 2 ? &args[2] : NULL,
                     call->gives, call->gives == MLC_TIME ? MLC_TIMESTAMP_US : 0, slot, out);
}

enum { ARGUMENTS_MOST = 64 };

/* What argument k must be; '\0': it must not be. */
static char takes_at(const struct call *call, size_t k)
{
    size_t n = strlen(call->takes);

    if (call->op == OP_ROUND && k == 1)
        return 'n';
    if (call->takes[n - 1] == '+')
        return call->takes[k < n - 1 ? k : n - 2];
    return k < n ? call->takes[k] : '\0';
}

static size_t takes_least(const struct call *call)
{
    size_t n = strlen(call->takes);

    return call->takes[n - 1] == '+' ? n - 1 : n;
}

/* The arguments behind the open bracket, and the call. */
mlc_status mlci_parse_call(struct parser *p, const char *where, const struct call *call,
                           size_t slot, struct operand *out)
{
    struct operand args[ARGUMENTS_MOST];
    bool folds = call->takes[strlen(call->takes) - 1] == '+' && !compares(call->op);
    size_t n = 0, told = 0;
    mlc_status status = mlci_next_token(p);

    while (status == MLC_OK && !mlci_at_sign(p, ")")) {
        const char *here = p->begin;
        char takes = takes_at(call, told);
        size_t at = slot;
        if (takes == '\0' || n == ARGUMENTS_MOST)
            return mlci_refuse_at(p, here, MLC_ERROR_PARAMETER, "too many arguments for",
                                  call->name);
        for (size_t k = 0; k < n; k++)
            at = mlci_above(&args[k], at);
        status = mlci_parse_or(p, at, &args[n]);
        if (status == MLC_OK)
            status = argument_fits(p, here, takes, at, &args[n]);
        if (status != MLC_OK)
            return status;
        n++;
        told++;
        if (folds && n == 2) {
            status = fold(p, here, call, &args[0], &args[1], mlci_above(&args[1], at), slot);
            n = 1;
        }
        if (status != MLC_OK || mlci_at_sign(p, ")"))
            continue;
        if (!mlci_at_sign(p, ","))
            return mlci_refuse(p, "a comma or a closing bracket belongs here");
        status = mlci_next_token(p);
        if (status == MLC_OK && mlci_at_sign(p, ")"))
            return mlci_refuse(p, "an argument belongs here");
    }
    if (status != MLC_OK)
        return status;
    if (told < takes_least(call))
        return mlci_refuse_at(p, p->begin, MLC_ERROR_PARAMETER, "too few arguments for",
                              call->name);
    status = call_done(p, where, call, args, n, slot, out);
    return status == MLC_OK ? mlci_next_token(p) : status;
}
