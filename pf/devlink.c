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

const struct devlink_ops vane_devlink_ops = {
	.info_get = info_get,
};
