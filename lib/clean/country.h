/*
 * country.h - finding a country by whatever it is called; private to clean
 */
#ifndef MLCI_COUNTRY_H
#define MLCI_COUNTRY_H

#include "base/base.h"

struct country {
    char alpha2[3], alpha3[4];
    const char *name; /* the common English short name */
};

struct country_key {
    const char *key; /* words parted by single blanks, see country.c */
    int country;
    uint32_t letters; /* bit c % 32 for each byte c but blanks */
};

/* countries.c */
extern const struct country mlci_countries[];
extern const size_t mlci_n_countries;
extern const struct country_key mlci_country_keys[]; /* by the bytes of their keys */
extern const size_t mlci_n_country_keys;

/** The country that a text means, or -1. `typos`: how many wrong letters a long name may have.
 */
int mlci_country_find(mlci_slice text, int typos);

#endif
