/*
 * cli_log.c - mlcycle log: what became of a model, and where a dataset came from
 *
 * A name may be a model's and a dataset's; both are told, in the order of time.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

struct event {
    int64_t time;
    const mlc_dataset *table;
    int64_t row;
    bool model;
};

static int by_time(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->model != y->model)
        return x->model ? 1 : -1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void time_text(int64_t us, char out[40])
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm parts;

    gmtime_r(&seconds, &parts);
    strftime(out, 40, "%Y-%m-%dT%H:%M:%S", &parts);
}

static void json_member(const struct event *e, const char *name, char **room)
{
    const char *text = cli_cell_text(e->table, name, e->row, room);

    if (text == NULL)
        return;
    printf(", \"%s\": ", name);
    if (text[0] == '{')
        fputs(text, stdout); /* JSON already */
    else
        cli_json_text(text);
}

static void event_json(const struct event *e)
{
    char when[40], *room = NULL;

    time_text(e->time, when);
    printf("{\"time\": \"%sZ\", \"what\": \"%s\", \"version\": %lld", when,
           cli_cell_text(e->table, "what", e->row, &room),
           (long long)cli_cell_integer(e->table, "version", e->row));
    if (e->model) {
        fputs(", \"stage\": ", stdout);
        if (cli_cell_text(e->table, "stage", e->row, &room) == NULL)
            fputs("null", stdout);
        else
            cli_json_text(room);
        json_member(e, "why", &room);
        json_member(e, "hash", &room);
        json_member(e, "result", &room);
        json_member(e, "lineage", &room);
    } else {
        fputs(", \"stage\": null", stdout);
        json_member(e, "source", &room);
        json_member(e, "parameters", &room);
        printf(", \"rows\": %lld, \"rejected\": %lld",
               (long long)cli_cell_integer(e->table, "rows", e->row),
               (long long)cli_cell_integer(e->table, "rejected", e->row));
    }
    putchar('}');
    free(room);
}

static void event_text(const struct event *e)
{
    char when[40], *room = NULL;
    const char *text;

    time_text(e->time, when);
    printf("%s  %-9s %4lld", when, cli_cell_text(e->table, "what", e->row, &room),
           (long long)cli_cell_integer(e->table, "version", e->row));
    if (!e->model) {
        printf("  %lld rows from %s\n", (long long)cli_cell_integer(e->table, "rows", e->row),
               cli_cell_text(e->table, "source", e->row, &room));
        free(room);
        return;
    }
    if ((text = cli_cell_text(e->table, "stage", e->row, &room)) != NULL)
        printf("  %s", text);
    if ((text = cli_cell_text(e->table, "why", e->row, &room)) != NULL && text[0] != '\0')
        printf("  (%s)", text);
    if ((text = cli_cell_text(e->table, "hash", e->row, &room)) != NULL)
        printf("  %.16s", text);
    if ((text = cli_cell_text(e->table, "lineage", e->row, &room)) != NULL)
        printf("  %s", text);
    putchar('\n');
    free(room);
}

static void collect(struct event *events, size_t *n, const mlc_dataset *table, bool model)
{
    for (int64_t r = 0; r < mlc_dataset_rows(table); r++)
        events[(*n)++] = (struct event){cli_cell_integer(table, "time", r), table, r, model};
}

static void tell(struct cli *cli, const mlc_dataset *versions, const mlc_dataset *history)
{
    size_t n = 0;
    size_t room = (size_t)(mlc_dataset_rows(versions) + mlc_dataset_rows(history));
    struct event *events = calloc(room + 1, sizeof *events);

    if (events == NULL)
        return;
    collect(events, &n, versions, false);
    collect(events, &n, history, true);
    qsort(events, n, sizeof *events, by_time);
    if (cli->json)
        fputs("{\"events\": [", stdout);
    for (size_t k = 0; k < n; k++) {
        if (!cli->json) {
            event_text(&events[k]);
            continue;
        }
        fputs(k == 0 ? "" : ", ", stdout);
        event_json(&events[k]);
    }
    if (cli->json)
        puts("]}");
    free(events);
}

static int log_run(struct cli *cli)
{
    mlc_store *store = NULL;
    mlc_dataset *versions = NULL, *history = NULL;
    mlc_error none = MLC_ERROR_INIT;
    mlc_status status = cli_open_store(cli, cli->arguments[0], false, &store);
    mlc_status data = MLC_OK;
    int code = CLI_OK;

    if (status == MLC_OK) {
        data = mlc_store_versions(store, cli->arguments[1], &versions, &none);
        status = mlc_registry_history(store, cli->arguments[1], &history, &cli->err);
        if (status == MLC_ERROR_NOT_FOUND && data == MLC_OK)
            status = MLC_OK; /* a dataset's name alone */
        else if (status == MLC_OK && data != MLC_OK && data != MLC_ERROR_NOT_FOUND) {
            status = data;
            cli->err = none;
        } else if (status == MLC_ERROR_NOT_FOUND && strstr(none.message, "did you mean")) {
            cli->err = none;
        }
    }
    if (status != MLC_OK)
        code = cli_fail(cli, NULL);
    else
        tell(cli, versions, history);
    mlc_dataset_destroy(history);
    mlc_dataset_destroy(versions);
    mlc_store_destroy(store);
    return code;
}

static const struct cli_option log_options[] = {{NULL, NULL, false, NULL}};

const struct cli_verb cli_log = {
    .name = "log",
    .usage = "STORE NAME",
    .about = "what became of a model, and where a dataset came from",
    .options = log_options,
    .least = 2,
    .most = 2,
    .run = log_run,
};
