/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE VF driver: internal interface.
 *
 * vane_core has the datapath, and vane_mbox the mailbox. This driver requests
 * from the PF what a VF does not own, and recovers from every reset.
 */
#ifndef VANEVF_H
#define VANEVF_H

#include <linux/bitmap.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/devlink.h>
#include <net/gro_cells.h>

#include "vane_dev.h"
#include "vane_mbox.h"
#include "vane_net.h"

/**
 * enum vanevf_state - how far the VF has come since its last reset
 * @VANEVF_DOWN: the function is disabled, the netdev detached
 * @VANEVF_ENABLED: vector 0 and the mailbox work; the PF has not agreed yet, or
 *	has to be negotiated with again
 * @VANEVF_READY: the PF has agreed
 */
enum vanevf_state {
	VANEVF_DOWN,
	VANEVF_ENABLED,
	VANEVF_READY,
};

/**
 * enum vanevf_flag - bits of struct vanevf's flags
 * @VANEVF_KICKED: there is something to do
 * @VANEVF_RESET_WANTED: the core asked for a reset
 * @VANEVF_RENEGOTIATE: a request got no reply; negotiate again
 * @VANEVF_MAC_RESTORE: the PF may have forgotten the MAC that the user set
 * @VANEVF_RX_STALE: the PF does not know the netdev's receive filters
 * @VANEVF_CHANNELS_STALE: channels may have begun or ceased to be usable
 * @VANEVF_WARNED: it has been logged that the function does not come up, or that
 *	the PF does not agree
 */
enum vanevf_flag {
	VANEVF_KICKED,
	VANEVF_RESET_WANTED,
	VANEVF_RENEGOTIATE,
	VANEVF_MAC_RESTORE,
	VANEVF_RX_STALE,
	VANEVF_CHANNELS_STALE,
	VANEVF_WARNED,
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
 * struct vanevf_filters - unicast or multicast addresses and their fate at the PF
 * @asked: those that the PF has granted
 * @refused: those that it has refused
 */
struct vanevf_filters {
	struct vanevf_addrs asked;
	struct vanevf_addrs refused;
};

/**
 * enum vanevf_vlan_kind - kinds of VLANs, each with a filter of its own
 * @VANEVF_CVLAN: 802.1Q
 * @VANEVF_SVLAN: 802.1ad
 * @VANEVF_NUM_VLAN_KINDS: how many there are
 */
enum vanevf_vlan_kind {
	VANEVF_CVLAN,
	VANEVF_SVLAN,
	VANEVF_NUM_VLAN_KINDS,
};

/**
 * struct vanevf_vlans - VLANs of a kind
 * @wanted: those that the netdev wants; bits are set and cleared under rtnl
 * @filter: the netdev wants no others; guarded by rtnl
 * @sought: @wanted, as of the update in progress
 * @filter_sought: @filter, as of the same moment
 * @asked: those that the PF has granted
 * @refused: those that the PF has refused
 *
 * From @sought on, members belong to &struct vanevf.service.
 */
struct vanevf_vlans {
	DECLARE_BITMAP(wanted, VLAN_N_VID);
	bool filter;
	DECLARE_BITMAP(sought, VLAN_N_VID);
	bool filter_sought;
	DECLARE_BITMAP(asked, VLAN_N_VID);
	DECLARE_BITMAP(refused, VLAN_N_VID);
};

/**
 * enum vanevf_refusal - what is said in the log of what the PF refuses
 * @VANEVF_REFUSED_ADDRESS: a unicast address
 * @VANEVF_REFUSED_SHARE: more addresses than the VF's share
 * @VANEVF_REFUSED_PROMISC: promiscuous mode
 * @VANEVF_REFUSED_ALLMULTI: all-multicast mode
 * @VANEVF_REFUSED_VLAN: a VLAN
 */
enum vanevf_refusal {
	VANEVF_REFUSED_ADDRESS,
	VANEVF_REFUSED_SHARE,
	VANEVF_REFUSED_PROMISC,
	VANEVF_REFUSED_ALLMULTI,
	VANEVF_REFUSED_VLAN,
};

/**
 * struct vanevf_channel - a granted channel as a netdev: its private part
 * @vf: the VF
 * @lower: netdev of the VF
 * @netdev: the netdev around
 * @number: the channel
 * @gro_cells: deliver received frames
 * @filtered: the VF has the netdev's address beside its own; under rtnl
 * @dst: metadata that tells the core the channel of a frame
 * @port: devlink port; the netdev is registered and unregistered while that exists
 * @ethertype: of the mode's channel tag; 0 while the channel cannot be used. Written
 *	under rtnl.
 */
struct vanevf_channel {
	struct vanevf *vf;
	struct net_device *lower;
	struct net_device *netdev;
	u32 number;
	struct gro_cells gro_cells;
	bool filtered;
	struct metadata_dst *dst;
	struct devlink_port port;
	u16 ethertype;
};

/**
 * struct vanevf_channels - granted channels that have a netdev
 * @table: struct vanevf_channel by number; written under rtnl, read under RCU
 * @handles: the VF's netdev has a receive handler, which takes tags off; under rtnl
 */
struct vanevf_channels {
	struct xarray table;
	bool handles;
};

/**
 * struct vanevf - a virtual function
 * @vdev: the function, for the core
 * @mbox: this end of the mailbox
 * @status_wait: woken when the STATUS block changed
 * @service: does all that may wait for the PF; disabled while @held and before
 *	the netdev is registered
 * @flags: enum vanevf_flag
 * @vlans: VLANs by enum vanevf_vlan_kind
 * @channels: granted channels that have a netdev
 * @held: a PCI callback has stopped the function; guarded by the device lock
 * @state: enum vanevf_state
 * @generation: of the function when it was last enabled
 * @config_gen: of the STATUS block before the last negotiation
 * @status: STATUS when last read
 * @started: jiffies when the function was last enabled
 * @silent_since: jiffies when a negotiation first got no reply, or when the
 *	function was last reset because of that
 * @caps: VANE_MBOX_CAP_* that the PF agreed to; read by all requests
 * @max_filters: MAC filters that the PF allows
 * @max_vlans: VLAN filters of a kind that the PF allows
 * @uc: unicast filters
 * @mc: multicast filters
 * @filters_full: the PF had no room for a further address
 * @asked_mode: receive mode that the PF has granted
 * @refused_mode: the part of a receive mode that the PF has refused
 * @advised: refusals that have been logged, BIT(enum vanevf_refusal)
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
	struct vanevf_vlans vlans[VANEVF_NUM_VLAN_KINDS];
	struct vanevf_channels channels;
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
	struct vanevf_filters uc;
	struct vanevf_filters mc;
	bool filters_full;
	u32 asked_mode;
	u32 refused_mode;
	u32 advised;
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
int vanevf_req_negotiate(struct vanevf *vf,
			 struct vane_mbox_negotiate_rsp *rsp);
int vanevf_req_mac(struct vanevf *vf, const u8 *mac);
int vanevf_req_addrs(struct vanevf *vf, enum vane_mbox_op op,
		     struct vane_mbox_addrs *addrs, unsigned int count);
int vanevf_req_vlan(struct vanevf *vf, enum vane_mbox_op op, u16 proto,
		    u16 vid);
int vanevf_req_rx_mode(struct vanevf *vf, u32 mode);
int vanevf_req_channels(struct vanevf *vf, u32 first,
			struct vane_mbox_channels_rsp *rsp);
bool vanevf_refused(int err);

/* filter.c APIs: under rtnl */
void vanevf_filters_set_vlan(struct vanevf *vf, __be16 proto, u16 vid,
			     bool wanted);
bool vanevf_filters_set_features(struct vanevf *vf, netdev_features_t features);

/* filter.c APIs: owner of the state */
void vanevf_filters_retry(struct vanevf *vf);
void vanevf_filters_forget(struct vanevf *vf);
int vanevf_filters_sync(struct vanevf *vf);

/* channel.c APIs: process context, as noted at each */
int vanevf_channel_check(struct vanevf *vf, u32 number,
			 struct netlink_ext_ack *extack);
struct vanevf_channel *vanevf_channel_alloc(struct vanevf *vf, u32 number);
void vanevf_channel_free(struct vanevf_channel *channel);
int vanevf_channel_register(struct vanevf_channel *channel,
			    struct netlink_ext_ack *extack);
void vanevf_channel_unregister(struct vanevf_channel *channel);
int vanevf_channel_refresh_all(struct vanevf *vf);
void vanevf_channel_receive(struct vane_dev *vdev, struct sk_buff *skb,
			    u32 number);
void vanevf_channel_follow_all(struct vanevf *vf, unsigned long event);

/* devlink.c APIs: device lock */
extern const struct devlink_ops vanevf_devlink_ops;
void vanevf_devlink_unregister(struct vanevf *vf);

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
