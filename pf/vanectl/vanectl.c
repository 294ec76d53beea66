// SPDX-License-Identifier: GPL-2.0-only
/*
 * vanectl: the switch of a VANE adapter, by its generic netlink family.
 *
 * Needs nothing but the C library.
 */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vane.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum {
	EXIT_REFUSED = 1,	/* by the kernel */
	EXIT_USAGE = 2,
};

static bool json;

static const char usage_text[] =
	"usage: vanectl [-j] show PF\n"
	"       vanectl [-j] stats PF [pf | vf N]\n"
	"       vanectl [-j] mode PF [veb | vepa | vntag]\n"
	"       vanectl vif set PF {pf | vf N} VIF\n"
	"       vanectl vif del PF {pf | vf N}\n"
	"       vanectl [-j] list show PF\n"
	"       vanectl list set PF LIST MEMBER...\n"
	"       vanectl list del PF LIST\n"
	"       vanectl [-j] vlan show PF [vf N]\n"
	"       vanectl vlan allow PF vf N VLANS\n"
	"       vanectl vlan forbid PF vf N VLANS\n"
	"       vanectl vlan any PF vf N\n"
	"\n"
	"PF is the network interface of the physical function. VIF and LIST are\n"
	"numbers from 1 to 4095. A MEMBER is \"pf\" or \"vf N[-N][,N[-N]]...\".\n"
	"VLANS are numbers from 0 (untagged) to 4094, as N[-N][,N[-N]]....\n"
	"-j prints JSON.\n";

/* End without what was printed so far, which is half an answer */
static noreturn void die(int status, const char *fmt, ...)
{
	va_list args;

	fputs("vanectl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(status);
}

static noreturn void die_usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_USAGE);
}

/*
 * Netlink
 */

/* A request: header, generic netlink header, attributes */
struct request {
	union {
		struct nlmsghdr hdr;
		char bytes[4096];
	};
};

#define MAX_ATTR	32

/* The attributes of a message, by type */
struct attrs {
	const struct nlattr *of[MAX_ATTR];
};

/* Told of each message that answers a request */
typedef void handler_t(const struct nlmsghdr *hdr, const struct attrs *attrs,
		       void *arg);

static int sock = -1;
static __u16 family;

static void start_request(struct request *req, __u16 type, __u8 cmd,
			  __u16 flags)
{
	static __u32 seq;
	struct genlmsghdr *genl;

	memset(req, 0, sizeof(*req));
	req->hdr.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	req->hdr.nlmsg_type = type;
	req->hdr.nlmsg_flags = NLM_F_REQUEST | flags;
	req->hdr.nlmsg_seq = ++seq;
	genl = NLMSG_DATA(&req->hdr);
	genl->cmd = cmd;
	genl->version = VANE_FAMILY_VERSION;
}

static void put(struct request *req, __u16 type, const void *data,
		size_t len)
{
	size_t end = NLMSG_ALIGN(req->hdr.nlmsg_len);
	struct nlattr *attr = (struct nlattr *)(req->bytes + end);

	if (end + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(req->bytes))
		die(EXIT_USAGE, "too many arguments");
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)attr + NLA_HDRLEN, data, len);
	req->hdr.nlmsg_len = end + NLA_HDRLEN + NLA_ALIGN(len);
}

static void put_u32(struct request *req, __u16 type, __u32 value)
{
	put(req, type, &value, sizeof(value));
}

/* The next attribute of those in the @len bytes at @data, NULL at their end */
static const struct nlattr *next_attr(const char **data, size_t *len)
{
	const struct nlattr *attr = (const struct nlattr *)*data;
	size_t step;

	if (*len < NLA_HDRLEN || attr->nla_len < NLA_HDRLEN ||
	    attr->nla_len > *len)
		return NULL;
	step = NLA_ALIGN(attr->nla_len);
	if (step > *len)
		step = *len;
	*data += step;
	*len -= step;
	return attr;
}

static unsigned int attr_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

static void parse_attrs(struct attrs *attrs, const char *data, size_t len)
{
	const struct nlattr *attr;

	memset(attrs, 0, sizeof(*attrs));
	while ((attr = next_attr(&data, &len)))
		if (attr_type(attr) < MAX_ATTR)
			attrs->of[attr_type(attr)] = attr;
}

static const void *attr_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static size_t attr_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

/* An unsigned number of whatever width; 0 where there is none */
static unsigned long long get_number(const struct nlattr *attr)
{
	__u64 u64;
	__u32 u32;
	__u16 u16;
	__u8 u8;

	if (!attr)
		return 0;
	switch (attr_len(attr)) {
	case sizeof(u64):
		memcpy(&u64, attr_data(attr), sizeof(u64));
		return u64;
	case sizeof(u32):
		memcpy(&u32, attr_data(attr), sizeof(u32));
		return u32;
	case sizeof(u16):
		memcpy(&u16, attr_data(attr), sizeof(u16));
		return u16;
	case sizeof(u8):
		memcpy(&u8, attr_data(attr), sizeof(u8));
		return u8;
	}
	return 0;
}

/* End with the kernel's own words, if it has any */
static noreturn void
die_refused(const struct nlmsghdr *hdr, int err, size_t fixed)
{
	const struct nlattr *text = NULL;
	struct attrs attrs;

	if (hdr->nlmsg_flags & NLM_F_ACK_TLVS &&
	    hdr->nlmsg_len > NLMSG_HDRLEN + NLMSG_ALIGN(fixed)) {
		parse_attrs(&attrs,
			    (const char *)hdr + NLMSG_HDRLEN +
			    NLMSG_ALIGN(fixed),
			    hdr->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(fixed));
		text = attrs.of[NLMSGERR_ATTR_MSG];
	}
	if (text)
		die(EXIT_REFUSED, "%.*s", (int)attr_len(text),
		    (const char *)attr_data(text));
	die(EXIT_REFUSED, "%s", strerror(-err));
}

/* Handle one message of the answer. Returns true after the last one. */
static bool handle_message(const struct nlmsghdr *hdr, handler_t *handler,
			   void *arg)
{
	const struct nlmsgerr *error;
	struct attrs attrs;
	int err;

	switch (hdr->nlmsg_type) {
	case NLMSG_ERROR:
		error = NLMSG_DATA(hdr);
		if (error->error)
			die_refused(hdr, error->error, sizeof(*error));
		return true;
	case NLMSG_DONE:
		if (hdr->nlmsg_len < NLMSG_LENGTH(sizeof(err)))
			return true;
		memcpy(&err, NLMSG_DATA(hdr), sizeof(err));
		if (err)
			die_refused(hdr, err, sizeof(err));
		return true;
	}
	parse_attrs(&attrs, (const char *)NLMSG_DATA(hdr) + GENL_HDRLEN,
		    NLMSG_PAYLOAD(hdr, GENL_HDRLEN));
	if (handler)
		handler(hdr, &attrs, arg);
	return false;
}

/* Send a request and have its answers handled; an error ends the program */
static void talk(struct request *req, handler_t *handler, void *arg)
{
	static char buffer[65536];
	const struct nlmsghdr *hdr;
	ssize_t len;

	if (!(req->hdr.nlmsg_flags & NLM_F_DUMP))
		req->hdr.nlmsg_flags |= NLM_F_ACK;
	if (send(sock, req, req->hdr.nlmsg_len, 0) < 0)
		die(EXIT_REFUSED, "netlink: %s", strerror(errno));

	for (;;) {
		len = recv(sock, buffer, sizeof(buffer), 0);
		if (len < 0)
			die(EXIT_REFUSED, "netlink: %s", strerror(errno));
		for (hdr = (const struct nlmsghdr *)buffer;
		     NLMSG_OK(hdr, (size_t)len); hdr = NLMSG_NEXT(hdr, len)) {
			if (hdr->nlmsg_seq != req->hdr.nlmsg_seq)
				continue;
			if (handle_message(hdr, handler, arg))
				return;
		}
	}
}

static void take_family(const struct nlmsghdr *hdr, const struct attrs *attrs,
			void *arg)
{
	(void)hdr;
	(void)arg;
	family = get_number(attrs->of[CTRL_ATTR_FAMILY_ID]);
}

static void open_netlink(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct request req;
	int one = 1;

	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0 || bind(sock, (struct sockaddr *)&addr, sizeof(addr)))
		die(EXIT_REFUSED, "netlink: %s", strerror(errno));
	/* Without these, errors have no text: a loss, but no failure */
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));

	start_request(&req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_DUMP);
	req.hdr.nlmsg_flags = NLM_F_REQUEST;
	put(&req, CTRL_ATTR_FAMILY_NAME, VANE_FAMILY_NAME,
	    sizeof(VANE_FAMILY_NAME));
	talk(&req, take_family, NULL);
}

/* A request about the PF whose netdev is called @pf */
static void start_vane(struct request *req, __u8 cmd, __u16 flags,
		       const char *pf)
{
	unsigned int ifindex = if_nametoindex(pf);

	if (!ifindex)
		die(EXIT_REFUSED, "%s: %s", pf, strerror(errno));
	start_request(req, family, cmd, flags);
	put_u32(req, VANE_A_SWITCH_IFINDEX, ifindex);
}

/*
 * Arguments
 */

static __u32 parse_number(const char *what, const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno ||
	    value > UINT32_MAX)
		die(EXIT_USAGE, "%s \"%s\" is not a number", what, text);
	return value;
}

/* Put the function named by "pf" or "vf N". Returns the words that it took. */
static int put_function(struct request *req, __u16 type, int argc,
			char **argv)
{
	if (argc >= 1 && !strcmp(argv[0], "pf"))
		return 1;
	if (argc >= 2 && !strcmp(argv[0], "vf")) {
		put_u32(req, type, parse_number("VF", argv[1]));
		return 2;
	}
	die_usage();
}

/*
 * Take the first range off "N[-N][,N[-N]]...", whose numbers are called @what.
 * Returns false at the end.
 */
static bool next_range(const char *what, char **text, __u32 *first,
		       __u32 *last)
{
	char *range = strsep(text, ",");
	char *dash;

	if (!range)
		return false;
	dash = strchr(range, '-');
	if (dash)
		*dash = '\0';
	*first = parse_number(what, range);
	*last = dash ? parse_number(what, dash + 1) : *first;
	if (*last < *first)
		die(EXIT_USAGE, "%s %s-%s: the last is below the first", what,
		    range, dash + 1);
	return true;
}

/* Put the VFs of "N[-N][,N[-N]]..." */
static void put_vfs(struct request *req, char *text)
{
	__u32 first, last;

	while (next_range("VF", &text, &first, &last)) {
		for (;; first++) {
			put_u32(req, VANE_A_VIF_LIST_VF, first);
			if (first == last)
				break;
		}
	}
}

/* The VLANs of a trunk list */
#define NUM_VIDS	4096

struct trunk {
	bool any;	/* no list */
	unsigned char vids[NUM_VIDS / 8];
};

static bool has_vid(const struct trunk *trunk, unsigned int vid)
{
	return trunk->vids[vid / 8] & 1 << vid % 8;
}

static void set_vid(struct trunk *trunk, unsigned int vid, bool allowed)
{
	if (allowed)
		trunk->vids[vid / 8] |= 1 << vid % 8;
	else
		trunk->vids[vid / 8] &= ~(1 << vid % 8);
}

/* Allow or forbid the VLANs of "N[-N][,N[-N]]..." */
static void change_vids(struct trunk *trunk, char *text, bool allowed)
{
	__u32 first, last;

	while (next_range("VLAN", &text, &first, &last)) {
		if (last > NUM_VIDS - 2)
			die(EXIT_USAGE, "VLAN %u is above the limit of %u",
			    last, NUM_VIDS - 2);
		for (; first <= last; first++)
			set_vid(trunk, first, allowed);
	}
}

static const char *const mode_names[] = {
	[VANE_MODE_VEB] = "veb",
	[VANE_MODE_VNTAG] = "vntag",
	[VANE_MODE_VEPA] = "vepa",
};

static const char *mode_name(__u64 mode)
{
	return mode < ARRAY_SIZE(mode_names) ? mode_names[mode] : "unknown";
}

/*
 * Output
 */

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

static void print_function(const struct nlmsghdr *hdr,
			   const struct attrs *attrs, void *arg)
{
	const struct nlattr *vf = attrs->of[VANE_A_FUNCTION_VF];
	__u32 vif = get_number(attrs->of[VANE_A_FUNCTION_VIF]);
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
		if (vif)
			printf(" vif %-4u", vif);
		else
			printf(" vif none");
		printf(" link %-4s filters %u of %u", link ? "up" : "down",
		       filters, max_filters);
		puts(!vf || ready ? "" : " (no driver)");
		return;
	}
	separate(arg);
	putchar('{');
	print_port_json(vf);
	printf(",\"mac\":\"");
	print_mac(attrs->of[VANE_A_FUNCTION_MAC]);
	printf("\",\"vif\":%u,\"link\":%s,\"filters\":%u,\"max_filters\":%u",
	       vif, link ? "true" : "false", filters, max_filters);
	if (vf)
		printf(",\"ready\":%s", ready ? "true" : "false");
	putchar('}');
}

static void print_list(const struct nlmsghdr *hdr, const struct attrs *attrs,
		       void *arg)
{
	const char *data = (const char *)NLMSG_DATA(hdr) + GENL_HDRLEN;
	size_t len = NLMSG_PAYLOAD(hdr, GENL_HDRLEN);
	bool pf = attrs->of[VANE_A_VIF_LIST_PF];
	const struct nlattr *attr;
	unsigned int count = 0;

	if (json) {
		separate(arg);
		printf("{\"list\":%llu,\"pf\":%s,\"vfs\":[",
		       get_number(attrs->of[VANE_A_VIF_LIST_LIST]),
		       pf ? "true" : "false");
	} else {
		printf("list %-4llu",
		       get_number(attrs->of[VANE_A_VIF_LIST_LIST]));
		if (pf)
			printf(" pf");
	}
	while ((attr = next_attr(&data, &len))) {
		if (attr_type(attr) != VANE_A_VIF_LIST_VF)
			continue;
		if (json)
			separate(&count);
		else
			fputs(count++ ? "," : " vf ", stdout);
		printf("%llu", get_number(attr));
	}
	puts(json ? "]}" : "");
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

static void print_stats(const struct nlmsghdr *hdr, const struct attrs *attrs,
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

static void take_trunk(const struct nlmsghdr *hdr, const struct attrs *attrs,
		       void *arg)
{
	const struct nlattr *vids = attrs->of[VANE_A_TRUNK_VIDS];
	struct trunk *trunk = arg;

	(void)hdr;
	memset(trunk, 0, sizeof(*trunk));
	trunk->any = !vids;
	if (vids && attr_len(vids) == sizeof(trunk->vids))
		memcpy(trunk->vids, attr_data(vids), sizeof(trunk->vids));
}

static void print_vids(const struct trunk *trunk)
{
	unsigned int vid, last, count = 0;

	for (vid = 0; vid < NUM_VIDS; vid = last + 1) {
		last = vid;
		if (!has_vid(trunk, vid))
			continue;
		while (last + 1 < NUM_VIDS && has_vid(trunk, last + 1))
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

static void print_trunk(const struct nlmsghdr *hdr, const struct attrs *attrs,
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

static void print_mode(const struct nlmsghdr *hdr, const struct attrs *attrs,
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

static void print_switch(const struct nlmsghdr *hdr, const struct attrs *attrs,
			 void *arg)
{
	const char *mode = mode_name(get_number(attrs->of[VANE_A_SWITCH_MODE]));
	__u32 num_vfs = get_number(attrs->of[VANE_A_SWITCH_NUM_VFS]);
	__u32 filters = get_number(attrs->of[VANE_A_SWITCH_FILTERS]);
	__u32 max_filters = get_number(attrs->of[VANE_A_SWITCH_MAX_FILTERS]);
	__u32 lists = get_number(attrs->of[VANE_A_SWITCH_VIF_LISTS]);
	__u32 max_lists = get_number(attrs->of[VANE_A_SWITCH_MAX_VIF_LISTS]);

	(void)hdr;
	(void)arg;
	if (json) {
		printf("\"mode\":\"%s\",\"num_vfs\":%u,", mode, num_vfs);
		printf("\"filters\":%u,\"max_filters\":%u,", filters,
		       max_filters);
		printf("\"vif_lists\":%u,\"max_vif_lists\":%u", lists,
		       max_lists);
	} else {
		printf("mode %s, %u VFs, filters %u of %u, VIF lists %u of %u\n",
		       mode, num_vfs, filters, max_filters, lists, max_lists);
	}
}

/*
 * Commands: @argv begins behind the words that name the command
 */

static void dump(const char *pf, __u8 cmd, handler_t *handler)
{
	unsigned int count = 0;
	struct request req;

	start_vane(&req, cmd, NLM_F_DUMP, pf);
	talk(&req, handler, &count);
}

static void do_show(int argc, char **argv)
{
	struct request req;

	if (argc != 1)
		die_usage();
	if (json)
		putchar('{');
	start_vane(&req, VANE_NL_CMD_SWITCH_GET, 0, argv[0]);
	talk(&req, print_switch, NULL);
	if (json)
		fputs(",\"ports\":[", stdout);
	dump(argv[0], VANE_NL_CMD_FUNCTION_GET, print_function);
	if (json)
		fputs("],\"lists\":[", stdout);
	dump(argv[0], VANE_NL_CMD_VIF_LIST_GET, print_list);
	if (json)
		puts("]}");
}

static void do_stats(int argc, char **argv)
{
	unsigned int count = 0;
	struct request req;

	if (argc < 1)
		die_usage();
	if (json)
		putchar('[');
	if (argc == 1) {
		dump(argv[0], VANE_NL_CMD_STATS_GET, print_stats);
	} else {
		start_vane(&req, VANE_NL_CMD_STATS_GET, 0, argv[0]);
		if (put_function(&req, VANE_A_STATS_VF, argc - 1, argv + 1) !=
		    argc - 1)
			die_usage();
		talk(&req, print_stats, &count);
	}
	if (json)
		puts("]");
}

static void do_mode(int argc, char **argv)
{
	struct request req;
	size_t mode;

	if (argc < 1 || argc > 2)
		die_usage();
	if (argc == 1) {
		start_vane(&req, VANE_NL_CMD_SWITCH_GET, 0, argv[0]);
		talk(&req, print_mode, NULL);
		return;
	}
	for (mode = 0; mode < ARRAY_SIZE(mode_names); mode++)
		if (!strcmp(argv[1], mode_names[mode]))
			break;
	if (mode == ARRAY_SIZE(mode_names))
		die(EXIT_USAGE, "mode \"%s\" is none of veb, vepa, vntag",
		    argv[1]);
	start_vane(&req, VANE_NL_CMD_SWITCH_SET, 0, argv[0]);
	put_u32(&req, VANE_A_SWITCH_MODE, mode);
	talk(&req, NULL, NULL);
}

static void do_vif_set(int argc, char **argv)
{
	struct request req;
	int used;

	if (argc < 1)
		die_usage();
	start_vane(&req, VANE_NL_CMD_FUNCTION_SET, 0, argv[0]);
	used = put_function(&req, VANE_A_FUNCTION_VF, argc - 1, argv + 1) + 1;
	if (argc != used + 1)
		die_usage();
	put_u32(&req, VANE_A_FUNCTION_VIF, parse_number("VIF", argv[used]));
	talk(&req, NULL, NULL);
}

static void do_vif_del(int argc, char **argv)
{
	struct request req;

	if (argc < 1)
		die_usage();
	start_vane(&req, VANE_NL_CMD_FUNCTION_SET, 0, argv[0]);
	if (put_function(&req, VANE_A_FUNCTION_VF, argc - 1, argv + 1) !=
	    argc - 1)
		die_usage();
	put_u32(&req, VANE_A_FUNCTION_VIF, 0);
	talk(&req, NULL, NULL);
}

static void do_list_show(int argc, char **argv)
{
	if (argc != 1)
		die_usage();
	if (json)
		putchar('[');
	dump(argv[0], VANE_NL_CMD_VIF_LIST_GET, print_list);
	if (json)
		puts("]");
}

static void do_list_set(int argc, char **argv)
{
	struct request req;
	int i;

	if (argc < 2)
		die_usage();
	start_vane(&req, VANE_NL_CMD_VIF_LIST_SET, 0, argv[0]);
	put_u32(&req, VANE_A_VIF_LIST_LIST, parse_number("list", argv[1]));
	for (i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "pf"))
			put(&req, VANE_A_VIF_LIST_PF, NULL, 0);
		else if (!strcmp(argv[i], "vf") && i + 1 < argc)
			put_vfs(&req, argv[++i]);
		else
			die_usage();
	}
	talk(&req, NULL, NULL);
}

static void do_list_del(int argc, char **argv)
{
	struct request req;

	if (argc != 2)
		die_usage();
	start_vane(&req, VANE_NL_CMD_VIF_LIST_DEL, 0, argv[0]);
	put_u32(&req, VANE_A_VIF_LIST_LIST, parse_number("list", argv[1]));
	talk(&req, NULL, NULL);
}

/* A request about the VF named by "PF vf N" */
static void start_trunk(struct request *req, __u8 cmd, int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "vf"))
		die_usage();
	start_vane(req, cmd, 0, argv[0]);
	put_u32(req, VANE_A_TRUNK_VF, parse_number("VF", argv[2]));
}

static void do_vlan_show(int argc, char **argv)
{
	unsigned int count = 0;
	struct request req;

	if (argc != 1 && argc != 3)
		die_usage();
	if (json)
		putchar('[');
	if (argc == 1) {
		dump(argv[0], VANE_NL_CMD_TRUNK_GET, print_trunk);
	} else {
		start_trunk(&req, VANE_NL_CMD_TRUNK_GET, argc, argv);
		talk(&req, print_trunk, &count);
	}
	if (json)
		puts("]");
}

static void change_trunk(int argc, char **argv, bool allowed)
{
	struct request req;
	struct trunk trunk;

	if (argc != 4)
		die_usage();
	start_trunk(&req, VANE_NL_CMD_TRUNK_GET, argc, argv);
	talk(&req, take_trunk, &trunk);
	/* A list begins with what is allowed, or all but what is forbidden */
	if (trunk.any) {
		memset(trunk.vids, allowed ? 0 : 0xff, sizeof(trunk.vids));
		set_vid(&trunk, NUM_VIDS - 1, false);
	}
	change_vids(&trunk, argv[3], allowed);

	start_trunk(&req, VANE_NL_CMD_TRUNK_SET, argc, argv);
	put(&req, VANE_A_TRUNK_VIDS, trunk.vids, sizeof(trunk.vids));
	talk(&req, NULL, NULL);
}

static void do_vlan_allow(int argc, char **argv)
{
	change_trunk(argc, argv, true);
}

static void do_vlan_forbid(int argc, char **argv)
{
	change_trunk(argc, argv, false);
}

static void do_vlan_any(int argc, char **argv)
{
	struct request req;

	if (argc != 3)
		die_usage();
	start_trunk(&req, VANE_NL_CMD_TRUNK_DEL, argc, argv);
	talk(&req, NULL, NULL);
}

static const struct {
	const char *word;
	const char *second;
	void (*run)(int argc, char **argv);
} commands[] = {
	{ "show",	NULL,	do_show },
	{ "stats",	NULL,	do_stats },
	{ "mode",	NULL,	do_mode },
	{ "vif",	"set",	do_vif_set },
	{ "vif",	"del",	do_vif_del },
	{ "list",	"show",	do_list_show },
	{ "list",	"set",	do_list_set },
	{ "list",	"del",	do_list_del },
	{ "vlan",	"show",	do_vlan_show },
	{ "vlan",	"allow",	do_vlan_allow },
	{ "vlan",	"forbid",	do_vlan_forbid },
	{ "vlan",	"any",	do_vlan_any },
};

int main(int argc, char **argv)
{
	int words;
	size_t i;

	argc--;
	argv++;
	if (argc && !strcmp(argv[0], "-j")) {
		json = true;
		argc--;
		argv++;
	}
	if (argc && (!strcmp(argv[0], "-h") || !strcmp(argv[0], "--help"))) {
		fputs(usage_text, stdout);
		return 0;
	}

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		words = commands[i].second ? 2 : 1;
		if (argc < words || strcmp(argv[0], commands[i].word) ||
		    (words == 2 && strcmp(argv[1], commands[i].second)))
			continue;
		open_netlink();
		commands[i].run(argc - words, argv + words);
		if (fflush(stdout) || ferror(stdout))
			die(EXIT_REFUSED, "output: %s", strerror(errno));
		return 0;
	}
	die_usage();
}
