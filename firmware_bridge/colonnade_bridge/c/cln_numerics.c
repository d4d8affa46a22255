#include "cln_numerics.h"

void cln_quaternion_matrix(const float q[4], float out[9])
{
    float x = q[0], y = q[1], z = q[2], w = q[3];
    out[0] = 1.0f - 2.0f * (y * y + z * z);
    out[1] = 2.0f * (x * y - z * w);
    out[2] = 2.0f * (x * z + y * w);
    out[3] = 2.0f * (x * y + z * w);
    out[4] = 1.0f - 2.0f * (x * x + z * z);
    out[5] = 2.0f * (y * z - x * w);
    out[6] = 2.0f * (x * z - y * w);
    out[7] = 2.0f * (y * z + x * w);
    out[8] = 1.0f - 2.0f * (x * x + y * y);
}

cln_vector cln_hsv(float r, float g, float b)
{
    float value = cln_max(r, cln_max(g, b));
    float spread = value - cln_min(r, cln_min(g, b));
    float hue;
    if (spread <= 0.0f) {
        return cln_vec(0.0f, 0.0f, value);
    }
    if (value == r) {
        hue = (g - b) / spread * (1.0f / 6.0f);
        if (hue < 0.0f) {
            hue = hue + 1.0f;
        }
    } else if (value == g) {
        hue = (b - r) / spread * (1.0f / 6.0f) + (1.0f / 3.0f);
    } else {
        hue = (r - g) / spread * (1.0f / 6.0f) + 2.0f * (1.0f / 3.0f);
    }
    return cln_vec(hue, spread / value, value);
}

bool cln_cholesky(float a[6][6], int32_t n)
{
    for (int32_t j = 0; j < n; j++) {
        float pivot = a[j][j];
        for (int32_t k = 0; k < j; k++) {
            pivot = pivot - a[j][k] * a[j][k];
        }
        if (!(pivot > 1e-12f)) {
            return false;
        }
        pivot = sqrtf(pivot);
        a[j][j] = pivot;
        float inverse = 1.0f / pivot;
        for (int32_t i = j + 1; i < n; i++) {
            float s = a[i][j];
            for (int32_t k = 0; k < j; k++) {
                s = s - a[i][k] * a[j][k];
            }
            a[i][j] = s * inverse;
        }
    }
    return true;
}

void cln_cholesky_solve(float factor[6][6], float *b, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        float s = b[i];
        for (int32_t k = 0; k < i; k++) {
            s = s - factor[i][k] * b[k];
        }
        b[i] = s / factor[i][i];
    }
    for (int32_t i = n - 1; i >= 0; i--) {
        float s = b[i];
        for (int32_t k = i + 1; k < n; k++) {
            s = s - factor[k][i] * b[k];
        }
        b[i] = s / factor[i][i];
    }
}

cln_vector cln_turn(const float *pose, cln_vector v)
{
    return cln_vec(pose[0] * v.x + pose[1] * v.y + pose[2] * v.z,
                   pose[3] * v.x + pose[4] * v.y + pose[5] * v.z,
                   pose[6] * v.x + pose[7] * v.y + pose[8] * v.z);
}

float cln_log(float x)
{
    float halvings = 0.0f;
    while (x > 1.4142135f) {
        x = x * 0.5f;
        halvings = halvings + 1.0f;
    }
    float s = (x - 1.0f) / (x + 1.0f);
    float s2 = s * s;
    float series = 1.0f + s2 * ((1.0f / 3.0f) + s2 * (0.2f + s2 * (1.0f / 7.0f)));
    return halvings * 0.6931472f + 2.0f * s * series;
}

float cln_floor(float x)
{
    if (!(fabsf(x) < 8388608.0f)) {
        return x; /* no fraction is left, or it is not a number */
    }
    float whole = (float)(int32_t)x;
    return whole > x ? whole - 1.0f : whole;
}
