/*
 * fork_mark.c - whether we are the child of the process that made a mark
 *
 * Asking the system who we are costs a call into it, too much where one answer is given. Linux
 * can wipe a page in children: the mark is a page that holds a one, and looking is a load.
 * Where that cannot be had the system is asked after all. Some emulators agree to any advice
 * and follow none of it; these are found out by advice that nobody can follow.
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include "base/base.h"

#include <sys/mman.h>
#include <unistd.h>

void mlci_fork_mark_begin(mlci_fork_mark *mark)
{
    *mark = (mlci_fork_mark){.process = mlci_process_id()};
#if defined(MADV_WIPEONFORK) && defined(MAP_ANONYMOUS)
    enum { NO_ADVICE = -1 };
    long size = sysconf(_SC_PAGESIZE);
    void *page = size <= 0 ? MAP_FAILED
                           : mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return;
    if (madvise(page, (size_t)size, NO_ADVICE) == 0 ||
        madvise(page, (size_t)size, MADV_WIPEONFORK) != 0) {
        (void)munmap(page, (size_t)size);
        return;
    }
    mark->page = page;
    mark->size = (size_t)size;
    atomic_store_explicit(mark->page, 1, memory_order_relaxed);
#endif
}

void mlci_fork_mark_end(mlci_fork_mark *mark)
{
    if (mark->page != NULL)
        (void)munmap(mark->page, mark->size);
    mark->page = NULL;
}
