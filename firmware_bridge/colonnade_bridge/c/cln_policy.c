/* The policy: the next touch goes where the leading hypotheses disagree most.
 * See colonnade/policies/distinguish.py. */
#include "cln_column.h"
#include "cln_distinction.h"

#include <string.h>

#define RIVALS 6
#define NEAR_RIVAL 3.0f
#define FRESH 0.010f
#define FRESH_CELLS 3.0f
#define EXPLORING 8.0f
#define SAME_COSINE 0.97f
#define SAME_DISTANCE 0.015f

typedef struct {
    int32_t count;
    int32_t chosen[RIVALS];
    float relative[RIVALS][CLN_POSE_SIZE]; /* that lay the leader's object into each rival's */
    float weight[RIVALS];                  /* of each beside the leader, which counts 1 */
    float all_weight;
} rivals;

static bool is_same(const cln_column *c, int32_t i, int32_t j)
{
    const cln_hypothesis *a = &c->hypotheses.of[i], *b = &c->hypotheses.of[j];
    return i == j || (a->object == b->object &&
                      cln_is_near(a->pose, b->pose, cln_object(c, a->object)->centre, SAME_COSINE,
                                  SAME_DISTANCE));
}

/* The strongest hypotheses that differ from the leader and from each other. */
static void choose_rivals(const cln_column *c, rivals *r)
{
    int32_t leader = c->verdict.leader;
    r->count = 0;
    while (r->count < c->settings.rivals) {
        int32_t best = -1;
        for (int32_t i = 0; i < c->hypotheses.count; i++) {
            if (i == leader || (best >= 0 && cln_behind(c, i) >= cln_behind(c, best))) {
                continue;
            }
            bool same = is_same(c, i, leader);
            for (int32_t k = 0; !same && k < r->count; k++) {
                same = is_same(c, i, r->chosen[k]);
            }
            if (!same) {
                best = i;
            }
        }
        if (best < 0) {
            return;
        }
        r->chosen[r->count++] = best;
    }
}

static void weigh_rivals(const cln_column *c, rivals *r)
{
    const cln_hypothesis *of = c->hypotheses.of;
    r->all_weight = 1.0f;
    for (int32_t k = 0; k < r->count; k++) {
        cln_relative_pose(of[c->verdict.leader].pose, of[r->chosen[k]].pose, r->relative[k]);
        r->weight[k] = NEAR_RIVAL / (NEAR_RIVAL + cln_behind(c, r->chosen[k]));
        r->all_weight = r->all_weight + r->weight[k];
    }
}

/* What touching a surfel of the leader would cost the rivals. */
static float worth_of(const cln_column *c, const rivals *r, const cln_surfel *s)
{
    int32_t object = c->hypotheses.of[c->verdict.leader].object;
    float worth = 0.0f, meets = 1.0f;
    cln_features f;
    cln_imagine(s, &f);
    float home = cln_at_home(c, s, &f);
    for (int32_t k = 0; k < r->count; k++) {
        int32_t other = c->hypotheses.of[r->chosen[k]].object;
        cln_told told = cln_would_tell(c, &f, home, object, other, r->relative[k]);
        worth = worth + r->weight[k] * told.nats;
        if (told.there > c->tolerance->floor) {
            meets = meets + r->weight[k];
        }
    }
    /* a surface that the leader alone expects is most likely not there */
    return worth * sqrtf(meets / r->all_weight);
}

/* Metres from a place in the body's frame to the nearest touch or line of sight into nothing. */
static float nearest_touch(const cln_column *c, cln_vector at)
{
    float nearest = 1.0f;
    for (int32_t p = 0; p < c->tally.percepts; p++) {
        const cln_features *f = &c->features[p];
        cln_vector d = cln_minus(f->location, at);
        if (f->on_object == 0.0f) {
            float along = cln_dot(d, f->normal);
            d = cln_vec(d.x - along * f->normal.x, d.y - along * f->normal.y,
                        d.z - along * f->normal.z);
        }
        nearest = cln_min(nearest, cln_dot(d, d));
    }
    return sqrtf(nearest);
}

static cln_vector turn_back(const float *pose, cln_vector v)
{
    return cln_vec(pose[0] * v.x + pose[3] * v.y + pose[6] * v.z,
                   pose[1] * v.x + pose[4] * v.y + pose[7] * v.z,
                   pose[2] * v.x + pose[5] * v.y + pose[8] * v.z);
}

int cln_goal(cln_column *c, int32_t turn, float goal[6])
{
    if (!c || !goal || turn < 0) {
        return CLN_ERROR_ARGUMENT;
    }
    if (c->verdict.leader < 0) {
        return 0;
    }
    const cln_hypothesis *leader = &c->hypotheses.of[c->verdict.leader];
    const cln_blob_object *object = cln_object(c, leader->object);
    int32_t start = (int32_t)object->first_surfel, past = start + object->surfels;
    int32_t stride = cln_larger(1, object->surfels / c->settings.candidates);
    float fresh = cln_min(FRESH, FRESH_CELLS / object->inverse_cell), best = -1.0f;
    rivals r;
    choose_rivals(c, &r);
    weigh_rivals(c, &r);
    for (int32_t i = start + turn % stride; i < past; i += stride) {
        cln_surfel s;
        cln_unpack(&c->memory, leader->object, i, &s);
        float worth = worth_of(c, &r, &s);
        cln_vector shift = cln_vec(leader->pose[9], leader->pose[10], leader->pose[11]);
        cln_vector at = turn_back(leader->pose, cln_minus(s.position, shift));
        float nearest = nearest_touch(c, at);
        worth = (worth * cln_min(nearest / fresh, 1.0f) + EXPLORING * nearest) * s.hit;
        if (worth > best) {
            cln_vector n = turn_back(leader->pose, s.normal);
            best = worth;
            memcpy(goal, &at, sizeof at);
            memcpy(goal + 3, &n, sizeof n);
        }
    }
    return best >= 0.0f;
}
