/*
 * expression.h - an expression over columns, parsed once to a typed program; private to
 * transform
 */
#ifndef MLCI_EXPRESSION_H
#define MLCI_EXPRESSION_H

#include "kind/kind.h"

/* What an instruction does with its operands; T: of texts. */
enum op {
    OP_NEGATE,
    OP_NOT,
    OP_ABS,
    OP_EXP,
    OP_EXPM1,
    OP_LOG,
    OP_LOG1P,
    OP_LOG2,
    OP_LOG10,
    OP_SQRT,
    OP_FLOOR,
    OP_CEIL,
    OP_TRUNC,
    OP_ROUND,
    OP_SIGN,
    OP_MISSING,
    OP_YEAR,
    OP_MONTH,
    OP_DAY,
    OP_HOUR,
    OP_MINUTE,
    OP_SECOND,
    OP_WEEKDAY,
    OP_YEARDAY,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MODULO,
    OP_POWER,
    OP_MIN,
    OP_MAX,
    OP_ROUND_TO,
    OP_AND,
    OP_OR,
    OP_COALESCE,
    OP_EQUAL,
    OP_UNEQUAL,
    OP_LESS,
    OP_AT_MOST,
    OP_GREATER,
    OP_AT_LEAST,
    OP_EQUAL_T,
    OP_UNEQUAL_T,
    OP_LESS_T,
    OP_AT_MOST_T,
    OP_GREATER_T,
    OP_AT_LEAST_T,
    OP_CONTAINS,
    OP_STARTS,
    OP_ENDS,
    OP_IF,
    OP_LENGTH,
    OP_TO_NUMBER,
    OP_TO_TIME,
    OP_MISSING_T,
    OP_LOWER,
    OP_UPPER,
    OP_TRIM,
    OP_CONCAT,
    OP_SUBSTRING,
    OP_TO_TEXT,
    OP_COALESCE_T,
    OP_IF_T
};

enum operand_kind { OPERAND_COLUMN, OPERAND_CONSTANT, OPERAND_SLOT };

/* Where a value of each row lies: a column of the input, a constant, or a slot of the program.
 */
struct operand {
    enum operand_kind kind;
    int32_t type; /* MLC_NUMBER, MLC_FLAG, MLC_TEXT or MLC_TIME */
    int32_t unit; /* of times */
    size_t index;
};

struct instruction {
    enum op op;
    struct operand a, b, c;
    size_t to; /* slot: of texts when the op makes texts, else of numbers */
    bool makes_text;
};

struct constant {
    double number;
    mlci_slice text; /* data NULL: it is a number */
};

struct expression {
    mlc_context *ctx;
    mlci_arena texts; /* of constants */
    struct instruction *code;
    size_t n_code, room_code;
    struct constant *constants;
    size_t n_constants, room_constants;
    size_t *columns; /* n_columns: which inputs it reads, in the order of reading */
    size_t n_columns, room_columns;
    size_t n_slots; /* of each sort */
    struct operand result;
};

/** Parse a text against the input of a layout. Errors tell the byte, the column, the nearest.
 */
mlc_status mlci_expression_new(mlc_context *ctx, const char *text, const mlc_layout *layout,
                               struct expression **out, mlc_error *err);
void mlci_expression_free(struct expression *expression);
/** Work it out for every row of a block into `out`, numbers or texts as its type is. */
mlc_status mlci_expression_run(const struct expression *expression, const mlc_block *block,
                               mlc_cells *out, mlc_error *err);

/* ----------------------------------------------- what can be called (expression_calls.c) */

/** A function: `takes` has a letter for each argument - n number, t text, d time, s anything
 * that can be written, a anything - and ends with + when the last may come again; each further
 * one is folded by the same op. */
struct call {
    const char *name;
    enum op op;
    const char *takes;
    int32_t gives;
};
/** NULL: there is none of this name; then *near is the nearest, or NULL. */
const struct call *mlci_call_find(const char *name, const char **near);

/* ----------------------------------------------------- texts (expression_texts.c) */

/** Whatever makes or looks into texts, for n rows; unused operands are NULL. */
mlc_status mlci_text_op(enum op op, size_t n, const mlc_text *a, const mlc_text *b,
                        const double *x, const double *y, mlc_text *texts, double *numbers,
                        mlc_scratch *scratch, mlc_error *err);

#endif
