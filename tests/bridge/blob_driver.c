/* Opens the blobs that come on stdin, each behind its length in four bytes, and thinks with those
 * that open. Answers a line each: the error, and how many steps were taken. */
#include <stdio.h>
#include <stdlib.h>

#include "cln_fuzz_touch.h"

#define STEPS 12

const uint32_t cln_fuzz_model[1], cln_fuzz_model_bytes;

static int recognise(const cln_model *model)
{
    const cln_limits limits = {6, 3, 64, 16, 400};
    const size_t bytes = cln_column_bytes(model, &limits);
    cln_fuzz_chance chance = {1};
    cln_column *column = NULL;
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory || cln_column_init(&column, memory, bytes, model, &limits) != CLN_OK) {
        free(memory);
        return 0;
    }
    for (int32_t step = 0; step < STEPS; step++) {
        float percept[1][CLN_PERCEPT_SIZE], goal[6];
        cln_fuzz_touch(model, step < 8 ? 0 : -1, &chance, percept[0]);
        const int state = cln_step(column, (const float(*)[CLN_PERCEPT_SIZE])percept, 1);
        cln_fuzz_check(column, model, 1, state);
        cln_goal(column, step, goal);
    }
    cln_polish(column);
    free(memory);
    return STEPS;
}

int main(void)
{
    uint32_t length;
    while (fread(&length, sizeof length, 1, stdin) == 1) {
        /* its very size: what reads beyond is noticed */
        uint8_t *blob = malloc(length ? length : 1);
        if (!blob || fread(blob, 1, length, stdin) != length) {
            return 1;
        }
        cln_model model;
        const int error = cln_model_open(&model, blob, length);
        printf("%d %d\n", error, error == CLN_OK ? recognise(&model) : 0);
        fflush(stdout);
        free(blob);
    }
    return 0;
}
