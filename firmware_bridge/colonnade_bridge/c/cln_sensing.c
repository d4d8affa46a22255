/* Sensing: a patch of depth and colour becomes one percept. See colonnade_models/sensing.py. */
#include "cln_numerics.h"
#include "colonnade.h"

#include <string.h>

#define NOISE_FLOOR 2e-5f /* m; no depth sensor is better, and a perfect plane needs some noise */
#define SECOND_DIFFERENCE_GAIN ((float)(1.0 / (0.7978846 * 2.4494897)))
#define BEND_PRIOR 120.0f     /* 1/m, standard deviation of curvatures of household things */
#define OUTLIER_DEPTH 1.5f    /* patch half-widths from the centre: beyond is another surface */
#define ROUGHNESS 0.03f       /* patch half-widths: real surfaces are no quadrics */
#define COLOUR_RADIUS 0.0025f /* m around the centre, of which the colour is taken */
#define DIRECTED_CURVATURE_GAP 10.0f
#define FEW_PIXELS 7

enum { PLANE = 3, QUADRIC = 6 }; /* how many terms a fit has */

/* A patch that is being fitted. */
typedef struct {
    cln_eye *eye;
    const float *depth;
    float centre; /* m */
    float radius; /* half the width of the patch, m */
    float noise;  /* m */
} patch;

static bool met(float depth, float max_range) { return depth > 0.0f && depth < max_range; }

/* Standard deviation of the white noise in a depth patch, m, from second differences. */
static float depth_noise(const float *depth, const cln_eye *eye)
{
    int32_t size = eye->resolution;
    float cap = eye->max_range, scale = 0.0f;
    for (int32_t pass = 0; pass < 3; pass++) {
        float total = 0.0f, count = 0.0f;
        for (int32_t i = 0; i < size; i++) {
            for (int32_t j = 1; j < size - 1; j++) {
                const float *here = &depth[i * size + j];
                if (met(here[-1], eye->max_range) && met(here[0], eye->max_range) &&
                    met(here[1], eye->max_range)) {
                    float bend = fabsf(here[-1] - 2.0f * here[0] + here[1]);
                    if (bend <= cap) {
                        total = total + bend;
                        count = count + 1.0f;
                    }
                }
            }
        }
        if (count < 1.0f) {
            return NOISE_FLOOR;
        }
        scale = total / count;
        cap = 4.0f * scale; /* a step in depth is no noise: drop what sticks out */
    }
    return cln_max(scale * SECOND_DIFFERENCE_GAIN, NOISE_FLOOR);
}

/* Mean depth of the central pixels that hit, or the range where most of them missed. */
static float centre_depth(const float *depth, const cln_eye *eye)
{
    int32_t size = eye->resolution, first = (size - 1) / 2, last = size / 2;
    float total = 0.0f, hits = 0.0f, pixels = 0.0f;
    for (int32_t i = first; i <= last; i++) {
        for (int32_t j = first; j <= last; j++) {
            float z = depth[i * size + j];
            pixels = pixels + 1.0f;
            if (met(z, eye->max_range)) {
                total = total + z;
                hits = hits + 1.0f;
            }
        }
    }
    if (hits + hits < pixels || hits < 1.0f) {
        return eye->max_range;
    }
    return total / hits;
}

/* The weight of a pixel, and its terms of the quadric: 1, u, v, u^2/2, uv, v^2/2. A pixel of
 * another surface weighs nothing. `fit` is the surface from which the residual is taken. */
static float weigh_pixel(const cln_eye *eye, const float fit[6], float h, float u, float v,
                         float scale, float term[6])
{
    /* the pixel's place on the last fit, not on its own noisy depth: the product of the two would
     * bend every noisy surface by noise^2 / (depth * radius) */
    float fitted = fit[0] + fit[1] * u + fit[2] * v + 0.5f * (fit[3] * u * u + fit[5] * v * v) +
                   fit[4] * u * v;
    float stretch = 1.0f + eye->slope * cln_min(cln_max(fitted, -1.0f), 1.0f);
    u = u * stretch;
    v = v * stretch;
    float uu = 0.5f * u * u, uv = u * v, vv = 0.5f * v * v;
    float r = (h - (fit[0] + fit[1] * u + fit[2] * v + fit[3] * uu + fit[4] * uv + fit[5] * vv)) /
              scale;
    r = r * r;
    if (r >= 1.0f) {
        return 0.0f;
    }
    float w = (1.0f - r) * (1.0f - r) * (1.0f - 0.4f * (uu + vv));
    if (w <= 0.0f) {
        return 0.0f;
    }
    term[0] = 1.0f;
    term[1] = u;
    term[2] = v;
    term[3] = uu;
    term[4] = uv;
    term[5] = vv;
    return w;
}

/* Add a pixel to the normal equations. */
static void gather(cln_eye *eye, float w, const float term[6], float h, int32_t terms)
{
    float weighted[6];
    for (int32_t p = 0; p < terms; p++) {
        weighted[p] = w * term[p];
        eye->solution[0][p] += weighted[p] * h;
        /* (w u) v and u (w v) round differently: the same one as in Python */
        float left = p < PLANE ? term[p] : weighted[p];
        const float *right = p < PLANE ? weighted : term;
        for (int32_t q = 0; q <= p; q++) {
            eye->matrix[p][q] += left * right[q];
        }
    }
}

/* One weighted least-squares pass; `scale` is Tukey's cut-off in patch half-widths. Residuals are
 * taken from the surface in eye->solution[0], which is then overwritten. */
static bool fit(const patch *p, int32_t terms, float scale)
{
    cln_eye *eye = p->eye;
    int32_t size = eye->resolution, pixels = 0;
    float inverse = 1.0f / p->radius, m = (float)size, last[6], term[6];
    memcpy(last, eye->solution[0], sizeof last);
    memset(eye->solution[0], 0, sizeof eye->solution[0]);
    memset(eye->matrix, 0, sizeof eye->matrix);
    for (int32_t i = 0; i < size; i++) {
        float v = (2.0f * (float)i + 1.0f) / m - 1.0f;
        for (int32_t j = 0; j < size; j++) {
            float z = p->depth[i * size + j], *weight = &eye->weights[i * size + j];
            float h = (z - p->centre) * inverse;
            *weight = 0.0f;
            if (!met(z, eye->max_range) || fabsf(h) > OUTLIER_DEPTH) {
                continue;
            }
            float u = (2.0f * (float)j + 1.0f) / m - 1.0f;
            float w = weigh_pixel(eye, last, h, u, v, scale, term);
            if (w == 0.0f) {
                continue;
            }
            *weight = w;
            pixels++;
            gather(eye, w, term, h, terms);
        }
    }
    if (pixels < FEW_PIXELS) {
        return false;
    }
    if (terms == QUADRIC) {
        float prior = p->noise / (BEND_PRIOR * p->radius * p->radius);
        for (int32_t k = PLANE; k < QUADRIC; k++) {
            eye->matrix[k][k] += prior * prior; /* noise / R against bend * R */
        }
    }
    if (!cln_cholesky(eye->matrix, terms)) {
        return false;
    }
    cln_cholesky_solve(eye->matrix, eye->solution[0], terms);
    return true;
}

/* A plane first, wide, then the quadric with a narrowing cut-off. */
static bool fit_robustly(const patch *p)
{
    static const float cut[6] = {0.8f, 0.4f, 0.35f, 0.15f, 0.0f, 0.0f};
    float least = cln_max(ROUGHNESS, 4.0f * p->noise / p->radius);
    memset(p->eye->solution[0], 0, sizeof p->eye->solution[0]);
    for (int32_t pass = 0; pass < 6; pass++) {
        bool flat = pass < 2;
        float scale = (flat ? cut[pass] : cln_max(cut[pass], least)) + least;
        if (!fit(p, flat ? PLANE : QUADRIC, scale)) {
            return false;
        }
    }
    return true;
}

/* Standard deviation of a term of the fit from the last pass's normal matrix. */
static float deviation(const patch *p, float column[6], int32_t term)
{
    memset(column, 0, 6 * sizeof *column);
    column[term] = 1.0f;
    cln_cholesky_solve(p->eye->matrix, column, QUADRIC);
    return p->noise / p->radius * sqrtf(cln_max(column[term], 0.0f));
}

/* Normal, principal direction and curvatures in the sensor's frame from the quadric. */
static void surface_frame(const float x[6], float radius, float *out)
{
    float b = x[1], c = x[2];
    float d = x[3] / radius, e = x[4] / radius, f = x[5] / radius;
    float E = 1.0f + b * b, F = b * c, G = 1.0f + c * c;
    float area = E * G - F * F;
    float length = sqrtf(area);
    float L = d / length, M = e / length, N = f / length;
    float mean = 0.5f * (E * N - 2.0f * F * M + G * L) / area;
    float gauss = (L * N - M * M) / area;
    float gap = sqrtf(cln_max(mean * mean - gauss, 0.0f));
    float k1 = mean + gap;
    float du = -(M - k1 * F), dv = L - k1 * E;
    float du2 = N - k1 * G, dv2 = -(M - k1 * F);
    if (du2 * du2 + dv2 * dv2 > du * du + dv * dv) {
        du = du2;
        dv = dv2;
    }
    if (du * du + dv * dv <= 1e-12f) {
        du = 1.0f;
        dv = 0.0f;
    }
    float t = b * du + c * dv;
    float size = sqrtf(du * du + dv * dv + t * t);
    out[CLN_NORMAL] = b / length;
    out[CLN_NORMAL + 1] = c / length;
    out[CLN_NORMAL + 2] = -1.0f / length;
    out[CLN_DIRECTION] = du / size;
    out[CLN_DIRECTION + 1] = dv / size;
    out[CLN_DIRECTION + 2] = t / size;
    out[CLN_CURVATURE] = k1;
    out[CLN_CURVATURE + 1] = mean - gap;
    /* noise alone tears k1 and k2 apart by about two of its standard deviations */
    if (2.0f * gap >= cln_max(DIRECTED_CURVATURE_GAP, 3.0f * out[CLN_SIGMA_BEND])) {
        out[CLN_DIRECTED] = 1.0f;
    }
}

/* Too few pixels for a fit: a flat surface that faces the sensor, and no trust in it. */
static void facing_frame(float *out)
{
    out[CLN_NORMAL + 2] = -1.0f;
    out[CLN_DIRECTION] = 1.0f;
    out[CLN_SIGMA_NORMAL] = 0.5f;
    out[CLN_SIGMA_BEND] = 1e4f;
}

/* Mean colour of the pixels around the centre that carry the surface under it. Shape needs all of
 * the patch, however wide it is; a colour is that of a place, and prints are finer than shapes. */
static void colour(const float rgb[][3], const cln_eye *eye, float radius, float *out)
{
    int32_t size = eye->resolution, middle = size / 2 * size + size / 2;
    int32_t margin = (int32_t)(0.5f * (float)size * cln_max(1.0f - COLOUR_RADIUS / radius, 0.0f));
    float total = 0.0f, r = 0.0f, g = 0.0f, b = 0.0f;
    for (int32_t i = margin; i < size - margin; i++) {
        for (int32_t j = margin; j < size - margin; j++) {
            const float *pixel = rgb[i * size + j];
            float w = eye->weights[i * size + j];
            total = total + w;
            r = r + w * pixel[0];
            g = g + w * pixel[1];
            b = b + w * pixel[2];
        }
    }
    if (total <= 0.0f) {
        total = 1.0f;
        r = rgb[middle][0];
        g = rgb[middle][1];
        b = rgb[middle][2];
    }
    cln_vector hsv = cln_hsv(r / total, g / total, b / total);
    memcpy(out + CLN_COLOUR, &hsv, sizeof hsv);
}

/* Turn the frame into the body's and place the point `reach` along the view axis. */
static void into_body_frame(const float pose[7], const float R[9], float reach, float *out)
{
    cln_vector normal = cln_turn(R, cln_at(out + CLN_NORMAL));
    cln_vector direction = cln_turn(R, cln_at(out + CLN_DIRECTION));
    memcpy(out + CLN_NORMAL, &normal, sizeof normal);
    memcpy(out + CLN_DIRECTION, &direction, sizeof direction);
    for (int32_t k = 0; k < 3; k++) {
        out[CLN_LOCATION + k] = pose[k] + R[3 * k + 2] * reach;
    }
}

static bool is_sound(const cln_eye *eye)
{
    return eye && eye->resolution >= 4 && eye->resolution <= CLN_MOST_RESOLUTION &&
           eye->slope > 0.0f && cln_is_finite(eye->slope) && eye->max_range > 0.0f &&
           cln_is_finite(eye->max_range);
}

int cln_sense(cln_eye *eye, const float *depth, const float *rgb, const float pose[7],
              float percept[CLN_PERCEPT_SIZE])
{
    if (!is_sound(eye) || !depth || !rgb || !pose || !percept) {
        return CLN_ERROR_ARGUMENT;
    }
    memset(percept, 0, CLN_PERCEPT_SIZE * sizeof *percept);
    cln_quaternion_matrix(pose + 3, eye->rotation);
    float centre = centre_depth(depth, eye), reach = centre;
    if (centre >= eye->max_range) {
        facing_frame(percept);
        into_body_frame(pose, eye->rotation, 0.0f, percept);
        return CLN_OK;
    }
    percept[CLN_ON_OBJECT] = 1.0f;
    patch p = {eye, depth, centre, centre * eye->slope, depth_noise(depth, eye)};
    if (fit_robustly(&p)) {
        reach = centre + eye->solution[0][0] * p.radius;
        percept[CLN_SIGMA_NORMAL] = deviation(&p, eye->solution[1], 1);
        percept[CLN_SIGMA_BEND] = deviation(&p, eye->solution[2], 3) / p.radius;
        surface_frame(eye->solution[0], p.radius, percept);
    } else {
        memset(eye->weights, 0, sizeof eye->weights);
        facing_frame(percept);
    }
    colour((const float(*)[3])rgb, eye, p.radius, percept);
    into_body_frame(pose, eye->rotation, reach, percept);
    return CLN_OK;
}
