/*
 * cli_help.c - mlcycle help: verbs, kinds and parameters, from the tables
 */
#include <math.h>
#include <string.h>

#include "cli.h"

extern const struct cli_verb cli_drift;

static void verb_help(const struct cli_verb *verb)
{
    printf("mlcycle %s %s\n\n%s\n\n", verb->name, verb->usage, verb->about);
    for (const struct cli_option *o = verb->options; o->name != NULL; o++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", o->name, o->value == NULL ? "" : " ",
                 o->value == NULL ? "" : o->value);
        printf("  %-28s %s%s\n", left, o->help, o->repeated ? " (may be repeated)" : "");
    }
    puts("  --json --quiet --threads N --seed N --memory-limit BYTES");
}

static void param_help(const mlc_param *p)
{
    char range[128] = "", least[40], most[40];

    if (p->type == MLC_PARAM_CHOICE)
        snprintf(range, sizeof range, "%s", p->choices);
    else if (p->type == MLC_PARAM_FLAG)
        snprintf(range, sizeof range, "yes|no");
    else if (p->type == MLC_PARAM_COUNT || p->type == MLC_PARAM_REAL)
        snprintf(range, sizeof range, "%s..%s", cli_number(p->least, least),
                 cli_number(p->most, most));
    else if (p->type == MLC_PARAM_COLUMN)
        snprintf(range, sizeof range, "column");
    else if (p->type == MLC_PARAM_COLUMNS)
        snprintf(range, sizeof range, "columns");
    else if (p->type == MLC_PARAM_EXPRESSION)
        snprintf(range, sizeof range, "expression");
    else
        snprintf(range, sizeof range, "text");
    printf("  %-18s %-24s %-10s %s\n", p->name, range,
           (p->flags & MLC_PARAM_REQUIRED) != 0 ? "(required)"
           : p->default_value == NULL           ? "-"
                                                : p->default_value,
           p->help);
}

static void params_help(const char *name, const char *about, const char *sort,
                        const mlc_param *params, int64_t n)
{
    printf("%s - %s (%s)\n", name, about, sort);
    if (n > 0)
        printf("\n  %-18s %-24s %-10s\n", "parameter", "values", "default");
    for (int64_t k = 0; k < n; k++)
        param_help(&params[k]);
}

static void overview(const mlc_context *ctx)
{
    const mlc_step_kind *step;
    const mlc_trainer_kind *trainer;
    const mlc_metric_kind *metric;
    const mlc_drift_kind *drift;

    puts(
        "mlcycle VERB ...      the machine-learning cycle from the command line; see mlcycle(1)\n");
    for (size_t k = 0; cli_verbs[k] != NULL; k++)
        printf("  %-12s %s\n", cli_verbs[k]->name, cli_verbs[k]->about);
    puts("\n`mlcycle help VERB` tells its options; `mlcycle help KIND` the parameters of\n");
    puts("algorithms (--algorithm)");
    for (int64_t k = 0; (trainer = mlc_trainer_at(ctx, k)) != NULL; k++)
        printf("  %-18s %s\n", trainer->name, trainer->about);
    puts("steps (--step)");
    for (int64_t k = 0; (step = mlc_step_at(ctx, k)) != NULL; k++)
        printf("  %-18s %s\n", step->name, step->about);
    puts("metrics (--accept)");
    for (int64_t k = 0; (metric = mlc_metric_at(ctx, k)) != NULL; k++)
        printf("  %-18s %s\n", metric->name, metric->about);
    puts("drift tests (--set tests=)");
    for (int64_t k = 0; (drift = mlc_drift_at(ctx, k)) != NULL; k++)
        printf("  %-18s %s\n", drift->name, drift->about);
}

static bool kind_help(const mlc_context *ctx, const char *word)
{
    const mlc_step_kind *step;
    const mlc_trainer_kind *trainer;
    const mlc_metric_kind *metric;
    const mlc_drift_kind *drift;

    for (int64_t k = 0; (trainer = mlc_trainer_at(ctx, k)) != NULL; k++)
        if (strcmp(trainer->name, word) == 0) {
            int64_t n;
            const mlc_param *common = mlc_trainer_common_params(&n);
            params_help(word, trainer->about, "algorithm", trainer->params, trainer->n_params);
            puts("\n  and, as for every algorithm:");
            for (int64_t p = 0; p < n; p++)
                param_help(&common[p]);
            return true;
        }
    for (int64_t k = 0; (step = mlc_step_at(ctx, k)) != NULL; k++)
        if (strcmp(step->name, word) == 0) {
            params_help(word, step->about,
                        step->verb == MLC_STEP_CLEAN ? "cleaning step" : "transforming step",
                        step->params, step->n_params);
            return true;
        }
    for (int64_t k = 0; (metric = mlc_metric_at(ctx, k)) != NULL; k++)
        if (strcmp(metric->name, word) == 0) {
            printf("%s - %s (metric; %s is better)\n", word, metric->about,
                   metric->higher_is_better != 0 ? "higher" : "lower");
            return true;
        }
    for (int64_t k = 0; (drift = mlc_drift_at(ctx, k)) != NULL; k++)
        if (strcmp(drift->name, word) == 0) {
            char effect[40];
            printf("%s - %s (drift test; %s and more matters)\n", word, drift->about,
                   cli_number(drift->effect, effect));
            return true;
        }
    return false;
}

/* The nearest of all that help knows. */
static const char *nearest_topic(const mlc_context *ctx, const char *word)
{
    const char *names[512];
    size_t n = 0;
    const mlc_step_kind *step;
    const mlc_trainer_kind *trainer;
    const mlc_metric_kind *metric;
    const mlc_drift_kind *drift;

    for (size_t k = 0; cli_verbs[k] != NULL; k++)
        names[n++] = cli_verbs[k]->name;
    for (int64_t k = 0; n < 500 && (trainer = mlc_trainer_at(ctx, k)) != NULL; k++)
        names[n++] = trainer->name;
    for (int64_t k = 0; n < 500 && (step = mlc_step_at(ctx, k)) != NULL; k++)
        names[n++] = step->name;
    for (int64_t k = 0; n < 500 && (metric = mlc_metric_at(ctx, k)) != NULL; k++)
        names[n++] = metric->name;
    for (int64_t k = 0; n < 500 && (drift = mlc_drift_at(ctx, k)) != NULL; k++)
        names[n++] = drift->name;
    names[n] = NULL;
    return cli_nearest(word, names);
}

static int help_run(struct cli *cli)
{
    if (cli->n_arguments == 0) {
        overview(cli->ctx);
        return CLI_OK;
    }
    const char *word = cli->arguments[0];
    for (size_t k = 0; cli_verbs[k] != NULL; k++)
        if (strcmp(cli_verbs[k]->name, word) == 0) {
            verb_help(cli_verbs[k]);
            if (cli_verbs[k] == &cli_drift) {
                int64_t n;
                const mlc_param *params = mlc_drift_params(&n);
                puts("\n  and for --set:");
                for (int64_t p = 0; p < n; p++)
                    param_help(&params[p]);
            }
            return CLI_OK;
        }
    if (kind_help(cli->ctx, word))
        return CLI_OK;
    const char *near = nearest_topic(cli->ctx, word);
    if (near != NULL)
        return cli_usage_error(cli, "there is no verb or kind '%s'; did you mean '%s'?", word,
                               near);
    return cli_usage_error(cli, "there is no verb or kind '%s'; `mlcycle help` lists them",
                           word);
}

static const struct cli_option help_options[] = {{NULL, NULL, false, NULL}};

const struct cli_verb cli_help = {
    .name = "help",
    .usage = "[VERB | KIND]",
    .about = "tell verbs, kinds and parameters",
    .options = help_options,
    .least = 0,
    .most = 1,
    .run = help_run,
};
