/* The judge: who leads, who is the rival that matters, and whether that is enough to decide.
 * See colonnade_models/judge.py. */
#include "cln_column.h"

#define NEARLY 0.94f
#define APART 0.01f

enum { SETTLED = -1, NOT_YET = -2 };

/* The strongest hypothesis of any other object, -1 if there is none. */
static int32_t rival_object(const cln_column *c, int32_t leader)
{
    const cln_hypotheses *h = &c->hypotheses;
    int32_t rival = -1;
    for (int32_t i = 0; i < h->count; i++) {
        if (leader >= 0 && h->of[i].object == h->of[leader].object) {
            continue;
        }
        if (rival < 0 || h->of[i].evidence > h->of[rival].evidence) {
            rival = i;
        }
    }
    return rival;
}

/* Write down who leads, the strongest of another object, and the best of every object. */
static void look_up(cln_column *c)
{
    for (int32_t o = 0; o < c->memory.model.objects; o++) {
        c->best[o] = -INFINITY;
    }
    for (int32_t i = 0; i < c->hypotheses.count; i++) {
        const cln_hypothesis *h = &c->hypotheses.of[i];
        c->best[h->object] = cln_max(c->best[h->object], h->evidence);
        c->ranked[i] = h->evidence;
    }
    c->verdict.leader = cln_best_of(&c->hypotheses);
    c->verdict.rival = rival_object(c, c->verdict.leader);
    c->verdict.others = 0;
}

/* Whether the leader leaves every other object behind. */
static bool leads(const cln_column *c)
{
    const cln_verdict *v = &c->verdict;
    const cln_hypothesis *of = c->hypotheses.of;
    return v->rival < 0 || of[v->leader].evidence - of[v->rival].evidence >= c->settings.margin;
}

/* Whether the leader fits as well as what is recognised must. */
static bool fits(cln_column *c)
{
    return c->hypotheses.of[c->verdict.leader].fit >= c->settings.fit * (float)c->tally.met;
}

/* A pose of the leader's object that might as well be the true one. Those that are possible are
 * marked and counted: they look alike, or, to one that is not patient any more, were not told
 * apart. */
static int32_t other_pose(cln_column *c, bool patient)
{
    cln_verdict *v = &c->verdict;
    const cln_hypothesis *of = c->hypotheses.of, *leader = &of[v->leader];
    v->others = 0;
    for (int32_t i = 0; i < c->hypotheses.count; i++) {
        c->possible[i] = i == v->leader;
        if (i == v->leader || of[i].object != leader->object) {
            continue;
        }
        if (c->ranked[v->leader] - c->ranked[i] >= c->settings.pose_margin) {
            continue;
        }
        if (cln_is_near(of[i].pose, leader->pose, cln_object(c, leader->object)->centre, NEARLY,
                        APART)) {
            c->possible[i] = true;
            continue;
        }
        if (cln_exhausted(c)) {
            return NOT_YET;
        }
        int32_t found = cln_compare_tied(c, v->leader, i);
        if (found == CLN_UNSETTLED && patient) {
            return i;
        }
        if (found != CLN_AHEAD) {
            c->possible[i] = true;
            v->others++;
        }
    }
    return SETTLED;
}

/* Whether the leader, if there is one, fits; if not for long, the object is unknown. */
static bool is_known(cln_column *c)
{
    const cln_blob_settings *s = &c->settings;
    int32_t met = c->tally.met;
    float fit = c->verdict.leader < 0 ? 0.0f : c->hypotheses.of[c->verdict.leader].fit;
    if (c->verdict.leader >= 0 && !(fit < s->fit * (float)met)) {
        return true;
    }
    bool strange = fit < s->strange * (float)met;
    if (met >= 2 * s->unknown_percepts || (met >= s->unknown_percepts && strange)) {
        c->verdict.state = CLN_UNKNOWN;
    }
    return false;
}

/* Whether it is time for a challenge. */
static bool is_due(const cln_column *c)
{
    const cln_blob_settings *s = &c->settings;
    int32_t met = c->tally.met, challenged = c->tally.twinned_at;
    if (challenged == 0) {
        return met >= s->first_challenge;
    }
    return met >= s->least_percepts && met - challenged >= s->challenge_every;
}

void cln_judge(cln_column *c, int32_t percepts)
{
    cln_verdict *v = &c->verdict;
    const cln_blob_settings *s = &c->settings;
    int32_t met = c->tally.met;
    look_up(c);
    v->state = CLN_OPEN;
    if (c->agenda.job != CLN_IDLE || !is_known(c)) {
        return;
    }
    cln_remember_leader(c, v->leader);
    if (!leads(c)) {
        return;
    }
    /* the object is sure; is it still when challenged, and is the pose? ties must look alike */
    if (is_due(c)) {
        bool done = cln_take_up(c, CLN_CHALLENGE);
        look_up(c); /* who entered has no rank yet */
        if (!done) {
            return;
        }
        if (!(leads(c) && fits(c))) {
            return;
        }
    }
    if (met < s->least_percepts || !cln_rank_poses(c)) {
        return;
    }
    cln_remember_leader(c, v->leader);
    int32_t other = other_pose(c, true);
    if (other >= 0) {
        v->rival = other;
        c->tally.calm += percepts;
        if (c->tally.calm < s->patience) {
            return;
        }
        other = other_pose(c, false);
    }
    if (other != NOT_YET) {
        v->state = CLN_RECOGNISED;
    }
}
