/* Fuzzes what reads a model, and everything that then trusts it.
 *
 * The input is a blob without its tables, which cln_fuzz_model.h has and which are put behind it;
 * length and checksum are set right, or nothing would get past them. What opens is recognised with:
 * a column in memory of just the size that it asks for takes touches of the model's own surfels, so
 * that an offset which was believed and leads elsewhere is followed. */
#include <stdlib.h>
#include <string.h>

#include "cln_fuzz_touch.h"

#define CLN_FUZZ_MOST  16384u
#define CLN_FUZZ_STEPS 12

/* A byte at a time, as it is what most of a run would go into. */
static uint32_t cln_fuzz_crc(const uint8_t *bytes, size_t count)
{
    static uint32_t table[256];
    uint32_t crc = 0xFFFFFFFFu;
    for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
        table[i] = i;
        for (int k = 0; k < 8; k++) {
            table[i] = table[i] & 1u ? table[i] >> 1 ^ 0xEDB88320u : table[i] >> 1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 255u];
    }
    return ~crc;
}

/* What the column says must make sense, whatever the model. */
static void cln_fuzz_recognise(const cln_model *model)
{
    /* little of everything, so that a run is short */
    const cln_limits limits = {6, 3, 48, 16, 400};
    const size_t bytes = cln_column_bytes(model, &limits);
    cln_column *column = NULL;
    if (bytes == 0) {
        return;
    }
    void *memory = malloc(bytes);
    cln_fuzz_expect(memory != NULL);
    cln_fuzz_expect(cln_column_init(&column, memory, bytes, model, &limits) == CLN_OK);
    cln_fuzz_chance chance = {1};
    for (int32_t step = 0; step < CLN_FUZZ_STEPS; step++) {
        float percept[1][CLN_PERCEPT_SIZE];
        cln_fuzz_touch(model, step < 8 ? 0 : -1, &chance, percept[0]);
        const int state = cln_step(column, (const float(*)[CLN_PERCEPT_SIZE])percept, 1);
        cln_fuzz_check(column, model, 1, state);
        float goal[6];
        cln_goal(column, step, goal);
    }
    cln_polish(column);
    cln_fuzz_check(column, model, 1, CLN_OPEN);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const cln_blob_header *sound = (const cln_blob_header *)(const void *)cln_fuzz_model;
    const uint8_t *tables = (const uint8_t *)cln_fuzz_model + sound->offset[CLN_TABLES];
    const size_t rest = size / 4 * 4, bytes = rest + sizeof(cln_blob_tables);
    if (size < sizeof(cln_blob_header) || size > CLN_FUZZ_MOST) {
        return 0;
    }
    uint8_t *blob = malloc(bytes);
    cln_fuzz_expect(blob != NULL);
    memcpy(blob, data, rest);
    memcpy(blob + rest, tables, sizeof(cln_blob_tables));
    cln_blob_header *header = (cln_blob_header *)(void *)blob;
    header->bytes = (uint32_t)bytes;
    header->crc = cln_fuzz_crc(blob + 16, bytes - 16);

    cln_model model;
    const int error = cln_model_open(&model, blob, bytes);
    cln_fuzz_expect(error <= 0 && error > -CLN_ERRORS);
    if (error == CLN_OK) {
        const char *name;
        for (int32_t o = 0; o <= model.objects; o++) {
            const int length = cln_model_name(&model, o, &name);
            for (int k = 0; k < length; k++) {
                cln_fuzz_expect(name + k >= (const char *)blob);
                cln_fuzz_expect(name + k < (const char *)blob + bytes);
            }
        }
        cln_fuzz_recognise(&model);
    }
    free(blob);
    return 0;
}
