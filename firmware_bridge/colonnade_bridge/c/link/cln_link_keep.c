/* What outlives a reset: the record in flash, time stamps reserved there, another session each
 * boot. */
#include <string.h>

#include "cln_error.h"
#include "cln_link_inside.h"

#define CLN_LINK_NEARLY_USED 1000u        /* so few stamps left, and the next hour is reserved */
#define CLN_LINK_SECOND      UINT64_C(1000000) /* us */
#define CLN_LINK_LONG_PAUSE  1000u        /* s after which pauses grow no more */

int cln_link_save(cln_link *link, const cln_record *record)
{
    cln_record next = *record;
    uint8_t bytes[CLN_RECORD_BYTES];
    next.number = link->record.number + 1u;
    cln_record_pack(&next, bytes);
    const unsigned slot = CLN_LINK_STATE_SLOT + (next.number & 1u);
    link->flash_failed = link->calls.store(link->calls.user, slot, 0, NULL, 0) != 0 ||
                         link->calls.store(link->calls.user, slot, 0, bytes, sizeof bytes) != 0;
    if (link->flash_failed) {
        return CLN_ERROR_FLASH;
    }
    link->record = next;
    return CLN_OK;
}

int cln_link_reserve(cln_link *link)
{
    const cln_signer *signer = &link->signer;
    const uint64_t used = signer->sent > signer->heard ? signer->sent : signer->heard;
    if (!link->suspect && used + CLN_LINK_NEARLY_USED < link->record.stamp) {
        return CLN_OK;
    }
    const uint64_t now = cln_link_now(link);
    if (link->pause > 0 && now - link->failed < link->pause * CLN_LINK_SECOND) {
        return CLN_ERROR_FLASH;
    }
    cln_record record = link->record;
    record.stamp = used + CLN_RECORD_HOUR;
    int error = cln_link_save(link, &record);
    if (error == CLN_OK && link->suspect) { /* over the older one, lest that count again */
        error = cln_link_save(link, &link->record);
    }
    if (error != CLN_OK) {
        link->failed = now;
        if (link->pause < CLN_LINK_LONG_PAUSE) {
            link->pause = (uint16_t)(2u * link->pause + 1u);
        }
        return error;
    }
    link->pause = link->suspect = 0;
    return CLN_OK;
}

void cln_link_keep_stop(cln_link *link, uint8_t stopped)
{
    if (link->record.stopped != stopped || link->flash_failed) { /* and it may not be kept yet */
        link->record.stopped = stopped;
        (void)cln_link_save(link, &link->record);
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
