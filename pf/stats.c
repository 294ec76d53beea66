// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: counters of the functions.
 *
 * The device writes the counters of all VFs to memory at once, and who asks for
 * one VF after the other, as ip does, has them from there: what takes a moment of
 * the device's time for each of 256 VFs would add up under rtnl.
 */
#include <linux/dma-mapping.h>

#include "pf.h"

/* How long one may take who asks for one VF after the other */
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

/* Have the device write the counters of all VFs */
static int refresh(struct vane_pf *pf)
{
	const struct vane_cmd_vf_stats cmd = {
		.count = cpu_to_le16(pf->num_vfs),
		.counters = cpu_to_le16(VANE_STAT_COUNT),
		.addr = cpu_to_le64(pf->vf_stats_dma),
	};

	lockdep_assert_held(&pf->lock);

	pf->vf_stats_time = jiffies;
	return vane_pf_command(pf, VANE_CMD_VF_STATS_READ, &cmd, sizeof(cmd),
			       NULL, 0);
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

/* Whether @index follows the VF whose counters were told last, of one walk */
static bool is_next(const struct vane_pf *pf, u16 index)
{
	lockdep_assert_held(&pf->lock);

	return index && index == pf->vf_stats_next &&
	       time_before(jiffies, pf->vf_stats_time + VANE_STATS_AGE);
}

/**
 * vane_stats_get() - counters of a function
 * @pf: the PF
 * @port: VF index or VANE_PORT_PF
 * @counters: VANE_STAT_COUNT of them, by enum vane_stat
 *
 * As they are now, but for who walks over all VFs: those of later ones are as old
 * as the walk.
 *
 * Return: 0 or an errno; -ENOENT if there is no such VF.
 */
int vane_stats_get(struct vane_pf *pf, u16 port, u64 *counters)
{
	int err = 0;

	if (port == VANE_PORT_PF || !(pf->vdev.features & VANE_FEAT_VF_STATS))
		return ask(pf, port, counters);

	mutex_lock(&pf->lock);
	if (port >= pf->num_vfs)
		err = -ENOENT;
	else if (!is_next(pf, port))
		err = refresh(pf);
	if (!err) {
		take(counters, &pf->vf_stats[port * VANE_STAT_COUNT],
		     VANE_STAT_COUNT);
		pf->vf_stats_next = port + 1;
	} else {
		pf->vf_stats_next = 0;
	}
	mutex_unlock(&pf->lock);
	return err;
}
