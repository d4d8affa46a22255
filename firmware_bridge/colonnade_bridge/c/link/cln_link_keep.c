/* What outlives a reset: the record in flash, time stamps reserved there, another session each
 * boot. */
#include <string.h>

#include "cln_error.h"
#include "cln_link_inside.h"

#define CLN_LINK_NEARLY_USED 1000u /* so few time stamps left, and the next hour is reserved */

int cln_link_save(cln_link *link, const cln_record *record)
{
    cln_record next = *record;
    uint8_t bytes[CLN_RECORD_BYTES];
    next.number = link->record.number + 1u;
    cln_record_pack(&next, bytes);
    const unsigned slot = CLN_LINK_STATE_SLOT + (next.number & 1u);
    if (link->calls.store(link->calls.user, slot, 0, NULL, 0) != 0 ||
        link->calls.store(link->calls.user, slot, 0, bytes, sizeof bytes) != 0) {
        return CLN_ERROR_FLASH;
    }
    link->record = next;
    return CLN_OK;
}

int cln_link_reserve(cln_link *link)
{
    const cln_signer *signer = &link->signer;
    const uint64_t used = signer->sent > signer->heard ? signer->sent : signer->heard;
    if (used + CLN_LINK_NEARLY_USED < link->record.stamp) {
        return CLN_OK;
    }
    cln_record record = link->record;
    record.stamp = used + CLN_RECORD_HOUR;
    const int error = cln_link_save(link, &record);
    link->unreserved = error != CLN_OK; /* each heartbeat would wear out what is broken already */
    link->flash_failed = link->unreserved;
    if (error == CLN_OK && link->suspect) { /* over the older one, lest that count again */
        link->suspect = cln_link_save(link, &link->record) != CLN_OK;
    }
    return error;
}

void cln_link_keep_stop(cln_link *link, uint8_t stopped)
{
    if (link->record.stopped != stopped) {
        link->record.stopped = stopped;
        if (cln_link_save(link, &link->record) != CLN_OK) {
            link->flash_failed = 1;
        }
    }
}

uint64_t cln_link_draw_session(const cln_link *link)
{
    uint8_t seed[20] = {'s', 'e', 's', 's', 'i', 'o', 'n', 0};
    uint8_t nonce[8] = {0};
    uint64_t session;
    memcpy(seed + 8, &link->record.boots, 4);
    memcpy(seed + 12, &link->config.chance, 8);
    cln_frame_sign(link->config.key, seed, sizeof seed, nonce);
    memcpy(&session, nonce, sizeof session);
    return session != 0 ? session : 1;
}
