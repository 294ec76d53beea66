/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What outlives a command: the maps and programs of each uplink, pinned in the BPF file
 * system. Functions return 0, or -1 after they have said what was wrong.
 */
#ifndef VANE_BRIDGE_STATE_H
#define VANE_BRIDGE_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge.h"

enum state_prog {
	STATE_PROG_UP,
	STATE_PROG_POP,
	STATE_PROG_ENTER,
	STATE_PROG_LEAVE,
	STATE_PROG_PUSH,
	STATE_PROG_DOWN,
	STATE_PROGS
};

/**
 * struct state - an attached uplink
 * @name: of its interface, or what stands for it if that is gone
 * @dir: folder of its pins
 * @config: as it was attached
 * @ports: map of struct bridge_port, by number
 * @targets: map of numbers, by target
 * @ends: map of numbers, by ifindex
 * @stats: map of the counters
 * @progs: file descriptors of the programs
 */
struct state {
	char name[32];
	char dir[96];
	struct bridge_config config;
	int ports;
	int targets;
	int ends;
	int stats;
	int progs[STATE_PROGS];
};

int state_lock(void);
int state_create(const char *uplink, const struct bridge_config *config);
int state_complete(const struct state *state);
int state_open(const char *uplink, struct state *state);
void state_close(struct state *state);
int state_destroy(struct state *state);
int state_list(int (*each)(struct state *state, void *data), void *data);
bool state_is_etag(const struct state *state);

#endif /* VANE_BRIDGE_STATE_H */
