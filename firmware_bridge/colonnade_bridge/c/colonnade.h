/* Colonnade: what was learned on a workstation, recognised on the controller of a robot.
 *
 * A column takes percepts, sensed points located in the frame of the robot's body, and tells which
 * learned object they are of, how it lies, and where the next touch would tell most:
 *
 *     static uint64_t memory[CLN_COLUMN_WORDS];  // at least cln_column_bytes(&model, NULL) bytes
 *     cln_model model;
 *     cln_column *column;
 *     int error = cln_model_open(&model, flash, flash_bytes);          // checks every byte it uses
 *     if (!error) error = cln_column_init(&column, memory, sizeof memory, &model, NULL);
 *
 *     while (cln_step(column, percepts, 1) == CLN_OPEN) {              // one touch
 *         float goal[6];
 *         if (cln_goal(column, ++turn, goal) > 0) move_to(goal);
 *     }
 *     cln_polish(column);
 *     cln_decide(column, &decision);
 *
 * Nothing is allocated, nothing is kept but in what the caller gave, and nothing is called but
 * sqrtf, memcpy, memmove and memset. The model is read where it lies, in flash; what its bytes mean
 * is docs/spec/blob.md. Every function that returns an int returns at once with a negative error of
 * cln_error.h where it was given something bad, and changes nothing then; the others do nothing
 * with NULL. One column is used by one thread at a time.
 *
 * The numbers are those of the numba kernels of colonnade_models, bit by bit, on every target whose
 * float is IEEE 754 binary32, when compiled with -ffp-contract=off and without -ffast-math.
 *
 * Units: metres, radians, 1/m, colours and shares 0..1, evidence in nats. */
#ifndef COLONNADE_H
#define COLONNADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cln_error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CLN_BLOB_VERSION 1 /* of the model blobs that this runtime reads */
#define CLN_PERCEPT_SIZE 18
#define CLN_MOST_OBJECTS 128
#define CLN_MOST_PATCHES 5

/* Where things stand in a percept. */
enum {
    CLN_LOCATION = 0,      /* sensed point, m, body frame; off the object: the eye */
    CLN_NORMAL = 3,        /* unit normal of the surface, towards the sensor */
    CLN_DIRECTION = 6,     /* unit tangent along which the surface bends most */
    CLN_CURVATURE = 9,     /* principal curvatures k1 >= k2, 1/m, positive where convex */
    CLN_COLOUR = 11,       /* hue, saturation, value, 0..1 */
    CLN_ON_OBJECT = 14,    /* 1 where the centre of the patch met a surface, else 0 */
    CLN_DIRECTED = 15,     /* 1 where k1 and k2 differ enough to define the direction */
    CLN_SIGMA_NORMAL = 16, /* standard deviation of the normal, rad */
    CLN_SIGMA_BEND = 17    /* standard deviation of a curvature, 1/m */
};

/* What a step returns. */
enum { CLN_OPEN = 0, CLN_RECOGNISED = 1, CLN_UNKNOWN = 2 };

/* Room for what a column holds; what is 0 is taken from the model. */
typedef struct {
    uint16_t winners;    /* hypotheses that stay after a step, 2..1000 */
    uint16_t refined;    /* proposals that are refined and enter at a time, 2..1000 */
    uint16_t proposals;  /* proposals kept at a time, at least as many, and twins of an object */
    uint16_t percepts;   /* that are remembered, 16..10000; later ones tell nothing new */
    uint32_t effort;     /* looks after which a step leaves the rest to the next, at least 200 */
} cln_limits;

/* A model, opened: pointers into the blob, which must stay where it is. */
typedef struct {
    const uint8_t *blob;
    uint32_t bytes;
    uint16_t objects;
    uint32_t surfels;
    uint16_t twins;
    const struct cln_blob_header *header;
    const struct cln_blob_object *object;
    const struct cln_blob_settings *settings;
    const struct cln_blob_tables *tables;
    const uint32_t *place;
    const uint32_t *spread;
    const uint8_t *look;
    const struct cln_blob_twin *twin;
    const uint16_t *block;
    const struct cln_blob_near *near;
    const uint16_t *base;
    const uint8_t *entry;
    const uint8_t *surprise;
    const char *names;
} cln_model;

typedef struct cln_column cln_column;

typedef struct {
    int32_t state;     /* CLN_OPEN, CLN_RECOGNISED or CLN_UNKNOWN */
    int32_t object;    /* that leads, -1 for none; an index into the model */
    float evidence;    /* for it, nats */
    float rival;       /* for the best of any other object, nats; 0 where none lives */
    float fit;         /* how well it fits a percept on average, nats */
    float pose[12];    /* that maps the body's frame into the object's: rotation, row by row, m */
    int32_t others;    /* other poses that are possible, because it looks the same from them */
    int32_t percepts;  /* that were remembered so far */
    int32_t moves;     /* how often the object was noticed to move */
    int32_t looks;     /* work of the latest step */
} cln_decision;

/* Open a model in place. The blob must be aligned to 4 bytes and may be longer than the model.
 * Every offset, count and number that the column relies on is checked, and the CRC. */
int cln_model_open(cln_model *model, const void *blob, size_t bytes);

/* The name of an object, UTF-8, not terminated; its length in bytes, or a negative error. */
int cln_model_name(const cln_model *model, int32_t object, const char **name);

/* Bytes that a column needs, 0 where the limits make no sense. `limits` may be NULL. */
size_t cln_column_bytes(const cln_model *model, const cln_limits *limits);

/* Make a column in `memory`, which must be aligned to 8 bytes. It has felt nothing yet. */
int cln_column_init(cln_column **column, void *memory, size_t bytes, const cln_model *model,
                    const cln_limits *limits);

/* Forget the episode, not the model. */
void cln_column_reset(cln_column *column);

/* The percepts of 1..CLN_MOST_PATCHES patches enter, and the column thinks.
 *
 * A percept that is not finite, whose normal or direction is far from a unit vector, or which is
 * neither on nor off the object is left out; where all are, nothing is felt and CLN_ERROR_PERCEPT
 * is returned. Where there is no room for one more, it tells nothing new, and what was begun goes
 * on. Returns CLN_OPEN, CLN_RECOGNISED, CLN_UNKNOWN or a negative error. Worst case: the effort,
 * and what was begun when it was reached; see docs/spec/blob.md. */
int cln_step(cln_column *column, const float percepts[][CLN_PERCEPT_SIZE], uint32_t patches);

/* Refine the leader's pose once more, after a decision, as often as the step's effort allows. */
void cln_polish(cln_column *column);

/* What the column holds true. */
void cln_decide(const cln_column *column, cln_decision *decision);

/* Where the next touch would tell most: a point and a normal in the body's frame, into `goal`.
 * 1 where there is one, 0 where nothing leads yet. `turn` is the number of the step: successive
 * calls look at other places. */
int cln_goal(cln_column *column, int32_t turn, float goal[6]);

/* Sensing: a square patch of depth and colour becomes one percept. */

#define CLN_MOST_RESOLUTION 16

typedef struct {
    int32_t resolution; /* pixels along a side, 4..CLN_MOST_RESOLUTION */
    float slope;        /* tan(field of view / 2), above 0 */
    float max_range;    /* depth, m, from which on nothing is there, above 0 */
    float weights[CLN_MOST_RESOLUTION * CLN_MOST_RESOLUTION]; /* scratch, and so is the rest */
    float matrix[6][6];
    float solution[3][6];
    float rotation[9];
} cln_eye;

/* Sense a patch: `depth` (P, P), m along the view axis, 0 or NaN or `max_range` where nothing was
 * met; `rgb` (P, P, 3) in 0..1; `pose` position m, quaternion x y z w, of the sensor in the body's
 * frame. Off the object the location is the eye and the normal points against the view axis. */
int cln_sense(cln_eye *eye, const float *depth, const float *rgb, const float pose[7],
              float percept[CLN_PERCEPT_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
