/*
 * quality.h - how answers fared, once the truth is known
 *
 * Answers are kept with a key - an inference's id, or the host's own - and the truth comes
 * later, by that key. Both are datasets, so they may lie in a store, in files or in the host's
 * structs.
 */
#ifndef MLCYCLE_QUALITY_H
#define MLCYCLE_QUALITY_H

#include "model.h"
#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Judge answers by truths that came later, over all and by window.
 *
 * An answer is a row with the columns that mlc_model_answer() makes (`probability_LABEL` for
 * each class, or `prediction` for numbers), a key, and perhaps a time. A truth is a row with
 * the key and what really was, written as the model's classes are. Of several truths for one
 * key the last counts; truths without an answer, and answers without a truth, are counted.
 *
 * The result holds the numbers `answers`, `known` (that have a truth), `unknown`, `rejected`
 * (that the model had no answer to), `stray_truths`, then `metrics.NAME` with its interval over
 * all that are known, the verdict, and the table `windows` with one row for each window that
 * has answers: `from` and `to` (the times, `to` left out; or positions), `answers`, `known`,
 * and of each metric `NAME`, `NAME_low` and `NAME_high`; missing where it cannot be told. The
 * metrics and their intervals are those of mlc_evaluate(). Parameters (the table is
 * mlc_quality_params()):
 *
 * - `key`: the column, in both, that tells which answer a truth belongs to (needed): text, or
 *   whole numbers
 * - `truth`: the column of what really was; the model's target when not told
 * - `time`: the column of answers that tells when each was given
 * - `window`: how long a window is: `1d`, `6h`, `15m`, `30s` of `time`, counted from 1970; or
 *   `500 rows` of answers in the order in which they stand. One window when not told
 * - `accept`, `metrics`, `confidence`, `resamples`, `seed`, `threshold`, `quantile`: as for
 *   mlc_evaluate()
 *
 * @param model    that answered; tells the classes
 * @param answers  see above
 * @param truths   see above
 * @param params   see above
 * @param out      set to the result, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK, also when not accepted; MLC_ERROR_SCHEMA: a column is absent; MLC_ERROR_TYPE:
 *         keys of different types, a time that is none; MLC_ERROR_DATA: no answer has a truth;
 *         MLC_ERROR_PARAMETER; MLC_ERROR_CANCELLED; MLC_ERROR_NO_MEMORY
 *
 * Memory:  borrows its arguments, keeps none of them.
 * Threads: frozen.
 * Since:   0.1
 */
MLC_API mlc_status mlc_quality(const mlc_model *model, const mlc_dataset *answers,
                               const mlc_dataset *truths, const char *const *params,
                               mlc_result **out, mlc_error *err);

/**
 * The table of parameters of mlc_quality().
 *
 * @param n  set to how many rows there are
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_quality_params(int64_t *n);

#ifdef __cplusplus
}
#endif

#endif
