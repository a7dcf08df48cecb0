/*
 * cli.h - what the verbs of the command line share
 *
 * The program uses the public headers alone. A verb is one file with one function and one row
 * in cli.c; it gets its arguments parsed, prints its result, and answers with the exit code.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "mlcycle.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_NOT_ACCEPTED = 3 };
enum { CLI_MOST_ARGUMENTS = 1024 };

/** One option of a verb. */
struct cli_option {
    const char *name;  /* with its dashes */
    const char *value; /* what it takes, for help; NULL: nothing */
    bool repeated;
    const char *help;
};

/** A verb: its row in cli.c. */
struct cli;
struct cli_verb {
    const char *name;
    const char *usage; /* what stands behind the name */
    const char *about;
    const struct cli_option *options; /* ended by a NULL name */
    int least, most;                  /* arguments that are no options */
    int (*run)(struct cli *cli);
};

/** One command line, parsed, and the context it runs in. */
struct cli {
    const struct cli_verb *verb;
    const char *arguments[CLI_MOST_ARGUMENTS];
    int n_arguments;
    struct {
        const char *name, *value;
    } given[CLI_MOST_ARGUMENTS];
    int n_given;
    bool json, quiet, terminal;
    bool progress_shown;
    mlc_context *ctx;
    mlc_error err;
};

/* cli.c */
extern const struct cli_verb *const cli_verbs[]; /* ended by NULL */

/* cli_options.c */
int cli_parse(struct cli *cli, const struct cli_verb *verb, int argc, char **argv);
/** The value of an option that was given (the last one), else NULL; "" for one without value.
 */
const char *cli_option(const struct cli *cli, const char *name);
/** Give every value of a repeated option in turn: *at begins as 0. NULL when there is no more.
 */
const char *cli_next_option(const struct cli *cli, const char *name, int *at);
/** The nearest of `names` (NULL-ended), or NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *names);
int cli_usage_error(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* cli_pairs.c: parameters collected from the command line */
struct cli_pairs {
    char **items; /* name, value, name, value, ..., NULL */
    int n, room;
};
void cli_pairs_add(struct cli_pairs *pairs, const char *name, const char *value);
/** `name=value` of an option such as --set; false when there is no `=`. */
bool cli_pairs_add_text(struct cli_pairs *pairs, const char *text);
/** `k=v,k=v,...` of --step behind the kind; NULL, or what is wrong. */
const char *cli_pairs_add_list(struct cli_pairs *pairs, const char *text);
const char *const *cli_pairs_list(const struct cli_pairs *pairs);
void cli_pairs_free(struct cli_pairs *pairs);

/* cli_work.c: what several verbs do */
/** Tell the library's error in one line and answer the exit code that fits. */
int cli_fail(struct cli *cli, const char *what);
int cli_make_context(struct cli *cli);
void cli_end_progress(struct cli *cli);
/** Collect every --read k=v. */
int cli_reading(struct cli *cli, struct cli_pairs *pairs);
/** Put every --step in order into a cleaner and, from the first transform on, a transformer;
 *  each set to NULL when it has no step. */
int cli_steps(struct cli *cli, mlc_cleaner **cleaner, mlc_transformer **transformer);
double cli_seconds(void);
/** Read a data argument, a file or STORE#NAME[@VERSION]; records that were left out are told on
 * stderr. */
mlc_status cli_read_data(struct cli *cli, const char *data, const struct cli_pairs *reading,
                         mlc_dataset **out);
void cli_tell_rejects(struct cli *cli, const char *data, const mlc_rejects *rejects);

/* cli_store.c: STORE#NAME[@VERSION] in the place of a file */
bool cli_is_stored(const char *text);
mlc_status cli_open_store(struct cli *cli, const char *path, bool create, mlc_store **out);
mlc_status cli_read_stored(struct cli *cli, const char *text, mlc_dataset **out);
/** Data for a model: a file by its schema, or stored data as they are; rejects may stay NULL.
 */
mlc_status cli_read_for(struct cli *cli, const mlc_model *model, const char *data,
                        const struct cli_pairs *reading, bool target, mlc_dataset **out,
                        mlc_rejects **rejects);
/** A model file, or STORE#NAME[@VERSION]; without a version what is in production. */
mlc_status cli_load_model(struct cli *cli, const char *text, mlc_model **out);
/** A file, or STORE#NAME: a new version with nothing else in it. */
mlc_status cli_write_data(struct cli *cli, const mlc_dataset *dataset, const char *out);
/** A cell of a table that the library made; 0 or NULL where missing. `*room` is freed by the
 * caller in the end, and NULL to begin. */
int64_t cli_cell_integer(const mlc_dataset *table, const char *column, int64_t row);
const char *cli_cell_text(const mlc_dataset *table, const char *column, int64_t row,
                          char **room);

/* cli_evaluate.c: metrics, which are the quantities called `metrics.NAME` */
void cli_print_metrics_json(const mlc_result *result);
void cli_print_metrics_text(const mlc_result *result);
const char *cli_accepted_json(const mlc_result *result);
const char *cli_accepted_text(const mlc_result *result);

/* cli_json.c: text and numbers as JSON on stdout */
void cli_json_text(const char *text);
void cli_json_number(double value); /* shortest that reads back; null when not finite */
/** A number for people: about six digits. */
const char *cli_number(double value, char out[40]);

#endif
