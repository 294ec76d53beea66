/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE VF driver: what its files share.
 *
 * The datapath is vane_core's, the mailbox vane_mbox's. What is left is to ask
 * the PF for what a VF does not own, and to come back from every reset.
 */
#ifndef VANEVF_H
#define VANEVF_H

#include <linux/bitmap.h>
#include <linux/if_vlan.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "vane_core.h"
#include "vane_mbox.h"

/**
 * enum vanevf_state - how far the VF has come since its last reset
 * @VANEVF_DOWN: the function is disabled, the netdev detached
 * @VANEVF_ENABLED: vector 0 and the mailbox work; the PF has not agreed yet,
 *	or has to be asked again
 * @VANEVF_READY: the PF has agreed
 */
enum vanevf_state {
	VANEVF_DOWN,
	VANEVF_ENABLED,
	VANEVF_READY,
};

/**
 * enum vanevf_flag - bits of struct vanevf's flags
 * @VANEVF_KICKED: someone knows of something to do
 * @VANEVF_RESET_WANTED: the core asked for a reset
 * @VANEVF_UNSURE: a request came to nothing; negotiate again
 * @VANEVF_MAC_DUE: the PF may have forgotten the MAC that the user set
 * @VANEVF_RX_STALE: the PF does not know the netdev's receive filters
 * @VANEVF_COMPLAINED: it was said that the function does not come up, or that
 *	the PF does not agree
 */
enum vanevf_flag {
	VANEVF_KICKED,
	VANEVF_RESET_WANTED,
	VANEVF_UNSURE,
	VANEVF_MAC_DUE,
	VANEVF_RX_STALE,
	VANEVF_COMPLAINED,
};

/**
 * struct vanevf_addrs - a sorted set of addresses
 * @n: how many
 * @mac: array of them
 */
struct vanevf_addrs {
	unsigned int n;
	u8 (*mac)[ETH_ALEN];
};

/**
 * struct vanevf - a virtual function
 * @vdev: the function, for the core
 * @mbox: this end of the mailbox
 * @status_wait: woken when the STATUS block changed
 * @service: does all that may wait for the PF; disabled while @held and before
 *	the netdev is registered
 * @flags: enum vanevf_flag
 * @vlans: VLANs that the netdev wants; bits are set and cleared under rtnl
 * @vlan_filter: the netdev wants a VLAN filter; written under rtnl
 * @held: a PCI callback has stopped the function; guarded by the device lock
 * @state: enum vanevf_state
 * @generation: of the function when it was last enabled
 * @config_gen: of the STATUS block when what it says was last taken over
 * @status: STATUS when last looked at
 * @started: jiffies when the function was last enabled
 * @silent_since: jiffies when a negotiation first got no answer, or when the
 *	function was last reset for that
 * @caps: VANE_MBOX_CAP_* that the PF agreed to
 * @max_filters: MAC filters that the PF allows
 * @max_vlans: VLAN filters that the PF allows
 * @asked_uc: unicast filters that the PF has accepted
 * @asked_mc: multicast filters that the PF has accepted
 * @asked_vlans: VLANs that the PF has accepted
 * @asked_mode: receive mode that the PF has accepted
 * @refused_mode: receive mode that the PF has refused last
 *
 * From @state on, members belong to @service; to probe, remove and the PCI
 * callbacks while that is disabled.
 */
struct vanevf {
	struct vane_dev vdev;
	struct vane_mbox_vf mbox;
	wait_queue_head_t status_wait;
	struct delayed_work service;
	unsigned long flags;
	DECLARE_BITMAP(vlans, VLAN_N_VID);
	bool vlan_filter;
	bool held;

	enum vanevf_state state;
	u32 generation;
	u32 config_gen;
	u32 status;
	unsigned long started;
	unsigned long silent_since;

	u32 caps;
	u16 max_filters;
	u16 max_vlans;
	struct vanevf_addrs asked_uc;
	struct vanevf_addrs asked_mc;
	DECLARE_BITMAP(asked_vlans, VLAN_N_VID);
	u32 asked_mode;
	u32 refused_mode;
};

static inline struct vanevf *vdev_to_vanevf(struct vane_dev *vdev)
{
	return container_of(vdev, struct vanevf, vdev);
}

static inline struct vanevf *netdev_to_vanevf(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);

	return vdev_to_vanevf(vn->vdev);
}

/* requests.c APIs: process context; sleep until the PF's answer, bounded */
void vanevf_mbox_init(struct vanevf *vf);
int vanevf_ask_negotiate(struct vanevf *vf,
			 struct vane_mbox_negotiate_rsp *rsp);
int vanevf_ask_mac(struct vanevf *vf, const u8 *mac);
int vanevf_ask_addrs(struct vanevf *vf, enum vane_mbox_op op,
		     struct vane_mbox_addrs *addrs, unsigned int count);
int vanevf_ask_vlan(struct vanevf *vf, enum vane_mbox_op op, u16 vid);
int vanevf_ask_rx_mode(struct vanevf *vf, u32 mode);
bool vanevf_refused(int err);

/* filter.c APIs: owner of the state */
void vanevf_filters_forget(struct vanevf *vf);
int vanevf_filters_sync(struct vanevf *vf);

/* recovery.c APIs: owner of the state, but for vanevf_kick(): any context */
extern struct workqueue_struct *vanevf_wq;

void vanevf_kick(struct vanevf *vf);
void vanevf_service(struct work_struct *work);
int vanevf_start(struct vanevf *vf);
void vanevf_stop(struct vanevf *vf);
int vanevf_negotiate(struct vanevf *vf);
bool vanevf_wait_pf(struct vanevf *vf);
bool vanevf_read_mac(struct vanevf *vf, u8 *mac);

#endif /* VANEVF_H */
