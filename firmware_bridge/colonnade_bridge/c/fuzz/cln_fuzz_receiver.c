/* Fuzzes receiver and link. The input is a script: bytes as they are, frames that a host with the
 * key signed but filled with anything, time, power failures and resets. What must hold is checked
 * by the sanitizers and by the few asserts below.
 */
#include <colonnade/mavlink.h>
#include <stdlib.h>
#include <string.h>

#include "cln_scripted.h"

enum {
    CLN_FUZZ_RAW,
    CLN_FUZZ_FRAME,
    CLN_FUZZ_HALF,
    CLN_FUZZ_TIME,
    CLN_FUZZ_BOOT,
    CLN_FUZZ_POWER,
    CLN_FUZZ_OPS
};

static uint8_t cln_fuzz_flash[CLN_SCRIPTED_FLASH];
static cln_scripted cln_fuzz_controller;
static const uint8_t cln_fuzz_key[CLN_KEY_BYTES] = {1, 2, 3};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cln_fuzz_expect(int truth)
{
    if (!truth) {
        abort();
    }
}

static void cln_fuzz_run(const uint8_t *bytes, size_t count)
{
    uint8_t out[256]; /* smaller than what may wait */
    cln_scripted_run(&cln_fuzz_controller, bytes, count, out, sizeof out);
    const cln_receiver *receiver = &cln_fuzz_controller.link.receiver;
    cln_fuzz_expect(receiver->begin <= receiver->end && receiver->end <= CLN_RECEIVER_ROOM);
    cln_fuzz_expect(receiver->end - receiver->begin < (int)CLN_FRAME_MOST);
    cln_fuzz_expect(cln_fuzz_controller.link.out_count <= CLN_LINK_OUT);
}

/* A signed frame: `what` chooses message and session, `sequence` follows on unless it is told not
 * to. */
static size_t cln_fuzz_frame(uint8_t *frame, uint8_t what, const uint8_t *bytes, size_t count,
                             cln_signer *host)
{
    uint8_t payload[256] = {0};
    const cln_link *link = &cln_fuzz_controller.link;
    memcpy(payload, bytes, count < sizeof payload ? count : sizeof payload);
    const uint32_t message = MAVLINK_MSG_ID_CLN_HEARTBEAT + what % 12u;
    if (what < 192) {
        memcpy(payload, &link->session, sizeof link->session);
    }
    if (what < 128) {
        const uint32_t sequence = link->done + 1u;
        memcpy(payload + (message == MAVLINK_MSG_ID_CLN_MODEL_BEGIN ? 16 : 8), &sequence,
               sizeof sequence);
    }
    if (what < 64 && message == MAVLINK_MSG_ID_CLN_MODEL_DATA) {
        memcpy(payload + 8, &link->upload.next, sizeof link->upload.next);
    }
    return cln_frame_write(frame, CLN_FRAME_MOST, CLN_COMPONENT_HOST, message, payload, host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cln_signer host = {cln_fuzz_key, 1000, 0, 0};
    memset(cln_fuzz_flash + 2 * CLN_SCRIPTED_MODEL_SLOT, 0xFF, 2 * CLN_SCRIPTED_STATE_SLOT);
    cln_scripted_boot(&cln_fuzz_controller, cln_fuzz_flash, cln_fuzz_key, size, 0);
    while (size >= 3) {
        const uint8_t op = data[0] % CLN_FUZZ_OPS, what = data[1];
        size_t count = data[2];
        data += 3;
        size -= 3;
        if (count > size) {
            count = size;
        }
        uint8_t frame[CLN_FRAME_MOST];
        size_t length;
        switch (op) {
        case CLN_FUZZ_RAW:
            cln_fuzz_run(data, count);
            break;
        case CLN_FUZZ_FRAME:
        case CLN_FUZZ_HALF:
            host.heard = cln_fuzz_controller.link.signer.sent;
            length = cln_fuzz_frame(frame, what, data, count, &host);
            cln_fuzz_run(frame, op == CLN_FUZZ_HALF ? length / 2u : length);
            break;
        case CLN_FUZZ_TIME:
            cln_fuzz_controller.now += (uint64_t)what * 10000u;
            cln_fuzz_controller.step_us = count * 1000u;
            cln_fuzz_run(data, 0);
            count = 0;
            break;
        case CLN_FUZZ_BOOT:
            cln_scripted_boot(&cln_fuzz_controller, cln_fuzz_flash, cln_fuzz_key, what, 0);
            break;
        default:
            cln_fuzz_controller.power = what % 8u;
        }
        data += count;
        size -= count;
    }
    return 0;
}
