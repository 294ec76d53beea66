/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ports of an uplink: made whole or not at all. Functions return 0, or -1 after they have
 * said what was wrong.
 */
#ifndef VANE_BRIDGE_PORT_H
#define VANE_BRIDGE_PORT_H

#include "state.h"

const char *port_target_name(const struct state *state, __u32 target, char *buf, size_t size);
int port_sweep(struct state *state);
int port_add(struct state *state, __u32 target, const char *name);
int port_del(struct state *state, __u32 target);
int port_del_all(struct state *state);
int port_get(const struct state *state, __u32 number, struct bridge_port *port);

#endif /* VANE_BRIDGE_PORT_H */
