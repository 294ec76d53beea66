// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE VF driver: from a reset to a working netdev, over and over.
 *
 *	      reset noticed or wanted, device gone
 *	   +---------------------------------------+------------------+
 *	   v                                       |                  |
 *	DOWN --- function enabled, rings up ---> ENABLED --- PF ---> READY
 *	   ^                                       ^       agrees     |
 *	   |                                       +------------------+
 *	   +-- retried once a second                PF gone, or unsure
 *
 * One work item makes all the steps. It runs when the device raises a cause,
 * when the netdev wants something of the PF, and once a second: a VF may lose
 * its interrupts together with everything else. While nothing is left to do,
 * that is one read of the generation. A step that fails leaves a state from
 * which the next run goes on.
 */
#include "compat.h"
#include "vf.h"

/* How long a probe waits for a PF that does not serve yet */
#define PF_WAIT			HZ
/* A PF that says nothing for so long may wait for a message that was lost */
#define PF_SILENCE		(8 * HZ)
/* Time between two resets that the driver orders itself, and of the checks */
#define SERVICE_PERIOD		HZ

struct workqueue_struct *vanevf_wq;

/**
 * vanevf_kick() - have the service work look at everything now
 * @vf: VF
 *
 * Does nothing while the work is disabled. Any context.
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

static bool pf_serves(struct vanevf *vf)
{
	u32 status = vane_rd32(&vf->vdev, VANE_REG_STATUS);

	return vane_dev_alive(&vf->vdev) && status & VANE_STATUS_PF_READY;
}

/**
 * vanevf_wait_pf() - wait until a PF driver serves, for a second at most
 * @vf: VF, enabled
 *
 * Return: whether one does.
 */
bool vanevf_wait_pf(struct vanevf *vf)
{
	return wait_event_timeout(vf->status_wait, pf_serves(vf), PF_WAIT);
}

/**
 * vanevf_start() - reset and enable the function
 * @vf: VF, down
 *
 * Whatever was set in the function before, by a former driver or before a
 * reset that came halfway, is gone after this. Takes rtnl where the machine is
 * short of vectors.
 *
 * Return: 0 or an errno of vane_dev_enable().
 */
int vanevf_start(struct vanevf *vf)
{
	struct vane_dev *vdev = &vf->vdev;
	int err;

	vane_wr32(vdev, VANE_REG_CTRL, VANE_CTRL_RESET);

	/* Read before the enable: any further reset shows as another one */
	vf->generation = vane_rd32(vdev, VANE_REG_GENERATION);
	vane_mbox_vf_start(&vf->mbox, vf->generation);
	/* Netdevs that were opened before may have taken every vector */
	do {
		err = vane_dev_enable(vdev);
	} while (err == -ENOSPC && vane_net_yield_vector());
	if (err)
		return err;

	vf->started = jiffies;
	clear_bit(VANEVF_RESET_WANTED, &vf->flags);
	set_bit(VANEVF_MAC_DUE, &vf->flags);
	vanevf_filters_forget(vf);
	vf->state = VANEVF_ENABLED;
	return 0;
}

/**
 * vanevf_stop() - take the netdev down and disable the function
 * @vf: VF
 *
 * The netdev stays as the user has set it up, but detached. Takes rtnl.
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

/* Say once, not once a second, that something keeps failing */
static void complain(struct vanevf *vf, const char *what, int err)
{
	if (!test_and_set_bit(VANEVF_COMPLAINED, &vf->flags))
		pci_warn(vf->vdev.pdev, "%s: %pe; will try again\n", what,
			 ERR_PTR(err));
}

/*
 * A request that came to nothing stays outstanding and keeps others away. The
 * PF may be slow, and then it is best to wait; but if the message or its reply
 * was lost, a reset alone helps.
 */
static void note_silence(struct vanevf *vf)
{
	if (!test_bit(VANEVF_COMPLAINED, &vf->flags)) {
		vf->silent_since = jiffies;
	} else if (time_after(jiffies, vf->silent_since + PF_SILENCE)) {
		vf->silent_since = jiffies;
		set_bit(VANEVF_RESET_WANTED, &vf->flags);
	}
}

/**
 * vanevf_negotiate() - have the PF agree
 * @vf: VF, enabled; the PF serves
 *
 * Return: 0 or a negative errno; the state is VANEVF_READY if 0.
 */
int vanevf_negotiate(struct vanevf *vf)
{
	struct vane_dev *vdev = &vf->vdev;
	struct vane_mbox_negotiate_rsp rsp;
	int err;

	err = vanevf_ask_negotiate(vf, &rsp);
	if (!err && (!rsp.queues || !rsp.vectors))
		err = -EPROTO;
	if (err) {
		if (err == -ETIMEDOUT)
			note_silence(vf);
		complain(vf, "cannot negotiate with the PF", err);
		return err;
	}

	vf->caps = le32_to_cpu(rsp.caps);
	vf->max_filters = le16_to_cpu(rsp.max_filters);
	vf->max_vlans = le16_to_cpu(rsp.max_vlans);
	vanevf_filters_forget(vf);

	/* While rings are up, the limits that they were made for hold */
	if (!vdev->net || !netif_device_present(vdev->net->netdev)) {
		vdev->max_queues = min(vdev->max_queues,
				       le16_to_cpu(rsp.queues));
		vdev->max_vectors = min(vdev->max_vectors,
					le16_to_cpu(rsp.vectors));
	}

	clear_bit(VANEVF_COMPLAINED, &vf->flags);
	vf->state = VANEVF_READY;
	return 0;
}

static void take_mac(struct net_device *netdev, const u8 *mac)
{
	if (ether_addr_equal(netdev->dev_addr, mac))
		return;

	netdev_info(netdev, "the PF has set the MAC address %pM\n", mac);
	eth_hw_addr_set(netdev, mac);
	netdev->addr_assign_type = NET_ADDR_PERM;
	call_netdevice_notifiers(NETDEV_CHANGEADDR, netdev);
}

/*
 * Whether the address that the user has set may stay. The PF forgets it with a
 * reset of the VF; otherwise it is the PF that has taken it away.
 */
static bool keep_mac(struct vanevf *vf, const u8 *mac)
{
	struct net_device *netdev = vf->vdev.net->netdev;
	int err;

	if (!test_and_clear_bit(VANEVF_MAC_DUE, &vf->flags) ||
	    netdev->addr_assign_type != NET_ADDR_SET ||
	    ether_addr_equal(netdev->dev_addr, mac))
		return false;

	err = vanevf_ask_mac(vf, netdev->dev_addr);
	if (err)
		netdev_warn(netdev, "cannot get the MAC address %pM back: %pe\n",
			    netdev->dev_addr, ERR_PTR(err));
	return !err;
}

/*
 * Take over what the PF has configured. CONFIG_GEN is read first, so that a
 * change in between is looked at again.
 */
static void follow_config(struct vanevf *vf)
{
	struct vane_net *vn = vf->vdev.net;
	u8 mac[ETH_ALEN];
	bool valid;

	/* Under rtnl, lest an address that is just being set looks foreign */
	rtnl_lock();
	vf->config_gen = vane_rd32(&vf->vdev, VANE_REG_STATUS_CONFIG_GEN);
	valid = vanevf_read_mac(vf, mac);
	if (valid && vane_dev_alive(&vf->vdev) && !keep_mac(vf, mac))
		take_mac(vn->netdev, mac);
	vane_net_refresh_limits(vn);
	rtnl_unlock();
}

static bool needs_reset(struct vanevf *vf)
{
	struct vane_dev *vdev = &vf->vdev;

	if (vf->state == VANEVF_DOWN)
		return true;
	if (vane_rd32(vdev, VANE_REG_GENERATION) != vf->generation ||
	    vane_rd32(vdev, VANE_REG_STATUS) & VANE_STATUS_RESET_PENDING)
		return true;
	if (!test_bit(VANEVF_RESET_WANTED, &vf->flags))
		return false;
	/* A queue that fails each time must not keep the machine busy */
	return !netif_device_present(vdev->net->netdev) ||
	       time_after_eq(jiffies, vf->started + SERVICE_PERIOD);
}

/* Whether the device is there. vane_rd32() would go by what it saw last. */
static bool answers(struct vanevf *vf)
{
	return readl(vf->vdev.regs + VANE_REG_MAGIC) == VANE_MAGIC;
}

/* DOWN to ENABLED, by DOWN after a reset; returns whether it got there */
static bool bring_up(struct vanevf *vf)
{
	int err;

	if (!vane_dev_alive(&vf->vdev) || needs_reset(vf))
		vanevf_stop(vf);
	if (vf->state != VANEVF_DOWN)
		return true;

	if (!answers(vf))
		return false;
	err = vanevf_start(vf);
	if (err)
		complain(vf, "cannot enable the function", err);
	return !err;
}

/*
 * ENABLED to READY and back; returns whether the PF has just agreed. CONFIG_GEN
 * changes with what the PF has configured, and with the driver of the PF.
 */
static bool follow_pf(struct vanevf *vf)
{
	struct vane_dev *vdev = &vf->vdev;

	if (test_and_clear_bit(VANEVF_UNSURE, &vf->flags) ||
	    vane_rd32(vdev, VANE_REG_STATUS_CONFIG_GEN) != vf->config_gen)
		vf->state = VANEVF_ENABLED;
	if (!pf_serves(vf)) {
		vf->state = VANEVF_ENABLED;
		return false;
	}
	return vf->state == VANEVF_ENABLED && !vanevf_negotiate(vf);
}

/* Give the netdev its rings back, with or without a PF */
static bool restart(struct vanevf *vf)
{
	struct vane_net *vn = vf->vdev.net;
	int err;

	if (netif_device_present(vn->netdev))
		return true;

	rtnl_lock();
	err = vane_net_attach(vn);
	rtnl_unlock();
	if (err) {
		complain(vf, "the rings do not come up", err);
		vanevf_stop(vf);
		return false;
	}
	netdev_info(vn->netdev, "back after a reset\n");
	return true;
}

static void follow_filters(struct vanevf *vf)
{
	u32 status = vane_rd32(&vf->vdev, VANE_REG_STATUS);

	/* What the PF refused before it may grant now, or the reverse */
	if ((status ^ vf->status) & VANE_STATUS_TRUSTED)
		set_bit(VANEVF_RX_STALE, &vf->flags);
	vf->status = status;

	if (test_bit(VANEVF_RX_STALE, &vf->flags) && vanevf_filters_sync(vf))
		vf->state = VANEVF_ENABLED;
}

/*
 * Whether there is nothing to do, as far as one read tells. A change of STATUS
 * raises a cause; only a reset may not.
 */
static bool is_settled(struct vanevf *vf)
{
	struct vane_dev *vdev = &vf->vdev;

	if (test_and_clear_bit(VANEVF_KICKED, &vf->flags) ||
	    vf->state != VANEVF_READY ||
	    test_bit(VANEVF_RESET_WANTED, &vf->flags) ||
	    test_bit(VANEVF_RX_STALE, &vf->flags) ||
	    !netif_device_present(vdev->net->netdev))
		return false;
	vane_dev_check_events(vdev);
	return vane_rd32(vdev, VANE_REG_GENERATION) == vf->generation;
}

/**
 * vanevf_service() - do all there is to do
 * @work: &struct vanevf.service
 */
void vanevf_service(struct work_struct *work)
{
	struct vanevf *vf = container_of(to_delayed_work(work), struct vanevf,
					 service);
	struct vane_net *vn = vf->vdev.net;
	bool agreed;

	if (is_settled(vf))
		goto again;
	if (!bring_up(vf))
		goto again;
	agreed = follow_pf(vf);
	if (!restart(vf))
		goto again;

	/* First what users wait for; the rest may take the PF's time */
	vane_net_refresh_link(vn);
	if (agreed)
		follow_config(vf);
	if (vf->state == VANEVF_READY)
		follow_filters(vf);
	/* Not taken back while the PF is away: the switch goes on without it */
	if (vf->state == VANEVF_READY)
		vane_net_set_ready(vn, true);
again:
	queue_delayed_work(vanevf_wq, &vf->service,
			   round_jiffies_relative(SERVICE_PERIOD));
}
