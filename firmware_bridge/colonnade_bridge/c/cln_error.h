/* What can go wrong, in the core and on the link. */
#ifndef CLN_ERROR_H
#define CLN_ERROR_H

enum {
    CLN_OK = 0,
    CLN_ERROR_ARGUMENT = -1,  /* a pointer is NULL, or a number has no meaning here */
    CLN_ERROR_ALIGNMENT = -2, /* an address is no multiple of four, or of eight for a column */
    CLN_ERROR_TRUNCATED = -3, /* the bytes end before the model does */
    CLN_ERROR_MAGIC = -4,     /* these bytes are no model */
    CLN_ERROR_VERSION = -5,   /* a model of another version */
    CLN_ERROR_CRC = -6,       /* the bytes are damaged */
    CLN_ERROR_MODEL = -7,     /* an offset, a count or a number in the model makes no sense */
    CLN_ERROR_ENDIAN = -8,    /* this processor stores numbers the other way round */
    CLN_ERROR_MEMORY = -9,    /* the caller's memory is too small */
    CLN_ERROR_LIMITS = -10,   /* limits that no column can keep to */
    CLN_ERROR_STATE = -11,    /* a flash record of the link's state was broken */
    CLN_ERROR_FLASH = -12,    /* a flash slot could not be written */
    CLN_ERROR_NO_MODEL = -13, /* there is no model to think with */
    CLN_ERROR_STOPPED = -14,  /* the host ordered a stop */
    CLN_ERROR_LENGTH = -15,   /* the model does not fit in its slot, or has no bytes */
    CLN_ERROR_OFFSET = -16,   /* not the next bytes of the model */
    CLN_ERROR_UPLOAD = -17,   /* no model is being received, or it is not complete */
    CLN_ERROR_HASH = -18,     /* not the model that was announced */
    CLN_ERROR_COMMAND = -19,  /* no such command */
    CLN_ERROR_PERCEPT = -20,  /* no percept of the step can have been felt */
    CLN_ERRORS = 21           /* how many there are, with CLN_OK */
};

#ifdef __cplusplus
extern "C" {
#endif

/* One sentence for an error, never NULL. */
const char *cln_strerror(int error);

#ifdef __cplusplus
}
#endif

#endif
