/*
 * fp_state.c - the floating-point control word: set ours, restore theirs
 *
 * A host may run with flush-to-zero, denormals-are-zero, another rounding or
 * unmasked traps. Ours is round-to-nearest, denormals on, traps off; the sticky flags
 * are the host's again afterwards too. x87 is not used by the library.
 */
#include "base/base.h"

#if defined(__x86_64__) || defined(__SSE2__)
#include <xmmintrin.h>

enum { FP_MXCSR_DEFAULT = 0x1F80 }; /* all traps masked, nearest, FTZ and DAZ off */

mlci_fp_state mlci_fp_enter(void)
{
    mlci_fp_state state = {_mm_getcsr()};
    if (state.word != FP_MXCSR_DEFAULT)
        _mm_setcsr(FP_MXCSR_DEFAULT);
    return state;
}

void mlci_fp_leave(mlci_fp_state state)
{
    _mm_setcsr((unsigned)state.word);
}

#elif defined(__aarch64__)

/* FPCR holds rounding, FZ, DN and traps (all 0: the defaults); FPSR the flags. */
mlci_fp_state mlci_fp_enter(void)
{
    uint64_t control, flags;
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(control));
    __asm__ __volatile__("mrs %0, fpsr" : "=r"(flags));
    __asm__ __volatile__("msr fpcr, %0" : : "r"((uint64_t)0));
    return (mlci_fp_state){control << 32 | (flags & 0xFFFFFFFFu)};
}

void mlci_fp_leave(mlci_fp_state state)
{
    __asm__ __volatile__("msr fpcr, %0" : : "r"(state.word >> 32));
    __asm__ __volatile__("msr fpsr, %0" : : "r"(state.word & 0xFFFFFFFFu));
}

#else
#include <fenv.h>

mlci_fp_state mlci_fp_enter(void)
{
    mlci_fp_state state = {(uint64_t)(uint32_t)fegetround()};
    fesetround(FE_TONEAREST);
    return state;
}

void mlci_fp_leave(mlci_fp_state state)
{
    fesetround((int)(uint32_t)state.word);
}
#endif
