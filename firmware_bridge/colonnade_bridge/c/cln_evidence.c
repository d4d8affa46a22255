#include "cln_evidence.h"

#include <string.h>

#define WIDEST_BEND 2.0f
#define WIDEST_NORMAL 1.0f
#define PLACE 0.43f
#define MOST_PLACE 16.0f
#define FACING 0.32f
#define MOST_FACING 16.0f
#define BENDING 0.15f
#define MOST_BENDING 9.0f
#define TURNED 0.05f
#define MOST_TURNED 9.0f
#define COLOURED 0.20f
#define MOST_COLOURED 50.0f
#define BESIDE 0.20f
#define MOST_BESIDE 9.0f
#define SPREADING 0.20f
#define RIM 6e-5f
#define HUGE_SQUARE 1e20f
#define AWAY (FACING * MOST_FACING)
#define MISSES_OTHERWISE 0.5f
#define LEAST_MISSES 1e-3f
#define SURFEL_DISC 0.75f
#define STRIDE 0.003f

void cln_features_of(const float percept[CLN_PERCEPT_SIZE], cln_features *out)
{
    memcpy(out, percept, CLN_PERCEPT_SIZE * sizeof(float));
    float sigma = fabsf(out->sigma_bend), variance = 0.0f;
    for (int32_t k = 0; k < 2; k++) {
        float curvature = out->curvature[k];
        out->bend[k] = cln_compress(curvature);
        float own = cln_min(sigma / (fabsf(curvature) + CLN_FLAT), WIDEST_BEND);
        variance = cln_max(variance, own * own);
    }
    out->variance_bend = variance;
    sigma = cln_min(fabsf(out->sigma_normal), WIDEST_NORMAL);
    out->variance_normal = sigma * sigma;
}

cln_tolerance cln_loosened(const cln_tolerance *t, float place, float angle)
{
    cln_tolerance loose = *t;
    loose.place = t->place + place * place;
    loose.normal = t->normal + angle * angle;
    loose.direction = t->direction + angle * angle;
    return loose;
}

/* A squared difference in variances, `most` of them in the limit (Geman & McClure 1987). */
static float robust(float square, float variance, float most)
{
    square = cln_min(square, HUGE_SQUARE); /* that of a wild percept may be infinite */
    return square / (variance + square / most);
}

float cln_colour_difference(const float colour[3], const cln_surfel *s, const cln_tolerance *t,
                            float *widened)
{
    float dh = colour[0] - s->colour[0];
    if (dh > 0.5f) {
        dh = dh - 1.0f;
    } else if (dh < -0.5f) {
        dh = dh + 1.0f;
    }
    float ds = colour[1] - s->colour[1];
    float dv = colour[2] - s->colour[2];
    float value = t->colour + s->spread_colour[2];
    float square = dh * dh / (t->colour + s->spread_colour[0]) +
                   ds * ds / (t->colour + s->spread_colour[1]) + dv * dv / value;
    if (widened) {
        *widened = value / t->colour;
    }
    return COLOURED * robust(square, 1.0f, MOST_COLOURED);
}

static cln_difference compare(const cln_features *f, cln_vector q, cln_vector n, cln_vector d,
                              const cln_surfel *s, const cln_tolerance *t)
{
    cln_vector o = cln_minus(q, s->position), m = s->normal, e = s->direction;
    cln_vector g = cln_cross(m, e);
    float height = cln_dot(o, m), u = cln_dot(o, e), v = cln_dot(o, g);
    float k1 = cln_min(cln_max(s->curvature[0], -CLN_STEEPEST_BEND), CLN_STEEPEST_BEND);
    float k2 = cln_min(cln_max(s->curvature[1], -CLN_STEEPEST_BEND), CLN_STEEPEST_BEND);
    /* the surfel's quadric: a convex surface falls away from its plane and turns outwards */
    height = height + 0.5f * (k1 * u * u + k2 * v * v);
    float tu = k1 * u, tv = k2 * v;
    float place_variance = t->place + s->spread_place;
    float penalty = PLACE * robust(height * height, place_variance, MOST_PLACE);

    cln_vector p = cln_vec(m.x + tu * e.x + tv * g.x, m.y + tu * e.y + tv * g.y,
                           m.z + tu * e.z + tv * g.z);
    float along = cln_dot(n, p);
    float square = cln_dot(p, p);
    float steep = cln_max(k1 * k1, k2 * k2) * t->place;
    float normal_variance = t->normal + f->variance_normal + s->spread_normal + steep;
    if (along > 0.0f) {
        float sine2 = cln_max(1.0f - along * along / square, 0.0f);
        penalty = penalty + FACING * robust(sine2, normal_variance, MOST_FACING);
    } else {
        penalty = penalty + AWAY;
    }
    float wider = place_variance / t->place;
    float widened = wider * wider * (normal_variance / (t->normal + f->variance_normal));

    float bend_variance = t->bend + f->variance_bend + s->spread_bend;
    float b1 = f->bend[0] - s->bend[0], b2 = f->bend[1] - s->bend[1];
    penalty = penalty + BENDING * robust(b1 * b1 + b2 * b2, bend_variance, MOST_BENDING);

    if (f->directed > 0.0f && s->directed > 0.5f) {
        float cosine = cln_dot(d, e);
        float turned2 = cln_max(1.0f - cosine * cosine, 0.0f);
        float variance = t->direction + s->spread_direction;
        penalty = penalty + TURNED * robust(turned2, variance, MOST_TURNED);
    }

    float coloured = cln_colour_difference(f->colour, s, t, &wider);
    /* beyond the rim of what was learned the surfel only stands in for the surface */
    float beyond = u * u + v * v;
    penalty = penalty + coloured + BESIDE * robust(beyond, RIM, MOST_BESIDE);
    cln_difference difference = {penalty, widened * wider, coloured};
    return difference;
}

float cln_surfel_score(const cln_features *f, cln_vector q, cln_vector n, cln_vector d,
                       const cln_surfel *s, const cln_tolerance *t)
{
    cln_difference c = compare(f, q, n, d, s, t);
    return cln_max(t->gain - (c.penalty + SPREADING * cln_log(c.widened)), t->floor);
}

/* The surfel that the free line of sight of an off-object percept runs through, -1 for none. */
static int32_t pierced(const cln_memory *memory, int32_t object, const float *pose,
                       const cln_features *f, float reach)
{
    const cln_blob_object *thing = &memory->model.object[object];
    cln_vector eye = cln_place(pose, f->location), n = cln_turn(pose, f->normal);
    /* only the part of the line within the object's bounding sphere */
    cln_vector c = cln_minus(eye, cln_at(thing->centre));
    float middle = cln_dot(c, n);
    float half = thing->radius * thing->radius + middle * middle - cln_dot(c, c);
    if (!(half > 0.0f)) {
        return -1;
    }
    half = sqrtf(half);
    float disc = SURFEL_DISC / thing->inverse_cell;
    disc = disc * disc;
    reach = cln_min(reach, middle + half);
    float along = cln_max(STRIDE, middle - half);
    while (along < reach) {
        cln_vector at = cln_vec(eye.x - along * n.x, eye.y - along * n.y, eye.z - along * n.z);
        cln_vector normal;
        int32_t i = cln_nearest(memory, object, at, n, &normal);
        if (i >= 0 && cln_dot(normal, n) > 0.5f) {
            cln_vector d = cln_minus(at, cln_position(memory, object, i));
            float height = cln_dot(d, normal);
            float aside = cln_dot(d, d) - height * height;
            if (fabsf(height) < STRIDE && aside < disc) {
                return i;
            }
        }
        along = along + STRIDE;
    }
    return -1;
}

/* Nats that a look which met nothing tells: much against a surface that is always met. */
static float miss(const cln_memory *memory, int32_t object, const float *pose,
                  const cln_features *f, const cln_tolerance *t, float reach)
{
    int32_t i = pierced(memory, object, pose, f, reach);
    if (i < 0) {
        return 0.0f;
    }
    float surprise = MISSES_OTHERWISE / cln_max(1.0f - cln_hit(memory, i), LEAST_MISSES);
    return surprise > 1.0f ? cln_max(-cln_log(surprise), t->pierced) : 0.0f;
}

/* What features cost where a hypothesis puts them; false where there is nothing to compare with. */
static bool met(const cln_memory *memory, int32_t object, const float *pose, const cln_features *f,
                const cln_tolerance *t, cln_difference *difference)
{
    cln_vector q = cln_place(pose, f->location), n = cln_turn(pose, f->normal);
    cln_surfel s;
    if (!cln_find(memory, object, q, n, &s)) {
        return false;
    }
    *difference = compare(f, q, n, cln_turn(pose, f->direction), &s, t);
    return true;
}

cln_score_parts cln_score(const cln_memory *memory, int32_t object, const float *pose,
                          const cln_features *f, const cln_tolerance *t, float reach)
{
    cln_score_parts parts = {t->floor, 0.0f, t->floor};
    cln_difference c;
    if (f->on_object == 0.0f) {
        parts.nats = parts.fit = miss(memory, object, pose, f, t, reach);
    } else if (met(memory, object, pose, f, t, &c)) {
        parts.fit = cln_max(t->gain - c.penalty, t->floor);
        float best = t->gain - SPREADING * cln_log(c.widened);
        if (best - c.penalty > t->floor) {
            parts.nats = best - c.penalty;
            parts.coloured = c.coloured;
        } else {
            parts.coloured = cln_min(c.coloured, cln_max(best - t->floor, 0.0f));
        }
    }
    return parts;
}

float cln_fit(const cln_memory *memory, int32_t object, const float *pose, const cln_features *f,
              const cln_tolerance *t, float reach)
{
    return cln_score(memory, object, pose, f, t, reach).fit;
}
