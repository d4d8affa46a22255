/* What a board of a Cortex-M builds its vector table from, and what it adds to the start-up. */
#ifndef CLN_CORTEX_M_H
#define CLN_CORTEX_M_H

#include <stdint.h>

typedef void (*cln_handler)(void);

/* The first 16 entries; `cln_bark` is at the place of the NMI, where watchdogs bark. */
typedef struct {
    uint32_t *stack;
    cln_handler system[15];
} cln_core_vectors;

#define CLN_CORE_VECTORS                                                                           \
    {                                                                                              \
        cln_stack_top,                                                                             \
        {                                                                                          \
            cln_reset, cln_bark, cln_fault, cln_fault, cln_fault, cln_fault, cln_fault, cln_fault, \
                cln_fault, cln_fault, cln_fault, cln_fault, cln_fault, cln_fault, cln_fault        \
        }                                                                                          \
    }

extern uint32_t cln_stack_top[]; /* the linker's: one past the stack's last word */

void cln_reset(void); /* where the processor starts */
void cln_bark(void);  /* the watchdog was not fed: a safe stop, before it resets */
void cln_fault(void); /* what must not happen: a safe stop and a reset */

/* The board's part of the start-up: clock, timers, UART. Data and stack are ready then. */
void cln_board_start(void);

/* Set the bit of an interrupt in the NVIC, so that it reaches its handler. */
void cln_enable_interrupt(unsigned number);

#endif
