// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "link.h"
#include "port.h"
#include "vane_hw.h"

/* port_target_name() - a target as commands name it, with what it is in front */
const char *port_target_name(const struct state *state, __u32 target, char *buf, size_t size)
{
	if (!(target & BRIDGE_TARGET_LIST))
		snprintf(buf, size, "channel %u", target);
	else if (state_is_etag(state))
		snprintf(buf, size, "list %u:%u", (target & VANE_LIST_GROUP) >> 20,
			 target & VANE_LIST_ECID);
	else
		snprintf(buf, size, "list %u", target & ~BRIDGE_TARGET_LIST);
	return buf;
}

/* port_read() - what is recorded of port @number, complete or not; outer is 0 if nothing is */
static int port_read(const struct state *state, __u32 number, struct bridge_port *port)
{
	if (!bpf_map_lookup_elem(state->ports, &number, port))
		return 0;
	warn("%s: port %u", state->name, number);
	return -1;
}

/* port_check_complete() - @complete: all of a port is there, as the way to it is made last */
static int port_check_complete(const struct state *state, __u32 number,
			       const struct bridge_port *port, bool *complete)
{
	__u32 known = 0;

	/* Only what is known to be incomplete may be removed. */
	if (bpf_map_lookup_elem(state->targets, &port->target, &known) && errno != ENOENT) {
		warn("%s: port %u", state->name, number);
		return -1;
	}
	*complete = known == number;
	return 0;
}

/* port_get() - port @number; outer is 0 if there is none that is complete */
int port_get(const struct state *state, __u32 number, struct bridge_port *port)
{
	bool complete = true;

	if (port_read(state, number, port))
		return -1;
	if (port->outer && port_check_complete(state, number, port, &complete))
		return -1;
	if (!complete)
		port->outer = 0;
	return 0;
}

static int port_put(struct state *state, __u32 number, const struct bridge_port *port)
{
	if (!bpf_map_update_elem(state->ports, &number, port, BPF_ANY))
		return 0;
	warn("%s: port %u", state->name, number);
	return -1;
}

/* port_inner_name() - of the inner end of port @number */
static void port_inner_name(const struct state *state, __u32 number, char *name)
{
	snprintf(name, IF_NAMESIZE, "vb%u.%u", state->config.uplink, number);
}

/*
 * port_forget() - takes what there is of a port out of the maps, the way to it first. If it is
 * not @complete, another port may have its target.
 */
static void port_forget(struct state *state, __u32 number, const struct bridge_port *port,
			bool complete)
{
	static const struct bridge_port none;

	if (complete)
		bpf_map_delete_elem(state->targets, &port->target);
	bpf_map_delete_elem(state->ends, &port->outer);
	bpf_map_delete_elem(state->ends, &port->inner);
	port_put(state, number, &none);
}

/* port_remove() - removes what is recorded of port @number */
static int port_remove(struct state *state, __u32 number)
{
	struct bridge_port port;
	bool complete;

	if (port_read(state, number, &port))
		return -1;
	if (!port.outer)
		return 0;
	if (port_check_complete(state, number, &port, &complete))
		return -1;
	/* The inner end too, as it outlives an outer one that is in another namespace. */
	if (link_del(port.outer, NULL) || link_del(port.inner, NULL))
		return -1;
	port_forget(state, number, &port, complete);
	return 0;
}

/* port_is_stray() - an inner end by its name and kind, but of no port */
static bool port_is_stray(const struct state *state, const struct if_nameindex *link)
{
	unsigned int uplink, number;
	struct bridge_port port;
	char name[IF_NAMESIZE];

	if (sscanf(link->if_name, "vb%u.%u", &uplink, &number) != 2 ||
	    uplink != state->config.uplink || !number || number > state->config.max_ports)
		return false;
	port_inner_name(state, number, name);
	return !strcmp(name, link->if_name) && !port_read(state, number, &port) &&
	       !(port.outer && port.inner == link->if_index) && link_is_veth(name);
}

/* port_sweep() - removes what commands that were killed have left of ports */
int port_sweep(struct state *state)
{
	struct if_nameindex *links, *link;
	struct bridge_port port;
	bool complete;
	__u32 number;
	int ret = 0;

	for (number = 1; number <= state->config.max_ports; number++) {
		if (port_read(state, number, &port))
			return -1;
		if (!port.outer)
			continue;
		if (port_check_complete(state, number, &port, &complete))
			return -1;
		if (!complete && port_remove(state, number))
			return -1;
	}
	links = if_nameindex();
	if (!links) {
		warn("cannot list the interfaces");
		return -1;
	}
	for (link = links; link->if_name && !ret; link++)
		if (port_is_stray(state, link))
			ret = link_del(link->if_index, NULL);
	if_freenameindex(links);
	return ret;
}

/* port_free_number() - a number that no port has */
static int port_free_number(const struct state *state, __u32 *number)
{
	struct bridge_port port;

	for (*number = 1; *number <= state->config.max_ports; (*number)++) {
		if (port_get(state, *number, &port))
			return -1;
		if (!port.outer)
			return 0;
	}
	warnx("%s has %u ports, channels and lists together, as many as it was attached for",
	      state->name, state->config.max_ports);
	return -1;
}

/* port_check_new() - @target has no port yet, and @name can be one's name */
static int port_check_new(const struct state *state, __u32 target, const char *name)
{
	char text[32], owner[IF_NAMESIZE];
	struct bridge_port port;
	__u32 number;

	port_target_name(state, target, text, sizeof(text));
	if (!bpf_map_lookup_elem(state->targets, &target, &number)) {
		if (port_get(state, number, &port))
			return -1;
		if (if_indextoname(port.outer, owner))
			warnx("%s of %s has the port %s", text, state->name, owner);
		else
			warnx("%s of %s has a port whose interface is gone; delete that first",
			      text, state->name);
		return -1;
	}
	if (sscanf(name, "vb%u.%u", &number, &number) == 2) {
		warnx("names as vb1.2 are for the other ends of ports");
		return -1;
	}
	if (!*name || strlen(name) >= IF_NAMESIZE || strpbrk(name, "/: \t\n%") ||
	    !strcmp(name, ".") || !strcmp(name, "..")) {
		warnx("'%s' cannot be an interface's name", name);
		return -1;
	}
	if (if_nametoindex(name)) {
		warnx("there is an interface %s already", name);
		return -1;
	}
	return 0;
}

static int port_attach_xdp(const struct state *state, const char *name, unsigned int ifindex,
			   enum state_prog prog)
{
	/* The driver's own XDP: with it, a veth has its peer send no TSO frames. */
	int ret = bpf_xdp_attach(ifindex, state->progs[prog], XDP_FLAGS_DRV_MODE, NULL);

	if (ret)
		warnx("%s: attach: %s", name, strerror(-ret));
	return ret ? -1 : 0;
}

static int port_attach_tcx(const struct state *state, const char *name, unsigned int ifindex,
			   enum state_prog prog, enum bpf_attach_type where)
{
	int ret = bpf_prog_attach_opts(state->progs[prog], ifindex, where, NULL);

	if (ret)
		warnx("%s: attach: %s", name, strerror(-ret));
	return ret ? -1 : 0;
}

/* port_set_up() - both ends, complete before the first frame */
static int port_set_up(const struct state *state, const struct bridge_port *port,
		       const char *outer, const char *inner)
{
	if (link_silence(outer) || link_silence(inner) || link_vlan_in_frame(outer))
		return -1;
	if (port_attach_xdp(state, outer, port->outer, STATE_PROG_POP) ||
	    port_attach_tcx(state, outer, port->outer, STATE_PROG_ENTER, BPF_TCX_INGRESS) ||
	    port_attach_tcx(state, outer, port->outer, STATE_PROG_LEAVE, BPF_TCX_EGRESS) ||
	    port_attach_xdp(state, inner, port->inner, STATE_PROG_PUSH) ||
	    port_attach_tcx(state, inner, port->inner, STATE_PROG_DOWN, BPF_TCX_INGRESS))
		return -1;
	if (link_set_flag(inner, IFF_UP, true) || link_set_flag(outer, IFF_UP, true))
		return -1;
	return 0;
}

/* port_record() - puts a port into the maps, but not the way to it */
static int port_record(struct state *state, __u32 number, const struct bridge_port *port)
{
	if (port_put(state, number, port))
		return -1;
	if (bpf_map_update_elem(state->ends, &port->outer, &number, BPF_NOEXIST) ||
	    bpf_map_update_elem(state->ends, &port->inner, &number, BPF_NOEXIST)) {
		warn("%s: port %u", state->name, number);
		return -1;
	}
	return 0;
}

/* port_record_target() - the way to a port, as the last thing that it needs */
static int port_record_target(struct state *state, __u32 number,
			      const struct bridge_port *port)
{
	if (!bpf_map_update_elem(state->targets, &port->target, &number, BPF_NOEXIST))
		return 0;
	warn("%s: port %u", state->name, number);
	return -1;
}

/* port_add() - a port @name for a channel or a list */
int port_add(struct state *state, __u32 target, const char *name)
{
	struct bridge_port port = { .target = target };
	char inner[IF_NAMESIZE];
	__u32 number;
	int mtu;

	if (port_check_new(state, target, name) || port_free_number(state, &number))
		return -1;
	mtu = link_mtu(state->config.uplink);
	if (mtu < 0)
		return -1;
	port_inner_name(state, number, inner);
	if (link_add_veth(name, inner, mtu))
		return -1;
	port.outer = if_nametoindex(name);
	port.inner = if_nametoindex(inner);
	if (!port.outer || !port.inner) {
		warn("%s", name);
		goto undo;
	}
	if (port_record(state, number, &port) || port_set_up(state, &port, name, inner) ||
	    port_record_target(state, number, &port))
		goto undo;
	return 0;
undo:
	port_forget(state, number, &port, false);
	link_del(0, name);
	return -1;
}

int port_del(struct state *state, __u32 target)
{
	char text[32];
	__u32 number;

	if (!bpf_map_lookup_elem(state->targets, &target, &number))
		return port_remove(state, number);
	warnx("%s of %s has no port", port_target_name(state, target, text, sizeof(text)),
	      state->name);
	return -1;
}

int port_del_all(struct state *state)
{
	__u32 number;

	for (number = 1; number <= state->config.max_ports; number++)
		if (port_remove(state, number))
			return -1;
	return 0;
}
