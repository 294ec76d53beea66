// SPDX-License-Identifier: GPL-2.0-only
/* vanectl: the arguments of a command */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/if_link.h>

#include "args.h"
#include "bits.h"
#include "output.h"
#include "transport.h"
#include "vanectl.h"

static char *next_word(struct words *words, const char *what)
{
	if (!words->count)
		bad_usage("missing argument: %s", what);
	words->count--;
	return *words->word++;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* Decimal always, so that 010 is ten and not eight */
static __u32 parse_number(const char *what, const char *text, __u32 min,
			  __u32 max)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	unsigned long value;

	if (!is_number(digits))
		bad_usage("%s \"%s\" is not a number", what, text);
	errno = 0;
	value = strtoul(digits, NULL, 10);
	if (digits != text || errno || value < min || value > max)
		bad_usage("%s %s is not between %u and %u", what, text, min,
			  max);
	return value;
}

/* Set the bits of "N[-N][,N[-N]]...", whose numbers are called @what */
static void parse_ranges(const char *what, const char *text, __u32 max,
			 unsigned char *bits)
{
	char *rest = strdup(text);
	char *copy = rest;
	char *range, *dash;
	__u32 first, last;

	if (!rest)
		die(EXIT_REFUSED, "%s", strerror(ENOMEM));
	while ((range = strsep(&rest, ","))) {
		dash = strchr(range, '-');
		if (dash)
			*dash++ = '\0';
		if (!is_number(range) || (dash && !is_number(dash)))
			bad_usage("\"%s\" is not a list of %ss, such as 0,2-5",
				  text, what);
		first = parse_number(what, range, 0, max);
		last = dash ? parse_number(what, dash, 0, max) : first;
		if (last < first)
			bad_usage("%s range %u-%u is reversed", what, first,
				  last);
		for (; first <= last; first++)
			set_bit(bits, first);
	}
	free(copy);
}

void parse_pf(struct args *args, struct words *words)
{
	args->pf = next_word(words, "PF");
}

static void take_vf_number(struct args *args, struct words *words)
{
	args->has_function = true;
	args->is_vf = true;
	args->vf = parse_number("VF", next_word(words, "N"), 0,
				VANE_MAX_VFS - 1);
}

void parse_function(struct args *args, struct words *words)
{
	const char *word = next_word(words, "pf or vf N");

	if (!strcmp(word, "vf"))
		take_vf_number(args, words);
	else if (!strcmp(word, "pf"))
		args->has_function = true;
	else
		bad_usage("\"%s\" is neither \"pf\" nor \"vf\"", word);
}

void parse_function_or_all(struct args *args, struct words *words)
{
	if (words->count)
		parse_function(args, words);
}

void parse_vf(struct args *args, struct words *words)
{
	const char *word = next_word(words, "vf N");

	if (strcmp(word, "vf"))
		bad_usage("\"vf\" expected instead of \"%s\"", word);
	take_vf_number(args, words);
}

void parse_vf_or_all(struct args *args, struct words *words)
{
	if (words->count)
		parse_vf(args, words);
}

void parse_channel(struct args *args, struct words *words)
{
	args->channel = parse_number("channel", next_word(words, "CHANNEL"), 1,
				     VANE_MAX_ECID);
}

/*
 * "P[.D]", a priority and whether a frame is drop eligible; @dei is stored as -1
 * if it is not given
 */
static __u32 parse_priority(char *text, int *dei)
{
	char *dot = strchr(text, '.');

	if (dot)
		*dot++ = '\0';
	*dei = dot ? (int)parse_number("drop eligibility", dot, 0, 1) : -1;
	return parse_number("priority", text, 0, 7);
}

/* A pair "P[.D]:P[.D]"; without D it stands for both, which are kept */
static void parse_priority_pair(struct args *args, char *pair, const char *all)
{
	char *colon = strchr(pair, ':');
	int dei, old_dei, new_dei;
	__u32 old, new;

	if (!colon)
		bad_usage("\"%s\" is not a map of priorities, such as 5:3,0:1",
			  all);
	*colon++ = '\0';
	old = parse_priority(pair, &old_dei);
	new = parse_priority(colon, &new_dei);
	for (dei = 0; dei <= 1; dei++) {
		if (old_dei >= 0 && old_dei != dei)
			continue;
		args->has_prio[old * 2 + dei] = true;
		args->prio[old * 2 + dei] = new * 2 +
					    (new_dei >= 0 ? new_dei : dei);
	}
}

void parse_priorities(struct args *args, struct words *words)
{
	const char *text = next_word(words, "MAP");
	char *rest = strdup(text);
	char *copy = rest;
	char *pair;

	if (!rest)
		die(EXIT_REFUSED, "%s", strerror(ENOMEM));
	while ((pair = strsep(&rest, ",")))
		parse_priority_pair(args, pair, text);
	free(copy);
}

/* A number, or a group and an E-CID with a colon between them */
void parse_list(struct args *args, struct words *words)
{
	char *word = next_word(words, "LIST");
	char *colon = strchr(word, ':');

	if (!colon) {
		args->list = parse_number("list", word, 1, VANE_MAX_VIF);
		return;
	}
	*colon++ = '\0';
	args->list = parse_number("group", word, 1, 3) << LIST_GROUP_SHIFT |
		     parse_number("E-CID", colon, 0, VANE_MAX_ECID);
}

/* All words that are left; a member that is named twice is one */
void parse_members(struct args *args, struct words *words)
{
	const char *word;

	do {
		word = next_word(words, "MEMBER");
		if (!strcmp(word, "pf"))
			args->has_pf_member = true;
		else if (!strcmp(word, "vf"))
			parse_ranges("VF", next_word(words, "N"),
				     VANE_MAX_VFS - 1, args->vf_members);
		else
			bad_usage("\"%s\" is neither \"pf\" nor \"vf\"", word);
	} while (words->count);
}

void parse_mode_or_none(struct args *args, struct words *words)
{
	const char *word;
	size_t i;

	if (!words->count)
		return;
	word = next_word(words, "mode");
	for (i = 0; i < NUM_MODES; i++) {
		if (strcmp(word, mode_names[i]))
			continue;
		args->has_mode = true;
		args->mode = i;
		return;
	}
	bad_usage("unknown mode \"%s\"", word);
}

void parse_vids(struct args *args, struct words *words)
{
	parse_ranges("VLAN", next_word(words, "VLANS"), MAX_VID, args->vids);
}

void parse_profile(struct args *args, struct words *words)
{
	const char *name = next_word(words, "NAME");

	if (!*name || strlen(name) >= PORT_PROFILE_MAX)
		bad_usage("the name of a profile has 1 to %d characters",
			  PORT_PROFILE_MAX - 1);
	args->profile = name;
}

void parse_profile_or_all(struct args *args, struct words *words)
{
	if (words->count)
		parse_profile(args, words);
}

/* The index of a word in @choices, a pair of words */
static __u32 parse_choice(const char *what, const char *word,
			  const char * const choices[2])
{
	__u32 i;

	for (i = 0; i < 2; i++)
		if (!strcmp(word, choices[i]))
			return i;
	bad_usage("%s \"%s\" is neither \"%s\" nor \"%s\"", what, word,
		  choices[0], choices[1]);
}

/* A setting: its value is a number up to @max, one of two words, or more */
static const struct {
	const char *name;
	const char *value;
	__u32 min;
	__u32 max;
	const char *choices[2];
	parse_t *parse;
} settings[NUM_SETTINGS] = {
	[SETTING_VLAN] = { "vlan", "VLAN", 0, MAX_VID },
	[SETTING_QOS] = { "qos", "qos", 0, 7 },
	[SETTING_PROTO] = { "proto", "protocol",
			    .choices = { "802.1Q", "802.1ad" } },
	[SETTING_CHANNEL] = { "channel", "channel", 1, VANE_MAX_ECID },
	[SETTING_PRIORITY] = { "priority", .parse = parse_priorities },
	[SETTING_VLANS] = { "vlans", .parse = parse_vids },
	[SETTING_TRUST] = { "trust", "trust", .choices = { "off", "on" } },
	[SETTING_SPOOFCHK] = { "spoofchk", "spoofchk",
			       .choices = { "off", "on" } },
	[SETTING_MAX_TX_RATE] = { "max_tx_rate", "rate", 0, VANE_MAX_RATE },
	[SETTING_MIN_TX_RATE] = { "min_tx_rate", "rate", 0, VANE_MAX_RATE },
};

static void parse_setting(struct args *args, struct words *words, size_t i)
{
	const char *name = settings[i].name;
	const char *what = settings[i].value;

	if (args->has_setting[i])
		bad_usage("\"%s\" is given twice", name);
	args->has_setting[i] = true;
	if (settings[i].parse)
		settings[i].parse(args, words);
	else if (settings[i].choices[0])
		args->setting[i] = parse_choice(what, next_word(words, name),
						settings[i].choices);
	else
		args->setting[i] = parse_number(what, next_word(words, name),
						settings[i].min,
						settings[i].max);
}

/* All words that are left: names of settings, each with its value */
void parse_settings(struct args *args, struct words *words)
{
	const char *word;
	size_t i;

	while (words->count) {
		word = next_word(words, "SETTING");
		for (i = 0; i < NUM_SETTINGS; i++)
			if (!strcmp(word, settings[i].name))
				break;
		if (i == NUM_SETTINGS)
			bad_usage("unknown setting \"%s\"", word);
		parse_setting(args, words, i);
	}
	if (!args->has_setting[SETTING_VLAN] &&
	    (args->has_setting[SETTING_QOS] || args->has_setting[SETTING_PROTO]))
		bad_usage("\"qos\" and \"proto\" need \"vlan\"");
}
