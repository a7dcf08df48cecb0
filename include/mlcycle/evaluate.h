/*
 * evaluate.h - is the accuracy acceptable?
 *
 * A model is judged on rows that it has not seen, by metrics that each come with an interval;
 * an acceptance expression is answered by the intervals, so that luck is not taken for quality.
 */
#ifndef MLCYCLE_EVALUATE_H
#define MLCYCLE_EVALUATE_H

#include "model.h"
#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Judge a model on rows that it has not seen.
 *
 * Rows without a target, and rows that the model cannot answer, are left out and counted. A row
 * of a class that training never saw counts as answered wrong, whatever the answer: against
 * accuracy and the answered class's precision, as one of the others in AUC and average
 * precision, with probability 0 of the truth in log-loss and Brier score.
 *
 * The result holds the numbers `rows` (that were judged), `seen_rows`, `invalid_cells` (of the
 * whole file), `missing_target_rows`, `rejected_rows`, `unseen_class_rows`, then `metrics.NAME`
 * with its interval for each metric, the verdict, and for classes the table `confusion` (truth,
 * prediction, rows; a missing truth stands for classes that training never saw). Parameters
 * (the table is mlc_evaluate_params()):
 *
 * - `accept`: an expression over metrics, `auc >= 0.90 and (recall >= 0.7 or f1 > 0.8)`, of
 *   comparisons < <= > >= with numbers, and, or, not, parentheses. `auc >= 0.9` holds when the
 *   interval's low end is at least 0.9, does not when the high end is below, and otherwise
 *   there is not enough data to tell
 * - `metrics`: names parted by commas; all that fit what the model predicts when not told
 * - `weights`: a column of the dataset that tells how much each row counts; above 0
 * - `confidence` (0.95): how sure the intervals are
 * - `resamples` (1000): how often the bootstrap draws. 0: only metrics with a closed form have
 *   intervals (without weights accuracy, and of two classes AUC, precision and recall), and the
 *   others cannot be accepted
 * - `seed` (0): of the bootstrap, which draws by row id: the order of the rows does not matter
 * - `threshold` (0.5): two classes: positive is answered from this probability on
 * - `quantile` (0.5): which one `pinball` holds the predictions to be
 * - `seen`: rows that the model was fitted on are refused (`refuse`), judged like others
 *   (`allow`), or left out (`skip`)
 *
 * @param model    a fitted model
 * @param dataset  raw rows that hold the model's columns and the target
 * @param params   see above; NULL for none
 * @param out      set to the result, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK, also when not accepted; MLC_ERROR_SEEN when rows were seen in training;
 *         MLC_ERROR_SCHEMA when a column is absent, the target among them; MLC_ERROR_PARAMETER,
 *         for a bad expression with the byte where it goes wrong; MLC_ERROR_DATA when no row is
 *         left to judge by; MLC_ERROR_CANCELLED; MLC_ERROR_NO_MEMORY
 *
 * Memory:  borrows its arguments, keeps none of them.
 * Threads: frozen; the work is spread over the lanes of the dataset's context, which change
 *          nothing.
 * Since:   0.1
 */
MLC_API mlc_status mlc_evaluate(const mlc_model *model, const mlc_dataset *dataset,
                                const char *const *params, mlc_result **out, mlc_error *err);

/**
 * The table of evaluation parameters.
 *
 * @param n  set to how many rows there are
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const mlc_param *mlc_evaluate_params(int64_t *n);

#ifdef __cplusplus
}
#endif

#endif
