/* Proposing: new hypotheses are laid out by a telling percept, refined, and enter the contest.
 * See colonnade_models/proposing.py. */
#include "cln_column.h"

/* Lay the anchor onto surfels of the listed objects. */
static bool lay_out(cln_column *c, const cln_tolerance *t, int32_t budget)
{
    int32_t left = c->settings.effort - c->agenda.spent;
    cln_spend(c, cln_seed_go_on(c, t, budget, c->settings.seed_slack, left));
    return c->plan.listed >= c->plan.list.count;
}

/* Let looks that met nothing speak against proposals with a surface there; keep the best. */
static bool weigh_misses(cln_column *c)
{
    cln_agenda *a = &c->agenda;
    int32_t missed = c->tally.percepts - c->tally.met, refined = c->settings.refined_seeds;
    while (a->next < c->seeds.count) {
        if (cln_exhausted(c)) {
            return false;
        }
        cln_hypothesis *one = &c->seeds.of[a->next++];
        for (int32_t p = 0; p < c->tally.percepts; p++) {
            const cln_features *f = &c->features[p];
            if (f->on_object == 0.0f) {
                one->evidence += cln_score(&c->memory, one->object, one->pose, f, c->tolerance,
                                           c->settings.reach)
                                     .nats;
            }
        }
        cln_spend(c, missed * CLN_LOOKS_ALONG_A_LINE);
    }
    a->left_out = cln_larger(0, c->seeds.count - refined);
    cln_keep_winners(&c->seeds, refined, c->settings.seed_slack);
    return true;
}

/* Refine every proposal that was kept, and keep the best half. */
static bool refine_coarsely(cln_column *c, const cln_tolerance *t)
{
    cln_agenda *a = &c->agenda;
    while (a->next < c->seeds.count) {
        if (cln_exhausted(c)) {
            return false;
        }
        cln_hypothesis *one = &c->seeds.of[a->next];
        cln_assess(c, one);
        cln_refine_one(c, one, 2, t);
        a->next = a->weighed = a->next + 1;
    }
    cln_drop_twins(c, &c->seeds, 0.994f, 0.004f);
    cln_keep_winners(&c->seeds, c->settings.refined_seeds / 2, c->settings.slack);
    return true;
}

/* Refine every proposal once more. */
static bool refine_finely(cln_column *c, const cln_tolerance *t)
{
    cln_agenda *a = &c->agenda;
    while (a->next < c->seeds.count) {
        if (cln_exhausted(c)) {
            return false;
        }
        cln_refine_one(c, &c->seeds.of[a->next], 2, t);
        a->next++;
    }
    return true;
}

/* Admit what the most telling percept proposes of the listed objects. */
static bool propose(cln_column *c, uint8_t proposed, int32_t budget)
{
    cln_agenda *a = &c->agenda;
    cln_tolerance coarse = cln_loosened(c->tolerance, 0.003f, 0.15f);
    cln_tolerance middle = cln_loosened(c->tolerance, 0.001f, 0.06f);
    if (a->stage == CLN_REST) {
        a->left_out = -1;
        int32_t anchor = cln_choose_anchor(c, proposed);
        if (anchor < 0) {
            return true;
        }
        c->proposed[anchor] = (uint8_t)(c->proposed[anchor] | proposed);
        cln_seed_begin(c, anchor);
        a->stage = CLN_LAYING;
    }
    if (a->stage == CLN_LAYING && lay_out(c, &coarse, budget)) {
        a->stage = CLN_WEIGHING;
        a->next = 0;
    }
    if (a->stage == CLN_WEIGHING && weigh_misses(c)) {
        a->stage = CLN_COARSE;
        a->next = a->weighed = 0;
    }
    if (a->stage == CLN_COARSE && refine_coarsely(c, &coarse)) {
        a->stage = CLN_FINE;
        a->next = 0;
        a->weighed = c->seeds.count;
    }
    if (a->stage == CLN_FINE && refine_finely(c, &middle)) {
        for (int32_t i = 0; i < c->seeds.count; i++) {
            cln_enter(&c->hypotheses, &c->seeds.of[i]);
        }
        cln_drop_twins(c, &c->hypotheses, 0.997f, 0.003f);
        a->stage = CLN_REST;
        a->weighed = 0;
    }
    return a->stage == CLN_REST;
}

/* Propose, refine and admit new hypotheses of any object. */
bool cln_admit_seeds(cln_column *c)
{
    cln_blob_settings *s = &c->settings;
    if (c->agenda.stage == CLN_REST) {
        c->tally.seeded_at = c->tally.met;
        cln_list_familiar(c);
    }
    if (!propose(c, CLN_PROPOSED_ANY,
                 cln_larger(s->seed_budget, s->seed_share * c->plan.list.count))) {
        return false;
    }
    c->tally.seeded_at = c->tally.met;
    if (c->agenda.left_out >= 0) {
        c->tally.seedings++;
        c->tally.cut = c->agenda.left_out;
    }
    return true;
}

/* Propose, refine and admit new poses of one object, each time from another percept. Until it is
 * done it stays with the object that it began with. */
bool cln_reconsider(cln_column *c, int32_t object)
{
    if (c->agenda.stage == CLN_REST) {
        if (c->tally.reconsidered != object) {
            c->tally.reconsidered = object;
            for (int32_t p = 0; p < c->settings.percepts; p++) {
                c->proposed[p] = (uint8_t)(c->proposed[p] & ~CLN_PROPOSED_OWN);
            }
        }
        cln_list_only(c, object);
    }
    return propose(c, CLN_PROPOSED_OWN, c->settings.seed_budget / 2);
}
