/*
 * split.c - a dataset's rows in two parts: by id, by id within each value, or in order
 *
 * By id, the rows with the smallest draws (sample.c) make the second part. Copies of one row
 * draw the same and are never parted: the second part may be larger than told by the copies of
 * one row, and no row is on both sides. Stratified, each value's rows give the share of their
 * own rounded down; what is then left of the whole goes to the values with the largest
 * remainders, one row each, equal remainders by a draw.
 */
#include <math.h>

#include "data/table.h"

/* ------------------------------------------------------------------ groups of equal values */

/* Number the values of a column by first appearance into groups[row]; missing is a value. */
static mlc_status group_numbers(const mlc_dataset *d, size_t column, uint32_t *groups,
                                size_t *n_groups, mlc_error *err)
{
    enum { BLOCK = 1024 };
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    uint64_t *values = NULL; /* of the groups */
    uint32_t *slots = NULL;  /* group + 1; 0 free */
    size_t n_slots = 64, n = 0, room = n_slots / 2;
    double block[BLOCK];

    MLCI_ALLOC_ZEROED(slots, n_slots);
    MLCI_ALLOC(values, room);
    for (size_t r = 0; r < d->rows; r++) {
        double value;
        uint64_t bits;
        size_t at;
        if (r % BLOCK == 0) {
            size_t end = d->rows - r < BLOCK ? d->rows : r + BLOCK;
            mlci_read_numbers(d, column, (mlci_range){r, end}, block);
        }
        value = block[r % BLOCK];
        value = value != value ? NAN : value == 0 ? 0 : value; /* one NaN, one zero */
        memcpy(&bits, &value, sizeof bits);
        at = (size_t)mlci_hash(&bits, sizeof bits, 0) & (n_slots - 1);
        while (slots[at] != 0 && values[slots[at] - 1] != bits)
            at = (at + 1) & (n_slots - 1);
        if (slots[at] == 0 && n == room) { /* more room, then this row once more */
            uint32_t *more = mlci_alloc_zeroed(ctx, 2 * n_slots, sizeof *slots);
            uint64_t *grown =
                more == NULL ? NULL : mlci_realloc(ctx, values, room, 2 * room, sizeof *values);
            if (grown == NULL) {
                if (more != NULL)
                    MLCI_FREE(more, 2 * n_slots);
                status = mlci_no_memory(err, 2 * n_slots * sizeof *slots);
                goto done;
            }
            MLCI_FREE(slots, n_slots);
            slots = more;
            values = grown;
            n_slots *= 2;
            room *= 2;
            for (size_t g = 0; g < n; g++) {
                at = (size_t)mlci_hash(&values[g], sizeof *values, 0) & (n_slots - 1);
                while (slots[at] != 0)
                    at = (at + 1) & (n_slots - 1);
                slots[at] = (uint32_t)g + 1;
            }
            at = (size_t)mlci_hash(&bits, sizeof bits, 0) & (n_slots - 1);
            while (slots[at] != 0)
                at = (at + 1) & (n_slots - 1);
        }
        if (slots[at] == 0) {
            values[n++] = bits;
            slots[at] = (uint32_t)n;
        }
        groups[r] = slots[at] - 1;
    }
    *n_groups = n;
done:
    if (values != NULL)
        MLCI_FREE(values, room);
    if (slots != NULL)
        MLCI_FREE(slots, n_slots);
    return status;
}

static mlc_status group_rows(const mlc_dataset *d, size_t column, uint32_t *groups,
                             size_t *n_groups, mlc_error *err)
{
    const mlci_dictionary *dictionary = mlci_column_dictionary(d, column);

    if (dictionary == NULL)
        return group_numbers(d, column, groups, n_groups, err);
    *n_groups = (size_t)mlci_dictionary_count(dictionary) + 1;
    mlci_read_codes(d, column, (mlci_range){0, d->rows}, groups);
    for (size_t r = 0; r < d->rows; r++)
        groups[r] = groups[r] == MLCI_MISSING_CODE ? (uint32_t)*n_groups - 1 : groups[r];
    return MLC_OK;
}

/*
 * How many rows each group gives: its share rounded down, and one more for those with the
 * largest remainders until there are `wanted`. begins[g] .. begins[g + 1]: the group's draws.
 * Equal remainders go by the group's first key, the smallest of its draws.
 */
static void share_out(const size_t *begins, const uint64_t *draws, size_t n_groups,
                      double share, size_t wanted, size_t *takes, uint64_t *keys,
                      uint64_t *scratch)
{
    size_t taken = 0, left;
    uint64_t most;

    for (size_t g = 0; g < n_groups; g++) {
        size_t n = begins[g + 1] - begins[g];
        double exact = share * (double)n, whole = floor(exact + 1e-9);
        double rest = exact - whole > 0 ? exact - whole : 0;
        uint64_t first = UINT64_MAX;
        for (size_t k = begins[g]; k < begins[g + 1]; k++)
            first = draws[k] < first ? draws[k] : first;
        takes[g] = (size_t)whole;
        taken += takes[g];
        keys[g] = takes[g] == n ? UINT64_MAX /* has no more to give */
                                : (uint64_t)((1 - rest) * 0x1p20) << 40 | first >> 24;
    }
    left = wanted > taken ? wanted - taken : 0;
    if (left == 0)
        return;
    memcpy(scratch, keys, n_groups * sizeof *keys);
    most = mlci_smallest(scratch, n_groups, left < n_groups ? left : n_groups);
    for (int pass = 0; pass < 2; pass++) /* the smaller keys, then those that tie */
        for (size_t g = 0; g < n_groups && left > 0; g++)
            if ((pass == 0 ? keys[g] < most : keys[g] == most) &&
                takes[g] < begins[g + 1] - begins[g]) {
                takes[g]++;
                left--;
            }
}

/* Mark share of each value's rows. draws are the rows'. */
static mlc_status mark_stratified(const mlc_dataset *d, size_t column, double share,
                                  size_t wanted, const uint64_t *draws, uint8_t *marks,
                                  mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    uint32_t *groups = NULL;
    uint64_t *sorted = NULL, *keys = NULL, *scratch = NULL, *most = NULL;
    size_t *begins = NULL, *takes = NULL, *fill = NULL, n = d->rows, n_groups = 0;

    MLCI_ALLOC(groups, n);
    MLCI_ALLOC(sorted, n);
    MLCI_TRY(group_rows(d, column, groups, &n_groups, err));
    MLCI_ALLOC_ZEROED(begins, n_groups + 1);
    MLCI_ALLOC(fill, n_groups);
    MLCI_ALLOC(takes, n_groups);
    MLCI_ALLOC(keys, n_groups);
    MLCI_ALLOC(scratch, n_groups);
    MLCI_ALLOC(most, n_groups);
    for (size_t r = 0; r < n; r++)
        begins[groups[r] + 1]++;
    for (size_t g = 0; g < n_groups; g++) {
        begins[g + 1] += begins[g];
        fill[g] = begins[g];
    }
    for (size_t r = 0; r < n; r++)
        sorted[fill[groups[r]]++] = draws[r];
    share_out(begins, sorted, n_groups, share, wanted, takes, keys, scratch);
    for (size_t g = 0; g < n_groups; g++)
        if (takes[g] > 0)
            most[g] = mlci_smallest(sorted + begins[g], begins[g + 1] - begins[g], takes[g]);
    for (size_t r = 0; r < n; r++)
        marks[r] = takes[groups[r]] > 0 && draws[r] <= most[groups[r]];
done:
    if (most != NULL)
        MLCI_FREE(most, n_groups);
    if (scratch != NULL)
        MLCI_FREE(scratch, n_groups);
    if (keys != NULL)
        MLCI_FREE(keys, n_groups);
    if (takes != NULL)
        MLCI_FREE(takes, n_groups);
    if (fill != NULL)
        MLCI_FREE(fill, n_groups);
    if (begins != NULL)
        MLCI_FREE(begins, n_groups + 1);
    if (sorted != NULL)
        MLCI_FREE(sorted, n);
    if (groups != NULL)
        MLCI_FREE(groups, n);
    return status;
}

/* ------------------------------------------------------------------------------- split */

enum { SHARE, BY, COLUMN, SEED, N_PARAMS };
enum { BY_RANDOM, BY_STRATIFIED, BY_ORDER };

static const mlc_param split_params[N_PARAMS] = {
    {.name = "share",
     .type = MLC_PARAM_REAL,
     .least = 0,
     .most = 1,
     .default_value = "0.2",
     .help = "the second part's share of the rows"},
    {.name = "by",
     .type = MLC_PARAM_CHOICE,
     .default_value = "random",
     .choices = "random|stratified|order",
     .help = "by seed and row id, each value of a column in equal shares, or the last rows"},
    {.name = "column",
     .type = MLC_PARAM_COLUMN,
     .help = "whose values are shared equally; for by=stratified"},
    {.name = "seed",
     .type = MLC_PARAM_COUNT,
     .least = 0,
     .most = 0x1p53,
     .default_value = "0",
     .help = "another seed, another split"},
};

static mlc_status mark_second(const mlc_dataset *d, const mlc_value *values, size_t wanted,
                              uint8_t *marks, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    uint64_t *draws = NULL, *copy = NULL, most;
    size_t n = d->rows, column;

    MLCI_ALLOC(draws, n);
    MLCI_TRY(mlci_draw_rows(d, (uint64_t)values[SEED].count, MLCI_STREAM_SPLIT, draws, err));
    memset(marks, 0, n);
    if (values[BY].count == BY_STRATIFIED) {
        MLCI_TRY(mlci_dataset_need(d, values[COLUMN].text, &column, err));
        MLCI_TRY(mark_stratified(d, column, values[SHARE].real, wanted, draws, marks, err));
    } else if (wanted > 0) {
        MLCI_ALLOC(copy, n);
        memcpy(copy, draws, n * sizeof *copy);
        most = mlci_smallest(copy, n, wanted);
        for (size_t r = 0; r < n; r++)
            marks[r] = draws[r] <= most;
    }
done:
    if (copy != NULL)
        MLCI_FREE(copy, n);
    if (draws != NULL)
        MLCI_FREE(draws, n);
    return status;
}

static mlc_status split_rows(const mlc_dataset *d, const mlc_value *values, mlc_dataset **first,
                             mlc_dataset **second, mlc_error *err)
{
    mlc_context *ctx = d->ctx;
    mlc_status status = MLC_OK;
    uint8_t *marks = NULL;
    size_t n = d->rows, wanted = (size_t)floor(values[SHARE].real * (double)n + 0.5);

    wanted = wanted > n ? n : wanted;
    if (values[BY].count == BY_ORDER) {
        MLCI_TRY(mlci_dataset_range(d, 0, n - wanted, first, err));
        MLCI_TRY(mlci_dataset_range(d, n - wanted, wanted, second, err));
        goto done;
    }
    MLCI_ALLOC(marks, n);
    MLCI_TRY(mark_second(d, values, wanted, marks, err));
    MLCI_TRY(mlci_dataset_filter(d, marks, second, err));
    for (size_t r = 0; r < n; r++)
        marks[r] = !marks[r];
    MLCI_TRY(mlci_dataset_filter(d, marks, first, err));
done:
    if (marks != NULL)
        MLCI_FREE(marks, n);
    return status;
}

mlc_status mlc_dataset_split(const mlc_dataset *dataset, const char *const *params,
                             mlc_dataset **first, mlc_dataset **second, mlc_error *err)
{
    mlci_settings *settings = NULL;
    mlc_status status;
    mlci_fp_state fp;

    if (first == NULL || second == NULL)
        return mlci_null_argument(err, first == NULL ? "first" : "second");
    *first = *second = NULL;
    if (dataset == NULL)
        return mlci_null_argument(err, "dataset");
    fp = mlci_fp_enter();
    MLCI_TRY(mlci_params_read(dataset->ctx, "split", split_params, N_PARAMS, params, &settings,
                              err));
    if (settings->values[COLUMN].text == NULL && settings->values[BY].count == BY_STRATIFIED) {
        status = mlci_fail(err, MLC_ERROR_PARAMETER,
                           "split by=stratified needs `column`, whose values it shares out");
        mlci_error_detail(err, "column");
        goto done;
    }
    if (settings->values[COLUMN].text != NULL && settings->values[BY].count != BY_STRATIFIED) {
        status =
            mlci_fail(err, MLC_ERROR_PARAMETER, "split takes `column` only with by=stratified");
        mlci_error_detail(err, "column");
        goto done;
    }
    MLCI_TRY(split_rows(dataset, settings->values, first, second, err));
done:
    if (status != MLC_OK) {
        mlc_dataset_destroy(*first);
        mlc_dataset_destroy(*second);
        *first = *second = NULL;
    }
    mlci_settings_free(settings);
    mlci_fp_leave(fp);
    return status;
}
