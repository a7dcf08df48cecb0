/*
 * cli_evaluate.c - mlcycle evaluate: is the accuracy acceptable?
 */
#include <string.h>

#include "cli.h"

void cli_print_metrics_json(const mlc_result *result)
{
    mlc_quantity q = {.size = sizeof q};
    bool first = true;

    putchar('{');
    for (int64_t k = 0; k < mlc_result_quantities(result); k++) {
        if (mlc_result_quantity(result, k, &q, NULL) != MLC_OK ||
            strncmp(q.name, "metrics.", 8) != 0)
            continue;
        fputs(first ? "" : ", ", stdout);
        first = false;
        cli_json_text(q.name + 8);
        fputs(": {\"value\": ", stdout);
        cli_json_number(q.value);
        fputs(", \"low\": ", stdout);
        cli_json_number(q.low);
        fputs(", \"high\": ", stdout);
        cli_json_number(q.high);
        putchar('}');
    }
    putchar('}');
}

void cli_print_metrics_text(const mlc_result *result)
{
    mlc_quantity q = {.size = sizeof q};
    char value[40], low[40], high[40];

    for (int64_t k = 0; k < mlc_result_quantities(result); k++) {
        if (mlc_result_quantity(result, k, &q, NULL) != MLC_OK ||
            strncmp(q.name, "metrics.", 8) != 0)
            continue;
        printf("  %-20s %10s   [%s, %s]\n", q.name + 8, cli_number(q.value, value),
               cli_number(q.low, low), cli_number(q.high, high));
    }
}

const char *cli_accepted_json(const mlc_result *result)
{
    int32_t accepted = mlc_result_accepted(result);
    return accepted == MLC_ACCEPTED ? "true" : accepted == MLC_NOT_ACCEPTED ? "false" : "null";
}

const char *cli_accepted_text(const mlc_result *result)
{
    switch (mlc_result_accepted(result)) {
    case MLC_ACCEPTED:
        return "accepted";
    case MLC_NOT_ACCEPTED:
        return "not accepted";
    default:
        return "not enough data to tell";
    }
}

static int evaluate_run(struct cli *cli)
{
    struct cli_pairs params = {0}, reading = {0};
    mlc_model *model = NULL;
    mlc_dataset *data = NULL;
    mlc_rejects *rejects = NULL;
    mlc_result *result = NULL;
    const char *accept = cli_option(cli, "--accept");
    int code = cli_reading(cli, &reading);
    mlc_status status = MLC_OK;

    if (code == CLI_OK) {
        if (accept != NULL)
            cli_pairs_add(&params, "accept", accept);
        if (cli_option(cli, "--seed") != NULL)
            cli_pairs_add(&params, "seed", cli_option(cli, "--seed"));
        if (cli_option(cli, "--allow-seen") != NULL)
            cli_pairs_add(&params, "seen", "allow");
        status = cli_load_model(cli, cli->arguments[0], &model);
        if (status == MLC_OK)
            status =
                cli_read_for(cli, model, cli->arguments[1], &reading, true, &data, &rejects);
        if (status == MLC_OK)
            status = mlc_evaluate(model, data, cli_pairs_list(&params), &result, &cli->err);
        if (status != MLC_OK)
            code = cli_fail(cli, NULL);
    }
    cli_end_progress(cli);
    if (code == CLI_OK) {
        if (cli->json) {
            puts(mlc_result_json(result));
        } else {
            printf("%lld rows\n", (long long)mlc_dataset_rows(data));
            cli_print_metrics_text(result);
            if (accept != NULL)
                printf("%s: %s\n", accept, cli_accepted_text(result));
        }
        if (accept != NULL && mlc_result_accepted(result) != MLC_ACCEPTED)
            code = CLI_NOT_ACCEPTED;
    }
    mlc_result_destroy(result);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(data);
    mlc_model_destroy(model);
    cli_pairs_free(&reading);
    cli_pairs_free(&params);
    return code;
}

static const struct cli_option evaluate_options[] = {
    {"--accept", "EXPR", false, "what must hold: 'auc >= 0.9 and recall >= 0.7'"},
    {"--allow-seen", NULL, false, "also judge on rows that the model was fitted on"},
    {"--read", "NAME=VALUE", true,
     "how the file is read, where it differs from the model's way"},
    {NULL, NULL, false, NULL},
};

const struct cli_verb cli_evaluate = {
    .name = "evaluate",
    .usage = "MODEL DATA [--accept EXPR] [--allow-seen]",
    .about = "metrics with 95 % intervals on rows the model has not seen",
    .options = evaluate_options,
    .least = 2,
    .most = 2,
    .run = evaluate_run,
};
