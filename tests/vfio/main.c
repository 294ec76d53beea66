// SPDX-License-Identifier: GPL-2.0-only
/*
 * vane-vfio: what the owner of a VF can and cannot do with it. Each command tests
 * one behaviour, and ends with status 0 or with a line that says what was wrong.
 */
#include <endian.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vf.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* IEEE's own for local experiments */
#define ETHERTYPE_TEST		0x88b5
#define FRAME_SIZE		512u
#define FRAMES			200u
/* Nothing is mapped there */
#define STRAY_IOVA		0x40000000ull

static const __u8 broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* main_make_frame() - a frame of FRAME_SIZE bytes, its payload all @fill */
static void main_make_frame(__u8 *frame, const __u8 *dst, const __u8 *src,
			    __u8 fill)
{
	memcpy(frame, dst, 6);
	memcpy(frame + 6, src, 6);
	frame[12] = ETHERTYPE_TEST >> 8;
	frame[13] = ETHERTYPE_TEST & 0xff;
	memset(frame + 14, fill, FRAME_SIZE - 14);
}

/* main_expect() - @vf gets just this frame next; others' broadcasts do not count */
static void main_expect(struct vf *vf, const __u8 *frame)
{
	__u8 got[VF_BUF_LEN];
	size_t length;

	do {
		length = vf_receive(vf, got, VF_PATIENCE_MS);
		if (!length)
			errx(1, "%s: no frame, RXQ STATE is %#x", vf->fn.bdf,
			     vf_rd32(vf, VANE_RXQ(0) + VANE_RXQ_STATE));
	} while (got[12] != ETHERTYPE_TEST >> 8 || got[13] != (ETHERTYPE_TEST & 0xff));
	if (length != FRAME_SIZE || memcmp(got, frame, FRAME_SIZE))
		errx(1, "%s: another frame arrived, of %zu bytes", vf->fn.bdf, length);
}

static void main_exchange(struct vf *from, struct vf *to, __u8 fill)
{
	__u8 frame[FRAME_SIZE];

	main_make_frame(frame, to->mac, from->mac, fill);
	vf_send(from, frame, FRAME_SIZE);
	main_expect(to, frame);
}

/* frames A B: they send each other frames, more than a ring has entries */
static int main_run_frames(char **bdf)
{
	struct vf a, b;
	unsigned int i;

	vf_up(&a, bdf[0]);
	vf_up(&b, bdf[1]);
	for (i = 0; i < FRAMES; i++) {
		main_exchange(&a, &b, i);
		main_exchange(&b, &a, ~i);
	}
	if (vf_rd64(&a, VANE_STAT(VANE_STAT_TX_FRAMES)) < FRAMES)
		errx(1, "the counters are short of frames");
	return 0;
}

static void main_must_be(const char *what, __u16 got, __u16 want)
{
	if (got != want)
		errx(1, "%s: status %u, not %u", what, got, want);
}

/* mailbox A: requests and what becomes of them */
static int main_run_mailbox(char **bdf)
{
	struct vane_mbox_rx_mode mode = { .mode = htole32(VANE_RX_MODE_PROMISC) };
	struct vane_mbox_addrs addrs = {
		.count = htole16(1),
		.addr = { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x07 } },
	};
	struct vane_mbox_mac mac = { .mac = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 } };
	struct vf vf;

	vf_open(&vf, bdf[0]);
	vf_enable(&vf);
	main_must_be("before NEGOTIATE",
		     vf_request(&vf, VANE_MBOX_MAC_SET, &mac, sizeof(mac), NULL, 0),
		     VANE_ERR_STATE);
	vf_negotiate(&vf);
	main_must_be("a MAC", vf_request(&vf, VANE_MBOX_MAC_SET, &mac, sizeof(mac), NULL, 0),
		     VANE_OK);
	if (vf_rd64(&vf, VANE_REG_STATUS_MAC) != 0x554433221102ull)
		errx(1, "STATUS_MAC is %#llx",
		     (unsigned long long)vf_rd64(&vf, VANE_REG_STATUS_MAC));
	main_must_be("a filter",
		     vf_request(&vf, VANE_MBOX_FILTER_ADD, &addrs, sizeof(addrs), NULL, 0),
		     VANE_OK);
	main_must_be("promiscuous mode without trust",
		     vf_request(&vf, VANE_MBOX_RX_MODE, &mode, sizeof(mode), NULL, 0),
		     VANE_ERR_DENIED);
	main_must_be("an opcode that is not there", vf_request(&vf, 0x7fff, NULL, 0, NULL, 0),
		     VANE_ERR_UNSUPPORTED);
	return 0;
}

/* main_expect_dma_error() - the transmit queue stops, and says that it was the bus */
static void main_expect_dma_error(struct vf *vf)
{
	__u32 state;

	do {
		state = vf_rd32(vf, VANE_TXQ(0) + VANE_TXQ_STATE);
	} while (state & VANE_Q_STATE_ENABLED && vf_wait_event(vf, 0, VF_PATIENCE_MS));
	if (state & VANE_Q_STATE_ENABLED ||
	    (state & VANE_Q_STATE_ERROR) / (VANE_Q_STATE_ERROR & -VANE_Q_STATE_ERROR) !=
	    VANE_ERROR_DMA)
		errx(1, "STATE of the transmit queue is %#x", state);
}

/* stray A: DMA from where nothing is mapped stops the queue */
static int main_run_stray(char **bdf)
{
	struct vf vf;

	vf_up(&vf, bdf[0]);
	vf_send_from(&vf, STRAY_IOVA, FRAME_SIZE);
	main_expect_dma_error(&vf);
	return 0;
}

/* main_print_regs() - the registers from @from on that are not 0 */
static void main_print_regs(const struct vf *vf, __u32 from, __u32 size)
{
	__u32 reg;

	for (reg = from; reg < from + size; reg += 4) {
		__u32 value = vf_rd32(vf, reg);

		if (value)
			printf("%04x %08x\n", reg, value);
	}
}

/* registers A: as the owner finds them, but for counters and empty ones */
static int main_run_registers(char **bdf)
{
	unsigned int queues, vectors, i;
	struct vf vf;

	vf_open(&vf, bdf[0]);
	queues = vf_rd32(&vf, VANE_REG_LIMIT_QUEUES) & VANE_LIMIT_QUEUES_TX;
	vectors = vf_rd32(&vf, VANE_REG_LIMIT_VECTORS);
	main_print_regs(&vf, VANE_REG_MAGIC, VANE_REG_EVENT_CAUSE + 4);
	main_print_regs(&vf, VANE_REG_LIMIT_QUEUES, VANE_REG_TEST + 8 - VANE_REG_LIMIT_QUEUES);
	main_print_regs(&vf, VANE_REG_STATUS, VANE_REG_STATUS_MAC + 8 - VANE_REG_STATUS);
	main_print_regs(&vf, VANE_REG_MBOX_REQ, VANE_MBOX_SIZE);
	main_print_regs(&vf, VANE_REG_MBOX_RSP, VANE_MBOX_SIZE);
	main_print_regs(&vf, VANE_REG_MBOX_STATE, 4);
	for (i = 0; i < queues; i++) {
		main_print_regs(&vf, VANE_TXQ(i), VANE_TXQ_TAIL + 4);
		main_print_regs(&vf, VANE_RXQ(i), VANE_RXQ_OPT + 4);
		main_print_regs(&vf, VANE_RXQ(i) + VANE_RXQ_HEAD, 8);
	}
	for (i = 0; i < vectors; i++)
		main_print_regs(&vf, VANE_VEC(i), VANE_VEC_EVENTS + 4);
	main_print_regs(&vf, VANE_REG_RSS_CTRL, 4);
	main_print_regs(&vf, VANE_REG_RSS_KEY, VANE_RSS_KEY_SIZE);
	for (i = 0; i < VANE_RSS_CONTEXTS; i++)
		main_print_regs(&vf, VANE_RSS_TABLE(i), VANE_RSS_TABLE_SIZE);
	for (i = 0; i < VANE_MAX_RULES; i++)
		main_print_regs(&vf, VANE_RULE(i), VANE_RULE_STRIDE);
	return 0;
}

static void main_snapshot(const struct vf *vf, __u32 *words)
{
	__u32 reg;

	for (reg = 0; reg < VANE_VF_BAR_SIZE; reg += 4)
		words[reg / 4] = vf_rd32(vf, reg);
}

/* bar A B: A's BAR shows nothing of what B does, and there is no more of it */
static int main_run_bar(char **bdf)
{
	static __u32 before[VANE_VF_BAR_SIZE / 4], after[VANE_VF_BAR_SIZE / 4];
	__u8 frame[FRAME_SIZE];
	struct vf a, b;
	unsigned int i;

	vf_open(&a, bdf[0]);
	if (a.fn.bar_size != VANE_VF_BAR_SIZE)
		errx(1, "BAR 0 has %zu bytes", a.fn.bar_size);
	for (i = 1; i < 6; i++)
		if (vfio_region_size(&a.fn, i))
			errx(1, "there is a BAR %u", i);
	vf_enable(&a);
	vf_negotiate(&a);
	main_snapshot(&a, before);

	vf_up(&b, bdf[1]);
	main_make_frame(frame, a.mac, b.mac, 0);
	for (i = 0; i < FRAMES; i++)
		vf_send(&b, frame, FRAME_SIZE);
	vfio_reset(&b.fn);
	main_snapshot(&a, after);

	for (i = 0; i < VANE_VF_BAR_SIZE / 4; i++) {
		/* That there are frames for A, but no queue, is A's own affair */
		if (i * 4 == VANE_STAT(VANE_STAT_RX_DROP_NOBUF) || before[i] == after[i])
			continue;
		errx(1, "offset %#x was %#x and is %#x", i * 4, before[i], after[i]);
	}
	return 0;
}

/*
 * main_check_memory() - @vf's memory holds its own canary where nobody writes, and in
 * its buffers nothing but what it was sent
 */
static void main_check_memory(const struct vf *vf, __u8 canary, __u8 sent_to_it)
{
	unsigned int i, n;

	for (i = 0; i < sizeof(vf->mem->spare); i++)
		if (vf->mem->spare[i] != canary)
			errx(1, "%s: byte %u of its own is %#x", vf->fn.bdf, i,
			     vf->mem->spare[i]);
	for (n = 0; n < VF_RING; n++)
		for (i = 14; i < VF_BUF_LEN; i++)
			if (vf->mem->rx_buf[n][i] != (i < FRAME_SIZE ? sent_to_it : 0))
				errx(1, "%s: byte %u of buffer %u is %#x", vf->fn.bdf, i, n,
				     vf->mem->rx_buf[n][i]);
}

/*
 * canary A B: both use the same addresses at the same time, and each one's
 * memory holds other bytes there
 */
static int main_run_canary(char **bdf)
{
	static const __u8 canary[2] = { 0xa5, 0x5a };
	static const __u8 fill[2] = { 0x11, 0x22 };
	__u8 frame[2][FRAME_SIZE];
	unsigned int i, n;
	struct vf vf[2];

	for (i = 0; i < 2; i++) {
		vf_up(&vf[i], bdf[i]);
		memset(vf[i].mem->spare, canary[i], sizeof(vf[i].mem->spare));
	}
	for (i = 0; i < 2; i++) {
		main_make_frame(frame[i], vf[!i].mac, vf[i].mac, fill[i]);
		for (n = 0; n < VF_RING; n++)
			memcpy(vf[i].mem->tx_buf[n], frame[i], FRAME_SIZE);
	}
	for (n = 0; n < FRAMES; n++) {
		/* In turn, or the frames of one would always hide what the other left */
		for (i = 0; i < 2; i++)
			vf_send_from(&vf[i ^ (n & 1)],
				     VF_IOVA_OF(tx_buf) + n % VF_RING * VF_BUF_LEN, FRAME_SIZE);
		for (i = 0; i < 2; i++)
			main_expect(&vf[i], frame[!i]);
	}
	main_check_memory(&vf[0], canary[0], fill[1]);
	main_check_memory(&vf[1], canary[1], fill[0]);
	return 0;
}

/* reset A: a VF at work, and reset by VFIO: it does no more */
static int main_run_reset(char **bdf)
{
	struct vf vf;

	vf_up(&vf, bdf[0]);
	vfio_reset(&vf.fn);
	if (vf_rd32(&vf, VANE_REG_STATE) & VANE_STATE_ENABLED)
		errx(1, "the function is enabled");
	if (vf_rd32(&vf, VANE_TXQ(0) + VANE_TXQ_STATE))
		errx(1, "the transmit queue is enabled");
	return 0;
}

/* survive A: the PF is reset by FLR, and the VF may master the bus and interrupt */
static int main_run_survive(char **bdf)
{
	__u32 generation;
	struct vf vf;

	vf_up(&vf, bdf[0]);
	generation = vf_rd32(&vf, VANE_REG_GENERATION);
	puts("up");
	fflush(stdout);
	while (vf_rd32(&vf, VANE_REG_MAGIC) != VANE_MAGIC ||
	       vf_rd32(&vf, VANE_REG_GENERATION) == generation ||
	       !(vf_rd32(&vf, VANE_REG_STATUS) & VANE_STATUS_PF_READY))
		usleep(10000);
	if (!vfio_is_bus_master(&vf.fn))
		errx(1, "%s: no bus master", vf.fn.bdf);
	/* The reply is waited for by interrupt. */
	vf_enable(&vf);
	vf_negotiate(&vf);
	return 0;
}

/* load A: sends, receives and asks the PF until it is killed */
static int main_run_load(char **bdf)
{
	struct vane_mbox_addrs addrs = {
		.count = htole16(1),
		.addr = { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x07 } },
	};
	struct vane_mbox_rx_mode mode = { .mode = htole32(VANE_RX_MODE_PROMISC) };
	__u8 frame[VF_BUF_LEN];
	struct vf vf;
	unsigned int i;

	vf_up(&vf, bdf[0]);
	/* What it gets only if it is trusted */
	vf_request(&vf, VANE_MBOX_RX_MODE, &mode, sizeof(mode), NULL, 0);
	for (i = 0; i < UINT_MAX; i++) {
		main_make_frame(frame, broadcast, vf.mac, 0);
		vf_send(&vf, frame, FRAME_SIZE);
		while (vf_receive(&vf, frame, 0))
			;
		if (i % 8 == 0)
			vf_request(&vf, i % 16 ? VANE_MBOX_FILTER_DEL : VANE_MBOX_FILTER_ADD,
				   &addrs, sizeof(addrs), NULL, 0);
		if (i == 16) {
			puts("loaded");
			fflush(stdout);
		}
	}
	return 0;
}

static const struct {
	const char *name;
	int functions;
	int (*run)(char **bdf);
} commands[] = {
	{ "frames", 2, main_run_frames },
	{ "mailbox", 1, main_run_mailbox },
	{ "stray", 1, main_run_stray },
	{ "registers", 1, main_run_registers },
	{ "bar", 2, main_run_bar },
	{ "canary", 2, main_run_canary },
	{ "reset", 1, main_run_reset },
	{ "survive", 1, main_run_survive },
	{ "load", 1, main_run_load },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (argc == 2 + commands[i].functions &&
		    !strcmp(argv[1], commands[i].name))
			return commands[i].run(argv + 2);
	errx(2, "usage: vane-vfio frames|bar|canary BDF BDF\n"
	     "       vane-vfio mailbox|stray|registers|reset|survive|load BDF");
}
