/*
 * expression_parse.c - from the text of an expression to its program
 *
 *     or:      and { "or" and }
 *     and:     not { "and" not }
 *     not:     "not" not | compare
 *     compare: sum [ ("=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=") sum ]
 *     sum:     product { ("+" | "-") product }
 *     product: sign { ("*" | "/" | "%") sign }
 *     sign:    "-" sign | power
 *     power:   atom [ "^" sign ]
 *     atom:    number | 'text' | true | false | name | `name` | "name" | call | "(" or ")"
 *
 * Each rule writes its instructions while it reads, so types are known at once. Slots are a
 * stack: a rule that begins at slot s leaves its value in a column, a constant, or slot s.
 * Nesting is bounded, so no text can run the stack out.
 */
#include "transform/expression_parse.h"

enum { DEPTH_MOST = 64, NAME_MOST = 256, TEXT_MOST = 1 << 16 };

/* ----------------------------------------------------------------------- atoms */

/* The word without its doubled quotes, in the arena. */
static mlc_status unquote(struct parser *p, mlci_slice *out)
{
    char *copy = mlci_arena_alloc(&p->to->texts, p->word.size + 1, 1);
    size_t size = 0;

    if (copy == NULL)
        return mlci_no_memory(p->err, p->word.size + 1);
    for (size_t k = 0; k < p->word.size; k++) {
        copy[size++] = p->word.data[k];
        k += p->word.data[k] == p->quote;
    }
    copy[size] = '\0';
    *out = (mlci_slice){copy, size};
    return MLC_OK;
}

static mlc_status parse_name(struct parser *p, size_t slot, struct operand *out)
{
    const char *where = p->begin, *look = p->at, *near = NULL;
    mlci_slice word = p->word;
    char name[NAME_MOST];
    const struct call *call;
    mlc_status status;

    if (mlci_at_word(p, "true") || mlci_at_word(p, "false")) {
        status =
            mlci_add_constant(p, mlci_at_word(p, "true"), (mlci_slice){NULL, 0}, MLC_FLAG, out);
        return status == MLC_OK ? mlci_next_token(p) : status;
    }
    while (*look == ' ')
        look++;
    if (*look != '(') {
        status = mlci_column_operand(p, where, word, "", out);
        return status == MLC_OK ? mlci_next_token(p) : status;
    }
    if (word.size >= sizeof name)
        return mlci_refuse(p, "no function has so long a name");
    memcpy(name, word.data, word.size);
    name[word.size] = '\0';
    call = mlci_call_find(name, &near);
    if (call == NULL && near != NULL)
        return mlci_refuse_at(p, where, MLC_ERROR_PARAMETER, "no such function; did you mean",
                              near);
    if (call == NULL)
        return mlci_refuse_at(p, where, MLC_ERROR_PARAMETER, "there is no function", name);
    status = mlci_next_token(p); /* the bracket */
    return status == MLC_OK ? mlci_parse_call(p, where, call, slot, out) : status;
}

static mlc_status parse_atom(struct parser *p, size_t slot, struct operand *out)
{
    const char *where = p->begin;
    mlci_slice text;
    mlc_status status = MLC_OK;

    switch (p->token) {
    case TOKEN_NUMBER:
        status = mlci_add_constant(p, p->number, (mlci_slice){NULL, 0}, MLC_NUMBER, out);
        break;
    case TOKEN_TEXT:
        status = unquote(p, &text);
        if (status == MLC_OK)
            status = mlci_add_constant(p, 0, text, MLC_TEXT, out);
        break;
    case TOKEN_QUOTED:
        status = unquote(p, &text);
        if (status == MLC_OK)
            status = mlci_column_operand(
                p, where, text, p->quote == '"' ? " A text stands in single quotes." : "", out);
        break;
    case TOKEN_NAME:
        return parse_name(p, slot, out);
    default:
        if (!mlci_at_sign(p, "("))
            return mlci_refuse(p, p->token == TOKEN_END ? "the expression ends too soon"
                                                        : "a value belongs here");
        status = mlci_next_token(p);
        if (status == MLC_OK)
            status = mlci_parse_or(p, slot, out);
        if (status == MLC_OK && !mlci_at_sign(p, ")"))
            return mlci_refuse(p, "a closing bracket belongs here");
    }
    return status == MLC_OK ? mlci_next_token(p) : status;
}

/* ------------------------------------------------------------------- operators */

static mlc_status parse_sign(struct parser *p, size_t slot, struct operand *out);

static mlc_status arithmetic(struct parser *p, const char *where, enum op op, struct operand *a,
                             struct operand *b, size_t slot)
{
    mlc_status status =
        mlci_need_type(p, where, mlci_is_number(a), "arithmetic needs numbers;", a);

    if (status == MLC_OK)
        status = mlci_need_type(p, where, mlci_is_number(b), "arithmetic needs numbers;", b);
    return status == MLC_OK ? mlci_emit(p, op, a, b, NULL, MLC_NUMBER, 0, slot, a) : status;
}

static mlc_status parse_power(struct parser *p, size_t slot, struct operand *out)
{
    mlc_status status = parse_atom(p, slot, out);
    const char *where = p->begin;
    struct operand right;

    if (status != MLC_OK || !mlci_at_sign(p, "^"))
        return status;
    status = mlci_next_token(p);
    if (status == MLC_OK)
        status = parse_sign(p, mlci_above(out, slot), &right);
    return status == MLC_OK ? arithmetic(p, where, OP_POWER, out, &right, slot) : status;
}

static mlc_status deeper(struct parser *p)
{
    if (++p->depth > DEPTH_MOST)
        return mlci_refuse(p, "the expression is nested too deeply");
    return MLC_OK;
}

static mlc_status parse_sign(struct parser *p, size_t slot, struct operand *out)
{
    const char *where = p->begin;
    mlc_status status;

    status = deeper(p);
    if (status == MLC_OK && mlci_at_sign(p, "-")) {
        status = mlci_next_token(p);
        if (status == MLC_OK)
            status = parse_sign(p, slot, out);
        if (status == MLC_OK)
            status =
                mlci_need_type(p, where, mlci_is_number(out), "a sign needs a number;", out);
        if (status == MLC_OK)
            status = mlci_emit(p, OP_NEGATE, out, NULL, NULL, MLC_NUMBER, 0, slot, out);
    } else if (status == MLC_OK) {
        status = parse_power(p, slot, out);
    }
    p->depth--;
    return status;
}

static mlc_status parse_product(struct parser *p, size_t slot, struct operand *out)
{
    mlc_status status = parse_sign(p, slot, out);

    while (status == MLC_OK &&
           (mlci_at_sign(p, "*") || mlci_at_sign(p, "/") || mlci_at_sign(p, "%"))) {
        enum op op = mlci_at_sign(p, "*")   ? OP_MULTIPLY
                     : mlci_at_sign(p, "/") ? OP_DIVIDE
                                            : OP_MODULO;
        const char *where = p->begin;
        struct operand right;
        status = mlci_next_token(p);
        if (status == MLC_OK)
            status = parse_sign(p, mlci_above(out, slot), &right);
        if (status == MLC_OK)
            status = arithmetic(p, where, op, out, &right, slot);
    }
    return status;
}

/* Between two times: seconds. */
static mlc_status time_between(struct parser *p, const char *where, struct operand *a,
                               struct operand *b, size_t free_slot, size_t slot)
{
    static const double per_second[] = {1, 1e3, 1e6, 1e9};
    struct operand divisor;
    mlc_status status = mlci_meet(p, where, a, b, free_slot);

    if (status == MLC_OK)
        status = mlci_add_constant(p, per_second[a->unit - MLC_TIMESTAMP_S],
                                   (mlci_slice){NULL, 0}, MLC_NUMBER, &divisor);
    if (status == MLC_OK)
        status = mlci_emit(p, OP_SUBTRACT, a, b, NULL, MLC_NUMBER, 0, slot, a);
    return status == MLC_OK ? mlci_emit(p, OP_DIVIDE, a, &divisor, NULL, MLC_NUMBER, 0, slot, a)
                            : status;
}

static mlc_status parse_sum(struct parser *p, size_t slot, struct operand *out)
{
    mlc_status status = parse_product(p, slot, out);

    while (status == MLC_OK && (mlci_at_sign(p, "+") || mlci_at_sign(p, "-"))) {
        enum op op = mlci_at_sign(p, "+") ? OP_ADD : OP_SUBTRACT;
        const char *where = p->begin;
        struct operand right;
        status = mlci_next_token(p);
        if (status == MLC_OK)
            status = parse_product(p, mlci_above(out, slot), &right);
        if (status == MLC_OK && op == OP_SUBTRACT &&
            (out->type == MLC_TIME || right.type == MLC_TIME))
            status = time_between(p, where, out, &right,
                                  mlci_above(&right, mlci_above(out, slot)), slot);
        else if (status == MLC_OK)
            status = arithmetic(p, where, op, out, &right, slot);
    }
    return status;
}

static mlc_status parse_compare(struct parser *p, size_t slot, struct operand *out)
{
    static const struct {
        const char *sign;
        enum op op;
    } signs[] = {{"=", OP_EQUAL}, {"==", OP_EQUAL},   {"!=", OP_UNEQUAL}, {"<>", OP_UNEQUAL},
                 {"<", OP_LESS},  {"<=", OP_AT_MOST}, {">", OP_GREATER},  {">=", OP_AT_LEAST}};
    mlc_status status = parse_sum(p, slot, out);
    const char *where = p->begin;
    struct operand right;
    size_t k = 0;

    while (k < MLCI_COUNT_OF(signs) && !mlci_at_sign(p, signs[k].sign))
        k++;
    if (status != MLC_OK || k == MLCI_COUNT_OF(signs))
        return status;
    status = mlci_next_token(p);
    if (status == MLC_OK)
        status = parse_sum(p, mlci_above(out, slot), &right);
    if (status == MLC_OK)
        status = mlci_emit_compare(p, where, signs[k].op, out, &right,
                                   mlci_above(&right, mlci_above(out, slot)), slot, out);
    return status;
}

static mlc_status parse_not(struct parser *p, size_t slot, struct operand *out)
{
    const char *where = p->begin;
    mlc_status status;

    if (!mlci_at_word(p, "not"))
        return parse_compare(p, slot, out);
    status = deeper(p);
    if (status == MLC_OK)
        status = mlci_next_token(p);
    if (status == MLC_OK)
        status = parse_not(p, slot, out);
    if (status == MLC_OK)
        status = mlci_need_type(p, where, mlci_is_number(out), "'not' needs yes or no;", out);
    if (status == MLC_OK)
        status = mlci_emit(p, OP_NOT, out, NULL, NULL, MLC_FLAG, 0, slot, out);
    p->depth--;
    return status;
}

/* `and` binds tighter than `or`. */
static mlc_status parse_logic(struct parser *p, size_t slot, bool is_or, struct operand *out)
{
    const char *word = is_or ? "or" : "and";
    mlc_status status = is_or ? parse_logic(p, slot, false, out) : parse_not(p, slot, out);

    while (status == MLC_OK && mlci_at_word(p, word)) {
        const char *where = p->begin;
        struct operand right;
        status = mlci_next_token(p);
        if (status == MLC_OK)
            status = is_or ? parse_logic(p, mlci_above(out, slot), false, &right)
                           : parse_not(p, mlci_above(out, slot), &right);
        if (status == MLC_OK)
            status = mlci_need_type(p, where, mlci_is_number(out),
                                    "'and' and 'or' need yes or no;", out);
        if (status == MLC_OK)
            status = mlci_need_type(p, where, mlci_is_number(&right),
                                    "'and' and 'or' need yes or no;", &right);
        if (status == MLC_OK)
            status =
                mlci_emit(p, is_or ? OP_OR : OP_AND, out, &right, NULL, MLC_FLAG, 0, slot, out);
    }
    return status;
}

mlc_status mlci_parse_or(struct parser *p, size_t slot, struct operand *out)
{
    mlc_status status = deeper(p);

    if (status == MLC_OK)
        status = parse_logic(p, slot, true, out);
    p->depth--;
    return status;
}

/* -------------------------------------------------------------------- the whole */

void mlci_expression_free(struct expression *expression)
{
    mlc_context *ctx;

    if (expression == NULL)
        return;
    ctx = expression->ctx;
    mlci_arena_free(&expression->texts);
    MLCI_FREE(expression->code, expression->room_code);
    MLCI_FREE(expression->constants, expression->room_constants);
    MLCI_FREE(expression->columns, expression->room_columns);
    MLCI_FREE(expression, 1);
}

mlc_status mlci_expression_new(mlc_context *ctx, const char *text, const mlc_layout *layout,
                               struct expression **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct expression *expression = NULL;
    struct parser p = {
        .ctx = ctx, .layout = layout, .text = text, .at = text, .begin = text, .err = err};

    *out = NULL;
    if (strlen(text) > TEXT_MOST)
        return mlci_fail(err, MLC_ERROR_PARAMETER, "the expression is longer than %d bytes",
                         TEXT_MOST);
    MLCI_ALLOC_ZEROED(expression, 1);
    expression->ctx = ctx;
    mlci_arena_init(&expression->texts, ctx);
    p.to = expression;
    MLCI_TRY(mlci_next_token(&p));
    MLCI_TRY(mlci_parse_or(&p, 0, &expression->result));
    if (p.token != TOKEN_END)
        MLCI_TRY(mlci_refuse(&p, "the expression should end here"));
    *out = expression;
    expression = NULL;
done:
    mlci_expression_free(expression);
    return status;
}
