/* What can go wrong. Functions that can fail return 0 or one of these negative numbers. */
#ifndef CLN_ERROR_H
#define CLN_ERROR_H

typedef enum {
    CLN_OK = 0,
    /* the link */
    CLN_ERROR_STATE = -1,    /* both flash records of the link's state were broken */
    CLN_ERROR_FLASH = -2,    /* a flash slot could not be written */
    CLN_ERROR_NO_MODEL = -3, /* there is no model to think with */
    CLN_ERROR_STOPPED = -4,  /* the host ordered a stop */
    CLN_ERROR_LENGTH = -5,   /* the model does not fit in its slot, or has no bytes */
    CLN_ERROR_OFFSET = -6,   /* not the next bytes of the model */
    CLN_ERROR_UPLOAD = -7,   /* no model is being received, or it is not complete */
    CLN_ERROR_CRC = -8,      /* the checksum of the model is wrong */
    CLN_ERROR_HASH = -9,     /* not the model that was announced */
    CLN_ERROR_COMMAND = -10, /* no such command */
    CLN_ERRORS = 11          /* how many there are, with CLN_OK */
} cln_error;

/* One sentence for a return value; never NULL. */
const char *cln_error_text(int error);

#endif
