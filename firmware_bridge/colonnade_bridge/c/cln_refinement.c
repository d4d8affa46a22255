#include "cln_refinement.h"

#include <string.h>

#define WILD 16.0f
#define STEP_ANGLE 0.15f
#define STEP_PLACE 0.006f

typedef struct {
    float matrix[6][6];
    float vector[6];
    float row[6];
} normal_equations;

/* Add one residual, whose Jacobian stands in the row; what is beyond its first `terms` is 0. */
static void pull(normal_equations *normal, float residual, float variance, int32_t terms)
{
    float square = residual * residual / variance;
    if (square > WILD) {
        return;
    }
    float weight = 1.0f - square / WILD;
    weight = weight * weight / variance;
    for (int32_t p = 0; p < terms; p++) {
        float w = weight * normal->row[p];
        normal->vector[p] -= w * residual;
        for (int32_t q = 0; q <= p; q++) {
            normal->matrix[p][q] += w * normal->row[q];
        }
    }
}

/* A turn about the axes, and a shift; where that is none a row has three terms. */
static int32_t set_row(normal_equations *normal, cln_vector turn, const cln_vector *shift)
{
    memcpy(normal->row, &turn, sizeof turn);
    if (!shift) {
        return 3;
    }
    memcpy(normal->row + 3, shift, sizeof *shift);
    return 6;
}

/* Add what one percept says of the pose. */
static void gather(const cln_memory *memory, int32_t object, const float *pose,
                   const cln_features *f, const cln_tolerance *t, normal_equations *normal)
{
    cln_vector q = cln_place(pose, f->location), n = cln_turn(pose, f->normal);
    cln_surfel s;
    if (!cln_find(memory, object, q, n, &s)) {
        return;
    }
    cln_vector m = s.normal, e = s.direction;
    if (cln_dot(n, m) < 0.5f) {
        return;
    }
    cln_vector g = cln_cross(m, e), o = cln_minus(q, s.position);
    float u = cln_dot(o, e), v = cln_dot(o, g);
    float k1 = cln_min(cln_max(s.curvature[0], -CLN_STEEPEST_BEND), CLN_STEEPEST_BEND);
    float k2 = cln_min(cln_max(s.curvature[1], -CLN_STEEPEST_BEND), CLN_STEEPEST_BEND);
    float tu = k1 * u, tv = k2 * v;
    cln_vector p = cln_vec(m.x + tu * e.x + tv * g.x, m.y + tu * e.y + tv * g.y,
                           m.z + tu * e.z + tv * g.z);
    float size = 1.0f / sqrtf(cln_dot(p, p));
    p = cln_vec(p.x * size, p.y * size, p.z * size);
    float height = cln_dot(o, m) + 0.5f * (k1 * u * u + k2 * v * v);
    cln_vector arm = cln_minus(q, cln_at(memory->model.object[object].centre));
    pull(normal, height, t->place, set_row(normal, cln_cross(arm, p), &p));

    float steep = cln_max(k1 * k1, k2 * k2) * t->place;
    float variance = t->normal + f->variance_normal + s.spread_normal + steep;
    cln_vector gap = cln_minus(n, p);
    /* a turn by w moves n by w x n; its part along the tangents must close the gap */
    pull(normal, cln_dot(gap, e), variance, set_row(normal, cln_cross(n, e), NULL));
    pull(normal, cln_dot(gap, g), variance, set_row(normal, cln_cross(n, g), NULL));

    if (f->directed > 0.0f && s.directed > 0.5f) {
        cln_vector d = cln_turn(pose, f->direction);
        if (cln_dot(d, e) < 0.0f) {
            d = cln_vec(-d.x, -d.y, -d.z);
        }
        pull(normal, cln_dot(d, g), t->direction + s.spread_direction, set_row(normal, m, NULL));
    }
}

/* Make the rotation in a pose orthonormal again (Gram-Schmidt by rows). */
static void orthonormalise(float pose[12])
{
    float *a = pose, *b = pose + 3;
    float size = 1.0f / sqrtf(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
    for (int32_t k = 0; k < 3; k++) {
        a[k] *= size;
    }
    float along = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    for (int32_t k = 0; k < 3; k++) {
        b[k] -= along * a[k];
    }
    size = 1.0f / sqrtf(b[0] * b[0] + b[1] * b[1] + b[2] * b[2]);
    for (int32_t k = 0; k < 3; k++) {
        b[k] *= size;
    }
    pose[6] = a[1] * b[2] - a[2] * b[1];
    pose[7] = a[2] * b[0] - a[0] * b[2];
    pose[8] = a[0] * b[1] - a[1] * b[0];
}

bool cln_refine(const cln_memory *memory, int32_t object, float pose[12],
                const cln_features *features, int32_t first, int32_t last, int32_t stride,
                const cln_tolerance *t)
{
    normal_equations normal;
    memset(&normal, 0, sizeof normal);
    for (int32_t i = first; i < last; i += stride) {
        if (features[i].on_object > 0.0f) {
            gather(memory, object, pose, &features[i], t, &normal);
        }
    }
    for (int32_t p = 0; p < 3; p++) {
        normal.matrix[p][p] += 1.0f / (STEP_ANGLE * STEP_ANGLE);
        normal.matrix[p + 3][p + 3] += 1.0f / (STEP_PLACE * STEP_PLACE);
    }
    if (!cln_cholesky(normal.matrix, 6)) {
        return false;
    }
    cln_cholesky_solve(normal.matrix, normal.vector, 6);
    float wx = normal.vector[0], wy = normal.vector[1], wz = normal.vector[2];
    const float *centre = memory->model.object[object].centre;
    /* turn by w about the object's centre, then shift: R <- (I + [w]) R, t likewise */
    for (int32_t k = 0; k < 3; k++) {
        float a = pose[k], b = pose[3 + k], d = pose[6 + k];
        pose[k] = a + wy * d - wz * b;
        pose[3 + k] = b + wz * a - wx * d;
        pose[6 + k] = d + wx * b - wy * a;
    }
    float a = pose[9] - centre[0], b = pose[10] - centre[1], d = pose[11] - centre[2];
    pose[9] = centre[0] + a + wy * d - wz * b + normal.vector[3];
    pose[10] = centre[1] + b + wz * a - wx * d + normal.vector[4];
    pose[11] = centre[2] + d + wx * b - wy * a + normal.vector[5];
    orthonormalise(pose);
    return true;
}
