/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VANE VF without a kernel driver, written from docs/hardware.rst.
 */
#ifndef VANE_VF_H
#define VANE_VF_H

#include <stdbool.h>
#include <stddef.h>

#include "vane_hw.h"
#include "vfio.h"

#define VF_IOVA			0x100000	/* of struct vf_memory */
#define VF_RING_LOG2		VANE_RING_LOG2_MIN
#define VF_RING			VANE_REG_BIT(VF_RING_LOG2)
#define VF_BUF_LEN		2048u
#define VF_VECTORS		2u		/* 0: causes, 1: both queues */
#define VF_PATIENCE_MS		10000

/**
 * struct vf_memory - all memory that the VF is given
 * @tx: transmit ring
 * @rx: ring of buffers
 * @cpl: ring of completions
 * @status: status block of each vector
 * @tx_buf: frame of each transmit descriptor
 * @rx_buf: receive buffers
 * @head: transmit head
 * @spare: never written
 */
struct vf_memory {
	struct vane_tx_desc tx[VF_RING];
	struct vane_rx_buf rx[VF_RING];
	struct vane_rx_cpl cpl[VF_RING];
	struct vane_status_block status[VF_VECTORS];
	__u8 tx_buf[VF_RING][VF_BUF_LEN];
	__u8 rx_buf[VF_RING][VF_BUF_LEN];
	struct vane_head head;
	__u8 spare[4096];
};

_Static_assert(offsetof(struct vf_memory, rx) % VANE_RING_ALIGN == 0, "buffers");
_Static_assert(offsetof(struct vf_memory, cpl) % VANE_RING_ALIGN == 0, "completions");
_Static_assert(offsetof(struct vf_memory, status) % 16 == 0, "status blocks");
_Static_assert(offsetof(struct vf_memory, rx_buf) % 16 == 0, "receive buffers");

#define VF_IOVA_OF(member)	(VF_IOVA + offsetof(struct vf_memory, member))

/**
 * struct vf - a VF in use
 * @fn: the function
 * @mem: its memory
 * @mac: as the PF set it
 * @seq: of the last message
 * @tail: transmit descriptors filled
 * @posted: receive buffers posted
 * @taken: completions taken
 * @seen: event count of each vector, as last read
 */
struct vf {
	struct vfio_fn fn;
	struct vf_memory *mem;
	__u8 mac[6];
	__u16 seq;
	__u16 tail;
	__u16 posted;
	__u16 taken;
	__u32 seen[VF_VECTORS];
};

/* Registers */
__u32 vf_rd32(const struct vf *vf, __u32 reg);
__u64 vf_rd64(const struct vf *vf, __u32 reg);
void vf_wr32(struct vf *vf, __u32 reg, __u32 value);
void vf_wr64(struct vf *vf, __u32 reg, __u64 value);

/* Life of the function */
void vf_open(struct vf *vf, const char *bdf);
void vf_enable(struct vf *vf);
void vf_negotiate(struct vf *vf);
void vf_start_queues(struct vf *vf);
void vf_up(struct vf *vf, const char *bdf);

/* Mailbox */
__u16 vf_request(struct vf *vf, __u16 op, const void *body, __u16 len,
		 void *reply, __u16 reply_len);

/* Frames */
void vf_send(struct vf *vf, const void *frame, size_t length);
void vf_send_from(struct vf *vf, __u64 iova, size_t length);
bool vf_sent(const struct vf *vf);
size_t vf_receive(struct vf *vf, void *frame, int timeout_ms);
bool vf_wait_event(struct vf *vf, unsigned int vector, int timeout_ms);

#endif /* VANE_VF_H */
