/*
 * cli_verify.c - mlcycle verify and remove: is all as it was written; let data go
 */
#include <stdlib.h>

#include "cli.h"

static void faults_json(const mlc_dataset *faults)
{
    char *room = NULL;

    fputs("{\"faults\": [", stdout);
    for (int64_t r = 0; r < mlc_dataset_rows(faults); r++) {
        fputs(r == 0 ? "{\"where\": " : ", {\"where\": ", stdout);
        cli_json_text(cli_cell_text(faults, "where", r, &room));
        fputs(", \"what\": ", stdout);
        cli_json_text(cli_cell_text(faults, "what", r, &room));
        putchar('}');
    }
    puts("]}");
    free(room);
}

static void faults_text(const mlc_dataset *faults)
{
    char *room = NULL;

    for (int64_t r = 0; r < mlc_dataset_rows(faults); r++) {
        printf("%s: ", cli_cell_text(faults, "where", r, &room));
        puts(cli_cell_text(faults, "what", r, &room));
    }
    if (mlc_dataset_rows(faults) == 0)
        puts("all is as it was written");
    free(room);
}

static int verify_run(struct cli *cli)
{
    mlc_store *store = NULL;
    mlc_dataset *faults = NULL;
    mlc_status status = cli_open_store(cli, cli->arguments[0], false, &store);
    int code = CLI_OK;

    if (status == MLC_OK)
        status = mlc_store_verify(store, &faults, &cli->err);
    cli_end_progress(cli);
    if (status != MLC_OK) {
        code = cli_fail(cli, NULL);
    } else {
        code = mlc_dataset_rows(faults) == 0 ? CLI_OK : CLI_FAILED;
        if (cli->json)
            faults_json(faults);
        else if (!cli->quiet)
            faults_text(faults);
    }
    mlc_dataset_destroy(faults);
    mlc_store_destroy(store);
    return code;
}

static int remove_run(struct cli *cli)
{
    mlc_store *store = NULL;
    mlc_status status = cli_open_store(cli, cli->arguments[0], false, &store);
    int code = CLI_OK;

    if (status == MLC_OK)
        status = mlc_store_remove(store, cli->arguments[1], &cli->err);
    if (status != MLC_OK)
        code = cli_fail(cli, NULL);
    else if (cli->json)
        puts("{}");
    else if (!cli->quiet)
        printf("%s is removed\n", cli->arguments[1]);
    mlc_store_destroy(store);
    return code;
}

static const struct cli_option no_options[] = {{NULL, NULL, false, NULL}};

const struct cli_verb cli_verify = {
    .name = "verify",
    .usage = "STORE",
    .about = "hold all of a store against the hashes that were kept with it",
    .options = no_options,
    .least = 1,
    .most = 1,
    .run = verify_run,
};

const struct cli_verb cli_remove = {
    .name = "remove",
    .usage = "STORE NAME[@VERSION]",
    .about = "let a dataset, or one version of it, go for good",
    .options = no_options,
    .least = 2,
    .most = 2,
    .run = remove_run,
};
