/* SPDX-License-Identifier: GPL-2.0-only */
/* vanectl: the command line as a whole */
#ifndef VANECTL_VANECTL_H
#define VANECTL_VANECTL_H

#include <stdnoreturn.h>

/* The words of the command line that have not been looked at yet */
struct words {
	int count;
	char **word;
};

noreturn void bad_usage(const char *fmt, ...);

#endif /* VANECTL_VANECTL_H */
