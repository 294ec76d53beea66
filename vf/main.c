// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE VF driver: PCI glue, and the netdev operations that need the PF.
 */
#include <linux/module.h>

#include "compat.h"
#include "vf.h"

static int vanevf_set_mac_address(struct net_device *netdev, void *p)
{
	struct vanevf *vf = netdev_to_vanevf(netdev);
	const struct sockaddr *addr = p;
	const u8 *mac = addr->sa_data;
	int err;

	if (!is_valid_ether_addr(mac))
		return -EADDRNOTAVAIL;
	if (ether_addr_equal(netdev->dev_addr, mac))
		return 0;
	if (!vane_net_attached(vf->vdev.net))
		return -EBUSY;

	err = vanevf_req_mac(vf, mac);
	if (err) {
		if (net_ratelimit())
			netdev_err(netdev, "cannot set the MAC address %pM: %s: %pe\n",
				   mac, vanevf_refused(err) ?
				   "the PF refuses" : "no answer from the PF",
				   ERR_PTR(err));
		/* The PF may nevertheless have set it */
		if (!vanevf_refused(err)) {
			set_bit(VANEVF_RENEGOTIATE, &vf->flags);
			vanevf_kick(vf);
		}
		return err;
	}
	eth_hw_addr_set(netdev, mac);
	return 0;
}

static void vanevf_set_rx_mode(struct net_device *netdev)
{
	struct vanevf *vf = netdev_to_vanevf(netdev);

	set_bit(VANEVF_RX_STALE, &vf->flags);
	vanevf_kick(vf);
}

static int vanevf_vlan_rx_add_vid(struct net_device *netdev, __be16 proto,
				  u16 vid)
{
	struct vanevf *vf = netdev_to_vanevf(netdev);

	/* Frames of VLAN 0 pass every filter */
	if (!vid)
		return 0;
	vanevf_filters_set_vlan(vf, proto, vid, true);
	vanevf_set_rx_mode(netdev);
	return 0;
}

static int vanevf_vlan_rx_kill_vid(struct net_device *netdev, __be16 proto,
				   u16 vid)
{
	struct vanevf *vf = netdev_to_vanevf(netdev);

	vanevf_filters_set_vlan(vf, proto, vid, false);
	vanevf_set_rx_mode(netdev);
	return 0;
}

static int vanevf_set_features(struct net_device *netdev,
			       netdev_features_t features)
{
	struct vanevf *vf = netdev_to_vanevf(netdev);
	int err;

	err = vane_set_features(netdev, features);
	if (err)
		return err;
	if (vanevf_filters_set_features(vf, features))
		vanevf_set_rx_mode(netdev);
	return 0;
}

static const struct net_device_ops vanevf_netdev_ops = {
	.ndo_open		= vane_net_open,
	.ndo_stop		= vane_net_stop,
	.ndo_start_xmit		= vane_start_xmit,
	.ndo_features_check	= vane_features_check,
	.ndo_get_stats64	= vane_get_stats64,
	.ndo_change_mtu		= vane_change_mtu,
	.ndo_fix_features	= vane_fix_features,
	.ndo_set_features	= vanevf_set_features,
	.ndo_tx_timeout		= vane_tx_timeout,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_set_mac_address	= vanevf_set_mac_address,
	.ndo_set_rx_mode	= vanevf_set_rx_mode,
	.ndo_vlan_rx_add_vid	= vanevf_vlan_rx_add_vid,
	.ndo_vlan_rx_kill_vid	= vanevf_vlan_rx_kill_vid,
};

static int vanevf_netdev_event(struct notifier_block *nb, unsigned long event,
			       void *ptr)
{
	struct net_device *netdev = netdev_notifier_info_to_dev(ptr);

	if (netdev->netdev_ops == &vanevf_netdev_ops)
		vanevf_channel_follow_all(netdev_to_vanevf(netdev), event);
	return NOTIFY_DONE;
}

static struct notifier_block vanevf_netdev_notifier = {
	.notifier_call = vanevf_netdev_event,
};

static void vanevf_event(struct vane_dev *vdev, u32 causes)
{
	struct vanevf *vf = vdev_to_vanevf(vdev);

	/* A reset also ends the wait for a request */
	if (causes & (VANE_EVENT_MBOX | VANE_EVENT_STATUS))
		vane_mbox_vf_event(&vf->mbox);
	if (causes & VANE_EVENT_STATUS) {
		set_bit(VANEVF_CHANNELS_STALE, &vf->flags);
		wake_up(&vf->status_wait);
		vanevf_kick(vf);
	}
}

static void vanevf_reset(struct vane_dev *vdev)
{
	struct vanevf *vf = vdev_to_vanevf(vdev);

	set_bit(VANEVF_RESET_WANTED, &vf->flags);
	vanevf_kick(vf);
}

static const struct vane_dev_ops vanevf_dev_ops = {
	.features	= VANE_FEAT_VLAN_FILTER | VANE_FEAT_SVLAN_FILTER |
			  VANE_FEAT_TX_CHANNEL | VANE_FEAT_RX_CHANNEL,
	.event		= vanevf_event,
	.reset		= vanevf_reset,
	.receive_channel = vanevf_channel_receive,
};

/*
 * Use the address that the PF set, even if its driver is gone by now; otherwise a
 * random one until a PF sets another.
 */
static void vanevf_first_mac(struct vanevf *vf, struct net_device *netdev)
{
	u8 mac[ETH_ALEN];

	if (vanevf_read_mac(vf, mac))
		eth_hw_addr_set(netdev, mac);
	else
		eth_hw_addr_random(netdev);
}

static int vanevf_create_netdev(struct vanevf *vf)
{
	struct net_device *netdev;
	struct vane_net *vn;
	int err;

	vn = vane_net_alloc(&vf->vdev, &vanevf_netdev_ops);
	if (!vn)
		return -ENOMEM;

	netdev = vn->netdev;
	netdev->ethtool_ops = &vane_ethtool_ops;
	vanevf_first_mac(vf, netdev);
	netdev->priv_flags |= IFF_UNICAST_FLT;
	vanevf_filters_set_features(vf, netdev->features);

	err = vane_net_register(vn);
	if (err)
		goto free_net;
	return 0;

free_net:
	vane_net_free(vn);
	return err;
}

/*
 * On a kernel that attaches drivers to new functions at once, this runs inside
 * the PF's sriov_configure: the PF serves its mailbox there.
 */
static int vanevf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct devlink *devlink;
	struct vanevf *vf;
	int err;

	devlink = devlink_alloc(&vanevf_devlink_ops, sizeof(*vf), &pdev->dev);
	if (!devlink)
		return -ENOMEM;
	vf = devlink_priv(devlink);
	pci_set_drvdata(pdev, vf);
	xa_init(&vf->channels.table);
	init_waitqueue_head(&vf->status_wait);
	INIT_DELAYED_WORK(&vf->service, vanevf_service);
	disable_delayed_work(&vf->service);

	err = vane_dev_init(&vf->vdev, pdev, &vanevf_dev_ops);
	if (err)
		goto free_devlink;
	vanevf_mbox_init(vf);

	err = vanevf_start(vf);
	if (err)
		goto exit_mbox;

	/* If the PF becomes ready or agrees later, the netdev is waiting for it */
	if (vanevf_wait_pf(vf))
		err = vanevf_negotiate(vf);
	else
		pci_info(pdev, "no PF driver answers yet; the link stays down until one does\n");
	if (err == -ENODEV)
		goto disable_dev;

	err = vanevf_create_netdev(vf);
	if (err)
		goto disable_dev;

	enable_delayed_work(&vf->service);
	vanevf_kick(vf);
	devlink_register(devlink);
	return 0;

disable_dev:
	vane_dev_disable(&vf->vdev);
exit_mbox:
	vane_mbox_vf_destroy(&vf->mbox);
	vane_dev_exit(&vf->vdev);
free_devlink:
	devlink_free(devlink);
	return err;
}

static void vanevf_remove(struct pci_dev *pdev)
{
	struct vanevf *vf = pci_get_drvdata(pdev);

	disable_delayed_work_sync(&vf->service);
	vanevf_devlink_unregister(vf);
	vane_net_unregister(vf->vdev.net);
	if (vf->state != VANEVF_DOWN) {
		vane_dev_disable(&vf->vdev);
		/* The PF forgets what this driver requested */
		vane_wr32(&vf->vdev, VANE_REG_CTRL, VANE_CTRL_RESET);
	}
	vane_net_free(vf->vdev.net);
	vanevf_filters_forget(vf);
	vane_mbox_vf_destroy(&vf->mbox);
	vane_dev_exit(&vf->vdev);
	devlink_free(priv_to_devlink(vf));
}

/*
 * Stop the function and do not access it until vanevf_release(), because its
 * state is about to be lost. May be called several times before it is released.
 * Under the device lock.
 */
static void vanevf_hold(struct vanevf *vf)
{
	if (vf->held)
		return;
	vf->held = true;
	disable_delayed_work_sync(&vf->service);
	vanevf_stop(vf);
}

static void vanevf_release(struct vanevf *vf)
{
	if (!vf->held)
		return;
	vf->held = false;
	enable_delayed_work(&vf->service);
	vanevf_kick(vf);
}

static void vanevf_shutdown(struct pci_dev *pdev)
{
	vanevf_hold(pci_get_drvdata(pdev));
}

static int vanevf_suspend(struct device *dev)
{
	vanevf_hold(dev_get_drvdata(dev));
	return 0;
}

static int vanevf_resume(struct device *dev)
{
	vanevf_release(dev_get_drvdata(dev));
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(vanevf_pm_ops, vanevf_suspend, vanevf_resume);

static pci_ers_result_t vanevf_error_detected(struct pci_dev *pdev,
					      pci_channel_state_t state)
{
	vanevf_hold(pci_get_drvdata(pdev));
	if (state == pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_DISCONNECT;
	return PCI_ERS_RESULT_NEED_RESET;
}

/* A start sets up bus master and MSI-X, the only PCI state that a VF has */
static pci_ers_result_t vanevf_slot_reset(struct pci_dev *pdev)
{
	return PCI_ERS_RESULT_RECOVERED;
}

static void vanevf_error_resume(struct pci_dev *pdev)
{
	vanevf_release(pci_get_drvdata(pdev));
}

static void vanevf_reset_prepare(struct pci_dev *pdev)
{
	vanevf_hold(pci_get_drvdata(pdev));
}

static void vanevf_reset_done(struct pci_dev *pdev)
{
	vanevf_release(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers vanevf_err_handlers = {
	.error_detected	= vanevf_error_detected,
	.slot_reset	= vanevf_slot_reset,
	.resume		= vanevf_error_resume,
	.reset_prepare	= vanevf_reset_prepare,
	.reset_done	= vanevf_reset_done,
};

static const struct pci_device_id vanevf_ids[] = {
	{ PCI_DEVICE(VANE_PCI_VENDOR_ID, VANE_PCI_DEVICE_ID_VF) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vanevf_ids);

static struct pci_driver vanevf_driver = {
	.name		= KBUILD_MODNAME,
	.id_table	= vanevf_ids,
	.probe		= vanevf_probe,
	.remove		= vanevf_remove,
	.shutdown	= vanevf_shutdown,
	.err_handler	= &vanevf_err_handlers,
	.driver = {
		.pm		= pm_sleep_ptr(&vanevf_pm_ops),
	},
};

static int __init vanevf_init(void)
{
	int err;

	vanevf_wq = alloc_workqueue("vanevf", WQ_UNBOUND, 0);
	if (!vanevf_wq)
		return -ENOMEM;
	err = register_netdevice_notifier(&vanevf_netdev_notifier);
	if (err)
		goto destroy_wq;
	err = pci_register_driver(&vanevf_driver);
	if (err)
		goto unregister_notifier;
	return 0;

unregister_notifier:
	unregister_netdevice_notifier(&vanevf_netdev_notifier);
destroy_wq:
	destroy_workqueue(vanevf_wq);
	return err;
}
module_init(vanevf_init);

static void __exit vanevf_exit(void)
{
	pci_unregister_driver(&vanevf_driver);
	unregister_netdevice_notifier(&vanevf_netdev_notifier);
	destroy_workqueue(vanevf_wq);
}
module_exit(vanevf_exit);

MODULE_AUTHOR("The VANE project");
MODULE_DESCRIPTION("VANE Ethernet controller: virtual function");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VANE_NS);
