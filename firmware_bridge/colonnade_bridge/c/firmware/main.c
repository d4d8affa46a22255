/* The firmware: bytes arrive, the link understands them, the mind thinks, bytes leave.
 *
 * The link decides what is done (see link/cln_link.h); this file hands it the mind, which lives in
 * one buffer of static memory, and the port. */
#include <string.h>

#include "cln_blob.h"
#include "cln_key.h"
#include "cln_link.h"
#include "cln_port.h"
#include "cln_robot.h"
#include "colonnade.h"

#ifdef CLN_BUILT_IN
#include "cln_config.h"
#endif

static uint64_t memory[CLN_MIND_BYTES / sizeof(uint64_t)]; /* aligned as the column needs */
static cln_link link;

/* The mind: a model in flash and a column in `memory`. */
static struct {
    cln_model model;
    cln_column *column; /* NULL until there is a model */
    int32_t turn;       /* steps of this episode */
} mind;

static uint64_t now(void *user)
{
    (void)user;
    return cln_port_now();
}

static int store(void *user, unsigned slot, uint32_t offset, const void *bytes, uint32_t count)
{
    (void)user;
    return cln_port_store(slot, offset, bytes, count);
}

static void stop(void *user)
{
    (void)user;
    cln_port_stop();
}

static void measure(void *user, uint32_t *stack, uint32_t *ram)
{
    (void)user;
    *stack = cln_port_stack();
    *ram = cln_port_ram();
}

/* A model is good if every byte is and its column finds room here. */
static int verify(void *user, const uint8_t *blob, uint32_t length, uint64_t *hash)
{
    (void)user;
    cln_model model;
    int error = cln_model_open(&model, blob, length);
    if (error < 0) {
        return error;
    }
    size_t needed = cln_column_bytes(&model, NULL);
    if (needed == 0 || needed > sizeof memory) {
        return CLN_ERROR_MEMORY;
    }
    memcpy(hash, model.header->hash, sizeof *hash);
    return 0;
}

static int adopt(void *user, const uint8_t *blob, uint32_t length)
{
    (void)user;
    mind.column = NULL;
    mind.turn = 0;
    int error = cln_model_open(&mind.model, blob, length);
    if (error < 0) {
        return error;
    }
    return cln_column_init(&mind.column, memory, sizeof memory, &mind.model, NULL);
}

static void reset(void *user)
{
    (void)user;
    mind.turn = 0;
    if (mind.column != NULL) {
        cln_column_reset(mind.column);
    }
}

/* Pixels as they travelled become metres and shares, then a percept. */
static int sense(void *user, const cln_gather_patch *patch, float percept[CLN_PERCEPT_SIZE])
{
    (void)user;
    static float depth[CLN_GATHER_PIXELS], rgb[3u * CLN_GATHER_PIXELS];
    static cln_eye eye;
    if (mind.column == NULL) {
        return CLN_ERROR_NO_MODEL;
    }
    for (uint32_t i = 0; i < patch->pixels; ++i) {
        depth[i] = (float)patch->depth[i] * patch->unit;
    }
    for (uint32_t i = 0; i < 3u * patch->pixels; ++i) {
        rgb[i] = (float)patch->rgb[i] / 255.0f;
    }
    eye.resolution = patch->pixels == 64u ? 8 : 16;
    eye.slope = CLN_EYE_SLOPE;
    eye.max_range = mind.model.settings->reach;
    return cln_sense(&eye, depth, rgb, patch->pose, percept);
}

static int step(void *user, float percepts[][CLN_PERCEPT_SIZE], uint32_t patches, int wants_goal,
                cln_link_answer *answer)
{
    (void)user;
    if (mind.column == NULL) {
        return CLN_ERROR_NO_MODEL;
    }
    uint64_t begun = cln_port_ticks();
    int verdict = cln_step(mind.column, (const float(*)[CLN_PERCEPT_SIZE])percepts, patches);
    if (verdict < 0) {
        return verdict;
    }
    mind.turn++;
    if (verdict == CLN_RECOGNISED) {
        cln_polish(mind.column);
    }
    cln_decision decision;
    cln_decide(mind.column, &decision);
    if (wants_goal && cln_goal(mind.column, mind.turn, answer->goal) > 0) {
        answer->has_goal = 1;
    }
    answer->verdict = (uint8_t)verdict;
    answer->object = (int16_t)decision.object;
    answer->evidence = decision.evidence;
    answer->rival = decision.rival;
    answer->fit = decision.fit;
    memcpy(answer->pose, decision.pose, sizeof answer->pose);
    answer->poses = (uint8_t)(decision.others < UINT8_MAX ? decision.others : UINT8_MAX);
    answer->work = (uint32_t)(cln_port_ticks() - begun);
    return 0;
}

void cln_main(void)
{
    const cln_link_calls calls = {
        NULL, now, verify, adopt, store, sense, step, reset, stop, measure,
    };
    cln_link_config config = {0};
    config.key = cln_key;
    config.chance = cln_port_chance();
    config.watchdog_us = CLN_WATCHDOG_US;
#ifdef CLN_BUILT_IN
    config.built_in = (const uint8_t *)cln_model_data;
    config.built_in_bytes = CLN_MODEL_BYTES;
#endif
    for (unsigned slot = 0; slot < CLN_SLOTS; ++slot) {
        config.slots[slot].bytes = cln_port_slots[slot].bytes;
        config.slots[slot].size = cln_port_slots[slot].size;
    }
    cln_link_init(&link, &config, &calls);
    for (;;) {
        static uint8_t bytes[256];
        size_t count = cln_port_read(bytes, sizeof bytes, CLN_LINK_TICK_US);
        cln_link_run(&link, bytes, count);
        const uint8_t *out = cln_link_out(&link, &count);
        cln_link_sent(&link, cln_port_write(out, count));
    }
}
