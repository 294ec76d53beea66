/* SPDX-License-Identifier: GPL-2.0-only */
/* vanectl: sets of small numbers, as arrays of bytes */
#ifndef VANECTL_BITS_H
#define VANECTL_BITS_H

#include <stdbool.h>

static inline bool has_bit(const unsigned char *bits, unsigned int bit)
{
	return bits[bit / 8] & 1 << bit % 8;
}

static inline void set_bit(unsigned char *bits, unsigned int bit)
{
	bits[bit / 8] |= 1 << bit % 8;
}

static inline void clear_bit(unsigned char *bits, unsigned int bit)
{
	bits[bit / 8] &= ~(1 << bit % 8);
}

#endif /* VANECTL_BITS_H */
