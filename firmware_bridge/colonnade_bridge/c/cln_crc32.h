/* CRC-32 as in IEEE 802.3 and zlib. */
#ifndef CLN_CRC32_H
#define CLN_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of `count` more bytes; `crc` is 0 at the beginning, then the result so far. */
uint32_t cln_crc32(uint32_t crc, const void *bytes, size_t count);

#endif
