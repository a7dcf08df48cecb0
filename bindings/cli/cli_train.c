/*
 * cli_train.c - mlcycle train: from a raw file to a model file
 */
#include <string.h>

#include "cli.h"

/* All that a run makes, so that one place lets go of it. */
struct train_run {
    struct cli_pairs reading, params;
    mlc_cleaner *cleaner;
    mlc_transformer *transformer;
    mlc_dataset *data, *valid;
    mlc_trainer *trainer;
    mlc_model *model;
    mlc_result *quality;
    const char *algorithm;
    double read_seconds, total_seconds;
    uint64_t data_bytes;
};

static void train_release(struct train_run *run)
{
    mlc_result_destroy(run->quality);
    mlc_model_destroy(run->model);
    mlc_trainer_destroy(run->trainer);
    mlc_dataset_destroy(run->valid);
    mlc_dataset_destroy(run->data);
    mlc_transformer_destroy(run->transformer);
    mlc_cleaner_destroy(run->cleaner);
    cli_pairs_free(&run->params);
    cli_pairs_free(&run->reading);
}

static int find_algorithm(struct cli *cli, const char *name)
{
    const mlc_trainer_kind *kind;
    const char *names[256];
    size_t n = 0;

    for (int64_t k = 0; (kind = mlc_trainer_at(cli->ctx, k)) != NULL; k++) {
        if (strcmp(kind->name, name) == 0)
            return CLI_OK;
        if (n < 255)
            names[n++] = kind->name;
    }
    names[n] = NULL;
    const char *near = cli_nearest(name, names);
    if (near != NULL)
        return cli_usage_error(cli, "there is no algorithm '%s'; did you mean '%s'?", name,
                               near);
    return cli_usage_error(cli, "there is no algorithm '%s'; `mlcycle help` lists them", name);
}

static int train_collect(struct cli *cli, struct train_run *run)
{
    const char *text;
    int code = cli_reading(cli, &run->reading);

    if (cli_option(cli, "--target") == NULL)
        return cli_usage_error(cli, "--target COL is wanting: the column to be predicted");
    if (cli_option(cli, "--accept") != NULL && cli_option(cli, "--valid") == NULL)
        return cli_usage_error(cli, "--accept wants --valid DATA: rows to be judged on");
    cli_pairs_add(&run->params, "target", cli_option(cli, "--target"));
    if ((text = cli_option(cli, "--features")) != NULL)
        cli_pairs_add(&run->params, "features", text);
    if ((text = cli_option(cli, "--ignore")) != NULL)
        cli_pairs_add(&run->params, "ignore", text);
    if ((text = cli_option(cli, "--seed")) != NULL)
        cli_pairs_add(&run->params, "seed", text);
    for (int at = 0; (text = cli_next_option(cli, "--set", &at)) != NULL;)
        if (!cli_pairs_add_text(&run->params, text))
            return cli_usage_error(cli, "--set is '%s'; it must be name=value", text);
    run->algorithm = cli_option(cli, "--algorithm");
    if (run->algorithm == NULL)
        run->algorithm = "gbdt";
    if (code == CLI_OK)
        code = find_algorithm(cli, run->algorithm);
    if (code == CLI_OK)
        code = cli_steps(cli, &run->cleaner, &run->transformer);
    return code;
}

/* The trainer comes before the data, so that a mistyped parameter is told at once. */
static mlc_status train_prepare(struct cli *cli, struct train_run *run)
{
    mlc_status status = mlc_trainer_create(
        cli->ctx, run->algorithm, cli_pairs_list(&run->params), &run->trainer, &cli->err);
    if (status == MLC_OK && run->cleaner != NULL)
        status = mlc_trainer_set_cleaner(run->trainer, run->cleaner, &cli->err);
    if (status == MLC_OK && run->transformer != NULL)
        status = mlc_trainer_set_transformer(run->trainer, run->transformer, &cli->err);
    return status;
}

static mlc_status train_judge(struct cli *cli, struct train_run *run)
{
    struct cli_pairs params = {0};

    if (cli_option(cli, "--accept") != NULL)
        cli_pairs_add(&params, "accept", cli_option(cli, "--accept"));
    if (cli_option(cli, "--seed") != NULL)
        cli_pairs_add(&params, "seed", cli_option(cli, "--seed"));
    cli_pairs_add(&params, "seen", "allow");
    mlc_status status =
        mlc_evaluate(run->model, run->valid, cli_pairs_list(&params), &run->quality, &cli->err);
    cli_pairs_free(&params);
    return status;
}

static void train_print_json(struct cli *cli, struct train_run *run)
{
    static const char *const phases[] = {"prepare", "bin", "fit"};
    const void *bytes;
    int64_t size = 0, positive = mlc_model_positive(run->model);

    (void)mlc_model_bytes(run->model, &bytes, &size, NULL);
    fputs("{\"seconds\": {\"read\": ", stdout);
    cli_json_number(run->read_seconds);
    for (size_t k = 0; k < 3; k++) {
        printf(", \"%s\": ", phases[k]);
        cli_json_number(mlc_trainer_seconds(run->trainer, phases[k]));
    }
    fputs(", \"total\": ", stdout);
    cli_json_number(run->total_seconds);
    printf("}, \"data_bytes\": %llu, \"peak_bytes\": %llu, \"objective\": ",
           (unsigned long long)run->data_bytes,
           (unsigned long long)mlc_context_peak_bytes(cli->ctx));
    cli_json_text(mlc_model_objective(run->model));
    fputs(", \"classes\": [", stdout);
    for (int64_t k = 0; mlc_model_outputs(run->model) > 1 && k < mlc_model_outputs(run->model);
         k++) {
        fputs(k == 0 ? "" : ", ", stdout);
        cli_json_text(mlc_model_output_name(run->model, k));
    }
    fputs("], \"positive\": ", stdout);
    if (positive < 0)
        fputs("null", stdout);
    else
        cli_json_text(mlc_model_output_name(run->model, positive));
    fputs(", \"model\": {\"hash\": ", stdout);
    cli_json_text(mlc_model_hash(run->model));
    printf(", \"bytes\": %lld}, \"metrics\": ", (long long)size);
    if (run->quality == NULL)
        fputs("{}", stdout);
    else
        cli_print_metrics_json(run->quality);
    if (cli_option(cli, "--accept") != NULL)
        printf(", \"accepted\": %s", cli_accepted_json(run->quality));
    puts("}");
}

static void train_print_text(struct cli *cli, struct train_run *run)
{
    const void *bytes;
    int64_t size = 0;
    char a[40], b[40], c[40];

    (void)mlc_model_bytes(run->model, &bytes, &size, NULL);
    printf("%lld rows read in %s s; prepared and fitted %s in %s s\n",
           (long long)mlc_dataset_rows(run->data), cli_number(run->read_seconds, a),
           run->algorithm, cli_number(run->total_seconds - run->read_seconds, b));
    printf("%s, %lld outputs, %lld columns; %s KiB, hash %.16s\n",
           mlc_model_objective(run->model), (long long)mlc_model_outputs(run->model),
           (long long)mlc_model_columns(run->model), cli_number((double)size / 1024, c),
           mlc_model_hash(run->model));
    if (run->quality != NULL)
        cli_print_metrics_text(run->quality);
    if (cli_option(cli, "--accept") != NULL)
        printf("%s: %s\n", cli_option(cli, "--accept"), cli_accepted_text(run->quality));
}

static int train_run(struct cli *cli)
{
    struct train_run run = {0};
    const char *out = cli_option(cli, "-o"), *valid = cli_option(cli, "--valid");
    double start = cli_seconds();
    uint64_t before = mlc_context_live_bytes(cli->ctx);
    int code = train_collect(cli, &run);
    mlc_status status = MLC_OK;

    if (code == CLI_OK) {
        status = train_prepare(cli, &run);
        if (status == MLC_OK)
            status = cli_read_data(cli, cli->arguments[0], &run.reading, &run.data);
        run.data_bytes = mlc_context_live_bytes(cli->ctx) - before;
        if (status == MLC_OK && valid != NULL)
            status = cli_read_data(cli, valid, &run.reading, &run.valid);
        run.read_seconds = cli_seconds() - start;
        if (status == MLC_OK)
            status = mlc_trainer_fit(run.trainer, run.data, run.valid, &run.model, &cli->err);
        run.total_seconds = cli_seconds() - start;
        if (status == MLC_OK && valid != NULL)
            status = train_judge(cli, &run);
        if (status == MLC_OK && out != NULL)
            status = mlc_model_save(run.model, out, &cli->err);
        if (status != MLC_OK)
            code = cli_fail(cli, NULL);
    }
    cli_end_progress(cli);
    if (code == CLI_OK) {
        if (cli->json)
            train_print_json(cli, &run);
        else
            train_print_text(cli, &run);
        if (cli_option(cli, "--accept") != NULL &&
            mlc_result_accepted(run.quality) != MLC_ACCEPTED)
            code = CLI_NOT_ACCEPTED;
    }
    train_release(&run);
    return code;
}

static const struct cli_option train_options[] = {
    {"--target", "COL", false, "the column to be predicted"},
    {"--algorithm", "KIND", false, "default gbdt; `mlcycle help` lists them"},
    {"--set", "NAME=VALUE", true, "a parameter of the algorithm"},
    {"--step", "KIND,NAME=VALUE,...", true, "a cleaning or transforming step, in order"},
    {"--features", "A,B,...", false, "only these columns"},
    {"--ignore", "A,B,...", false, "all columns but these"},
    {"--valid", "DATA", false, "rows kept aside: metrics, and `patience`"},
    {"--accept", "EXPR", false, "what must hold on --valid: 'auc >= 0.9'"},
    {"--read", "NAME=VALUE", true, "how files are read: missing_markers=?"},
    {"-o", "MODEL.mlcm", false, "where the model goes"},
    {NULL, NULL, false, NULL},
};

const struct cli_verb cli_train = {
    .name = "train",
    .usage = "DATA --target COL [options] [-o MODEL.mlcm]",
    .about = "fit a model, cleaning and transforms included, and save it as one file",
    .options = train_options,
    .least = 1,
    .most = 1,
    .run = train_run,
};
