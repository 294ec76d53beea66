/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: policy and ownership of the device.
 *
 * Locks, outermost first:
 *
 * - the PF's device lock: operations of sysfs, devlink reload and the PCI core
 *   on the whole device; reporters, and ports of VFs, come and go under it
 * - the devlink instance lock: what devlink knows; VFs' ports, rate groups
 * - a VF's device lock, waited for only for a limited time: whether the VF has a
 *   driver
 * - rtnl: the netdev, and taking the device down and up
 * - vane_pf.lock: all configuration, its copy in the device included; held
 *   over commands
 *
 * The mailbox must be served while pci_enable_sriov() and pci_disable_sriov()
 * run, whose callers hold the PF's device lock. So the service takes only
 * vane_pf.lock, which must not be held across those calls.
 */
#ifndef VANE_PF_H
#define VANE_PF_H

#include <linux/etherdevice.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/workqueue.h>
#include <net/devlink.h>

#include "addr.h"
#include "admin.h"
#include "assoc.h"
#include "channel.h"
#include "device.h"
#include "filter.h"
#include "health.h"
#include "link.h"
#include "mdd.h"
#include "port.h"
#include "profile.h"
#include "rate.h"
#include "region.h"
#include "sriov.h"
#include "stats.h"
#include "switch.h"
#include "vane_dev.h"
#include "vane_mbox.h"
#include "vane_net.h"
#include "vf.h"

/* Size of the text that says why a request of a VF is refused */
#define VANE_REFUSAL_SIZE		128

/**
 * struct vane_board - what the Vital Product Data say of the board
 * @part: part number
 * @serial: serial number
 */
struct vane_board {
	char part[32];
	char serial[32];
};

/**
 * struct vane_pf - the physical function; private part of the devlink
 * @vdev: the PCI function
 * @dsn: serial number of the device
 * @board: part and serial number of the board; empty where the device has none
 * @perm_mac: permanent MAC
 * @wq: of the work items
 * @running: the device works and the netdev is attached; guarded by rtnl
 * @retry: retry of a device that did not come up
 * @reset_work: recovers the device
 * @reset_reasons: why that is under way: enum vane_health_reporter, as bits
 * @serving: @serve_work is enabled; of whoever starts and stops the device
 * @serve_work: serves the VFs' mailboxes
 * @mbox: mailbox; its service belongs to @serve_work
 * @refusal: why the current request is refused, empty if its errno suffices; of
 *	@serve_work
 * @ports: ports in devlink
 * @regions: of devlink
 * @health: errors to report
 * @sriov: VFs as the PCI core has them
 * @admin: what the current request of rtnetlink has replaced; guarded by rtnl
 * @lock: guards all that follows, unless its struct says otherwise
 * @vfs: virtual functions, from before they appear until after they are gone
 * @num_vfs: entries of @vfs
 * @stats: counters of the VFs
 * @filter: what the PF receives
 * @link: the link of the port
 * @rates: the rate groups
 * @sw: the switch
 * @channels: channels granted to VFs
 * @profiles: port profiles
 * @assocs: requests in progress about them
 * @mdd: what is done about VFs whose drivers err
 */
struct vane_pf {
	struct vane_dev vdev;
	u64 dsn;
	struct vane_board board;
	u8 perm_mac[ETH_ALEN];
	struct workqueue_struct *wq;
	bool running;
	struct vane_retry retry;
	struct work_struct reset_work;
	unsigned long reset_reasons;
	bool serving;
	struct work_struct serve_work;
	struct vane_mbox_pf mbox;
	char refusal[VANE_REFUSAL_SIZE];
	struct vane_ports ports;
	struct devlink_region *regions[VANE_NUM_REGIONS];
	struct vane_health health;
	struct vane_sriov sriov;
	struct vane_admin admin;

	struct mutex lock;	/* guards what follows */
	struct vane_vf *vfs;
	u16 num_vfs;
	struct vane_stats stats;
	struct vane_filter filter;
	struct vane_link link;
	struct vane_rates rates;
	struct vane_switch sw;
	struct vane_channels channels;
	struct vane_profiles profiles;
	struct vane_assocs assocs;
	struct vane_mdd mdd;
};

/* Log refused calls and requests, which have no other way to give a reason */
#define vane_pf_refuse(pf, fmt, ...) \
	dev_warn_ratelimited(&(pf)->vdev.pdev->dev, fmt "\n", ##__VA_ARGS__)

/*
 * Answer a write to a file of sysfs in the log, the one place where its writer can
 * find a reason. Such a file is root's, so there is no limit to hide an answer.
 */
#define vane_pf_tell(pf, fmt, ...) \
	dev_warn(&(pf)->vdev.pdev->dev, fmt "\n", ##__VA_ARGS__)

static inline struct vane_pf *vane_pf_of(struct vane_dev *vdev)
{
	return container_of(vdev, struct vane_pf, vdev);
}

static inline struct net_device *vane_pf_netdev(struct vane_pf *pf)
{
	return pf->vdev.net->netdev;
}

/**
 * vane_pf_of_netdev() - the PF of a netdev
 * @netdev: the PF's
 *
 * Context: Any.
 * Return: the PF.
 */
static inline struct vane_pf *vane_pf_of_netdev(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);

	return vane_pf_of(vn->vdev);
}

/**
 * vane_pf_set_reset_reason() - record why the device is going to be reset
 * @pf: the PF
 * @reporter: what it concerns; noted after the reset
 *
 * Context: Any.
 */
static inline void vane_pf_set_reset_reason(struct vane_pf *pf,
					    enum vane_health_reporter reporter)
{
	set_bit(reporter, &pf->reset_reasons);
}

/**
 * vane_pf_queue_reset() - have the device reset
 * @pf: the PF
 *
 * Context: Any.
 */
static inline void vane_pf_queue_reset(struct vane_pf *pf)
{
	queue_work(pf->wq, &pf->reset_work);
}

#endif /* VANE_PF_H */
