/*
 * arrow_form.c - what an Arrow schema says of a column, and whether an array has it
 *
 * A format is a short text: `l` int64, `tsu:UTC` microseconds, `+l` a list. The sizes of
 * buffers are nowhere told, so of these the producer has to be believed; counts, offsets and
 * pointers are checked.
 */
#include "data/arrow.h"

/* Types of one letter. */
static int32_t storage_of_letter(char letter)
{
    static const struct {
        char letter;
        int32_t storage;
    } plain[] = {{'c', MLC_INT8},    {'C', MLC_UINT8},  {'s', MLC_INT16}, {'S', MLC_UINT16},
                 {'i', MLC_INT32},   {'I', MLC_UINT32}, {'l', MLC_INT64}, {'L', MLC_UINT64},
                 {'f', MLC_FLOAT32}, {'g', MLC_FLOAT64}};
    for (size_t k = 0; k < MLCI_COUNT_OF(plain); k++)
        if (plain[k].letter == letter)
            return plain[k].storage;
    return 0;
}

/* Times, dates, times of the day, durations: `t` and two more letters. */
static bool form_of_time(const char *format, mlci_arrow_form *out)
{
    static const char units[] = "smun";
    const char *unit = format[2] == 0 ? NULL : strchr(units, format[2]);

    if (strcmp(format, "tdD") == 0) {
        *out = (mlci_arrow_form){.layout = MLCI_ARROW_DAYS, .storage = MLC_TIMESTAMP_S};
        return true;
    }
    if (strcmp(format, "tdm") == 0) {
        *out = (mlci_arrow_form){.layout = MLCI_ARROW_PLAIN, .storage = MLC_TIMESTAMP_MS};
        return true;
    }
    if (unit == NULL)
        return false;
    out->layout = MLCI_ARROW_PLAIN;
    switch (format[1]) {
    case 's':
        out->storage = MLC_TIMESTAMP_S + (int32_t)(unit - units);
        return format[3] == ':';
    case 't':
        out->storage = unit - units < 2 ? MLC_INT32 : MLC_INT64;
        return format[3] == 0;
    case 'D':
        out->storage = MLC_INT64;
        return format[3] == 0;
    default:
        return false;
    }
}

/* An integer up to the next comma or the end, which is gone past. */
static bool next_integer(const char **at, int64_t *out)
{
    size_t size = strcspn(*at, ",");
    bool is = mlci_parse_int64(*at, size, out);

    *at += size;
    return is;
}

/* `d:precision,scale` and perhaps `,bits`. */
static bool form_of_decimal(const char *format, mlci_arrow_form *out)
{
    int64_t precision, scale, bits = 128;
    const char *at = format + 2;

    if (format[1] != ':' || !next_integer(&at, &precision) || *at++ != ',' ||
        !next_integer(&at, &scale))
        return false;
    if (*at == ',' && (at++, !next_integer(&at, &bits)))
        return false;
    if (*at != 0 || precision < 1 || precision > 76 || scale < -300 || scale > 300 ||
        (bits != 32 && bits != 64 && bits != 128 && bits != 256))
        return false;
    *out = (mlci_arrow_form){.layout = MLCI_ARROW_DECIMAL,
                             .storage = MLC_FLOAT64,
                             .bytes = (int32_t)(bits / 8),
                             .scale = (int32_t)scale};
    return true;
}

static bool form_of_format(const char *format, mlci_arrow_form *out)
{
    *out = (mlci_arrow_form){.layout = MLCI_ARROW_PLAIN};
    if (format[0] == 0)
        return false;
    if (format[0] == 't')
        return format[1] != 0 && form_of_time(format, out);
    if (format[0] == 'd')
        return form_of_decimal(format, out);
    if (strcmp(format, "vu") == 0) {
        *out = (mlci_arrow_form){.layout = MLCI_ARROW_TEXT_VIEW, .storage = MLC_UTF8};
        return true;
    }
    if (format[1] != 0)
        return false;
    switch (format[0]) {
    case 'b':
        *out = (mlci_arrow_form){.layout = MLCI_ARROW_BITS, .storage = MLC_BOOL};
        return true;
    case 'e':
        *out = (mlci_arrow_form){.layout = MLCI_ARROW_HALF, .storage = MLC_FLOAT32};
        return true;
    case 'n':
        *out = (mlci_arrow_form){.layout = MLCI_ARROW_NULLS, .storage = MLC_FLOAT64};
        return true;
    case 'u':
        *out = (mlci_arrow_form){.layout = MLCI_ARROW_TEXT, .storage = MLC_UTF8};
        return true;
    case 'U':
        *out = (mlci_arrow_form){.layout = MLCI_ARROW_LARGE_TEXT, .storage = MLC_UTF8};
        return true;
    default:
        out->storage = storage_of_letter(format[0]);
        return out->storage != 0;
    }
}

/* What it is that cannot be read, and what to do. */
static const char *what_instead(const char *format)
{
    switch (format[0]) {
    case '+':
        return format[1] == 's'   ? "a struct: make a column of each member"
               : format[1] == 'm' ? "a map: flatten it"
               : format[1] == 'u' ? "a union: cast it"
               : format[1] == 'r' ? "run-end encoded: decode it"
                                  : "a list: flatten it";
    case 'z':
    case 'Z':
    case 'w':
        return "binary: cast it to utf8";
    case 'v':
        return "binary: cast it to utf8";
    case 't':
        return "an interval: cast it to a duration";
    default:
        return "of a type that is not known here";
    }
}

mlc_status mlci_arrow_form_of(const struct ArrowSchema *schema, mlci_arrow_form *out,
                              mlc_error *err)
{
    const char *format = schema->format == NULL ? "" : schema->format;

    if (!form_of_format(format, out))
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "it is %s (Arrow's format '%.20s')",
                         what_instead(format), format);
    if (schema->dictionary == NULL)
        return MLC_OK;
    if (out->layout != MLCI_ARROW_PLAIN || out->storage > MLC_UINT64)
        return mlci_fail(err, MLC_ERROR_FORMAT,
                         "its dictionary's indices are no integers (format '%.20s')", format);
    out->layout = MLCI_ARROW_DICTIONARY;
    return MLC_OK;
}

/* --------------------------------------------------------------------- an array's parts */

static int64_t buffers_of(mlci_arrow_layout layout)
{
    switch (layout) {
    case MLCI_ARROW_NULLS:
        return 0;
    case MLCI_ARROW_TEXT:
    case MLCI_ARROW_LARGE_TEXT:
    case MLCI_ARROW_TEXT_VIEW:
        return 3;
    default:
        return 2;
    }
}

mlc_status mlci_arrow_chunk_check(const mlci_arrow_chunk *chunk, const mlci_arrow_form *form,
                                  mlc_error *err)
{
    const struct ArrowArray *a = chunk->array;
    int64_t n = buffers_of(form->layout);

    if (a->length < 0 || a->offset < 0 || a->length > INT64_MAX / 64 ||
        a->offset > INT64_MAX / 64)
        return mlci_fail(err, MLC_ERROR_FORMAT, "an array of length %lld at offset %lld",
                         (long long)a->length, (long long)a->offset);
    if (chunk->first + chunk->rows > (size_t)(a->offset + a->length))
        return mlci_fail(err, MLC_ERROR_FORMAT, "an array of length %lld where %zu rows are",
                         (long long)a->length, chunk->rows);
    if (a->n_buffers < n || (n > 0 && a->buffers == NULL))
        return mlci_fail(err, MLC_ERROR_FORMAT, "an array of %lld buffers where %lld belong",
                         (long long)a->n_buffers, (long long)n);
    if (n > 0 && a->null_count > 0 && a->buffers[0] == NULL)
        return mlci_fail(err, MLC_ERROR_FORMAT, "an array of %lld nulls without their bits",
                         (long long)a->null_count);
    if (form->layout == MLCI_ARROW_DICTIONARY && a->dictionary == NULL)
        return mlci_fail(err, MLC_ERROR_FORMAT, "an array without its dictionary");
    if (chunk->rows > 0 && n > 1 && a->buffers[1] == NULL)
        return mlci_fail(err, MLC_ERROR_FORMAT, "an array without its values");
    return MLC_OK;
}
