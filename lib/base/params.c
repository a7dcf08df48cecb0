/*
 * params.c - text pairs checked against a table of parameters
 *
 * A table row tells a parameter's name, type, bounds, default and help; this file is the one
 * place where text becomes a value, so every kind, reader and verb refuses the same mistakes in
 * the same words. After mlci_params_read each row has a value: as given, else its default.
 */
#include "base/base.h"

#include <stdio.h>

static const double NO_NUMBER = __builtin_nan("");

/* ------------------------------------------------------------------ lists */

/* One name from *at on, written to `out` (room for what is left of the text) and ended by NUL;
 * *at is then at the comma or the end. */
static mlc_status list_name(const char **at, char *out, size_t *size, mlc_error *err)
{
    const char *p = *at;
    size_t n = 0;

    while (*p == ' ' || *p == '\t')
        p++;
    if (*p == '"') {
        for (p++; *p != '\0' && !(p[0] == '"' && p[1] != '"'); p++) {
            if (*p == '"')
                p++;
            out[n++] = *p;
        }
        if (*p != '"')
            return mlci_fail(err, MLC_ERROR_PARAMETER, "a quote is not closed");
        for (p++; *p == ' ' || *p == '\t'; p++)
            continue;
        if (*p != ',' && *p != '\0')
            return mlci_fail(err, MLC_ERROR_PARAMETER, "text after a closing quote: '%.40s'",
                             p);
    } else {
        while (*p != ',' && *p != '\0')
            out[n++] = *p++;
        while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\t'))
            n--;
    }
    if (n == 0)
        return mlci_fail(err, MLC_ERROR_PARAMETER, "an empty name in the list");
    out[n++] = '\0';
    *at = p;
    *size = n;
    return MLC_OK;
}

mlc_status mlci_list_read(mlci_arena *arena, const char *text, const char *const **names,
                          size_t *n, mlc_error *err)
{
    size_t length = strlen(text), most = 1, used = 0, count = 0;
    for (const char *p = text; *p != '\0'; p++)
        most += *p == ',';

    /* every name is at most as long as its text, and its NUL stands in the comma's place */
    const char **list = mlci_arena_alloc(arena, most, sizeof *list);
    char *bytes = mlci_arena_alloc(arena, length + 1, 1);
    if (list == NULL || bytes == NULL)
        return mlci_no_memory(err, length + 1 + most * sizeof *list);
    for (const char *p = text;; p++) {
        size_t size = 0;
        mlc_status status = list_name(&p, bytes + used, &size, err);
        if (status != MLC_OK)
            return status;
        list[count++] = bytes + used;
        used += size;
        if (*p == '\0')
            break;
    }
    *names = list;
    *n = count;
    return MLC_OK;
}

/* ----------------------------------------------------------------- values */

/* ` in [1, 100000]`, or nothing without bounds; out holds 80. */
static const char *param_bounds(const mlc_param *p, char *out)
{
    if (p->least == 0 && p->most == 0) {
        out[0] = '\0';
        return out;
    }
    char least[33], most[33];
    least[mlci_format_double(p->least, least)] = '\0';
    most[mlci_format_double(p->most, most)] = '\0';
    snprintf(out, 80, " in [%s, %s]", least, most);
    return out;
}

static bool param_in_bounds(const mlc_param *p, double x)
{
    return (p->least == 0 && p->most == 0) || (x >= p->least && x <= p->most);
}

/* `1e6` is a whole number too. */
static bool param_whole(const char *text, int64_t *out)
{
    double x;
    if (mlci_parse_int64(text, strlen(text), out))
        return true;
    if (!mlci_parse_double(text, strlen(text), &x) || !(x >= -0x1p53 && x <= 0x1p53))
        return false;
    *out = (int64_t)x;
    return (double)*out == x;
}

static mlc_status param_number(const mlc_param *p, const char *text, mlc_value *v,
                               mlc_error *err)
{
    char bounds[80];
    bool whole = p->type == MLC_PARAM_COUNT;
    if (whole ? !param_whole(text, &v->count)
              : !mlci_parse_double(text, strlen(text), &v->real) || v->real != v->real)
        return mlci_fail(err, MLC_ERROR_PARAMETER, "%s is '%.80s'; it must be a %snumber%s",
                         p->name, text, whole ? "whole " : "", param_bounds(p, bounds));
    if (whole)
        v->real = (double)v->count;
    if (!param_in_bounds(p, v->real))
        return mlci_fail(err, MLC_ERROR_PARAMETER, "%s is %.80s; it must lie%s", p->name, text,
                         param_bounds(p, bounds));
    return MLC_OK;
}

static mlc_status param_flag(const mlc_param *p, const char *text, mlc_value *v, mlc_error *err)
{
    static const char *const words[] = {"no", "yes", "false", "true", "0", "1"};
    for (size_t i = 0; i < MLCI_COUNT_OF(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            v->count = (int64_t)(i % 2);
            v->real = (double)v->count;
            return MLC_OK;
        }
    }
    return mlci_fail(err, MLC_ERROR_PARAMETER, "%s is '%.80s'; it must be yes or no", p->name,
                     text);
}

/* `a|b|c` as `a, b or c`, for messages; cut when longer than the room. */
static void param_choices_text(const char *choices, char *out, size_t room)
{
    const char *last = strrchr(choices, '|');
    size_t n = 0;
    for (const char *p = choices; *p != '\0' && n + 5 < room; p++) {
        if (*p != '|') {
            out[n++] = *p;
            continue;
        }
        const char *between = p == last ? " or " : ", ";
        memcpy(out + n, between, strlen(between));
        n += strlen(between);
    }
    out[n] = '\0';
}

static mlc_status param_choice(const mlc_param *p, const char *text, mlc_value *v,
                               mlc_error *err)
{
    const char *choices = p->choices == NULL ? "" : p->choices;
    size_t length = strlen(text);
    int64_t position = 0;
    for (const char *c = choices; c != NULL; position++) {
        const char *end = strchr(c, '|');
        size_t size = end == NULL ? strlen(c) : (size_t)(end - c);
        if (size == length && size > 0 && memcmp(c, text, size) == 0) {
            v->count = position;
            v->real = (double)position;
            return MLC_OK;
        }
        c = end == NULL ? NULL : end + 1;
    }
    char list[400];
    param_choices_text(choices, list, sizeof list);
    return mlci_fail(err, MLC_ERROR_PARAMETER, "%s is '%.80s'; it must be %s", p->name, text,
                     list);
}

/* The value that `text` (already the settings' own) stands for. */
static mlc_status param_value(mlci_settings *s, const mlc_param *p, const char *text,
                              mlc_value *v, mlc_error *err)
{
    mlc_status status = MLC_OK;
    size_t n = 0;

    v->text = text;
    switch (p->type) {
    case MLC_PARAM_COUNT:
    case MLC_PARAM_REAL:
        return param_number(p, text, v, err);
    case MLC_PARAM_FLAG:
        return param_flag(p, text, v, err);
    case MLC_PARAM_CHOICE:
        return param_choice(p, text, v, err);
    case MLC_PARAM_COLUMN:
        if (text[0] == '\0')
            return mlci_fail(err, MLC_ERROR_PARAMETER,
                             "%s is empty; it must be a column's name", p->name);
        return MLC_OK;
    case MLC_PARAM_COLUMNS:
        status = mlci_list_read(&s->arena, text, &v->list, &n, err);
        if (status == MLC_OK && n > INT32_MAX)
            status = mlci_fail(err, MLC_ERROR_PARAMETER, "%zu names are too many", n);
        if (status == MLC_ERROR_PARAMETER)
            mlci_blame(err, "%s", p->name);
        v->n_list = (int32_t)n;
        return status;
    default:
        return MLC_OK;
    }
}

/* ------------------------------------------------------------------ pairs */

static size_t params_find(const mlc_param *params, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(params[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static mlc_status params_unknown(mlc_context *ctx, const char *owner, const mlc_param *params,
                                 size_t n, const char *name, mlc_error *err)
{
    mlc_status status = MLC_OK;
    const char **names = NULL;

    MLCI_ALLOC(names, n);
    for (size_t i = 0; i < n; i++)
        names[i] = params[i].name;
    const char *near = mlci_nearest(name, names, n);
    if (near != NULL)
        status =
            mlci_fail(err, MLC_ERROR_PARAMETER,
                      "%s has no parameter '%.80s'; did you mean '%s'?", owner, name, near);
    else if (n == 0)
        status = mlci_fail(err, MLC_ERROR_PARAMETER,
                           "%s has no parameters, so not '%.80s' either", owner, name);
    else
        status =
            mlci_fail(err, MLC_ERROR_PARAMETER, "%s has no parameter '%.80s'", owner, name);
    mlci_error_detail(err, name);
done:
    MLCI_FREE(names, n);
    return status;
}

/* One pair into its value. */
static mlc_status params_take(mlci_settings *s, const char *owner, const mlc_param *params,
                              const char *name, const char *text, mlc_error *err)
{
    size_t i = params_find(params, s->n, name);
    if (i == SIZE_MAX)
        return params_unknown(s->ctx, owner, params, s->n, name, err);

    mlc_status status = MLC_OK;
    if (text == NULL) {
        status = mlci_fail(err, MLC_ERROR_PARAMETER, "%s has a name, '%s', but no value", owner,
                           name);
    } else if (s->values[i].given) {
        status = mlci_fail(err, MLC_ERROR_PARAMETER, "%s is told %s twice: '%.80s' and '%.80s'",
                           owner, name, s->values[i].text, text);
    } else {
        size_t size = strlen(text) + 1;
        char *copy = mlci_arena_alloc(&s->arena, size, 1);
        if (copy == NULL)
            return mlci_no_memory(err, size);
        memcpy(copy, text, size);
        s->values[i].given = 1;
        status = param_value(s, &params[i], copy, &s->values[i], err);
    }
    if (status == MLC_ERROR_PARAMETER)
        mlci_error_detail(err, name);
    return status;
}

/* What was not given: its default, or a failure when it is needed. */
static mlc_status params_rest(mlci_settings *s, const char *owner, const mlc_param *params,
                              mlc_error *err)
{
    for (size_t i = 0; i < s->n; i++) {
        const mlc_param *p = &params[i];
        if (s->values[i].given)
            continue;
        if (p->flags & MLC_PARAM_REQUIRED) {
            mlc_status status =
                mlci_fail(err, MLC_ERROR_PARAMETER, "%s needs the parameter '%s'%s%s", owner,
                          p->name, p->help == NULL ? "" : ": ", p->help == NULL ? "" : p->help);
            mlci_error_detail(err, p->name);
            return status;
        }
        if (p->default_value == NULL)
            continue;
        mlc_status status = param_value(s, p, p->default_value, &s->values[i], err);
        if (status != MLC_OK) {
            mlci_blame(err, "%s: the default of '%s'", owner, p->name);
            return status;
        }
    }
    return MLC_OK;
}

mlc_status mlci_params_read(mlc_context *ctx, const char *owner, const mlc_param *params,
                            size_t n, const char *const *pairs, mlci_settings **out,
                            mlc_error *err)
{
    mlc_status status = MLC_OK;
    mlci_settings *s = NULL;

    *out = NULL;
    MLCI_ALLOC_ZEROED(s, 1);
    s->ctx = ctx;
    s->n = n;
    mlci_arena_init(&s->arena, ctx);
    MLCI_ALLOC_ZEROED(s->values, n);
    for (size_t i = 0; i < n; i++)
        s->values[i].real = NO_NUMBER;
    for (; pairs != NULL && pairs[0] != NULL; pairs += 2) {
        MLCI_TRY(params_take(s, owner, params, pairs[0], pairs[1], err));
        if (pairs[1] == NULL)
            break;
    }
    MLCI_TRY(params_rest(s, owner, params, err));
    *out = s;
    s = NULL;
done:
    mlci_settings_free(s);
    return status;
}

void mlci_settings_free(mlci_settings *settings)
{
    if (settings == NULL)
        return;
    mlc_context *ctx = settings->ctx;
    mlci_arena_free(&settings->arena);
    MLCI_FREE(settings->values, settings->n);
    MLCI_FREE(settings, 1);
}
