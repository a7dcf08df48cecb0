/*
 * cli_clean.c - mlcycle clean: run steps over a file and tell what was changed
 */
#include <string.h>

#include "cli.h"

static void clean_print_text(const mlc_result *report, int64_t rows)
{
    mlc_quantity q = {.size = sizeof q};
    mlc_dataset *unknown = NULL;

    printf("%lld rows\n", (long long)rows);
    for (int64_t k = 0; k < mlc_result_quantities(report); k++)
        if (mlc_result_quantity(report, k, &q, NULL) == MLC_OK && strcmp(q.name, "rows") != 0 &&
            strstr(q.name, ".unknown.") == NULL) /* the table below tells those */
            printf("  %-32s %.0f\n", q.name, q.value);
    if (mlc_result_table(report, "unknown", &unknown, NULL) != MLC_OK)
        return;
    for (int64_t row = 0; row < mlc_dataset_rows(unknown); row++) {
        const char *value;
        int64_t size, column = mlc_dataset_find(unknown, "value");
        double count;
        if (row == 0)
            puts("left as they are, since the convention does not know them:");
        if (row == 20) {
            printf("  ... and %lld more\n", (long long)(mlc_dataset_rows(unknown) - 20));
            break;
        }
        if (mlc_dataset_text(unknown, column, row, &value, &size, NULL) == MLC_OK &&
            mlc_dataset_numbers(unknown, mlc_dataset_find(unknown, "count"), row, 1, &count,
                                NULL) == MLC_OK)
            printf("  %8.0f  %.*s\n", count, (int)size, value);
    }
    mlc_dataset_destroy(unknown);
}

static int clean_run(struct cli *cli)
{
    struct cli_pairs reading = {0};
    mlc_cleaner *cleaner = NULL;
    mlc_transformer *transformer = NULL;
    mlc_dataset *data = NULL, *clean = NULL, *journal = NULL;
    mlc_result *report = NULL;
    const char *out = cli_option(cli, "-o"), *to_journal = cli_option(cli, "--journal");
    int code = cli_reading(cli, &reading);
    mlc_status status = MLC_OK;

    if (out == NULL)
        return cli_usage_error(cli, "-o OUT is wanting: where the clean data go");
    if (code == CLI_OK)
        code = cli_steps(cli, &cleaner, &transformer);
    if (code == CLI_OK && transformer != NULL)
        code = cli_usage_error(cli, "only cleaning steps can be run here; a transform belongs "
                                    "to `mlcycle train`");
    if (code == CLI_OK && cleaner == NULL)
        code =
            cli_usage_error(cli, "--step KIND,... is wanting; `mlcycle help` lists the steps");
    if (code == CLI_OK) {
        status = cli_read_data(cli, cli->arguments[0], &reading, &data);
        if (status == MLC_OK)
            status = mlc_cleaner_run(cleaner, data, NULL, &clean,
                                     to_journal == NULL ? NULL : &journal, &report, &cli->err);
        if (status == MLC_OK && to_journal != NULL)
            status = cli_write_data(cli, journal, to_journal);
        if (status == MLC_OK)
            status = cli_write_data(cli, clean, out);
        if (status != MLC_OK)
            code = cli_fail(cli, NULL);
    }
    cli_end_progress(cli);
    if (code == CLI_OK) {
        if (cli->json)
            puts(mlc_result_json(report));
        else if (!cli->quiet)
            clean_print_text(report, mlc_dataset_rows(clean));
    }
    mlc_result_destroy(report);
    mlc_dataset_destroy(journal);
    mlc_dataset_destroy(clean);
    mlc_dataset_destroy(data);
    mlc_transformer_destroy(transformer);
    mlc_cleaner_destroy(cleaner);
    cli_pairs_free(&reading);
    return code;
}

static const struct cli_option clean_options[] = {
    {"--step", "KIND,NAME=VALUE,...", true, "a cleaning step, in order"},
    {"--journal", "FILE", false,
     "each changed cell and dropped row: .csv, .tsv, or STORE#NAME"},
    {"--read", "NAME=VALUE", true, "how the file is read: missing_markers=NA,-"},
    {"-o", "OUT", false, "where the clean data go: .csv, .tsv, either with .gz; or STORE#NAME"},
    {NULL, NULL, false, NULL},
};

const struct cli_verb cli_clean = {
    .name = "clean",
    .usage = "DATA --step KIND,... -o OUT [--journal FILE]",
    .about = "make a file follow one convention, and tell what was changed",
    .options = clean_options,
    .least = 1,
    .most = 1,
    .run = clean_run,
};
