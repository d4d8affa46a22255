/* The past: what an object that has moved since was felt to be, and where it lay. */
#include "cln_column.h"

#define TURN 0.6f
#define SHIFT 0.04f
#define FARTHEST 5.0f

float cln_before(const cln_column *c, int32_t object, const float *pose)
{
    if (c->past.moves == 0) {
        return 0.0f;
    }
    if (object != c->past.object[0]) {
        return c->past_evidence[object];
    }
    const float *was = c->past.pose[0], *centre = cln_object(c, object)->centre;
    float trace = 0.0f, square = 0.0f;
    for (int32_t k = 0; k < 9; k++) {
        trace += pose[k] * was[k];
    }
    /* 2 (1 - cos a) is a^2 for small angles and grows less for large ones */
    float turned = (3.0f - trace) / (TURN * TURN);
    for (int32_t k = 0; k < 3; k++) {
        float step = 0.0f;
        for (int32_t j = 0; j < 3; j++) {
            step += pose[3 * j + k] * (centre[j] - pose[9 + j]);
            step -= was[3 * j + k] * (centre[j] - was[9 + j]);
        }
        square += step * step;
    }
    return c->past_evidence[object] -
           cln_min(0.5f * (turned + square / (SHIFT * SHIFT)), FARTHEST);
}
