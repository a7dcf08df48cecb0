/*
 * trainer_params.c - the parameters that every trainer has, whatever its kind
 *
 * They stand in front of the kind's own in the table that a trainer's text is checked against.
 */
#include "train/training.h"

const mlc_param mlci_common_params[COMMON_COUNT] = {
    [COMMON_TARGET] = {.name = "target",
                       .type = MLC_PARAM_COLUMN,
                       .flags = MLC_PARAM_REQUIRED,
                       .help = "the column to be predicted, as it is after the steps"},
    [COMMON_FEATURES] = {.name = "features",
                         .type = MLC_PARAM_COLUMNS,
                         .help = "the columns to learn from, as they are after the steps; all "
                                 "but target and weights when not told"},
    [COMMON_IGNORE] = {.name = "ignore",
                       .type = MLC_PARAM_COLUMNS,
                       .help = "columns that are not learnt from"},
    [COMMON_WEIGHTS] = {.name = "weights",
                        .type = MLC_PARAM_COLUMN,
                        .help = "a column that tells how much each row counts; above 0"},
    [COMMON_POSITIVE] = {.name = "positive",
                         .type = MLC_PARAM_TEXT,
                         .help =
                             "which of two classes is the positive one; the greater number, "
                             "true, or the bytewise last label when not told"},
    [COMMON_SEED] = {.name = "seed",
                     .type = MLC_PARAM_COUNT,
                     .least = 0,
                     .most = 9007199254740992.0,
                     .default_value = "0",
                     .help = "where random draws begin; the same seed gives the same model"},
    [COMMON_PATIENCE] = {.name = "patience",
                         .type = MLC_PARAM_COUNT,
                         .least = 0,
                         .most = 1000000,
                         .default_value = "0",
                         .help = "stop when so many rounds brought no better loss on the rows "
                                 "kept aside, and keep the best round; 0: never stop early"},
    [COMMON_BASELINE] = {.name = "baseline",
                         .type = MLC_PARAM_FLAG,
                         .default_value = "yes",
                         .help = "keep in the model what its columns and answers look like "
                                 "(counts, quantiles, frequent categories), so that drift is "
                                 "seen later"},
};

const mlc_param *mlc_trainer_common_params(int64_t *n)
{
    if (n != NULL)
        *n = COMMON_COUNT;
    return mlci_common_params;
}
