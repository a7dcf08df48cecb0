/*
 * accept.c - is the accuracy acceptable? `auc >= 0.90 and not recall < 0.7`
 *
 *     either   = both { "or" both }
 *     both     = one { "and" one }
 *     one      = "not" one | "(" either ")" | compare
 *     compare  = metric op number | number op metric          op: < <= > >=
 *
 * A comparison is answered by the metric's interval: `auc >= 0.9` holds when low >= 0.9, fails
 * when high < 0.9, and cannot be told in between. `and`, `or`, `not` are Kleene's for three
 * values: what does not depend on the open part is told all the same.
 */
#include "evaluate/metrics.h"

#include <math.h>

enum { MOST_DEPTH = 100, MOST_NODES = 1000 };

enum what { COMPARE, AND, OR, NOT };
enum op { LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };
enum truth { NO, OPEN, YES }; /* in this order: and is the least, or the greatest */

struct node {
    enum what what;
    enum op op;
    const mlc_metric_kind *metric;
    double bound;
    size_t left, right; /* nodes */
};

struct accept {
    mlc_context *ctx;
    struct node *nodes; /* n, room; the last is the root */
    size_t n, room;
};

struct parser {
    mlc_context *ctx;
    const char *text, *at;
    struct accept *accept;
    int depth;
    mlc_error *err;
};

/* ------------------------------------------------------------------------------- telling */

static mlc_status parser_fail(struct parser *p, const char *at, const char *wanted)
{
    size_t rest = strlen(at);
    size_t offset = (size_t)(at - p->text);
    mlc_status status =
        rest == 0 ? mlci_fail(p->err, MLC_ERROR_PARAMETER, "accept: it ends where %s should be",
                              wanted)
                  : mlci_fail(p->err, MLC_ERROR_PARAMETER,
                              "accept: at byte %zu %s should be, not '%.*s%s'", offset, wanted,
                              (int)(rest > 24 ? 24 : rest), at, rest > 24 ? "..." : "");
    mlci_at(p->err, -1, (int64_t)offset, -1, NULL);
    mlci_error_detail(p->err, "accept");
    return status;
}

/* ------------------------------------------------------------------------------- words */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_blanks(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')
        p->at++;
}

/* How long the name is that stands here; 0: none does. */
static size_t name_size(const char *at)
{
    size_t n = 0;
    if (is_letter(at[0]))
        while (is_letter(at[n]) || is_digit(at[n]) || at[n] == '.' || at[n] == '-')
            n++;
    return n;
}

static bool take_word(struct parser *p, const char *word)
{
    size_t n = strlen(word);
    skip_blanks(p);
    if (name_size(p->at) != n || memcmp(p->at, word, n) != 0)
        return false;
    p->at += n;
    return true;
}

static bool take_sign(struct parser *p, char sign)
{
    skip_blanks(p);
    if (*p->at != sign)
        return false;
    p->at++;
    return true;
}

static bool take_number(struct parser *p, double *out)
{
    size_t n = 0;
    skip_blanks(p);
    if (!is_digit(p->at[0]) && p->at[0] != '.' && p->at[0] != '-' && p->at[0] != '+')
        return false;
    while (is_digit(p->at[n]) || p->at[n] == '.' || p->at[n] == 'e' || p->at[n] == 'E' ||
           ((p->at[n] == '-' || p->at[n] == '+') &&
            (n == 0 || p->at[n - 1] == 'e' || p->at[n - 1] == 'E')))
        n++;
    if (!mlci_parse_double(p->at, n, out) || isnan(*out) || isinf(*out))
        return false;
    p->at += n;
    return true;
}

static bool take_op(struct parser *p, enum op *out)
{
    if (take_sign(p, '<'))
        *out = *p->at == '=' ? LESS_EQUAL : LESS;
    else if (take_sign(p, '>'))
        *out = *p->at == '=' ? GREATER_EQUAL : GREATER;
    else
        return false;
    p->at += *p->at == '=';
    return true;
}

/* ------------------------------------------------------------------------------- parsing */

static mlc_status parse_either(struct parser *p, size_t *out);

static mlc_status add_node(struct parser *p, const struct node *node, size_t *out)
{
    struct accept *a = p->accept;
    if (a->n == MOST_NODES)
        return parser_fail(p, p->at, "an end (a thousand conditions are enough)");
    if (a->n == a->room) {
        size_t room = a->room == 0 ? 16 : 2 * a->room;
        struct node *nodes = mlci_realloc(a->ctx, a->nodes, a->room, room, sizeof *nodes);
        if (nodes == NULL)
            return mlci_no_memory(p->err, room * sizeof *nodes);
        a->nodes = nodes;
        a->room = room;
    }
    a->nodes[a->n] = *node;
    *out = a->n++;
    return MLC_OK;
}

/* The metric that is named here. */
static mlc_status take_metric(struct parser *p, const mlc_metric_kind **out)
{
    char name[64];
    size_t n;
    mlc_status status;

    skip_blanks(p);
    n = name_size(p->at);
    if (n == 0)
        return parser_fail(p, p->at, "a metric's name");
    if (n >= sizeof name)
        return parser_fail(p, p->at, "a metric's name (none is that long)");
    memcpy(name, p->at, n);
    name[n] = '\0';
    status = mlci_metric_kind_find(p->ctx, name, out, p->err);
    if (status == MLC_ERROR_NOT_FOUND) {
        status = MLC_ERROR_PARAMETER;
        if (p->err != NULL)
            p->err->code = status;
        mlci_blame(p->err, "accept");
        mlci_at(p->err, -1, p->at - p->text, -1, NULL);
        mlci_error_detail(p->err, "accept");
    }
    p->at += n;
    return status;
}

static mlc_status parse_compare(struct parser *p, size_t *out)
{
    static const enum op turned[] = {GREATER, GREATER_EQUAL, LESS, LESS_EQUAL};
    mlc_status status = MLC_OK;
    struct node node = {.what = COMPARE};

    if (take_number(p, &node.bound)) {
        if (!take_op(p, &node.op))
            return parser_fail(p, p->at, "one of < <= > >=");
        MLCI_TRY(take_metric(p, &node.metric));
        node.op = turned[node.op];
    } else {
        MLCI_TRY(take_metric(p, &node.metric));
        if (!take_op(p, &node.op))
            return parser_fail(p, p->at, "one of < <= > >=");
        if (!take_number(p, &node.bound))
            return parser_fail(p, p->at, "a number");
    }
    MLCI_TRY(add_node(p, &node, out));
done:
    return status;
}

static mlc_status parse_one(struct parser *p, size_t *out)
{
    mlc_status status = MLC_OK;

    if (p->depth == MOST_DEPTH)
        return parser_fail(p, p->at, "less nesting");
    p->depth++;
    if (take_word(p, "not")) {
        struct node node = {.what = NOT};
        MLCI_TRY(parse_one(p, &node.left));
        MLCI_TRY(add_node(p, &node, out));
    } else if (take_sign(p, '(')) {
        MLCI_TRY(parse_either(p, out));
        if (!take_sign(p, ')'))
            status = parser_fail(p, p->at, "a closing parenthesis");
    } else {
        MLCI_TRY(parse_compare(p, out));
    }
    p->depth--;
done:
    return status;
}

static mlc_status parse_both(struct parser *p, size_t *out)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(parse_one(p, out));
    while (take_word(p, "and")) {
        struct node node = {.what = AND, .left = *out};
        MLCI_TRY(parse_one(p, &node.right));
        MLCI_TRY(add_node(p, &node, out));
    }
done:
    return status;
}

static mlc_status parse_either(struct parser *p, size_t *out)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(parse_both(p, out));
    while (take_word(p, "or")) {
        struct node node = {.what = OR, .left = *out};
        MLCI_TRY(parse_both(p, &node.right));
        MLCI_TRY(add_node(p, &node, out));
    }
done:
    return status;
}

void mlci_accept_free(struct accept *accept)
{
    if (accept == NULL)
        return;
    mlc_context *ctx = accept->ctx;
    MLCI_FREE(accept->nodes, accept->room);
    MLCI_FREE(accept, 1);
}

mlc_status mlci_accept_parse(mlc_context *ctx, const char *text, struct accept **out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct accept *accept = NULL;
    struct parser parser = {ctx, text, text, NULL, 0, err};
    size_t root;

    *out = NULL;
    MLCI_ALLOC_ZEROED(accept, 1);
    accept->ctx = ctx;
    parser.accept = accept;
    MLCI_TRY(parse_either(&parser, &root));
    skip_blanks(&parser);
    if (*parser.at != '\0') {
        status = parser_fail(&parser, parser.at, "'and', 'or' or the end");
        goto done;
    }
    *out = accept;
    accept = NULL;
done:
    mlci_accept_free(accept);
    return status;
}

/* ------------------------------------------------------------------------------- answering */

const mlc_metric_kind *mlci_accept_metric(const struct accept *accept, size_t position)
{
    for (size_t i = 0; i < accept->n; i++)
        if (accept->nodes[i].what == COMPARE && position-- == 0)
            return accept->nodes[i].metric;
    return NULL;
}

static enum truth compare(const struct node *node, const struct measure *measures, size_t n)
{
    double low = NAN, high = NAN, v = node->bound;

    for (size_t m = 0; m < n; m++)
        if (measures[m].kind == node->metric) {
            low = measures[m].low;
            high = measures[m].high;
        }
    if (isnan(low) || isnan(high))
        return OPEN;
    switch (node->op) {
    case LESS:
        return high < v ? YES : low >= v ? NO : OPEN;
    case LESS_EQUAL:
        return high <= v ? YES : low > v ? NO : OPEN;
    case GREATER:
        return low > v ? YES : high <= v ? NO : OPEN;
    default:
        return low >= v ? YES : high < v ? NO : OPEN;
    }
}

static enum truth answer(const struct accept *accept, size_t at, const struct measure *measures,
                         size_t n)
{
    const struct node *node = &accept->nodes[at];
    enum truth left, right;

    if (node->what == COMPARE)
        return compare(node, measures, n);
    left = answer(accept, node->left, measures, n);
    if (node->what == NOT)
        return left == YES ? NO : left == NO ? YES : OPEN;
    right = answer(accept, node->right, measures, n);
    return (node->what == AND) == (left < right) ? left : right;
}

int32_t mlci_accept_verdict(const struct accept *accept, const struct measure *measures,
                            size_t n)
{
    switch (answer(accept, accept->n - 1, measures, n)) {
    case YES:
        return MLC_ACCEPTED;
    case NO:
        return MLC_NOT_ACCEPTED;
    default:
        return MLC_NOT_ENOUGH_DATA;
    }
}
