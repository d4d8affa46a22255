/* The state of a column, shared by the files of the core; callers see colonnade.h only. */
#ifndef CLN_COLUMN_H
#define CLN_COLUMN_H

#include "cln_evidence.h"
#include "cln_hypotheses.h"

#define CLN_MOST_CHECKS 12
#define CLN_MOST_LISTED 40
#define CLN_POSE_SIZE 12

/* Jobs, and how far proposals are: see colonnade_models/agenda.py. */
enum { CLN_IDLE, CLN_SEEK, CLN_LET_GO, CLN_FIND_AGAIN, CLN_CHALLENGE };
enum { CLN_REST, CLN_LAYING, CLN_WEIGHING, CLN_COARSE, CLN_FINE };

typedef struct {
    int32_t job, phase, object, stage, next;
    int32_t weighed;  /* proposals that know all percepts and learn of those that enter */
    int32_t left_out; /* proposals that there was no room for, -1: no percept could propose any */
    int32_t spent;    /* looks of this step */
} cln_agenda;

/* The objects worth a search, the most familiar first. */
typedef struct {
    int32_t count;
    uint8_t object[CLN_MOST_LISTED];
    float worth[CLN_MOST_LISTED];
} cln_shortlist;

/* How far a seeding is: see colonnade_models/seeding.py. */
typedef struct {
    int32_t order[CLN_MOST_CHECKS];
    float frame[9];
    int32_t anchor, checks, listed, surfel, tried;
    float best, least, left, stride, compatible, due;
    cln_shortlist list;
} cln_seed_plan;

/* What is known from before the object moved, and the leader that rests on. */
typedef struct {
    int32_t moves;
    int32_t object[2]; /* what led before it moved; what led last and fitted; -1 for none */
    float pose[2][CLN_POSE_SIZE];
} cln_past;

typedef struct {
    int32_t percepts, met, seeded_at, seedings, calm, twinned_at, reconsidered, cut, looks;
} cln_tally;

typedef struct {
    int32_t state, leader, rival, others;
} cln_verdict;

struct cln_column {
    cln_memory memory;
    const cln_tolerance *tolerance;
    cln_blob_settings settings;
    cln_tally tally;
    cln_agenda agenda;
    cln_verdict verdict;
    cln_features *features;
    uint8_t *proposed;     /* of each percept, whether it proposed poses; bit 1: of one object */
    cln_hypotheses hypotheses;
    cln_hypotheses seeds;
    uint8_t *resembling;   /* of each surfel of the object that is sought, a bit: like the anchor */
    float *ranked;         /* how well each hypothesis stands among the poses of its object */
    bool *possible;        /* whether the leader's object may lie in it as well */
    float *best;           /* of each object, the best evidence; -INFINITY where none lives */
    float *past_evidence;  /* of each object, nats, at most 0 */
    int32_t rival_object;  /* what all are held against, -1 for none */
    float rival_pose[CLN_POSE_SIZE];
    cln_past past;
    cln_seed_plan plan;
};

/* Of each percept, in `proposed`. */
enum { CLN_PROPOSED_ANY = 1, CLN_PROPOSED_OWN = 2 };

static inline const cln_blob_object *cln_object(const cln_column *c, int32_t object)
{
    return &c->memory.model.object[object];
}

static inline int32_t cln_first_surfel(const cln_column *c, int32_t object)
{
    return (int32_t)cln_object(c, object)->first_surfel;
}

static inline int32_t cln_past_surfel(const cln_column *c, int32_t object)
{
    return cln_first_surfel(c, object) + cln_object(c, object)->surfels;
}

/* A line of sight is followed in steps. */
#define CLN_LOOKS_ALONG_A_LINE 4
static inline int32_t cln_looks_at(const cln_features *f)
{
    return f->on_object > 0.0f ? 1 : CLN_LOOKS_ALONG_A_LINE;
}

static inline void cln_spend(cln_column *c, int32_t looks) { c->agenda.spent += looks; }

static inline bool cln_exhausted(const cln_column *c)
{
    return c->agenda.spent >= c->settings.effort;
}

/* Past (cln_past.c) */
float cln_before(const cln_column *c, int32_t object, const float *pose);

/* Contest (cln_contest.c) */
void cln_assess(cln_column *c, cln_hypothesis *h);
void cln_drop_twins(const cln_column *c, cln_hypotheses *h, float cosine, float distance);
void cln_refine_one(cln_column *c, cln_hypothesis *h, int32_t passes, const cln_tolerance *t);
void cln_refine_leaders(cln_column *c);

/* Familiarity (cln_familiarity.c) */
void cln_list_familiar(cln_column *c);
void cln_list_only(cln_column *c, int32_t object);
int32_t cln_surprise_of(const cln_column *c, const cln_features *f, int32_t object);

/* Seeding (cln_seeding.c) */
int32_t cln_choose_anchor(cln_column *c, uint8_t proposed);
void cln_seed_begin(cln_column *c, int32_t anchor);
int32_t cln_seed_go_on(cln_column *c, const cln_tolerance *t, int32_t budget, float slack,
                       int32_t effort);

/* Jobs (cln_proposing.c, cln_challenge.c, cln_motion.c, cln_jobs.c): true once done */
bool cln_admit_seeds(cln_column *c);
bool cln_reconsider(cln_column *c, int32_t object);
bool cln_challenge(cln_column *c);
bool cln_find_again(cln_column *c);
bool cln_take_up(cln_column *c, int32_t job);
bool cln_carry_on(cln_column *c);

/* Motion (cln_motion.c) */
void cln_remember_leader(cln_column *c, int32_t leader);
int32_t cln_moved_since(cln_column *c);
bool cln_let_go(cln_column *c);

/* Rivalry (cln_rivalry.c) */
void cln_hold_against(cln_column *c, int32_t leader);
int32_t cln_twin_against(cln_column *c, int32_t i);
float cln_expected_against(cln_column *c, int32_t i);
float cln_usual_against(cln_column *c, int32_t i);
bool cln_alike_against(cln_column *c, int32_t i);

/* Likeness (cln_likeness.c) */
enum { CLN_UNSETTLED, CLN_ALIKE, CLN_AHEAD };
int32_t cln_compare_tied(cln_column *c, int32_t leader, int32_t other);

/* Ranking (cln_ranking.c) */
float cln_lost(const cln_column *c, int32_t object, const cln_features *f, cln_score_parts parts);
bool cln_rank_poses(cln_column *c);
float cln_behind(const cln_column *c, int32_t i);

/* Model (cln_model.c) */
bool cln_settings_are_sound(const cln_blob_settings *s, const cln_model *model);

/* Judge (cln_judge.c) */
void cln_judge(cln_column *c, int32_t percepts);

#endif
