/*
 * prog_binding.c - a prepared binding takes no memory and no lock, deployed and swapped too
 *
 * Interposes malloc and kin and the mutexes: between the first and the last answer none is
 * asked for, with steps, texts, times and without, one struct and many at a time, records that
 * are invalid or rejected among them.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlcycle.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
int main(void)
{
    puts("malloc belongs to the sanitizer here");
    return 77;
}
#else

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *block);

static _Thread_local bool counting; /* a lane of the pool may go to sleep late */
static unsigned long asked, locked;

void *malloc(size_t size)
{
    asked += counting;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    asked += counting;
    return __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
    asked += counting;
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    asked += counting;
    return __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    asked += counting;
    *out = __libc_memalign(align, size);
    return *out == NULL ? 12 : 0;
}

void free(void *block)
{
    asked += counting && block != NULL;
    __libc_free(block);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    static int (*real)(pthread_mutex_t *);
    if (real == NULL) {
        void *found = dlsym(RTLD_NEXT, "pthread_mutex_lock");
        memcpy(&real, &found, sizeof real);
    }
    locked += counting;
    return real(mutex);
}

enum { RECORDS = 500 };

struct trade {
    double price, amount;
    float age;
    const char *country;
    char kind[8];
    int64_t when;
    bool night;
    double fraud;
};

static const mlc_field fields[] = {
    MLC_FIELD(struct trade, price),
    MLC_FIELD(struct trade, amount),
    MLC_FIELD(struct trade, age),
    MLC_FIELD(struct trade, country),
    MLC_FIELD_CHARS(struct trade, kind),
    MLC_FIELD_AS("when", struct trade, when, MLC_TIMESTAMP_S),
    MLC_FIELD(struct trade, night),
    MLC_FIELD(struct trade, fraud),
};
enum { FIELDS = sizeof fields / sizeof *fields };

static mlc_error err = MLC_ERROR_INIT;
static int failures;

static void must(mlc_status status)
{
    if (status == MLC_OK)
        return;
    printf("%s\n", err.message);
    exit(1);
}

static void make(struct trade *trades)
{
    static const char *const countries[] = {"US", "U.S.A.", "Germany", "Atlantis", NULL};
    static const char *const kinds[] = {"card", "cash", "wire"};
    for (unsigned r = 0; r < RECORDS; r++) {
        unsigned x = r * 2654435761u >> 8;
        trades[r] = (struct trade){.price = x % 1000 / 8.0,
                                   .amount = x % 9 + 1.0,
                                   .age = (float)(x % 70),
                                   .country = countries[x % 5],
                                   .when = (int64_t)x * 60,
                                   .night = x % 2};
        strcpy(trades[r].kind, kinds[x % 3]);
        trades[r].fraud = trades[r].price / trades[r].amount + (x % 3 == 2 ? 20 : 0) > 25;
    }
}

static void count(const char *what, mlc_binding *binding, const struct trade *trades,
                  bool steps)
{
    static double out[RECORDS * 2];
    static mlc_answer info[RECORDS];
    counting = true;
    mlc_status status = mlc_binding_predict(binding, trades, RECORDS, out, info, NULL);
    for (int r = 0; r < RECORDS && status == MLC_OK; r++)
        status = mlc_binding_predict(binding, trades + r, 1, out, NULL, NULL);
    counting = false;
    printf("%s: %lu requests for memory, %lu locks\n", what, asked, locked);
    failures += status != MLC_OK || asked != 0 || locked != 0;
    failures += (info[7].flags & MLC_FLAG_INVALID) == 0 || out[14] != out[14];
    failures += ((info[9].flags & MLC_FLAG_REJECTED) != 0) != steps;
    failures += (info[8].flags & MLC_FLAG_REJECTED) != 0; /* its run goes on */
    asked = locked = 0;
}

/* A thread that asks while another swaps; what it asks for counts, what the other does not. */
struct asking {
    mlc_binding *binding;
    const struct trade *trades;
    unsigned long calls;
    bool failed;
    _Atomic bool stop;
};

static void *ask(void *arg)
{
    struct asking *a = arg;
    double out[8 * 2];
    mlc_answer info[8];
    counting = true;
    while (!atomic_load(&a->stop) && !a->failed) {
        size_t row = a->calls++ % (RECORDS - 8);
        a->failed = mlc_binding_predict(a->binding, a->trades + row, 8, out, info, NULL) != 0;
    }
    counting = false;
    return NULL;
}

static void count_swapped(const char *what, mlc_store *store, mlc_deployment *live,
                          mlc_binding *binding, const struct trade *trades)
{
    struct asking asking = {.binding = binding, .trades = trades};
    pthread_t thread;
    if (pthread_create(&thread, NULL, ask, &asking) != 0)
        exit(1);
    for (int k = 0; k < 40; k++) {
        must(mlc_registry_promote(store, what, 1 + k % 2, NULL, NULL, &err));
        must(mlc_deployment_refresh(live, NULL, &err));
        usleep(1000);
    }
    atomic_store(&asking.stop, true);
    pthread_join(thread, NULL);
    printf("  while 40 are swapped in, %lu calls: %lu requests for memory, %lu locks\n",
           asking.calls, asked, locked);
    failures += asking.failed || asking.calls == 0 || asked != 0 || locked != 0;
    asked = locked = 0;
}

static void check(const char *what, mlc_context *ctx, mlc_store *store, const mlc_dataset *d,
                  const mlc_cleaner *cleaner, const mlc_transformer *transformer)
{
    static struct trade trades[RECORDS];
    mlc_trainer *trainer;
    mlc_model *model;
    mlc_binding *binding;
    mlc_deployment *live;
    must(mlc_trainer_create(ctx, "gbdt", MLC_PARAMS("target", "fraud", "trees", "8"), &trainer,
                            &err));
    if (cleaner != NULL)
        must(mlc_trainer_set_cleaner(trainer, cleaner, &err));
    if (transformer != NULL)
        must(mlc_trainer_set_transformer(trainer, transformer, &err));
    must(mlc_trainer_fit(trainer, d, NULL, &model, &err));
    must(mlc_model_bind(model, fields, FIELDS, sizeof *trades, &binding, &err));
    make(trades);
    trades[7].country = "\xFF\xFE"; /* invalid */
    char *long_text = malloc(1 << 20);
    memset(long_text, 'x', (1 << 20) - 1);
    long_text[(1 << 20) - 1] = 0;
    trades[9].country = long_text; /* too long for the steps */
    count(what, binding, trades, transformer != NULL);
    mlc_binding_destroy(binding);
    must(mlc_registry_publish(store, what, model, NULL, NULL, &err));
    must(mlc_registry_publish(store, what, model, NULL, NULL, &err));
    must(mlc_registry_promote(store, what, 1, NULL, NULL, &err));
    must(mlc_deployment_open(store, what, NULL, &live, &err));
    must(mlc_binding_create(live, fields, FIELDS, sizeof *trades, &binding, &err));
    count("  deployed", binding, trades, transformer != NULL);
    must(mlc_registry_promote(store, what, 2, NULL, NULL, &err));
    must(mlc_deployment_refresh(live, NULL, &err));
    count("  swapped", binding, trades, transformer != NULL);
    count_swapped(what, store, live, binding, trades);
    mlc_binding_destroy(binding);
    mlc_deployment_destroy(live);
    mlc_model_destroy(model);
    mlc_trainer_destroy(trainer);
    free(long_text);
}

int main(void)
{
    static struct trade trades[RECORDS];
    char path[] = "/tmp/mlcycle-binding-XXXXXX";
    mlc_context *ctx;
    mlc_store *store;
    mlc_dataset *d;
    mlc_cleaner *cleaner;
    mlc_transformer *transformer;
    mlc_context_options options = {.size = sizeof options, .threads = 2};
    must(mlc_context_create(&options, &ctx, &err));
    close(mkstemp(path)); /* an empty file becomes a store */
    must(mlc_store_open(ctx, path, NULL, &store, &err));
    make(trades);
    must(mlc_dataset_borrow(ctx, trades, RECORDS, sizeof *trades, fields, FIELDS, &d, &err));
    must(mlc_cleaner_create(ctx, &cleaner, &err));
    must(mlc_cleaner_add(
        cleaner, "standardize",
        MLC_PARAMS("columns", "country", "convention", "country", "to", "name"), &err));
    must(mlc_cleaner_add(cleaner, "standardize", MLC_PARAMS("columns", "kind", "case", "upper"),
                         &err));
    must(mlc_cleaner_add(cleaner, "impute", MLC_PARAMS("columns", "country,age"), &err));
    must(mlc_transformer_create(ctx, &transformer, &err));
    must(mlc_transformer_add(transformer, "derive",
                             MLC_PARAMS("name", "unit_price", "as", "price / amount"), &err));
    must(mlc_transformer_add(transformer, "derive",
                             MLC_PARAMS("name", "both", "as", "concat(country, kind)"), &err));
    must(mlc_transformer_add(transformer, "onehot", MLC_PARAMS("columns", "kind"), &err));
    check("no steps", ctx, store, d, NULL, NULL);
    check("steps", ctx, store, d, cleaner, transformer);
    mlc_transformer_destroy(transformer);
    mlc_cleaner_destroy(cleaner);
    mlc_dataset_destroy(d);
    mlc_store_destroy(store);
    unlink(path);
    mlc_context_destroy(ctx);
    puts(failures == 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
    return failures != 0;
}
#endif
