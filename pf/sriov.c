// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: virtual functions, from enabling SR-IOV to disabling it.
 *
 * The state of a VF exists from before pci_enable_sriov() until
 * pci_disable_sriov() has returned, since VF drivers are bound inside the former
 * and unbound inside the latter.
 */
#include <linux/bitfield.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <net/devlink.h>

#include "addr.h"
#include "channel.h"
#include "command.h"
#include "filter.h"
#include "pf.h"
#include "port.h"
#include "rate.h"
#include "size.h"
#include "sriov.h"
#include "switch.h"
#include "vf.h"

static void vane_sriov_init_log(struct ratelimit_state *log)
{
	ratelimit_state_init(log, VANE_VF_LOG_INTERVAL, VANE_VF_LOG_BURST);
	ratelimit_set_flags(log, RATELIMIT_MSG_ON_RELEASE);
}

static struct vane_vf *vane_sriov_alloc_vfs(int num_vfs)
{
	struct vane_vf *vfs;
	int i;

	vfs = kvcalloc(num_vfs, sizeof(*vfs), GFP_KERNEL);
	if (!vfs)
		return NULL;
	for (i = 0; i < num_vfs; i++) {
		hash_init(vfs[i].addrs.buckets);
		vane_sriov_init_log(&vfs[i].refusals);
		vane_sriov_init_log(&vfs[i].sanctions);
	}
	return vfs;
}

/* Make VFs known to the mailbox and the administrator */
static void vane_sriov_publish_vfs(struct vane_pf *pf, struct vane_vf *vfs,
				   u16 num_vfs)
{
	lockdep_assert_held(&pf->lock);

	pf->vfs = vfs;
	pf->num_vfs = num_vfs;
	pf->stats.next_vf = 0;
	bitmap_zero(pf->assocs.pending, VANE_MAX_VFS);
}

/**
 * vane_sriov_release() - forget the VFs
 * @pf: the PF
 *
 * Waits for the mailbox to be done with them.
 *
 * Context: Process context; may sleep. Takes vane_pf.lock, as does the work
 * item that this waits for.
 */
void vane_sriov_release(struct vane_pf *pf)
{
	struct vane_vf *vfs;
	u16 num_vfs, i;

	mutex_lock(&pf->lock);
	vfs = pf->vfs;
	num_vfs = pf->num_vfs;
	vane_sriov_publish_vfs(pf, NULL, 0);
	mutex_unlock(&pf->lock);

	/* Between two of its steps it holds no lock, but may refer to a VF */
	flush_work(&pf->serve_work);

	for (i = 0; i < num_vfs; i++) {
		vane_addr_clear(&vfs[i].addrs);
		kfree(vfs[i].assoc);
	}
	kvfree(vfs);
}

/* Make @vfs known, and configure their ports before there is anything behind */
static int vane_sriov_command_new(struct vane_pf *pf, struct vane_vf *vfs,
				  int num_vfs)
{
	struct vane_mbox_batch batch;
	int i, err;

	mutex_lock(&pf->lock);
	vane_sriov_publish_vfs(pf, vfs, num_vfs);
	vane_filter_shrink_to_quota(pf);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	for (i = 0; i < num_vfs; i++) {
		vane_vf_default_config(pf, i, &vfs[i].config);
		vane_vf_reset_requested(&vfs[i]);
		vane_vf_port_batch(pf, &batch, i, vane_vf_valid_mask(pf));
	}
	err = vane_command_batch_end(pf, &batch);
	mutex_unlock(&pf->lock);
	if (err)
		err = vane_command_tell(pf, err,
					"enable %d VFs with %u queues and %u vectors each (device has %u and %u)",
					num_vfs, vfs->config.queues,
					vfs->config.vectors, VANE_TOTAL_QUEUES,
					VANE_TOTAL_VECTORS);
	return err;
}

/* VFs are gone, or have not come after all */
static void vane_sriov_forget_vfs(struct vane_pf *pf)
{
	vane_sriov_release(pf);
	vane_switch_drop_vfs(pf);
	vane_channel_drop_vfs(pf);
}

static int vane_sriov_enable_vfs(struct vane_pf *pf, int num_vfs)
{
	struct devlink *devlink = priv_to_devlink(pf);
	struct pci_dev *pdev = pf->vdev.pdev;
	struct vane_vf *vfs;
	int err;

	vfs = vane_sriov_alloc_vfs(num_vfs);
	if (!vfs)
		return -ENOMEM;
	err = vane_sriov_command_new(pf, vfs, num_vfs);
	if (err)
		goto release_vfs;

	devl_lock(devlink);
	err = vane_port_add_vfs(pf);
	devl_unlock(devlink);
	if (err)
		goto release_vfs;

	err = pci_enable_sriov(pdev, num_vfs);
	if (err) {
		pci_err(pdev, "cannot enable %d VFs: %pe\n", num_vfs,
			ERR_PTR(err));
		goto del_ports;
	}

	/* A VF whose driver negotiates later, or is not ours, gets its link now */
	vane_vf_notify_status(pf, false);
	return num_vfs;

del_ports:
	devl_lock(devlink);
	vane_port_del_vfs(pf);
	devl_unlock(devlink);
release_vfs:
	vane_sriov_forget_vfs(pf);
	/* The PF has the filters to itself again. */
	queue_work(pf->wq, &pf->filter.work);
	return err;
}

static void vane_sriov_disable_vfs(struct vane_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);

	devl_lock(devlink);
	vane_port_del_vfs(pf);
	devl_unlock(devlink);
	pci_disable_sriov(pf->vdev.pdev);
	vane_sriov_forget_vfs(pf);
	/* The PF has the filters to itself again. */
	queue_work(pf->wq, &pf->filter.work);
}

/* Whether a user holds the VF. Under its device lock. */
static bool vane_sriov_is_used(struct pci_dev *vfdev)
{
	struct device_driver *drv = vfdev->dev.driver;

	/* Xen's way to say so */
	if (vfdev->dev_flags & PCI_DEV_FLAGS_ASSIGNED)
		return true;
	/* A VFIO driver enables the function only while somebody has it open */
	return drv && to_pci_driver(drv)->driver_managed_dma &&
	       pci_is_enabled(vfdev);
}

/*
 * Whether a user holds the VF, or its device lock is held until @deadline.
 * Probing, unbinding and resetting a VF end by themselves, but a user may reset
 * a VF over and over, in which case it is indeed in use.
 */
static bool vane_sriov_is_used_or_busy(struct pci_dev *vfdev,
				       unsigned long deadline)
{
	bool used;

	if (!vane_vf_lock_device(vfdev, deadline))
		return true;
	used = vane_sriov_is_used(vfdev);
	device_unlock(&vfdev->dev);
	return used;
}

/**
 * vane_sriov_check_unused() - check that no VF is in use
 * @pf: the PF, whose device lock is held
 * @extack: names those in use, or NULL; the log names all
 *
 * Removing a VF that VFIO holds would block, with locks held, until its user
 * releases it. A user that opens a VF after this check can still cause that.
 *
 * The VFs' device locks nest inside the PF's here, as in the PCI core, and are
 * waited for only for a limited time.
 *
 * Context: The PF's device lock held. May sleep. Takes those of its VFs, which
 * are inner ones here as in the PCI core, and waits for them a few seconds at
 * most.
 * Return: 0, or -EBUSY if a VF is in use and the devlink parameter does not
 * allow that.
 */
int vane_sriov_check_unused(struct vane_pf *pf, struct netlink_ext_ack *extack)
{
	unsigned long deadline = jiffies + VANE_VF_BUSY_TIMEOUT;
	int num_vfs = pci_num_vf(pf->vdev.pdev);
	DECLARE_BITMAP(used, VANE_MAX_VFS) = {};
	struct pci_dev *vfdev;
	int i;

	if (READ_ONCE(pf->sriov.ignore_users))
		return 0;

	for (i = 0; i < num_vfs; i++) {
		vfdev = vane_vf_get_vfdev(pf, i);
		if (vfdev && vane_sriov_is_used_or_busy(vfdev, deadline))
			__set_bit(i, used);
		pci_dev_put(vfdev);
	}
	if (bitmap_empty(used, VANE_MAX_VFS))
		return 0;

	vane_pf_tell(pf, "VFs in use: %*pbl; stop their users first, or set ignore_vf_users",
		     VANE_MAX_VFS, used);
	NL_SET_ERR_MSG_FMT(extack, "%u VFs are in use, the first is VF %lu",
			   bitmap_weight(used, VANE_MAX_VFS),
			   find_first_bit(used, VANE_MAX_VFS));
	return -EBUSY;
}

/**
 * vane_sriov_get_total_msix() - sriov_get_vf_total_msix of the PCI driver
 * @pdev: the PF
 *
 * Context: The PF's device lock held. Does not sleep.
 * Return: vectors that can be distributed among the VFs.
 */
u32 vane_sriov_get_total_msix(struct pci_dev *pdev)
{
	return VANE_VFS_VECTORS;
}

/**
 * vane_sriov_set_msix_count() - sriov_set_msix_vec_count of the PCI driver
 * @vfdev: a VF; the PCI core has seen that it has no driver
 * @count: vectors, or 0 for the default
 *
 * Queue pairs follow: one a vector, but for vector 0.
 *
 * Context: The device locks of PF and VF held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_sriov_set_msix_count(struct pci_dev *vfdev, int count)
{
	struct vane_pf *pf = pci_get_drvdata(pci_physfn(vfdev));
	struct netlink_ext_ack extack = {};
	int index = pci_iov_vf_id(vfdev);
	int err;

	if (!count)
		count = vane_vf_default_queues() + 1;
	if (count < VANE_MIN_VECTORS_VF || count > VANE_MAX_VECTORS_VF) {
		vane_pf_tell(pf, "VF %d: %d vectors are out of range, a VF can have %u to %u",
			     index, count, VANE_MIN_VECTORS_VF,
			     VANE_MAX_VECTORS_VF);
		return -ERANGE;
	}

	mutex_lock(&pf->lock);
	err = vane_size_set(pf, index, count, &extack);
	mutex_unlock(&pf->lock);
	if (err)
		vane_pf_tell(pf, "VF %d: cannot have %d vectors: %s", index,
			     count, extack._msg ?: "the VF no longer exists");
	return err;
}

/**
 * vane_sriov_configure() - sriov_configure of the PCI driver
 * @pdev: the PF
 * @num_vfs: VFs to enable, none being enabled, or 0; the PCI core has compared
 *	it with TotalVFs
 *
 * Context: The PF's device lock held. May sleep. Takes the devlink instance
 * lock and vane_pf.lock, neither while VFs come or go.
 * Return: VFs enabled, or an errno; -EBUSY if a VF that is to go is in use.
 */
int vane_sriov_configure(struct pci_dev *pdev, int num_vfs)
{
	struct vane_pf *pf = pci_get_drvdata(pdev);
	int err;

	if (num_vfs)
		return vane_sriov_enable_vfs(pf, num_vfs);

	err = vane_sriov_check_unused(pf, NULL);
	if (err)
		return err;
	vane_sriov_disable_vfs(pf);
	return 0;
}

/* Removing a device by sysfs, or a bridge above it, first removes the file that
 * was written to. A flag that the PCI core sets before it detaches the driver
 * would replace this function and the next one.
 */
static bool vane_sriov_removed_by_sysfs(struct pci_dev *pdev)
{
	struct kernfs_node *file;

	for (; pdev; pdev = pci_upstream_bridge(pdev)) {
		file = sysfs_get_dirent(pdev->dev.kobj.sd, "remove");
		if (!file)
			return true;
		sysfs_put(file);
	}
	return false;
}

/* Hotplug takes a slot's functions off the bus from the last to the first. */
static bool vane_sriov_removed_by_hotplug(struct vane_pf *pf)
{
	struct pci_dev *first = vane_vf_get_vfdev(pf, 0);

	if (!first)
		return true;
	pci_dev_put(first);
	return false;
}

/**
 * vane_sriov_unplug() - disable the VFs of a device that is being removed
 * @pf: the PF, whose driver is being removed
 *
 * Unbinding the driver leaves VFs enabled. If the device goes too, they cannot
 * stay, as the PCI core does not free a PF that has VFs. The PCI core does not
 * tell the driver which of the two is happening.
 *
 * Context: The PF's device lock held. May sleep. Takes the devlink instance
 * lock and vane_pf.lock, neither while VFs go.
 */
void vane_sriov_unplug(struct vane_pf *pf)
{
	if (!pci_num_vf(pf->vdev.pdev))
		return;
	if (vane_sriov_removed_by_sysfs(pf->vdev.pdev) ||
	    vane_sriov_removed_by_hotplug(pf))
		vane_sriov_disable_vfs(pf);
}

/* The configuration that the device has for a port */
static void vane_sriov_adopt_config(const struct vane_pf *pf,
				    struct vane_vf *vf,
				    const struct vane_cmd_port *port)
{
	u32 cookie = le32_to_cpu(port->cookie);
	u32 flags = le32_to_cpu(port->flags);
	struct vane_vf_config *config = &vf->config;
	u16 tci = le16_to_cpu(port->vlan_tci);

	config->mac_admin = FIELD_GET(VANE_COOKIE_MAC_ADMIN, cookie);
	if (config->mac_admin)
		ether_addr_copy(config->mac, port->mac);
	ether_addr_copy(vf->mac, is_valid_ether_addr(port->own_mac) ?
				 port->own_mac : port->mac);
	/* It has none if the former driver died after a reset */
	if (!is_valid_ether_addr(vf->mac))
		ether_addr_copy(vf->mac, config->mac);
	config->vlan = tci & VLAN_VID_MASK;
	config->qos = tci >> VLAN_PRIO_SHIFT;
	if (port->vlan_proto)
		config->vlan_proto = le16_to_cpu(port->vlan_proto);
	config->channel = le16_to_cpu(port->channel_high) << 16 |
			  le16_to_cpu(port->channel);
	if (pf->vdev.features & VANE_FEAT_ETAG)
		config->prio_map = le64_to_cpu(port->prio_map);
	config->link_state = FIELD_GET(VANE_COOKIE_LINK_STATE, cookie);
	config->quarantined = FIELD_GET(VANE_COOKIE_QUARANTINED, cookie);
	config->spoofchk = flags & VANE_PORT_FLAG_SPOOFCHK;
	config->trusted = flags & VANE_PORT_FLAG_TRUST;
	WRITE_ONCE(vf->peer.trusted, config->trusted);
	config->trunk = flags & VANE_PORT_FLAG_TRUNK;
	config->tx_max = le32_to_cpu(port->tx_max);
	config->tx_share = le32_to_cpu(port->tx_share);
	config->rate_group = le16_to_cpu(port->rate_group);
	config->queues = le16_to_cpu(port->queues);
	config->vectors = le16_to_cpu(port->vectors);
	/* Changed, so that VFs negotiate with this driver */
	vf->config_gen = FIELD_GET(VANE_COOKIE_CONFIG_GEN, cookie) + 1;
}

static int vane_sriov_adopt_trunk(struct vane_pf *pf, u16 index)
{
	struct vane_cmd_trunk parts[VLAN_N_VID / VANE_TRUNK_VIDS] = {};
	struct vane_mbox_batch batch;
	unsigned int i;
	int err;

	vane_mbox_batch_begin(&batch, &pf->mbox);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		parts[i].port = cpu_to_le16(index);
		parts[i].first = cpu_to_le16(i * VANE_TRUNK_VIDS);
		vane_mbox_batch_add(&batch, VANE_CMD_TRUNK_GET, &parts[i],
				    sizeof(parts[i]), &parts[i],
				    sizeof(parts[i]));
	}
	err = vane_command_batch_end(pf, &batch);
	if (err)
		return err;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		memcpy(&pf->vfs[index].trunk[i * sizeof(parts[i].vids)],
		       parts[i].vids, sizeof(parts[i].vids));
	return 0;
}

/*
 * Make the device hold what this driver knows of the VFs, and nothing else. The
 * device cannot report what VFs have requested; they request it again when they
 * negotiate, which each new PF driver requires of them.
 */
static int vane_sriov_command_adopted(struct vane_pf *pf)
{
	struct vane_cmd_target target = {};
	struct vane_mbox_batch batch;
	u16 i;

	lockdep_assert_held(&pf->lock);

	vane_mbox_batch_begin(&batch, &pf->mbox);
	for (i = 0; i < pf->num_vfs; i++) {
		target.port = cpu_to_le16(i);
		vane_mbox_batch_add(&batch, VANE_CMD_FILTER_CLEAR, &target,
				    sizeof(target), NULL, 0);
		vane_vf_port_batch(pf, &batch, i, vane_vf_valid_mask(pf));
		vane_vf_status_batch(pf, &batch, i, VANE_EVENT_STATUS);
	}
	return vane_command_batch_end(pf, &batch);
}

/**
 * vane_sriov_adopt() - take over VFs that a former driver left enabled
 * @pf: the PF, whose mailbox is started but not ready
 *
 * Context: Process context, in probe; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_sriov_adopt(struct vane_pf *pf)
{
	int num_vfs = pci_num_vf(pf->vdev.pdev);
	struct vane_mbox_batch batch;
	struct vane_cmd_port *ports;
	struct vane_vf *vfs;
	int i, err;

	vfs = vane_sriov_alloc_vfs(num_vfs);
	if (!vfs)
		return -ENOMEM;
	ports = kvcalloc(num_vfs, sizeof(*ports), GFP_KERNEL);
	if (!ports) {
		err = -ENOMEM;
		goto free_vfs;
	}

	mutex_lock(&pf->lock);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	for (i = 0; i < num_vfs; i++) {
		ports[i].port = cpu_to_le16(i);
		vane_mbox_batch_add(&batch, VANE_CMD_PORT_GET, &ports[i],
				    sizeof(ports[i]), &ports[i],
				    vane_vf_port_size(pf));
	}
	err = vane_command_batch_end(pf, &batch);
	if (err)
		goto unlock;

	vane_sriov_publish_vfs(pf, vfs, num_vfs);
	for (i = 0; i < num_vfs; i++) {
		vane_vf_default_config(pf, i, &vfs[i].config);
		vane_sriov_adopt_config(pf, &vfs[i], &ports[i]);
		/* A group without a name is unknown to the administrator */
		if (!vane_rate_group_exists(pf, vfs[i].config.rate_group))
			vfs[i].config.rate_group = 0;
		if (!vfs[i].config.trunk)
			continue;
		err = vane_sriov_adopt_trunk(pf, i);
		if (err)
			goto withdraw_vfs;
	}
	err = vane_sriov_command_adopted(pf);
withdraw_vfs:
	if (err)
		vane_sriov_publish_vfs(pf, NULL, 0);
unlock:
	mutex_unlock(&pf->lock);
	kvfree(ports);
free_vfs:
	if (err)
		kvfree(vfs);
	return err;
}

/**
 * vane_sriov_save() - note which VFs may master the bus
 * @pf: the PF, before a reset of its slot or its function
 *
 * The kernel does not know this of a VF that VFIO holds, as the user of VFIO
 * writes its command register. If that register can no longer be read, for
 * example because the link is down, the user has to set the bit again.
 *
 * Context: The PF's device lock held. May sleep.
 */
void vane_sriov_save(struct vane_pf *pf)
{
	struct pci_dev *vfdev = NULL;
	u16 command;

	bitmap_zero(pf->sriov.masters, VANE_MAX_VFS);
	while ((vfdev = pci_get_device(VANE_PCI_VENDOR_ID,
				       VANE_PCI_DEVICE_ID_VF, vfdev))) {
		if (pci_physfn(vfdev) != pf->vdev.pdev)
			continue;
		pci_read_config_word(vfdev, PCI_COMMAND, &command);
		if (PCI_POSSIBLE_ERROR(command) ? vfdev->is_busmaster :
		    command & PCI_COMMAND_MASTER)
			__set_bit(pci_iov_vf_id(vfdev), pf->sriov.masters);
	}
}

/**
 * vane_sriov_restore() - let VFs master the bus and interrupt again
 * @pf: the PF, after a reset of its slot or its function
 *
 * Such a reset clears both in the VFs, and the PCI core restores only the VFs
 * themselves. Their drivers are not told.
 *
 * Context: The PF's device lock held. May sleep.
 */
void vane_sriov_restore(struct vane_pf *pf)
{
	struct pci_dev *vfdev = NULL;

	while ((vfdev = pci_get_device(VANE_PCI_VENDOR_ID,
				       VANE_PCI_DEVICE_ID_VF, vfdev))) {
		if (pci_physfn(vfdev) != pf->vdev.pdev)
			continue;
		/* A driver may have come in between. */
		if (vfdev->is_busmaster ||
		    test_bit(pci_iov_vf_id(vfdev), pf->sriov.masters))
			pci_set_master(vfdev);
		pci_restore_msi_state(vfdev);
	}
}
