/* Jobs: what brings new hypotheses, taken up in one step and finished in that or a later one.
 * See colonnade_models/jobs.py. */
#include "cln_column.h"

#include <string.h>

/* Nothing is to be done; what was spent stays. */
static void clear(cln_column *c)
{
    int32_t spent = c->agenda.spent;
    memset(&c->agenda, 0, sizeof c->agenda);
    c->agenda.spent = spent;
}

bool cln_carry_on(cln_column *c)
{
    int32_t job = c->agenda.job;
    bool done = true;
    if (job == CLN_SEEK) {
        done = cln_admit_seeds(c);
    } else if (job == CLN_LET_GO) {
        done = cln_let_go(c);
    } else if (job == CLN_FIND_AGAIN) {
        done = cln_find_again(c);
    } else if (job == CLN_CHALLENGE) {
        done = cln_challenge(c);
    }
    if (done) {
        clear(c);
        if (job != CLN_CHALLENGE) {
            cln_keep_winners(&c->hypotheses, c->settings.winners, c->settings.slack);
        }
    }
    return done;
}

bool cln_take_up(cln_column *c, int32_t job)
{
    clear(c);
    c->agenda.job = job;
    if (job == CLN_FIND_AGAIN) {
        c->tally.seeded_at = c->tally.met;
        c->tally.seedings++;
    }
    return cln_carry_on(c);
}
