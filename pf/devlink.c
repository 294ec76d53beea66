// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: devlink.
 */
#include <linux/bitfield.h>
#include <net/devlink.h>

#include "pf.h"

static int put_serial(struct vane_pf *pf, struct devlink_info_req *req)
{
	char text[24];

	/* As lspci prints a device serial number */
	snprintf(text, sizeof(text), "%8phD", &(__be64){ cpu_to_be64(pf->dsn) });
	return devlink_info_serial_number_put(req, text);
}

static int info_get(struct devlink *devlink, struct devlink_info_req *req,
		    struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(devlink);
	char text[16];
	u32 reg;
	int err;

	if (pf->dsn) {
		err = put_serial(pf, req);
		if (err)
			return err;
	}

	reg = vane_rd32(&pf->vdev, VANE_REG_FW_VERSION);
	snprintf(text, sizeof(text), "%u.%u.%u",
		 FIELD_GET(VANE_FW_VERSION_MAJOR, reg),
		 FIELD_GET(VANE_FW_VERSION_MINOR, reg),
		 FIELD_GET(VANE_FW_VERSION_PATCH, reg));
	err = devlink_info_version_running_put(req,
					       DEVLINK_INFO_VERSION_GENERIC_FW,
					       text);
	if (err)
		return err;

	reg = vane_rd32(&pf->vdev, VANE_REG_ABI);
	snprintf(text, sizeof(text), "%u.%u", FIELD_GET(VANE_ABI_MAJOR, reg),
		 FIELD_GET(VANE_ABI_MINOR, reg));
	return devlink_info_version_running_put(req,
						DEVLINK_INFO_VERSION_GENERIC_FW_MGMT_API,
						text);
}

/* Parameters
 * ----------
 */

enum vane_param_id {
	VANE_PARAM_ID_IGNORE_USERS = DEVLINK_PARAM_GENERIC_ID_MAX + 1,
};

static int ignore_users_get(VANE_PARAM_GET_ARGS)
{
	struct vane_pf *pf = devlink_priv(devlink);

	ctx->val.vbool = pf->ignore_users;
	return 0;
}

static int ignore_users_set(struct devlink *devlink, u32 id,
			    struct devlink_param_gset_ctx *ctx,
			    struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(devlink);

	/* Taking VFs away reads it under the device lock alone */
	WRITE_ONCE(pf->ignore_users, ctx->val.vbool);
	return 0;
}

static const struct devlink_param params[] = {
	DEVLINK_PARAM_DRIVER(VANE_PARAM_ID_IGNORE_USERS, "ignore_vf_users",
			     DEVLINK_PARAM_TYPE_BOOL,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME),
			     ignore_users_get, ignore_users_set, NULL),
};

/* Resources
 * ---------
 * Their sizes are the device's and cannot be set.
 */

enum vane_resource {
	VANE_RESOURCE_QUEUES = DEVLINK_RESOURCE_ID_PARENT_TOP + 1,
	VANE_RESOURCE_VECTORS,
	VANE_RESOURCE_FILTERS,
	VANE_RESOURCE_RATE_GROUPS,
};

static u64 queues_occ(void *priv)
{
	u64 sum = VANE_MAX_QUEUES_PF;
	struct vane_pf *pf = priv;
	u16 i;

	mutex_lock(&pf->lock);
	for (i = 0; i < pf->num_vfs; i++)
		sum += pf->vfs[i].config.queues;
	mutex_unlock(&pf->lock);
	return sum;
}

static u64 vectors_occ(void *priv)
{
	u64 sum = VANE_MAX_VECTORS_PF;
	struct vane_pf *pf = priv;
	u16 i;

	mutex_lock(&pf->lock);
	for (i = 0; i < pf->num_vfs; i++)
		sum += pf->vfs[i].config.vectors;
	mutex_unlock(&pf->lock);
	return sum;
}

static u64 filters_occ(void *priv)
{
	u32 used;

	/* A device that does not answer has forgotten them */
	return vane_switch_get_filters(priv, &used) ? 0 : used;
}

static u64 rate_groups_occ(void *priv)
{
	struct vane_pf *pf = priv;

	return pf->num_rate_groups;
}

static int add_resource(struct vane_pf *pf, enum vane_resource id,
			const char *name, u64 size,
			devlink_resource_occ_get_t *occ_get)
{
	struct devlink *devlink = priv_to_devlink(pf);
	struct devlink_resource_size_params size_params;
	int err;

	devlink_resource_size_params_init(&size_params, size, size, 1,
					  DEVLINK_RESOURCE_UNIT_ENTRY);
	err = devl_resource_register(devlink, name, size, id,
				     DEVLINK_RESOURCE_ID_PARENT_TOP,
				     &size_params);
	if (!err)
		devl_resource_occ_get_register(devlink, id, occ_get, pf);
	return err;
}

static int add_resources(struct vane_pf *pf)
{
	int err;

	err = add_resource(pf, VANE_RESOURCE_QUEUES, "queue_pairs",
			   VANE_TOTAL_QUEUES, queues_occ);
	if (err)
		return err;
	err = add_resource(pf, VANE_RESOURCE_VECTORS, "vectors",
			   VANE_TOTAL_VECTORS, vectors_occ);
	if (err)
		return err;
	err = add_resource(pf, VANE_RESOURCE_FILTERS, "filters",
			   pf->limit_filters, filters_occ);
	if (err || !pf->limit_rate_groups)
		return err;
	return add_resource(pf, VANE_RESOURCE_RATE_GROUPS, "rate_groups",
			    pf->limit_rate_groups, rate_groups_occ);
}

/**
 * vane_devlink_init() - give devlink what is there as long as the driver is
 * @pf: the PF, not registered there yet
 *
 * Return: 0 or an errno.
 */
int vane_devlink_init(struct vane_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);
	int err;

	err = devl_params_register(devlink, params, ARRAY_SIZE(params));
	if (err)
		return err;
	err = add_resources(pf);
	if (err)
		goto unregister_resources;
	err = vane_region_init(pf);
	if (err)
		goto unregister_resources;
	err = vane_health_init(pf);
	if (err)
		goto exit_regions;
	return 0;

exit_regions:
	vane_region_exit(pf);
unregister_resources:
	devl_resources_unregister(devlink);
	devl_params_unregister(devlink, params, ARRAY_SIZE(params));
	return err;
}

/**
 * vane_devlink_exit() - undo vane_devlink_init()
 * @pf: the PF
 */
void vane_devlink_exit(struct vane_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);

	vane_health_exit(pf);
	vane_region_exit(pf);
	devl_resources_unregister(devlink);
	devl_params_unregister(devlink, params, ARRAY_SIZE(params));
}

/* Reload
 * ------
 * The driver starts afresh on a device after a soft reset: the netdev is another
 * one, and so are ports, leaves and nodes, since devlink wants none left in
 * between. VFs stay, negotiate again, and are configured as they were.
 */

static int reload_down(struct devlink *devlink, bool netns_change,
		       enum devlink_reload_action action,
		       enum devlink_reload_limit limit,
		       struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(devlink);
	int err;

	if (netns_change) {
		NL_SET_ERR_MSG(extack,
			       "The network namespace cannot be changed");
		return -EOPNOTSUPP;
	}
	err = vane_sriov_check_unused(pf, extack);
	if (err)
		return err;

	vane_pf_unload(pf);
	return 0;
}

static int reload_up(struct devlink *devlink, enum devlink_reload_action action,
		     enum devlink_reload_limit limit, u32 *actions_performed,
		     struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(devlink);
	int err;

	err = vane_pf_load(pf);
	if (err)
		NL_SET_ERR_MSG(extack, "The device does not come back");
	else
		*actions_performed = BIT(action);
	return err;
}

const struct devlink_ops vane_devlink_ops = {
	.reload_actions = BIT(DEVLINK_RELOAD_ACTION_DRIVER_REINIT),
	.reload_down = reload_down,
	.reload_up = reload_up,
	.info_get = info_get,
	.rate_leaf_tx_share_set = vane_rate_leaf_tx_share_set,
	.rate_leaf_tx_max_set = vane_rate_leaf_tx_max_set,
	.rate_leaf_parent_set = vane_rate_leaf_parent_set,
	.rate_node_tx_share_set = vane_rate_node_tx_share_set,
	.rate_node_tx_max_set = vane_rate_node_tx_max_set,
	.rate_node_new = vane_rate_node_new,
	.rate_node_del = vane_rate_node_del,
};
