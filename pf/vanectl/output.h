/* SPDX-License-Identifier: GPL-2.0-only */
/* vanectl: what it prints, as text or JSON */
#ifndef VANECTL_OUTPUT_H
#define VANECTL_OUTPUT_H

#include <stdbool.h>

#include <linux/vane.h>

#include "args.h"
#include "transport.h"

/* The VLANs that a VF may use */
struct trunk {
	bool any;	/* it has no trunk list */
	unsigned char vids[NUM_VIDS / 8];
};

#define NUM_MODES	(VANE_MODE_ETAG + 1)

/* Print JSON */
extern bool json;

/* By enum vane_mode */
extern const char * const mode_names[NUM_MODES];

void print_function(const struct nlmsghdr *hdr, const struct attrs *attrs,
		    void *arg);
void print_list(const struct nlmsghdr *hdr, const struct attrs *attrs,
		void *arg);
void print_grant(const struct nlmsghdr *hdr, const struct attrs *attrs,
		 void *arg);
void print_stats(const struct nlmsghdr *hdr, const struct attrs *attrs,
		 void *arg);
void take_trunk(const struct nlmsghdr *hdr, const struct attrs *attrs,
		void *arg);
void print_trunk(const struct nlmsghdr *hdr, const struct attrs *attrs,
		 void *arg);
void print_profile(const struct nlmsghdr *hdr, const struct attrs *attrs,
		   void *arg);
void print_mode(const struct nlmsghdr *hdr, const struct attrs *attrs,
		void *arg);
void print_switch(const struct nlmsghdr *hdr, const struct attrs *attrs,
		  void *arg);

#endif /* VANECTL_OUTPUT_H */
