/*
 * reading.c - the parameters of reading: their table, their meaning, and as they are kept
 *
 * A dataset keeps how it was read as text pairs in one shared block: first the pointers, ended
 * by NULL, then the texts.
 */
#include "io/reading.h"

#include <stdio.h>

enum {
    READ_FORMAT,
    READ_HEADER,
    READ_DELIMITER,
    READ_QUOTE,
    READ_MARKERS,
    READ_TRIM,
    READ_DECIMAL,
    READ_SKIP,
    READ_COLUMNS,
    READ_NUMBER,
    READ_TIME,
    READ_FLAG,
    READ_TEXT,
    READ_MOST_REJECTS
};

const mlc_param mlci_read_table[MLCI_READ_PARAMS] = {
    {"format",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     NULL,
     "csv|tsv",
     "what the text is, whatever its name",
     {0}},
    {"header",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "auto",
     "auto|yes|no",
     "whether names come first",
     {0}},
    {"delimiter", MLC_PARAM_TEXT, 0, 0, 0, "auto", NULL, "auto, tab, or one character", {0}},
    {"quote", MLC_PARAM_TEXT, 0, 0, 0, "\"", NULL, "one character, or none", {0}},
    {"missing_markers",
     MLC_PARAM_COLUMNS,
     0,
     0,
     0,
     NULL,
     NULL,
     "texts that mean missing, beside the empty cell",
     {0}},
    {"trim", MLC_PARAM_FLAG, 0, 0, 0, "yes", NULL, "take blanks off unquoted cells", {0}},
    {"decimal",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "point",
     "point|comma",
     "what parts off fractions",
     {0}},
    {"skip_rows", MLC_PARAM_COUNT, 0, 0, 1e9, "0", NULL, "lines to pass over at first", {0}},
    {"columns", MLC_PARAM_COLUMNS, 0, 0, 0, NULL, NULL, "only these, in this order", {0}},
    {"number", MLC_PARAM_COLUMNS, 0, 0, 0, NULL, NULL, "columns that hold numbers", {0}},
    {"time", MLC_PARAM_COLUMNS, 0, 0, 0, NULL, NULL, "columns that hold dates and times", {0}},
    {"flag", MLC_PARAM_COLUMNS, 0, 0, 0, NULL, NULL, "columns that hold true and false", {0}},
    {"text", MLC_PARAM_COLUMNS, 0, 0, 0, NULL, NULL, "columns that hold text", {0}},
    {"max_rejects",
     MLC_PARAM_COUNT,
     0,
     0,
     1e15,
     "100000",
     NULL,
     "give up when more records do not fit",
     {0}},
};

/* ------------------------------------------------------------------ meaning */

mlc_status mlci_read_character(const char *name, const char *text, char *out, mlc_error *err)
{
    if (strcmp(text, "tab") == 0)
        text = "\t";
    if (text[0] == '\0' || text[1] != '\0' || text[0] == '\n' || text[0] == '\r' ||
        (unsigned char)text[0] > 127) {
        mlc_status status = mlci_fail(
            err, MLC_ERROR_PARAMETER, "%s is '%.80s'; it must be one ASCII character%s", name,
            text, strcmp(name, "quote") == 0 ? " or none" : " or tab");
        mlci_error_detail(err, name);
        return status;
    }
    *out = text[0];
    return MLC_OK;
}

mlc_status mlci_read_options(const mlci_settings *settings, bool tabs, mlci_csv_options *out,
                             mlc_error *err)
{
    const mlc_value *v = settings->values;
    mlc_status status = MLC_OK;

    memset(out, 0, sizeof *out);
    out->header = (int)v[READ_HEADER].count;
    if (strcmp(v[READ_DELIMITER].text, "auto") != 0)
        MLCI_TRY(
            mlci_read_character("delimiter", v[READ_DELIMITER].text, &out->delimiter, err));
    else if (v[READ_FORMAT].text != NULL ? v[READ_FORMAT].count == 1 : tabs)
        out->delimiter = '\t';
    if (strcmp(v[READ_QUOTE].text, "none") != 0)
        MLCI_TRY(mlci_read_character("quote", v[READ_QUOTE].text, &out->dialect.quote, err));
    out->dialect.decimal = v[READ_DECIMAL].count == 1 ? ',' : '.';
    out->dialect.trim = v[READ_TRIM].count != 0;
    out->skip_rows = (uint64_t)v[READ_SKIP].count;
    out->max_rejects = (uint64_t)v[READ_MOST_REJECTS].count;
    out->markers.texts = v[READ_MARKERS].list;
    out->markers.n = (size_t)v[READ_MARKERS].n_list;
    for (size_t i = 0; i < out->markers.n; i++) {
        size_t size = strlen(out->markers.texts[i]);
        out->markers.lengths |= UINT64_C(1) << (size < 63 ? size : 63);
    }
    out->columns = &v[READ_COLUMNS];
    out->number = &v[READ_NUMBER];
    out->time = &v[READ_TIME];
    out->flag = &v[READ_FLAG];
    out->text = &v[READ_TEXT];
    char d = out->delimiter;
    if (d != 0 && (d == out->dialect.quote || d == out->dialect.decimal))
        status = mlci_fail(err, MLC_ERROR_PARAMETER, "delimiter is the same as %s",
                           d == out->dialect.quote ? "quote" : "decimal");
done:
    return status;
}

/* -------------------------------------------------------------------- pairs */

mlc_status mlci_pairs_new(mlc_context *ctx, const char *const *pairs, mlci_shared **out,
                          mlc_error *err)
{
    size_t n = 0, bytes = 0;
    for (; pairs != NULL && pairs[n] != NULL; n++)
        bytes += strlen(pairs[n]) + 1;
    *out = mlci_shared_new(ctx, (n + 1) * sizeof(char *) + bytes, 1);
    if (*out == NULL)
        return mlci_no_memory(err, (n + 1) * sizeof(char *) + bytes);
    const char **list = (*out)->bytes;
    char *text = (char *)(list + n + 1);
    for (size_t i = 0; i < n; i++) {
        size_t size = strlen(pairs[i]) + 1;
        memcpy(text, pairs[i], size);
        list[i] = text;
        text += size;
    }
    list[n] = NULL;
    return MLC_OK;
}

mlc_status mlci_reading_keep(mlc_context *ctx, const mlci_settings *settings, bool header,
                             mlci_shared **out, mlc_error *err)
{
    const char *pairs[2 * MLCI_READ_PARAMS + 1];
    size_t n = 0;
    for (size_t i = 0; i < MLCI_READ_PARAMS; i++) {
        if (i != READ_HEADER && !settings->values[i].given)
            continue;
        pairs[n++] = mlci_read_table[i].name;
        pairs[n++] = i != READ_HEADER ? settings->values[i].text : header ? "yes" : "no";
    }
    pairs[n] = NULL;
    return mlci_pairs_new(ctx, pairs, out, err);
}

/* `"a","b"`: names as a list that reads back to them. */
static mlc_status pairs_list(mlci_buffer *list, const char *name, mlc_error *err)
{
    mlc_status status =
        mlci_buffer_add(list, list->size == 0 ? "\"" : ",\"", list->size == 0 ? 1 : 2, err);
    for (; status == MLC_OK && *name != '\0'; name++)
        status = mlci_buffer_add(list, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1, err);
    return status == MLC_OK ? mlci_buffer_add(list, "\"", 1, err) : status;
}

mlc_status mlci_reading_of_schema(mlc_context *ctx, const char *const *reading,
                                  const char *const *names, const int32_t *types, size_t n,
                                  mlci_shared **out, mlc_error *err)
{
    enum { LISTS = READ_TEXT - READ_COLUMNS + 1 };
    static const int32_t of[] = {0, MLC_NUMBER, MLC_TIME, MLC_FLAG, MLC_TEXT};
    mlc_status status = MLC_OK;
    const char *pairs[2 * MLCI_READ_PARAMS + 1];
    mlci_buffer lists[LISTS] = {{0}};
    size_t m = 0;

    *out = NULL;
    for (size_t k = 0; k < LISTS; k++) {
        lists[k].ctx = ctx;
        for (size_t i = 0; i < n; i++) {
            int32_t type = types[i] == MLC_CATEGORY ? MLC_TEXT : types[i];
            if (k == 0 || type == of[k])
                MLCI_TRY(pairs_list(&lists[k], names[i], err));
        }
    }
    for (; reading != NULL && reading[0] != NULL; reading += 2)
        for (size_t i = 0; i < MLCI_READ_PARAMS; i++)
            if (strcmp(reading[0], mlci_read_table[i].name) == 0 &&
                !(i >= READ_COLUMNS && i <= READ_TEXT) && m < 2 * MLCI_READ_PARAMS) {
                pairs[m++] = reading[0];
                pairs[m++] = reading[1];
            }
    for (size_t k = 0; k < LISTS; k++) {
        if (lists[k].size > 0 && m < 2 * MLCI_READ_PARAMS) {
            pairs[m++] = mlci_read_table[READ_COLUMNS + k].name;
            pairs[m++] = lists[k].data;
        }
    }
    pairs[m] = NULL;
    MLCI_TRY(mlci_pairs_new(ctx, pairs, out, err));
done:
    for (size_t k = 0; k < LISTS; k++)
        mlci_buffer_free(&lists[k]);
    return status;
}
