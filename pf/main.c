// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: probe, remove, error recovery, and power management.
 */
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/devlink.h>

#include "addr.h"
#include "assoc.h"
#include "channel.h"
#include "device.h"
#include "devlink.h"
#include "ethtool.h"
#include "filter.h"
#include "health.h"
#include "link.h"
#include "mdd.h"
#include "netlink.h"
#include "pf.h"
#include "port.h"
#include "profile.h"
#include "rate.h"
#include "rtnl.h"
#include "sriov.h"
#include "stats.h"
#include "switch.h"
#include "vf_ops.h"

static u32 vane_pf_mbox_rd32(void *ctx, u32 reg)
{
	return vane_rd32(ctx, reg);
}

static void vane_pf_mbox_wr32(void *ctx, u32 reg, u32 val)
{
	vane_wr32(ctx, reg, val);
}

static void vane_pf_event(struct vane_dev *vdev, u32 causes)
{
	struct vane_pf *pf = vane_pf_of(vdev);

	if (causes & VANE_EVENT_SQ)
		vane_mbox_pf_sq_event(&pf->mbox);
	if (causes & VANE_EVENT_RQ)
		queue_work(pf->wq, &pf->serve_work);
	if (causes & VANE_EVENT_LINK)
		queue_work(pf->wq, &pf->link.work);
	if (causes & (VANE_EVENT_LINK | VANE_EVENT_STATUS) && vdev->net)
		vane_net_refresh_link(vdev->net);
}

static void vane_pf_reset(struct vane_dev *vdev)
{
	vane_pf_queue_reset(vane_pf_of(vdev));
}

static const struct vane_dev_ops pf_dev_ops = {
	.features = VANE_FEAT_VLAN_FILTER | VANE_FEAT_SVLAN_FILTER |
		    VANE_FEAT_VEB | VANE_FEAT_VNTAG | VANE_FEAT_VEPA |
		    VANE_FEAT_RATE | VANE_FEAT_TRUNK | VANE_FEAT_PORT |
		    VANE_FEAT_VF_STATS | VANE_FEAT_OWN_MAC | VANE_FEAT_ETAG |
		    VANE_FEAT_CHANNELS,
	.event = vane_pf_event,
	.reset = vane_pf_reset,
};

/* The mailbox queues to the device, and back */
static int vane_pf_alloc_mbox(struct vane_pf *pf)
{
	const struct vane_mbox_io io = {
		.rd32 = vane_pf_mbox_rd32,
		.wr32 = vane_pf_mbox_wr32,
		.ctx = &pf->vdev,
	};
	struct device *dev = &pf->vdev.pdev->dev;
	struct vane_mbox_ring rq = { .log2 = VANE_MBOX_RQ_LOG2 };
	struct vane_mbox_ring sq = { .log2 = VANE_MBOX_SQ_LOG2 };
	struct vane_mbox_turns *turns;

	turns = kvmalloc(sizeof(*turns), GFP_KERNEL);
	if (!turns)
		return -ENOMEM;
	rq.slots = dma_alloc_coherent(dev, VANE_MBOX_RQ_BYTES, &rq.dma,
				      GFP_KERNEL);
	if (!rq.slots)
		goto free_turns;
	sq.slots = dma_alloc_coherent(dev, VANE_MBOX_SQ_BYTES, &sq.dma,
				      GFP_KERNEL);
	if (!sq.slots)
		goto free_rq;
	vane_mbox_pf_init(&pf->mbox, &io, &vane_vf_ops, pf, &rq, &sq, turns);
	return 0;

free_rq:
	dma_free_coherent(dev, VANE_MBOX_RQ_BYTES, rq.slots, rq.dma);
free_turns:
	kvfree(turns);
	return -ENOMEM;
}

static void vane_pf_free_mbox(struct vane_pf *pf)
{
	struct device *dev = &pf->vdev.pdev->dev;

	dma_free_coherent(dev, VANE_MBOX_SQ_BYTES, pf->mbox.sq.slots,
			  pf->mbox.sq.dma);
	dma_free_coherent(dev, VANE_MBOX_RQ_BYTES, pf->mbox.rq.slots,
			  pf->mbox.rq.dma);
	kvfree(pf->mbox.turns);
}

/* Copies a read-only field of the VPD, if there is one */
static void vane_pf_copy_vpd_field(const void *vpd, unsigned int size,
				   const char *keyword, char *text,
				   size_t text_size)
{
	unsigned int len;
	int at;

	at = pci_vpd_find_ro_info_keyword(vpd, size, keyword, &len);
	if (at >= 0)
		snprintf(text, text_size, "%.*s", (int)len,
			 (const char *)vpd + at);
}

/* Older devices have no VPD */
static void vane_pf_read_board(struct vane_pf *pf)
{
	struct vane_board *board = &pf->board;
	unsigned int size;
	void *vpd;

	vpd = pci_vpd_alloc(pf->vdev.pdev, &size);
	if (IS_ERR(vpd))
		return;
	vane_pf_copy_vpd_field(vpd, size, PCI_VPD_RO_KEYWORD_PARTNO,
			       board->part, sizeof(board->part));
	vane_pf_copy_vpd_field(vpd, size, PCI_VPD_RO_KEYWORD_SERIALNO,
			       board->serial, sizeof(board->serial));
	kfree(vpd);
}

static void vane_pf_read_identity(struct vane_pf *pf)
{
	struct vane_dev *vdev = &pf->vdev;
	u64 mac = vane_rd64(vdev, VANE_REG_PERM_MAC);

	pf->dsn = pci_get_dsn(vdev->pdev);
	vane_pf_read_board(pf);
	pf->filter.limit = vane_rd32(vdev, VANE_REG_LIMIT_FILTERS);
	pf->sw.limit_lists = vane_rd32(vdev, VANE_REG_LIMIT_LISTS);
	pf->sw.prio_map = VANE_PRIO_MAP_DEFAULT;
	pf->rates.limit = min_t(u32, VANE_MAX_RATE_GROUPS,
				vane_rd32(vdev, VANE_REG_LIMIT_RATE_GROUPS));
	/* First octet in the lowest bits */
	u64_to_ether_addr(swab64(mac) >> 16, pf->perm_mac);
	if (!is_valid_ether_addr(pf->perm_mac)) {
		eth_random_addr(pf->perm_mac);
		pci_warn(vdev->pdev, "device has no MAC, using %pM\n",
			 pf->perm_mac);
	}
	ether_addr_copy(pf->filter.mac, pf->perm_mac);
}

/* Configure the device or, if VFs were left enabled, adopt its configuration */
static int vane_pf_set_up(struct vane_pf *pf)
{
	int err;

	if (!pci_num_vf(pf->vdev.pdev))
		return vane_device_replay(pf);

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
		err = vane_channel_adopt(pf);
	if (!err)
		pci_info(pf->vdev.pdev, "took over %u VFs\n", pf->num_vfs);
	return err;
}

static void vane_pf_init(struct vane_pf *pf)
{
	mutex_init(&pf->lock);
	mutex_init(&pf->health.lock);
	hash_init(pf->filter.addrs.buckets);
	xa_init(&pf->sw.lists);
	xa_init(&pf->channels.granted);
	vane_profile_init(pf);
	vane_link_init(pf);
	vane_mdd_init(pf);
	INIT_WORK(&pf->serve_work, vane_vf_ops_serve_work);
	INIT_WORK(&pf->assocs.work, vane_assoc_work);
	INIT_WORK(&pf->link.work, vane_link_work);
	INIT_WORK(&pf->filter.work, vane_filter_work);
	INIT_WORK(&pf->reset_work, vane_health_reset_work);
	INIT_DELAYED_WORK(&pf->health.watch_work, vane_health_watch_work);
	INIT_DELAYED_WORK(&pf->health.work, vane_health_work);
	/* Until the VFs are known, there is a netdev, and devlink is registered */
	disable_work(&pf->serve_work);
	disable_work(&pf->filter.work);
	disable_delayed_work(&pf->health.watch_work);
	disable_delayed_work(&pf->health.work);
}

/* Those that need neither netdev nor devlink */
static void vane_pf_stop_works(struct vane_pf *pf)
{
	disable_work_sync(&pf->reset_work);
	disable_work_sync(&pf->link.work);
	disable_work_sync(&pf->assocs.work);
	disable_work_sync(&pf->serve_work);
}

static void vane_pf_release(struct vane_pf *pf)
{
	vane_sriov_release(pf);
	vane_profile_exit(pf);
	vane_switch_release(pf);
	vane_channel_release(pf);
	vane_rate_release(pf);
	vane_addr_clear(&pf->filter.addrs);
	vane_rtnl_release_mark(&pf->admin.request);
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
	vane_pf_init(pf);

	pf->wq = alloc_workqueue("vane-%s", WQ_UNBOUND | WQ_MEM_RECLAIM, 0,
				 pci_name(pdev));
	if (!pf->wq) {
		err = -ENOMEM;
		goto free_devlink;
	}
	err = vane_dev_init(vdev, pdev, &pf_dev_ops);
	if (err)
		goto release_pf;
	err = vane_pf_alloc_mbox(pf);
	if (err)
		goto exit_dev;
	err = vane_stats_init(pf);
	if (err)
		goto free_mbox;
	vane_pf_read_identity(pf);

	/*
	 * VFs that a former driver left enabled continue undisturbed. Nothing
	 * remains of its netdev: no filter, no receive rule, no RSS table.
	 */
	if (pci_num_vf(pdev))
		vane_wr32(vdev, VANE_REG_CTRL, VANE_CTRL_RESET);
	else
		vane_wr32(vdev, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
	err = vane_dev_enable(vdev);
	if (err)
		goto exit_stats;
	err = vane_mbox_pf_start(&pf->mbox);
	if (err)
		goto disable_dev;
	err = vane_pf_set_up(pf);
	if (err)
		goto stop_mbox;
	vane_device_serve(pf);

	/* What AER restores */
	pci_save_state(pdev);
	devl_lock(devlink);
	err = vane_devlink_init(pf);
	if (err)
		goto unlock_devlink;
	err = vane_devlink_start_netdev(pf);
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
	vane_devlink_unload(pf);
	vane_devlink_exit(pf);
	devl_unlock(devlink);
	goto exit_stats;
exit_devlink:
	vane_devlink_exit(pf);
unlock_devlink:
	devl_unlock(devlink);
stop_mbox:
	vane_device_stop_mbox(pf);
disable_dev:
	vane_dev_disable(vdev);
exit_stats:
	vane_pf_stop_works(pf);
	vane_stats_exit(pf);
free_mbox:
	vane_pf_free_mbox(pf);
exit_dev:
	vane_dev_exit(vdev);
release_pf:
	vane_pf_release(pf);
	destroy_workqueue(pf->wq);
free_devlink:
	devlink_free(devlink);
	pci_err(pdev, "probe failed: %pe\n", ERR_PTR(err));
	return err;
}

/*
 * VFs stay enabled: the device continues to forward, holds their requests, and
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
	vane_devlink_unload(pf);
	vane_devlink_exit(pf);
	devl_unlock(devlink);
	vane_pf_stop_works(pf);
	vane_stats_exit(pf);
	vane_pf_free_mbox(pf);
	vane_dev_exit(&pf->vdev);
	vane_pf_release(pf);
	destroy_workqueue(pf->wq);
	devlink_free(devlink);
}

static void vane_shutdown(struct pci_dev *pdev)
{
	struct vane_pf *pf = pci_get_drvdata(pdev);

	rtnl_lock();
	vane_device_take_down(pf);
	rtnl_unlock();
}

static void vane_pf_recover_slot(struct vane_pf *pf)
{
	/* Before VFs are told, as they may respond at once */
	vane_sriov_restore(pf);
	rtnl_lock();
	vane_device_bring_up(pf);
	rtnl_unlock();
}

static void vane_reset_prepare(struct pci_dev *pdev)
{
	struct vane_pf *pf = pci_get_drvdata(pdev);

	vane_sriov_save(pf);
	rtnl_lock();
	vane_device_take_down(pf);
	rtnl_unlock();
}

static void vane_reset_done(struct pci_dev *pdev)
{
	vane_pf_recover_slot(pci_get_drvdata(pdev));
}

static pci_ers_result_t vane_error_detected(struct pci_dev *pdev,
					    pci_channel_state_t state)
{
	struct vane_pf *pf = pci_get_drvdata(pdev);

	vane_sriov_save(pf);
	rtnl_lock();
	vane_device_take_down(pf);
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
	vane_pf_recover_slot(pci_get_drvdata(pdev));
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
	err = vane_device_bring_up(pf);
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

	vane_pf_ethtool_init();
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
