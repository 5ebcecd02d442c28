/* SPDX-License-Identifier: GPL-2.0-or-later */
/* docs/security.md lists the requests that the keeper takes: all of them, and no other. */
#include "check.h"
#include "request.h"

#include <stdlib.h>

#define DOCUMENT SOURCE_DIR "/docs/security.md"

TEST(document_lists_the_requests)
{
    FILE *file = fopen(DOCUMENT, "r");
    char line[512], expected[64];
    bool inside = false;
    uint32_t n = 0;

    CHECK_OR_RETURN(file != NULL);
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "## ", 3) == 0)
            inside = strcmp(line, "## Requests\n") == 0;
        if (!inside || strncmp(line, "| `", 3) != 0)
            continue;
        (void)snprintf(expected, sizeof(expected), "| `%s` ", request_name(n));
        if (CHECK(n < REQUEST_TYPES && strncmp(line, expected, strlen(expected)) == 0))
            n++;
    }
    (void)fclose(file);
    CHECK_EQ(n, REQUEST_TYPES);
}

CHECK_MAIN()
