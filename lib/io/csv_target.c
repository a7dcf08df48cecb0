/*
 * csv_target.c - the chunks of one column, block after block, into its final memory
 *
 * Room is taken at once for as many rows as the file will probably have. Integers become reals
 * and times finer units as soon as a chunk asks for it. Bits behind the last row are set, so
 * that only gaps have to be written.
 */
#include "io/csv_target.h"

static size_t target_cell_size(int32_t as)
{
    return as == MLCI_AS_TEXT ? 4 : as == MLCI_AS_FLAG ? 1 : 8;
}

static size_t words_of(size_t cells)
{
    return cells / 64 + 1;
}

static mlc_status target_reserve(mlci_csv_target *t, size_t rows, size_t likely, mlc_error *err)
{
    size_t size = target_cell_size(t->as), need = t->rows + rows, room = t->room;
    if (t->values != NULL && need <= room)
        return MLC_OK;
    room = need > likely ? need + need / 2 + 64 : likely;
    if (t->values == NULL) {
        t->values = mlci_shared_new(t->ctx, room, size);
        if (t->values == NULL)
            return mlci_no_memory(err, (uint64_t)room * size);
    } else if (!mlci_shared_resize(t->values, room, size)) {
        return mlci_no_memory(err, (uint64_t)room * size);
    }
    if (t->valid != NULL) {
        size_t old = words_of(t->room), words = words_of(room);
        if (!mlci_shared_resize(t->valid, words, 8))
            return mlci_no_memory(err, (uint64_t)words * 8);
        if (words > old)
            memset((uint64_t *)t->valid->bytes + old, 0xff, (words - old) * 8);
    }
    t->room = room;
    return MLC_OK;
}

static mlc_status target_need_bits(mlci_csv_target *t, mlc_error *err)
{
    if (t->valid != NULL)
        return MLC_OK;
    t->valid = mlci_shared_new(t->ctx, words_of(t->room), 8);
    if (t->valid == NULL)
        return mlci_no_memory(err, (uint64_t)words_of(t->room) * 8);
    memset(t->valid->bytes, 0xff, words_of(t->room) * 8);
    return MLC_OK;
}

static inline void target_gap(mlci_csv_target *t, size_t row)
{
    ((uint64_t *)t->valid->bytes)[row / 64] &= ~(UINT64_C(1) << (row % 64));
}

/* Gaps of rows [from, t->rows) that stand in the values, to bits. */
static mlc_status target_gaps(mlci_csv_target *t, size_t from, mlc_error *err)
{
    mlc_status status = target_need_bits(t, err);
    if (status != MLC_OK)
        return status;
    if (t->as == MLCI_AS_FLAG) {
        uint8_t *v = t->values->bytes;
        for (size_t i = from; i < t->rows; i++) {
            if (v[i] == 2) {
                v[i] = 0;
                target_gap(t, i);
            }
        }
        return MLC_OK;
    }
    int64_t *v = t->values->bytes;
    for (size_t i = from; i < t->rows; i++) {
        if (v[i] == MLCI_CSV_GAP) {
            v[i] = 0;
            target_gap(t, i);
        }
    }
    return MLC_OK;
}

static bool target_is_gap(const mlci_csv_target *t, size_t row)
{
    return t->valid != NULL &&
           !(((const uint64_t *)t->valid->bytes)[row / 64] >> (row % 64) & 1);
}

static void target_to_reals(mlci_csv_target *t)
{
    char *values = t->values->bytes;
    for (size_t i = 0; i < t->rows; i++) {
        int64_t v;
        memcpy(&v, values + 8 * i, 8);
        double x = target_is_gap(t, i) ? __builtin_nan("") : (double)v;
        memcpy(values + 8 * i, &x, 8);
    }
    mlci_shared_drop(t->valid);
    t->valid = NULL;
    t->as = MLCI_AS_REAL;
}

/* Reals that are all whole numbers below 2^53, to integers. */
static mlc_status target_to_integers(mlci_csv_target *t, mlc_error *err)
{
    char *values = t->values->bytes;
    bool gaps = false;
    for (size_t i = 0; i < t->rows; i++) {
        double x;
        memcpy(&x, values + 8 * i, 8);
        int64_t v = x != x ? MLCI_CSV_GAP : (int64_t)x;
        gaps |= v == MLCI_CSV_GAP;
        memcpy(values + 8 * i, &v, 8);
    }
    t->as = MLCI_AS_INTEGER;
    return gaps ? target_gaps(t, 0, err) : MLC_OK;
}

/* Rows [from, to) to a finer unit; those that do not fit become missing. */
static mlc_status target_rescale(mlci_csv_target *t, size_t from, int32_t was, int32_t unit,
                                 bool told, mlc_error *err)
{
    uint64_t lost =
        mlci_csv_rescale((int64_t *)t->values->bytes + from, t->rows - from, was, unit);
    t->invalid += told ? lost : 0;
    return lost > 0 ? target_gaps(t, from, err) : MLC_OK;
}

/* A chunk's codes: its entries' texts are looked up once each. */
static mlc_status target_texts(mlci_csv_target *t, const mlci_csv_chunk *k, size_t rows,
                               mlc_error *err)
{
    mlc_context *ctx = t->ctx;
    mlc_status status = MLC_OK;
    const uint32_t *in = k->values;
    uint32_t *out = (uint32_t *)t->values->bytes + t->rows;

    if (k->texts.n > t->map_room) {
        MLCI_FREE(t->map, t->map_room);
        t->map_room = 0;
        MLCI_ALLOC(t->map, k->texts.room);
        t->map_room = k->texts.room;
    }
    if (t->dictionary == NULL)
        MLCI_TRY(mlci_dictionary_new(ctx, &t->dictionary, err));
    MLCI_TRY(mlci_dictionary_codes(t->dictionary, k->texts.entries, k->texts.n, t->map, err));
    for (size_t i = 0; i < rows; i++)
        out[i] = in[i] == MLCI_MISSING_CODE ? MLCI_MISSING_CODE : t->map[in[i]];
    t->rows += rows;
done:
    return status;
}

mlc_status mlci_csv_target_append(mlci_csv_target *t, const mlci_csv_chunk *k, size_t rows,
                                  size_t likely, bool told, mlc_error *err)
{
    if (k->as == MLCI_AS_NOTHING && rows > 0 && !t->broken) {
        mlci_csv_target_free(t);
        t->broken = true;
    }
    if (t->broken || rows == 0)
        return MLC_OK;
    if (!t->begun) {
        t->begun = true;
        t->as = k->as;
        t->unit = k->unit;
    }
    t->invalid += k->invalid;
    mlc_status status = target_reserve(t, rows, likely, err);
    if (status != MLC_OK)
        return status;
    if (t->as == MLCI_AS_TEXT)
        return target_texts(t, k, rows, err);
    if (t->as == MLCI_AS_INTEGER && k->as == MLCI_AS_REAL)
        target_to_reals(t);
    size_t size = target_cell_size(t->as), from = t->rows;
    char *out = (char *)t->values->bytes + from * size;
    if (t->as == MLCI_AS_REAL && k->as == MLCI_AS_INTEGER) {
        const int64_t *in = k->values;
        for (size_t i = 0; i < rows; i++) {
            double x = in[i] == MLCI_CSV_GAP ? __builtin_nan("") : (double)in[i];
            memcpy(out + 8 * i, &x, 8);
        }
        t->rows += rows;
        return MLC_OK;
    }
    memcpy(out, k->values, rows * size);
    if (t->as == MLCI_AS_TIME && k->unit > t->unit) {
        status = target_rescale(t, 0, t->unit, k->unit, told, err);
        t->unit = k->unit;
    }
    t->rows += rows;
    if (status == MLC_OK && t->as == MLCI_AS_TIME && k->unit < t->unit)
        status = target_rescale(t, from, k->unit, t->unit, told, err);
    if (status == MLC_OK && k->gaps && t->as != MLCI_AS_REAL)
        status = target_gaps(t, from, err);
    return status;
}

bool mlci_csv_target_settle(mlci_csv_target *t, const mlci_csv_column *column, int32_t as,
                            mlc_error *err, mlc_status *status)
{
    *status = MLC_OK;
    if (t->broken)
        return false;
    if (!t->begun) { /* no rows at all */
        t->begun = true;
        t->as = as;
        t->unit = column->unit;
        return true;
    }
    if (as == MLCI_AS_REAL && t->as == MLCI_AS_INTEGER)
        target_to_reals(t);
    else if (as == MLCI_AS_INTEGER && t->as == MLCI_AS_REAL && !(column->seen & MLCI_SEEN_BIG))
        *status = target_to_integers(t, err);
    return t->as == as;
}

mlc_status mlci_csv_target_end(mlci_csv_target *t, const char *name, mlci_column *out,
                               mlc_error *err)
{
    static const int32_t storages[] = {0, MLC_INT64, MLC_FLOAT64, MLC_BOOL, 0, MLC_UTF8};
    int32_t storage = t->as == MLCI_AS_TIME ? t->unit : storages[t->as];
    mlc_status status = target_reserve(t, 0, 1, err);
    char *copy = NULL;

    if (status == MLC_OK && t->as == MLCI_AS_TEXT && t->dictionary == NULL)
        status = mlci_dictionary_new(t->ctx, &t->dictionary, err);
    if (status == MLC_OK && (copy = mlci_text_copy(t->ctx, name)) == NULL)
        status = mlci_no_memory(err, strlen(name) + 1);
    if (status != MLC_OK)
        return status;
    if (t->rows > 0 && t->rows < t->room) { /* where it cannot shrink it stays larger */
        (void)mlci_shared_resize(t->values, t->rows, target_cell_size(t->as));
        if (t->valid != NULL)
            (void)mlci_shared_resize(t->valid, words_of(t->rows), 8);
    }
    *out = (mlci_column){
        .name = copy,
        .storage = storage,
        .type = mlci_storage_type(storage),
        .values = t->values->bytes,
        .stride = (ptrdiff_t)mlci_storage_size(storage),
        .valid = t->valid == NULL ? NULL : t->valid->bytes,
        .dictionary = t->dictionary,
        .values_owner = t->values,
        .valid_owner = t->valid,
    };
    t->values = t->valid = NULL;
    t->dictionary = NULL;
    return MLC_OK;
}

void mlci_csv_target_free(mlci_csv_target *t)
{
    mlc_context *ctx = t->ctx;
    if (ctx == NULL)
        return;
    mlci_shared_drop(t->values);
    mlci_shared_drop(t->valid);
    mlci_dictionary_drop(t->dictionary);
    MLCI_FREE(t->map, t->map_room);
    memset(t, 0, sizeof *t);
    t->ctx = ctx;
}
