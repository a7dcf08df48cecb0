/*
 * fuzz_number.c - texts of strangers as numbers, times and UTF-8
 *
 * What is taken must come back the same from our own text of it; what the C library reads as a
 * decimal must be read alike.
 */
#include "base/base.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds)
{
    if (!holds)
        abort();
}

static void check_double(const char *text, size_t size)
{
    double x, back;
    char out[32];
    if (!mlci_parse_double(text, size, &x))
        return;
    size_t n = mlci_format_double(x, out);
    need(n <= sizeof out && mlci_parse_double(out, n, &back));
    need(memcmp(&x, &back, sizeof x) == 0 || x != x);
    char *copy = malloc(size + 1), *end;
    if (copy != NULL) {
        memcpy(copy, text, size);
        copy[size] = '\0';
        double want = strtod(copy, &end);
        need(end == copy + size &&
             (memcmp(&x, &want, sizeof x) == 0 || (x != x && want != want)));
    }
    free(copy);
    float narrow = (float)x;
    n = mlci_format_float(narrow, out);
    need(n <= sizeof out && mlci_parse_double(out, n, &back));
    need((float)back == narrow || narrow != narrow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    char out[40];
    int64_t count, back;
    check_double(text, size);
    if (mlci_parse_int64(text, size, &count)) {
        size_t n = mlci_format_int64(count, out);
        need(mlci_parse_int64(out, n, &back) && back == count);
    }
    for (int32_t unit = MLCI_UNIT_S; unit <= MLCI_UNIT_NS; unit++) {
        if (mlci_parse_time_unit(text, size, unit, &count)) {
            size_t n = mlci_format_time(count, unit, true, out);
            need(n <= sizeof out);
            /* a zone may lead into a year of five digits or below 0, which is not read */
            need(out[0] == '+' || out[0] == '-' ||
                 (mlci_parse_time_unit(out, n, unit, &back) && back == count));
        }
        if (size >= 8) { /* any count has a text */
            memcpy(&count, text, 8);
            need(mlci_format_time(count, unit, false, out) <= sizeof out);
        }
    }
    if (size >= 8) {
        double x;
        memcpy(&x, text, 8);
        size_t n = mlci_format_double(x, out);
        check_double(out, n);
    }
    (void)mlci_utf8_valid(text, size);
    (void)mlci_slice_trim((mlci_slice){text, size});
    return 0;
}
