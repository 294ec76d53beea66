// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: counters of the functions.
 *
 * The device writes the counters of all VFs to memory at once, and a walk over
 * all VFs, such as that of ip, reads them from there: the time that one command
 * takes would add up to 256 times that, under rtnl.
 */
#include <linux/dma-mapping.h>

#include "command.h"
#include "pf.h"
#include "stats.h"

/* Maximum duration of a walk over all VFs */
#define VANE_STATS_AGE		msecs_to_jiffies(20)

#define VANE_STATS_BYTES	(VANE_MAX_VFS * VANE_STAT_COUNT * \
				 sizeof(__le64))

static_assert(VANE_STAT_COUNT <= VANE_MAX_VF_STATS);

/**
 * vane_stats_init() - allocate memory for the VFs' counters
 * @pf: the PF, not enabled yet
 *
 * Context: Process context; may sleep.
 * Return: 0 or an errno.
 */
int vane_stats_init(struct vane_pf *pf)
{
	pf->stats.vfs = dma_alloc_coherent(&pf->vdev.pdev->dev,
					   VANE_STATS_BYTES, &pf->stats.dma,
					   GFP_KERNEL);
	return pf->stats.vfs ? 0 : -ENOMEM;
}

/**
 * vane_stats_exit() - undo vane_stats_init()
 * @pf: the PF, disabled
 *
 * Context: Process context; may sleep.
 */
void vane_stats_exit(struct vane_pf *pf)
{
	dma_free_coherent(&pf->vdev.pdev->dev, VANE_STATS_BYTES, pf->stats.vfs,
			  pf->stats.dma);
}

/* Make the device write the counters of all VFs */
static int vane_stats_refresh(struct vane_pf *pf)
{
	const struct vane_cmd_vf_stats cmd = {
		.count = cpu_to_le16(pf->num_vfs),
		.counters = cpu_to_le16(VANE_STAT_COUNT),
		.addr = cpu_to_le64(pf->stats.dma),
	};

	lockdep_assert_held(&pf->lock);

	pf->stats.time = jiffies;
	return vane_command(pf, VANE_CMD_VF_STATS_READ, &cmd, sizeof(cmd), NULL,
			    0);
}

static void vane_stats_copy_counters(u64 *counters, const __le64 *answer,
				     size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		counters[i] = le64_to_cpu(answer[i]);
}

/**
 * vane_stats_get_vfs() - counters of the first VFs
 * @pf: the PF
 * @num_vfs: how many VFs
 * @counters: VANE_STAT_COUNT of each; not changed for a VF that is gone
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 */
void vane_stats_get_vfs(struct vane_pf *pf, u16 num_vfs, u64 *counters)
{
	mutex_lock(&pf->lock);
	num_vfs = min(num_vfs, pf->num_vfs);
	if (num_vfs && !vane_stats_refresh(pf))
		vane_stats_copy_counters(counters, pf->stats.vfs,
					 num_vfs * VANE_STAT_COUNT);
	mutex_unlock(&pf->lock);
}

/* The counters of a function, by a command of its own */
static int vane_stats_read_port(struct vane_pf *pf, u16 port, u64 *counters)
{
	const struct vane_cmd_target target = { .port = cpu_to_le16(port) };
	__le64 answer[VANE_STAT_COUNT];
	int err;

	err = vane_command(pf, VANE_CMD_STATS_GET, &target, sizeof(target),
			   answer, sizeof(answer));
	if (!err)
		vane_stats_copy_counters(counters, answer, VANE_STAT_COUNT);
	return err;
}

/* Whether @index follows the VF whose counters were read last, in one walk */
static bool vane_stats_is_sequential(const struct vane_pf *pf, u16 index)
{
	lockdep_assert_held(&pf->lock);

	return index && index == pf->stats.next_vf &&
	       time_before(jiffies, pf->stats.time + VANE_STATS_AGE);
}

/**
 * vane_stats_get() - counters of a function
 * @pf: the PF
 * @port: VF index or VANE_PORT_PF
 * @counters: VANE_STAT_COUNT of them, by enum vane_stat
 *
 * The current ones, except in a walk over all VFs, in which they are those of the
 * beginning of the walk.
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno; -ENOENT if there is no such VF.
 */
int vane_stats_get(struct vane_pf *pf, u16 port, u64 *counters)
{
	int err = 0;

	if (port == VANE_PORT_PF || !(pf->vdev.features & VANE_FEAT_VF_STATS))
		return vane_stats_read_port(pf, port, counters);

	mutex_lock(&pf->lock);
	if (port >= pf->num_vfs)
		err = -ENOENT;
	else if (!vane_stats_is_sequential(pf, port))
		err = vane_stats_refresh(pf);
	if (!err) {
		vane_stats_copy_counters(counters,
					 &pf->stats.vfs[port * VANE_STAT_COUNT],
					 VANE_STAT_COUNT);
		pf->stats.next_vf = port + 1;
	} else {
		pf->stats.next_vf = 0;
	}
	mutex_unlock(&pf->lock);
	return err;
}
