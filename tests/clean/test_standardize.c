/*
 * test_standardize.c - one way of writing what is the same
 */
#include <stdio.h>
#include <stdlib.h>

#include "clean/country.h"
#include "clean/iso_3166.h"
#include "mlcycle/io.h"
#include "support/steps.h"

static mlc_context *ctx;

static void begin(void)
{
    ck_assert_int_eq(mlc_context_create(NULL, &ctx, NULL), MLC_OK);
}

static void end(void)
{
    mlc_context_destroy(ctx);
}

static const char *country(const char *text)
{
    int found = mlci_country_find(mlci_slice_of(text), 0);
    return found < 0 ? "" : mlci_countries[found].alpha2;
}

START_TEST(country_is_found_whatever_it_is_called)
{
    static const char *const called[][2] = {
        {"US", "US"},
        {"U.S.A.", "US"},
        {"United States of America", "US"},
        {"u s a", "US"},
        {"The United States", "US"},
        {"america", "US"},
        {"USA! USA! USA!", "US"},
        {"UK", "GB"},
        {"Great Britain", "GB"},
        {"Bahamas, The", "BS"},
        {"Congo, Republic of the", "CG"},
        {"Congo, Democratic Republic of the", "CD"},
        {"Korea, South", "KR"},
        {"Korea, North", "KP"},
        {"Burma", "MM"},
        {"Czech Republic", "CZ"},
        {"Ivory Coast", "CI"},
        {"C\xC3\xB4te d\xE2\x80\x99Ivoire", "CI"},
        {"COTE D'IVOIRE", "CI"},
        {"Macedonia", "MK"},
        {"Swaziland", "SZ"},
        {"Iran (Islamic Republic of)", "IR"},
        {"Kingdom of Norway", "NO"},
        {"Republic of Korea", "KR"},
        {"Republic of China", "TW"},
        {"People's Republic of China", "CN"},
        {"St. Kitts & Nevis", "KN"},
        {"Trinidad&Tobago", "TT"},
        {"Micronesia, Federated States of", "FM"},
        {"R\xC3\xA9union", "RE"},
        {"S. Korea", "KR"},
        {"IS", "IS"},
        {"Faroe Is.", "FO"},
        {"  niger ", "NE"},
        {"Nigeria", "NG"},
        {"Guinea-Bissau", "GW"},
        {"Gambia, The", "GM"},
        {"Timor-Leste", "TL"},
        {"T\xC3\xBCrkiye", "TR"},
        {"Virgin Islands (British)", "VG"},
        {"Virgin Islands", "VI"},
        {"Holy See", "VA"},
        {"\xEF\xBC\xB5\xEF\xBC\xB3\xEF\xBC\xA1", "US"}, /* full width */
    };
    for (size_t k = 0; k < sizeof called / sizeof *called; k++)
        ck_assert_msg(strcmp(country(called[k][0]), called[k][1]) == 0, "%s is '%s', not '%s'",
                      called[k][0], country(called[k][0]), called[k][1]);
}
END_TEST

START_TEST(country_is_not_found_where_none_is_meant)
{
    static const char *const none[] = {
        "Atlantis", "Korea", "Europe",       "Unites States", "N. America", "",
        "...",      "35",    "the",          "Republic of",   "of",         "New York",
        "(",        "a,b,c", "Soviet Union", "(USA"};
    for (size_t k = 0; k < sizeof none / sizeof *none - 1; k++)
        ck_assert_msg(strcmp(country(none[k]), "") == 0, "%s is '%s'", none[k],
                      country(none[k]));
}
END_TEST

START_TEST(country_keys_stand_in_order_and_find_their_country)
{
    for (size_t k = 0; k < mlci_n_country_keys; k++) {
        const struct country_key *entry = &mlci_country_keys[k];
        ck_assert(k == 0 || strcmp(mlci_country_keys[k - 1].key, entry->key) < 0);
        ck_assert_msg(mlci_country_find(mlci_slice_of(entry->key), 0) == entry->country, "%s",
                      entry->key);
    }
    for (size_t k = 0; k < mlci_n_countries; k++) {
        const struct country *c = &mlci_countries[k];
        ck_assert_int_eq(mlci_country_find(mlci_slice_of(c->name), 0), (int)k);
        ck_assert_int_eq(mlci_country_find(mlci_slice_of(c->alpha2), 0), (int)k);
        ck_assert_int_eq(mlci_country_find(mlci_slice_of(c->alpha3), 0), (int)k);
    }
}
END_TEST

/* An independent list: every code, name, official and common name of it means its country. */
START_TEST(countries_are_those_of_the_standard)
{
    size_t n = sizeof iso_3166 / sizeof *iso_3166;
    ck_assert_uint_eq(n, 249);
    ck_assert_uint_eq(mlci_n_countries, n + 1); /* and Kosovo */
    for (size_t k = 0; k < n; k++) {
        int found = mlci_country_find(mlci_slice_of(iso_3166[k][0]), 0);
        ck_assert_msg(found >= 0, "%s", iso_3166[k][0]);
        ck_assert_str_eq(mlci_countries[found].alpha2, iso_3166[k][0]);
        ck_assert_str_eq(mlci_countries[found].alpha3, iso_3166[k][1]);
        for (size_t c = 1; c < 5; c++)
            ck_assert_msg(iso_3166[k][c] == NULL ||
                              mlci_country_find(mlci_slice_of(iso_3166[k][c]), 0) == found,
                          "%s is not %s", iso_3166[k][c], iso_3166[k][0]);
    }
}
END_TEST

START_TEST(typos_are_forgiven_where_asked_and_where_one_country_alone_is_near)
{
    ck_assert_int_eq(mlci_country_find(mlci_slice_of("Unites States"), 1),
                     mlci_country_find(mlci_slice_of("US"), 0));
    ck_assert_int_eq(mlci_country_find(mlci_slice_of("Nigera"), 2), -1); /* Niger or Nigeria */
    ck_assert_int_eq(mlci_country_find(mlci_slice_of("Irap"), 2), -1);
    ck_assert_int_eq(mlci_country_find(mlci_slice_of("Austrlia"), 2), -1); /* Austria as well */
    ck_assert_int_eq(mlci_country_find(mlci_slice_of("Uzbekistn"), 1),
                     mlci_country_find(mlci_slice_of("UZ"), 0));
}
END_TEST

START_TEST(standardize_writes_one_form_and_lists_what_it_does_not_know)
{
    mlc_dataset *d =
        dataset_of(ctx, "c,x\nU.S.A.,1\nUnited States,2\nAtlantis,3\n,4\nAtlantis,5\n Mu ,6\n");
    mlci_steps *steps = steps_of(ctx, "standardize columns=c convention=country to=alpha2");
    mlci_steps_report report;
    mlc_dataset *out;
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
    ck_assert_int_eq(mlci_steps_apply(steps, d, NULL, &out, &report, NULL), MLC_OK);
    ck_assert_str_eq(text_at(out, 0, "c"), "US");
    ck_assert_str_eq(text_at(out, 1, "c"), "US");
    ck_assert_str_eq(text_at(out, 2, "c"), "Atlantis");
    ck_assert(missing_at(out, 3, "c"));
    ck_assert_str_eq(text_at(out, 5, "c"), "MU");
    ck_assert_uint_eq(report.changed[0], 3);
    ck_assert_uint_eq(report.n_unknown, 1);
    ck_assert_str_eq(report.unknown[0].value, "Atlantis");
    ck_assert_str_eq(report.unknown[0].column, "c");
    ck_assert_uint_eq(report.unknown[0].count, 2);
    mlci_steps_report_free(&report);
    mlc_dataset_destroy(out);
    mlci_steps_free(steps);
    mlc_dataset_destroy(d);
}
END_TEST

static void becomes(const char *params, const char *from, const char *to)
{
    char text[256];
    snprintf(text, sizeof text, "t,x\n%s,1\nz,2\n", from);
    mlc_dataset *d = dataset_of(ctx, text);
    snprintf(text, sizeof text, "standardize columns=t %s", params);
    mlc_dataset *out = steps_made(ctx, text, d);
    ck_assert_msg(strcmp(text_at(out, 0, "t"), to) == 0, "%s: '%s' became '%s', not '%s'",
                  params, from, text_at(out, 0, "t"), to);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
}

START_TEST(standardize_trims_strips_and_changes_case)
{
    becomes("", "  a b\t", "a b");
    becomes("trim=no", " a ", " a ");
    becomes("strip=.", ">50K.", ">50K");
    becomes("strip=.", " >50K. ", ">50K");
    becomes("strip=.!", "..a.b!.", "a.b");
    becomes("", "   ", "");
    becomes("case=upper",
            "stra\xC3\x9F"
            "e \xC3\xA9",
            "STRA\xE1\xBA\x9E"
            "E \xC3\x89");
    becomes("case=lower", "\xC3\x89T\xC3\x89", "\xC3\xA9t\xC3\xA9");
    becomes("case=title", "new yORK o'brien", "New York O'brien");
    becomes("", "e\xCC\x81", "\xC3\xA9");
    becomes("unicode=none", "e\xCC\x81", "e\xCC\x81");
    becomes("unicode=nfkc", "\xEF\xAC\x81x", "fix");
    becomes("", "\xC2\xA0x\xE3\x80\x80", "x");
}
END_TEST

START_TEST(standardize_tells_what_it_cannot_do)
{
    mlc_dataset *d = dataset_of(ctx, "c,x\na,1\n");
    static const char *const wrong[][2] = {
        {"standardize columns=x",
         "step 1 (standardize): column 'x' is number; only texts can be written in another way"},
        {"standardize columns=c convention=country to=alpha4",
         "step 1 (standardize): convention country cannot write 'alpha4'; did you mean 'alpha2'?"},
        {"standardize columns=c to=alpha2",
         "step 1 (standardize): to is for a convention, and none was given"},
        {"standardize convention=country",
         "step 1 (standardize): a convention needs the columns that hold such values"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        mlc_error err = MLC_ERROR_INIT;
        mlci_steps *steps = steps_of(ctx, wrong[k][0]);
        ck_assert_int_ne(mlci_steps_fit(steps, d, NULL, &err), MLC_OK);
        ck_assert_str_eq(err.message, wrong[k][1]);
        mlci_steps_free(steps);
    }
    mlc_dataset_destroy(d);
}
END_TEST

START_TEST(countries_of_real_files_are_recognised)
{
    const char *gdp, *candy;
    mlc_dataset *d = NULL, *out = NULL;
    mlci_steps_report report;
    mlci_steps *steps;
    size_t wrong = 0, unknown = 0;
    NEED_DATA(gdp, "cleaning/2014_world_gdp_with_codes.csv");
    NEED_DATA(candy, "cleaning/candyhierarchy2017.csv");

    /* CIA style names; its file gives codes, four of which are no codes of ISO 3166, or not
     * those of the country beside them (shared data's own notes say so) */
    ck_assert_int_eq(mlc_dataset_read(ctx, gdp, NULL, &d, NULL, NULL), MLC_OK);
    steps = steps_of(ctx, "standardize columns=COUNTRY convention=country to=alpha3");
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
    ck_assert_int_eq(mlci_steps_apply(steps, d, NULL, &out, &report, NULL), MLC_OK);
    for (size_t row = 0; row < (size_t)mlc_dataset_rows(out); row++)
        wrong += strcmp(text_at(out, row, "COUNTRY"), text_at(out, row, "CODE")) != 0;
    ck_assert_uint_eq(report.n_unknown, 0);
    ck_assert_uint_eq(wrong, 4);
    mlci_steps_report_free(&report);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
    mlci_steps_free(steps);

    ck_assert_int_eq(mlc_dataset_read(ctx, candy, NULL, &d, NULL, NULL), MLC_OK);
    steps = steps_of(ctx, "standardize columns='Q4: COUNTRY' convention=country");
    ck_assert_int_eq(mlci_steps_fit(steps, d, NULL, NULL), MLC_OK);
    ck_assert_int_eq(mlci_steps_apply(steps, d, NULL, &out, &report, NULL), MLC_OK);
    for (size_t u = 0; u < report.n_unknown; u++)
        unknown += (size_t)report.unknown[u].count;
    ck_assert_uint_le(unknown, 62); /* of 2396 told; among them Narnia, 35 and Earth */
    mlci_steps_report_free(&report);
    mlc_dataset_destroy(out);
    mlc_dataset_destroy(d);
    mlci_steps_free(steps);
}
END_TEST

Suite *suite_standardize(void);
Suite *suite_standardize(void)
{
    Suite *s = suite_create("standardize");
    TCase *c = tcase_create("standardize");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, country_is_found_whatever_it_is_called);
    tcase_add_test(c, country_is_not_found_where_none_is_meant);
    tcase_add_test(c, country_keys_stand_in_order_and_find_their_country);
    tcase_add_test(c, countries_are_those_of_the_standard);
    tcase_add_test(c, typos_are_forgiven_where_asked_and_where_one_country_alone_is_near);
    tcase_add_test(c, standardize_writes_one_form_and_lists_what_it_does_not_know);
    tcase_add_test(c, countries_of_real_files_are_recognised);
    tcase_add_test(c, standardize_trims_strips_and_changes_case);
    tcase_add_test(c, standardize_tells_what_it_cannot_do);
    suite_add_tcase(s, c);
    return s;
}
