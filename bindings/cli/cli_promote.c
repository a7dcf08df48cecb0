/*
 * cli_promote.c - mlcycle promote and rollback: which version of a model is where
 */
#include <errno.h>
#include <stdlib.h>

#include "cli.h"

/* Tell where a version is now. */
static void tell_stage(struct cli *cli, int64_t version, const char *stage)
{
    if (cli->json) {
        fputs("{\"name\": ", stdout);
        cli_json_text(cli->arguments[1]);
        printf(", \"version\": %lld, \"stage\": ", (long long)version);
        cli_json_text(stage);
        puts("}");
    } else if (!cli->quiet) {
        printf("%s@%lld is in %s\n", cli->arguments[1], (long long)version, stage);
    }
}

static int promote_run(struct cli *cli)
{
    mlc_store *store = NULL;
    const char *text = cli->arguments[2];
    const char *stage = cli->n_arguments > 3 ? cli->arguments[3] : "production";
    char *end;
    int code = CLI_OK;

    errno = 0;
    long long version = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || version < 1)
        return cli_usage_error(cli, "'%s' is no version; they are numbers from 1", text);
    mlc_status status = cli_open_store(cli, cli->arguments[0], false, &store);
    if (status == MLC_OK)
        status = mlc_registry_promote(store, cli->arguments[1], version, stage,
                                      cli_option(cli, "--why"), &cli->err);
    if (status != MLC_OK)
        code = cli_fail(cli, NULL);
    else
        tell_stage(cli, version, stage);
    mlc_store_destroy(store);
    return code;
}

static int rollback_run(struct cli *cli)
{
    mlc_store *store = NULL;
    const char *stage = cli->n_arguments > 2 ? cli->arguments[2] : "production";
    int64_t version = 0;
    int code = CLI_OK;
    mlc_status status = cli_open_store(cli, cli->arguments[0], false, &store);

    if (status == MLC_OK)
        status = mlc_registry_rollback(store, cli->arguments[1], stage,
                                       cli_option(cli, "--why"), &version, &cli->err);
    if (status != MLC_OK)
        code = cli_fail(cli, NULL);
    else
        tell_stage(cli, version, stage);
    mlc_store_destroy(store);
    return code;
}

static const struct cli_option stage_options[] = {
    {"--why", "TEXT", false, "kept with the event, for ever"},
    {NULL, NULL, false, NULL},
};

const struct cli_verb cli_promote = {
    .name = "promote",
    .usage = "STORE NAME VERSION [STAGE]",
    .about = "put a version of a model in a stage: production, unless told",
    .options = stage_options,
    .least = 3,
    .most = 4,
    .run = promote_run,
};

const struct cli_verb cli_rollback = {
    .name = "rollback",
    .usage = "STORE NAME [STAGE]",
    .about = "put back the version that was in a stage before",
    .options = stage_options,
    .least = 2,
    .most = 3,
    .run = rollback_run,
};
