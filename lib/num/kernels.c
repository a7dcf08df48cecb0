/*
 * kernels.c - which table fits the processor
 *
 * Asked of the processor itself (and, by XGETBV, of the operating system, which must save the
 * wide registers): nothing of the environment or of libgcc's own tables is read.
 */
#include "num/kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>

enum {
    CPU_OSXSAVE = 1 << 27, /* leaf 1, ecx */
    CPU_AVX2 = 1 << 5,     /* leaf 7, ebx */
    CPU_AVX512F = 1 << 16,
    CPU_AVX512DQ = 1 << 17,
    CPU_AVX512BW = 1 << 30,
    CPU_BMI1 = 1 << 3,
    CPU_POPCNT = 1 << 23, /* leaf 1, ecx */
    CPU_SAVES_YMM = 0x06, /* XCR0 */
    CPU_SAVES_ZMM = 0xE6
};

static int32_t kernels_best_level(void)
{
    uint32_t a, b, c, d, saved, ignored;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & CPU_OSXSAVE) == 0 || (c & CPU_POPCNT) == 0)
        return MLCI_LEVEL_SCALAR;
    __asm__ __volatile__("xgetbv" : "=a"(saved), "=d"(ignored) : "c"(0));
    if ((saved & CPU_SAVES_YMM) != CPU_SAVES_YMM || !__get_cpuid_count(7, 0, &a, &b, &c, &d) ||
        (b & CPU_AVX2) == 0 || (b & CPU_BMI1) == 0)
        return MLCI_LEVEL_SCALAR;
    bool wide = (b & CPU_AVX512F) != 0 && (b & CPU_AVX512DQ) != 0 && (b & CPU_AVX512BW) != 0 &&
                (saved & CPU_SAVES_ZMM) == CPU_SAVES_ZMM;
    return wide ? MLCI_LEVEL_AVX512 : MLCI_LEVEL_AVX2;
}
#elif defined(__aarch64__)
static int32_t kernels_best_level(void)
{
    return MLCI_LEVEL_NEON; /* part of the architecture */
}
#else
static int32_t kernels_best_level(void)
{
    return MLCI_LEVEL_SCALAR;
}
#endif

static const mlci_kernels *const kernels_tables[] = {
#if defined(MLCI_HAVE_AVX512) && MLCI_HAVE_AVX512
    &mlci_kernels_avx512,
#endif
#if defined(MLCI_HAVE_AVX2) && MLCI_HAVE_AVX2
    &mlci_kernels_avx2,
#endif
#if defined(MLCI_HAVE_NEON) && MLCI_HAVE_NEON
    &mlci_kernels_neon,
#endif
    &mlci_kernels_scalar,
};

const mlci_kernels *mlci_kernels_choose(void)
{
    int32_t best = kernels_best_level();
    size_t i = 0;
    while (kernels_tables[i]->level > best) /* scalar, the last, is never greater */
        i++;
    return kernels_tables[i];
}

const mlci_kernels *mlci_kernels_at(int32_t level)
{
    if (level > kernels_best_level())
        return NULL;
    for (size_t i = 0; i < MLCI_COUNT_OF(kernels_tables); i++)
        if (kernels_tables[i]->level == level)
            return kernels_tables[i];
    return NULL;
}
