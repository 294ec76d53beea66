// SPDX-License-Identifier: GPL-2.0-only
/*
 * vanectl: the switch of a VANE adapter, by its generic netlink family.
 *
 * Needs nothing but the C library.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/vane.h>

#include "args.h"
#include "bits.h"
#include "output.h"
#include "transport.h"
#include "vanectl.h"

/*
 * Commands
 */

static void start(struct request *req, __u8 cmd, const struct args *args)
{
	start_vane(req, cmd, 0, args->pf);
}

/* As start(), about the function that @args names; the PF has no number */
static void start_function(struct request *req, __u8 cmd,
			   const struct args *args)
{
	start(req, cmd, args);
	if (args->is_vf)
		put_u32(req, VANE_A_FUNCTION_VF, args->vf);
}

static void dump(const struct args *args, __u8 cmd, handler_t *handler)
{
	unsigned int count = 0;
	struct request req;

	start_vane(&req, cmd, NLM_F_DUMP, args->pf);
	talk(&req, handler, &count);
}

/* Of the function that @args names, or of all, in brackets for JSON */
static void show_functions(const struct args *args, __u8 cmd,
			   handler_t *handler)
{
	unsigned int count = 0;
	struct request req;

	if (json)
		putchar('[');
	if (args->has_function) {
		start_function(&req, cmd, args);
		talk(&req, handler, &count);
	} else {
		dump(args, cmd, handler);
	}
	if (json)
		puts("]");
}

static void do_show(const struct args *args)
{
	struct request req;

	if (json)
		putchar('{');
	start(&req, VANE_NL_CMD_SWITCH_GET, args);
	talk(&req, print_switch, NULL);
	if (json)
		fputs(",\"ports\":[", stdout);
	dump(args, VANE_NL_CMD_FUNCTION_GET, print_function);
	if (json)
		fputs("],\"lists\":[", stdout);
	dump(args, VANE_NL_CMD_LIST_GET, print_list);
	if (json)
		fputs("],\"grants\":[", stdout);
	dump(args, VANE_NL_CMD_GRANT_GET, print_grant);
	if (json)
		puts("]}");
}

static void do_stats(const struct args *args)
{
	show_functions(args, VANE_NL_CMD_STATS_GET, print_stats);
}

static void do_mode(const struct args *args)
{
	struct request req;

	if (args->has_mode) {
		start(&req, VANE_NL_CMD_SWITCH_SET, args);
		put_u32(&req, VANE_A_SWITCH_MODE, args->mode);
		talk(&req, NULL, NULL);
	} else {
		start(&req, VANE_NL_CMD_SWITCH_GET, args);
		talk(&req, print_mode, NULL);
	}
}

/* The channel of @args, which is 0 for none */
static void do_channel(const struct args *args)
{
	struct request req;

	start_function(&req, VANE_NL_CMD_FUNCTION_SET, args);
	put_u32(&req, VANE_A_FUNCTION_CHANNEL, args->channel);
	talk(&req, NULL, NULL);
}

static void change_grant(const struct args *args, __u8 cmd)
{
	struct request req;

	start_function(&req, cmd, args);
	put_u32(&req, VANE_A_GRANT_CHANNEL, args->channel);
	talk(&req, NULL, NULL);
}

static void do_channel_grant(const struct args *args)
{
	change_grant(args, VANE_NL_CMD_GRANT_SET);
}

static void do_channel_revoke(const struct args *args)
{
	change_grant(args, VANE_NL_CMD_GRANT_DEL);
}

/* The priorities of @args where they name any, else its own for each */
static void put_priorities(struct request *req, __u16 type,
			   const struct args *args)
{
	unsigned char map[NUM_PRIOS];
	unsigned int i;

	for (i = 0; i < NUM_PRIOS; i++)
		map[i] = args->has_prio[i] ? args->prio[i] : i;
	put(req, type, map, sizeof(map));
}

static void do_priority(const struct args *args)
{
	struct request req;

	start_function(&req, VANE_NL_CMD_FUNCTION_SET, args);
	put_priorities(&req, VANE_A_FUNCTION_PRIORITY_MAP, args);
	talk(&req, NULL, NULL);
}

static void do_list_show(const struct args *args)
{
	if (json)
		putchar('[');
	dump(args, VANE_NL_CMD_LIST_GET, print_list);
	if (json)
		puts("]");
}

static void do_list_set(const struct args *args)
{
	struct request req;
	unsigned int vf;

	start(&req, VANE_NL_CMD_LIST_SET, args);
	put_u32(&req, VANE_A_LIST_LIST, args->list);
	if (args->has_pf_member)
		put(&req, VANE_A_LIST_PF, NULL, 0);
	for (vf = 0; vf < VANE_MAX_VFS; vf++)
		if (has_bit(args->vf_members, vf))
			put_u32(&req, VANE_A_LIST_VF, vf);
	talk(&req, NULL, NULL);
}

static void do_list_del(const struct args *args)
{
	struct request req;

	start(&req, VANE_NL_CMD_LIST_DEL, args);
	put_u32(&req, VANE_A_LIST_LIST, args->list);
	talk(&req, NULL, NULL);
}

static void do_vlan_show(const struct args *args)
{
	show_functions(args, VANE_NL_CMD_TRUNK_GET, print_trunk);
}

static void change_trunk(const struct args *args, bool allowed)
{
	struct request req;
	struct trunk trunk;
	unsigned int vid;

	start_function(&req, VANE_NL_CMD_TRUNK_GET, args);
	talk(&req, take_trunk, &trunk);
	/* A new list has what is allowed, or all but what is forbidden */
	if (trunk.any) {
		memset(trunk.vids, allowed ? 0 : 0xff, sizeof(trunk.vids));
		clear_bit(trunk.vids, NUM_VIDS - 1);
	}
	for (vid = 0; vid <= MAX_VID; vid++) {
		if (!has_bit(args->vids, vid))
			continue;
		if (allowed)
			set_bit(trunk.vids, vid);
		else
			clear_bit(trunk.vids, vid);
	}

	start_function(&req, VANE_NL_CMD_TRUNK_SET, args);
	put(&req, VANE_A_TRUNK_VIDS, trunk.vids, sizeof(trunk.vids));
	talk(&req, NULL, NULL);
}

static void do_vlan_allow(const struct args *args)
{
	change_trunk(args, true);
}

static void do_vlan_forbid(const struct args *args)
{
	change_trunk(args, false);
}

static void do_vlan_any(const struct args *args)
{
	struct request req;

	start_function(&req, VANE_NL_CMD_TRUNK_DEL, args);
	talk(&req, NULL, NULL);
}

static void do_profile_show(const struct args *args)
{
	unsigned int count = 0;
	struct request req;

	if (json)
		putchar('[');
	if (args->profile) {
		start(&req, VANE_NL_CMD_PROFILE_GET, args);
		put_string(&req, VANE_A_PROFILE_NAME, args->profile);
		talk(&req, print_profile, &count);
	} else {
		dump(args, VANE_NL_CMD_PROFILE_GET, print_profile);
	}
	if (json)
		puts("]");
}

/* How the settings go into a request, those that are numbers */
static const struct {
	__u16 attr;
	size_t len;
} setting_attrs[NUM_SETTINGS] = {
	[SETTING_VLAN] = { VANE_A_PROFILE_VLAN, sizeof(__u32) },
	[SETTING_QOS] = { VANE_A_PROFILE_QOS, sizeof(__u8) },
	[SETTING_CHANNEL] = { VANE_A_PROFILE_CHANNEL, sizeof(__u32) },
	[SETTING_TRUST] = { VANE_A_PROFILE_TRUST, sizeof(__u8) },
	[SETTING_SPOOFCHK] = { VANE_A_PROFILE_SPOOFCHK, sizeof(__u8) },
	[SETTING_MAX_TX_RATE] = { VANE_A_PROFILE_TX_MAX, sizeof(__u32) },
	[SETTING_MIN_TX_RATE] = { VANE_A_PROFILE_TX_SHARE, sizeof(__u32) },
};

static void put_setting(struct request *req, const struct args *args, size_t i)
{
	__u16 proto = args->setting[i] ? ETH_P_8021AD : ETH_P_8021Q;
	__u8 small = args->setting[i];

	if (i == SETTING_PROTO)
		put(req, VANE_A_PROFILE_VLAN_PROTO, &proto, sizeof(proto));
	else if (i == SETTING_PRIORITY)
		put_priorities(req, VANE_A_PROFILE_PRIORITY_MAP, args);
	else if (i == SETTING_VLANS)
		put(req, VANE_A_PROFILE_VIDS, args->vids, sizeof(args->vids));
	else if (setting_attrs[i].len == sizeof(small))
		put(req, setting_attrs[i].attr, &small, sizeof(small));
	else
		put_u32(req, setting_attrs[i].attr, args->setting[i]);
}

static void do_profile_set(const struct args *args)
{
	struct request req;
	size_t i;

	start(&req, VANE_NL_CMD_PROFILE_SET, args);
	put_string(&req, VANE_A_PROFILE_NAME, args->profile);
	for (i = 0; i < NUM_SETTINGS; i++)
		if (args->has_setting[i])
			put_setting(&req, args, i);
	talk(&req, NULL, NULL);
}

static void do_profile_del(const struct args *args)
{
	struct request req;

	start(&req, VANE_NL_CMD_PROFILE_DEL, args);
	put_string(&req, VANE_A_PROFILE_NAME, args->profile);
	talk(&req, NULL, NULL);
}

/*
 * Syntax
 */

#define MAX_PARSERS	3

static const struct command {
	const char *word;
	const char *second;
	bool prints;		/* what -j is for */
	const char *syntax;	/* of the arguments */
	const char *purpose;
	parse_t *parse[MAX_PARSERS];
	void (*run)(const struct args *args);
} commands[] = {
	{ "show", NULL, true, "PF",
	  "Show the switch, its functions, lists of channels and granted channels.",
	  { parse_pf }, do_show },
	{ "stats", NULL, true, "PF [pf | vf N]",
	  "Show the counters of one function or of all.",
	  { parse_pf, parse_function_or_all }, do_stats },
	{ "mode", NULL, true, "PF [veb | vepa | vntag | etag]",
	  "Show or set the mode of the switch.",
	  { parse_pf, parse_mode_or_none }, do_mode },
	{ "channel", "set", false, "PF {pf | vf N} CHANNEL",
	  "Assign a channel to a function.",
	  { parse_pf, parse_function, parse_channel }, do_channel },
	{ "channel", "del", false, "PF {pf | vf N}",
	  "Remove the channel of a function.",
	  { parse_pf, parse_function }, do_channel },
	{ "channel", "grant", false, "PF vf N CHANNEL",
	  "Grant a VF a channel beside its own, for while it is trusted.",
	  { parse_pf, parse_vf, parse_channel }, do_channel_grant },
	{ "channel", "revoke", false, "PF vf N CHANNEL",
	  "Take a channel away that a VF was granted.",
	  { parse_pf, parse_vf, parse_channel }, do_channel_revoke },
	{ "priority", "set", false, "PF {pf | vf N} MAP",
	  "Set the priorities in the E-Tags of a function.",
	  { parse_pf, parse_function, parse_priorities }, do_priority },
	{ "priority", "del", false, "PF {pf | vf N}",
	  "Use the priorities of VLAN tags in E-Tags, which is the default.",
	  { parse_pf, parse_function }, do_priority },
	{ "list", "show", true, "PF",
	  "Show all lists of channels.",
	  { parse_pf }, do_list_show },
	{ "list", "set", false, "PF LIST MEMBER...",
	  "Create a list of channels, or replace its members.",
	  { parse_pf, parse_list, parse_members }, do_list_set },
	{ "list", "del", false, "PF LIST",
	  "Delete a list of channels.",
	  { parse_pf, parse_list }, do_list_del },
	{ "vlan", "show", true, "PF [vf N]",
	  "Show the VLANs that one VF or each of them may use.",
	  { parse_pf, parse_vf_or_all }, do_vlan_show },
	{ "vlan", "allow", false, "PF vf N VLANS",
	  "Allow a VF more VLANs, or only these if it may use any.",
	  { parse_pf, parse_vf, parse_vids }, do_vlan_allow },
	{ "vlan", "forbid", false, "PF vf N VLANS",
	  "Forbid a VF some VLANs.",
	  { parse_pf, parse_vf, parse_vids }, do_vlan_forbid },
	{ "vlan", "any", false, "PF vf N",
	  "Let a VF use any VLAN, which is the default.",
	  { parse_pf, parse_vf }, do_vlan_any },
	{ "profile", "show", true, "PF [NAME]",
	  "Show one port profile or all, and the VFs that use them.",
	  { parse_pf, parse_profile_or_all }, do_profile_show },
	{ "profile", "set", false, "PF NAME [SETTING VALUE]...",
	  "Create a port profile, or replace one that no VF uses.",
	  { parse_pf, parse_profile, parse_settings }, do_profile_set },
	{ "profile", "del", false, "PF NAME",
	  "Delete a port profile that no VF uses.",
	  { parse_pf, parse_profile }, do_profile_del },
};

static const struct {
	const char *name;
	const char *meaning;
} placeholders[] = {
	{ "PF", "network interface of the physical function" },
	{ "N", "number of a VF, 0 to 255" },
	{ "CHANNEL", "VIF of VN-Tag, 1 to 4095; E-CID of E-Tag, 1 to 1048575" },
	{ "MAP", "P[.D]:P[.D][,P[.D]:P[.D]]..., P: 0 to 7, D: 0 or 1" },
	{ "LIST", "of VN-Tag, 1 to 4095; of E-Tag, G:N, G: 1 to 3, N: 0 to 1048575" },
	{ "MEMBER", "pf or vf N[-N][,N[-N]]..." },
	{ "VLANS", "VLAN IDs, as N[-N][,N[-N]]..., 0 (untagged) to 4094" },
	{ "NAME", "name of a port profile, 1 to 39 characters" },
	{ "SETTING", "vlan, qos, proto, channel, priority, vlans, trust, spoofchk,\n"
	  "                 max_tx_rate, min_tx_rate" },
	{ "VALUE", "number, on or off, 802.1Q or 802.1ad, map, VLANs: vanectl(8)" },
};

/* The first words of a command line, NULL where there are none */
static const char *first, *second;

/* Whether the words, as far as there are any, name this command */
static bool is_named(const struct command *command)
{
	if (!first)
		return true;
	if (strcmp(command->word, first))
		return false;
	return !second || !command->second || !strcmp(command->second, second);
}

/* Whether @name stands in @syntax as a word */
static bool mentions(const char *syntax, const char *name)
{
	const char *found = syntax;
	size_t len = strlen(name);

	while ((found = strstr(found, name))) {
		if ((found == syntax || !isalpha((unsigned char)found[-1])) &&
		    !isalpha((unsigned char)found[len]))
			return true;
		found += len;
	}
	return false;
}

/* Whether a command that the words may mean takes the argument */
static bool is_needed(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (is_named(&commands[i]) && mentions(commands[i].syntax, name))
			return true;
	return false;
}

/* The syntax of every command that the words may mean; false if there is none */
static bool print_syntax(FILE *file)
{
	const struct command *command;
	const char *head = "usage:";

	for (command = commands; command < commands + ARRAY_SIZE(commands);
	     command++) {
		if (!is_named(command))
			continue;
		fprintf(file, "%s vanectl%s %s%s%s %s\n", head,
			command->prints ? " [-j]" : "", command->word,
			command->second ? " " : "",
			command->second ? command->second : "",
			command->syntax);
		head = "      ";
	}
	return *head == ' ';
}

/* End because of what was typed, and say how it is typed right */
noreturn void bad_usage(const char *fmt, ...)
{
	va_list args;

	fputs("vanectl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	if (!first || !print_syntax(stderr))
		fputs("Try \"vanectl --help\".\n", stderr);
	exit(EXIT_USAGE);
}

static void check_output(void)
{
	if (fflush(stdout) || ferror(stdout))
		die(EXIT_REFUSED, "output: %s", strerror(errno));
}

/*
 * How many commands the words may mean; one of them is stored in @command. Ends
 * the program if it is none.
 */
static unsigned int find_command(const struct command **command)
{
	const char *wrong = second;
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!is_named(&commands[i]))
			continue;
		*command = &commands[i];
		count++;
	}
	if (count)
		return count;
	/* Say what may stand behind the first word, if that is right */
	second = NULL;
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (is_named(&commands[i]))
			bad_usage("unknown command \"%s %s\"", first, wrong);
	bad_usage("unknown command \"%s\"", first);
}

static noreturn void print_help(void)
{
	const struct command *command;
	bool is_one = find_command(&command) == 1;
	size_t i;

	print_syntax(stdout);
	if (is_one)
		printf("\n%s\n", command->purpose);
	putchar('\n');
	for (i = 0; i < ARRAY_SIZE(placeholders); i++)
		if (is_needed(placeholders[i].name))
			printf("  %-14s %s\n", placeholders[i].name,
			       placeholders[i].meaning);
	if (!first || (is_one && command->prints))
		puts("  -j, --json     print JSON");
	if (!first)
		puts("  -h, --help     print this, or the syntax of a command\n"
		     "  -V, --version  print the version");
	check_output();
	exit(0);
}

static noreturn void print_version(void)
{
	printf("vanectl %u.%u\n", VANE_ABI_MAJOR_VERSION,
	       VANE_ABI_MINOR_VERSION);
	check_output();
	exit(0);
}

/* Negative numbers are not options: their parser says what is wrong with them */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && !isdigit((unsigned char)word[1]);
}

static bool is_either(const char *word, const char *brief, const char *full)
{
	return !strcmp(word, brief) || !strcmp(word, full);
}

/* Take the options off @words, wherever they stand before a "--" */
static void take_options(struct words *words)
{
	bool help = false, version = false, more = true;
	const char *unknown = NULL;
	int i, kept = 0;
	char *word;

	for (i = 0; i < words->count; i++) {
		word = words->word[i];
		if (!more || !is_option(word))
			words->word[kept++] = word;
		else if (!strcmp(word, "--"))
			more = false;
		else if (is_either(word, "-j", "--json"))
			json = true;
		else if (is_either(word, "-h", "--help"))
			help = true;
		else if (is_either(word, "-V", "--version"))
			version = true;
		else if (!unknown)
			unknown = word;
	}
	words->count = kept;
	first = kept > 0 ? words->word[0] : NULL;
	second = kept > 1 ? words->word[1] : NULL;
	if (unknown)
		bad_usage("unknown option \"%s\"", unknown);
	if (help)
		print_help();
	if (version)
		print_version();
}

/* The command that @words begin with, which is taken off them */
static const struct command *take_command(struct words *words)
{
	const struct command *command;
	int count;

	if (!first)
		bad_usage("no command given");
	if (find_command(&command) > 1)
		bad_usage("incomplete command \"%s\"", first);
	count = command->second ? 2 : 1;
	words->count -= count;
	words->word += count;
	return command;
}

int main(int argc, char **argv)
{
	struct words words = { argc - 1, argv + 1 };
	const struct command *command;
	struct args args = {};
	unsigned int i;

	take_options(&words);
	command = take_command(&words);
	for (i = 0; i < MAX_PARSERS && command->parse[i]; i++)
		command->parse[i](&args, &words);
	if (words.count)
		bad_usage("unexpected argument \"%s\"", words.word[0]);

	open_netlink();
	command->run(&args);
	check_output();
	return 0;
}
