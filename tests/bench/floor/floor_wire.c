// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wire between two interfaces of the module "floor", and their interrupts
 */
#include <linux/etherdevice.h>
#include <linux/module.h>

#include "floor.h"

#define MODERATION	(80 * NSEC_PER_USEC)	/* as guest.py sets it elsewhere */

static enum hrtimer_restart fire(struct hrtimer *timer)
{
	struct floor *floor = container_of(timer, struct floor, wire.timer);

	napi_schedule(&floor->napi);
	return HRTIMER_NORESTART;
}

static void raise_interrupt(struct floor *floor)
{
	if (!hrtimer_active(&floor->wire.timer))
		hrtimer_start(&floor->wire.timer, MODERATION, HRTIMER_MODE_REL);
}

/**
 * floor_wire_init() - connect two interfaces
 * @one: interface
 * @other: interface
 */
void floor_wire_init(struct floor *one, struct floor *other)
{
	one->wire.peer = other;
	hrtimer_init(&one->wire.timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	one->wire.timer.function = fire;
}
EXPORT_SYMBOL_GPL(floor_wire_init);

/**
 * floor_wire_kick() - move what was sent
 * @from: sender, under its transmit lock
 *
 * Frames to the other's address are copied, if it has a buffer.
 */
void floor_wire_kick(struct floor *from)
{
	struct floor *to = from->wire.peer;
	const struct sk_buff *skb;
	u32 slot;

	for (; from->wire.taken != from->tail; from->wire.taken++) {
		skb = from->sent[from->wire.taken % FLOOR_RING].skb;
		if (!ether_addr_equal(skb->data, to->netdev->dev_addr) ||
		    to->wire.filled == READ_ONCE(to->posted))
			continue;

		slot = to->wire.filled % FLOOR_RING;
		skb_copy_bits(skb, 0, to->mem[slot] + FLOOR_HEADROOM, skb->len);
		to->wire.len[slot] = skb->len;
		smp_store_release(&to->wire.filled, to->wire.filled + 1);
		raise_interrupt(to);
	}
	raise_interrupt(from);
}
EXPORT_SYMBOL_GPL(floor_wire_kick);

/**
 * floor_wire_stop() - no interrupt comes any more
 * @floor: interface
 */
void floor_wire_stop(struct floor *floor)
{
	hrtimer_cancel(&floor->wire.timer);
}
EXPORT_SYMBOL_GPL(floor_wire_stop);

MODULE_DESCRIPTION("The wire of the module \"floor\"");
MODULE_LICENSE("GPL");
