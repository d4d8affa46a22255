/* Familiarity: which objects could these percepts be of at all, wherever on them they lie?
 * See colonnade_models/familiarity.py and profile.py. */
#include "cln_column.h"

#define FAMILIAR 7.0f
#define LEAST_LISTED 8
#define WORTH_NATS 2.0f
#define VAGUE_BEND 1.0f
#define STEPS_PER_NAT 16.0f
#define BENDS 8
#define HUES 10
#define SATURATIONS 5
#define VALUES 5

static int32_t bend_cell_along(float bend)
{
    static const float edge[BENDS - 1] = {-1.4f, -0.7f, -0.25f, 0.25f, 0.7f, 1.25f, 1.95f};
    int32_t cell = 0;
    for (int32_t k = 0; k < BENDS - 1; k++) {
        cell += bend >= edge[k];
    }
    return cell;
}

static int32_t colour_cell(const float colour[3])
{
    int32_t h = (int32_t)((colour[0] - cln_floor(colour[0])) * (float)HUES);
    int32_t s = (int32_t)(cln_min(cln_max(colour[1], 0.0f), 1.0f) * (float)SATURATIONS);
    int32_t v = (int32_t)(cln_min(cln_max(colour[2], 0.0f), 1.0f) * (float)VALUES);
    h = cln_smaller(h, HUES - 1);
    s = cln_smaller(s, SATURATIONS - 1);
    v = cln_smaller(v, VALUES - 1);
    return BENDS * BENDS + (h * SATURATIONS + s) * VALUES + v;
}

int32_t cln_surprise_of(const cln_column *c, const cln_features *f, int32_t object)
{
    const uint8_t *surprise = c->memory.model.surprise + object;
    int32_t objects = c->memory.model.objects, bent = 0;
    if (f->variance_bend < VAGUE_BEND) {
        int32_t cell = bend_cell_along(f->bend[0]) * BENDS + bend_cell_along(f->bend[1]);
        bent = surprise[cell * objects];
    }
    return bent + surprise[colour_cell(f->colour) * objects];
}

void cln_list_familiar(cln_column *c)
{
    cln_shortlist *out = &c->plan.list;
    int32_t total[CLN_MOST_OBJECTS] = {0}, listed = 0;
    for (int32_t o = 0; o < c->memory.model.objects; o++) {
        for (int32_t p = 0; p < c->tally.percepts; p++) {
            if (c->features[p].on_object != 0.0f) {
                total[o] += cln_surprise_of(c, &c->features[p], o);
            }
        }
        if (listed == CLN_MOST_LISTED && total[o] >= total[out->object[listed - 1]]) {
            continue;
        }
        int32_t k = listed < CLN_MOST_LISTED ? listed : listed - 1;
        while (k > 0 && total[o] < total[out->object[k - 1]]) {
            out->object[k] = out->object[k - 1];
            k--;
        }
        out->object[k] = (uint8_t)o;
        listed = cln_smaller(listed + 1, CLN_MOST_LISTED);
    }
    int32_t least = total[out->object[0]];
    out->count = 0;
    for (int32_t k = 0; k < listed; k++) {
        float behind = (float)(total[out->object[k]] - least) / STEPS_PER_NAT;
        if (k >= LEAST_LISTED && behind > FAMILIAR) {
            break;
        }
        out->worth[k] = WORTH_NATS / (WORTH_NATS + behind);
        out->count = k + 1;
    }
}

void cln_list_only(cln_column *c, int32_t object)
{
    c->plan.list.object[0] = (uint8_t)object;
    c->plan.list.worth[0] = 1.0f;
    c->plan.list.count = 1;
}
