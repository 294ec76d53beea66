// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The hardware description compiles alone, twice, and as plain C11, and its
 * layouts are consistent.
 */
#include "vane_hw.h"
#include "vane_hw.h"

#define FITS(block, used) \
	_Static_assert((used) <= (block) + VANE_BLK_SIZE, #block " overflows")

FITS(VANE_BLK_DOORBELL, VANE_DB_VEC(VANE_MAX_VECTORS_PF));
FITS(VANE_BLK_MSIX_TABLE, VANE_BLK_MSIX_TABLE + VANE_MAX_VECTORS_PF * 16);
FITS(VANE_BLK_TXQ, VANE_TXQ(VANE_MAX_QUEUES_PF));
FITS(VANE_BLK_RXQ, VANE_RXQ(VANE_MAX_QUEUES_PF));
FITS(VANE_BLK_VEC, VANE_VEC(VANE_MAX_VECTORS_PF));
FITS(VANE_BLK_RSS, VANE_RSS_TABLE(VANE_RSS_CONTEXTS));
FITS(VANE_BLK_RULE, VANE_RULE(VANE_MAX_RULES));
FITS(VANE_BLK_STATS, VANE_STAT(VANE_STAT_COUNT));
FITS(VANE_BLK_MBOX, VANE_REG_MBOX_STATE + 4);

_Static_assert(VANE_DB_RXQ(VANE_MAX_QUEUES_PF - 1) < VANE_DB_VEC(0),
	       "queue and vector doorbells overlap");
_Static_assert(VANE_REG_MBOX_REQ + VANE_MBOX_SIZE == VANE_REG_MBOX_RSP,
	       "mailbox windows overlap");
_Static_assert(VANE_TXD_FLAGS_RSVD + (VANE_TXD_ADDR | VANE_TXD_EXT | VANE_TXD_VLAN |
	       VANE_TXD_CSUM | VANE_TXD_TSO | VANE_TXD_EOP) == ~0ull,
	       "tx address word has a hole");
_Static_assert((VANE_TXD_MSS & ~(VANE_TXD_CSUM_START | VANE_TXD_CSUM_OFFSET)) == 0,
	       "tx half-word serves both offloads");
_Static_assert(VANE_MAX_VFS * VANE_DEF_QUEUES_VF + VANE_MAX_QUEUES_PF <=
	       VANE_TOTAL_QUEUES, "default queues exceed the device");
_Static_assert(VANE_MAX_VFS * VANE_DEF_VECTORS_VF + VANE_MAX_VECTORS_PF <=
	       VANE_TOTAL_VECTORS, "default vectors exceed the device");
_Static_assert((1u << VANE_RQ_LOG2_MIN) >= 2 * VANE_MAX_VFS,
	       "receive queue may overflow");
_Static_assert(VANE_STAT_COUNT * 8 <= VANE_MSG_BODY_MAX,
	       "counters do not fit an answer");
