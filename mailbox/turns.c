// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE mailbox: whose message the PF serves next.
 *
 * A VF has one request outstanding, so VFs that send without pause take turns. But
 * there can be 255 of them, each of which has a turn before that of a VF that asks
 * now and then. So each VF has a bucket of tokens, and spends one on a turn. VFs
 * that had a token when they asked come first, in the order in which they asked,
 * and then those that had none, which get every fifth turn at least. Nobody is held
 * up while nothing else is to be done.
 */
#include <linux/bitmap.h>
#include <linux/build_bug.h>
#include <linux/jiffies.h>
#include <linux/string.h>

#include "turns.h"
#include "vane_mbox.h"

/* Turns in a row of VFs that had a token, while others wait */
#define VANE_MBOX_TURNS_IN_A_ROW	4

/* Indices that run free, of 16 bits */
static_assert(!(VANE_MAX_VFS & (VANE_MAX_VFS - 1)));

static void vane_mbox_turns_push(struct vane_mbox_fifo *fifo, u16 vf)
{
	fifo->vfs[fifo->tail++ % VANE_MAX_VFS] = vf;
}

static bool vane_mbox_turns_pop(struct vane_mbox_fifo *fifo, u16 *vf)
{
	if (fifo->head == fifo->tail)
		return false;
	*vf = fifo->vfs[fifo->head++ % VANE_MAX_VFS];
	return true;
}

static bool vane_mbox_turns_spend(struct vane_mbox_bucket *bucket,
				  unsigned long now)
{
	unsigned long earned = 0;

	if (time_after(now, bucket->since))
		earned = (now - bucket->since) / VANE_MBOX_TOKEN_PERIOD;
	if (bucket->tokens + earned >= VANE_MBOX_TOKENS) {
		bucket->tokens = VANE_MBOX_TOKENS;
		bucket->since = now;
	} else {
		bucket->tokens += earned;
		bucket->since += earned * VANE_MBOX_TOKEN_PERIOD;
	}
	if (!bucket->tokens)
		return false;
	bucket->tokens--;
	return true;
}

/**
 * vane_mbox_turns_init() - nobody waits, and all buckets are full
 * @turns: memory of it
 * @now: the time, in jiffies
 *
 * Context: Any, before anybody uses @turns.
 */
void vane_mbox_turns_init(struct vane_mbox_turns *turns, unsigned long now)
{
	unsigned int i;

	memset(turns, 0, sizeof(*turns));
	for (i = 0; i < VANE_MAX_VFS; i++) {
		turns->buckets[i].tokens = VANE_MBOX_TOKENS;
		turns->buckets[i].since = now;
	}
}

/**
 * vane_mbox_turns_clear() - forget who waits, and what for
 * @turns: the turns
 *
 * Context: Any, serialised by the caller with the other functions.
 */
void vane_mbox_turns_clear(struct vane_mbox_turns *turns)
{
	bitmap_zero(turns->waiting, VANE_MAX_VFS);
	memset(turns->vfs, 0, sizeof(turns->vfs));
	turns->few.head = turns->few.tail;
	turns->many.head = turns->many.tail;
	turns->in_a_row = 0;
}

/**
 * vane_mbox_turns_add() - a VF waits for a turn, if it does not do so already
 * @turns: the turns
 * @vf: index of the VF, below VANE_MAX_VFS
 * @now: the time, in jiffies
 *
 * Context: Any, serialised by the caller with the other functions.
 */
void vane_mbox_turns_add(struct vane_mbox_turns *turns, u16 vf,
			 unsigned long now)
{
	if (__test_and_set_bit(vf, turns->waiting))
		return;
	if (vane_mbox_turns_spend(&turns->buckets[vf], now))
		vane_mbox_turns_push(&turns->few, vf);
	else
		vane_mbox_turns_push(&turns->many, vf);
}

/**
 * vane_mbox_turns_take() - whose turn it is
 * @turns: the turns
 * @vf: set to the index of the VF, which no longer waits
 *
 * Context: Any, serialised by the caller with the other functions.
 * Return: false if nobody waits.
 */
bool vane_mbox_turns_take(struct vane_mbox_turns *turns, u16 *vf)
{
	if (turns->in_a_row < VANE_MBOX_TURNS_IN_A_ROW &&
	    vane_mbox_turns_pop(&turns->few, vf)) {
		turns->in_a_row++;
		goto taken;
	}
	turns->in_a_row = 0;
	if (!vane_mbox_turns_pop(&turns->many, vf) &&
	    !vane_mbox_turns_pop(&turns->few, vf))
		return false;
taken:
	__clear_bit(*vf, turns->waiting);
	return true;
}
