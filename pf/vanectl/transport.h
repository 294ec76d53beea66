/* SPDX-License-Identifier: GPL-2.0-only */
/* vanectl: requests to the kernel, and its answers, by generic netlink */
#ifndef VANECTL_TRANSPORT_H
#define VANECTL_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdnoreturn.h>

#include <linux/netlink.h>
#include <linux/types.h>

enum {
	EXIT_REFUSED = 1,	/* by the kernel */
	EXIT_USAGE = 2,		/* by vanectl, before it asks the kernel */
};

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

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

noreturn void die(int status, const char *fmt, ...);
void put(struct request *req, __u16 type, const void *data, size_t len);
void put_string(struct request *req, __u16 type, const char *text);
void put_u32(struct request *req, __u16 type, __u32 value);
const struct nlattr *next_attr(const char **data, size_t *len);
unsigned int attr_type(const struct nlattr *attr);
const void *attr_data(const struct nlattr *attr);
size_t attr_len(const struct nlattr *attr);
unsigned long long get_number(const struct nlattr *attr);
void talk(struct request *req, handler_t *handler, void *arg);
void open_netlink(void);
void start_vane(struct request *req, __u8 cmd, __u16 flags, const char *pf);

#endif /* VANECTL_TRANSPORT_H */
