/*
 * base.h - the front door of base: what every other folder stands on
 *
 * The context and what the host lent it, memory, errors, work in parallel,
 * random numbers by row, text and numbers without the locale, hashes, files.
 */
#ifndef MLCI_BASE_H
#define MLCI_BASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mlcycle/context.h"

#if defined(__GNUC__)
#define MLCI_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MLCI_LIKELY(x) __builtin_expect(!!(x), 1)
#define MLCI_UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define MLCI_PRINTF(fmt, args)
#define MLCI_LIKELY(x) (x)
#define MLCI_UNLIKELY(x) (x)
#endif

/* Our own mistakes, looked for in checked builds only (-DMLCI_CHECKED). */
#if defined(MLCI_CHECKED)
#define MLCI_ASSERT(x) ((x) ? (void)0 : __builtin_trap())
#else
#define MLCI_ASSERT(x) ((void)0)
#endif

#define MLCI_COUNT_OF(a) (sizeof(a) / sizeof *(a))

/* ------------------------------------------------------------------ errors (error.c) */

/** Record a failure and return its status; what `err` held before is overwritten. */
mlc_status mlci_fail(mlc_error *err, mlc_status code, const char *format, ...)
    MLCI_PRINTF(3, 4);
/** Put where it was in front of the message, `step 2 (impute): ...`; on the way up. */
void mlci_blame(mlc_error *err, const char *format, ...) MLCI_PRINTF(2, 3);
/** Add the numbers to a failure just recorded; -1 or NULL leaves a field as it is. */
void mlci_at(mlc_error *err, int64_t row, int64_t byte_offset, int64_t column,
             const char *column_name);
void mlci_error_detail(mlc_error *err, const char *detail);
/** A NULL handle was handed in: keeps an `err` that tells an earlier failure as it is. */
mlc_status mlci_null_argument(mlc_error *err, const char *what);
mlc_status mlci_no_memory(mlc_error *err, uint64_t bytes);

/* The two macros that jump: forward, to `done`, over locals called ctx, status, err. */
#define MLCI_TRY(call)                                                                         \
    do {                                                                                       \
        if (MLCI_UNLIKELY((status = (call)) != MLC_OK))                                        \
            goto done;                                                                         \
    } while (0)
#define MLCI_ALLOC(p, n)                                                                       \
    do {                                                                                       \
        if (((p) = mlci_alloc(ctx, (n), sizeof *(p))) == NULL) {                               \
            status = mlci_no_memory(err, (uint64_t)(n) * sizeof *(p));                         \
            goto done;                                                                         \
        }                                                                                      \
    } while (0)
#define MLCI_ALLOC_ZEROED(p, n)                                                                \
    do {                                                                                       \
        if (((p) = mlci_alloc_zeroed(ctx, (n), sizeof *(p))) == NULL) {                        \
            status = mlci_no_memory(err, (uint64_t)(n) * sizeof *(p));                         \
            goto done;                                                                         \
        }                                                                                      \
    } while (0)
#define MLCI_FREE(p, n) mlci_free(ctx, (p), (n), sizeof *(p))

/* ---------------------------------------------------------------- context (context.c) */

struct mlci_pool;
struct mlci_kernels;   /* num/num.h */
struct mlci_kind_list; /* kind/kind_list.c */

struct mlc_context {
    _Atomic int64_t refs;
    mlc_allocator allocator;
    mlc_executor executor;
    struct mlci_pool *pool; /* NULL: one lane, or the host's executor */
    _Atomic uint64_t live_bytes, peak_bytes;
    uint64_t limit_bytes; /* UINT64_MAX: none */
    void *self;
    void (*log)(void *self, int32_t level, const char *message);
    int32_t (*progress)(void *self, const char *stage, uint64_t done, uint64_t total);
    const mlc_cancel *cancel;
    const struct mlci_kernels *kernels; /* chosen once, never NULL */
    struct mlci_kind_list *kinds;       /* what is known by name; never NULL when public */
    void (*kinds_release)(mlc_context *ctx, struct mlci_kind_list *kinds);
};

/** The context without kinds and kernels; lib/mlcycle.c puts those in. */
mlc_status mlci_context_new(const mlc_context_options *options, mlc_context **out,
                            mlc_error *err);
mlc_context *mlci_context_hold(mlc_context *ctx);
void mlci_context_drop(mlc_context *ctx); /* NULL is fine */
void mlci_tell(mlc_context *ctx, int32_t level, const char *format, ...) MLCI_PRINTF(3, 4);
/** MLC_OK, or MLC_ERROR_CANCELLED when the token is set; cheap, any lane. */
mlc_status mlci_cancelled(const mlc_context *ctx, mlc_error *err);
/** Look at the token and tell progress; on the thread that made the call only. */
mlc_status mlci_progress(mlc_context *ctx, const char *stage, uint64_t done, uint64_t total,
                         mlc_error *err);

/* ----------------------------------------------------------------- memory (memory.c) */

/** count x size bytes, aligned to 64, not zeroed; NULL when it cannot, also on overflow. A
 *  count or size of 0 gives a block that must be freed all the same. */
void *mlci_alloc(mlc_context *ctx, size_t count, size_t size);
void *mlci_alloc_zeroed(mlc_context *ctx, size_t count, size_t size);
/** Grow or shrink from old_count to new_count; NULL when it cannot, the block as it was. */
void *mlci_realloc(mlc_context *ctx, void *block, size_t old_count, size_t new_count,
                   size_t size);
/** count and size are those it was allocated with; NULL is fine. Never fails. */
void mlci_free(mlc_context *ctx, void *block, size_t count, size_t size);
/** A copy of text ended by NUL; freed by mlci_text_free. NULL when it cannot. */
char *mlci_text_copy(mlc_context *ctx, const char *text);
char *mlci_text_copy_n(mlc_context *ctx, const char *text, size_t size);
void mlci_text_free(mlc_context *ctx, char *text);

/** Scratch memory that is given back all at once. Zero it (or mlci_arena_init) to begin. */
typedef struct mlci_arena {
    mlc_context *ctx;
    struct mlci_arena_block *blocks; /* newest first */
    size_t used;                     /* of the newest */
} mlci_arena;
void mlci_arena_init(mlci_arena *arena, mlc_context *ctx);
/** Aligned to 16; NULL when it cannot. */
void *mlci_arena_alloc(mlci_arena *arena, size_t count, size_t size);
/** Forget all, keep the largest block for the next round. */
void mlci_arena_reset(mlci_arena *arena);
void mlci_arena_free(mlci_arena *arena);

/* ------------------------------------------------------------ parallel work (parallel.c) */

typedef struct mlci_range {
    size_t begin, end;
} mlci_range;

typedef struct mlci_lane {
    mlc_context *ctx;
    uint32_t index; /* in [0, mlci_lanes(ctx)): scratch belongs to (run, lane) */
} mlci_lane;

typedef mlc_status (*mlci_chunk_fn)(void *state, mlci_range range, size_t chunk,
                                    mlci_lane *lane, mlc_error *err);

uint32_t mlci_lanes(const mlc_context *ctx);
static inline size_t mlci_chunks(size_t n, size_t chunk_size)
{
    return n / chunk_size + (n % chunk_size != 0);
}
/**
 * Call fn for each chunk of [0, n), cut every chunk_size, lanes racing for the next. Of several
 * failures the lowest chunk's is told. Looks at the cancel token before each chunk. Sets
 * round-to-nearest with denormals on in each lane and restores what was there.
 * Not from inside a chunk.
 */
mlc_status mlci_parallel_for(mlc_context *ctx, size_t n, size_t chunk_size, mlci_chunk_fn fn,
                             void *state, mlc_error *err);

/** Floating-point control: set ours, restore theirs. Each exported function that computes. */
typedef struct mlci_fp_state {
    uint64_t word;
} mlci_fp_state;
mlci_fp_state mlci_fp_enter(void); /* fp_state.c */
void mlci_fp_leave(mlci_fp_state state);

/** Microseconds of a clock that never goes back. */
int64_t mlci_clock_us(void);
/** Microseconds since 1970-01-01 UTC, as the machine's clock has them. */
int64_t mlci_time_us(void);
/** Let others work for so long, or until a signal comes. */
void mlci_sleep_us(int64_t us);
int64_t mlci_process_id(void);

/* --------------------------------------------------- whose process (fork_mark.c) */

/** Made by one process; a child of it can tell, at the price of a load where the system helps.
 *  One page of the system's memory. */
typedef struct mlci_fork_mark {
    _Atomic uint32_t *page; /* NULL: the system is asked */
    size_t size;
    int64_t process;
} mlci_fork_mark;
void mlci_fork_mark_begin(mlci_fork_mark *mark);
void mlci_fork_mark_end(mlci_fork_mark *mark);
static inline bool mlci_forked(const mlci_fork_mark *mark)
{
    if (mark->page != NULL)
        return atomic_load_explicit(mark->page, memory_order_relaxed) == 0;
    return mark->process != mlci_process_id();
}

/* ------------------------------------------------------------- random numbers (random.c) */

/** 64 well-mixed bits for (seed, stream, index): who draws does not matter. */
uint64_t mlci_random(uint64_t seed, uint64_t stream, uint64_t index);
/** The same in [0, 1), a multiple of 2^-53. */
double mlci_random_unit(uint64_t seed, uint64_t stream, uint64_t index);
/** The same in [0, n), without bias worth telling (n < 2^32: at most n / 2^64). */
uint64_t mlci_random_below(uint64_t seed, uint64_t stream, uint64_t index, uint64_t n);

/* ------------------------------------------------------------------ hashes (hash.c) */

/** 64-bit hash of bytes for tables in memory; fast, not for strangers' files. */
uint64_t mlci_hash(const void *data, size_t size, uint64_t seed);
/** A content hash: BLAKE2b, 32 bytes. */
typedef struct mlci_digest {
    uint8_t bytes[32];
} mlci_digest;
typedef struct mlci_digester {
    _Alignas(64) unsigned char state[384];
} mlci_digester;
void mlci_digest_begin(mlci_digester *d);
void mlci_digest_add(mlci_digester *d, const void *data, size_t size);
void mlci_digest_end(mlci_digester *d, mlci_digest *out);
void mlci_digest_of(const void *data, size_t size, mlci_digest *out);
/** 64 lower-case hex digits and a NUL. */
void mlci_digest_text(const mlci_digest *d, char out[65]);

/* ------------------------------------------------- text and numbers (text.c, number.c) */

/** Bytes with a length; data NULL means missing. Not ended by NUL. */
typedef struct mlci_slice {
    const char *data;
    size_t size;
} mlci_slice;

static inline mlci_slice mlci_slice_of(const char *text)
{
    return (mlci_slice){text, text == NULL ? 0 : strlen(text)};
}
bool mlci_slice_equal(mlci_slice a, mlci_slice b);
int mlci_slice_compare(mlci_slice a, mlci_slice b); /* bytewise; shorter first */
void mlci_slice_sort(mlci_slice *texts, size_t n);  /* in place, bytewise */
mlci_slice mlci_slice_trim(mlci_slice text);        /* ASCII blanks off both ends */
bool mlci_utf8_valid(const char *text, size_t size);
/** Least edits (insert, delete, replace, swap neighbours) from a to b; SIZE_MAX beyond `most`,
 *  and when a or b is longer than 255 bytes. */
size_t mlci_edit_distance(mlci_slice a, mlci_slice b, size_t most);
/** The nearest of n names, for hints, blind to case; NULL when none is near enough. */
const char *mlci_nearest(const char *word, const char *const *names, size_t n);
/** A growing text. Zero it to begin (ctx set); mlci_buffer_free in the end. */
typedef struct mlci_buffer {
    mlc_context *ctx;
    char *data; /* always ended by NUL when not NULL */
    size_t size, room;
} mlci_buffer;
mlc_status mlci_buffer_add(mlci_buffer *b, const void *data, size_t size, mlc_error *err);
mlc_status mlci_buffer_printf(mlci_buffer *b, mlc_error *err, const char *format, ...)
    MLCI_PRINTF(3, 4);
void mlci_buffer_free(mlci_buffer *b);

/** The whole of [text, text + size) as a number, correctly rounded, never by the locale:
 *  sign, digits, point, exponent; inf, infinity, nan in any case. False: it is none. */
bool mlci_parse_double(const char *text, size_t size, double *out);
bool mlci_parse_int64(const char *text, size_t size, int64_t *out); /* sign and digits */
/** Fewest digits that read back to the same bits; returns the length, no NUL; out holds 32.
 *  Plain in [1e-6, 1e21), else with an exponent: 0.1, 100, 1e+22, 1.5e-9; nan, inf, -inf. */
size_t mlci_format_double(double value, char *out);
size_t mlci_format_float(float value, char *out);
size_t mlci_format_int64(int64_t value, char *out);

/** Times as counts since 1970-01-01 UTC. Reads `2026-11-23`, `2026-11-23 14:05[:06[.789]]`
 *  with blank or T between and an optional Z or +hh:mm. False: it is none. */
bool mlci_parse_time(const char *text, size_t size, int64_t *nanoseconds);
/** The same in a unit of its own; false also when the time lies beyond 64 bits of the unit
 * (with nanoseconds: outside 1677 .. 2262) or has a fraction finer than it. */
bool mlci_parse_time_unit(const char *text, size_t size, int32_t unit, int64_t *count);
/** Equal to MLC_TIMESTAMP_S .. _NS of mlcycle/dataset.h, which base does not know. */
enum { MLCI_UNIT_S = 13, MLCI_UNIT_MS = 14, MLCI_UNIT_US = 15, MLCI_UNIT_NS = 16 };
int64_t mlci_unit_per_second(int32_t unit);
/** ISO 8601, `2026-11-23T14:05:06.789`, as short as exact (date alone at midnight with
 *  date_only), no zone; returns the length, no NUL; out holds 40. */
size_t mlci_format_time(int64_t count, int32_t unit, bool date_only, char *out);
typedef struct mlci_civil {
    int64_t year;
    int32_t month, day, hour, minute, second, weekday /* Monday 1 */, yearday /* 1.. */;
    int32_t nanosecond;
} mlci_civil;
/** `unit`: MLC_TIMESTAMP_S .. _NS of mlcycle/dataset.h. */
void mlci_civil_of(int64_t count, int32_t unit, mlci_civil *out);

/* ------------------------------------------------------------------- JSON (json.c) */

/** Write: quoted and escaped, bytes that are no UTF-8 as U+FFFD; shortest, NaN and infinities
 * as null; a key with its colon, and a comma before it unless it is its object's first. */
mlc_status mlci_json_add_text(mlci_buffer *b, mlci_slice text, mlc_error *err);
mlc_status mlci_json_add_number(mlci_buffer *b, double value, mlc_error *err);
mlc_status mlci_json_add_integer(mlci_buffer *b, int64_t value, mlc_error *err);
mlc_status mlci_json_add_key(mlci_buffer *b, const char *key, mlc_error *err);
/** Check a whole text; *value is the slice that spells its value. The functions below take
 * slices of checked text only, or one with data NULL, in which they find nothing. */
mlc_status mlci_json_check(mlci_slice text, mlci_slice *value, mlc_error *err);
/** The next member or element; *position 0 to begin. Keys are as written (escapes and all),
 * data NULL in a list; key may be NULL. False: no more, or no container. */
bool mlci_json_each(mlci_slice container, size_t *position, mlci_slice *key, mlci_slice *value);
/** The value under a key; data NULL when there is none. */
mlci_slice mlci_json_member(mlci_slice object, const char *key);
bool mlci_json_read_integer(mlci_slice value, int64_t *out);
bool mlci_json_read_number(mlci_slice value, double *out);
/** Decoded, ended by NUL; freed by mlci_text_free. MLC_ERROR_FORMAT: it is no text. */
mlc_status mlci_json_read_text(mlc_context *ctx, mlci_slice value, char **out, mlc_error *err);

/* ------------------------------------------------------------- parameters (params.c) */

/** Text pairs after checking against a table: one value for each of its rows. */
typedef struct mlci_settings {
    mlc_context *ctx;
    mlci_arena arena; /* the texts and lists of the values */
    size_t n;
    mlc_value *values; /* in the table's order */
} mlci_settings;
/**
 * Check pairs (NULL-ended; NULL: none) against a table. `owner` is who has the parameters, for
 * messages: `gbdt has no parameter 'tree'; did you mean 'trees'?`. A parameter told twice, an
 * unknown one, a wrong value, a needed one that is absent: MLC_ERROR_PARAMETER with its name in
 * err->detail. One neither given nor with a default has text NULL, real NaN, count 0. The
 * table's own texts are borrowed, the pairs are copied.
 */
mlc_status mlci_params_read(mlc_context *ctx, const char *owner, const mlc_param *params,
                            size_t n, const char *const *pairs, mlci_settings **out,
                            mlc_error *err);
void mlci_settings_free(mlci_settings *settings);
/** Names parted by commas, quoted as CSV does, blanks around unquoted ones taken off; each
 * ended by NUL, all in the arena. An empty name or a broken quote: MLC_ERROR_PARAMETER. */
mlc_status mlci_list_read(mlci_arena *arena, const char *text, const char *const **names,
                          size_t *n, mlc_error *err);

#endif
