// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: snapshots of the PF's registers and rings, by devlink.
 *
 * The region "registers" is an image of BAR 0, with the registers that the
 * datasheet names. "rings" is the state of the queues of PF and mailbox.
 */
#include <linux/slab.h>
#include <net/devlink.h>

#include "pf.h"
#include "region.h"

#define VANE_MAX_SNAPSHOTS	8

#define VANE_REGISTERS_SIZE	(VANE_BLK_PF + VANE_BLK_SIZE)

/* The record of each queue in "rings" */
struct vane_region_ring {
	__le32 size;
	__le32 state;
	__le32 head;
	__le32 tail;
};

/* The transmit queues, the receive queues, RQ and SQ */
#define VANE_RINGS		(2 * VANE_MAX_QUEUES_PF + 2)
#define VANE_RINGS_SIZE		(VANE_RINGS * sizeof(struct vane_region_ring))

static int vane_region_check_alive(struct vane_pf *pf,
				   struct netlink_ext_ack *extack)
{
	if (vane_dev_alive(&pf->vdev))
		return 0;
	NL_SET_ERR_MSG(extack, "The device does not respond");
	return -ENODEV;
}

/* An image of BAR 0 under construction */
struct vane_region_regs {
	struct vane_dev *vdev;
	__le32 *words;
};

static void vane_region_snapshot_reg(void *ctx, u32 reg)
{
	struct vane_region_regs *image = ctx;

	image->words[reg / sizeof(*image->words)] =
		cpu_to_le32(vane_rd32(image->vdev, reg));
}

static int vane_region_snapshot_registers(struct devlink *devlink,
					  const struct devlink_region_ops *ops,
					  struct netlink_ext_ack *extack,
					  u8 **data)
{
	struct vane_pf *pf = devlink_priv(devlink);
	struct vane_region_regs image = { .vdev = &pf->vdev };
	int err;

	image.words = kvzalloc(VANE_REGISTERS_SIZE, GFP_KERNEL);
	if (!image.words)
		return -ENOMEM;
	vane_regmap_walk(&pf->vdev, vane_region_snapshot_reg, &image);
	err = vane_region_check_alive(pf, extack);
	if (err)
		kvfree(image.words);
	else
		*data = (u8 *)image.words;
	return err;
}

static void vane_region_read_ring(struct vane_pf *pf,
				  struct vane_region_ring *ring, u32 size,
				  u32 state, u32 head, u32 tail)
{
	ring->size = cpu_to_le32(vane_rd32(&pf->vdev, size));
	ring->state = cpu_to_le32(vane_rd32(&pf->vdev, state));
	ring->head = cpu_to_le32(vane_rd32(&pf->vdev, head));
	ring->tail = cpu_to_le32(tail);
}

static int vane_region_snapshot_rings(struct devlink *devlink,
				      const struct devlink_region_ops *ops,
				      struct netlink_ext_ack *extack, u8 **data)
{
	struct vane_pf *pf = devlink_priv(devlink);
	struct vane_region_ring *rings, *ring;
	u32 q;
	int err;

	rings = kvzalloc(VANE_RINGS_SIZE, GFP_KERNEL);
	if (!rings)
		return -ENOMEM;
	ring = rings;
	for (q = 0; q < VANE_MAX_QUEUES_PF; q++)
		vane_region_read_ring(pf, ring++, VANE_TXQ(q) + VANE_TXQ_SIZE,
				      VANE_TXQ(q) + VANE_TXQ_STATE,
				      VANE_TXQ(q) + VANE_TXQ_HEAD,
				      vane_rd32(&pf->vdev,
						VANE_TXQ(q) + VANE_TXQ_TAIL));
	for (q = 0; q < VANE_MAX_QUEUES_PF; q++)
		vane_region_read_ring(pf, ring++,
				      VANE_RXQ(q) + VANE_RXQ_BUF_SIZE,
				      VANE_RXQ(q) + VANE_RXQ_STATE,
				      VANE_RXQ(q) + VANE_RXQ_HEAD,
				      vane_rd32(&pf->vdev,
						VANE_RXQ(q) + VANE_RXQ_TAIL));
	vane_region_read_ring(pf, ring++, VANE_REG_RQ_SIZE, VANE_REG_RQ_STATE,
			      VANE_REG_RQ_HEAD, READ_ONCE(pf->mbox.rq_head));
	vane_region_read_ring(pf, ring, VANE_REG_SQ_SIZE, VANE_REG_SQ_STATE,
			      VANE_REG_SQ_HEAD, READ_ONCE(pf->mbox.sq_tail));
	err = vane_region_check_alive(pf, extack);
	if (err)
		kvfree(rings);
	else
		*data = (u8 *)rings;
	return err;
}

static const struct {
	struct devlink_region_ops ops;
	u64 size;
} regions[VANE_NUM_REGIONS] = {
	{
		.ops = {
			.name = "registers",
			.destructor = kvfree,
			.snapshot = vane_region_snapshot_registers,
		},
		.size = VANE_REGISTERS_SIZE,
	}, {
		.ops = {
			.name = "rings",
			.destructor = kvfree,
			.snapshot = vane_region_snapshot_rings,
		},
		.size = VANE_RINGS_SIZE,
	},
};

/**
 * vane_region_init() - create the regions
 * @pf: the PF, under the devlink instance lock
 *
 * Context: The devlink instance lock held. May sleep.
 * Return: 0 or an errno.
 */
int vane_region_init(struct vane_pf *pf)
{
	struct devlink_region *region;
	unsigned int i;

	for (i = 0; i < VANE_NUM_REGIONS; i++) {
		region = devl_region_create(priv_to_devlink(pf),
					    &regions[i].ops,
					    VANE_MAX_SNAPSHOTS,
					    regions[i].size);
		if (IS_ERR(region)) {
			vane_region_exit(pf);
			return PTR_ERR(region);
		}
		pf->regions[i] = region;
	}
	return 0;
}

/**
 * vane_region_exit() - undo vane_region_init(), even if it failed
 * @pf: the PF, under the devlink instance lock
 *
 * Context: The devlink instance lock held. May sleep.
 */
void vane_region_exit(struct vane_pf *pf)
{
	unsigned int i;

	for (i = 0; i < VANE_NUM_REGIONS; i++) {
		if (pf->regions[i])
			devl_region_destroy(pf->regions[i]);
		pf->regions[i] = NULL;
	}
}
