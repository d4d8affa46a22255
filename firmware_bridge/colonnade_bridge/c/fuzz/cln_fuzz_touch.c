#include "cln_fuzz_touch.h"

#include <stdlib.h>
#include <string.h>

void cln_fuzz_expect(bool truth)
{
    if (!truth) {
        abort();
    }
}

uint32_t cln_fuzz_draw(cln_fuzz_chance *chance)
{
    chance->state = chance->state * 1664525u + 1013904223u;
    return chance->state >> 8;
}

/* Between -size and size. */
static float cln_fuzz_noise(cln_fuzz_chance *chance, float size)
{
    return size * ((float)(cln_fuzz_draw(chance) & 1023u) / 511.5f - 1.0f);
}

/* A quarter about z. */
static void cln_fuzz_turned(float out[3], cln_vector v)
{
    out[0] = -v.y;
    out[1] = v.x;
    out[2] = v.z;
}

void cln_fuzz_touch(const cln_model *model, int32_t object, cln_fuzz_chance *chance,
                    float percept[CLN_PERCEPT_SIZE])
{
    cln_memory memory;
    cln_surfel surfel;
    memory.model = *model;
    if (object < 0) {
        object = (int32_t)(cln_fuzz_draw(chance) % model->objects);
    }
    const cln_blob_object *thing = &model->object[object];
    cln_unpack(&memory, object,
               (int32_t)(thing->first_surfel + cln_fuzz_draw(chance) % thing->surfels), &surfel);
    memset(percept, 0, CLN_PERCEPT_SIZE * sizeof *percept);
    cln_fuzz_turned(percept + CLN_LOCATION, surfel.position);
    cln_fuzz_turned(percept + CLN_NORMAL, surfel.normal);
    cln_fuzz_turned(percept + CLN_DIRECTION, surfel.direction);
    for (int32_t k = 0; k < 3; k++) {
        percept[CLN_LOCATION + k] += 0.05f + cln_fuzz_noise(chance, 0.001f);
        percept[CLN_COLOUR + k] = surfel.colour[k];
    }
    percept[CLN_CURVATURE] = surfel.curvature[0];
    percept[CLN_CURVATURE + 1] = surfel.curvature[1];
    percept[CLN_ON_OBJECT] = cln_fuzz_draw(chance) % 8u ? 1.0f : 0.0f;
    percept[CLN_DIRECTED] = surfel.directed;
    percept[CLN_SIGMA_NORMAL] = 0.01f;
    percept[CLN_SIGMA_BEND] = 2.0f;
}

/* The most looks that a step may count, as docs/spec/blob.md says. */
static int64_t cln_fuzz_most_looks(const cln_column *column, uint32_t patches)
{
    const cln_blob_settings *s = &column->settings;
    const int64_t along = CLN_LOOKS_ALONG_A_LINE, all = along * s->percepts;
    const int64_t hypotheses = column->hypotheses.room, proposals = column->seeds.room;
    int64_t surfels = 0;
    for (int32_t o = 0; o < column->memory.model.objects; o++) {
        surfels = cln_larger((int32_t)surfels, cln_object(column, o)->surfels);
    }
    int64_t moved = column->past.moves > 0 ? (hypotheses + 1) * all : 0;
    return s->effort + along * patches * (hypotheses + proposals) + 6 * all + surfels / 6 +
           4 * s->probes + 400 + moved;
}

void cln_fuzz_check(const cln_column *column, const cln_model *model, uint32_t patches, int state)
{
    cln_decision d;
    cln_decide(column, &d);
    cln_fuzz_expect(state == CLN_ERROR_PERCEPT || (state >= CLN_OPEN && state <= CLN_UNKNOWN));
    cln_fuzz_expect(d.state >= CLN_OPEN && d.state <= CLN_UNKNOWN);
    cln_fuzz_expect(d.object >= -1 && d.object < model->objects);
    cln_fuzz_expect(d.state != CLN_RECOGNISED || d.object >= 0);
    cln_fuzz_expect(cln_is_finite(d.evidence) && cln_is_finite(d.rival) && cln_is_finite(d.fit));
    cln_fuzz_expect(d.percepts >= 0 && d.percepts <= column->settings.percepts);
    cln_fuzz_expect(d.others >= 0 && d.others < column->hypotheses.room);
    cln_fuzz_expect(d.looks >= 0 && d.looks <= cln_fuzz_most_looks(column, patches));
    cln_fuzz_expect(d.moves >= 0);
    cln_fuzz_expect(column->hypotheses.count <= column->hypotheses.room);
    cln_fuzz_expect(column->seeds.count <= column->seeds.room);
    for (int32_t i = 0; i < column->hypotheses.count; i++) {
        const int32_t object = column->hypotheses.of[i].object;
        cln_fuzz_expect(object >= 0 && object < model->objects);
    }
}
