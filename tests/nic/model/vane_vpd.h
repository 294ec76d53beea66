/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: Vital Product Data (vane_vpd.c).
 */
#ifndef HW_NET_VANE_VPD_H
#define HW_NET_VANE_VPD_H

#include "vane_types.h"

/* The PF's capability, of which the MAC address is known. */
bool vane_vpd_init(VaneDevice *dev, Error **errp);
void vane_vpd_finalize(VaneDevice *dev);
/* The PF's configuration space was written. */
void vane_vpd_config_write(VaneDevice *dev, uint32_t addr, int len);

#endif /* HW_NET_VANE_VPD_H */
