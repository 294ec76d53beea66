// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: snapshots of the PF's registers and rings, by devlink.
 *
 * The region "registers" is an image of BAR 0, in which only what the datasheet
 * names is read; "rings" is what the queues of PF and mailbox say of themselves.
 */
#include <linux/slab.h>
#include <net/devlink.h>

#include "pf.h"

#define VANE_MAX_SNAPSHOTS	8

/* Words of the image that are registers: @count runs, @stride bytes apart */
struct reg_range {
	u32 first;
	u32 words;
	u32 stride;
	u32 count;
};

static const struct reg_range reg_ranges[] = {
	{ VANE_REG_MAGIC, 14, 0, 1 },
	{ VANE_REG_LIMIT_QUEUES, 10, 0, 1 },
	{ VANE_REG_STATUS, 6, 0, 1 },
	{ VANE_REG_MBOX_STATE, 1, 0, 1 },
	{ VANE_TXQ(0), 12, VANE_TXQ_STRIDE, VANE_MAX_QUEUES_PF },
	{ VANE_RXQ(0), 13, VANE_RXQ_STRIDE, VANE_MAX_QUEUES_PF },
	{ VANE_RXQ(0) + VANE_RXQ_HEAD, 2, VANE_RXQ_STRIDE, VANE_MAX_QUEUES_PF },
	{ VANE_VEC(0), 5, VANE_VEC_STRIDE, VANE_MAX_VECTORS_PF },
	{ VANE_REG_RSS_CTRL, 1, 0, 1 },
	{ VANE_REG_RSS_KEY, VANE_RSS_KEY_SIZE / 4, 0, 1 },
	{ VANE_REG_RSS_TABLE, VANE_RSS_TABLE_SIZE / 4, 0, 1 },
	{ VANE_BLK_STATS, VANE_STAT_COUNT * 2, 0, 1 },
	{ VANE_REG_PF_CTRL, 8, 0, 1 },
	{ VANE_REG_RQ_BASE, 6, 0, 1 },
	{ VANE_REG_SQ_BASE, 6, 0, 1 },
};

#define VANE_REGISTERS_SIZE	(VANE_BLK_PF + VANE_BLK_SIZE)

/* What "rings" has of each queue */
struct ring_state {
	__le32 size;
	__le32 state;
	__le32 head;
	__le32 tail;
};

/* The transmit queues, the receive queues, RQ and SQ */
#define VANE_RINGS		(2 * VANE_MAX_QUEUES_PF + 2)
#define VANE_RINGS_SIZE		(VANE_RINGS * sizeof(struct ring_state))

static int check_alive(struct vane_pf *pf, struct netlink_ext_ack *extack)
{
	if (vane_dev_alive(&pf->vdev))
		return 0;
	NL_SET_ERR_MSG(extack, "The device does not answer");
	return -ENODEV;
}

static int snapshot_registers(struct devlink *devlink,
			      const struct devlink_region_ops *ops,
			      struct netlink_ext_ack *extack, u8 **data)
{
	struct vane_pf *pf = devlink_priv(devlink);
	const struct reg_range *range;
	u32 i, reg, word;
	__le32 *image;
	int err;

	image = kvzalloc(VANE_REGISTERS_SIZE, GFP_KERNEL);
	if (!image)
		return -ENOMEM;
	for (range = reg_ranges;
	     range < reg_ranges + ARRAY_SIZE(reg_ranges); range++)
		for (i = 0; i < range->count; i++)
			for (word = 0; word < range->words; word++) {
				reg = range->first + i * range->stride +
				      word * 4;
				image[reg / 4] =
					cpu_to_le32(vane_rd32(&pf->vdev, reg));
			}
	err = check_alive(pf, extack);
	if (err)
		kvfree(image);
	else
		*data = (u8 *)image;
	return err;
}

static void read_ring(struct vane_pf *pf, struct ring_state *ring, u32 size,
		      u32 state, u32 head, u32 tail)
{
	ring->size = cpu_to_le32(vane_rd32(&pf->vdev, size));
	ring->state = cpu_to_le32(vane_rd32(&pf->vdev, state));
	ring->head = cpu_to_le32(vane_rd32(&pf->vdev, head));
	ring->tail = cpu_to_le32(tail);
}

static int snapshot_rings(struct devlink *devlink,
			  const struct devlink_region_ops *ops,
			  struct netlink_ext_ack *extack, u8 **data)
{
	struct vane_pf *pf = devlink_priv(devlink);
	struct ring_state *rings, *ring;
	u32 q;
	int err;

	rings = kvzalloc(VANE_RINGS_SIZE, GFP_KERNEL);
	if (!rings)
		return -ENOMEM;
	ring = rings;
	for (q = 0; q < VANE_MAX_QUEUES_PF; q++)
		read_ring(pf, ring++, VANE_TXQ(q) + VANE_TXQ_SIZE,
			  VANE_TXQ(q) + VANE_TXQ_STATE,
			  VANE_TXQ(q) + VANE_TXQ_HEAD,
			  vane_rd32(&pf->vdev, VANE_TXQ(q) + VANE_TXQ_TAIL));
	for (q = 0; q < VANE_MAX_QUEUES_PF; q++)
		read_ring(pf, ring++, VANE_RXQ(q) + VANE_RXQ_BUF_SIZE,
			  VANE_RXQ(q) + VANE_RXQ_STATE,
			  VANE_RXQ(q) + VANE_RXQ_HEAD,
			  vane_rd32(&pf->vdev, VANE_RXQ(q) + VANE_RXQ_TAIL));
	read_ring(pf, ring++, VANE_REG_RQ_SIZE, VANE_REG_RQ_STATE,
		  VANE_REG_RQ_HEAD, READ_ONCE(pf->mbox.rq_head));
	read_ring(pf, ring, VANE_REG_SQ_SIZE, VANE_REG_SQ_STATE,
		  VANE_REG_SQ_HEAD, READ_ONCE(pf->mbox.sq_tail));
	err = check_alive(pf, extack);
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
			.snapshot = snapshot_registers,
		},
		.size = VANE_REGISTERS_SIZE,
	}, {
		.ops = {
			.name = "rings",
			.destructor = kvfree,
			.snapshot = snapshot_rings,
		},
		.size = VANE_RINGS_SIZE,
	},
};

/**
 * vane_region_init() - make the regions
 * @pf: the PF, under the devlink instance lock
 *
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
 * vane_region_exit() - undo vane_region_init(), also half of it
 * @pf: the PF, under the devlink instance lock
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
