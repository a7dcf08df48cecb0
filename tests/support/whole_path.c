/*
 * whole_path.c - the calls of the demo, on a table in memory
 */
#include "support/whole_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRY(call)                                                                              \
    do {                                                                                       \
        if ((status = (call)) != MLC_OK)                                                       \
            goto done;                                                                         \
    } while (0)

struct record {
    double number;
    float gap;
    const char *city;
};

static const mlc_field record_fields[] = {
    {.name = "number", .storage = MLC_FLOAT64, .offset = offsetof(struct record, number)},
    {.name = "gap", .storage = MLC_FLOAT32, .offset = offsetof(struct record, gap)},
    {.name = "city", .storage = MLC_UTF8, .offset = offsetof(struct record, city)},
};

char *whole_path_table(int64_t rows, int64_t *size)
{
    static const char *const cities[] = {"Paris", " paris ", "LONDON", "Rome", "Oslo*"};
    char *csv = malloc((size_t)rows * 64 + 64), *p = csv;
    uint64_t state = 11;

    if (csv == NULL)
        return NULL;
    p += sprintf(p, "number,gap,city,when,won\n");
    for (int64_t k = 0; k < rows; k++) {
        unsigned a, b, c;
        state = state * 6364136223846793005u + 1442695040888963407u;
        a = (unsigned)(state >> 33) % 1000;
        b = (unsigned)(state >> 43) % 100;
        c = (unsigned)(state >> 53) % 5;
        p += sprintf(p, "%u.%02u,", a, b);
        if (b % 7 != 0)
            p += sprintf(p, "%u", b);
        p += sprintf(p, ",%s,2024-%02u-%02u,%s\n", cities[c], a % 12 + 1, b % 28 + 1,
                     a + 8 * b + 150 * c + (unsigned)(state >> 20) % 300 > 1200 ? "yes" : "no");
    }
    *size = p - csv;
    return csv;
}

static mlc_status prepare(mlc_context *ctx, mlc_cleaner **cleaner,
                          mlc_transformer **transformer, mlc_error *err)
{
    mlc_status status;

    TRY(mlc_cleaner_create(ctx, cleaner, err));
    TRY(mlc_cleaner_add(*cleaner, "standardize",
                        MLC_PARAMS("columns", "city", "strip", "*", "case", "title"), err));
    TRY(mlc_cleaner_add(*cleaner, "impute", MLC_PARAMS("columns", "gap"), err));
    TRY(mlc_transformer_create(ctx, transformer, err));
    TRY(mlc_transformer_add(*transformer, "derive",
                            MLC_PARAMS("name", "both", "as", "number + gap"), err));
done:
    return status;
}

static mlc_status answer(const mlc_model *model, const mlc_dataset *rows, struct whole_path *w,
                         mlc_error *err)
{
    const struct record record = {812.5, 44, "Rome"};
    mlc_binding *binding = NULL;
    mlc_dataset *answers = NULL;
    mlc_answer info[1];
    double *out = calloc((size_t)w->rows, 2 * sizeof *out);
    mlc_status status = MLC_ERROR_NO_MEMORY;

    if (out == NULL)
        goto done;
    TRY(mlc_model_predict(model, rows, out, NULL, err));
    w->sum = 0;
    for (int64_t k = 0; k < w->rows; k++)
        w->sum += out[2 * k];
    TRY(mlc_model_answer(model, rows, NULL, &answers, err));
    TRY(mlc_model_bind(model, record_fields, 3, sizeof record, &binding, err));
    TRY(mlc_binding_predict(binding, &record, 1, w->first, info, err));
done:
    mlc_dataset_destroy(answers);
    mlc_binding_destroy(binding);
    free(out);
    return status;
}

mlc_status whole_path_run(mlc_context *ctx, struct whole_path *w, mlc_error *err)
{
    mlc_dataset *all = NULL, *train = NULL, *test = NULL;
    mlc_rejects *rejects = NULL;
    mlc_cleaner *cleaner = NULL;
    mlc_transformer *transformer = NULL;
    mlc_trainer *trainer = NULL;
    mlc_model *model = NULL, *loaded = NULL;
    mlc_result *quality = NULL;
    mlc_quantity auc = {.size = sizeof auc};
    mlc_status status;

    TRY(mlc_dataset_read_memory(ctx, w->csv, w->csv_size, NULL, &all, &rejects, err));
    w->rows = mlc_dataset_rows(all);
    TRY(mlc_dataset_split(all, MLC_PARAMS("share", "0.3", "seed", "5"), &train, &test, err));
    TRY(prepare(ctx, &cleaner, &transformer, err));
    if (strcmp(w->algorithm, "gbdt") == 0)
        TRY(mlc_trainer_create(
            ctx, "gbdt",
            MLC_PARAMS("target", "won", "trees", w->trees, "ignore", "when", "min_rows", "5"),
            &trainer, err));
    else
        TRY(mlc_trainer_create(ctx, w->algorithm, MLC_PARAMS("target", "won", "ignore", "when"),
                               &trainer, err));
    TRY(mlc_trainer_set_cleaner(trainer, cleaner, err));
    TRY(mlc_trainer_set_transformer(trainer, transformer, err));
    TRY(mlc_trainer_fit(trainer, train, NULL, &model, err));
    TRY(mlc_evaluate(model, test, MLC_PARAMS("accept", "auc >= 0.6", "resamples", "20"),
                     &quality, err));
    TRY(mlc_result_get(quality, "metrics.auc", &auc, err));
    w->auc = auc.value;
    w->auc_low = auc.low;
    w->auc_high = auc.high;
    w->accepted = mlc_result_accepted(quality);
    TRY(mlc_model_save(model, w->file, err));
    TRY(mlc_model_load(ctx, w->file, &loaded, err));
    snprintf(w->hash, sizeof w->hash, "%s", mlc_model_hash(loaded));
    TRY(answer(loaded, all, w, err));
done:
    mlc_result_destroy(quality);
    mlc_model_destroy(loaded);
    mlc_model_destroy(model);
    mlc_trainer_destroy(trainer);
    mlc_transformer_destroy(transformer);
    mlc_cleaner_destroy(cleaner);
    mlc_rejects_destroy(rejects);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
    mlc_dataset_destroy(all);
    return status;
}
