#include "cln_memory.h"

#define LEAST_REACH 0.010f
#define REACH_IN_CELLS 2.0f
#define FACES_ELSEWHERE 0.6f
#define FACES_ALIKE 0.5f
#define STEPS 1023u
#define SIDE 127
#define BEND_STEP ((float)(4.6 / 127))

static cln_vector position_of(const cln_memory *memory, const cln_blob_object *object, int32_t i)
{
    uint32_t place = memory->model.place[i];
    return cln_vec((float)(object->corner[0] + (int32_t)(place & STEPS)) * object->step,
                   (float)(object->corner[1] + (int32_t)((place >> 10) & STEPS)) * object->step,
                   (float)(object->corner[2] + (int32_t)((place >> 20) & STEPS)) * object->step);
}

/* The unit vector of two bytes of an octahedron's map. */
static cln_vector normal_of(const cln_memory *memory, int32_t i)
{
    const uint8_t *look = memory->model.look + CLN_LOOKS * i;
    int32_t u = look[0] - 128, v = look[1] - 128;
    int32_t au = u < 0 ? -u : u, av = v < 0 ? -v : v;
    int32_t w = SIDE - au - av;
    if (w < 0) {
        int32_t folded = (SIDE - av) * (u >= 0 ? 1 : -1);
        v = (SIDE - au) * (v >= 0 ? 1 : -1);
        u = folded;
    }
    float x = (float)u, y = (float)v, z = (float)w;
    float size = 1.0f / sqrtf(x * x + y * y + z * z);
    return cln_vec(x * size, y * size, z * size);
}

void cln_unpack_look(const cln_memory *memory, int32_t i, cln_surfel *out)
{
    const cln_blob_tables *tables = memory->model.tables;
    const uint8_t *look = memory->model.look + CLN_LOOKS * i;
    uint32_t spread = memory->model.spread[i];
    out->directed = (float)((memory->model.place[i] >> 30) & 1u);
    out->bend[0] = (float)(look[5] - 128) * BEND_STEP;
    out->bend[1] = (float)(look[6] - 128) * BEND_STEP;
    out->colour[0] = (float)look[7] * (1.0f / 256.0f);
    out->colour[1] = (float)look[8] * (1.0f / 255.0f);
    out->colour[2] = (float)look[9] * (1.0f / 255.0f);
    out->spread_bend = tables->spread[1][(spread >> 4) & 15u];
    for (uint32_t k = 0; k < 3; k++) {
        out->spread_colour[k] = tables->spread[2 + k][(spread >> (8 + 4 * k)) & 15u];
    }
}

void cln_unpack(const cln_memory *memory, int32_t object, int32_t i, cln_surfel *out)
{
    const cln_blob_tables *tables = memory->model.tables;
    const uint8_t *look = memory->model.look + CLN_LOOKS * i;
    uint32_t spread = memory->model.spread[i];
    cln_unpack_look(memory, i, out);
    out->position = position_of(memory, &memory->model.object[object], i);
    out->normal = normal_of(memory, i);
    float x = out->normal.x, y = out->normal.y, z = out->normal.z;
    /* two unit vectors across the normal (Duff et al. 2017) */
    float sign = z >= 0.0f ? 1.0f : -1.0f;
    float c = -1.0f / (sign + z);
    float d = x * y * c;
    float cosine = tables->cosine[look[2]], sine = tables->sine[look[2]];
    out->direction.x = cosine * (1.0f + sign * x * x * c) + sine * d;
    out->direction.y = cosine * (sign * d) + sine * (sign + y * y * c);
    out->direction.z = cosine * (-sign * x) + sine * -y;
    out->curvature[0] = tables->curvature[look[3]];
    out->curvature[1] = tables->curvature[look[4]];
    out->spread_normal = tables->spread[0][spread & 15u];
    out->spread_direction = tables->spread[5][(spread >> 20) & 15u];
    out->spread_place = tables->spread[6][(spread >> 24) & 15u];
    out->hit = tables->hit[spread >> 28];
}

/* The first and the last block along one axis that reach around x. */
static void blocks_within(float x, float reach, float origin, float cell, int32_t blocks,
                          int32_t range[2])
{
    range[0] = cln_larger((int32_t)((x - reach - origin) / cell), 0) >> 2;
    range[1] = cln_smaller((int32_t)((x + reach - origin) / cell), 4 * blocks - 1) >> 2;
}

static float square_apart(cln_vector a, cln_vector b)
{
    float x = a.x - b.x, y = a.y - b.y, z = a.z - b.z;
    return x * x + y * y + z * z;
}

/* The surfel nearest to a cell's centre within reach, as a number local to the object, or -1. With a
 * `facing` only those count that face elsewhere. Of equally near ones the first. */
static int32_t nearest(const cln_memory *memory, int32_t o, cln_vector centre,
                       const cln_vector *facing)
{
    const cln_blob_object *object = &memory->model.object[o];
    const uint16_t *start = memory->model.block + object->first_block;
    int32_t first = (int32_t)object->first_surfel, best = -1;
    int32_t blocks = object->along[0] * object->along[1] * object->along[2];
    int32_t i[2], j[2], k[2];
    float reach = cln_max(LEAST_REACH, REACH_IN_CELLS * object->cell);
    float square = 0.0f;
    blocks_within(centre.x, reach, object->origin[0], object->cell, object->along[0], i);
    blocks_within(centre.y, reach, object->origin[1], object->cell, object->along[1], j);
    blocks_within(centre.z, reach, object->origin[2], object->cell, object->along[2], k);
    for (int32_t a = i[0]; a <= i[1]; a++) {
        for (int32_t b = j[0]; b <= j[1]; b++) {
            int32_t row = (a * object->along[1] + b) * object->along[2];
            int32_t past = row + k[1] + 1;
            int32_t end = past < blocks ? start[past] : object->surfels;
            for (int32_t q = start[row + k[0]]; q < end; q++) {
                float d = square_apart(centre, position_of(memory, object, first + q));
                if (d > reach * reach || (best >= 0 && d >= square)) {
                    continue;
                }
                if (facing) {
                    cln_vector n = normal_of(memory, first + q);
                    if (!(cln_dot(n, *facing) < FACES_ELSEWHERE)) {
                        continue;
                    }
                }
                best = q;
                square = d;
            }
        }
    }
    return best;
}

/* Find the two surfels that a cell names. */
static void search(const cln_memory *memory, int32_t o, const int32_t at[3], cln_cell *found)
{
    const cln_blob_object *object = &memory->model.object[o];
    cln_vector centre = cln_vec(object->origin[0] + ((float)at[0] + 0.5f) * object->cell,
                                object->origin[1] + ((float)at[1] + 0.5f) * object->cell,
                                object->origin[2] + ((float)at[2] + 0.5f) * object->cell);
    int32_t first = nearest(memory, o, centre, NULL), second = -1;
    if (first >= 0) {
        cln_vector facing = normal_of(memory, (int32_t)object->first_surfel + first);
        second = nearest(memory, o, centre, &facing);
    }
    found->first = first < 0 ? (uint16_t)CLN_NO_SURFEL : (uint16_t)first;
    found->second = second < 0 ? (uint16_t)CLN_NO_SURFEL : (uint16_t)second;
}

int32_t cln_lookup(const cln_memory *memory, int32_t o, cln_vector point, cln_vector facing)
{
    const cln_blob_object *object = &memory->model.object[o];
    float inverse = object->inverse_cell;
    float fx = (point.x - object->origin[0]) * inverse;
    float fy = (point.y - object->origin[1]) * inverse;
    float fz = (point.z - object->origin[2]) * inverse;
    /* compared before they become integers: neither NaN nor anything huge may */
    if (!(fx >= 0.0f && fx < (float)(4 * object->along[0])) ||
        !(fy >= 0.0f && fy < (float)(4 * object->along[1])) ||
        !(fz >= 0.0f && fz < (float)(4 * object->along[2]))) {
        return -1;
    }
    int32_t at[3] = {(int32_t)fx, (int32_t)fy, (int32_t)fz};
    uint32_t block = ((uint32_t)(at[0] >> 2) * object->along[1] + (uint32_t)(at[1] >> 2)) *
                         object->along[2] +
                     (uint32_t)(at[2] >> 2);
    uint32_t inside = (uint32_t)((at[0] & 3) << 4 | (at[1] & 3) << 2 | (at[2] & 3));
    uint32_t cell = ((object->first_block + block) << 6 | inside) + 1;
    cln_cell *found = &memory->cell[(cell ^ cell >> 11) & memory->mask];
    if (found->cell != cell) {
        search(memory, o, at, found);
        found->cell = cell;
    }
    if (found->first == CLN_NO_SURFEL) {
        return -1;
    }
    int32_t first = (int32_t)(object->first_surfel + found->first);
    if (found->second == CLN_NO_SURFEL) {
        return first;
    }
    int32_t second = (int32_t)(object->first_surfel + found->second);
    cln_vector a = normal_of(memory, first), b = normal_of(memory, second);
    float facing_a = a.x * facing.x + a.y * facing.y + a.z * facing.z;
    float facing_b = b.x * facing.x + b.y * facing.y + b.z * facing.z;
    return facing_b > facing_a && facing_a < FACES_ALIKE ? second : first;
}

void cln_twin_pose(const cln_memory *memory, int32_t twin, float pose[12])
{
    const cln_blob_twin *t = &memory->model.twin[twin];
    float q[4], square = 0.0f;
    for (int32_t k = 0; k < 4; k++) {
        q[k] = (float)t->quaternion[k];
        square = square + q[k] * q[k];
    }
    float size = 1.0f / sqrtf(square);
    for (int32_t k = 0; k < 4; k++) {
        q[k] = q[k] * size;
    }
    cln_quaternion_matrix(q, pose);
    for (int32_t k = 0; k < 3; k++) {
        pose[9 + k] = (float)t->shift[k] * (1.0f / 32768.0f);
    }
}

float cln_twin_nats(const cln_memory *memory, int32_t twin, int32_t which)
{
    uint16_t nats = memory->model.twin[twin].nats[which];
    return nats == 0xFFFFu ? CLN_UNMEASURED : (float)nats * (1.0f / 1024.0f);
}
