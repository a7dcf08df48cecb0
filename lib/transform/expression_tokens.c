/*
 * expression_tokens.c - the text of an expression, word by word
 */
#include "transform/expression_parse.h"

mlc_status mlci_refuse_at(struct parser *p, const char *where, mlc_status status,
                          const char *what, const char *more)
{
    mlci_fail(p->err, status, "%s%s%s (at byte %zu of '%.200s')", what, more == NULL ? "" : " ",
              more == NULL ? "" : more, (size_t)(where - p->text), p->text);
    mlci_at(p->err, -1, where - p->text, -1, NULL);
    return status;
}

mlc_status mlci_refuse(struct parser *p, const char *what)
{
    return mlci_refuse_at(p, p->begin, MLC_ERROR_PARAMETER, what, NULL);
}

static bool begins_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A quoted piece; a quote inside is doubled. */
static mlc_status next_quoted(struct parser *p)
{
    char quote = *p->at++;

    p->word.data = p->at;
    for (;; p->at++) {
        if (*p->at == '\0')
            return mlci_refuse(p, "a quote is not closed");
        if (*p->at == quote && p->at[1] == quote)
            p->at++;
        else if (*p->at == quote)
            break;
    }
    p->word.size = (size_t)(p->at - p->word.data);
    p->at++;
    p->quote = quote;
    p->token = quote == '\'' ? TOKEN_TEXT : TOKEN_QUOTED;
    return MLC_OK;
}

static mlc_status next_number(struct parser *p)
{
    const char *end = p->at;

    while (is_digit(*end) || *end == '.')
        end++;
    if ((*end == 'e' || *end == 'E') &&
        (is_digit(end[1]) || ((end[1] == '+' || end[1] == '-') && is_digit(end[2]))))
        for (end += 2; is_digit(*end); end++)
            continue;
    if (!mlci_parse_double(p->at, (size_t)(end - p->at), &p->number) || begins_name(*end))
        return mlci_refuse(p, "this is no number");
    p->at = end;
    p->token = TOKEN_NUMBER;
    return MLC_OK;
}

mlc_status mlci_next_token(struct parser *p)
{
    static const char *const pairs[] = {"==", "!=", "<>", "<=", ">="};

    while (*p->at == ' ' || (*p->at >= '\t' && *p->at <= '\r'))
        p->at++;
    p->begin = p->at;
    if (*p->at == '\0') {
        p->token = TOKEN_END;
        return MLC_OK;
    }
    if (*p->at == '\'' || *p->at == '"' || *p->at == '`')
        return next_quoted(p);
    if (is_digit(*p->at) || (*p->at == '.' && is_digit(p->at[1])))
        return next_number(p);
    if (begins_name(*p->at)) {
        while (begins_name(*p->at) || is_digit(*p->at) || *p->at == '.')
            p->at++;
        p->word = (mlci_slice){p->begin, (size_t)(p->at - p->begin)};
        p->token = TOKEN_NAME;
        return MLC_OK;
    }
    p->token = TOKEN_SIGN;
    p->sign[0] = *p->at++;
    p->sign[1] = p->sign[2] = '\0';
    for (size_t k = 0; k < MLCI_COUNT_OF(pairs); k++)
        if (pairs[k][0] == p->sign[0] && pairs[k][1] == *p->at)
            p->sign[1] = *p->at;
    if (p->sign[1] != '\0')
        p->at++;
    if (strchr("+-*/%^(),=<>!", p->sign[0]) == NULL || strcmp(p->sign, "!") == 0)
        return mlci_refuse(p, "this means nothing");
    return MLC_OK;
}

bool mlci_at_sign(const struct parser *p, const char *sign)
{
    return p->token == TOKEN_SIGN && strcmp(p->sign, sign) == 0;
}

bool mlci_at_word(const struct parser *p, const char *word)
{
    return p->token == TOKEN_NAME && mlci_slice_equal(p->word, mlci_slice_of(word));
}
