/*
 * cli.c - mlcycle, the command line: finds the verb, parses, runs it
 *
 * Results go to stdout, progress and remarks to stderr. Exit: 0 done, 1 failed, 2 usage, 3 not
 * accepted or not enough data to tell.
 */
#include <string.h>

#include "cli.h"

extern const struct cli_verb cli_train, cli_evaluate, cli_predict, cli_clean, cli_drift,
    cli_fetch, cli_list, cli_log, cli_publish, cli_promote, cli_rollback, cli_remove,
    cli_verify, cli_help;

const struct cli_verb *const cli_verbs[] = {
    &cli_train,    &cli_evaluate, &cli_predict, &cli_clean,   &cli_drift,
    &cli_fetch,    &cli_list,     &cli_log,     &cli_publish, &cli_promote,
    &cli_rollback, &cli_remove,   &cli_verify,  &cli_help,    NULL,
};

static const char *const later_verbs[] = {"explain", "profile", "run", NULL};

static bool is_among(const char *word, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(word, *names) == 0)
            return true;
    return false;
}

static int unknown_verb(const struct cli *cli, const char *word)
{
    const char *names[32];
    size_t n = 0;

    if (is_among(word, later_verbs))
        return cli_usage_error(
            cli, "'%s' is not in this version; `mlcycle help` lists the verbs", word);
    while (cli_verbs[n] != NULL) {
        names[n] = cli_verbs[n]->name;
        n++;
    }
    names[n] = NULL;
    const char *near = cli_nearest(word, names);
    if (near != NULL)
        return cli_usage_error(cli, "there is no verb '%s'; did you mean '%s'?", word, near);
    return cli_usage_error(cli, "there is no verb '%s'; `mlcycle help` lists them", word);
}

static const struct cli_verb *find_verb(const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        word = "help";
    for (size_t k = 0; cli_verbs[k] != NULL; k++)
        if (strcmp(cli_verbs[k]->name, word) == 0)
            return cli_verbs[k];
    return NULL;
}

int main(int argc, char **argv)
{
    static struct cli cli = {.err = MLC_ERROR_INIT};
    int code;

    if (argc < 2)
        return cli_usage_error(&cli, "a verb is wanting; `mlcycle help` lists them");
    if (strcmp(argv[1], "--version") == 0) {
        printf("mlcycle %d.%d.%d\n", mlc_version() / 1000000, mlc_version() / 1000 % 1000,
               mlc_version() % 1000);
        return CLI_OK;
    }
    const struct cli_verb *verb = find_verb(argv[1]);
    if (verb == NULL)
        return unknown_verb(&cli, argv[1]);
    for (int k = 2; k < argc; k++)
        if (strcmp(argv[k], "--help") == 0 || strcmp(argv[k], "-h") == 0) {
            cli.arguments[cli.n_arguments++] = verb->name;
            verb = &cli_help;
            argc = 2;
        }
    code = cli_parse(&cli, verb, argc - 2, argv + 2);
    if (code == CLI_OK)
        code = cli_make_context(&cli);
    if (code == CLI_OK)
        code = verb->run(&cli);
    cli_end_progress(&cli);
    mlc_context_destroy(cli.ctx);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "mlcycle %s: the answer could not be written\n", verb->name);
        return CLI_FAILED;
    }
    return code;
}
