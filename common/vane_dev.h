/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: a PCI function, PF or VF.
 *
 * vane_core holds the only datapath. The PF and the VF driver each bind their
 * PCI function, pass it to the core as a struct vane_dev, and handle what
 * differs: how addresses and VLANs get into the switch, and what to do on an
 * event, a reset or an error.
 *
 * Two roots: struct vane_dev is the PCI function and lives from probe to
 * remove, struct vane_net (vane_net.h) is the private part of its net_device.
 * Everything in these two headers is exported in the symbol namespace VANE
 * (MODULE_IMPORT_NS(VANE_NS)).
 */
#ifndef VANE_DEV_H
#define VANE_DEV_H

#include <linux/io.h>
#include <linux/pci.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "vane_hw.h"

struct sk_buff;
struct vane_dev;
struct vane_net;
struct vane_vector;

/**
 * struct vane_dev_ops - what the driver that owns a function provides
 * @features: VANE_FEAT_* that the owner drives itself, beside the core's own
 * @event: causes of vector 0 other than VANE_EVENT_QUEUE. Called in a work
 *	item of the core, never concurrently with itself, from
 *	vane_dev_enable() until vane_dev_disable() has returned. May sleep, but
 *	must not wait for another event, such as a mailbox reply; the owner does
 *	that in a work item of its own.
 * @reset: a queue hangs or was stopped by the device, or the device does not
 *	answer; the owner is to arrange, from a work item of its own,
 *	vane_net_detach(), vane_dev_disable(), a reset, vane_dev_enable() and
 *	vane_net_attach(). Called in any context, from vane_dev_init() on.
 * @receive_channel: takes a frame that came to a granted channel, with its Ethernet
 *	header. Called by NAPI. Optional: without it such frames are dropped.
 */
struct vane_dev_ops {
	u64 features;
	void (*event)(struct vane_dev *vdev, u32 causes);
	void (*reset)(struct vane_dev *vdev);
	void (*receive_channel)(struct vane_dev *vdev, struct sk_buff *skb,
				u32 channel);
};

/**
 * enum vane_dev_flag - bits of struct vane_dev's flags
 * @VANE_DEV_DEAD: a read gave all ones; the device is no longer accessible
 * @VANE_DEV_SHARED_VECTORS: the shortage of vectors has been logged
 */
enum vane_dev_flag {
	VANE_DEV_DEAD,
	VANE_DEV_SHARED_VECTORS,
};

/**
 * struct vane_dev - a PCI function; embedded in the owner's structure
 * @regs: BAR 0
 * @pdev: the function
 * @ops: operations of its owner
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

/* Features that the core drives */
#define VANE_FEAT_CORE	(VANE_FEAT_TX_CSUM | VANE_FEAT_RX_CSUM | \
			 VANE_FEAT_TSO4 | VANE_FEAT_TSO6 | \
			 VANE_FEAT_VLAN_INSERT | VANE_FEAT_VLAN_STRIP | \
			 VANE_FEAT_RSS | VANE_FEAT_HW_GRO | VANE_FEAT_SHADOW_DB | \
			 VANE_FEAT_RSS_CONTEXT | VANE_FEAT_RULES | \
			 VANE_FEAT_LOOPBACK)

/* Bytes of a frame in addition to the MTU: Ethernet header, two VLAN tags */
#define VANE_FRAME_OVERHEAD		(VANE_MAX_FRAME - VANE_MAX_MTU)

/* reg.c: any context */
u32 vane_rd32(struct vane_dev *vdev, u32 reg);
u64 vane_rd64(struct vane_dev *vdev, u32 reg);
bool vane_dev_alive(struct vane_dev *vdev);

/**
 * vane_wr32() - write a register
 * @vdev: function
 * @reg: byte offset in BAR 0
 * @val: value
 *
 * Context: Any.
 */
static inline void vane_wr32(struct vane_dev *vdev, u32 reg, u32 val)
{
	writel(val, vdev->regs + reg);
}

void vane_wr64(struct vane_dev *vdev, u32 reg, u64 val);

/* regmap.c */
void vane_regmap_walk(const struct vane_dev *vdev,
		      void (*visit)(void *ctx, u32 reg), void *ctx);

/* dev.c: process context, serialised by the owner */
int vane_dev_init(struct vane_dev *vdev, struct pci_dev *pdev,
		  const struct vane_dev_ops *ops);
void vane_dev_exit(struct vane_dev *vdev);
int vane_dev_enable(struct vane_dev *vdev);
void vane_dev_disable(struct vane_dev *vdev);
void vane_dev_check_events(struct vane_dev *vdev);

#endif /* VANE_DEV_H */
