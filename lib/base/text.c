/*
 * text.c - slices of bytes, UTF-8, and how far one word is from another
 */
#include "base/base.h"

enum { TEXT_LONGEST_WORD = 255 }; /* longer words are never near one another */

bool mlci_slice_equal(mlci_slice a, mlci_slice b)
{
    if (a.data == NULL || b.data == NULL)
        return a.data == b.data;
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int mlci_slice_compare(mlci_slice a, mlci_slice b)
{
    size_t least = a.size < b.size ? a.size : b.size;
    int order = least == 0 ? 0 : memcmp(a.data, b.data, least);
    if (order != 0)
        return order < 0 ? -1 : 1;
    return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

static bool text_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Shell's sort; the C library's may ask malloc for room. */
void mlci_slice_sort(mlci_slice *texts, size_t n)
{
    size_t gap = 1;
    while (gap < n / 3)
        gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3)
        for (size_t i = gap; i < n; i++) {
            mlci_slice text = texts[i];
            size_t at = i;
            for (; at >= gap && mlci_slice_compare(text, texts[at - gap]) < 0; at -= gap)
                texts[at] = texts[at - gap];
            texts[at] = text;
        }
}

mlci_slice mlci_slice_trim(mlci_slice text)
{
    while (text.size > 0 && text_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && text_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

/* Bytes of the character that begins at p, 0 if it is malformed: overlong, a surrogate, beyond
 * U+10FFFF or cut off (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    unsigned char c = p[0], least = 0x80, most = 0xBF;
    size_t length;
    if (c < 0x80)
        return 1;
    if (c >= 0xC2 && c <= 0xDF) {
        length = 2;
    } else if (c >= 0xE0 && c <= 0xEF) {
        length = 3;
        if (c == 0xE0)
            least = 0xA0;
        if (c == 0xED)
            most = 0x9F;
    } else if (c >= 0xF0 && c <= 0xF4) {
        length = 4;
        if (c == 0xF0)
            least = 0x90;
        if (c == 0xF4)
            most = 0x8F;
    } else {
        return 0;
    }
    if (left < length || p[1] < least || p[1] > most)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((p[i] & 0xC0u) != 0x80u)
            return 0;
    return length;
}

bool mlci_utf8_valid(const char *text, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;
    while (i < size) {
        while (size - i >= 8) { /* eight ASCII bytes at a time */
            uint64_t eight;
            memcpy(&eight, p + i, sizeof eight);
            if ((eight & 0x8080808080808080u) != 0)
                break;
            i += 8;
        }
        if (i == size)
            break;
        size_t length = utf8_length(p + i, size - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

/* How a letter counts when words are compared: blind to case, and to '-' for '_'. */
static char text_fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '-' ? '_' : c;
}

/*
 * Optimal string alignment: d[i][j] is the least of deletion d[i-1][j] + 1, insertion
 * d[i][j-1] + 1, replacement d[i-1][j-1] + (a_i != b_j) and, where two neighbours are swapped,
 * d[i-2][j-2] + 1. Three rows are enough.
 */
static size_t text_distance(mlci_slice a, mlci_slice b, size_t most, bool fold)
{
    uint16_t rows[3][TEXT_LONGEST_WORD + 1];
    uint16_t *before = rows[0], *last = rows[1], *now = rows[2];
    if (a.size > TEXT_LONGEST_WORD || b.size > TEXT_LONGEST_WORD)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.size; j++)
        last[j] = (uint16_t)j;
    for (size_t i = 1; i <= a.size; i++) {
        char x = fold ? text_fold(a.data[i - 1]) : a.data[i - 1], x0 = '\0', y0 = '\0';
        if (i > 1)
            x0 = fold ? text_fold(a.data[i - 2]) : a.data[i - 2];
        uint16_t least = now[0] = (uint16_t)i;
        for (size_t j = 1; j <= b.size; j++) {
            char y = fold ? text_fold(b.data[j - 1]) : b.data[j - 1];
            uint16_t d = (uint16_t)(last[j - 1] + (x != y));
            if (last[j] + 1 < d)
                d = (uint16_t)(last[j] + 1);
            if (now[j - 1] + 1 < d)
                d = (uint16_t)(now[j - 1] + 1);
            if (i > 1 && j > 1 && x == y0 && x0 == y && before[j - 2] + 1 < d)
                d = (uint16_t)(before[j - 2] + 1);
            now[j] = d;
            if (d < least)
                least = d;
            y0 = y;
        }
        if (least > most && i > 1) { /* a swap looks two rows back at most */
            size_t two = last[0];
            for (size_t j = 1; j <= b.size; j++)
                two = last[j] < two ? last[j] : two;
            if (two > most)
                return SIZE_MAX;
        }
        uint16_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[b.size] > most ? SIZE_MAX : last[b.size];
}

size_t mlci_edit_distance(mlci_slice a, mlci_slice b, size_t most)
{
    return text_distance(a, b, most, false);
}

const char *mlci_nearest(const char *word, const char *const *names, size_t n)
{
    mlci_slice w = mlci_slice_of(word);
    size_t most = w.size < 4 ? 1 : w.size < 8 ? 2 : 3; /* more edits make another word */
    const char *nearest = NULL;
    for (size_t i = 0; i < n; i++) {
        mlci_slice name = mlci_slice_of(names[i]);
        size_t d = text_distance(w, name, most, true);
        if (d != SIZE_MAX && d < (w.size > name.size ? w.size : name.size)) {
            nearest = names[i];
            if (d == 0)
                break;
            most = d - 1; /* ties go to the first */
        }
    }
    return nearest;
}
