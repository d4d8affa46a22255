/* One signed MAVLink 2 frame: checked, read and written. docs/spec/wire.md has the bytes.
 *
 * What is generated from the dialect is met here and in the link only; the frame as a whole is
 * handled as bytes, so that nothing is copied and nothing has to be unpacked before it is trusted.
 */
#ifndef CLN_FRAME_H
#define CLN_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define CLN_FRAME_HEADER  10u  /* bytes before the payload */
#define CLN_FRAME_TAIL    15u  /* bytes after it: checksum 2, link 1, time stamp 6, signature 6 */
#define CLN_FRAME_PAYLOAD 237u /* bytes of the longest payload in the dialect */
#define CLN_FRAME_MOST    (CLN_FRAME_HEADER + CLN_FRAME_PAYLOAD + CLN_FRAME_TAIL)
#define CLN_KEY_BYTES     32u

/* Who signs and what was signed already. Time stamps are counts of 10 us since 2015, 48 bits. */
typedef struct {
    const uint8_t *key; /* CLN_KEY_BYTES of them */
    uint64_t sent;      /* stamp of the last frame that was written */
    uint64_t heard;     /* stamp of the last frame that was accepted from the other side */
    uint8_t count;      /* number of the next frame that is written */
} cln_signer;

typedef enum {
    CLN_FRAME_WHOLE,         /* signed, new: accepted */
    CLN_FRAME_SHORT,         /* it may become one when more bytes arrive */
    CLN_FRAME_ALIEN,         /* its header is none that this side may get */
    CLN_FRAME_BAD_CRC,       /* its checksum is wrong */
    CLN_FRAME_BAD_SIGNATURE, /* it was changed, or signed with another key */
    CLN_FRAME_REPLAYED       /* its time stamp was used already */
} cln_frame_verdict;

/* Judge what begins at `bytes`; where it is accepted, `*length` is the frame's and the signer has
 * heard it. `sender` is the component that it must come from. */
cln_frame_verdict cln_frame_check(const uint8_t *bytes, size_t count, uint8_t sender,
                                  cln_signer *signer, size_t *length);

/* The message's number, of a frame that was accepted. */
uint32_t cln_frame_message(const uint8_t *frame);

/* Copy the payload of an accepted frame into a generated struct of `size` bytes, zeros after it. */
void cln_frame_read(const uint8_t *frame, void *message, size_t size);

/* Write and sign one frame with a generated struct as payload. Returns its length, or 0 where it
 * does not fit in `room`, the message is none of the dialect or time stamps have run out. */
size_t cln_frame_write(uint8_t *out, size_t room, uint8_t sender, uint32_t message,
                       const void *payload, cln_signer *signer);

/* First six bytes of SHA-256 over key and `count` bytes. */
void cln_frame_sign(const uint8_t *key, const uint8_t *bytes, size_t count, uint8_t signature[6]);

#endif
