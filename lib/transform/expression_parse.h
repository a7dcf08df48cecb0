/*
 * expression_parse.h - what the files that read expressions share; private to transform
 */
#ifndef MLCI_EXPRESSION_PARSE_H
#define MLCI_EXPRESSION_PARSE_H

#include "transform/expression.h"

enum token { TOKEN_END, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_NAME, TOKEN_QUOTED, TOKEN_SIGN };

struct parser {
    mlc_context *ctx;
    const mlc_layout *layout;
    struct expression *to;
    const char *text, *at;
    size_t depth;
    mlc_error *err;
    /* the token that is looked at */
    enum token token;
    const char *begin; /* where it begins */
    mlci_slice word;   /* of texts and quoted names: with doubled quotes still in */
    char quote;
    double number;
    char sign[3];
};

/* ------------------------------------------------ tokens (expression_tokens.c) */

/** Fail, telling the byte `where` and, when not NULL, `more`. Returns the status. */
mlc_status mlci_refuse_at(struct parser *p, const char *where, mlc_status status,
                          const char *what, const char *more);
/** Fail at the token that is looked at: MLC_ERROR_PARAMETER. */
mlc_status mlci_refuse(struct parser *p, const char *what);
/** Look at the next token. */
mlc_status mlci_next_token(struct parser *p);
bool mlci_at_sign(const struct parser *p, const char *sign);
bool mlci_at_word(const struct parser *p, const char *word);

/* ------------------------------------------- program and types (expression_emit.c) */

mlc_status mlci_add_constant(struct parser *p, double number, mlci_slice text, int32_t type,
                             struct operand *out);
/** One instruction; its value goes to `slot`, and so says *out, which may be one of a, b, c. */
mlc_status mlci_emit(struct parser *p, enum op op, const struct operand *a,
                     const struct operand *b, const struct operand *c, int32_t type,
                     int32_t unit, size_t slot, struct operand *out);
/** Where the next value may go while `a` is still needed. */
size_t mlci_above(const struct operand *a, size_t slot);
bool mlci_is_number(const struct operand *a);
/** Fail with MLC_ERROR_TYPE and what `a` is unless it fits. */
mlc_status mlci_need_type(struct parser *p, const char *where, bool fits, const char *wanted,
                          const struct operand *a);
/** Bring two values to one type for comparing or choosing; `slot` is free for that. */
mlc_status mlci_meet(struct parser *p, const char *where, struct operand *a, struct operand *b,
                     size_t slot);
/** What two values that met are together. */
int32_t mlci_common_type(const struct operand *a, const struct operand *b);
/** A column as an operand; the expression is known to read it from now on. */
mlc_status mlci_column_operand(struct parser *p, const char *where, mlci_slice name,
                               const char *hint, struct operand *out);
/** A comparison of numbers, or of texts or times, as the operands are. */
mlc_status mlci_emit_compare(struct parser *p, const char *where, enum op op, struct operand *a,
                             struct operand *b, size_t free_slot, size_t slot,
                             struct operand *out);

/* ---------------------------------------------------- calls (expression_calls.c) */

/** A call of functions by its arguments, whose values stand from `slot` on. */
mlc_status mlci_parse_call(struct parser *p, const char *where, const struct call *call,
                           size_t slot, struct operand *out);
/** An expression of any kind (expression_parse.c). */
mlc_status mlci_parse_or(struct parser *p, size_t slot, struct operand *out);

#endif
