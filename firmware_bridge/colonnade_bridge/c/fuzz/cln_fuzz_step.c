/* Fuzzes a column that thinks with a sound model: whatever comes in, it stays within its memory,
 * its time and its sense.
 *
 * The input is a script of bytes: the lowest three bits say what happens, the others how. A step of
 * raw numbers takes them from the input as they are: infinities, no number at all, huge ones. */
#include <stdlib.h>
#include <string.h>

#include "cln_fuzz_touch.h"

enum {
    CLN_FUZZ_TOUCH, /* of a surfel of the object that the episode is about */
    CLN_FUZZ_OTHER, /* of any object: noise, or something that moved */
    CLN_FUZZ_ODD,   /* one with a number of it replaced by four bytes of the input */
    CLN_FUZZ_RAW,   /* all of a percept's numbers from the input */
    CLN_FUZZ_WIDE,  /* several patches */
    CLN_FUZZ_GOAL,
    CLN_FUZZ_POLISH,
    CLN_FUZZ_RESET,
    CLN_FUZZ_OPS
};

typedef struct {
    const uint8_t *data;
    size_t size;
} cln_fuzz_script;

static uint8_t cln_fuzz_byte(cln_fuzz_script *script)
{
    if (script->size == 0) {
        return 0;
    }
    script->size--;
    return *script->data++;
}

static float cln_fuzz_number(cln_fuzz_script *script)
{
    float number = 0.0f;
    uint8_t bytes[4];
    for (int k = 0; k < 4; k++) {
        bytes[k] = cln_fuzz_byte(script);
    }
    memcpy(&number, bytes, sizeof number);
    return number;
}

/* The percepts of a step; how many. */
static uint32_t cln_fuzz_sense(cln_fuzz_script *script, uint8_t op, uint8_t how,
                               const cln_model *model, cln_fuzz_chance *chance,
                               float percepts[CLN_MOST_PATCHES][CLN_PERCEPT_SIZE])
{
    uint32_t patches = op == CLN_FUZZ_WIDE ? 1u + how % CLN_MOST_PATCHES : 1u;
    chance->state ^= how;
    for (uint32_t j = 0; j < patches; j++) {
        cln_fuzz_touch(model, op == CLN_FUZZ_OTHER ? -1 : 0, chance, percepts[j]);
    }
    if (op == CLN_FUZZ_ODD) {
        percepts[0][how % CLN_PERCEPT_SIZE] = cln_fuzz_number(script);
    } else if (op == CLN_FUZZ_RAW) {
        for (uint32_t k = 0; k < CLN_PERCEPT_SIZE; k++) {
            percepts[0][k] = cln_fuzz_number(script);
        }
        percepts[0][CLN_ON_OBJECT] = how % 2u ? 1.0f : percepts[0][CLN_ON_OBJECT];
    }
    return patches;
}

static void cln_fuzz_play(cln_fuzz_script *script, cln_column *column, const cln_model *model)
{
    cln_fuzz_chance chance = {script->size != 0 ? *script->data : 0};
    for (int32_t turn = 0; script->size > 0; turn++) {
        float percepts[CLN_MOST_PATCHES][CLN_PERCEPT_SIZE], goal[6];
        const uint8_t byte = cln_fuzz_byte(script), op = byte % CLN_FUZZ_OPS;
        if (op == CLN_FUZZ_GOAL) {
            const int there = cln_goal(column, turn, goal);
            cln_fuzz_expect(there == 0 || there == 1);
        } else if (op == CLN_FUZZ_POLISH) {
            cln_polish(column);
        } else if (op == CLN_FUZZ_RESET) {
            cln_column_reset(column);
        } else {
            const uint32_t patches =
                cln_fuzz_sense(script, op, byte / CLN_FUZZ_OPS, model, &chance, percepts);
            const int state = cln_step(column, (const float(*)[CLN_PERCEPT_SIZE])percepts, patches);
            cln_fuzz_check(column, model, patches, state);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cln_model model;
    if (!model.blob) {
        cln_fuzz_expect(cln_model_open(&model, cln_fuzz_model, cln_fuzz_model_bytes) == CLN_OK);
    }
    cln_fuzz_script script = {data, size};
    const uint8_t room = cln_fuzz_byte(&script);
    const cln_limits limits = {(uint16_t)(3 + room % 4u), (uint16_t)(2 + room / 64u), 24,
                               (uint16_t)(16 + room % 16u), 200u + 50u * (room % 8u)};
    const size_t bytes = cln_column_bytes(&model, &limits);
    void *memory = malloc(bytes);
    cln_column *column = NULL;
    cln_fuzz_expect(bytes > 0 && memory != NULL);
    cln_fuzz_expect(cln_column_init(&column, memory, bytes, &model, &limits) == CLN_OK);
    cln_fuzz_play(&script, column, &model);
    free(memory);
    return 0;
}
