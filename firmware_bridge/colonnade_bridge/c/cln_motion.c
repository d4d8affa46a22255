/* Motion: an object that is shifted or turned while it is felt, noticed and found again.
 * See colonnade_models/motion.py. */
#include "cln_column.h"

#include <string.h>

#define LATEST 20
#define EXPECTED 1.0f
#define SETTLED 4
#define DOUBT 8.0f
#define WORTH_SEEKING 6.0f

void cln_remember_leader(cln_column *c, int32_t leader)
{
    const cln_hypothesis *h = &c->hypotheses.of[leader];
    c->past.object[1] = h->object;
    memcpy(c->past.pose[1], h->pose, sizeof h->pose);
}

/* How well the latest leader fits percept p, where it lay when last it fitted. */
static float fit_of_leader(cln_column *c, int32_t p)
{
    cln_spend(c, cln_looks_at(&c->features[p]));
    return cln_fit(&c->memory, c->past.object[1], c->past.pose[1], &c->features[p], c->tolerance,
                   c->settings.reach);
}

/* The first percept after the object moved, -1 while nothing speaks for that (Page 1954). */
int32_t cln_moved_since(cln_column *c)
{
    const cln_blob_settings *s = &c->settings;
    int32_t count = c->tally.percepts, since = -1;
    float total = 0.0f, most = 0.0f, hoped = 0.0f, expected = 0.0f;
    if (c->past.object[1] < 0) {
        return -1;
    }
    for (int32_t p = count - 1; p > cln_larger(-1, count - 1 - LATEST); p--) {
        if (c->features[p].on_object > 0.0f) {
            hoped += EXPECTED;
            total += EXPECTED;
        }
        total -= fit_of_leader(c, p);
        if (total <= 0.0f) {
            break;
        }
        if (total > most) {
            most = total;
            since = p;
            expected = hoped;
        }
    }
    if (most < s->alarm) {
        return -1;
    }
    int32_t met = 0;
    float fitted = 0.0f;
    for (int32_t p = 0; p < since; p++) {
        met += c->features[p].on_object > 0.0f;
        fitted += fit_of_leader(c, p);
    }
    if (met < SETTLED || fitted < s->fit * (float)met) {
        return -1;
    }
    int32_t best = cln_best_of(&c->hypotheses);
    if (best >= 0 && c->hypotheses.of[best].fit > fitted + expected - s->alarm) {
        return -1;
    }
    return since;
}

/* Evidence of a pose over the percepts before `since`, and of the past. */
static float evidence_until(cln_column *c, int32_t object, const float *pose, int32_t since)
{
    float total = 0.0f;
    for (int32_t p = 0; p < since; p++) {
        cln_spend(c, cln_looks_at(&c->features[p]));
        total += cln_score(&c->memory, object, pose, &c->features[p], c->tolerance,
                           c->settings.reach)
                     .nats;
    }
    return total + c->past_evidence[object];
}

/* Make the evidence of the percepts before `since` what each object starts from. */
static void believe(cln_column *c, int32_t since)
{
    cln_past *past = &c->past;
    int32_t led = past->object[1];
    float best = cln_max(-INFINITY, evidence_until(c, led, past->pose[1], since));
    for (int32_t i = 0; i < c->hypotheses.count; i++) {
        cln_hypothesis *h = &c->hypotheses.of[i];
        h->evidence = evidence_until(c, h->object, h->pose, since);
        best = cln_max(best, h->evidence);
    }
    for (int32_t o = 0; o < c->memory.model.objects; o++) {
        c->past_evidence[o] = -DOUBT;
    }
    for (int32_t i = 0; i < c->hypotheses.count; i++) {
        const cln_hypothesis *h = &c->hypotheses.of[i];
        float *evidence = &c->past_evidence[h->object];
        *evidence = cln_max(*evidence, h->evidence - best);
    }
    /* the leader is what it was taken for, whatever else explains as well what was felt before */
    c->past_evidence[led] = 0.0f;
    past->object[0] = led;
    memcpy(past->pose[0], past->pose[1], sizeof past->pose[0]);
    past->object[1] = -1;
    past->moves++;
}

/* Forget what was felt before `since`, but for what it tells of each object. */
static void forget_until(cln_column *c, int32_t since)
{
    believe(c, since);
    int32_t count = c->tally.percepts - since;
    memmove(c->features, c->features + since, (size_t)count * sizeof *c->features);
    memset(c->proposed, 0, (size_t)c->settings.percepts);
    memset(&c->tally, 0, sizeof c->tally);
    c->tally.percepts = count;
    c->tally.reconsidered = -1;
    for (int32_t p = 0; p < count; p++) {
        c->tally.met += c->features[p].on_object > 0.0f;
        c->tally.looks += cln_looks_at(&c->features[p]);
    }
    c->hypotheses.count = 0;
    c->rival_object = -1;
}

bool cln_let_go(cln_column *c)
{
    /* all that was felt is weighed once more: in a step that has most of its effort left */
    if (c->agenda.spent > c->settings.effort / 2) {
        return false;
    }
    int32_t since = cln_moved_since(c);
    if (since >= 0) {
        forget_until(c, since);
    }
    return true;
}

bool cln_find_again(cln_column *c)
{
    cln_agenda *a = &c->agenda;
    for (; a->object < c->memory.model.objects; a->object++) {
        if (c->past_evidence[a->object] > -WORTH_SEEKING) {
            if (!cln_reconsider(c, a->object)) {
                return false;
            }
            cln_keep_winners(&c->hypotheses, c->settings.winners, c->settings.slack);
        }
    }
    return true;
}
