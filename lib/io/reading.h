/*
 * reading.h - the parameters of reading and writing, for the files of this folder only
 */
#ifndef MLCI_READING_H
#define MLCI_READING_H

#include "io/csv.h"

enum { MLCI_READ_PARAMS = 14, MLCI_WRITE_PARAMS = 5 };
extern const mlc_param mlci_read_table[MLCI_READ_PARAMS];
extern const mlc_param mlci_write_table[MLCI_WRITE_PARAMS];

/** What checked parameters mean; `tabs`: the name's ending says tsv. Borrows the settings. */
mlc_status mlci_read_options(const mlci_settings *settings, bool tabs, mlci_csv_options *out,
                             mlc_error *err);
/** `tab` or one character. */
mlc_status mlci_read_character(const char *name, const char *text, char *out, mlc_error *err);
/** What was given, and whether there was a header, as pairs. */
mlc_status mlci_reading_keep(mlc_context *ctx, const mlci_settings *settings, bool header,
                             mlci_shared **out, mlc_error *err);

/** How a table is written. */
typedef struct mlci_csv_style {
    char delimiter;
    bool header;
    const char *missing;
    size_t missing_size;
} mlci_csv_style;
/** All of the dataset as text into a sink (csv_write.c). */
mlc_status mlci_csv_write(const mlc_dataset *dataset, const mlci_csv_style *style,
                          mlci_sink *sink, mlc_error *err);

#endif
