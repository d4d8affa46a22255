/* Seeding: the most telling percept proposes hypotheses at every place that resembles it.
 * See colonnade_models/seeding.py. */
#include "cln_column.h"

#include <string.h>

#define RESEMBLING_BEND 0.2f
#define DIRECTED_POSES 0.25f
#define LOWEST (-1e9f)
#define SURFELS_A_LOOK 6

/* Whether a percept's bending and colour could be those of a surfel, of which these are left in
 * `s`. */
static bool resembles(const cln_column *c, const cln_features *f, int32_t surfel,
                      const cln_tolerance *t, cln_surfel *s)
{
    cln_unpack_bend(&c->memory, surfel, s);
    float variance = t->bend + f->variance_bend + s->spread_bend;
    float b1 = f->bend[0] - s->bend[0], b2 = f->bend[1] - s->bend[1];
    float total = RESEMBLING_BEND * (b1 * b1 + b2 * b2) / variance;
    if (total > c->settings.resembling) {
        return false;
    }
    cln_unpack_colour(&c->memory, surfel, s);
    total = total + cln_colour_difference(f->colour, s, t, NULL);
    return total <= c->settings.resembling;
}

int32_t cln_choose_anchor(cln_column *c, uint8_t proposed)
{
    const cln_shortlist *list = &c->plan.list;
    int32_t best = -1;
    float fewest = 0.0f;
    for (int32_t i = 0; i < c->tally.percepts; i++) {
        const cln_features *f = &c->features[i];
        if (f->on_object == 0.0f || (c->proposed[i] & proposed) != 0) {
            continue;
        }
        float poses = 0.0f;
        for (int32_t k = 0; k < list->count; k++) {
            int32_t o = list->object[k];
            float likely = c->memory.model.tables->likelihood[cln_surprise_of(c, f, o)];
            poses += list->worth[k] * (float)cln_object(c, o)->surfels * likely;
        }
        if (f->directed > 0.0f) {
            poses = poses * DIRECTED_POSES;
        }
        if (best < 0 || poses <= fewest) {
            best = i;
            fewest = poses;
        }
    }
    return best;
}

/* Choose up to CLN_MOST_CHECKS percepts, each the farthest from the anchor and those chosen. */
static int32_t plan_checks(cln_column *c, int32_t anchor)
{
    cln_seed_plan *plan = &c->plan;
    int32_t chosen = 0;
    while (chosen < CLN_MOST_CHECKS) {
        int32_t best = -1;
        float farthest = 0.0f;
        for (int32_t i = 0; i < c->tally.percepts; i++) {
            if (i == anchor || c->features[i].on_object == 0.0f) {
                continue;
            }
            float nearest = 1e9f;
            for (int32_t k = -1; k < chosen; k++) {
                int32_t j = k < 0 ? anchor : plan->order[k];
                cln_vector step = cln_minus(c->features[i].location, c->features[j].location);
                nearest = cln_min(nearest, i == j ? -1.0f : cln_dot(step, step));
            }
            if (nearest > farthest) {
                best = i;
                farthest = nearest;
            }
        }
        if (best < 0) {
            break;
        }
        plan->order[chosen++] = best;
    }
    return chosen;
}

/* The percept's normal, tangent and their product, made orthogonal. */
static void make_frame(const cln_features *f, float frame[9])
{
    cln_vector n = f->normal, d = f->direction;
    float along = cln_dot(n, d);
    float d0 = d.x - along * n.x, d1 = d.y - along * n.y, d2 = d.z - along * n.z;
    float size = 1.0f / sqrtf(cln_max(d0 * d0 + d1 * d1 + d2 * d2, 1e-12f));
    d = cln_vec(d0 * size, d1 * size, d2 * size);
    cln_vector b = cln_cross(n, d);
    const cln_vector axes[3] = {n, d, b};
    for (int32_t k = 0; k < 3; k++) {
        frame[3 * k] = axes[k].x;
        frame[3 * k + 1] = axes[k].y;
        frame[3 * k + 2] = axes[k].z;
    }
}

/* The pose that lays the percept's frame onto the surfel's, turned about the normal. */
static void align(const float frame[9], const cln_features *f, const cln_surfel *s, float cosine,
                  float sine, float pose[12])
{
    cln_vector m = s->normal, e = s->direction, g = cln_cross(m, e);
    float x[3] = {cosine * e.x + sine * g.x, cosine * e.y + sine * g.y, cosine * e.z + sine * g.z};
    float y[3] = {cosine * g.x - sine * e.x, cosine * g.y - sine * e.y, cosine * g.z - sine * e.z};
    float normal[3] = {m.x, m.y, m.z};
    float position[3] = {s->position.x, s->position.y, s->position.z};
    float location[3] = {f->location.x, f->location.y, f->location.z};
    for (int32_t k = 0; k < 3; k++) { /* R = m n^T + x d^T + y b^T */
        float turned = 0.0f;
        for (int32_t j = 0; j < 3; j++) {
            pose[3 * k + j] = normal[k] * frame[j] + x[k] * frame[3 + j] + y[k] * frame[6 + j];
            turned += pose[3 * k + j] * location[j];
        }
        pose[9 + k] = position[k] - turned;
    }
}

/* How many rotations about the normal are tried at a surfel. */
static int32_t turns(const cln_column *c, const cln_features *f, const cln_surfel *s)
{
    return f->directed > 0.0f && s->directed > 0.5f ? 2 : c->settings.turns;
}

void cln_seed_begin(cln_column *c, int32_t anchor)
{
    cln_seed_plan *plan = &c->plan;
    c->seeds.count = 0;
    plan->anchor = anchor;
    plan->checks = plan_checks(c, anchor);
    plan->listed = 0;
    plan->surfel = -1;
    plan->tried = 0;
    make_frame(&c->features[anchor], plan->frame);
    plan->best = plan->least = LOWEST;
    plan->left = 0.0f;
    for (int32_t k = 0; k < plan->list.count; k++) {
        plan->left += plan->list.worth[k];
    }
}

/* Find out which of an object's surfels resemble the anchor, and how many of them have their turn;
 * returns the looks that it took. */
static int32_t begin_object(cln_column *c, const cln_tolerance *t, int32_t budget)
{
    cln_seed_plan *plan = &c->plan;
    const cln_features *f = &c->features[plan->anchor];
    int32_t o = plan->list.object[plan->listed], poses = 0;
    float share = (float)(budget - plan->tried) * plan->list.worth[plan->listed] / plan->left;
    cln_surfel s;
    plan->left -= plan->list.worth[plan->listed];
    memset(c->resembling, 0, (cln_object(c, o)->surfels + 7u) / 8u);
    for (int32_t i = 0; i < cln_object(c, o)->surfels; i++) {
        if (resembles(c, f, cln_first_surfel(c, o) + i, t, &s)) {
            poses += turns(c, f, &s);
            c->resembling[i >> 3] = (uint8_t)(c->resembling[i >> 3] | 1u << (i & 7));
        }
    }
    plan->stride = cln_max(1.0f, (float)poses / cln_max(share, 1.0f));
    plan->compatible = plan->due = 0.0f;
    plan->surfel = cln_first_surfel(c, o);
    return cln_object(c, o)->surfels / SURFELS_A_LOOK;
}

/* Whether the next of the compatible surfels has its turn, if they share it evenly. */
static bool has_turn(cln_seed_plan *plan)
{
    plan->compatible += 1.0f;
    if (plan->compatible <= plan->due) {
        return false;
    }
    plan->due += plan->stride;
    return true;
}

/* Keep a proposal, and let weaker ones go where there is no room. */
static void keep(cln_column *c, int32_t object, const float pose[12], float total, float slack)
{
    cln_seed_plan *plan = &c->plan;
    plan->best = cln_max(plan->best, total);
    if (!cln_push(&c->seeds, object, pose, total)) {
        cln_keep_winners(&c->seeds, c->seeds.room / 2, slack);
        plan->least = cln_weakest_of(&c->seeds);
        cln_push(&c->seeds, object, pose, total);
    }
}

/* Lay the anchor onto a surfel in every turn; returns the looks that it took. */
static int32_t lay(cln_column *c, int32_t object, int32_t surfel, const cln_tolerance *t,
                   float slack)
{
    cln_seed_plan *plan = &c->plan;
    const cln_blob_tables *tables = c->memory.model.tables;
    const cln_features *f = &c->features[plan->anchor];
    cln_surfel s;
    cln_unpack(&c->memory, object, surfel, &s);
    int32_t looks = 1, step = CLN_TURNS / turns(c, f, &s);
    float own = 0.0f, reach = c->settings.reach, pose[12];
    for (int32_t turn = 0; turn < CLN_TURNS; turn += step) {
        align(plan->frame, f, &s, tables->turn_cosine[turn], tables->turn_sine[turn], pose);
        plan->tried++;
        if (turn == 0) { /* turns about its own normal leave the anchor where it is */
            own = cln_score(&c->memory, object, pose, f, t, reach).nats;
        }
        float total = own;
        bool alive = true;
        for (int32_t k = 0; alive && k < plan->checks; k++) {
            const cln_features *check = &c->features[plan->order[k]];
            looks++;
            total = total + cln_score(&c->memory, object, pose, check, t, reach).nats;
            float hoped = total + t->gain * 0.5f * (float)(plan->checks - 1 - k);
            alive = !(hoped < plan->best - slack || hoped < plan->least);
        }
        if (alive) {
            keep(c, object, pose, total, slack);
        }
    }
    return looks;
}

int32_t cln_seed_go_on(cln_column *c, const cln_tolerance *t, int32_t budget, float slack,
                       int32_t effort)
{
    cln_seed_plan *plan = &c->plan;
    int32_t looks = 0;
    while (plan->listed < plan->list.count && looks < effort) {
        int32_t o = plan->list.object[plan->listed], past = cln_past_surfel(c, o);
        if (plan->surfel < 0) {
            looks += begin_object(c, t, budget);
        }
        while (plan->surfel < past) {
            int32_t i = plan->surfel++, own = i - cln_first_surfel(c, o);
            if ((c->resembling[own >> 3] >> (own & 7) & 1) && has_turn(plan)) {
                looks += lay(c, o, i, t, slack);
                if (looks >= effort) {
                    break;
                }
            }
        }
        if (plan->surfel >= past) {
            plan->listed++;
            plan->surfel = -1;
        }
    }
    return looks;
}
