// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: devlink ports.
 *
 * There is one physical port, to which the PF's netdev belongs, and one of
 * flavour PCI_VF for each VF. The latter have no netdev: VANE switches by itself
 * (devlink's legacy mode), so a representor would carry no frames. They serve
 * to set a VF's MAC, size and rates before its driver is bound.
 */
#include <linux/etherdevice.h>
#include <linux/slab.h>
#include <net/devlink.h>

#include "admin.h"
#include "health.h"
#include "pf.h"
#include "port.h"
#include "rate.h"
#include "size.h"
#include "vf.h"

/* Index of the physical port; the VFs' follow */
#define VANE_PORT_PHYS		0
#define VANE_PORT_VF(index)	(VANE_PORT_PHYS + 1 + (index))

static struct vane_vf_port *vane_port_vf_of(struct devlink_port *dl_port)
{
	return container_of(dl_port, struct vane_vf_port, dl_port);
}

/* Under vane_pf.lock: the VF of a port, or NULL if the VF is already gone */
static struct vane_vf *vane_port_get_vf(struct vane_vf_port *port,
					struct netlink_ext_ack *extack)
{
	struct vane_vf *vf = vane_vf_get(port->pf, port->index);

	if (!vf)
		NL_SET_ERR_MSG(extack, "The VF is being disabled");
	return vf;
}

static int vane_port_hw_addr_get(struct devlink_port *dl_port, u8 *hw_addr,
				 int *hw_addr_len,
				 struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = vane_port_vf_of(dl_port);
	struct vane_pf *pf = port->pf;
	struct vane_vf *vf;
	int err = -ENODEV;

	mutex_lock(&pf->lock);
	vf = vane_port_get_vf(port, extack);
	if (vf) {
		ether_addr_copy(hw_addr, vf->mac);
		*hw_addr_len = ETH_ALEN;
		err = 0;
	}
	mutex_unlock(&pf->lock);
	return err;
}

static int vane_port_hw_addr_set(struct devlink_port *dl_port,
				 const u8 *hw_addr, int hw_addr_len,
				 struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = vane_port_vf_of(dl_port);

	if (hw_addr_len != ETH_ALEN) {
		NL_SET_ERR_MSG_FMT(extack, "The address has %d bytes, not %d",
				   hw_addr_len, ETH_ALEN);
		return -EINVAL;
	}
	return vane_admin_set_mac(port->pf, port->index, hw_addr, extack);
}

static int vane_port_max_io_eqs_get(struct devlink_port *dl_port, u32 *max_eqs,
				    struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = vane_port_vf_of(dl_port);
	struct vane_pf *pf = port->pf;
	struct vane_vf *vf;
	int err = -ENODEV;

	mutex_lock(&pf->lock);
	vf = vane_port_get_vf(port, extack);
	if (vf) {
		*max_eqs = vf->config.vectors - 1;
		err = 0;
	}
	mutex_unlock(&pf->lock);
	return err;
}

static int vane_port_max_io_eqs_set(struct devlink_port *dl_port, u32 max_eqs,
				    struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = vane_port_vf_of(dl_port);

	/* Vector 0 is the mailbox's */
	if (!max_eqs || max_eqs > VANE_MAX_VECTORS_VF - 1) {
		NL_SET_ERR_MSG_FMT(extack, "A VF can have 1 to %u event queues",
				   VANE_MAX_VECTORS_VF - 1);
		return -ERANGE;
	}
	return vane_size_set_unbound(port->pf, port->index, max_eqs + 1,
				     extack);
}

static const struct devlink_port_ops phys_port_ops = {
};

static const struct devlink_port_ops vf_port_ops = {
	.port_fn_hw_addr_get = vane_port_hw_addr_get,
	.port_fn_hw_addr_set = vane_port_hw_addr_set,
	.port_fn_max_io_eqs_get = vane_port_max_io_eqs_get,
	.port_fn_max_io_eqs_set = vane_port_max_io_eqs_set,
};

/**
 * vane_port_add() - register the physical port
 * @pf: the PF, whose netdev is not registered yet
 *
 * The netdev's phys_port_name is the port's from here on.
 *
 * Context: The devlink instance lock held. May sleep.
 * Return: 0 or an errno.
 */
int vane_port_add(struct vane_pf *pf)
{
	struct devlink_port_attrs attrs = {
		.flavour = DEVLINK_PORT_FLAVOUR_PHYSICAL,
	};
	int err;

	memset(&pf->ports.phys, 0, sizeof(pf->ports.phys));
	devlink_port_attrs_set(&pf->ports.phys, &attrs);
	err = devl_port_register_with_ops(priv_to_devlink(pf), &pf->ports.phys,
					  VANE_PORT_PHYS, &phys_port_ops);
	if (err)
		return err;
	SET_NETDEV_DEVLINK_PORT(vane_pf_netdev(pf), &pf->ports.phys);
	return 0;
}

/**
 * vane_port_del() - undo vane_port_add()
 * @pf: the PF, whose netdev is no longer registered
 *
 * Context: The devlink instance lock held. May sleep.
 */
void vane_port_del(struct vane_pf *pf)
{
	devl_port_unregister(&pf->ports.phys);
}

static int vane_port_add_vf(struct vane_pf *pf, struct vane_vf_port *port,
			    u16 index)
{
	struct devlink_port *dl_port = &port->dl_port;
	int err;

	port->pf = pf;
	port->index = index;
	devlink_port_attrs_pci_vf_set(dl_port, 0,
				      PCI_FUNC(pf->vdev.pdev->devfn), index,
				      false);
	err = devl_port_register_with_ops(priv_to_devlink(pf), dl_port,
					  VANE_PORT_VF(index), &vf_port_ops);
	if (err)
		return err;
	/*
	 * devlink would warn after an hour that the port has no type, which only
	 * a netdev sets.
	 */
	cancel_delayed_work_sync(&dl_port->type_warn_dw);

	err = vane_rate_add_leaf(port);
	if (err)
		goto unregister_port;
	err = vane_health_add_vf(port);
	if (err)
		goto del_leaf;
	return 0;

del_leaf:
	vane_rate_del_leaf(port);
unregister_port:
	devl_port_unregister(dl_port);
	return err;
}

static void vane_port_del_vf(struct vane_vf_port *port)
{
	vane_health_del_vf(port);
	vane_rate_del_leaf(port);
	devl_port_unregister(&port->dl_port);
}

/**
 * vane_port_add_vfs() - register the ports of all VFs
 * @pf: the PF, whose VFs are known
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 * Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_port_add_vfs(struct vane_pf *pf)
{
	u16 i, num_vfs;
	int err;

	mutex_lock(&pf->lock);
	num_vfs = pf->num_vfs;
	mutex_unlock(&pf->lock);
	if (!num_vfs)
		return 0;

	pf->ports.vfs = kvcalloc(num_vfs, sizeof(*pf->ports.vfs), GFP_KERNEL);
	if (!pf->ports.vfs)
		return -ENOMEM;
	for (i = 0; i < num_vfs; i++) {
		err = vane_port_add_vf(pf, &pf->ports.vfs[i], i);
		if (err)
			goto del_vfs;
		pf->ports.num_vfs = i + 1;
	}
	return 0;

del_vfs:
	vane_port_del_vfs(pf);
	return err;
}

/**
 * vane_port_del_vfs() - undo vane_port_add_vfs()
 * @pf: the PF
 *
 * Harmless if there are none.
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 * Takes vane_pf.lock.
 */
void vane_port_del_vfs(struct vane_pf *pf)
{
	while (pf->ports.num_vfs)
		vane_port_del_vf(&pf->ports.vfs[--pf->ports.num_vfs]);
	kvfree(pf->ports.vfs);
	pf->ports.vfs = NULL;
}
