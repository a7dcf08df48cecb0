/*
 * test_fork_mark.c - a child knows that it is one, with the system's help and without
 */
#include "base/base.h"
#include "support/support.h"

#include <sys/wait.h>
#include <unistd.h>

static int child_says(const mlci_fork_mark *mark)
{
    int state = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(mlci_forked(mark) ? 1 : 0);
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFEXITED(state));
    return WEXITSTATUS(state);
}

START_TEST(a_child_is_told_from_its_parent)
{
    mlci_fork_mark mark, asking;
    if (instrumented())
        SKIP("no fork under a sanitizer");
    mlci_fork_mark_begin(&mark);
    asking = mark;
    asking.page = NULL; /* as where pages cannot be wiped */
    ck_assert(!mlci_forked(&mark) && !mlci_forked(&asking));
    ck_assert_int_eq(child_says(&mark), 1);
    ck_assert_int_eq(child_says(&asking), 1);
    ck_assert(!mlci_forked(&mark) && !mlci_forked(&asking));
    mlci_fork_mark_end(&mark);
    mlci_fork_mark_end(&mark);
}
END_TEST

Suite *suite_fork_mark(void);
Suite *suite_fork_mark(void)
{
    Suite *suite = suite_create("fork_mark");
    TCase *tc = tcase_create("fork_mark");
    tcase_add_test(tc, a_child_is_told_from_its_parent);
    suite_add_tcase(suite, tc);
    return suite;
}
