#include "cln_gather.h"

#include <colonnade/mavlink.h>
#include <string.h>

#include "cln_frame.h"

#define CLN_GATHER_PART ((size_t)32) /* pixels of one frame */

void cln_gather_begin(cln_gather *gather, uint32_t sequence, uint64_t now)
{
    memset(gather, 0, sizeof *gather);
    gather->sequence = sequence;
    gather->since = now;
}

int cln_gather_is_last(const uint8_t *frame)
{
    mavlink_cln_patch_t patch;
    mavlink_cln_percept_t percept;
    if (cln_frame_message(frame) == MAVLINK_MSG_ID_CLN_PATCH) {
        cln_frame_read(frame, &patch, sizeof patch);
        return patch.patch + 1 >= patch.patches && patch.part + 1 >= patch.parts;
    }
    cln_frame_read(frame, &percept, sizeof percept);
    return percept.patch + 1 >= percept.patches;
}

static int cln_gather_finite(const float *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        if ((bits & 0x7F800000u) == 0x7F800000u) {
            return 0;
        }
    }
    return 1;
}

/* Whether a frame agrees with the others of its step; the first one settles what that is. */
static int cln_gather_agrees(cln_gather *gather, uint8_t patch, uint8_t patches, uint16_t deadline,
                             uint8_t wants)
{
    if (patches == 0 || patches > CLN_GATHER_PATCHES || patch >= patches) {
        return 0;
    }
    if (gather->patches == 0) {
        gather->patches = patches;
        gather->deadline = deadline;
        gather->wants = wants;
    }
    return gather->patches == patches && gather->deadline == deadline && gather->wants == wants;
}

static cln_gather_result cln_gather_add(cln_gather *gather, uint8_t patch)
{
    gather->have = (uint8_t)(gather->have | 1u << patch);
    return gather->have == (1u << gather->patches) - 1u ? CLN_GATHER_WHOLE : CLN_GATHER_MORE;
}

cln_gather_result cln_gather_take_percept(cln_gather *gather, const uint8_t *frame)
{
    mavlink_cln_percept_t message;
    float percept[CLN_GATHER_PERCEPT];
    cln_frame_read(frame, &message, sizeof message);
    memcpy(percept, message.percept, sizeof percept);
    if (!cln_gather_finite(percept, CLN_GATHER_PERCEPT) ||
        !cln_gather_agrees(gather, message.patch, message.patches, message.deadline,
                           message.wants)) {
        return CLN_GATHER_REFUSED;
    }
    memcpy(gather->percepts[message.patch], percept, sizeof percept);
    return cln_gather_add(gather, message.patch);
}

/* The same of a part and the others of its patch. */
static int cln_gather_continues(cln_gather *gather, const mavlink_cln_patch_t *part)
{
    cln_gather_patch *pixels = &gather->pixels;
    if (gather->patch != part->patch) {
        gather->parts = 0; /* pixels of one patch at a time */
    }
    if (gather->parts == 0) {
        gather->patch = part->patch;
        pixels->pixels = (uint32_t)(CLN_GATHER_PART * part->parts);
        pixels->unit = part->unit;
        memcpy(pixels->pose, part->pose, sizeof pixels->pose);
    }
    int same = pixels->pixels == CLN_GATHER_PART * part->parts && pixels->unit == part->unit;
    for (unsigned i = 0; i < 7; i++) {
        same = same && pixels->pose[i] == part->pose[i];
    }
    return same;
}

cln_gather_result cln_gather_take_patch(cln_gather *gather, const uint8_t *frame)
{
    mavlink_cln_patch_t message;
    cln_frame_read(frame, &message, sizeof message);
    const float unit = message.unit;
    float pose[7];
    memcpy(pose, message.pose, sizeof pose);
    if ((message.parts != 2 && message.parts != 8) || message.part >= message.parts ||
        !cln_gather_finite(pose, 7) || !cln_gather_finite(&unit, 1) ||
        !cln_gather_agrees(gather, message.patch, message.patches, message.deadline,
                           message.wants) ||
        !cln_gather_continues(gather, &message)) {
        return CLN_GATHER_REFUSED;
    }

    cln_gather_patch *pixels = &gather->pixels;
    memcpy(pixels->depth + CLN_GATHER_PART * message.part, message.depth, sizeof message.depth);
    memcpy(pixels->rgb + 3 * CLN_GATHER_PART * message.part, message.rgb, sizeof message.rgb);
    gather->parts = (uint8_t)(gather->parts | 1u << message.part);
    return gather->parts == (1u << message.parts) - 1u ? CLN_GATHER_SENSE : CLN_GATHER_MORE;
}

cln_gather_result cln_gather_sensed(cln_gather *gather)
{
    gather->parts = 0;
    return cln_gather_finite(gather->percepts[gather->patch], CLN_GATHER_PERCEPT)
               ? cln_gather_add(gather, gather->patch)
               : CLN_GATHER_REFUSED;
}
