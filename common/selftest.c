// SPDX-License-Identifier: GPL-2.0-only
/*
 * Self-test by ethtool
 *
 * The online tests do not disturb the datapath. The offline tests rebuild it,
 * and the device loops its frames back. The stack's queues are stopped
 * meanwhile, and the netdev continues as before.
 */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>

#include "irq.h"
#include "netdev.h"
#include "queue.h"
#include "ring.h"
#include "rule.h"
#include "selftest.h"
#include "vane_dev.h"
#include "vane_net.h"

#define INTERRUPT_TIMEOUT	HZ
#define FRAME_TIMEOUT		HZ
#define FRAME_BYTES		512U	/* at most, and what the MTU allows */

const char vane_test_names[VANE_NUM_TESTS][ETH_GSTRING_LEN] = {
	[VANE_TEST_REGISTERS]	= "Register test  (on/offline)",
	[VANE_TEST_RINGS]	= "Ring memory test  (offline)",
	[VANE_TEST_INTERRUPTS]	= "Interrupt test (on/offline)",
	[VANE_TEST_LOOPBACK]	= "Loopback test  (offline)",
	[VANE_TEST_LINK]	= "Link test   (on/offline)",
};

/* TEST reads as the complement of the value written, as a whole and in halves. */
static bool vane_selftest_registers(struct vane_dev *vdev)
{
	static const u64 patterns[] = {
		0, U64_MAX, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa,
		0x0123456789abcdef, 0xfedcba9876543210,
	};
	unsigned int i;
	bool ok = true;
	u64 val;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		val = patterns[i];
		vane_wr64(vdev, VANE_REG_TEST, val);
		ok &= vane_rd64(vdev, VANE_REG_TEST) == ~val;

		vane_wr32(vdev, VANE_REG_TEST, upper_32_bits(val));
		vane_wr32(vdev, VANE_REG_TEST + 4, lower_32_bits(val));
		ok &= vane_rd32(vdev, VANE_REG_TEST) == ~upper_32_bits(val);
		ok &= vane_rd32(vdev, VANE_REG_TEST + 4) ==
		      ~lower_32_bits(val);
	}
	return ok && vane_rd32(vdev, VANE_REG_MAGIC) == VANE_MAGIC;
}

/* Makes the device count an event. The vector's interrupt must come, at the
 * latest when NAPI, if it is polling right now, arms the vector again.
 */
static bool vane_selftest_vector(struct vane_vector *vec)
{
	unsigned long end = jiffies + INTERRUPT_TIMEOUT;
	u16 before = READ_ONCE(vec->irqs);

	vane_wr32(vec->vdev, VANE_VEC(vec->index) + VANE_VEC_TEST, 1);
	while (READ_ONCE(vec->irqs) == before) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(100, 1000);
	}
	return true;
}

static bool vane_selftest_interrupts(struct vane_net *vn)
{
	unsigned int v;
	bool ok = true;

	for (v = 0; v <= vn->num_vecs; v++)
		ok &= vane_selftest_vector(vn->vdev->vec[v]);
	return ok;
}

/* Loopback
 * --------
 */

/**
 * struct vane_loopback - a frame in flight
 * @handler: takes it from the stack
 * @done: it came back unchanged
 * @bytes: of its payload
 * @seed: of its payload
 */
struct vane_loopback {
	struct packet_type handler;
	struct completion done;
	unsigned int bytes;
	u8 seed;
};

static u8 vane_selftest_payload_byte(const struct vane_loopback *lb,
				     unsigned int i)
{
	return lb->seed + i * 7;
}

static int vane_selftest_take_frame(struct sk_buff *skb,
				    struct net_device *netdev,
				    struct packet_type *pt,
				    struct net_device *orig)
{
	struct vane_loopback *lb;
	unsigned int i;

	lb = container_of(pt, struct vane_loopback, handler);
	if (skb->len != lb->bytes || skb_linearize(skb))
		goto free;
	for (i = 0; i < lb->bytes; i++)
		if (skb->data[i] != vane_selftest_payload_byte(lb, i))
			goto free;
	complete(&lb->done);
free:
	kfree_skb(skb);
	return NET_RX_SUCCESS;
}

static bool vane_selftest_send_frame(struct net_device *netdev,
				     const struct vane_loopback *lb, u16 q)
{
	struct netdev_queue *nq = netdev_get_tx_queue(netdev, q);
	struct sk_buff *skb;
	struct ethhdr *eth;
	netdev_tx_t result;
	unsigned int i;
	u8 *payload;

	skb = netdev_alloc_skb(netdev, ETH_HLEN + lb->bytes);
	if (!skb)
		return false;
	eth = skb_put(skb, ETH_HLEN);
	ether_addr_copy(eth->h_dest, netdev->dev_addr);
	ether_addr_copy(eth->h_source, netdev->dev_addr);
	eth->h_proto = htons(ETH_P_LOOPBACK);
	payload = skb_put(skb, lb->bytes);
	for (i = 0; i < lb->bytes; i++)
		payload[i] = vane_selftest_payload_byte(lb, i);
	skb_set_queue_mapping(skb, q);

	__netif_tx_lock_bh(nq);
	result = netdev_start_xmit(skb, netdev, nq, false);
	__netif_tx_unlock_bh(nq);
	if (result != NETDEV_TX_OK)
		kfree_skb(skb);
	return result == NETDEV_TX_OK;
}

/* Sends a frame from each queue; the datapath is up for the test only. */
static bool vane_selftest_loopback(struct vane_net *vn)
{
	struct vane_dev *vdev = vn->vdev;
	struct vane_loopback lb = {
		.handler = {
			.type = htons(ETH_P_LOOPBACK),
			.dev = vn->netdev,
			.func = vane_selftest_take_frame,
		},
		.bytes = min(vn->netdev->mtu, FRAME_BYTES - ETH_HLEN),
	};
	bool ok = true;
	u16 q;

	init_completion(&lb.done);
	vane_rules_suspend(vn);
	vane_wr32(vdev, VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
	dev_add_pack(&lb.handler);
	for (q = 0; q < vn->num_queues && ok; q++) {
		reinit_completion(&lb.done);
		lb.seed = q;
		ok = vane_selftest_send_frame(vn->netdev, &lb, q) &&
		     wait_for_completion_timeout(&lb.done, FRAME_TIMEOUT);
	}
	/* From here on, a late frame has no handler. */
	dev_remove_pack(&lb.handler);
	vane_wr32(vdev, VANE_REG_CTRL, VANE_CTRL_ENABLE);
	vane_rules_write(vn);
	return ok;
}

/* The tests themselves
 * --------------------
 */

static void vane_selftest_offline(struct vane_net *vn, u64 *data)
{
	struct vane_dev *vdev = vn->vdev;
	bool was_up = vn->rings;

	if (was_up)
		vane_datapath_down(vn);

	data[VANE_TEST_RINGS] = !vane_rings_test(vn);
	vn->testing = true;
	if (vane_datapath_up(vn)) {
		vn->testing = false;
		data[VANE_TEST_INTERRUPTS] = 1;
		data[VANE_TEST_LOOPBACK] = 1;
		vane_net_detach(vn);
		vdev->ops->reset(vdev);
		return;
	}
	data[VANE_TEST_INTERRUPTS] = !vane_selftest_interrupts(vn);
	if (vdev->features & VANE_FEAT_LOOPBACK)
		data[VANE_TEST_LOOPBACK] = !vane_selftest_loopback(vn);
	if (!was_up)
		vane_datapath_down(vn);

	vn->testing = false;
	if (was_up)
		netif_tx_wake_all_queues(vn->netdev);
	vane_net_refresh_link(vn);
}

/**
 * vane_self_test() - ethtool's self_test
 * @netdev: net_device
 * @test: tests requested, and the result
 * @data: 0 for each test that passed or was not run
 *
 * Context: rtnl held. May sleep.
 */
void vane_self_test(struct net_device *netdev, struct ethtool_test *test,
		    u64 *data)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_dev *vdev = vn->vdev;
	unsigned int i;

	memset(data, 0, VANE_NUM_TESTS * sizeof(*data));
	if (!vn->attached) {
		/* Nor could it carry frames */
		for (i = 0; i < VANE_NUM_TESTS; i++)
			data[i] = 1;
		test->flags |= ETH_TEST_FL_FAILED;
		return;
	}

	data[VANE_TEST_REGISTERS] = !vane_selftest_registers(vdev);
	data[VANE_TEST_LINK] = !(vane_rd32(vdev, VANE_REG_STATUS) &
				 VANE_STATUS_LINK_UP);
	if (test->flags & ETH_TEST_FL_OFFLINE)
		vane_selftest_offline(vn, data);
	else
		data[VANE_TEST_INTERRUPTS] = !vane_selftest_interrupts(vn);

	for (i = 0; i < VANE_NUM_TESTS; i++)
		if (data[i])
			test->flags |= ETH_TEST_FL_FAILED;
}
