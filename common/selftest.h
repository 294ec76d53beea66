/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: the self-test of ethtool.
 */
#ifndef VANE_SELFTEST_H
#define VANE_SELFTEST_H

#include <linux/ethtool.h>

enum vane_test {
	VANE_TEST_REGISTERS,
	VANE_TEST_RINGS,
	VANE_TEST_INTERRUPTS,
	VANE_TEST_LOOPBACK,
	VANE_TEST_LINK,
	VANE_NUM_TESTS,
};

extern const char vane_test_names[VANE_NUM_TESTS][ETH_GSTRING_LEN];

void vane_self_test(struct net_device *netdev, struct ethtool_test *test,
		    u64 *data);

#endif /* VANE_SELFTEST_H */
