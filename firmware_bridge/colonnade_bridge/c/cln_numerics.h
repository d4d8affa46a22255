/* Small float functions that give the same bits in numba, numpy and C: only + - * / sqrt and
 * comparisons, in the order of colonnade_models/numerics.py. */
#ifndef CLN_NUMERICS_H
#define CLN_NUMERICS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define CLN_FLAT 10.0f /* 1/m: a touch cannot tell a radius much above 10 cm from a plane */

/* Where one of two is not a number the first stays, as in Python. */
static inline float cln_max(float a, float b) { return b > a ? b : a; }
static inline float cln_min(float a, float b) { return b < a ? b : a; }
static inline int32_t cln_larger(int32_t a, int32_t b) { return b > a ? b : a; }
static inline int32_t cln_smaller(int32_t a, int32_t b) { return b < a ? b : a; }

static inline bool cln_is_finite(float x) { return x - x == 0.0f; }

/* floorf without its call into libm: Cortex-M4F has no instruction for it. */
float cln_floor(float x);

/* Natural logarithm of x >= 1, error below 2e-6 up to 1e6: halve into [1/sqrt 2, sqrt 2], then the
 * series of 2 artanh((m - 1) / (m + 1)). */
float cln_log(float x);

/* sign(k) ln(|k| / CLN_FLAT + 1) of a curvature in 1/m: the scale on which curvatures compare. */
static inline float cln_compress(float curvature)
{
    if (curvature < 0.0f) {
        return -cln_log(1.0f - curvature / CLN_FLAT);
    }
    return cln_log(1.0f + curvature / CLN_FLAT);
}

typedef struct {
    float x, y, z;
} cln_vector;

static inline cln_vector cln_vec(float x, float y, float z)
{
    cln_vector v = {x, y, z};
    return v;
}

static inline cln_vector cln_at(const float *v) { return cln_vec(v[0], v[1], v[2]); }

static inline float cln_dot(cln_vector a, cln_vector b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline cln_vector cln_cross(cln_vector a, cln_vector b)
{
    return cln_vec(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}

static inline cln_vector cln_minus(cln_vector a, cln_vector b)
{
    return cln_vec(a.x - b.x, a.y - b.y, a.z - b.z);
}

/* Turn by the rotation of a pose of twelve numbers: nine row-major entries, then a translation. */
cln_vector cln_turn(const float *pose, cln_vector v);

/* Turn and shift. */
static inline cln_vector cln_place(const float *pose, cln_vector v)
{
    cln_vector q = cln_turn(pose, v);
    return cln_vec(q.x + pose[9], q.y + pose[10], q.z + pose[11]);
}

/* Row-major rotation matrix, nine numbers, of a unit quaternion x, y, z, w. */
void cln_quaternion_matrix(const float q[4], float out[9]);

/* Hue, saturation, value of red, green, blue, all in 0..1 (A. R. Smith 1978). */
cln_vector cln_hsv(float r, float g, float b);

/* Overwrite the lower triangle of the symmetric n x n matrix with its Cholesky factor; rows are six
 * apart. False where it is not positive definite; it is then spoilt. */
bool cln_cholesky(float a[6][6], int32_t n);

/* Solve L L^T x = b in place of b. */
void cln_cholesky_solve(float factor[6][6], float *b, int32_t n);

#endif
