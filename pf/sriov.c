// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: virtual functions, from enabling SR-IOV to disabling it.
 *
 * The state of a VF exists before pci_enable_sriov() and until
 * pci_disable_sriov() has returned, since VFs probe inside the one and are
 * removed inside the other.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include "pf.h"

/* What this driver keeps in the device, for its successor to adopt */
#define VANE_COOKIE_MAC_ADMIN		BIT(0)
#define VANE_COOKIE_LINK_STATE		GENMASK(2, 1)
#define VANE_COOKIE_CONFIG_GEN		GENMASK(31, 16)

/* Vector 0, and one of a queue pair */
#define VANE_MIN_VECTORS_VF		2

/* What the PF leaves */
#define VANE_VFS_QUEUES			(VANE_TOTAL_QUEUES - VANE_MAX_QUEUES_PF)
#define VANE_VFS_VECTORS		(VANE_TOTAL_VECTORS - \
					 VANE_MAX_VECTORS_PF)

/* How long a VF's device lock may be taken before the VF counts as in use */
#define VANE_VF_BUSY_TIMEOUT		HZ

/* All of a VF's configuration that this driver decides about */
static u32 vf_valid_all(const struct vane_pf *pf)
{
	u32 valid = VANE_PORT_VALID_ALL & ~VANE_PORT_VALID_FEATURES;

	if (!(pf->vdev.features & VANE_FEAT_RATE))
		valid &= ~VANE_PORT_VALID_RATE;
	return valid;
}

/**
 * vane_vf_default_mac() - MAC of a VF that was given none
 * @pf: the PF
 * @index: index of the VF
 * @mac: where it goes
 *
 * Locally administered, the same each time, with a prefix that another device
 * is unlikely to have.
 */
void vane_vf_default_mac(const struct vane_pf *pf, u16 index, u8 *mac)
{
	static const siphash_key_t key = {
		{ 0x56414e4520564620ULL, 0x6164647265737365ULL }
	};
	u64 hash;

	hash = siphash_2u64(ether_addr_to_u64(pf->perm_mac), pf->dsn, &key);
	u64_to_ether_addr(hash, mac);
	mac[0] &= ~1;
	mac[0] |= 2;
	mac[ETH_ALEN - 1] = index;
}

static u16 default_queues(void)
{
	return min_t(u16, VANE_DEF_QUEUES_VF,
		     netif_get_num_default_rss_queues());
}

static void default_config(const struct vane_pf *pf, u16 index,
			   struct vane_vf_config *config)
{
	memset(config, 0, sizeof(*config));
	vane_vf_default_mac(pf, index, config->mac);
	config->vlan_proto = ETH_P_8021Q;
	config->link_state = IFLA_VF_LINK_STATE_AUTO;
	config->spoofchk = true;
	config->queues = default_queues();
	config->vectors = config->queues + 1;
}

/**
 * vane_vf_get() - a VF by index
 * @pf: the PF
 * @index: index as it came from outside
 *
 * Return: the VF, or NULL if there is none.
 */
struct vane_vf *vane_vf_get(struct vane_pf *pf, int index)
{
	lockdep_assert_held(&pf->lock);

	if (index < 0 || index >= pf->num_vfs)
		return NULL;
	return &pf->vfs[index];
}

/* Whether frames of the VF pass, whatever the port's link is */
static bool vf_may_pass(const struct vane_pf *pf,
			const struct vane_vf_config *config)
{
	if (config->link_state == IFLA_VF_LINK_STATE_DISABLE)
		return false;
	return pf->mode != VANE_SWITCH_VNTAG || config->vif;
}

/**
 * vane_vf_link_up() - whether the VF sees its link up
 * @pf: the PF
 * @vf: the VF
 *
 * Return: true if so.
 */
bool vane_vf_link_up(const struct vane_pf *pf, const struct vane_vf *vf)
{
	lockdep_assert_held(&pf->lock);

	if (!vf_may_pass(pf, &vf->config))
		return false;
	return vf->config.link_state == IFLA_VF_LINK_STATE_ENABLE ||
	       pf->port_up;
}

/**
 * vane_vf_port_batch() - post the command that configures a VF's port
 * @pf: the PF
 * @batch: where it is added
 * @index: index of the VF
 * @valid: VANE_PORT_VALID_*: what of its configuration
 */
void vane_vf_port_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			u16 index, u32 valid)
{
	const struct vane_vf *vf = &pf->vfs[index];
	const struct vane_vf_config *config = &vf->config;
	struct vane_cmd_port cmd = {
		.port = cpu_to_le16(index),
		.valid = cpu_to_le32(valid | VANE_PORT_VALID_COOKIE),
		.vif = cpu_to_le16(config->vif),
		.queues = cpu_to_le16(config->queues),
		.vectors = cpu_to_le16(config->vectors),
		.tx_max = cpu_to_le32(config->tx_max),
		.tx_share = cpu_to_le32(config->tx_share),
		.rate_group = cpu_to_le16(config->rate_group),
	};
	u32 flags = 0;

	lockdep_assert_held(&pf->lock);

	ether_addr_copy(cmd.mac, vf->mac);
	if (config->vlan) {
		cmd.vlan_tci = cpu_to_le16(config->vlan |
					   config->qos << VLAN_PRIO_SHIFT);
		cmd.vlan_proto = cpu_to_le16(config->vlan_proto);
	}
	if (vf_may_pass(pf, config))
		flags |= VANE_PORT_FLAG_LINK;
	if (config->spoofchk)
		flags |= VANE_PORT_FLAG_SPOOFCHK;
	if (config->trusted)
		flags |= VANE_PORT_FLAG_TRUST;
	if (config->trunk)
		flags |= VANE_PORT_FLAG_TRUNK;
	cmd.flags = cpu_to_le32(flags);
	cmd.cookie = cpu_to_le32(FIELD_PREP(VANE_COOKIE_MAC_ADMIN,
					    config->mac_admin) |
				 FIELD_PREP(VANE_COOKIE_LINK_STATE,
					    config->link_state) |
				 FIELD_PREP(VANE_COOKIE_CONFIG_GEN,
					    vf->config_gen));
	vane_mbox_batch_add(batch, VANE_CMD_PORT_SET, &cmd, sizeof(cmd), NULL,
			    0);
}

/**
 * vane_vf_trunk_batch() - post the commands that set a VF's trunk list
 * @pf: the PF
 * @batch: where they are added
 * @index: index of the VF
 */
void vane_vf_trunk_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			 u16 index)
{
	struct vane_cmd_trunk cmd = { .port = cpu_to_le16(index) };
	u16 first;

	lockdep_assert_held(&pf->lock);

	for (first = 0; first < VLAN_N_VID; first += VANE_TRUNK_VIDS) {
		cmd.first = cpu_to_le16(first);
		memcpy(cmd.vids, &pf->vfs[index].trunk[first / 8],
		       sizeof(cmd.vids));
		vane_mbox_batch_add(batch, VANE_CMD_TRUNK_SET, &cmd,
				    sizeof(cmd), NULL, 0);
	}
}

/**
 * vane_vf_status_batch() - post the command that tells a VF where it stands
 * @pf: the PF
 * @batch: where it is added
 * @index: index of the VF, which is enabled
 * @causes: VANE_EVENT_STATUS to have the VF look, 0 if it need not
 */
void vane_vf_status_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			  u16 index, u32 causes)
{
	const struct vane_vf *vf = &pf->vfs[index];
	struct vane_cmd_status cmd = {
		.port = cpu_to_le16(index),
		.causes = cpu_to_le32(causes),
		.speed = cpu_to_le32(pf->port_speed),
		.config_gen = cpu_to_le32(vf->config_gen),
		.max_frame = cpu_to_le32(pf->vdev.limit_frame),
	};
	u32 status = 0;

	lockdep_assert_held(&pf->lock);

	if (vane_vf_link_up(pf, vf))
		status |= VANE_STATUS_LINK_UP;
	if (vf->config.trusted)
		status |= VANE_STATUS_TRUSTED;
	cmd.status = cpu_to_le32(status);
	ether_addr_copy(cmd.mac, vf->mac);
	vane_mbox_batch_add(batch, VANE_CMD_STATUS_SET, &cmd, sizeof(cmd),
			    NULL, 0);
}

/**
 * vane_vf_configure() - give a VF a new configuration
 * @pf: the PF
 * @index: index of the VF
 * @config: all of it
 * @valid: VANE_PORT_VALID_*: what of it is new. With the MAC the VF loses one
 *	that it set itself.
 *
 * In effect, and known to the VF, when this returns 0; else nothing changed.
 *
 * Return: 0 or an errno.
 */
int vane_vf_configure(struct vane_pf *pf, u16 index,
		      const struct vane_vf_config *config, u32 valid)
{
	struct vane_vf *vf = &pf->vfs[index];
	const struct vane_vf_config old_config = vf->config;
	bool was_up = vane_vf_link_up(pf, vf);
	u16 old_config_gen = vf->config_gen;
	struct vane_mbox_batch batch;
	u8 old_mac[ETH_ALEN];
	int err;

	lockdep_assert_held(&pf->lock);

	ether_addr_copy(old_mac, vf->mac);
	vf->config = *config;
	if (valid & VANE_PORT_VALID_MAC) {
		ether_addr_copy(vf->mac, config->mac);
		vf->config_gen++;
	}
	/* So that it learns what it may ask for by now */
	if (config->trusted != old_config.trusted)
		vf->config_gen++;

	/* Whether frames pass is one of the flags */
	if (valid & VANE_PORT_VALID_VIF)
		valid |= VANE_PORT_VALID_FLAGS;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_port_batch(pf, &batch, index, valid);
	err = vane_pf_batch_end(pf, &batch);
	if (err)
		goto restore;
	if (valid & VANE_PORT_VALID_RATE)
		vane_rate_refresh(pf, index);
	/* The VF need not look at what it cannot see */
	if (vf->config_gen == old_config_gen &&
	    vane_vf_link_up(pf, vf) == was_up)
		return 0;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_status_batch(pf, &batch, index, VANE_EVENT_STATUS);
	vane_pf_batch_end(pf, &batch);
	return 0;

restore:
	vf->config = old_config;
	vf->config_gen = old_config_gen;
	ether_addr_copy(vf->mac, old_mac);
	return err;
}

/**
 * vane_vf_share_left() - what the shares of other VFs leave
 * @pf: the PF
 * @index: index of a VF
 *
 * Return: the most that the VF's own share may be, Mb/s.
 */
u32 vane_vf_share_left(struct vane_pf *pf, u16 index)
{
	/* Of a port whose link is down the speed is not known */
	u32 speed = pf->port_speed ?: VANE_MAX_RATE;
	u64 sum = 0;
	u16 i;

	lockdep_assert_held(&pf->lock);

	for (i = 0; i < pf->num_vfs; i++)
		if (i != index)
			sum += pf->vfs[i].config.tx_share;
	return sum < speed ? speed - sum : 0;
}

/**
 * vane_vf_forget() - forget what a VF asked for
 * @vf: the VF
 *
 * Its driver's side of vane_vf.mac, .addrs and .rx_mode; the device is left
 * alone.
 */
void vane_vf_forget(struct vane_vf *vf)
{
	ether_addr_copy(vf->mac, vf->config.mac);
	vane_addr_clear(&vf->addrs);
	vf->rx_mode = 0;
}

/**
 * vane_sriov_replay() - configure the VFs of a device that was reset
 * @pf: the PF
 * @batch: where the commands are added
 */
void vane_sriov_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	u16 i;

	lockdep_assert_held(&pf->lock);

	vane_rate_replay(pf, batch);
	for (i = 0; i < pf->num_vfs; i++) {
		vane_vf_forget(&pf->vfs[i]);
		pf->vfs[i].peer.state = VANE_MBOX_PEER_RESET;
		if (pf->vfs[i].config.trunk)
			vane_vf_trunk_batch(pf, batch, i);
		vane_vf_port_batch(pf, batch, i, vf_valid_all(pf));
		vane_vf_status_batch(pf, batch, i, VANE_EVENT_STATUS);
	}
}

/* Tell VFs where they stand: all, or those that have not asked yet */
static void tell_vfs(struct vane_pf *pf, bool all)
{
	struct vane_mbox_batch batch;
	u16 i;

	mutex_lock(&pf->lock);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	for (i = 0; i < pf->num_vfs; i++)
		if (all || pf->vfs[i].peer.state == VANE_MBOX_PEER_RESET)
			vane_vf_status_batch(pf, &batch, i, VANE_EVENT_STATUS);
	vane_pf_batch_end(pf, &batch);
	mutex_unlock(&pf->lock);
}

/**
 * vane_link_work() - follow the link of the port
 * @work: vane_pf.link_work
 */
void vane_link_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(work, struct vane_pf, link_work);
	u32 link, speed;

	link = vane_rd32(&pf->vdev, VANE_REG_PORT_LINK);
	speed = vane_rd32(&pf->vdev, VANE_REG_PORT_SPEED);
	if (!vane_dev_alive(&pf->vdev))
		return;

	mutex_lock(&pf->lock);
	pf->port_up = link & VANE_PORT_LINK_UP;
	pf->port_speed = speed;
	mutex_unlock(&pf->lock);
	tell_vfs(pf, true);
}

static struct vane_vf *alloc_vfs(int num_vfs)
{
	struct vane_vf *vfs;
	int i;

	vfs = kvcalloc(num_vfs, sizeof(*vfs), GFP_KERNEL);
	if (!vfs)
		return NULL;
	for (i = 0; i < num_vfs; i++)
		hash_init(vfs[i].addrs.buckets);
	return vfs;
}

/* Let VFs be known to the mailbox and the administrator */
static void publish_vfs(struct vane_pf *pf, struct vane_vf *vfs, u16 num_vfs)
{
	lockdep_assert_held(&pf->lock);

	pf->vfs = vfs;
	pf->num_vfs = num_vfs;
	pf->vf_stats_next = 0;
}

/**
 * vane_sriov_release() - forget the VFs
 * @pf: the PF
 *
 * Waits for the mailbox to be done with them.
 */
void vane_sriov_release(struct vane_pf *pf)
{
	struct vane_vf *vfs;
	u16 num_vfs, i;

	mutex_lock(&pf->lock);
	vfs = pf->vfs;
	num_vfs = pf->num_vfs;
	publish_vfs(pf, NULL, 0);
	mutex_unlock(&pf->lock);

	/* Between two of its steps it holds no lock, but may hold a VF */
	flush_work(&pf->serve_work);

	for (i = 0; i < num_vfs; i++)
		vane_addr_clear(&vfs[i].addrs);
	kvfree(vfs);
}

static int enable_vfs(struct vane_pf *pf, int num_vfs)
{
	struct devlink *devlink = priv_to_devlink(pf);
	struct pci_dev *pdev = pf->vdev.pdev;
	struct vane_mbox_batch batch;
	struct vane_vf *vfs;
	int i, err;

	vfs = alloc_vfs(num_vfs);
	if (!vfs)
		return -ENOMEM;

	mutex_lock(&pf->lock);
	publish_vfs(pf, vfs, num_vfs);
	vane_filter_make_room(pf);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	for (i = 0; i < num_vfs; i++) {
		default_config(pf, i, &vfs[i].config);
		vane_vf_forget(&vfs[i]);
		vane_vf_port_batch(pf, &batch, i, vf_valid_all(pf));
	}
	err = vane_pf_batch_end(pf, &batch);
	mutex_unlock(&pf->lock);
	if (err) {
		pci_err(pdev, "cannot give %d VFs %u queues and %u vectors each (device has %u and %u): %pe\n",
			num_vfs, vfs->config.queues, vfs->config.vectors,
			VANE_TOTAL_QUEUES, VANE_TOTAL_VECTORS, ERR_PTR(err));
		goto release_vfs;
	}

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

	/* Whose driver asks later, or is none of ours, has its link now */
	tell_vfs(pf, false);
	return num_vfs;

del_ports:
	devl_lock(devlink);
	vane_port_del_vfs(pf);
	devl_unlock(devlink);
release_vfs:
	vane_sriov_release(pf);
	/* The PF has the filters to itself again. */
	queue_work(pf->wq, &pf->filter_work);
	return err;
}

static void disable_vfs(struct vane_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);

	devl_lock(devlink);
	vane_port_del_vfs(pf);
	devl_unlock(devlink);
	pci_disable_sriov(pf->vdev.pdev);
	vane_sriov_release(pf);
	vane_switch_drop_vfs(pf);
	/* The PF has the filters to itself again. */
	queue_work(pf->wq, &pf->filter_work);
}

/* The PCI function of a VF, or NULL; to be put */
static struct pci_dev *get_vfdev(struct vane_pf *pf, u16 index)
{
	struct pci_dev *pdev = pf->vdev.pdev;
	unsigned int id;

	id = PCI_DEVID(pdev->bus->number, pdev->devfn) + VANE_VF_OFFSET +
	     index * VANE_VF_STRIDE;
	return pci_get_domain_bus_and_slot(pci_domain_nr(pdev->bus),
					   PCI_BUS_NUM(id), id & 0xff);
}

/* Whether a user holds the VF. Under its device lock. */
static bool is_used(struct pci_dev *vfdev)
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
 * Whether a user holds the VF, or whoever has its device lock keeps it until
 * @deadline. Probing, unbinding and resetting a VF end by themselves, but a
 * user may reset his VF over and over: then it is in use indeed.
 */
static bool is_used_or_busy(struct pci_dev *vfdev, unsigned long deadline)
{
	bool used;

	while (!device_trylock(&vfdev->dev)) {
		if (time_after(jiffies, deadline))
			return true;
		msleep(20);
	}
	used = is_used(vfdev);
	device_unlock(&vfdev->dev);
	return used;
}

/**
 * vane_sriov_check_unused() - see that nobody uses a VF
 * @pf: the PF, whose device lock is held
 * @extack: where those in use are told, or NULL; the log names all
 *
 * A VF that VFIO holds would keep whoever takes it away waiting, locks held,
 * for as long as its user likes. Who opens one after the look still does that.
 *
 * The VFs' device locks are inner ones of the PF's here, as in the PCI core,
 * and not waited for without end.
 *
 * Return: 0, or -EBUSY if a VF is used and no parameter of devlink says that
 * this does not matter.
 */
int vane_sriov_check_unused(struct vane_pf *pf, struct netlink_ext_ack *extack)
{
	unsigned long deadline = jiffies + VANE_VF_BUSY_TIMEOUT;
	int num_vfs = pci_num_vf(pf->vdev.pdev);
	DECLARE_BITMAP(used, VANE_MAX_VFS) = {};
	struct pci_dev *vfdev;
	int i;

	if (READ_ONCE(pf->ignore_users))
		return 0;

	for (i = 0; i < num_vfs; i++) {
		vfdev = get_vfdev(pf, i);
		if (vfdev && is_used_or_busy(vfdev, deadline))
			__set_bit(i, used);
		pci_dev_put(vfdev);
	}
	if (bitmap_empty(used, VANE_MAX_VFS))
		return 0;

	vane_pf_refuse(pf, "VFs in use: %*pbl", VANE_MAX_VFS, used);
	NL_SET_ERR_MSG_FMT(extack, "%u VFs are in use, the first is VF %lu",
			   bitmap_weight(used, VANE_MAX_VFS),
			   find_first_bit(used, VANE_MAX_VFS));
	return -EBUSY;
}

/* Under vane_pf.lock. The VF has no driver, or is not there yet. */
static int resize(struct vane_pf *pf, u16 index, u16 vectors,
		  struct netlink_ext_ack *extack)
{
	const struct vane_cmd_target target = { .port = cpu_to_le16(index) };
	struct vane_vf_config config;
	struct vane_vf *vf;
	int err;

	vf = vane_vf_get(pf, index);
	if (!vf)
		return -ENODEV;
	config = vf->config;
	config.vectors = vectors;
	config.queues = vectors - 1;
	err = vane_vf_configure(pf, index, &config, VANE_PORT_VALID_RESOURCES);
	if (err == -ENOSPC) {
		NL_SET_ERR_MSG_FMT(extack,
				   "The device has %u queue pairs and %u vectors for all VFs",
				   VANE_VFS_QUEUES, VANE_VFS_VECTORS);
		vane_pf_refuse(pf, "VF %u: no %u vectors left of %u, or queue pairs of %u",
			       index, vectors, VANE_VFS_VECTORS,
			       VANE_VFS_QUEUES);
	}
	if (err)
		return err;
	/* The device takes it at the function's next reset, so have one now */
	err = vane_pf_command(pf, VANE_CMD_VF_RESET, &target, sizeof(target),
			      NULL, 0);
	return err == -ENOENT ? 0 : err;
}

/**
 * vane_sriov_get_total_msix() - sriov_get_vf_total_msix of the PCI driver
 * @pdev: the PF
 *
 * Under the device lock.
 *
 * Return: vectors that can be shared out among the VFs.
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
 * Queue pairs follow: one a vector, but for vector 0. Under the device locks of
 * PF and VF.
 *
 * Return: 0 or an errno.
 */
int vane_sriov_set_msix_count(struct pci_dev *vfdev, int count)
{
	struct vane_pf *pf = pci_get_drvdata(pci_physfn(vfdev));
	int index = pci_iov_vf_id(vfdev);
	int err;

	if (!count)
		count = default_queues() + 1;
	if (count < VANE_MIN_VECTORS_VF || count > VANE_MAX_VECTORS_VF) {
		vane_pf_refuse(pf, "VF %d: %d vectors are out of range, a VF can have %u to %u",
			       index, count, VANE_MIN_VECTORS_VF,
			       VANE_MAX_VECTORS_VF);
		return -ERANGE;
	}

	mutex_lock(&pf->lock);
	err = resize(pf, index, count, NULL);
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_sriov_resize_unbound() - give a VF without driver another size
 * @pf: the PF
 * @index: index of the VF
 * @vectors: vectors, VANE_MIN_VECTORS_VF to VANE_MAX_VECTORS_VF
 * @extack: where an error is explained
 *
 * Under the devlink instance lock.
 *
 * Return: 0 or an errno; -EBUSY if the VF has a driver.
 */
int vane_sriov_resize_unbound(struct vane_pf *pf, u16 index, u16 vectors,
			      struct netlink_ext_ack *extack)
{
	struct pci_dev *vfdev = get_vfdev(pf, index);
	int err;

	if (vfdev && !device_trylock(&vfdev->dev)) {
		NL_SET_ERR_MSG(extack,
			       "The VF is being given to or taken from a driver");
		pci_dev_put(vfdev);
		return -EBUSY;
	}
	if (vfdev && vfdev->dev.driver) {
		NL_SET_ERR_MSG(extack, "The VF has a driver, unbind it first");
		err = -EBUSY;
		goto unlock_vf;
	}
	mutex_lock(&pf->lock);
	err = resize(pf, index, vectors, extack);
	mutex_unlock(&pf->lock);
unlock_vf:
	if (vfdev)
		device_unlock(&vfdev->dev);
	pci_dev_put(vfdev);
	return err;
}

/**
 * vane_sriov_configure() - sriov_configure of the PCI driver
 * @pdev: the PF
 * @num_vfs: VFs to enable, none being enabled, or 0; the PCI core has compared
 *	it with TotalVFs
 *
 * Under the device lock.
 *
 * Return: VFs enabled, or an errno; -EBUSY if a VF that is to go is in use.
 */
int vane_sriov_configure(struct pci_dev *pdev, int num_vfs)
{
	struct vane_pf *pf = pci_get_drvdata(pdev);
	int err;

	if (num_vfs)
		return enable_vfs(pf, num_vfs);

	err = vane_sriov_check_unused(pf, NULL);
	if (err)
		return err;
	disable_vfs(pf);
	return 0;
}

/* Whoever removes a device by sysfs, or a bridge above it, has first taken away
 * the file that he did it with. A flag that the PCI core sets before it detaches
 * the driver would replace this and what is below.
 */
static bool removed_by_sysfs(struct pci_dev *pdev)
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
static bool removed_by_hotplug(struct vane_pf *pf)
{
	struct pci_dev *first = get_vfdev(pf, 0);

	if (!first)
		return true;
	pci_dev_put(first);
	return false;
}

/**
 * vane_sriov_unplug() - disable the VFs of a device that is being removed
 * @pf: the PF, whose driver is being removed
 *
 * Unbinding the driver leaves VFs enabled. Where the device goes too they
 * cannot stay, as the PCI core frees no PF that has VFs; which of the two it is
 * it does not tell.
 */
void vane_sriov_unplug(struct vane_pf *pf)
{
	if (!pci_num_vf(pf->vdev.pdev))
		return;
	if (removed_by_sysfs(pf->vdev.pdev) || removed_by_hotplug(pf))
		disable_vfs(pf);
}

/* The configuration that the device has for a port */
static void take_config(struct vane_vf *vf, const struct vane_cmd_port *port)
{
	u32 cookie = le32_to_cpu(port->cookie);
	u32 flags = le32_to_cpu(port->flags);
	struct vane_vf_config *config = &vf->config;
	u16 tci = le16_to_cpu(port->vlan_tci);

	ether_addr_copy(vf->mac, port->mac);
	config->mac_admin = FIELD_GET(VANE_COOKIE_MAC_ADMIN, cookie);
	if (config->mac_admin)
		ether_addr_copy(config->mac, port->mac);
	config->vlan = tci & VLAN_VID_MASK;
	config->qos = tci >> VLAN_PRIO_SHIFT;
	if (port->vlan_proto)
		config->vlan_proto = le16_to_cpu(port->vlan_proto);
	config->vif = le16_to_cpu(port->vif);
	config->link_state = FIELD_GET(VANE_COOKIE_LINK_STATE, cookie);
	config->spoofchk = flags & VANE_PORT_FLAG_SPOOFCHK;
	config->trusted = flags & VANE_PORT_FLAG_TRUST;
	vf->peer.trusted = config->trusted;
	config->trunk = flags & VANE_PORT_FLAG_TRUNK;
	config->tx_max = le32_to_cpu(port->tx_max);
	config->tx_share = le32_to_cpu(port->tx_share);
	config->rate_group = le16_to_cpu(port->rate_group);
	config->queues = le16_to_cpu(port->queues);
	config->vectors = le16_to_cpu(port->vectors);
	/* Another one, so that VFs come and negotiate with this driver */
	vf->config_gen = FIELD_GET(VANE_COOKIE_CONFIG_GEN, cookie) + 1;
}

static int take_trunk(struct vane_pf *pf, u16 index)
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
	err = vane_pf_batch_end(pf, &batch);
	if (err)
		return err;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		memcpy(&pf->vfs[index].trunk[i * sizeof(parts[i].vids)],
		       parts[i].vids, sizeof(parts[i].vids));
	return 0;
}

/**
 * vane_sriov_adopt() - take over VFs that a former driver left enabled
 * @pf: the PF, whose mailbox is started but not ready
 *
 * Return: 0 or an errno.
 */
int vane_sriov_adopt(struct vane_pf *pf)
{
	int num_vfs = pci_num_vf(pf->vdev.pdev);
	struct vane_mbox_batch batch;
	struct vane_cmd_port *ports;
	struct vane_vf *vfs;
	int i, err;

	vfs = alloc_vfs(num_vfs);
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
				    sizeof(ports[i]));
	}
	err = vane_pf_batch_end(pf, &batch);
	if (err)
		goto unlock;

	publish_vfs(pf, vfs, num_vfs);
	for (i = 0; i < num_vfs; i++) {
		default_config(pf, i, &vfs[i].config);
		take_config(&vfs[i], &ports[i]);
		/* A group without a name, nobody knows of */
		if (!vane_rate_known(pf, vfs[i].config.rate_group))
			vfs[i].config.rate_group = 0;
		if (!vfs[i].config.trunk)
			continue;
		err = take_trunk(pf, i);
		if (err)
			goto withdraw_vfs;
	}
	vane_mbox_batch_begin(&batch, &pf->mbox);
	for (i = 0; i < num_vfs; i++) {
		vane_vf_port_batch(pf, &batch, i,
				   ports[i].rate_group &&
				   !vfs[i].config.rate_group ?
				   VANE_PORT_VALID_RATE : 0);
		vane_vf_status_batch(pf, &batch, i, VANE_EVENT_STATUS);
	}
	err = vane_pf_batch_end(pf, &batch);
withdraw_vfs:
	if (err)
		publish_vfs(pf, NULL, 0);
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
 * The kernel does not know that of a VF in the hands of VFIO, whose owner
 * writes to its command register. Where that cannot be read any more, as with
 * the link down, such a VF is left to its owner, who has to set it again.
 */
void vane_sriov_save(struct vane_pf *pf)
{
	struct pci_dev *vfdev = NULL;
	u16 command;

	bitmap_zero(pf->vf_masters, VANE_MAX_VFS);
	while ((vfdev = pci_get_device(VANE_PCI_VENDOR_ID,
				       VANE_PCI_DEVICE_ID_VF, vfdev))) {
		if (pci_physfn(vfdev) != pf->vdev.pdev)
			continue;
		pci_read_config_word(vfdev, PCI_COMMAND, &command);
		if (PCI_POSSIBLE_ERROR(command) ? vfdev->is_busmaster :
		    command & PCI_COMMAND_MASTER)
			__set_bit(pci_iov_vf_id(vfdev), pf->vf_masters);
	}
}

/**
 * vane_sriov_restore() - let VFs master the bus and interrupt again
 * @pf: the PF, after a reset of its slot or its function
 *
 * Such a reset clears both in the VFs, and the PCI core brings back only the
 * VFs themselves. Their drivers know nothing of it.
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
		    test_bit(pci_iov_vf_id(vfdev), pf->vf_masters))
			pci_set_master(vfdev);
		pci_restore_msi_state(vfdev);
	}
}
