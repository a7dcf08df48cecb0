/*
 * frame_loop.c - a game that learns while it runs: training in slices of 2 milliseconds
 *
 * Every frame does its own work, then lends what is left of it to the trainer. The rows are the
 * game's own structs, borrowed where they lie. Tells the worst slice at the end.
 *
 * Usage: frame_loop [rows, default 1000000] [trees, default 20]
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <mlcycle.h>

enum { FRAME_BUDGET_US = 2000, SENSORS = 8 };

/* What the game remembers of each encounter, and whether the player won it. */
struct encounter {
    float sensors[SENSORS];
    float damage;
    int32_t weapon;
    bool won;
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

/* A small generator of our own: the game's world. */
static float draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (float)(*state >> 40) / (float)(1 << 24);
}

static struct encounter *play(int64_t rows)
{
    struct encounter *log = malloc((size_t)rows * sizeof *log);
    uint64_t state = 7;

    for (int64_t k = 0; log != NULL && k < rows; k++) {
        float chance = 0;
        for (int s = 0; s < SENSORS; s++)
            log[k].sensors[s] = draw(&state);
        log[k].damage = draw(&state) * 100;
        log[k].weapon = (int32_t)(draw(&state) * 6);
        chance = log[k].sensors[0] * log[k].sensors[1] + log[k].damage / 200 +
                 (log[k].weapon == 3 ? 0.3f : 0.0f);
        log[k].won = draw(&state) < chance;
    }
    return log;
}

/* What a frame does beside learning. */
static double simulate(double world)
{
    for (int k = 0; k < 20000; k++)
        world = world * 0.999 + sqrt((double)k) * 1e-3;
    return world;
}

int main(int argc, char **argv)
{
    int64_t rows = argc > 1 ? atoll(argv[1]) : 1000000;
    const char *trees = argc > 2 ? argv[2] : "20";
    mlc_field fields[SENSORS + 3] = {{0}};
    char names[SENSORS][16];
    struct encounter *log = rows > 0 ? play(rows) : NULL;
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx = NULL;
    mlc_dataset *data = NULL;
    mlc_trainer *trainer = NULL;
    mlc_model *model = NULL;
    int32_t done = 0;
    long frames = 0, late = 0;
    double worst = 0, world = 0, start = now_us();

    if (log == NULL)
        return 1;
    for (int s = 0; s < SENSORS; s++) {
        snprintf(names[s], sizeof names[s], "sensor %d", s);
        fields[s] = (mlc_field){.name = names[s],
                                .storage = MLC_FLOAT32,
                                .offset = (int64_t)(offsetof(struct encounter, sensors) +
                                                    (size_t)s * sizeof(float))};
    }
    fields[SENSORS] = (mlc_field)MLC_FIELD(struct encounter, damage);
    fields[SENSORS + 1] = (mlc_field)MLC_FIELD(struct encounter, weapon);
    fields[SENSORS + 2] = (mlc_field)MLC_FIELD(struct encounter, won);

    mlc_context_create(NULL, &ctx, &err);
    mlc_dataset_borrow(ctx, log, rows, sizeof *log, fields, SENSORS + 3, &data, &err);
    mlc_trainer_create(ctx, "gbdt", MLC_PARAMS("target", "won", "trees", trees), &trainer,
                       &err);
    mlc_status status = mlc_trainer_begin(trainer, data, NULL, &err);
    double began = now_us();
    while (status == MLC_OK && !done) {
        world = simulate(world);
        double before = now_us();
        status = mlc_trainer_step(trainer, FRAME_BUDGET_US, &done, &err);
        double slice = now_us() - before;
        worst = slice > worst ? slice : worst;
        late += slice > FRAME_BUDGET_US + 1000;
        frames++;
    }
    if (status == MLC_OK)
        status = mlc_trainer_finish(trainer, &model, &err);
    if (status == MLC_OK)
        printf(
            "%lld rows borrowed and begun in %.1f ms, %s trees in %ld frames; slices of 2 ms: "
            "worst %.2f ms, %ld over 3 ms (world %.1f)\nmodel %.16s\n",
            (long long)rows, (began - start) * 1e-3, trees, frames, worst * 1e-3, late, world,
            mlc_model_hash(model));
    else
        fprintf(stderr, "%s: %s\n", mlc_status_name(err.code), err.message);
    mlc_model_destroy(model);
    mlc_trainer_destroy(trainer);
    mlc_dataset_destroy(data);
    mlc_context_destroy(ctx);
    free(log);
    return status != MLC_OK;
}
