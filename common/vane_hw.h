/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * VANE SR-IOV Ethernet controller: the hardware, as compilers see it.
 *
 * This is the only description of the device in C. The drivers, the device
 * model and every test include it; docs/hardware.rst gives the behaviour
 * behind the names. It needs fixed-width types and nothing else.
 *
 * Everything is little-endian. Offsets are in bytes. Unused bits read as zero
 * and are written as zero; the device rejects a set bit that it does not know.
 */
#ifndef VANE_HW_H
#define VANE_HW_H

#if defined(__KERNEL__) || defined(__linux__)
#include <linux/types.h>
#else	/* a device model on another host */
typedef unsigned char __u8;
typedef unsigned short __le16;
typedef unsigned int __le32;
typedef unsigned long long __le64;
#endif

/* Bit n, or bits h..l, of a 32-bit register */
#define VANE_REG_BIT(n)			(1u << (n))
#define VANE_REG_MASK(h, l)		((0xffffffffu >> (31 - (h))) & \
					 (0xffffffffu << (l)))
/* Bit n, or bits h..l, of a 64-bit register, descriptor or completion word */
#define VANE_DESC_BIT(n)		(1ull << (n))
#define VANE_DESC_MASK(h, l)		((0xffffffffffffffffull >> (63 - (h))) & \
					 (0xffffffffffffffffull << (l)))

/*
 * PCI identity
 * ------------
 * Placeholders until QEMU assigns ids of its own range.
 */
#define VANE_PCI_VENDOR_ID		0x1234	/* of PF and VFs */
#define VANE_PCI_DEVICE_ID_PF		0x7a00	/* of the PF */
#define VANE_PCI_DEVICE_ID_VF		0x7a01	/* of VFs */

/* First routing ID of the VFs relative to the PF, and the distance of two */
#define VANE_VF_OFFSET			1
#define VANE_VF_STRIDE			1

#define VANE_PCI_REVISION		0	/* of PF and VFs */
#define VANE_PCI_SUBSYSTEM_VENDOR_ID	0x1af4	/* of PF and VFs */
#define VANE_PCI_SUBSYSTEM_ID		0x1100	/* of PF and VFs */

/* Capabilities in configuration space, which software finds by their list */
#define VANE_PF_CAP_PM			0x40	/* Power Management */
#define VANE_PF_CAP_PCIE		0x50	/* PCI Express */
#define VANE_PF_CAP_MSIX		0xa0	/* MSI-X */
#define VANE_PF_CAP_VPD			0xb0	/* Vital Product Data */
#define VANE_PF_CAP_AER			0x100	/* Advanced Error Reporting */
#define VANE_PF_CAP_ARI			0x150	/* Alternative Routing-ID Interpretation */
#define VANE_PF_CAP_DSN			0x160	/* Device Serial Number */
#define VANE_PF_CAP_SRIOV		0x180	/* Single Root I/O Virtualization */
#define VANE_VF_CAP_PCIE		0x40	/* PCI Express */
#define VANE_VF_CAP_MSIX		0x80	/* MSI-X */
#define VANE_VF_CAP_AER			0x100	/* Advanced Error Reporting */
#define VANE_VF_CAP_ARI			0x150	/* Alternative Routing-ID Interpretation */

/*
 * Limits
 * ------
 */
#define VANE_MAX_VFS			256	/* VFs of the device */
#define VANE_MAX_QUEUES_PF		64	/* queue pairs of the PF */
#define VANE_MAX_QUEUES_VF		16	/* queue pairs one VF can be given */
#define VANE_DEF_QUEUES_VF		4	/* queue pairs a VF has at first */
#define VANE_MAX_VECTORS_PF		(VANE_MAX_QUEUES_PF + 1)	/* of the PF */
#define VANE_MAX_VECTORS_VF		(VANE_MAX_QUEUES_VF + 1)	/* most of one VF */
#define VANE_DEF_VECTORS_VF		(VANE_DEF_QUEUES_VF + 1)	/* of a VF at first */
#define VANE_TOTAL_QUEUES		2048	/* queue pairs of the whole device */
#define VANE_TOTAL_VECTORS		2560	/* MSI-X vectors of the whole device */

#define VANE_RING_LOG2_MIN		6	/* entries of any ring: 64 ... */
#define VANE_RING_LOG2_MAX		12	/* ... to 4096, a power of two */
#define VANE_RING_ALIGN			64	/* of every ring's base address */
#define VANE_TX_MAX_DESC		48	/* descriptors of one frame */
#define VANE_TX_MAX_TSO			65536	/* bytes of one TSO frame, headers included */
#define VANE_TX_MIN_MSS			64	/* payload of a TSO segment; less is dropped */
#define VANE_RX_BUF_MIN			256	/* bytes of a receive buffer */
#define VANE_RX_BUF_MAX			65536	/* bytes of a receive buffer */
#define VANE_MIN_FRAME			14	/* destination, source, type: no less is sent */
#define VANE_MAX_MTU			9000	/* bytes */
/* Largest frame of a function: MTU, Ethernet header, two VLAN tags; no FCS */
#define VANE_MAX_FRAME			(VANE_MAX_MTU + 14 + 8)
/* Largest frame on the uplink, in every mode: with a port VLAN and an E-Tag */
#define VANE_MAX_WIRE_FRAME		(VANE_MAX_FRAME + 4 + 8)
#define VANE_DMA_ADDR_BITS		52	/* of an address in host memory */

#define VANE_RSS_KEY_SIZE		40	/* bytes */
#define VANE_RSS_TABLE_SIZE		128	/* entries of one byte */
#define VANE_RSS_CONTEXTS		8	/* tables of a function; 0 is the default one */
#define VANE_MAX_RULES			64	/* receive rules of a function */

#define VANE_MAX_FILTERS		8192	/* (function, MAC) entries of the switch */
#define VANE_MAX_VIF			4095	/* VN-Tag: channels and lists are 1 to this */
#define VANE_MAX_ECID			0xfffff	/* E-Tag: channels are 1 to this */
#define VANE_MAX_LISTS			4096	/* lists of both tags in use at a time */
#define VANE_MAX_GRANTS			4096	/* channels granted to VFs at a time */
#define VANE_MAX_RATE_GROUPS		64	/* group ids are 1 to this */
#define VANE_MAX_RATE			400000	/* Mb/s, of any rate that is set */

/*
 * BAR 0
 * -----
 * The first 64 KiB are the same for the PF and for a VF. A VF's BAR is that
 * and nothing else; the PF's goes on with the blocks of the whole device.
 */
#define VANE_BAR			0	/* number of the only BAR */
#define VANE_VF_BAR_SIZE		0x10000	/* bytes */
#define VANE_PF_BAR_SIZE		0x20000	/* bytes */

#define VANE_BLK_FUNC			0x0000	/* identity, features, control */
#define VANE_BLK_STATUS			0x1000	/* status, written by the device and the PF */
#define VANE_BLK_MBOX			0x2000	/* mailbox windows */
#define VANE_BLK_DOORBELL		0x3000	/* rings and vectors */
#define VANE_BLK_MSIX_TABLE		0x4000	/* MSI-X table */
#define VANE_BLK_MSIX_PBA		0x5000	/* MSI-X pending bits */
#define VANE_BLK_TXQ			0x6000	/* transmit queues */
#define VANE_BLK_RXQ			0x7000	/* receive queues */
#define VANE_BLK_VEC			0x8000	/* interrupt vectors */
#define VANE_BLK_RSS			0x9000	/* receive-side scaling */
#define VANE_BLK_RULE			0xa000	/* receive rules */
#define VANE_BLK_STATS			0xb000	/* counters of the function */
#define VANE_BLK_PF			0x10000	/* PF only: the device */
#define VANE_BLK_SIZE			0x1000	/* bytes of each block */

/*
 * Function block
 * --------------
 */
#define VANE_REG_MAGIC			0x0000	/* RO: VANE_MAGIC */
#define   VANE_MAGIC			0x454e4156u	/* "VANE" */
#define VANE_REG_ABI			0x0004	/* RO: version of this interface */
#define   VANE_ABI_MAJOR		VANE_REG_MASK(31, 16)	/* incompatible change */
#define   VANE_ABI_MINOR		VANE_REG_MASK(15, 0)	/* addition */
#define VANE_ABI_MAJOR_VERSION		1	/* that this header describes */
#define VANE_ABI_MINOR_VERSION		5	/* that this header describes */
#define VANE_REG_FUNCTION		0x0008	/* RO: which function this is */
#define   VANE_FUNCTION_IS_VF		VANE_REG_BIT(31)	/* 0 for the PF */
#define   VANE_FUNCTION_VF_INDEX	VANE_REG_MASK(15, 0)	/* 0 for the first VF */
#define VANE_REG_FW_VERSION		0x000c	/* RO: version of the firmware or model */
#define   VANE_FW_VERSION_MAJOR		VANE_REG_MASK(23, 16)	/* first number */
#define   VANE_FW_VERSION_MINOR		VANE_REG_MASK(15, 8)	/* second number */
#define   VANE_FW_VERSION_PATCH		VANE_REG_MASK(7, 0)	/* third number */

#define VANE_REG_FEATURES_DEV		0x0010	/* RO 64: features of the device */
#define VANE_REG_FEATURES_PF_MASK	0x0018	/* RO 64: what the PF lets this function use */
#define VANE_REG_FEATURES_DRV		0x0020	/* RW 64: features that the driver uses */
#define   VANE_FEAT_TX_CSUM		VANE_DESC_BIT(0)	/* generic transmit checksum */
#define   VANE_FEAT_RX_CSUM		VANE_DESC_BIT(1)	/* TCP/UDP checksum verified */
#define   VANE_FEAT_TSO4		VANE_DESC_BIT(2)	/* TCP segmentation over IPv4 */
#define   VANE_FEAT_TSO6		VANE_DESC_BIT(3)	/* TCP segmentation over IPv6 */
#define   VANE_FEAT_VLAN_INSERT		VANE_DESC_BIT(4)	/* C-tag inserted on transmit */
#define   VANE_FEAT_VLAN_STRIP		VANE_DESC_BIT(5)	/* C-tag removed on receive */
#define   VANE_FEAT_RSS			VANE_DESC_BIT(6)	/* receive-side scaling */
#define   VANE_FEAT_HW_GRO		VANE_DESC_BIT(7)	/* local TSO frames unsegmented */
#define   VANE_FEAT_SHADOW_DB		VANE_DESC_BIT(8)	/* shadow doorbells */
#define   VANE_FEAT_VLAN_FILTER		VANE_DESC_BIT(9)	/* receive VLAN filter */
#define   VANE_FEAT_RSS_CONTEXT		VANE_DESC_BIT(10)	/* RSS tables other than 0 */
#define   VANE_FEAT_RULES		VANE_DESC_BIT(11)	/* receive rules */
#define   VANE_FEAT_LOOPBACK		VANE_DESC_BIT(12)	/* VANE_CTRL_LOOPBACK */
#define   VANE_FEAT_SVLAN_FILTER	VANE_DESC_BIT(13)	/* filter of 802.1ad VLANs */
#define   VANE_FEAT_TX_CHANNEL		VANE_DESC_BIT(14)	/* VANE_TXD_EXT */
#define   VANE_FEAT_RX_CHANNEL		VANE_DESC_BIT(15)	/* VANE_RXC_TAG */
#define   VANE_FEAT_VEB			VANE_DESC_BIT(32)	/* VANE_SWITCH_VEB */
#define   VANE_FEAT_VNTAG		VANE_DESC_BIT(33)	/* VANE_SWITCH_VNTAG */
#define   VANE_FEAT_VEPA		VANE_DESC_BIT(34)	/* VANE_SWITCH_VEPA */
#define   VANE_FEAT_RATE		VANE_DESC_BIT(35)	/* rates and rate groups */
#define   VANE_FEAT_TRUNK		VANE_DESC_BIT(36)	/* lists of allowed VLANs */
#define   VANE_FEAT_PORT		VANE_DESC_BIT(37)	/* VANE_CMD_LINK_*, _PORT_STATS */
#define   VANE_FEAT_VF_STATS		VANE_DESC_BIT(38)	/* VANE_CMD_VF_STATS_READ */
#define   VANE_FEAT_OWN_MAC		VANE_DESC_BIT(39)	/* VANE_PORT_VALID_OWN_MAC */
#define   VANE_FEAT_ETAG		VANE_DESC_BIT(40)	/* VANE_SWITCH_ETAG */
#define   VANE_FEAT_CHANNELS		VANE_DESC_BIT(41)	/* VANE_CMD_CHANNEL_* */
#define   VANE_FEAT_SWITCH		VANE_DESC_MASK(63, 32)	/* PF only */

#define VANE_REG_CTRL			0x0028	/* RW: enable and reset */
#define   VANE_CTRL_ENABLE		VANE_REG_BIT(0)	/* enables this function */
#define   VANE_CTRL_RESET		VANE_REG_BIT(1)	/* resets this function; reads 0 */
#define   VANE_CTRL_LOOPBACK		VANE_REG_BIT(2)	/* frames return to their sender only */
#define VANE_REG_STATE			0x002c	/* RO: enabled, and why not */
#define   VANE_STATE_ENABLED		VANE_REG_BIT(0)	/* the function is enabled */
#define   VANE_STATE_ERROR		VANE_REG_MASK(15, 8)	/* enum vane_error of ENABLE */
#define VANE_REG_GENERATION		0x0030	/* RO: raised by each reset */
#define VANE_REG_EVENT_CAUSE		0x0034	/* RW1C: causes of vector 0 */
#define   VANE_EVENT_STATUS		VANE_REG_BIT(0)	/* the STATUS block changed */
#define   VANE_EVENT_MBOX		VANE_REG_BIT(1)	/* a response is in the window */
#define   VANE_EVENT_QUEUE		VANE_REG_BIT(2)	/* a queue stopped with an error */
#define   VANE_EVENT_RQ			VANE_REG_BIT(3)	/* PF: a slot was filled */
#define   VANE_EVENT_SQ			VANE_REG_BIT(4)	/* PF: a slot with SQ_IRQ is done */
#define   VANE_EVENT_LINK		VANE_REG_BIT(5)	/* PF: PORT_LINK or PORT_SPEED changed */
#define   VANE_EVENT_ALL		VANE_REG_MASK(5, 0)	/* every cause */

#define VANE_REG_LIMIT_QUEUES		0x0040	/* RO: queues of the function */
#define   VANE_LIMIT_QUEUES_TX		VANE_REG_MASK(15, 0)	/* transmit queues */
#define   VANE_LIMIT_QUEUES_RX		VANE_REG_MASK(31, 16)	/* receive queues */
#define VANE_REG_LIMIT_VECTORS		0x0044	/* RO: MSI-X vectors of the function */
#define VANE_REG_LIMIT_RING		0x0048	/* RO: log2 of entries */
#define   VANE_LIMIT_RING_MIN		VANE_REG_MASK(7, 0)	/* fewest */
#define   VANE_LIMIT_RING_MAX		VANE_REG_MASK(15, 8)	/* most */
#define VANE_REG_LIMIT_FRAME		0x004c	/* RO: bytes, no FCS */
#define VANE_REG_LIMIT_TX		0x0050	/* RO: of one frame */
#define   VANE_LIMIT_TX_DESC		VANE_REG_MASK(7, 0)	/* descriptors of one frame */
#define VANE_REG_MAX_FRAME		0x0054	/* RW: bytes; longer frames are dropped both ways */
#define VANE_REG_PERM_MAC		0x0058	/* RO 64: first octet in bits 7:0; 0 = none */
#define VANE_REG_TEST			0x0060	/* RW 64: reads back complemented */

/*
 * STATUS block
 * ------------
 * Written by the device and, for a VF, by the PF's VANE_CMD_STATUS_SET.
 */
#define VANE_REG_STATUS			0x1000	/* RO: VANE_STATUS_* */
#define   VANE_STATUS_PF_READY		VANE_REG_BIT(0)	/* set by the device: the PF is ready */
#define   VANE_STATUS_LINK_UP		VANE_REG_BIT(1)	/* the function has a link */
#define   VANE_STATUS_RESET_PENDING	VANE_REG_BIT(2)	/* reset and negotiate again */
#define   VANE_STATUS_TRUSTED		VANE_REG_BIT(3)	/* the PF trusts the VF */
#define   VANE_STATUS_SETTABLE		VANE_REG_MASK(3, 1)	/* by VANE_CMD_STATUS_SET */
#define VANE_REG_STATUS_SPEED		0x1004	/* RO: Mb/s, 0 = unknown */
#define VANE_REG_STATUS_CONFIG_GEN	0x1008	/* RO: raised when MAC, limits or rights change */
#define VANE_REG_STATUS_MAX_FRAME	0x100c	/* RO: bytes, no FCS: what the PF allows, 0 = all */
#define VANE_REG_STATUS_MAC		0x1010	/* RO 64: the function's MAC, 0 = none yet */

/*
 * Mailbox block
 * -------------
 * One request at a time: write the message into the request window, then its
 * length in bytes to the doorbell. The response window holds the reply to the
 * outstanding request only.
 */
#define VANE_MBOX_SIZE			256	/* bytes of either window */
#define VANE_REG_MBOX_REQ		0x2000	/* RW: request window */
#define VANE_REG_MBOX_RSP		0x2100	/* RO: response window */
#define VANE_REG_MBOX_DB		0x2200	/* WO: length of the request */
#define VANE_REG_MBOX_STATE		0x2204	/* RO: busy, and error of the last doorbell */
#define   VANE_MBOX_STATE_BUSY		VANE_REG_BIT(0)	/* a request is outstanding */
#define   VANE_MBOX_STATE_ERROR		VANE_REG_MASK(15, 8)	/* enum vane_error */

/*
 * Doorbell block
 * --------------
 */
#define VANE_DB_TXQ(q)			(0x3000 + (q) * 16)	/* WO: VANE_DB_TX_TAIL */
#define   VANE_DB_TX_TAIL		VANE_REG_MASK(15, 0)	/* next descriptor to be filled */
#define VANE_DB_RXQ(q)			(0x3008 + (q) * 16)	/* WO: both indices below */
#define   VANE_DB_RX_TAIL		VANE_REG_MASK(15, 0)	/* next buffer to be posted */
#define   VANE_DB_RX_CPL_HEAD		VANE_REG_MASK(31, 16)	/* next completion to be read */
#define VANE_DB_VEC(v)			(0x3800 + (v) * 8)	/* WO: event count seen; arms */

/*
 * Transmit queue registers
 * ------------------------
 * All but CTRL may be written only while the queue is disabled.
 */
#define VANE_TXQ_STRIDE			0x40	/* from one queue to the next */
#define VANE_TXQ(q)			(VANE_BLK_TXQ + (q) * VANE_TXQ_STRIDE)
#define VANE_TXQ_BASE			0x00	/* RW 64: ring address */
#define VANE_TXQ_HEAD_ADDR		0x08	/* RW 64: where the head is written, 8-aligned */
#define VANE_TXQ_SHADOW			0x10	/* RW 64: struct vane_shadow, 8-aligned, 0 = none */
#define VANE_TXQ_SIZE			0x18	/* RW: log2 of entries */
#define VANE_TXQ_VECTOR			0x1c	/* RW: vector that the queue raises */
#define VANE_TXQ_CTRL			0x20	/* RW: VANE_Q_CTRL_ENABLE */
#define VANE_TXQ_STATE			0x24	/* RO: VANE_Q_STATE_* */
#define VANE_TXQ_HEAD			0x28	/* RO: next descriptor to be read */
#define VANE_TXQ_TAIL			0x2c	/* RO: last doorbell or shadow value used */

#define VANE_Q_CTRL_ENABLE		VANE_REG_BIT(0)	/* enables the queue */
#define VANE_Q_STATE_ENABLED		VANE_REG_BIT(0)	/* the queue runs */
#define VANE_Q_STATE_ERROR		VANE_REG_MASK(15, 8)	/* enum vane_error */

/*
 * Receive queue registers
 * -----------------------
 * All but CTRL and OPT may be written only while the queue is disabled.
 */
#define VANE_RXQ_STRIDE			0x40	/* from one queue to the next */
#define VANE_RXQ(q)			(VANE_BLK_RXQ + (q) * VANE_RXQ_STRIDE)
#define VANE_RXQ_BUF_BASE		0x00	/* RW 64: ring of buffers */
#define VANE_RXQ_CPL_BASE		0x08	/* RW 64: ring of completions */
#define VANE_RXQ_SHADOW			0x10	/* RW 64: struct vane_shadow, 8-aligned, 0 = none */
#define VANE_RXQ_BUF_SIZE		0x18	/* RW: log2 of buffers */
#define VANE_RXQ_CPL_SIZE		0x1c	/* RW: log2 of completions, at least BUF_SIZE */
#define VANE_RXQ_BUF_LEN		0x20	/* RW: bytes of every buffer, a multiple of 16 */
#define VANE_RXQ_VECTOR			0x24	/* RW: vector that the queue raises */
#define VANE_RXQ_CTRL			0x28	/* RW: VANE_Q_CTRL_ENABLE and ... */
#define   VANE_RXQ_CTRL_CPL32		VANE_REG_BIT(1)	/* 32-byte completions */
#define VANE_RXQ_STATE			0x2c	/* RO: VANE_Q_STATE_* */
#define VANE_RXQ_OPT			0x30	/* RW at any time */
#define   VANE_RXQ_OPT_VLAN_STRIP	VANE_REG_BIT(0)	/* C-tag removed into the completion */
#define   VANE_RXQ_OPT_GRO		VANE_REG_BIT(1)	/* needs 32-byte completions */
#define   VANE_RXQ_OPT_ALL		VANE_REG_MASK(1, 0)	/* every option */
#define VANE_RXQ_HEAD			0x38	/* RO: buffers used, completions written << 16 */
#define VANE_RXQ_TAIL			0x3c	/* RO: last doorbell or shadow value used */

/*
 * Vector registers
 * ----------------
 */
#define VANE_VEC_STRIDE			0x20	/* from one vector to the next */
#define VANE_VEC(v)			(VANE_BLK_VEC + (v) * VANE_VEC_STRIDE)
#define VANE_VEC_SB_ADDR		0x00	/* RW 64: struct vane_status_block, 16-aligned */
#define VANE_VEC_ITR			0x08	/* RW: least time between interrupts, us */
#define   VANE_VEC_ITR_MAX		8191u	/* us */
#define VANE_VEC_CTRL			0x0c	/* RW: VANE_VEC_CTRL_ENABLE */
#define   VANE_VEC_CTRL_ENABLE		VANE_REG_BIT(0)	/* enables the vector */
#define VANE_VEC_EVENTS			0x10	/* RO: the event count */
#define VANE_VEC_TEST			0x14	/* WO: any value counts an event */

/*
 * RSS block
 * ---------
 */
#define VANE_REG_RSS_CTRL		0x9000	/* RW: VANE_RSS_CTRL_* */
#define   VANE_RSS_CTRL_IPV4		VANE_REG_BIT(0)	/* hash IPv4 addresses */
#define   VANE_RSS_CTRL_TCP4		VANE_REG_BIT(1)	/* hash IPv4 addresses and TCP ports */
#define   VANE_RSS_CTRL_UDP4		VANE_REG_BIT(2)	/* hash IPv4 addresses and UDP ports */
#define   VANE_RSS_CTRL_IPV6		VANE_REG_BIT(3)	/* hash IPv6 addresses */
#define   VANE_RSS_CTRL_TCP6		VANE_REG_BIT(4)	/* hash IPv6 addresses and TCP ports */
#define   VANE_RSS_CTRL_UDP6		VANE_REG_BIT(5)	/* hash IPv6 addresses and UDP ports */
#define   VANE_RSS_CTRL_ALL		VANE_REG_MASK(5, 0)	/* 0: every frame to queue 0 */
#define VANE_REG_RSS_KEY		0x9040	/* RW: VANE_RSS_KEY_SIZE bytes */
#define VANE_REG_RSS_TABLE		0x9100	/* RW: VANE_RSS_TABLE_SIZE bytes, a queue each */
#define VANE_RSS_TABLE(c)		(VANE_REG_RSS_TABLE + (c) * VANE_RSS_TABLE_SIZE)

/*
 * Receive rules
 * -------------
 * The valid rule of the lowest number that matches a frame decides where it
 * goes; with none RSS does. All but CTRL is ignored while the rule is valid.
 */
#define VANE_RULE_STRIDE		0x40	/* from one rule to the next */
#define VANE_RULE(r)			(VANE_BLK_RULE + (r) * VANE_RULE_STRIDE)
#define VANE_RULE_CTRL			0x00	/* RW: validity, action, and what is matched */
#define   VANE_RULE_CTRL_VALID		VANE_REG_BIT(0)	/* the rule is in force */
#define   VANE_RULE_CTRL_ACTION		VANE_REG_MASK(3, 1)	/* VANE_RULE_ACTION_* */
#define     VANE_RULE_ACTION_DROP	0u	/* drop the frame */
#define     VANE_RULE_ACTION_QUEUE	1u	/* to queue TARGET */
#define     VANE_RULE_ACTION_RSS	2u	/* by RSS table TARGET */
#define   VANE_RULE_CTRL_TARGET		VANE_REG_MASK(15, 8)	/* queue or RSS table */
#define   VANE_RULE_CTRL_MATCH		VANE_REG_MASK(31, 16)	/* VANE_RULE_MATCH_*, all of them */
#define     VANE_RULE_MATCH_DST_MAC	0x0001u	/* destination MAC */
#define     VANE_RULE_MATCH_SRC_MAC	0x0002u	/* source MAC */
#define     VANE_RULE_MATCH_VLAN	0x0004u	/* VID, where it is one of 802.1Q */
#define     VANE_RULE_MATCH_ETHERTYPE	0x0008u	/* behind any tag */
#define     VANE_RULE_MATCH_IPV4	0x0010u	/* the frame is IPv4 */
#define     VANE_RULE_MATCH_IPV6	0x0020u	/* the frame is IPv6 */
#define     VANE_RULE_MATCH_SRC_IP	0x0040u	/* with IPV4 or IPV6 */
#define     VANE_RULE_MATCH_DST_IP	0x0080u	/* with IPV4 or IPV6 */
#define     VANE_RULE_MATCH_PROTO	0x0100u	/* with IPV4 or IPV6 */
#define     VANE_RULE_MATCH_SRC_PORT	0x0200u	/* with PROTO, TCP, UDP or SCTP */
#define     VANE_RULE_MATCH_DST_PORT	0x0400u	/* with PROTO, TCP, UDP or SCTP */
#define     VANE_RULE_MATCH_ALL		0x07ffu	/* every condition */
#define VANE_RULE_PORTS			0x04	/* RW: source port, destination port << 16 */
#define VANE_RULE_ETHER			0x08	/* RW: EtherType, VID << 16 */
#define VANE_RULE_PROTO			0x0c	/* RW: IP protocol */
#define VANE_RULE_DST_MAC		0x10	/* RW 64: first octet in bits 7:0 */
#define VANE_RULE_SRC_MAC		0x18	/* RW 64: first octet in bits 7:0 */
#define VANE_RULE_SRC_IP		0x20	/* RW: 16 octets, network order; IPv4: 4 */
#define VANE_RULE_DST_IP		0x30	/* RW: the same */

/*
 * Counters of the function, 64 bits each, RO. Frames and bytes are those on the
 * wire: a TSO frame counts as its segments. A VF's registers count from VF
 * Enable or from its last FLR on, the PF's from a conventional reset on. The
 * PF's commands read what a VF has counted since VF Enable.
 */
enum vane_stat {
	VANE_STAT_TX_FRAMES		= 0,	/* frames sent */
	VANE_STAT_TX_BYTES		= 1,	/* their bytes, no FCS */
	VANE_STAT_TX_MULTICAST		= 2,	/* to a multicast address */
	VANE_STAT_TX_BROADCAST		= 3,	/* to the broadcast address */
	VANE_STAT_TX_DROP_SPOOF		= 4,	/* source MAC or channel not its own */
	VANE_STAT_TX_DROP_VLAN		= 5,	/* tag that the port does not allow */
	VANE_STAT_TX_DROP_OVERSIZE	= 6,	/* longer than MAX_FRAME */
	VANE_STAT_TX_DROP_MALFORMED	= 7,	/* offload asked, headers do not parse */
	VANE_STAT_TX_DROP_LINK		= 8,	/* link down, or no channel with a tag */
	VANE_STAT_RX_FRAMES		= 9,	/* frames received */
	VANE_STAT_RX_BYTES		= 10,	/* their bytes, no FCS */
	VANE_STAT_RX_MULTICAST		= 11,	/* to a multicast address */
	VANE_STAT_RX_BROADCAST		= 12,	/* to the broadcast address */
	VANE_STAT_RX_DROP_NOBUF		= 13,	/* no buffer, or queue disabled */
	VANE_STAT_RX_DROP_STALL		= 14,	/* completion ring full */
	VANE_STAT_RX_DROP_OVERSIZE	= 15,	/* longer than MAX_FRAME */
	VANE_STAT_RX_CSUM_BAD		= 16,	/* received with VANE_RXC_CSUM_BAD */
	VANE_STAT_RX_GRO_FRAMES		= 17,	/* coalesced frames delivered */
	VANE_STAT_QUEUE_ERRORS		= 18,	/* queues stopped by a violation */
	VANE_STAT_MBOX_ERRORS		= 19,	/* doorbells refused */
	VANE_STAT_RX_DROP_RULE		= 20,	/* by a receive rule */
	VANE_STAT_TX_DROP_CONTROL	= 21,	/* control frame that a VF may not send */
	VANE_STAT_COUNT			= 22,	/* number of counters */
};

#define VANE_STAT(n)			(VANE_BLK_STATS + (n) * 8)

/*
 * PF block
 * --------
 * RQ (receive queue): slots that the device fills with the VFs' requests and
 * notices. SQ (send queue): slots that the PF fills with replies and commands.
 */
#define VANE_REG_PF_CTRL		0x10000	/* RW: soft reset and readiness */
#define   VANE_PF_CTRL_RESET		VANE_REG_BIT(0)	/* soft reset of the device; reads 0 */
#define   VANE_PF_CTRL_READY		VANE_REG_BIT(1)	/* the PF serves the mailbox */
#define VANE_REG_PF_NUM_VFS		0x10004	/* RO: VFs enabled */
#define VANE_REG_PORT_LINK		0x10008	/* RO: VANE_PORT_LINK_UP */
#define   VANE_PORT_LINK_UP		VANE_REG_BIT(0)	/* the port has a link */
#define VANE_REG_PORT_SPEED		0x1000c	/* RO: Mb/s */
#define VANE_REG_LIMIT_FILTERS		0x10010	/* RO: VANE_MAX_FILTERS */
#define VANE_REG_LIMIT_LISTS		0x10014	/* RO: VANE_MAX_LISTS */
#define VANE_REG_LIMIT_RATE_GROUPS	0x10018	/* RO: VANE_MAX_RATE_GROUPS */
#define VANE_REG_PORT_LED		0x1001c	/* RW: VANE_PORT_LED_ON */
#define   VANE_PORT_LED_ON		VANE_REG_BIT(0)	/* LED on; otherwise it shows the link */
#define VANE_REG_RQ_BASE		0x10100	/* RW 64 while disabled: slots, 64-aligned */
#define VANE_REG_RQ_SIZE		0x10108	/* RW while disabled: log2 of slots */
#define VANE_REG_RQ_CTRL		0x1010c	/* RW: VANE_Q_CTRL_ENABLE */
#define VANE_REG_RQ_STATE		0x10110	/* RO: VANE_Q_STATE_* */
#define VANE_REG_RQ_HEAD		0x10114	/* RO: slots written, free-running 16 bits */
#define VANE_REG_RQ_DB			0x10118	/* WO: slots read, free-running 16 bits */
#define VANE_REG_SQ_BASE		0x10140	/* RW 64 while disabled: slots, 64-aligned */
#define VANE_REG_SQ_SIZE		0x10148	/* RW while disabled: log2 of slots */
#define VANE_REG_SQ_CTRL		0x1014c	/* RW: VANE_Q_CTRL_ENABLE */
#define VANE_REG_SQ_STATE		0x10150	/* RO: VANE_Q_STATE_* */
#define VANE_REG_SQ_HEAD		0x10154	/* RO: slots done, free-running 16 bits */
#define VANE_REG_SQ_DB			0x10158	/* WO: slots filled, free-running 16 bits */
#define VANE_RQ_LOG2_MIN		9	/* a request and a notice of every VF */

/* Why the device refused an enable or stopped a queue */
enum vane_error {
	VANE_ERROR_NONE			= 0,	/* no error */
	VANE_ERROR_FEATURES		= 1,	/* FEATURES_DRV has a bit not offered */
	VANE_ERROR_DISABLED		= 2,	/* the function is not enabled */
	VANE_ERROR_SIZE			= 3,	/* ring or buffer size out of range */
	VANE_ERROR_ALIGN		= 4,	/* address 0, not aligned or over 52 bits */
	VANE_ERROR_VECTOR		= 5,	/* no such vector */
	VANE_ERROR_RESERVED		= 6,	/* reserved bit set */
	VANE_ERROR_LENGTH		= 7,	/* frame or headers too long */
	VANE_ERROR_CHAIN		= 8,	/* frame without end, or too many descriptors */
	VANE_ERROR_INDEX		= 9,	/* doorbell runs past the ring */
	VANE_ERROR_DMA			= 10,	/* bus error */
	VANE_ERROR_FEATURE_UNUSED	= 11,	/* needs a feature that is not in FEATURES_DRV */
	VANE_ERROR_BUSY			= 12,	/* a request is outstanding */
	VANE_ERROR_MSG			= 13,	/* message length impossible */
};

/*
 * Structures in host memory
 * -------------------------
 */

/**
 * struct vane_tx_desc - one fragment of a frame to send, or an extension before
 * @addr: VANE_TXD_ADDR and flags; flags but EOP count in the first descriptor.
 *	Extension: VANE_TXD_EXT and nothing else
 * @ctrl: length and, in the first descriptor, what the offloads need. Extension:
 *	VANE_TXD_CHANNEL
 */
struct vane_tx_desc {
	__le64 addr;
	__le64 ctrl;
};

_Static_assert(sizeof(struct vane_tx_desc) == 16, "tx descriptor");

/* Fields of vane_tx_desc.addr */
#define VANE_TXD_ADDR			VANE_DESC_MASK(51, 0)	/* of the fragment */
#define VANE_TXD_EXT			VANE_DESC_BIT(59)	/* extension of a frame */
#define VANE_TXD_VLAN			VANE_DESC_BIT(60)	/* insert a C-tag with TCI */
#define VANE_TXD_CSUM			VANE_DESC_BIT(61)	/* fill in a checksum */
#define VANE_TXD_TSO			VANE_DESC_BIT(62)	/* segment TCP */
#define VANE_TXD_EOP			VANE_DESC_BIT(63)	/* last descriptor of the frame */
#define VANE_TXD_FLAGS_RSVD		VANE_DESC_MASK(58, 52)	/* must be 0 */

/* Fields of vane_tx_desc.ctrl */
#define VANE_TXD_LEN			VANE_DESC_MASK(15, 0)	/* 0 = 65536 */
#define VANE_TXD_CHANNEL		VANE_DESC_MASK(23, 0)	/* with EXT: sent under it */
#define VANE_TXD_TCI			VANE_DESC_MASK(31, 16)	/* with VLAN */
#define VANE_TXD_MSS			VANE_DESC_MASK(47, 32)	/* with TSO */
#define VANE_TXD_CSUM_START		VANE_DESC_MASK(41, 32)	/* with CSUM: byte of the frame */
#define VANE_TXD_CSUM_OFFSET		VANE_DESC_MASK(47, 42)	/* with CSUM: from start, / 2 */
#define VANE_TXD_HDR_LEN		VANE_DESC_MASK(56, 48)	/* with TSO: Ethernet to TCP */
#define VANE_TXD_CTRL_RSVD		VANE_DESC_MASK(63, 57)	/* must be 0 */

/**
 * struct vane_rx_buf - one empty buffer
 * @desc: address and the driver's own id of it
 */
struct vane_rx_buf {
	__le64 desc;
};

_Static_assert(sizeof(struct vane_rx_buf) == 8, "rx buffer");

/* Fields of vane_rx_buf.desc */
#define VANE_RXB_ADDR			VANE_DESC_MASK(47, 0)	/* address >> 4 */
#define   VANE_RXB_ADDR_SHIFT		4
#define VANE_RXB_ID			VANE_DESC_MASK(63, 48)	/* returned in the completion */

/**
 * struct vane_rx_cpl - short completion
 * @data: hash, length, VLAN
 * @info: buffer, type, flags; in a ring of 16-byte entries also the phase
 */
struct vane_rx_cpl {
	__le64 data;
	__le64 info;
};

/**
 * struct vane_rx_cpl32 - long completion
 * @base: as in a ring of 16-byte entries, but with a phase bit of 0
 * @timestamp: reserved
 * @gso: how a coalesced frame divides, and the phase
 */
struct vane_rx_cpl32 {
	struct vane_rx_cpl base;
	__le64 timestamp;
	__le64 gso;
};

_Static_assert(sizeof(struct vane_rx_cpl) == 16, "rx completion");
_Static_assert(sizeof(struct vane_rx_cpl32) == 32, "long rx completion");

/* Fields of vane_rx_cpl.data */
#define VANE_RXC_HASH			VANE_DESC_MASK(31, 0)	/* valid with a hash type */
#define VANE_RXC_LEN			VANE_DESC_MASK(47, 32)	/* in this buffer; 0 = 65536 */
#define VANE_RXC_TCI			VANE_DESC_MASK(63, 48)	/* with VLAN */

/* Fields of vane_rx_cpl.info */
#define VANE_RXC_BUF_ID			VANE_DESC_MASK(15, 0)	/* VANE_RXB_ID of the buffer */
#define VANE_RXC_TAG			VANE_DESC_MASK(39, 16)	/* granted channel, 0 = its own */
#define VANE_RXC_TYPE			VANE_DESC_MASK(43, 40)	/* VANE_RXC_TYPE_* */
#define   VANE_RXC_TYPE_RX		1ull	/* first buffer of a frame */
#define   VANE_RXC_TYPE_RX_MORE		2ull	/* a further buffer of it */
#define VANE_RXC_HASH_TYPE		VANE_DESC_MASK(47, 44)	/* VANE_RXC_HASH_* */
#define   VANE_RXC_HASH_NONE		0ull	/* no hash */
#define   VANE_RXC_HASH_L3		1ull	/* over addresses */
#define   VANE_RXC_HASH_L4		2ull	/* over addresses and ports */
#define VANE_RXC_EOP			VANE_DESC_BIT(48)	/* last buffer of the frame */
#define VANE_RXC_CSUM_OK		VANE_DESC_BIT(49)	/* L4 checksum (and IPv4's) right */
#define VANE_RXC_CSUM_BAD		VANE_DESC_BIT(50)	/* one of them is wrong */
#define VANE_RXC_VLAN			VANE_DESC_BIT(51)	/* C-tag stripped into TCI */
#define VANE_RXC_GRO			VANE_DESC_BIT(52)	/* coalesced: see vane_rx_cpl32 */
#define VANE_RXC_PHASE			VANE_DESC_BIT(63)	/* of the last qword of the entry */

/* Fields of vane_rx_cpl32.gso */
#define VANE_RXC_GSO_SIZE		VANE_DESC_MASK(15, 0)	/* payload of a segment */
#define VANE_RXC_GSO_SEGS		VANE_DESC_MASK(31, 16)	/* segments */
#define VANE_RXC_GSO_HDR_LEN		VANE_DESC_MASK(40, 32)	/* Ethernet to TCP, as delivered */
#define VANE_RXC_GSO_IPV6		VANE_DESC_BIT(48)	/* TCP over IPv6, else IPv4 */
#define VANE_RXC_GSO_ECN		VANE_DESC_BIT(49)	/* CWR was set in the header */

/**
 * struct vane_head - where the device writes a transmit queue's head
 * @head: next descriptor that the device has yet to read, free-running 16 bits
 */
struct vane_head {
	__le64 head;
};

_Static_assert(sizeof(struct vane_head) == 8, "head");

/**
 * struct vane_shadow - shadow doorbell of one queue
 * @tail: written by the driver: what it would write to the doorbell
 * @event: written by the device: ring the doorbell when the low 16 bits of
 *	@tail move past this value, as struct vring's used_event does
 */
struct vane_shadow {
	__le32 tail;
	__le32 event;
};

_Static_assert(sizeof(struct vane_shadow) == 8, "shadow doorbell");

/**
 * struct vane_status_block - events and causes of one vector
 * @events: bits 31:0 count every completion, head update and cause
 * @causes: vector 0: EVENT_CAUSE when last raised in bits 31:0, how often it
 *	was raised in bits 63:32
 */
struct vane_status_block {
	__le64 events;
	__le64 causes;
};

_Static_assert(sizeof(struct vane_status_block) == 16, "status block");

#define VANE_SB_EVENTS			VANE_DESC_MASK(31, 0)	/* of vane_status_block.events */
#define VANE_SB_CAUSES			VANE_DESC_MASK(31, 0)	/* of vane_status_block.causes */
#define VANE_SB_CAUSE_COUNT		VANE_DESC_MASK(63, 32)	/* of vane_status_block.causes */

/*
 * Messages
 * --------
 * The same form for a VF's requests to the PF and for the PF's commands to
 * the device: a header, then a body whose length the opcode gives.
 */

/**
 * struct vane_msg_hdr - start of every message
 * @op: enum vane_mbox_op or enum vane_cmd_op; copied into the reply
 * @len: bytes of the body
 * @seq: chosen by the sender; copied into the reply
 * @status: enum vane_status; 0 in a request
 */
struct vane_msg_hdr {
	__le16 op;
	__le16 len;
	__le16 seq;
	__le16 status;
};

_Static_assert(sizeof(struct vane_msg_hdr) == 8, "message header");

#define VANE_MSG_BODY_MAX		(VANE_MBOX_SIZE - 8)	/* bytes of the longest body */

/**
 * struct vane_msg - a whole message
 * @hdr: header
 * @body: the opcode's structure
 */
struct vane_msg {
	struct vane_msg_hdr hdr;
	__u8 body[VANE_MSG_BODY_MAX];
};

_Static_assert(sizeof(struct vane_msg) == VANE_MBOX_SIZE, "message");

/* Result of a message */
enum vane_status {
	VANE_OK				= 0,	/* done */
	VANE_ERR_INVALID		= 1,	/* a field's value is impossible */
	VANE_ERR_UNSUPPORTED		= 2,	/* opcode or option unknown */
	VANE_ERR_DENIED			= 3,	/* needs trust */
	VANE_ERR_NO_SPACE		= 4,	/* table or quota full */
	VANE_ERR_EXISTS			= 5,	/* another port has it */
	VANE_ERR_NOT_FOUND		= 6,	/* no such VF, list or entry */
	VANE_ERR_BUSY			= 7,	/* try again later */
	VANE_ERR_STATE			= 8,	/* not now: negotiate first */
	VANE_ERR_LENGTH			= 9,	/* body length is not the opcode's */
	VANE_ERR_STALE			= 10,	/* generation is over */
	VANE_ERR_RANGE			= 11,	/* over a limit */
	VANE_ERR_INTERNAL		= 12,	/* the receiver failed */
};

/**
 * struct vane_rq_slot - a request or notice from the device to the PF
 * @vf: which VF
 * @type: VANE_RQ_REQUEST or VANE_RQ_NOTICE
 * @reserved0: 0
 * @generation: of that VF when the slot was filled
 * @notice: VANE_NOTICE_* of a notice
 * @error: enum vane_error of VANE_NOTICE_QUEUE_ERROR
 * @queue: queue of VANE_NOTICE_QUEUE_ERROR, bit 15 set for a transmit queue
 * @reserved1: 0
 * @valid: VANE_SLOT_PHASE, written last
 * @msg: the request as the VF wrote it; not even its header can be trusted
 */
struct vane_rq_slot {
	__le16 vf;
	__u8 type;
	__u8 reserved0;
	__le32 generation;
	__le32 notice;
	__le16 error;
	__le16 queue;
	__u8 reserved1[40];
	__le64 valid;
	struct vane_msg msg;
};

_Static_assert(sizeof(struct vane_rq_slot) == 320, "receive slot");
_Static_assert(__builtin_offsetof(struct vane_rq_slot, valid) == 56, "receive slot phase");
_Static_assert(__builtin_offsetof(struct vane_rq_slot, msg) == 64, "receive slot message");

/* Values of vane_rq_slot.type */
#define VANE_RQ_REQUEST			1	/* a VF's request */
#define VANE_RQ_NOTICE			2	/* what happened to a VF */

/* Bits of vane_rq_slot.notice */
#define VANE_NOTICE_RESET		VANE_REG_BIT(0)	/* FLR or the VF's own reset */
#define VANE_NOTICE_BUS_MASTER		VANE_REG_BIT(1)	/* the VF lost bus master */
#define VANE_NOTICE_QUEUE_ERROR		VANE_REG_BIT(2)	/* malicious-driver event */

/* Bit of vane_rq_slot.queue */
#define VANE_RQ_QUEUE_TX		0x8000u	/* a transmit queue */

/* Fields of vane_rq_slot.valid and vane_sq_slot.done */
#define VANE_SLOT_PHASE			VANE_DESC_BIT(63)	/* 1 in the first pass */
#define VANE_SLOT_STATUS		VANE_DESC_MASK(15, 0)	/* SQ: enum vane_status */
#define VANE_SLOT_LEN			VANE_DESC_MASK(31, 16)	/* of RQ's msg, SQ's answer */

/**
 * struct vane_sq_slot - a reply or command from the PF to the device
 * @vf: VF that a reply goes to; 0 for a command
 * @type: VANE_SQ_REPLY or VANE_SQ_COMMAND
 * @flags: VANE_SQ_IRQ
 * @generation: of the request that a reply answers; 0 for a command
 * @reserved: 0
 * @done: VANE_SLOT_PHASE, STATUS and LEN, written last by the device
 * @msg: reply, or command; the device puts a command's answer in its place
 */
struct vane_sq_slot {
	__le16 vf;
	__u8 type;
	__u8 flags;
	__le32 generation;
	__u8 reserved[48];
	__le64 done;
	struct vane_msg msg;
};

_Static_assert(sizeof(struct vane_sq_slot) == 320, "send slot");
_Static_assert(__builtin_offsetof(struct vane_sq_slot, done) == 56, "send slot phase");
_Static_assert(__builtin_offsetof(struct vane_sq_slot, msg) == 64, "send slot message");

/* Values of vane_sq_slot.type */
#define VANE_SQ_REPLY			1	/* reply to a VF's request */
#define VANE_SQ_COMMAND			2	/* command to the device */

/* Bit of vane_sq_slot.flags */
#define VANE_SQ_IRQ			0x1	/* raise VANE_EVENT_SQ when done */

/*
 * A VF's requests to the PF
 * -------------------------
 */
enum vane_mbox_op {
	VANE_MBOX_NEGOTIATE		= 1,	/* first after every reset and every PF_READY */
	VANE_MBOX_MAC_SET		= 2,	/* struct vane_mbox_mac */
	VANE_MBOX_FILTER_ADD		= 3,	/* struct vane_mbox_addrs */
	VANE_MBOX_FILTER_DEL		= 4,	/* struct vane_mbox_addrs */
	VANE_MBOX_VLAN_ADD		= 5,	/* struct vane_mbox_vlan */
	VANE_MBOX_VLAN_DEL		= 6,	/* struct vane_mbox_vlan */
	VANE_MBOX_RX_MODE		= 7,	/* struct vane_mbox_rx_mode */
	VANE_MBOX_CHANNELS_GET		= 8,	/* struct vane_mbox_channels_req */
};

/**
 * struct vane_mbox_negotiate_req - body of VANE_MBOX_NEGOTIATE
 * @abi_major: the VF driver's VANE_ABI_MAJOR_VERSION
 * @abi_minor: the VF driver's VANE_ABI_MINOR_VERSION
 * @caps: VANE_MBOX_CAP_* that the VF driver knows
 */
struct vane_mbox_negotiate_req {
	__le16 abi_major;
	__le16 abi_minor;
	__le32 caps;
};

/**
 * struct vane_mbox_negotiate_rsp - reply to VANE_MBOX_NEGOTIATE
 * @abi_major: version that both use
 * @abi_minor: version that both use
 * @caps: VANE_MBOX_CAP_* that both know
 * @mac: the VF's MAC
 * @queues: queue pairs that the VF may use
 * @vectors: MSI-X vectors that the VF may use
 * @max_filters: MAC filters that the VF may add
 * @max_vlans: VLAN filters of each protocol that the VF may add
 * @max_frame: bytes, no FCS
 * @reserved: 0
 */
struct vane_mbox_negotiate_rsp {
	__le16 abi_major;
	__le16 abi_minor;
	__le32 caps;
	__u8 mac[6];
	__le16 queues;
	__le16 vectors;
	__le16 max_filters;
	__le16 max_vlans;
	__le16 max_frame;
	__le64 reserved;
};

_Static_assert(sizeof(struct vane_mbox_negotiate_req) == 8, "negotiate");
_Static_assert(sizeof(struct vane_mbox_negotiate_rsp) == 32, "negotiate reply");

/* Bits of vane_mbox_negotiate_req.caps and vane_mbox_negotiate_rsp.caps */
#define VANE_MBOX_CAP_FILTERS		VANE_REG_BIT(0)	/* FILTER_ADD, FILTER_DEL, RX_MODE */
#define VANE_MBOX_CAP_VLAN		VANE_REG_BIT(1)	/* VLAN_ADD, VLAN_DEL */
#define VANE_MBOX_CAP_SVLAN		VANE_REG_BIT(2)	/* the same with proto 0x88a8 */
#define VANE_MBOX_CAP_CHANNELS		VANE_REG_BIT(3)	/* CHANNELS_GET */

/**
 * struct vane_mbox_mac - body of VANE_MBOX_MAC_SET; the reply has none
 * @mac: unicast address
 * @reserved: 0
 */
struct vane_mbox_mac {
	__u8 mac[6];
	__le16 reserved;
};

_Static_assert(sizeof(struct vane_mbox_mac) == 8, "mac");

#define VANE_MBOX_MAX_ADDRS		32	/* of one message */

/**
 * struct vane_mbox_addrs - body of VANE_MBOX_FILTER_*; the reply has none
 * @count: addresses that follow, 1 to VANE_MBOX_MAX_ADDRS
 * @reserved: 0
 * @addr: unicast or multicast; all are added, or none. An address that is
 *	there already (ADD) or not there (DEL) is no error.
 */
struct vane_mbox_addrs {
	__le16 count;
	__le16 reserved;
	__u8 addr[VANE_MBOX_MAX_ADDRS][6];
};

_Static_assert(sizeof(struct vane_mbox_addrs) == 196, "addresses");

/**
 * struct vane_mbox_vlan - body of VANE_MBOX_VLAN_*; the reply has none
 * @vid: 0 to 4095
 * @proto: EtherType of its tag: 0x8100, or with VANE_MBOX_CAP_SVLAN 0x88a8;
 *	0 means 0x8100
 * @reserved: 0
 */
struct vane_mbox_vlan {
	__le16 vid;
	__le16 proto;
	__le16 reserved[2];
};

_Static_assert(sizeof(struct vane_mbox_vlan) == 8, "vlan");

/**
 * struct vane_mbox_rx_mode - body of VANE_MBOX_RX_MODE; the reply has none
 * @mode: VANE_RX_MODE_*
 * @reserved: 0
 */
struct vane_mbox_rx_mode {
	__le32 mode;
	__le32 reserved;
};

_Static_assert(sizeof(struct vane_mbox_rx_mode) == 8, "rx mode");

/* Bits of vane_mbox_rx_mode.mode and vane_cmd_rx_mode.mode */
#define VANE_RX_MODE_PROMISC		VANE_REG_BIT(0)	/* every frame of its VLANs */
#define VANE_RX_MODE_ALLMULTI		VANE_REG_BIT(1)	/* every multicast frame */
#define VANE_RX_MODE_VLAN_FILTER	VANE_REG_BIT(2)	/* of 802.1Q VLANs only those added */
#define VANE_RX_MODE_SVLAN_FILTER	VANE_REG_BIT(3)	/* of 802.1ad VLANs only those added */
#define VANE_RX_MODE_ALL		VANE_REG_MASK(3, 0)	/* every mode */

#define VANE_MBOX_MAX_CHANNELS		32	/* of one message */

/**
 * struct vane_mbox_channels_req - body of VANE_MBOX_CHANNELS_GET
 * @first: lowest channel to be listed
 * @reserved: 0
 */
struct vane_mbox_channels_req {
	__le32 first;
	__le32 reserved;
};

/**
 * struct vane_mbox_channels_rsp - reply to VANE_MBOX_CHANNELS_GET
 * @ethertype: of the switch mode's channel tag, 0 if the mode has none
 * @count: channels that follow, at most VANE_MBOX_MAX_CHANNELS; fewer if no
 *	further ones have an effect
 * @channel: channels granted to the VF, in ascending order, while the grants have an
 *	effect
 */
struct vane_mbox_channels_rsp {
	__le16 ethertype;
	__le16 count;
	__le32 channel[VANE_MBOX_MAX_CHANNELS];
};

_Static_assert(sizeof(struct vane_mbox_channels_req) == 8, "channels");
_Static_assert(sizeof(struct vane_mbox_channels_rsp) == 132, "channels reply");

/*
 * The PF's commands to the device
 * -------------------------------
 */
enum vane_cmd_op {
	VANE_CMD_PORT_SET		= 1,	/* struct vane_cmd_port; no answer body */
	VANE_CMD_PORT_GET		= 2,	/* struct vane_cmd_port both ways */
	VANE_CMD_STATUS_SET		= 3,	/* struct vane_cmd_status */
	VANE_CMD_FILTER_ADD		= 4,	/* struct vane_cmd_filter */
	VANE_CMD_FILTER_DEL		= 5,	/* struct vane_cmd_filter */
	VANE_CMD_FILTER_CLEAR		= 6,	/* struct vane_cmd_target: MACs, VLANs, mode */
	VANE_CMD_VLAN_ADD		= 7,	/* struct vane_cmd_vlan */
	VANE_CMD_VLAN_DEL		= 8,	/* struct vane_cmd_vlan */
	VANE_CMD_RX_MODE		= 9,	/* struct vane_cmd_rx_mode */
	VANE_CMD_SWITCH_SET		= 10,	/* struct vane_cmd_switch */
	VANE_CMD_SWITCH_GET		= 11,	/* answer: struct vane_cmd_switch */
	VANE_CMD_LIST_SET		= 12,	/* struct vane_cmd_list; no member: delete */
	VANE_CMD_LIST_GET		= 13,	/* struct vane_cmd_list both ways */
	VANE_CMD_VF_RESET		= 14,	/* struct vane_cmd_target */
	VANE_CMD_STATS_GET		= 15,	/* struct vane_cmd_target; counters */
	VANE_CMD_TRUNK_SET		= 16,	/* struct vane_cmd_trunk */
	VANE_CMD_TRUNK_GET		= 17,	/* struct vane_cmd_trunk both ways */
	VANE_CMD_RATE_GROUP_SET		= 18,	/* struct vane_cmd_rate_group */
	VANE_CMD_LINK_SET		= 19,	/* struct vane_cmd_link */
	VANE_CMD_LINK_GET		= 20,	/* answer: struct vane_cmd_link_state */
	VANE_CMD_PORT_STATS_GET		= 21,	/* answer: enum vane_port_stat, 64 bits each */
	VANE_CMD_VF_STATS_READ		= 22,	/* struct vane_cmd_vf_stats; counters by DMA */
	VANE_CMD_RATE_GROUP_GET		= 23,	/* struct vane_cmd_rate_group both ways */
	VANE_CMD_TAG_STATS_GET		= 24,	/* answer: enum vane_tag_stat, 64 bits each */
	VANE_CMD_CHANNEL_SET		= 25,	/* struct vane_cmd_channel */
	VANE_CMD_CHANNEL_GET		= 26,	/* struct vane_cmd_channel both ways */
};

/* Ports of the switch: a VF's is its index */
#define VANE_PORT_PF			0xffffu	/* the PF */

/**
 * struct vane_cmd_target - body of a command that names a port only
 * @port: VF index or VANE_PORT_PF
 * @reserved: 0
 */
struct vane_cmd_target {
	__le16 port;
	__le16 reserved[3];
};

_Static_assert(sizeof(struct vane_cmd_target) == 8, "target");

/**
 * struct vane_cmd_port - a port's administered configuration
 * @port: VF index or VANE_PORT_PF
 * @channel_high: bits 31:16 of the channel
 * @valid: VANE_PORT_VALID_*: which of the rest PORT_SET changes; all of them
 *	change, or none
 * @mac: station address from each reset of the function on: always received, and
 *	allowed as source address
 * @vlan_tci: port VLAN: VID and priority; 0 with @vlan_proto 0 for none
 * @vlan_proto: 0, or EtherType 0x8100 or 0x88a8 of the port VLAN
 * @channel: bits 15:0 of the channel: a VIF of VN-Tag, an E-CID of E-Tag, 0 for
 *	none; one port only may have it, and no VF be granted it
 * @flags: VANE_PORT_FLAG_*
 * @features: FEATURES_PF_MASK of the function
 * @queues: queue pairs, from the function's next reset on
 * @vectors: MSI-X vectors, from the function's next reset on
 * @cookie: kept for the PF driver, unused by the device
 * @tx_max: maximum rate, Mb/s, 0 = no limit
 * @tx_share: guaranteed rate, Mb/s, 0 = no guarantee
 * @rate_group: group whose rates apply too, 0 = none
 * @own_mac: station address in place of @mac until the function is reset, 0 = none
 * @prio_map: E-Tag mode: bits 4n+3:4n are E-PCP and E-DEI of a frame whose PCP and
 *	DEI, as bits 3:1 and 0, are n
 */
struct vane_cmd_port {
	__le16 port;
	__le16 channel_high;
	__le32 valid;
	__u8 mac[6];
	__le16 vlan_tci;
	__le16 vlan_proto;
	__le16 channel;
	__le32 flags;
	__le64 features;
	__le16 queues;
	__le16 vectors;
	__le32 cookie;
	__le32 tx_max;
	__le32 tx_share;
	__le16 rate_group;
	__u8 own_mac[6];
	__le64 prio_map;
};

_Static_assert(sizeof(struct vane_cmd_port) == 64, "port");
_Static_assert(__builtin_offsetof(struct vane_cmd_port, features) == 24, "port features");

/* Bits of vane_cmd_port.valid */
#define VANE_PORT_VALID_MAC		VANE_REG_BIT(0)	/* mac */
#define VANE_PORT_VALID_VLAN		VANE_REG_BIT(1)	/* vlan_tci, vlan_proto */
#define VANE_PORT_VALID_CHANNEL		VANE_REG_BIT(2)	/* channel, channel_high */
#define VANE_PORT_VALID_FLAGS		VANE_REG_BIT(3)	/* flags */
#define VANE_PORT_VALID_FEATURES	VANE_REG_BIT(4)	/* features */
#define VANE_PORT_VALID_RESOURCES	VANE_REG_BIT(5)	/* queues, vectors */
#define VANE_PORT_VALID_COOKIE		VANE_REG_BIT(6)	/* cookie */
#define VANE_PORT_VALID_RATE		VANE_REG_BIT(7)	/* tx_max, tx_share, rate_group */
#define VANE_PORT_VALID_OWN_MAC		VANE_REG_BIT(8)	/* own_mac */
#define VANE_PORT_VALID_PRIO_MAP	VANE_REG_BIT(9)	/* prio_map */
#define VANE_PORT_VALID_ALL		VANE_REG_MASK(9, 0)	/* everything */

/* vane_cmd_port.prio_map at first: every priority is kept */
#define VANE_PRIO_MAP_DEFAULT		0xfedcba9876543210ull

/* Bits of vane_cmd_port.flags */
#define VANE_PORT_FLAG_LINK		VANE_REG_BIT(0)	/* frames pass */
#define VANE_PORT_FLAG_SPOOFCHK		VANE_REG_BIT(1)	/* source MAC must be the port's */
/* PROMISC and ALLMULTI of a VF and its grants take effect; it may send to bridges */
#define VANE_PORT_FLAG_TRUST		VANE_REG_BIT(2)
#define VANE_PORT_FLAG_TRUNK		VANE_REG_BIT(3)	/* VLANs of the trunk list only */
#define VANE_PORT_FLAG_ALL		VANE_REG_MASK(3, 0)	/* every flag */

/**
 * struct vane_cmd_status - body of VANE_CMD_STATUS_SET
 * @port: VF index
 * @reserved0: 0
 * @causes: 0 or VANE_EVENT_STATUS, raised when the block is written
 * @status: VANE_STATUS_SETTABLE bits
 * @speed: Mb/s
 * @config_gen: configuration generation
 * @max_frame: bytes, no FCS: bounds MAX_FRAME; 0 = no bound
 * @mac: first octet first
 * @reserved1: 0
 */
struct vane_cmd_status {
	__le16 port;
	__le16 reserved0;
	__le32 causes;
	__le32 status;
	__le32 speed;
	__le32 config_gen;
	__le32 max_frame;
	__u8 mac[6];
	__le16 reserved1;
};

_Static_assert(sizeof(struct vane_cmd_status) == 32, "status");

/**
 * struct vane_cmd_filter - body of VANE_CMD_FILTER_*; as struct vane_mbox_addrs
 * @port: VF index or VANE_PORT_PF
 * @reserved0: 0
 * @addrs: addresses
 */
struct vane_cmd_filter {
	__le16 port;
	__le16 reserved0;
	struct vane_mbox_addrs addrs;
};

_Static_assert(sizeof(struct vane_cmd_filter) == 200, "filter");

/**
 * struct vane_cmd_vlan - body of VANE_CMD_VLAN_*: receive VLAN filter
 * @port: VF index or VANE_PORT_PF
 * @vid: 0 to 4095
 * @proto: EtherType of its tag: 0x8100, or 0x88a8; 0 means 0x8100
 * @reserved: 0
 */
struct vane_cmd_vlan {
	__le16 port;
	__le16 vid;
	__le16 proto;
	__le16 reserved;
};

_Static_assert(sizeof(struct vane_cmd_vlan) == 8, "vlan command");

/**
 * struct vane_cmd_rx_mode - body of VANE_CMD_RX_MODE
 * @port: VF index or VANE_PORT_PF
 * @reserved: 0
 * @mode: VANE_RX_MODE_*
 */
struct vane_cmd_rx_mode {
	__le16 port;
	__le16 reserved;
	__le32 mode;
};

_Static_assert(sizeof(struct vane_cmd_rx_mode) == 8, "rx mode command");

/* Forwarding modes of the switch */
enum vane_switch_mode {
	VANE_SWITCH_VEB			= 0,	/* by VLAN and MAC, locally too */
	VANE_SWITCH_VEPA		= 1,	/* all to the uplink, untagged by the NIC */
	VANE_SWITCH_VNTAG		= 2,	/* all to the uplink, by VN-Tag */
	VANE_SWITCH_ETAG		= 3,	/* all to the uplink, by E-Tag */
};

/**
 * struct vane_cmd_switch - body of VANE_CMD_SWITCH_SET, answer of _GET
 * @mode: enum vane_switch_mode
 * @filters: GET: filter entries in use; 0 in SET
 */
struct vane_cmd_switch {
	__le32 mode;
	__le32 filters;
};

_Static_assert(sizeof(struct vane_cmd_switch) == 8, "switch");

/**
 * struct vane_cmd_list - body of VANE_CMD_LIST_*: a list of channels
 * @list: bits 15:0 of its id: 1 to VANE_MAX_VIF for a list of VN-Tag; for one of
 *	E-Tag VANE_LIST_GROUP, which is not 0, and VANE_LIST_ECID. In GET the
 *	answer is the first list whose id is not less, or VANE_ERR_NOT_FOUND.
 * @pf: 1 where the PF is a member
 * @list_high: bits 23:16 of its id
 * @reserved: 0
 * @vfs: bitmap of the member VFs, bit 0 of byte 0 for VF 0
 */
struct vane_cmd_list {
	__le16 list;
	__u8 pf;
	__u8 list_high;
	__u8 reserved[4];
	__u8 vfs[VANE_MAX_VFS / 8];
};

/* Id of a list of E-Tag */
#define VANE_LIST_GROUP			VANE_REG_MASK(21, 20)	/* GRP of the E-Tag */
#define VANE_LIST_ECID			VANE_REG_MASK(19, 0)	/* its E-CID, extension first */

_Static_assert(sizeof(struct vane_cmd_list) == 40, "list");

/**
 * struct vane_cmd_channel - body of VANE_CMD_CHANNEL_*: a channel of a VF beside
 *	that of its port
 * @port: SET: VF index. GET: 0; in the answer that of the VF that has it
 * @flags: SET: VANE_CHANNEL_GRANT, or 0 to revoke. GET: 0; in the answer
 *	VANE_CHANNEL_GRANT
 * @channel: 1 to VANE_MAX_ECID. In GET the answer is the first granted channel
 *	that is not less, or VANE_ERR_NOT_FOUND.
 */
struct vane_cmd_channel {
	__le16 port;
	__le16 flags;
	__le32 channel;
};

_Static_assert(sizeof(struct vane_cmd_channel) == 8, "channel");

/* Bit of vane_cmd_channel.flags */
#define VANE_CHANNEL_GRANT		VANE_REG_BIT(0)	/* the VF has the channel */

#define VANE_TRUNK_VIDS			1024	/* VLANs of one command */

/**
 * struct vane_cmd_trunk - body of VANE_CMD_TRUNK_*: a part of a trunk list
 * @port: VF index
 * @first: first VID of the part, a multiple of VANE_TRUNK_VIDS below 4096
 * @reserved: 0
 * @vids: bitmap of the VLANs allowed, bit 0 of byte 0 for @first. VID 0 stands
 *	for untagged and priority-tagged frames. GET: 0 in the command.
 */
struct vane_cmd_trunk {
	__le16 port;
	__le16 first;
	__le32 reserved;
	__u8 vids[VANE_TRUNK_VIDS / 8];
};

_Static_assert(sizeof(struct vane_cmd_trunk) == 136, "trunk");

/**
 * struct vane_cmd_vf_stats - body of VANE_CMD_VF_STATS_READ
 * @first: first VF
 * @count: VFs, 1 or more, up to VF VANE_MAX_VFS - 1
 * @counters: of each VF, by enum vane_stat, 1 to VANE_MAX_VF_STATS
 * @reserved: 0
 * @addr: where they go, 8-aligned: a record of @counters qwords for each VF
 */
struct vane_cmd_vf_stats {
	__le16 first;
	__le16 count;
	__le16 counters;
	__le16 reserved;
	__le64 addr;
};

_Static_assert(sizeof(struct vane_cmd_vf_stats) == 16, "vf stats");

#define VANE_MAX_VF_STATS		64	/* counters of each VF in one command */

#define VANE_RATE_NAME_SIZE		64	/* bytes of the name of a group */

/**
 * struct vane_cmd_rate_group - body of VANE_CMD_RATE_GROUP_*
 * @group: 1 to VANE_MAX_RATE_GROUPS
 * @reserved0: 0
 * @tx_max: maximum rate of its ports together, Mb/s, 0 = no limit
 * @tx_share: guaranteed rate of its ports together, Mb/s, 0 = no guarantee
 * @reserved1: 0
 * @name: kept for the PF driver, unused by the device
 *
 * GET: 0 in the command but for @group.
 */
struct vane_cmd_rate_group {
	__le16 group;
	__le16 reserved0;
	__le32 tx_max;
	__le32 tx_share;
	__le32 reserved1;
	__u8 name[VANE_RATE_NAME_SIZE];
};

_Static_assert(sizeof(struct vane_cmd_rate_group) == 80, "rate group");

/* Bits of vane_cmd_link.speeds and vane_cmd_link_state.supported: Mb/s in the name */
#define VANE_SPEED_1000			VANE_REG_BIT(0)
#define VANE_SPEED_2500			VANE_REG_BIT(1)
#define VANE_SPEED_5000			VANE_REG_BIT(2)
#define VANE_SPEED_10000		VANE_REG_BIT(3)
#define VANE_SPEED_25000		VANE_REG_BIT(4)
#define VANE_SPEED_40000		VANE_REG_BIT(5)
#define VANE_SPEED_50000		VANE_REG_BIT(6)
#define VANE_SPEED_100000		VANE_REG_BIT(7)
#define VANE_SPEED_10			VANE_REG_BIT(8)
#define VANE_SPEED_100			VANE_REG_BIT(9)
#define VANE_SPEED_ALL			VANE_REG_MASK(9, 0)

/* Bits of vane_cmd_link.flags and vane_cmd_link_state.flags */
#define VANE_LINK_AUTONEG		VANE_REG_BIT(0)	/* of speed; if both sides have it set */
#define VANE_LINK_PAUSE_AUTONEG		VANE_REG_BIT(1)	/* of pause; needs AUTONEG */
#define VANE_LINK_RX_PAUSE		VANE_REG_BIT(2)	/* pause frames are obeyed */
#define VANE_LINK_TX_PAUSE		VANE_REG_BIT(3)	/* pause frames are sent */
#define VANE_LINK_ALL			VANE_REG_MASK(3, 0)	/* every flag */

/**
 * struct vane_cmd_link - body of VANE_CMD_LINK_SET: settings of the port
 * @flags: VANE_LINK_*
 * @speeds: VANE_SPEED_*: advertised with AUTONEG; else the one to use
 */
struct vane_cmd_link {
	__le32 flags;
	__le32 speeds;
};

_Static_assert(sizeof(struct vane_cmd_link) == 8, "link");

/**
 * struct vane_cmd_link_state - answer of VANE_CMD_LINK_GET
 * @wanted: settings as last set
 * @supported: VANE_SPEED_* of the port
 * @partner: the link partner's, speeds all 0 without one
 * @flags: VANE_LINK_*_PAUSE and VANE_LINK_AUTONEG in force
 * @speed: Mb/s, 0 with the link down
 * @reserved: 0
 */
struct vane_cmd_link_state {
	struct vane_cmd_link wanted;
	__le32 supported;
	struct vane_cmd_link partner;
	__le32 flags;
	__le32 speed;
	__le32 reserved;
};

_Static_assert(sizeof(struct vane_cmd_link_state) == 32, "link state");

/*
 * Counters of the port on the wire, sizes without FCS. Cleared by a
 * conventional reset only.
 */
enum vane_port_stat {
	VANE_PORT_STAT_TX_FRAMES	= 0,	/* frames sent */
	VANE_PORT_STAT_TX_BYTES		= 1,	/* their bytes */
	VANE_PORT_STAT_TX_MULTICAST	= 2,	/* to a multicast address */
	VANE_PORT_STAT_TX_BROADCAST	= 3,	/* to the broadcast address */
	VANE_PORT_STAT_TX_PAUSE		= 4,	/* counted in no other */
	VANE_PORT_STAT_RX_FRAMES	= 5,	/* frames received */
	VANE_PORT_STAT_RX_BYTES		= 6,	/* their bytes */
	VANE_PORT_STAT_RX_MULTICAST	= 7,	/* to a multicast address */
	VANE_PORT_STAT_RX_BROADCAST	= 8,	/* to the broadcast address */
	VANE_PORT_STAT_RX_PAUSE		= 9,	/* counted in no other */
	VANE_PORT_STAT_RX_DROP		= 10,	/* for no function */
	VANE_PORT_STAT_RX_OVERSIZE	= 11,	/* longer than VANE_MAX_WIRE_FRAME */
	VANE_PORT_STAT_RX_UNDERSIZE	= 12,	/* shorter than VANE_MIN_FRAME */
	VANE_PORT_STAT_LINK_DOWN	= 13,	/* times that the link was lost */
	/* Frames with FCS of 64 bytes, 65-127, -255, -511, -1023, -1518, more */
	VANE_PORT_STAT_TX_SIZES		= 14,	/* first of VANE_PORT_STAT_NUM_SIZES */
	VANE_PORT_STAT_RX_SIZES		= 21,	/* first of VANE_PORT_STAT_NUM_SIZES */
	VANE_PORT_STAT_RX_SYMBOL_ERRORS	= 28,	/* counted in no other */
	VANE_PORT_STAT_COUNT		= 29,	/* number of counters */
};

#define VANE_PORT_STAT_NUM_SIZES	7	/* counters of frames by length */

/*
 * Frames from the uplink that were dropped for their channel tag, each counted
 * once. Cleared by a conventional reset only.
 */
enum vane_tag_stat {
	VANE_TAG_STAT_RX_NONE		= 0,	/* no tag of this mode */
	VANE_TAG_STAT_RX_TRUNCATED	= 1,	/* ends before the EtherType behind the tag */
	VANE_TAG_STAT_RX_DIRECTION	= 2,	/* VN-Tag of a frame to a bridge */
	VANE_TAG_STAT_RX_VERSION	= 3,	/* VN-Tag of another version */
	VANE_TAG_STAT_RX_RESERVED	= 4,	/* a reserved bit is set */
	VANE_TAG_STAT_RX_NESTED		= 5,	/* another channel tag inside */
	VANE_TAG_STAT_RX_UNKNOWN	= 6,	/* for a channel or list that nobody has */
	VANE_TAG_STAT_COUNT		= 7,	/* number of counters */
};

/*
 * Tags on the wire
 * ----------------
 * A VN-Tag follows the source MAC, outside any 802.1Q tag: the EtherType, then
 * these 32 bits, big-endian.
 */
#define VANE_VNTAG_ETHERTYPE		0x8926	/* of a VN-Tag */
#define VANE_VNTAG_SIZE			6	/* EtherType and tag */
#define VANE_VNTAG_DIR			VANE_REG_BIT(31)	/* 1: from the bridge to the NIC */
#define VANE_VNTAG_PTR			VANE_REG_BIT(30)	/* 1: DVIF is a list */
#define VANE_VNTAG_DVIF			VANE_REG_MASK(29, 16)	/* destination VIF, or list */
#define VANE_VNTAG_LOOPED		VANE_REG_BIT(15)	/* the frame came from this NIC */
#define VANE_VNTAG_RSVD			VANE_REG_BIT(14)	/* 0 */
#define VANE_VNTAG_VER			VANE_REG_MASK(13, 12)	/* 0 */
#define VANE_VNTAG_SVIF			VANE_REG_MASK(11, 0)	/* source VIF */

/*
 * An E-Tag follows the source MAC in the same way: the EtherType, then these 48
 * bits, big-endian. An E-CID has 20 bits: the extension, then the other 12.
 */
#define VANE_ETAG_ETHERTYPE		0x893f	/* of an E-Tag */
#define VANE_ETAG_SIZE			8	/* EtherType and tag */
#define VANE_ETAG_PCP			VANE_DESC_MASK(47, 45)	/* priority */
#define VANE_ETAG_DEI			VANE_DESC_BIT(44)	/* drop eligible */
#define VANE_ETAG_INGRESS		VANE_DESC_MASK(43, 32)	/* source E-CID, low 12 bits */
#define VANE_ETAG_RSVD			VANE_DESC_MASK(31, 30)	/* 0 */
#define VANE_ETAG_GRP			VANE_DESC_MASK(29, 28)	/* not 0: E-CID is a list */
#define VANE_ETAG_ECID			VANE_DESC_MASK(27, 16)	/* E-CID, low 12 bits */
#define VANE_ETAG_INGRESS_EXT		VANE_DESC_MASK(15, 8)	/* source E-CID, high 8 bits */
#define VANE_ETAG_ECID_EXT		VANE_DESC_MASK(7, 0)	/* E-CID, high 8 bits */

/* VLAN tags behind the outer one that a channel tag is looked for behind */
#define VANE_CHANNEL_TAG_DEPTH		8

#endif /* VANE_HW_H */
