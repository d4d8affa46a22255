/* The key of the link, which is made for each controller when its firmware is built. */
#ifndef CLN_KEY_H
#define CLN_KEY_H

#include "cln_frame.h"

extern const uint8_t cln_key[CLN_KEY_BYTES];

#endif
