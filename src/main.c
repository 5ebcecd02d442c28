/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Only this file ends the process. */
#include "program.h"
#include "worker.h"

int main(int argc, char *argv[])
{
    return program_main(argc, argv, worker_run);
}
