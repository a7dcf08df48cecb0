/*
 * cli_store.c - STORE#NAME[@VERSION] wherever data or a model is asked for
 *
 * What stands before the last # is the store's file and what stands behind it the name, unless
 * there is a file that is called so as a whole.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

bool cli_is_stored(const char *text)
{
    const char *mark = strrchr(text, '#');
    return mark != NULL && mark != text && access(text, F_OK) != 0;
}

mlc_status cli_open_store(struct cli *cli, const char *path, bool create, mlc_store **out)
{
    return mlc_store_open(cli->ctx, path, MLC_PARAMS("create", create ? "yes" : "no"), out,
                          &cli->err);
}

/* Open the store of STORE#NAME; *name points into the text. */
static mlc_status open_of(struct cli *cli, const char *text, bool create, mlc_store **store,
                          const char **name)
{
    const char *mark = strrchr(text, '#');
    char *path = strndup(text, (size_t)(mark - text));
    mlc_status status =
        path == NULL ? MLC_ERROR_NO_MEMORY : cli_open_store(cli, path, create, store);

    *name = mark + 1;
    free(path);
    return status;
}

mlc_status cli_read_stored(struct cli *cli, const char *text, mlc_dataset **out)
{
    mlc_store *store = NULL;
    const char *name;
    mlc_status status = open_of(cli, text, false, &store, &name);

    if (status == MLC_OK)
        status = mlc_store_dataset(store, name, out, &cli->err);
    mlc_store_destroy(store);
    return status;
}

mlc_status cli_read_for(struct cli *cli, const mlc_model *model, const char *data,
                        const struct cli_pairs *reading, bool target, mlc_dataset **out,
                        mlc_rejects **rejects)
{
    mlc_status status;

    if (cli_is_stored(data))
        return cli_read_stored(cli, data, out);
    status =
        mlc_model_read(model, data, cli_pairs_list(reading), target, out, rejects, &cli->err);
    if (status == MLC_OK)
        cli_tell_rejects(cli, data, *rejects);
    return status;
}

mlc_status cli_load_model(struct cli *cli, const char *text, mlc_model **out)
{
    mlc_store *store = NULL;
    const char *name;
    mlc_status status;

    if (!cli_is_stored(text))
        return mlc_model_load(cli->ctx, text, out, &cli->err);
    status = open_of(cli, text, false, &store, &name);
    if (status == MLC_OK)
        status = mlc_registry_model(store, name, out, &cli->err);
    mlc_store_destroy(store);
    return status;
}

mlc_status cli_write_data(struct cli *cli, const mlc_dataset *dataset, const char *out)
{
    mlc_store *store = NULL;
    const char *name;
    mlc_status status;

    if (!cli_is_stored(out))
        return mlc_dataset_write(dataset, out, NULL, &cli->err);
    status = open_of(cli, out, true, &store, &name);
    if (status == MLC_OK)
        status = mlc_store_put(store, name, dataset, NULL, &cli->err);
    mlc_store_destroy(store);
    return status;
}

/* ------------------------------------------------------------------------- tables */

int64_t cli_cell_integer(const mlc_dataset *table, const char *column, int64_t row)
{
    double value = 0;

    (void)mlc_dataset_numbers(table, mlc_dataset_find(table, column), row, 1, &value, NULL);
    return value == value ? (int64_t)value : 0; /* missing: 0 */
}

const char *cli_cell_text(const mlc_dataset *table, const char *column, int64_t row,
                          char **room)
{
    const char *data = NULL;
    int64_t size = 0;

    free(*room);
    *room = NULL;
    if (mlc_dataset_text(table, mlc_dataset_find(table, column), row, &data, &size, NULL) ==
            MLC_OK &&
        data != NULL)
        *room = strndup(data, (size_t)size);
    return *room;
}
