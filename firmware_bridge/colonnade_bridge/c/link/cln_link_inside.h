/* What the parts of the link share: cln_link.c the session, cln_link_keep.c what outlives it,
 * cln_link_step.c steps, cln_link_model.c models. Not for others. */
#ifndef CLN_LINK_INSIDE_H
#define CLN_LINK_INSIDE_H

#include "cln_link.h"

#define CLN_LINK_STATE_SLOT 2u /* the first of the two that hold the record */

/* What the last request was. */
enum { CLN_LINK_NOTHING, CLN_LINK_STEP, CLN_LINK_ORDER };

/* Sign a message and put it where it waits to be sent. */
void cln_link_send(cln_link *link, uint32_t message, const void *payload);
void cln_link_send_status(cln_link *link, int error);

/* The port's clock, us. */
uint64_t cln_link_now(const cln_link *link);

/* Write a record to flash and go on with it. Returns 0 or CLN_ERROR_FLASH; then the record is as
 * before, and `link->flash_failed` says so. */
int cln_link_save(cln_link *link, const cln_record *record);

/* See to it that flash is ahead of every time stamp that is used, so that none is used again after
 * a reset. Returns 0 or CLN_ERROR_FLASH; then it tries again after a pause that doubles each time,
 * lest it wear out what is broken already. */
int cln_link_reserve(cln_link *link);

/* Remember over resets, too, whether the host has ordered a stop. Where flash fails it holds until
 * the next reset. */
void cln_link_keep_stop(cln_link *link, uint8_t stopped);

/* The nonce of this boot: unlike that of any before, as the record counts boots. */
uint64_t cln_link_draw_session(const cln_link *link);

/* No step of the episode has been answered: nothing is known. */
void cln_link_forget_answer(cln_link *link);

/* Whether a request is new. Counts it as repeated if it was done last, and as refused if it is
 * older. */
int cln_link_is_new(cln_link *link, uint32_t sequence, uint8_t request);

/* The same of an order, which is done from now on; one that comes again is answered again. */
int cln_link_begin_order(cln_link *link, uint32_t sequence);

/* Another request has come: a step that is not whole yet will never be. */
void cln_link_give_up_step(cln_link *link);

/* The rest are the requests of a host of this session; `message` is the number of the frame's. */
void cln_link_take_step(cln_link *link, const uint8_t *frame, uint32_t message);
void cln_link_answer_step(cln_link *link);
void cln_link_take_begin(cln_link *link, const uint8_t *frame);
void cln_link_take_data(cln_link *link, const uint8_t *frame);

/* Return 0 or the negative error for which everything stays as it was. */
int cln_link_commit(cln_link *link);
int cln_link_roll_back(cln_link *link);

/* At boot: adopt the model in use, or the other one, or the one built in. */
int cln_link_first_model(cln_link *link);

#endif
