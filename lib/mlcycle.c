/*
 * mlcycle.c - the context as the host gets it
 *
 * Stands above every folder: it alone knows all of them, makes the context and
 * hands down what each folder lists. A build with fewer parts replaces this file.
 */
#include "clean/clean.h"
#include "evaluate/evaluate.h"
#include "monitor/monitor.h"
#include "num/num.h"
#include "train/train.h"
#include "transform/transform.h"

int32_t mlc_version(void)
{
    return MLC_VERSION;
}

/* Before 1.0 every minor version may change anything; after it only major ones may. */
static bool version_fits(int32_t headers)
{
    int32_t major = headers / 1000000, minor = headers / 1000 % 1000;
    if (headers < 0 || major != MLC_VERSION_MAJOR)
        return false;
    return MLC_VERSION_MAJOR == 0 ? minor == MLC_VERSION_MINOR : minor <= MLC_VERSION_MINOR;
}

static const mlci_kind_tables own_kinds = {
    .clean = mlci_clean_kinds,
    .transform = mlci_transform_kinds,
    .trainers = mlci_train_kinds,
    .learners = mlci_learners,
    .metrics = mlci_metric_kinds,
    .drifts = mlci_drift_kinds,
};

mlc_status mlc_context_create_version(int32_t version, const mlc_context_options *options,
                                      mlc_context **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = NULL;

    if (out == NULL)
        return mlci_null_argument(err, "out");
    *out = NULL;
    if (!version_fits(version))
        return mlci_fail(err, MLC_ERROR_VERSION,
                         "the program was compiled with headers of version %d.%d.%d, the "
                         "library is %d.%d.%d",
                         version / 1000000, version / 1000 % 1000, version % 1000,
                         MLC_VERSION_MAJOR, MLC_VERSION_MINOR, MLC_VERSION_PATCH);
    MLCI_TRY(mlci_context_new(options, &ctx, err));
    ctx->kernels = mlci_kernels_choose();
    MLCI_TRY(mlci_kinds_install(ctx, &own_kinds, err));
    *out = ctx;
    ctx = NULL;
done:
    mlc_context_destroy(ctx);
    return status;
}
