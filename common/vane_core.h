/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: what any function of the device can do, PF or VF.
 *
 * vane_core holds the only datapath. The PF and the VF driver each bind their
 * PCI function, hand it to the core as a struct vane_dev, and keep to
 * themselves what differs: how addresses and VLANs get into the switch, and
 * what to do on an event, a reset or an error.
 *
 * Two roots: struct vane_dev is the PCI function and lives from probe to
 * remove, struct vane_net is the private part of its net_device. Everything
 * here is exported in the symbol namespace VANE (MODULE_IMPORT_NS(VANE_NS)).
 */
#ifndef VANE_CORE_H
#define VANE_CORE_H

#include <linux/bitmap.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "vane_hw.h"

struct vane_dev;
struct vane_net;
struct vane_rings;
struct vane_rule;
struct vane_rxq_stats;
struct vane_txq;
struct vane_txq_stats;
struct vane_vector;

/**
 * struct vane_dev_ops - what the core asks of the driver that owns a function
 * @features: VANE_FEAT_* that the owner drives itself, beside the core's own
 * @event: causes of vector 0 other than VANE_EVENT_QUEUE. Called in a work
 *	item of the core, never concurrently with itself, from
 *	vane_dev_enable() until vane_dev_disable() has returned. May sleep, but
 *	not until a further event comes (a mailbox reply, say): a work item of
 *	the owner is the place for that.
 * @reset: a queue hangs or was stopped by the device; the owner is to arrange,
 *	from a work item of its own, vane_net_detach(), vane_dev_reset() and
 *	vane_net_attach(). Called in any context.
 */
struct vane_dev_ops {
	u64 features;
	void (*event)(struct vane_dev *vdev, u32 causes);
	void (*reset)(struct vane_dev *vdev);
};

/**
 * enum vane_dev_flag - bits of struct vane_dev's flags
 * @VANE_DEV_DEAD: a read gave all ones; nothing reaches the device any more
 * @VANE_DEV_FOLDED: it was said that vectors are short
 */
enum vane_dev_flag {
	VANE_DEV_DEAD,
	VANE_DEV_FOLDED,
};

/**
 * struct vane_dev - a PCI function; embedded in the owner's structure
 * @regs: BAR 0
 * @pdev: the function
 * @ops: what its owner provides
 * @flags: enum vane_dev_flag
 * @net: its netdev, NULL until vane_net_alloc()
 * @features: VANE_FEAT_* in use; valid from vane_dev_enable()
 * @is_vf: this is a virtual function
 * @vf_index: 0 for the first VF
 * @max_queues: queue pairs that may be used; read by vane_dev_enable(), and
 *	may be lowered by the owner before vane_net_alloc()
 * @max_vectors: MSI-X vectors that may be used, likewise
 * @ring_log2_min: log2 of the entries of the smallest ring
 * @ring_log2_max: log2 of the entries of the largest ring
 * @limit_frame: bytes of the largest frame, no FCS
 * @vec: vectors by index, NULL where not requested; vector 0 from
 *	vane_dev_enable() on, the others while the netdev is open, under rtnl
 * @num_vecs: vectors that MSI-X was enabled with; further ones are added one
 *	by one where the platform can
 * @sb: status blocks, VANE_SB_STRIDE apart
 * @sb_size: bytes of them
 * @sb_dma: address of @sb for the device
 * @event_work: delivers causes to @ops->event
 * @causes_seen: count of causes that were delivered; of @event_work
 */
struct vane_dev {
	u8 __iomem *regs;
	struct pci_dev *pdev;
	const struct vane_dev_ops *ops;
	unsigned long flags;
	struct vane_net *net;

	u64 features;
	bool is_vf;
	u16 vf_index;
	u16 max_queues;
	u16 max_vectors;
	u8 ring_log2_min;
	u8 ring_log2_max;
	u16 limit_frame;

	struct vane_vector **vec;
	u16 num_vecs;
	void *sb;
	size_t sb_size;
	dma_addr_t sb_dma;
	struct work_struct event_work;
	u32 causes_seen;
};

/* Status blocks of different CPUs' vectors share no cache line */
#define VANE_SB_STRIDE			64

/* Features that the core drives */
#define VANE_FEAT_CORE	(VANE_FEAT_TX_CSUM | VANE_FEAT_RX_CSUM | \
			 VANE_FEAT_TSO4 | VANE_FEAT_TSO6 | \
			 VANE_FEAT_VLAN_INSERT | VANE_FEAT_VLAN_STRIP | \
			 VANE_FEAT_RSS | VANE_FEAT_HW_GRO | VANE_FEAT_SHADOW_DB | \
			 VANE_FEAT_RSS_CONTEXT | VANE_FEAT_RULES | \
			 VANE_FEAT_LOOPBACK)

/* Bytes that a frame may have beyond the MTU: Ethernet header, two VLAN tags */
#define VANE_FRAME_OVERHEAD		(VANE_MAX_FRAME - VANE_MAX_MTU)

/* reg.c APIs: any context */
u32 vane_rd32(struct vane_dev *vdev, u32 reg);
u64 vane_rd64(struct vane_dev *vdev, u32 reg);
bool vane_dev_alive(struct vane_dev *vdev);

/**
 * vane_wr32() - write a register
 * @vdev: function
 * @reg: byte offset in BAR 0
 * @val: value
 */
static inline void vane_wr32(struct vane_dev *vdev, u32 reg, u32 val)
{
	writel(val, vdev->regs + reg);
}

void vane_wr64(struct vane_dev *vdev, u32 reg, u64 val);

/* dev.c APIs: process context, serialised by the owner */
int vane_dev_init(struct vane_dev *vdev, struct pci_dev *pdev,
		  const struct vane_dev_ops *ops);
void vane_dev_exit(struct vane_dev *vdev);
int vane_dev_enable(struct vane_dev *vdev);
void vane_dev_disable(struct vane_dev *vdev);
int vane_dev_reset(struct vane_dev *vdev);
void vane_dev_check_events(struct vane_dev *vdev);

/* netdev.c APIs: life of the net_device; rtnl where noted at the definition */
struct vane_net *vane_net_alloc(struct vane_dev *vdev,
				const struct net_device_ops *ndo);
void vane_net_free(struct vane_net *vn);
int vane_net_register(struct vane_net *vn);
void vane_net_unregister(struct vane_net *vn);
void vane_net_detach(struct vane_net *vn);
int vane_net_attach(struct vane_net *vn);
void vane_net_set_ready(struct vane_net *vn, bool ready);
void vane_net_refresh_link(struct vane_net *vn);
void vane_net_refresh_limits(struct vane_net *vn);
bool vane_net_yield_vector(void);

/* netdev.c and tx.c APIs: members of the owner's struct net_device_ops */
int vane_net_open(struct net_device *netdev);
int vane_net_stop(struct net_device *netdev);
netdev_tx_t vane_start_xmit(struct sk_buff *skb, struct net_device *netdev);
netdev_features_t vane_features_check(struct sk_buff *skb,
				      struct net_device *netdev,
				      netdev_features_t features);
void vane_get_stats64(struct net_device *netdev,
		      struct rtnl_link_stats64 *stats);
int vane_change_mtu(struct net_device *netdev, int mtu);
netdev_features_t vane_fix_features(struct net_device *netdev,
				    netdev_features_t features);
int vane_set_features(struct net_device *netdev, netdev_features_t features);
void vane_tx_timeout(struct net_device *netdev, unsigned int txq);

/* ethtool.c APIs: what any function has; the owner may add to a copy of it */
extern const struct ethtool_ops vane_ethtool_ops;

/**
 * struct vane_net - private part of the net_device
 * @txq: transmit queues of @rings
 * @rings: rings in use, NULL while the datapath is down
 * @vdev: the function below
 * @netdev: the net_device around
 * @num_queues: queue pairs to use
 * @num_vecs: queue vectors in use, not counting vector 0
 * @tx_log2: log2 of the entries of each transmit ring
 * @rx_log2: log2 of the entries of each receive ring
 * @adaptive: moderation by net_dim instead of @itr
 * @itr: microseconds between interrupts of a vector
 * @tx_copybreak: bytes of the longest frame that is copied to be sent
 * @msg_enable: NETIF_MSG_* that go to the log
 * @rss_ctrl: VANE_RSS_CTRL_* of what is hashed
 * @rss_key: Toeplitz key
 * @rss_table: receive queue of each hash value, for each context
 * @rss_contexts: contexts that there are; 0 always is
 * @rules: receive rules by location, NULL where there is none
 * @num_rules: how many there are
 * @open: in the list of netdevs whose datapath is up
 * @tx_stats: counters by queue index, of all that the netdev may have
 * @rx_stats: likewise
 * @link_lock: makes reading the link and setting the carrier one step
 * @ready: the owner lets the link be up; under @link_lock
 * @gone: the net_device is being unregistered; under @link_lock
 *
 * Guarded by rtnl, but for what names its lock. @txq and @rings change only
 * while neither ndo_start_xmit nor NAPI runs; @txq goes under the core's global
 * transmit lock, for the watchdog.
 */
struct vane_net {
	struct vane_txq **txq;
	struct vane_rings *rings;
	struct vane_dev *vdev;
	struct net_device *netdev;

	u16 num_queues;
	u16 num_vecs;
	u8 tx_log2;
	u8 rx_log2;
	bool adaptive;
	u16 itr;
	u16 tx_copybreak;
	u32 msg_enable;
	u32 rss_ctrl;
	u8 rss_key[VANE_RSS_KEY_SIZE];
	u8 rss_table[VANE_RSS_CONTEXTS][VANE_RSS_TABLE_SIZE];
	DECLARE_BITMAP(rss_contexts, VANE_RSS_CONTEXTS);
	struct vane_rule *rules[VANE_MAX_RULES];
	u32 num_rules;

	struct list_head open;
	struct vane_txq_stats *tx_stats;
	struct vane_rxq_stats *rx_stats;

	struct mutex link_lock;	/* STATUS to carrier; @ready, @gone */
	bool ready;
	bool gone;
};

#endif /* VANE_CORE_H */
