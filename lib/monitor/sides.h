/*
 * sides.h - what the files of monitor share: columns side by side, and what tests make of them
 */
#ifndef MLCI_SIDES_H
#define MLCI_SIDES_H

#include "monitor/monitor.h"

/* --------------------------------------------------------------------- sides.c */

enum { MLCI_CELLS_MOST = 256 };

/* How many rows each category has; categories are codes of `texts`. */
struct census {
    mlc_context *ctx;       /* whose memory it is; not held */
    mlci_dictionary *texts; /* held */
    uint64_t *counts;       /* room */
    size_t room;
    uint64_t rows, missing, rest; /* rest: rows of categories that are not known */
};
void mlci_census_free(struct census *census);
/* Of a column of texts, or of categories that lie as numbers. */
mlc_status mlci_census_column(const mlc_dataset *dataset, size_t column, struct census *out,
                              mlc_error *err);
mlc_status mlci_census_baseline(mlc_context *ctx, const mlci_baseline_column *column,
                                struct census *out, mlc_error *err);

/* A column with the memory that its sides look into. Zero it (ctx set) to begin. */
struct sides {
    mlc_context *ctx;
    mlc_drift_column column;
    mlc_drift_side base, current;
    double *base_values, *current_values; /* rooms; owned */
    size_t base_room, current_room;
    double *counts; /* 2 x cells */
    size_t counts_room;
    double *groups; /* 2 x group_room */
    size_t group_room;
};
void mlci_sides_free(struct sides *sides);
/* The values may go; counts stay. */
void mlci_sides_drop_values(struct sides *sides);
/* Numbers of one side: takes over `values` (room; also on failure), NaN is missing. */
mlc_status mlci_sides_numbers(struct sides *sides, bool current, double *values, size_t room,
                              mlc_error *err);
void mlci_sides_baseline(struct sides *sides, const mlci_baseline_column *column);
/* Cells and bins, once both sides have numbers. */
mlc_status mlci_sides_bins(struct sides *sides, size_t bins, mlc_error *err);
mlc_status mlci_sides_categories(struct sides *sides, const struct census *base,
                                 const struct census *current, mlc_error *err);

/* --------------------------------------------------------------------- contingency.c */

/* What a table of two rows and many cells tells. Cells with less than five rows to be expected
 * on either side are put together. */
struct cells {
    size_t kept;                  /* cells; below 2 nothing can be told */
    double chi2;                  /* the statistic of homogeneity */
    double distance;              /* sqrt(1/2 sum (p - q)^2 / (p + q)), in [0, 1] */
    double variance;              /* of the statistic, its margins given */
    double base, current, marked; /* rows of the sides; of the first kept cell, both sides */
};
void mlci_cells_of(const mlc_drift_column *column, struct cells *out);
/* The chance of a statistic of at least chi2. */
double mlci_cells_tail(const struct cells *cells, double chi2);
/* Sum of (p - q) ln(p / q) over the bins; an empty one counts as half a row. */
double mlci_cells_psi(const mlc_drift_column *column);
/* The chance that two shares differ by at least `distance`, where `marked` rows of all are
 * spread at random over `base` and `current` rows (Fisher's exact test). */
double mlci_shares_tail(double base, double current, double marked, double distance);
/* Share of the current rows, of those present, beyond the base's ends. */
double mlci_out_of_range(const mlc_drift_column *column);

/* ---------------------------------------------------------------------- the tests */

extern const mlc_drift_kind mlci_drift_chi_squared, mlci_drift_ks, mlci_drift_missing,
    mlci_drift_psi, mlci_drift_range, mlci_drift_unseen;

/* ------------------------------------------------------------------ verdict.c */

/* One test of one column. */
struct trial {
    const mlc_drift_kind *kind;
    const struct sides *sides;
    size_t column;
    double effect;
    double value, statistic, p_value, threshold;
    bool drifted;
};
/* Which trials tell of drift when at most `false_alarms` of all reports may err; thresholds. */
mlc_status mlci_drift_judge(mlc_context *ctx, struct trial *trials, size_t n,
                            double false_alarms, mlc_error *err);

#endif
