/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: policy and ownership of the device.
 *
 * Locks, outermost first:
 *
 * - the PF's device lock: what sysfs, devlink reload and the PCI core do to all
 *   of the device; reporters, and ports of VFs, come and go under it
 * - the devlink instance lock: what devlink knows; VFs' ports, rate groups
 * - a VF's device lock, never waited for long: whether it has a driver
 * - rtnl: the netdev, and taking the device down and up
 * - vane_pf.lock: all configuration, its copy in the device included; held
 *   over commands
 *
 * The mailbox is served while pci_enable_sriov() and pci_disable_sriov() run,
 * under the PF's device lock, and perhaps under rtnl: so whoever serves it
 * takes vane_pf.lock only, and nobody holds that across those calls.
 */
#ifndef VANE_PF_H
#define VANE_PF_H

#include <linux/bitmap.h>
#include <linux/etherdevice.h>
#include <linux/hashtable.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/devlink.h>

#include "vane_core.h"
#include "vane_mbox.h"

#define VANE_ADDR_HASH_BITS		5

/* A trunk list */
#define VANE_TRUNK_BYTES		(VLAN_N_VID / 8)

/**
 * struct vane_addr_set - addresses that a port receives beside its station MAC
 * @buckets: struct vane_addr by hash of the address
 * @count: how many
 */
struct vane_addr_set {
	DECLARE_HASHTABLE(buckets, VANE_ADDR_HASH_BITS);
	u16 count;
};

/**
 * struct vane_addr - one of them
 * @node: in its bucket
 * @mac: address
 * @marked: for the user of the set, false at first
 */
struct vane_addr {
	struct hlist_node node;
	u8 mac[ETH_ALEN];
	bool marked;
};

/**
 * struct vane_vf_config - what the administrator decides about a VF
 * @mac: station address at each reset of the VF
 * @mac_admin: @mac was set; else it is the default one
 * @vlan: VID of the port VLAN, 0 with @qos 0 for none
 * @qos: priority of the port VLAN
 * @vlan_proto: its EtherType, ETH_P_8021Q or ETH_P_8021AD
 * @vif: VN-Tag virtual interface, 0 for none
 * @link_state: IFLA_VF_LINK_STATE_*
 * @spoofchk: source addresses are checked
 * @trusted: may change an administered MAC and receive everything
 * @trunk: it has the VLANs of its trunk list only
 * @tx_max: most that it may send, Mb/s, 0 for no limit
 * @tx_share: what it can always send, Mb/s, 0 for nothing in particular
 * @rate_group: group whose rates count too, 0 for none
 * @queues: queue pairs
 * @vectors: MSI-X vectors
 *
 * Holds until SR-IOV is disabled.
 */
struct vane_vf_config {
	u8 mac[ETH_ALEN];
	bool mac_admin;
	u16 vlan;
	u8 qos;
	u16 vlan_proto;
	u16 vif;
	u8 link_state;
	bool spoofchk;
	bool trusted;
	bool trunk;
	u32 tx_max;
	u32 tx_share;
	u16 rate_group;
	u16 queues;
	u16 vectors;
};

/**
 * struct vane_vf - a virtual function
 * @config: what the administrator decided
 * @trunk: VLANs of the trunk list, a bitmap, bit 0 of byte 0 for VLAN 0; part of
 *	@config, but for its size
 * @peer: what the mailbox keeps of it
 * @mac: station address in use: of @config, or what the VF set since its reset
 * @addrs: addresses that it asked for since then
 * @rx_mode: VANE_RX_MODE_* that it asked for since then
 * @config_gen: raised when @mac or a limit changes other than by the VF
 * @leaf: where devlink keeps its rates, NULL without; its tx_max and tx_share
 *	are written under vane_pf.lock too
 * @errors: how often the device has stopped a queue of it
 * @error: enum vane_error of the last time
 * @error_queue: its queue, with VANE_RQ_QUEUE_TX
 */
struct vane_vf {
	struct vane_vf_config config;
	u8 trunk[VANE_TRUNK_BYTES];
	struct vane_mbox_peer peer;
	u8 mac[ETH_ALEN];
	struct vane_addr_set addrs;
	u32 rx_mode;
	u16 config_gen;
	struct devlink_rate *leaf;
	u64 errors;
	u16 error;
	u16 error_queue;
};

/**
 * struct vane_vf_port - devlink port of a VF
 * @dl_port: the port
 * @pf: the PF
 * @index: index of the VF
 * @reporter: of errors that its driver makes
 */
struct vane_vf_port {
	struct devlink_port dl_port;
	struct vane_pf *pf;
	u16 index;
	struct devlink_health_reporter *reporter;
};

/**
 * struct vane_rate_group - ports that have rates together
 * @node: it in devlink, NULL while devlink is being reloaded
 * @name: name of the node, kept by the device for the next driver
 * @id: in the device
 * @tx_max: most that its VFs send together, Mb/s, 0 for no limit
 * @tx_share: what they can always send together, Mb/s
 *
 * Changes under the devlink instance lock and vane_pf.lock both, but for @node,
 * which is devlink's.
 */
struct vane_rate_group {
	struct devlink_rate *node;
	char name[VANE_RATE_NAME_SIZE];
	u16 id;
	u32 tx_max;
	u32 tx_share;
};

/**
 * enum vane_trouble - what may be wrong with the PF
 * @VANE_TROUBLE_MBOX: the device does not answer a command
 * @VANE_TROUBLE_TX: a transmit queue hangs or was stopped
 * @VANE_TROUBLE_RX: a receive queue was stopped
 * @VANE_TROUBLE_FATAL: the whole device
 * @VANE_NUM_TROUBLES: how many there are
 */
enum vane_trouble {
	VANE_TROUBLE_MBOX,
	VANE_TROUBLE_TX,
	VANE_TROUBLE_RX,
	VANE_TROUBLE_FATAL,
	VANE_NUM_TROUBLES,
};

/**
 * struct vane_queue_state - registers of a queue
 * @state: STATE
 * @head: HEAD
 * @tail: TAIL
 */
struct vane_queue_state {
	u32 state;
	u32 head;
	u32 tail;
};

/**
 * struct vane_health - what is wrong, until devlink knows
 * @work: tells it; enabled while devlink is registered
 * @reporters: by enum vane_trouble
 * @blamed: enum vane_trouble for which a reset is under way, as bits
 * @troubles: enum vane_trouble noted, as bits
 * @vfs: VFs that had a queue stopped
 * @lock: guards the rest
 * @num_queues: entries in use of @tx and @rx
 * @tx: transmit queues before the last reset
 * @rx: receive queues, likewise
 */
struct vane_health {
	struct delayed_work work;
	struct devlink_health_reporter *reporters[VANE_NUM_TROUBLES];
	unsigned long blamed;
	unsigned long troubles;
	DECLARE_BITMAP(vfs, VANE_MAX_VFS);
	struct mutex lock;	/* guards what follows */
	u16 num_queues;
	struct vane_queue_state tx[VANE_MAX_QUEUES_PF];
	struct vane_queue_state rx[VANE_MAX_QUEUES_PF];
};

#define VANE_NUM_REGIONS		2

/**
 * struct vane_pf - the physical function; private part of the devlink
 * @vdev: the PCI function
 * @dsn: serial number of the device
 * @perm_mac: permanent MAC
 * @limit_filters: filter entries of the switch
 * @limit_vif_lists: VIF lists in use at a time
 * @limit_rate_groups: rate groups of the device
 * @running: the device works and the netdev is attached; guarded by rtnl
 * @counted_vfs: VFs whose counters ethtool expects; guarded by its lock, rtnl
 * @gone: the device did not answer when it was looked at last; of @watch_work
 * @ignore_users: devlink parameter: VFs may go although they are in use;
 *	guarded by the devlink instance lock
 * @port: the physical port in devlink, registered as long as there is a netdev
 * @vf_ports: ports of VFs; under the device lock and the devlink instance lock
 * @num_vf_ports: those that are registered
 * @regions: of devlink
 * @health: what is wrong
 * @wq: of the work items
 * @serve_work: serves the VFs' mailboxes
 * @link_work: tells the VFs of a change of the port's link
 * @filter_work: brings the PF's filters in line with its netdev, while there
 *	is one
 * @reset_work: recovers the device
 * @watch_work: looks whether that is needed
 * @mbox: mailbox; its service belongs to @serve_work
 * @vf_stats: counters of all VFs as the device wrote them last, VANE_STAT_COUNT
 *	each; guarded by @lock
 * @vf_stats_dma: address of that for the device
 * @vf_masters: VFs that mastered the bus before a reset, from its beginning to
 *	its end
 * @lock: guards all that follows
 * @vfs: virtual functions, from before they appear until after they are gone
 * @num_vfs: entries of @vfs
 * @vf_stats_next: the VF after the one whose counters were told last, or 0
 * @vf_stats_time: when @vf_stats was written, in jiffies
 * @mode: mode of the switch
 * @port_up: the port has link
 * @port_speed: its speed, Mb/s
 * @vif: VIF of the PF, 0 for none
 * @mac: station address of the PF
 * @addrs: addresses that the PF receives beside it
 * @vlans: VLANs that the PF receives with VANE_RX_MODE_VLAN_FILTER
 * @rx_mode: VANE_RX_MODE_* of the PF
 * @vlan_filter: its netdev wants no VLAN but @vlans
 * @vif_lists: struct vane_cmd_vif_list by id
 * @num_vif_lists: entries of @vif_lists
 * @link_flags: VANE_LINK_* that the user wants of the port
 * @link_speeds: VANE_SPEED_* to advertise, or the one to use
 * @rate_groups: by id - 1
 * @num_rate_groups: how many there are
 */
struct vane_pf {
	struct vane_dev vdev;
	u64 dsn;
	u8 perm_mac[ETH_ALEN];
	u32 limit_filters;
	u32 limit_vif_lists;
	u32 limit_rate_groups;
	bool running;
	u16 counted_vfs;
	bool gone;

	bool ignore_users;
	struct devlink_port port;
	struct vane_vf_port *vf_ports;
	u16 num_vf_ports;
	struct devlink_region *regions[VANE_NUM_REGIONS];
	struct vane_health health;

	struct workqueue_struct *wq;
	struct work_struct serve_work;
	struct work_struct link_work;
	struct work_struct filter_work;
	struct work_struct reset_work;
	struct delayed_work watch_work;
	struct vane_mbox_pf mbox;
	__le64 *vf_stats;
	dma_addr_t vf_stats_dma;
	DECLARE_BITMAP(vf_masters, VANE_MAX_VFS);

	struct mutex lock;	/* guards what follows */
	struct vane_vf *vfs;
	u16 num_vfs;
	u16 vf_stats_next;
	unsigned long vf_stats_time;
	enum vane_switch_mode mode;
	bool port_up;
	u32 port_speed;
	u16 vif;
	u8 mac[ETH_ALEN];
	struct vane_addr_set addrs;
	DECLARE_BITMAP(vlans, VLAN_N_VID);
	u32 rx_mode;
	bool vlan_filter;
	struct xarray vif_lists;
	u32 num_vif_lists;
	u32 link_flags;
	u32 link_speeds;
	struct vane_rate_group *rate_groups[VANE_MAX_RATE_GROUPS];
	u32 num_rate_groups;
};

/* Log lines of refused requests: the call has no other way to say why */
#define vane_pf_refuse(pf, fmt, ...) \
	dev_warn_ratelimited(&(pf)->vdev.pdev->dev, fmt "\n", ##__VA_ARGS__)

static inline struct vane_pf *vane_pf_of(struct vane_dev *vdev)
{
	return container_of(vdev, struct vane_pf, vdev);
}

static inline struct net_device *vane_pf_netdev(struct vane_pf *pf)
{
	return pf->vdev.net->netdev;
}

/* main.c APIs */
struct vane_pf *vane_pf_of_netdev(struct net_device *netdev);
void vane_pf_queue_reset(struct vane_pf *pf);
void vane_pf_take_down(struct vane_pf *pf);
int vane_pf_bring_up(struct vane_pf *pf);
int vane_pf_recover(struct vane_pf *pf);
void vane_pf_unload(struct vane_pf *pf);
int vane_pf_load(struct vane_pf *pf);

/* filter.c APIs: commands; vane_pf.lock unless the answer only is wanted */
int vane_pf_command(struct vane_pf *pf, enum vane_cmd_op op, const void *req,
		    u16 req_len, void *rsp, u16 rsp_len);
int vane_pf_batch_end(struct vane_pf *pf, struct vane_mbox_batch *batch);
struct vane_addr *vane_addr_find(struct vane_addr_set *set, const u8 *mac);
u32 vane_addr_key(const u8 *mac);
struct vane_addr *vane_addr_find_key(struct vane_addr_set *set, const u8 *mac,
				     u32 key);
struct vane_addr *vane_addr_add(struct vane_addr_set *set, const u8 *mac);
void vane_addr_remove(struct vane_addr_set *set, struct vane_addr *addr);
void vane_addr_clear(struct vane_addr_set *set);
void vane_addr_batch(struct vane_mbox_batch *batch, enum vane_cmd_op op,
		     u16 port, struct vane_addr_set *set, bool marked);
void vane_rx_mode_batch(struct vane_mbox_batch *batch, u16 port, u32 mode);

/* filter.c APIs: the PF's own filters */
void vane_filter_make_room(struct vane_pf *pf);
void vane_filter_work(struct work_struct *work);
void vane_filter_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);
void vane_pf_set_rx_mode(struct net_device *netdev);
int vane_pf_set_mac(struct net_device *netdev, void *addr);
int vane_pf_add_vid(struct net_device *netdev, __be16 proto, u16 vid);
int vane_pf_kill_vid(struct net_device *netdev, __be16 proto, u16 vid);
int vane_pf_set_features(struct net_device *netdev, netdev_features_t features);

/* sriov.c APIs: process context, no locks held */
int vane_sriov_configure(struct pci_dev *pdev, int num_vfs);
int vane_sriov_adopt(struct vane_pf *pf);
void vane_sriov_release(struct vane_pf *pf);
void vane_sriov_save(struct vane_pf *pf);
void vane_sriov_restore(struct vane_pf *pf);
void vane_sriov_unplug(struct vane_pf *pf);
void vane_link_work(struct work_struct *work);

void vane_vf_default_mac(const struct vane_pf *pf, u16 index, u8 *mac);

/* sriov.c APIs: under the PF's device lock or the devlink instance lock */
u32 vane_sriov_get_total_msix(struct pci_dev *pdev);
int vane_sriov_set_msix_count(struct pci_dev *vfdev, int count);
int vane_sriov_resize_unbound(struct vane_pf *pf, u16 index, u16 vectors,
			      struct netlink_ext_ack *extack);
int vane_sriov_check_unused(struct vane_pf *pf, struct netlink_ext_ack *extack);

/* sriov.c APIs: under vane_pf.lock */
struct vane_vf *vane_vf_get(struct vane_pf *pf, int index);
bool vane_vf_link_up(const struct vane_pf *pf, const struct vane_vf *vf);
int vane_vf_configure(struct vane_pf *pf, u16 index,
		      const struct vane_vf_config *config, u32 valid);
void vane_vf_port_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			u16 index, u32 valid);
void vane_vf_trunk_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			 u16 index);
void vane_vf_status_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			  u16 index, u32 causes);
u32 vane_vf_share_left(struct vane_pf *pf, u16 index);
void vane_vf_forget(struct vane_vf *vf);
void vane_sriov_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);

/* switch.c APIs: process context, no locks held unless said */
int vane_switch_set_mode(struct vane_pf *pf, enum vane_switch_mode mode,
			 struct netlink_ext_ack *extack);
int vane_switch_get_filters(struct vane_pf *pf, u32 *used);
int vane_switch_set_vif(struct vane_pf *pf, u16 port, u32 vif,
			struct netlink_ext_ack *extack);
int vane_switch_set_list(struct vane_pf *pf,
			 const struct vane_cmd_vif_list *list,
			 struct netlink_ext_ack *extack);
int vane_switch_del_list(struct vane_pf *pf, u16 id,
			 struct netlink_ext_ack *extack);
int vane_switch_set_trunk(struct vane_pf *pf, u16 index, const u8 *vids,
			  struct netlink_ext_ack *extack);
int vane_switch_del_trunk(struct vane_pf *pf, u16 index,
			  struct netlink_ext_ack *extack);
int vane_switch_adopt(struct vane_pf *pf);
void vane_switch_drop_vfs(struct vane_pf *pf);
void vane_switch_release(struct vane_pf *pf);
void vane_switch_refresh_carrier(struct vane_pf *pf);
/* switch.c APIs: members of the PF's struct net_device_ops; rtnl */
int vane_bridge_getlink(struct sk_buff *skb, u32 pid, u32 seq,
			struct net_device *netdev, u32 filter_mask,
			int nlflags);
int vane_bridge_setlink(struct net_device *netdev, struct nlmsghdr *nlh,
			u16 flags, struct netlink_ext_ack *extack);
/* Under vane_pf.lock */
void vane_switch_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);

/* stats.c APIs: process context, no locks held unless said */
int vane_stats_init(struct vane_pf *pf);
void vane_stats_exit(struct vane_pf *pf);
int vane_stats_get(struct vane_pf *pf, u16 port, u64 *counters);
void vane_stats_get_vfs(struct vane_pf *pf, u16 num_vfs, u64 *counters);

/* vf_ops.c APIs */
extern const struct vane_mbox_pf_ops vane_vf_ops;
u32 vane_filter_limit(const struct vane_pf *pf, u16 port);
void vane_vf_revoke(struct vane_pf *pf, u16 index);
void vane_vf_revoke_mac(struct vane_pf *pf, u16 port, const u8 *mac);
void vane_serve_work(struct work_struct *work);

/* admin.c APIs: process context; _rates under vane_pf.lock */
int vane_vf_set_mac(struct vane_pf *pf, int index, const u8 *mac,
		    struct netlink_ext_ack *extack);
int vane_vf_set_rates(struct vane_pf *pf, int index,
		      const struct vane_vf_config *config,
		      struct netlink_ext_ack *extack);
/* admin.c APIs: members of the PF's struct net_device_ops; rtnl */
int vane_set_vf_mac(struct net_device *netdev, int index, u8 *mac);
int vane_set_vf_vlan(struct net_device *netdev, int index, u16 vlan, u8 qos,
		     __be16 proto);
int vane_set_vf_link_state(struct net_device *netdev, int index, int state);
int vane_set_vf_spoofchk(struct net_device *netdev, int index, bool on);
int vane_set_vf_trust(struct net_device *netdev, int index, bool on);
int vane_set_vf_rate(struct net_device *netdev, int index, int min_tx_rate,
		     int max_tx_rate);
int vane_set_vf_rss_query_en(struct net_device *netdev, int index, bool on);
int vane_get_vf_config(struct net_device *netdev, int index,
		       struct ifla_vf_info *ivi);
int vane_get_vf_stats(struct net_device *netdev, int index,
		      struct ifla_vf_stats *stats);

/* devlink.c APIs: under the devlink instance lock */
extern const struct devlink_ops vane_devlink_ops;
int vane_devlink_init(struct vane_pf *pf);
void vane_devlink_exit(struct vane_pf *pf);

/* port.c APIs: under the devlink instance lock */
int vane_port_add(struct vane_pf *pf);
void vane_port_del(struct vane_pf *pf);
int vane_port_add_vfs(struct vane_pf *pf);
void vane_port_del_vfs(struct vane_pf *pf);

/* rate.c APIs: members of vane_devlink_ops */
int vane_rate_leaf_tx_max_set(struct devlink_rate *rate, void *priv, u64 tx_max,
			      struct netlink_ext_ack *extack);
int vane_rate_leaf_tx_share_set(struct devlink_rate *rate, void *priv,
				u64 tx_share, struct netlink_ext_ack *extack);
int vane_rate_leaf_parent_set(struct devlink_rate *child,
			      struct devlink_rate *parent, void *priv_child,
			      void *priv_parent,
			      struct netlink_ext_ack *extack);
int vane_rate_node_tx_max_set(struct devlink_rate *rate, void *priv, u64 tx_max,
			      struct netlink_ext_ack *extack);
int vane_rate_node_tx_share_set(struct devlink_rate *rate, void *priv,
				u64 tx_share, struct netlink_ext_ack *extack);
int vane_rate_node_new(struct devlink_rate *rate, void **priv,
		       struct netlink_ext_ack *extack);
int vane_rate_node_del(struct devlink_rate *rate, void *priv,
		       struct netlink_ext_ack *extack);

/* rate.c APIs: under the devlink instance lock */
int vane_rate_add_leaf(struct vane_vf_port *port);
void vane_rate_del_leaf(struct vane_vf_port *port);
void vane_rate_suspend(struct vane_pf *pf);
int vane_rate_resume(struct vane_pf *pf);
void vane_rate_release(struct vane_pf *pf);
/* Process context, before devlink knows the PF */
int vane_rate_adopt(struct vane_pf *pf);
/* Under vane_pf.lock */
void vane_rate_refresh(struct vane_pf *pf, u16 index);
void vane_rate_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);
bool vane_rate_known(const struct vane_pf *pf, u16 id);

/* health.c APIs: any context */
void vane_health_blame(struct vane_pf *pf, enum vane_trouble trouble);
void vane_health_note(struct vane_pf *pf, enum vane_trouble trouble);
/* Process context */
void vane_health_note_vf(struct vane_pf *pf, u16 index, u16 error, u16 queue);
void vane_health_capture(struct vane_pf *pf);
void vane_health_note_blamed(struct vane_pf *pf);
void vane_health_restart(struct vane_pf *pf);
void vane_health_work(struct work_struct *work);
void vane_health_start(struct vane_pf *pf);
void vane_health_stop(struct vane_pf *pf);
/* Under the devlink instance lock */
int vane_health_init(struct vane_pf *pf);
void vane_health_exit(struct vane_pf *pf);
int vane_health_add_vf(struct vane_vf_port *port);
void vane_health_del_vf(struct vane_vf_port *port);

/* region.c APIs: under the devlink instance lock */
int vane_region_init(struct vane_pf *pf);
void vane_region_exit(struct vane_pf *pf);

/* ethtool.c APIs: process context, no locks held unless said */
void vane_link_init(struct vane_pf *pf);
int vane_link_adopt(struct vane_pf *pf);
/* Under vane_pf.lock */
void vane_link_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);
void vane_ethtool_attach(struct net_device *netdev);
void vane_ethtool_init(void);

/* netlink.c APIs */
#if IS_ENABLED(CONFIG_VANE_NETLINK)
int vane_netlink_init(void);
void vane_netlink_exit(void);
#else
static inline int vane_netlink_init(void)
{
	return 0;
}

static inline void vane_netlink_exit(void)
{
}
#endif

#endif /* VANE_PF_H */
