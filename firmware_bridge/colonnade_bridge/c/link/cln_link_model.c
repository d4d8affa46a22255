/* Models: received into the flash slot that is not in use, checked as a whole, then switched to. */
#include <colonnade/mavlink.h>
#include <string.h>

#include "cln_crc32.h"
#include "cln_error.h"
#include "cln_link_inside.h"

#define CLN_LINK_CHUNK 224u

typedef char cln_chunks_are_whole_pages[CLN_LINK_CHUNK % CLN_LINK_PAGE == 0 ? 1 : -1];
typedef char cln_records_are_whole_pages[CLN_RECORD_BYTES % CLN_LINK_PAGE == 0 ? 1 : -1];

static uint8_t cln_link_other_slot(const cln_link *link)
{
    return link->record.active == 0 ? 1 : 0;
}

static int cln_link_adopt(cln_link *link, const uint8_t *blob, uint32_t length, uint64_t model)
{
    const int error = link->calls.adopt(link->calls.user, blob, length);
    link->model = error == CLN_OK ? model : 0;
    cln_link_forget_answer(link);
    return error;
}

static int cln_link_verify(cln_link *link, unsigned slot, uint32_t length, uint64_t model)
{
    uint64_t hash = 0;
    if (length == 0 || length > link->config.slots[slot].size) {
        return CLN_ERROR_NO_MODEL;
    }
    const int error =
        link->calls.verify(link->calls.user, link->config.slots[slot].bytes, length, &hash);
    if (error != CLN_OK) {
        return error;
    }
    return hash == model ? CLN_OK : CLN_ERROR_HASH;
}

/* The same of a model that the host chose: it must also be what its hash tells. */
static int cln_link_prove(cln_link *link, unsigned slot, uint32_t length, uint64_t model)
{
    const int error = cln_link_verify(link, slot, length, model);
    return error != CLN_OK
               ? error
               : link->calls.rehash(link->calls.user, link->config.slots[slot].bytes, length);
}

/* Make a verified slot the one in use: first in flash, then in the mind. */
static int cln_link_switch(cln_link *link, uint8_t slot, uint32_t length, uint64_t model)
{
    cln_record record = link->record;
    record.active = slot;
    record.length[slot] = length;
    record.model[slot] = model;
    if (cln_link_save(link, &record) != CLN_OK) {
        return CLN_ERROR_FLASH;
    }
    const int error = cln_link_adopt(link, link->config.slots[slot].bytes, length, model);
    link->model_error = error == CLN_OK ? CLN_OK : CLN_ERROR_NO_MODEL;
    return error;
}

int cln_link_first_model(cln_link *link)
{
    const cln_record *record = &link->record;
    for (unsigned attempt = 0; attempt < 2 && record->active < 2; attempt++) {
        const uint8_t slot = attempt == 0 ? record->active : cln_link_other_slot(link);
        const uint32_t length = record->length[slot];
        const uint64_t model = record->model[slot];
        if (cln_link_verify(link, slot, length, model) == CLN_OK &&
            cln_link_adopt(link, link->config.slots[slot].bytes, length, model) == CLN_OK) {
            link->record.active = slot;
            return CLN_OK;
        }
    }
    link->record.active = CLN_RECORD_NO_SLOT;
    uint64_t hash = 0;
    const uint32_t length = link->config.built_in_bytes;
    if (length == 0 ||
        link->calls.verify(link->calls.user, link->config.built_in, length, &hash) != CLN_OK) {
        return CLN_ERROR_NO_MODEL;
    }
    return cln_link_adopt(link, link->config.built_in, length, hash);
}

static int cln_link_begin_upload(cln_link *link, const mavlink_cln_model_begin_t *message)
{
    const unsigned slot = cln_link_other_slot(link);
    if (message->length == 0 || message->length > link->config.slots[slot].size) {
        return CLN_ERROR_LENGTH;
    }
    link->upload.length = 0;
    if (link->record.length[slot] != 0) { /* what is erased is no fallback, after a reset neither */
        cln_record record = link->record;
        record.length[slot] = 0;
        if (cln_link_save(link, &record) != CLN_OK) {
            return CLN_ERROR_FLASH;
        }
    }
    if (link->calls.store(link->calls.user, slot, 0, NULL, 0) != 0) {
        return CLN_ERROR_FLASH;
    }
    link->upload.model = message->model;
    link->upload.length = message->length;
    link->upload.crc = message->crc;
    link->upload.next = 0;
    return CLN_OK;
}

void cln_link_take_begin(cln_link *link, const uint8_t *frame)
{
    mavlink_cln_model_begin_t message;
    cln_frame_read(frame, &message, sizeof message);
    if (!cln_link_begin_order(link, message.sequence)) {
        return;
    }
    link->request_error = cln_link_begin_upload(link, &message);
    cln_link_send_status(link, link->request_error);
}

static int cln_link_write_chunk(cln_link *link, const mavlink_cln_model_data_t *message)
{
    cln_link_upload *upload = &link->upload;
    if (upload->length == 0) {
        return CLN_ERROR_UPLOAD;
    }
    const uint32_t rest = upload->length - upload->next;
    if (message->offset > upload->length || message->count > upload->length - message->offset) {
        return CLN_ERROR_OFFSET;
    }
    if (message->offset != upload->next || rest == 0) {
        return CLN_OK; /* a lost chunk or a doubled one */
    }
    if (message->count != (rest < CLN_LINK_CHUNK ? rest : CLN_LINK_CHUNK)) {
        return CLN_ERROR_OFFSET;
    }

    uint8_t page[CLN_LINK_CHUNK];
    memset(page, 0xFF, sizeof page);
    memcpy(page, message->bytes, message->count);
    const uint32_t whole = (message->count + CLN_LINK_PAGE - 1u) / CLN_LINK_PAGE * CLN_LINK_PAGE;
    if (link->calls.store(link->calls.user, cln_link_other_slot(link), message->offset, page,
                          whole) != 0) {
        upload->length = 0;
        return CLN_ERROR_FLASH;
    }
    upload->next += message->count;
    return CLN_OK;
}

void cln_link_take_data(cln_link *link, const uint8_t *frame)
{
    mavlink_cln_model_data_t message;
    cln_frame_read(frame, &message, sizeof message);
    const int error = cln_link_write_chunk(link, &message);
    if (error != CLN_OK) {
        link->counts.refused++;
    }
    cln_link_send_status(link, error);
}

int cln_link_commit(cln_link *link)
{
    const cln_link_upload upload = link->upload;
    if (upload.length == 0 || upload.next != upload.length) {
        return CLN_ERROR_UPLOAD;
    }
    link->upload.length = 0;
    const uint8_t slot = cln_link_other_slot(link);
    if (cln_crc32(0, link->config.slots[slot].bytes, upload.length) != upload.crc) {
        return CLN_ERROR_CRC;
    }
    const int error = cln_link_prove(link, slot, upload.length, upload.model);
    return error != CLN_OK ? error : cln_link_switch(link, slot, upload.length, upload.model);
}

int cln_link_roll_back(cln_link *link)
{
    const uint8_t slot = cln_link_other_slot(link);
    const uint32_t length = link->record.length[slot];
    if (link->record.active > 1) {
        return CLN_ERROR_NO_MODEL;
    }
    const int error = cln_link_prove(link, slot, length, link->record.model[slot]);
    return error != CLN_OK ? error : cln_link_switch(link, slot, length, link->record.model[slot]);
}
