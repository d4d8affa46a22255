/* The controller's side of the wire: bytes go in, bytes come out, the mind is called in between.
 *
 * The link owns no hardware. A firmware's main loop is
 *
 *     cln_link_init(&link, &config, &calls);
 *     for (;;) {
 *         size_t count = cln_port_read(bytes, sizeof bytes, CLN_LINK_TICK_US);
 *         cln_link_run(&link, bytes, count);
 *         const uint8_t *out = cln_link_out(&link, &count);
 *         cln_link_sent(&link, cln_port_write(out, count));
 *     }
 *
 * Everything is answered inside `cln_link_run`, which must be called at least every
 * CLN_LINK_TICK_US, with no bytes where none came: it keeps the heartbeat and the watchdog.
 * docs/spec/wire.md is what is said on the wire and why. Nothing here allocates; the link is a
 * struct of the caller's, 4 KiB.
 */
#ifndef CLN_LINK_H
#define CLN_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "cln_gather.h"
#include "cln_receiver.h"
#include "cln_record.h"

#define CLN_LINK_TICK_US      10000u   /* longest time between two runs */
#define CLN_LINK_HEARTBEAT_US 500000u  /* time between two heartbeats */
#define CLN_LINK_STALE_US     100000u  /* least time between those that answer another session */
#define CLN_LINK_QUIET_US     200000u  /* silence after which a frame will not be completed */
#define CLN_LINK_WATCHDOG_US  1000000u /* usual silence of the host after which the robot stops */
#define CLN_LINK_OUT          1024u    /* bytes that wait to be sent */
#define CLN_LINK_SLOTS        4u       /* model A and B, state A and B */
#define CLN_LINK_PAGE         16u      /* bytes of which flash is programmed in multiples */

/* What the mind says after a step. */
typedef struct {
    float evidence;   /* of the leading hypothesis, nats */
    float rival;      /* of the best other object, nats */
    float fit;        /* nats a percept */
    float pose[12];   /* rotation row by row, then translation in m: body frame -> object */
    float goal[6];    /* point in m and unit normal in the body's frame; counts if `has_goal` */
    uint32_t work;    /* of the step, in the port's ticks */
    int16_t object;   /* index in the model; -1: none */
    uint8_t verdict;  /* CLN_VERDICT_* of the dialect: 0 open, 1 recognised, 2 unknown */
    uint8_t poses;    /* how many other poses the object may have as well */
    uint8_t has_goal; /* 1 or 0 */
} cln_link_answer;

/* What the link calls; `user` is handed through. All are called from `cln_link_run`, the first
 * five but `rehash` from `cln_link_init`, too. Those that return int return 0, or a negative
 * cln_error that the host is told. */
typedef struct {
    void *user;
    /* Microseconds since start; never runs backwards. */
    uint64_t (*now)(void *user);
    /* Check every byte of a model, also whether the memory suffices for it, and tell its hash.
     * Changes nothing. */
    int (*verify)(void *user, const uint8_t *blob, uint32_t length, uint64_t *hash);
    /* Compute the hash of a verified model anew: CLN_ERROR_HASH if it is another than it tells.
     * Takes longer than `verify`, so it is asked when a host changes models, not at boot. */
    int (*rehash)(void *user, const uint8_t *blob, uint32_t length);
    /* Think with a model that was verified, beginning a new episode; `blob` stays where it is.
     * After an error there is none to think with. */
    int (*adopt)(void *user, const uint8_t *blob, uint32_t length);
    /* Program flash as `cln_port_store` does: `bytes` NULL erases; offset and count are multiples
     * of CLN_LINK_PAGE. */
    int (*store)(void *user, unsigned slot, uint32_t offset, const void *bytes, uint32_t count);
    /* Sense the pixels of a patch; fills the percept. */
    int (*sense)(void *user, const cln_gather_patch *patch, float percept[CLN_GATHER_PERCEPT]);
    /* One step of the column with 1 .. CLN_GATHER_PATCHES finite percepts; fills the answer, with a
     * goal if it is wanted. An error means that the column is as it was. */
    int (*step)(void *user, float percepts[][CLN_GATHER_PERCEPT], uint32_t patches, int wants_goal,
                cln_link_answer *answer);
    /* Begin a new episode. */
    void (*reset)(void *user);
    /* Bring the robot to a safe stop. */
    void (*stop)(void *user);
    /* Most stack ever used and other memory in use, bytes; 0 where it is not measured. */
    void (*measure)(void *user, uint32_t *stack, uint32_t *ram);
} cln_link_calls;

typedef struct {
    const uint8_t *bytes; /* where the slot is mapped into memory */
    uint32_t size;        /* its bytes, at least CLN_RECORD_BYTES */
} cln_link_slot;

typedef struct {
    const uint8_t *key;   /* CLN_KEY_BYTES of them; the host's */
    uint64_t chance;      /* unlike that of any other controller with this key, and if the hardware
                                can, unlike that of any other boot: chip id, random numbers */
    uint64_t watchdog_us; /* CLN_LINK_WATCHDOG_US, or what the robot needs */
    cln_link_slot slots[CLN_LINK_SLOTS];
    const uint8_t
        *built_in; /* model that is part of the firmware, in use while no slot holds one */
    uint32_t built_in_bytes; /* its length; 0: none */
} cln_link_config;

/* Counters since boot; CLN_TELEMETRY says what they mean. */
typedef struct {
    uint32_t stale, refused, steps, late, repeated, incomplete, unsent, silences, work, work_most;
} cln_link_counts;

typedef struct {
    uint64_t model;  /* hash that it must turn out to have */
    uint32_t length; /* bytes of the blob; 0: no upload is going on */
    uint32_t crc;    /* CRC-32 of it */
    uint32_t next;   /* bytes received and written so far */
} cln_link_upload;

/* All of the link's state. Read what you like, write nothing. */
typedef struct {
    cln_link_config config;
    cln_link_calls calls;
    cln_record record;
    cln_signer signer;
    cln_receiver receiver;
    cln_gather gather;
    cln_link_upload upload;
    cln_link_counts counts;
    cln_link_answer answer; /* to the last step of the episode that was taken */
    uint64_t session;       /* the nonce of this boot */
    uint64_t model;         /* hash of the model in use; 0: none */
    uint64_t beaten;        /* when the last heartbeat was sent, us */
    uint64_t heard;         /* when the host was heard last in this session, us */
    uint64_t arrived;       /* when the last bytes arrived, us */
    uint64_t failed;        /* when time stamps could not be reserved, us */
    uint32_t done;          /* sequence of the last request that was done */
    uint32_t micros;        /* how long the last step took */
    int model_error;        /* 0, or the negative cln_error for which there is no model in use */
    int request_error;      /* of the last request */
    uint8_t request;        /* what it was, see cln_link.c */
    uint8_t notes;          /* CLN_NOTE_* of the last step */
    uint8_t spoken;         /* the host was heard in this session */
    uint8_t silent;         /* the watchdog has stopped the robot */
    uint8_t state_lost;     /* at boot, a record was broken, or gone after the first day */
    uint8_t suspect;        /* not both were whole then, and both have not been written since */
    uint8_t flash_failed;   /* the last record that was to be kept could not be */
    uint16_t pause;         /* s until time stamps are reserved again, as flash failed; else 0 */
    uint16_t out_count;     /* bytes that wait to be sent */
    uint8_t out[CLN_LINK_OUT];
} cln_link;

/* Boot: read the state, draw the session, adopt the model in use, send a heartbeat. Returns 0, or
 * the negative cln_error that the heartbeats will carry: CLN_ERROR_FLASH (no host can be accepted
 * until it works again), or else CLN_ERROR_STATE (memory of before is lost, or may be older than it
 * was; until the next boot), or else CLN_ERROR_NO_MODEL.
 * The link runs in any case. */
int cln_link_init(cln_link *link, const cln_link_config *config, const cln_link_calls *calls);

/* Take `count` bytes that arrived, 0 if none did, and do all that follows from them and from the
 * time. */
void cln_link_run(cln_link *link, const uint8_t *bytes, size_t count);

/* The bytes that wait to be sent, and how many; then say how many of them were. */
const uint8_t *cln_link_out(const cln_link *link, size_t *count);
void cln_link_sent(cln_link *link, size_t count);

/* CLN_STATE_* of the dialect. */
uint8_t cln_link_state(const cln_link *link);

#endif
