/*
 * json.c - JSON text written and read without a tree
 *
 * Writing adds to a buffer. Reading first checks the whole text once (RFC 8259, valid UTF-8, at
 * most DEPTH_MOST containers within each other, none by recursion) and then looks values up in
 * the text itself: a value is the slice that spells it. So reading allocates nothing but
 * decoded texts, every failure can be told, and a hostile header costs no more than its own
 * bytes.
 */
#include "base/base.h"

enum { DEPTH_MOST = 64 };

/* ------------------------------------------------------------------- writing */

static const char hex_digits[] = "0123456789abcdef";

/* Length of the valid UTF-8 sequence that text begins with; 0: none. */
static size_t sequence_size(const unsigned char *text, size_t size)
{
    unsigned char lead = text[0];
    size_t n = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (n == 0 || lead > 0xF4 || n > size)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    bool bad = (lead == 0xE0 && text[1] < 0xA0) || (lead == 0xED && text[1] > 0x9F) ||
               (lead == 0xF0 && text[1] < 0x90) || (lead == 0xF4 && text[1] > 0x8F);
    return bad ? 0 : n;
}

/* The escape of one byte; 0 when it stands for itself. */
static size_t escape_of(unsigned char c, char out[6])
{
    const char *found, *from = "\"\\\b\f\n\r\t", *to = "\"\\bfnrt";
    if (c >= 0x20 && c != '"' && c != '\\')
        return 0;
    out[0] = '\\';
    if (c != 0 && (found = strchr(from, c)) != NULL) {
        out[1] = to[found - from];
        return 2;
    }
    memcpy(out, "\\u00", 4);
    out[4] = hex_digits[c >> 4];
    out[5] = hex_digits[c & 15];
    return 6;
}

mlc_status mlci_json_add_text(mlci_buffer *b, mlci_slice text, mlc_error *err)
{
    const unsigned char *at = (const unsigned char *)text.data;
    size_t begin = 0;
    mlc_status status = mlci_buffer_add(b, "\"", 1, err);
    for (size_t i = 0; status == MLC_OK && i < text.size;) {
        char escape[6];
        size_t plain = sequence_size(at + i, text.size - i);
        size_t escaped = plain == 1 ? escape_of(at[i], escape) : 0;
        if (plain > 0 && escaped == 0) {
            i += plain;
            continue;
        }
        status = mlci_buffer_add(b, text.data + begin, i - begin, err);
        if (status == MLC_OK)
            status = plain == 0 ? mlci_buffer_add(b, "\xEF\xBF\xBD", 3, err)
                                : mlci_buffer_add(b, escape, escaped, err);
        begin = ++i;
    }
    if (status == MLC_OK && text.size > begin)
        status = mlci_buffer_add(b, text.data + begin, text.size - begin, err);
    return status == MLC_OK ? mlci_buffer_add(b, "\"", 1, err) : status;
}

mlc_status mlci_json_add_number(mlci_buffer *b, double value, mlc_error *err)
{
    char text[32];
    if (value - value != 0.0) /* NaN and infinities have no spelling */
        return mlci_buffer_add(b, "null", 4, err);
    return mlci_buffer_add(b, text, mlci_format_double(value, text), err);
}

mlc_status mlci_json_add_integer(mlci_buffer *b, int64_t value, mlc_error *err)
{
    char text[32];
    return mlci_buffer_add(b, text, mlci_format_int64(value, text), err);
}

mlc_status mlci_json_add_key(mlci_buffer *b, const char *key, mlc_error *err)
{
    mlc_status status = MLC_OK;
    if (b->size > 0 && b->data[b->size - 1] != '{')
        status = mlci_buffer_add(b, ",", 1, err);
    if (status == MLC_OK)
        status = mlci_json_add_text(b, mlci_slice_of(key), err);
    return status == MLC_OK ? mlci_buffer_add(b, ":", 1, err) : status;
}

/* ------------------------------------------------------------------ checking */

static const char *blanks_end(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Four hex digits; -1: they are not. */
static int32_t hex4(const char *at, const char *end)
{
    int32_t value = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Behind the escape that begins at `at` (at its backslash); its code point in *code. NULL: it
 * is none; a NUL is none either, since texts end with one. */
static const char *escape_end(const char *at, const char *end, uint32_t *code)
{
    if (end - at < 2)
        return NULL;
    const char *found, *from = "\"\\/bfnrt", *to = "\"\\/\b\f\n\r\t";
    if (at[1] != 'u') {
        if (at[1] == 0 || (found = strchr(from, at[1])) == NULL)
            return NULL;
        *code = (unsigned char)to[found - from];
        return at + 2;
    }
    int32_t high = hex4(at + 2, end);
    if (high <= 0 || (high >= 0xDC00 && high <= 0xDFFF))
        return NULL;
    *code = (uint32_t)high;
    at += 6;
    if (high < 0xD800 || high > 0xDBFF)
        return at;
    int32_t low = end - at >= 6 && at[0] == '\\' && at[1] == 'u' ? hex4(at + 2, end) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
        return NULL;
    *code = 0x10000 + (((uint32_t)high - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
    return at + 6;
}

/* Behind the text that begins at `at` (at its quote); NULL: it is none. */
static const char *text_end(const char *at, const char *end)
{
    uint32_t code;
    for (at++; at != NULL && at < end;) {
        if (*at == '"')
            return at + 1;
        if (*at == '\\') {
            at = escape_end(at, end, &code);
            continue;
        }
        size_t n = sequence_size((const unsigned char *)at, (size_t)(end - at));
        if (n == 0 || (unsigned char)*at < 0x20)
            return NULL;
        at += n;
    }
    return NULL;
}

static const char *digits_end(const char *at, const char *end)
{
    const char *begin = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at == begin ? NULL : at;
}

static const char *number_end(const char *at, const char *end)
{
    if (at < end && *at == '-')
        at++;
    bool zero = at < end && *at == '0';
    const char *whole = at;
    if ((at = digits_end(at, end)) == NULL || (zero && at != whole + 1))
        return NULL;
    if (at < end && *at == '.' && (at = digits_end(at + 1, end)) == NULL)
        return NULL;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        at = digits_end(at, end);
    }
    return at;
}

static const char *word_end(const char *at, const char *end, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(end - at) >= n && memcmp(at, word, n) == 0 ? at + n : NULL;
}

/* Behind a value that is no container; NULL: it is none. */
static const char *scalar_end(const char *at, const char *end)
{
    switch (at < end ? *at : 0) {
    case '"':
        return text_end(at, end);
    case 't':
        return word_end(at, end, "true");
    case 'f':
        return word_end(at, end, "false");
    case 'n':
        return word_end(at, end, "null");
    default:
        return number_end(at, end);
    }
}

/* Behind the whole value that begins at `at`, checked; NULL: it is broken, near *broken. */
static const char *value_end(const char *at, const char *end, const char **broken)
{
    char open[DEPTH_MOST];
    size_t depth = 0;
    bool first = false; /* in a container that has just begun */
    for (;;) {
        at = blanks_end(at, end);
        *broken = at;
        bool closes = first && at < end && *at == (open[depth - 1] == '{' ? '}' : ']');
        if (!closes && depth > 0 && open[depth - 1] == '{') {
            if (at >= end || *at != '"' || (at = text_end(at, end)) == NULL)
                return NULL;
            at = blanks_end(at, end);
            *broken = at;
            if (at >= end || *at != ':')
                return NULL;
            at = blanks_end(at + 1, end);
            *broken = at;
        }
        if (!closes && at < end && (*at == '{' || *at == '[')) {
            if (depth == DEPTH_MOST)
                return NULL;
            open[depth++] = *at++;
            first = true;
            continue;
        }
        if (!closes && (at = scalar_end(at, end)) == NULL)
            return NULL;
        first = false;
        /* a value has ended: close what closes, go on behind a comma */
        for (; depth > 0; at++) {
            at = blanks_end(at, end);
            *broken = at;
            if (at >= end || *at != (open[depth - 1] == '{' ? '}' : ']'))
                break;
            depth--;
        }
        if (depth == 0)
            return at;
        if (at >= end || *at != ',')
            return NULL;
        at++;
    }
}

mlc_status mlci_json_check(mlci_slice text, mlci_slice *value, mlc_error *err)
{
    const char *end = text.data + text.size, *broken = text.data;
    const char *begin = blanks_end(text.data, end);
    const char *behind = value_end(begin, end, &broken);
    if (behind != NULL) {
        broken = blanks_end(behind, end);
        if (broken == end) {
            *value = (mlci_slice){begin, (size_t)(behind - begin)};
            return MLC_OK;
        }
    }
    mlc_status status = mlci_fail(err, MLC_ERROR_FORMAT, "broken JSON at byte %zu",
                                  (size_t)(broken - text.data));
    mlci_at(err, -1, broken - text.data, -1, NULL);
    return status;
}

/* ------------------------------------------------------------------- reading */

/* Behind a text of checked JSON. */
static const char *skip_text(const char *at)
{
    for (at++; *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
}

/* Behind a value of checked JSON: only quotes and containers need to be looked at. */
static const char *skip_value(const char *at, const char *end)
{
    size_t depth = 0;
    if (*at == '"')
        return skip_text(at);
    if (*at != '{' && *at != '[') {
        while (at < end && strchr(",]} \t\n\r", *at) == NULL)
            at++;
        return at;
    }
    do {
        if (*at == '"') {
            at = skip_text(at);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
    } while (depth > 0 && at < end);
    return at;
}

bool mlci_json_each(mlci_slice container, size_t *position, mlci_slice *key, mlci_slice *value)
{
    if (container.data == NULL || (container.data[0] != '{' && container.data[0] != '['))
        return false;
    const char *end = container.data + container.size - 1; /* at its closing letter */
    const char *at = container.data + (*position == 0 ? 1 : *position);
    at = blanks_end(at, end);
    if (at < end && *at == ',')
        at = blanks_end(at + 1, end);
    if (at >= end)
        return false;
    if (key != NULL)
        *key = (mlci_slice){NULL, 0};
    if (container.data[0] == '{') {
        const char *behind = skip_value(at, end);
        if (key != NULL)
            *key = (mlci_slice){at + 1, (size_t)(behind - at) - 2};
        at = blanks_end(behind, end);
        at = blanks_end(at + 1, end);
    }
    const char *behind = skip_value(at, end);
    *value = (mlci_slice){at, (size_t)(behind - at)};
    *position = (size_t)(behind - container.data);
    return true;
}

mlci_slice mlci_json_member(mlci_slice object, const char *key)
{
    mlci_slice name, value;
    if (object.data != NULL && object.data[0] == '{')
        for (size_t position = 0; mlci_json_each(object, &position, &name, &value);)
            if (mlci_slice_equal(name, mlci_slice_of(key)))
                return value;
    return (mlci_slice){NULL, 0};
}

bool mlci_json_read_integer(mlci_slice value, int64_t *out)
{
    return value.data != NULL && mlci_parse_int64(value.data, value.size, out);
}

bool mlci_json_read_number(mlci_slice value, double *out)
{
    if (value.data == NULL ||
        (value.data[0] != '-' && (value.data[0] < '0' || value.data[0] > '9')))
        return false;
    return mlci_parse_double(value.data, value.size, out);
}

static char *put_code_point(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
        *to++ = (char)(0x80 | (code & 63));
    } else if (code < 0x10000) {
        *to++ = (char)(0xE0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 63));
        *to++ = (char)(0x80 | (code & 63));
    } else {
        *to++ = (char)(0xF0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 63));
        *to++ = (char)(0x80 | (code >> 6 & 63));
        *to++ = (char)(0x80 | (code & 63));
    }
    return to;
}

mlc_status mlci_json_read_text(mlc_context *ctx, mlci_slice value, char **out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    char *text = NULL, *copy = NULL;
    *out = NULL;
    if (value.data == NULL || value.data[0] != '"')
        return mlci_fail(err, MLC_ERROR_FORMAT, "the JSON has no text where one belongs");
    MLCI_ALLOC(text, value.size); /* an escape is never shorter than what it stands for */
    char *to = text;
    const char *end = value.data + value.size - 1;
    for (const char *at = value.data + 1; at < end;) {
        uint32_t code;
        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        at = escape_end(at, end, &code);
        to = put_code_point(to, code);
    }
    copy = mlci_text_copy_n(ctx, text, (size_t)(to - text));
    if (copy == NULL)
        MLCI_TRY(mlci_no_memory(err, (uint64_t)(to - text) + 1));
    *out = copy;
done:
    MLCI_FREE(text, value.size);
    return status;
}
