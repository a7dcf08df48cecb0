/*
 * runner.c - one program that runs every suite
 *
 *     runner [-l] [SUITE | -SUITE]...
 *
 * -l lists the suites; names choose some, names after a minus leave some out. Each test runs in
 * a process of its own (CK_FORK=no turns that off). One line a suite with its time, every
 * failure with file and line, and at the end `N passed, N failed, N skipped`.
 */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SUITE(name) Suite *suite_##name(void);
#include "suites.h"
#undef SUITE

static const struct {
    const char *name;
    Suite *(*make)(void);
} suites[] = {
#define SUITE(name) {#name, suite_##name},
#include "suites.h"
#undef SUITE
    {NULL, NULL},
};

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Wanted: named, or nothing is named and it is not left out. */
static bool wanted(const char *name, int argc, char **argv)
{
    bool any = false;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-' && strcmp(argv[i] + 1, name) == 0)
            return false;
        any = any || argv[i][0] != '-';
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return !any;
}

/* A name that fits no suite is a mistake, not an empty run. */
static bool known(const char *name)
{
    if (strcmp(name, "-l") == 0)
        return true;
    for (size_t s = 0; suites[s].name != NULL; s++)
        if (strcmp(suites[s].name, name[0] == '-' ? name + 1 : name) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!known(argv[i])) {
            fprintf(stderr, "runner: no suite '%s'; -l lists them\n", argv[i]);
            return 2;
        }
    if (argc > 1 && strcmp(argv[1], "-l") == 0) {
        for (size_t s = 0; suites[s].name != NULL; s++)
            puts(suites[s].name);
        return 0;
    }
    setenv("CK_DEFAULT_TIMEOUT", "120", 0);
    if (instrumented())
        setenv("CK_TIMEOUT_MULTIPLIER", "20", 0);
    support_begin();
    int passed = 0, failed = 0;
    for (size_t s = 0; suites[s].name != NULL; s++) {
        if (!wanted(suites[s].name, argc, argv))
            continue;
        SRunner *runner = srunner_create(suites[s].make());
        double began = seconds_now();
        srunner_run_all(runner, CK_SILENT);
        int run = srunner_ntests_run(runner), bad = srunner_ntests_failed(runner);
        printf("%-4s %-24s %4d tests %8.2f s\n", bad == 0 ? "ok" : "FAIL", suites[s].name, run,
               seconds_now() - began);
        if (bad > 0)
            srunner_print(runner, CK_NORMAL);
        fflush(stdout);
        passed += run - bad;
        failed += bad;
        srunner_free(runner);
    }
    int skipped = support_skipped();
    support_end();
    printf("%d passed, %d failed, %d skipped\n", passed - skipped, failed, skipped);
    return failed == 0 ? 0 : 1;
}
