/*
 * civil.c - times as counts since 1970-01-01 UTC, and their texts
 *
 * The proleptic Gregorian calendar in 64-bit integers (H. Hinnant, chrono-
 * compatible low-level date algorithms): years are counted from 1 March, so that
 * the leap day ends a year, in eras of 400 years = 146,097 days. Every count of
 * every unit has a date; leap seconds do not exist, as in POSIX.
 */
#include "base/base.h"

enum { CIVIL_DAY_SECONDS = 86400, CIVIL_EPOCH_DAYS = 719468 /* 0000-03-01 to 1970-01-01 */ };

int64_t mlci_unit_per_second(int32_t unit)
{
    switch (unit) {
    case MLCI_UNIT_MS:
        return 1000;
    case MLCI_UNIT_US:
        return 1000000;
    case MLCI_UNIT_NS:
        return 1000000000;
    default:
        return 1;
    }
}

/* The greatest q with q x divisor <= value. */
static int64_t civil_floor(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

/* value less that: in [0, divisor), also where the product would not fit. */
static int64_t civil_rest(int64_t value, int64_t divisor)
{
    int64_t rest = value % divisor;
    return rest < 0 ? rest + divisor : rest;
}

static bool civil_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t civil_month_days(int64_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && civil_leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01. */
static int64_t civil_days(int64_t year, int32_t month, int32_t day)
{
    int64_t y = year - (month <= 2), era = civil_floor(y, 400), of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - CIVIL_EPOCH_DAYS;
}

void mlci_civil_of(int64_t count, int32_t unit, mlci_civil *out)
{
    static const int16_t before_month[] = {0,   31,  59,  90,  120, 151,
                                           181, 212, 243, 273, 304, 334};
    int64_t per_second = mlci_unit_per_second(unit);
    int64_t seconds = civil_floor(count, per_second), part = civil_rest(count, per_second);
    int64_t days = civil_floor(seconds, CIVIL_DAY_SECONDS);
    int32_t second = (int32_t)civil_rest(seconds, CIVIL_DAY_SECONDS);

    int64_t from_march = days + CIVIL_EPOCH_DAYS, era = civil_floor(from_march, 146097);
    int32_t of_era = (int32_t)(from_march - era * 146097);
    int32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int32_t month = (5 * of_year + 2) / 153; /* from March */

    out->day = of_year - (153 * month + 2) / 5 + 1;
    out->month = month < 10 ? month + 3 : month - 9;
    out->year = year + era * 400 + (out->month <= 2);
    out->hour = second / 3600;
    out->minute = second / 60 % 60;
    out->second = second % 60;
    out->weekday = (int32_t)civil_rest(days + 3, 7) + 1; /* Thursday is day 0 */
    out->yearday =
        before_month[out->month - 1] + out->day + (out->month > 2 && civil_leap(out->year));
    out->nanosecond = (int32_t)(part * (1000000000 / per_second));
}

/* Exactly n digits. */
static bool civil_number(const char **p, const char *end, int n, int32_t *out)
{
    int32_t x = 0;
    if (end - *p < n)
        return false;
    for (int i = 0; i < n; i++) {
        unsigned char digit = (unsigned char)((*p)[i] - '0');
        if (digit > 9)
            return false;
        x = x * 10 + digit;
    }
    *p += n;
    *out = x;
    return true;
}

static bool civil_byte(const char **p, const char *end, char wanted)
{
    if (*p == end || **p != wanted)
        return false;
    ++*p;
    return true;
}

/* Digits after the point as nanoseconds; what is finer must be 0. */
static bool civil_fraction(const char **p, const char *end, int32_t *nanosecond)
{
    int32_t x = 0, n = 0;
    for (; *p < end && (unsigned char)(**p - '0') <= 9; ++*p, n++) {
        if (n < 9)
            x = x * 10 + (**p - '0');
        else if (**p != '0')
            return false;
    }
    if (n == 0)
        return false;
    for (; n < 9; n++)
        x *= 10;
    *nanosecond = x;
    return true;
}

/* Z or +hh:mm or -hh:mm. */
static bool civil_zone(const char **p, const char *end, int64_t *seconds)
{
    int32_t hour, minute;
    if (civil_byte(p, end, 'Z') || civil_byte(p, end, 'z')) {
        *seconds = 0;
        return true;
    }
    bool west = *p < end && **p == '-';
    if (!west && (*p == end || **p != '+'))
        return false;
    ++*p;
    if (!civil_number(p, end, 2, &hour) || !civil_byte(p, end, ':') ||
        !civil_number(p, end, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *seconds = (west ? -1 : 1) * (int64_t)(hour * 3600 + minute * 60);
    return true;
}

bool mlci_parse_time_unit(const char *text, size_t size, int32_t unit, int64_t *count)
{
    const char *p = text, *end = text + size;
    int32_t year, month, day, hour = 0, minute = 0, second = 0, nanosecond = 0;
    int64_t zone = 0, per_second = mlci_unit_per_second(unit);
    if (!civil_number(&p, end, 4, &year) || !civil_byte(&p, end, '-') ||
        !civil_number(&p, end, 2, &month) || !civil_byte(&p, end, '-') ||
        !civil_number(&p, end, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > civil_month_days(year, month))
        return false;
    if (p < end) {
        if (!civil_byte(&p, end, ' ') && !civil_byte(&p, end, 'T') && !civil_byte(&p, end, 't'))
            return false;
        if (!civil_number(&p, end, 2, &hour) || !civil_byte(&p, end, ':') ||
            !civil_number(&p, end, 2, &minute))
            return false;
        if (civil_byte(&p, end, ':')) {
            if (!civil_number(&p, end, 2, &second))
                return false;
            if (civil_byte(&p, end, '.') && !civil_fraction(&p, end, &nanosecond))
                return false;
        }
        if (hour > 23 || minute > 59 || second > 59)
            return false;
        if (p < end && (!civil_zone(&p, end, &zone) || p < end))
            return false;
    }
    int64_t finer = 1000000000 / per_second;
    if (nanosecond % finer != 0)
        return false;
    int64_t seconds = civil_days(year, month, day) * CIVIL_DAY_SECONDS + hour * 3600 +
                      minute * 60 + second - zone;
    int64_t part = nanosecond / finer;
    if (seconds < 0 && part > 0) { /* towards 0 first, so that the least count is reached */
        seconds++;
        part -= per_second;
    }
    return !__builtin_mul_overflow(seconds, per_second, &seconds) &&
           !__builtin_add_overflow(seconds, part, count);
}

bool mlci_parse_time(const char *text, size_t size, int64_t *nanoseconds)
{
    return mlci_parse_time_unit(text, size, MLCI_UNIT_NS, nanoseconds);
}

/* n digits with zeros in front. */
static size_t civil_put(char *out, int32_t x, int n)
{
    for (int i = n; i-- > 0; x /= 10)
        out[i] = (char)('0' + x % 10);
    return (size_t)n;
}

size_t mlci_format_time(int64_t count, int32_t unit, bool date_only, char *out)
{
    mlci_civil c;
    size_t size = 0;
    mlci_civil_of(count, unit, &c);
    if (c.year >= 0 && c.year <= 9999) {
        size += civil_put(out, (int32_t)c.year, 4);
    } else { /* ISO 8601's expanded form: a sign, at least five digits */
        int64_t year = c.year < 0 ? -c.year : c.year;
        out[size++] = c.year < 0 ? '-' : '+';
        if (year < 100000)
            size += civil_put(out + size, (int32_t)year, 5);
        else
            size += mlci_format_int64(year, out + size);
    }
    out[size++] = '-';
    size += civil_put(out + size, c.month, 2);
    out[size++] = '-';
    size += civil_put(out + size, c.day, 2);
    if (date_only && c.hour == 0 && c.minute == 0 && c.second == 0 && c.nanosecond == 0)
        return size;
    out[size++] = 'T';
    size += civil_put(out + size, c.hour, 2);
    out[size++] = ':';
    size += civil_put(out + size, c.minute, 2);
    out[size++] = ':';
    size += civil_put(out + size, c.second, 2);
    if (c.nanosecond != 0) {
        out[size++] = '.';
        size += civil_put(out + size, c.nanosecond, 9);
        while (out[size - 1] == '0')
            size--;
    }
    return size;
}
