/* The first program on a new board. It echoes what it receives, so that a terminal shows whether
 * the line works; a line feed makes it answer the byte before:
 *
 *   t  microseconds since start
 *   l  ticks that 1,000 rounds of a loop of two instructions take, and 2,000 rounds
 *   s  bytes of stack used, before and after a call that needs 1,024 more
 *   f  model slots that could be erased, programmed and read back, of 2; the models are lost
 *   k  programs "kept" into model slot B; r says whether it is still there after a reset
 *   x  a wrong address: the board must stop safely and start again
 *   o  a stack that overflows: the same
 *   h  hang: the same, once the watchdog has waited twice
 *
 * State slots are left alone: what they hold is what keeps recordings from being replayed, and a
 * board that loses it may need another key (docs/spec/wire.md). */
#include <string.h>

#include "cln_port.h"

static void say(const char *text)
{
    cln_port_write((const uint8_t *)text, strlen(text));
}

static void say_number(uint32_t number)
{
    char digits[12] = "";
    size_t at = sizeof digits - 1u;
    do {
        digits[--at] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number > 0);
    say(" ");
    say(digits + at);
}

static uint32_t ticks_of_loop(uint32_t rounds)
{
    uint64_t begun = cln_port_ticks();
#ifdef __arm__
    __asm volatile("1: subs %0, #1\n bne 1b" : "+r"(rounds)::"cc");
#else
    for (volatile uint32_t left = rounds; left > 0; --left) {
    }
#endif
    return (uint32_t)(cln_port_ticks() - begun);
}

static __attribute__((noinline)) void go_deep(void)
{
    volatile uint8_t room[1024];
    for (size_t i = 0; i < sizeof room; ++i) {
        room[i] = (uint8_t)i;
    }
}

/* Endless, and not by mistake; the argument keeps the compiler from making a loop of it. */
static __attribute__((noinline)) uint32_t overflow(uint32_t depth)
{
    volatile uint32_t room[64] = {depth};
    return depth == UINT32_MAX ? 0 : overflow(depth + 1u) + room[depth % 64u];
}

static uint32_t slots_that_work(void)
{
    static const uint8_t page[CLN_PORT_PAGE] = "what is written";
    uint32_t works = 0;
    for (unsigned slot = 0; slot < CLN_SLOT_STATE_A; ++slot) {
        const cln_slot *s = &cln_port_slots[slot];
        uint32_t last = s->size - CLN_PORT_PAGE;
        works += cln_port_store(slot, 0, NULL, 0) == 0 && s->bytes[last] == 0xFF &&
                 cln_port_store(slot, last, page, CLN_PORT_PAGE) == 0 &&
                 memcmp(s->bytes + last, page, CLN_PORT_PAGE) == 0 &&
                 cln_port_store(slot, s->size, page, CLN_PORT_PAGE) < 0;
    }
    return works;
}

static void answer(uint8_t question)
{
    static const uint8_t kept[CLN_PORT_PAGE] = "kept";
    switch (question) {
    case 't':
        say_number((uint32_t)cln_port_now());
        break;
    case 'l':
        say_number(ticks_of_loop(1000));
        say_number(ticks_of_loop(2000));
        break;
    case 's':
        say_number(cln_port_stack());
        go_deep();
        say_number(cln_port_stack());
        break;
    case 'f':
        say_number(slots_that_work());
        break;
    case 'k':
        say_number(cln_port_store(CLN_SLOT_MODEL_B, 0, NULL, 0) == 0 &&
                   cln_port_store(CLN_SLOT_MODEL_B, 0, kept, CLN_PORT_PAGE) == 0);
        break;
    case 'r':
        say_number(memcmp(cln_port_slots[CLN_SLOT_MODEL_B].bytes, kept, CLN_PORT_PAGE) == 0);
        break;
    case 'x':
        *(volatile uint32_t *)(uintptr_t)0xFFFFFFF0u = 0;
        break;
    case 'o':
        say_number(overflow(0));
        break;
    case 'h':
        for (;;) {
        }
    default:
        break;
    }
    say("\n");
}

void cln_main(void)
{
    uint8_t bytes[64], before = 0;
    say("colonnade check\n");
    for (;;) {
        size_t count = cln_port_read(bytes, sizeof bytes, 100000);
        for (size_t i = 0; i < count; ++i) {
            if (bytes[i] == '\n') {
                answer(before);
            } else {
                cln_port_write(&bytes[i], 1);
            }
            before = bytes[i];
        }
    }
}
