#include "cln_frame.h"

#include <colonnade/mavlink.h>
#include <string.h>

#include "cln_sha256.h"

#if MAVLINK_NEED_BYTE_SWAP || !MAVLINK_ALIGNED_FIELDS
#error "The wire is little-endian, and so must the controller be"
#endif

#define CLN_FRAME_SYSTEM     1u
#define CLN_FRAME_LINK       0u
#define CLN_FRAME_SIGNATURE  6u /* bytes */
#define CLN_FRAME_LAST_STAMP (((uint64_t)1 << 48) - 1u)

void cln_frame_sign(const uint8_t *key, const uint8_t *bytes, size_t count,
                    uint8_t signature[CLN_FRAME_SIGNATURE])
{
    uint8_t digest[CLN_SHA256_BYTES];
    cln_sha256(key, CLN_KEY_BYTES, bytes, count, digest);
    memcpy(signature, digest, CLN_FRAME_SIGNATURE);
}

static uint16_t cln_frame_crc(const uint8_t *frame, size_t payload, uint8_t extra)
{
    uint16_t crc = crc_calculate(frame + 1, (uint16_t)(CLN_FRAME_HEADER - 1u + payload));
    crc_accumulate(extra, &crc);
    return crc;
}

static uint64_t cln_frame_stamp(const uint8_t *tail)
{
    uint64_t stamp = 0;
    for (unsigned i = 6; i > 0; i--) {
        stamp = stamp << 8 | tail[2u + i];
    }
    return stamp;
}

uint32_t cln_frame_message(const uint8_t *frame)
{
    return (uint32_t)frame[7] | (uint32_t)frame[8] << 8 | (uint32_t)frame[9] << 16;
}

/* Whether the header, as far as it arrived, may be that of a frame for this side. */
static int cln_frame_is_ours(const uint8_t *bytes, size_t count, uint8_t sender)
{
    const uint8_t wanted[7] = {MAVLINK_STX,      0,     MAVLINK_IFLAG_SIGNED, 0, 0,
                               CLN_FRAME_SYSTEM, sender};
    const uint8_t fixed[7] = {1, 0, 1, 1, 0, 1, 1};
    for (size_t i = 0; i < 7 && i < count; i++) {
        if (fixed[i] && bytes[i] != wanted[i]) {
            return 0;
        }
    }
    if (count < CLN_FRAME_HEADER) {
        return 1;
    }
    const mavlink_msg_entry_t *entry = mavlink_get_msg_entry(cln_frame_message(bytes));
    return entry != NULL && bytes[1] > 0 && bytes[1] <= entry->max_msg_len;
}

/* Whether two signatures are the same. It takes as long wherever they differ, or one could be found
 * byte by byte. */
static int cln_frame_same_signature(const uint8_t *signature, const uint8_t *other)
{
    unsigned differ = 0;
    for (size_t i = 0; i < CLN_FRAME_SIGNATURE; i++) {
        differ |= (unsigned)(signature[i] ^ other[i]);
    }
    return differ == 0;
}

cln_frame_verdict cln_frame_check(const uint8_t *bytes, size_t count, uint8_t sender,
                                  cln_signer *signer, size_t *length)
{
    if (!cln_frame_is_ours(bytes, count, sender)) {
        return CLN_FRAME_ALIEN;
    }
    if (count < CLN_FRAME_HEADER) {
        return CLN_FRAME_SHORT;
    }
    const size_t payload = bytes[1];
    const size_t whole = CLN_FRAME_HEADER + payload + CLN_FRAME_TAIL;
    if (count < whole) {
        return CLN_FRAME_SHORT;
    }

    const uint8_t *tail = bytes + CLN_FRAME_HEADER + payload;
    const uint16_t crc =
        cln_frame_crc(bytes, payload, mavlink_get_msg_entry(cln_frame_message(bytes))->crc_extra);
    if (tail[0] != (uint8_t)crc || tail[1] != (uint8_t)(crc >> 8)) {
        return CLN_FRAME_BAD_CRC;
    }

    uint8_t signature[CLN_FRAME_SIGNATURE];
    const size_t covered = whole - CLN_FRAME_SIGNATURE;
    cln_frame_sign(signer->key, bytes, covered, signature);
    if (!cln_frame_same_signature(signature, bytes + covered) || tail[2] != CLN_FRAME_LINK) {
        return CLN_FRAME_BAD_SIGNATURE;
    }

    const uint64_t stamp = cln_frame_stamp(tail);
    if (stamp <= signer->heard) {
        return CLN_FRAME_REPLAYED;
    }
    signer->heard = stamp;
    *length = whole;
    return CLN_FRAME_WHOLE;
}

void cln_frame_read(const uint8_t *frame, void *message, size_t size)
{
    const size_t sent = frame[1] < size ? frame[1] : size;
    memcpy(message, frame + CLN_FRAME_HEADER, sent);
    memset((uint8_t *)message + sent, 0, size - sent);
}

size_t cln_frame_write(uint8_t *out, size_t room, uint8_t sender, uint32_t message,
                       const void *payload, cln_signer *signer)
{
    const mavlink_msg_entry_t *entry = mavlink_get_msg_entry(message);
    if (entry == NULL) {
        return 0;
    }
    const uint8_t *bytes = payload;
    size_t count = entry->max_msg_len;
    while (count > 1 && bytes[count - 1] == 0) {
        count--;
    }
    const size_t whole = CLN_FRAME_HEADER + count + CLN_FRAME_TAIL;
    uint64_t stamp = (signer->sent > signer->heard ? signer->sent : signer->heard) + 1u;
    if (whole > room || stamp > CLN_FRAME_LAST_STAMP) {
        return 0;
    }
    signer->sent = stamp;

    const uint8_t header[CLN_FRAME_HEADER] = {
        MAVLINK_STX,
        (uint8_t)count,
        MAVLINK_IFLAG_SIGNED,
        0,
        signer->count++,
        CLN_FRAME_SYSTEM,
        sender,
        (uint8_t)message,
        (uint8_t)(message >> 8),
        (uint8_t)(message >> 16),
    };
    memcpy(out, header, sizeof header);
    memcpy(out + CLN_FRAME_HEADER, bytes, count);
    uint8_t *tail = out + CLN_FRAME_HEADER + count;
    const uint16_t crc = cln_frame_crc(out, count, entry->crc_extra);
    tail[0] = (uint8_t)crc;
    tail[1] = (uint8_t)(crc >> 8);
    tail[2] = CLN_FRAME_LINK;
    for (unsigned i = 0; i < 6; i++, stamp >>= 8) {
        tail[3u + i] = (uint8_t)stamp;
    }
    cln_frame_sign(signer->key, out, whole - CLN_FRAME_SIGNATURE, tail + 9);
    return whole;
}
