/* What the firmware must know of the robot that it is part of. Define another value when building:
 * `make TARGET=board EXTRA="-DCLN_MIND_BYTES=60000"`. */
#ifndef CLN_ROBOT_H
#define CLN_ROBOT_H

/* RAM for the column, bytes, a multiple of 8: whatever link, sensing and stack leave of the
 * board's. A model whose column needs more is refused when it is uploaded. */
#ifndef CLN_MIND_BYTES
#define CLN_MIND_BYTES 98304
#endif

/* The sensor: tangent of half of its field of view. The default is that of the simulated fingertip,
 * 11.4 degrees. Only patches that the controller senses itself depend on it. */
#ifndef CLN_EYE_SLOPE
#define CLN_EYE_SLOPE 0.09981327f
#endif

/* Silence of the host after which the robot stops, microseconds. */
#ifndef CLN_WATCHDOG_US
#define CLN_WATCHDOG_US 1000000
#endif

#endif
