#include "cln_memory.h"

#define FACES_ALIKE 0.5f
#define STEPS 1023u
#define SIDE 127
#define BEND_STEP ((float)(4.6 / 127))

cln_vector cln_position(const cln_memory *memory, int32_t o, int32_t i)
{
    const cln_blob_object *object = &memory->model.object[o];
    uint32_t place = memory->model.place[i];
    return cln_vec((float)(object->corner[0] + (int32_t)(place & STEPS)) * object->step,
                   (float)(object->corner[1] + (int32_t)((place >> 10) & STEPS)) * object->step,
                   (float)(object->corner[2] + (int32_t)((place >> 20) & STEPS)) * object->step);
}

float cln_hit(const cln_memory *memory, int32_t i)
{
    return memory->model.tables->hit[memory->model.spread[i] >> 28];
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

void cln_unpack_bend(const cln_memory *memory, int32_t i, cln_surfel *out)
{
    const uint8_t *look = memory->model.look + CLN_LOOKS * i;
    out->bend[0] = (float)(look[5] - 128) * BEND_STEP;
    out->bend[1] = (float)(look[6] - 128) * BEND_STEP;
    out->spread_bend = memory->model.tables->spread[1][(memory->model.spread[i] >> 4) & 15u];
}

void cln_unpack_colour(const cln_memory *memory, int32_t i, cln_surfel *out)
{
    const cln_blob_tables *tables = memory->model.tables;
    const uint8_t *look = memory->model.look + CLN_LOOKS * i;
    uint32_t spread = memory->model.spread[i];
    out->directed = (float)((memory->model.place[i] >> 30) & 1u);
    out->colour[0] = (float)look[7] * (1.0f / 256.0f);
    out->colour[1] = (float)look[8] * (1.0f / 255.0f);
    out->colour[2] = (float)look[9] * (1.0f / 255.0f);
    for (uint32_t k = 0; k < 3; k++) {
        out->spread_colour[k] = tables->spread[2 + k][(spread >> (8 + 4 * k)) & 15u];
    }
}

/* Unpack a surfel whose normal is there already. */
static void unpack_rest(const cln_memory *memory, int32_t object, int32_t i, cln_surfel *out)
{
    const cln_blob_tables *tables = memory->model.tables;
    const uint8_t *look = memory->model.look + CLN_LOOKS * i;
    uint32_t spread = memory->model.spread[i];
    cln_unpack_bend(memory, i, out);
    cln_unpack_colour(memory, i, out);
    out->position = cln_position(memory, object, i);
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
    out->hit = cln_hit(memory, i);
}

void cln_unpack(const cln_memory *memory, int32_t object, int32_t i, cln_surfel *out)
{
    out->normal = normal_of(memory, i);
    unpack_rest(memory, object, i, out);
}

static uint32_t count_bits(uint32_t x)
{
    x -= x >> 1 & 0x55555555u;
    x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
    return ((x + (x >> 4)) & 0x0F0F0F0Fu) * 0x01010101u >> 24;
}

uint32_t cln_cells_of(const uint32_t mask[2]) { return count_bits(mask[0]) + count_bits(mask[1]); }

/* How many of the cells in a mask come before one of them, -1 if it is not in it. */
static int32_t rank_of(const uint32_t mask[2], uint32_t cell)
{
    uint32_t bit = 1u << (cell & 31u);
    if (!(mask[cell >> 5] & bit)) {
        return -1;
    }
    uint32_t before = cell < 32 ? 0 : count_bits(mask[0]);
    return (int32_t)(before + count_bits(mask[cell >> 5] & (bit - 1u)));
}

int32_t cln_entry(const cln_model *model, const cln_blob_object *object, const cln_blob_near *near,
                  uint32_t entry)
{
    const uint8_t *entries = model->entry + object->first_entry + near->entries;
    if (object->wide) {
        return entries[2 * entry] | entries[2 * entry + 1] << 8;
    }
    const uint16_t *base = model->base + object->first_base + near->bases;
    return base[entries[entry] >> 5] + (entries[entry] & 31);
}

int32_t cln_nearest(const cln_memory *memory, int32_t o, cln_vector point, cln_vector facing,
                    cln_vector *normal)
{
    const cln_model *model = &memory->model;
    const cln_blob_object *object = &model->object[o];
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
    int32_t x = (int32_t)fx, y = (int32_t)fy, z = (int32_t)fz;
    int32_t at = ((x >> 2) * object->along[1] + (y >> 2)) * object->along[2] + (z >> 2);
    uint32_t number = model->block[object->first_block + (uint32_t)at];
    if (number == 0) {
        return -1;
    }
    const cln_blob_near *near = &model->near[object->first_near + number - 1];
    uint32_t cell = (uint32_t)((x & 3) << 4 | (y & 3) << 2 | (z & 3));
    int32_t rank = rank_of(near->first, cell);
    if (rank < 0) {
        return -1;
    }
    int32_t surfels = (int32_t)object->first_surfel;
    int32_t found = surfels + cln_entry(model, object, near, (uint32_t)rank);
    *normal = normal_of(memory, found);
    float alike = cln_dot(*normal, facing);
    rank = alike < FACES_ALIKE ? rank_of(near->second, cell) : -1;
    if (rank >= 0) {
        uint32_t entry = cln_cells_of(near->first) + (uint32_t)rank;
        int32_t second = surfels + cln_entry(model, object, near, entry);
        cln_vector other = normal_of(memory, second);
        if (cln_dot(other, facing) > alike) {
            found = second;
            *normal = other;
        }
    }
    return found;
}

bool cln_find(const cln_memory *memory, int32_t o, cln_vector point, cln_vector facing,
              cln_surfel *out)
{
    int32_t found = cln_nearest(memory, o, point, facing, &out->normal);
    if (found >= 0) {
        unpack_rest(memory, o, found, out);
    }
    return found >= 0;
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
