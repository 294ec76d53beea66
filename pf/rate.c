// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: transmit rates by devlink.
 *
 * A leaf is a VF's port and a node is a rate group of the device. devlink cannot
 * query the rates that it shows: it keeps its own copy. So when ip link changes
 * a VF's rates, it updates the leaf too, and there is one value for both.
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include <net/devlink.h>

#include "command.h"
#include "pf.h"
#include "rate.h"
#include "vf.h"

static int vane_rate_from_devlink(struct vane_pf *pf, u64 bytes, u32 *rate,
				  struct netlink_ext_ack *extack)
{
	u32 rest;

	if (!(pf->vdev.features & VANE_FEAT_RATE)) {
		NL_SET_ERR_MSG(extack, "The device has no transmit rates");
		return -EOPNOTSUPP;
	}
	bytes = div_u64_rem(bytes, VANE_RATE_UNIT, &rest);
	if (rest) {
		NL_SET_ERR_MSG(extack,
			       "The rate is not a multiple of 1 Mbit/s (125000 bytes/s)");
		return -EINVAL;
	}
	if (bytes > VANE_MAX_RATE) {
		NL_SET_ERR_MSG_FMT(extack,
				   "The rate is above the limit of %u Mbit/s",
				   VANE_MAX_RATE);
		return -ERANGE;
	}
	*rate = bytes;
	return 0;
}

/* Leaves
 * ------
 */

static int vane_rate_set_leaf(struct vane_vf_port *port, const u32 *tx_max,
			      const u32 *tx_share, const u16 *group,
			      struct netlink_ext_ack *extack)
{
	struct vane_vf_config config;
	struct vane_pf *pf = port->pf;
	struct vane_vf *vf;
	int err = -ENODEV;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, port->index);
	if (!vf)
		goto unlock;
	config = vf->config;
	if (tx_max)
		config.tx_max = *tx_max;
	if (tx_share)
		config.tx_share = *tx_share;
	if (group)
		config.rate_group = *group;
	err = vane_vf_set_rates(pf, port->index, &config, extack);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_rate_leaf_tx_max_set() - rate_leaf_tx_max_set of devlink
 * @rate: leaf
 * @priv: struct vane_vf_port of it
 * @tx_max: bytes a second, 0 for no limit
 * @extack: where an error is explained
 *
 * Context: The devlink instance lock held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_rate_leaf_tx_max_set(struct devlink_rate *rate, void *priv, u64 tx_max,
			      struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = priv;
	u32 mbps;
	int err;

	err = vane_rate_from_devlink(port->pf, tx_max, &mbps, extack);
	return err ?: vane_rate_set_leaf(port, &mbps, NULL, NULL, extack);
}

/**
 * vane_rate_leaf_tx_share_set() - rate_leaf_tx_share_set of devlink
 * @rate: leaf
 * @priv: struct vane_vf_port of it
 * @tx_share: bytes a second, 0 for no guarantee
 * @extack: where an error is explained
 *
 * Context: The devlink instance lock held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_rate_leaf_tx_share_set(struct devlink_rate *rate, void *priv,
				u64 tx_share, struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = priv;
	u32 mbps;
	int err;

	err = vane_rate_from_devlink(port->pf, tx_share, &mbps, extack);
	return err ?: vane_rate_set_leaf(port, NULL, &mbps, NULL, extack);
}

/**
 * vane_rate_leaf_parent_set() - rate_leaf_parent_set of devlink
 * @child: leaf
 * @parent: node, or NULL for none
 * @priv_child: struct vane_vf_port of the leaf
 * @priv_parent: struct vane_rate_group of the node
 * @extack: where an error is explained
 *
 * Context: The devlink instance lock held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_rate_leaf_parent_set(struct devlink_rate *child,
			      struct devlink_rate *parent, void *priv_child,
			      void *priv_parent, struct netlink_ext_ack *extack)
{
	struct vane_rate_group *group = priv_parent;
	u16 id = parent ? group->id : 0;

	return vane_rate_set_leaf(priv_child, NULL, NULL, &id, extack);
}

static struct devlink_rate *vane_rate_node_of(struct vane_pf *pf, u16 id)
{
	return id && pf->rates.groups[id - 1] ? pf->rates.groups[id - 1]->node :
						NULL;
}

/**
 * vane_rate_add_leaf() - create the leaf of a VF's port
 * @port: port, registered; under the devlink instance lock
 *
 * Context: The devlink instance lock held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_rate_add_leaf(struct vane_vf_port *port)
{
	struct vane_pf *pf = port->pf;
	struct vane_vf *vf;
	u16 group = 0;
	int err;

	if (!(pf->vdev.features & VANE_FEAT_RATE))
		return 0;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, port->index);
	if (vf)
		group = vf->config.rate_group;
	mutex_unlock(&pf->lock);

	err = devl_rate_leaf_create(&port->dl_port, port,
				    vane_rate_node_of(pf, group));
	if (err)
		return err;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, port->index);
	if (vf) {
		vf->leaf = port->dl_port.devlink_rate;
		vane_vf_refresh_leaf(pf, port->index);
	}
	mutex_unlock(&pf->lock);
	return 0;
}

/**
 * vane_rate_del_leaf() - undo vane_rate_add_leaf()
 * @port: port, registered
 *
 * Context: The devlink instance lock held. May sleep. Takes vane_pf.lock.
 */
void vane_rate_del_leaf(struct vane_vf_port *port)
{
	struct vane_pf *pf = port->pf;
	struct vane_vf *vf;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, port->index);
	if (vf)
		vf->leaf = NULL;
	mutex_unlock(&pf->lock);
	devl_rate_leaf_destroy(&port->dl_port);
}

/* Nodes
 * -----
 */

static void vane_rate_fill_group(struct vane_cmd_rate_group *cmd,
				 const struct vane_rate_group *group)
{
	*cmd = (struct vane_cmd_rate_group) {
		.group = cpu_to_le16(group->id),
		.tx_max = cpu_to_le32(group->tx_max),
		.tx_share = cpu_to_le32(group->tx_share),
	};
	memcpy(cmd->name, group->name, sizeof(cmd->name));
}

static int vane_rate_command_group(struct vane_pf *pf,
				   const struct vane_rate_group *group)
{
	struct vane_cmd_rate_group cmd;

	vane_rate_fill_group(&cmd, group);
	return vane_command(pf, VANE_CMD_RATE_GROUP_SET, &cmd, sizeof(cmd),
			    NULL, 0);
}

static int vane_rate_set_group(struct vane_pf *pf,
			       struct vane_rate_group *group, u32 tx_max,
			       u32 tx_share, struct netlink_ext_ack *extack)
{
	const struct vane_rate_group old = *group;
	int err;

	if (tx_max && tx_share > tx_max) {
		NL_SET_ERR_MSG_FMT(extack,
				   "tx_share of %u Mbit/s is above tx_max of %u Mbit/s",
				   tx_share, tx_max);
		return -ERANGE;
	}

	mutex_lock(&pf->lock);
	group->tx_max = tx_max;
	group->tx_share = tx_share;
	err = vane_rate_command_group(pf, group);
	if (err) {
		err = vane_command_explain(pf, extack, err,
					   "set the rates of group %.24s",
					   group->name);
		*group = old;
	}
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_rate_node_tx_max_set() - rate_node_tx_max_set of devlink
 * @rate: node
 * @priv: struct vane_rate_group of it
 * @tx_max: bytes a second, 0 for no limit
 * @extack: where an error is explained
 *
 * Context: The devlink instance lock held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_rate_node_tx_max_set(struct devlink_rate *rate, void *priv, u64 tx_max,
			      struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(rate->devlink);
	struct vane_rate_group *group = priv;
	u32 mbps;
	int err;

	err = vane_rate_from_devlink(pf, tx_max, &mbps, extack);
	return err ?: vane_rate_set_group(pf, group, mbps, group->tx_share,
					  extack);
}

/**
 * vane_rate_node_tx_share_set() - rate_node_tx_share_set of devlink
 * @rate: node
 * @priv: struct vane_rate_group of it
 * @tx_share: bytes a second, 0 for no guarantee
 * @extack: where an error is explained
 *
 * Context: The devlink instance lock held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_rate_node_tx_share_set(struct devlink_rate *rate, void *priv,
				u64 tx_share, struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(rate->devlink);
	struct vane_rate_group *group = priv;
	u32 mbps;
	int err;

	err = vane_rate_from_devlink(pf, tx_share, &mbps, extack);
	return err ?: vane_rate_set_group(pf, group, group->tx_max, mbps,
					  extack);
}

static void vane_rate_add_group(struct vane_pf *pf,
				struct vane_rate_group *group)
{
	lockdep_assert_held(&pf->lock);

	pf->rates.groups[group->id - 1] = group;
	pf->rates.num_groups++;
}

/**
 * vane_rate_node_new() - rate_node_new of devlink
 * @rate: node, named
 * @priv: set to its struct vane_rate_group
 * @extack: where an error is explained
 *
 * Context: The devlink instance lock held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_rate_node_new(struct devlink_rate *rate, void **priv,
		       struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(rate->devlink);
	struct vane_rate_group *group;
	u16 i = 0;
	int err;

	if (!(pf->vdev.features & VANE_FEAT_RATE)) {
		NL_SET_ERR_MSG(extack, "The device has no rate groups");
		return -EOPNOTSUPP;
	}
	if (strlen(rate->name) >= sizeof(group->name)) {
		NL_SET_ERR_MSG_FMT(extack,
				   "The name is longer than the limit of %zu characters",
				   sizeof(group->name) - 1);
		return -EINVAL;
	}
	while (i < pf->rates.limit && pf->rates.groups[i])
		i++;
	if (i == pf->rates.limit) {
		NL_SET_ERR_MSG_FMT(extack, "All %u rate groups are in use, delete one first",
				   pf->rates.limit);
		return -ENOSPC;
	}

	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return -ENOMEM;
	group->id = i + 1;
	group->node = rate;
	strscpy(group->name, rate->name, sizeof(group->name));
	mutex_lock(&pf->lock);
	err = vane_rate_command_group(pf, group);
	if (!err)
		vane_rate_add_group(pf, group);
	mutex_unlock(&pf->lock);
	if (err) {
		err = vane_command_explain(pf, extack, err, "add group %.24s",
					   group->name);
		kfree(group);
		return err;
	}
	*priv = group;
	return 0;
}

static void vane_rate_free_group(struct vane_pf *pf,
				 struct vane_rate_group *group)
{
	lockdep_assert_held(&pf->lock);

	pf->rates.groups[group->id - 1] = NULL;
	pf->rates.num_groups--;
	kfree(group);
}

/**
 * vane_rate_node_del() - rate_node_del of devlink
 * @rate: node, without leaves
 * @priv: struct vane_rate_group of it
 * @extack: where an error is explained
 *
 * Context: The devlink instance lock held. May sleep. Takes vane_pf.lock.
 * Return: 0. If the device cannot be told, its group remains, without ports.
 */
int vane_rate_node_del(struct devlink_rate *rate, void *priv,
		       struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(rate->devlink);
	struct vane_rate_group *group = priv;
	struct vane_cmd_rate_group none = {};
	int err;

	/* Only the node is deleted, and the group remains */
	if (!group->node)
		return 0;
	none.group = cpu_to_le16(group->id);
	mutex_lock(&pf->lock);
	err = vane_command(pf, VANE_CMD_RATE_GROUP_SET, &none, sizeof(none),
			   NULL, 0);
	/* After a reset the driver sends the device the groups that exist */
	if (err && !vane_command_is_lost(err))
		pci_warn(pf->vdev.pdev, "rate group %s: the device did not delete it, the next driver may show it again\n",
			 group->name);
	vane_rate_free_group(pf, group);
	mutex_unlock(&pf->lock);
	return 0;
}

/**
 * vane_rate_group_exists() - whether there is a rate group
 * @pf: the PF
 * @id: its id in the device
 *
 * Context: The devlink instance lock or vane_pf.lock held. Does not sleep.
 * Return: true if so.
 */
bool vane_rate_group_exists(const struct vane_pf *pf, u16 id)
{
	return id && id <= pf->rates.limit && pf->rates.groups[id - 1];
}

static int vane_rate_adopt_group(struct vane_pf *pf,
				 const struct vane_cmd_rate_group *answer,
				 u16 id)
{
	struct vane_rate_group *group;

	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return -ENOMEM;
	group->id = id;
	group->tx_max = le32_to_cpu(answer->tx_max);
	group->tx_share = le32_to_cpu(answer->tx_share);
	memcpy(group->name, answer->name, sizeof(group->name) - 1);
	vane_rate_add_group(pf, group);
	return 0;
}

/**
 * vane_rate_adopt() - take over the groups that a former driver created
 * @pf: the PF, whose mailbox is started
 *
 * They have no nodes yet, as after vane_rate_suspend().
 *
 * Context: Process context, before devlink knows the PF; may sleep. Takes
 * vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_rate_adopt(struct vane_pf *pf)
{
	struct vane_cmd_rate_group *groups;
	struct vane_mbox_batch batch;
	u16 i, count;
	int err;

	count = pf->vdev.features & VANE_FEAT_RATE ? pf->rates.limit : 0;
	groups = kcalloc(count, sizeof(*groups), GFP_KERNEL);
	if (!groups)
		return -ENOMEM;

	mutex_lock(&pf->lock);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	for (i = 0; i < count; i++) {
		groups[i].group = cpu_to_le16(i + 1);
		vane_mbox_batch_add(&batch, VANE_CMD_RATE_GROUP_GET, &groups[i],
				    sizeof(groups[i]), &groups[i],
				    sizeof(groups[i]));
	}
	err = vane_command_batch_end(pf, &batch);
	/* A device of interface 1.1 keeps no names, so there is nothing to adopt */
	if (err == -EOPNOTSUPP) {
		count = 0;
		err = 0;
	}
	for (i = 0; !err && i < count; i++)
		if (groups[i].name[0])
			err = vane_rate_adopt_group(pf, &groups[i], i + 1);
	mutex_unlock(&pf->lock);
	kfree(groups);
	return err;
}

/**
 * vane_rate_replay() - restore the rate groups after a reset of the device
 * @pf: the PF
 * @batch: where the commands are added
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_rate_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	struct vane_cmd_rate_group cmd;
	u16 i;

	lockdep_assert_held(&pf->lock);

	for (i = 0; i < pf->rates.limit; i++) {
		if (!pf->rates.groups[i])
			continue;
		vane_rate_fill_group(&cmd, pf->rates.groups[i]);
		vane_mbox_batch_add(batch, VANE_CMD_RATE_GROUP_SET, &cmd,
				    sizeof(cmd), NULL, 0);
	}
}

/**
 * vane_rate_suspend() - remove the nodes from devlink, and keep the groups
 * @pf: the PF, without leaves
 *
 * devlink must have no nodes during a reload.
 *
 * Context: The devlink instance lock held. May sleep.
 */
void vane_rate_suspend(struct vane_pf *pf)
{
	u16 i;

	for (i = 0; i < pf->rates.limit; i++)
		if (pf->rates.groups[i])
			pf->rates.groups[i]->node = NULL;
	devl_rate_nodes_destroy(priv_to_devlink(pf));
}

/**
 * vane_rate_resume() - create nodes in devlink for the groups
 * @pf: the PF, after vane_rate_suspend() or vane_rate_adopt()
 *
 * A group whose name already exists, as a lost command may leave one behind, gets
 * no node.
 *
 * Context: The devlink instance lock held. May sleep.
 * Return: 0, or an errno, and the remaining nodes stay suspended.
 */
int vane_rate_resume(struct vane_pf *pf)
{
	struct vane_rate_group *group;
	struct devlink_rate *node;
	u16 i;

	for (i = 0; i < pf->rates.limit; i++) {
		group = pf->rates.groups[i];
		if (!group || group->node)
			continue;
		node = devl_rate_node_create(priv_to_devlink(pf), group,
					     group->name, NULL);
		if (node == ERR_PTR(-EEXIST)) {
			pci_warn(pf->vdev.pdev, "rate group %s: the device has two of this name, devlink shows one\n",
				 group->name);
			continue;
		}
		if (IS_ERR(node))
			return PTR_ERR(node);
		group->node = node;
		node->tx_max = vane_vf_rate_to_devlink(group->tx_max);
		node->tx_share = vane_vf_rate_to_devlink(group->tx_share);
	}
	return 0;
}

/**
 * vane_rate_release() - forget all groups
 * @pf: the PF, whose nodes are suspended
 *
 * Does not change the device: its ports keep their rates.
 *
 * Context: Process context, after devlink has forgotten the PF; may sleep.
 * Takes vane_pf.lock.
 */
void vane_rate_release(struct vane_pf *pf)
{
	u16 i;

	mutex_lock(&pf->lock);
	for (i = 0; i < pf->rates.limit; i++)
		if (pf->rates.groups[i])
			vane_rate_free_group(pf, pf->rates.groups[i]);
	mutex_unlock(&pf->lock);
}
