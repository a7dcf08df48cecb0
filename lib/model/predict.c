/*
 * predict.c - answers for a dataset: blocks of rows, each filled, scored and put down by one
 * lane
 *
 * The columns are found by name and checked once. Every lane has a scorer of its own, made when
 * it takes its first block. Blocks are cut by the number of features, never by that of lanes,
 * and no row looks at another, so neither changes the bits.
 */
#include "model/parts.h"

#include <math.h>

enum { BLOCK_MOST = 512, BLOCK_LEAST = 16, BLOCK_CELLS = 1 << 17, SPELLING_BYTES = 32 };

/* Where an input of the steps comes from. */
struct predict_column {
    size_t column; /* of the dataset */
    bool codes;    /* texts with a dictionary */
    bool divide;
    double factor; /* of times in another unit */
};

/* What a lane has to itself. */
struct predict_lane {
    mlci_scorer *scorer;
    uint32_t *codes; /* block */
    double *numbers; /* block */
    char *spellings; /* block x SPELLING_BYTES, for each category that lies as numbers */
};

struct predict_job {
    mlc_context *ctx;
    const mlc_model *model;
    const mlc_dataset *dataset;
    size_t block;
    struct predict_column *columns; /* model->n_columns: as model->columns */
    size_t n_spelt;                 /* categories that lie as numbers */
    /* without steps a feature is a raw column: */
    size_t *sources;       /* n_features: among `columns` */
    mlc_dataset *features; /* their columns */
    mlci_encoder_map *map; /* and the codes of these, translated once */
    struct predict_lane *lanes;
    size_t n_lanes;
    double *out;
    mlc_answer *info;
};

static bool is_texts(int32_t type)
{
    return type == MLC_CATEGORY || type == MLC_TEXT;
}

/* ------------------------------------------------------------------- preparing */

static mlc_status find_columns(struct predict_job *job, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = job->ctx;
    const mlc_model *model = job->model;

    MLCI_ALLOC_ZEROED(job->columns, model->n_columns);
    for (size_t c = 0; c < model->n_columns; c++) {
        const mlc_schema_column *wanted = mlci_steps_input(model->steps, model->columns[c]);
        struct predict_column *from = &job->columns[c];
        MLCI_TRY(mlci_dataset_need(job->dataset, wanted->name, &from->column, err));
        int64_t column = (int64_t)from->column;
        int32_t storage = mlc_dataset_storage(job->dataset, column);
        MLCI_TRY(mlci_type_check(wanted->name, wanted->type,
                                 mlc_dataset_type(job->dataset, column), err));
        from->codes = storage == MLC_UTF8;
        from->factor = 1.0;
        if (wanted->type == MLC_TIME)
            from->factor =
                mlci_unit_factor(mlci_storage_unit(storage), wanted->unit, &from->divide);
        job->n_spelt += is_texts(wanted->type) && !from->codes;
    }
done:
    return status;
}

static mlc_status map_features(struct predict_job *job, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = job->ctx;
    const mlc_model *model = job->model;
    size_t inputs = mlci_steps_inputs(model->steps), n = model->n_features;
    size_t *columns = NULL, *place = NULL;

    MLCI_ALLOC(columns, n);
    MLCI_ALLOC_ZEROED(place, inputs);
    MLCI_ALLOC(job->sources, n);
    for (size_t c = 0; c < model->n_columns; c++)
        place[model->columns[c]] = c;
    for (size_t f = 0; f < n; f++) {
        job->sources[f] = place[model->features[f]];
        columns[f] = job->columns[job->sources[f]].column;
    }
    MLCI_TRY(mlci_dataset_recolumn(job->dataset, columns, n, NULL, 0, &job->features, err));
    MLCI_TRY(mlci_encoder_map_new(model->encoder, job->features, &job->map, err));
done:
    MLCI_FREE(place, inputs);
    MLCI_FREE(columns, n);
    return status;
}

static mlc_status lane_begin(struct predict_job *job, struct predict_lane *lane, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = job->ctx;
    if (lane->scorer != NULL)
        return MLC_OK;
    if (lane->codes == NULL)
        MLCI_ALLOC(lane->codes, job->block);
    if (lane->numbers == NULL)
        MLCI_ALLOC(lane->numbers, job->block);
    if (lane->spellings == NULL)
        MLCI_ALLOC(lane->spellings, job->block * job->n_spelt * SPELLING_BYTES);
    MLCI_TRY(mlci_scorer_new(job->model, job->block, true, &lane->scorer, err));
done:
    return status;
}

static void job_end(struct predict_job *job)
{
    mlc_context *ctx = job->ctx;
    for (size_t l = 0; l < job->n_lanes && job->lanes != NULL; l++) {
        mlci_scorer_free(job->lanes[l].scorer);
        MLCI_FREE(job->lanes[l].codes, job->block);
        MLCI_FREE(job->lanes[l].numbers, job->block);
        MLCI_FREE(job->lanes[l].spellings, job->block * job->n_spelt * SPELLING_BYTES);
    }
    MLCI_FREE(job->lanes, job->n_lanes);
    MLCI_FREE(job->columns, job->model->n_columns);
    MLCI_FREE(job->sources, job->model->n_features);
    mlci_encoder_map_free(job->map);
    mlc_dataset_destroy(job->features);
}

/* ------------------------------------------------------------------- filling */

static void to_unit(double *values, size_t n, const struct predict_column *from)
{
    if (from->factor == 1.0)
        return;
    for (size_t i = 0; i < n; i++)
        values[i] = from->divide ? values[i] / from->factor : values[i] * from->factor;
}

/* The learner's numbers of raw columns, row after row. */
static void fill_features(const struct predict_job *job, struct predict_lane *lane,
                          mlci_range rows)
{
    const mlc_model *model = job->model;
    size_t n = rows.end - rows.begin, width = model->n_features;
    for (size_t f = 0; f < width; f++) {
        double *to = lane->scorer->features + f;
        mlci_encoder_read(job->map, f, rows, lane->numbers);
        to_unit(lane->numbers, n, &job->columns[job->sources[f]]);
        for (size_t i = 0; i < n; i++)
            to[i * width] = lane->numbers[i];
    }
}

/* The raw cells that steps work on. */
static void fill_cells(const struct predict_job *job, struct predict_lane *lane,
                       mlci_range rows)
{
    const mlc_model *model = job->model;
    size_t n = rows.end - rows.begin;
    char *spelling = lane->spellings;
    for (size_t c = 0; c < model->n_columns; c++) {
        const struct predict_column *from = &job->columns[c];
        mlc_cells *cells = &lane->scorer->in[model->columns[c]];
        if (cells->texts == NULL) {
            mlci_read_numbers(job->dataset, from->column, rows, cells->numbers);
            to_unit(cells->numbers, n, from);
            continue;
        }
        if (!from->codes) {
            mlci_read_numbers(job->dataset, from->column, rows, lane->numbers);
            for (size_t i = 0; i < n; i++, spelling += SPELLING_BYTES) {
                mlci_slice text = mlci_category_text(lane->numbers[i], spelling);
                cells->texts[i] = (mlc_text){text.data, (int64_t)text.size};
            }
            continue;
        }
        const mlci_dictionary *texts = mlci_column_dictionary(job->dataset, from->column);
        mlci_read_codes(job->dataset, from->column, rows, lane->codes);
        for (size_t i = 0; i < n; i++) {
            mlci_slice text = {NULL, 0};
            if (lane->codes[i] != MLCI_MISSING_CODE)
                text = mlci_dictionary_text(texts, lane->codes[i]);
            cells->texts[i] = (mlc_text){text.data, (int64_t)text.size};
        }
    }
}

static mlc_status predict_chunk(void *state, mlci_range rows, size_t chunk, mlci_lane *lane,
                                mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct predict_job *job = state;
    struct predict_lane *own = &job->lanes[lane->index];
    size_t n = rows.end - rows.begin;
    (void)chunk;

    MLCI_TRY(lane_begin(job, own, err));
    memset(own->scorer->flags, 0, n * sizeof *own->scorer->flags);
    if (job->map != NULL)
        fill_features(job, own, rows);
    else
        fill_cells(job, own, rows);
    MLCI_TRY(mlci_scorer_run(own->scorer, n, job->out + rows.begin * job->model->outputs,
                             job->info == NULL ? NULL : job->info + rows.begin, err));
done:
    return status;
}

mlc_status mlc_model_predict(const mlc_model *model, const mlc_dataset *dataset, double *out,
                             mlc_answer *info, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx;

    if (model == NULL || dataset == NULL)
        return mlci_null_argument(err, model == NULL ? "model" : "dataset");
    size_t rows = (size_t)mlc_dataset_rows(dataset);
    if (out == NULL && rows > 0)
        return mlci_null_argument(err, "out");
    ctx = model->ctx;
    mlci_fp_state fp = mlci_fp_enter();
    struct predict_job job = {.ctx = ctx,
                              .model = model,
                              .dataset = dataset,
                              .out = out,
                              .info = info,
                              .n_lanes = mlci_lanes(ctx)};
    job.block = BLOCK_CELLS / (model->n_features + 1);
    job.block = job.block > BLOCK_MOST ? BLOCK_MOST : job.block;
    job.block = job.block < BLOCK_LEAST ? BLOCK_LEAST : job.block;
    MLCI_TRY(find_columns(&job, err));
    if (mlci_steps_count(model->steps) == 0)
        MLCI_TRY(map_features(&job, err));
    MLCI_ALLOC_ZEROED(job.lanes, job.n_lanes);
    MLCI_TRY(mlci_parallel_for(ctx, rows, job.block, predict_chunk, &job, err));
done:
    job_end(&job);
    mlci_fp_leave(fp);
    return status;
}

mlc_status mlci_model_truth(const mlc_model *model, const mlc_dataset *raw, double *out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlc_context *ctx = model->ctx;
    size_t n = mlci_steps_outputs(model->steps);
    const char *name = mlci_target_name(model->target);
    mlc_dataset *prepared = NULL;
    uint8_t *wanted = NULL;

    MLCI_ALLOC_ZEROED(wanted, n);
    for (size_t o = 0; o < n; o++)
        wanted[o] = strcmp(mlci_steps_output(model->steps, o)->name, name) == 0;
    MLCI_TRY(mlci_steps_apply(model->steps, raw, wanted, &prepared, NULL, err));
    MLCI_TRY(mlci_target_read(model->target, prepared, out, err));
done:
    mlc_dataset_destroy(prepared);
    MLCI_FREE(wanted, n);
    return status;
}
