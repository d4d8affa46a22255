/* Finds frames in a stream of bytes, whatever stands between them.
 *
 * A candidate that is refused loses only its first byte, and the search goes on at the second: a
 * frame that follows junk is never lost, even if the junk looks like a beginning (the parser of the
 * MAVLink headers swallows frames there and can stall for good). Memory is what is below, and the
 * work per byte is bounded: each byte is a candidate once, which costs at most one checksum and one
 * signature over CLN_FRAME_MOST bytes.
 */
#ifndef CLN_RECEIVER_H
#define CLN_RECEIVER_H

#include "cln_frame.h"

#define CLN_RECEIVER_ROOM ((size_t)2 * CLN_FRAME_MOST)

typedef struct {
    uint32_t received;      /* frames accepted */
    uint32_t bad_crc;       /* candidates with a wrong checksum */
    uint32_t bad_signature; /* candidates with a right checksum and a wrong signature */
    uint32_t replayed;      /* signed frames whose time stamp was not new */
    uint32_t dropped;       /* bytes that belonged to no accepted frame */
} cln_receiver_counts;

typedef struct {
    cln_signer *signer;
    cln_receiver_counts counts;
    uint16_t begin, end; /* the bytes that are still to be judged */
    uint8_t sender;      /* the component that frames must come from */
    uint8_t bytes[CLN_RECEIVER_ROOM];
} cln_receiver;

void cln_receiver_init(cln_receiver *receiver, cln_signer *signer, uint8_t sender);

/* Take as many of `count` bytes as there is room for; returns how many. After `cln_receiver_next`
 * returned NULL there is room for at least CLN_FRAME_MOST. */
size_t cln_receiver_put(cln_receiver *receiver, const uint8_t *bytes, size_t count);

/* The next accepted frame, or NULL when more bytes are needed. It stays valid until the next call
 * of any of these functions. */
const uint8_t *cln_receiver_next(cln_receiver *receiver);

/* The line fell silent: the frame that is waited for will not be completed. Give up its first byte;
 * ask for the next frame afterwards, and repeat while `cln_receiver_waits`. */
void cln_receiver_give_up(cln_receiver *receiver);

/* Whether part of a frame is waiting for the rest. */
int cln_receiver_waits(const cln_receiver *receiver);

#endif
