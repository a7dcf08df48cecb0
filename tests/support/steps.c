/*
 * steps.c - lists of steps written down in one line, for tests
 */
#include "support/steps.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRS = 32 };

/* One word of a line; *at goes behind it. */
static char *word(const char **at)
{
    char *out = malloc(strlen(*at) + 1);
    size_t n = 0;
    bool quoted = false;

    ck_assert_ptr_nonnull(out);
    while (**at == ' ')
        (*at)++;
    for (; **at != '\0' && **at != '\n' && (quoted || **at != ' '); (*at)++) {
        if (quoted && **at == '\'' && (*at)[1] == '\'')
            out[n++] = *(*at)++;
        else if (**at == '\'')
            quoted = !quoted;
        else
            out[n++] = **at;
    }
    out[n] = '\0';
    return out;
}

static mlc_status add_line(mlci_steps *steps, mlc_context *ctx, const char **at, mlc_error *err)
{
    const mlc_step_kind *kind = NULL;
    char *words[MOST_PAIRS] = {0}, *name = word(at);
    const char *pairs[2 * MOST_PAIRS + 1] = {0};
    size_t n = 0;
    mlc_status status;

    while (**at == ' ')
        (*at)++;
    while (**at != '\0' && **at != '\n') {
        words[n] = word(at);
        char *equals = strchr(words[n], '=');
        ck_assert_ptr_nonnull(equals);
        *equals = '\0';
        pairs[2 * n] = words[n];
        pairs[2 * n + 1] = equals + 1;
        n++;
        while (**at == ' ')
            (*at)++;
    }
    status = mlci_step_kind_find(ctx, name, 0, &kind, err);
    if (status == MLC_OK)
        status = mlci_steps_add(steps, kind, pairs, err);
    while (n-- > 0)
        free(words[n]);
    free(name);
    return status;
}

mlc_status steps_try(mlc_context *ctx, const char *text, mlci_steps **out, mlc_error *err)
{
    mlc_status status = mlci_steps_new(ctx, out, err);

    while (status == MLC_OK && *text != '\0') {
        status = add_line(*out, ctx, &text, err);
        if (*text == '\n')
            text++;
    }
    if (status != MLC_OK) {
        mlci_steps_free(*out);
        *out = NULL;
    }
    return status;
}

mlci_steps *steps_of(mlc_context *ctx, const char *text)
{
    mlci_steps *steps = NULL;
    mlc_error err = MLC_ERROR_INIT;

    ck_assert_msg(steps_try(ctx, text, &steps, &err) == MLC_OK, "%s", err.message);
    return steps;
}

mlc_dataset *steps_made(mlc_context *ctx, const char *text, const mlc_dataset *dataset)
{
    mlci_steps *steps = steps_of(ctx, text);
    mlc_dataset *out = NULL;
    mlc_error err = MLC_ERROR_INIT;

    ck_assert_msg(mlci_steps_fit(steps, dataset, &out, &err) == MLC_OK, "%s", err.message);
    mlci_steps_free(steps);
    return out;
}

mlci_steps *steps_again(mlc_context *ctx, const mlci_steps *steps, mlci_buffer *bytes)
{
    mlci_buffer own = {.ctx = ctx};
    mlci_buffer *into = bytes == NULL ? &own : bytes;
    mlc_writer *writer = NULL;
    mlc_reader *reader = NULL;
    mlci_steps *again = NULL;
    mlc_error err = MLC_ERROR_INIT;

    ck_assert_int_eq(mlci_writer_new(ctx, &writer, &err), MLC_OK);
    ck_assert_msg(mlci_steps_save(steps, writer, &err) == MLC_OK, "%s", err.message);
    ck_assert_int_eq(mlci_writer_bytes(writer, "{}", into, &err), MLC_OK);
    ck_assert_int_eq(mlci_reader_new(ctx, into->data, into->size, false, &reader, &err),
                     MLC_OK);
    ck_assert_msg(mlci_steps_load(ctx, reader, &again, &err) == MLC_OK, "%s", err.message);
    mlci_reader_free(reader);
    mlci_writer_free(writer);
    mlci_buffer_free(&own);
    return again;
}

static bool is_text(int32_t type)
{
    return type == MLC_CATEGORY || type == MLC_TEXT;
}

/* Cells [row, row + n) of every input, as a host would hand them in. */
static void read_block(const mlci_steps *steps, const mlc_dataset *raw, size_t row, size_t n,
                       mlc_cells *cells)
{
    for (size_t i = 0; i < mlci_steps_inputs(steps); i++) {
        size_t at = mlci_dataset_find(raw, mlci_steps_input(steps, i)->name);
        ck_assert_uint_ne(at, SIZE_MAX);
        if (!is_text(cells[i].type)) {
            mlci_read_numbers(raw, at, (mlci_range){row, row + n}, cells[i].numbers);
            continue;
        }
        for (size_t k = 0; k < n; k++) {
            mlci_slice text = mlci_read_text(raw, at, row + k);
            cells[i].texts[k] = (mlc_text){text.data, (int64_t)text.size};
        }
    }
}

static bool same_cell(const mlc_cells *cells, size_t k, const mlc_dataset *made, size_t column,
                      size_t row)
{
    if (is_text(cells->type)) {
        mlci_slice text = mlci_read_text(made, column, row);
        return mlci_slice_equal(
            text, (mlci_slice){cells->texts[k].data, (size_t)cells->texts[k].size});
    }
    double number;
    mlci_read_numbers(made, column, (mlci_range){row, row + 1}, &number);
    return memcmp(&number, &cells->numbers[k], sizeof number) == 0 ||
           (number != number && cells->numbers[k] != cells->numbers[k]);
}

bool plan_agrees(const mlci_steps *steps, const mlc_dataset *raw, const mlc_dataset *made,
                 size_t rows_at_once)
{
    mlci_step_plan *plan = NULL;
    mlc_error err = MLC_ERROR_INIT;
    size_t rows = (size_t)mlc_dataset_rows(raw), n_in = mlci_steps_inputs(steps);
    mlc_cells *in = calloc(n_in + 1, sizeof *in);
    const mlc_cells *out = NULL;
    bool same = true;

    ck_assert_int_eq(mlci_step_plan_new(steps, NULL, rows_at_once, 1 << 16, true, &plan, &err),
                     MLC_OK);
    for (size_t i = 0; i < n_in; i++) {
        in[i].type = mlci_steps_input(steps, i)->type;
        in[i].unit = mlci_steps_input(steps, i)->unit;
        in[i].numbers = is_text(in[i].type) ? NULL : calloc(rows_at_once, sizeof(double));
        in[i].texts = is_text(in[i].type) ? calloc(rows_at_once, sizeof(mlc_text)) : NULL;
    }
    for (size_t row = 0; row < rows && same; row += rows_at_once) {
        size_t n = rows - row < rows_at_once ? rows - row : rows_at_once;
        read_block(steps, raw, row, n, in);
        ck_assert_msg(mlci_step_plan_run(plan, n, in, &out, NULL, &err) == MLC_OK, "%s",
                      err.message);
        for (size_t o = 0; o < mlci_steps_outputs(steps) && same; o++)
            for (size_t k = 0; k < n && same; k++)
                same = same_cell(&out[o], k, made, o, row + k);
    }
    for (size_t i = 0; i < n_in; i++) {
        free(in[i].numbers);
        free(in[i].texts);
    }
    free(in);
    mlci_step_plan_free(plan);
    return same;
}
