/* The object memory: surfels in flash, unpacked one by one, and where a point belongs. */
#ifndef CLN_MEMORY_H
#define CLN_MEMORY_H

#include "cln_blob.h"
#include "cln_numerics.h"
#include "colonnade.h"

#define CLN_NO_SURFEL 0xFFFFu
#define CLN_STEEPEST_BEND 150.0f /* 1/m, beyond which curvatures are not extrapolated */

typedef struct cln_tolerance cln_tolerance;

/* One surfel as colonnade_models.surfel tells its fields. */
typedef struct {
    cln_vector position, normal, direction;
    float curvature[2];
    float bend[2];
    float colour[3];
    float directed;
    float spread_normal;
    float spread_bend;
    float spread_colour[3];
    float spread_direction;
    float spread_place;
    float hit;
} cln_surfel;

typedef struct {
    cln_model model;
} cln_memory;

/* The surfel of an object that a point facing along n may belong to, and its normal; -1 if none is
 * near. Of the two that a cell names, the one facing more alike. */
int32_t cln_nearest(const cln_memory *memory, int32_t object, cln_vector point, cln_vector facing,
                    cln_vector *normal);

/* Where a surfel of an object lies, and how many of the touches aimed there meet it. */
cln_vector cln_position(const cln_memory *memory, int32_t object, int32_t surfel);
float cln_hit(const cln_memory *memory, int32_t surfel);

/* The same as cln_nearest, unpacked; false if none is near. */
bool cln_find(const cln_memory *memory, int32_t object, cln_vector point, cln_vector facing,
              cln_surfel *out);

/* How many cells a mask of 64 names. */
uint32_t cln_cells_of(const uint32_t mask[2]);

/* The surfel, local to the object, that one of the entries of a block's cells names. */
int32_t cln_entry(const cln_model *model, const cln_blob_object *object, const cln_blob_near *near,
                  uint32_t entry);

/* Unpack one surfel of an object. */
void cln_unpack(const cln_memory *memory, int32_t object, int32_t surfel, cln_surfel *out);

/* Only what tells whether a percept resembles it: its bend and how that varies, */
void cln_unpack_bend(const cln_memory *memory, int32_t surfel, cln_surfel *out);

/* and its colour and how that varies, and whether it has a direction. */
void cln_unpack_colour(const cln_memory *memory, int32_t surfel, cln_surfel *out);

/* The pose of a twin, twelve numbers. */
void cln_twin_pose(const cln_memory *memory, int32_t twin, float pose[12]);

enum { CLN_NATS, CLN_NATS_OF_A_TURN, CLN_RATE, CLN_WORTH };
#define CLN_UNMEASURED INFINITY

/* What is known of a twin: one of the four above. */
float cln_twin_nats(const cln_memory *memory, int32_t twin, int32_t which);

#endif
