// SPDX-License-Identifier: GPL-2.0-only
/*
 * vane-bridge: makes the channels of an uplink ports of a Linux bridge. See README.rst.
 */
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "link.h"
#include "port.h"
#include "state.h"
#include "vane_hw.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define DEFAULT_PORTS		1024

static const char main_usage[] =
	"usage: vane-bridge attach UPLINK vntag|etag [ports MAX]\n"
	"       vane-bridge detach UPLINK\n"
	"       vane-bridge port add UPLINK CHANNEL NAME\n"
	"       vane-bridge port del UPLINK CHANNEL\n"
	"       vane-bridge list add UPLINK LIST NAME\n"
	"       vane-bridge list del UPLINK LIST\n"
	"       vane-bridge [-j] status [UPLINK]\n"
	"LIST is a number, or with E-Tag GROUP:NUMBER\n";

static const char * const main_stat_names[] = {
	[BRIDGE_STAT_UP] = "up",
	[BRIDGE_STAT_DOWN] = "down",
	[BRIDGE_STAT_UP_NONE] = "up_none",
	[BRIDGE_STAT_UP_TRUNCATED] = "up_truncated",
	[BRIDGE_STAT_UP_DIRECTION] = "up_direction",
	[BRIDGE_STAT_UP_VERSION] = "up_version",
	[BRIDGE_STAT_UP_RESERVED] = "up_reserved",
	[BRIDGE_STAT_UP_DESTINATION] = "up_destination",
	[BRIDGE_STAT_UP_NESTED] = "up_nested",
	[BRIDGE_STAT_UP_UNKNOWN] = "up_unknown",
	[BRIDGE_STAT_UP_GONE] = "up_gone",
	[BRIDGE_STAT_UP_LONG] = "up_long",
	[BRIDGE_STAT_UP_STRAY] = "up_stray",
	[BRIDGE_STAT_DOWN_GONE] = "down_gone",
	[BRIDGE_STAT_DOWN_LONG] = "down_long",
	[BRIDGE_STAT_DOWN_ERROR] = "down_error",
};

_Static_assert(ARRAY_SIZE(main_stat_names) == BRIDGE_STAT_COUNT, "each counter has a name");

/* main_number() - @text as a number from @min to @max */
static int main_number(const char *what, const char *text, unsigned long min,
		       unsigned long max, __u32 *number)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < min || value > max) {
		warnx("%s is %lu to %lu, not '%s'", what, min, max, text);
		return -1;
	}
	*number = value;
	return 0;
}

static int main_channel(const struct state *state, const char *text, __u32 *target)
{
	return main_number("a channel", text, 1,
			   state_is_etag(state) ? VANE_MAX_ECID : VANE_MAX_VIF, target);
}

static int main_list(const struct state *state, const char *text, __u32 *target)
{
	const char *colon = strchr(text, ':');
	char group_text[8];
	__u32 group, number;

	if (!state_is_etag(state)) {
		if (main_number("a list", text, 1, VANE_MAX_VIF, &number))
			return -1;
		*target = BRIDGE_TARGET_LIST | number;
		return 0;
	}
	if (!colon || colon - text >= (long)sizeof(group_text)) {
		warnx("a list of E-Tag is GROUP:NUMBER, not '%s'", text);
		return -1;
	}
	snprintf(group_text, sizeof(group_text), "%.*s", (int)(colon - text), text);
	if (main_number("a group", group_text, 1, 3, &group) ||
	    main_number("a list of E-Tag", colon + 1, 0, VANE_MAX_ECID, &number))
		return -1;
	*target = BRIDGE_TARGET_LIST | group << 20 | number;
	return 0;
}

static int main_attach(int argc, char **argv)
{
	struct bridge_config config = { .max_ports = DEFAULT_PORTS };
	bool promisc;

	if (argc != 2 && (argc != 4 || strcmp(argv[2], "ports")))
		return -2;
	if (argc == 4 &&
	    main_number("the number of ports", argv[3], 1, BRIDGE_MAX_PORTS, &config.max_ports))
		return -1;
	if (!strcmp(argv[1], "vntag")) {
		config.ethertype = VANE_VNTAG_ETHERTYPE;
	} else if (!strcmp(argv[1], "etag")) {
		config.ethertype = VANE_ETAG_ETHERTYPE;
	} else {
		warnx("a tag is vntag or etag, not '%s'", argv[1]);
		return -1;
	}
	config.uplink = if_nametoindex(argv[0]);
	if (!config.uplink) {
		warnx("there is no interface %s", argv[0]);
		return -1;
	}
	if (link_check_ethernet(argv[0]) || link_has_flag(argv[0], IFF_PROMISC, &promisc))
		return -1;
	config.promisc = promisc;
	return state_create(argv[0], &config);
}

static int main_detach(int argc, char **argv)
{
	struct state state;
	int ret;

	if (argc != 1)
		return -2;
	if (state_open(argv[0], &state))
		return -1;
	ret = port_sweep(&state);
	if (!ret)
		ret = port_del_all(&state);
	if (!ret)
		ret = state_destroy(&state);
	state_close(&state);
	return ret;
}

/* main_port() - "port" or "list", as @parse reads what comes after the uplink */
static int main_port(int argc, char **argv,
		     int (*parse)(const struct state *state, const char *text, __u32 *target))
{
	struct state state;
	__u32 target;
	bool add;
	int ret;

	if (argc < 1)
		return -2;
	add = !strcmp(argv[0], "add");
	if (!add && strcmp(argv[0], "del"))
		return -2;
	if (argc != (add ? 4 : 3))
		return -2;
	if (state_open(argv[1], &state))
		return -1;
	ret = parse(&state, argv[2], &target);
	if (!ret)
		ret = port_sweep(&state);
	if (!ret && add)
		ret = state_complete(&state);
	if (!ret)
		ret = add ? port_add(&state, target, argv[3]) : port_del(&state, target);
	state_close(&state);
	return ret;
}

static int main_read_stats(const struct state *state, __u64 *sums)
{
	int cpus = libbpf_num_possible_cpus(), cpu;
	__u64 *values;
	__u32 stat;

	if (cpus < 0) {
		warnx("number of processors: %s", strerror(-cpus));
		return -1;
	}
	values = calloc(cpus, sizeof(*values));
	if (!values) {
		warn("counters");
		return -1;
	}
	for (stat = 0; stat < BRIDGE_STAT_COUNT; stat++) {
		sums[stat] = 0;
		if (bpf_map_lookup_elem(state->stats, &stat, values)) {
			warn("%s: counters", state->name);
			free(values);
			return -1;
		}
		for (cpu = 0; cpu < cpus; cpu++)
			sums[stat] += values[cpu];
	}
	free(values);
	return 0;
}

/**
 * struct main_format - how status prints
 * @json: as JSON
 * @count: of uplinks so far
 */
struct main_format {
	bool json;
	unsigned int count;
};

static void main_show_port(const struct state *state, const struct bridge_port *port,
			   bool json, bool first)
{
	char outer[IF_NAMESIZE], text[32];
	bool gone;

	gone = !if_indextoname(port->outer, outer);
	if (!json) {
		printf("  %s port %s\n",
		       port_target_name(state, port->target, text, sizeof(text)),
		       gone ? "gone" : outer);
		return;
	}
	printf("%s{", first ? "" : ",");
	if (!(port->target & BRIDGE_TARGET_LIST))
		printf("\"channel\":%u,", port->target);
	else if (state_is_etag(state))
		printf("\"group\":%u,\"list\":%u,", (port->target & VANE_LIST_GROUP) >> 20,
		       port->target & VANE_LIST_ECID);
	else
		printf("\"list\":%u,", port->target & VANE_LIST_ECID);
	if (gone)
		printf("\"port\":null}");
	else
		printf("\"port\":\"%s\"}", outer);
}

static int main_show_ports(const struct state *state, bool json)
{
	struct bridge_port port;
	unsigned int shown = 0;
	__u32 number;

	for (number = 1; number <= state->config.max_ports; number++) {
		if (port_get(state, number, &port))
			return -1;
		if (port.outer)
			main_show_port(state, &port, json, !shown++);
	}
	return 0;
}

/* main_show() - one uplink; without JSON only those drops that there were */
static int main_show(struct state *state, void *data)
{
	struct main_format *format = data;
	bool gone = !link_exists(state->config.uplink);
	__u64 sums[BRIDGE_STAT_COUNT];
	__u32 stat;

	if (main_read_stats(state, sums))
		return -1;
	if (format->json)
		printf("%s{\"uplink\":\"%s\",\"gone\":%s,", format->count++ ? "," : "",
		       state->name, gone ? "true" : "false");
	if (format->json)
		printf("\"tag\":\"%s\",\"max_ports\":%u,\"ports\":[",
		       state_is_etag(state) ? "etag" : "vntag", state->config.max_ports);
	else
		printf("%s%s tag %s, at most %u ports\n", state->name,
		       gone ? " (the interface is gone)" : "",
		       state_is_etag(state) ? "etag" : "vntag", state->config.max_ports);
	if (main_show_ports(state, format->json))
		return -1;
	printf(format->json ? "],\"frames\":{" : "  frames");
	for (stat = 0; stat < BRIDGE_STAT_COUNT; stat++) {
		if (format->json)
			printf("%s\"%s\":%llu", stat ? "," : "", main_stat_names[stat],
			       sums[stat]);
		else if (sums[stat] || stat <= BRIDGE_STAT_DOWN)
			printf(" %s %llu", main_stat_names[stat], sums[stat]);
	}
	printf(format->json ? "}}" : "\n");
	return 0;
}

static int main_status(int argc, char **argv, bool json)
{
	struct main_format format = { .json = json };
	struct state state;
	int ret;

	if (argc > 1)
		return -2;
	if (argc == 1 && state_open(argv[0], &state))
		return -1;
	if (json)
		printf("[");
	if (argc == 1) {
		ret = main_show(&state, &format);
		state_close(&state);
	} else {
		ret = state_list(main_show, &format);
	}
	if (json)
		printf("]\n");
	return ret;
}

static int main_run(int argc, char **argv, bool json)
{
	if (argc < 1)
		return -2;
	if (!strcmp(argv[0], "status"))
		return main_status(argc - 1, argv + 1, json);
	if (json)
		return -2;
	if (!strcmp(argv[0], "attach"))
		return main_attach(argc - 1, argv + 1);
	if (!strcmp(argv[0], "detach"))
		return main_detach(argc - 1, argv + 1);
	if (!strcmp(argv[0], "port"))
		return main_port(argc - 1, argv + 1, main_channel);
	if (!strcmp(argv[0], "list"))
		return main_port(argc - 1, argv + 1, main_list);
	return -2;
}

/* The kernel's reason is what counts, libbpf's own words are for its developers. */
static int main_libbpf_print(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN && getenv("VANE_BRIDGE_DEBUG") ?
	       vfprintf(stderr, format, args) : 0;
}

int main(int argc, char **argv)
{
	bool json = argc > 1 && !strcmp(argv[1], "-j");
	int ret;

	libbpf_set_print(main_libbpf_print);
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(main_usage, stdout);
		return 0;
	}
	if (state_lock())
		return 1;
	ret = main_run(argc - 1 - json, argv + 1 + json, json);
	if (ret == -2) {
		fputs(main_usage, stderr);
		return 2;
	}
	return ret ? 1 : 0;
}
