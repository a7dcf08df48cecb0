/*
 * deflate.c - whole blocks of bytes through zlib and back, with the context's memory
 */
#include "io/gzip.h"
#include "io/io.h"

mlc_status mlci_deflate(mlc_context *ctx, const void *bytes, size_t size, int level,
                        mlci_buffer *out, mlc_error *err)
{
    mlc_status status = MLC_OK;
    z_stream stream = {.zalloc = mlci_gzip_alloc, .zfree = mlci_gzip_free, .opaque = ctx};
    unsigned char piece[16384];
    int code;

    if (size > UINT32_MAX)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "a block of %zu bytes", size);
    if (deflateInit(&stream, level) != Z_OK)
        return mlci_no_memory(err, 1 << 18);
    stream.next_in = (unsigned char *)(uintptr_t)bytes; /* zlib does not write there */
    stream.avail_in = (unsigned)size;
    do {
        stream.next_out = piece;
        stream.avail_out = sizeof piece;
        code = deflate(&stream, Z_FINISH);
        status = mlci_buffer_add(out, piece, sizeof piece - stream.avail_out, err);
    } while (code == Z_OK && status == MLC_OK);
    (void)deflateEnd(&stream);
    if (status == MLC_OK && code != Z_STREAM_END)
        status = mlci_no_memory(err, 1 << 18);
    return status;
}

mlc_status mlci_inflate(mlc_context *ctx, const void *bytes, size_t size, void *out,
                        size_t out_size, mlc_error *err)
{
    z_stream stream = {.zalloc = mlci_gzip_alloc, .zfree = mlci_gzip_free, .opaque = ctx};
    int code;

    if (size > UINT32_MAX || out_size > UINT32_MAX)
        return mlci_fail(err, MLC_ERROR_UNSUPPORTED, "a block of %zu bytes", out_size);
    if (inflateInit(&stream) != Z_OK)
        return mlci_no_memory(err, 1 << 16);
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (unsigned)size;
    stream.next_out = out;
    stream.avail_out = (unsigned)out_size;
    code = inflate(&stream, Z_FINISH);
    (void)inflateEnd(&stream);
    if (code == Z_MEM_ERROR)
        return mlci_no_memory(err, 1 << 16);
    if (code != Z_STREAM_END || stream.avail_out != 0 || stream.avail_in != 0)
        return mlci_fail(err, MLC_ERROR_FORMAT, "a zipped block is damaged");
    return MLC_OK;
}
