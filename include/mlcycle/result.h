/*
 * result.h - named numbers, intervals and tables: what evaluating and cleaning answer
 */
#ifndef MLCYCLE_RESULT_H
#define MLCYCLE_RESULT_H

#include "context.h"
#include "dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Numbers by name, each perhaps with an interval; a verdict; tables. Frozen. */
typedef struct mlc_result mlc_result;

/** What an acceptance test came to. */
enum {
    MLC_NOT_ASKED = 0, /**< there was no acceptance expression */
    MLC_ACCEPTED = 1,
    MLC_NOT_ACCEPTED = 2,
    MLC_NOT_ENOUGH_DATA = 3 /**< the interval holds the bound: more rows are needed to tell */
};

/** One named number; NaN where it could not be told. low and high are NaN without interval. */
typedef struct mlc_quantity {
    size_t size; /**< of this struct, set by the caller */
    const char *name;
    double value, low, high;
} mlc_quantity;

/**
 * Let go of a result; NULL is fine.
 *
 * Threads: frozen; the last use by any thread must be over.
 * Since:   0.1
 */
MLC_API void mlc_result_destroy(mlc_result *result);

/**
 * How many named numbers there are.
 *
 * @param result  a result; NULL has none
 * @return their count
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int64_t mlc_result_quantities(const mlc_result *result);

/**
 * One named number, in the order in which the JSON has them.
 *
 * @param result    a result
 * @param position  in [0, mlc_result_quantities())
 * @param out       filled; out->size must be set
 * @param err       told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT
 *
 * Memory:  out->name lives as long as the result.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_result_quantity(const mlc_result *result, int64_t position,
                                       mlc_quantity *out, mlc_error *err);

/**
 * The number of a name.
 *
 * @param result  a result
 * @param name    the whole name, `metrics.auc`, or its end behind a point, `auc`, when only one
 *                number has it
 * @param out     filled; out->size must be set
 * @param err     told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND, with the nearest name in the message; MLC_ERROR_ARGUMENT
 *
 * Memory:  out->name lives as long as the result.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_result_get(const mlc_result *result, const char *name, mlc_quantity *out,
                                  mlc_error *err);

/**
 * The verdict.
 *
 * @param result  a result
 * @return MLC_ACCEPTED, MLC_NOT_ACCEPTED, MLC_NOT_ENOUGH_DATA; MLC_NOT_ASKED also for NULL
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API int32_t mlc_result_accepted(const mlc_result *result);

/**
 * A table of the result.
 *
 * @param result  a result
 * @param name    `confusion`, `unknown`, ...
 * @param out     set to the table, to be destroyed by the caller; or to NULL on failure
 * @param err     told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_NOT_FOUND; MLC_ERROR_ARGUMENT
 *
 * Memory:  the table may outlive the result.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_result_table(const mlc_result *result, const char *name,
                                    mlc_dataset **out, mlc_error *err);

/**
 * The whole result as JSON: one object on one line, numbers with the fewest digits that read
 * back to the same bits, NaN as null.
 *
 * @param result  a result
 * @return text ended by NUL that lives as long as the result; NULL for NULL
 *
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API const char *mlc_result_json(const mlc_result *result);

#ifdef __cplusplus
}
#endif

#endif
