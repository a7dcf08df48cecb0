/*
 * checkpoint.c - a training between two steps, as bytes in a file
 *
 * What is kept: how many rounds there were, which was best, and the kind's own state. What was
 * prepared is not: going on prepares again from the same data, which gives the same, and a
 * digest of parameters and data (every cell that the kind may look at) says whether they are.
 */
#include "train/training.h"

static const char format[] = "mlcycle checkpoint 1";

enum { READ_BYTES = 1 << 20 };

/* ------------------------------------------------------------------------------- identity */

static void digest_text(mlci_digester *digester, const char *text)
{
    mlci_digest_add(digester, text, strlen(text) + 1);
}

/* What the training is of: the kind, its parameters and every cell it may look at. */
static mlc_status checkpoint_identify(struct training *t, const char *const *pairs,
                                      mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_digester digester;

    if (t->identified)
        return MLC_OK;
    mlci_digest_begin(&digester);
    digest_text(&digester, format);
    digest_text(&digester, t->kind->name);
    for (size_t i = 0; pairs != NULL && pairs[i] != NULL; i++)
        digest_text(&digester, pairs[i]);
    if (t->base != NULL)
        digest_text(&digester, mlc_model_hash(t->base));
    MLCI_TRY(mlci_task_rows_digest(t->train, &digester, err));
    if (t->valid != NULL)
        MLCI_TRY(mlci_task_rows_digest(t->valid, &digester, err));
    mlci_digest_end(&digester, &t->identity);
    t->identified = true;
done:
    return status;
}

/* ------------------------------------------------------------------------------- writing */

static mlc_status put_whole(mlc_writer *writer, const char *name, int64_t value, mlc_error *err)
{
    return mlc_writer_put(writer, name, MLC_INT64, &value, 1, err);
}

mlc_status mlci_checkpoint_write(struct training *t, const char *const *pairs, const char *path,
                                 mlc_error *err)
{
    mlc_context *ctx = t->ctx;
    mlc_status status = MLC_OK;
    mlci_buffer bytes = {.ctx = ctx};
    mlci_sink_options options = {.path = path};
    mlc_writer *writer = NULL;
    mlci_sink *sink = NULL;

    if (t->kind->save == NULL || t->kind->load == NULL)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "%s has no checkpoints", t->kind->name);
    if (t->broken)
        return mlci_fail(err, MLC_ERROR_STATE, "a step of this training failed");
    MLCI_TRY(checkpoint_identify(t, pairs, err));
    MLCI_TRY(mlci_writer_new(ctx, &writer, err));
    MLCI_TRY(mlc_writer_put_text(writer, "format", format, err));
    MLCI_TRY(mlc_writer_put(writer, "identity", MLC_UINT8, t->identity.bytes,
                            sizeof t->identity.bytes, err));
    MLCI_TRY(put_whole(writer, "done", t->done, err));
    MLCI_TRY(put_whole(writer, "rounds", t->rounds, err));
    MLCI_TRY(put_whole(writer, "best_round", t->best_round, err));
    MLCI_TRY(mlc_writer_put(writer, "best_loss", MLC_FLOAT64, &t->best_loss, 1, err));
    MLCI_TRY(mlci_writer_push(writer, err, "state."));
    MLCI_TRY(t->kind->save(t->state, writer, err));
    mlci_writer_pop(writer);
    MLCI_TRY(mlci_writer_bytes(writer, "{}", &bytes, err));
    MLCI_TRY(mlci_sink_open(ctx, &options, &sink, err));
    MLCI_TRY(mlci_sink_write(sink, bytes.data, bytes.size, err));
    MLCI_TRY(mlci_sink_finish(sink, err));
done:
    mlci_sink_close(sink);
    mlci_buffer_free(&bytes);
    mlci_writer_free(writer);
    return status;
}

/* ------------------------------------------------------------------------------- reading */

static mlc_status read_file(mlc_context *ctx, const char *path, mlci_buffer *out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_source_options options = {.path = path};
    mlci_source *source = NULL;
    char *block = NULL;
    size_t got = READ_BYTES;

    MLCI_ALLOC(block, READ_BYTES);
    MLCI_TRY(mlci_source_open(ctx, &options, &source, err));
    while (got == READ_BYTES) {
        MLCI_TRY(mlci_source_read(source, block, READ_BYTES, &got, err));
        MLCI_TRY(mlci_buffer_add(out, block, got, err));
    }
done:
    mlci_source_close(source);
    MLCI_FREE(block, READ_BYTES);
    return status;
}

/* One value of a storage under a name. */
static mlc_status get_one(const mlc_reader *reader, const char *name, int32_t storage,
                          const void **value, mlc_error *err)
{
    int64_t count;
    mlc_status status = mlc_reader_get(reader, name, storage, value, &count, err);
    if (status == MLC_OK && count != 1)
        status = mlci_fail(err, MLC_ERROR_FORMAT, "'%s' holds %lld values instead of one", name,
                           (long long)count);
    return status;
}

static mlc_status read_counts(struct training *t, const mlc_reader *reader, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const void *done, *rounds, *best_round, *best_loss;

    MLCI_TRY(get_one(reader, "done", MLC_INT64, &done, err));
    MLCI_TRY(get_one(reader, "rounds", MLC_INT64, &rounds, err));
    MLCI_TRY(get_one(reader, "best_round", MLC_INT64, &best_round, err));
    MLCI_TRY(get_one(reader, "best_loss", MLC_FLOAT64, &best_loss, err));
    t->done = *(const int64_t *)done != 0;
    t->rounds = *(const int64_t *)rounds;
    t->best_round = *(const int64_t *)best_round;
    t->best_loss = *(const double *)best_loss;
    if (t->rounds < 0 || t->best_round < 0 || t->best_round > t->rounds)
        status = mlci_fail(err, MLC_ERROR_FORMAT, "%lld rounds, the best of them %lld",
                           (long long)t->rounds, (long long)t->best_round);
done:
    return status;
}

mlc_status mlci_checkpoint_read(struct training *t, const char *const *pairs, const char *path,
                                mlc_error *err)
{
    mlc_context *ctx = t->ctx;
    mlc_status status = MLC_OK;
    mlci_buffer bytes = {.ctx = ctx};
    mlc_reader *reader = NULL, *state = NULL;
    const void *identity;
    const char *found;
    int64_t count;

    if (t->kind->save == NULL || t->kind->load == NULL)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "%s has no checkpoints", t->kind->name);
    MLCI_TRY(read_file(ctx, path, &bytes, err));
    MLCI_TRY(checkpoint_identify(t, pairs, err));
    MLCI_TRY(mlci_reader_new(ctx, bytes.data, bytes.size, false, &reader, err));
    MLCI_TRY(mlc_reader_get_text(reader, "format", &found, err));
    if (strcmp(found, format) != 0) {
        status = mlci_fail(err, MLC_ERROR_FORMAT, "no checkpoint of a training");
        goto done;
    }
    MLCI_TRY(mlc_reader_get(reader, "identity", MLC_UINT8, &identity, &count, err));
    if (count != (int64_t)sizeof t->identity.bytes ||
        memcmp(identity, t->identity.bytes, sizeof t->identity.bytes) != 0) {
        status = mlci_fail(err, MLC_ERROR_DATA,
                           "the checkpoint was made with other data or parameters");
        goto done;
    }
    MLCI_TRY(read_counts(t, reader, err));
    MLCI_TRY(mlci_reader_under(reader, &state, err, "state."));
    MLCI_TRY(t->kind->load(t->state, state, err));
done:
    if (status != MLC_OK)
        mlci_blame(err, "%s", path);
    mlci_reader_free(state);
    mlci_reader_free(reader);
    mlci_buffer_free(&bytes);
    return status;
}
