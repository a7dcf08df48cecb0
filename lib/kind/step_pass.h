/*
 * step_pass.h - running a step's apply over many items; private to kind
 */
#ifndef MLCI_STEP_PASS_H
#define MLCI_STEP_PASS_H

#include "kind/steps.h"

enum { MARK_CHANGED = 1, MARK_UNKNOWN = 2 };

/* What a pass made of one computed column. */
struct made {
    mlci_shared *cells; /* items: double, or uint32_t codes of `dictionary` */
    mlci_shared *valid; /* rows, as the cells are what their column stores: a flag's byte, a
                         * time's or whole number's int64_t */
    mlci_dictionary *dictionary;
    uint8_t *marks;       /* over dictionaries: items, MARK_ bits */
    uint64_t changed;     /* over rows: cells that differ from those they replace */
    struct tally unknown; /* over rows, when there is a report */
};

/* One run of apply over all items: the rows of the dataset, or the codes of its dictionaries.
 */
struct pass {
    const struct step_job *job;
    bool by_code;
    size_t items;
    const uint8_t *feed; /* n_in: inputs whose cells are read; others are missing */
    const uint8_t *take; /* n_computed: columns whose cells are wanted */
    struct made *made;   /* n_computed, zeroed; filled where taken */
};
mlc_status mlci_pass_run(const struct pass *pass, mlc_error *err);
/* The integers of a replaced column that are too large for a double come back, by rows; then
 * `valid` is set (step_whole.c). */
mlc_status mlci_keep_whole(const struct step_job *job, size_t c, struct made *made,
                           mlc_error *err);
void mlci_made_free(mlc_context *ctx, struct made *made, size_t n, size_t items);

#endif
