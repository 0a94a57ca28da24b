/* SPDX-License-Identifier: MIT
 * How a function that runs without the GIL says what went wrong.
 */
#ifndef ZARR_C_STATUS_H
#define ZARR_C_STATUS_H

#include <stdint.h>
#include <string.h>

typedef enum {
    ZC_OK = 0,
    ZC_ABSENT,     /* no such object: not an error by itself */
    ZC_EXISTS,     /* there is such an object: not an error by itself */
    ZC_MEMORY,     /* an allocation failed */
    ZC_SYSTEM,     /* a system call failed: see os_error */
    ZC_CORRUPT,    /* stored bytes cannot be what the metadata says */
    ZC_CODEC,      /* a codec could not encode */
    ZC_UNSAFE_KEY, /* a key that would leave the root of its store */
    ZC_LIMIT,      /* a stated limit would be passed */
    ZC_PYTHON      /* a Python exception is held in `exception` */
} zc_status;

typedef struct {
    zc_status code;
    int os_error;      /* errno, with ZC_SYSTEM */
    int64_t expected;  /* a negative number where there is nothing to say */
    int64_t found;
    const char *what;  /* static text */
    void *exception;   /* owned PyObject *, with ZC_PYTHON */
    char key[256];     /* the stored object, cut if longer */
} zc_error;

static inline void zc_error_clear(zc_error *err)
{
    err->code = ZC_OK;
    err->os_error = 0;
    err->expected = err->found = -1;
    err->what = "";
    err->exception = NULL;
    err->key[0] = '\0';
}

static inline zc_status zc_fail(zc_error *err, zc_status code, const char *what,
                                int64_t expected, int64_t found)
{
    err->code = code;
    err->what = what;
    err->expected = expected;
    err->found = found;
    return code;
}

static inline zc_status zc_fail_os(zc_error *err, const char *what, int os_error)
{
    err->code = ZC_SYSTEM;
    err->what = what;
    err->os_error = os_error;
    return ZC_SYSTEM;
}

/* Name the object an error is about; the first name given stays. */
static inline void zc_error_key(zc_error *err, const char *key)
{
    if (err->key[0] == '\0') {
        strncpy(err->key, key, sizeof err->key - 1);
        err->key[sizeof err->key - 1] = '\0';
    }
}

#endif
