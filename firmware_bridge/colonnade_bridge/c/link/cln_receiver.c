#include "cln_receiver.h"

#include <string.h>

void cln_receiver_init(cln_receiver *receiver, cln_signer *signer, uint8_t sender)
{
    memset(receiver, 0, sizeof *receiver);
    receiver->signer = signer;
    receiver->sender = sender;
}

size_t cln_receiver_put(cln_receiver *receiver, const uint8_t *bytes, size_t count)
{
    const size_t kept = (size_t)(receiver->end - receiver->begin);
    if (receiver->end + count > CLN_RECEIVER_ROOM && receiver->begin > 0) {
        memmove(receiver->bytes, receiver->bytes + receiver->begin, kept);
        receiver->begin = 0;
        receiver->end = (uint16_t)kept;
    }
    const size_t room = CLN_RECEIVER_ROOM - (size_t)receiver->end;
    const size_t taken = count < room ? count : room;
    if (taken > 0) {
        memcpy(receiver->bytes + receiver->end, bytes, taken);
    }
    receiver->end = (uint16_t)(receiver->end + taken);
    return taken;
}

const uint8_t *cln_receiver_next(cln_receiver *receiver)
{
    cln_receiver_counts *counts = &receiver->counts;
    while (receiver->begin < receiver->end) {
        const uint8_t *candidate = receiver->bytes + receiver->begin;
        size_t length = 0;
        switch (cln_frame_check(candidate, (size_t)(receiver->end - receiver->begin),
                                receiver->sender, receiver->signer, &length)) {
        case CLN_FRAME_WHOLE:
            counts->received++;
            receiver->begin = (uint16_t)(receiver->begin + length);
            return candidate;
        case CLN_FRAME_SHORT:
            return NULL;
        case CLN_FRAME_BAD_CRC:
            counts->bad_crc++;
            break;
        case CLN_FRAME_BAD_SIGNATURE:
            counts->bad_signature++;
            break;
        case CLN_FRAME_REPLAYED:
            counts->replayed++;
            break;
        case CLN_FRAME_ALIEN:
            break;
        }
        cln_receiver_give_up(receiver);
    }
    return NULL;
}

void cln_receiver_give_up(cln_receiver *receiver)
{
    if (receiver->begin == receiver->end) {
        return;
    }
    receiver->begin++;
    receiver->counts.dropped++;
}

int cln_receiver_waits(const cln_receiver *receiver)
{
    return receiver->begin < receiver->end;
}
