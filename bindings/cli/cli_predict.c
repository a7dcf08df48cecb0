/*
 * cli_predict.c - mlcycle predict: one answer a raw record, in order
 */
#include "cli.h"

static int predict_run(struct cli *cli)
{
    struct cli_pairs reading = {0};
    mlc_model *model = NULL;
    mlc_dataset *data = NULL, *answers = NULL;
    mlc_rejects *rejects = NULL;
    const char *out = cli_option(cli, "-o");
    int code = cli_reading(cli, &reading);
    mlc_status status = MLC_OK;

    if (out == NULL)
        return cli_usage_error(cli, "-o OUT is wanting: where the answers go");
    if (code == CLI_OK) {
        status = cli_load_model(cli, cli->arguments[0], &model);
        if (status == MLC_OK)
            status =
                cli_read_for(cli, model, cli->arguments[1], &reading, false, &data, &rejects);
        if (status == MLC_OK)
            status = mlc_model_answer(model, data, rejects, &answers, &cli->err);
        if (status == MLC_OK)
            status = cli_write_data(cli, answers, out);
        if (status != MLC_OK)
            code = cli_fail(cli, NULL);
    }
    cli_end_progress(cli);
    if (code == CLI_OK) {
        if (cli->json)
            printf("{\"rows\": %lld}\n", (long long)mlc_dataset_rows(answers));
        else if (!cli->quiet)
            printf("%lld rows answered in %s\n", (long long)mlc_dataset_rows(answers), out);
    }
    mlc_dataset_destroy(answers);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(data);
    mlc_model_destroy(model);
    cli_pairs_free(&reading);
    return code;
}

static const struct cli_option predict_options[] = {
    {"--read", "NAME=VALUE", true,
     "how the file is read, where it differs from the model's way"},
    {"-o", "OUT", false, "where the answers go: .csv, .tsv, either with .gz; or STORE#NAME"},
    {NULL, NULL, false, NULL},
};

const struct cli_verb cli_predict = {
    .name = "predict",
    .usage = "MODEL DATA -o OUT",
    .about = "answer raw records",
    .options = predict_options,
    .least = 2,
    .most = 2,
    .run = predict_run,
};
