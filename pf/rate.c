// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: transmit rates by devlink.
 *
 * A leaf is a VF's port and a node is a rate group of the device. devlink has
 * no way to ask for a rate that it shows: it keeps what it was told. So whoever
 * else changes a VF's rates (ip link) has the leaf follow, and there is one
 * value for both.
 */
#include <linux/slab.h>
#include <net/devlink.h>

#include "pf.h"

/* devlink counts bytes a second, the device Mb/s */
#define VANE_RATE_UNIT		125000

static u64 to_devlink(u32 rate)
{
	return (u64)rate * VANE_RATE_UNIT;
}

static int from_devlink(struct vane_pf *pf, u64 bytes, u32 *rate,
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
			       "The rate is no multiple of 1 Mbit/s (125000 bytes/s)");
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

static int set_leaf(struct vane_vf_port *port, const u32 *tx_max,
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
 * Return: 0 or an errno.
 */
int vane_rate_leaf_tx_max_set(struct devlink_rate *rate, void *priv, u64 tx_max,
			      struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = priv;
	u32 mbps;
	int err;

	err = from_devlink(port->pf, tx_max, &mbps, extack);
	return err ?: set_leaf(port, &mbps, NULL, NULL, extack);
}

/**
 * vane_rate_leaf_tx_share_set() - rate_leaf_tx_share_set of devlink
 * @rate: leaf
 * @priv: struct vane_vf_port of it
 * @tx_share: bytes a second, 0 for nothing in particular
 * @extack: where an error is explained
 *
 * Return: 0 or an errno.
 */
int vane_rate_leaf_tx_share_set(struct devlink_rate *rate, void *priv,
				u64 tx_share, struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = priv;
	u32 mbps;
	int err;

	err = from_devlink(port->pf, tx_share, &mbps, extack);
	return err ?: set_leaf(port, NULL, &mbps, NULL, extack);
}

/**
 * vane_rate_leaf_parent_set() - rate_leaf_parent_set of devlink
 * @child: leaf
 * @parent: node, or NULL for none
 * @priv_child: struct vane_vf_port of the leaf
 * @priv_parent: struct vane_rate_group of the node
 * @extack: where an error is explained
 *
 * Return: 0 or an errno.
 */
int vane_rate_leaf_parent_set(struct devlink_rate *child,
			      struct devlink_rate *parent, void *priv_child,
			      void *priv_parent, struct netlink_ext_ack *extack)
{
	struct vane_rate_group *group = priv_parent;
	u16 id = parent ? group->id : 0;

	return set_leaf(priv_child, NULL, NULL, &id, extack);
}

static struct devlink_rate *node_of(struct vane_pf *pf, u16 id)
{
	return id && pf->rate_groups[id - 1] ? pf->rate_groups[id - 1]->node :
	       NULL;
}

/**
 * vane_rate_add_leaf() - make the leaf of a VF's port
 * @port: port, registered; under the devlink instance lock
 *
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

	err = devl_rate_leaf_create(&port->dl_port, port, node_of(pf, group));
	if (err)
		return err;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, port->index);
	if (vf) {
		vf->leaf = port->dl_port.devlink_rate;
		vane_rate_refresh(pf, port->index);
	}
	mutex_unlock(&pf->lock);
	return 0;
}

/**
 * vane_rate_del_leaf() - undo vane_rate_add_leaf()
 * @port: port, registered; under the devlink instance lock
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

/**
 * vane_rate_refresh() - have a VF's leaf show the rates in force
 * @pf: the PF
 * @index: index of the VF, whose rates may have changed
 *
 * Under vane_pf.lock alone, as ip link has rtnl, which is an inner lock of
 * devlink's. devlink may read the old value a moment longer.
 */
void vane_rate_refresh(struct vane_pf *pf, u16 index)
{
	const struct vane_vf *vf = &pf->vfs[index];

	lockdep_assert_held(&pf->lock);

	if (!vf->leaf)
		return;
	WRITE_ONCE(vf->leaf->tx_max, to_devlink(vf->config.tx_max));
	WRITE_ONCE(vf->leaf->tx_share, to_devlink(vf->config.tx_share));
}

/* Nodes
 * -----
 */

static void fill_group(struct vane_cmd_rate_group *cmd,
		       const struct vane_rate_group *group)
{
	*cmd = (struct vane_cmd_rate_group) {
		.group = cpu_to_le16(group->id),
		.tx_max = cpu_to_le32(group->tx_max),
		.tx_share = cpu_to_le32(group->tx_share),
	};
	memcpy(cmd->name, group->name, sizeof(cmd->name));
}

static int command_group(struct vane_pf *pf,
			 const struct vane_rate_group *group)
{
	struct vane_cmd_rate_group cmd;

	fill_group(&cmd, group);
	return vane_pf_command(pf, VANE_CMD_RATE_GROUP_SET, &cmd, sizeof(cmd),
			       NULL, 0);
}

static int set_group(struct vane_pf *pf, struct vane_rate_group *group,
		     u32 tx_max, u32 tx_share, struct netlink_ext_ack *extack)
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
	err = command_group(pf, group);
	if (err) {
		NL_SET_ERR_MSG(extack, "The device refused the rate");
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
 * Return: 0 or an errno.
 */
int vane_rate_node_tx_max_set(struct devlink_rate *rate, void *priv, u64 tx_max,
			      struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(rate->devlink);
	struct vane_rate_group *group = priv;
	u32 mbps;
	int err;

	err = from_devlink(pf, tx_max, &mbps, extack);
	return err ?: set_group(pf, group, mbps, group->tx_share, extack);
}

/**
 * vane_rate_node_tx_share_set() - rate_node_tx_share_set of devlink
 * @rate: node
 * @priv: struct vane_rate_group of it
 * @tx_share: bytes a second, 0 for nothing in particular
 * @extack: where an error is explained
 *
 * Return: 0 or an errno.
 */
int vane_rate_node_tx_share_set(struct devlink_rate *rate, void *priv,
				u64 tx_share, struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(rate->devlink);
	struct vane_rate_group *group = priv;
	u32 mbps;
	int err;

	err = from_devlink(pf, tx_share, &mbps, extack);
	return err ?: set_group(pf, group, group->tx_max, mbps, extack);
}

static void add_group(struct vane_pf *pf, struct vane_rate_group *group)
{
	lockdep_assert_held(&pf->lock);

	pf->rate_groups[group->id - 1] = group;
	pf->num_rate_groups++;
}

/**
 * vane_rate_node_new() - rate_node_new of devlink
 * @rate: node, named
 * @priv: where its struct vane_rate_group goes
 * @extack: where an error is explained
 *
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
				   "The name is above the limit of %zu characters",
				   sizeof(group->name) - 1);
		return -EINVAL;
	}
	while (i < pf->limit_rate_groups && pf->rate_groups[i])
		i++;
	if (i == pf->limit_rate_groups) {
		NL_SET_ERR_MSG_FMT(extack, "All %u rate groups are in use",
				   pf->limit_rate_groups);
		return -ENOSPC;
	}

	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return -ENOMEM;
	group->id = i + 1;
	group->node = rate;
	strscpy(group->name, rate->name, sizeof(group->name));
	mutex_lock(&pf->lock);
	err = command_group(pf, group);
	if (!err)
		add_group(pf, group);
	mutex_unlock(&pf->lock);
	if (err) {
		NL_SET_ERR_MSG(extack, "The device refused the group");
		kfree(group);
		return err;
	}
	*priv = group;
	return 0;
}

static void free_group(struct vane_pf *pf, struct vane_rate_group *group)
{
	lockdep_assert_held(&pf->lock);

	pf->rate_groups[group->id - 1] = NULL;
	pf->num_rate_groups--;
	kfree(group);
}

/**
 * vane_rate_node_del() - rate_node_del of devlink
 * @rate: node, that no leaf has
 * @priv: struct vane_rate_group of it
 * @extack: where an error is explained
 *
 * Return: 0; a group that the device is not told of any more has no port.
 */
int vane_rate_node_del(struct devlink_rate *rate, void *priv,
		       struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(rate->devlink);
	struct vane_rate_group *group = priv;
	struct vane_cmd_rate_group none = {};

	/* Only the node goes, and the group stays */
	if (!group->node)
		return 0;
	none.group = cpu_to_le16(group->id);
	mutex_lock(&pf->lock);
	if (vane_pf_command(pf, VANE_CMD_RATE_GROUP_SET, &none, sizeof(none),
			    NULL, 0))
		pci_warn(pf->vdev.pdev, "rate group %s may come back\n",
			 group->name);
	free_group(pf, group);
	mutex_unlock(&pf->lock);
	return 0;
}

/**
 * vane_rate_known() - whether there is a rate group
 * @pf: the PF
 * @id: its id as the device has it
 *
 * Return: true if so.
 */
bool vane_rate_known(const struct vane_pf *pf, u16 id)
{
	return id && id <= pf->limit_rate_groups && pf->rate_groups[id - 1];
}

static int adopt_group(struct vane_pf *pf,
		       const struct vane_cmd_rate_group *answer, u16 id)
{
	struct vane_rate_group *group;

	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return -ENOMEM;
	group->id = id;
	group->tx_max = le32_to_cpu(answer->tx_max);
	group->tx_share = le32_to_cpu(answer->tx_share);
	memcpy(group->name, answer->name, sizeof(group->name) - 1);
	add_group(pf, group);
	return 0;
}

/**
 * vane_rate_adopt() - take over the groups that a former driver made
 * @pf: the PF, whose mailbox is started
 *
 * They have no nodes yet, as after vane_rate_suspend().
 *
 * Return: 0 or an errno.
 */
int vane_rate_adopt(struct vane_pf *pf)
{
	struct vane_cmd_rate_group *groups;
	struct vane_mbox_batch batch;
	u16 i, count;
	int err;

	count = pf->vdev.features & VANE_FEAT_RATE ? pf->limit_rate_groups : 0;
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
	err = vane_pf_batch_end(pf, &batch);
	/* A device of interface 1.1 keeps no names, and so no groups */
	if (err == -EOPNOTSUPP) {
		count = 0;
		err = 0;
	}
	for (i = 0; !err && i < count; i++)
		if (groups[i].name[0])
			err = adopt_group(pf, &groups[i], i + 1);
	mutex_unlock(&pf->lock);
	kfree(groups);
	return err;
}

/**
 * vane_rate_replay() - give a device that was reset the rate groups again
 * @pf: the PF
 * @batch: where the commands are added
 */
void vane_rate_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	struct vane_cmd_rate_group cmd;
	u16 i;

	lockdep_assert_held(&pf->lock);

	for (i = 0; i < pf->limit_rate_groups; i++) {
		if (!pf->rate_groups[i])
			continue;
		fill_group(&cmd, pf->rate_groups[i]);
		vane_mbox_batch_add(batch, VANE_CMD_RATE_GROUP_SET, &cmd,
				    sizeof(cmd), NULL, 0);
	}
}

/**
 * vane_rate_suspend() - take the nodes from devlink, and keep the groups
 * @pf: the PF, without leaves
 *
 * A reload must leave devlink none. Under the devlink instance lock.
 */
void vane_rate_suspend(struct vane_pf *pf)
{
	u16 i;

	for (i = 0; i < pf->limit_rate_groups; i++)
		if (pf->rate_groups[i])
			pf->rate_groups[i]->node = NULL;
	devl_rate_nodes_destroy(priv_to_devlink(pf));
}

/**
 * vane_rate_resume() - give devlink nodes for the groups
 * @pf: the PF, after vane_rate_suspend() or vane_rate_adopt()
 *
 * Under the devlink instance lock. A group of a name that there is, as a lost
 * command may leave one behind, goes without a node.
 *
 * Return: 0 or an errno, when the rest of the nodes is still suspended.
 */
int vane_rate_resume(struct vane_pf *pf)
{
	struct vane_rate_group *group;
	struct devlink_rate *node;
	u16 i;

	for (i = 0; i < pf->limit_rate_groups; i++) {
		group = pf->rate_groups[i];
		if (!group || group->node)
			continue;
		node = devl_rate_node_create(priv_to_devlink(pf), group,
					     group->name, NULL);
		if (node == ERR_PTR(-EEXIST)) {
			pci_warn(pf->vdev.pdev, "there are two rate groups %s\n",
				 group->name);
			continue;
		}
		if (IS_ERR(node))
			return PTR_ERR(node);
		group->node = node;
		node->tx_max = to_devlink(group->tx_max);
		node->tx_share = to_devlink(group->tx_share);
	}
	return 0;
}

/**
 * vane_rate_release() - forget all groups
 * @pf: the PF, whose nodes are suspended
 *
 * The device is left alone: its ports go on as they were.
 */
void vane_rate_release(struct vane_pf *pf)
{
	u16 i;

	mutex_lock(&pf->lock);
	for (i = 0; i < pf->limit_rate_groups; i++)
		if (pf->rate_groups[i])
			free_group(pf, pf->rate_groups[i]);
	mutex_unlock(&pf->lock);
}
