// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: counters of the functions.
 *
 * The device writes the counters of all VFs to memory at once, and who asks for
 * one VF after the other (ip, ethtool) has them from there: what takes a moment
 * of the device's time for each of 256 VFs would add up under rtnl.
 */
#include <linux/dma-mapping.h>

#include "pf.h"

/* How old counters may be that are told */
#define VANE_STATS_AGE		msecs_to_jiffies(20)

#define VANE_STATS_BYTES	(VANE_MAX_VFS * VANE_STAT_COUNT * \
				 sizeof(__le64))

static_assert(VANE_STAT_COUNT <= VANE_MAX_VF_STATS);

/**
 * vane_stats_init() - get memory for the VFs' counters
 * @pf: the PF, not enabled yet
 *
 * Return: 0 or an errno.
 */
int vane_stats_init(struct vane_pf *pf)
{
	pf->vf_stats = dma_alloc_coherent(&pf->vdev.pdev->dev,
					  VANE_STATS_BYTES, &pf->vf_stats_dma,
					  GFP_KERNEL);
	return pf->vf_stats ? 0 : -ENOMEM;
}

/**
 * vane_stats_exit() - undo vane_stats_init()
 * @pf: the PF, disabled
 */
void vane_stats_exit(struct vane_pf *pf)
{
	dma_free_coherent(&pf->vdev.pdev->dev, VANE_STATS_BYTES, pf->vf_stats,
			  pf->vf_stats_dma);
}

/* Have the device write the counters of all VFs, where they are too old */
static int refresh(struct vane_pf *pf)
{
	const struct vane_cmd_vf_stats cmd = {
		.count = cpu_to_le16(pf->num_vfs),
		.counters = cpu_to_le16(VANE_STAT_COUNT),
		.addr = cpu_to_le64(pf->vf_stats_dma),
	};
	int err;

	lockdep_assert_held(&pf->lock);

	if (pf->vf_stats_valid &&
	    time_before(jiffies, pf->vf_stats_time + VANE_STATS_AGE))
		return 0;
	pf->vf_stats_valid = false;
	err = vane_pf_command(pf, VANE_CMD_VF_STATS_READ, &cmd, sizeof(cmd),
			      NULL, 0);
	if (err)
		return err;
	pf->vf_stats_time = jiffies;
	pf->vf_stats_valid = true;
	return 0;
}

static void take(u64 *counters, const __le64 *answer, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		counters[i] = le64_to_cpu(answer[i]);
}

/**
 * vane_stats_get_vfs() - counters of the first VFs
 * @pf: the PF
 * @num_vfs: how many VFs
 * @counters: VANE_STAT_COUNT of each; left alone where a VF is gone
 */
void vane_stats_get_vfs(struct vane_pf *pf, u16 num_vfs, u64 *counters)
{
	mutex_lock(&pf->lock);
	num_vfs = min(num_vfs, pf->num_vfs);
	if (num_vfs && !refresh(pf))
		take(counters, pf->vf_stats, num_vfs * VANE_STAT_COUNT);
	mutex_unlock(&pf->lock);
}

/* The counters of a function, by a command of its own */
static int ask(struct vane_pf *pf, u16 port, u64 *counters)
{
	const struct vane_cmd_target target = { .port = cpu_to_le16(port) };
	__le64 answer[VANE_STAT_COUNT];
	int err;

	err = vane_pf_command(pf, VANE_CMD_STATS_GET, &target, sizeof(target),
			      answer, sizeof(answer));
	if (!err)
		take(counters, answer, VANE_STAT_COUNT);
	return err;
}

/**
 * vane_stats_get() - counters of a function
 * @pf: the PF
 * @port: VF index or VANE_PORT_PF
 * @counters: VANE_STAT_COUNT of them, by enum vane_stat
 *
 * Return: 0 or an errno; -ENOENT if there is no such VF.
 */
int vane_stats_get(struct vane_pf *pf, u16 port, u64 *counters)
{
	int err;

	if (port == VANE_PORT_PF || !(pf->vdev.features & VANE_FEAT_VF_STATS))
		return ask(pf, port, counters);

	mutex_lock(&pf->lock);
	err = port < pf->num_vfs ? refresh(pf) : -ENOENT;
	if (!err)
		take(counters, &pf->vf_stats[port * VANE_STAT_COUNT],
		     VANE_STAT_COUNT);
	mutex_unlock(&pf->lock);
	return err;
}
