/* The contest: how well hypotheses explain all percepts, and how the leaders improve.
 * See colonnade_models/contest.py. */
#include "cln_column.h"
#include "cln_refinement.h"

#include <string.h>

float cln_total_evidence(cln_column *c, int32_t object, const float *pose)
{
    float total = cln_before(c, object, pose);
    for (int32_t p = 0; p < c->tally.percepts; p++) {
        total = total + cln_score(&c->memory, object, pose, &c->features[p], c->tolerance,
                                  c->settings.reach)
                            .nats;
    }
    cln_spend(c, c->tally.looks);
    return total;
}

float cln_total_fit(cln_column *c, int32_t object, const float *pose)
{
    float total = 0.0f;
    for (int32_t p = 0; p < c->tally.percepts; p++) {
        total = total + cln_fit(&c->memory, object, pose, &c->features[p], c->tolerance,
                                c->settings.reach);
    }
    cln_spend(c, c->tally.looks);
    return total;
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
    float moved[CLN_POSE_SIZE];
    memcpy(moved, h->pose, sizeof moved);
    for (int32_t q = 0; q < passes; q++) {
        cln_refine(&c->memory, h->object, moved, c->features, q % stride, count, stride, t);
        cln_spend(c, count / stride);
        float total = cln_total_evidence(c, h->object, moved);
        if (total > h->evidence) {
            h->evidence = total;
            cln_put(h, moved);
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
