/*
 * measures.c - which metrics are worked out: those that are listed, or all that fit; and those
 *              that acceptance speaks of
 */
#include "evaluate/metrics.h"

static int32_t task_of(const mlc_model *model)
{
    int64_t classes = mlci_target_classes(mlci_model_target_of(model));
    return classes == 0   ? MLC_TASK_REGRESSION
           : classes == 2 ? MLC_TASK_BINARY
                          : MLC_TASK_MULTICLASS;
}

/* Have this metric worked out, once. It must fit what the model predicts. */
static mlc_status want(struct measures *list, int32_t task, const mlc_metric_kind *kind,
                       const char *parameter, mlc_error *err)
{
    for (size_t m = 0; m < list->n; m++)
        if (list->items[m].kind == kind)
            return MLC_OK;
    if ((kind->tasks & task) == 0) {
        mlc_status status =
            mlci_fail(err, MLC_ERROR_PARAMETER, "%s: '%s' does not judge a model of %s",
                      parameter, kind->name,
                      task == MLC_TASK_REGRESSION ? "numbers"
                      : task == MLC_TASK_BINARY   ? "two classes"
                                                  : "many classes");
        mlci_error_detail(err, parameter);
        return status;
    }
    MLCI_ASSERT(list->n < list->room);
    list->items[list->n++].kind = kind;
    return MLC_OK;
}

static mlc_status want_listed(struct measures *list, int32_t task, const char *text,
                              mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_arena arena;
    const char *const *names;
    size_t n;

    mlci_arena_init(&arena, list->ctx);
    MLCI_TRY(mlci_list_read(&arena, text, &names, &n, err));
    for (size_t i = 0; i < n; i++) {
        const mlc_metric_kind *kind;
        status = mlci_metric_kind_find(list->ctx, names[i], &kind, err);
        if (status == MLC_ERROR_NOT_FOUND) {
            status = MLC_ERROR_PARAMETER;
            if (err != NULL)
                err->code = status;
        }
        if (status != MLC_OK) {
            mlci_blame(err, "metrics");
            mlci_error_detail(err, "metrics");
            goto done;
        }
        MLCI_TRY(want(list, task, kind, "metrics", err));
    }
done:
    mlci_arena_free(&arena);
    return status;
}

mlc_status mlci_measures_choose(struct measures *list, mlc_context *ctx, const mlc_model *model,
                                const char *accept, const char *names, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const mlc_metric_kind *kind;
    int32_t task = task_of(model);

    *list = (struct measures){.ctx = ctx};
    while (mlc_metric_at(ctx, (int64_t)list->room) != NULL)
        list->room++;
    MLCI_ALLOC_ZEROED(list->items, list->room);
    if (accept != NULL)
        MLCI_TRY(mlci_accept_parse(ctx, accept, &list->accept, err));
    if (names != NULL)
        MLCI_TRY(want_listed(list, task, names, err));
    for (size_t i = 0; names == NULL && (kind = mlc_metric_at(ctx, (int64_t)i)) != NULL; i++)
        if ((kind->tasks & task) != 0)
            MLCI_TRY(want(list, task, kind, "metrics", err));
    for (size_t i = 0;
         list->accept != NULL && (kind = mlci_accept_metric(list->accept, i)) != NULL; i++)
        MLCI_TRY(want(list, task, kind, "accept", err));
done:
    return status;
}

bool mlci_measures_rank(const struct measures *list)
{
    bool ranks = false;

    for (size_t m = 0; m < list->n; m++) {
        const struct metric *metric = mlci_metric_of(list->items[m].kind);
        ranks = ranks || (metric != NULL && metric->ranks);
    }
    return ranks;
}

void mlci_measures_free(struct measures *list)
{
    mlc_context *ctx = list->ctx;

    if (ctx == NULL)
        return;
    MLCI_FREE(list->items, list->room);
    mlci_accept_free(list->accept);
    *list = (struct measures){0};
}
