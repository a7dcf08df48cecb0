/*
 * standardize.c - one way of writing what is the same
 *
 * Texts go through, in this order: Unicode normalisation, blanks and other characters off both
 * ends, letter case, and at last a convention: a table of what things are called that says what
 * they shall be called. A value that the convention does not know stays, flagged, so that
 * applying can list it. A text of which nothing is left is missing.
 *
 * Nothing is learnt. Case is changed letter by letter (one code point for one).
 */
#include <utf8proc.h>

#include "clean/clean.h"
#include "clean/country.h"

enum { P_COLUMNS, P_CONVENTION, P_TO, P_TYPOS, P_TRIM, P_STRIP, P_CASE, P_UNICODE };
enum { CASE_KEEP, CASE_LOWER, CASE_UPPER, CASE_TITLE };
enum { UNICODE_NFC, UNICODE_NFKC, UNICODE_NONE };

static const mlc_param standardize_params[] = {
    {"columns", MLC_PARAM_COLUMNS, 0, 0, 0, "*", NULL, "text columns; * for all", {NULL, NULL}},
    {"convention",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     NULL,
     "country",
     "what the columns hold; known values are written in one way",
     {NULL, NULL}},
    {"to",
     MLC_PARAM_TEXT,
     0,
     0,
     0,
     NULL,
     NULL,
     "how the convention writes; country: name (default), alpha2 or alpha3",
     {NULL, NULL}},
    {"typos",
     MLC_PARAM_COUNT,
     0,
     0,
     2,
     "0",
     NULL,
     "how many wrong letters a long value of the convention may have",
     {NULL, NULL}},
    {"trim", MLC_PARAM_FLAG, 0, 0, 0, "yes", NULL, "take blanks off both ends", {NULL, NULL}},
    {"strip",
     MLC_PARAM_TEXT,
     0,
     0,
     0,
     NULL,
     NULL,
     "characters to take off both ends too",
     {NULL, NULL}},
    {"case",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "keep",
     "keep|lower|upper|title",
     "letter case",
     {NULL, NULL}},
    {"unicode",
     MLC_PARAM_CHOICE,
     0,
     0,
     0,
     "nfc",
     "nfc|nfkc|none",
     "Unicode normalisation",
     {NULL, NULL}},
};

/* ----------------------------------------------------------------- conventions */

/* What there is a table for. `forms` are what `to` may be, the first the default. */
struct convention {
    const char *forms[4];
    /* How form `form` writes what the text means; data NULL: not known. */
    mlci_slice (*write)(mlci_slice text, int typos, int form);
};

static mlci_slice country_write(mlci_slice text, int typos, int form)
{
    int country = mlci_country_find(text, typos);
    const struct country *found = country < 0 ? NULL : &mlci_countries[country];

    if (found == NULL)
        return (mlci_slice){NULL, 0};
    return mlci_slice_of(form == 0 ? found->name : form == 1 ? found->alpha2 : found->alpha3);
}

/* In the order of the parameter's choices. */
static const struct convention conventions[] = {
    {{"name", "alpha2", "alpha3", NULL}, country_write},
};

struct standardize {
    const mlc_layout *layout;
    const struct convention *convention; /* NULL: none */
    int form, typos, letters, unicode;
    bool trim;
    size_t n_strip;
    utf8proc_int32_t *strip; /* n_strip characters */
};

/* ------------------------------------------------------------------- the state */

static void standardize_release(mlc_context *ctx, void *at)
{
    struct standardize *standardize = at;

    if (standardize == NULL)
        return;
    MLCI_FREE(standardize->strip, standardize->n_strip);
    MLCI_FREE(standardize, 1);
}

static mlc_status form_of(const mlc_value *values, struct standardize *standardize,
                          mlc_error *err)
{
    const struct convention *convention;
    const char *near;
    size_t n = 0;

    if (values[P_CONVENTION].text == NULL) {
        if (values[P_TO].text == NULL && values[P_TYPOS].count == 0)
            return MLC_OK;
        return mlci_fail(err, MLC_ERROR_PARAMETER, "%s is for a convention, and none was given",
                         values[P_TO].text != NULL ? "to" : "typos");
    }
    convention = standardize->convention = &conventions[values[P_CONVENTION].count];
    if (values[P_TO].text == NULL)
        return MLC_OK;
    for (; convention->forms[n] != NULL; n++) {
        standardize->form = (int)n;
        if (strcmp(convention->forms[n], values[P_TO].text) == 0)
            return MLC_OK;
    }
    near = mlci_nearest(values[P_TO].text, convention->forms, n);
    mlci_fail(err, MLC_ERROR_PARAMETER,
              "convention %s cannot write '%.80s'; did you mean '%s'?",
              values[P_CONVENTION].text, values[P_TO].text,
              near == NULL ? convention->forms[0] : near);
    mlci_error_detail(err, "to");
    return MLC_ERROR_PARAMETER;
}

static mlc_status strip_of(mlc_context *ctx, const char *text, struct standardize *standardize,
                           mlc_error *err)
{
    mlc_status status = MLC_OK;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    size_t n = strlen(text), count = 0;

    if (!mlci_utf8_valid(text, n))
        return mlci_fail(err, MLC_ERROR_PARAMETER, "strip is no UTF-8 text");
    MLCI_ALLOC_ZEROED(standardize->strip, n);
    standardize->n_strip = n;
    while (n > 0) {
        utf8proc_ssize_t size =
            utf8proc_iterate(at, (utf8proc_ssize_t)n, &standardize->strip[count++]);
        at += size;
        n -= (size_t)size;
    }
done:
    return status;
}

static mlc_status standardize_new(mlc_context *ctx, const mlc_value *values,
                                  const mlc_layout *layout, void **state, mlc_error *err)
{
    mlc_status status = MLC_OK;
    struct standardize *standardize = NULL;

    MLCI_ALLOC_ZEROED(standardize, 1);
    standardize->layout = layout;
    standardize->typos = (int)values[P_TYPOS].count;
    standardize->letters = (int)values[P_CASE].count;
    standardize->unicode = (int)values[P_UNICODE].count;
    standardize->trim = values[P_TRIM].count != 0;
    MLCI_TRY(form_of(values, standardize, err));
    if (values[P_STRIP].text != NULL)
        MLCI_TRY(strip_of(ctx, values[P_STRIP].text, standardize, err));
    *state = standardize;
    standardize = NULL;
done:
    standardize_release(ctx, standardize);
    return status;
}

static mlc_status standardize_fit(void *self, mlc_context *ctx, const mlc_value *values,
                                  const mlc_dataset *dataset, mlc_layout *layout, void **state,
                                  mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t *columns = NULL, n = 0;

    (void)self;
    (void)dataset;
    if (values[P_CONVENTION].text != NULL && strcmp(values[P_COLUMNS].text, "*") == 0)
        MLCI_TRY(mlci_fail(err, MLC_ERROR_PARAMETER,
                           "a convention needs the columns that hold such values"));
    MLCI_TRY(mlci_layout_named(layout, &values[P_COLUMNS], MLCI_TEXTS,
                               "only texts can be written in another way", &columns, &n, err));
    for (size_t k = 0; k < n; k++)
        MLCI_TRY(mlci_layout_replace_alone(layout, columns[k], err));
    MLCI_TRY(standardize_new(ctx, values, layout, state, err));
done:
    MLCI_FREE(columns, n);
    return status;
}

static mlc_status standardize_load(void *self, mlc_context *ctx, const mlc_value *values,
                                   const mlc_layout *layout, const mlc_reader *reader,
                                   void **state, mlc_error *err)
{
    (void)self;
    (void)reader;
    for (int64_t c = 0; c < mlc_layout_computed(layout); c++) {
        int64_t source = mlc_layout_source(layout, c);
        int32_t type = mlc_layout_column(layout, c)->type;
        if (source < 0 || mlc_layout_input(layout, source)->type != type ||
            ((1 << type) & MLCI_TEXTS) == 0)
            return mlci_fail(err, MLC_ERROR_FORMAT, "computed column %lld is not of this kind",
                             (long long)c);
    }
    return standardize_new(ctx, values, layout, state, err);
}

/* -------------------------------------------------------------------- one text */

static bool all_ascii(mlci_slice text)
{
    unsigned char bits = 0;

    for (size_t k = 0; k < text.size; k++)
        bits |= (unsigned char)text.data[k];
    return bits < 0x80;
}

/* Normalised into scratch; what is not UTF-8 stays as it is. */
static mlc_status normalise(const struct standardize *standardize, mlci_slice *text,
                            mlc_scratch *scratch, mlc_error *err)
{
    const utf8proc_option_t options =
        UTF8PROC_STABLE | UTF8PROC_COMPOSE |
        (standardize->unicode == UNICODE_NFKC ? UTF8PROC_COMPAT : 0);
    const utf8proc_uint8_t *from = (const utf8proc_uint8_t *)text->data;
    utf8proc_ssize_t n, room;
    utf8proc_int32_t *points;
    char *out;
    size_t size = 0;

    room = utf8proc_decompose(from, (utf8proc_ssize_t)text->size, NULL, 0, options);
    if (room <= 0)
        return MLC_OK;
    points =
        (utf8proc_int32_t *)(void *)mlc_scratch_alloc(scratch, room * (int64_t)sizeof *points);
    out = mlc_scratch_alloc(scratch, room * 4);
    if (points == NULL || out == NULL)
        return mlci_no_memory(err, (uint64_t)room * 8);
    n = utf8proc_decompose(from, (utf8proc_ssize_t)text->size, points, room, options);
    if (n != room)
        return MLC_OK;
    n = utf8proc_normalize_utf32(points, n, options);
    for (utf8proc_ssize_t k = 0; k < n; k++)
        size += (size_t)utf8proc_encode_char(points[k], (utf8proc_uint8_t *)out + size);
    *text = (mlci_slice){out, size};
    return MLC_OK;
}

/* True for what goes off the ends. */
static bool stripped(const struct standardize *standardize, utf8proc_int32_t c)
{
    if (standardize->trim) {
        if (c == ' ' || (c >= '\t' && c <= '\r') || c == 0xFEFF)
            return true;
        if (c >= 0x80 && (utf8proc_category(c) == UTF8PROC_CATEGORY_ZS ||
                          utf8proc_category(c) == UTF8PROC_CATEGORY_ZL ||
                          utf8proc_category(c) == UTF8PROC_CATEGORY_ZP))
            return true;
    }
    for (size_t k = 0; k < standardize->n_strip && standardize->strip[k] != 0; k++)
        if (standardize->strip[k] == c)
            return true;
    return false;
}

static mlci_slice strip_ends(const struct standardize *standardize, mlci_slice text)
{
    utf8proc_int32_t c;

    while (text.size > 0) {
        utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text.data,
                                                 (utf8proc_ssize_t)text.size, &c);
        if (size <= 0 || !stripped(standardize, c))
            break;
        text.data += size;
        text.size -= (size_t)size;
    }
    while (text.size > 0) {
        size_t at = text.size - 1;
        utf8proc_ssize_t size;
        while (at > 0 && text.size - at < 4 && ((unsigned char)text.data[at] & 0xC0) == 0x80)
            at--;
        size = utf8proc_iterate((const utf8proc_uint8_t *)text.data + at,
                                (utf8proc_ssize_t)(text.size - at), &c);
        if (size != (utf8proc_ssize_t)(text.size - at) || !stripped(standardize, c))
            break;
        text.size = at;
    }
    return text;
}

/* A letter goes on with a word when a letter, digit, mark or apostrophe stands before it. */
static bool inside_word(utf8proc_int32_t c)
{
    utf8proc_category_t kind = utf8proc_category(c);

    return (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_NO) || c == '\'' ||
           c == 0x2019;
}

static mlc_status change_case(const struct standardize *standardize, mlci_slice *text,
                              mlc_scratch *scratch, mlc_error *err)
{
    char *out = mlc_scratch_alloc(scratch, (int64_t)text->size * 2 + 4);
    size_t size = 0, at = 0;
    bool inside = false;

    if (out == NULL)
        return mlci_no_memory(err, text->size * 2);
    while (at < text->size) {
        utf8proc_int32_t c, to;
        utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)text->data + at,
                                                  (utf8proc_ssize_t)(text->size - at), &c);
        if (bytes <= 0) /* no UTF-8: leave the text alone */
            return MLC_OK;
        to = standardize->letters == CASE_UPPER             ? utf8proc_toupper(c)
             : standardize->letters == CASE_LOWER || inside ? utf8proc_tolower(c)
                                                            : utf8proc_totitle(c);
        /* a letter of the other case takes at most one byte more, and two at least before it */
        size += (size_t)utf8proc_encode_char(to, (utf8proc_uint8_t *)out + size);
        inside = inside_word(c);
        at += (size_t)bytes;
    }
    if (size != text->size || memcmp(out, text->data, size) != 0)
        *text = (mlci_slice){out, size};
    return MLC_OK;
}

static mlc_status write_cell(const struct standardize *standardize, mlc_text in, mlc_text *out,
                             uint8_t *flags, mlc_scratch *scratch, mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_slice text = {in.data, (size_t)in.size}, written;

    if (standardize->unicode != UNICODE_NONE && !all_ascii(text))
        MLCI_TRY(normalise(standardize, &text, scratch, err));
    text = strip_ends(standardize, text);
    if (text.size == 0)
        return MLC_OK;
    if (standardize->letters != CASE_KEEP)
        MLCI_TRY(change_case(standardize, &text, scratch, err));
    if (standardize->convention != NULL) {
        written = standardize->convention->write(text, standardize->typos, standardize->form);
        if (written.data != NULL)
            text = written;
        else if (flags != NULL)
            *flags |= MLC_FLAG_UNKNOWN;
    }
    *out = (mlc_text){text.data, (int64_t)text.size};
done:
    return status;
}

static mlc_status standardize_apply(const void *state, const mlc_block *block, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const struct standardize *standardize = state;

    for (int64_t c = 0; c < block->n_out; c++) {
        const mlc_cells *in = &block->in[mlc_layout_source(standardize->layout, c)];
        mlc_cells *out = &block->out[c];
        for (int64_t k = 0; k < block->rows; k++)
            if (in->texts[k].data != NULL)
                MLCI_TRY(write_cell(standardize, in->texts[k], &out->texts[k],
                                    out->flags == NULL ? NULL : &out->flags[k], block->scratch,
                                    err));
    }
done:
    return status;
}

const mlc_step_kind mlci_clean_standardize = {
    .size = sizeof(mlc_step_kind),
    .name = "standardize",
    .about = "write the same thing in the same way",
    .verb = MLC_STEP_CLEAN,
    .scope = MLC_SCOPE_ROW,
    .params = standardize_params,
    .n_params = MLCI_COUNT_OF(standardize_params),
    .fit = standardize_fit,
    .apply = standardize_apply,
    .load = standardize_load,
    .release = standardize_release,
};
