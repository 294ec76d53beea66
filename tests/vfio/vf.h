/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VANE VF without a kernel driver, written from docs/hardware.rst.
 */
#ifndef VANE_VF_H
#define VANE_VF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vane_hw.h"
#include "vfio.h"

#define VF_IOVA			0x100000	/* of struct vf_memory */
#define VF_RING_LOG2		VANE_RING_LOG2_MIN
#define VF_RING			(1u << VF_RING_LOG2)
#define VF_BUF_LEN		2048u
#define VF_VECTORS		2u		/* 0: causes, 1: both queues */
#define VF_PATIENCE_MS		10000

/**
 * struct vf_memory - all memory that the VF is given
 * @tx: transmit ring
 * @rx: ring of buffers
 * @cpl: ring of completions
 * @status: status block of each vector
 * @head: transmit head
 * @spare: nobody writes there
 * @tx_buf: frame of each transmit descriptor
 * @rx_buf: receive buffers
 */
struct vf_memory {
	_Alignas(VANE_RING_ALIGN) struct vane_tx_desc tx[VF_RING];
	_Alignas(VANE_RING_ALIGN) struct vane_rx_buf rx[VF_RING];
	_Alignas(VANE_RING_ALIGN) struct vane_rx_cpl cpl[VF_RING];
	_Alignas(16) struct vane_status_block status[VF_VECTORS];
	struct vane_head head;
	_Alignas(4096) uint8_t spare[4096];
	uint8_t tx_buf[VF_RING][VF_BUF_LEN];
	uint8_t rx_buf[VF_RING][VF_BUF_LEN];
};

#define VF_IOVA_OF(member)	(VF_IOVA + offsetof(struct vf_memory, member))

/**
 * struct vf - a VF in use
 * @fn: the function
 * @mem: its memory
 * @mac: as the PF told
 * @seq: of the last message
 * @tail: transmit descriptors filled
 * @posted: receive buffers posted
 * @taken: completions taken
 * @seen: event count of each vector, as last read
 */
struct vf {
	struct vfio_fn fn;
	volatile struct vf_memory *mem;
	uint8_t mac[6];
	uint16_t seq;
	uint16_t tail;
	uint16_t posted;
	uint16_t taken;
	uint32_t seen[VF_VECTORS];
};

/* Registers */
uint32_t vf_rd32(const struct vf *vf, uint32_t reg);
uint64_t vf_rd64(const struct vf *vf, uint32_t reg);
void vf_wr32(struct vf *vf, uint32_t reg, uint32_t value);
void vf_wr64(struct vf *vf, uint32_t reg, uint64_t value);

/* Life of the function */
void vf_open(struct vf *vf, const char *bdf);
void vf_enable(struct vf *vf);
void vf_negotiate(struct vf *vf);
void vf_start_queues(struct vf *vf);
void vf_up(struct vf *vf, const char *bdf);

/* Mailbox */
uint16_t vf_request(struct vf *vf, uint16_t op, const void *body, uint16_t len,
		    void *reply, uint16_t reply_len);

/* Frames */
void vf_send(struct vf *vf, const void *frame, size_t length);
void vf_send_from(struct vf *vf, uint64_t iova, size_t length);
bool vf_sent(const struct vf *vf);
size_t vf_receive(struct vf *vf, void *frame, int timeout_ms);
bool vf_wait_event(struct vf *vf, unsigned int vector, int timeout_ms);

#endif /* VANE_VF_H */
