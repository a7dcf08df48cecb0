/*
 * cli_json.c - text and numbers on stdout
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

void cli_json_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c == '\t')
            fputs("\\t", stdout);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

void cli_json_number(double value)
{
    char text[40];

    if (!isfinite(value)) {
        fputs("null", stdout);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, stdout);
}

const char *cli_number(double value, char out[40])
{
    if (isnan(value))
        return strcpy(out, "-");
    snprintf(out, 40, "%.*g", fabs(value) < 1 ? 4 : 6, value);
    return out;
}
