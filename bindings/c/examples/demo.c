/*
 * demo.c - one turn of the cycle on real data: did the bird do damage?
 *
 * Reads the FAA's reports of wildlife hitting aircraft, 1990-2002; cleans and combines
 * attributes; fits a model on 1990-1996; judges it on 1997; saves it, loads it, and answers the
 * raw reports of the years after, telling the quality of each with its 95 % interval.
 */
#include <stdio.h>

#include <mlcycle.h>

#define TRY(call)                                                                              \
    do {                                                                                       \
        if ((call) != MLC_OK)                                                                  \
            goto done;                                                                         \
    } while (0)

enum { FIRST_YEAR = 1990, LAST_YEAR = 2002, TRAINED_UNTIL = 1996, JUDGED_ON = 1997 };

/* Days from 1970-01-01 to the first day of a year. */
static int64_t new_year(int64_t year)
{
    int64_t before = year - 1;
    return before * 365 + before / 4 - before / 100 + before / 400 - 719162;
}

/* The rows whose `Flight Date` lies in the years [first, last]. */
static mlc_status years(const mlc_dataset *all, int first, int last, mlc_dataset **out,
                        mlc_error *err)
{
    enum { MOST = 20000 };
    static double dates[MOST];
    static int64_t rows[MOST];
    int64_t n = 0, column = mlc_dataset_find(all, "Flight Date");
    int64_t total = mlc_dataset_rows(all) < MOST ? mlc_dataset_rows(all) : MOST;
    double day = mlc_dataset_storage(all, column) == MLC_TIMESTAMP_S ? 86400 : 86400e9;

    mlc_status status = mlc_dataset_numbers(all, column, 0, total, dates, err);
    for (int64_t row = 0; status == MLC_OK && row < total; row++) {
        double days = dates[row] / day;
        if (days >= (double)new_year(first) && days < (double)new_year(last + 1))
            rows[n++] = row;
    }
    return status == MLC_OK ? mlc_dataset_take(all, rows, n, out, err) : status;
}

/* Convention first, then what can be told from several attributes together. */
static mlc_status describe(mlc_context *ctx, mlc_cleaner **cleaner, mlc_transformer **features,
                           mlc_error *err)
{
    mlc_status status = mlc_cleaner_create(ctx, cleaner, err);

    if (status == MLC_OK)
        status = mlc_cleaner_add(
            *cleaner, "standardize",
            MLC_PARAMS("columns", "Aircraft Airline Operator", "strip", "*", "case", "upper"),
            err);
    if (status == MLC_OK)
        status = mlc_transformer_create(ctx, features, err);
    if (status == MLC_OK)
        status = mlc_transformer_add(
            *features, "derive",
            MLC_PARAMS("name", "damaged", "as",
                       "if(`Effect Amount of damage` == 'None', 'no', 'yes')"),
            err);
    if (status == MLC_OK)
        status = mlc_transformer_add(*features, "derive",
                                     MLC_PARAMS("name", "size and phase", "as",
                                                "concat(`Wildlife Size`, ' / ', "
                                                "`Phase of flight`)"),
                                     err);
    if (status == MLC_OK)
        status =
            mlc_transformer_add(*features, "derive",
                                MLC_PARAMS("name", "month", "as", "month(`Flight Date`)"), err);
    return status;
}

static mlc_status tell(const char *what, const mlc_result *result, int64_t rows, mlc_error *err)
{
    mlc_quantity auc = {.size = sizeof auc}, accuracy = {.size = sizeof accuracy};
    mlc_status status = mlc_result_get(result, "metrics.auc", &auc, err);

    if (status == MLC_OK)
        status = mlc_result_get(result, "metrics.accuracy", &accuracy, err);
    if (status == MLC_OK)
        printf("  %-6s %5lld reports   AUC %.3f [%.3f, %.3f]   accuracy %.3f [%.3f, %.3f]\n",
               what, (long long)rows, auc.value, auc.low, auc.high, accuracy.value,
               accuracy.low, accuracy.high);
    return status;
}

/* Answer raw reports, then hold the answers against what became of them. */
static mlc_status judge(const mlc_model *model, const mlc_dataset *all, int year,
                        mlc_error *err)
{
    mlc_dataset *reports = NULL;
    mlc_result *quality = NULL;
    char name[16];
    mlc_status status = years(all, year, year, &reports, err);

    if (status == MLC_OK)
        status = mlc_evaluate(model, reports, NULL, &quality, err);
    snprintf(name, sizeof name, "%d", year);
    if (status == MLC_OK)
        status = tell(name, quality, mlc_dataset_rows(reports), err);
    mlc_result_destroy(quality);
    mlc_dataset_destroy(reports);
    return status;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "tests/data/birdstrikes.csv.gz";
    char file[4096]; /* beside the program */
    static const char *const verdicts[] = {"not asked", "accepted", "NOT accepted",
                                           "not enough data to tell"};
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx = NULL;
    mlc_dataset *all = NULL, *train = NULL, *test = NULL;
    mlc_cleaner *cleaner = NULL;
    mlc_transformer *features = NULL;
    mlc_trainer *trainer = NULL;
    mlc_model *model = NULL, *loaded = NULL;
    mlc_result *quality = NULL;
    int code = 1;

    snprintf(file, sizeof file, "%s.mlcm", argv[0]);
    TRY(mlc_context_create(NULL, &ctx, &err));
    TRY(mlc_dataset_read(ctx, path, NULL, &all, NULL, &err));
    printf("read      %lld reports of %lld columns from %s\n", (long long)mlc_dataset_rows(all),
           (long long)mlc_dataset_columns(all), path);

    TRY(describe(ctx, &cleaner, &features, &err));
    puts("clean     airlines follow one convention: `US AIRWAYS*` is US AIRWAYS");
    puts(
        "transform damaged = effect is not None; size and phase together; month of the flight");

    TRY(years(all, FIRST_YEAR, TRAINED_UNTIL, &train, &err));
    TRY(mlc_trainer_create(ctx, "gbdt",
                           MLC_PARAMS("target", "damaged", "trees", "60", "ignore",
                                      "Effect Amount of damage,Cost Other,Cost Repair,"
                                      "Cost Total $,Flight Date"),
                           &trainer, &err));
    TRY(mlc_trainer_set_cleaner(trainer, cleaner, &err));
    TRY(mlc_trainer_set_transformer(trainer, features, &err));
    TRY(mlc_trainer_fit(trainer, train, NULL, &model, &err));
    printf("train     60 trees on the %lld reports of %d-%d\n",
           (long long)mlc_dataset_rows(train), FIRST_YEAR, TRAINED_UNTIL);

    TRY(years(all, JUDGED_ON, JUDGED_ON, &test, &err));
    TRY(mlc_evaluate(model, test, MLC_PARAMS("accept", "auc >= 0.65"), &quality, &err));
    printf("evaluate  `auc >= 0.65` on the reports of %d: %s\n", JUDGED_ON,
           verdicts[mlc_result_accepted(quality)]);
    TRY(tell("1997", quality, mlc_dataset_rows(test), &err));

    TRY(mlc_model_save(model, file, &err));
    TRY(mlc_model_load(ctx, file, &loaded, &err));
    printf("save      %s holds cleaning, transforms and model; loaded again, it answers\n",
           file);
    puts("predict   raw reports of the years after, held against what became of them:");
    for (int year = JUDGED_ON + 1; year <= LAST_YEAR; year++)
        TRY(judge(loaded, all, year, &err));
    code = 0;
done:
    if (code != 0)
        fprintf(stderr, "%s: %s\n", mlc_status_name(err.code), err.message);
    mlc_result_destroy(quality);
    mlc_model_destroy(loaded);
    mlc_model_destroy(model);
    mlc_trainer_destroy(trainer);
    mlc_transformer_destroy(features);
    mlc_cleaner_destroy(cleaner);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
    mlc_dataset_destroy(all);
    mlc_context_destroy(ctx);
    return code;
}
