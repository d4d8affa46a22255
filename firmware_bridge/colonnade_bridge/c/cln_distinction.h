/* Distinction: where would two hypotheses expect to sense different things?
 * See colonnade_models/distinction.py. */
#ifndef CLN_DISTINCTION_H
#define CLN_DISTINCTION_H

#include "cln_column.h"

#define CLN_MOST_TELLING 4.0f

/* What touching a surfel would tell, nats. */
typedef struct {
    float nats;  /* by which it would tell one hypothesis from the other */
    float there; /* that it would score at the other */
} cln_told;

/* The features that touching a surfel would give, in the object's frame. */
void cln_imagine(const cln_surfel *s, cln_features *f);

/* The pose that maps a's object frame into b's. */
void cln_relative_pose(const float a[12], const float b[12], float out[12]);

/* The pose that does `first`, then `second`; `out` must be neither. */
void cln_after(const float second[12], const float first[12], float out[12]);

/* Score of imagined features where they belong. */
float cln_at_home(const cln_column *c, const cln_surfel *s, const cln_features *f);

/* What touching a surfel of an object would tell of another that is laid there by T. `f` are the
 * features imagined of it, and `home` is what they score where they belong. */
cln_told cln_would_tell(const cln_column *c, const cln_features *f, float home, int32_t object,
                        int32_t other, const float T[12]);

/* Whether touches all over an object at `a` could hardly tell it from another at `b`. */
bool cln_look_alike(const cln_column *c, int32_t object, const float a[12], int32_t other,
                    const float b[12]);

/* Nats that a touch anywhere on the object would tell on average. */
float cln_usual_lead(const cln_column *c, int32_t object, const float a[12], int32_t other,
                     const float b[12]);

/* `total` and the nats by which touches where percepts from `first` on met should put the object
 * ahead, if it is the true one. */
float cln_expected_lead(const cln_column *c, int32_t object, const float a[12], int32_t other,
                        const float b[12], int32_t first, float total);

#endif
