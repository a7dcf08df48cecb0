/*
 * cli_work.c - what several verbs do: the context, errors, reading options, steps, progress
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

double cli_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One line on the terminal, drawn over itself. */
static int32_t show_progress(void *self, const char *stage, uint64_t done, uint64_t total)
{
    struct cli *cli = self;

    if (total == 0)
        fprintf(stderr, "\r\033[K%s %llu", stage, (unsigned long long)done);
    else
        fprintf(stderr, "\r\033[K%s %3.0f %%", stage, 100.0 * (double)done / (double)total);
    fflush(stderr);
    cli->progress_shown = true;
    return 0;
}

static void show_log(void *self, int32_t level, const char *message)
{
    struct cli *cli = self;

    if (cli->quiet || level < MLC_LOG_WARNING)
        return;
    cli_end_progress(cli);
    fprintf(stderr, "mlcycle %s: %s\n", cli->verb->name, message);
}

void cli_end_progress(struct cli *cli)
{
    if (cli->progress_shown)
        fputs("\r\033[K", stderr);
    cli->progress_shown = false;
}

int cli_fail(struct cli *cli, const char *what)
{
    cli_end_progress(cli);
    if (what != NULL)
        fprintf(stderr, "mlcycle %s: %s: %s\n", cli->verb->name, what, cli->err.message);
    else
        fprintf(stderr, "mlcycle %s: %s\n", cli->verb->name, cli->err.message);
    return cli->err.code == MLC_ERROR_PARAMETER ? CLI_USAGE : CLI_FAILED;
}

/* A whole number of an option; false, with the usage error told, when it is none. */
static bool whole_option(struct cli *cli, const char *name, unsigned long long most,
                         unsigned long long *out)
{
    const char *text = cli_option(cli, name);
    char *end;

    if (text == NULL)
        return true;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' && *out <= most)
        return true;
    cli_usage_error(cli, "%s is '%s'; it must be a whole number in [0, %llu]", name, text,
                    most);
    return false;
}

int cli_make_context(struct cli *cli)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned long long threads = cores < 1 ? 1 : (unsigned long long)cores, limit = 0, seed = 0;
    mlc_context_options options = {.size = sizeof options};

    if (!whole_option(cli, "--threads", 1024, &threads) ||
        !whole_option(cli, "--memory-limit", UINT64_MAX, &limit) ||
        !whole_option(cli, "--seed", INT64_MAX, &seed))
        return CLI_USAGE;
    cli->terminal = isatty(STDERR_FILENO);
    options.threads = (uint32_t)threads;
    options.memory_limit_bytes = limit;
    options.self = cli;
    options.log = show_log;
    if (cli->terminal && !cli->quiet)
        options.progress = show_progress;
    if (mlc_context_create(&options, &cli->ctx, &cli->err) != MLC_OK)
        return cli_fail(cli, NULL);
    return CLI_OK;
}

int cli_reading(struct cli *cli, struct cli_pairs *pairs)
{
    const char *text;

    for (int at = 0; (text = cli_next_option(cli, "--read", &at)) != NULL;)
        if (!cli_pairs_add_text(pairs, text))
            return cli_usage_error(cli, "--read is '%s'; it must be name=value", text);
    return CLI_OK;
}

mlc_status cli_read_data(struct cli *cli, const char *data, const struct cli_pairs *reading,
                         mlc_dataset **out)
{
    mlc_rejects *rejects = NULL;
    mlc_status status;

    if (cli_is_stored(data))
        return cli_read_stored(cli, data, out);
    status =
        mlc_dataset_read(cli->ctx, data, cli_pairs_list(reading), out, &rejects, &cli->err);

    if (status == MLC_OK)
        cli_tell_rejects(cli, data, rejects);
    mlc_rejects_destroy(rejects);
    return status;
}

void cli_tell_rejects(struct cli *cli, const char *data, const mlc_rejects *rejects)
{
    mlc_reject first = {.size = sizeof first};
    int64_t n = mlc_rejects_count(rejects), invalid = mlc_rejects_invalid_cells(rejects, NULL);

    if (cli->quiet)
        return;
    if (n > 0 && mlc_rejects_at(rejects, 0, &first, NULL) == MLC_OK) {
        cli_end_progress(cli);
        fprintf(stderr, "mlcycle %s: %s: %lld records left out; the first in line %lld: %s\n",
                cli->verb->name, data, (long long)n, (long long)first.line, first.reason);
    }
    if (invalid > 0) {
        cli_end_progress(cli);
        fprintf(stderr, "mlcycle %s: %s: %lld cells are not of their column's type: missing\n",
                cli->verb->name, data, (long long)invalid);
    }
}

static const mlc_step_kind *find_step(struct cli *cli, const char *name)
{
    const mlc_step_kind *kind;
    const char *names[256];
    size_t n = 0;

    for (int64_t k = 0; (kind = mlc_step_at(cli->ctx, k)) != NULL; k++) {
        if (strcmp(kind->name, name) == 0)
            return kind;
        if (n < 255)
            names[n++] = kind->name;
    }
    names[n] = NULL;
    const char *near = cli_nearest(name, names);
    cli_usage_error(cli, "there is no step '%s'%s%s%s; `mlcycle help` lists them", name,
                    near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                    near == NULL ? "" : "'?");
    return NULL;
}

/* `KIND,k=v,...` to the end of the list that it belongs to. */
static int add_step(struct cli *cli, const char *text, mlc_cleaner **cleaner,
                    mlc_transformer **transformer)
{
    const char *comma = strchr(text, ',');
    size_t length = comma == NULL ? strlen(text) : (size_t)(comma - text);
    struct cli_pairs pairs = {0};
    char name[128];
    int code = CLI_OK;

    snprintf(name, sizeof name, "%.*s", (int)length, text);
    const mlc_step_kind *kind = find_step(cli, name);
    if (kind == NULL)
        return CLI_USAGE;
    const char *wrong = comma == NULL ? NULL : cli_pairs_add_list(&pairs, comma + 1);
    mlc_status status = MLC_OK;
    if (wrong != NULL) {
        code = cli_usage_error(cli, "--step %s: %s", text, wrong);
    } else if (kind->verb == MLC_STEP_CLEAN && *transformer == NULL) {
        if (*cleaner == NULL)
            status = mlc_cleaner_create(cli->ctx, cleaner, &cli->err);
        if (status == MLC_OK)
            status = mlc_cleaner_add(*cleaner, name, cli_pairs_list(&pairs), &cli->err);
    } else {
        if (*transformer == NULL)
            status = mlc_transformer_create(cli->ctx, transformer, &cli->err);
        if (status == MLC_OK)
            status = mlc_transformer_add(*transformer, name, cli_pairs_list(&pairs), &cli->err);
    }
    cli_pairs_free(&pairs);
    return status == MLC_OK ? code : cli_fail(cli, NULL);
}

int cli_steps(struct cli *cli, mlc_cleaner **cleaner, mlc_transformer **transformer)
{
    const char *text;
    int code = CLI_OK;

    *cleaner = NULL;
    *transformer = NULL;
    for (int at = 0; code == CLI_OK && (text = cli_next_option(cli, "--step", &at)) != NULL;)
        code = add_step(cli, text, cleaner, transformer);
    return code;
}
