/* What the fuzz targets of model and step share: touches of a model's surfels, and what must
 * hold. */
#ifndef CLN_FUZZ_TOUCH_H
#define CLN_FUZZ_TOUCH_H

#include "cln_column.h"

/* A sound model of two small objects, which tests/bridge/fuzz_models.py writes. */
extern const uint32_t cln_fuzz_model[];
extern const uint32_t cln_fuzz_model_bytes;

typedef struct {
    uint32_t state;
} cln_fuzz_chance;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Abort where something does not hold that must. */
void cln_fuzz_expect(bool truth);

/* A number that follows from those before. */
uint32_t cln_fuzz_draw(cln_fuzz_chance *chance);

/* A noisy touch of some surfel of an object, which lies turned a quarter and shifted; -1: of any
 * object. */
void cln_fuzz_touch(const cln_model *model, int32_t object, cln_fuzz_chance *chance,
                    float percept[CLN_PERCEPT_SIZE]);

/* What holds of a column after a step of so many patches that returned `state`. */
void cln_fuzz_check(const cln_column *column, const cln_model *model, uint32_t patches, int state);

#endif
