/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces: veth pairs and what is set on them. Functions return 0, or -1 after they have
 * said what was wrong.
 */
#ifndef VANE_BRIDGE_LINK_H
#define VANE_BRIDGE_LINK_H

#include <stdbool.h>

bool link_exists(unsigned int ifindex);
bool link_is_veth(const char *name);
int link_check_ethernet(const char *name);
int link_mtu(unsigned int ifindex);
int link_add_veth(const char *outer, const char *inner, unsigned int mtu);
int link_del(unsigned int ifindex, const char *name);
int link_set_flag(const char *name, unsigned int flag, bool on);
int link_has_flag(const char *name, unsigned int flag, bool *on);
int link_silence(const char *name);
int link_vlan_in_frame(const char *name);

#endif /* VANE_BRIDGE_LINK_H */
