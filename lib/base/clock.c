/*
 * clock.c - time that passes, and who we are
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "base/base.h"

#include <time.h>
#include <unistd.h>

int64_t mlci_clock_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t mlci_time_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void mlci_sleep_us(int64_t us)
{
    struct timespec wait = {us / 1000000, (long)(us % 1000000) * 1000};
    (void)nanosleep(&wait, NULL);
}

int64_t mlci_process_id(void)
{
    return (int64_t)getpid();
}
