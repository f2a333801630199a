/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "ctl/program.h"

int main(int argc, char *argv[])
{
	return program_run(argc, argv, stdout, stderr);
}
