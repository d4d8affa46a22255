/* A cortical column: percepts in, evidence over (object, pose) out.
 * See colonnade_models/column.py. */
#include "cln_column.h"

#include <string.h>

#define POLISHING 6  /* passes of refinement after a decision, at most */
#define LONGEST 2.0f /* along an axis: normals and directions are unit vectors */

/* Whether a percept can have been felt. */
static bool is_sound(const float percept[CLN_PERCEPT_SIZE])
{
    for (int32_t k = 0; k < CLN_PERCEPT_SIZE; k++) {
        bool unit = k >= CLN_NORMAL && k < CLN_CURVATURE;
        if (!cln_is_finite(percept[k]) || (unit && fabsf(percept[k]) > LONGEST)) {
            return false;
        }
    }
    return percept[CLN_ON_OBJECT] == 0.0f || percept[CLN_ON_OBJECT] == 1.0f;
}

/* Put a percept to those of the episode; false if there is no room. */
static bool remember(cln_column *c, const float percept[CLN_PERCEPT_SIZE])
{
    if (c->tally.percepts >= c->settings.percepts) {
        return false;
    }
    cln_features *f = &c->features[c->tally.percepts++];
    cln_features_of(percept, f);
    c->tally.looks += cln_looks_at(f);
    c->tally.met += f->on_object > 0.0f;
    return true;
}

/* Let the latest percept tell of the first `count` hypotheses, and how well it fits them and what
 * it costs them. */
static void weigh_latest(cln_column *c, cln_hypotheses *h, int32_t count)
{
    const cln_features *latest = &c->features[c->tally.percepts - 1];
    cln_spend(c, count * cln_looks_at(latest));
    for (int32_t i = 0; i < count; i++) {
        cln_hypothesis *one = &h->of[i];
        cln_score_parts parts = cln_score(&c->memory, one->object, one->pose, latest, c->tolerance,
                                          c->settings.reach);
        one->evidence += parts.nats;
        one->fit += parts.fit;
        one->cost += cln_lost(c, one->object, latest, parts);
    }
}

/* Whether it is time for new hypotheses. */
static bool doubts(cln_column *c)
{
    const cln_blob_settings *s = &c->settings;
    const cln_tally *t = &c->tally;
    if (t->met < s->first_seeding) {
        return false;
    }
    if (t->seeded_at == 0 || (t->met >= s->second_seeding && t->seedings < 2)) {
        return true;
    }
    int32_t best = cln_best_of(&c->hypotheses);
    if (t->met - t->seeded_at < 3) {
        return false;
    }
    if (t->cut > 0 && t->seedings < s->most_seedings) {
        return true;
    }
    return best < 0 || c->hypotheses.of[best].fit < s->poor * (float)t->met;
}

/* Whether a verdict should wait for new hypotheses. */
static bool hasty(cln_column *c)
{
    const cln_blob_settings *s = &c->settings;
    if (c->tally.met - c->tally.seeded_at < 3) {
        return false;
    }
    if (c->verdict.leader < 0) {
        return true;
    }
    cln_list_familiar(c);
    if (c->plan.list.count > s->few) {
        return true;
    }
    return c->hypotheses.of[c->verdict.leader].fit < s->sure * (float)c->tally.met;
}

/* If no new hypothesis explains all percepts, the object moved: keep those since then. */
static void explain_motion(cln_column *c)
{
    if (c->tally.seeded_at < c->tally.met && !cln_take_up(c, CLN_SEEK)) {
        return;
    }
    int32_t moves = c->past.moves;
    cln_take_up(c, CLN_LET_GO);
    if (c->past.moves > moves && c->tally.met >= c->settings.first_seeding) {
        cln_take_up(c, CLN_FIND_AGAIN);
    }
}

static void keep_winners(cln_column *c)
{
    cln_keep_winners(&c->hypotheses, c->settings.winners, c->settings.slack);
}

/* After the evidence of a step, of whose percepts `met` met the object: winners stay, doubts bring
 * new ones, leaders improve. */
static void conclude(cln_column *c, int32_t met)
{
    keep_winners(c);
    if (c->agenda.job != CLN_IDLE) {
        cln_carry_on(c);
    } else if (met > 0 && doubts(c)) {
        bool moved = c->past.moves > 0 && c->tally.seedings == 0;
        cln_take_up(c, moved ? CLN_FIND_AGAIN : CLN_SEEK);
    }
    if (c->agenda.job == CLN_IDLE && cln_moved_since(c) >= 0) {
        explain_motion(c);
    }
    cln_refine_leaders(c);
    cln_judge(c, cln_larger(met, 1));
    if (c->verdict.state != CLN_OPEN && hasty(c)) {
        keep_winners(c);
        cln_take_up(c, CLN_SEEK);
        cln_judge(c, 0);
    }
}

int cln_step(cln_column *c, const float percepts[][CLN_PERCEPT_SIZE], uint32_t patches)
{
    int32_t met = 0;
    bool sound = false;
    if (!c || !percepts || patches == 0 || patches > CLN_MOST_PATCHES) {
        return CLN_ERROR_ARGUMENT;
    }
    c->agenda.spent = 0;
    for (uint32_t j = 0; j < patches; j++) {
        if (!is_sound(percepts[j])) {
            continue;
        }
        sound = true;
        met += percepts[j][CLN_ON_OBJECT] > 0.0f;
        if (remember(c, percepts[j])) {
            weigh_latest(c, &c->hypotheses, c->hypotheses.count);
            weigh_latest(c, &c->seeds, c->agenda.weighed);
        }
    }
    if (sound) {
        conclude(c, met);
    }
    return sound ? c->verdict.state : CLN_ERROR_PERCEPT;
}

void cln_polish(cln_column *c)
{
    if (c && c->verdict.leader >= 0) {
        int32_t left = c->settings.effort - c->agenda.spent;
        int32_t passes = left / (c->tally.looks + 2 * c->tally.percepts);
        passes = cln_smaller(cln_larger(passes, 1), POLISHING);
        cln_refine_one(c, &c->hypotheses.of[c->verdict.leader], passes, c->tolerance);
    }
}

/* The best evidence for any object but the leader's, 0 where none lives. */
static float best_of_others(const cln_column *c, int32_t leading)
{
    float best = -INFINITY;
    for (int32_t o = 0; o < c->memory.model.objects; o++) {
        if (o != leading) {
            best = cln_max(best, c->best[o]);
        }
    }
    return best > -INFINITY ? best : 0.0f;
}

void cln_decide(const cln_column *column, cln_decision *out)
{
    if (!column || !out) {
        return;
    }
    const cln_verdict *v = &column->verdict;
    memset(out, 0, sizeof *out);
    out->state = v->state;
    out->object = -1;
    out->others = v->others;
    out->percepts = column->tally.percepts;
    out->moves = column->past.moves;
    out->looks = column->agenda.spent;
    if (v->leader < 0) {
        return;
    }
    const cln_hypothesis *leader = &column->hypotheses.of[v->leader];
    out->object = leader->object;
    out->evidence = leader->evidence;
    memcpy(out->pose, leader->pose, sizeof out->pose);
    out->rival = best_of_others(column, leader->object);
    out->fit = leader->fit / (float)cln_larger(column->tally.met, 1);
}

void cln_column_reset(cln_column *c)
{
    if (!c) {
        return;
    }
    memset(&c->tally, 0, sizeof c->tally);
    memset(&c->agenda, 0, sizeof c->agenda);
    memset(&c->past, 0, sizeof c->past);
    memset(c->proposed, 0, (size_t)c->settings.percepts);
    c->tally.reconsidered = -1;
    c->past.object[0] = c->past.object[1] = -1;
    c->hypotheses.count = c->seeds.count = 0;
    c->rival_object = -1;
    c->verdict.state = CLN_OPEN;
    c->verdict.leader = c->verdict.rival = -1;
    c->verdict.others = 0;
    for (int32_t o = 0; o < c->memory.model.objects; o++) {
        c->past_evidence[o] = 0.0f;
        c->best[o] = -INFINITY;
    }
}
