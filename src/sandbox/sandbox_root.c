/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An empty root that leaves nothing behind. A child that shares our root directory (CLONE_FS) changes it to its own
 * /proc/PID/fdinfo and exits: a directory of a process that is no more has no entries, takes none, cannot even be opened
 * (ESRCH), and is no place on any disk. Where /proc is missing, a read-only tmpfs that is mounted nowhere (fsmount(2)),
 * which takes CAP_SYS_ADMIN besides CAP_SYS_CHROOT.
 */
#include "sandbox_step.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_STACK_LEN 16384

/* Of <linux/mount.h>, which older systems do not have. */
#define FSOPEN_FLAG_CLOEXEC  1U
#define FSMOUNT_FLAG_CLOEXEC 1U
#define FSCONFIG_SET_STRING  1U
#define FSCONFIG_CMD_CREATE  6U
#define ATTR_RDONLY          1U
#define ATTR_NOSUID          2U
#define ATTR_NODEV           4U
#define ATTR_NOEXEC          8U

/* In the child, in our memory, while we wait. The working directory is shared, too. */
static int change_root(void *ret_error)
{
    int *error = ret_error;

    *error = chroot("/proc/self/fdinfo") < 0 || chdir("/") < 0 ? errno : 0;
    return 0;
}

static bool enter_dead_folder(char text[static SANDBOX_TEXT_LEN])
{
    _Alignas(16) char stack[CHILD_STACK_LEN];
    int error = 0;
    pid_t pid = clone(change_root, stack + sizeof(stack), CLONE_FS | CLONE_VM | CLONE_VFORK, &error), r;

    if (pid < 0)
        return sandbox_failed(text, "clone");
    do
        r = waitpid(pid, NULL, __WALL); /* it announces its end by no signal */
    while (r < 0 && errno == EINTR);
    errno = error;
    return error == 0 || sandbox_failed(text, "chroot");
}

/* A descriptor, or -1. */
static int mount_nowhere(void)
{
    int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_FLAG_CLOEXEC), fd = -1;

    if (fs < 0)
        return -1;
    if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "mode", "0555", 0) == 0 &&
        syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_FLAG_CLOEXEC,
                          ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC);
    close(fs);
    return fd;
}

static bool enter_empty_mount(char text[static SANDBOX_TEXT_LEN])
{
    int fd = mount_nowhere();
    bool done;

    if (fd < 0)
        return sandbox_failed(text, "no /proc; tmpfs");
    done = fchdir(fd) == 0 && chroot(".") == 0;
    if (!done)
        (void)sandbox_failed(text, "no /proc; chroot");
    close(fd);
    return done;
}

/* Has no entries, or cannot be looked into because it is dead. */
static bool is_empty(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool empty = true;

    if (!folder)
        return errno == ENOENT || errno == ESRCH;
    while (empty && (entry = readdir(folder)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    (void)closedir(folder);
    return empty;
}

bool sandbox_empty_root(char text[static SANDBOX_TEXT_LEN])
{
    if (!enter_dead_folder(text)) {
        if (errno != ENOENT || !enter_empty_mount(text))
            return false;
        text[0] = '\0';
    }
    if (is_empty("/") && is_empty("."))
        return true;
    (void)snprintf(text, SANDBOX_TEXT_LEN, "the new root is not empty");
    return false;
}
