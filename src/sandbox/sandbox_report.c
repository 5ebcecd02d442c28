/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report may hold and how it reads. It comes from a process that may be lying: nothing in it is believed. */
#include "sandbox.h"

#include <stdio.h>
#include <string.h>

static const char *const names[SANDBOX_PROTECTION_COUNT] = {
    [SANDBOX_MEMORY] = "memory",
    [SANDBOX_ROOT] = "root",
    [SANDBOX_IDENTITY] = "identity",
    [SANDBOX_NO_NEW_PRIVS] = "no-new-privs",
    [SANDBOX_CAPABILITIES] = "capabilities",
    [SANDBOX_NOT_DUMPABLE] = "not-dumpable",
    [SANDBOX_LIMITS] = "limits",
    [SANDBOX_LANDLOCK] = "landlock",
    [SANDBOX_SECCOMP] = "seccomp",
    [SANDBOX_DEVICE] = "device",
};

const char *sandbox_protection_name(enum sandbox_protection protection)
{
    return names[protection];
}

uint32_t sandbox_protections(enum sandbox_role role)
{
    uint32_t all = ((1U << SANDBOX_PROTECTION_COUNT) - 1) & ~(1U << SANDBOX_DEVICE);

    /* The resolver reads files below /etc, and holds nothing worth keeping out of swap. */
    return role == SANDBOX_RESOLVER ? all & ~(1U << SANDBOX_ROOT | 1U << SANDBOX_MEMORY) : all;
}

static bool text_is_sane(const char text[static SANDBOX_TEXT_LEN])
{
    size_t len = strnlen(text, SANDBOX_TEXT_LEN);

    for (size_t i = 0; i < len; i++) {
        if (text[i] < ' ' || text[i] > '~')
            return false;
    }
    return len < SANDBOX_TEXT_LEN;
}

bool sandbox_report_is_sane(const struct sandbox_report *report, enum sandbox_role role)
{
    if ((report->in_force & report->missing) != 0 ||
        (report->in_force | report->missing) != sandbox_protections(role))
        return false;
    for (size_t i = 0; i < SANDBOX_PROTECTION_COUNT; i++) {
        if (!text_is_sane(report->text[i]))
            return false;
    }
    return true;
}

/* Appends what fits. */
static void append(char *out, size_t cap, const char *text)
{
    size_t len = strlen(out);

    if (len < cap)
        (void)snprintf(out + len, cap - len, "%s", text);
}

/* "name (text), name": those of the set, behind what is there. */
static void append_set(const struct sandbox_report *report, uint32_t set, char *out, size_t cap)
{
    bool first = true;

    for (size_t i = 0; i < SANDBOX_PROTECTION_COUNT; i++) {
        char item[SANDBOX_TEXT_LEN + 32];

        if ((set & 1U << i) == 0)
            continue;
        if (report->text[i][0])
            (void)snprintf(item, sizeof(item), "%s%s (%s)", first ? "" : ", ", names[i], report->text[i]);
        else
            (void)snprintf(item, sizeof(item), "%s%s", first ? "" : ", ", names[i]);
        append(out, cap, item);
        first = false;
    }
}

const char *sandbox_missing_text(const struct sandbox_report *report, char *out, size_t cap)
{
    out[0] = '\0';
    append_set(report, report->missing, out, cap);
    return out;
}

const char *sandbox_report_text(const struct sandbox_report *report, char *out, size_t cap)
{
    out[0] = '\0';
    if (report->in_force) {
        append(out, cap, "in force: ");
        append_set(report, report->in_force, out, cap);
    }
    if (report->missing) {
        append(out, cap, report->in_force ? "; missing: " : "missing: ");
        append_set(report, report->missing, out, cap);
    }
    return out;
}
