/* The hardware that the firmware stands on: five functions, a table of flash slots, a number.
 *
 * To bring up a board, write one file that defines what is declared here (mps2.c and posix.c are
 * two), a start-up that sets the clock, switches the FPU on and calls `cln_main`, and a linker
 * script (an500.ld names the memories of a board, cortex_m.ld lays out the rest). Then
 *
 *   1. build the program check.c for it (`make TARGET=board PROGRAM=check`): it echoes what it
 *      receives, and answers questions about clock, flash and stack (see there);
 *   2. build the firmware and talk to it with `colonnade deploy MODEL --port URL`.
 *
 * All functions are called from one thread, never from an interrupt, but for `cln_port_stop`.
 */
#ifndef CLN_PORT_H
#define CLN_PORT_H

#include <stddef.h>
#include <stdint.h>

/* Read up to `room` bytes that arrived, after waiting at most `wait_us` microseconds for the first
 * one. Returns how many; 0 when none came. Bytes that arrive meanwhile are kept by the port, at
 * least 512 of them; what then still does not fit is lost, which the link's checksums notice.
 * The firmware calls this again and again, so a port may feed a hardware watchdog here. */
size_t cln_port_read(uint8_t *bytes, size_t room, uint32_t wait_us);

/* Send `count` bytes; returns how many were taken, which may be fewer when the other side does not
 * listen. Must not wait longer than the line needs for them. */
size_t cln_port_write(const uint8_t *bytes, size_t count);

/* Microseconds since start. Never runs backwards; must be called every minute or more often. */
uint64_t cln_port_now(void);

/* Program `count` bytes at `offset` of a slot, or erase the whole slot where `bytes` is NULL.
 * Erased flash reads 0xFF, and programming can only clear bits, so a place is programmed once
 * between two erasures; `offset` and `count` are multiples of CLN_PORT_PAGE, for flash is
 * programmed in words. Returns 0, or -1 where it does not fit in the slot or the flash says no. */
int cln_port_store(unsigned slot, uint32_t offset, const void *bytes, uint32_t count);

/* Bring the robot to a safe stop at once: motors off, brakes on. May be called at any time, also by
 * an interrupt and also when it has stopped already; whoever moves it again must want to. */
void cln_port_stop(void);

/* Bytes that a flash programs together, at most, on the boards that are planned for. */
#define CLN_PORT_PAGE 16u

/* Slots of flash that the firmware writes. Models are read where they lie, so slots are mapped into
 * memory, and begin at multiples of 16 bytes. */
enum {
    CLN_SLOT_MODEL_A, /* one model is in use while the other */
    CLN_SLOT_MODEL_B, /* slot receives the next: 128 KiB each or more */
    CLN_SLOT_STATE_A, /* which model is in use, and what must outlive a reset: */
    CLN_SLOT_STATE_B, /* written in turns: a power cut leaves one whole; 256 bytes or more */
    CLN_SLOTS
};

typedef struct {
    const uint8_t *bytes; /* where the slot is mapped */
    uint32_t size;        /* bytes that can be erased and programmed */
} cln_slot;

extern const cln_slot cln_port_slots[CLN_SLOTS];

/* A number unlike that of any other board, such as the chip's own, and, if the hardware can, unlike
 * that of any other start. The link draws its sessions from it, so that no recording fits another.
 * One that is the same at every start is enough as long as the state slots keep what they hold. */
uint64_t cln_port_chance(void);

/* What follows only measures; a port that cannot tell answers 0. */

/* The processor's work so far: cycles where the processor counts them, instructions in the emulator
 * with -icount shift=6, nanoseconds in a POSIX process. Only differences mean something. */
uint64_t cln_port_ticks(void);

/* Most bytes of stack that were in use at any time since start. */
uint32_t cln_port_stack(void);

/* Bytes of RAM that are in use besides the stack. */
uint32_t cln_port_ram(void);

/* The program that the start-up calls once the hardware works; it never returns. */
void cln_main(void);

#endif
