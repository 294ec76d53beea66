// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: devlink.
 */
#include <linux/bitfield.h>
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <net/devlink.h>

#include "device.h"
#include "devlink.h"
#include "health.h"
#include "mdd.h"
#include "netdev.h"
#include "pf.h"
#include "port.h"
#include "rate.h"
#include "region.h"
#include "sriov.h"
#include "switch.h"

static int vane_devlink_put_serial(struct vane_pf *pf,
				   struct devlink_info_req *req)
{
	char text[24];

	/* As lspci prints a device serial number */
	snprintf(text, sizeof(text), "%8phD", &(__be64){ cpu_to_be64(pf->dsn) });
	return devlink_info_serial_number_put(req, text);
}

static int vane_devlink_put_board(const struct vane_board *board,
				  struct devlink_info_req *req)
{
	int err = 0;

	if (*board->part)
		err = devlink_info_version_fixed_put(req,
						     DEVLINK_INFO_VERSION_GENERIC_BOARD_ID,
						     board->part);
	if (!err && *board->serial)
		err = devlink_info_board_serial_number_put(req, board->serial);
	return err;
}

static int vane_devlink_info_get(struct devlink *devlink,
				 struct devlink_info_req *req,
				 struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(devlink);
	char text[16];
	u32 reg;
	int err;

	if (pf->dsn) {
		err = vane_devlink_put_serial(pf, req);
		if (err)
			return err;
	}
	err = vane_devlink_put_board(&pf->board, req);
	if (err)
		return err;

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
	VANE_PARAM_ID_VF_ERROR_ACTION,
	VANE_PARAM_ID_VF_ERROR_LIMIT,
	VANE_PARAM_ID_VF_ERROR_WINDOW,
};

static int vane_devlink_ignore_users_get(VANE_PARAM_GET_ARGS)
{
	struct vane_pf *pf = devlink_priv(devlink);

	ctx->val.vbool = pf->sriov.ignore_users;
	return 0;
}

static int vane_devlink_ignore_users_set(struct devlink *devlink, u32 id,
					 struct devlink_param_gset_ctx *ctx,
					 struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(devlink);

	/* Taking VFs away reads it under the device lock alone */
	WRITE_ONCE(pf->sriov.ignore_users, ctx->val.vbool);
	return 0;
}

static int vane_devlink_vf_error_action_get(VANE_PARAM_GET_ARGS)
{
	struct vane_pf *pf = devlink_priv(devlink);

	mutex_lock(&pf->lock);
	strscpy(ctx->val.vstr, vane_mdd_action_name(pf->mdd.action));
	mutex_unlock(&pf->lock);
	return 0;
}

static int vane_devlink_vf_error_action_set(struct devlink *devlink, u32 id,
					    struct devlink_param_gset_ctx *ctx,
					    struct netlink_ext_ack *extack)
{
	int action = vane_mdd_find_action(ctx->val.vstr);
	struct vane_pf *pf = devlink_priv(devlink);

	if (action < 0) {
		NL_SET_ERR_MSG(extack,
			       "The action is report, reset or quarantine");
		return -EINVAL;
	}
	mutex_lock(&pf->lock);
	pf->mdd.action = action;
	mutex_unlock(&pf->lock);
	return 0;
}

static int vane_devlink_vf_error_number_get(VANE_PARAM_GET_ARGS)
{
	struct vane_pf *pf = devlink_priv(devlink);

	mutex_lock(&pf->lock);
	ctx->val.vu32 = id == VANE_PARAM_ID_VF_ERROR_LIMIT ? pf->mdd.limit :
							     pf->mdd.window;
	mutex_unlock(&pf->lock);
	return 0;
}

static int vane_devlink_vf_error_number_set(struct devlink *devlink, u32 id,
					    struct devlink_param_gset_ctx *ctx,
					    struct netlink_ext_ack *extack)
{
	bool is_limit = id == VANE_PARAM_ID_VF_ERROR_LIMIT;
	u32 max = is_limit ? VANE_MDD_MAX_LIMIT : VANE_MDD_MAX_WINDOW;
	struct vane_pf *pf = devlink_priv(devlink);

	if (!ctx->val.vu32 || ctx->val.vu32 > max) {
		NL_SET_ERR_MSG_FMT(extack, "The %s is 1 to %u %s",
				   is_limit ? "limit" : "window", max,
				   is_limit ? "errors" : "seconds");
		return -ERANGE;
	}
	mutex_lock(&pf->lock);
	if (is_limit)
		pf->mdd.limit = ctx->val.vu32;
	else
		pf->mdd.window = ctx->val.vu32;
	mutex_unlock(&pf->lock);
	return 0;
}

static const struct devlink_param params[] = {
	DEVLINK_PARAM_DRIVER(VANE_PARAM_ID_IGNORE_USERS, "ignore_vf_users",
			     DEVLINK_PARAM_TYPE_BOOL,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME),
			     vane_devlink_ignore_users_get,
			     vane_devlink_ignore_users_set, NULL),
	DEVLINK_PARAM_DRIVER(VANE_PARAM_ID_VF_ERROR_ACTION, "vf_error_action",
			     DEVLINK_PARAM_TYPE_STRING,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME),
			     vane_devlink_vf_error_action_get,
			     vane_devlink_vf_error_action_set, NULL),
	DEVLINK_PARAM_DRIVER(VANE_PARAM_ID_VF_ERROR_LIMIT, "vf_error_limit",
			     DEVLINK_PARAM_TYPE_U32,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME),
			     vane_devlink_vf_error_number_get,
			     vane_devlink_vf_error_number_set, NULL),
	DEVLINK_PARAM_DRIVER(VANE_PARAM_ID_VF_ERROR_WINDOW, "vf_error_window",
			     DEVLINK_PARAM_TYPE_U32,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME),
			     vane_devlink_vf_error_number_get,
			     vane_devlink_vf_error_number_set, NULL),
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

static u64 vane_devlink_queues_occ(void *priv)
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

static u64 vane_devlink_vectors_occ(void *priv)
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

static u64 vane_devlink_filters_occ(void *priv)
{
	u32 used;

	/* A device that does not respond has lost them */
	return vane_switch_get_filters(priv, &used) ? 0 : used;
}

static u64 vane_devlink_rate_groups_occ(void *priv)
{
	struct vane_pf *pf = priv;

	return pf->rates.num_groups;
}

static int vane_devlink_add_resource(struct vane_pf *pf, enum vane_resource id,
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

static int vane_devlink_add_resources(struct vane_pf *pf)
{
	int err;

	err = vane_devlink_add_resource(pf, VANE_RESOURCE_QUEUES, "queue_pairs",
					VANE_TOTAL_QUEUES,
					vane_devlink_queues_occ);
	if (err)
		return err;
	err = vane_devlink_add_resource(pf, VANE_RESOURCE_VECTORS, "vectors",
					VANE_TOTAL_VECTORS,
					vane_devlink_vectors_occ);
	if (err)
		return err;
	err = vane_devlink_add_resource(pf, VANE_RESOURCE_FILTERS, "filters",
					pf->filter.limit,
					vane_devlink_filters_occ);
	if (err || !pf->rates.limit)
		return err;
	return vane_devlink_add_resource(pf, VANE_RESOURCE_RATE_GROUPS,
					 "rate_groups", pf->rates.limit,
					 vane_devlink_rate_groups_occ);
}

/**
 * vane_devlink_init() - register what exists as long as the driver is bound
 * @pf: the PF, not registered with devlink yet
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 * Return: 0 or an errno.
 */
int vane_devlink_init(struct vane_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);
	int err;

	err = devl_params_register(devlink, params, ARRAY_SIZE(params));
	if (err)
		return err;
	err = vane_devlink_add_resources(pf);
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
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 */
void vane_devlink_exit(struct vane_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);

	vane_health_exit(pf);
	vane_region_exit(pf);
	devl_resources_unregister(devlink);
	devl_params_unregister(devlink, params, ARRAY_SIZE(params));
}

/* Load
 * ----
 */

/**
 * vane_devlink_start_netdev() - create and start the netdev and its port
 * @pf: the PF, whose device is ready
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 * Takes rtnl.
 * Return: 0 or an errno.
 */
int vane_devlink_start_netdev(struct vane_pf *pf)
{
	int err;

	err = vane_netdev_alloc(pf);
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
	enable_work(&pf->filter.work);
	queue_work(pf->wq, &pf->filter.work);
	enable_delayed_work(&pf->health.watch_work);
	queue_delayed_work(pf->wq, &pf->health.watch_work,
			   VANE_HEALTH_WATCH_PERIOD);
	return 0;

del_port:
	vane_port_del(pf);
free_net:
	vane_net_free(pf->vdev.net);
	return err;
}

/**
 * vane_devlink_unload() - remove netdev and ports, and stop the device
 * @pf: the PF, in any state
 *
 * The configuration is kept. VFs stay enabled, and the device forwards for them.
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 * Takes rtnl and vane_pf.lock.
 */
void vane_devlink_unload(struct vane_pf *pf)
{
	bool was_running;

	/* No reset from here on, as it would find half a netdev */
	rtnl_lock();
	was_running = pf->running;
	pf->running = false;
	pf->retry.wanted = false;
	rtnl_unlock();

	/* The device is still running, for what unregistering undoes */
	if (pf->vdev.net) {
		vane_net_unregister(pf->vdev.net);
		disable_delayed_work_sync(&pf->health.watch_work);
		disable_work_sync(&pf->filter.work);
	}
	if (was_running) {
		vane_device_drain_mbox(pf);
		vane_device_stop(pf);
	}

	vane_port_del_vfs(pf);
	vane_rate_suspend(pf);
	if (!pf->vdev.net)
		return;
	vane_port_del(pf);
	vane_net_free(pf->vdev.net);
}

/**
 * vane_devlink_load() - reset the device, and undo vane_devlink_unload()
 * @pf: the PF
 *
 * The netdev is a new one.
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 * Takes rtnl and vane_pf.lock.
 * Return: 0, or an errno, and the PF stays unloaded.
 */
static int vane_devlink_load(struct vane_pf *pf)
{
	int err;

	mutex_lock(&pf->lock);
	ether_addr_copy(pf->filter.mac, pf->perm_mac);
	mutex_unlock(&pf->lock);

	err = vane_device_start(pf);
	if (err)
		return err;
	err = vane_devlink_start_netdev(pf);
	if (err) {
		vane_device_stop(pf);
		return err;
	}
	err = vane_rate_resume(pf);
	if (!err)
		err = vane_port_add_vfs(pf);
	if (err) {
		vane_devlink_unload(pf);
		return err;
	}
	vane_health_restart(pf);
	return 0;
}

/* Reload
 * ------
 * The driver starts afresh after a soft reset of the device: the netdev is a new
 * one, and so are ports, leaves and nodes, since devlink requires that none
 * remain in between. VFs stay, negotiate again, and are configured as before.
 */

static int vane_devlink_reload_down(struct devlink *devlink, bool netns_change,
				    enum devlink_reload_action action,
				    enum devlink_reload_limit limit,
				    struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(devlink);
	int err;

	if (netns_change) {
		NL_SET_ERR_MSG(extack,
			       "A reload cannot change the network namespace");
		return -EOPNOTSUPP;
	}
	err = vane_sriov_check_unused(pf, extack);
	if (err)
		return err;

	vane_devlink_unload(pf);
	return 0;
}

static int vane_devlink_reload_up(struct devlink *devlink,
				  enum devlink_reload_action action,
				  enum devlink_reload_limit limit,
				  u32 *actions_performed,
				  struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(devlink);
	int err;

	err = vane_devlink_load(pf);
	if (err)
		NL_SET_ERR_MSG(extack,
			       "The device did not recover from its reset; see the kernel log");
	else
		*actions_performed = BIT(action);
	return err;
}

/* Mode of the switch
 * ------------------
 * VFs have no representors, so legacy mode is the only one.
 */

static int vane_devlink_eswitch_mode_get(struct devlink *devlink, u16 *mode)
{
	*mode = DEVLINK_ESWITCH_MODE_LEGACY;
	return 0;
}

static int vane_devlink_eswitch_mode_set(struct devlink *devlink, u16 mode,
					 struct netlink_ext_ack *extack)
{
	if (mode == DEVLINK_ESWITCH_MODE_LEGACY)
		return 0;
	NL_SET_ERR_MSG(extack, "The switch has legacy mode only, as VFs have no representors");
	return -EOPNOTSUPP;
}

const struct devlink_ops vane_devlink_ops = {
	.reload_actions = BIT(DEVLINK_RELOAD_ACTION_DRIVER_REINIT),
	.reload_down = vane_devlink_reload_down,
	.reload_up = vane_devlink_reload_up,
	.info_get = vane_devlink_info_get,
	.eswitch_mode_get = vane_devlink_eswitch_mode_get,
	.eswitch_mode_set = vane_devlink_eswitch_mode_set,
	.rate_leaf_tx_share_set = vane_rate_leaf_tx_share_set,
	.rate_leaf_tx_max_set = vane_rate_leaf_tx_max_set,
	.rate_leaf_parent_set = vane_rate_leaf_parent_set,
	.rate_node_tx_share_set = vane_rate_node_tx_share_set,
	.rate_node_tx_max_set = vane_rate_node_tx_max_set,
	.rate_node_new = vane_rate_node_new,
	.rate_node_del = vane_rate_node_del,
};
