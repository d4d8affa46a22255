/* A column in memory that the caller gives: how much it needs, and how that is shared out. */
#include "cln_column.h"

#include <string.h>

#define ALIGNMENT sizeof(uint64_t)

/* What is left of the caller's memory; `base` may be NULL, to count only. */
typedef struct {
    uint8_t *base;
    size_t used;
} room;

static void *share(room *r, size_t bytes)
{
    void *here = r->base ? r->base + r->used : NULL;
    r->used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return here;
}

static int32_t given(uint32_t limit, int32_t otherwise)
{
    return limit ? (int32_t)limit : otherwise;
}

/* The settings of the model, with the limits that were given; false where they make no sense. */
static bool limited(const cln_model *model, const cln_limits *limits, cln_blob_settings *s)
{
    *s = *model->settings;
    if (limits) {
        s->winners = given(limits->winners, s->winners);
        s->refined_seeds = given(limits->refined, s->refined_seeds);
        s->proposals = given(limits->proposals, s->proposals);
        s->percepts = given(limits->percepts, s->percepts);
        s->effort = given(limits->effort, s->effort);
    }
    return cln_settings_are_sound(s, model);
}

static size_t most_surfels(const cln_model *model)
{
    size_t most = 0;
    for (int32_t o = 0; o < model->objects; o++) {
        most = model->object[o].surfels > most ? model->object[o].surfels : most;
    }
    return most;
}

/* Share the memory out, in the same order every time. */
static cln_column *lay_out(room *r, const cln_model *model, const cln_blob_settings *s)
{
    size_t percepts = (size_t)s->percepts, objects = model->objects;
    size_t winners = (size_t)s->winners + (size_t)s->refined_seeds;
    size_t proposals = (size_t)s->proposals;
    cln_column parts, *c = share(r, sizeof *c);
    memset(&parts, 0, sizeof parts);
    parts.features = share(r, percepts * sizeof *parts.features);
    parts.proposed = share(r, percepts);
    parts.hypotheses.of = share(r, winners * sizeof(cln_hypothesis));
    parts.hypotheses.room = (int32_t)winners;
    parts.seeds.of = share(r, proposals * sizeof(cln_hypothesis));
    parts.seeds.room = (int32_t)proposals;
    parts.resembling = share(r, (most_surfels(model) + 7) / 8);
    parts.ranked = share(r, winners * sizeof *parts.ranked);
    parts.possible = share(r, winners * sizeof *parts.possible);
    parts.best = share(r, objects * sizeof *parts.best);
    parts.past_evidence = share(r, objects * sizeof *parts.past_evidence);
    parts.memory.model = *model;
    parts.settings = *s;
    if (c) {
        *c = parts;
    }
    return c;
}

size_t cln_column_bytes(const cln_model *model, const cln_limits *limits)
{
    cln_blob_settings settings;
    room counted = {NULL, 0};
    if (!model || !model->blob || !limited(model, limits, &settings)) {
        return 0;
    }
    lay_out(&counted, model, &settings);
    return counted.used;
}

int cln_column_init(cln_column **column, void *memory, size_t bytes, const cln_model *model,
                    const cln_limits *limits)
{
    cln_blob_settings settings;
    room given_room = {memory, 0};
    if (!column || !memory || !model || !model->blob) {
        return CLN_ERROR_ARGUMENT;
    }
    if ((uintptr_t)memory % ALIGNMENT) {
        return CLN_ERROR_ALIGNMENT;
    }
    size_t needed = cln_column_bytes(model, limits);
    if (needed == 0 || !limited(model, limits, &settings)) {
        return CLN_ERROR_LIMITS;
    }
    if (bytes < needed) {
        return CLN_ERROR_MEMORY;
    }
    cln_column *c = lay_out(&given_room, model, &settings);
    c->tolerance = &c->settings.tolerance;
    cln_column_reset(c);
    *column = c;
    return CLN_OK;
}
