/*
 * context.h - errors, parameters, and what the host lends the library
 *
 * A context holds what every other handle needs: the allocator and its byte
 * limit, the executor, log, progress and cancel token, and the kinds that are
 * known by name. The library keeps no state outside of it.
 */
#ifndef MLCYCLE_CONTEXT_H
#define MLCYCLE_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#if defined(MLC_BUILD)
#define MLC_API __declspec(dllexport)
#elif defined(MLC_STATIC)
#define MLC_API
#else
#define MLC_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define MLC_API __attribute__((visibility("default")))
#else
#define MLC_API
#endif

#define MLC_VERSION_MAJOR 0
#define MLC_VERSION_MINOR 1
#define MLC_VERSION_PATCH 0
/** The version of these headers: major x 1,000,000 + minor x 1,000 + patch. */
#define MLC_VERSION (MLC_VERSION_MAJOR * 1000000 + MLC_VERSION_MINOR * 1000 + MLC_VERSION_PATCH)

/* ------------------------------------------------------------------ status */

/** What a call came to; the values never change. */
typedef int32_t mlc_status;

enum {
    MLC_OK = 0,
    MLC_ERROR_ARGUMENT = 1,     /**< a NULL or impossible argument */
    MLC_ERROR_NO_MEMORY = 2,    /**< the allocator refused, or the context's limit is reached */
    MLC_ERROR_IO = 3,           /**< the operating system or the host's stream failed */
    MLC_ERROR_FORMAT = 4,       /**< bytes that are not what they should be */
    MLC_ERROR_SCHEMA = 5,       /**< a column is absent, doubled or of another type */
    MLC_ERROR_TYPE = 6,         /**< the operation does not fit the column's type */
    MLC_ERROR_PARAMETER = 7,    /**< an unknown parameter, or a value out of range */
    MLC_ERROR_NOT_FOUND = 8,    /**< no kind, file, row or column of that name */
    MLC_ERROR_DATA = 9,         /**< the data cannot answer: one class, no rows, all missing */
    MLC_ERROR_STATE = 10,       /**< calls out of order */
    MLC_ERROR_CANCELLED = 11,   /**< the cancel token was set, or progress said stop */
    MLC_ERROR_SEEN = 12,        /**< rows that the model was fitted on */
    MLC_ERROR_VERSION = 13,     /**< made by, or compiled for, a version that does not fit */
    MLC_ERROR_FORKED = 14,      /**< the handle belongs to the parent process */
    MLC_ERROR_UNSUPPORTED = 15, /**< understood, and not possible here */
    MLC_ERROR_HOST = 16,        /**< a function of the host's own failed */
    MLC_ERROR_INTERNAL = 17,    /**< our mistake; please report it */
    MLC_ERROR_BUSY = 18         /**< others were at work until the deadline had passed */
};

/**
 * The name of a status, as `MLC_ERROR_SCHEMA`.
 *
 * @return a constant string; `MLC_ERROR_UNKNOWN` for a number that is none
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API const char *mlc_status_name(mlc_status status);

/* ------------------------------------------------------------------- error */

/**
 * What went wrong, told to the caller: a plain value of the caller's own, 1,024 bytes,
 * whose layout is frozen. A call that succeeds leaves it alone.
 */
typedef struct mlc_error {
    mlc_status code;
    int32_t reserved;
    int64_t row;           /**< row the trouble is in, counted from 0; -1: none */
    int64_t byte_offset;   /**< offset in the file or text; -1: none */
    int64_t column;        /**< position of the column; -1: none */
    char column_name[120]; /**< its name; empty: none */
    char detail[104];      /**< the step, parameter or option it concerns; empty: none */
    char message[768];     /**< UTF-8, from large to small */
} mlc_error;

/** An error struct before the first call; it already tells a NULL handle as such. */
#define MLC_ERROR_INIT                                                                         \
    {                                                                                          \
        0, 0, -1, -1, -1, "", "", ""                                                           \
    }

/* -------------------------------------------------------------- parameters */

/**
 * Parameters are text pairs, name then value, ended by NULL:
 * `MLC_PARAMS("trees", "300", "leaves", "31")`. NULL stands for no parameters.
 */
#ifndef __cplusplus
#define MLC_PARAMS(...) ((const char *const[]){__VA_ARGS__, NULL})
#endif

/** What a parameter's text may be. */
enum {
    MLC_PARAM_COUNT = 1,   /**< a whole number in [least, most] */
    MLC_PARAM_REAL = 2,    /**< a number in [least, most] */
    MLC_PARAM_FLAG = 3,    /**< yes or no */
    MLC_PARAM_CHOICE = 4,  /**< one of `choices`, parted by | */
    MLC_PARAM_TEXT = 5,    /**< anything */
    MLC_PARAM_COLUMN = 6,  /**< a column's name */
    MLC_PARAM_COLUMNS = 7, /**< names parted by commas, quoted as CSV does; `*` for all */
    MLC_PARAM_EXPRESSION = 8
};

/** One parameter of a kind; frozen. */
typedef struct mlc_param {
    const char *name;
    int32_t type;
    int32_t flags;             /**< MLC_PARAM_REQUIRED or 0 */
    double least, most;        /**< for counts and reals, both inclusive; both 0: no bounds */
    const char *default_value; /**< as the user would write it; NULL: not given */
    const char *choices;       /**< `a|b|c`, for MLC_PARAM_CHOICE */
    const char *help;          /**< one line */
    const void *reserved[2];
} mlc_param;

enum { MLC_PARAM_REQUIRED = 1 };

/** A parameter's value after checking, at the same position as its row; frozen. */
typedef struct mlc_value {
    const char *text; /**< as written, or the default; NULL: neither */
    double real;      /**< reals and counts */
    int64_t count;    /**< counts; flags 0 or 1; choices: position, from 0 */
    int32_t given;    /**< 1 when the caller wrote it */
    int32_t n_list;   /**< MLC_PARAM_COLUMNS: how many names */
    const char *const *list;
    const void *reserved[2];
} mlc_value;

/* ------------------------------------------------------- lent by the host */

/**
 * The host's memory.
 *
 * resize: new_size 0 frees the block and returns NULL; block NULL allocates; else the block
 * grows or shrinks and may move. Returns NULL when it cannot, and then the block is as it
 * was. `align` is a power of two, the same for a block's whole life. Called from any lane
 * at once; freeing and shrinking never fail.
 */
typedef struct mlc_allocator {
    size_t size; /**< of this struct; grows only at the end */
    void *self;
    void *(*resize)(void *self, void *block, size_t old_size, size_t new_size, size_t align);
} mlc_allocator;

/**
 * The host's threads.
 *
 * run: calls fn(arg, lane) once for each lane in [0, lanes), at the same time if it can, and
 * returns when all have returned. Perhaps one after another, so fn never waits for another
 * lane. Called by several threads at once, never from inside fn.
 */
typedef struct mlc_executor {
    size_t size; /**< of this struct; grows only at the end */
    void *self;
    uint32_t lanes; /**< how many may usefully run at once, at least 1 */
    void (*run)(void *self, uint32_t lanes, void (*fn)(void *arg, uint32_t lane), void *arg);
} mlc_executor;

/** How much a log line matters. */
enum { MLC_LOG_DEBUG = 1, MLC_LOG_INFO = 2, MLC_LOG_WARNING = 3 };

/** Stops calls that run: set it from any thread, or from a signal handler. */
typedef struct mlc_cancel mlc_cancel;

/** Holds everything; see the head of this file. */
typedef struct mlc_context mlc_context;

/** How a context is made; all zero, or NULL in its place, means the defaults. */
typedef struct mlc_context_options {
    size_t size;                    /**< of this struct */
    const mlc_allocator *allocator; /**< NULL: malloc; the struct is copied, `self` must last */
    const mlc_executor *executor;   /**< NULL: `threads`; copied likewise */
    uint32_t threads; /**< lanes of a pool of our own; 0 or 1: no thread is made */
    uint32_t reserved;
    uint64_t memory_limit_bytes; /**< most bytes alive at once; 0: no limit */
    void *self;                  /**< handed to log and progress */
    /** told what happens; called from any thread that calls the library; NULL: silence */
    void (*log)(void *self, int32_t level, const char *message);
    /** told how far a long call is, from the thread that made the call; total 0: not known.
     *  Another answer than 0 stops the call with MLC_ERROR_CANCELLED. NULL: not told */
    int32_t (*progress)(void *self, const char *stage, uint64_t done, uint64_t total);
    /** looked at while calls run; borrowed until the context is destroyed; NULL: none */
    const mlc_cancel *cancel;
} mlc_context_options;

/**
 * The version of the library that is linked, in the form of MLC_VERSION.
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API int32_t mlc_version(void);

/**
 * Make a context; use mlc_context_create(), which passes the headers' own version.
 *
 * @param version  MLC_VERSION of the headers that the caller was compiled with
 * @param options  what the host lends; NULL for malloc, one lane, silence
 * @param out      set to the new context, or to NULL on failure
 * @param err      told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_VERSION when headers and library do not fit;
 *         MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Memory:  copies `options`; what its `self` pointers name must outlive the context and
 *          every handle made with it.
 * Threads: shared; any number of contexts may live side by side.
 * Since:   0.1
 */
MLC_API mlc_status mlc_context_create_version(int32_t version,
                                              const mlc_context_options *options,
                                              mlc_context **out, mlc_error *err);

/** Make a context: mlc_context_create_version() with the version of these headers. */
#define mlc_context_create(options, out, err)                                                  \
    mlc_context_create_version(MLC_VERSION, (options), (out), (err))

/**
 * Let go of a context. Handles made with it keep what they need, so any order is fine;
 * when the last of them goes, the pool's threads are joined and the memory is given back.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API void mlc_context_destroy(mlc_context *ctx);

/**
 * Bytes alive now, in this context and all its handles.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API uint64_t mlc_context_live_bytes(const mlc_context *ctx);

/**
 * The most bytes that were alive at once since the context was made or this was last
 * reset by mlc_context_reset_peak().
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API uint64_t mlc_context_peak_bytes(const mlc_context *ctx);

/**
 * Begin counting the peak anew from the bytes alive now.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API void mlc_context_reset_peak(mlc_context *ctx);

/**
 * How many lanes the context's work is spread over.
 *
 * Threads: shared.
 * Since:   0.1
 */
MLC_API uint32_t mlc_context_lanes(const mlc_context *ctx);

/**
 * Make a cancel token. It needs no context, so it can be made before one.
 *
 * @param allocator  whose memory to use; NULL for malloc
 * @param out        set to the new token, not set; or to NULL on failure
 * @param err        told what went wrong; may be NULL
 * @return MLC_OK; MLC_ERROR_ARGUMENT; MLC_ERROR_NO_MEMORY
 *
 * Threads: any.
 * Since:   0.1
 */
MLC_API mlc_status mlc_cancel_create(const mlc_allocator *allocator, mlc_cancel **out,
                                     mlc_error *err);

/**
 * Set the token: calls that look at it return MLC_ERROR_CANCELLED soon, and so does every
 * later one until mlc_cancel_reset().
 *
 * Threads: signal; any thread, any time, also a signal handler.
 * Since:   0.1
 */
MLC_API void mlc_cancel_set(mlc_cancel *cancel);

/**
 * Unset the token.
 *
 * Threads: signal.
 * Since:   0.1
 */
MLC_API void mlc_cancel_reset(mlc_cancel *cancel);

/**
 * Let go of a token that no context uses any more.
 *
 * Threads: own.
 * Since:   0.1
 */
MLC_API void mlc_cancel_destroy(mlc_cancel *cancel);

#ifdef __cplusplus
}
#endif

#endif
