/* Opening a model: every offset, count and number that the column relies on is checked once, so
 * that nothing later can lead outside of the blob. */
#include "cln_column.h"
#include "cln_crc32.h"

#include <string.h>

#define MOST_METRES 20.0f
#define MOST_BLOCKS 0xFFFFFu
#define LEAST_VARIANCE 1e-7f
#define MOST_VARIANCE 1000.0f
#define MOST_NATS 1000.0f
#define LEAST_RATE 1e-6f
#define CRC_FROM 16u

static const size_t item_bytes[CLN_SECTIONS] = {
    sizeof(cln_blob_object), sizeof(cln_blob_settings), sizeof(cln_blob_tables),
    sizeof(uint32_t),        sizeof(uint32_t),          CLN_LOOKS,
    sizeof(cln_blob_twin),   sizeof(uint16_t),          sizeof(cln_blob_near),
    sizeof(uint16_t),        1,                         CLN_PROFILE_CELLS,
    1,
};

static bool within(float x, float low, float high) { return x >= low && x <= high; }

static bool all_within(const float *numbers, size_t count, float low, float high)
{
    for (size_t i = 0; i < count; i++) {
        if (!within(numbers[i], low, high)) {
            return false;
        }
    }
    return true;
}

static bool between(int32_t x, int32_t low, int32_t high) { return x >= low && x <= high; }

bool cln_settings_are_sound(const cln_blob_settings *s, const cln_model *model)
{
    int32_t most_twins = 0;
    for (int32_t o = 0; o < model->objects; o++) {
        most_twins = cln_larger(most_twins, model->object[o].twins);
    }
    const cln_tolerance *t = &s->tolerance;
    return between(s->winners, 2, 1000) && between(s->refined_seeds, 2, 1000) &&
           between(s->proposals, cln_larger(s->refined_seeds, most_twins), 10000) &&
           s->proposals >= 2 && between(s->percepts, 16, 10000) && s->effort >= 200 &&
           between(s->seed_budget, 1, 1000000) && between(s->seed_share, 0, 10000) &&
           between(s->candidates, 1, 10000) && between(s->rivals, 0, 6) &&
           between(s->probes, 1, 10000) && between(s->turns, 1, CLN_TURNS) &&
           CLN_TURNS % s->turns == 0 && between(s->refine_every, 1, 10000) &&
           between(s->refined, 0, 10000) && between(s->first_seeding, 1, 10000) &&
           between(s->unknown_percepts, 1, 10000) &&
           within(s->reach, 0.0f, 10.0f) && within(s->slow, LEAST_RATE, MOST_NATS) &&
           all_within(&t->place, 5, LEAST_VARIANCE, MOST_VARIANCE) &&
           all_within(&t->gain, 3, -MOST_NATS, MOST_NATS);
}

/* With these and the tolerances no variance is zero, and no ratio of two infinite. */
static bool tables_are_sound(const cln_blob_tables *tables)
{
    static const struct {
        int16_t count, low, high;
    } limits[] = {
        {2 * 256, -1, 1},            /* cosine, sine */
        {256, -1000, 1000},          /* curvature */
        {7 * 16, 0, 10},             /* spread */
        {16 + CLN_LIKELIHOODS, 0, 1}, /* hit, likelihood */
        {2 * CLN_TURNS, -1, 1},      /* turn_cosine, turn_sine */
    };
    const float *number = (const float *)(const void *)tables;
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        if (!all_within(number, (size_t)limits[k].count, limits[k].low, limits[k].high)) {
            return false;
        }
        number += limits[k].count;
    }
    return true;
}

/* Whether all entries of a block's cells, and their bases, lie in the model and name surfels. */
static bool cells_are_sound(const cln_model *model, const cln_blob_object *o,
                            const cln_blob_near *near)
{
    uint32_t width = o->wide ? 2 : 1;
    uint32_t count = cln_cells_of(near->first) + cln_cells_of(near->second);
    uint32_t room = model->header->entries - o->first_entry;
    uint32_t bases = model->header->bases - o->first_base;
    uint32_t missing = (near->second[0] & ~near->first[0]) | (near->second[1] & ~near->first[1]);
    if (near->entries > room || count * width > room - near->entries || missing) {
        return false;
    }
    for (uint32_t k = 0; k < count; k++) {
        uint32_t base = model->entry[o->first_entry + near->entries + k] >> 5;
        if ((!o->wide && (near->bases > bases || base >= bases - near->bases)) ||
            cln_entry(model, o, near, k) >= o->surfels) {
            return false;
        }
    }
    return true;
}

/* How many blocks and rows objects have so far: none has another's, so that checking a model takes
 * no longer than it is large. */
typedef struct {
    uint32_t blocks, rows;
} taken;

static bool index_is_sound(const cln_model *model, const cln_blob_object *o, uint32_t blocks,
                           taken *so_far)
{
    const cln_blob_header *h = model->header;
    if (o->first_block != so_far->blocks || o->first_near != so_far->rows ||
        o->first_entry > h->entries || o->first_base > h->bases) {
        return false;
    }
    for (; blocks > 0; blocks--) {
        uint32_t near = model->block[so_far->blocks++];
        if (near == 0) {
            continue;
        }
        if (so_far->rows >= h->near || near != so_far->rows - o->first_near + 1 ||
            !cells_are_sound(model, o, &model->near[so_far->rows++])) {
            return false;
        }
    }
    return true;
}

static bool object_is_sound(const cln_model *model, const cln_blob_object *o, taken *so_far)
{
    const cln_blob_header *h = model->header;
    uint32_t blocks = (uint32_t)o->along[0] * o->along[1];
    if (blocks == 0 || o->along[2] == 0 || blocks > MOST_BLOCKS / o->along[2]) {
        return false;
    }
    blocks *= o->along[2];
    if (o->surfels == 0 || o->surfels == CLN_NO_SURFEL || o->first_surfel > model->surfels ||
        o->surfels > model->surfels - o->first_surfel || o->first_block > h->blocks ||
        blocks > h->blocks - o->first_block || o->name > h->name_bytes ||
        o->name_bytes > h->name_bytes - o->name ||
        (uint32_t)o->first_twin + o->twins > model->twins) {
        return false;
    }
    if (!within(o->cell, 1e-4f, 0.1f) || !(o->inverse_cell == 1.0f / o->cell) ||
        !within(o->step, 1e-6f, 10.0f) || !within(o->radius, 0.0f, 2.0f * MOST_METRES) ||
        !within(o->trust[0], 0.0f, 10.0f) || !within(o->trust[1], 0.0f, 10.0f)) {
        return false;
    }
    for (int32_t k = 0; k < 3; k++) {
        float far = (float)o->corner[k] * o->step;
        if (!within(o->origin[k], -MOST_METRES, MOST_METRES) ||
            !within(o->centre[k], -MOST_METRES, MOST_METRES) ||
            !between(o->corner[k], -(1 << 24), 1 << 24) ||
            !within(far, -MOST_METRES, MOST_METRES)) {
            return false;
        }
    }
    return index_is_sound(model, o, blocks, so_far);
}

static bool twins_are_sound(const cln_model *model)
{
    for (int32_t w = 0; w < model->twins; w++) {
        const int16_t *q = model->twin[w].quaternion;
        if (q[0] == 0 && q[1] == 0 && q[2] == 0 && q[3] == 0) {
            return false;
        }
    }
    return true;
}

/* Where each section begins, if all of it lies within the blob. */
static bool find_sections(const cln_blob_header *h, const uint8_t *section[CLN_SECTIONS])
{
    const uint32_t items[CLN_SECTIONS] = {h->objects, 1,         1,       h->surfels,
                                          h->surfels, h->surfels, h->twins, h->blocks,
                                          h->near,    h->bases,   h->entries, h->objects,
                                          h->name_bytes};
    for (int32_t k = 0; k < CLN_SECTIONS; k++) {
        uint64_t end = (uint64_t)h->offset[k] + (uint64_t)items[k] * item_bytes[k];
        if (h->offset[k] % 4 != 0 || h->offset[k] < sizeof *h || end > h->bytes) {
            return false;
        }
        section[k] = (const uint8_t *)h + h->offset[k];
    }
    return true;
}

static int check_header(const cln_blob_header *h, size_t bytes)
{
    if (h->magic != CLN_BLOB_MAGIC) {
        return h->magic == 0x434C4E4Du ? CLN_ERROR_ENDIAN : CLN_ERROR_MAGIC;
    }
    if (h->version != CLN_BLOB_VERSION || h->header_bytes != sizeof *h) {
        return CLN_ERROR_VERSION;
    }
    if (h->bytes > bytes) {
        return CLN_ERROR_TRUNCATED;
    }
    if (h->bytes < sizeof *h) {
        return CLN_ERROR_MODEL;
    }
    if (cln_crc32(0, (const uint8_t *)h + CRC_FROM, h->bytes - CRC_FROM) != h->crc) {
        return CLN_ERROR_CRC;
    }
    if (h->objects == 0 || h->objects > CLN_MOST_OBJECTS || h->surfels > 0x7FFFFFFu ||
        h->blocks > 0x3FFFFFFu || h->twins > INT16_MAX) {
        return CLN_ERROR_MODEL;
    }
    return CLN_OK;
}

int cln_model_open(cln_model *model, const void *blob, size_t bytes)
{
    const cln_blob_header *h = blob;
    const uint8_t *section[CLN_SECTIONS];
    if (!model || !blob) {
        return CLN_ERROR_ARGUMENT;
    }
    memset(model, 0, sizeof *model);
    if ((uintptr_t)blob % 4) {
        return CLN_ERROR_ALIGNMENT;
    }
    if (bytes < sizeof *h) {
        return CLN_ERROR_TRUNCATED;
    }
    int error = check_header(h, bytes);
    if (error) {
        return error;
    }
    if (!find_sections(h, section)) {
        return CLN_ERROR_MODEL;
    }
    cln_model m;
    m.blob = blob;
    m.bytes = h->bytes;
    m.objects = h->objects;
    m.surfels = h->surfels;
    m.twins = h->twins;
    m.header = h;
    m.object = (const cln_blob_object *)(const void *)section[CLN_OBJECTS];
    m.settings = (const cln_blob_settings *)(const void *)section[CLN_SETTINGS];
    m.tables = (const cln_blob_tables *)(const void *)section[CLN_TABLES];
    m.place = (const uint32_t *)(const void *)section[CLN_PLACES];
    m.spread = (const uint32_t *)(const void *)section[CLN_SPREADS];
    m.look = section[CLN_LOOK];
    m.twin = (const cln_blob_twin *)(const void *)section[CLN_TWINS];
    m.block = (const uint16_t *)(const void *)section[CLN_BLOCKS];
    m.near = (const cln_blob_near *)(const void *)section[CLN_NEAR];
    m.base = (const uint16_t *)(const void *)section[CLN_BASES];
    m.entry = section[CLN_ENTRIES];
    m.surprise = section[CLN_SURPRISE];
    m.names = (const char *)section[CLN_NAMES];
    taken so_far = {0, 0};
    for (int32_t o = 0; o < m.objects; o++) {
        if (!object_is_sound(&m, &m.object[o], &so_far)) {
            return CLN_ERROR_MODEL;
        }
    }
    if (!tables_are_sound(m.tables) || !twins_are_sound(&m) ||
        !cln_settings_are_sound(m.settings, &m)) {
        return CLN_ERROR_MODEL;
    }
    *model = m;
    return CLN_OK;
}

int cln_model_name(const cln_model *model, int32_t object, const char **name)
{
    if (!model || !model->blob || !name || object < 0 || object >= model->objects) {
        return CLN_ERROR_ARGUMENT;
    }
    *name = model->names + model->object[object].name;
    return model->object[object].name_bytes;
}
