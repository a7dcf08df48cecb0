/*
 * country.c - find a country by whatever it is called
 *
 * A text becomes a key: decomposed and folded by Unicode's rules without marks, dots and
 * apostrophes gone, every other punctuation a blank, `the` and `and` left out, letters that
 * were spelt out joined (U S A), short forms written out (St., Rep.), a word said twice said
 * once. Keys of all codes and names stand in countries.c. What is not found as it stands is
 * tried turned round (`Korea, South`, `Iran (Islamic Republic of)`), then without what it says
 * of its state
 * (`Kingdom of ...`), and last, if asked for, with wrong letters - where one country alone is
 * nearest.
 *
 * Nothing here allocates. A text too long for a country's name is none.
 */
#include "clean/country.h"

#include <utf8proc.h>

enum { TEXT_MOST = 200, KEY_MOST = 4 * TEXT_MOST };

struct words {
    char text[KEY_MOST + 1];
    size_t size;
    size_t last; /* where the last word begins */
    size_t n;
};

/* Words that a table's key never holds in their short form; `make_countries.py` has the same.
 */
static const char *const short_forms[][2] = {
    {"dem", "democratic"}, {"fed", "federated"}, {"is", "islands"}, {"isl", "islands"},
    {"island", "islands"}, {"isls", "islands"},  {"n", "north"},    {"rep", "republic"},
    {"s", "south"},        {"st", "saint"},      {"ste", "saint"},  {"sts", "states"},
};

/* What a state may say of itself before ` of `. */
static const char *const state_words[] = {
    "arab",     "bolivarian", "commonwealth",  "cooperative",  "democratic", "duchy",
    "emirate",  "federal",    "federated",     "federation",   "federative", "government",
    "grand",    "hashemite",  "independent",   "islamic",      "kingdom",    "nation",
    "oriental", "peoples",    "plurinational", "principality", "republic",   "socialist",
    "state",    "states",     "sultanate",     "union",        "united",
};

static bool word_is(const char *word, size_t size, const char *is)
{
    return strlen(is) == size && memcmp(word, is, size) == 0;
}

/* ---------------------------------------------------------------------- keys */

static void words_add(struct words *words, const char *word, size_t size)
{
    const char *last = words->text + words->last;

    if (words->n > 0 && words->size - words->last == size && memcmp(last, word, size) == 0)
        return;
    if (words->size + 1 + size > KEY_MOST)
        return;
    if (words->n > 0)
        words->text[words->size++] = ' ';
    words->last = words->size;
    memcpy(words->text + words->size, word, size);
    words->size += size;
    words->n++;
}

/* The same without tables, when the text is plain ASCII. */
static bool fold_ascii(mlci_slice text, char *out, size_t *size)
{
    size_t n = 0;

    for (size_t k = 0; k < text.size; k++) {
        unsigned char c = (unsigned char)text.data[k];
        if (c >= 0x80 || c == 0)
            return false;
        if (c == '.' || c == '\'' || c == '`')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c + ('a' - 'A'));
        out[n++] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? (char)c : ' ';
    }
    *size = n;
    return true;
}

/* The letters and digits of a text, folded, everything else blanks; false: it is no name. */
static bool fold(mlci_slice text, char *out, size_t *size)
{
    utf8proc_int32_t points[KEY_MOST];
    utf8proc_ssize_t n;

    if (text.size == 0 || text.size > TEXT_MOST)
        return false;
    if (fold_ascii(text, out, size))
        return true;
    n = utf8proc_decompose(
        (const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.size, points, KEY_MOST,
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK);
    if (n <= 0 || n > KEY_MOST)
        return false;
    *size = 0;
    for (utf8proc_ssize_t k = 0; k < n; k++) {
        utf8proc_int32_t c = points[k];
        utf8proc_category_t kind = utf8proc_category(c);
        /* . ' ` and what is written for them by accident */
        if (c == '.' || c == '\'' || c == '`' || c == 0xB4 || c == 0x2018 || c == 0x2019 ||
            c == 0x2BC)
            continue;
        if (*size + 4 > KEY_MOST)
            return false;
        if ((kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO) ||
            (kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO))
            *size += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)out + *size);
        else
            out[(*size)++] = ' ';
    }
    return true;
}

static bool single_at(const char *text, size_t size, size_t at)
{
    while (at < size && text[at] == ' ')
        at++;
    return at < size && (at + 1 == size || text[at + 1] == ' ');
}

/* Append the words of a text to a key. */
static bool key_add(struct words *words, mlci_slice text)
{
    char folded[KEY_MOST];
    size_t size, at = 0, tokens = 0;
    bool spelt = false;

    if (!fold(text, folded, &size))
        return false;
    for (size_t k = 0; k < size; k++)
        tokens += folded[k] != ' ' && (k == 0 || folded[k - 1] == ' ');
    while (at < size) {
        const char *word = folded + at;
        size_t end = at, length;
        if (folded[at] == ' ') {
            at++;
            continue;
        }
        while (end < size && folded[end] != ' ')
            end++;
        length = end - at;
        at = end;
        if (tokens > 1 && (word_is(word, length, "the") || word_is(word, length, "and")))
            continue; /* AND alone is a code */
        if (length == 1 && spelt) {
            if (words->size < KEY_MOST)
                words->text[words->size++] = *word;
            continue;
        }
        spelt = length == 1 && single_at(folded, size, at);
        for (size_t k = 0; !spelt && tokens > 1 && k < MLCI_COUNT_OF(short_forms); k++) {
            if (!word_is(word, length, short_forms[k][0]) ||
                (words->n == 0 && word[0] == 'i' && length < 4)) /* IS may be a code */
                continue;
            word = short_forms[k][1];
            length = strlen(word);
            break;
        }
        words_add(words, word, length);
    }
    return words->n > 0;
}

/* ------------------------------------------------------------------- looking up */

static int key_find(const char *key, size_t size)
{
    size_t low = 0, high = mlci_n_country_keys;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct country_key *entry = &mlci_country_keys[middle];
        int order = mlci_slice_compare(mlci_slice_of(entry->key), (mlci_slice){key, size});
        if (order == 0)
            return entry->country;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* As it stands, then without what a state says of itself: `kingdom of norway`. */
static int words_find(const struct words *words)
{
    int found = key_find(words->text, words->size);
    size_t at = 0;

    while (found < 0 && at < words->size) {
        const char *word = words->text + at;
        size_t length = 0;
        bool state = false;
        while (at + length < words->size && word[length] != ' ')
            length++;
        if (at + length == words->size)
            break;
        if (at > 0 && word_is(word, length, "of"))
            return key_find(word + length + 1, words->size - at - length - 1);
        for (size_t k = 0; !state && k < MLCI_COUNT_OF(state_words); k++)
            state = word_is(word, length, state_words[k]);
        if (!state)
            break;
        at += length + 1;
    }
    return found;
}

/* `B, A` and `B (A)` as `A B`; false when the text has no such form. */
static bool turned(mlci_slice text, struct words *words)
{
    const char *comma = memchr(text.data, ',', text.size);
    const char *open = memchr(text.data, '(', text.size), *close, *end = text.data + text.size;
    mlci_slice first, second;

    if (comma != NULL && open == NULL) {
        first = (mlci_slice){text.data, (size_t)(comma - text.data)};
        second = (mlci_slice){comma + 1, (size_t)(end - comma - 1)};
    } else if (open != NULL && comma == NULL) {
        close = memchr(open, ')', (size_t)(end - open));
        if (close == NULL)
            return false;
        first = (mlci_slice){text.data, (size_t)(open - text.data)};
        second = (mlci_slice){open + 1, (size_t)(close - open - 1)};
    } else {
        return false;
    }
    return key_add(words, second) && key_add(words, first);
}

static uint32_t letters_of(mlci_slice key)
{
    uint32_t letters = 0;

    for (size_t k = 0; k < key.size; k++)
        if (key.data[k] != ' ')
            letters |= 1u << ((unsigned char)key.data[k] & 31);
    return letters;
}

/* One country alone within the fewest wrong letters; short names are too easily another's. A
 * wrong letter takes at most one letter out of the set of letters and brings one in. */
static int find_nearly(const struct words *words, int typos)
{
    mlci_slice key = {words->text, words->size};
    size_t most = words->size < 7 ? 0 : words->size < 12 ? 1 : 2;
    uint32_t letters = letters_of(key);
    int found = -1;
    bool unique = true;

    most = most < (size_t)typos ? most : (size_t)typos;
    for (size_t k = 0; most > 0 && k < mlci_n_country_keys; k++) {
        mlci_slice other;
        size_t distance;
        uint32_t apart = letters ^ mlci_country_keys[k].letters;
        for (size_t bit = 0; bit < 2 * most; bit++)
            apart &= apart - 1; /* one less */
        if (apart != 0)
            continue;
        other = mlci_slice_of(mlci_country_keys[k].key);
        if (other.size < 6 || other.size > key.size + most || key.size > other.size + most)
            continue;
        distance = mlci_edit_distance(key, other, most);
        if (distance == SIZE_MAX)
            continue;
        if (distance < most || found < 0) {
            unique = true;
            found = mlci_country_keys[k].country;
        } else if (mlci_country_keys[k].country != found) {
            unique = false;
        }
        most = distance;
    }
    return unique ? found : -1;
}

int mlci_country_find(mlci_slice text, int typos)
{
    struct words words = {.n = 0}, other = {.n = 0};
    int found;

    if (!key_add(&words, text))
        return -1;
    found = words_find(&words);
    if (found < 0 && turned(text, &other))
        found = words_find(&other);
    if (found < 0 && typos > 0)
        found = find_nearly(&words, typos);
    return found;
}
