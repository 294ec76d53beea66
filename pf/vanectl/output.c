// SPDX-License-Identifier: GPL-2.0-only
/* vanectl: what it prints, as text or JSON */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/vane.h>

#include "args.h"
#include "bits.h"
#include "output.h"
#include "transport.h"

bool json;

const char * const mode_names[NUM_MODES] = {
	[VANE_MODE_VEB] = "veb",
	[VANE_MODE_VNTAG] = "vntag",
	[VANE_MODE_VEPA] = "vepa",
	[VANE_MODE_ETAG] = "etag",
};

static const char *mode_name(__u64 mode)
{
	return mode < NUM_MODES ? mode_names[mode] : "unknown";
}

/* A comma before all but the first element; @arg counts them */
static void separate(void *arg)
{
	unsigned int *count = arg;

	if ((*count)++)
		putchar(',');
}

static void print_port_json(const struct nlattr *vf)
{
	if (vf)
		printf("\"port\":\"vf\",\"vf\":%llu", get_number(vf));
	else
		printf("\"port\":\"pf\"");
}

static void print_port(const struct nlattr *vf)
{
	if (vf)
		printf("vf %-4llu", get_number(vf));
	else
		printf("pf     ");
}

static void print_mac(const struct nlattr *attr)
{
	const unsigned char *mac = attr_data(attr);
	size_t i;

	for (i = 0; i < attr_len(attr); i++)
		printf("%s%02x", i ? ":" : "", mac[i]);
}

/* A text of the kernel's, in JSON in quotation marks */
static void print_text(const struct nlattr *attr)
{
	const char *text = attr_data(attr);
	size_t i, len = strnlen(text, attr_len(attr));

	if (!json) {
		printf("%.*s", (int)len, text);
		return;
	}
	putchar('"');
	for (i = 0; i < len; i++)
		printf(strchr("\"\\", text[i]) ? "\\%c" : "%c", text[i]);
	putchar('"');
}

/* The map of priorities: all of it in JSON, else what is not kept */
static void print_priorities(const struct nlattr *attr)
{
	const unsigned char *map;
	unsigned int i, count = 0;

	if (!attr || attr_len(attr) != NUM_PRIOS)
		return;
	map = attr_data(attr);
	if (json)
		fputs(",\"priorities\":[", stdout);
	for (i = 0; i < NUM_PRIOS; i++) {
		if (json) {
			separate(&count);
			printf("%u", map[i]);
		} else if (map[i] != i) {
			printf("%s%u.%u:%u.%u", count++ ? "," : " priority ",
			       i >> 1, i & 1, map[i] >> 1, map[i] & 1);
		}
	}
	if (json)
		putchar(']');
}

void print_function(const struct nlmsghdr *hdr, const struct attrs *attrs,
		    void *arg)
{
	const struct nlattr *profile = attrs->of[VANE_A_FUNCTION_PROFILE];
	const struct nlattr *vf = attrs->of[VANE_A_FUNCTION_VF];
	__u32 channel = get_number(attrs->of[VANE_A_FUNCTION_CHANNEL]);
	__u32 filters = get_number(attrs->of[VANE_A_FUNCTION_FILTERS]);
	__u32 max_filters = get_number(attrs->of[VANE_A_FUNCTION_MAX_FILTERS]);
	bool link = get_number(attrs->of[VANE_A_FUNCTION_LINK]);
	bool ready = get_number(attrs->of[VANE_A_FUNCTION_READY]);

	(void)hdr;
	if (!attrs->of[VANE_A_FUNCTION_MAC])
		return;
	if (!json) {
		print_port(vf);
		printf(" mac ");
		print_mac(attrs->of[VANE_A_FUNCTION_MAC]);
		if (channel)
			printf(" channel %-4u", channel);
		else
			printf(" channel none");
		printf(" link %-4s filters %u of %u", link ? "up" : "down",
		       filters, max_filters);
		print_priorities(attrs->of[VANE_A_FUNCTION_PRIORITY_MAP]);
		if (profile) {
			fputs(" profile ", stdout);
			print_text(profile);
		}
		puts(!vf || ready ? "" : " (no driver)");
		return;
	}
	separate(arg);
	putchar('{');
	print_port_json(vf);
	printf(",\"mac\":\"");
	print_mac(attrs->of[VANE_A_FUNCTION_MAC]);
	printf("\",\"channel\":%u,\"link\":%s,\"filters\":%u,\"max_filters\":%u",
	       channel, link ? "true" : "false", filters, max_filters);
	if (vf)
		printf(",\"ready\":%s", ready ? "true" : "false");
	print_priorities(attrs->of[VANE_A_FUNCTION_PRIORITY_MAP]);
	if (profile) {
		fputs(",\"profile\":", stdout);
		print_text(profile);
	}
	putchar('}');
}

/* Each VF that an attribute of type @type names */
static void print_vfs(const struct nlmsghdr *hdr, unsigned int type)
{
	const char *data = (const char *)NLMSG_DATA(hdr) + GENL_HDRLEN;
	size_t len = NLMSG_PAYLOAD(hdr, GENL_HDRLEN);
	const struct nlattr *attr;
	unsigned int count = 0;

	while ((attr = next_attr(&data, &len))) {
		if (attr_type(attr) != type)
			continue;
		if (json)
			separate(&count);
		else
			fputs(count++ ? "," : " vf ", stdout);
		printf("%llu", get_number(attr));
	}
}

void print_list(const struct nlmsghdr *hdr, const struct attrs *attrs,
		void *arg)
{
	__u32 id = get_number(attrs->of[VANE_A_LIST_LIST]);
	__u32 group = id >> LIST_GROUP_SHIFT;
	__u32 number = id & ((1 << LIST_GROUP_SHIFT) - 1);
	bool pf = attrs->of[VANE_A_LIST_PF];

	if (json) {
		separate(arg);
		printf("{\"group\":%u,\"list\":%u,\"pf\":%s,\"vfs\":[",
		       group, number, pf ? "true" : "false");
	} else {
		if (group)
			printf("list %u:%-4u", group, number);
		else
			printf("list %-4u", number);
		if (pf)
			printf(" pf");
	}
	print_vfs(hdr, VANE_A_LIST_VF);
	puts(json ? "]}" : "");
}

void print_grant(const struct nlmsghdr *hdr, const struct attrs *attrs,
		 void *arg)
{
	unsigned long long channel = get_number(attrs->of[VANE_A_GRANT_CHANNEL]);
	unsigned long long vf = get_number(attrs->of[VANE_A_GRANT_VF]);

	(void)hdr;
	if (!json) {
		printf("granted %-4llu vf %llu\n", channel, vf);
		return;
	}
	separate(arg);
	printf("{\"channel\":%llu,\"vf\":%llu}", channel, vf);
}

static const struct {
	unsigned int attr;
	const char *name;
} counters[] = {
	{ VANE_A_STATS_TX_FRAMES,		"tx_frames" },
	{ VANE_A_STATS_TX_BYTES,		"tx_bytes" },
	{ VANE_A_STATS_TX_MULTICAST,		"tx_multicast" },
	{ VANE_A_STATS_TX_BROADCAST,		"tx_broadcast" },
	{ VANE_A_STATS_TX_DROP_SPOOF,		"tx_drop_spoof" },
	{ VANE_A_STATS_TX_DROP_VLAN,		"tx_drop_vlan" },
	{ VANE_A_STATS_TX_DROP_OVERSIZE,	"tx_drop_oversize" },
	{ VANE_A_STATS_TX_DROP_MALFORMED,	"tx_drop_malformed" },
	{ VANE_A_STATS_TX_DROP_LINK,		"tx_drop_link" },
	{ VANE_A_STATS_TX_DROP_CONTROL,		"tx_drop_control" },
	{ VANE_A_STATS_RX_FRAMES,		"rx_frames" },
	{ VANE_A_STATS_RX_BYTES,		"rx_bytes" },
	{ VANE_A_STATS_RX_MULTICAST,		"rx_multicast" },
	{ VANE_A_STATS_RX_BROADCAST,		"rx_broadcast" },
	{ VANE_A_STATS_RX_DROP_NOBUF,		"rx_drop_nobuf" },
	{ VANE_A_STATS_RX_DROP_STALL,		"rx_drop_stall" },
	{ VANE_A_STATS_RX_DROP_OVERSIZE,	"rx_drop_oversize" },
	{ VANE_A_STATS_RX_DROP_RULE,		"rx_drop_rule" },
	{ VANE_A_STATS_RX_CSUM_BAD,		"rx_csum_bad" },
	{ VANE_A_STATS_RX_GRO_FRAMES,		"rx_gro_frames" },
	{ VANE_A_STATS_QUEUE_ERRORS,		"queue_errors" },
	{ VANE_A_STATS_MBOX_ERRORS,		"mbox_errors" },
};

void print_stats(const struct nlmsghdr *hdr, const struct attrs *attrs,
		 void *arg)
{
	unsigned long long value;
	unsigned int i;

	(void)hdr;
	if (json) {
		separate(arg);
		putchar('{');
		print_port_json(attrs->of[VANE_A_STATS_VF]);
	} else {
		print_port(attrs->of[VANE_A_STATS_VF]);
	}
	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		value = get_number(attrs->of[counters[i].attr]);
		if (json)
			printf(",\"%s\":%llu", counters[i].name, value);
		else if (value)
			printf(" %s %llu", counters[i].name, value);
	}
	puts(json ? "}" : "");
}

static void take_vids(const struct nlattr *vids, struct trunk *trunk)
{
	memset(trunk, 0, sizeof(*trunk));
	trunk->any = !vids;
	if (vids && attr_len(vids) == sizeof(trunk->vids))
		memcpy(trunk->vids, attr_data(vids), sizeof(trunk->vids));
}

void take_trunk(const struct nlmsghdr *hdr, const struct attrs *attrs,
		void *arg)
{
	(void)hdr;
	take_vids(attrs->of[VANE_A_TRUNK_VIDS], arg);
}

static void print_vids(const struct trunk *trunk)
{
	unsigned int vid, last, count = 0;

	for (vid = 0; vid < NUM_VIDS; vid = last + 1) {
		last = vid;
		if (!has_bit(trunk->vids, vid))
			continue;
		while (last + 1 < NUM_VIDS && has_bit(trunk->vids, last + 1))
			last++;
		if (count++)
			putchar(',');
		if (json)
			printf("{\"vlan\":%u,\"vlanEnd\":%u}", vid, last);
		else if (last > vid)
			printf("%u-%u", vid, last);
		else
			printf("%u", vid);
	}
	if (!count && !json)
		fputs("none", stdout);
}

void print_trunk(const struct nlmsghdr *hdr, const struct attrs *attrs,
		 void *arg)
{
	struct trunk trunk;

	take_trunk(hdr, attrs, &trunk);
	if (!json) {
		print_port(attrs->of[VANE_A_TRUNK_VF]);
		fputs(" vlans ", stdout);
		if (trunk.any)
			fputs("any", stdout);
		else
			print_vids(&trunk);
		putchar('\n');
		return;
	}
	separate(arg);
	printf("{\"vf\":%llu,\"any\":%s,\"vlans\":[",
	       get_number(attrs->of[VANE_A_TRUNK_VF]),
	       trunk.any ? "true" : "false");
	print_vids(&trunk);
	fputs("]}", stdout);
}

static const struct {
	unsigned int attr;
	const char *name;
	bool is_switch;		/* on or off, in JSON true or false */
} profile_numbers[] = {
	{ VANE_A_PROFILE_VLAN,		"vlan",		false },
	{ VANE_A_PROFILE_QOS,		"qos",		false },
	{ VANE_A_PROFILE_CHANNEL,	"channel",	false },
	{ VANE_A_PROFILE_TRUST,		"trust",	true },
	{ VANE_A_PROFILE_SPOOFCHK,	"spoofchk",	true },
	{ VANE_A_PROFILE_TX_MAX,	"max_tx_rate",	false },
	{ VANE_A_PROFILE_TX_SHARE,	"min_tx_rate",	false },
};

static void print_profile_number(const struct attrs *attrs, size_t i)
{
	const struct nlattr *attr = attrs->of[profile_numbers[i].attr];
	const char *name = profile_numbers[i].name;
	unsigned long long value = get_number(attr);

	if (!attr)
		return;
	printf(json ? ",\"%s\":" : " %s ", name);
	if (!profile_numbers[i].is_switch)
		printf("%llu", value);
	else if (json)
		fputs(value ? "true" : "false", stdout);
	else
		fputs(value ? "on" : "off", stdout);
}

static void print_profile_proto(const struct nlattr *attr)
{
	const char *proto = get_number(attr) == ETH_P_8021AD ? "802.1ad" :
							       "802.1Q";

	if (attr)
		printf(json ? ",\"protocol\":\"%s\"" : " proto %s", proto);
}

static void print_profile_vids(const struct attrs *attrs)
{
	struct trunk trunk;

	if (!attrs->of[VANE_A_PROFILE_VIDS])
		return;
	take_vids(attrs->of[VANE_A_PROFILE_VIDS], &trunk);
	fputs(json ? ",\"vlans\":[" : " vlans ", stdout);
	print_vids(&trunk);
	if (json)
		putchar(']');
}

void print_profile(const struct nlmsghdr *hdr, const struct attrs *attrs,
		   void *arg)
{
	size_t i;

	if (!attrs->of[VANE_A_PROFILE_NAME])
		return;
	if (json)
		separate(arg);
	fputs(json ? "{\"name\":" : "profile ", stdout);
	print_text(attrs->of[VANE_A_PROFILE_NAME]);
	for (i = 0; i < ARRAY_SIZE(profile_numbers); i++)
		print_profile_number(attrs, i);
	print_profile_proto(attrs->of[VANE_A_PROFILE_VLAN_PROTO]);
	print_priorities(attrs->of[VANE_A_PROFILE_PRIORITY_MAP]);
	print_profile_vids(attrs);
	if (json)
		fputs(",\"vfs\":[", stdout);
	print_vfs(hdr, VANE_A_PROFILE_VF);
	puts(json ? "]}" : "");
}

void print_mode(const struct nlmsghdr *hdr, const struct attrs *attrs,
		void *arg)
{
	const char *mode = mode_name(get_number(attrs->of[VANE_A_SWITCH_MODE]));

	(void)hdr;
	(void)arg;
	if (json)
		printf("{\"mode\":\"%s\"}\n", mode);
	else
		puts(mode);
}

static const struct {
	unsigned int attr;
	const char *name;
} tag_drops[] = {
	{ VANE_A_SWITCH_RX_TAG_NONE,		"missing" },
	{ VANE_A_SWITCH_RX_TAG_TRUNCATED,	"truncated" },
	{ VANE_A_SWITCH_RX_TAG_DIRECTION,	"direction" },
	{ VANE_A_SWITCH_RX_TAG_VERSION,		"version" },
	{ VANE_A_SWITCH_RX_TAG_RESERVED,	"reserved" },
	{ VANE_A_SWITCH_RX_TAG_NESTED,		"nested" },
	{ VANE_A_SWITCH_RX_TAG_UNKNOWN,		"unknown" },
};

/* Frames dropped for their tag, by cause; as text, those that there are */
static void print_tag_drops(const struct attrs *attrs)
{
	unsigned long long value;
	unsigned int i, count = 0;

	if (!attrs->of[VANE_A_SWITCH_RX_TAG_NONE])
		return;
	if (json)
		fputs(",\"tag_drops\":{", stdout);
	for (i = 0; i < ARRAY_SIZE(tag_drops); i++) {
		value = get_number(attrs->of[tag_drops[i].attr]);
		if (json) {
			separate(&count);
			printf("\"%s\":%llu", tag_drops[i].name, value);
		} else if (value) {
			printf("%s%s %llu", count++ ? ", " : "dropped for their tag: ",
			       tag_drops[i].name, value);
		}
	}
	if (json)
		putchar('}');
	else if (count)
		putchar('\n');
}

void print_switch(const struct nlmsghdr *hdr, const struct attrs *attrs,
		  void *arg)
{
	const char *mode = mode_name(get_number(attrs->of[VANE_A_SWITCH_MODE]));
	__u32 num_vfs = get_number(attrs->of[VANE_A_SWITCH_NUM_VFS]);
	__u32 filters = get_number(attrs->of[VANE_A_SWITCH_FILTERS]);
	__u32 max_filters = get_number(attrs->of[VANE_A_SWITCH_MAX_FILTERS]);
	__u32 lists = get_number(attrs->of[VANE_A_SWITCH_LISTS]);
	__u32 max_lists = get_number(attrs->of[VANE_A_SWITCH_MAX_LISTS]);
	__u32 grants = get_number(attrs->of[VANE_A_SWITCH_GRANTS]);
	__u32 max_grants = get_number(attrs->of[VANE_A_SWITCH_MAX_GRANTS]);

	(void)hdr;
	(void)arg;
	if (json) {
		printf("\"mode\":\"%s\",\"num_vfs\":%u,", mode, num_vfs);
		printf("\"filters\":%u,\"max_filters\":%u,", filters,
		       max_filters);
		printf("\"num_lists\":%u,\"max_lists\":%u,", lists, max_lists);
		printf("\"num_grants\":%u,\"max_grants\":%u", grants,
		       max_grants);
	} else {
		printf("mode %s, %u VFs, filters %u of %u, lists %u of %u, ",
		       mode, num_vfs, filters, max_filters, lists, max_lists);
		printf("granted channels %u of %u\n", grants, max_grants);
	}
	print_tag_drops(attrs);
}
