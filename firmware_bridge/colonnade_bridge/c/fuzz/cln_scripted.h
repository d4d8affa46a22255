/* A controller without hardware whose mind follows a script: for fuzzing and for tests of the wire.
 *
 * Its evidence is the sum of all that it was sent since the last reset, so that a step lost,
 * doubled or changed shows in every later answer.
 */
#ifndef CLN_SCRIPTED_H
#define CLN_SCRIPTED_H

#include "cln_link.h"

#define CLN_SCRIPTED_MODEL_SLOT ((size_t)131072)
#define CLN_SCRIPTED_STATE_SLOT ((size_t)256)
#define CLN_SCRIPTED_FLASH      (2 * (CLN_SCRIPTED_MODEL_SLOT + CLN_SCRIPTED_STATE_SLOT))

typedef struct {
    uint64_t now;     /* the clock, us; whoever runs the controller moves it */
    uint64_t step_us; /* how long a step takes */
    uint32_t steps;   /* taken since boot */
    uint32_t resets;  /* of the column */
    uint32_t stops;   /* safe stops */
    uint32_t adopted; /* models */
    uint32_t writes;  /* to flash, erasures counted */
    uint32_t power;   /* writes until power fails: all later ones do nothing and fail; 0: never */
    uint32_t unfit;   /* 1: the mind fails to adopt what it found good */
    uint32_t forged;  /* 1: no model is what its hash tells */
    double evidence;  /* of the present episode */
    uint8_t *flash;   /* CLN_SCRIPTED_FLASH bytes: two models, two states */
    uint8_t key[CLN_KEY_BYTES];
    cln_link link;
} cln_scripted;

/* Bytes of a cln_scripted, for callers in other languages. */
size_t cln_scripted_size(void);

/* Power on; flash is as it was left, blank at first (0xFF), and fails as the field `power` says.
 * Returns what cln_link_init does. */
int cln_scripted_boot(cln_scripted *controller, uint8_t *flash, const uint8_t *key,
                      uint64_t chance, uint32_t power);

/* Take bytes, and move what is to be sent to `out`; returns how many bytes that are. */
size_t cln_scripted_run(cln_scripted *controller, const uint8_t *bytes, size_t count, uint8_t *out,
                        size_t room);

#endif
