/* Refinement: a pose is moved to where all percepts so far fit best (Chen & Medioni 1991).
 * See colonnade_models/refinement.py. */
#ifndef CLN_REFINEMENT_H
#define CLN_REFINEMENT_H

#include "cln_evidence.h"

/* One Gauss-Newton step of `pose` over features[first], features[first + stride], ... before
 * `last`. False if the equations could not be solved; the pose is then as it was. */
bool cln_refine(const cln_memory *memory, int32_t object, float pose[12],
                const cln_features *features, int32_t first, int32_t last, int32_t stride,
                const cln_tolerance *t);

#endif
