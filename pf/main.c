// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: from probe to remove, and what happens to the device between.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include <net/devlink.h>

#include "pf.h"

/* How often the driver looks whether the device is still there */
#define VANE_WATCH_PERIOD	HZ

static u32 mbox_rd32(void *ctx, u32 reg)
{
	return vane_rd32(ctx, reg);
}

static void mbox_wr32(void *ctx, u32 reg, u32 val)
{
	vane_wr32(ctx, reg, val);
}

static void pf_event(struct vane_dev *vdev, u32 causes)
{
	struct vane_pf *pf = vane_pf_of(vdev);

	if (causes & VANE_EVENT_SQ)
		vane_mbox_pf_sq_event(&pf->mbox);
	if (causes & VANE_EVENT_RQ)
		queue_work(pf->wq, &pf->serve_work);
	if (causes & VANE_EVENT_LINK)
		queue_work(pf->wq, &pf->link_work);
	if (causes & (VANE_EVENT_LINK | VANE_EVENT_STATUS) && vdev->net)
		vane_net_refresh_link(vdev->net);
}

static void pf_reset(struct vane_dev *vdev)
{
	vane_pf_queue_reset(vane_pf_of(vdev));
}

static const struct vane_dev_ops pf_dev_ops = {
	.features = VANE_FEAT_VLAN_FILTER | VANE_FEAT_VEB | VANE_FEAT_VNTAG |
		    VANE_FEAT_VEPA | VANE_FEAT_RATE | VANE_FEAT_TRUNK |
		    VANE_FEAT_PORT | VANE_FEAT_VF_STATS,
	.event = pf_event,
	.reset = pf_reset,
};

static void pf_tx_timeout(struct net_device *netdev, unsigned int q)
{
	struct vane_net *vn = netdev_priv(netdev);

	vane_health_blame(vane_pf_of(vn->vdev), VANE_TROUBLE_TX);
	vane_tx_timeout(netdev, q);
}

static const struct net_device_ops pf_netdev_ops = {
	.ndo_open = vane_net_open,
	.ndo_stop = vane_net_stop,
	.ndo_start_xmit = vane_start_xmit,
	.ndo_features_check = vane_features_check,
	.ndo_get_stats64 = vane_get_stats64,
	.ndo_change_mtu = vane_change_mtu,
	.ndo_fix_features = vane_fix_features,
	.ndo_set_features = vane_pf_set_features,
	.ndo_tx_timeout = pf_tx_timeout,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = vane_pf_set_mac,
	.ndo_set_rx_mode = vane_pf_set_rx_mode,
	.ndo_vlan_rx_add_vid = vane_pf_add_vid,
	.ndo_vlan_rx_kill_vid = vane_pf_kill_vid,
	.ndo_set_vf_mac = vane_set_vf_mac,
	.ndo_set_vf_vlan = vane_set_vf_vlan,
	.ndo_set_vf_link_state = vane_set_vf_link_state,
	.ndo_set_vf_spoofchk = vane_set_vf_spoofchk,
	.ndo_set_vf_trust = vane_set_vf_trust,
	.ndo_set_vf_rate = vane_set_vf_rate,
	.ndo_set_vf_rss_query_en = vane_set_vf_rss_query_en,
	.ndo_get_vf_config = vane_get_vf_config,
	.ndo_get_vf_stats = vane_get_vf_stats,
	.ndo_bridge_getlink = vane_bridge_getlink,
	.ndo_bridge_setlink = vane_bridge_setlink,
};

/**
 * vane_pf_of_netdev() - the PF below a netdev
 * @netdev: any netdev
 *
 * Return: the PF, or NULL if the netdev is not one's.
 */
struct vane_pf *vane_pf_of_netdev(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);

	if (netdev->netdev_ops != &pf_netdev_ops)
		return NULL;
	return vane_pf_of(vn->vdev);
}

/**
 * vane_pf_queue_reset() - have the device reset
 * @pf: the PF
 *
 * Any context.
 */
void vane_pf_queue_reset(struct vane_pf *pf)
{
	queue_work(pf->wq, &pf->reset_work);
}

/* The mailbox queues to the device, and back */
static int alloc_mbox(struct vane_pf *pf)
{
	const struct vane_mbox_io io = {
		.rd32 = mbox_rd32,
		.wr32 = mbox_wr32,
		.ctx = &pf->vdev,
	};
	struct device *dev = &pf->vdev.pdev->dev;
	struct vane_mbox_ring rq = { .log2 = VANE_MBOX_RQ_LOG2 };
	struct vane_mbox_ring sq = { .log2 = VANE_MBOX_SQ_LOG2 };

	rq.slots = dma_alloc_coherent(dev, VANE_MBOX_RQ_BYTES, &rq.dma,
				      GFP_KERNEL);
	if (!rq.slots)
		return -ENOMEM;
	sq.slots = dma_alloc_coherent(dev, VANE_MBOX_SQ_BYTES, &sq.dma,
				      GFP_KERNEL);
	if (!sq.slots) {
		dma_free_coherent(dev, VANE_MBOX_RQ_BYTES, rq.slots, rq.dma);
		return -ENOMEM;
	}
	vane_mbox_pf_init(&pf->mbox, &io, &vane_vf_ops, pf, &rq, &sq);
	return 0;
}

static void free_mbox(struct vane_pf *pf)
{
	struct device *dev = &pf->vdev.pdev->dev;

	dma_free_coherent(dev, VANE_MBOX_SQ_BYTES, pf->mbox.sq.slots,
			  pf->mbox.sq.dma);
	dma_free_coherent(dev, VANE_MBOX_RQ_BYTES, pf->mbox.rq.slots,
			  pf->mbox.rq.dma);
}

static void set_ready(struct vane_pf *pf, bool ready)
{
	vane_wr32(&pf->vdev, VANE_REG_PF_CTRL,
		  ready ? VANE_PF_CTRL_READY : 0);
}

/* Take the mailbox from the device. Commands fail from now on. */
static void stop_mbox(struct vane_pf *pf)
{
	set_ready(pf, false);
	vane_mbox_pf_stop(&pf->mbox);
	cancel_work_sync(&pf->serve_work);
}

/* Give a device that has forgotten it all its configuration */
static int replay(struct vane_pf *pf)
{
	struct vane_mbox_batch batch;
	int err;

	mutex_lock(&pf->lock);
	pf->port_up = vane_rd32(&pf->vdev, VANE_REG_PORT_LINK) &
		      VANE_PORT_LINK_UP;
	pf->port_speed = vane_rd32(&pf->vdev, VANE_REG_PORT_SPEED);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_link_replay(pf, &batch);
	vane_switch_replay(pf, &batch);
	vane_filter_replay(pf, &batch);
	vane_sriov_replay(pf, &batch);
	err = vane_pf_batch_end(pf, &batch);
	mutex_unlock(&pf->lock);
	return err;
}

static void stop_device(struct vane_pf *pf)
{
	stop_mbox(pf);
	/*
	 * One that does not answer, but may again, keeps addresses which are
	 * not the driver's any more. Enabling it gives the bus back.
	 */
	vane_rd32(&pf->vdev, VANE_REG_STATE);
	if (!vane_dev_alive(&pf->vdev))
		pci_clear_master(pf->vdev.pdev);
	vane_dev_disable(&pf->vdev);
}

/**
 * vane_pf_take_down() - stop the device, in whatever state it is
 * @pf: the PF
 *
 * What is configured stays. rtnl.
 */
void vane_pf_take_down(struct vane_pf *pf)
{
	ASSERT_RTNL();

	if (!pf->running)
		return;
	pf->running = false;
	vane_net_detach(pf->vdev.net);
	stop_device(pf);
}

/* Reset the device and start it, configured as it was, without the netdev */
static int start_device(struct vane_pf *pf)
{
	int err;

	vane_wr32(&pf->vdev, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
	err = vane_dev_enable(&pf->vdev);
	if (err)
		return err;
	err = vane_mbox_pf_start(&pf->mbox);
	if (err)
		goto disable_dev;
	err = replay(pf);
	if (err)
		goto stop_mbox;
	set_ready(pf, true);
	return 0;

stop_mbox:
	stop_mbox(pf);
disable_dev:
	vane_dev_disable(&pf->vdev);
	return err;
}

/**
 * vane_pf_bring_up() - reset the device and start it, configured as it was
 * @pf: the PF, taken down
 *
 * rtnl.
 *
 * Return: 0 or an errno.
 */
int vane_pf_bring_up(struct vane_pf *pf)
{
	int err;

	ASSERT_RTNL();

	/* A reload failed, and only the next one makes a netdev again */
	if (!pf->vdev.net)
		return -ENODEV;

	err = start_device(pf);
	if (err)
		return err;
	err = vane_net_attach(pf->vdev.net);
	if (err) {
		stop_device(pf);
		return err;
	}
	pf->running = true;
	queue_work(pf->wq, &pf->filter_work);
	return 0;
}

/**
 * vane_pf_recover() - see that the device works
 * @pf: the PF
 *
 * Resets it if it does not. Takes rtnl.
 *
 * Return: 0 or an errno.
 */
int vane_pf_recover(struct vane_pf *pf)
{
	struct vane_dev *vdev = &pf->vdev;
	int err = 0;

	rtnl_lock();
	if (!pf->running || !vane_dev_alive(vdev) ||
	    !(vane_rd32(vdev, VANE_REG_STATE) & VANE_STATE_ENABLED)) {
		vane_pf_take_down(pf);
		err = vane_pf_bring_up(pf);
	}
	rtnl_unlock();
	return err;
}

static void reset_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(work, struct vane_pf, reset_work);
	struct pci_dev *pdev = pf->vdev.pdev;
	int err;

	rtnl_lock();
	if (!pf->running)
		goto unlock;

	pci_warn(pdev, "resetting the device\n");
	vane_health_capture(pf);
	vane_pf_take_down(pf);
	err = vane_pf_bring_up(pf);
	if (err)
		pci_err(pdev, "device does not come back: %pe\n", ERR_PTR(err));
	else
		pci_info(pdev, "device recovered, %u VFs configured again\n",
			 pf->num_vfs);
unlock:
	rtnl_unlock();
	vane_health_note_blamed(pf);
}

/*
 * A look at the device now and then: one that is gone, or was reset behind the
 * driver's back, does not interrupt to say so.
 */
static void watch_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(to_delayed_work(work),
					  struct vane_pf, watch_work);
	struct vane_dev *vdev = &pf->vdev;
	u32 state = vane_rd32(vdev, VANE_REG_STATE);

	/* Under rtnl, the driver is not just about to reset it itself */
	if (rtnl_trylock()) {
		vane_dev_check_events(vdev);
		if (!(state & VANE_STATE_ENABLED) && pf->running &&
		    vane_dev_alive(vdev) &&
		    !(vane_rd32(vdev, VANE_REG_STATE) & VANE_STATE_ENABLED)) {
			vane_health_blame(pf, VANE_TROUBLE_FATAL);
			vane_pf_queue_reset(pf);
		}
		rtnl_unlock();
	}
	/* Once, until a reset tries to bring it back */
	if (!vane_dev_alive(vdev) && !pf->gone)
		vane_health_note(pf, VANE_TROUBLE_FATAL);
	pf->gone = !vane_dev_alive(vdev);
	queue_delayed_work(pf->wq, &pf->watch_work, VANE_WATCH_PERIOD);
}

static void read_identity(struct vane_pf *pf)
{
	struct vane_dev *vdev = &pf->vdev;
	u64 mac = vane_rd64(vdev, VANE_REG_PERM_MAC);

	pf->dsn = pci_get_dsn(vdev->pdev);
	pf->limit_filters = vane_rd32(vdev, VANE_REG_LIMIT_FILTERS);
	pf->limit_vif_lists = vane_rd32(vdev, VANE_REG_LIMIT_VIF_LISTS);
	pf->limit_rate_groups = min_t(u32, VANE_MAX_RATE_GROUPS,
				      vane_rd32(vdev, VANE_REG_LIMIT_RATE_GROUPS));
	/* First octet in the lowest bits */
	u64_to_ether_addr(swab64(mac) >> 16, pf->perm_mac);
	if (!is_valid_ether_addr(pf->perm_mac)) {
		eth_random_addr(pf->perm_mac);
		pci_warn(vdev->pdev, "device has no MAC, using %pM\n",
			 pf->perm_mac);
	}
	ether_addr_copy(pf->mac, pf->perm_mac);
}

/* Configure the device, or learn how it was left with VFs enabled */
static int set_up(struct vane_pf *pf)
{
	int err;

	if (!pci_num_vf(pf->vdev.pdev))
		return replay(pf);

	mutex_lock(&pf->lock);
	pf->port_up = vane_rd32(&pf->vdev, VANE_REG_PORT_LINK) &
		      VANE_PORT_LINK_UP;
	pf->port_speed = vane_rd32(&pf->vdev, VANE_REG_PORT_SPEED);
	mutex_unlock(&pf->lock);
	err = vane_link_adopt(pf);
	if (err)
		return err;
	err = vane_switch_adopt(pf);
	if (err)
		return err;
	err = vane_rate_adopt(pf);
	if (err)
		return err;
	err = vane_sriov_adopt(pf);
	if (!err)
		pci_info(pf->vdev.pdev, "took over %u VFs\n", pf->num_vfs);
	return err;
}

static int alloc_netdev_of(struct vane_pf *pf)
{
	struct net_device *netdev;
	struct vane_net *vn;

	vn = vane_net_alloc(&pf->vdev, &pf_netdev_ops);
	if (!vn)
		return -ENOMEM;
	netdev = vn->netdev;
	eth_hw_addr_set(netdev, pf->perm_mac);
	ether_addr_copy(netdev->perm_addr, pf->perm_mac);
	netdev->priv_flags |= IFF_UNICAST_FLT;
	vane_ethtool_attach(netdev);
	pf->vlan_filter = pf->vdev.features & VANE_FEAT_VLAN_FILTER;
	if (pf->vlan_filter) {
		netdev->hw_features |= NETIF_F_HW_VLAN_CTAG_FILTER;
		netdev->features |= NETIF_F_HW_VLAN_CTAG_FILTER;
	}
	return 0;
}

/*
 * Make the netdev and its port, and let them run on the device, which is ready.
 * Under the devlink instance lock.
 */
static int start_netdev(struct vane_pf *pf)
{
	int err;

	err = alloc_netdev_of(pf);
	if (err)
		return err;
	err = vane_port_add(pf);
	if (err)
		goto free_net;
	err = vane_net_register(pf->vdev.net);
	if (err)
		goto del_port;

	rtnl_lock();
	pf->running = true;
	vane_switch_refresh_carrier(pf);
	rtnl_unlock();
	enable_work(&pf->filter_work);
	queue_work(pf->wq, &pf->filter_work);
	enable_delayed_work(&pf->watch_work);
	queue_delayed_work(pf->wq, &pf->watch_work, VANE_WATCH_PERIOD);
	return 0;

del_port:
	vane_port_del(pf);
free_net:
	vane_net_free(pf->vdev.net);
	return err;
}

/**
 * vane_pf_unload() - take netdev and ports away, and stop the device
 * @pf: the PF, in whatever state
 *
 * What is configured stays. VFs stay enabled, and the device forwards for them.
 * Under the device lock and the devlink instance lock.
 */
void vane_pf_unload(struct vane_pf *pf)
{
	bool was_running;

	/* No reset from here on, which would find half a netdev */
	rtnl_lock();
	was_running = pf->running;
	pf->running = false;
	rtnl_unlock();

	/* The device still answers what the netdev wants to be undone */
	if (pf->vdev.net) {
		vane_net_unregister(pf->vdev.net);
		disable_delayed_work_sync(&pf->watch_work);
		disable_work_sync(&pf->filter_work);
	}
	if (was_running)
		stop_device(pf);

	vane_port_del_vfs(pf);
	vane_rate_suspend(pf);
	if (!pf->vdev.net)
		return;
	vane_port_del(pf);
	vane_net_free(pf->vdev.net);
}

/**
 * vane_pf_load() - reset the device, and undo vane_pf_unload()
 * @pf: the PF
 *
 * The netdev is a new one. Under the device lock and the devlink instance lock.
 *
 * Return: 0 or an errno, when the PF stays unloaded.
 */
int vane_pf_load(struct vane_pf *pf)
{
	int err;

	mutex_lock(&pf->lock);
	ether_addr_copy(pf->mac, pf->perm_mac);
	mutex_unlock(&pf->lock);

	err = start_device(pf);
	if (err)
		return err;
	err = start_netdev(pf);
	if (err) {
		stop_device(pf);
		return err;
	}
	err = vane_rate_resume(pf);
	if (!err)
		err = vane_port_add_vfs(pf);
	if (err) {
		vane_pf_unload(pf);
		return err;
	}
	vane_health_restart(pf);
	return 0;
}

static void init_pf(struct vane_pf *pf)
{
	mutex_init(&pf->lock);
	mutex_init(&pf->health.lock);
	hash_init(pf->addrs.buckets);
	xa_init(&pf->vif_lists);
	vane_link_init(pf);
	INIT_WORK(&pf->serve_work, vane_serve_work);
	INIT_WORK(&pf->link_work, vane_link_work);
	INIT_WORK(&pf->filter_work, vane_filter_work);
	INIT_WORK(&pf->reset_work, reset_work);
	INIT_DELAYED_WORK(&pf->watch_work, watch_work);
	INIT_DELAYED_WORK(&pf->health.work, vane_health_work);
	/* Until there is a netdev, and devlink is registered */
	disable_work(&pf->filter_work);
	disable_delayed_work(&pf->watch_work);
	disable_delayed_work(&pf->health.work);
}

/* Those that the netdev and devlink do not bring along */
static void stop_works(struct vane_pf *pf)
{
	disable_work_sync(&pf->reset_work);
	disable_work_sync(&pf->link_work);
	disable_work_sync(&pf->serve_work);
}

static void release_pf(struct vane_pf *pf)
{
	vane_sriov_release(pf);
	vane_switch_release(pf);
	vane_rate_release(pf);
	vane_addr_clear(&pf->addrs);
	mutex_destroy(&pf->health.lock);
	mutex_destroy(&pf->lock);
}

static int vane_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct devlink *devlink;
	struct vane_dev *vdev;
	struct vane_pf *pf;
	int err;

	devlink = devlink_alloc(&vane_devlink_ops, sizeof(*pf), &pdev->dev);
	if (!devlink)
		return -ENOMEM;
	pf = devlink_priv(devlink);
	vdev = &pf->vdev;
	pci_set_drvdata(pdev, pf);
	init_pf(pf);

	pf->wq = alloc_workqueue("vane-%s", WQ_UNBOUND | WQ_MEM_RECLAIM, 0,
				 pci_name(pdev));
	if (!pf->wq) {
		err = -ENOMEM;
		goto free_devlink;
	}
	err = vane_dev_init(vdev, pdev, &pf_dev_ops);
	if (err)
		goto release_pf;
	err = alloc_mbox(pf);
	if (err)
		goto exit_dev;
	err = vane_stats_init(pf);
	if (err)
		goto free_mbox;
	read_identity(pf);

	/* VFs that a former driver left go on undisturbed */
	if (!pci_num_vf(pdev))
		vane_wr32(vdev, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
	err = vane_dev_enable(vdev);
	if (err)
		goto exit_stats;
	err = vane_mbox_pf_start(&pf->mbox);
	if (err)
		goto disable_dev;
	err = set_up(pf);
	if (err)
		goto stop_mbox;
	set_ready(pf, true);

	/* What AER restores */
	pci_save_state(pdev);
	devl_lock(devlink);
	err = vane_devlink_init(pf);
	if (err)
		goto unlock_devlink;
	err = start_netdev(pf);
	if (err)
		goto exit_devlink;
	err = vane_rate_resume(pf);
	if (err)
		goto unload;
	err = vane_port_add_vfs(pf);
	if (err)
		goto unload;
	devl_unlock(devlink);
	devlink_register(devlink);
	vane_health_start(pf);
	return 0;

unload:
	vane_pf_unload(pf);
	vane_devlink_exit(pf);
	devl_unlock(devlink);
	goto exit_stats;
exit_devlink:
	vane_devlink_exit(pf);
unlock_devlink:
	devl_unlock(devlink);
stop_mbox:
	stop_mbox(pf);
disable_dev:
	vane_dev_disable(vdev);
exit_stats:
	stop_works(pf);
	vane_stats_exit(pf);
free_mbox:
	free_mbox(pf);
exit_dev:
	vane_dev_exit(vdev);
release_pf:
	release_pf(pf);
	destroy_workqueue(pf->wq);
free_devlink:
	devlink_free(devlink);
	pci_err(pdev, "probe failed: %pe\n", ERR_PTR(err));
	return err;
}

/*
 * VFs stay enabled: the device goes on forwarding, holds their requests, and
 * the next probe adopts them.
 */
static void vane_remove(struct pci_dev *pdev)
{
	struct vane_pf *pf = pci_get_drvdata(pdev);
	struct devlink *devlink = priv_to_devlink(pf);

	vane_sriov_unplug(pf);
	vane_health_stop(pf);
	devlink_unregister(devlink);
	devl_lock(devlink);
	vane_pf_unload(pf);
	vane_devlink_exit(pf);
	devl_unlock(devlink);
	stop_works(pf);
	vane_stats_exit(pf);
	free_mbox(pf);
	vane_dev_exit(&pf->vdev);
	release_pf(pf);
	destroy_workqueue(pf->wq);
	devlink_free(devlink);
}

static void vane_shutdown(struct pci_dev *pdev)
{
	struct vane_pf *pf = pci_get_drvdata(pdev);

	rtnl_lock();
	vane_pf_take_down(pf);
	rtnl_unlock();
}

static void recover(struct vane_pf *pf)
{
	int err;

	/* Before VFs are told, who may answer at once */
	vane_sriov_restore(pf);
	rtnl_lock();
	err = vane_pf_bring_up(pf);
	rtnl_unlock();
	if (err)
		pci_err(pf->vdev.pdev, "device does not come back: %pe\n",
			ERR_PTR(err));
}

static void vane_reset_prepare(struct pci_dev *pdev)
{
	struct vane_pf *pf = pci_get_drvdata(pdev);

	vane_sriov_save(pf);
	rtnl_lock();
	vane_pf_take_down(pf);
	rtnl_unlock();
}

static void vane_reset_done(struct pci_dev *pdev)
{
	recover(pci_get_drvdata(pdev));
}

static pci_ers_result_t vane_error_detected(struct pci_dev *pdev,
					    pci_channel_state_t state)
{
	struct vane_pf *pf = pci_get_drvdata(pdev);

	vane_sriov_save(pf);
	rtnl_lock();
	vane_pf_take_down(pf);
	rtnl_unlock();
	if (state == pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_DISCONNECT;
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t vane_slot_reset(struct pci_dev *pdev)
{
	struct vane_pf *pf = pci_get_drvdata(pdev);

	pci_restore_state(pdev);
	pci_save_state(pdev);
	if (vane_rd32(&pf->vdev, VANE_REG_MAGIC) != VANE_MAGIC) {
		pci_err(pdev, "device is gone after the reset of its slot\n");
		return PCI_ERS_RESULT_DISCONNECT;
	}
	return PCI_ERS_RESULT_RECOVERED;
}

static void vane_error_resume(struct pci_dev *pdev)
{
	recover(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers vane_err_handler = {
	.error_detected = vane_error_detected,
	.slot_reset = vane_slot_reset,
	.resume = vane_error_resume,
	.reset_prepare = vane_reset_prepare,
	.reset_done = vane_reset_done,
};

static int vane_suspend(struct device *dev)
{
	vane_reset_prepare(to_pci_dev(dev));
	return 0;
}

static int vane_resume(struct device *dev)
{
	struct vane_pf *pf = pci_get_drvdata(to_pci_dev(dev));
	int err;

	rtnl_lock();
	err = vane_pf_bring_up(pf);
	rtnl_unlock();
	return err;
}

static DEFINE_SIMPLE_DEV_PM_OPS(vane_pm_ops, vane_suspend, vane_resume);

static const struct pci_device_id vane_ids[] = {
	{ PCI_DEVICE(VANE_PCI_VENDOR_ID, VANE_PCI_DEVICE_ID_PF) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vane_ids);

static struct pci_driver vane_driver = {
	.name = "vane",
	.id_table = vane_ids,
	.probe = vane_probe,
	.remove = vane_remove,
	.shutdown = vane_shutdown,
	.sriov_configure = vane_sriov_configure,
	.sriov_get_vf_total_msix = vane_sriov_get_total_msix,
	.sriov_set_msix_vec_count = vane_sriov_set_msix_count,
	.err_handler = &vane_err_handler,
	.driver.pm = pm_sleep_ptr(&vane_pm_ops),
};

static int __init vane_init(void)
{
	int err;

	vane_ethtool_init();
	err = vane_netlink_init();
	if (err)
		return err;
	err = pci_register_driver(&vane_driver);
	if (err)
		vane_netlink_exit();
	return err;
}
module_init(vane_init);

static void __exit vane_exit(void)
{
	pci_unregister_driver(&vane_driver);
	vane_netlink_exit();
}
module_exit(vane_exit);

MODULE_DESCRIPTION("VANE SR-IOV Ethernet: physical function");
MODULE_AUTHOR("The VANE project");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VANE_NS);
