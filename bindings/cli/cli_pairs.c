/*
 * cli_pairs.c - parameters collected from the command line
 *
 * `--step KIND,k=v,...`: a piece splits at its first `=`; a piece without one continues the
 * list before it; a piece that holds a comma or quote otherwise is quoted as CSV does.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static void *must(void *block)
{
    if (block == NULL) {
        fputs("mlcycle: out of memory\n", stderr);
        exit(CLI_FAILED);
    }
    return block;
}

static char *copy_of(const char *text, size_t size)
{
    char *copy = must(malloc(size + 1));
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

static void push(struct cli_pairs *pairs, char *item)
{
    if (pairs->n + 2 > pairs->room) {
        pairs->room = pairs->room * 2 + 16;
        pairs->items = must(realloc(pairs->items, (size_t)pairs->room * sizeof *pairs->items));
    }
    pairs->items[pairs->n++] = item;
    pairs->items[pairs->n] = NULL;
}

void cli_pairs_add(struct cli_pairs *pairs, const char *name, const char *value)
{
    push(pairs, copy_of(name, strlen(name)));
    push(pairs, copy_of(value, strlen(value)));
}

bool cli_pairs_add_text(struct cli_pairs *pairs, const char *text)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals == text)
        return false;
    push(pairs, copy_of(text, (size_t)(equals - text)));
    push(pairs, copy_of(equals + 1, strlen(equals + 1)));
    return true;
}

/* One piece up to a comma, quotes taken off; *text moves behind the comma, or becomes NULL. */
static char *next_piece(const char **text, bool *was_quoted, const char **wrong)
{
    const char *p = *text;
    char *piece = must(malloc(strlen(p) + 1));
    size_t n = 0;

    *was_quoted = *p == '"';
    if (*was_quoted) {
        for (p++; *p != '\0'; p++) {
            if (*p == '"' && p[1] != '"')
                break;
            p += *p == '"';
            piece[n++] = *p;
        }
        if (*p != '"')
            *wrong = "a quote is not closed";
        else if (p[1] != '\0' && p[1] != ',')
            *wrong = "something stands between a closing quote and the comma";
        p += *p == '"';
    } else {
        while (*p != '\0' && *p != ',')
            piece[n++] = *p++;
    }
    piece[n] = '\0';
    *text = *p == ',' ? p + 1 : NULL;
    return piece;
}

/* `a,"b,c"`: a list item that holds a comma or quote keeps its quotes for whoever reads the
 * list. */
static void continue_list(struct cli_pairs *pairs, const char *item, bool quoted)
{
    char **value = &pairs->items[pairs->n - 1];
    size_t size = strlen(*value), n = size;
    bool quote = quoted && strpbrk(item, ",\"") != NULL;

    *value = must(realloc(*value, size + 2 * strlen(item) + 4));
    (*value)[n++] = ',';
    if (quote)
        (*value)[n++] = '"';
    for (; *item != '\0'; item++) {
        if (quote && *item == '"')
            (*value)[n++] = '"';
        (*value)[n++] = *item;
    }
    if (quote)
        (*value)[n++] = '"';
    (*value)[n] = '\0';
}

const char *cli_pairs_add_list(struct cli_pairs *pairs, const char *text)
{
    const char *wrong = NULL;
    int before = pairs->n;

    while (text != NULL && wrong == NULL) {
        bool quoted;
        char *piece = next_piece(&text, &quoted, &wrong);
        if (wrong == NULL && !cli_pairs_add_text(pairs, piece)) {
            if (pairs->n > before)
                continue_list(pairs, piece, quoted);
            else
                wrong = "a parameter is wanting in front of its value: KIND,name=value,...";
        }
        free(piece);
    }
    return wrong;
}

const char *const *cli_pairs_list(const struct cli_pairs *pairs)
{
    return pairs->n == 0 ? NULL : (const char *const *)pairs->items;
}

void cli_pairs_free(struct cli_pairs *pairs)
{
    for (int k = 0; k < pairs->n; k++)
        free(pairs->items[k]);
    free(pairs->items);
    memset(pairs, 0, sizeof *pairs);
}
