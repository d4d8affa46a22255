/* Arm MPS2 with the images AN386 (Cortex-M4F) and AN500 (Cortex-M7F), as QEMU emulates them.
 *
 * The link is UART 0, one dual timer counts time, another timer ends waiting, the LEDs stand for
 * motors. Slots lie in PSRAM and behave as flash does: only erasing sets bits. */
#include <string.h>

#include "cln_port.h"
#include "cln_ring.h"
#include "cortex_m.h"

#define CLOCK_MHZ 25u

typedef struct {
    volatile uint32_t control, value, reload, interrupt;
} timer;

typedef struct {
    volatile uint32_t load, value, control, clear, raw, masked, background, unused;
} dual_timer;

typedef struct {
    volatile uint32_t data, state, control, interrupt, divider;
} uart;

typedef struct {
    volatile uint32_t load, value, control, clear;
} watchdog;

#define WAKING ((timer *)0x40000000u)
#define COUNTER ((dual_timer *)0x40002000u)
#define LINE ((uart *)0x40004000u)
#define WATCHDOG ((watchdog *)0x40008000u)
#define LEDS (*(volatile uint32_t *)0x40028000u)

enum { LINE_RECEIVED = 0, WAKING_RANG = 8 };
enum { TIMER_RUN = 1, TIMER_INTERRUPT = 8 };
enum { COUNTER_32_BITS = 2, COUNTER_RUN = 0x80 };
enum { UART_SEND = 1, UART_RECEIVE = 2, UART_RECEIVE_INTERRUPT = 8 };
enum { UART_FULL = 1, UART_HOLDS = 2 };
enum { WATCHDOG_INTERRUPT = 1, WATCHDOG_RESET = 2 };

#define BAUD 921600u
#define BYTE_US 100u       /* longer than a byte takes on the line */
#define BARK_US 4000000u   /* longer than any step; after twice as long it resets */
#define MODEL_BYTES 0x40000u
#define STATE_BYTES 0x1000u
#define CHIP_OFFSET 0xFF000u /* in the slots' memory: what a factory would have written */

extern uint8_t cln_slots[]; /* the linker's */

const cln_slot cln_port_slots[CLN_SLOTS] = {
    {cln_slots, MODEL_BYTES},
    {cln_slots + MODEL_BYTES, MODEL_BYTES},
    {cln_slots + 2 * MODEL_BYTES, STATE_BYTES},
    {cln_slots + 2 * MODEL_BYTES + STATE_BYTES, STATE_BYTES},
};

static cln_ring arrived;

/* The counter's 32 bits, carried on. */
static struct {
    uint32_t value;  /* what it showed last; it counts down */
    uint64_t clocks; /* since start */
    uint64_t told;   /* clocks that are in `us` */
    uint64_t us;
} elapsed;

static void on_received(void)
{
    LINE->interrupt = 2u;
    while (LINE->state & UART_HOLDS) {
        cln_ring_put(&arrived, (uint8_t)LINE->data);
    }
}

static void on_waking(void)
{
    WAKING->control = 0;
    WAKING->interrupt = 1u;
}

void cln_board_start(void)
{
    COUNTER->load = UINT32_MAX;
    COUNTER->control = COUNTER_RUN | COUNTER_32_BITS;
    elapsed.value = COUNTER->value;
    LINE->divider = CLOCK_MHZ * 1000000u / BAUD;
    LINE->control = UART_SEND | UART_RECEIVE | UART_RECEIVE_INTERRUPT;
    cln_enable_interrupt(LINE_RECEIVED);
    cln_enable_interrupt(WAKING_RANG);
    WATCHDOG->load = BARK_US * CLOCK_MHZ;
    WATCHDOG->control = WATCHDOG_INTERRUPT | WATCHDOG_RESET;
}

static uint64_t clocks(void)
{
    uint32_t value = COUNTER->value;
    elapsed.clocks += elapsed.value - value;
    elapsed.value = value;
    return elapsed.clocks;
}

uint64_t cln_port_now(void)
{
    uint32_t us = (uint32_t)(clocks() - elapsed.told) / CLOCK_MHZ;
    elapsed.told += us * CLOCK_MHZ;
    elapsed.us += us;
    return elapsed.us;
}

/* With -icount shift=6 an instruction takes 64 ns, and a clock 40 ns. */
uint64_t cln_port_ticks(void)
{
    return clocks() * 5u / 8u;
}

/* Sleep until a byte is there or time is up. Interrupts are held back between looking and sleeping:
 * one that comes just then ends the sleep before it began, instead of being served and missed. */
static void await(uint32_t wait_us)
{
    uint64_t begun = cln_port_now(), waited = 0;
    while (cln_ring_is_empty(&arrived) && waited < wait_us) {
        uint32_t left = wait_us - (uint32_t)waited;
        left = left < UINT32_MAX / CLOCK_MHZ ? left : UINT32_MAX / CLOCK_MHZ;
        WAKING->value = left * CLOCK_MHZ;
        WAKING->control = TIMER_RUN | TIMER_INTERRUPT;
        __asm volatile("cpsid i" ::: "memory");
        if (cln_ring_is_empty(&arrived) && WAKING->control != 0) {
            __asm volatile("wfi" ::: "memory");
        }
        __asm volatile("cpsie i\n isb" ::: "memory");
        waited = cln_port_now() - begun;
    }
    on_waking();
}

size_t cln_port_read(uint8_t *bytes, size_t room, uint32_t wait_us)
{
    WATCHDOG->clear = 1u;
    await(wait_us);
    return cln_ring_take(&arrived, bytes, room);
}

size_t cln_port_write(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        uint64_t begun = cln_port_now();
        while (LINE->state & UART_FULL) {
            if (cln_port_now() - begun > BYTE_US) {
                return i;
            }
        }
        LINE->data = bytes[i];
    }
    return count;
}

int cln_port_store(unsigned slot, uint32_t offset, const void *bytes, uint32_t count)
{
    if (slot >= CLN_SLOTS) {
        return -1;
    }
    uint8_t *to = cln_slots + (cln_port_slots[slot].bytes - cln_slots);
    uint32_t size = cln_port_slots[slot].size;
    if (bytes == NULL) {
        memset(to, 0xFF, size);
        return 0;
    }
    if (offset > size || count > size - offset || offset % CLN_PORT_PAGE || count % CLN_PORT_PAGE) {
        return -1;
    }
    const uint8_t *from = bytes;
    for (uint32_t i = 0; i < count; ++i) {
        to[offset + i] &= from[i];
    }
    return 0;
}

/* The emulator writes another one for every new board. */
uint64_t cln_port_chance(void)
{
    uint64_t chip;
    memcpy(&chip, cln_slots + CHIP_OFFSET, sizeof chip);
    return chip;
}

void cln_port_stop(void)
{
    LEDS = 0;
}

enum { INTERRUPTS = 32 };

static const struct {
    cln_core_vectors core;
    cln_handler board[INTERRUPTS];
} vectors __attribute__((section(".vectors"), used)) = {
    CLN_CORE_VECTORS,
    {[LINE_RECEIVED] = on_received, [WAKING_RANG] = on_waking},
};
