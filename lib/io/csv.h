/*
 * csv.h - how text tables are read, for the files of this folder only
 *
 * The text comes in windows, a window is cut into blocks, a block is worked on by one lane:
 * csv_scan.c finds the bytes that part cells, csv_tokens.c makes records of them, csv_block.c
 * turns the cells of one column after another into values by csv_cell.c. csv_sniff.c looks at
 * the beginning, csv_read.c puts it all together. What is read never depends on where windows
 * and blocks were cut.
 */
#ifndef MLCI_CSV_H
#define MLCI_CSV_H

#include "io/io.h"

enum {
    MLCI_CSV_BLOCK = 1 << 20, /* bytes of text that one lane takes at a time, and hashes */
    MLCI_CSV_MOST_RECORD = 1 << 23, /* bytes; a quote not closed within them is broken */
    MLCI_CSV_PAD = 128,             /* readable bytes behind every text that is scanned */
    MLCI_CSV_MOST_COLUMNS = 1 << 20
};

typedef struct mlci_csv_dialect {
    char delimiter, quote, newline; /* quote 0: none; newline '\n' or '\r' */
    char decimal;                   /* '.' or ',' */
    bool trim;
} mlci_csv_dialect;

/* ----------------------------------------------------------- marks (csv_scan.c) */

/**
 * The positions (plus `base`) of delimiters, newlines and quotes in `size` bytes, in order; out
 * holds size + 64, text is readable for 64 bytes more. *dirty becomes true when there is a byte
 * that is 0 or above 127.
 */
typedef size_t (*mlci_csv_scan_fn)(const char *text, size_t size, uint32_t base,
                                   const mlci_csv_dialect *dialect, uint32_t *out, bool *dirty);
size_t mlci_csv_scan_scalar(const char *text, size_t size, uint32_t base,
                            const mlci_csv_dialect *dialect, uint32_t *out, bool *dirty);
size_t mlci_csv_scan_avx2(const char *text, size_t size, uint32_t base,
                          const mlci_csv_dialect *dialect, uint32_t *out, bool *dirty);
size_t mlci_csv_scan_avx512(const char *text, size_t size, uint32_t base,
                            const mlci_csv_dialect *dialect, uint32_t *out, bool *dirty);
mlci_csv_scan_fn mlci_csv_scanner(const mlc_context *ctx);

/* --------------------------------------------------------- records (csv_tokens.c) */

/** A cell's bytes in its text, without the quotes. */
typedef struct mlci_csv_cell {
    uint32_t begin; /* MLCI_CSV_QUOTED: it was quoted */
    uint32_t end;   /* MLCI_CSV_DOUBLED: it holds doubled quotes */
} mlci_csv_cell;
#define MLCI_CSV_QUOTED UINT32_C(0x80000000)
#define MLCI_CSV_DOUBLED UINT32_C(0x80000000)
#define MLCI_CSV_POSITION UINT32_C(0x7fffffff)

/** Why a record does not fit. */
enum {
    MLCI_CSV_FITS = 0,
    MLCI_CSV_END,        /* no record any more */
    MLCI_CSV_STOP,       /* `until` is reached */
    MLCI_CSV_INCOMPLETE, /* the text ends inside a record, and it is not the last text */
    MLCI_CSV_RAGGED,
    MLCI_CSV_AFTER_QUOTE,
    MLCI_CSV_OPEN_QUOTE,
    MLCI_CSV_NOT_UTF8,
    MLCI_CSV_NUL,
    MLCI_CSV_TOO_LONG /* without a newline; ends the reading */
};

enum { MLCI_CSV_MARKS = 1 << 13 };

/** Walks over the records of a text. */
typedef struct mlci_csv_tokens {
    mlci_csv_dialect dialect;
    mlci_csv_scan_fn scan;
    const char *text;
    size_t size;      /* of the text */
    bool last;        /* nothing comes after the text */
    size_t at;        /* where the next record begins */
    size_t until;     /* no line that begins there or later; SIZE_MAX at first */
    size_t scanned;   /* marks are known up to here */
    uint32_t next, n; /* of marks */
    bool dirty;       /* a byte that is 0 or above 127 was seen */
    bool unquoted;    /* some cell with something in it stands without quotes */
    uint64_t lines;   /* ended so far */
    uint64_t line;    /* `lines` before the last record */
    size_t record;    /* where the last record begins */
    size_t found;     /* how many cells it has */
    uint64_t strays;  /* quotes inside of unquoted cells, so far */
    uint32_t marks[MLCI_CSV_MARKS + 64];
} mlci_csv_tokens;
void mlci_csv_tokens_begin(mlci_csv_tokens *t, const mlci_csv_dialect *dialect,
                           mlci_csv_scan_fn scan, const char *text, size_t size, size_t at,
                           bool last);
/**
 * The next record that is no blank line: cell c goes to cells[c * stride], for c < wanted;
 * MLCI_CSV_RAGGED when it has another number of cells (not looked at when `any`). One that does
 * not fit is passed over, t->record .. t->at being its bytes.
 */
int mlci_csv_next(mlci_csv_tokens *t, mlci_csv_cell *cells, size_t stride, size_t wanted,
                  bool any);
/** Where the first record at or after `from` probably begins: after a newline behind which
 *  records of `wanted` cells follow. To be checked by who reads what is before it. */
size_t mlci_csv_guess_start(mlci_csv_tokens *t, size_t from, size_t until, size_t wanted);

/* ------------------------------------------------------------ cells (csv_cell.c) */

/** What was seen in a column; bits. */
enum {
    MLCI_SEEN_INTEGER = 1, /* int64, and a double holds it too */
    MLCI_SEEN_BIG = 2,     /* int64, and a double does not */
    MLCI_SEEN_REAL = 4,
    MLCI_SEEN_FLAG = 8,
    MLCI_SEEN_S = 16, /* times, by their fraction */
    MLCI_SEEN_MS = 32,
    MLCI_SEEN_US = 64,
    MLCI_SEEN_NS = 128,
    MLCI_SEEN_FAR = 256, /* a time that nanoseconds since 1970 do not reach */
    MLCI_SEEN_TEXT = 512,
    MLCI_SEEN_QUOTED = 1024, /* a cell with something in it, quoted or not */
    MLCI_SEEN_BARE = 2048,
    MLCI_SEEN_NUMBER = 7,
    MLCI_SEEN_TIME = 496
};

/** What a cell is. */
typedef struct mlci_csv_value {
    uint32_t seen;   /* one bit; a time: one of S .. NS, and perhaps FAR */
    int64_t integer; /* integers and flags; a time's seconds */
    double real;     /* numbers */
    int32_t nano;    /* a time's fraction */
} mlci_csv_value;

/** `size` > 0 bytes, trimmed, readable for 32 bytes more. `lenient`: told to be a number, so
 *  leading zeros and what no double holds exactly are one too. */
void mlci_csv_number(const char *p, size_t size, char decimal, bool lenient,
                     mlci_csv_value *out);
void mlci_csv_flag(const char *p, size_t size, mlci_csv_value *out);
void mlci_csv_time(const char *p, size_t size, mlci_csv_value *out);
/** Any of them, else MLCI_SEEN_TEXT. */
void mlci_csv_classify(const char *p, size_t size, char decimal, mlci_csv_value *out);

/** Texts that mean missing. */
typedef struct mlci_csv_markers {
    const char *const *texts;
    size_t n;
    uint64_t lengths; /* bit k: some text has k bytes; bit 63: 63 or more */
} mlci_csv_markers;
bool mlci_csv_is_marker(const mlci_csv_markers *markers, const char *p, size_t size);

/* ----------------------------------------------------------- blocks (csv_block.c) */

/** How a column's cells are kept while the text is read. */
enum {
    MLCI_AS_NOTHING = 0, /* given up: looked at, not kept; its type was not foreseen */
    MLCI_AS_INTEGER,     /* int64, MLCI_CSV_GAP where missing */
    MLCI_AS_REAL,        /* double, NaN where missing */
    MLCI_AS_FLAG,        /* uint8, 2 where missing */
    MLCI_AS_TIME,        /* int64 in a unit, MLCI_CSV_GAP where missing */
    MLCI_AS_TEXT         /* uint32 */
};
#define MLCI_CSV_GAP INT64_MIN

/** A column of the file, and what is to be made of it. */
typedef struct mlci_csv_column {
    const char *name;
    int32_t told;  /* MLC_NUMBER, MLC_TIME, MLC_FLAG, MLC_TEXT; 0: to be found out */
    int32_t as;    /* MLCI_AS_..; what cells are taken for in this pass */
    int32_t unit;  /* of MLCI_AS_TIME */
    bool wanted;   /* in this pass */
    uint32_t seen; /* in all blocks before this window */
    uint64_t invalid;
} mlci_csv_column;

/** A text up to 16 bytes as it is, else its hash in a. */
typedef struct mlci_csv_known {
    uint64_t a, b;
    size_t size;
} mlci_csv_known;

/** The texts of a column's cells in one block (csv_texts.h); they may repeat when there are
 * many different ones. */
typedef struct mlci_csv_texts {
    mlci_slice *entries; /* in the block's text or arena */
    size_t n, room;
    uint16_t *slots;       /* entry + 1; 0: free */
    mlci_csv_known *known; /* the first entries' keys; n_known have room */
    size_t n_known;
    bool hopeless; /* hardly one of them repeats */
} mlci_csv_texts;

/** One column's cells of one block. */
typedef struct mlci_csv_chunk {
    int32_t as, unit;
    uint32_t seen;
    bool gaps;
    uint64_t invalid;
    void *values; /* room cells of 8, 1 or 4 bytes */
    size_t room_bytes;
    mlci_csv_texts texts; /* values are entries of it */
} mlci_csv_chunk;

typedef struct mlci_csv_reject {
    uint64_t row, line; /* in the block, from 0 */
    size_t begin, end;  /* in the window */
    size_t found;
    int why;
} mlci_csv_reject;

/** What one lane made of one block. */
typedef struct mlci_csv_block {
    size_t start, stop; /* in the window: first record, and first that is the next block's */
    int ended;          /* MLCI_CSV_STOP, _END, _INCOMPLETE or _TOO_LONG */
    size_t rows;
    uint64_t lines;
    bool unquoted;
    mlci_csv_chunk *chunks; /* columns */
    mlci_csv_cell *cells;   /* columns x batch */
    mlci_csv_tokens *tokens;
    mlci_csv_reject *rejects;
    size_t n_rejects, rejects_room;
    mlci_arena arena; /* texts whose quotes were doubled */
} mlci_csv_block;

/** What all blocks of a reading share. */
typedef struct mlci_csv_plan {
    mlc_context *ctx;
    mlci_csv_dialect dialect;
    mlci_csv_scan_fn scan;
    mlci_csv_markers markers;
    mlci_csv_column *columns;
    size_t n_columns;
    size_t batch; /* rows that are made into values at once */
} mlci_csv_plan;
mlc_status mlci_csv_block_init(const mlci_csv_plan *plan, mlci_csv_block *block,
                               mlc_error *err);
/** The records that begin in [start, until) of the window's text. */
mlc_status mlci_csv_block_read(const mlci_csv_plan *plan, mlci_csv_block *block,
                               const char *text, size_t size, bool last, size_t start,
                               size_t until, mlc_error *err);
void mlci_csv_block_free(const mlci_csv_plan *plan, mlci_csv_block *block);
/** Times of one unit as counts of a finer one; what does not fit becomes a gap. How many did
 * not. */
uint64_t mlci_csv_rescale(int64_t *times, size_t n, int32_t from, int32_t to);
/** A cell's text: in place, or in the arena when quotes were doubled. NULL: no memory. */
const char *mlci_csv_text_of(mlci_arena *arena, const char *text, mlci_csv_cell cell,
                             char quote, size_t *size);
/** What a column of these bits is to be: MLCI_AS_... `selective`: quotes are used for some
 * cells only, so that a column which is all quoted is text. */
int32_t mlci_csv_as(uint32_t seen, int32_t told, bool selective, int32_t *unit);

/* ------------------------------------------------------- the beginning (csv_sniff.c) */

/** What was told of how to read. */
typedef struct mlci_csv_options {
    int header;               /* 0 auto, 1 yes, 2 no */
    char delimiter;           /* 0: to be found out */
    mlci_csv_dialect dialect; /* the rest of it */
    mlci_csv_markers markers;
    uint64_t skip_rows, max_rejects;
    const mlc_value *columns;                     /* kept ones; text NULL: all */
    const mlc_value *number, *time, *flag, *text; /* told types */
} mlci_csv_options;

/** The beginning of a file, understood. */
typedef struct mlci_csv_head {
    mlci_csv_dialect dialect;
    bool header;
    size_t begin;             /* where the first record of data begins */
    uint64_t lines;           /* before it */
    mlci_arena names;         /* the columns' names */
    mlci_csv_column *columns; /* guessed; freed by the caller, n_columns of them */
    size_t n_columns;
    size_t *order; /* the columns that are wanted, as the dataset shall have them */
    size_t n_order;
} mlci_csv_head;
/** `text` is the first of the file, `last` when it is all of it. */
mlc_status mlci_csv_sniff(mlc_context *ctx, const mlci_csv_options *options, const char *name,
                          const char *text, size_t size, bool last, mlci_csv_head *out,
                          mlc_error *err);
void mlci_csv_head_free(mlc_context *ctx, mlci_csv_head *head);

/* ------------------------------------------------------------- reading (csv_read.c) */

/** Read all of a source; `name` for messages. *header is told what was found. */
mlc_status mlci_csv_read(mlc_context *ctx, mlci_source *source, const char *name,
                         const mlci_csv_options *options, mlc_dataset **out,
                         mlc_rejects **rejects, bool *header, mlc_error *err);

/* ----------------------------------------------------------------- rejects (rejects.c) */

mlc_status mlci_rejects_new(mlc_context *ctx, mlc_rejects **out, mlc_error *err);
mlc_status mlci_rejects_add(mlc_rejects *rejects, const mlc_reject *reject, mlc_error *err);
mlc_status mlci_rejects_add_invalid(mlc_rejects *rejects, const char *column, uint64_t cells,
                                    mlc_error *err);
/** Why a record does not fit, in words; out holds 96. */
void mlci_csv_reason(int why, size_t found, size_t wanted, char *out);

#endif
