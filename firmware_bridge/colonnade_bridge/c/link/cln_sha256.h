/* SHA-256, which signs frames and names models. */
#ifndef CLN_SHA256_H
#define CLN_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define CLN_SHA256_BYTES 32u

/* The digest of `head` bytes at `key` and, after them, of `count` others; a `head` of 0: no key. */
void cln_sha256(const uint8_t *key, size_t head, const void *bytes, size_t count,
                uint8_t digest[CLN_SHA256_BYTES]);

#endif
