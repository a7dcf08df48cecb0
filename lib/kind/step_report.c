/*
 * step_report.c - what applying steps did: changed cells, and values that no step knew
 *
 * Values are counted in a dictionary with a count beside each code, so merging and the order in
 * which lanes came by do not matter; the report's lines are sorted at the end.
 */
#include "kind/steps.h"

mlc_status mlci_tally_add(mlc_context *ctx, struct tally *tally, mlci_slice value,
                          uint64_t count, mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint32_t code;

    if (tally->values == NULL)
        MLCI_TRY(mlci_dictionary_new(ctx, &tally->values, err));
    MLCI_TRY(mlci_dictionary_code(tally->values, value, &code, err));
    if (code >= tally->room) {
        size_t room = tally->room == 0 ? 16 : tally->room * 2;
        uint64_t *grown = mlci_realloc(ctx, tally->counts, tally->room, room, sizeof *grown);
        if (grown == NULL) {
            status = mlci_no_memory(err, room * sizeof *grown);
            goto done;
        }
        memset(grown + tally->room, 0, (room - tally->room) * sizeof *grown);
        tally->counts = grown;
        tally->room = room;
    }
    tally->counts[code] += count;
done:
    return status;
}

mlc_status mlci_tally_merge(mlc_context *ctx, struct tally *into, const struct tally *from,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    uint32_t n = from->values == NULL ? 0 : mlci_dictionary_count(from->values);

    for (uint32_t code = 0; code < n; code++)
        MLCI_TRY(mlci_tally_add(ctx, into, mlci_dictionary_text(from->values, code),
                                from->counts[code], err));
done:
    return status;
}

void mlci_tally_free(mlc_context *ctx, struct tally *tally)
{
    mlci_dictionary_drop(tally->values);
    tally->values = NULL;
    MLCI_FREE(tally->counts, tally->room);
    tally->counts = NULL;
    tally->room = 0;
}

/* ------------------------------------------------------------------- sorting */

/* True when code a comes before code b: falling count, then the value's bytes. */
static bool tally_before(const struct tally *tally, uint32_t a, uint32_t b)
{
    if (tally->counts[a] != tally->counts[b])
        return tally->counts[a] > tally->counts[b];
    return mlci_slice_compare(mlci_dictionary_text(tally->values, a),
                              mlci_dictionary_text(tally->values, b)) < 0;
}

static void tally_sift(const struct tally *tally, uint32_t *codes, size_t at, size_t n)
{
    for (;;) {
        size_t last = at, child = 2 * at + 1;
        uint32_t code;
        if (child < n && tally_before(tally, codes[last], codes[child]))
            last = child;
        if (child + 1 < n && tally_before(tally, codes[last], codes[child + 1]))
            last = child + 1;
        if (last == at)
            return;
        code = codes[at];
        codes[at] = codes[last];
        codes[last] = code;
        at = last;
    }
}

/* Heap sort: no memory, and no bad case that a stranger's values could bring about. */
static void tally_sort(const struct tally *tally, uint32_t *codes, size_t n)
{
    for (size_t at = n / 2; at-- > 0;)
        tally_sift(tally, codes, at, n);
    for (size_t end = n; end-- > 1;) {
        uint32_t code = codes[0];
        codes[0] = codes[end];
        codes[end] = code;
        tally_sift(tally, codes, 0, end);
    }
}

/* -------------------------------------------------------------------- report */

mlc_status mlci_report_begin(const mlci_steps *steps, mlci_steps_report *report, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = steps->ctx;

    memset(report, 0, sizeof *report);
    report->ctx = ctx;
    report->n_steps = steps->n;
    MLCI_ALLOC_ZEROED(report->changed, steps->n);
    MLCI_ALLOC_ZEROED(report->dropped, steps->n);
done:
    return status;
}

void mlci_steps_report_free(mlci_steps_report *report)
{
    mlc_context *ctx;

    if (report == NULL || report->ctx == NULL)
        return;
    ctx = report->ctx;
    for (size_t u = 0; u < report->n_unknown; u++) {
        mlci_text_free(ctx, report->unknown[u].column);
        mlci_text_free(ctx, report->unknown[u].value);
    }
    MLCI_FREE(report->unknown, report->room_unknown);
    MLCI_FREE(report->changed, report->n_steps);
    MLCI_FREE(report->dropped, report->n_steps);
    memset(report, 0, sizeof *report);
}

mlc_status mlci_report_unknown(mlci_steps_report *report, size_t step, const char *column,
                               const struct tally *tally, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = report->ctx;
    uint32_t n = tally->values == NULL ? 0 : mlci_dictionary_count(tally->values),
             *codes = NULL;

    if (n == 0)
        return MLC_OK;
    MLCI_ALLOC(codes, n);
    for (uint32_t k = 0; k < n; k++)
        codes[k] = k;
    tally_sort(tally, codes, n);
    if (report->room_unknown - report->n_unknown < n) {
        size_t room = report->n_unknown + n + report->room_unknown;
        void *grown = mlci_realloc(ctx, report->unknown, report->room_unknown, room,
                                   sizeof *report->unknown);
        if (grown == NULL) {
            status = mlci_no_memory(err, room * sizeof *report->unknown);
            goto done;
        }
        report->unknown = grown;
        report->room_unknown = room;
    }
    for (uint32_t k = 0; k < n; k++) {
        mlci_slice value = mlci_dictionary_text(tally->values, codes[k]);
        mlci_unknown *line = &report->unknown[report->n_unknown];
        line->step = step;
        line->count = tally->counts[codes[k]];
        line->column = mlci_text_copy(ctx, column);
        line->value = mlci_text_copy_n(ctx, value.data, value.size);
        report->n_unknown++;
        if (line->column == NULL || line->value == NULL) {
            status = mlci_no_memory(err, value.size + 1);
            goto done;
        }
    }
done:
    MLCI_FREE(codes, n);
    return status;
}
