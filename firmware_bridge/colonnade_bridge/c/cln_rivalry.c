/* Rivalry: how the poses of an object stand to the one that leads, kept for as long as neither
 * changes. See colonnade_models/rivalry.py. */
#include "cln_column.h"
#include "cln_distinction.h"

#include <string.h>

#define SAME_ANGLE 0.966f
#define SAME_PLACE 0.008f

enum { UNSEEN, UNLIKE, LIKE };

static bool is_rival(const cln_column *c, const cln_hypothesis *h)
{
    bool same = c->rival_object == h->object;
    for (int32_t k = 0; k < CLN_POSE_SIZE; k++) {
        same = same && c->rival_pose[k] == h->pose[k];
    }
    return same;
}

/* Hold all hypotheses against the leader. */
void cln_hold_against(cln_column *c, int32_t leader)
{
    const cln_hypothesis *h = &c->hypotheses.of[leader];
    if (is_rival(c, h)) {
        return;
    }
    c->rival_object = h->object;
    memcpy(c->rival_pose, h->pose, sizeof c->rival_pose);
    for (int32_t i = 0; i < c->hypotheses.count; i++) {
        c->hypotheses.of[i].standing.known = false;
    }
}

/* The twin of an object that leads from pose a to b, -1 if none is known. */
static int32_t twin_between(const cln_column *c, int32_t o, const float *a, const float *b)
{
    const cln_blob_object *object = cln_object(c, o);
    float apart[CLN_POSE_SIZE], twin[CLN_POSE_SIZE];
    cln_relative_pose(a, b, apart);
    for (int32_t w = object->first_twin; w < object->first_twin + object->twins; w++) {
        cln_twin_pose(&c->memory, w, twin);
        if (cln_is_near(twin, apart, object->centre, SAME_ANGLE, SAME_PLACE)) {
            return w;
        }
    }
    return -1;
}

/* Which twin of the rival a hypothesis is, -1 for none, as for one of another object. */
int32_t cln_twin_against(cln_column *c, int32_t i)
{
    cln_hypothesis *h = &c->hypotheses.of[i];
    cln_standing *s = &h->standing;
    if (!s->known) {
        s->known = true;
        s->alike = UNSEEN;
        s->twin = -1;
        s->percepts = 0;
        s->expected = 0.0f;
        s->usual = INFINITY;
        if (h->object == c->rival_object) {
            s->twin = (int16_t)twin_between(c, h->object, c->rival_pose, h->pose);
        }
    }
    return s->twin;
}

/* Nats by which the percepts so far should have told the rival from a hypothesis. */
float cln_expected_against(cln_column *c, int32_t i)
{
    const cln_hypothesis *h = &c->hypotheses.of[i];
    cln_standing *s = &c->hypotheses.of[i].standing;
    cln_twin_against(c, i);
    cln_spend(c, 2 * (c->tally.percepts - s->percepts));
    s->expected = cln_expected_lead(c, c->rival_object, c->rival_pose, h->object, h->pose,
                                    s->percepts, s->expected);
    s->percepts = c->tally.percepts;
    return s->expected;
}

/* Nats by which a touch anywhere should tell the rival from a hypothesis, on average. */
float cln_usual_against(cln_column *c, int32_t i)
{
    const cln_hypothesis *h = &c->hypotheses.of[i];
    cln_standing *s = &c->hypotheses.of[i].standing;
    cln_twin_against(c, i);
    if (s->usual == INFINITY) {
        cln_spend(c, 2 * c->settings.probes);
        s->usual = cln_usual_lead(c, c->rival_object, c->rival_pose, h->object, h->pose);
    }
    return s->usual;
}

/* Whether touches all over could hardly tell the rival from a hypothesis. */
bool cln_alike_against(cln_column *c, int32_t i)
{
    const cln_hypothesis *h = &c->hypotheses.of[i];
    cln_standing *s = &c->hypotheses.of[i].standing;
    cln_twin_against(c, i);
    if (s->alike == UNSEEN) {
        cln_spend(c, 2 * c->settings.probes);
        s->alike = cln_look_alike(c, c->rival_object, c->rival_pose, h->object, h->pose) ? LIKE
                                                                                         : UNLIKE;
    }
    return s->alike == LIKE;
}
