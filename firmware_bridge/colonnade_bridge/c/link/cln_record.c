#include "cln_record.h"

#include <stddef.h>
#include <string.h>

#include "cln_crc32.h"

#define CLN_RECORD_VERSION 1u
#define CLN_RECORD_CRC_AT  (CLN_RECORD_BYTES - 4u)

static const uint8_t cln_record_magic[4] = {'C', 'L', 'N', 'S'};

static void cln_record_put(uint8_t *bytes, uint64_t value, unsigned count)
{
    for (unsigned i = 0; i < count; i++, value >>= 8) {
        bytes[i] = (uint8_t)value;
    }
}

static uint64_t cln_record_get(const uint8_t *bytes, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = count; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    return value;
}

void cln_record_pack(const cln_record *record, uint8_t bytes[CLN_RECORD_BYTES])
{
    memset(bytes, 0, CLN_RECORD_BYTES);
    memcpy(bytes, cln_record_magic, sizeof cln_record_magic);
    cln_record_put(bytes + 4, CLN_RECORD_VERSION, 2);
    bytes[6] = record->active;
    bytes[7] = record->stopped;
    cln_record_put(bytes + 8, record->number, 4);
    cln_record_put(bytes + 12, record->boots, 4);
    cln_record_put(bytes + 16, record->stamp, 8);
    for (size_t slot = 0; slot < 2; slot++) {
        cln_record_put(bytes + 24 + 4 * slot, record->length[slot], 4);
        cln_record_put(bytes + 32 + 8 * slot, record->model[slot], 8);
    }
    cln_record_put(bytes + CLN_RECORD_CRC_AT, cln_crc32(0, bytes, CLN_RECORD_CRC_AT), 4);
}

static int cln_record_unpack(cln_record *record, const uint8_t *bytes)
{
    if (memcmp(bytes, cln_record_magic, sizeof cln_record_magic) != 0) {
        return 0;
    }
    if (cln_record_get(bytes + 4, 2) != CLN_RECORD_VERSION) {
        return 0;
    }
    if (cln_record_get(bytes + CLN_RECORD_CRC_AT, 4) != cln_crc32(0, bytes, CLN_RECORD_CRC_AT)) {
        return 0;
    }
    record->active = bytes[6] < 2 ? bytes[6] : (uint8_t)CLN_RECORD_NO_SLOT;
    record->stopped = bytes[7] != 0;
    record->number = (uint32_t)cln_record_get(bytes + 8, 4);
    record->boots = (uint32_t)cln_record_get(bytes + 12, 4);
    record->stamp = cln_record_get(bytes + 16, 8);
    for (size_t slot = 0; slot < 2; slot++) {
        record->length[slot] = (uint32_t)cln_record_get(bytes + 24 + 4 * slot, 4);
        record->model[slot] = cln_record_get(bytes + 32 + 8 * slot, 8);
    }
    return 1;
}

static int cln_record_is_blank(const uint8_t *bytes)
{
    for (unsigned i = 0; i < CLN_RECORD_BYTES; i++) {
        if (bytes[i] != 0xFFu) {
            return 0;
        }
    }
    return 1;
}

cln_record_slots cln_record_load(cln_record *record, const uint8_t *first, const uint8_t *second)
{
    cln_record other;
    cln_record_slots slots = {0, 0};
    const int one = cln_record_unpack(record, first);
    const int two = cln_record_unpack(&other, second);
    slots.whole = (uint8_t)(one + two);
    slots.broken = (uint8_t)((!one && !cln_record_is_blank(first)) +
                             (!two && !cln_record_is_blank(second)));
    if (two && (!one || other.number > record->number)) {
        *record = other;
    }
    if (slots.whole == 0) {
        memset(record, 0, sizeof *record);
        record->active = CLN_RECORD_NO_SLOT;
    } else if (slots.whole == 1) {
        record->boots++;
        record->stamp += CLN_RECORD_HOUR;
    }
    return slots;
}
