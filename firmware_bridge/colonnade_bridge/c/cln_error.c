#include "cln_error.h"

static const char *const cln_error_texts[CLN_ERRORS] = {
    "all is well",
    "both flash records of the link's state were broken",
    "a flash slot could not be written",
    "there is no model to think with",
    "the host ordered a stop",
    "the model does not fit in its slot, or has no bytes",
    "not the next bytes of the model",
    "no model is being received, or it is not complete",
    "the checksum of the model is wrong",
    "not the model that was announced",
    "no such command",
};

const char *cln_error_text(int error) {
    return error <= 0 && error > -(int)CLN_ERRORS ? cln_error_texts[-error] : "not an error of this runtime";
}
