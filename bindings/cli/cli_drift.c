/*
 * cli_drift.c - mlcycle drift: are the data still those of before, or those that were learnt
 * from?
 */
#include <math.h>
#include <string.h>

#include "cli.h"

static bool is_model(const char *path)
{
    size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".mlcm") == 0;
}

static double cell_number(const mlc_dataset *table, const char *column, int64_t row)
{
    double value = NAN;
    (void)mlc_dataset_numbers(table, mlc_dataset_find(table, column), row, 1, &value, NULL);
    return value;
}

static void print_cell(const mlc_dataset *table, const char *column, int64_t row, int width)
{
    const char *text = "";
    int64_t size = 0;
    (void)mlc_dataset_text(table, mlc_dataset_find(table, column), row, &text, &size, NULL);
    printf("%-*.*s", width, (int)(text == NULL ? 0 : size), text == NULL ? "" : text);
}

static const char *or_dash(double value, char out[40])
{
    return isnan(value) ? "-" : cli_number(value, out);
}

static void drift_print_text(const mlc_result *result)
{
    mlc_quantity base = {.size = sizeof base}, now = {.size = sizeof now};
    mlc_quantity drifted = {.size = sizeof drifted};
    mlc_dataset *columns = NULL, *skipped = NULL;
    char a[40], b[40], c[40];

    if (mlc_result_get(result, "base_rows", &base, NULL) != MLC_OK ||
        mlc_result_get(result, "current_rows", &now, NULL) != MLC_OK ||
        mlc_result_get(result, "drifted_columns", &drifted, NULL) != MLC_OK ||
        mlc_result_table(result, "columns", &columns, NULL) != MLC_OK ||
        mlc_result_table(result, "skipped", &skipped, NULL) != MLC_OK)
        return;
    printf("%.0f rows against %s\n", now.value, or_dash(base.value, a));
    printf("  %-32s %-12s %10s %10s %10s\n", "column", "test", "value", "threshold", "chance");
    for (int64_t row = 0; row < mlc_dataset_rows(columns); row++) {
        fputs("  ", stdout);
        print_cell(columns, "name", row, 32);
        putchar(' ');
        print_cell(columns, "test", row, 12);
        printf(" %10s %10s %10s%s\n", or_dash(cell_number(columns, "value", row), a),
               or_dash(cell_number(columns, "threshold", row), b),
               or_dash(cell_number(columns, "p_value", row), c),
               cell_number(columns, "drifted", row) == 1 ? "  drifted" : "");
    }
    for (int64_t row = 0; row < mlc_dataset_rows(skipped); row++) {
        fputs("  ", stdout);
        print_cell(skipped, "name", row, 32);
        fputs(" not compared: ", stdout);
        print_cell(skipped, "reason", row, 0);
        putchar('\n');
    }
    if (drifted.value > 0)
        printf("drifted: %.0f of %lld columns\n", drifted.value,
               (long long)mlc_dataset_rows(columns));
    else
        puts("no drift");
    mlc_dataset_destroy(skipped);
    mlc_dataset_destroy(columns);
}

/* Names parted by commas, each quoted, whatever is in it. */
static void add_quoted(char *list, size_t room, const char *name)
{
    size_t n = strlen(list);
    if (n + 2 * strlen(name) + 4 > room)
        return;
    if (n > 0)
        list[n++] = ',';
    list[n++] = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"')
            list[n++] = '"';
        list[n++] = *name;
    }
    list[n++] = '"';
    list[n] = '\0';
}

/* Read the file of now; where a column's cells suggest another type than before, read them as
 * of before: a number that is spelt `N/A` now is a missing number. */
static mlc_status read_alike(struct cli *cli, const char *path, const mlc_dataset *base,
                             struct cli_pairs *reading, mlc_dataset **out)
{
    enum { LIST = 1 << 16, TYPES = 6 };
    static const char *const names[TYPES] = {
        [MLC_NUMBER] = "number", [MLC_TEXT] = "text", [MLC_TIME] = "time", [MLC_FLAG] = "flag"};
    static char lists[TYPES][LIST];
    mlc_status status = cli_read_data(cli, path, reading, out);
    int more = 0;

    for (int64_t c = 0; status == MLC_OK && c < mlc_dataset_columns(base); c++) {
        const char *name = mlc_dataset_column_name(base, c);
        int64_t at = mlc_dataset_find(*out, name);
        int32_t before = mlc_dataset_type(base, c), now = mlc_dataset_type(*out, at);
        before = before == MLC_CATEGORY ? MLC_TEXT : before;
        now = now == MLC_CATEGORY ? MLC_TEXT : now;
        if (at < 0 || before == now || names[before] == NULL)
            continue;
        add_quoted(lists[before], LIST, name);
        more++;
    }
    if (status != MLC_OK || more == 0)
        return status;
    for (const char *const *pair = cli_pairs_list(reading); pair != NULL && *pair != NULL;
         pair += 2)
        for (int t = 1; t < TYPES; t++)
            if (names[t] != NULL && strcmp(*pair, names[t]) == 0)
                return MLC_OK; /* types were told: they stand */
    for (int t = 1; t < TYPES; t++)
        if (lists[t][0] != '\0')
            cli_pairs_add(reading, names[t], lists[t]);
    mlc_dataset_destroy(*out);
    *out = NULL;
    return cli_read_data(cli, path, reading, out);
}

static int drift_run(struct cli *cli)
{
    struct cli_pairs params = {0}, reading = {0};
    mlc_model *model = NULL;
    mlc_dataset *base = NULL, *current = NULL;
    mlc_rejects *rejects = NULL;
    mlc_result *result = NULL;
    const char *text, *before = cli->arguments[0], *now = cli->arguments[1];
    int code = cli_reading(cli, &reading);
    mlc_status status = MLC_OK;

    for (int at = 0; code == CLI_OK && (text = cli_next_option(cli, "--set", &at)) != NULL;)
        if (!cli_pairs_add_text(&params, text))
            code = cli_usage_error(cli, "--set is '%s'; it must be name=value", text);
    if (code == CLI_OK && is_model(before)) {
        status = mlc_model_load(cli->ctx, before, &model, &cli->err);
        if (status == MLC_OK)
            status = mlc_model_read(model, now, cli_pairs_list(&reading), 0, &current, &rejects,
                                    &cli->err);
        if (status == MLC_OK)
            cli_tell_rejects(cli, now, rejects);
        if (status == MLC_OK)
            status =
                mlc_drift_model(model, current, cli_pairs_list(&params), &result, &cli->err);
    } else if (code == CLI_OK) {
        status = cli_read_data(cli, before, &reading, &base);
        if (status == MLC_OK)
            status = read_alike(cli, now, base, &reading, &current);
        if (status == MLC_OK)
            status = mlc_drift(base, current, cli_pairs_list(&params), &result, &cli->err);
    }
    if (status != MLC_OK)
        code = cli_fail(cli, NULL);
    cli_end_progress(cli);
    if (code == CLI_OK) {
        mlc_quantity drifted = {.size = sizeof drifted};
        if (cli->json)
            puts(mlc_result_json(result));
        else
            drift_print_text(result);
        if (cli_option(cli, "--check") != NULL &&
            mlc_result_get(result, "drifted", &drifted, NULL) == MLC_OK && drifted.value != 0)
            code = CLI_NOT_ACCEPTED;
    }
    mlc_result_destroy(result);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(current);
    mlc_dataset_destroy(base);
    mlc_model_destroy(model);
    cli_pairs_free(&reading);
    cli_pairs_free(&params);
    return code;
}

static const struct cli_option drift_options[] = {
    {"--set", "NAME=VALUE", true, "tests, false_alarms, effects, columns, ignore, bins, ..."},
    {"--check", NULL, false, "exit 3 when something has drifted"},
    {"--read", "NAME=VALUE", true, "how files are read: missing_markers=NA,-"},
    {NULL, NULL, false, NULL},
};

const struct cli_verb cli_drift = {
    .name = "drift",
    .usage = "BASE CURRENT [--set NAME=VALUE]... [--check]",
    .about = "hold a file against one of before, or against what a model (.mlcm) was fitted on",
    .options = drift_options,
    .least = 2,
    .most = 2,
    .run = drift_run,
};
