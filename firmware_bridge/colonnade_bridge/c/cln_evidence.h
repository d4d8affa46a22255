/* Evidence: how well one sensed point fits one place of a learned object, in nats.
 * The formulas and their sources are those of colonnade_models/evidence.py. */
#ifndef CLN_EVIDENCE_H
#define CLN_EVIDENCE_H

#include "cln_memory.h"

/* A percept as it is scored: the fields of a percept in their order, and what follows from them. */
typedef struct {
    cln_vector location, normal, direction;
    float curvature[2];
    float colour[3];
    float on_object;
    float directed;
    float sigma_normal;
    float sigma_bend;
    float bend[2];
    float variance_normal;
    float variance_bend;
} cln_features;

/* What features cost where they are laid onto a surfel. */
typedef struct {
    float penalty;  /* nats that the differences cost */
    float widened;  /* by how much the surfel's own variances widen the sensor's */
    float coloured; /* the part of the penalty that is colour's */
} cln_difference;

typedef struct {
    float nats;
    float coloured; /* nats in them that a difference in colour cost */
    float fit;      /* what cln_fit returns */
} cln_score_parts;

void cln_features_of(const float percept[CLN_PERCEPT_SIZE], cln_features *out);

/* The tolerance of a hypothesis whose place (m) and rotation (rad) are that uncertain. */
cln_tolerance cln_loosened(const cln_tolerance *t, float place, float angle);

/* Nats that a difference in colour costs; `widened` by the surfel's own variance, if not NULL. */
float cln_colour_difference(const float colour[3], const cln_surfel *s, const cln_tolerance *t,
                            float *widened);

/* Nats that features tell for or against one surfel, placed at q, facing n with direction d. */
float cln_surfel_score(const cln_features *f, cln_vector q, cln_vector n, cln_vector d,
                       const cln_surfel *s, const cln_tolerance *t);

/* Nats that features tell for or against an object that lies at `pose`. */
cln_score_parts cln_score(const cln_memory *memory, int32_t object, const float *pose,
                          const cln_features *f, const cln_tolerance *t, float reach);

/* How well features fit where a hypothesis puts them, however little they tell. */
float cln_fit(const cln_memory *memory, int32_t object, const float *pose, const cln_features *f,
              const cln_tolerance *t, float reach);

#endif
