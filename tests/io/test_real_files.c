/*
 * test_real_files.c - raw files of the world: rows, columns, sums as other readers find them
 *
 * The figures are those of MLC_DATA's own README and of Python's csv module (figures.py).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/tables.h"

struct figure {
    const char *file;
    int64_t rows, columns, rejects;
    const char *column; /* a column of numbers: its sum and its missing cells */
    double sum;
    int64_t missing;
    const char *text; /* a column of texts: how many different ones */
    int64_t texts;
    const char *params[7];
};

static const struct figure figures[] = {
#include "figures.h"
};

START_TEST(file_has_the_rows_columns_and_sums_that_others_find)
{
    const struct figure *f = &figures[_i];
    const char *path;
    mlc_error err = MLC_ERROR_INIT;
    mlc_rejects *rejects = NULL;
    mlc_dataset *d = NULL;
    if ((path = data_path(f->file)) == NULL)
        SKIP("a file is not in MLC_DATA");
    mlc_context *ctx = context_of(2);
    ck_assert_msg(mlc_dataset_read(ctx, path, f->params, &d, &rejects, &err) == MLC_OK, "%s",
                  err.message);
    ck_assert_msg(mlc_dataset_rows(d) == f->rows, "%s: %d rows", f->file,
                  (int)mlc_dataset_rows(d));
    ck_assert_int_eq(mlc_dataset_columns(d), f->columns);
    ck_assert_int_eq(mlc_rejects_count(rejects), f->rejects);
    if (f->column != NULL) {
        int64_t c = mlc_dataset_find(d, f->column), missing = 0;
        ck_assert_msg(c >= 0, "%s has no %s", f->file, f->column);
        double *x = malloc((size_t)f->rows * sizeof *x), sum = 0;
        ck_assert_int_eq(mlc_dataset_numbers(d, c, 0, f->rows, x, &err), MLC_OK);
        for (int64_t r = 0; r < f->rows; r++) {
            missing += isnan(x[r]);
            sum += isnan(x[r]) ? 0 : x[r];
        }
        free(x);
        ck_assert_msg(fabs(sum - f->sum) <= fabs(f->sum) * 1e-12, "%s: sum %.17g", f->file,
                      sum);
        ck_assert_int_eq(missing, f->missing);
    }
    if (f->text != NULL) {
        mlc_column column = {.size = sizeof column};
        int64_t c = mlc_dataset_find(d, f->text);
        ck_assert_int_eq(mlc_dataset_storage(d, c), MLC_UTF8);
        ck_assert_int_eq(mlc_dataset_column(d, c, &column, &err), MLC_OK);
        ck_assert_msg(column.texts == f->texts, "%s: %d texts", f->file, (int)column.texts);
    }
    /* and back through the writer */
    char *text = written(d, NULL);
    mlc_dataset *back = read_of(ctx, text, NULL, NULL);
    ck_assert(same_cells(d, back));
    free(text);
    mlc_dataset_destroy(back);
    mlc_dataset_destroy(d);
    mlc_rejects_destroy(rejects);
    mlc_context_destroy(ctx);
}
END_TEST

Suite *suite_real_files(void);
Suite *suite_real_files(void)
{
    Suite *s = suite_create("real_files");
    TCase *c = tcase_create("real_files");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, file_has_the_rows_columns_and_sums_that_others_find, 0,
                        (int)MLCI_COUNT_OF(figures));
    suite_add_tcase(s, c);
    return s;
}
