/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: the state of a VF, and its configuration; under vane_pf.lock
 * unless said.
 */
#ifndef VANE_PF_VF_H
#define VANE_PF_VF_H

#include <linux/bits.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/netlink.h>
#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <net/devlink.h>

#include "addr.h"
#include "vane_mbox.h"

struct vane_pf;

/* A trunk list */
#define VANE_TRUNK_BYTES		(VLAN_N_VID / 8)

/* What this driver keeps in the device, for its successor to adopt */
#define VANE_COOKIE_MAC_ADMIN		BIT(0)
#define VANE_COOKIE_LINK_STATE		GENMASK(2, 1)
#define VANE_COOKIE_QUARANTINED		BIT(3)
#define VANE_COOKIE_CONFIG_GEN		GENMASK(31, 16)

/* Index of the errors that a newer device may have */
#define VANE_VF_ERROR_UNKNOWN		(VANE_ERROR_MSG + 1)

/* Log lines about a VF, of each kind: burst and interval */
#define VANE_VF_LOG_BURST		30
#define VANE_VF_LOG_INTERVAL		(60 * HZ)

/* For this long a VF's device lock is waited for */
#define VANE_VF_BUSY_TIMEOUT		HZ

/* devlink counts bytes a second, the device Mb/s */
#define VANE_RATE_UNIT			125000

/**
 * struct vane_vf_config - administered configuration of a VF
 * @mac: station address at each reset of the VF
 * @mac_admin: @mac was set; otherwise it is the default
 * @vlan: VID of the port VLAN, 0 with @qos 0 for none
 * @qos: priority of the port VLAN
 * @vlan_proto: its EtherType, ETH_P_8021Q or ETH_P_8021AD
 * @channel: VIF of VN-Tag or E-CID of E-Tag, 0 for none
 * @prio_map: priorities in E-Tags, as in struct vane_cmd_port
 * @link_state: IFLA_VF_LINK_STATE_*
 * @quarantined: its link is down nevertheless, because of its driver's errors
 * @spoofchk: source addresses are checked
 * @trusted: may change an administered MAC and receive everything
 * @trunk: it may use only the VLANs of its trunk list
 * @tx_max: maximum rate, Mb/s, 0 for no limit
 * @tx_share: guaranteed rate, Mb/s, 0 for no guarantee
 * @rate_group: group whose rates apply too, 0 for none
 * @queues: queue pairs
 * @vectors: MSI-X vectors
 *
 * Kept until SR-IOV is disabled.
 */
struct vane_vf_config {
	u8 mac[ETH_ALEN];
	bool mac_admin;
	u16 vlan;
	u8 qos;
	u16 vlan_proto;
	u32 channel;
	u64 prio_map;
	u8 link_state;
	bool quarantined;
	bool spoofchk;
	bool trusted;
	bool trunk;
	u32 tx_max;
	u32 tx_share;
	u16 rate_group;
	u16 queues;
	u16 vectors;
};

/* Whether frames of a function with this channel, 0 for none, pass */
static inline bool vane_vf_channel_passes(enum vane_switch_mode mode,
					  u32 channel)
{
	switch (mode) {
	case VANE_SWITCH_VNTAG:
		return channel && channel <= VANE_MAX_VIF;
	case VANE_SWITCH_ETAG:
		return channel;
	default:
		return true;
	}
}

/* What a port profile can determine of the configuration of a VF */
#define VANE_HOLDS_VLAN			BIT(0)
#define VANE_HOLDS_CHANNEL		BIT(1)
#define VANE_HOLDS_PRIOS		BIT(2)
#define VANE_HOLDS_TRUNK		BIT(3)
#define VANE_HOLDS_TRUST		BIT(4)
#define VANE_HOLDS_SPOOFCHK		BIT(5)
#define VANE_HOLDS_RATES		BIT(6)

/**
 * struct vane_vf_profile - port profile: what VFs that are associated with it get
 * @name: name
 * @holds: VANE_HOLDS_*: what it determines
 * @config: that part of a configuration
 * @trunk: trunk list
 */
struct vane_vf_profile {
	char name[PORT_PROFILE_MAX];
	u32 holds;
	struct vane_vf_config config;
	u8 trunk[VANE_TRUNK_BYTES];
};

/**
 * struct vane_vf_macs - addresses of a VF
 * @mac: its station address at each reset, as in struct vane_vf_config
 * @admin: it was set; otherwise it is the default
 * @used: station address in use
 */
struct vane_vf_macs {
	u8 mac[ETH_ALEN];
	bool admin;
	u8 used[ETH_ALEN];
};

/**
 * struct vane_vf_new_mac - MAC that came with a request about a port profile
 * @valid: it did
 * @mac: the MAC
 * @old: addresses before it
 */
struct vane_vf_new_mac {
	bool valid;
	u8 mac[ETH_ALEN];
	struct vane_vf_macs old;
};

/**
 * struct vane_vf_assoc - association of a VF with a port profile
 * @request: last request, PORT_REQUEST_*
 * @response: PORT_PROFILE_RESPONSE_*
 * @name: name of the profile that was requested, empty for none
 * @has_instance: @instance was given
 * @has_host: @host was given
 * @instance: UUID of the VF's user
 * @host: UUID of its host
 * @profile: the VF is associated or pre-associated with it; NULL for none
 * @reserved: channel and guaranteed rate of @profile are kept for the VF
 * @in_force: the VF is associated with @profile, which is in force
 * @before: configuration of the VF before that
 * @before_trunk: its trunk list before that
 * @asked: MAC of the request in progress, to be taken back if it fails
 * @granted: MAC of those that succeeded, to be taken back with @profile
 */
struct vane_vf_assoc {
	u8 request;
	u16 response;
	char name[PORT_PROFILE_MAX];
	bool has_instance;
	bool has_host;
	u8 instance[PORT_UUID_MAX];
	u8 host[PORT_UUID_MAX];
	const struct vane_vf_profile *profile;
	bool reserved;
	bool in_force;
	struct vane_vf_config before;
	u8 before_trunk[VANE_TRUNK_BYTES];
	struct vane_vf_new_mac asked;
	struct vane_vf_new_mac granted;
};

/**
 * struct vane_vf_mdd - errors of a VF's driver
 * @errors: how often the device has stopped a queue of it, by enum vane_error
 * @last_error: enum vane_error of the last time
 * @last_queue: its queue, with VANE_RQ_QUEUE_TX
 * @refusals: how many of its requests were refused
 * @resets: how often it was reset because of its errors
 * @in_window: errors since @window_start
 * @window_start: in jiffies, unless @in_window is 0
 */
struct vane_vf_mdd {
	u64 errors[VANE_VF_ERROR_UNKNOWN + 1];
	u16 last_error;
	u16 last_queue;
	u64 refusals;
	u64 resets;
	u32 in_window;
	unsigned long window_start;
};

/**
 * struct vane_vf - a virtual function
 * @config: administered configuration
 * @trunk: bitmap of the VLANs in the trunk list, bit 0 of byte 0 for VLAN 0; kept
 *	apart from @config because of its size
 * @peer: its state in the mailbox
 * @mac: station address in use: of @config, or what the VF set since its reset
 * @addrs: addresses that it requested since then
 * @rx_mode: VANE_RX_MODE_* that it requested since then
 * @config_gen: incremented when @mac, a limit, or what the VF may request changes
 *	other than by the VF
 * @leaf: its rates in devlink, or NULL; its tx_max and tx_share are written under
 *	vane_pf.lock too
 * @assoc: its association with a port profile, or NULL if there was never one
 * @replaced: addresses before the last call of ndo_set_vf_mac, see
 *	vane_admin_replaced_macs()
 * @refusals: rate limit of log lines about its refused requests
 * @sanctions: rate limit of log lines about what is done about its errors
 * @mdd: errors of its driver
 */
struct vane_vf {
	struct vane_vf_config config;
	u8 trunk[VANE_TRUNK_BYTES];
	struct vane_mbox_peer peer;
	u8 mac[ETH_ALEN];
	struct vane_addr_set addrs;
	u32 rx_mode;
	u16 config_gen;
	struct vane_vf_assoc *assoc;
	struct vane_vf_macs replaced;
	struct ratelimit_state refusals;
	struct ratelimit_state sanctions;
	struct devlink_rate *leaf;
	struct vane_vf_mdd mdd;
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

/* Explain an error in the extack or, if the call has none, in the log */
#define vane_vf_refuse(pf, extack, ...) do {				\
	struct netlink_ext_ack *ack = (extack);				\
									\
	if (ack)							\
		NL_SET_ERR_MSG_FMT(ack, __VA_ARGS__);			\
	else								\
		vane_pf_refuse(pf, __VA_ARGS__);			\
} while (0)

static inline u64 vane_vf_rate_to_devlink(u32 rate)
{
	return (u64)rate * VANE_RATE_UNIT;
}

u32 vane_vf_valid_mask(const struct vane_pf *pf);
void vane_vf_default_mac(const struct vane_pf *pf, u16 index, u8 *mac);
int vane_vf_by_default_mac(const struct vane_pf *pf, const u8 *mac);
u16 vane_vf_default_queues(void);
void vane_vf_default_config(const struct vane_pf *pf, u16 index,
			    struct vane_vf_config *config);
struct vane_vf *vane_vf_get(struct vane_pf *pf, int index);
struct vane_vf *vane_vf_find(struct vane_pf *pf, int index,
			     struct netlink_ext_ack *extack);
bool vane_vf_link_up(const struct vane_pf *pf, const struct vane_vf *vf);
const struct vane_vf_profile *vane_vf_profile_in_force(const struct vane_vf *vf);
int vane_vf_check_held(struct vane_pf *pf, int index, u32 what,
		       struct netlink_ext_ack *extack);
bool vane_vf_has_channel(const struct vane_vf *vf, u32 channel);
u32 vane_vf_highest_channel(const struct vane_vf *vf);
void vane_vf_port_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			u16 index, u32 valid);
void vane_vf_trunk_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			 u16 index);
void vane_vf_status_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			  u16 index, u32 causes);
int vane_vf_send_status(struct vane_pf *pf, bool all);
void vane_vf_notify_status(struct vane_pf *pf, bool all);
void vane_vf_reset_requested(struct vane_vf *vf);
void vane_vf_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);
void vane_vf_refresh_leaf(struct vane_pf *pf, u16 index);
int vane_vf_configure(struct vane_pf *pf, u16 index,
		      const struct vane_vf_config *config, u32 valid);
int vane_vf_reconfigure(struct vane_pf *pf, int index,
			const struct vane_vf_config *config, u32 valid,
			struct netlink_ext_ack *extack);
void vane_vf_renegotiate(struct vane_pf *pf, u16 index);
int vane_vf_check_rates(struct vane_pf *pf, int index,
			const struct vane_vf_config *config,
			struct netlink_ext_ack *extack);
int vane_vf_set_rates(struct vane_pf *pf, int index,
		      const struct vane_vf_config *config,
		      struct netlink_ext_ack *extack);
u16 vane_vf_port_size(const struct vane_pf *pf);
struct pci_dev *vane_vf_get_vfdev(struct vane_pf *pf, u16 index);
bool vane_vf_lock_device(struct pci_dev *vfdev, unsigned long deadline);
int vane_vf_reset(struct vane_pf *pf, u16 index);

#endif /* VANE_PF_VF_H */
