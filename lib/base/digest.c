/*
 * digest.c - content hashes: BLAKE2b with 32 bytes (RFC 7693), by libsodium
 *
 * Only the hash is used: it has no state outside of the caller's struct and
 * allocates nothing, so sodium_init() is not called and nothing of the process
 * is touched.
 */
#include "base/base.h"

#include <sodium/crypto_generichash.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(((mlci_digester *)0)->state),
               "mlci_digester holds libsodium's state");
_Static_assert(_Alignof(crypto_generichash_state) <= _Alignof(mlci_digester),
               "mlci_digester holds libsodium's state");

static crypto_generichash_state *digest_state(mlci_digester *d)
{
    return (crypto_generichash_state *)(void *)d->state;
}

void mlci_digest_begin(mlci_digester *d)
{
    (void)crypto_generichash_init(digest_state(d), NULL, 0, sizeof(mlci_digest));
}

void mlci_digest_add(mlci_digester *d, const void *data, size_t size)
{
    if (size > 0)
        (void)crypto_generichash_update(digest_state(d), data, size);
}

void mlci_digest_end(mlci_digester *d, mlci_digest *out)
{
    (void)crypto_generichash_final(digest_state(d), out->bytes, sizeof out->bytes);
}

void mlci_digest_of(const void *data, size_t size, mlci_digest *out)
{
    mlci_digester d;
    mlci_digest_begin(&d);
    mlci_digest_add(&d, data, size);
    mlci_digest_end(&d, out);
}

void mlci_digest_text(const mlci_digest *d, char out[65])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof d->bytes; i++) {
        out[2 * i] = hex[d->bytes[i] >> 4];
        out[2 * i + 1] = hex[d->bytes[i] & 15];
    }
    out[64] = '\0';
}
