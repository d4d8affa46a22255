/* The challenge: a leader is told from what it may be mistaken for.
 * See colonnade_models/challenge.py. */
#include "cln_column.h"
#include "cln_distinction.h"

enum { SEEKING, RECONSIDERING, LISTING, TRYING };

/* Write down how the object would lie in each twin of the leading pose, if that is new. */
static void list_twins(cln_column *c, int32_t leader)
{
    const cln_hypothesis *h = &c->hypotheses.of[leader];
    const cln_blob_object *object = cln_object(c, h->object);
    c->seeds.count = 0;
    for (int32_t w = object->first_twin; w < object->first_twin + object->twins; w++) {
        float twin[CLN_POSE_SIZE], pose[CLN_POSE_SIZE];
        cln_twin_pose(&c->memory, w, twin);
        cln_after(twin, h->pose, pose);
        if (!cln_is_tried(&c->hypotheses, h->object, pose, object->centre)) {
            cln_push(&c->seeds, h->object, pose, 0.0f);
        }
    }
}

/* Give every twin that was written down its chance; true once all had it. */
static bool try_twins(cln_column *c)
{
    cln_hypotheses *h = &c->hypotheses, *s = &c->seeds;
    cln_agenda *a = &c->agenda;
    float hopeful = h->of[cln_best_of(h)].evidence - c->settings.slack - c->settings.hope;
    while (a->next < s->count) {
        if (cln_exhausted(c)) {
            return false;
        }
        cln_hypothesis *one = &s->of[a->next];
        cln_assess(c, one);
        if (one->evidence >= hopeful) {
            cln_refine_one(c, one, 2, c->tolerance);
        }
        a->next = a->weighed = a->next + 1;
    }
    cln_keep_winners(s, h->room - h->count, c->settings.slack);
    for (int32_t i = 0; i < s->count; i++) {
        cln_enter(h, &s->of[i]);
    }
    return true;
}

/* Let in what the leader must be told from: at first anything, then poses of its own object, and
 * its twins. */
bool cln_challenge(cln_column *c)
{
    cln_hypotheses *h = &c->hypotheses;
    cln_agenda *a = &c->agenda;
    if (a->phase == SEEKING) {
        if (c->tally.twinned_at == 0 && !cln_admit_seeds(c)) {
            return false;
        }
        a->phase = RECONSIDERING;
    }
    if (a->phase == RECONSIDERING) {
        if (!cln_reconsider(c, h->of[cln_best_of(h)].object)) {
            return false;
        }
        cln_keep_winners(h, c->settings.winners, c->settings.slack); /* or twins find no room */
        a->phase = LISTING;
    }
    if (a->phase == LISTING) {
        list_twins(c, cln_best_of(h));
        a->phase = TRYING;
        a->next = a->weighed = 0;
    }
    if (!try_twins(c)) {
        return false;
    }
    c->tally.twinned_at = c->tally.met;
    return true;
}
