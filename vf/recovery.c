// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE VF driver: from a reset to a working netdev, again and again.
 *
 *	      reset noticed or wanted, device gone
 *	   +---------------------------------------+------------------+
 *	   v                                       |                  |
 *	DOWN --- function enabled, rings up ---> ENABLED --- PF ---> READY
 *	   ^                                       ^       agrees     |
 *	   |                                       +------------------+
 *	   +-- retried once a second                PF gone, or unsure
 *
 * One work item performs all steps. It runs when the device raises a cause, when
 * the netdev needs something from the PF, and once a second, since a reset
 * disables a VF's interrupts too. If there is nothing to do, it only reads the
 * generation once. A step that fails leaves a state from which the next run
 * continues.
 */
#include "compat.h"
#include "vf.h"

/* How long a probe waits for a PF that is not ready yet */
#define PF_WAIT			HZ
/* If the PF is silent for this long, a message may have been lost */
#define PF_SILENCE		(8 * HZ)
/* Time between two resets by the driver itself, and between two checks */
#define SERVICE_PERIOD		HZ

struct workqueue_struct *vanevf_wq;

/**
 * vanevf_kick() - run the service work now
 * @vf: VF
 *
 * Does nothing while the work is disabled.
 *
 * Context: Any.
 */
void vanevf_kick(struct vanevf *vf)
{
	set_bit(VANEVF_KICKED, &vf->flags);
	mod_delayed_work(vanevf_wq, &vf->service, 0);
}

/**
 * vanevf_read_mac() - MAC address of the STATUS block
 * @vf: VF
 * @mac: where it goes
 *
 * Context: Any.
 * Return: whether there is one.
 */
bool vanevf_read_mac(struct vanevf *vf, u8 *mac)
{
	u64 reg = vane_rd64(&vf->vdev, VANE_REG_STATUS_MAC);
	unsigned int i;

	for (i = 0; i < ETH_ALEN; i++)
		mac[i] = reg >> (8 * i);
	return is_valid_ether_addr(mac);
}

static bool vanevf_pf_serves(struct vanevf *vf)
{
	u32 status = vane_rd32(&vf->vdev, VANE_REG_STATUS);

	return vane_dev_alive(&vf->vdev) && status & VANE_STATUS_PF_READY;
}

/**
 * vanevf_wait_pf() - wait until a PF driver is ready, for a second at most
 * @vf: VF, enabled
 *
 * Context: Process context; sleeps.
 * Return: whether one is.
 */
bool vanevf_wait_pf(struct vanevf *vf)
{
	return wait_event_timeout(vf->status_wait, vanevf_pf_serves(vf),
				  PF_WAIT);
}

/**
 * vanevf_start() - reset and enable the function
 * @vf: VF, down
 *
 * Clears whatever was set in the function before, by a former driver or before a
 * reset in the middle of the set-up.
 *
 * Context: Process context, of the owner of vanevf.state. May sleep. Takes rtnl
 * where the machine is short of vectors.
 * Return: 0 or an errno of vane_dev_enable().
 */
int vanevf_start(struct vanevf *vf)
{
	struct vane_dev *vdev = &vf->vdev;
	int err;

	vane_wr32(vdev, VANE_REG_CTRL, VANE_CTRL_RESET);

	/* Read before the enable, so that any further reset shows up as a change */
	vf->generation = vane_rd32(vdev, VANE_REG_GENERATION);
	vane_mbox_vf_start(&vf->mbox, vf->generation);
	/* Netdevs that were opened before may use up all vectors */
	do {
		err = vane_dev_enable(vdev);
	} while (err == -ENOSPC && vane_net_release_vector());
	if (err)
		return err;

	vf->started = jiffies;
	clear_bit(VANEVF_RESET_WANTED, &vf->flags);
	set_bit(VANEVF_MAC_RESTORE, &vf->flags);
	vanevf_filters_forget(vf);
	vf->state = VANEVF_ENABLED;
	return 0;
}

/**
 * vanevf_stop() - take the netdev down and disable the function
 * @vf: VF
 *
 * Detaches the netdev from the function, but does not change it otherwise: users
 * can still configure it.
 *
 * Context: Process context, of the owner of vanevf.state. May sleep. Takes
 * rtnl.
 */
void vanevf_stop(struct vanevf *vf)
{
	struct vane_net *vn = vf->vdev.net;

	if (vf->state == VANEVF_DOWN)
		return;

	rtnl_lock();
	vane_net_set_ready(vn, false);
	vane_net_detach(vn);
	rtnl_unlock();

	vane_dev_disable(&vf->vdev);
	vf->state = VANEVF_DOWN;
}

/* Log a failure once, rather than with each retry */
static void vanevf_warn_pf(struct vanevf *vf, const char *what, int err)
{
	if (!test_and_set_bit(VANEVF_WARNED, &vf->flags))
		pci_warn(vf->vdev.pdev, "%s: %pe; will try again\n", what,
			 ERR_PTR(err));
}

/*
 * A request without a reply stays outstanding and blocks others. If the PF is
 * just slow, it is best to wait; but if the message or its reply was lost, only a
 * reset helps.
 */
static void vanevf_note_silence(struct vanevf *vf)
{
	if (!test_bit(VANEVF_WARNED, &vf->flags)) {
		vf->silent_since = jiffies;
	} else if (time_after(jiffies, vf->silent_since + PF_SILENCE)) {
		vf->silent_since = jiffies;
		set_bit(VANEVF_RESET_WANTED, &vf->flags);
	}
}

/**
 * vanevf_negotiate() - negotiate with the PF
 * @vf: VF, enabled; the PF serves
 *
 * Context: Process context, of the owner of vanevf.state. Sleeps. Takes
 * vane_mbox_vf.lock.
 * Return: 0 or a negative errno; the state is VANEVF_READY if 0.
 */
int vanevf_negotiate(struct vanevf *vf)
{
	struct vane_dev *vdev = &vf->vdev;
	struct vane_mbox_negotiate_rsp rsp;
	u32 config_gen;
	int err;

	/*
	 * Before the request: what the PF changes after its answer, or another
	 * driver of the PF, then shows as a change.
	 */
	config_gen = vane_rd32(vdev, VANE_REG_STATUS_CONFIG_GEN);
	err = vanevf_req_negotiate(vf, &rsp);
	if (!err && (!rsp.queues || !rsp.vectors))
		err = -EPROTO;
	if (err) {
		if (err == -ETIMEDOUT)
			vanevf_note_silence(vf);
		vanevf_warn_pf(vf, "cannot negotiate with the PF", err);
		return err;
	}

	vf->config_gen = config_gen;
	WRITE_ONCE(vf->caps, le32_to_cpu(rsp.caps));
	vf->max_filters = le16_to_cpu(rsp.max_filters);
	vf->max_vlans = le16_to_cpu(rsp.max_vlans);
	vanevf_filters_forget(vf);

	/* While rings exist, keep the limits that they were allocated for */
	if (!vdev->net || !vane_net_attached(vdev->net)) {
		vdev->max_queues = min(vdev->max_queues,
				       le16_to_cpu(rsp.queues));
		vdev->max_vectors = min(vdev->max_vectors,
					le16_to_cpu(rsp.vectors));
	}

	clear_bit(VANEVF_WARNED, &vf->flags);
	vf->state = VANEVF_READY;
	return 0;
}

static void vanevf_take_mac(struct net_device *netdev, const u8 *mac)
{
	if (ether_addr_equal(netdev->dev_addr, mac))
		return;

	netdev_info(netdev, "the PF has set the MAC address %pM\n", mac);
	eth_hw_addr_set(netdev, mac);
	netdev->addr_assign_type = NET_ADDR_PERM;
	call_netdevice_notifiers(NETDEV_CHANGEADDR, netdev);
}

/*
 * Whether the address that the user has set can be kept. After a reset of the VF
 * the PF has forgotten it, and it is requested again; otherwise the PF has
 * revoked it. A request without a reply may still be granted, so it is repeated
 * after another negotiation, which shows the PF's state by then.
 */
static bool vanevf_keep_mac(struct vanevf *vf, const u8 *mac)
{
	struct net_device *netdev = vf->vdev.net->netdev;
	int err;

	if (!test_and_clear_bit(VANEVF_MAC_RESTORE, &vf->flags) ||
	    netdev->addr_assign_type != NET_ADDR_SET ||
	    ether_addr_equal(netdev->dev_addr, mac))
		return false;

	err = vanevf_req_mac(vf, netdev->dev_addr);
	if (!err)
		return true;
	if (!vanevf_refused(err)) {
		set_bit(VANEVF_MAC_RESTORE, &vf->flags);
		vf->state = VANEVF_ENABLED;
		return true;
	}
	netdev_warn(netdev, "cannot restore the MAC address %pM, as the PF refuses: %pe\n",
		    netdev->dev_addr, ERR_PTR(err));
	return false;
}

/* Apply what the PF has configured. A change meanwhile is noticed the next time. */
static void vanevf_follow_config(struct vanevf *vf)
{
	struct vane_net *vn = vf->vdev.net;
	u8 mac[ETH_ALEN];
	bool valid;

	/* Under rtnl, so that an address that is just being set is not reverted */
	rtnl_lock();
	valid = vanevf_read_mac(vf, mac);
	if (valid && vane_dev_alive(&vf->vdev) && !vanevf_keep_mac(vf, mac))
		vanevf_take_mac(vn->netdev, mac);
	vane_net_refresh_limits(vn);
	rtnl_unlock();
}

/*
 * Whether the PF has a different address for the function than the netdev, as a
 * request whose reply was lost may have been granted.
 */
static bool vanevf_mac_differs(struct vanevf *vf)
{
	u8 mac[ETH_ALEN];

	return vanevf_read_mac(vf, mac) &&
	       !ether_addr_equal(mac, vf->vdev.net->netdev->dev_addr);
}

static bool vanevf_needs_reset(struct vanevf *vf)
{
	struct vane_dev *vdev = &vf->vdev;

	if (vf->state == VANEVF_DOWN)
		return true;
	if (vane_rd32(vdev, VANE_REG_GENERATION) != vf->generation ||
	    vane_rd32(vdev, VANE_REG_STATUS) & VANE_STATUS_RESET_PENDING)
		return true;
	if (!test_bit(VANEVF_RESET_WANTED, &vf->flags))
		return false;
	/* A queue that fails again and again must not keep the machine busy */
	return !vane_net_attached(vdev->net) ||
	       time_after_eq(jiffies, vf->started + SERVICE_PERIOD);
}

/* Whether the device is present. vane_rd32() would rely on its last result. */
static bool vanevf_device_answers(struct vanevf *vf)
{
	return readl(vf->vdev.regs + VANE_REG_MAGIC) == VANE_MAGIC;
}

/* DOWN to ENABLED, after a reset through DOWN; returns whether it succeeded */
static bool vanevf_bring_up(struct vanevf *vf)
{
	int err;

	if (!vane_dev_alive(&vf->vdev) || vanevf_needs_reset(vf))
		vanevf_stop(vf);
	if (vf->state != VANEVF_DOWN)
		return true;

	if (!vanevf_device_answers(vf))
		return false;
	err = vanevf_start(vf);
	if (err)
		vanevf_warn_pf(vf, "cannot enable the function", err);
	return !err;
}

/*
 * ENABLED to READY and back; returns whether the PF has just agreed. CONFIG_GEN
 * changes with what the PF has configured, and with the driver of the PF.
 */
static bool vanevf_follow_pf(struct vanevf *vf)
{
	struct vane_dev *vdev = &vf->vdev;

	if (test_and_clear_bit(VANEVF_RENEGOTIATE, &vf->flags) ||
	    vane_rd32(vdev, VANE_REG_STATUS_CONFIG_GEN) != vf->config_gen)
		vf->state = VANEVF_ENABLED;
	if (!vanevf_pf_serves(vf)) {
		vf->state = VANEVF_ENABLED;
		return false;
	}
	return vf->state == VANEVF_ENABLED && !vanevf_negotiate(vf);
}

/* Restore the netdev's rings, with or without a PF */
static bool vanevf_restart(struct vanevf *vf)
{
	struct vane_net *vn = vf->vdev.net;
	int err;

	if (vane_net_attached(vn))
		return true;

	rtnl_lock();
	err = vane_net_attach(vn);
	rtnl_unlock();
	if (err) {
		vanevf_warn_pf(vf, "cannot restart the rings", err);
		vanevf_stop(vf);
		return false;
	}
	netdev_info(vn->netdev, "recovered from a reset\n");
	return true;
}

static void vanevf_follow_filters(struct vanevf *vf)
{
	u32 status = vane_rd32(&vf->vdev, VANE_REG_STATUS);
	int err;

	/* The PF may now grant what it refused before, or the reverse */
	if ((status ^ vf->status) & VANE_STATUS_TRUSTED)
		vanevf_filters_retry(vf);
	vf->status = status;

	if (!test_bit(VANEVF_RX_STALE, &vf->flags))
		return;
	err = vanevf_filters_sync(vf);
	/* A negotiation would clear the filters that there are; this ends by itself */
	if (err && err != -ENOMEM)
		vf->state = VANEVF_ENABLED;
}

static void vanevf_follow_channels(struct vanevf *vf)
{
	if (!test_and_clear_bit(VANEVF_CHANNELS_STALE, &vf->flags))
		return;
	if (vanevf_channel_refresh_all(vf)) {
		set_bit(VANEVF_CHANNELS_STALE, &vf->flags);
		vf->state = VANEVF_ENABLED;
	}
}

/*
 * Whether there is nothing to do, judging by a single read. A change of STATUS
 * raises a cause; only a reset may not. A request without a reply leaves a state
 * other than VANEVF_READY.
 */
static bool vanevf_is_settled(struct vanevf *vf)
{
	struct vane_dev *vdev = &vf->vdev;

	if (test_and_clear_bit(VANEVF_KICKED, &vf->flags) ||
	    vf->state != VANEVF_READY ||
	    test_bit(VANEVF_RESET_WANTED, &vf->flags) ||
	    test_bit(VANEVF_RX_STALE, &vf->flags) ||
	    !vane_net_attached(vdev->net))
		return false;
	vane_dev_check_events(vdev);
	return vane_rd32(vdev, VANE_REG_GENERATION) == vf->generation;
}

/**
 * vanevf_service() - bring the VF up to date with its PF and its netdev
 * @work: &struct vanevf.service
 *
 * Context: Work item of vanevf_wq; sleeps. Takes rtnl and vane_mbox_vf.lock.
 */
void vanevf_service(struct work_struct *work)
{
	struct vanevf *vf = container_of(to_delayed_work(work), struct vanevf,
					 service);
	struct vane_net *vn = vf->vdev.net;
	bool agreed;

	if (vanevf_is_settled(vf))
		goto again;
	if (!vanevf_bring_up(vf))
		goto again;
	agreed = vanevf_follow_pf(vf);
	if (!vanevf_restart(vf))
		goto again;

	/* First what users wait for; the rest may have to wait for the PF */
	vane_net_refresh_link(vn);
	if (agreed || (vf->state == VANEVF_READY && vanevf_mac_differs(vf)))
		vanevf_follow_config(vf);
	if (agreed)
		set_bit(VANEVF_CHANNELS_STALE, &vf->flags);
	if (vf->state == VANEVF_READY)
		vanevf_follow_filters(vf);
	if (vf->state == VANEVF_READY)
		vanevf_follow_channels(vf);
	/* Not revoked while the PF is away, as the switch continues without it */
	if (vf->state == VANEVF_READY)
		vane_net_set_ready(vn, true);
again:
	queue_delayed_work(vanevf_wq, &vf->service,
			   round_jiffies_relative(SERVICE_PERIOD));
}
