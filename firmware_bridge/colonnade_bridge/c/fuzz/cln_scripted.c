#include "cln_scripted.h"

#include <string.h>

#include "cln_error.h"

/* A model of this mind: five letters, then its hash, then anything. */
static const uint8_t cln_scripted_magic[5] = {'M', 'O', 'D', 'E', 'L'};

static uint64_t cln_scripted_now(void *user)
{
    return ((cln_scripted *)user)->now;
}

static int cln_scripted_verify(void *user, const uint8_t *blob, uint32_t length, uint64_t *hash)
{
    (void)user;
    if (length < sizeof cln_scripted_magic + sizeof *hash) {
        return CLN_ERROR_LENGTH;
    }
    if (memcmp(blob, cln_scripted_magic, sizeof cln_scripted_magic) != 0) {
        return CLN_ERROR_NO_MODEL;
    }
    memcpy(hash, blob + sizeof cln_scripted_magic, sizeof *hash);
    return CLN_OK;
}

static int cln_scripted_rehash(void *user, const uint8_t *blob, uint32_t length)
{
    (void)blob;
    (void)length;
    return ((cln_scripted *)user)->forged ? CLN_ERROR_HASH : CLN_OK;
}

static int cln_scripted_adopt(void *user, const uint8_t *blob, uint32_t length)
{
    cln_scripted *controller = user;
    (void)blob;
    (void)length;
    controller->evidence = 0;
    controller->adopted++;
    return controller->unfit ? CLN_ERROR_MEMORY : CLN_OK;
}

static int cln_scripted_store(void *user, unsigned slot, uint32_t offset, const void *bytes,
                              uint32_t count)
{
    cln_scripted *controller = user;
    const cln_link_slot *place = &controller->link.config.slots[slot];
    uint8_t *target = controller->flash + (place->bytes - controller->flash);
    if (controller->power == 1) {
        return -1;
    }
    if (controller->power > 1) {
        controller->power--;
    }
    controller->writes++;
    if (bytes == NULL) {
        memset(target, 0xFF, place->size);
        return 0;
    }
    if (offset % 16u != 0 || count % 16u != 0 || offset > place->size ||
        count > place->size - offset) {
        return -1;
    }
    const uint8_t *source = bytes;
    for (uint32_t i = 0; i < count; i++) {
        target[offset + i] &= source[i]; /* flash only clears bits */
    }
    return 0;
}

static int cln_scripted_sense(void *user, const cln_gather_patch *patch,
                              float percept[CLN_GATHER_PERCEPT])
{
    (void)user;
    uint32_t colour = 0;
    for (uint32_t i = 0; i < 3u * patch->pixels; i++) {
        colour += patch->rgb[i];
    }
    memcpy(percept, patch->pose, sizeof patch->pose);
    for (unsigned i = 7; i < CLN_GATHER_PERCEPT; i++) {
        percept[i] = (float)patch->depth[i] * patch->unit;
    }
    percept[17] = (float)colour;
    return CLN_OK;
}

static int cln_scripted_step(void *user, float percepts[][CLN_GATHER_PERCEPT], uint32_t patches,
                             int wants_goal, cln_link_answer *answer)
{
    cln_scripted *controller = user;
    for (uint32_t patch = 0; patch < patches; patch++) {
        for (unsigned i = 0; i < CLN_GATHER_PERCEPT; i++) {
            controller->evidence += (double)percepts[patch][i] * (1.0 + i);
        }
    }
    controller->steps++;
    controller->now += controller->step_us;
    answer->evidence = controller->evidence < 1e30 && controller->evidence > -1e30
                           ? (float)controller->evidence
                           : 0;
    answer->rival = answer->evidence / 2;
    answer->fit = 2.5f;
    memcpy(answer->pose, percepts[patches - 1u], sizeof answer->pose);
    memcpy(answer->goal, percepts[0], sizeof answer->goal);
    answer->has_goal = (uint8_t)(wants_goal != 0);
    answer->work = 1000u * patches;
    answer->object = (int16_t)patches;
    answer->verdict = controller->evidence > 0;
    answer->poses = 1;
    return CLN_OK;
}

static void cln_scripted_reset(void *user)
{
    cln_scripted *controller = user;
    controller->evidence = 0;
    controller->resets++;
}

static void cln_scripted_stop(void *user)
{
    ((cln_scripted *)user)->stops++;
}

static void cln_scripted_measure(void *user, uint32_t *stack, uint32_t *ram)
{
    (void)user;
    *stack = 1024;
    *ram = (uint32_t)sizeof(cln_link);
}

size_t cln_scripted_size(void)
{
    return sizeof(cln_scripted);
}

int cln_scripted_boot(cln_scripted *controller, uint8_t *flash, const uint8_t *key, uint64_t chance,
                      uint32_t power)
{
    const uint32_t model = (uint32_t)CLN_SCRIPTED_MODEL_SLOT,
                   state = (uint32_t)CLN_SCRIPTED_STATE_SLOT;
    uint8_t *states = flash + 2 * CLN_SCRIPTED_MODEL_SLOT;
    memset(controller, 0, sizeof *controller);
    controller->flash = flash;
    controller->power = power;
    memcpy(controller->key, key, sizeof controller->key);
    const cln_link_config config = {
        .key = controller->key,
        .chance = chance,
        .watchdog_us = CLN_LINK_WATCHDOG_US,
        .slots = {{flash, model}, {flash + model, model}, {states, state}, {states + state, state}},
    };
    const cln_link_calls calls = {
        .user = controller,
        .now = cln_scripted_now,
        .verify = cln_scripted_verify,
        .rehash = cln_scripted_rehash,
        .adopt = cln_scripted_adopt,
        .store = cln_scripted_store,
        .sense = cln_scripted_sense,
        .step = cln_scripted_step,
        .reset = cln_scripted_reset,
        .stop = cln_scripted_stop,
        .measure = cln_scripted_measure,
    };
    return cln_link_init(&controller->link, &config, &calls);
}

size_t cln_scripted_run(cln_scripted *controller, const uint8_t *bytes, size_t count, uint8_t *out,
                        size_t room)
{
    size_t ready;
    cln_link_run(&controller->link, bytes, count);
    const uint8_t *waiting = cln_link_out(&controller->link, &ready);
    if (ready > room) {
        ready = room;
    }
    memcpy(out, waiting, ready);
    cln_link_sent(&controller->link, ready);
    return ready;
}
