/* What the link must remember over a reset: one record, in two flash slots written alternately.
 *
 * A power cut at any moment leaves one of them whole; the whole one with the larger number counts.
 */
#ifndef CLN_RECORD_H
#define CLN_RECORD_H

#include <stdint.h>

#define CLN_RECORD_BYTES   64u
#define CLN_RECORD_NO_SLOT 255u
#define CLN_RECORD_HOUR    360000000u /* of time stamps: so many a record reserves */

typedef struct {
    uint32_t number;    /* of this record; its lowest bit is the slot that holds it */
    uint32_t boots;     /* how many times the controller has booted */
    uint64_t stamp;     /* up to here it may sign and accept, in 10 us since 2015 */
    uint32_t length[2]; /* bytes of the blob in each model slot; 0: none */
    uint64_t model[2];  /* its hash */
    uint8_t stopped;    /* 1: the host has ordered a stop; 0: it has not, or a reset ended it */
    uint8_t active;     /* model slot in use, 0 or 1; CLN_RECORD_NO_SLOT: none */
} cln_record;

/* What the two slots hold: whole records, and ones that are neither whole nor blank. */
typedef struct {
    uint8_t whole, broken;
} cln_record_slots;

/* Read the newer of two slots. If only one is whole, the other may have held a newer record, with a
 * boot and an hour of stamps more, so these are skipped: a blank slot tells no more than a broken
 * one, as it may have been erased for what could then not be written. If none is whole, the record
 * is as new, and has booted 0 times. */
cln_record_slots cln_record_load(cln_record *record, const uint8_t *first, const uint8_t *second);

/* Write the bytes that docs/spec/wire.md lists. */
void cln_record_pack(const cln_record *record, uint8_t bytes[CLN_RECORD_BYTES]);

#endif
