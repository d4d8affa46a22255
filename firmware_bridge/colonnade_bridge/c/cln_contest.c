/* The contest: how well hypotheses explain all percepts, and how the leaders improve.
 * See colonnade_models/contest.py. */
#include "cln_column.h"
#include "cln_refinement.h"

/* Looks that are taken as fast as a percept pulls at a pose, and as the equations are solved. */
#define LOOKS_TO_PULL 2
#define LOOKS_TO_SOLVE 2

/* Find out how well all percepts of the episode, and the past, speak for a hypothesis, how well
 * they fit, and what they cost it. */
void cln_assess(cln_column *c, cln_hypothesis *h)
{
    int32_t count = c->tally.percepts;
    h->evidence = cln_before(c, h->object, h->pose);
    h->fit = h->cost = 0.0f;
    for (int32_t p = 0; p < count; p++) {
        const cln_features *f = &c->features[p];
        cln_score_parts parts = cln_score(&c->memory, h->object, h->pose, f, c->tolerance,
                                          c->settings.reach);
        h->evidence = h->evidence + parts.nats;
        h->fit = h->fit + parts.fit;
        h->cost = h->cost + cln_lost(c, h->object, f, parts);
    }
    cln_spend(c, c->tally.looks);
}

/* Of hypotheses that agree in object and pose keep the strongest. */
void cln_drop_twins(const cln_column *c, cln_hypotheses *h, float cosine, float distance)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < h->count; i++) {
        cln_hypothesis *one = &h->of[i];
        int32_t twin = 0;
        while (twin < kept &&
               !(one->object == h->of[twin].object &&
                 cln_is_near(one->pose, h->of[twin].pose, cln_object(c, one->object)->centre,
                             cosine, distance))) {
            twin++;
        }
        if (twin == kept) {
            if (kept != i) {
                h->of[kept] = *one;
            }
            kept++;
        } else if (one->evidence > h->of[twin].evidence) {
            h->of[twin] = *one;
        }
    }
    h->count = kept;
}

/* Refine one pose, whose evidence is known, and keep what scores best on all percepts. At most
 * about forty percepts pull at the pose. */
void cln_refine_one(cln_column *c, cln_hypothesis *h, int32_t passes, const cln_tolerance *t)
{
    int32_t count = c->tally.percepts, stride = 1 + count / 40;
    cln_hypothesis moved = *h;
    moved.standing.known = false;
    for (int32_t q = 0; q < passes; q++) {
        cln_refine(&c->memory, h->object, moved.pose, c->features, q % stride, count, stride, t);
        cln_spend(c, LOOKS_TO_PULL * (count / stride) + LOOKS_TO_SOLVE);
        cln_assess(c, &moved);
        if (moved.evidence > h->evidence) {
            *h = moved;
        }
    }
}

void cln_refine_leaders(cln_column *c)
{
    cln_hypotheses *h = &c->hypotheses;
    int32_t best = cln_best_of(h);
    if (best < 0) {
        return;
    }
    float low = h->of[best].evidence - c->settings.slack, high = h->of[best].evidence;
    for (int32_t k = 0; k < 10; k++) { /* the threshold is the evidence of the last of them */
        float middle = 0.5f * (low + high);
        int32_t count = 0;
        for (int32_t i = 0; i < h->count; i++) {
            count += h->of[i].evidence >= middle;
        }
        if (count > c->settings.refined) {
            low = middle;
        } else {
            high = middle;
        }
    }
    for (int32_t i = 0; i < h->count && !cln_exhausted(c); i++) {
        if (h->of[i].evidence >= high && (i + c->tally.met) % c->settings.refine_every == 0) {
            cln_refine_one(c, &h->of[i], 1, c->tolerance);
        }
    }
    cln_drop_twins(c, h, 0.999f, 0.002f);
}
