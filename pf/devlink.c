// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: devlink.
 */
#include <linux/bitfield.h>
#include <linux/rtnetlink.h>
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

/*
 * A reload is a soft reset of the device: VFs negotiate again, and everything
 * is configured as it was.
 */
static int reload_down(struct devlink *devlink, bool netns_change,
		       enum devlink_reload_action action,
		       enum devlink_reload_limit limit,
		       struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(devlink);

	if (netns_change) {
		NL_SET_ERR_MSG(extack,
			       "The network namespace cannot be changed");
		return -EOPNOTSUPP;
	}

	rtnl_lock();
	vane_pf_take_down(pf);
	rtnl_unlock();
	return 0;
}

static int reload_up(struct devlink *devlink, enum devlink_reload_action action,
		     enum devlink_reload_limit limit, u32 *actions_performed,
		     struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = devlink_priv(devlink);
	int err;

	rtnl_lock();
	err = vane_pf_bring_up(pf);
	rtnl_unlock();
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
};
