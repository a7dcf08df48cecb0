/*
 * arrow_stream.c - a dataset as an Arrow stream of batches
 *
 * A batch is a view of the stream's dataset, shown as arrow_out.c shows any: so batches need
 * nothing of the stream once they are out.
 */
#include <errno.h>

#include "data/arrow.h"

struct stream {
    mlc_context *ctx;     /* held */
    mlc_dataset *dataset; /* held */
    mlci_arrow_style style;
    size_t next; /* row */
    bool begun;
    mlc_error err;
};

/* Arrow's consumers know errno's numbers. */
static int number_of(mlc_status status)
{
    return status == MLC_OK ? 0 : status == MLC_ERROR_NO_MEMORY ? ENOMEM : EINVAL;
}

static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct stream *s = stream->private_data;
    mlci_fp_state fp = mlci_fp_enter();
    mlc_status status = mlci_arrow_schema_of(s->dataset, &s->style, out, &s->err);

    mlci_fp_leave(fp);
    return number_of(status);
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct stream *s = stream->private_data;
    size_t left = s->dataset->rows - s->next;
    size_t rows = s->style.rows == 0 || s->style.rows > left ? left : s->style.rows;
    mlc_dataset *batch = NULL;
    mlci_fp_state fp;
    mlc_status status;

    if (rows == 0 && s->begun) { /* a table without rows is one batch without rows */
        memset(out, 0, sizeof *out);
        return 0;
    }
    fp = mlci_fp_enter();
    status = mlci_dataset_range(s->dataset, s->next, rows, &batch, &s->err);
    if (status == MLC_OK)
        status = mlci_arrow_array_of(batch, &s->style, out, &s->err);
    mlc_dataset_destroy(batch);
    mlci_fp_leave(fp);
    if (status == MLC_OK) {
        s->next += rows;
        s->begun = true;
    }
    return number_of(status);
}

static const char *stream_error(struct ArrowArrayStream *stream)
{
    struct stream *s = stream->private_data;
    return s->err.code == MLC_OK ? NULL : s->err.message;
}

static void stream_release(struct ArrowArrayStream *stream)
{
    struct stream *s = stream->private_data;
    mlc_context *ctx = s->ctx;

    mlc_dataset_destroy(s->dataset);
    MLCI_FREE(s, 1);
    stream->release = NULL;
    mlci_context_drop(ctx);
}

mlc_status mlc_dataset_to_arrow_stream(const mlc_dataset *dataset, const char *const *params,
                                       struct ArrowArrayStream *stream, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;
    mlci_arrow_style style;
    struct stream *s = NULL;

    if (dataset == NULL || stream == NULL)
        return mlci_null_argument(err, dataset == NULL ? "dataset" : "stream");
    ctx = dataset->ctx;
    MLCI_TRY(mlci_arrow_style_read(ctx, params, &style, err));
    MLCI_ALLOC_ZEROED(s, 1);
    *s = (struct stream){.ctx = mlci_context_hold(ctx),
                         .dataset = mlci_dataset_hold(dataset),
                         .style = style,
                         .err = MLC_ERROR_INIT};
    *stream = (struct ArrowArrayStream){.get_schema = stream_schema,
                                        .get_next = stream_next,
                                        .get_last_error = stream_error,
                                        .release = stream_release,
                                        .private_data = s};
done:
    return status;
}
