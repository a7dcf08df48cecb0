/*
 * steps_result.c - what applying steps did, as a result
 */
#include "model/model.h"

/* One line a value that no step knew: step, column, value, count. */
static mlc_status unknown_table(const mlci_steps_report *report, mlc_dataset **out,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = report->ctx;
    static const char *const names[] = {"step", "column", "value", "count"};
    mlci_column_maker makers[4];
    mlci_column columns[4];
    size_t room = report->n_unknown, n_columns = 0;

    memset(makers, 0, sizeof makers);
    memset(columns, 0, sizeof columns);
    for (size_t c = 0; c < 4; c++)
        MLCI_TRY(mlci_maker_begin(&makers[c], ctx, c == 0 || c == 3 ? MLC_INT64 : MLC_UTF8,
                                  c == 0 || c == 3 ? MLC_NUMBER : MLC_TEXT, room, err));
    for (size_t u = 0; u < report->n_unknown; u++) {
        const mlci_unknown *line = &report->unknown[u];
        MLCI_TRY(mlci_maker_integer(&makers[0], (int64_t)line->step, err));
        MLCI_TRY(mlci_maker_text(&makers[1], mlci_slice_of(line->column), err));
        MLCI_TRY(mlci_maker_text(&makers[2], mlci_slice_of(line->value), err));
        MLCI_TRY(mlci_maker_integer(&makers[3], (int64_t)line->count, err));
    }
    for (; n_columns < 4; n_columns++)
        MLCI_TRY(
            mlci_maker_end(&makers[n_columns], names[n_columns], &columns[n_columns], err));
    status = mlci_dataset_new(ctx, columns, 4, room, NULL, 0, out, err);
    n_columns = 0; /* taken over */
done:
    for (size_t c = 0; c < n_columns; c++)
        mlci_column_free(ctx, &columns[c]);
    for (size_t c = 0; c < 4; c++)
        mlci_maker_free(&makers[c]);
    return status;
}

/* One step's element of the JSON's list; its lines begin at *at. */
static mlc_status put_step(mlc_result *result, const mlci_steps *steps,
                           const mlci_steps_report *report, size_t step, size_t *at,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;

    MLCI_TRY(mlci_result_begin(result, NULL, false, err));
    MLCI_TRY(mlci_result_put_text(result, "kind", mlci_steps_kind(steps, step)->name, err));
    MLCI_TRY(mlci_result_put_number(result, "changed", (double)report->changed[step], err));
    if (mlci_steps_kind(steps, step)->scope == MLC_SCOPE_FIT)
        MLCI_TRY(mlci_result_put_number(result, "dropped", (double)report->dropped[step], err));
    MLCI_TRY(mlci_result_begin(result, "unknown", false, err));
    while (*at < report->n_unknown && report->unknown[*at].step == step) {
        const char *column = report->unknown[*at].column;
        MLCI_TRY(mlci_result_begin(result, column, false, err));
        for (; *at < report->n_unknown && report->unknown[*at].step == step &&
               strcmp(report->unknown[*at].column, column) == 0;
             ++*at)
            MLCI_TRY(mlci_result_put_number(result, report->unknown[*at].value,
                                            (double)report->unknown[*at].count, err));
        MLCI_TRY(mlci_result_end(result, err));
    }
    MLCI_TRY(mlci_result_end(result, err));
    MLCI_TRY(mlci_result_end(result, err));
done:
    return status;
}

mlc_status mlci_steps_result(const mlci_steps *steps, const mlci_steps_report *report,
                             int64_t rows, mlc_result **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_result *result = NULL;
    mlc_dataset *unknown = NULL;
    uint64_t changed = 0;
    size_t at = 0;

    *out = NULL;
    for (size_t s = 0; s < report->n_steps; s++)
        changed += report->changed[s];
    MLCI_TRY(mlci_result_new(report->ctx, &result, err));
    MLCI_TRY(mlci_result_put_number(result, "rows", (double)rows, err));
    MLCI_TRY(mlci_result_put_number(result, "changed_cells", (double)changed, err));
    MLCI_TRY(mlci_result_begin(result, "steps", true, err));
    for (size_t s = 0; s < report->n_steps; s++)
        MLCI_TRY(put_step(result, steps, report, s, &at, err));
    MLCI_TRY(mlci_result_end(result, err));
    MLCI_TRY(unknown_table(report, &unknown, err));
    MLCI_TRY(mlci_result_put_table(result, "unknown", unknown, false, err));
    MLCI_TRY(mlci_result_freeze(result, err));
    *out = result;
    result = NULL;
done:
    mlc_dataset_destroy(unknown);
    mlc_result_destroy(result);
    return status;
}
