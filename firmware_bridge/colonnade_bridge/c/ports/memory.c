/* What the mind asks of the C library: copies are short here, and these take a sixth of the flash
 * that newlib's do. What is written is volatile, lest the compiler make of these loops calls to
 * what they are. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word;

/* By words where both ends are aligned, else by bytes; the two may overlap where `to` is lower. */
static void *forwards(void *to, const void *from, size_t count)
{
    volatile uint8_t *out = to;
    const uint8_t *in = from;
    size_t at = 0;
    if ((((uintptr_t)to | (uintptr_t)from) & 3u) == 0) {
        for (; at + 4 <= count; at += 4) {
            *(volatile word *)(volatile void *)(out + at) = *(const word *)(const void *)(in + at);
        }
    }
    for (; at < count; at++) {
        out[at] = in[at];
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t count)
{
    return forwards(to, from, count);
}

void *memmove(void *to, const void *from, size_t count)
{
    if ((uintptr_t)to - (uintptr_t)from >= count) {
        return forwards(to, from, count);
    }
    while (count-- > 0) {
        ((volatile uint8_t *)to)[count] = ((const uint8_t *)from)[count];
    }
    return to;
}

void *memset(void *to, int value, size_t count)
{
    while (count-- > 0) {
        ((volatile uint8_t *)to)[count] = (uint8_t)value;
    }
    return to;
}
