/* SPDX-License-Identifier: GPL-2.0-only */
/* vanectl: the arguments of a command */
#ifndef VANECTL_ARGS_H
#define VANECTL_ARGS_H

#include <stdbool.h>

#include <linux/types.h>

#include "vane_hw.h"
#include "vanectl.h"

/* VLAN IDs, of which the last is reserved */
#define NUM_VIDS	4096
#define MAX_VID		(NUM_VIDS - 2)

/* Where the group stands in the id of a list of E-Tag */
#define LIST_GROUP_SHIFT	20

/* Priorities with drop eligibility */
#define NUM_PRIOS	16

/* What a port profile can say of a VF */
enum setting {
	SETTING_VLAN,
	SETTING_QOS,
	SETTING_PROTO,
	SETTING_CHANNEL,
	SETTING_PRIORITY,
	SETTING_VLANS,
	SETTING_TRUST,
	SETTING_SPOOFCHK,
	SETTING_MAX_TX_RATE,
	SETTING_MIN_TX_RATE,
	NUM_SETTINGS
};

/*
 * What the words say. Each value is within the limits that the interface sets;
 * whether there is such a VF, for example, only the kernel knows.
 */
struct args {
	const char *pf;
	bool has_function;
	bool is_vf;		/* else the PF */
	__u32 vf;
	__u32 channel;
	bool has_prio[NUM_PRIOS];
	__u32 prio[NUM_PRIOS];
	__u32 list;
	bool has_mode;
	__u32 mode;
	bool has_pf_member;
	unsigned char vf_members[VANE_MAX_VFS / 8];
	unsigned char vids[NUM_VIDS / 8];
	const char *profile;
	bool has_setting[NUM_SETTINGS];
	__u32 setting[NUM_SETTINGS];	/* unless it has a member of its own */
};

/* Takes what it is named after off @words; ends the program if it is wrong */
typedef void parse_t(struct args *args, struct words *words);

parse_t parse_pf, parse_function, parse_function_or_all, parse_vf,
	parse_vf_or_all, parse_channel, parse_priorities, parse_list, parse_members,
	parse_mode_or_none, parse_vids, parse_profile, parse_profile_or_all,
	parse_settings;

#endif /* VANECTL_ARGS_H */
