// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the frequency of the time stamp counter in kHz.
 *
 * Both clocks are read one right after the other, often; the pair that took least
 * had no interruption between its readings.
 */

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define TRIES		100000
#define INTERVAL_MS	200

struct moment {
	uint64_t ns;
	uint64_t cycles;
};

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static struct moment read_both(void)
{
	uint64_t least = UINT64_MAX;
	struct moment best = { 0 };

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = clock_ns();
		uint64_t cycles = __rdtsc();
		uint64_t took = clock_ns() - before;

		if (took < least) {
			least = took;
			best.ns = before + took / 2;
			best.cycles = cycles;
		}
	}
	return best;
}

int main(void)
{
	struct timespec interval = { .tv_nsec = INTERVAL_MS * 1000000l };
	struct moment start, end;

	start = read_both();
	nanosleep(&interval, NULL);
	end = read_both();
	printf("%.0f\n", (end.cycles - start.cycles) * 1e6 / (end.ns - start.ns));
	return 0;
}
