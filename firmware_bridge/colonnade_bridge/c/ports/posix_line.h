/* The line of the firmware as a process, which posix.c opens and cln_port_read and _write use. */
#ifndef CLN_POSIX_LINE_H
#define CLN_POSIX_LINE_H

/* Whether it is stdio, pty, tcp:PORT with a number that a port can have, or may name a device. */
int cln_posix_is_line(const char *name);

/* Open that line; what others need to know to connect is printed. What cannot be opened ends the
 * process. */
void cln_posix_open_line(const char *name);

/* Say what failed, and why, and end the process. */
void cln_posix_give_up(const char *what);

#endif
