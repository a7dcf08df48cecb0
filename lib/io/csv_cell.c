/*
 * csv_cell.c - what one cell is: a number, a flag, a time, or text
 *
 * A cell is a number only when nothing is lost by keeping it as one: `007`, a whole number that
 * neither int64 nor a double holds exactly, and what is beyond a double's range are text. The
 * numbers that most files are made of are read by csv_digits.h, the rest by base's
 * mlci_parse_double.
 */
#include "io/csv_digits.h"

/* ---------------------------------------------------------------- numbers */

/* By base, with a point for the decimal comma. */
static bool number_slow(const char *p, size_t size, char decimal, double *out)
{
    enum { MOST = 1100 }; /* more digits than any double has */
    if (decimal == '.')
        return mlci_parse_double(p, size, out);
    char copy[MOST];
    if (size > MOST)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (p[i] == '.')
            return false;
        copy[i] = p[i] == decimal ? '.' : p[i];
    }
    return mlci_parse_double(copy, size, out);
}

/* Whether the digits from `p` to `end`, all of them, are exactly the double x. */
static bool number_is_exact(const char *p, const char *end, double x)
{
    /* x is whole; its decimal digits, by dividing its mantissa's words by ten */
    uint32_t words[34] = {0};
    int exponent = 0, top;
    uint64_t bits;
    char digits[320];
    size_t n = 0, length;

    memcpy(&bits, &x, sizeof bits);
    exponent = (int)(bits >> 52 & 2047) - 1075;
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    if (exponent < 0 || exponent > 971)
        return false;
    for (int i = 0; i < 53; i++)
        if (bits >> i & 1)
            words[(exponent + i) / 32] |= UINT32_C(1) << ((exponent + i) % 32);
    top = (exponent + 52) / 32;
    while (top >= 0 && n < sizeof digits) {
        uint64_t rest = 0;
        for (int w = top; w >= 0; w--) {
            uint64_t part = rest << 32 | words[w];
            words[w] = (uint32_t)(part / 10);
            rest = part % 10;
        }
        digits[n++] = (char)('0' + rest);
        while (top >= 0 && words[top] == 0)
            top--;
    }
    length = (size_t)(end - p);
    if (length != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (digits[n - 1 - i] != p[i])
            return false;
    return true;
}

/* What the fast way does not read: exponents, many digits, words. */
void mlci_csv_number_rest(const char *p, size_t size, char decimal, bool lenient,
                          mlci_csv_value *out)
{
    const char *first = p + (*p == '-' || *p == '+'), *end = p + size, *q = first;
    double x;

    out->seen = MLCI_SEEN_TEXT;
    if (!number_slow(p, size, decimal, &x))
        return;
    if (x - x != 0 && first < end && ((*first >= '0' && *first <= '9') || *first == decimal))
        return; /* digits beyond any double */
    if (!lenient && end - first > 1 && first[0] == '0' && first[1] >= '0' && first[1] <= '9')
        return;
    while (q < end && *q >= '0' && *q <= '9')
        q++;
    out->real = x;
    out->seen = MLCI_SEEN_REAL;
    if (q < end || q == first)
        return;
    /* a whole number */
    if (*p == '-' && x == 0)
        return;
    if (mlci_parse_int64(p, size, &out->integer) && out->integer != MLCI_CSV_GAP) {
        bool exact = x < 0x1p63 && (int64_t)x == out->integer;
        out->seen = exact ? MLCI_SEEN_INTEGER : MLCI_SEEN_BIG;
    } else if (!lenient && !number_is_exact(first, end, x < 0 ? -x : x)) {
        out->seen = MLCI_SEEN_TEXT;
    }
}

void mlci_csv_number(const char *p, size_t size, char decimal, bool lenient,
                     mlci_csv_value *out)
{
    mlci_csv_number_fast(p, size, decimal, lenient, out);
}

/* ------------------------------------------------------------------ flags */

void mlci_csv_flag(const char *p, size_t size, mlci_csv_value *out)
{
    static const char *const yes[] = {"true", "True", "TRUE"};
    static const char *const no[] = {"false", "False", "FALSE"};
    out->seen = MLCI_SEEN_FLAG;
    for (size_t i = 0; i < 3; i++) {
        if (size == 4 && memcmp(p, yes[i], 4) == 0) {
            out->integer = 1;
            return;
        }
        if (size == 5 && memcmp(p, no[i], 5) == 0) {
            out->integer = 0;
            return;
        }
    }
    out->seen = MLCI_SEEN_TEXT;
}

/* ------------------------------------------------------------------ times */

static inline unsigned digit_at(const char *p)
{
    return (unsigned)((unsigned char)*p - '0');
}

/* Two digits; above 99 when they are none. */
static inline unsigned two_digits(const char *p)
{
    unsigned a = digit_at(p), b = digit_at(p + 1);
    return a > 9 || b > 9 ? 100 : a * 10 + b;
}

/* Days since 1970-01-01 (Hinnant, chrono-compatible low-level date algorithms). */
static inline int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    unsigned y = year - (month <= 2);
    unsigned era = y / 400, of_era = y - era * 400;
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static inline unsigned month_days(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        return 29;
    return days[month - 1];
}

/* `Z`, `+hh`, `+hhmm` or `+hh:mm` up to the end: seconds to take off; false: none of them. */
static bool time_zone(const char *p, const char *end, int64_t *seconds)
{
    *seconds = 0;
    if (p == end || (end - p == 1 && (*p == 'Z' || *p == 'z')))
        return true;
    if (end - p < 3 || (*p != '+' && *p != '-'))
        return false;
    unsigned hour = two_digits(p + 1), minute = 0;
    size_t rest = (size_t)(end - p) - 3;
    if (rest == 2)
        minute = two_digits(p + 3);
    else if (rest == 3 && p[3] == ':')
        minute = two_digits(p + 4);
    else if (rest != 0)
        return false;
    if (hour > 23 || minute > 59)
        return false;
    *seconds = (int64_t)(hour * 3600 + minute * 60);
    if (*p == '-')
        *seconds = -*seconds;
    return true;
}

/* What follows the date and its separator. */
static bool time_of_day(const char *p, const char *end, mlci_csv_value *out)
{
    unsigned hour, minute, second = 0;
    int64_t zone;
    if (end - p < 5 || p[2] != ':')
        return false;
    hour = two_digits(p);
    minute = two_digits(p + 3);
    p += 5;
    if (end - p >= 3 && *p == ':') {
        second = two_digits(p + 1);
        p += 3;
        if (end - p >= 2 && (*p == '.' || *p == ',') && digit_at(p + 1) <= 9) {
            unsigned n = 0, nano = 0;
            for (p++; p < end && digit_at(p) <= 9 && n < 9; p++, n++)
                nano = nano * 10 + digit_at(p);
            out->seen = n <= 3 ? MLCI_SEEN_MS : n <= 6 ? MLCI_SEEN_US : MLCI_SEEN_NS;
            for (; n < 9; n++)
                nano *= 10;
            out->nano = (int32_t)nano;
        }
    }
    if (hour > 23 || minute > 59 || second > 59 || !time_zone(p, end, &zone))
        return false;
    out->integer += (int64_t)(hour * 3600 + minute * 60 + second) - zone;
    return true;
}

void mlci_csv_time(const char *p, size_t size, mlci_csv_value *out)
{
    const char *end = p + size;
    out->seen = MLCI_SEEN_TEXT;
    if (size < 10 || p[4] != '-' || p[7] != '-')
        return;
    unsigned high = two_digits(p), low = two_digits(p + 2);
    unsigned year = high * 100 + low, month = two_digits(p + 5), day = two_digits(p + 8);
    if (high > 99 || low > 99 || year == 0 || month - 1 > 11 || day == 0 ||
        day > month_days(year, month))
        return;
    mlci_csv_value v = {.seen = MLCI_SEEN_S, .integer = days_of(year, month, day) * 86400};
    if (size > 10 &&
        ((p[10] != ' ' && p[10] != 'T' && p[10] != 't') || !time_of_day(p + 11, end, &v)))
        return;
    /* nanoseconds in 64 bits reach from 1677-09-21 to 2262-04-11 */
    if (v.integer < -INT64_C(9223372036) || v.integer >= INT64_C(9223372036))
        v.seen |= MLCI_SEEN_FAR;
    *out = v;
}

/* -------------------------------------------------------------- any, markers */

void mlci_csv_classify(const char *p, size_t size, char decimal, mlci_csv_value *out)
{
    char c = *p;
    if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == decimal) {
        mlci_csv_number(p, size, decimal, false, out);
        if (out->seen == MLCI_SEEN_TEXT)
            mlci_csv_time(p, size, out);
        return;
    }
    mlci_csv_flag(p, size, out);
    if (out->seen == MLCI_SEEN_TEXT && size <= 8 && (c | 32) >= 'i' && (c | 32) <= 'n')
        mlci_csv_number(p, size, decimal, false, out); /* inf, nan */
}

bool mlci_csv_is_marker(const mlci_csv_markers *m, const char *p, size_t size)
{
    if (!(m->lengths >> (size < 63 ? size : 63) & 1))
        return false;
    for (size_t i = 0; i < m->n; i++)
        if (strlen(m->texts[i]) == size && memcmp(m->texts[i], p, size) == 0)
            return true;
    return false;
}
