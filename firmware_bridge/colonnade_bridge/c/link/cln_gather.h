/* Puts the frames of one step together: percepts as they come, or pixels to be sensed first. */
#ifndef CLN_GATHER_H
#define CLN_GATHER_H

#include <stdint.h>

#define CLN_GATHER_PATCHES 5u   /* most patches of a step */
#define CLN_GATHER_PIXELS  256u /* most pixels of a patch: 16x16 */
#define CLN_GATHER_PERCEPT 18u  /* floats of a percept, see colonnade_models/percept.py */

typedef struct {
    float pose[7];                       /* sensor in the body's frame: m, quaternion x y z w */
    float unit;                          /* m that one count of depth is worth */
    uint32_t pixels;                     /* how many, row by row: 64 or 256 */
    uint16_t depth[CLN_GATHER_PIXELS];   /* counts along the sensor's axis; 0: nothing was met */
    uint8_t rgb[CLN_GATHER_PIXELS * 3u]; /* 0..255 */
} cln_gather_patch;

typedef struct {
    uint64_t since;    /* when the step's first frame arrived, us */
    uint32_t sequence; /* of the step that is gathered; 0: none */
    uint16_t deadline; /* ms after `since`; 0: none */
    uint8_t patches;   /* how many the step has */
    uint8_t wants;     /* CLN_WANT_* */
    uint8_t have;      /* which patches are there, a bit each */
    uint8_t patch;     /* the one whose pixels are gathered */
    uint8_t parts;     /* which parts of it are there, a bit each */
    float percepts[CLN_GATHER_PATCHES][CLN_GATHER_PERCEPT];
    cln_gather_patch pixels;
} cln_gather;

typedef enum {
    CLN_GATHER_MORE,   /* further frames are needed */
    CLN_GATHER_SENSE,  /* `pixels` is complete: fill `percepts[patch]`, call cln_gather_sensed */
    CLN_GATHER_WHOLE,  /* all percepts are there */
    CLN_GATHER_REFUSED /* the step will never be whole: a frame is out of range, not finite, or not
                        * of the step it claims to be of */
} cln_gather_result;

/* Begin anew with another step. */
void cln_gather_begin(cln_gather *gather, uint32_t sequence, uint64_t now);

/* Whether a CLN_PERCEPT or CLN_PATCH is the last frame of its step. */
int cln_gather_is_last(const uint8_t *frame);

/* Take an accepted CLN_PERCEPT or CLN_PATCH of the step. */
cln_gather_result cln_gather_take_percept(cln_gather *gather, const uint8_t *frame);
cln_gather_result cln_gather_take_patch(cln_gather *gather, const uint8_t *frame);

/* The percept of the patch whose pixels were complete has been filled in. */
cln_gather_result cln_gather_sensed(cln_gather *gather);

#endif
