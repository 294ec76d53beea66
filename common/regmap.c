// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE core: which registers a function has, for the two interfaces that show
 * them all: ethtool -d of any function and the devlink region of the PF.
 */
#include "compat.h"
#include "vane_dev.h"

/* How often a range of registers repeats */
enum vane_regmap_count {
	VANE_REGMAP_ONCE,
	VANE_REGMAP_QUEUES,
	VANE_REGMAP_VECTORS,
	VANE_REGMAP_RULES,
};

/**
 * struct vane_regmap_range - contiguous registers
 * @first: offset of the first
 * @end: offset after the last
 * @stride: from one range to the next, if there are several
 * @count: how many ranges there are
 * @feature: VANE_FEAT_* that the function must use, or 0
 * @pf_only: only the PF has them
 */
struct vane_regmap_range {
	u32 first;
	u32 end;
	u32 stride;
	enum vane_regmap_count count;
	u64 feature;
	bool pf_only;
};

/* All registers that can be read, which excludes doorbells */
static const struct vane_regmap_range vane_regmap[] = {
	{ .first = VANE_REG_MAGIC, .end = VANE_REG_EVENT_CAUSE + 4 },
	{ .first = VANE_REG_LIMIT_QUEUES, .end = VANE_REG_TEST + 8 },
	{ .first = VANE_REG_STATUS, .end = VANE_REG_STATUS_MAC + 8 },
	{ .first = VANE_REG_MBOX_REQ, .end = VANE_REG_MBOX_REQ + VANE_MBOX_SIZE },
	{ .first = VANE_REG_MBOX_RSP, .end = VANE_REG_MBOX_RSP + VANE_MBOX_SIZE },
	{ .first = VANE_REG_MBOX_STATE, .end = VANE_REG_MBOX_STATE + 4 },
	{
		.first = VANE_TXQ(0),
		.end = VANE_TXQ(0) + VANE_TXQ_TAIL + 4,
		.stride = VANE_TXQ_STRIDE,
		.count = VANE_REGMAP_QUEUES,
	}, {
		.first = VANE_RXQ(0),
		.end = VANE_RXQ(0) + VANE_RXQ_OPT + 4,
		.stride = VANE_RXQ_STRIDE,
		.count = VANE_REGMAP_QUEUES,
	}, {
		.first = VANE_RXQ(0) + VANE_RXQ_HEAD,
		.end = VANE_RXQ(0) + VANE_RXQ_TAIL + 4,
		.stride = VANE_RXQ_STRIDE,
		.count = VANE_REGMAP_QUEUES,
	}, {
		.first = VANE_VEC(0),
		.end = VANE_VEC(0) + VANE_VEC_EVENTS + 4,
		.stride = VANE_VEC_STRIDE,
		.count = VANE_REGMAP_VECTORS,
	},
	{ .first = VANE_REG_RSS_CTRL, .end = VANE_REG_RSS_CTRL + 4 },
	{ .first = VANE_REG_RSS_KEY, .end = VANE_REG_RSS_KEY + VANE_RSS_KEY_SIZE },
	{ .first = VANE_RSS_TABLE(0), .end = VANE_RSS_TABLE(1) },
	{
		.first = VANE_RSS_TABLE(1),
		.end = VANE_RSS_TABLE(VANE_RSS_CONTEXTS),
		.feature = VANE_FEAT_RSS_CONTEXT,
	}, {
		.first = VANE_RULE(0),
		.end = VANE_RULE(1),
		.stride = VANE_RULE_STRIDE,
		.count = VANE_REGMAP_RULES,
		.feature = VANE_FEAT_RULES,
	},
	{ .first = VANE_STAT(0), .end = VANE_STAT(VANE_STAT_COUNT) },
	{
		.first = VANE_REG_PF_CTRL,
		.end = VANE_REG_PORT_LED + 4,
		.pf_only = true,
	}, {
		.first = VANE_REG_RQ_BASE,
		.end = VANE_REG_RQ_HEAD + 4,
		.pf_only = true,
	}, {
		.first = VANE_REG_SQ_BASE,
		.end = VANE_REG_SQ_HEAD + 4,
		.pf_only = true,
	},
};

static u32 vane_regmap_times(const struct vane_dev *vdev,
			     const struct vane_regmap_range *range)
{
	if (range->pf_only && vdev->is_vf)
		return 0;
	if (range->feature & ~vdev->features)
		return 0;

	switch (range->count) {
	case VANE_REGMAP_QUEUES:
		return vdev->max_queues;
	case VANE_REGMAP_VECTORS:
		return vdev->max_vectors;
	case VANE_REGMAP_RULES:
		return VANE_MAX_RULES;
	default:
		return 1;
	}
}

/**
 * vane_regmap_walk() - visit every register that can be read
 * @vdev: function
 * @visit: called for each word of 32 bits with its offset in BAR 0
 * @ctx: passed on to @visit
 *
 * Context: as @visit; reads no register itself.
 */
void vane_regmap_walk(const struct vane_dev *vdev,
		      void (*visit)(void *ctx, u32 reg), void *ctx)
{
	const struct vane_regmap_range *range;
	u32 i, times, reg, end;

	for (range = vane_regmap;
	     range < vane_regmap + ARRAY_SIZE(vane_regmap); range++) {
		times = vane_regmap_times(vdev, range);
		for (i = 0; i < times; i++) {
			reg = range->first + i * range->stride;
			end = range->end + i * range->stride;
			for (; reg < end; reg += sizeof(u32))
				visit(ctx, reg);
		}
	}
}
EXPORT_SYMBOL_NS_GPL(vane_regmap_walk, VANE_NS);
