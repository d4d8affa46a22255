/* The session: who may speak, what was done already, heartbeat, watchdog, time stamps. */
#include "cln_link.h"

#include <cln_dialect.h>
#include <colonnade/mavlink.h>
#include <string.h>

#include "cln_error.h"
#include "cln_link_inside.h"

uint64_t cln_link_now(const cln_link *link)
{
    return link->calls.now(link->calls.user);
}

void cln_link_send(cln_link *link, uint32_t message, const void *payload)
{
    const size_t length =
        cln_frame_write(link->out + link->out_count, CLN_LINK_OUT - (size_t)link->out_count,
                        CLN_COMPONENT_CONTROLLER, message, payload, &link->signer);
    if (length == 0) {
        link->counts.unsent++;
    }
    link->out_count = (uint16_t)(link->out_count + length);
}

uint8_t cln_link_state(const cln_link *link)
{
    if (link->record.stopped) {
        return CLN_STATE_STOPPED;
    }
    if (link->silent) {
        return CLN_STATE_SILENT;
    }
    if (!link->spoken) {
        return CLN_STATE_WAITING;
    }
    return link->upload.length > 0 ? CLN_STATE_UPLOADING : CLN_STATE_READY;
}

/* The gravest one that the controller has now. */
static int cln_link_error(const cln_link *link)
{
    if (link->flash_failed) {
        return CLN_ERROR_FLASH;
    }
    return link->state_lost ? CLN_ERROR_STATE : link->model_error;
}

static void cln_link_send_heartbeat(cln_link *link, uint64_t challenge)
{
    (void)cln_link_reserve(link); /* stamps are used in silence, too */
    mavlink_cln_heartbeat_t heartbeat;
    heartbeat.session = link->session;
    heartbeat.challenge = challenge;
    heartbeat.dialect = CLN_DIALECT_HASH;
    heartbeat.model = link->model;
    heartbeat.sequence = link->gather.sequence > link->done ? link->gather.sequence : link->done;
    heartbeat.state = cln_link_state(link);
    heartbeat.error = (int8_t)cln_link_error(link);
    heartbeat.patches = CLN_GATHER_PATCHES;
    cln_link_send(link, MAVLINK_MSG_ID_CLN_HEARTBEAT, &heartbeat);
    link->beaten = cln_link_now(link);
}

void cln_link_send_status(cln_link *link, int error)
{
    const cln_record *record = &link->record;
    mavlink_cln_status_t status;
    status.session = link->session;
    status.model = link->model;
    status.sequence = link->done;
    status.next = link->upload.next;
    status.boots = record->boots;
    status.state = cln_link_state(link);
    status.error = (int8_t)error;
    status.slot = record->active;
    status.fallback = record->active < 2 && record->length[1 - record->active] > 0;
    cln_link_send(link, MAVLINK_MSG_ID_CLN_STATUS, &status);
}

static void cln_link_send_telemetry(cln_link *link)
{
    const cln_receiver_counts *line = &link->receiver.counts;
    const cln_link_counts *counts = &link->counts;
    uint32_t stack = 0, ram = 0;
    link->calls.measure(link->calls.user, &stack, &ram);
    mavlink_cln_telemetry_t telemetry;
    telemetry.session = link->session;
    telemetry.uptime = (uint32_t)(cln_link_now(link) / 1000u);
    telemetry.received = line->received;
    telemetry.bad_crc = line->bad_crc;
    telemetry.bad_signature = line->bad_signature;
    telemetry.replayed = line->replayed;
    telemetry.dropped = line->dropped;
    telemetry.stale = counts->stale;
    telemetry.refused = counts->refused;
    telemetry.steps = counts->steps;
    telemetry.late = counts->late;
    telemetry.repeated = counts->repeated;
    telemetry.incomplete = counts->incomplete;
    telemetry.unsent = counts->unsent;
    telemetry.silences = counts->silences;
    telemetry.stack = stack;
    telemetry.ram = ram;
    telemetry.work = counts->work;
    telemetry.work_most = counts->work_most;
    cln_link_send(link, MAVLINK_MSG_ID_CLN_TELEMETRY, &telemetry);
}

int cln_link_init(cln_link *link, const cln_link_config *config, const cln_link_calls *calls)
{
    memset(link, 0, sizeof *link);
    link->config = *config;
    link->calls = *calls;
    cln_link_forget_answer(link);
    const cln_link_slot *state = &config->slots[CLN_LINK_STATE_SLOT];
    const cln_record_slots slots = cln_record_load(&link->record, state[0].bytes, state[1].bytes);
    link->state_lost = slots.broken > 0 || (slots.whole == 1 && link->record.number > 1);
    link->suspect = slots.whole < 2;
    link->signer.key = config->key;
    link->signer.sent = link->signer.heard = link->record.stamp;
    cln_receiver_init(&link->receiver, &link->signer, CLN_COMPONENT_HOST);

    link->record.boots++;
    if (cln_link_reserve(link) != CLN_OK) {
        link->record.stamp = 0; /* tried again before any frame is accepted */
    }
    link->session = cln_link_draw_session(link);
    link->model_error = cln_link_first_model(link);
    cln_link_send_heartbeat(link, 0);
    return cln_link_error(link);
}

int cln_link_is_new(cln_link *link, uint32_t sequence, uint8_t request)
{
    if (sequence > link->done) {
        return 1;
    }
    if (sequence == link->done && request == link->request) {
        link->counts.repeated++;
    } else {
        link->counts.refused++;
    }
    return 0;
}

int cln_link_begin_order(cln_link *link, uint32_t sequence)
{
    if (cln_link_is_new(link, sequence, CLN_LINK_ORDER)) {
        cln_link_give_up_step(link);
        link->request = CLN_LINK_ORDER;
        link->done = sequence;
        return 1;
    }
    if (sequence == link->done && link->request == CLN_LINK_ORDER) {
        cln_link_send_status(link, link->request_error);
    }
    return 0;
}

static int cln_link_obey(cln_link *link, uint8_t command)
{
    switch (command) {
    case CLN_DO_REPORT:
        cln_link_send_telemetry(link);
        return CLN_OK;
    case CLN_DO_RESET:
        cln_link_keep_stop(link, 0);
        link->calls.reset(link->calls.user);
        cln_link_forget_answer(link);
        return CLN_OK;
    case CLN_DO_STOP:
        link->calls.stop(link->calls.user);
        cln_link_keep_stop(link, 1);
        return CLN_OK;
    case CLN_DO_COMMIT:
        return cln_link_commit(link);
    case CLN_DO_ROLL_BACK:
        return cln_link_roll_back(link);
    default:
        return CLN_ERROR_COMMAND;
    }
}

static void cln_link_take_command(cln_link *link, const uint8_t *frame)
{
    mavlink_cln_command_t command;
    cln_frame_read(frame, &command, sizeof command);
    if (!cln_link_begin_order(link, command.sequence)) {
        return;
    }
    link->request_error = cln_link_obey(link, command.command);
    cln_link_send_status(link, link->request_error);
}

/* One accepted frame: of which session is it, and what does it want? */
static void cln_link_take(cln_link *link, const uint8_t *frame)
{
    mavlink_cln_heartbeat_t heartbeat; /* the session stands first in every message */
    cln_frame_read(frame, &heartbeat, sizeof heartbeat);
    const uint32_t message = cln_frame_message(frame);
    const int hello = message == MAVLINK_MSG_ID_CLN_HEARTBEAT;
    if (heartbeat.session == link->session) {
        link->spoken = 1;
        link->silent = 0;
    } else if (!hello || heartbeat.session != 0) {
        link->counts.stale++;
        if (cln_link_now(link) - link->beaten >= CLN_LINK_STALE_US) {
            cln_link_send_heartbeat(link, 0);
        }
        return;
    }

    switch (message) {
    case MAVLINK_MSG_ID_CLN_HEARTBEAT:
        if (heartbeat.challenge != 0) {
            cln_link_send_heartbeat(link, heartbeat.challenge);
        }
        break;
    case MAVLINK_MSG_ID_CLN_PERCEPT:
    case MAVLINK_MSG_ID_CLN_PATCH:
        cln_link_take_step(link, frame, message);
        break;
    case MAVLINK_MSG_ID_CLN_COMMAND:
        cln_link_take_command(link, frame);
        break;
    case MAVLINK_MSG_ID_CLN_MODEL_BEGIN:
        cln_link_take_begin(link, frame);
        break;
    case MAVLINK_MSG_ID_CLN_MODEL_DATA:
        cln_link_take_data(link, frame);
        break;
    default:
        link->counts.refused++;
    }
    if (heartbeat.session == link->session) {
        link->heard = cln_link_now(link); /* thinking is not silence */
    }
}

static void cln_link_take_all(cln_link *link)
{
    const uint8_t *frame;
    while ((frame = cln_receiver_next(&link->receiver)) != NULL) {
        if (cln_link_reserve(link) == CLN_OK) {
            cln_link_take(link, frame);
        }
    }
}

void cln_link_run(cln_link *link, const uint8_t *bytes, size_t count)
{
    if (count > 0) {
        link->arrived = cln_link_now(link);
    } else if (cln_link_now(link) - link->arrived > CLN_LINK_QUIET_US) {
        while (cln_receiver_waits(&link->receiver)) {
            cln_receiver_give_up(&link->receiver);
            cln_link_take_all(link);
        }
    }
    while (count > 0) {
        const size_t taken = cln_receiver_put(&link->receiver, bytes, count);
        bytes += taken;
        count -= taken;
        cln_link_take_all(link);
    }

    const uint64_t now = cln_link_now(link);
    if (link->spoken && !link->silent && now - link->heard > link->config.watchdog_us) {
        link->silent = 1;
        link->counts.silences++;
        link->calls.stop(link->calls.user);
    }
    if (now - link->beaten >= CLN_LINK_HEARTBEAT_US) {
        cln_link_send_heartbeat(link, 0);
    }
}

const uint8_t *cln_link_out(const cln_link *link, size_t *count)
{
    *count = link->out_count;
    return link->out;
}

void cln_link_sent(cln_link *link, size_t count)
{
    if (count > link->out_count) {
        count = link->out_count;
    }
    link->out_count = (uint16_t)(link->out_count - count);
    memmove(link->out, link->out + count, link->out_count);
}
