/*
 * expression_run.c - work out a parsed expression, a tile of rows at a time
 *
 * Each instruction runs over all rows of the tile before the next begins; a tile's slots stay
 * in the cache. An answer of arithmetic that is no finite number (1 / 0, log(-1), overflow) is
 * missing. `and` and `or` answer where one side decides, though the other is missing.
 */
#include <math.h>

#include "num/num.h"
#include "transform/expression.h"

enum { TILE_ROWS = 256 };

/* A run's memory, all of it scratch. */
struct run {
    const struct expression *expression;
    const mlc_block *block;
    size_t tile, begin, n; /* the tile's rows: begin .. begin + n */
    double *numbers;       /* n_slots x tile, then n_constants x tile */
    mlc_text *texts;       /* likewise */
};

static const double *numbers_of(const struct run *run, const struct operand *a)
{
    if (a->type == MLC_TEXT)
        return NULL;
    if (a->kind == OPERAND_COLUMN)
        return run->block->in[a->index].numbers + run->begin;
    return run->numbers +
           run->tile *
               (a->kind == OPERAND_SLOT ? a->index : run->expression->n_slots + a->index);
}

static const mlc_text *texts_of(const struct run *run, const struct operand *a)
{
    if (a->type != MLC_TEXT)
        return NULL;
    if (a->kind == OPERAND_COLUMN)
        return run->block->in[a->index].texts + run->begin;
    return run->texts +
           run->tile *
               (a->kind == OPERAND_SLOT ? a->index : run->expression->n_slots + a->index);
}

/* --------------------------------------------------------------------- numbers */

static inline double known(double x)
{
    return x - x == 0 ? x : (double)NAN;
}

static double log2_of(double x)
{
    int exponent;
    double part = frexp(x, &exponent); /* [0.5, 1): powers of two are exact */

    if (part == 0.5)
        return exponent - 1;
    return x > 0 ? mlci_log(part) / 0.69314718055994530942 + exponent : (double)NAN;
}

static double log10_of(double x)
{
    double answer = mlci_log(x) / 2.30258509299404568402, whole = __builtin_rint(answer);

    /* powers of ten up to 10^22 are exact numbers, and so shall be their answer */
    if (whole >= 0 && whole <= 22) {
        double power = 1;
        for (int k = 0; k < (int)whole; k++)
            power *= 10;
        if (power == x)
            return whole;
    }
    return answer;
}

static double modulo(double x, double y)
{
    double rest = y == 0 ? (double)NAN : fmod(x, y);

    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest; /* the sign is y's */
}

static double round_half_up(double x)
{
    double down = __builtin_trunc(x), rest = x - down;

    return rest >= 0.5 ? down + 1 : rest <= -0.5 ? down - 1 : down;
}

static double round_to(double x, double digits)
{
    double scale = 1, answer;
    int n = digits >= -30 && digits <= 30 ? (int)digits : 0;

    if (digits != digits || !(digits >= -30 && digits <= 30))
        return digits != digits ? digits : x;
    for (int k = 0; k < (n < 0 ? -n : n); k++)
        scale *= 10;
    answer = n < 0 ? round_half_up(x / scale) * scale : round_half_up(x * scale) / scale;
    return answer - answer == 0 ? answer : x;
}

static double part_of_time(enum op op, double count, int32_t unit)
{
    mlci_civil civil;

    if (!(count >= -0x1p62 && count <= 0x1p62))
        return (double)NAN;
    mlci_civil_of((int64_t)count, unit, &civil);
    switch (op) {
    case OP_YEAR:
        return (double)civil.year;
    case OP_MONTH:
        return civil.month;
    case OP_DAY:
        return civil.day;
    case OP_HOUR:
        return civil.hour;
    case OP_MINUTE:
        return civil.minute;
    case OP_SECOND:
        return civil.second;
    case OP_WEEKDAY:
        return civil.weekday;
    default:
        return civil.yearday;
    }
}

/* Either side missing: missing, unless the other decides. */
static double logic_and(double x, double y)
{
    return x == 0 || y == 0 ? 0 : x != x || y != y ? (double)NAN : 1;
}

static double logic_or(double x, double y)
{
    bool yes = (x == x && x != 0) || (y == y && y != 0);

    return yes ? 1 : x != x || y != y ? (double)NAN : 0;
}

#define EACH(expression)                                                                       \
    do {                                                                                       \
        for (size_t k = 0; k < n; k++) {                                                       \
            const double x = a[k], y = b[k];                                                   \
            (void)y;                                                                           \
            out[k] = (expression);                                                             \
        }                                                                                      \
        return;                                                                                \
    } while (0)
#define COMPARE(sign) EACH(x != x || y != y ? (double)NAN : (double)(x sign y))

static void run_unary(enum op op, size_t n, const double *a, int32_t unit, double *out)
{
    const double *b = a;

    switch (op) {
    case OP_NEGATE:
        EACH(-x);
    case OP_NOT:
        EACH(x != x ? x : (double)(x == 0));
    case OP_ABS:
        EACH(x < 0 ? -x : x);
    case OP_EXP:
        EACH(known(mlci_exp(x)));
    case OP_EXPM1:
        EACH(known(mlci_expm1(x)));
    case OP_LOG:
        EACH(known(mlci_log(x)));
    case OP_LOG1P:
        EACH(known(mlci_log1p(x)));
    case OP_LOG2:
        EACH(known(log2_of(x)));
    case OP_LOG10:
        EACH(known(log10_of(x)));
    case OP_SQRT:
        EACH(x < 0 ? (double)NAN : __builtin_sqrt(x));
    case OP_FLOOR:
        EACH(__builtin_floor(x));
    case OP_CEIL:
        EACH(__builtin_ceil(x));
    case OP_TRUNC:
        EACH(__builtin_trunc(x));
    case OP_ROUND:
        EACH(round_half_up(x));
    case OP_SIGN:
        EACH(x > 0 ? 1 : x < 0 ? -1 : x);
    case OP_MISSING:
        EACH((double)(x != x));
    default:
        EACH(part_of_time(op, x, unit));
    }
}

static void run_binary(enum op op, size_t n, const double *a, const double *b, double *out)
{
    switch (op) {
    case OP_ADD:
        EACH(known(x + y));
    case OP_SUBTRACT:
        EACH(known(x - y));
    case OP_MULTIPLY:
        EACH(known(x * y));
    case OP_DIVIDE:
        EACH(known(x / y));
    case OP_MODULO:
        EACH(known(modulo(x, y)));
    case OP_POWER:
        EACH(known(mlci_pow(x, y)));
    case OP_MIN:
        EACH(x != x ? x : y != y ? y : x < y ? x : y);
    case OP_MAX:
        EACH(x != x ? x : y != y ? y : x > y ? x : y);
    case OP_ROUND_TO:
        EACH(round_to(x, y));
    case OP_AND:
        EACH(logic_and(x, y));
    case OP_OR:
        EACH(logic_or(x, y));
    case OP_COALESCE:
        EACH(x == x ? x : y);
    case OP_EQUAL:
        COMPARE(==);
    case OP_UNEQUAL:
        COMPARE(!=);
    case OP_LESS:
        COMPARE(<);
    case OP_AT_MOST:
        COMPARE(<=);
    case OP_GREATER:
        COMPARE(>);
    default:
        COMPARE(>=);
    }
}

static mlc_status run_one(const struct run *run, const struct instruction *code, mlc_error *err)
{
    size_t n = run->n;
    double *numbers = run->numbers + run->tile * code->to;
    mlc_text *texts = run->texts + run->tile * code->to;
    const double *a = numbers_of(run, &code->a), *b = numbers_of(run, &code->b);
    const double *c = numbers_of(run, &code->c);

    if (code->op == OP_IF) {
        for (size_t k = 0; k < n; k++)
            numbers[k] = c[k] != c[k] ? c[k] : c[k] != 0 ? a[k] : b[k];
        return MLC_OK;
    }
    if (code->op <= OP_YEARDAY) {
        run_unary(code->op, n, a, code->a.unit, numbers);
        return MLC_OK;
    }
    if (code->op <= OP_AT_LEAST) {
        run_binary(code->op, n, a, b, numbers);
        return MLC_OK;
    }
    if (code->op == OP_SUBSTRING) /* a text, two numbers */
        return mlci_text_op(code->op, n, texts_of(run, &code->a), NULL, b, c, texts, numbers,
                            run->block->scratch, err);
    if (code->op == OP_IF_T)
        return mlci_text_op(code->op, n, texts_of(run, &code->a), texts_of(run, &code->b), c,
                            NULL, texts, numbers, run->block->scratch, err);
    return mlci_text_op(code->op, n, texts_of(run, &code->a), texts_of(run, &code->b), a, NULL,
                        texts, numbers, run->block->scratch, err);
}

/* -------------------------------------------------------------------- the whole */

static mlc_status run_begin(struct run *run, mlc_error *err)
{
    const struct expression *expression = run->expression;
    size_t columns = expression->n_slots + expression->n_constants;
    size_t cells = columns * run->tile;

    run->numbers = (double *)(void *)mlc_scratch_alloc(run->block->scratch,
                                                       (int64_t)(cells * sizeof *run->numbers));
    run->texts = (mlc_text *)(void *)mlc_scratch_alloc(run->block->scratch,
                                                       (int64_t)(cells * sizeof *run->texts));
    if (run->numbers == NULL || run->texts == NULL)
        return mlci_no_memory(err, cells * sizeof *run->texts);
    for (size_t c = 0; c < expression->n_constants; c++) {
        const struct constant *constant = &expression->constants[c];
        size_t at = (expression->n_slots + c) * run->tile;
        for (size_t k = 0; k < run->tile; k++) {
            run->numbers[at + k] = constant->number;
            run->texts[at + k] = (mlc_text){constant->text.data, (int64_t)constant->text.size};
        }
    }
    return MLC_OK;
}

mlc_status mlci_expression_run(const struct expression *expression, const mlc_block *block,
                               mlc_cells *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t rows = (size_t)block->rows;
    struct run run = {.expression = expression, .block = block};
    const struct operand *result = &expression->result;

    run.tile = rows < TILE_ROWS ? rows : TILE_ROWS;
    if (rows == 0)
        return MLC_OK;
    MLCI_TRY(run_begin(&run, err));
    for (; run.begin < rows; run.begin += run.tile) {
        run.n = rows - run.begin < run.tile ? rows - run.begin : run.tile;
        for (size_t k = 0; k < expression->n_code; k++)
            MLCI_TRY(run_one(&run, &expression->code[k], err));
        if (result->type == MLC_TEXT)
            memcpy(out->texts + run.begin, texts_of(&run, result), run.n * sizeof *out->texts);
        else
            memcpy(out->numbers + run.begin, numbers_of(&run, result),
                   run.n * sizeof *out->numbers);
    }
done:
    return status;
}
