/* Steps: gathered from their frames, thought through in their time, answered exactly once. */
#include <colonnade/mavlink.h>
#include <string.h>

#include "cln_error.h"
#include "cln_link_inside.h"

void cln_link_forget_answer(cln_link *link)
{
    memset(&link->answer, 0, sizeof link->answer);
    link->answer.object = -1;
}

void cln_link_give_up_step(cln_link *link)
{
    if (link->gather.sequence != 0) {
        link->counts.incomplete++;
        link->gather.sequence = 0;
    }
}

static uint64_t cln_link_age(const cln_link *link)
{
    return link->calls.now(link->calls.user) - link->gather.since;
}

static int cln_link_is_late(const cln_link *link)
{
    return link->gather.deadline > 0 &&
           cln_link_age(link) > (uint64_t)link->gather.deadline * 1000u;
}

/* Answer the step with what the mind said last, or with the error for which it was not asked. */
static void cln_link_finish_step(cln_link *link, int error, uint8_t notes)
{
    if (cln_link_is_late(link)) {
        notes = (uint8_t)(notes | CLN_NOTE_LATE);
    }
    if (error != CLN_OK) {
        notes = (uint8_t)(notes | CLN_NOTE_SKIPPED);
    }
    if (!(notes & CLN_NOTE_SKIPPED) && link->answer.has_goal) {
        notes = (uint8_t)(notes | CLN_NOTE_GOAL);
    }
    link->notes = notes;
    link->request_error = error;
    link->request = CLN_LINK_STEP;
    link->done = link->gather.sequence;
    link->micros = (uint32_t)cln_link_age(link);
    link->gather.sequence = 0;
    link->counts.steps++;
    if (notes & CLN_NOTE_LATE) {
        link->counts.late++;
    }
    cln_link_answer_step(link);
}

static void cln_link_think(cln_link *link)
{
    if (link->record.stopped) {
        cln_link_finish_step(link, CLN_ERROR_STOPPED, 0);
    } else if (link->model == 0) {
        cln_link_finish_step(link, CLN_ERROR_NO_MODEL, 0);
    } else if (cln_link_is_late(link)) {
        cln_link_finish_step(link, CLN_OK, CLN_NOTE_SKIPPED);
    } else {
        cln_gather *gather = &link->gather;
        cln_link_answer answer;
        memset(&answer, 0, sizeof answer);
        answer.object = -1;
        const int error = link->calls.step(link->calls.user, gather->percepts, gather->patches,
                                           (gather->wants & CLN_WANT_GOAL) != 0, &answer);
        if (error == CLN_OK) {
            link->answer = answer;
            link->counts.work = answer.work;
            if (answer.work > link->counts.work_most) {
                link->counts.work_most = answer.work;
            }
        }
        cln_link_finish_step(link, error, 0);
    }
}

static cln_gather_result cln_link_sense(cln_link *link, int *error)
{
    cln_gather *gather = &link->gather;
    *error = link->calls.sense(link->calls.user, &gather->pixels, gather->percepts[gather->patch]);
    return cln_gather_sensed(gather);
}

void cln_link_take_step(cln_link *link, const uint8_t *frame, uint32_t message)
{
    mavlink_cln_goal_t head; /* session and sequence stand first in all of a step's messages */
    cln_frame_read(frame, &head, sizeof head);
    cln_gather *gather = &link->gather;
    if (head.sequence < gather->sequence) {
        link->counts.refused++;
        return;
    }
    if (head.sequence != gather->sequence || gather->sequence == 0) {
        const int again = head.sequence == link->done && link->request == CLN_LINK_STEP;
        if (again && !cln_gather_is_last(frame)) {
            return;
        }
        if (!cln_link_is_new(link, head.sequence, CLN_LINK_STEP)) {
            if (again) {
                cln_link_answer_step(link);
            }
            return;
        }
        cln_link_give_up_step(link);
        cln_gather_begin(gather, head.sequence, link->arrived);
    }

    int error = CLN_OK;
    cln_gather_result result = message == MAVLINK_MSG_ID_CLN_PERCEPT
                                   ? cln_gather_take_percept(gather, frame)
                                   : cln_gather_take_patch(gather, frame);
    if (result == CLN_GATHER_SENSE) {
        result = cln_link_sense(link, &error);
    }
    if (error == CLN_OK && result == CLN_GATHER_REFUSED) {
        link->counts.refused++;
        error = CLN_ERROR_ARGUMENT;
    }
    if (error != CLN_OK) {
        cln_link_finish_step(link, error, 0);
    } else if (result == CLN_GATHER_WHOLE) {
        cln_link_think(link);
    }
}

void cln_link_answer_step(cln_link *link)
{
    const cln_link_answer *answer = &link->answer;
    if (link->notes & CLN_NOTE_GOAL) {
        mavlink_cln_goal_t goal;
        goal.session = link->session;
        goal.sequence = link->done;
        memcpy(goal.goal, answer->goal, sizeof answer->goal);
        cln_link_send(link, MAVLINK_MSG_ID_CLN_GOAL, &goal);
    }
    mavlink_cln_decision_t decision;
    decision.session = link->session;
    decision.sequence = link->done;
    decision.evidence = answer->evidence;
    decision.rival = answer->rival;
    decision.fit = answer->fit;
    memcpy(decision.pose, answer->pose, sizeof answer->pose);
    decision.work = answer->work;
    decision.micros = link->micros;
    decision.object = answer->object;
    decision.verdict = answer->verdict;
    decision.poses = answer->poses;
    decision.notes = link->notes;
    decision.error = (int8_t)link->request_error;
    cln_link_send(link, MAVLINK_MSG_ID_CLN_DECISION, &decision);
}
