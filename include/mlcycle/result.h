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

/** Numbers by name, each perhaps with an interval; notes; tables. Frozen. */
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

MLC_API void mlc_result_destroy(mlc_result *result);
/** How many named numbers there are. */
MLC_API int64_t mlc_result_quantities(const mlc_result *result);
/** Number `position`, in the order they were put; its name lives as long as the result. */
MLC_API mlc_status mlc_result_quantity(const mlc_result *result, int64_t position,
                                       mlc_quantity *out, mlc_error *err);
/** The number of this name. MLC_ERROR_NOT_FOUND tells the nearest. */
MLC_API mlc_status mlc_result_get(const mlc_result *result, const char *name, mlc_quantity *out,
                                  mlc_error *err);
/** MLC_ACCEPTED and kin. */
MLC_API int32_t mlc_result_accepted(const mlc_result *result);
/** A table of the result as a dataset, by name (`confusion`, `unknown`, ...). */
MLC_API mlc_status mlc_result_table(const mlc_result *result, const char *name,
                                    mlc_dataset **out, mlc_error *err);
/** The whole result as one line of JSON, ended by NUL; lives as long as the result. */
MLC_API const char *mlc_result_json(const mlc_result *result);

#ifdef __cplusplus
}
#endif

#endif
