// SPDX-License-Identifier: GPL-2.0-only
/*
 * Self-test by ethtool
 *
 * Online, nothing that carries frames is disturbed. Offline, the datapath is
 * made anew, and the device returns its frames to itself; the netdev is off the
 * stack's hands meanwhile, and goes on as it was.
 */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>

#include "core.h"

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

/* TEST gives the complement of what was written, whole and by halves. */
static bool test_registers(struct vane_dev *vdev)
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

/* Has the device count an event: the vector's interrupt must come, at the
 * latest when NAPI, if it is just polling, arms it again.
 */
static bool test_vector(struct vane_vector *vec)
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

static bool test_interrupts(struct vane_net *vn)
{
	unsigned int v;
	bool ok = true;

	for (v = 0; v <= vn->num_vecs; v++)
		ok &= test_vector(vn->vdev->vec[v]);
	return ok;
}

/* Loopback
 * --------
 */

/**
 * struct loopback - a frame on its way
 * @handler: takes it from the stack
 * @done: it came back as it was sent
 * @bytes: of its payload
 * @seed: of its payload
 */
struct loopback {
	struct packet_type handler;
	struct completion done;
	unsigned int bytes;
	u8 seed;
};

static u8 payload_byte(const struct loopback *lb, unsigned int i)
{
	return lb->seed + i * 7;
}

static int take_frame(struct sk_buff *skb, struct net_device *netdev,
		      struct packet_type *pt, struct net_device *orig)
{
	struct loopback *lb = container_of(pt, struct loopback, handler);
	unsigned int i;

	if (skb->len != lb->bytes || skb_linearize(skb))
		goto free;
	for (i = 0; i < lb->bytes; i++)
		if (skb->data[i] != payload_byte(lb, i))
			goto free;
	complete(&lb->done);
free:
	kfree_skb(skb);
	return NET_RX_SUCCESS;
}

static bool send_frame(struct net_device *netdev, const struct loopback *lb,
		       u16 q)
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
		payload[i] = payload_byte(lb, i);
	skb_set_queue_mapping(skb, q);

	__netif_tx_lock_bh(nq);
	result = netdev_start_xmit(skb, netdev, nq, false);
	__netif_tx_unlock_bh(nq);
	if (result != NETDEV_TX_OK)
		kfree_skb(skb);
	return result == NETDEV_TX_OK;
}

/* Sends a frame from each queue; the datapath is up, the netdev detached. */
static bool test_loopback(struct vane_net *vn)
{
	struct vane_dev *vdev = vn->vdev;
	struct loopback lb = {
		.handler = {
			.type = htons(ETH_P_LOOPBACK),
			.dev = vn->netdev,
			.func = take_frame,
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
		ok = send_frame(vn->netdev, &lb, q) &&
		     wait_for_completion_timeout(&lb.done, FRAME_TIMEOUT);
	}
	/* Nobody handles a late one any more. */
	dev_remove_pack(&lb.handler);
	vane_wr32(vdev, VANE_REG_CTRL, VANE_CTRL_ENABLE);
	vane_rules_write(vn);
	return ok;
}

/* The tests themselves
 * --------------------
 */

static void test_offline(struct vane_net *vn, u64 *data)
{
	struct vane_dev *vdev = vn->vdev;
	bool was_up = vn->rings;

	netif_device_detach(vn->netdev);
	if (was_up)
		vane_datapath_down(vn);

	data[VANE_TEST_RINGS] = !vane_rings_test(vn);
	if (vane_datapath_up(vn)) {
		data[VANE_TEST_INTERRUPTS] = 1;
		data[VANE_TEST_LOOPBACK] = 1;
		vdev->ops->reset(vdev);
		return;
	}
	data[VANE_TEST_INTERRUPTS] = !test_interrupts(vn);
	if (vdev->features & VANE_FEAT_LOOPBACK)
		data[VANE_TEST_LOOPBACK] = !test_loopback(vn);
	if (!was_up)
		vane_datapath_down(vn);

	if (vane_dev_alive(vdev))
		netif_device_attach(vn->netdev);
	vane_net_refresh_link(vn);
}

/**
 * vane_self_test() - ethtool's self_test
 * @netdev: net_device; under rtnl
 * @test: what is wanted, and the result
 * @data: 0 for each test that was passed, or not made
 */
void vane_self_test(struct net_device *netdev, struct ethtool_test *test,
		    u64 *data)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_dev *vdev = vn->vdev;
	unsigned int i;

	memset(data, 0, VANE_NUM_TESTS * sizeof(*data));
	data[VANE_TEST_REGISTERS] = !test_registers(vdev);
	data[VANE_TEST_LINK] = !(vane_rd32(vdev, VANE_REG_STATUS) &
				 VANE_STATUS_LINK_UP);
	if (test->flags & ETH_TEST_FL_OFFLINE)
		test_offline(vn, data);
	else
		data[VANE_TEST_INTERRUPTS] = !test_interrupts(vn);

	for (i = 0; i < VANE_NUM_TESTS; i++)
		if (data[i])
			test->flags |= ETH_TEST_FL_FAILED;
}
