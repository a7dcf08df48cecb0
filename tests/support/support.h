/*
 * support.h - what tests of every folder share
 *
 * An allocator that fails when told, executors that run lanes in odd orders, files that go
 * away by themselves, raw data that may be absent. No part of the library.
 */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <check.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlcycle/context.h"

/* ------------------------------------------------------------------ faulty_heap.c */

/**
 * An allocator that fails its nth request for more memory (counted from 1), and with `lasting`
 * every later one too. It fills new bytes with 0xA5, checks the sizes and alignments that it
 * is told against those that it gave out, and moves every block that grows or shrinks.
 */
struct faulty_heap {
    mlc_allocator allocator;
    uint64_t fail_at; /* 0: never */
    bool lasting;
    _Atomic uint64_t requests; /* for more memory, so far */
    _Atomic uint64_t live_bytes, live_blocks;
};
void faulty_heap_init(struct faulty_heap *heap, uint64_t nth);

/* ------------------------------------------------------------------ executors.c */

/** Lanes one after another, the last one first. */
mlc_executor reversed_executor(uint32_t lanes);
/** Lanes one after another, in order. */
mlc_executor serial_executor(uint32_t lanes);
/** A thread for each lane, made and joined in each run. */
mlc_executor threaded_executor(uint32_t lanes);

/* ------------------------------------------------------------------ files.c */

/** A path in a folder that is removed when the runner ends; the text lives as long as the
 *  test. The same name gives the same path within one test. */
const char *temp_path(const char *name);
/** Write a file there and return its path. */
const char *temp_file(const char *name, const void *data, size_t size);
const char *temp_text(const char *name, const char *text);
/** A whole file with a NUL behind it; the caller frees it. NULL when it cannot be read. */
char *slurp(const char *path, size_t *size);

/** Where a raw file of MLC_DATA lies, `tabular/adult.data`; NULL when it is absent. */
const char *data_path(const char *name);

/** Count the running test as skipped and say why; the test then returns. */
void skip_test(const char *test, const char *why);
#define SKIP(why)                                                                              \
    do {                                                                                       \
        skip_test(__func__, (why));                                                            \
        return;                                                                                \
    } while (0)
/** Set `path` (const char *) to the raw file, or skip the test. */
#define NEED_DATA(path, name)                                                                  \
    do {                                                                                       \
        if (((path) = data_path(name)) == NULL)                                                \
            SKIP("no " name " in MLC_DATA");                                                   \
    } while (0)

/** True under a sanitizer or valgrind, where time and memory are other than they are. */
bool instrumented(void);
/** Whether long double is computed with the bits that it has: valgrind has only 53. */
bool long_doubles_are_whole(void);

/* For the runner. */
void support_begin(void);
int support_skipped(void);
void support_end(void);

#endif
