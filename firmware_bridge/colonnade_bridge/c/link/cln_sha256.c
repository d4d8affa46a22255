#include "cln_sha256.h"

#include <colonnade/mavlink.h>

void cln_sha256(const uint8_t *key, size_t head, const void *bytes, size_t count,
                uint8_t digest[CLN_SHA256_BYTES])
{
    mavlink_sha256_ctx hash;
    uint8_t first[6];
    mavlink_sha256_init(&hash);
    mavlink_sha256_update(&hash, key, (uint32_t)head);
    mavlink_sha256_update(&hash, bytes, (uint32_t)count);
    mavlink_sha256_final_48(&hash, first); /* MAVLink needs no more of it; the counters have all */
    for (unsigned i = 0; i < CLN_SHA256_BYTES; i++) {
        digest[i] = (uint8_t)(hash.counter[i / 4u] >> (24u - 8u * (i % 4u)));
    }
}
