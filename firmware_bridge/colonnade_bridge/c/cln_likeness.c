/* Likeness: whether two poses of one object that tie are worth telling apart.
 * See colonnade_models/likeness.py. */
#include "cln_column.h"

#define USUALLY_KEPT 0.6f

int32_t cln_compare_tied(cln_column *c, int32_t leader, int32_t other)
{
    const cln_blob_settings *s = &c->settings;
    float nats = CLN_UNMEASURED, turned = CLN_UNMEASURED, rate = 1.0f;
    cln_hold_against(c, leader);
    int32_t w = cln_twin_against(c, other);
    if (w >= 0) {
        nats = cln_twin_nats(&c->memory, w, CLN_NATS);
        turned = cln_twin_nats(&c->memory, w, CLN_NATS_OF_A_TURN);
        rate = cln_min(cln_twin_nats(&c->memory, w, CLN_RATE), 1.0f);
    }
    if (nats < s->symmetric_below || cln_max(nats, turned) < s->faint_below || rate < s->slow) {
        return CLN_ALIKE;
    }
    /* the less a touch tells, the smaller a lead is worth waiting for (Chernoff 1959) */
    if (c->ranked[leader] - c->ranked[other] >= s->pose_margin - cln_log(1.0f / rate)) {
        return CLN_AHEAD;
    }
    bool measured = nats < CLN_UNMEASURED;
    float lead = cln_expected_against(c, other);
    if (lead > s->refuted) {
        float usual = cln_usual_against(c, other);
        float kept = measured ? cln_min(nats / usual, 1.0f) : USUALLY_KEPT;
        if (lead * kept > s->refuted && lead >= usual * (float)c->tally.met) {
            return CLN_ALIKE;
        }
    }
    return !measured && cln_alike_against(c, other) ? CLN_ALIKE : CLN_UNSETTLED;
}
