/* Runs the C code on another processor, for tests/bridge/test_parity_targets.py:
 *
 *     parity_driver step BLOB < episodes      parity_driver sense < patches
 *
 * Episodes are steps: the number of patches, uint32, and their percepts; no patch ends one. Patches
 * are a resolution, int32, then slope, range, depth, colours and pose. Every step or patch makes a
 * line of text as tests/bridge/parity.py does, floats by their bits. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "colonnade.h"

#define MOST_BYTES (1u << 20)
#define MOST_PIXELS (CLN_MOST_RESOLUTION * CLN_MOST_RESOLUTION)

static uint64_t blob[MOST_BYTES / 8], memory[MOST_BYTES / 8];

static int fail(const char *what)
{
    fprintf(stderr, "parity_driver: %s\n", what);
    return 1;
}

static size_t floats(float *into, size_t count) { return fread(into, sizeof *into, count, stdin); }

static void print_bits(const float *numbers, int count)
{
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, numbers + i, sizeof bits);
        if (numbers[i] == numbers[i]) {
            printf(" %08" PRIx32, bits);
        } else {
            printf(" nan");
        }
    }
}

static void print_state(cln_column *column, int state, int32_t turn)
{
    cln_decision d;
    float goal[6];
    cln_decide(column, &d);
    printf("%d %" PRId32 " %" PRId32 " %" PRId32 " %" PRId32 " %" PRId32, state, d.object, d.others,
           d.percepts, d.moves, d.looks);
    print_bits(&d.evidence, 1);
    print_bits(&d.rival, 1);
    print_bits(&d.fit, 1);
    print_bits(d.pose, 12);
    if (cln_goal(column, turn, goal) > 0) {
        print_bits(goal, 6);
    } else {
        printf(" -");
    }
    printf("\n");
}

static int step(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        return fail("no blob");
    }
    size_t bytes = fread(blob, 1, sizeof blob, file);
    fclose(file);
    cln_model model;
    cln_column *column;
    int error = cln_model_open(&model, blob, bytes);
    if (!error) {
        error = cln_column_init(&column, memory, sizeof memory, &model, NULL);
    }
    if (error) {
        return fail(cln_strerror(error));
    }
    int state = CLN_OPEN;
    int32_t turn = 0;
    uint32_t patches;
    while (fread(&patches, sizeof patches, 1, stdin) == 1) {
        float percepts[CLN_MOST_PATCHES][CLN_PERCEPT_SIZE];
        if (patches > CLN_MOST_PATCHES ||
            floats(percepts[0], patches * CLN_PERCEPT_SIZE) != patches * CLN_PERCEPT_SIZE) {
            return fail("not an episode");
        }
        if (patches > 0) {
            const int said = cln_step(column, (const float(*)[CLN_PERCEPT_SIZE])percepts, patches);
            state = said == CLN_ERROR_PERCEPT ? state : said;
            print_state(column, state, turn++);
        } else {
            cln_polish(column);
            print_state(column, state, turn);
            cln_column_reset(column);
            state = CLN_OPEN;
            turn = 0;
        }
    }
    return 0;
}

static int sense(void)
{
    static cln_eye eye;
    while (fread(&eye.resolution, sizeof eye.resolution, 1, stdin) == 1) {
        float lens[2], depth[MOST_PIXELS], rgb[3 * MOST_PIXELS], pose[7];
        float percept[CLN_PERCEPT_SIZE];
        size_t pixels = (size_t)(eye.resolution * eye.resolution);
        if (pixels > MOST_PIXELS || floats(lens, 2) != 2 || floats(depth, pixels) != pixels ||
            floats(rgb, 3 * pixels) != 3 * pixels || floats(pose, 7) != 7) {
            return fail("not a patch");
        }
        eye.slope = lens[0];
        eye.max_range = lens[1];
        int error = cln_sense(&eye, depth, rgb, pose, percept);
        if (error) {
            return fail(cln_strerror(error));
        }
        print_bits(percept, CLN_PERCEPT_SIZE);
        printf("\n");
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "step") == 0) {
        return step(arguments[2]);
    }
    if (count == 2 && strcmp(arguments[1], "sense") == 0) {
        return sense();
    }
    return fail("what is to be done?");
}
