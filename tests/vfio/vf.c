// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VANE VF: bring-up, mailbox, one transmit and one receive queue, written from
 * docs/hardware.rst alone. No offload is used.
 */
#include <endian.h>
#include <err.h>
#include <string.h>
#include <time.h>

#include "vf.h"

/* vf_get() - field of @value that @mask selects */
static __u64 vf_get(__u64 mask, __u64 value)
{
	return (value & mask) / (mask & -mask);
}

/* vf_put() - @value at the place of @mask */
static __u64 vf_put(__u64 mask, __u64 value)
{
	return value * (mask & -mask) & mask;
}

/* vf_load() - a qword that the device stores last */
static __u64 vf_load(const __le64 *word)
{
	return le64toh(__atomic_load_n(word, __ATOMIC_ACQUIRE));
}

__u32 vf_rd32(const struct vf *vf, __u32 reg)
{
	return le32toh(__atomic_load_n((__u32 *)(vf->fn.bar + reg), __ATOMIC_ACQUIRE));
}

__u64 vf_rd64(const struct vf *vf, __u32 reg)
{
	return le64toh(__atomic_load_n((__u64 *)(vf->fn.bar + reg), __ATOMIC_ACQUIRE));
}

/* Stores to memory are visible before the register is written. */
void vf_wr32(struct vf *vf, __u32 reg, __u32 value)
{
	__atomic_store_n((__u32 *)(vf->fn.bar + reg), htole32(value), __ATOMIC_RELEASE);
}

void vf_wr64(struct vf *vf, __u32 reg, __u64 value)
{
	__atomic_store_n((__u64 *)(vf->fn.bar + reg), htole64(value), __ATOMIC_RELEASE);
}

static long long vf_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Section 5: read the count before looking for work, arm with it after. */
static __u32 vf_read_events(const struct vf *vf, unsigned int vector)
{
	return vf_get(VANE_SB_EVENTS, vf_load(&vf->mem->status[vector].events));
}

/**
 * vf_wait_event() - wait until a vector's event count has changed
 * @vf: the VF
 * @vector: the vector
 * @timeout_ms: for how long
 *
 * By interrupt: the vector is armed with the count that was seen.
 *
 * Return: whether there was an event.
 */
bool vf_wait_event(struct vf *vf, unsigned int vector, int timeout_ms)
{
	long long end = vf_now_ms() + timeout_ms;
	long long left;

	vf_wr32(vf, VANE_DB_VEC(vector), vf->seen[vector]);
	do {
		__u32 events;

		left = end - vf_now_ms();
		if (!vfio_wait_irq(&vf->fn, vector, left > 0 ? (int)left : 0))
			continue;
		events = vf_read_events(vf, vector);
		if (events != vf->seen[vector]) {
			vf->seen[vector] = events;
			return true;
		}
		/* A late interrupt, of a count that was read before */
		vf_wr32(vf, VANE_DB_VEC(vector), vf->seen[vector]);
	} while (left > 0);
	return false;
}

/**
 * vf_open() - open a VF, with memory at VF_IOVA
 * @vf: set up
 * @bdf: its PCI address
 */
void vf_open(struct vf *vf, const char *bdf)
{
	memset(vf, 0, sizeof(*vf));
	vfio_open(&vf->fn, bdf);
	vf->mem = vfio_map(&vf->fn, VF_IOVA, (sizeof(*vf->mem) + 4095) & ~4095ul);
}

static void vf_enable_vector(struct vf *vf, unsigned int vector)
{
	__u32 regs = VANE_VEC(vector);

	vf_wr64(vf, regs + VANE_VEC_SB_ADDR,
		VF_IOVA_OF(status) + vector * sizeof(struct vane_status_block));
	vf_wr32(vf, regs + VANE_VEC_ITR, 0);
	vf_wr32(vf, regs + VANE_VEC_CTRL, VANE_VEC_CTRL_ENABLE);
	if (!(vf_rd32(vf, regs + VANE_VEC_CTRL) & VANE_VEC_CTRL_ENABLE))
		errx(1, "%s: vector %u is not enabled", vf->fn.bdf, vector);
	vf->seen[vector] = 0;
}

/**
 * vf_enable() - sections 3 and 5: identity, reset, enable, vectors
 * @vf: the VF
 */
void vf_enable(struct vf *vf)
{
	__u32 value;

	value = vf_rd32(vf, VANE_REG_MAGIC);
	if (value != VANE_MAGIC)
		errx(1, "%s: MAGIC is %#x", vf->fn.bdf, value);
	value = vf_rd32(vf, VANE_REG_ABI);
	if (vf_get(VANE_ABI_MAJOR, value) != VANE_ABI_MAJOR_VERSION)
		errx(1, "%s: ABI is %#x", vf->fn.bdf, value);
	if (!(vf_rd32(vf, VANE_REG_FUNCTION) & VANE_FUNCTION_IS_VF))
		errx(1, "%s: no VF", vf->fn.bdf);
	if (vf_rd32(vf, VANE_REG_LIMIT_VECTORS) < VF_VECTORS)
		errx(1, "%s: too few vectors", vf->fn.bdf);

	vf_wr32(vf, VANE_REG_CTRL, 0);
	vf_rd32(vf, VANE_REG_STATE);
	vfio_bus_master(&vf->fn);
	vf_wr32(vf, VANE_REG_CTRL, VANE_CTRL_RESET);
	vf_wr64(vf, VANE_REG_FEATURES_DRV, 0);
	vf_wr32(vf, VANE_REG_CTRL, VANE_CTRL_ENABLE);
	value = vf_rd32(vf, VANE_REG_STATE);
	if (!(value & VANE_STATE_ENABLED))
		errx(1, "%s: not enabled, STATE is %#x", vf->fn.bdf, value);
	if (!vf->fn.num_irqs)
		vfio_enable_irqs(&vf->fn, VF_VECTORS);
	vf_enable_vector(vf, 0);
	vf_enable_vector(vf, 1);
}

/* Section 5, causes: clears and returns those that status block 0 tells. */
static __u32 vf_take_causes(struct vf *vf)
{
	__u32 causes;

	causes = vf_get(VANE_SB_CAUSES, vf_load(&vf->mem->status[0].causes));
	vf_wr32(vf, VANE_REG_EVENT_CAUSE, causes);
	return causes;
}

/* Waits for a cause by interrupt. */
static void vf_wait_cause(struct vf *vf, __u32 cause)
{
	do {
		if (!vf_wait_event(vf, 0, VF_PATIENCE_MS))
			errx(1, "%s: no interrupt, EVENT_CAUSE is %#x", vf->fn.bdf,
			     vf_rd32(vf, VANE_REG_EVENT_CAUSE));
	} while (!(vf_take_causes(vf) & cause));
}

/**
 * vf_request() - section 10: one message to the PF, and its reply
 * @vf: the VF
 * @op: opcode
 * @body: its body
 * @len: bytes of @body
 * @reply: where the body of the reply goes
 * @reply_len: bytes of it
 *
 * Return: enum vane_status of the reply.
 */
__u16 vf_request(struct vf *vf, __u16 op, const void *body, __u16 len,
		 void *reply, __u16 reply_len)
{
	union {
		struct vane_msg msg;
		__u32 words[VANE_MBOX_SIZE / 4];
	} message = { .msg.hdr = {
		.op = htole16(op),
		.len = htole16(len),
		.seq = htole16(++vf->seq),
	} };
	__u32 size = sizeof(struct vane_msg_hdr) + len;
	__u32 i;

	memcpy(message.msg.body, body, len);
	for (i = 0; i < (size + 3) / 4; i++)
		vf_wr32(vf, VANE_REG_MBOX_REQ + 4 * i, le32toh(message.words[i]));
	vf_wr32(vf, VANE_REG_MBOX_DB, size);
	if (vf_get(VANE_MBOX_STATE_ERROR, vf_rd32(vf, VANE_REG_MBOX_STATE)))
		errx(1, "%s: the doorbell is refused", vf->fn.bdf);

	vf_wait_cause(vf, VANE_EVENT_MBOX);
	if (vf_rd32(vf, VANE_REG_MBOX_STATE) & VANE_MBOX_STATE_BUSY)
		errx(1, "%s: a response, and the mailbox is busy", vf->fn.bdf);
	for (i = 0; i < VANE_MBOX_SIZE / 4; i++)
		message.words[i] = htole32(vf_rd32(vf, VANE_REG_MBOX_RSP + 4 * i));
	if (le16toh(message.msg.hdr.op) != op || le16toh(message.msg.hdr.seq) != vf->seq)
		errx(1, "%s: a reply to another message", vf->fn.bdf);
	if (!message.msg.hdr.status && le16toh(message.msg.hdr.len) < reply_len)
		errx(1, "%s: the reply is short", vf->fn.bdf);
	if (reply_len)
		memcpy(reply, message.msg.body, reply_len);
	return le16toh(message.msg.hdr.status);
}

/**
 * vf_negotiate() - wait for the PF, and negotiate with it
 * @vf: the VF, enabled
 */
void vf_negotiate(struct vf *vf)
{
	const struct vane_mbox_negotiate_req req = {
		.abi_major = htole16(VANE_ABI_MAJOR_VERSION),
		.abi_minor = htole16(VANE_ABI_MINOR_VERSION),
		.caps = htole32(VANE_MBOX_CAP_FILTERS | VANE_MBOX_CAP_VLAN),
	};
	struct vane_mbox_negotiate_rsp rsp;
	__u16 status;

	while (!(vf_rd32(vf, VANE_REG_STATUS) & VANE_STATUS_PF_READY))
		vf_wait_cause(vf, VANE_EVENT_STATUS);
	status = vf_request(vf, VANE_MBOX_NEGOTIATE, &req, sizeof(req), &rsp,
			    sizeof(rsp));
	if (status)
		errx(1, "%s: NEGOTIATE ends in %u", vf->fn.bdf, status);
	memcpy(vf->mac, rsp.mac, sizeof(vf->mac));
}

static void vf_check_queue(const struct vf *vf, __u32 reg, const char *what)
{
	__u32 state = vf_rd32(vf, reg);

	if (!(state & VANE_Q_STATE_ENABLED))
		errx(1, "%s: %s queue: STATE is %#x", vf->fn.bdf, what, state);
}

/* Section 7: buffers are posted in order, each under its own number. */
static void vf_post(struct vf *vf)
{
	__u16 most = vf->taken + VF_RING;

	for (; vf->posted != most; vf->posted++) {
		unsigned int n = vf->posted % VF_RING;
		__u64 iova = VF_IOVA_OF(rx_buf) + n * VF_BUF_LEN;

		vf->mem->rx[n].desc = htole64(vf_put(VANE_RXB_ADDR, iova >> VANE_RXB_ADDR_SHIFT) |
					      vf_put(VANE_RXB_ID, (__u64)n));
	}
	vf_wr32(vf, VANE_DB_RXQ(0), vf_put(VANE_DB_RX_TAIL, (__u32)vf->posted) |
		vf_put(VANE_DB_RX_CPL_HEAD, (__u32)vf->taken));
}

/**
 * vf_start_queues() - sections 6 and 7: one queue each way, on vector 1
 * @vf: the VF, enabled
 */
void vf_start_queues(struct vf *vf)
{
	__u32 tx = VANE_TXQ(0), rx = VANE_RXQ(0);

	vf->tail = 0;
	vf->posted = 0;
	vf->taken = 0;
	vf->mem->head.head = 0;
	memset(vf->mem->cpl, 0, sizeof(vf->mem->cpl));

	vf_wr64(vf, tx + VANE_TXQ_BASE, VF_IOVA_OF(tx));
	vf_wr64(vf, tx + VANE_TXQ_HEAD_ADDR, VF_IOVA_OF(head));
	vf_wr64(vf, tx + VANE_TXQ_SHADOW, 0);
	vf_wr32(vf, tx + VANE_TXQ_SIZE, VF_RING_LOG2);
	vf_wr32(vf, tx + VANE_TXQ_VECTOR, 1);
	vf_wr32(vf, tx + VANE_TXQ_CTRL, VANE_Q_CTRL_ENABLE);
	vf_check_queue(vf, tx + VANE_TXQ_STATE, "transmit");

	vf_wr64(vf, rx + VANE_RXQ_BUF_BASE, VF_IOVA_OF(rx));
	vf_wr64(vf, rx + VANE_RXQ_CPL_BASE, VF_IOVA_OF(cpl));
	vf_wr64(vf, rx + VANE_RXQ_SHADOW, 0);
	vf_wr32(vf, rx + VANE_RXQ_BUF_SIZE, VF_RING_LOG2);
	vf_wr32(vf, rx + VANE_RXQ_CPL_SIZE, VF_RING_LOG2);
	vf_wr32(vf, rx + VANE_RXQ_BUF_LEN, VF_BUF_LEN);
	vf_wr32(vf, rx + VANE_RXQ_VECTOR, 1);
	vf_wr32(vf, rx + VANE_RXQ_CTRL, VANE_Q_CTRL_ENABLE);
	vf_check_queue(vf, rx + VANE_RXQ_STATE, "receive");
	vf_post(vf);
}

/**
 * vf_up() - all of the above
 * @vf: where it is noted
 * @bdf: its PCI address
 */
void vf_up(struct vf *vf, const char *bdf)
{
	vf_open(vf, bdf);
	vf_enable(vf);
	vf_negotiate(vf);
	vf_start_queues(vf);
}

/**
 * vf_send_from() - send a frame from any address
 * @vf: the VF
 * @iova: where
 * @length: of the frame
 */
void vf_send_from(struct vf *vf, __u64 iova, size_t length)
{
	struct vane_tx_desc *desc = &vf->mem->tx[vf->tail % VF_RING];

	desc->addr = htole64(vf_put(VANE_TXD_ADDR, iova) | VANE_TXD_EOP);
	desc->ctrl = htole64(vf_put(VANE_TXD_LEN, (__u64)length));
	vf->tail++;
	vf_wr32(vf, VANE_DB_TXQ(0), vf_put(VANE_DB_TX_TAIL, (__u32)vf->tail));
}

/**
 * vf_sent() - whether all descriptors have been read
 * @vf: the VF
 *
 * Return: true if so.
 */
bool vf_sent(const struct vf *vf)
{
	return (__u16)vf_load(&vf->mem->head.head) == vf->tail;
}

/**
 * vf_send() - send a frame, and wait until the device has read it
 * @vf: the VF
 * @frame: the frame
 * @length: of it
 */
void vf_send(struct vf *vf, const void *frame, size_t length)
{
	unsigned int n = vf->tail % VF_RING;

	memcpy(vf->mem->tx_buf[n], frame, length);
	vf_send_from(vf, VF_IOVA_OF(tx_buf) + n * VF_BUF_LEN, length);
	while (!vf_sent(vf))
		if (!vf_wait_event(vf, 1, VF_PATIENCE_MS))
			errx(1, "%s: not sent, STATE is %#x", vf->fn.bdf,
			     vf_rd32(vf, VANE_TXQ(0) + VANE_TXQ_STATE));
}

/**
 * vf_receive() - wait for a frame
 * @vf: the VF
 * @frame: where it goes, VF_BUF_LEN bytes
 * @timeout_ms: for how long
 *
 * Return: its length, 0 if none came.
 */
size_t vf_receive(struct vf *vf, void *frame, int timeout_ms)
{
	struct vane_rx_cpl *cpl = &vf->mem->cpl[vf->taken % VF_RING];
	bool phase = !(vf->taken & VF_RING);
	__u64 info, length;
	unsigned int id;

	do {
		info = vf_load(&cpl->info);
		if (!!(info & VANE_RXC_PHASE) == phase)
			break;
	} while (vf_wait_event(vf, 1, timeout_ms));
	if (!!(info & VANE_RXC_PHASE) != phase)
		return 0;

	if (vf_get(VANE_RXC_TYPE, info) != VANE_RXC_TYPE_RX || !(info & VANE_RXC_EOP))
		errx(1, "%s: completion %#llx", vf->fn.bdf, (unsigned long long)info);
	id = vf_get(VANE_RXC_BUF_ID, info);
	length = vf_get(VANE_RXC_LEN, le64toh(cpl->data));
	if (id >= VF_RING || length > VF_BUF_LEN)
		errx(1, "%s: buffer %u with %llu bytes", vf->fn.bdf, id,
		     (unsigned long long)length);
	memcpy(frame, vf->mem->rx_buf[id], length);
	vf->taken++;
	vf_post(vf);
	return length;
}
