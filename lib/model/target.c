/*
 * target.c - what is to be predicted: classes in order, or a number
 *
 * Text, categories and flags are classes; so are numbers when there are exactly two of them, or
 * when classes are asked for. Classes stand in order: numbers ascending, `false` before `true`,
 * texts by their bytes. Labels of numbers are their shortest spelling.
 */
#include "model/parts.h"

#include <math.h>
#include <stdlib.h>

enum { READ_ROWS = 512, CLASSES_MOST = 1 << 16 };

struct mlci_target {
    _Atomic int64_t refs;
    mlc_context *ctx; /* held */
    char *name;
    int32_t type;    /* of the column: MLC_NUMBER, _CATEGORY (text, too), _TIME, _FLAG */
    size_t classes;  /* 0: regression */
    size_t room;     /* of values */
    char **labels;   /* classes */
    double *values;  /* classes, ascending; NULL for texts */
    size_t positive; /* two classes */
};

static bool is_texts(int32_t type)
{
    return type == MLC_CATEGORY || type == MLC_TEXT;
}

static mlc_status target_new(mlc_context *ctx, mlci_slice name, int32_t type, mlci_target **out,
                             mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_target *target = NULL;

    MLCI_ALLOC_ZEROED(target, 1);
    atomic_init(&target->refs, 1);
    target->ctx = mlci_context_hold(ctx);
    target->type = is_texts(type) ? MLC_CATEGORY : type;
    if ((target->name = mlci_text_copy_n(ctx, name.data, name.size)) == NULL)
        MLCI_TRY(mlci_no_memory(err, name.size + 1));
    *out = target;
    target = NULL;
done:
    mlci_target_free(target);
    return status;
}

void mlci_target_free(mlci_target *target)
{
    if (target == NULL ||
        atomic_fetch_sub_explicit(&target->refs, 1, memory_order_acq_rel) != 1)
        return;
    mlc_context *ctx = target->ctx;
    for (size_t c = 0; c < target->classes && target->labels != NULL; c++)
        mlci_text_free(ctx, target->labels[c]);
    MLCI_FREE(target->labels, target->classes);
    MLCI_FREE(target->values, target->room);
    mlci_text_free(ctx, target->name);
    MLCI_FREE(target, 1);
    mlci_context_drop(ctx);
}

mlci_target *mlci_target_hold(const mlci_target *target)
{
    mlci_target *held = (mlci_target *)(uintptr_t)target;
    if (held != NULL)
        atomic_fetch_add_explicit(&held->refs, 1, memory_order_relaxed);
    return held;
}

int64_t mlci_target_classes(const mlci_target *target)
{
    return (int64_t)target->classes;
}

int64_t mlci_target_positive(const mlci_target *target)
{
    return target->classes == 2 ? (int64_t)target->positive : -1;
}

const char *mlci_target_label(const mlci_target *target, int64_t cls)
{
    return cls < 0 || (size_t)cls >= target->classes ? NULL : target->labels[cls];
}

const char *mlci_target_name(const mlci_target *target)
{
    return target->name;
}

int32_t mlci_target_type(const mlci_target *target)
{
    return target->type;
}

double mlci_target_value(const mlci_target *target, int64_t cls)
{
    return target->values == NULL ? NAN : target->values[cls];
}

/* Where a value stands among ascending ones; -1: it is not there. */
static int64_t value_place(const double *values, size_t n, double value)
{
    size_t least = 0, most = n;
    while (least < most) {
        size_t middle = least + (most - least) / 2;
        if (values[middle] < value)
            least = middle + 1;
        else
            most = middle;
    }
    return least < n && values[least] == value ? (int64_t)least : -1;
}

static mlc_status fail_column(const mlci_target *target, mlc_status code, const char *what,
                              mlc_error *err)
{
    mlc_status status = mlci_fail(err, code, "target '%s' %s", target->name, what);
    mlci_at(err, -1, -1, -1, target->name);
    return status;
}

/* ------------------------------------------------------------------- fitting */

/* The labels, of which the target keeps copies. */
static mlc_status take_labels(mlci_target *target, const mlci_slice *labels, size_t n,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = target->ctx;

    MLCI_ALLOC_ZEROED(target->labels, n);
    target->classes = n;
    for (size_t c = 0; c < n; c++)
        if ((target->labels[c] = mlci_text_copy_n(ctx, labels[c].data, labels[c].size)) == NULL)
            MLCI_TRY(mlci_no_memory(err, labels[c].size + 1));
done:
    return status;
}

static mlc_status fit_texts(mlci_target *target, const mlc_dataset *dataset, size_t column,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = target->ctx;
    const mlci_dictionary *from = mlci_column_dictionary(dataset, column);
    size_t n = mlci_dictionary_count(from), rows = (size_t)mlc_dataset_rows(dataset), found = 0;
    uint32_t codes[READ_ROWS];
    uint8_t *known = NULL;
    mlci_slice *labels = NULL;

    MLCI_ALLOC_ZEROED(known, n);
    MLCI_ALLOC(labels, n);
    for (size_t row = 0; row < rows && found < n; row += READ_ROWS) {
        mlci_range range = {row, row + READ_ROWS < rows ? row + READ_ROWS : rows};
        mlci_read_codes(dataset, column, range, codes);
        for (size_t i = 0; i < range.end - range.begin; i++) {
            if (codes[i] == MLCI_MISSING_CODE || known[codes[i]] != 0)
                continue;
            known[codes[i]] = 1;
            labels[found++] = mlci_dictionary_text(from, codes[i]);
        }
    }
    if (found > CLASSES_MOST)
        MLCI_TRY(fail_column(target, MLC_ERROR_DATA, "has more than 65536 classes", err));
    mlci_slice_sort(labels, found);
    MLCI_TRY(take_labels(target, labels, found, err));
done:
    MLCI_FREE(labels, n);
    MLCI_FREE(known, n);
    return status;
}

/* The different numbers, ascending, into target->values, while there are at most `most`; how
 * many there are, or most + 1, in *n. */
static mlc_status distinct_numbers(mlci_target *target, const mlc_dataset *dataset,
                                   size_t column, size_t most, size_t *n, mlc_error *err)
{
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    double numbers[READ_ROWS];

    *n = 0;
    for (size_t row = 0; row < rows; row += READ_ROWS) {
        mlci_range range = {row, row + READ_ROWS < rows ? row + READ_ROWS : rows};
        mlci_read_numbers(dataset, column, range, numbers);
        for (size_t i = 0; i < range.end - range.begin; i++) {
            double x = numbers[i] + 0.0; /* -0 is 0 */
            if (isnan(x) || value_place(target->values, *n, x) >= 0)
                continue;
            if (*n == most) {
                *n = most + 1;
                return MLC_OK;
            }
            if (*n == target->room) {
                size_t room = target->room == 0 ? 16 : target->room * 2;
                double *grown = mlci_realloc(target->ctx, target->values, target->room, room,
                                             sizeof *grown);
                if (grown == NULL)
                    return mlci_no_memory(err, room * sizeof *grown);
                target->values = grown;
                target->room = room;
            }
            size_t place = (*n)++;
            for (; place > 0 && target->values[place - 1] > x; place--)
                target->values[place] = target->values[place - 1];
            target->values[place] = x;
        }
    }
    return MLC_OK;
}

/* How a value of a column of this type is spelt. */
static mlci_slice value_label(int32_t type, double value, char room[32])
{
    if (type == MLC_FLAG)
        return mlci_slice_of(value != 0.0 ? "true" : "false");
    return (mlci_slice){room, mlci_format_double(value, room)};
}

static mlc_status fit_numbers(mlci_target *target, const mlc_dataset *dataset, size_t column,
                              int32_t objective, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = target->ctx;
    bool asked = objective != 0 && objective != MLC_TASK_REGRESSION;
    size_t n = 0, most = asked || target->type == MLC_FLAG ? CLASSES_MOST : 2;
    mlci_slice *labels = NULL;
    char(*rooms)[32] = NULL;

    MLCI_TRY(distinct_numbers(target, dataset, column, most, &n, err));
    if (n == 0)
        MLCI_TRY(fail_column(target, MLC_ERROR_DATA, "is missing in every row", err));
    bool classes = asked || (objective == 0 && (target->type == MLC_FLAG || n == 2));
    if (!classes || (objective == 0 && target->type == MLC_TIME)) {
        MLCI_FREE(target->values, target->room);
        target->values = NULL;
        target->room = 0;
        goto done;
    }
    if (n > most)
        MLCI_TRY(fail_column(target, MLC_ERROR_DATA, "has more than 65536 classes", err));
    MLCI_ALLOC(labels, n);
    MLCI_ALLOC(rooms, n);
    for (size_t c = 0; c < n; c++)
        labels[c] = value_label(target->type, target->values[c], rooms[c]);
    MLCI_TRY(take_labels(target, labels, n, err));
done:
    MLCI_FREE(rooms, n);
    MLCI_FREE(labels, n);
    return status;
}

/* Which class `positive` is: its label, or another spelling of its number. */
static mlc_status choose_positive(mlci_target *target, const char *positive, mlc_error *err)
{
    double value;
    target->positive = target->classes == 2 ? 1 : 0;
    if (positive == NULL || target->classes == 1)
        return MLC_OK;
    for (size_t c = 0; c < target->classes && target->classes == 2; c++)
        if (strcmp(target->labels[c], positive) == 0 ||
            (target->values != NULL && target->type != MLC_FLAG &&
             mlci_parse_double(positive, strlen(positive), &value) &&
             value == target->values[c])) {
            target->positive = c;
            return MLC_OK;
        }
    mlc_status status =
        target->classes == 0
            ? mlci_fail(
                  err, MLC_ERROR_PARAMETER,
                  "positive is '%s'; target '%s' is a number to be predicted, without classes",
                  positive, target->name)
        : target->classes == 2
            ? mlci_fail(err, MLC_ERROR_PARAMETER,
                        "positive is '%s'; the classes of '%s' are '%s' and '%s'", positive,
                        target->name, target->labels[0], target->labels[1])
            : mlci_fail(err, MLC_ERROR_PARAMETER,
                        "positive is '%s'; of the %zu classes of '%s' none is positive",
                        positive, target->classes, target->name);
    mlci_error_detail(err, "positive");
    return status;
}

mlc_status mlci_target_fit(mlc_context *ctx, const mlc_dataset *dataset, size_t column,
                           const char *positive, int32_t objective, mlci_target **out,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_target *target = NULL;
    int32_t type = mlc_dataset_type(dataset, (int64_t)column);
    bool texts = mlc_dataset_storage(dataset, (int64_t)column) == MLC_UTF8;

    *out = NULL;
    /* A category that lies as numbers has numbers for its classes. */
    if (is_texts(type) && !texts) {
        type = MLC_NUMBER;
        objective = objective == 0 ? MLC_TASK_MULTICLASS : objective;
    }
    MLCI_TRY(target_new(ctx, mlci_slice_of(mlc_dataset_column_name(dataset, (int64_t)column)),
                        type, &target, err));
    if (texts && objective == MLC_TASK_REGRESSION)
        MLCI_TRY(fail_column(target, MLC_ERROR_TYPE, "is text; regression needs numbers", err));
    if (texts)
        MLCI_TRY(fit_texts(target, dataset, column, err));
    else
        MLCI_TRY(fit_numbers(target, dataset, column, objective, err));
    if (texts && target->classes == 0)
        MLCI_TRY(fail_column(target, MLC_ERROR_DATA, "is missing in every row", err));
    MLCI_TRY(choose_positive(target, positive, err));
    *out = target;
    target = NULL;
done:
    mlci_target_free(target);
    return status;
}

/* ------------------------------------------------------------------- reading */

/* Where a label stands; -1: training did not see it. */
static double label_place(const mlci_target *target, mlci_slice text)
{
    size_t least = 0, most = target->classes;
    while (least < most) {
        size_t middle = least + (most - least) / 2;
        int order = mlci_slice_compare(mlci_slice_of(target->labels[middle]), text);
        if (order == 0)
            return (double)middle;
        if (order < 0)
            least = middle + 1;
        else
            most = middle;
    }
    return -1.0;
}

static mlc_status read_texts(const mlci_target *target, const mlc_dataset *dataset,
                             size_t column, double *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = target->ctx;
    const mlci_dictionary *from = mlci_column_dictionary(dataset, column);
    size_t n = mlci_dictionary_count(from), rows = (size_t)mlc_dataset_rows(dataset);
    uint32_t codes[READ_ROWS];
    double *classes = NULL;

    MLCI_ALLOC(classes, n);
    for (size_t code = 0; code < n; code++)
        classes[code] = label_place(target, mlci_dictionary_text(from, (uint32_t)code));
    for (size_t row = 0; row < rows; row += READ_ROWS) {
        mlci_range range = {row, row + READ_ROWS < rows ? row + READ_ROWS : rows};
        mlci_read_codes(dataset, column, range, codes);
        for (size_t i = 0; i < range.end - range.begin; i++)
            out[row + i] = codes[i] == MLCI_MISSING_CODE ? NAN : classes[codes[i]];
    }
done:
    MLCI_FREE(classes, n);
    return status;
}

mlc_status mlci_target_read(const mlci_target *target, const mlc_dataset *dataset, double *out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t column, rows = (size_t)mlc_dataset_rows(dataset);

    MLCI_TRY(mlci_dataset_need(dataset, target->name, &column, err));
    int32_t type = mlc_dataset_type(dataset, (int64_t)column);
    bool texts = mlc_dataset_storage(dataset, (int64_t)column) == MLC_UTF8;
    if (is_texts(type) && !texts)
        type = MLC_NUMBER;
    if (target->type == MLC_FLAG && type == MLC_NUMBER)
        type = MLC_FLAG; /* 0 and 1 */
    MLCI_TRY(mlci_type_check(target->name, target->type, type, err));
    if (texts) {
        MLCI_TRY(read_texts(target, dataset, column, out, err));
        goto done;
    }
    mlci_read_numbers(dataset, column, (mlci_range){0, rows}, out);
    for (size_t row = 0; row < rows && target->classes > 0; row++)
        if (!isnan(out[row]))
            out[row] = (double)value_place(target->values, target->classes, out[row]);
done:
    return status;
}

/* ------------------------------------------------------------ in a model's file */

mlc_status mlci_target_save(const mlci_target *target, mlc_writer *writer, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = target->ctx;
    int32_t facts[3] = {target->type, (int32_t)target->positive, target->values != NULL};
    size_t n = target->classes;
    mlci_slice *labels = NULL;

    MLCI_ALLOC(labels, n);
    for (size_t c = 0; c < n; c++)
        labels[c] = mlci_slice_of(target->labels[c]);
    MLCI_TRY(mlc_writer_put_text(writer, "name", target->name, err));
    MLCI_TRY(mlc_writer_put(writer, "facts", MLC_INT32, facts, 3, err));
    MLCI_TRY(mlci_writer_put_texts(ctx, writer, "labels", labels, n, err));
    MLCI_TRY(mlc_writer_put(writer, "values", MLC_FLOAT64, target->values,
                            target->values == NULL ? 0 : (int64_t)n, err));
done:
    MLCI_FREE(labels, n);
    return status;
}

/* Classes in order and each but once; numbers behind those that are numbers. */
static bool classes_valid(const mlci_slice *labels, const double *values, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        if (values != NULL && !(values[c] - values[c] == 0.0 || isinf(values[c])))
            return false;
        if (c > 0 && (values != NULL ? !(values[c - 1] < values[c])
                                     : mlci_slice_compare(labels[c - 1], labels[c]) >= 0))
            return false;
    }
    return true;
}

mlc_status mlci_target_load(mlc_context *ctx, const mlc_reader *reader, mlci_target **out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_target *target = NULL;
    mlci_slice *labels = NULL;
    size_t n = 0;
    const char *name;
    const void *bytes, *values = NULL;

    *out = NULL;
    MLCI_TRY(mlc_reader_get_text(reader, "name", &name, err));
    MLCI_TRY(mlci_reader_need(reader, "facts", MLC_INT32, 3, &bytes, err));
    MLCI_TRY(mlci_reader_get_texts(ctx, reader, "labels", &labels, &n, err));
    const int32_t *facts = bytes;
    bool texts = facts[0] == MLC_CATEGORY, has_values = facts[2] == 1;
    MLCI_TRY(mlci_reader_need(reader, "values", MLC_FLOAT64, has_values ? n : 0, &values, err));
    bool type_valid =
        facts[0] == MLC_NUMBER || texts || facts[0] == MLC_TIME || facts[0] == MLC_FLAG;
    if (!type_valid || facts[1] < 0 || (facts[1] != 0 && (n != 2 || facts[1] > 1)) ||
        (facts[2] != 0 && !has_values) || has_values != (n > 0 && !texts) ||
        (texts && n == 0) || n > CLASSES_MOST ||
        !classes_valid(labels, has_values ? values : NULL, n))
        MLCI_TRY(mlci_fail(err, MLC_ERROR_FORMAT, "the target's classes are broken"));
    MLCI_TRY(target_new(ctx, mlci_slice_of(name), facts[0], &target, err));
    target->positive = (size_t)facts[1];
    if (has_values) {
        MLCI_ALLOC(target->values, n);
        target->room = n;
        memcpy(target->values, values, n * sizeof *target->values);
    }
    if (n > 0)
        MLCI_TRY(take_labels(target, labels, n, err));
    *out = target;
    target = NULL;
done:
    mlci_target_free(target);
    MLCI_FREE(labels, n);
    return status;
}
