/*
 * cli_list.c - mlcycle list: the datasets and models of a store
 */
#include <stdlib.h>

#include "cli.h"

static void list_json(const mlc_dataset *data, const mlc_dataset *models)
{
    char *room = NULL;

    fputs("{\"datasets\": [", stdout);
    for (int64_t r = 0; r < mlc_dataset_rows(data); r++) {
        fputs(r == 0 ? "{\"name\": " : ", {\"name\": ", stdout);
        cli_json_text(cli_cell_text(data, "name", r, &room));
        printf(", \"version\": %lld, \"rows\": %lld, \"columns\": %lld}",
               (long long)cli_cell_integer(data, "version", r),
               (long long)cli_cell_integer(data, "rows", r),
               (long long)cli_cell_integer(data, "columns", r));
    }
    fputs("], \"models\": [", stdout);
    for (int64_t r = 0; r < mlc_dataset_rows(models); r++) {
        int64_t production = cli_cell_integer(models, "production", r);
        fputs(r == 0 ? "{\"name\": " : ", {\"name\": ", stdout);
        cli_json_text(cli_cell_text(models, "name", r, &room));
        printf(", \"version\": %lld, \"production\": ",
               (long long)cli_cell_integer(models, "version", r));
        if (production > 0)
            printf("%lld}", (long long)production);
        else
            fputs("null}", stdout);
    }
    puts("]}");
    free(room);
}

static void list_text(const mlc_dataset *data, const mlc_dataset *models)
{
    char *room = NULL;

    for (int64_t r = 0; r < mlc_dataset_rows(data); r++)
        printf("dataset  %-24s version %-4lld %lld rows x %lld columns\n",
               cli_cell_text(data, "name", r, &room),
               (long long)cli_cell_integer(data, "version", r),
               (long long)cli_cell_integer(data, "rows", r),
               (long long)cli_cell_integer(data, "columns", r));
    for (int64_t r = 0; r < mlc_dataset_rows(models); r++) {
        int64_t production = cli_cell_integer(models, "production", r);
        printf("model    %-24s version %-4lld ", cli_cell_text(models, "name", r, &room),
               (long long)cli_cell_integer(models, "version", r));
        if (production > 0)
            printf("in production: %lld\n", (long long)production);
        else
            puts("none in production");
    }
    free(room);
}

static int list_run(struct cli *cli)
{
    mlc_store *store = NULL;
    mlc_dataset *data = NULL, *models = NULL;
    mlc_status status = cli_open_store(cli, cli->arguments[0], false, &store);
    int code = CLI_OK;

    if (status == MLC_OK)
        status = mlc_store_list(store, &data, &cli->err);
    if (status == MLC_OK)
        status = mlc_registry_list(store, &models, &cli->err);
    if (status != MLC_OK)
        code = cli_fail(cli, NULL);
    else if (cli->json)
        list_json(data, models);
    else
        list_text(data, models);
    mlc_dataset_destroy(models);
    mlc_dataset_destroy(data);
    mlc_store_destroy(store);
    return code;
}

static const struct cli_option list_options[] = {{NULL, NULL, false, NULL}};

const struct cli_verb cli_list = {
    .name = "list",
    .usage = "STORE",
    .about = "the datasets and models of a store",
    .options = list_options,
    .least = 1,
    .most = 1,
    .run = list_run,
};
