/*
 * demo.c - one whole turn of the cycle on real data: did the bird do damage?
 *
 * The FAA's reports of wildlife hitting aircraft. Those of 1990-1996 lie in a file and are
 * fetched into a store; the later ones come one by one, as the host's own structs. A model is
 * fitted, judged, published, promoted, and answers by its name; the truth comes; the data
 * drift; a challenger learns from all that is known by then, is held against the champion on
 * the same reports, and takes its place if it is better. In the end it is told who was in
 * production when.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <mlcycle.h>

#define TRY(call)                                                                              \
    do {                                                                                       \
        if ((status = (call)) != MLC_OK)                                                       \
            goto done;                                                                         \
    } while (0)

enum {
    FIRST_YEAR = 1990,
    FILE_UNTIL = 1996,
    JUDGED_ON = 1997,
    KNOWN_UNTIL = 2000,
    LAST = 2002
};

/* ---------------------------------------------------------------- the host's own structs */

struct report {
    int64_t id, day; /* day: seconds since 1970 */
    char airport[64], aircraft[48], effect[24], airline[64], state[32], phase[24], size[12],
        species[48], time[12];
    double speed; /* knots; NaN where nobody knows */
};

#define CHARS(name, member)                                                                    \
    {                                                                                          \
        name, MLC_UTF8, 0, offsetof(struct report, member),                                    \
            sizeof(((struct report *)0)->member), 0,                                           \
        {                                                                                      \
            0, 0                                                                               \
        }                                                                                      \
    }
static const mlc_field report_fields[] = {
    MLC_FIELD_AS("id", struct report, id, MLC_INT64),
    MLC_FIELD_AS("Flight Date", struct report, day, MLC_TIMESTAMP_S),
    CHARS("Airport Name", airport),
    CHARS("Aircraft Make Model", aircraft),
    CHARS("Effect Amount of damage", effect),
    CHARS("Aircraft Airline Operator", airline),
    CHARS("Origin State", state),
    CHARS("Phase of flight", phase),
    CHARS("Wildlife Size", size),
    CHARS("Wildlife Species", species),
    CHARS("Time of day", time),
    MLC_FIELD_AS("Speed IAS in knots", struct report, speed, MLC_FLOAT64),
};
enum { FIELDS = sizeof report_fields / sizeof *report_fields };

/* What was answered, and what became of it. */
struct answer {
    int64_t id, day;
    double no, yes;
    char damaged[4]; /* known later */
};
static const mlc_field answer_fields[] = {
    MLC_FIELD_AS("id", struct answer, id, MLC_INT64),
    MLC_FIELD_AS("day", struct answer, day, MLC_TIMESTAMP_S),
    MLC_FIELD_AS("probability_no", struct answer, no, MLC_FLOAT64),
    MLC_FIELD_AS("probability_yes", struct answer, yes, MLC_FLOAT64),
    {"damaged", MLC_UTF8, 0, offsetof(struct answer, damaged), 4, 0, {0, 0}},
};

enum { MOST = 20000 };
static struct report reports[MOST];
static struct answer answers[MOST];
static int64_t n_reports;

/* Seconds from 1970-01-01 to the first day of a year. */
static int64_t new_year(int64_t year)
{
    int64_t before = year - 1;
    return (before * 365 + before / 4 - before / 100 + before / 400 - 719162) * 86400;
}

/* The first report of a year; they come in the order of time. */
static int64_t first_of(int64_t year)
{
    int64_t row = 0;
    while (row < n_reports && reports[row].day < new_year(year))
        row++;
    return row;
}

/* All reports of the file as structs: what a host would have in its hands. */
static mlc_status take_reports(mlc_context *ctx, const char *path, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_dataset *all = NULL;
    double day;

    TRY(mlc_dataset_read(ctx, path, MLC_PARAMS("time", "Flight Date"), &all, NULL, err));
    n_reports = mlc_dataset_rows(all) < MOST ? mlc_dataset_rows(all) : MOST;
    for (int64_t row = 0; row < n_reports; row++) {
        struct report *r = &reports[row];
        r->id = row;
        TRY(mlc_dataset_numbers(all, mlc_dataset_find(all, "Flight Date"), row, 1, &day, err));
        r->day = (int64_t)day;
        TRY(mlc_dataset_numbers(all, mlc_dataset_find(all, "Speed IAS in knots"), row, 1,
                                &r->speed, err));
        for (int k = 2; k < FIELDS - 1; k++) {
            const mlc_field *field = &report_fields[k];
            const char *text;
            int64_t size, most = field->text_size - 1;
            TRY(mlc_dataset_text(all, mlc_dataset_find(all, field->name), row, &text, &size,
                                 err));
            if (text != NULL)
                memcpy((char *)r + field->offset, text, (size_t)(size < most ? size : most));
        }
    }
done:
    mlc_dataset_destroy(all);
    return status;
}

/* Reports [first, last) as a dataset over the very structs. */
static mlc_status borrow(mlc_context *ctx, int64_t first, int64_t last, mlc_dataset **out,
                         mlc_error *err)
{
    return mlc_dataset_borrow(ctx, reports + first, last - first, sizeof *reports,
                              report_fields, FIELDS, out, err);
}

/* ------------------------------------------------------------------------- the recipe */

/* Convention first, then what can be told from several attributes together; then trees. */
static mlc_status learn(mlc_context *ctx, const mlc_dataset *data, mlc_model **out,
                        mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_cleaner *cleaner = NULL;
    mlc_transformer *features = NULL;
    mlc_trainer *trainer = NULL;

    TRY(mlc_cleaner_create(ctx, &cleaner, err));
    TRY(mlc_cleaner_add(
        cleaner, "standardize",
        MLC_PARAMS("columns", "Aircraft Airline Operator", "strip", "*", "case", "upper"),
        err));
    TRY(mlc_transformer_create(ctx, &features, err));
    TRY(mlc_transformer_add(features, "derive",
                            MLC_PARAMS("name", "damaged", "as",
                                       "if(`Effect Amount of damage` == 'None', 'no', 'yes')"),
                            err));
    TRY(mlc_transformer_add(features, "derive",
                            MLC_PARAMS("name", "size and phase", "as",
                                       "concat(`Wildlife Size`, ' / ', `Phase of flight`)"),
                            err));
    TRY(mlc_transformer_add(features, "derive",
                            MLC_PARAMS("name", "month", "as", "month(`Flight Date`)"), err));
    TRY(mlc_trainer_create(ctx, "gbdt",
                           MLC_PARAMS("target", "damaged", "trees", "60", "ignore",
                                      "id,Effect Amount of damage,Flight Date"),
                           &trainer, err));
    TRY(mlc_trainer_set_cleaner(trainer, cleaner, err));
    TRY(mlc_trainer_set_transformer(trainer, features, err));
    TRY(mlc_trainer_fit(trainer, data, NULL, out, err));
done:
    mlc_trainer_destroy(trainer);
    mlc_transformer_destroy(features);
    mlc_cleaner_destroy(cleaner);
    return status;
}

static double auc_of(const mlc_result *quality)
{
    mlc_quantity auc = {.size = sizeof auc};
    return mlc_result_get(quality, "auc", &auc, NULL) == MLC_OK ? auc.value : 0;
}

/* ------------------------------------------------------------------- the parts of a turn */

/* The file as it stood at the end of 1996, fetched into the store. */
static mlc_status fetch(mlc_context *ctx, mlc_store *store, const char *file, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_dataset *first = NULL;
    mlc_fetched fetched = {.size = sizeof fetched};

    TRY(borrow(ctx, 0, first_of(FILE_UNTIL + 1), &first, err));
    TRY(mlc_dataset_write(first, file, NULL, err));
    TRY(mlc_store_fetch(store, "reports", file, NULL, &fetched, err));
    printf("fetch     %lld reports of %d-%d into the store: reports@%lld\n",
           (long long)fetched.rows, FIRST_YEAR, FILE_UNTIL, (long long)fetched.version);
done:
    mlc_dataset_destroy(first);
    return status;
}

/* Fit on what the store has, judge on the year after, publish, and promote if it will do. */
static mlc_status first_champion(mlc_context *ctx, mlc_store *store, mlc_error *err)
{
    static const char *const verdicts[] = {"not asked", "accepted", "NOT accepted",
                                           "not enough data to tell"};
    mlc_status status = MLC_OK;
    mlc_dataset *train = NULL, *test = NULL;
    mlc_model *model = NULL;
    mlc_result *quality = NULL;
    int64_t version;

    TRY(mlc_store_dataset(store, "reports", &train, err));
    TRY(learn(ctx, train, &model, err));
    TRY(borrow(ctx, first_of(JUDGED_ON), first_of(JUDGED_ON + 1), &test, err));
    TRY(mlc_evaluate(model, test, MLC_PARAMS("accept", "auc >= 0.65"), &quality, err));
    printf("train     60 trees; on %d `auc >= 0.65` is %s (AUC %.3f)\n", JUDGED_ON,
           verdicts[mlc_result_accepted(quality)], auc_of(quality));
    TRY(mlc_registry_publish(store, "damage", model, quality, &version, err));
    if (mlc_result_accepted(quality) == MLC_ACCEPTED)
        TRY(mlc_registry_promote(store, "damage", version, NULL, "auc >= 0.65 on 1997", err));
    TRY(mlc_store_append(store, "reports", test, NULL, err)); /* now it is known, too */
done:
    mlc_result_destroy(quality);
    mlc_model_destroy(model);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
    return status;
}

/* Reports come one by one and are answered; answers go into the store. */
static mlc_status answer(mlc_context *ctx, mlc_store *store, mlc_deployment *live,
                         mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_binding *binding = NULL;
    mlc_dataset *given = NULL;
    int64_t first = first_of(JUDGED_ON + 1), last = first_of(KNOWN_UNTIL + 1);

    TRY(mlc_binding_create(live, report_fields, FIELDS, sizeof *reports, &binding, err));
    for (int64_t row = first; row < last; row++) {
        double out[2]; /* no, yes */
        mlc_answer info;
        TRY(mlc_binding_predict(binding, &reports[row], 1, out, &info, err));
        answers[row] = (struct answer){(int64_t)info.id, reports[row].day, out[0], out[1], ""};
    }
    TRY(mlc_dataset_borrow(ctx, answers + first, last - first, sizeof *answers, answer_fields,
                           4, &given, err));
    TRY(mlc_store_append(store, "answers", given, NULL, err));
    printf("predict   %lld reports of %d-%d, struct by struct, by version %lld\n",
           (long long)(last - first), JUDGED_ON + 1, KNOWN_UNTIL,
           (long long)mlc_deployment_version(live));
done:
    mlc_dataset_destroy(given);
    mlc_binding_destroy(binding);
    return status;
}

/* Later it is known what became of each; how did the answers fare, year by year? */
static mlc_status truth(mlc_context *ctx, mlc_store *store, mlc_deployment *live,
                        mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_model *model = NULL;
    mlc_dataset *given = NULL, *truths = NULL, *later = NULL, *years = NULL;
    mlc_result *quality = NULL;
    int64_t first = first_of(JUDGED_ON + 1), last = first_of(KNOWN_UNTIL + 1);

    for (int64_t row = first; row < last; row++)
        strcpy(answers[row].damaged, strcmp(reports[row].effect, "None") == 0 ? "no" : "yes");
    TRY(mlc_dataset_borrow(ctx, answers + first, last - first, sizeof *answers, answer_fields,
                           5, &truths, err));
    TRY(mlc_store_dataset(store, "answers", &given, err));
    TRY(mlc_deployment_model(live, &model, err));
    TRY(mlc_quality(model, given, truths,
                    MLC_PARAMS("key", "id", "time", "day", "window", "365d", "metrics", "auc"),
                    &quality, err));
    TRY(mlc_result_table(quality, "windows", &years, err));
    puts("truth     comes by the id of each answer; windows of 365 days:");
    for (int64_t row = 0; row < mlc_dataset_rows(years); row++) {
        double x[4];
        static const char *const names[] = {"known", "auc", "auc_low", "auc_high"};
        for (int k = 0; k < 4; k++)
            TRY(mlc_dataset_numbers(years, mlc_dataset_find(years, names[k]), row, 1, &x[k],
                                    err));
        if (x[1] == x[1])
            printf("            %5.0f answers   AUC %.3f [%.3f, %.3f]\n", x[0], x[1], x[2],
                   x[3]);
        else
            printf("            %5.0f answers   too few to tell\n", x[0]);
    }
    TRY(borrow(ctx, first, last, &later, err));
    TRY(mlc_store_append(store, "reports", later, NULL, err));
done:
    mlc_result_destroy(quality);
    mlc_dataset_destroy(years);
    mlc_dataset_destroy(later);
    mlc_dataset_destroy(truths);
    mlc_dataset_destroy(given);
    mlc_model_destroy(model);
    return status;
}

/* Are reports still what they were when the model learnt? Its file remembers. */
static mlc_status drift(mlc_context *ctx, mlc_deployment *live, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_model *model = NULL;
    mlc_dataset *now = NULL, *columns = NULL;
    mlc_result *told = NULL;
    int64_t first = first_of(KNOWN_UNTIL), last = first_of(KNOWN_UNTIL + 1);

    TRY(mlc_deployment_model(live, &model, err));
    TRY(borrow(ctx, first, last, &now, err));
    TRY(mlc_drift_model(model, now, NULL, &told, err));
    TRY(mlc_result_table(told, "columns", &columns, err));
    printf("drift     of %d against the model's own baseline:\n", KNOWN_UNTIL);
    for (int64_t row = 0; row < mlc_dataset_rows(columns); row++) {
        const char *name, *test;
        int64_t name_size, test_size;
        double drifted, before, after, value;
        TRY(mlc_dataset_numbers(columns, mlc_dataset_find(columns, "drifted"), row, 1, &drifted,
                                err));
        if (drifted != 1)
            continue;
        TRY(mlc_dataset_text(columns, 0, row, &name, &name_size, err));
        TRY(mlc_dataset_text(columns, 1, row, &test, &test_size, err));
        TRY(mlc_dataset_numbers(columns, mlc_dataset_find(columns, "value"), row, 1, &value,
                                err));
        TRY(mlc_dataset_numbers(columns, mlc_dataset_find(columns, "base_missing"), row, 1,
                                &before, err));
        TRY(mlc_dataset_numbers(columns, mlc_dataset_find(columns, "current_missing"), row, 1,
                                &after, err));
        printf("            %-26.*s %.*s %.2f; missing %.0f %% -> %.0f %%\n", (int)name_size,
               name, (int)test_size, test, value, 100 * before, 100 * after);
    }
done:
    mlc_result_destroy(told);
    mlc_dataset_destroy(columns);
    mlc_dataset_destroy(now);
    mlc_model_destroy(model);
    return status;
}

/* A challenger learns from all that is known; both are judged on the same reports. */
static mlc_status challenge(mlc_context *ctx, mlc_store *store, mlc_deployment *live,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_model *champion = NULL, *challenger = NULL;
    mlc_dataset *known = NULL, *same = NULL;
    mlc_result *old = NULL, *fresh = NULL;
    int64_t version, fresh_version;

    TRY(mlc_store_dataset(store, "reports", &known, err));
    TRY(learn(ctx, known, &challenger, err));
    TRY(borrow(ctx, first_of(KNOWN_UNTIL + 1), first_of(LAST + 1), &same, err));
    TRY(mlc_deployment_model(live, &champion, err));
    TRY(mlc_evaluate(champion, same, NULL, &old, err));
    TRY(mlc_evaluate(challenger, same, NULL, &fresh, err));
    printf("retrain   on %lld reports; on those of %d-%d AUC %.3f, the champion %.3f\n",
           (long long)mlc_dataset_rows(known), KNOWN_UNTIL + 1, LAST, auc_of(fresh),
           auc_of(old));
    TRY(mlc_registry_publish(store, "damage", challenger, fresh, &fresh_version, err));
    if (auc_of(fresh) > auc_of(old))
        TRY(mlc_registry_promote(store, "damage", fresh_version, NULL, "better on 2001-2002",
                                 err));
    TRY(mlc_deployment_refresh(live, &version, err));
    printf("swap      version %lld answers\n", (long long)version);
    if (mlc_registry_rollback(store, "damage", NULL, "to show it", &version, err) == MLC_OK) {
        TRY(mlc_deployment_refresh(live, &version, err));
        printf("rollback  version %lld answers again\n", (long long)version);
        TRY(mlc_registry_promote(store, "damage", fresh_version, NULL, "and back", err));
        TRY(mlc_deployment_refresh(live, &version, err));
    }
done:
    mlc_result_destroy(fresh);
    mlc_result_destroy(old);
    mlc_dataset_destroy(same);
    mlc_dataset_destroy(known);
    mlc_model_destroy(challenger);
    mlc_model_destroy(champion);
    return status;
}

/* Who was in production when, and why. */
static mlc_status history(mlc_store *store, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_dataset *events = NULL;

    TRY(mlc_registry_history(store, "damage", &events, err));
    puts("history   of the model, kept for ever:");
    for (int64_t row = 0; row < mlc_dataset_rows(events); row++) {
        const char *what, *why;
        int64_t what_size, why_size;
        double version;
        TRY(mlc_dataset_text(events, mlc_dataset_find(events, "what"), row, &what, &what_size,
                             err));
        TRY(mlc_dataset_text(events, mlc_dataset_find(events, "why"), row, &why, &why_size,
                             err));
        TRY(mlc_dataset_numbers(events, mlc_dataset_find(events, "version"), row, 1, &version,
                                err));
        printf("            %-9.*s version %.0f   %.*s\n", (int)what_size, what, version,
               why == NULL ? 0 : (int)why_size, why == NULL ? "" : why);
    }
done:
    mlc_dataset_destroy(events);
    return status;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "tests/data/birdstrikes.csv.gz";
    char file[4096], repository[4096]; /* beside the program */
    mlc_error err = MLC_ERROR_INIT;
    mlc_status status = MLC_OK;
    mlc_context *ctx = NULL;
    mlc_store *store = NULL;
    mlc_deployment *live = NULL;

    snprintf(file, sizeof file, "%s-1996.csv", argv[0]);
    snprintf(repository, sizeof repository, "%s.db", argv[0]);
    unlink(repository); /* each demo begins anew */
    TRY(mlc_context_create(NULL, &ctx, &err));
    TRY(take_reports(ctx, path, &err));
    TRY(mlc_store_open(ctx, repository, NULL, &store, &err));
    TRY(fetch(ctx, store, file, &err));
    TRY(first_champion(ctx, store, &err));
    TRY(mlc_deployment_open(store, "damage", NULL, &live, &err));
    TRY(answer(ctx, store, live, &err));
    TRY(truth(ctx, store, live, &err));
    TRY(drift(ctx, live, &err));
    TRY(challenge(ctx, store, live, &err));
    TRY(history(store, &err));
    printf("all of it lies in %s; look: build/mlcycle log %s damage\n", repository, repository);
done:
    if (status != MLC_OK)
        fprintf(stderr, "%s: %s\n", mlc_status_name(err.code), err.message);
    mlc_deployment_destroy(live);
    mlc_store_destroy(store);
    mlc_context_destroy(ctx);
    return status != MLC_OK;
}
