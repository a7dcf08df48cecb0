/*
 * slice.c - when a slice of training is over
 */
#include "train/train.h"

int32_t mlc_slice_over(const mlc_slice *slice)
{
    if (slice == NULL || mlci_cancelled(slice->ctx, NULL) != MLC_OK)
        return 1;
    return !mlci_slice_endless(slice) && mlci_clock_us() >= slice->deadline_us;
}
