/*
 * cli_fetch.c - mlcycle fetch: files into a dataset of the store
 */
#include <string.h>

#include "cli.h"

static int fetch_run(struct cli *cli)
{
    struct cli_pairs params = {0}, later = {0};
    mlc_store *store = NULL;
    mlc_fetched fetched = {.size = sizeof fetched};
    const char *mode = cli_option(cli, "--mode"), *name = cli->arguments[1];
    int64_t rejected = 0, files = 0;
    int code = cli_reading(cli, &params);
    mlc_status status = MLC_OK;

    if (code == CLI_OK)
        code = cli_reading(cli, &later);
    if (code == CLI_OK) {
        if (mode != NULL) {
            cli_pairs_add(&params, "mode", mode);
            /* the first of several replaces; the others come beside it */
            cli_pairs_add(&later, "mode", strcmp(mode, "replace") == 0 ? "refresh" : mode);
        }
        status = cli_open_store(cli, cli->arguments[0], true, &store);
        for (int k = 2; k < cli->n_arguments && status == MLC_OK; k++) {
            status =
                mlc_store_fetch(store, name, cli->arguments[k],
                                cli_pairs_list(k == 2 ? &params : &later), &fetched, &cli->err);
            rejected += fetched.rejected;
            files += fetched.files;
        }
        if (status != MLC_OK)
            code = cli_fail(cli, NULL);
    }
    cli_end_progress(cli);
    if (code == CLI_OK && cli->json) {
        fputs("{\"name\": ", stdout);
        cli_json_text(name);
        printf(", \"version\": %lld, \"rows\": %lld, \"rejected\": %lld, \"files\": %lld}\n",
               (long long)fetched.version, (long long)fetched.rows, (long long)rejected,
               (long long)files);
    } else if (code == CLI_OK && !cli->quiet) {
        printf("%s@%lld: %lld rows; %lld files read, %lld records left out\n", name,
               (long long)fetched.version, (long long)fetched.rows, (long long)files,
               (long long)rejected);
    }
    mlc_store_destroy(store);
    cli_pairs_free(&later);
    cli_pairs_free(&params);
    return code;
}

static const struct cli_option fetch_options[] = {
    {"--mode", "MODE", false,
     "refresh (default): a file's rows take the place of what it gave before; append: they go "
     "behind; replace: nothing else stays"},
    {"--read", "NAME=VALUE", true, "how the files are read: missing_markers=NA,-"},
    {NULL, NULL, false, NULL},
};

const struct cli_verb cli_fetch = {
    .name = "fetch",
    .usage = "STORE NAME FILE...",
    .about = "files, or patterns of them, into a dataset of a store",
    .options = fetch_options,
    .least = 3,
    .most = CLI_MOST_ARGUMENTS,
    .run = fetch_run,
};
