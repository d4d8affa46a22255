#ifndef CLN_KEY_H
#define CLN_KEY_H
#include <stdint.h>
extern const uint8_t cln_key[32];
#endif
