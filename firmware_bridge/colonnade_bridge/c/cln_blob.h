/* The bytes of a model blob, little-endian, as docs/spec/blob.md tells them. */
#ifndef CLN_BLOB_H
#define CLN_BLOB_H

#include <stdint.h>

#define CLN_BLOB_MAGIC 0x4D4E4C43u /* "CLNM" */
#define CLN_PROFILE_CELLS 314
#define CLN_LIKELIHOODS 512
#define CLN_TURNS 16
#define CLN_LOOKS 10

/* Sections, in the order of header.offset. */
enum {
    CLN_OBJECTS,
    CLN_SETTINGS,
    CLN_TABLES,
    CLN_PLACES,
    CLN_SPREADS,
    CLN_LOOK,
    CLN_TWINS,
    CLN_BLOCKS,
    CLN_NEAR,
    CLN_BASES,
    CLN_ENTRIES,
    CLN_SURPRISE,
    CLN_NAMES,
    CLN_SECTIONS
};

typedef struct cln_blob_header {
    uint32_t magic;
    uint16_t version;
    uint16_t header_bytes;
    uint32_t bytes; /* of the whole blob */
    uint32_t crc;   /* CRC-32 (IEEE 802.3) of the bytes from 16 on */
    uint8_t hash[16];
    uint16_t objects;
    uint16_t twins;
    uint32_t surfels;
    uint32_t blocks;
    uint32_t near;
    uint32_t bases;
    uint32_t entries;
    uint32_t name_bytes;
    uint32_t offset[CLN_SECTIONS];
} cln_blob_header;

typedef struct cln_blob_object {
    float origin[3];
    float cell;
    float inverse_cell;
    float centre[3];
    float radius;
    float trust[2];
    float step;
    int32_t corner[3];
    uint32_t first_surfel;
    uint32_t first_block;
    uint32_t first_near;
    uint32_t first_base;
    uint32_t first_entry;
    uint32_t name;
    uint16_t surfels;
    uint16_t name_bytes;
    uint16_t first_twin;
    uint16_t twins;
    uint16_t along[3];
    uint16_t wide; /* 1: entries are surfels' own numbers, in two bytes, and there are no bases */
} cln_blob_object;

typedef struct cln_blob_twin {
    int16_t quaternion[4]; /* x y z w, 1/32767 */
    int16_t shift[3];      /* 2^-15 m */
    uint16_t reserved;
    uint16_t nats[4]; /* 1/1024; 65535: not measured */
} cln_blob_twin;

/* A block near a surface: which of its 64 cells name a surfel, and which of these a second one. */
typedef struct cln_blob_near {
    uint32_t first[2];
    uint32_t second[2];
    uint32_t bases;   /* its first base; an entry is a surfel's distance, below 32, from one */
    uint32_t entries; /* where those of the first surfels begin; those of the second follow */
} cln_blob_near;

typedef struct cln_blob_settings {
    int32_t first_seeding;
    int32_t second_seeding;
    int32_t most_seedings;
    int32_t seed_budget;
    int32_t seed_share;
    int32_t refined_seeds;
    int32_t winners;
    float slack;
    int32_t refine_every;
    int32_t refined;
    float poor;
    float sure;
    int32_t few;
    int32_t least_percepts;
    int32_t first_challenge;
    int32_t challenge_every;
    float margin;
    float pose_margin;
    float symmetric_below;
    float faint_below;
    float slow;
    float refuted;
    float fit;
    float strange;
    int32_t unknown_percepts;
    int32_t patience;
    float reach;
    float alarm;
    int32_t effort;
    float hope;
    int32_t proposals;
    int32_t candidates;
    int32_t rivals;
    int32_t probes;
    float seed_slack;
    int32_t turns;
    float resembling;
    int32_t percepts;
    struct cln_tolerance {
        float place;
        float normal;
        float bend;
        float direction;
        float colour;
        float gain;
        float floor;
        float pierced;
    } tolerance;
} cln_blob_settings;

typedef struct cln_blob_tables {
    float cosine[256];
    float sine[256];
    float curvature[256];
    float spread[7][16];
    float hit[16];
    float likelihood[CLN_LIKELIHOODS];
    float turn_cosine[CLN_TURNS];
    float turn_sine[CLN_TURNS];
} cln_blob_tables;

/* Sizes that the bytes depend on; a compiler that pads otherwise stops here. */
typedef char cln_header_is_112_bytes[sizeof(cln_blob_header) == 112 ? 1 : -1];
typedef char cln_object_is_100_bytes[sizeof(cln_blob_object) == 100 ? 1 : -1];
typedef char cln_twin_is_24_bytes[sizeof(cln_blob_twin) == 24 ? 1 : -1];
typedef char cln_near_is_24_bytes[sizeof(cln_blob_near) == 24 ? 1 : -1];
typedef char cln_settings_are_184_bytes[sizeof(cln_blob_settings) == 184 ? 1 : -1];
typedef char cln_tables_are_5760_bytes[sizeof(cln_blob_tables) == 5760 ? 1 : -1];

#endif
