/* Ranking: which pose of the leading object leads, by what tells poses of one object apart.
 * See colonnade_models/ranking.py. */
#include "cln_column.h"

#define MOST_COUNTED 5.0f
#define MOST_MISSED 2.0f
#define LEAST_WORTH 0.1f

/* Nats that features cost a pose of an object, as far as what they tell is trusted. */
float cln_lost(const cln_column *c, int32_t object, const cln_features *f, cln_score_parts parts)
{
    if (f->on_object == 0.0f) {
        return cln_min(-parts.nats, MOST_MISSED);
    }
    const float *trust = cln_object(c, object)->trust;
    float shaped = c->tolerance->gain - parts.nats - parts.coloured;
    return cln_min(trust[0] * shaped + trust[1] * parts.coloured, MOST_COUNTED);
}

/* Rank every pose of the leading object by what the percepts so far cost it. */
static void rank(cln_column *c)
{
    int32_t leading = c->hypotheses.of[c->verdict.leader].object;
    for (int32_t i = 0; i < c->hypotheses.count; i++) {
        const cln_hypothesis *h = &c->hypotheses.of[i];
        if (h->object == leading) {
            c->ranked[i] = cln_before(c, h->object, h->pose) - h->cost;
        }
    }
}

/* Let the pose of the leading object lead that costs least and fits. */
static void lead(cln_column *c)
{
    int32_t leader = c->verdict.leader, leading = c->hypotheses.of[leader].object;
    for (int32_t i = 0; i < c->hypotheses.count; i++) {
        const cln_hypothesis *h = &c->hypotheses.of[i];
        if (h->object == leading && c->ranked[i] > c->ranked[leader] &&
            h->fit >= c->settings.fit * (float)c->tally.met) {
            leader = i;
        }
    }
    c->verdict.leader = leader;
}

/* Let percepts put the twins of the leader behind by no more than they bear out. */
static void believe(cln_column *c)
{
    const cln_hypothesis *leader = &c->hypotheses.of[c->verdict.leader];
    cln_hold_against(c, c->verdict.leader);
    for (int32_t i = 0; i < c->hypotheses.count; i++) {
        const cln_hypothesis *h = &c->hypotheses.of[i];
        float gap = h->cost - leader->cost;
        if (h->object != leader->object || gap <= 0.0f) {
            continue;
        }
        int32_t w = cln_twin_against(c, i);
        if (w >= 0) {
            float worth = cln_twin_nats(&c->memory, w, CLN_WORTH);
            if (worth < CLN_UNMEASURED) {
                c->ranked[i] += (1.0f - cln_max(worth, LEAST_WORTH)) * gap;
            }
        }
    }
}

bool cln_rank_poses(cln_column *c)
{
    if (cln_exhausted(c)) {
        return false;
    }
    rank(c);
    lead(c);
    believe(c);
    return true;
}

/* Nats by which a hypothesis is behind the leader, by what tells the two apart. */
float cln_behind(const cln_column *c, int32_t i)
{
    const cln_hypothesis *h = &c->hypotheses.of[i];
    const cln_hypothesis *leader = &c->hypotheses.of[c->verdict.leader];
    if (h->object == leader->object) {
        return cln_max(c->ranked[c->verdict.leader] - c->ranked[i], 0.0f);
    }
    return cln_max(c->best[leader->object] - h->evidence, 0.0f);
}
