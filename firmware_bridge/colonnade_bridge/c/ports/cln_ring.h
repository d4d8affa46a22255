/* Bytes between an interrupt that receives them and the program that reads them.
 *
 * One writes and one reads, each moves its own count only, so neither has to hold the other back.
 * The bytes are volatile like the counts, lest a compiler moves one past its count. For one
 * processor: on several, a barrier would be needed as well.
 */
#ifndef CLN_RING_H
#define CLN_RING_H

#include <stddef.h>
#include <stdint.h>

#define CLN_RING_ROOM 1024u /* bytes that may wait, a power of two */

typedef struct {
    volatile uint8_t bytes[CLN_RING_ROOM];
    volatile uint32_t written, read; /* how many since start, modulo 2^32 */
} cln_ring;

static inline int cln_ring_is_empty(const cln_ring *ring)
{
    return ring->written == ring->read;
}

/* Keep a byte. One that finds no room is lost, and those that wait stay as they are. */
static inline void cln_ring_put(cln_ring *ring, uint8_t byte)
{
    if (ring->written - ring->read < CLN_RING_ROOM) {
        ring->bytes[ring->written % CLN_RING_ROOM] = byte;
        ring->written++;
    }
}

/* Move up to `room` bytes out, the oldest first; returns how many. */
static inline size_t cln_ring_take(cln_ring *ring, uint8_t *bytes, size_t room)
{
    size_t count = 0;
    while (count < room && !cln_ring_is_empty(ring)) {
        bytes[count++] = ring->bytes[ring->read % CLN_RING_ROOM];
        ring->read++;
    }
    return count;
}

#endif
