// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE VF driver: devlink, by which granted channels get their netdevs.
 *
 * A channel is a port of flavour pcisf: as a subfunction is, it is a part of the function
 * that sends and receives apart from the rest, created and removed at run time, with a number
 * that somebody else assigns. Elsewhere such a port is a switch's side of a subfunction, and its
 * netdev a representor. A VF has no switch, so here the netdev is the channel itself.
 */
#include <net/devlink.h>

#include "vf.h"

static int vanevf_devlink_check_attrs(const struct devlink_port_new_attrs *attrs,
				      struct netlink_ext_ack *extack)
{
	if (attrs->flavour != DEVLINK_PORT_FLAVOUR_PCI_SF) {
		NL_SET_ERR_MSG(extack, "Only ports of flavour pcisf can be added");
		return -EOPNOTSUPP;
	}
	if (attrs->controller_valid) {
		NL_SET_ERR_MSG(extack, "A port of a VF has no controller");
		return -EOPNOTSUPP;
	}
	if (attrs->port_index_valid) {
		NL_SET_ERR_MSG(extack, "The index of a port is its sfnum and cannot be chosen");
		return -EOPNOTSUPP;
	}
	if (attrs->pfnum) {
		NL_SET_ERR_MSG(extack, "pfnum must be 0");
		return -EINVAL;
	}
	if (!attrs->sfnum_valid || !attrs->sfnum ||
	    attrs->sfnum > VANE_MAX_ECID) {
		NL_SET_ERR_MSG(extack, "sfnum must be a channel that the PF has granted");
		return -EINVAL;
	}
	return 0;
}

static void vanevf_devlink_del_channel(struct vanevf_channel *channel)
{
	vanevf_channel_unregister(channel);
	devl_port_unregister(&channel->port);
	vanevf_channel_free(channel);
}

static int vanevf_devlink_port_del(struct devlink *devlink,
				   struct devlink_port *port,
				   struct netlink_ext_ack *extack)
{
	vanevf_devlink_del_channel(container_of(port, struct vanevf_channel,
						port));
	return 0;
}

static const struct devlink_port_ops channel_port_ops = {
	.port_del = vanevf_devlink_port_del,
};

static int vanevf_devlink_port_new(struct devlink *devlink,
				   const struct devlink_port_new_attrs *attrs,
				   struct netlink_ext_ack *extack,
				   struct devlink_port **port)
{
	struct vanevf *vf = devlink_priv(devlink);
	struct vanevf_channel *channel;
	int err;

	err = vanevf_devlink_check_attrs(attrs, extack);
	if (err)
		return err;
	err = vanevf_channel_check(vf, attrs->sfnum, extack);
	if (err)
		return err;

	channel = vanevf_channel_alloc(vf, attrs->sfnum);
	if (!channel)
		return -ENOMEM;
	devlink_port_attrs_pci_sf_set(&channel->port, 0, 0, attrs->sfnum,
				      false);
	err = devl_port_register_with_ops(devlink, &channel->port,
					  attrs->sfnum, &channel_port_ops);
	if (err)
		goto free_channel;
	err = vanevf_channel_register(channel, extack);
	if (err)
		goto unregister_port;
	vanevf_kick(vf);
	*port = &channel->port;
	return 0;

unregister_port:
	devl_port_unregister(&channel->port);
free_channel:
	vanevf_channel_free(channel);
	return err;
}

/**
 * vanevf_devlink_unregister() - end devlink, and remove all ports
 * @vf: VF, its service disabled
 *
 * Context: The VF's device lock held. May sleep. Takes the devlink instance lock and
 * rtnl.
 */
void vanevf_devlink_unregister(struct vanevf *vf)
{
	struct devlink *devlink = priv_to_devlink(vf);
	struct vanevf_channel *channel;
	unsigned long number;

	devl_lock(devlink);
	devl_unregister(devlink);
	/* Under the instance lock none comes or goes meanwhile */
	xa_for_each(&vf->channels.table, number, channel)
		vanevf_devlink_del_channel(channel);
	devl_unlock(devlink);
}

const struct devlink_ops vanevf_devlink_ops = {
	.port_new = vanevf_devlink_port_new,
};
