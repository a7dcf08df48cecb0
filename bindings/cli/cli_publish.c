/*
 * cli_publish.c - mlcycle publish: a model into the registry, judged first when asked
 */
#include "cli.h"

static mlc_status judge(struct cli *cli, const mlc_model *model,
                        const struct cli_pairs *reading, mlc_result **quality)
{
    struct cli_pairs params = {0};
    mlc_dataset *data = NULL;
    mlc_rejects *rejects = NULL;
    mlc_status status =
        cli_read_for(cli, model, cli_option(cli, "--valid"), reading, true, &data, &rejects);

    if (cli_option(cli, "--accept") != NULL)
        cli_pairs_add(&params, "accept", cli_option(cli, "--accept"));
    if (cli_option(cli, "--seed") != NULL)
        cli_pairs_add(&params, "seed", cli_option(cli, "--seed"));
    if (status == MLC_OK)
        status = mlc_evaluate(model, data, cli_pairs_list(&params), quality, &cli->err);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(data);
    cli_pairs_free(&params);
    return status;
}

static int publish_run(struct cli *cli)
{
    struct cli_pairs reading = {0};
    mlc_store *store = NULL;
    mlc_model *model = NULL;
    mlc_result *quality = NULL;
    const char *name = cli->arguments[1], *accept = cli_option(cli, "--accept");
    int64_t version = 0;
    int code = cli_reading(cli, &reading);
    mlc_status status = MLC_OK;

    if (accept != NULL && cli_option(cli, "--valid") == NULL)
        return cli_usage_error(cli, "--accept wants --valid DATA: rows to be judged on");
    if (code == CLI_OK) {
        status = cli_load_model(cli, cli->arguments[2], &model);
        if (status == MLC_OK && cli_option(cli, "--valid") != NULL)
            status = judge(cli, model, &reading, &quality);
        if (status == MLC_OK && accept != NULL && mlc_result_accepted(quality) != MLC_ACCEPTED)
            code = CLI_NOT_ACCEPTED;
        if (status == MLC_OK && code == CLI_OK)
            status = cli_open_store(cli, cli->arguments[0], true, &store);
        if (status == MLC_OK && code == CLI_OK)
            status = mlc_registry_publish(store, name, model, quality, &version, &cli->err);
        if (status != MLC_OK)
            code = cli_fail(cli, NULL);
    }
    cli_end_progress(cli);
    if (code != CLI_OK && code != CLI_NOT_ACCEPTED) {
    } else if (cli->json) {
        fputs("{\"name\": ", stdout);
        cli_json_text(name);
        if (version > 0)
            printf(", \"version\": %lld", (long long)version);
        else
            fputs(", \"version\": null", stdout);
        if (accept != NULL)
            printf(", \"accepted\": %s", cli_accepted_json(quality));
        puts("}");
    } else if (!cli->quiet) {
        if (accept != NULL)
            printf("%s: %s\n", accept, cli_accepted_text(quality));
        if (version > 0)
            printf("%s@%lld published\n", name, (long long)version);
        else
            puts("nothing is published");
    }
    mlc_result_destroy(quality);
    mlc_model_destroy(model);
    mlc_store_destroy(store);
    cli_pairs_free(&reading);
    return code;
}

static const struct cli_option publish_options[] = {
    {"--valid", "DATA", false, "judge it on these rows; the result is kept with it"},
    {"--accept", "EXPR", false, "publish only if this holds on --valid"},
    {"--read", "NAME=VALUE", true,
     "how --valid is read, where it differs from the model's way"},
    {NULL, NULL, false, NULL},
};

const struct cli_verb cli_publish = {
    .name = "publish",
    .usage = "STORE NAME MODEL.mlcm [--valid DATA] [--accept EXPR]",
    .about = "keep a model as the next version of a name",
    .options = publish_options,
    .least = 3,
    .most = 3,
    .run = publish_run,
};
