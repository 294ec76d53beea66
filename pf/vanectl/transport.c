// SPDX-License-Identifier: GPL-2.0-only
/* vanectl: requests to the kernel, and its answers, by generic netlink */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vane.h>

#include "transport.h"

/* End without what was printed so far, which is half an answer */
noreturn void die(int status, const char *fmt, ...)
{
	va_list args;

	fputs("vanectl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(status);
}

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

void put(struct request *req, __u16 type, const void *data, size_t len)
{
	size_t end = NLMSG_ALIGN(req->hdr.nlmsg_len);
	struct nlattr *attr = (struct nlattr *)(req->bytes + end);

	if (end + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(req->bytes))
		die(EXIT_REFUSED, "netlink: %s", strerror(EMSGSIZE));
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)attr + NLA_HDRLEN, data, len);
	req->hdr.nlmsg_len = end + NLA_HDRLEN + NLA_ALIGN(len);
}

void put_u32(struct request *req, __u16 type, __u32 value)
{
	put(req, type, &value, sizeof(value));
}

void put_string(struct request *req, __u16 type, const char *text)
{
	put(req, type, text, strlen(text) + 1);
}

/* The next attribute of those in the @len bytes at @data, NULL at their end */
const struct nlattr *next_attr(const char **data, size_t *len)
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

unsigned int attr_type(const struct nlattr *attr)
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

const void *attr_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

size_t attr_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

/* An unsigned number of whatever width; 0 where there is none */
unsigned long long get_number(const struct nlattr *attr)
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

/* What an errno without a text of the kernel's means here */
static const char *explain(int err)
{
	switch (err) {
	case -ENOENT:
		if (!family)
			return "the kernel has no netlink family \"vane\"\n"
			       "Load the driver (modprobe vane), built with CONFIG_VANE_NETLINK.";
		break;
	case -EPERM:
		return "Operation not permitted\n"
		       "Changes need CAP_NET_ADMIN in the initial user namespace.";
	case -EOPNOTSUPP:
		return "Operation not supported\n"
		       "The driver is older than vanectl.";
	}
	return strerror(-err);
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
	die(EXIT_REFUSED, "%s", explain(err));
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
void talk(struct request *req, handler_t *handler, void *arg)
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

void open_netlink(void)
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
void start_vane(struct request *req, __u8 cmd, __u16 flags, const char *pf)
{
	unsigned int ifindex = if_nametoindex(pf);

	if (!ifindex)
		die(EXIT_REFUSED, "cannot find device \"%s\"", pf);
	start_request(req, family, cmd, flags);
	put_u32(req, VANE_A_SWITCH_IFINDEX, ifindex);
}
