#include "cln_distinction.h"

#define GREY 0.2f
#define ALIKE 0.4f
#define ALIKE_IN_COLOUR 0.08f
#define MUCH 2.0f
#define SELDOM 0.05f

void cln_imagine(const cln_surfel *s, cln_features *f)
{
    f->location = s->position;
    f->normal = s->normal;
    f->direction = s->direction;
    for (int32_t k = 0; k < 3; k++) {
        f->colour[k] = s->colour[k];
    }
    for (int32_t k = 0; k < 2; k++) {
        f->curvature[k] = s->curvature[k];
        f->bend[k] = s->bend[k];
    }
    f->on_object = 1.0f;
    f->directed = s->directed > 0.5f ? 1.0f : 0.0f;
    f->sigma_normal = f->sigma_bend = 0.0f;
    f->variance_normal = s->spread_normal;
    f->variance_bend = s->spread_bend;
}

void cln_relative_pose(const float a[12], const float b[12], float out[12])
{
    for (int32_t i = 0; i < 3; i++) {
        for (int32_t j = 0; j < 3; j++) {
            out[3 * i + j] = b[3 * i] * a[3 * j] + b[3 * i + 1] * a[3 * j + 1] +
                             b[3 * i + 2] * a[3 * j + 2];
        }
    }
    for (int32_t i = 0; i < 3; i++) {
        out[9 + i] = b[9 + i] - (out[3 * i] * a[9] + out[3 * i + 1] * a[10] +
                                 out[3 * i + 2] * a[11]);
    }
}

void cln_after(const float second[12], const float first[12], float out[12])
{
    for (int32_t i = 0; i < 3; i++) {
        const float *row = second + 3 * i;
        for (int32_t j = 0; j < 3; j++) {
            out[3 * i + j] = row[0] * first[j] + row[1] * first[3 + j] + row[2] * first[6 + j];
        }
        out[9 + i] = second[9 + i] + (row[0] * first[9] + row[1] * first[10] + row[2] * first[11]);
    }
}

float cln_at_home(const cln_column *c, const cln_surfel *s, const cln_features *f)
{
    return cln_surfel_score(f, s->position, s->normal, s->direction, s, c->tolerance);
}

/* Imagined features laid into an object: what they score there, and what the difference in colour
 * costs. The surfel there is left in `s`; false where there is none. */
static bool laid(const cln_column *c, const cln_features *f, int32_t object, const float T[12],
                 cln_surfel *s, float *nats, float *coloured)
{
    cln_vector q = cln_place(T, f->location), n = cln_turn(T, f->normal);
    *nats = c->tolerance->floor;
    *coloured = 0.0f;
    if (!cln_find(&c->memory, object, q, n, s)) {
        return false;
    }
    *coloured = cln_colour_difference(f->colour, s, c->tolerance, NULL);
    *nats = cln_surfel_score(f, q, n, cln_turn(T, f->direction), s, c->tolerance);
    return true;
}

cln_told cln_would_tell(const cln_column *c, const cln_features *f, float home, int32_t object,
                        int32_t other, const float T[12])
{
    cln_surfel at;
    float there, coloured;
    laid(c, f, other, T, &at, &there, &coloured);
    float shaped = home - there - coloured;
    if (object == other) {
        const float *trust = cln_object(c, object)->trust;
        shaped = trust[0] * shaped;
        coloured = trust[1] * coloured;
    }
    cln_told told = {cln_min(shaped + coloured, CLN_MOST_TELLING), there};
    return told;
}

/* Nats that colour alone tells imagined features, whose hue is lost, from a surfel. Hue counts as
 * far as the greyer of the two is no grey. */
static float by_vivid_colour(const cln_column *c, const cln_surfel *s, cln_features *f)
{
    float vividness = cln_min(cln_min(f->colour[1], s->colour[1]) / GREY, 1.0f);
    float dh = f->colour[0] - s->colour[0];
    dh = dh - cln_floor(dh + 0.5f);
    f->colour[0] = s->colour[0] + vividness * dh;
    return cln_colour_difference(f->colour, s, c->tolerance, NULL);
}

bool cln_look_alike(const cln_column *c, int32_t object, const float a[12], int32_t other,
                    const float b[12])
{
    int32_t surfels = cln_object(c, object)->surfels, start = cln_first_surfel(c, object);
    int32_t stride = cln_larger(1, surfels / c->settings.probes);
    int32_t looked_at = (surfels + stride - 1) / stride;
    float probes = (float)looked_at;
    float often = SELDOM * probes, told = 0.0f, coloured = 0.0f, T[CLN_POSE_SIZE];
    cln_relative_pose(a, b, T);
    for (int32_t i = start; i < start + surfels; i += stride) {
        cln_surfel s, at;
        cln_features f;
        float there, by_colour;
        cln_unpack(&c->memory, object, i, &s);
        cln_imagine(&s, &f);
        float home = cln_at_home(c, &s, &f), vivid = 0.0f;
        if (laid(c, &f, other, T, &at, &there, &by_colour)) {
            vivid = by_vivid_colour(c, &at, &f);
        }
        float nats = cln_min(home - there - by_colour + vivid, CLN_MOST_TELLING);
        told = told + nats;
        coloured = coloured + vivid;
        if (nats > MUCH) {
            often = often - 1.0f;
        }
        if (often < 0.0f) {
            return false;
        }
    }
    return told < ALIKE * probes && coloured < ALIKE_IN_COLOUR * probes;
}

float cln_usual_lead(const cln_column *c, int32_t object, const float a[12], int32_t other,
                     const float b[12])
{
    int32_t surfels = cln_object(c, object)->surfels, start = cln_first_surfel(c, object);
    int32_t stride = cln_larger(1, surfels / c->settings.probes);
    float probes = 0.0f, told = 0.0f, T[CLN_POSE_SIZE];
    cln_relative_pose(a, b, T);
    for (int32_t i = start; i < start + surfels; i += stride) {
        cln_surfel s;
        cln_features f;
        cln_unpack(&c->memory, object, i, &s);
        cln_imagine(&s, &f);
        told += cln_would_tell(c, &f, cln_at_home(c, &s, &f), object, other, T).nats;
        probes += 1.0f;
    }
    return told / probes;
}

float cln_expected_lead(const cln_column *c, int32_t object, const float a[12], int32_t other,
                        const float b[12], int32_t first, float total)
{
    float T[CLN_POSE_SIZE];
    cln_relative_pose(a, b, T);
    for (int32_t p = first; p < c->tally.percepts; p++) {
        const cln_features *felt = &c->features[p];
        if (felt->on_object == 0.0f) {
            continue;
        }
        cln_surfel s;
        cln_features f;
        if (!cln_find(&c->memory, object, cln_place(a, felt->location), cln_turn(a, felt->normal),
                      &s)) {
            continue;
        }
        cln_imagine(&s, &f);
        total += cln_would_tell(c, &f, cln_at_home(c, &s, &f), object, other, T).nats;
    }
    return total;
}
