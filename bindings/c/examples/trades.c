/*
 * trades.c - the whole cycle in one page: fetch, clean, transform, train, decide, deploy, watch
 *
 *     trades [FILE.csv]
 *
 * Without a file it writes one of made-up trades first. Errors are looked at once, at the end:
 * a call that is handed NULL by one that failed leaves the first cause in `err`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <mlcycle.h>

struct trade {
    double price, amount;
    char country[24];
};

static const mlc_field trade_fields[] = {
    MLC_FIELD(struct trade, price),
    MLC_FIELD(struct trade, amount),
    MLC_FIELD_CHARS(struct trade, country),
};

/* Trades of a shop: dear ones of few pieces from one country are the doubtful ones. */
static int make_up(const char *path, unsigned rows)
{
    static const char *const countries[] = {"US", "U.S.A.", "United States", "Germany", "FR"};
    FILE *file = fopen(path, "w");
    unsigned x = 1;

    if (file == NULL)
        return 0;
    fputs("price,amount,country,fraud\n", file);
    for (unsigned r = 0; r < rows; r++) {
        x = x * 1664525u + 1013904223u;
        double price = (x >> 8) % 20000 / 100.0;
        unsigned amount = 1 + (x >> 5) % 9, country = (x >> 16) % 5;
        int fraud = price / amount > 60 && country < 3 && (x >> 12) % 10 != 0;
        fprintf(file, "%.2f,%u,%s,%d\n", price, amount, countries[country], fraud);
    }
    return fclose(file) == 0;
}

int main(int argc, char **argv)
{
    char file[4096], repository[4096];
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx = NULL;
    mlc_store *store = NULL;
    mlc_dataset *raw = NULL, *train = NULL, *test = NULL;
    mlc_cleaner *cleaner = NULL;
    mlc_transformer *features = NULL;
    mlc_trainer *trainer = NULL;
    mlc_model *model = NULL;
    mlc_result *quality = NULL, *drift = NULL;
    mlc_deployment *live = NULL;
    mlc_binding *binding = NULL;
    struct trade trade = {180, 2, "usa"};
    double out[2] = {0, 0};
    mlc_answer info = {0};
    int64_t version = 0;

    snprintf(file, sizeof file, "%s.csv", argv[0]);
    snprintf(repository, sizeof repository, "%s.db", argv[0]);
    unlink(repository);
    if (argc < 2 && !make_up(file, 5000))
        return 1;

    /* 1  every source into one repository */
    mlc_context_create(NULL, &ctx, &err);
    mlc_store_open(ctx, repository, NULL, &store, &err);
    mlc_store_fetch(store, "trades", argc > 1 ? argv[1] : file, NULL, NULL, &err);
    mlc_store_dataset(store, "trades", &raw, &err);

    /* 2  clean: `US`, `U.S.A.` and `United States` follow one convention */
    mlc_cleaner_create(ctx, &cleaner, &err);
    mlc_cleaner_add(cleaner, "standardize",
                    MLC_PARAMS("columns", "country", "convention", "country"), &err);
    mlc_cleaner_add(cleaner, "deduplicate", NULL, &err);

    /* 3  transform: combine attributes */
    mlc_transformer_create(ctx, &features, &err);
    mlc_transformer_add(features, "derive",
                        MLC_PARAMS("name", "unit_price", "as", "price / amount"), &err);

    /* 4  train, evaluate, decide */
    mlc_dataset_split(raw, MLC_PARAMS("share", "0.25"), &train, &test, &err);
    mlc_trainer_create(ctx, "gbdt", MLC_PARAMS("target", "fraud", "trees", "50"), &trainer,
                       &err);
    mlc_trainer_set_cleaner(trainer, cleaner, &err);
    mlc_trainer_set_transformer(trainer, features, &err);
    mlc_trainer_fit(trainer, train, NULL, &model, &err);
    mlc_evaluate(model, test, MLC_PARAMS("accept", "auc >= 0.90"), &quality, &err);

    /* 5  deploy: the application knows a name, never a version */
    mlc_registry_publish(store, "fraud", model, quality, &version, &err);
    if (mlc_result_accepted(quality) == MLC_ACCEPTED)
        mlc_registry_promote(store, "fraud", version, NULL, "auc >= 0.90", &err);
    mlc_deployment_open(store, "fraud", NULL, &live, &err);
    mlc_binding_create(live, trade_fields, 3, sizeof(struct trade), &binding, &err);
    mlc_binding_predict(binding, &trade, 1, out, &info, &err);

    /* 6  are the data still those that it learnt from? */
    mlc_drift_model(model, test, NULL, &drift, &err);

    if (err.code != MLC_OK) {
        fprintf(stderr, "%s: %s\n", mlc_status_name(err.code), err.message);
    } else {
        printf("%s@%lld: a trade at %.0f for %.0f from '%s' is doubtful with %.3f\n", "fraud",
               (long long)info.variant, trade.price, trade.amount, trade.country, out[1]);
        printf("quality %s\ndrift   %s\n", mlc_result_json(quality), mlc_result_json(drift));
    }
    mlc_binding_destroy(binding);
    mlc_deployment_destroy(live);
    mlc_result_destroy(drift);
    mlc_result_destroy(quality);
    mlc_model_destroy(model);
    mlc_trainer_destroy(trainer);
    mlc_transformer_destroy(features);
    mlc_cleaner_destroy(cleaner);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
    mlc_dataset_destroy(raw);
    mlc_store_destroy(store);
    mlc_context_destroy(ctx);
    return err.code != MLC_OK;
}
