#include "cln_error.h"

#include <stddef.h>

/* In the order of the enum: a test compares the two. */
static const char *const sentence[CLN_ERRORS] = {
    "no error",
    "an argument is missing or has no meaning here",
    "an address is not aligned",
    "the model is truncated",
    "these bytes are no Colonnade model",
    "the model is of a version that this runtime does not read",
    "the model is damaged: its checksum differs",
    "the model makes no sense: an offset, a count or a number is out of range",
    "this processor is big-endian, and models are little-endian",
    "the memory given is too small for the column",
    "no column can keep to these limits",
    "a flash record of the link's state was broken: what it told may be lost",
    "a flash slot could not be written",
    "there is no model to think with",
    "the host ordered a stop",
    "the model does not fit in its slot, or has no bytes",
    "not the next bytes of the model",
    "no model is being received, or it is not complete",
    "not the model that was announced",
    "no such command",
    "no percept of the step can have been felt",
};

const char *cln_strerror(int error)
{
    return error <= 0 && error > -CLN_ERRORS ? sentence[-error] : "an unknown error";
}
