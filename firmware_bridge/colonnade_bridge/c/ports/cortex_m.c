/* Start-up of a Cortex-M with an FPU, its stack paint, and what becomes of faults. */
#include "cortex_m.h"

#include "cln_port.h"

/* The linker gives their addresses. */
extern uint32_t cln_data[], cln_data_end[], cln_bss[], cln_bss_end[];
extern uint32_t cln_stack_bottom[];
extern const uint32_t cln_data_load[];

#define PAINT 0xC01011ADu

#define NVIC_ENABLE ((volatile uint32_t *)0xE000E100u)
#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CPACR_FPU (0xFu << 20)
#define AIRCR (*(volatile uint32_t *)0xE000ED0Cu)
#define AIRCR_RESET 0x05FA0004u

void cln_reset(void)
{
    CPACR |= CPACR_FPU;
    __asm volatile("dsb\n isb" ::: "memory");

    const uint32_t *from = cln_data_load;
    for (uint32_t *to = cln_data; to != cln_data_end; ++to) {
        *to = *from++;
    }
    for (uint32_t *to = cln_bss; to != cln_bss_end; ++to) {
        *to = 0;
    }
    uint32_t *top;
    __asm volatile("mov %0, sp" : "=r"(top));
    for (uint32_t *to = cln_stack_bottom; to < top; ++to) {
        *to = PAINT;
    }
    cln_board_start();
    cln_main();
    cln_fault(); /* a firmware has no end */
}

/* Paint that is gone was stack. */
uint32_t cln_port_stack(void)
{
    const uint32_t *touched = cln_stack_bottom;
    while (touched != cln_stack_top && *touched == PAINT) {
        ++touched;
    }
    return (uint32_t)((uintptr_t)cln_stack_top - (uintptr_t)touched);
}

uint32_t cln_port_ram(void)
{
    return (uint32_t)((uintptr_t)cln_bss_end - (uintptr_t)cln_data);
}

void cln_enable_interrupt(unsigned number)
{
    NVIC_ENABLE[number / 32u] = 1u << (number % 32u);
}

void cln_bark(void)
{
    cln_port_stop();
}

static __attribute__((noinline, noreturn)) void begin_anew(void)
{
    cln_port_stop();
    __asm volatile("dsb" ::: "memory");
    AIRCR = AIRCR_RESET;
    for (;;) {
    }
}

/* A stack that grew too deep is no place to work on, so it is left at once. */
__attribute__((naked)) void cln_fault(void)
{
    __asm volatile("ldr r0, =cln_stack_top\n mov sp, r0\n b %0" ::"i"(begin_anew));
}
