/*
 * cli_options.c - a command line against a verb's table of options
 *
 * Options may stand anywhere behind the verb, as `--name value` or `--name=value`; `--` ends
 * them. What is unknown is told with the nearest name that is known.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct cli_option common_options[] = {
    {"--json", NULL, false, "one object on one line"},
    {"--threads", "N", false, "lanes; default: the machine's cores"},
    {"--seed", "N", false, "for all that is drawn at random; default 0"},
    {"--memory-limit", "BYTES", false, "most bytes alive at once"},
    {"--quiet", NULL, false, "no progress, no remarks"},
    {NULL, NULL, false, NULL},
};

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static size_t edits(const char *a, const char *b)
{
    enum { MOST = 48 };
    size_t row[MOST + 1], n = strlen(a), m = strlen(b);

    if (n > MOST || m > MOST)
        return MOST;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t above = row[j];
            row[j] = smallest(row[j - 1] + 1, above + 1, corner + (a[i - 1] != b[j - 1]));
            corner = above;
        }
    }
    return row[m];
}

const char *cli_nearest(const char *word, const char *const *names)
{
    const char *best = NULL;
    size_t least = strlen(word) / 2 + 1;

    for (; *names != NULL; names++) {
        size_t distance = edits(word, *names);
        if (distance < least) {
            least = distance;
            best = *names;
        }
    }
    return best;
}

int cli_usage_error(const struct cli *cli, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "mlcycle%s%s: ", cli->verb == NULL ? "" : " ",
            cli->verb == NULL ? "" : cli->verb->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return CLI_USAGE;
}

static const struct cli_option *find_in(const struct cli_option *options, const char *name,
                                        size_t length)
{
    for (; options->name != NULL; options++)
        if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

static int unknown_option(const struct cli *cli, const char *word)
{
    const char *names[64];
    size_t n = 0;

    for (const struct cli_option *o = cli->verb->options; o->name != NULL; o++)
        names[n++] = o->name;
    for (const struct cli_option *o = common_options; o->name != NULL; o++)
        names[n++] = o->name;
    names[n] = NULL;
    const char *near = cli_nearest(word, names);
    if (near != NULL)
        return cli_usage_error(cli, "there is no option '%s'; did you mean '%s'?", word, near);
    return cli_usage_error(cli, "there is no option '%s'; `mlcycle help %s` lists them", word,
                           cli->verb->name);
}

static int take_option(struct cli *cli, int argc, char **argv, int *at)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    size_t length = equals == NULL || word[1] != '-' ? strlen(word) : (size_t)(equals - word);
    const struct cli_option *option = find_in(cli->verb->options, word, length);
    const char *value = "";

    if (option == NULL)
        option = find_in(common_options, word, length);
    if (option == NULL)
        return unknown_option(cli, word);
    if (option->value != NULL) {
        if (length < strlen(word))
            value = word + length + 1;
        else if (*at + 1 < argc)
            value = argv[++*at];
        else
            return cli_usage_error(cli, "%s wants a value: %s", option->name, option->value);
    } else if (length < strlen(word)) {
        return cli_usage_error(cli, "%s takes no value", option->name);
    }
    if (!option->repeated && cli_option(cli, option->name) != NULL)
        return cli_usage_error(cli, "%s stands twice", option->name);
    if (cli->n_given == CLI_MOST_ARGUMENTS)
        return cli_usage_error(cli, "more than %d options", CLI_MOST_ARGUMENTS);
    cli->given[cli->n_given].name = option->name;
    cli->given[cli->n_given++].value = value;
    return CLI_OK;
}

int cli_parse(struct cli *cli, const struct cli_verb *verb, int argc, char **argv)
{
    bool options_over = false;

    cli->verb = verb;
    for (int at = 0; at < argc; at++) {
        if (!options_over && strcmp(argv[at], "--") == 0) {
            options_over = true;
        } else if (!options_over && argv[at][0] == '-' && argv[at][1] != '\0') {
            int code = take_option(cli, argc, argv, &at);
            if (code != CLI_OK)
                return code;
        } else if (cli->n_arguments == CLI_MOST_ARGUMENTS) {
            return cli_usage_error(cli, "more than %d arguments", CLI_MOST_ARGUMENTS);
        } else {
            cli->arguments[cli->n_arguments++] = argv[at];
        }
    }
    if (cli->n_arguments < verb->least)
        return cli_usage_error(cli, "an argument is wanting: mlcycle %s %s", verb->name,
                               verb->usage);
    if (cli->n_arguments > verb->most)
        return cli_usage_error(cli, "'%s' is one argument too many: mlcycle %s %s",
                               cli->arguments[verb->most], verb->name, verb->usage);
    cli->json = cli_option(cli, "--json") != NULL;
    cli->quiet = cli_option(cli, "--quiet") != NULL;
    return CLI_OK;
}

const char *cli_option(const struct cli *cli, const char *name)
{
    for (int k = cli->n_given; k-- > 0;)
        if (strcmp(cli->given[k].name, name) == 0)
            return cli->given[k].value;
    return NULL;
}

const char *cli_next_option(const struct cli *cli, const char *name, int *at)
{
    while (*at < cli->n_given) {
        int k = (*at)++;
        if (strcmp(cli->given[k].name, name) == 0)
            return cli->given[k].value;
    }
    return NULL;
}
