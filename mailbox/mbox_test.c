// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE mailbox: KUnit tests, against registers and slots in memory.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "vane_mbox.h"

/* Long enough for a busy machine, and short enough for tests that wait for it */
#define TEST_PATIENCE		(30 * HZ)
#define TEST_TIMEOUT		max(HZ / 50, 2)

/* Free-running indices have 16 bits: so many messages wrap them */
#define TEST_WRAP		(U16_MAX + 600)

/*
 * The VF's end
 */

/**
 * struct fake_vf - registers of a VF's mailbox
 * @test: its test
 * @mbox: the end under test
 * @gone: all reads give ones
 * @generation: GENERATION
 * @status: STATUS
 * @state: MBOX_STATE
 * @req: request window
 * @rsp: response window
 * @doorbells: how often the doorbell rang
 * @doorbell: what was written to it last
 * @reads: reads of any register
 * @writes: writes of any
 * @polls: reads of MBOX_STATE while a request is outstanding
 * @answer: what the device does at the doorbell; NULL for nothing
 * @poll: what happens at a read of MBOX_STATE; NULL for nothing
 */
struct fake_vf {
	struct kunit *test;
	struct vane_mbox_vf mbox;
	bool gone;
	u32 generation;
	u32 status;
	u32 state;
	struct vane_msg req;
	struct vane_msg rsp;
	unsigned int doorbells;
	u32 doorbell;
	unsigned int reads;
	unsigned int writes;
	unsigned int polls;
	void (*answer)(struct fake_vf *fake);
	void (*poll)(struct fake_vf *fake);
};

static u32 vane_mbox_test_fake_vf_rd32(void *ctx, u32 reg)
{
	struct fake_vf *fake = ctx;

	fake->reads++;
	if (fake->gone)
		return ~0U;
	switch (reg) {
	case VANE_REG_GENERATION:
		return fake->generation;
	case VANE_REG_STATUS:
		return fake->status;
	case VANE_REG_MBOX_STATE:
		if (fake->state & VANE_MBOX_STATE_BUSY)
			fake->polls++;
		if (fake->poll)
			fake->poll(fake);
		return fake->state;
	}
	KUNIT_FAIL(fake->test, "read of register %#x", reg);
	return 0;
}

static u64 vane_mbox_test_fake_vf_rd64(void *ctx, u32 reg)
{
	struct fake_vf *fake = ctx;
	const __le32 *rsp = (const __le32 *)&fake->rsp;
	u32 i = (reg - VANE_REG_MBOX_RSP) / 4;

	fake->reads++;
	if (fake->gone)
		return ~0ULL;
	switch (reg) {
	case VANE_REG_MBOX_RSP ... VANE_REG_MBOX_RSP + VANE_MBOX_SIZE - 8:
		return le32_to_cpu(rsp[i]) | (u64)le32_to_cpu(rsp[i + 1]) << 32;
	}
	KUNIT_FAIL(fake->test, "64-bit read of register %#x", reg);
	return 0;
}

static void vane_mbox_test_fake_vf_wr32(void *ctx, u32 reg, u32 val)
{
	struct fake_vf *fake = ctx;

	fake->writes++;
	switch (reg) {
	case VANE_REG_MBOX_DB:
		KUNIT_EXPECT_FALSE(fake->test,
				   fake->state & VANE_MBOX_STATE_BUSY);
		fake->doorbells++;
		fake->doorbell = val;
		fake->state = VANE_MBOX_STATE_BUSY;
		if (fake->answer)
			fake->answer(fake);
		return;
	}
	KUNIT_FAIL(fake->test, "write of register %#x", reg);
}

static void vane_mbox_test_fake_vf_wr64(void *ctx, u32 reg, u64 val)
{
	struct fake_vf *fake = ctx;
	__le32 *req = (__le32 *)&fake->req;
	u32 i = (reg - VANE_REG_MBOX_REQ) / 4;

	fake->writes++;
	switch (reg) {
	case VANE_REG_MBOX_REQ ... VANE_REG_MBOX_REQ + VANE_MBOX_SIZE - 8:
		req[i] = cpu_to_le32(lower_32_bits(val));
		req[i + 1] = cpu_to_le32(upper_32_bits(val));
		return;
	}
	KUNIT_FAIL(fake->test, "64-bit write of register %#x", reg);
}

/* Put a reply into the window */
static void vane_mbox_test_fake_vf_reply(struct fake_vf *fake, u16 seq, u16 status, u16 len)
{
	u16 i;

	fake->rsp.hdr.op = fake->req.hdr.op;
	fake->rsp.hdr.seq = cpu_to_le16(seq);
	fake->rsp.hdr.status = cpu_to_le16(status);
	fake->rsp.hdr.len = cpu_to_le16(len);
	for (i = 0; i < min_t(u16, len, sizeof(fake->rsp.body)); i++)
		fake->rsp.body[i] = seq + i;
	fake->state = 0;
	vane_mbox_vf_event(&fake->mbox);
}

static u16 vane_mbox_test_fake_vf_seq(struct fake_vf *fake)
{
	return le16_to_cpu(fake->req.hdr.seq);
}

static void vane_mbox_test_answer_ok(struct fake_vf *fake)
{
	vane_mbox_test_fake_vf_reply(fake, vane_mbox_test_fake_vf_seq(fake), VANE_OK, 8);
}

static struct fake_vf *vane_mbox_test_make_vf(struct kunit *test)
{
	const struct vane_mbox_io io = {
		.rd32 = vane_mbox_test_fake_vf_rd32,
		.wr32 = vane_mbox_test_fake_vf_wr32,
		.rd64 = vane_mbox_test_fake_vf_rd64,
		.wr64 = vane_mbox_test_fake_vf_wr64,
	};
	struct fake_vf *fake;

	fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->test = test;
	fake->generation = 5;
	fake->status = VANE_STATUS_PF_READY;
	fake->answer = vane_mbox_test_answer_ok;
	vane_mbox_vf_init(&fake->mbox, &io);
	fake->mbox.io.ctx = fake;
	fake->mbox.timeout = TEST_PATIENCE;
	vane_mbox_vf_start(&fake->mbox, fake->generation);
	return fake;
}

static int vane_mbox_test_request(struct fake_vf *fake, u8 *rsp, u16 rsp_len)
{
	static const u8 body[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	return vane_mbox_request(&fake->mbox, VANE_MBOX_MAC_SET, body,
				 sizeof(body), rsp, rsp_len);
}

/* A further request works, and gets the reply to itself */
static void vane_mbox_test_expect_usable(struct fake_vf *fake)
{
	u8 rsp[8] = {};

	fake->answer = vane_mbox_test_answer_ok;
	fake->poll = NULL;
	KUNIT_EXPECT_EQ(fake->test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), 0);
	KUNIT_EXPECT_EQ(fake->test, rsp[7], (u8)(vane_mbox_test_fake_vf_seq(fake) + 7));
}

static void vane_mbox_test_vf_round_trip(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 rsp[8] = {};
	u16 seq;

	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), 0);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 1);
	KUNIT_EXPECT_EQ(test, fake->doorbell, sizeof(fake->req.hdr) + 8);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(fake->req.hdr.op), VANE_MBOX_MAC_SET);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(fake->req.hdr.len), 8);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(fake->req.hdr.status), 0);
	KUNIT_EXPECT_EQ(test, fake->req.body[0], 1);
	KUNIT_EXPECT_EQ(test, fake->req.body[7], 8);

	seq = vane_mbox_test_fake_vf_seq(fake);
	KUNIT_EXPECT_EQ(test, rsp[0], (u8)seq);
	vane_mbox_test_expect_usable(fake);
	KUNIT_EXPECT_NE(test, vane_mbox_test_fake_vf_seq(fake), seq);
}

static void vane_mbox_test_vf_longest(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 body[VANE_MSG_BODY_MAX + 1] = {};
	u8 rsp[VANE_MSG_BODY_MAX + 1] = {};

	body[VANE_MSG_BODY_MAX - 1] = 77;
	KUNIT_EXPECT_EQ(test,
			vane_mbox_request(&fake->mbox, VANE_MBOX_MAC_SET, body,
					  VANE_MSG_BODY_MAX, rsp, 0), 0);
	KUNIT_EXPECT_EQ(test, fake->doorbell, VANE_MBOX_SIZE);
	KUNIT_EXPECT_EQ(test, fake->req.body[VANE_MSG_BODY_MAX - 1], 77);

	KUNIT_EXPECT_EQ(test,
			vane_mbox_request(&fake->mbox, VANE_MBOX_MAC_SET, body,
					  VANE_MSG_BODY_MAX + 1, rsp, 0),
			-EMSGSIZE);
	KUNIT_EXPECT_EQ(test,
			vane_mbox_request(&fake->mbox, VANE_MBOX_MAC_SET, body,
					  8, rsp, VANE_MSG_BODY_MAX + 1),
			-EMSGSIZE);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 1);
}

static void vane_mbox_test_answer_denied(struct fake_vf *fake)
{
	vane_mbox_test_fake_vf_reply(fake, vane_mbox_test_fake_vf_seq(fake), VANE_ERR_DENIED, 8);
}

static void vane_mbox_test_vf_refused_by_pf(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 rsp[8] = { 99 };

	fake->answer = vane_mbox_test_answer_denied;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -EPERM);
	KUNIT_EXPECT_EQ(test, rsp[0], 99);
	vane_mbox_test_expect_usable(fake);
}

static void vane_mbox_test_answer_short(struct fake_vf *fake)
{
	vane_mbox_test_fake_vf_reply(fake, vane_mbox_test_fake_vf_seq(fake), VANE_OK, 7);
}

static void vane_mbox_test_answer_longer(struct fake_vf *fake)
{
	vane_mbox_test_fake_vf_reply(fake, vane_mbox_test_fake_vf_seq(fake), VANE_OK, 9);
}

static void vane_mbox_test_answer_too_long(struct fake_vf *fake)
{
	vane_mbox_test_fake_vf_reply(fake, vane_mbox_test_fake_vf_seq(fake), VANE_OK,
				     VANE_MSG_BODY_MAX + 1);
}

static void vane_mbox_test_vf_reply_length(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 rsp[9] = { [0] = 99, [8] = 99 };

	fake->answer = vane_mbox_test_answer_short;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, 8), -EPROTO);
	fake->answer = vane_mbox_test_answer_too_long;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, 8), -EPROTO);
	KUNIT_EXPECT_EQ(test, rsp[0], 99);

	/* A newer PF says more than is asked */
	fake->answer = vane_mbox_test_answer_longer;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, 8), 0);
	KUNIT_EXPECT_EQ(test, rsp[7], (u8)(vane_mbox_test_fake_vf_seq(fake) + 7));
	KUNIT_EXPECT_EQ(test, rsp[8], 99);
}

static void vane_mbox_test_answer_replay(struct fake_vf *fake)
{
	vane_mbox_test_fake_vf_reply(fake, vane_mbox_test_fake_vf_seq(fake) - 1, VANE_OK, 8);
}

static void vane_mbox_test_answer_other_op(struct fake_vf *fake)
{
	vane_mbox_test_fake_vf_reply(fake, vane_mbox_test_fake_vf_seq(fake), VANE_OK, 8);
	fake->rsp.hdr.op = cpu_to_le16(VANE_MBOX_RX_MODE);
}

static void vane_mbox_test_vf_reply_to_other(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 rsp[8] = { 99 };

	fake->answer = vane_mbox_test_answer_replay;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -EPROTO);
	fake->answer = vane_mbox_test_answer_other_op;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -EPROTO);
	KUNIT_EXPECT_EQ(test, rsp[0], 99);
	vane_mbox_test_expect_usable(fake);
}

/* The reply to a request that was given up comes while the next one waits */
static void vane_mbox_test_poll_late_reply(struct fake_vf *fake)
{
	if (fake->doorbells == 1 && fake->state & VANE_MBOX_STATE_BUSY)
		vane_mbox_test_fake_vf_reply(fake, vane_mbox_test_fake_vf_seq(fake), VANE_OK, 8);
}

static void vane_mbox_test_vf_late_reply(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 rsp[8] = { 99 };

	fake->answer = NULL;
	fake->mbox.timeout = TEST_TIMEOUT;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -ETIMEDOUT);
	/* Still outstanding: nothing may be sent */
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 1);
	KUNIT_EXPECT_EQ(test, rsp[0], 99);

	fake->mbox.timeout = TEST_PATIENCE;
	fake->answer = vane_mbox_test_answer_ok;
	fake->poll = vane_mbox_test_poll_late_reply;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), 0);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 2);
	KUNIT_EXPECT_EQ(test, rsp[7], (u8)(vane_mbox_test_fake_vf_seq(fake) + 7));
}

/* The interrupt of the reply is lost */
static void vane_mbox_test_answer_silently(struct fake_vf *fake)
{
	vane_mbox_test_answer_ok(fake);
	reinit_completion(&fake->mbox.wake);
	fake->state = VANE_MBOX_STATE_BUSY;
}

static void vane_mbox_test_poll_done_later(struct fake_vf *fake)
{
	if (fake->polls > 1)
		fake->state = 0;
}

static void vane_mbox_test_vf_lost_interrupt(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	unsigned long start = jiffies;
	u8 rsp[8] = {};

	fake->answer = vane_mbox_test_answer_silently;
	fake->poll = vane_mbox_test_poll_done_later;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), 0);
	KUNIT_EXPECT_TRUE(test,
			  time_before(jiffies, start + TEST_PATIENCE / 2));
	vane_mbox_test_expect_usable(fake);
}

static void vane_mbox_test_poll_reset(struct fake_vf *fake)
{
	if (fake->polls != 2)
		return;
	fake->generation++;
	fake->state = 0;
}

static void vane_mbox_test_answer_and_reset(struct fake_vf *fake)
{
	vane_mbox_test_answer_ok(fake);
	fake->generation++;
}

static void vane_mbox_test_vf_new_generation(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 rsp[8] = {};

	fake->answer = NULL;
	fake->poll = vane_mbox_test_poll_reset;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -ECONNRESET);
	vane_mbox_vf_start(&fake->mbox, fake->generation);
	vane_mbox_test_expect_usable(fake);

	fake->answer = vane_mbox_test_answer_and_reset;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -ECONNRESET);
	/* The owner does not know of it yet */
	fake->answer = vane_mbox_test_answer_ok;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -ECONNRESET);
	vane_mbox_vf_start(&fake->mbox, fake->generation);
	vane_mbox_test_expect_usable(fake);
}

/* What a request costs: STATUS, the window, the doorbell, MBOX_STATE, the window */
static void vane_mbox_test_vf_accesses(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 rsp[8];

	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, fake->reads, 3);
	KUNIT_EXPECT_EQ(test, fake->writes, 3);

	/* The reply's body, and whether it is still that */
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), 0);
	KUNIT_EXPECT_EQ(test, fake->reads, 3 + 5);
	KUNIT_EXPECT_EQ(test, fake->writes, 3 + 3);
}

/* A window that a reset has cleared answers nothing */
static void vane_mbox_test_vf_numbers(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);

	fake->mbox.seq = U16_MAX;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_fake_vf_seq(fake), 1);
}

static void vane_mbox_test_vf_pf_not_ready(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 rsp[8];

	fake->status = VANE_STATUS_LINK_UP;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 0);
	fake->status = VANE_STATUS_PF_READY;
	vane_mbox_test_expect_usable(fake);
}

static void vane_mbox_test_answer_refused(struct fake_vf *fake)
{
	fake->state = FIELD_PREP(VANE_MBOX_STATE_ERROR, VANE_ERROR_DISABLED);
}

static void vane_mbox_test_vf_doorbell_refused(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 rsp[8];

	fake->answer = vane_mbox_test_answer_refused;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -EIO);
	vane_mbox_test_expect_usable(fake);
}

static void vane_mbox_test_answer_gone(struct fake_vf *fake)
{
	fake->gone = true;
}

static void vane_mbox_test_vf_device_gone(struct kunit *test)
{
	struct fake_vf *fake = vane_mbox_test_make_vf(test);
	u8 rsp[8];

	fake->answer = vane_mbox_test_answer_gone;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -ENODEV);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_request(fake, rsp, sizeof(rsp)), -ENODEV);
	KUNIT_EXPECT_EQ(test, fake->doorbells, 1);
}

/*
 * The PF's end
 */

#define FAKE_VFS	16

/**
 * struct fake_pf - the device as the PF sees it
 * @test: its test
 * @mbox: the end under test
 * @rq: its receive queue
 * @sq: its send queue
 * @turns: what it has taken out of the receive queue
 * @refuse: the device refuses the queues
 * @rq_off: the receive queue is disabled
 * @rq_tail: slots filled, free-running
 * @rq_db: slots returned
 * @sq_head: slots done, free-running
 * @sq_db: slots filled
 * @sq_doorbells: how often that doorbell rang
 * @hang: the device does not read the send queue
 * @status: of each command
 * @answer_len: bytes of a command's answer
 * @commands: commands done
 * @out_of_order: commands whose number was not the next
 * @replies: replies done
 * @reply: the last
 * @peers: the VFs
 * @seen: VFs in the order in which their requests were handled
 * @num_seen: how many
 * @resets: calls of the reset callback
 * @queue_errors: calls of the queue error callback
 * @refused: calls of the refused callback
 * @repost: VFs, as bits, that send another request as soon as one is handled
 * @refill: the device has another notice whenever a slot is returned
 * @stop: stops the mailbox from elsewhere
 */
struct fake_pf {
	struct kunit *test;
	struct vane_mbox_pf mbox;
	struct vane_rq_slot *rq;
	struct vane_sq_slot *sq;
	struct vane_mbox_turns *turns;
	bool refuse;
	bool rq_off;
	u16 rq_tail;
	u16 rq_db;
	u16 sq_head;
	u16 sq_db;
	unsigned int sq_doorbells;
	bool hang;
	u16 status;
	u16 answer_len;
	u32 commands;
	unsigned int out_of_order;
	unsigned int replies;
	struct vane_sq_slot reply;
	struct vane_mbox_peer peers[FAKE_VFS];
	u16 seen[256];
	unsigned int num_seen;
	unsigned int resets;
	unsigned int queue_errors;
	unsigned int refused;
	unsigned long repost;
	bool refill;
	struct delayed_work stop;
};

static bool vane_mbox_test_odd_pass(u16 index, u8 log2)
{
	return index >> log2 & 1;
}

static void vane_mbox_test_fake_pf_do_slot(struct fake_pf *fake, struct vane_sq_slot *slot)
{
	u64 done = vane_mbox_test_odd_pass(fake->sq_head, VANE_MBOX_SQ_LOG2) ?
		   0 : VANE_SLOT_PHASE;

	if (slot->type == VANE_SQ_COMMAND) {
		__le32 number;

		memcpy(&number, slot->msg.body, sizeof(number));
		if (le32_to_cpu(number) != fake->commands++)
			fake->out_of_order++;
		memset(slot->msg.body, 0xa5, fake->answer_len);
		done |= FIELD_PREP(VANE_SLOT_STATUS, fake->status) |
			FIELD_PREP(VANE_SLOT_LEN, fake->answer_len);
	} else {
		fake->replies++;
		fake->reply = *slot;
	}
	slot->done = cpu_to_le64(done);
	fake->sq_head++;
}

static void vane_mbox_test_fake_pf_run(struct fake_pf *fake)
{
	u16 mask = BIT(VANE_MBOX_SQ_LOG2) - 1;

	while (!fake->hang && fake->sq_head != fake->sq_db)
		vane_mbox_test_fake_pf_do_slot(fake, &fake->sq[fake->sq_head & mask]);
}

static u32 vane_mbox_test_fake_pf_rd32(void *ctx, u32 reg)
{
	struct fake_pf *fake = ctx;

	switch (reg) {
	case VANE_REG_RQ_STATE:
	case VANE_REG_SQ_STATE:
		return fake->refuse ? FIELD_PREP(VANE_Q_STATE_ERROR,
						 VANE_ERROR_DISABLED) :
				      VANE_Q_STATE_ENABLED;
	}
	KUNIT_FAIL(fake->test, "read of register %#x", reg);
	return 0;
}

static void vane_mbox_test_post_notice(struct fake_pf *fake, u16 vf, u32 generation,
				       u32 notice);

static void vane_mbox_test_fake_pf_wr32(void *ctx, u32 reg, u32 val)
{
	struct fake_pf *fake = ctx;

	switch (reg) {
	case VANE_REG_RQ_BASE:
	case VANE_REG_SQ_BASE:
	case VANE_REG_RQ_BASE + 4:
	case VANE_REG_SQ_BASE + 4:
		return;
	case VANE_REG_RQ_SIZE:
		KUNIT_EXPECT_EQ(fake->test, val, VANE_MBOX_RQ_LOG2);
		return;
	case VANE_REG_SQ_SIZE:
		KUNIT_EXPECT_EQ(fake->test, val, VANE_MBOX_SQ_LOG2);
		return;
	case VANE_REG_RQ_CTRL:
		fake->rq_off = !val;
		fake->rq_tail = 0;
		fake->rq_db = 0;
		return;
	case VANE_REG_SQ_CTRL:
		fake->sq_head = 0;
		fake->sq_db = 0;
		return;
	case VANE_REG_RQ_DB:
		/* When it is off, what it holds is read all the same */
		if (!fake->rq_off)
			KUNIT_EXPECT_LE(fake->test, (u16)(val - fake->rq_db),
					(u16)(fake->rq_tail - fake->rq_db));
		fake->rq_db = val;
		if (fake->refill)
			vane_mbox_test_post_notice(fake, 2, 5,
						   VANE_NOTICE_QUEUE_ERROR);
		return;
	case VANE_REG_SQ_DB:
		fake->sq_db = val;
		fake->sq_doorbells++;
		vane_mbox_test_fake_pf_run(fake);
		return;
	}
	KUNIT_FAIL(fake->test, "write of register %#x", reg);
}

/* The slot that the device fills next, filled but for the phase */
static struct vane_rq_slot *vane_mbox_test_fill_slot(struct fake_pf *fake, u16 vf, u8 type,
						     u32 generation)
{
	u16 mask = BIT(VANE_MBOX_RQ_LOG2) - 1;
	struct vane_rq_slot *slot = &fake->rq[fake->rq_tail & mask];

	slot->vf = cpu_to_le16(vf);
	slot->type = type;
	slot->generation = cpu_to_le32(generation);
	slot->notice = 0;
	return slot;
}

static void vane_mbox_test_pass_slot(struct fake_pf *fake, struct vane_rq_slot *slot, u16 len)
{
	u64 valid = FIELD_PREP(VANE_SLOT_LEN, len);

	if (!vane_mbox_test_odd_pass(fake->rq_tail, VANE_MBOX_RQ_LOG2))
		valid |= VANE_SLOT_PHASE;
	slot->valid = cpu_to_le64(valid);
	fake->rq_tail++;
}

static void vane_mbox_test_post_request(struct fake_pf *fake, u16 vf, u32 generation, u16 op,
					u16 seq, u16 len)
{
	struct vane_rq_slot *slot = vane_mbox_test_fill_slot(fake, vf, VANE_RQ_REQUEST,
							     generation);

	memset(&slot->msg, 0, sizeof(slot->msg));
	slot->msg.hdr.op = cpu_to_le16(op);
	slot->msg.hdr.seq = cpu_to_le16(seq);
	slot->msg.hdr.len = cpu_to_le16(len);
	slot->msg.body[0] = 42;
	vane_mbox_test_pass_slot(fake, slot, sizeof(slot->msg.hdr) + len);
}

static void vane_mbox_test_post_notice(struct fake_pf *fake, u16 vf, u32 generation,
				       u32 notice)
{
	struct vane_rq_slot *slot = vane_mbox_test_fill_slot(fake, vf, VANE_RQ_NOTICE,
							     generation);

	slot->notice = cpu_to_le32(notice);
	slot->error = cpu_to_le16(VANE_ERROR_RESERVED);
	slot->queue = cpu_to_le16(3);
	vane_mbox_test_pass_slot(fake, slot, 0);
}

static int vane_mbox_test_handle_echo(void *ctx, u16 vf, const void *req, void *rsp)
{
	struct fake_pf *fake = ctx;

	fake->seen[fake->num_seen++ % ARRAY_SIZE(fake->seen)] = vf;
	memcpy(rsp, req, 8);
	if (fake->repost & BIT(vf))
		vane_mbox_test_post_request(fake, vf, fake->peers[vf].generation,
					    VANE_MBOX_MAC_SET, 0, 8);
	return 0;
}

static int vane_mbox_test_handle_negotiate(void *ctx, u16 vf, const void *req, void *rsp)
{
	struct fake_pf *fake = ctx;

	fake->peers[vf].state = VANE_MBOX_PEER_READY;
	return vane_mbox_test_handle_echo(ctx, vf, req, rsp);
}

static int vane_mbox_test_handle_failing(void *ctx, u16 vf, const void *req, void *rsp)
{
	memset(rsp, 0xff, 8);
	return -ENOSPC;
}

static const struct vane_mbox_handler fake_table[] = {
	{
		.op = VANE_MBOX_NEGOTIATE,
		.name = "negotiate",
		.req_len = 8,
		.rsp_len = 8,
		.state = VANE_MBOX_PEER_RESET,
		.handle = vane_mbox_test_handle_negotiate,
	}, {
		.op = VANE_MBOX_MAC_SET,
		.name = "echo",
		.req_len = 8,
		.rsp_len = 8,
		.state = VANE_MBOX_PEER_READY,
		.handle = vane_mbox_test_handle_echo,
	}, {
		.op = VANE_MBOX_RX_MODE,
		.name = "trusted",
		.req_len = 8,
		.rsp_len = 8,
		.state = VANE_MBOX_PEER_READY,
		.needs_trust = true,
		.handle = vane_mbox_test_handle_echo,
	}, {
		.op = VANE_MBOX_VLAN_ADD,
		.name = "failing",
		.req_len = 8,
		.rsp_len = 8,
		.state = VANE_MBOX_PEER_READY,
		.handle = vane_mbox_test_handle_failing,
	},
};

static struct vane_mbox_peer *vane_mbox_test_fake_peer(void *ctx, u16 vf)
{
	struct fake_pf *fake = ctx;

	return vf < FAKE_VFS ? &fake->peers[vf] : NULL;
}

static void vane_mbox_test_fake_reset(void *ctx, u16 vf)
{
	struct fake_pf *fake = ctx;

	fake->resets++;
}

static void vane_mbox_test_fake_queue_error(void *ctx, u16 vf, u16 error, u16 queue)
{
	struct fake_pf *fake = ctx;

	KUNIT_EXPECT_EQ(fake->test, error, VANE_ERROR_RESERVED);
	KUNIT_EXPECT_EQ(fake->test, queue, 3);
	fake->queue_errors++;
}

static void vane_mbox_test_fake_refused(void *ctx, u16 vf, const char *name, u16 op, int err)
{
	struct fake_pf *fake = ctx;

	fake->refused++;
}

static const struct vane_mbox_pf_ops fake_ops = {
	.table = fake_table,
	.table_len = ARRAY_SIZE(fake_table),
	.peer = vane_mbox_test_fake_peer,
	.reset = vane_mbox_test_fake_reset,
	.queue_error = vane_mbox_test_fake_queue_error,
	.refused = vane_mbox_test_fake_refused,
};

static struct fake_pf *vane_mbox_test_make_pf(struct kunit *test)
{
	const struct vane_mbox_io io = {
		.rd32 = vane_mbox_test_fake_pf_rd32,
		.wr32 = vane_mbox_test_fake_pf_wr32,
	};
	struct vane_mbox_ring rq = { .log2 = VANE_MBOX_RQ_LOG2 };
	struct vane_mbox_ring sq = { .log2 = VANE_MBOX_SQ_LOG2 };
	struct fake_pf *fake;
	int i;

	fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->rq = kunit_kzalloc(test, VANE_MBOX_RQ_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->rq);
	fake->sq = kunit_kzalloc(test, VANE_MBOX_SQ_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->sq);
	fake->turns = kunit_kzalloc(test, sizeof(*fake->turns), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->turns);
	rq.slots = fake->rq;
	sq.slots = fake->sq;
	fake->test = test;
	fake->answer_len = 8;
	for (i = 0; i < FAKE_VFS; i++) {
		fake->peers[i].state = VANE_MBOX_PEER_READY;
		fake->peers[i].generation = 5;
	}

	vane_mbox_pf_init(&fake->mbox, &io, &fake_ops, fake, &rq, &sq,
			  fake->turns);
	fake->mbox.io.ctx = fake;
	fake->mbox.timeout = TEST_PATIENCE;
	KUNIT_ASSERT_EQ(test, vane_mbox_pf_start(&fake->mbox), 0);
	return fake;
}

static u16 vane_mbox_test_reply_status(const struct fake_pf *fake)
{
	return le16_to_cpu(fake->reply.msg.hdr.status);
}

/*
 * Dispatch
 */

static u16 vane_mbox_test_dispatch(struct fake_pf *fake, const struct vane_msg *req, u16 len,
				   struct vane_msg *rsp)
{
	return vane_mbox_dispatch(&fake_ops, fake, &fake->peers[1], 1, req, len,
				  rsp);
}

/* @req is refused with @status, without its handler having seen it */
static void vane_mbox_test_expect_refused(struct fake_pf *fake, const struct vane_msg *req,
					  u16 len, u16 status)
{
	unsigned int refused = fake->refused;
	unsigned int seen = fake->num_seen;
	struct vane_msg rsp;

	memset(&rsp, 0xee, sizeof(rsp));
	KUNIT_EXPECT_EQ(fake->test, vane_mbox_test_dispatch(fake, req, len, &rsp),
			sizeof(rsp.hdr));
	KUNIT_EXPECT_EQ(fake->test, le16_to_cpu(rsp.hdr.status), status);
	KUNIT_EXPECT_EQ(fake->test, le16_to_cpu(rsp.hdr.len), 0);
	KUNIT_EXPECT_EQ(fake->test, fake->num_seen, seen);
	KUNIT_EXPECT_EQ(fake->test, fake->refused, refused + 1);
}

static struct vane_msg vane_mbox_test_make_msg(u16 op, u16 len)
{
	return (struct vane_msg){
		.hdr.op = cpu_to_le16(op),
		.hdr.len = cpu_to_le16(len),
		.hdr.seq = cpu_to_le16(7),
	};
}

static void vane_mbox_test_dispatch_errors(struct kunit *test)
{
	u16 status;
	int err;

	for (status = VANE_OK; status <= VANE_ERR_INTERNAL; status++) {
		err = vane_status_to_errno(status);
		KUNIT_EXPECT_EQ(test, !err, status == VANE_OK);
		KUNIT_EXPECT_EQ(test, vane_errno_to_status(err), status);
	}
	KUNIT_EXPECT_EQ(test, vane_status_to_errno(VANE_ERR_INTERNAL + 1),
			-EIO);
	KUNIT_EXPECT_EQ(test, vane_status_to_errno(U16_MAX), -EIO);
	KUNIT_EXPECT_EQ(test, vane_errno_to_status(-ENOMEM), VANE_ERR_INTERNAL);
}

static void vane_mbox_test_dispatch_accepts(struct kunit *test)
{
	struct vane_msg req = vane_mbox_test_make_msg(VANE_MBOX_MAC_SET, 8);
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_msg rsp;

	req.body[0] = 42;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_dispatch(fake, &req, 16, &rsp), 16);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(rsp.hdr.op), VANE_MBOX_MAC_SET);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(rsp.hdr.seq), 7);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(rsp.hdr.len), 8);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(rsp.hdr.status), VANE_OK);
	KUNIT_EXPECT_EQ(test, rsp.body[0], 42);

	/* A newer VF driver says more than this one reads */
	req = vane_mbox_test_make_msg(VANE_MBOX_MAC_SET, VANE_MSG_BODY_MAX);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_dispatch(fake, &req, VANE_MBOX_SIZE, &rsp), 16);
	KUNIT_EXPECT_EQ(test, fake->num_seen, 2);
	KUNIT_EXPECT_EQ(test, fake->refused, 0);
}

static void vane_mbox_test_dispatch_unknown_op(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_msg req = vane_mbox_test_make_msg(0, 8);

	vane_mbox_test_expect_refused(fake, &req, 16, VANE_ERR_UNSUPPORTED);
	req = vane_mbox_test_make_msg(U16_MAX, 8);
	vane_mbox_test_expect_refused(fake, &req, 16, VANE_ERR_UNSUPPORTED);
}

static void vane_mbox_test_dispatch_length(struct kunit *test)
{
	struct vane_msg req = vane_mbox_test_make_msg(VANE_MBOX_MAC_SET, 8);
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	u16 len;

	/* Truncated, in the header or behind it */
	for (len = 0; len < 16; len++)
		vane_mbox_test_expect_refused(fake, &req, len, VANE_ERR_LENGTH);
	/* More came than the header says */
	vane_mbox_test_expect_refused(fake, &req, 17, VANE_ERR_LENGTH);
	/* The header is consistent, the body too short for the opcode */
	req = vane_mbox_test_make_msg(VANE_MBOX_MAC_SET, 7);
	vane_mbox_test_expect_refused(fake, &req, 15, VANE_ERR_LENGTH);
	/* The header says more than can be */
	req = vane_mbox_test_make_msg(VANE_MBOX_MAC_SET, U16_MAX);
	vane_mbox_test_expect_refused(fake, &req, VANE_MBOX_SIZE, VANE_ERR_LENGTH);
	/* ... and wraps round to what came */
	req = vane_mbox_test_make_msg(VANE_MBOX_MAC_SET, U16_MAX - 7);
	vane_mbox_test_expect_refused(fake, &req, 0, VANE_ERR_LENGTH);
	vane_mbox_test_expect_refused(fake, &req, 8, VANE_ERR_LENGTH);
}

static void vane_mbox_test_dispatch_state(struct kunit *test)
{
	struct vane_msg req = vane_mbox_test_make_msg(VANE_MBOX_MAC_SET, 8);
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_msg rsp;

	fake->peers[1].state = VANE_MBOX_PEER_RESET;
	vane_mbox_test_expect_refused(fake, &req, 16, VANE_ERR_STATE);
	req = vane_mbox_test_make_msg(VANE_MBOX_NEGOTIATE, 8);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_dispatch(fake, &req, 16, &rsp), 16);
	req = vane_mbox_test_make_msg(VANE_MBOX_MAC_SET, 8);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_dispatch(fake, &req, 16, &rsp), 16);
}

static void vane_mbox_test_dispatch_trust(struct kunit *test)
{
	struct vane_msg req = vane_mbox_test_make_msg(VANE_MBOX_RX_MODE, 8);
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_msg rsp;

	vane_mbox_test_expect_refused(fake, &req, 16, VANE_ERR_DENIED);
	fake->peers[1].trusted = true;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_dispatch(fake, &req, 16, &rsp), 16);
}

static void vane_mbox_test_dispatch_status_set(struct kunit *test)
{
	struct vane_msg req = vane_mbox_test_make_msg(VANE_MBOX_MAC_SET, 8);
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	req.hdr.status = cpu_to_le16(VANE_ERR_BUSY);
	vane_mbox_test_expect_refused(fake, &req, 16, VANE_ERR_INVALID);
}

static void vane_mbox_test_dispatch_handler_fails(struct kunit *test)
{
	struct vane_msg req = vane_mbox_test_make_msg(VANE_MBOX_VLAN_ADD, 8);
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_msg rsp;

	KUNIT_EXPECT_EQ(test, vane_mbox_test_dispatch(fake, &req, 16, &rsp), 8);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(rsp.hdr.status), VANE_ERR_NO_SPACE);
	/* What it had written is not told */
	KUNIT_EXPECT_EQ(test, rsp.body[0], 0);
}

static void vane_mbox_test_dispatch_noise(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct rnd_state rnd;
	struct vane_msg req;
	struct vane_msg rsp;
	u16 req_len, len;
	int i;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 20000; i++) {
		prandom_bytes_state(&rnd, &req, sizeof(req));
		req_len = prandom_u32_state(&rnd) % (VANE_MBOX_SIZE + 1);
		/* Let some come far */
		if (i & 1)
			req.hdr.op = cpu_to_le16(i / 8 % 8);
		if (i & 2)
			req.hdr.len = cpu_to_le16(req_len - 8);
		if (i & 4)
			req.hdr.status = 0;
		len = vane_mbox_test_dispatch(fake, &req, req_len, &rsp);
		KUNIT_ASSERT_EQ(test, len, 8 + le16_to_cpu(rsp.hdr.len));
		KUNIT_ASSERT_LE(test, len, VANE_MBOX_SIZE);
		KUNIT_ASSERT_LE(test, le16_to_cpu(rsp.hdr.status),
				VANE_ERR_INTERNAL);
		if (req_len >= 8)
			KUNIT_ASSERT_EQ(test, le16_to_cpu(rsp.hdr.seq),
					le16_to_cpu(req.hdr.seq));
	}
	KUNIT_EXPECT_GT(test, fake->num_seen, 0);
	KUNIT_EXPECT_GT(test, fake->refused, 0);
}

/*
 * Requests and notices
 */

static void vane_mbox_test_serve_replies(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 0);
	vane_mbox_test_post_request(fake, 3, 5, VANE_MBOX_MAC_SET, 9, 8);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 1);
	KUNIT_EXPECT_EQ(test, fake->replies, 1);
	KUNIT_EXPECT_EQ(test, fake->rq_db, 1);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(fake->reply.vf), 3);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(fake->reply.generation), 5);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(fake->reply.msg.hdr.seq), 9);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_reply_status(fake), VANE_OK);
	KUNIT_EXPECT_EQ(test, fake->reply.msg.body[0], 42);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 0);
}

static void vane_mbox_test_serve_unfinished_slot(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_rq_slot *slot;

	/* The device has yet to write the phase */
	slot = vane_mbox_test_fill_slot(fake, 3, VANE_RQ_NOTICE, 5);
	slot->notice = cpu_to_le32(VANE_NOTICE_QUEUE_ERROR);
	slot->error = cpu_to_le16(VANE_ERROR_RESERVED);
	slot->queue = cpu_to_le16(3);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 0);
	KUNIT_EXPECT_EQ(test, fake->queue_errors, 0);
	vane_mbox_test_pass_slot(fake, slot, 0);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 1);
	KUNIT_EXPECT_EQ(test, fake->queue_errors, 1);
	KUNIT_EXPECT_EQ(test, fake->replies, 0);
}

static void vane_mbox_test_serve_oversized(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_rq_slot *slot;

	/* Lengths that no slot can hold must not reach beyond it */
	slot = vane_mbox_test_fill_slot(fake, 3, VANE_RQ_REQUEST, 5);
	memset(&slot->msg, 0, sizeof(slot->msg));
	slot->msg.hdr.op = cpu_to_le16(VANE_MBOX_MAC_SET);
	slot->msg.hdr.len = cpu_to_le16(U16_MAX - 8);
	vane_mbox_test_pass_slot(fake, slot, U16_MAX);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 1);
	KUNIT_EXPECT_EQ(test, fake->replies, 1);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_reply_status(fake), VANE_ERR_LENGTH);
	KUNIT_EXPECT_EQ(test, fake->num_seen, 0);
}

static void vane_mbox_test_serve_truncated(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_rq_slot *slot;

	/* A whole message of before lies behind what came of this one */
	vane_mbox_test_post_request(fake, 3, 5, VANE_MBOX_MAC_SET, 9, 8);
	vane_mbox_pf_serve(&fake->mbox, 8);
	slot = vane_mbox_test_fill_slot(fake, 3, VANE_RQ_REQUEST, 5);
	vane_mbox_test_pass_slot(fake, slot, 4);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 1);
	KUNIT_EXPECT_EQ(test, fake->replies, 2);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_reply_status(fake), VANE_ERR_LENGTH);
	KUNIT_EXPECT_EQ(test, fake->num_seen, 1);
}

static void vane_mbox_test_serve_unknown_vf(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	vane_mbox_test_post_request(fake, FAKE_VFS, 5, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_test_post_request(fake, U16_MAX, 5, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_test_post_request(fake, 0, 5, VANE_MBOX_MAC_SET, 1, 8);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 2);
	KUNIT_EXPECT_EQ(test, fake->replies, 1);
	KUNIT_EXPECT_EQ(test, fake->rq_db, 3);
}

static void vane_mbox_test_serve_stale_generation(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	vane_mbox_test_post_request(fake, 3, 4, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_test_post_notice(fake, 3, 4, VANE_NOTICE_RESET);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 1);
	KUNIT_EXPECT_EQ(test, fake->replies, 0);
	KUNIT_EXPECT_EQ(test, fake->resets, 0);
	KUNIT_EXPECT_EQ(test, fake->peers[3].generation, 5);

	/* The count of generations wraps */
	fake->peers[3].generation = U32_MAX - 1;
	vane_mbox_test_post_request(fake, 3, 1, VANE_MBOX_NEGOTIATE, 1, 8);
	vane_mbox_pf_serve(&fake->mbox, 8);
	KUNIT_EXPECT_EQ(test, fake->replies, 1);
	KUNIT_EXPECT_EQ(test, fake->peers[3].generation, 1);
}

static void vane_mbox_test_serve_new_generation(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	/* By a notice */
	vane_mbox_test_post_notice(fake, 3, 6, VANE_NOTICE_RESET);
	vane_mbox_test_post_request(fake, 3, 6, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_pf_serve(&fake->mbox, 8);
	KUNIT_EXPECT_EQ(test, fake->resets, 1);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_reply_status(fake), VANE_ERR_STATE);

	/* By a request that overtook it */
	vane_mbox_test_post_request(fake, 3, 7, VANE_MBOX_NEGOTIATE, 1, 8);
	vane_mbox_test_post_notice(fake, 3, 7, VANE_NOTICE_RESET);
	vane_mbox_test_post_request(fake, 3, 7, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_pf_serve(&fake->mbox, 8);
	KUNIT_EXPECT_EQ(test, fake->resets, 2);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_reply_status(fake), VANE_OK);

	/* Others are not concerned */
	KUNIT_EXPECT_EQ(test, fake->peers[2].state, VANE_MBOX_PEER_READY);
}

static void vane_mbox_test_serve_first_word(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	/* A VF that continued while there was no driver was not reset */
	fake->peers[3].generation = 0;
	vane_mbox_test_post_request(fake, 3, 0x90000000, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_pf_serve(&fake->mbox, 8);
	KUNIT_EXPECT_EQ(test, fake->resets, 0);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_reply_status(fake), VANE_ERR_STATE);

	fake->peers[4].generation = 0;
	vane_mbox_test_post_notice(fake, 4, 9, VANE_NOTICE_RESET);
	vane_mbox_pf_serve(&fake->mbox, 8);
	KUNIT_EXPECT_EQ(test, fake->resets, 1);
}

static void vane_mbox_test_serve_notices(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	vane_mbox_test_post_notice(fake, 3, 5, VANE_NOTICE_BUS_MASTER);
	vane_mbox_pf_serve(&fake->mbox, 8);
	KUNIT_EXPECT_EQ(test, fake->resets, 0);
	KUNIT_EXPECT_EQ(test, fake->queue_errors, 0);
	vane_mbox_test_post_notice(fake, 3, 6, VANE_NOTICE_RESET | VANE_NOTICE_QUEUE_ERROR);
	vane_mbox_pf_serve(&fake->mbox, 8);
	KUNIT_EXPECT_EQ(test, fake->resets, 1);
	KUNIT_EXPECT_EQ(test, fake->queue_errors, 1);
	KUNIT_EXPECT_EQ(test, fake->replies, 0);
}

static void vane_mbox_test_serve_replayed(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	/* The same request again is another request, answered in full */
	vane_mbox_test_post_request(fake, 3, 5, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_test_post_request(fake, 3, 5, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_pf_serve(&fake->mbox, 8);
	KUNIT_EXPECT_EQ(test, fake->replies, 2);
	KUNIT_EXPECT_EQ(test, fake->num_seen, 2);
}

static void vane_mbox_test_serve_flood(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	unsigned int i;
	u16 vf;

	/* One VF sends requests without pause, the others one each */
	fake->repost = BIT(0);
	for (vf = 0; vf < FAKE_VFS; vf++)
		vane_mbox_test_post_request(fake, vf, 5, VANE_MBOX_MAC_SET, 1, 8);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 64), 64);
	KUNIT_ASSERT_EQ(test, fake->num_seen, 64);
	for (i = 0; i < 64; i++)
		KUNIT_EXPECT_EQ(test, fake->seen[i], i < FAKE_VFS ? i : 0);
}

/* Each VF has @tokens, and earns no more */
static void vane_mbox_test_set_tokens(struct fake_pf *fake, u16 tokens)
{
	u16 vf;

	for (vf = 0; vf < FAKE_VFS; vf++) {
		fake->turns->buckets[vf].tokens = tokens;
		fake->turns->buckets[vf].since = jiffies + 3600 * HZ;
	}
}

/* A VF that asks now and then waits for no more than the turn in progress */
static void vane_mbox_test_serve_honest(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	const u16 honest = FAKE_VFS - 1;
	unsigned int seen, i;
	u16 vf;

	vane_mbox_test_set_tokens(fake, 3);
	fake->repost = BIT(honest) - 1;
	for (vf = 0; vf < honest; vf++)
		vane_mbox_test_post_request(fake, vf, 5, VANE_MBOX_MAC_SET, 1, 8);
	/* Until they have used up their tokens */
	vane_mbox_pf_serve(&fake->mbox, 10 * FAKE_VFS);
	for (vf = 1; vf <= 3; vf++) {
		vane_mbox_test_post_request(fake, honest, 5, VANE_MBOX_MAC_SET, 1, 8);
		KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 1), 1);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(fake->reply.vf), honest);
	}
	/* Those that ask for much have a turn all the same */
	vane_mbox_test_set_tokens(fake, 100);
	fake->turns->buckets[0].tokens = 0;
	i = fake->num_seen;
	vane_mbox_pf_serve(&fake->mbox, 12 * FAKE_VFS);
	for (seen = 0; i < fake->num_seen; i++)
		seen += fake->seen[i % ARRAY_SIZE(fake->seen)] == 0;
	KUNIT_EXPECT_GE(test, seen, 2);
	vane_mbox_test_set_tokens(fake, 0);
	vane_mbox_pf_serve(&fake->mbox, 2 * FAKE_VFS);
	/* Without a token it waits for its turn as the others do */
	vane_mbox_test_post_request(fake, honest, 5, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_pf_serve(&fake->mbox, FAKE_VFS - 1);
	KUNIT_EXPECT_NE(test, le16_to_cpu(fake->reply.vf), honest);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 1), 1);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(fake->reply.vf), honest);
}

/* Tokens are earned as time passes, up to a limit */
static void vane_mbox_test_serve_tokens(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_mbox_bucket *bucket = &fake->turns->buckets[3];

	KUNIT_EXPECT_EQ(test, bucket->tokens, VANE_MBOX_TOKENS);
	bucket->tokens = 0;
	bucket->since = jiffies - 5 * VANE_MBOX_TOKEN_PERIOD;
	vane_mbox_test_post_request(fake, 3, 5, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_pf_serve(&fake->mbox, 8);
	/* More, on a machine that is busy */
	KUNIT_EXPECT_GE(test, bucket->tokens, 4);
	KUNIT_EXPECT_LT(test, bucket->tokens, VANE_MBOX_TOKENS - 1);
	KUNIT_EXPECT_TRUE(test, time_in_range(bucket->since,
					      jiffies - VANE_MBOX_TOKEN_PERIOD,
					      jiffies));
	bucket->since = jiffies - 1000 * VANE_MBOX_TOKEN_PERIOD;
	vane_mbox_test_post_request(fake, 3, 5, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_pf_serve(&fake->mbox, 8);
	KUNIT_EXPECT_EQ(test, bucket->tokens, VANE_MBOX_TOKENS - 1);
}

/* A device that has more whenever slots are returned does not keep the PF from a turn */
static void vane_mbox_test_serve_refilled(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	fake->refill = true;
	vane_mbox_test_post_notice(fake, 2, 5, VANE_NOTICE_QUEUE_ERROR);
	vane_mbox_test_post_request(fake, 3, 5, VANE_MBOX_MAC_SET, 1, 8);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 8);
	KUNIT_EXPECT_EQ(test, fake->replies, 1);
	KUNIT_EXPECT_GE(test, fake->queue_errors, 6);
}

/* What waits when the mailbox is stopped is not served after a start */
static void vane_mbox_test_serve_restarted(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	vane_mbox_test_post_request(fake, 2, 5, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_test_post_notice(fake, 3, 5, VANE_NOTICE_QUEUE_ERROR);
	vane_mbox_test_post_request(fake, 3, 5, VANE_MBOX_MAC_SET, 1, 8);
	/* Takes all, and serves VF 2 */
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 1), 1);
	vane_mbox_pf_stop(&fake->mbox);
	KUNIT_ASSERT_EQ(test, vane_mbox_pf_start(&fake->mbox), 0);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 0);
	vane_mbox_test_post_request(fake, 3, 5, VANE_MBOX_MAC_SET, 1, 8);
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 1);
	KUNIT_EXPECT_EQ(test, fake->queue_errors, 0);
	KUNIT_EXPECT_EQ(test, fake->replies, 2);
}

/**
 * struct model_vf - a VF, as the documents have it
 * @tokens: what it has left
 * @asked: when it began to wait, counted in messages; 0 if it does not
 * @has_token: it had a token then
 * @request: generation of its request that waits, 0 for none
 * @notice: generation of its notice that waits, 0 for none
 * @generation: what the PF knows
 * @current_generation: what the VF is in
 */
struct model_vf {
	unsigned int tokens;
	unsigned int asked;
	bool has_token;
	u32 request;
	u32 notice;
	u32 generation;
	u32 current_generation;
};

static void vane_mbox_test_model_wait(struct model_vf *vf, unsigned int time)
{
	if (vf->asked)
		return;
	vf->asked = time;
	vf->has_token = vf->tokens;
	if (vf->tokens)
		vf->tokens--;
}

/* The first to have asked, of those that had a token or not; -1 for none */
static int vane_mbox_test_model_first(const struct model_vf *vfs, bool has_token)
{
	int i, first = -1;

	for (i = 0; i < FAKE_VFS; i++)
		if (vfs[i].asked && vfs[i].has_token == has_token &&
		    (first < 0 || vfs[i].asked < vfs[first].asked))
			first = i;
	return first;
}

/* Whose turn it is, or -1; every fifth is of those without a token, if any waits */
static int vane_mbox_test_model_next(const struct model_vf *vfs,
				     unsigned int *in_a_row)
{
	int next = vane_mbox_test_model_first(vfs, *in_a_row < 4);

	if (next < 0) {
		next = vane_mbox_test_model_first(vfs, *in_a_row >= 4);
		*in_a_row = 0;
		return next;
	}
	*in_a_row = *in_a_row < 4 ? *in_a_row + 1 : 0;
	return next;
}

/* A turn of a VF; whether it has a reply */
static bool vane_mbox_test_model_turn(struct model_vf *vf, unsigned int *resets)
{
	u32 generation = max(vf->generation, vf->notice);
	bool replies = vf->request && vf->request >= generation;

	generation = max(generation, vf->request);
	/* Either message may be the first of a generation */
	if (vf->notice > vf->generation)
		++*resets;
	if (vf->request > max(vf->generation, vf->notice))
		++*resets;
	vf->generation = generation;
	vf->asked = 0;
	vf->request = 0;
	vf->notice = 0;
	return replies;
}

/* Some VF sends a request if it has none, or is reset, or has a queue stopped */
static void vane_mbox_test_model_post(struct fake_pf *fake,
				      struct model_vf *vfs,
				      struct rnd_state *rnd, unsigned int time)
{
	u16 index = prandom_u32_state(rnd) % FAKE_VFS;
	struct model_vf *vf = &vfs[index];

	switch (prandom_u32_state(rnd) % 8) {
	case 0:
		vf->current_generation++;
		vf->notice = vf->current_generation;
		vane_mbox_test_post_notice(fake, index, vf->notice,
					   VANE_NOTICE_RESET);
		break;
	case 1:
		vf->notice = vf->current_generation;
		vane_mbox_test_post_notice(fake, index, vf->notice,
					   VANE_NOTICE_QUEUE_ERROR);
		break;
	default:
		if (vf->request == vf->current_generation)
			return;
		vf->request = vf->current_generation;
		vane_mbox_test_post_request(fake, index, vf->request,
					    VANE_MBOX_NEGOTIATE, time, 8);
		break;
	}
	vane_mbox_test_model_wait(vf, time);
}

/* In random order, with resets: each turn is that of the model, none is lost */
static void vane_mbox_test_serve_random(struct kunit *test)
{
	unsigned int time, resets, replies, in_a_row;
	struct model_vf vfs[FAKE_VFS];
	struct rnd_state rnd;
	struct fake_pf *fake;
	int seed, next, i;

	for (seed = 0; seed < 20; seed++) {
		fake = vane_mbox_test_make_pf(test);
		prandom_seed_state(&rnd, seed);
		resets = 0;
		replies = 0;
		in_a_row = 0;
		for (i = 0; i < FAKE_VFS; i++)
			vfs[i] = (struct model_vf){ .generation = 5,
						    .current_generation = 5 };
		vane_mbox_test_set_tokens(fake, 0);
		for (time = 1; time < 400; time++) {
			if (prandom_u32_state(&rnd) % 3) {
				vane_mbox_test_model_post(fake, vfs, &rnd, time);
				continue;
			}
			next = vane_mbox_test_model_next(vfs, &in_a_row);
			KUNIT_ASSERT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 1),
					next >= 0);
			if (next >= 0 &&
			    vane_mbox_test_model_turn(&vfs[next], &resets)) {
				replies++;
				KUNIT_ASSERT_EQ(test, le16_to_cpu(fake->reply.vf),
						next);
			}
			KUNIT_ASSERT_EQ(test, fake->replies, replies);
			KUNIT_ASSERT_EQ(test, fake->resets, resets);
			/* Nothing is in the queue now, so tokens can be given */
			i = prandom_u32_state(&rnd) % FAKE_VFS;
			vfs[i].tokens = prandom_u32_state(&rnd) % 4;
			fake->turns->buckets[i].tokens = vfs[i].tokens;
		}
		while ((next = vane_mbox_test_model_next(vfs, &in_a_row)) >= 0)
			replies += vane_mbox_test_model_turn(&vfs[next], &resets);
		vane_mbox_pf_serve(&fake->mbox, FAKE_VFS);
		KUNIT_ASSERT_EQ(test, fake->replies, replies);
		KUNIT_ASSERT_EQ(test, fake->resets, resets);
	}
}

static void vane_mbox_test_serve_wraps(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	unsigned int i;

	for (i = 0; i < TEST_WRAP; i++) {
		vane_mbox_test_post_request(fake, i % FAKE_VFS, 5, VANE_MBOX_MAC_SET, i, 8);
		KUNIT_ASSERT_EQ(test, vane_mbox_pf_serve(&fake->mbox, 8), 1);
		KUNIT_ASSERT_EQ(test, le16_to_cpu(fake->reply.msg.hdr.seq),
				(u16)i);
	}
	KUNIT_EXPECT_EQ(test, fake->replies, TEST_WRAP);
	KUNIT_EXPECT_EQ(test, fake->rq_db, (u16)TEST_WRAP);
}

/* All that has arrived is answered, and the device passes on nothing more */
static void vane_mbox_test_serve_drain(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	u16 vf;

	for (vf = 0; vf < FAKE_VFS; vf++) {
		vane_mbox_test_post_notice(fake, vf, 6, VANE_NOTICE_RESET);
		vane_mbox_test_post_request(fake, vf, 6, VANE_MBOX_NEGOTIATE, 1, 16);
	}
	vane_mbox_pf_drain(&fake->mbox);
	KUNIT_EXPECT_TRUE(test, fake->rq_off);
	KUNIT_EXPECT_EQ(test, fake->resets, FAKE_VFS);
	KUNIT_EXPECT_EQ(test, fake->num_seen, FAKE_VFS);
	KUNIT_EXPECT_EQ(test, fake->replies, FAKE_VFS);
	KUNIT_EXPECT_EQ(test, fake->mbox.sq_head, FAKE_VFS);
}

/* A device that does not pass on the replies costs one timeout */
static void vane_mbox_test_serve_drain_stuck(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	unsigned long start = jiffies;

	fake->mbox.timeout = TEST_TIMEOUT;
	fake->hang = true;
	vane_mbox_test_post_request(fake, 3, 5, VANE_MBOX_MAC_SET, 1, 8);
	vane_mbox_pf_drain(&fake->mbox);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, start + TEST_TIMEOUT));
	KUNIT_EXPECT_EQ(test, fake->num_seen, 1);
	KUNIT_EXPECT_EQ(test, fake->replies, 0);
}

/*
 * Commands
 */

static int vane_mbox_test_command(struct fake_pf *fake, u32 number, u8 *rsp, u16 rsp_len)
{
	const __le32 body[2] = { cpu_to_le32(number) };

	return vane_mbox_command(&fake->mbox, VANE_CMD_PORT_GET, body,
				 sizeof(body), rsp, rsp_len);
}

static void vane_mbox_test_command_answers(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	u8 rsp[9] = {};

	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 0, rsp, 8), 0);
	KUNIT_EXPECT_EQ(test, rsp[7], 0xa5);
	KUNIT_EXPECT_EQ(test, rsp[8], 0);
	KUNIT_EXPECT_EQ(test, fake->sq[0].type, VANE_SQ_COMMAND);
	KUNIT_EXPECT_EQ(test, fake->sq[0].flags, VANE_SQ_IRQ);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(fake->sq[0].msg.hdr.op),
			VANE_CMD_PORT_GET);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(fake->sq[0].msg.hdr.len), 8);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 1, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, fake->out_of_order, 0);
}

static void vane_mbox_test_command_fails(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	u8 body[VANE_MSG_BODY_MAX + 1] = {};
	u8 rsp[9] = { 99 };

	fake->status = VANE_ERR_EXISTS;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 0, rsp, 8), -EEXIST);
	fake->status = VANE_OK;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 1, rsp, 9), -EPROTO);
	KUNIT_EXPECT_EQ(test, rsp[0], 99);
	KUNIT_EXPECT_EQ(test,
			vane_mbox_command(&fake->mbox, VANE_CMD_PORT_SET, body,
					  sizeof(body), NULL, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, fake->commands, 2);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 2, rsp, 8), 0);
}

static void vane_mbox_test_command_late(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	u8 rsp[8] = { 99 };

	fake->mbox.timeout = TEST_TIMEOUT;
	fake->hang = true;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 0, rsp, 8), -ETIMEDOUT);

	/* Its answer comes when nobody waits any more */
	fake->hang = false;
	vane_mbox_test_fake_pf_run(fake);
	vane_mbox_pf_sq_event(&fake->mbox);
	KUNIT_EXPECT_EQ(test, rsp[0], 99);
	fake->mbox.timeout = TEST_PATIENCE;
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 1, rsp, 8), 0);
	KUNIT_EXPECT_EQ(test, rsp[0], 0xa5);
}

static void vane_mbox_test_command_ring_full(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_mbox_batch batch;
	__le32 body[2] = {};
	u32 i;

	fake->mbox.timeout = TEST_TIMEOUT;
	fake->hang = true;
	vane_mbox_batch_begin(&batch, &fake->mbox);
	for (i = 0; i < BIT(VANE_MBOX_SQ_LOG2) + 1; i++) {
		body[0] = cpu_to_le32(i);
		vane_mbox_batch_add(&batch, VANE_CMD_PORT_SET, body,
				    sizeof(body), NULL, 0);
	}
	KUNIT_EXPECT_EQ(test, vane_mbox_batch_end(&batch), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, fake->sq_db, BIT(VANE_MBOX_SQ_LOG2));

	fake->hang = false;
	fake->mbox.timeout = TEST_PATIENCE;
	vane_mbox_test_fake_pf_run(fake);
	KUNIT_EXPECT_EQ(test, fake->out_of_order, 0);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, BIT(VANE_MBOX_SQ_LOG2), NULL, 0),
			0);
}

/* Once the device has lost a command, nobody waits for it again */
static void vane_mbox_test_command_stuck(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	u32 count = 3 * BIT(VANE_MBOX_SQ_LOG2);
	struct vane_mbox_batch batch;
	unsigned long start = jiffies;
	__le32 body[2] = {};
	u32 i;

	fake->mbox.timeout = TEST_TIMEOUT;
	fake->hang = true;
	vane_mbox_batch_begin(&batch, &fake->mbox);
	for (i = 0; i < count; i++)
		vane_mbox_batch_add(&batch, VANE_CMD_PORT_SET, body,
				    sizeof(body), NULL, 0);
	KUNIT_EXPECT_EQ(test, vane_mbox_batch_end(&batch), -ETIMEDOUT);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, i, NULL, 0),
				-ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, start + count));
	KUNIT_EXPECT_EQ(test, fake->sq_db, BIT(VANE_MBOX_SQ_LOG2));

	fake->hang = false;
	fake->mbox.timeout = TEST_PATIENCE;
	vane_mbox_test_fake_pf_run(fake);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, BIT(VANE_MBOX_SQ_LOG2), NULL, 0),
			0);
}

static void vane_mbox_test_command_batch(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	u32 count = 3 * BIT(VANE_MBOX_SQ_LOG2) + 5;
	struct vane_mbox_batch batch;
	__le32 body[2] = {};
	u8 rsp[8] = {};
	u32 i;

	vane_mbox_batch_begin(&batch, &fake->mbox);
	for (i = 0; i < count; i++) {
		body[0] = cpu_to_le32(i);
		vane_mbox_batch_add(&batch, VANE_CMD_PORT_SET, body,
				    sizeof(body), i == count - 1 ? rsp : NULL,
				    8);
	}
	KUNIT_EXPECT_EQ(test, vane_mbox_batch_end(&batch), 0);
	KUNIT_EXPECT_EQ(test, fake->commands, count);
	KUNIT_EXPECT_EQ(test, fake->out_of_order, 0);
	KUNIT_EXPECT_EQ(test, rsp[0], 0xa5);
	/* Once per ring, not once per command */
	KUNIT_EXPECT_LE(test, fake->sq_doorbells, 4);
}

static void vane_mbox_test_command_batch_fails(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	struct vane_mbox_batch batch;
	__le32 body[2] = {};

	vane_mbox_batch_begin(&batch, &fake->mbox);
	vane_mbox_batch_add(&batch, VANE_CMD_PORT_SET, body, sizeof(body), NULL,
			    0);
	/* Too long, and never sent */
	vane_mbox_batch_add(&batch, VANE_CMD_PORT_SET, body,
			    VANE_MSG_BODY_MAX + 1, NULL, 0);
	body[0] = cpu_to_le32(1);
	fake->status = VANE_ERR_EXISTS;
	vane_mbox_batch_add(&batch, VANE_CMD_PORT_SET, body, sizeof(body), NULL,
			    0);
	KUNIT_EXPECT_EQ(test, vane_mbox_batch_end(&batch), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, fake->commands, 2);

	vane_mbox_batch_begin(&batch, &fake->mbox);
	KUNIT_EXPECT_EQ(test, vane_mbox_batch_end(&batch), 0);
}

static void vane_mbox_test_stop_later(struct work_struct *work)
{
	struct fake_pf *fake = container_of(to_delayed_work(work),
					    struct fake_pf, stop);

	vane_mbox_pf_stop(&fake->mbox);
}

static void vane_mbox_test_command_stopped(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	unsigned long start = jiffies;
	u8 rsp[8];

	/* Under way when it is stopped */
	fake->hang = true;
	INIT_DELAYED_WORK(&fake->stop, vane_mbox_test_stop_later);
	schedule_delayed_work(&fake->stop, TEST_TIMEOUT);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 0, rsp, 8), -ESHUTDOWN);
	KUNIT_EXPECT_TRUE(test,
			  time_before(jiffies, start + TEST_PATIENCE / 2));
	flush_delayed_work(&fake->stop);
	/* And after */
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 0, rsp, 8), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, fake->commands, 0);

	fake->hang = false;
	KUNIT_ASSERT_EQ(test, vane_mbox_pf_start(&fake->mbox), 0);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 0, rsp, 8), 0);
}

static void vane_mbox_test_command_start_refused(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);

	vane_mbox_pf_stop(&fake->mbox);
	fake->refuse = true;
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_start(&fake->mbox), -EIO);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 0, NULL, 0), -ESHUTDOWN);
	fake->refuse = false;
	KUNIT_EXPECT_EQ(test, vane_mbox_pf_start(&fake->mbox), 0);
	KUNIT_EXPECT_EQ(test, vane_mbox_test_command(fake, 0, NULL, 0), 0);
}

static void vane_mbox_test_command_wraps(struct kunit *test)
{
	struct fake_pf *fake = vane_mbox_test_make_pf(test);
	u8 rsp[8] = {};
	u32 i;

	for (i = 0; i < TEST_WRAP; i++) {
		rsp[7] = 0;
		KUNIT_ASSERT_EQ(test, vane_mbox_test_command(fake, i, rsp, 8), 0);
		KUNIT_ASSERT_EQ(test, rsp[7], 0xa5);
	}
	KUNIT_EXPECT_EQ(test, fake->commands, TEST_WRAP);
	KUNIT_EXPECT_EQ(test, fake->out_of_order, 0);
}

static struct kunit_case vf_cases[] = {
	KUNIT_CASE(vane_mbox_test_vf_round_trip),
	KUNIT_CASE(vane_mbox_test_vf_longest),
	KUNIT_CASE(vane_mbox_test_vf_refused_by_pf),
	KUNIT_CASE(vane_mbox_test_vf_reply_length),
	KUNIT_CASE(vane_mbox_test_vf_reply_to_other),
	KUNIT_CASE(vane_mbox_test_vf_late_reply),
	KUNIT_CASE(vane_mbox_test_vf_lost_interrupt),
	KUNIT_CASE(vane_mbox_test_vf_new_generation),
	KUNIT_CASE(vane_mbox_test_vf_accesses),
	KUNIT_CASE(vane_mbox_test_vf_numbers),
	KUNIT_CASE(vane_mbox_test_vf_pf_not_ready),
	KUNIT_CASE(vane_mbox_test_vf_doorbell_refused),
	KUNIT_CASE(vane_mbox_test_vf_device_gone),
	{}
};

static struct kunit_suite vf_suite = {
	.name = "vane_mbox_vf",
	.test_cases = vf_cases,
};

static struct kunit_case dispatch_cases[] = {
	KUNIT_CASE(vane_mbox_test_dispatch_errors),
	KUNIT_CASE(vane_mbox_test_dispatch_accepts),
	KUNIT_CASE(vane_mbox_test_dispatch_unknown_op),
	KUNIT_CASE(vane_mbox_test_dispatch_length),
	KUNIT_CASE(vane_mbox_test_dispatch_state),
	KUNIT_CASE(vane_mbox_test_dispatch_trust),
	KUNIT_CASE(vane_mbox_test_dispatch_status_set),
	KUNIT_CASE(vane_mbox_test_dispatch_handler_fails),
	KUNIT_CASE(vane_mbox_test_dispatch_noise),
	{}
};

static struct kunit_suite dispatch_suite = {
	.name = "vane_mbox_dispatch",
	.test_cases = dispatch_cases,
};

static struct kunit_case pf_cases[] = {
	KUNIT_CASE(vane_mbox_test_serve_replies),
	KUNIT_CASE(vane_mbox_test_serve_unfinished_slot),
	KUNIT_CASE(vane_mbox_test_serve_oversized),
	KUNIT_CASE(vane_mbox_test_serve_truncated),
	KUNIT_CASE(vane_mbox_test_serve_unknown_vf),
	KUNIT_CASE(vane_mbox_test_serve_stale_generation),
	KUNIT_CASE(vane_mbox_test_serve_new_generation),
	KUNIT_CASE(vane_mbox_test_serve_first_word),
	KUNIT_CASE(vane_mbox_test_serve_notices),
	KUNIT_CASE(vane_mbox_test_serve_replayed),
	KUNIT_CASE(vane_mbox_test_serve_flood),
	KUNIT_CASE(vane_mbox_test_serve_honest),
	KUNIT_CASE(vane_mbox_test_serve_tokens),
	KUNIT_CASE(vane_mbox_test_serve_refilled),
	KUNIT_CASE(vane_mbox_test_serve_restarted),
	KUNIT_CASE_SLOW(vane_mbox_test_serve_random),
	KUNIT_CASE(vane_mbox_test_serve_drain),
	KUNIT_CASE(vane_mbox_test_serve_drain_stuck),
	KUNIT_CASE_SLOW(vane_mbox_test_serve_wraps),
	KUNIT_CASE(vane_mbox_test_command_answers),
	KUNIT_CASE(vane_mbox_test_command_fails),
	KUNIT_CASE(vane_mbox_test_command_late),
	KUNIT_CASE(vane_mbox_test_command_ring_full),
	KUNIT_CASE(vane_mbox_test_command_stuck),
	KUNIT_CASE(vane_mbox_test_command_batch),
	KUNIT_CASE(vane_mbox_test_command_batch_fails),
	KUNIT_CASE(vane_mbox_test_command_stopped),
	KUNIT_CASE(vane_mbox_test_command_start_refused),
	KUNIT_CASE_SLOW(vane_mbox_test_command_wraps),
	{}
};

static struct kunit_suite pf_suite = {
	.name = "vane_mbox_pf",
	.test_cases = pf_cases,
};

kunit_test_suites(&vf_suite, &dispatch_suite, &pf_suite);

MODULE_DESCRIPTION("KUnit tests of the VANE mailbox");
MODULE_AUTHOR("The VANE project");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VANE_NS);
