/*
 * raw_to_answers.c - from a raw file to answers for the program's own structs, on one page
 *
 * Usage: raw_to_answers [birdstrikes.csv.gz]
 */
#include <stdio.h>

#include <mlcycle.h>

/* What the application has at hand when a strike is reported. */
struct strike {
    const char *size;
    const char *phase;
    float speed; /* knots; NaN when nobody knows */
};

static const mlc_field strike_fields[] = {
    {.name = "Wildlife Size", .storage = MLC_UTF8, .offset = offsetof(struct strike, size)},
    {.name = "Phase of flight", .storage = MLC_UTF8, .offset = offsetof(struct strike, phase)},
    {.name = "Speed IAS in knots",
     .storage = MLC_FLOAT32,
     .offset = offsetof(struct strike, speed)},
};

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "tests/data/birdstrikes.csv.gz";
    const struct strike strikes[] = {{"Small", "Approach", 120}, {"Large", "Climb", 250}};
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx = NULL;
    mlc_dataset *data = NULL, *train = NULL, *test = NULL;
    mlc_transformer *features = NULL;
    mlc_trainer *trainer = NULL;
    mlc_model *model = NULL;
    mlc_binding *binding = NULL;
    mlc_result *quality = NULL;
    mlc_quantity auc = {.size = sizeof auc};
    double answers[4];

    /* A call that is handed NULL by one that failed leaves `err` as it is: look once, at the
     * end. */
    mlc_context_create(NULL, &ctx, &err);
    mlc_dataset_read(ctx, path, NULL, &data, NULL, &err);
    mlc_dataset_split(data, MLC_PARAMS("share", "0.25", "seed", "1"), &train, &test, &err);
    mlc_transformer_create(ctx, &features, &err);
    mlc_transformer_add(features, "derive",
                        MLC_PARAMS("name", "damaged", "as",
                                   "if(`Effect Amount of damage` == 'None', 'no', 'yes')"),
                        &err);
    mlc_trainer_create(ctx, "gbdt",
                       MLC_PARAMS("target", "damaged", "features",
                                  "Wildlife Size,Phase of flight,Speed IAS in knots"),
                       &trainer, &err);
    mlc_trainer_set_transformer(trainer, features, &err);
    mlc_trainer_fit(trainer, train, NULL, &model, &err);
    mlc_evaluate(model, test, NULL, &quality, &err);
    mlc_result_get(quality, "metrics.auc", &auc, &err);
    mlc_model_bind(model, strike_fields, 3, sizeof(struct strike), &binding, &err);
    if (mlc_binding_predict(binding, strikes, 2, answers, NULL, &err) == MLC_OK) {
        printf("AUC %.3f [%.3f, %.3f]\n", auc.value, auc.low, auc.high);
        for (int k = 0; k < 2; k++)
            printf("%s bird, %s, %.0f knots: damage with probability %.2f\n", strikes[k].size,
                   strikes[k].phase, strikes[k].speed,
                   answers[2 * k + mlc_model_positive(model)]);
    } else {
        fprintf(stderr, "%s: %s\n", mlc_status_name(err.code), err.message);
    }
    int failed = err.code != MLC_OK;
    mlc_binding_destroy(binding);
    mlc_result_destroy(quality);
    mlc_model_destroy(model);
    mlc_trainer_destroy(trainer);
    mlc_transformer_destroy(features);
    mlc_dataset_destroy(test);
    mlc_dataset_destroy(train);
    mlc_dataset_destroy(data);
    mlc_context_destroy(ctx);
    return failed;
}
