// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: association of VFs with port profiles (IEEE 802.1Qbh) by
 * rtnetlink.
 *
 * To associate a VF with a profile is to make the settings of the profile all at
 * once, and to remember what they replace. From then on they are settings as any
 * other: the device keeps them, and they are restored after resets. The
 * association itself is known to this driver only.
 *
 * ndo_set_vf_port notes a request, and a work item carries it out. A request that
 * a reset keeps from the device is carried out after the reset.
 *
 * rtnetlink passes no extack to ndo_set_vf_port, so each refusal leaves one line
 * in the log.
 */
#include <linux/etherdevice.h>
#include <linux/if_link.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "admin.h"
#include "assoc.h"
#include "channel.h"
#include "command.h"
#include "pf.h"
#include "policy.h"
#include "profile.h"
#include "switch.h"
#include "vf.h"

/* Most that a VF adds to IFLA_VF_PORTS */
#define VANE_ASSOC_PORT_SIZE	(nla_total_size(0) +			\
				 nla_total_size(sizeof(u32)) +		\
				 nla_total_size(PORT_PROFILE_MAX) +	\
				 2 * nla_total_size(PORT_UUID_MAX) +	\
				 nla_total_size(sizeof(u8)) +		\
				 nla_total_size(sizeof(u16)))

/**
 * struct vane_assoc_request - what ndo_set_vf_port is asked
 * @request: PORT_REQUEST_*
 * @name: name of the profile, empty if there is none
 * @instance: UUID of the VF's user, or NULL
 * @host: UUID of the host, or NULL
 */
struct vane_assoc_request {
	u8 request;
	char name[PORT_PROFILE_MAX];
	const u8 *instance;
	const u8 *host;
};

/* Settings of a VF
 * ----------------
 */

static u32 vane_assoc_valid_mask(u32 holds)
{
	u32 valid = 0;

	if (holds & VANE_HOLDS_VLAN)
		valid |= VANE_PORT_VALID_VLAN;
	if (holds & VANE_HOLDS_CHANNEL)
		valid |= VANE_PORT_VALID_CHANNEL;
	if (holds & VANE_HOLDS_PRIOS)
		valid |= VANE_PORT_VALID_PRIO_MAP;
	if (holds & VANE_HOLDS_RATES)
		valid |= VANE_PORT_VALID_RATE;
	if (holds & (VANE_HOLDS_TRUNK | VANE_HOLDS_TRUST | VANE_HOLDS_SPOOFCHK))
		valid |= VANE_PORT_VALID_FLAGS;
	return valid;
}

static void vane_assoc_merge(struct vane_vf_config *config,
			     const struct vane_vf_config *values, u32 holds)
{
	if (holds & VANE_HOLDS_VLAN) {
		config->vlan = values->vlan;
		config->qos = values->qos;
		config->vlan_proto = values->vlan_proto;
	}
	if (holds & VANE_HOLDS_CHANNEL)
		config->channel = values->channel;
	if (holds & VANE_HOLDS_PRIOS)
		config->prio_map = values->prio_map;
	if (holds & VANE_HOLDS_TRUNK)
		config->trunk = values->trunk;
	if (holds & VANE_HOLDS_TRUST)
		config->trusted = values->trusted;
	if (holds & VANE_HOLDS_SPOOFCHK)
		config->spoofchk = values->spoofchk;
	if (holds & VANE_HOLDS_RATES) {
		config->tx_max = values->tx_max;
		config->tx_share = values->tx_share;
	}
}

static int vane_assoc_put_trunk(struct vane_pf *pf, u16 index,
				const u8 *trunk)
{
	struct vane_mbox_batch batch;

	memcpy(pf->vfs[index].trunk, trunk, VANE_TRUNK_BYTES);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_trunk_batch(pf, &batch, index);
	return vane_command_batch_end(pf, &batch);
}

/*
 * Give a VF some settings: those in @values and @trunk that @holds names. With an
 * error, it has those that it had.
 */
static int vane_assoc_put(struct vane_pf *pf, u16 index, u32 holds,
			  const struct vane_vf_config *values,
			  const u8 *trunk)
{
	struct vane_vf *vf = &pf->vfs[index];
	const struct vane_vf_config old = vf->config;
	struct vane_vf_config config = vf->config;
	u8 old_trunk[VANE_TRUNK_BYTES];
	int err = 0;

	vane_assoc_merge(&config, values, holds);
	/* The list first, then its flag */
	memcpy(old_trunk, vf->trunk, sizeof(old_trunk));
	if (holds & VANE_HOLDS_TRUNK)
		err = vane_assoc_put_trunk(pf, index, trunk);
	if (!err)
		err = vane_vf_configure(pf, index, &config,
					vane_assoc_valid_mask(holds));
	if (err && holds & VANE_HOLDS_TRUNK) {
		/* A device that loses commands is reset, and given the old list then */
		if (vane_command_is_lost(err))
			memcpy(vf->trunk, old_trunk, sizeof(old_trunk));
		else
			vane_assoc_put_trunk(pf, index, old_trunk);
	}
	if (err)
		return err;

	WRITE_ONCE(vf->peer.trusted, config.trusted);
	if (old.trunk && config.trunk && holds & VANE_HOLDS_TRUNK)
		vane_vf_renegotiate(pf, index);
	if (old.trusted && !config.trusted)
		vane_policy_revoke(pf, index);
	return 0;
}

/* Whether a VF can have what the profile says */
static int vane_assoc_check_free(struct vane_pf *pf, u16 index,
				 const struct vane_vf_profile *profile,
				 struct netlink_ext_ack *extack)
{
	struct vane_vf_config config = pf->vfs[index].config;
	int err;

	if (profile->holds & VANE_HOLDS_CHANNEL) {
		err = vane_channel_check(pf, index, profile->config.channel,
					 extack);
		/* The mode of the switch is in the way */
		if (err == -ERANGE)
			err = -EBUSY;
		if (err)
			return err;
	}
	if (!(profile->holds & VANE_HOLDS_RATES))
		return 0;
	if (config.rate_group) {
		NL_SET_ERR_MSG(extack,
			       "its rate has a parent in devlink, set noparent there first");
		return -EBUSY;
	}
	vane_assoc_merge(&config, &profile->config, VANE_HOLDS_RATES);
	return vane_vf_check_rates(pf, index, &config, extack);
}

/* Requests
 * --------
 */

/* Take back a MAC that came with a request, unless it was changed again */
static int vane_assoc_take_back(struct vane_pf *pf, u16 index,
				struct vane_vf_new_mac *new)
{
	int err = 0;

	if (!new->valid)
		return 0;
	if (ether_addr_equal(pf->vfs[index].config.mac, new->mac))
		err = vane_admin_restore_macs(pf, index, &new->old);
	if (!err)
		new->valid = false;
	return err;
}

/* Keep the MAC of a request that succeeded with the association */
static void vane_assoc_keep_mac(struct vane_vf_assoc *assoc)
{
	struct vane_vf_new_mac *asked = &assoc->asked;
	struct vane_vf_new_mac *granted = &assoc->granted;

	/* Go back to before the first one, unless it was changed in between */
	if (asked->valid && granted->valid &&
	    ether_addr_equal(asked->old.mac, granted->mac))
		ether_addr_copy(granted->mac, asked->mac);
	else if (asked->valid)
		*granted = *asked;
	asked->valid = false;
	/* To an address that a driver chose only if there is no association */
	ether_addr_copy(granted->old.used, granted->old.mac);
}

static int vane_assoc_dissolve(struct vane_pf *pf, u16 index)
{
	struct vane_vf_assoc *assoc = pf->vfs[index].assoc;
	int err;

	if (assoc->in_force) {
		err = vane_assoc_put(pf, index, assoc->profile->holds,
				     &assoc->before, assoc->before_trunk);
		if (err)
			return err;
	}
	assoc->in_force = false;
	assoc->reserved = false;
	assoc->profile = NULL;
	err = vane_assoc_take_back(pf, index, &assoc->asked);
	if (!err)
		err = vane_assoc_take_back(pf, index, &assoc->granted);
	if (err)
		return err;
	assoc->name[0] = '\0';
	assoc->has_instance = false;
	assoc->has_host = false;
	return 0;
}

static int vane_assoc_put_in_force(struct vane_pf *pf, u16 index,
				   const struct vane_vf_profile *profile)
{
	struct vane_vf *vf = &pf->vfs[index];
	struct vane_vf_assoc *assoc = vf->assoc;
	int err;

	assoc->before = vf->config;
	memcpy(assoc->before_trunk, vf->trunk, sizeof(vf->trunk));
	err = vane_assoc_put(pf, index, profile->holds, &profile->config,
			     profile->trunk);
	if (err)
		return err;
	assoc->in_force = true;
	return 0;
}

static int vane_assoc_grant(struct vane_pf *pf, u16 index,
			    struct netlink_ext_ack *extack)
{
	struct vane_vf_assoc *assoc = pf->vfs[index].assoc;
	const struct vane_vf_profile *profile;
	int err;

	/* Only the same request again gets here then */
	if (assoc->in_force)
		return 0;
	profile = vane_profile_get(pf, assoc->name);
	if (!profile) {
		NL_SET_ERR_MSG(extack, "there is no such profile");
		return -ENOENT;
	}
	err = vane_assoc_check_free(pf, index, profile, extack);
	if (!err && assoc->request == PORT_REQUEST_ASSOCIATE)
		err = vane_assoc_put_in_force(pf, index, profile);
	if (err)
		return err;
	assoc->profile = profile;
	assoc->reserved = assoc->request != PORT_REQUEST_PREASSOCIATE;
	return 0;
}

static u16 vane_assoc_response(int err)
{
	switch (err) {
	case 0:
		return PORT_PROFILE_RESPONSE_SUCCESS;
	case -ENOENT:
		return PORT_PROFILE_RESPONSE_INVALID;
	case -EBUSY:
		return PORT_PROFILE_RESPONSE_BADSTATE;
	case -EEXIST:
	case -ENOMEM:
	case -ENOSPC:
	case -ERANGE:
		return PORT_PROFILE_RESPONSE_INSUFFICIENT_RESOURCES;
	default:
		return PORT_PROFILE_RESPONSE_ERROR;
	}
}

/*
 * Carry out the request about a VF. If a reset keeps it from the device, it
 * remains in progress, and this is done again after the reset.
 */
static void vane_assoc_serve(struct vane_pf *pf, u16 index)
{
	struct vane_vf_assoc *assoc = pf->vfs[index].assoc;
	bool dissolve = assoc->request == PORT_REQUEST_DISASSOCIATE;
	struct netlink_ext_ack extack = {};
	int err, undo_err = 0;

	err = dissolve ? vane_assoc_dissolve(pf, index) :
			 vane_assoc_grant(pf, index, &extack);
	if (vane_command_is_lost(err))
		return;
	if (err && !dissolve)
		undo_err = vane_assoc_take_back(pf, index, &assoc->asked);
	if (vane_command_is_lost(undo_err))
		return;
	if (!err)
		vane_assoc_keep_mac(assoc);
	if (err && extack._msg)
		vane_pf_refuse(pf, "VF %u: refused profile %s: %s", index,
			       assoc->name, extack._msg);
	else if (err)
		vane_pf_refuse(pf, "VF %u: the device refused to change it for its profile: %pe",
			       index, ERR_PTR(err));
	if (undo_err)
		vane_pf_refuse(pf, "VF %u: MAC %pM remains, the device refused to change it: %pe",
			       index, assoc->asked.mac, ERR_PTR(undo_err));
	assoc->response = vane_assoc_response(err);
	__clear_bit(index, pf->assocs.pending);
}

/**
 * vane_assoc_work() - carry out what was requested of VFs, one after the other
 * @work: vane_assocs.work
 *
 * Context: Work item; may sleep. Takes vane_pf.lock.
 */
void vane_assoc_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(work, struct vane_pf, assocs.work);
	unsigned int index = 0;

	for (;;) {
		mutex_lock(&pf->lock);
		index = find_next_bit(pf->assocs.pending, VANE_MAX_VFS, index);
		if (index < VANE_MAX_VFS)
			vane_assoc_serve(pf, index);
		mutex_unlock(&pf->lock);
		if (index == VANE_MAX_VFS)
			break;
		index++;
	}
}

static int vane_assoc_parse_uuid(struct vane_pf *pf, int index,
				 const struct nlattr *attr, const u8 **uuid)
{
	*uuid = attr ? nla_data(attr) : NULL;
	if (!attr || nla_len(attr) == PORT_UUID_MAX)
		return 0;
	vane_pf_refuse(pf, "VF %d: a UUID has %d bytes instead of %d", index,
		       nla_len(attr), PORT_UUID_MAX);
	return -EINVAL;
}

static int vane_assoc_parse(struct vane_pf *pf, int index,
			    struct nlattr *port[],
			    struct vane_assoc_request *req)
{
	const struct nlattr *name = port[IFLA_PORT_PROFILE];
	struct netlink_ext_ack extack = {};
	int err;

	if (!port[IFLA_PORT_REQUEST]) {
		vane_pf_refuse(pf, "VF %d: IFLA_PORT_REQUEST is missing",
			       index);
		return -EINVAL;
	}
	req->request = nla_get_u8(port[IFLA_PORT_REQUEST]);
	if (req->request > PORT_REQUEST_DISASSOCIATE) {
		vane_pf_refuse(pf, "VF %d: unknown port request %u",
			       index, req->request);
		return -EOPNOTSUPP;
	}
	if (name && nla_strscpy(req->name, name, sizeof(req->name)) < 0) {
		vane_pf_refuse(pf, "VF %d: the name of its profile is longer than the limit of %zu",
			       index, sizeof(req->name) - 1);
		return -EINVAL;
	}
	if (!req->name[0] && req->request != PORT_REQUEST_DISASSOCIATE) {
		vane_pf_refuse(pf, "VF %d: its profile has no name", index);
		return -EINVAL;
	}
	/* What comes by rtnetlink has not been looked at, and may be logged. */
	if (req->name[0] && vane_profile_check_name(req->name, &extack)) {
		vane_pf_refuse(pf, "VF %d: %s", index, extack._msg);
		return -EINVAL;
	}
	err = vane_assoc_parse_uuid(pf, index, port[IFLA_PORT_INSTANCE_UUID],
				    &req->instance);
	return err ?: vane_assoc_parse_uuid(pf, index,
					    port[IFLA_PORT_HOST_UUID],
					    &req->host);
}

static bool vane_assoc_is_instance(const struct vane_vf_assoc *assoc,
				   const u8 *instance)
{
	if (!instance || !assoc->has_instance)
		return !instance == !assoc->has_instance;
	return !memcmp(assoc->instance, instance, PORT_UUID_MAX);
}

/* Whether a request may follow those before */
static int vane_assoc_check_order(struct vane_pf *pf, u16 index,
				  const struct vane_assoc_request *req)
{
	const struct vane_vf_assoc *assoc = pf->vfs[index].assoc;

	/* To give up a VF its user need not be known, nor if nobody has it */
	if (req->request == PORT_REQUEST_DISASSOCIATE) {
		if (!req->instance || !assoc ||
		    (!assoc->profile && !test_bit(index, pf->assocs.pending)) ||
		    vane_assoc_is_instance(assoc, req->instance))
			return 0;
		vane_pf_refuse(pf, "VF %u: its profile belongs to another instance than %pUb",
			       index, req->instance);
		return -EINVAL;
	}
	if (test_bit(index, pf->assocs.pending)) {
		vane_pf_refuse(pf, "VF %u: the request about profile %s is still in progress",
			       index, assoc->name);
		return -EBUSY;
	}
	if (!assoc || !assoc->profile)
		return 0;
	if (strcmp(assoc->name, req->name) ||
	    !vane_assoc_is_instance(assoc, req->instance)) {
		if (assoc->has_instance)
			vane_pf_refuse(pf, "VF %u: profile %s is in use by instance %pUb",
				       index, assoc->name, assoc->instance);
		else
			vane_pf_refuse(pf, "VF %u: profile %s is in use without an instance",
				       index, assoc->name);
		return -EBUSY;
	}
	if (assoc->in_force && req->request != PORT_REQUEST_ASSOCIATE) {
		vane_pf_refuse(pf, "VF %u: profile %s is already in force",
			       index, assoc->name);
		return -EBUSY;
	}
	return 0;
}

/* Note a request that may be carried out, with the MAC that it came with */
static int vane_assoc_note(struct vane_pf *pf, u16 index,
			   const struct vane_assoc_request *req,
			   const struct vane_vf_macs *macs)
{
	struct vane_vf *vf = &pf->vfs[index];
	struct vane_vf_assoc *assoc = vf->assoc;

	if (!assoc) {
		assoc = kzalloc(sizeof(*assoc), GFP_KERNEL);
		if (!assoc)
			return -ENOMEM;
		vf->assoc = assoc;
	}
	assoc->request = req->request;
	assoc->response = PORT_PROFILE_RESPONSE_INPROGRESS;
	__set_bit(index, pf->assocs.pending);
	if (req->request == PORT_REQUEST_DISASSOCIATE)
		return 0;
	strscpy(assoc->name, req->name);
	assoc->has_instance = req->instance;
	if (req->instance)
		memcpy(assoc->instance, req->instance, PORT_UUID_MAX);
	assoc->has_host = req->host;
	if (req->host)
		memcpy(assoc->host, req->host, PORT_UUID_MAX);
	assoc->asked.valid = macs;
	if (macs) {
		assoc->asked.old = *macs;
		ether_addr_copy(assoc->asked.mac, vf->config.mac);
	}
	return 0;
}

static int vane_assoc_accept(struct vane_pf *pf, u16 index,
			     const struct vane_assoc_request *req,
			     const struct vane_vf_macs *macs)
{
	bool dissolve = req->request == PORT_REQUEST_DISASSOCIATE;
	int err;

	err = vane_assoc_check_order(pf, index, req);
	if (err)
		return err;
	/* Nothing to dissolve, and nobody to report it to */
	if (dissolve && !pf->vfs[index].assoc)
		return 0;
	err = vane_assoc_note(pf, index, req, macs);
	if (err)
		return err;
	vane_admin_forget_macs(pf, index);
	/* What a VF gives up is free when the caller continues */
	if (dissolve)
		vane_assoc_serve(pf, index);
	else
		queue_work(pf->wq, &pf->assocs.work);
	return 0;
}

/**
 * vane_assoc_set_vf_mac() - ndo_set_vf_mac
 * @netdev: the PF's
 * @index: index of the VF
 * @mac: unicast address, or zero for the VF's default one
 *
 * A request in progress is carried out before: it may take back a MAC, and would
 * find the one of this message. rtnl keeps others away until that has its request.
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_assoc_set_vf_mac(struct net_device *netdev, int index, u8 *mac)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);

	mutex_lock(&pf->lock);
	if (vane_vf_get(pf, index) && test_bit(index, pf->assocs.pending))
		vane_assoc_serve(pf, index);
	mutex_unlock(&pf->lock);
	return vane_admin_set_vf_mac(netdev, index, mac);
}

/**
 * vane_assoc_set_vf_port() - ndo_set_vf_port
 * @netdev: the PF's
 * @index: index of the VF, or PORT_SELF_VF
 * @port: attributes by IFLA_PORT_*
 *
 * If this fails, or the request later, the MAC that came with it is taken back.
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed. The outcome is the response that
 * vane_assoc_get_vf_port() reports.
 */
int vane_assoc_set_vf_port(struct net_device *netdev, int index,
			   struct nlattr *port[])
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_assoc_request req = {};
	const struct vane_vf_macs *macs;
	int err;

	if (index == PORT_SELF_VF) {
		vane_pf_refuse(pf, "the PF itself has no port profile");
		return -EOPNOTSUPP;
	}

	mutex_lock(&pf->lock);
	if (!vane_vf_find(pf, index, NULL)) {
		err = -EINVAL;
		goto unlock;
	}
	macs = vane_admin_replaced_macs(pf, index);
	err = vane_assoc_parse(pf, index, port, &req);
	if (!err)
		err = vane_assoc_accept(pf, index, &req, macs);
	if (err && macs && vane_admin_restore_macs(pf, index, macs))
		vane_pf_refuse(pf, "VF %d: cannot restore the MAC that the request replaced",
			       index);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_assoc_get_vf_port() - ndo_get_vf_port
 * @netdev: the PF's
 * @index: index of the VF, or PORT_SELF_VF
 * @skb: message to which the VF's attributes are added
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0; -ENODATA if there was no request about the VF; -EMSGSIZE.
 */
int vane_assoc_get_vf_port(struct net_device *netdev, int index,
			   struct sk_buff *skb)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	const struct vane_vf_assoc *assoc;
	const struct vane_vf *vf;
	int err = -ENODATA;

	/* All VFs are in one attribute, whose length has 16 bits */
	BUILD_BUG_ON(nla_attr_size(VANE_MAX_VFS * VANE_ASSOC_PORT_SIZE) >
		     U16_MAX);

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	assoc = vf ? vf->assoc : NULL;
	if (!assoc)
		goto unlock;
	err = 0;
	if ((assoc->name[0] &&
	     nla_put_string(skb, IFLA_PORT_PROFILE, assoc->name)) ||
	    (assoc->has_instance &&
	     nla_put(skb, IFLA_PORT_INSTANCE_UUID, PORT_UUID_MAX,
		     assoc->instance)) ||
	    (assoc->has_host &&
	     nla_put(skb, IFLA_PORT_HOST_UUID, PORT_UUID_MAX, assoc->host)) ||
	    nla_put_u8(skb, IFLA_PORT_REQUEST, assoc->request) ||
	    nla_put_u16(skb, IFLA_PORT_RESPONSE, assoc->response))
		err = -EMSGSIZE;
unlock:
	mutex_unlock(&pf->lock);
	return err;
}
