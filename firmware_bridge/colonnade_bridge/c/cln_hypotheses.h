/* Hypotheses: (object, pose, evidence), carried, pruned and told apart. */
#ifndef CLN_HYPOTHESES_H
#define CLN_HYPOTHESES_H

#include "cln_numerics.h"

/* How a hypothesis stands to the one that all are held against, see cln_rivalry.h. */
typedef struct {
    bool known;
    uint8_t alike;
    int16_t twin;     /* of the rival, -1 for none */
    int32_t percepts; /* from the first on, that are in */
    float expected;   /* the nats by which they should tell the rival from it */
    float usual;      /* nats by which a touch anywhere should; infinity while not known */
} cln_standing;

typedef struct {
    float pose[12]; /* that maps the body's frame into the object's */
    float evidence; /* nats */
    float cost;     /* nats that the percepts cost it beside others of its object, and */
    float fit;      /* nats that they fit it with; both 0 until it is assessed */
    int32_t object;
    cln_standing standing;
} cln_hypothesis;

typedef struct {
    cln_hypothesis *of;
    int32_t count;
    int32_t room;
} cln_hypotheses;

/* Add a hypothesis; false if there is no room. */
bool cln_push(cln_hypotheses *h, int32_t object, const float pose[12], float evidence);

/* Add a hypothesis of others with what is known of it; false if there is no room. */
bool cln_enter(cln_hypotheses *h, const cln_hypothesis *other);

/* The strongest, -1 if none lives. */
int32_t cln_best_of(const cln_hypotheses *h);

/* The least evidence of any, infinity if none lives. */
float cln_weakest_of(const cln_hypotheses *h);

/* Keep at most `winners`, and only those within `slack` nats of the best. */
void cln_keep_winners(cln_hypotheses *h, int32_t winners, float slack);

/* Whether two poses of one object differ by less than an angle, whose cosine it is, and a distance
 * between what both take for the object's centre. */
bool cln_is_near(const float a[12], const float b[12], const float centre[3], float cosine,
                 float distance);

/* Whether a hypothesis of the object lies about as `pose`. */
bool cln_is_tried(const cln_hypotheses *h, int32_t object, const float pose[12],
                  const float centre[3]);

#endif
