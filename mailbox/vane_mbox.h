/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE mailbox: requests of a VF to its PF, and commands of the PF to the device.
 *
 * Accesses the hardware only as vane_hw.h describes it and by register callbacks,
 * so that both drivers share the code and tests run it without hardware.
 */
#ifndef VANE_MBOX_H
#define VANE_MBOX_H

#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "vane_hw.h"

/* How long a VF waits for its PF, and the PF waits for the device */
#define VANE_MBOX_REQUEST_TIMEOUT	(2 * HZ)
#define VANE_MBOX_COMMAND_TIMEOUT	(2 * HZ)

/**
 * struct vane_mbox_io - access to the registers of one function
 * @rd32: reads the register at a byte offset in BAR 0; all ones if the device
 *	is gone
 * @wr32: writes it
 * @rd64: reads two registers, or one of 64 bits, likewise; a VF's only
 * @wr64: writes two registers, or one of 64 bits; a VF's only
 * @ctx: first argument of all
 *
 * All are called in any context.
 */
struct vane_mbox_io {
	u32 (*rd32)(void *ctx, u32 reg);
	void (*wr32)(void *ctx, u32 reg, u32 val);
	u64 (*rd64)(void *ctx, u32 reg);
	void (*wr64)(void *ctx, u32 reg, u64 val);
	void *ctx;
};

/* mbox.c APIs: the VF's end */

/**
 * struct vane_mbox_vf - the VF's end of its mailbox
 * @io: registers of the VF
 * @timeout: jiffies that a request may take
 * @generation: expected generation, set by vane_mbox_vf_start()
 * @lock: held during a request, so that there is one at a time; guards what follows
 * @wake: signalled by vane_mbox_vf_event()
 * @seq: sequence number of the last request, never 0
 * @outstanding: the last request was given up, and the device may still have it
 */
struct vane_mbox_vf {
	struct vane_mbox_io io;
	unsigned long timeout;
	u32 generation;
	struct mutex lock;	/* a request at a time; guards what follows */
	struct completion wake;
	u16 seq;
	bool outstanding;
};

void vane_mbox_vf_init(struct vane_mbox_vf *mbox,
		       const struct vane_mbox_io *io);
void vane_mbox_vf_destroy(struct vane_mbox_vf *mbox);
void vane_mbox_vf_start(struct vane_mbox_vf *mbox, u32 generation);
void vane_mbox_vf_event(struct vane_mbox_vf *mbox);
int vane_mbox_request(struct vane_mbox_vf *mbox, enum vane_mbox_op op,
		      const void *req, u16 req_len, void *rsp, u16 rsp_len);

/* dispatch.c APIs: handling of a request by the PF */

/**
 * enum vane_mbox_peer_state - how far a VF has come since its last reset
 * @VANE_MBOX_PEER_RESET: it has not negotiated
 * @VANE_MBOX_PEER_READY: it has
 */
enum vane_mbox_peer_state {
	VANE_MBOX_PEER_RESET,
	VANE_MBOX_PEER_READY,
};

/**
 * struct vane_mbox_peer - state of one VF in the transport
 * @state: enum vane_mbox_peer_state; handlers advance it, a reset sets it back
 * @trusted: the VF may send requests that need trust
 * @generation: of the last message, 0 before the first
 *
 * @generation is used by vane_mbox_pf_serve() alone. It looks at the rest with
 * READ_ONCE(), as others may write that meanwhile.
 */
struct vane_mbox_peer {
	enum vane_mbox_peer_state state;
	bool trusted;
	u32 generation;
};

/**
 * struct vane_mbox_handler - one opcode: a row of the dispatch table
 * @op: enum vane_mbox_op
 * @name: for logs
 * @req_len: minimum length of the request's body; a newer driver may send more,
 *	which is ignored
 * @rsp_len: bytes of a successful reply's body
 * @state: the peer must have come this far
 * @needs_trust: the peer must be trusted
 * @handle: executes it; may sleep. @req and @rsp have the lengths above
 *	and are aligned to 8; @rsp is zeroed. Returns 0 or an errno, which
 *	becomes the reply's status.
 */
struct vane_mbox_handler {
	u16 op;
	const char *name;
	u16 req_len;
	u16 rsp_len;
	enum vane_mbox_peer_state state;
	bool needs_trust;
	int (*handle)(void *ctx, u16 vf, const void *req, void *rsp);
};

/**
 * struct vane_mbox_pf_ops - operations of the owner of the PF's end
 * @table: dispatch table
 * @table_len: its rows
 * @peer: state of a VF, NULL if there is no such VF
 * @reset: the VF entered a new generation: forget what it requested. Called
 *	before a message of that generation is served.
 * @queue_error: the device stopped a queue of the VF: an enum vane_error, and
 *	the queue as struct vane_rq_slot has it
 * @refused: a request was answered with an error; for a rate-limited log. The
 *	name is NULL if the opcode is unknown.
 *
 * All are called by vane_mbox_pf_serve() in its context.
 */
struct vane_mbox_pf_ops {
	const struct vane_mbox_handler *table;
	unsigned int table_len;
	struct vane_mbox_peer *(*peer)(void *ctx, u16 vf);
	void (*reset)(void *ctx, u16 vf);
	void (*queue_error)(void *ctx, u16 vf, u16 error, u16 queue);
	void (*refused)(void *ctx, u16 vf, const char *name, u16 op, int err);
};

u16 vane_mbox_dispatch(const struct vane_mbox_pf_ops *ops, void *ctx,
		       struct vane_mbox_peer *peer, u16 vf,
		       const struct vane_msg *req, u16 req_len,
		       struct vane_msg *rsp);
int vane_status_to_errno(u16 status);
u16 vane_errno_to_status(int err);

/* mbox.c APIs: the PF's end */

/**
 * struct vane_mbox_ring - slots in memory that the device accesses
 * @slots: first slot, aligned to 64
 * @dma: its address for the device
 * @log2: log2 of the number of slots
 */
struct vane_mbox_ring {
	void *slots;
	dma_addr_t dma;
	u8 log2;
};

/* RQ: a request and a notice of each VF fit. SQ: a command for each VF fits. */
#define VANE_MBOX_RQ_LOG2		VANE_RQ_LOG2_MIN
#define VANE_MBOX_SQ_LOG2		9
#define VANE_MBOX_RQ_BYTES		(sizeof(struct vane_rq_slot) << \
					 VANE_MBOX_RQ_LOG2)
#define VANE_MBOX_SQ_BYTES		(sizeof(struct vane_sq_slot) << \
					 VANE_MBOX_SQ_LOG2)

/* A VF's tokens, each good for one turn, and how long it takes to earn one */
#define VANE_MBOX_TOKENS		64
#define VANE_MBOX_TOKEN_PERIOD		(HZ / 4)

/**
 * struct vane_mbox_waiting - what of a VF waits to be served
 * @has_request: a request
 * @has_notice: a notice
 * @generation: of the request
 * @len: its bytes, header included
 * @req: the request, copied out of its slot
 * @notice_generation: of the last notice
 * @notice: VANE_NOTICE_* of all notices
 * @error: enum vane_error of the last queue that was stopped
 * @queue: that queue, as in its slot
 */
struct vane_mbox_waiting {
	bool has_request;
	bool has_notice;
	u16 len;
	u32 generation;
	struct vane_msg req;
	u32 notice_generation;
	u32 notice;
	u16 error;
	u16 queue;
};

/**
 * struct vane_mbox_bucket - tokens of a VF
 * @tokens: how many there were at @since
 * @since: when the last one was earned, in jiffies
 */
struct vane_mbox_bucket {
	u16 tokens;
	unsigned long since;
};

/**
 * struct vane_mbox_fifo - VFs in the order in which they are served
 * @vfs: their indices
 * @head: the first one, free-running
 * @tail: behind the last one, free-running
 */
struct vane_mbox_fifo {
	u16 vfs[VANE_MAX_VFS];
	u16 head;
	u16 tail;
};

/**
 * struct vane_mbox_turns - what waits to be served, and in which order
 * @waiting: VFs that wait for a turn
 * @few: those of them that had a token when they asked
 * @many: those that had none
 * @in_a_row: turns of @few since the last one of @many
 * @buckets: tokens of the VFs
 * @vfs: what waits
 *
 * Belongs to vane_mbox_pf_serve(), and to vane_mbox_pf_start() before that runs.
 */
struct vane_mbox_turns {
	DECLARE_BITMAP(waiting, VANE_MAX_VFS);
	struct vane_mbox_fifo few;
	struct vane_mbox_fifo many;
	unsigned int in_a_row;
	struct vane_mbox_bucket buckets[VANE_MAX_VFS];
	struct vane_mbox_waiting vfs[VANE_MAX_VFS];
};

struct vane_mbox_pf;

/**
 * struct vane_mbox_batch - commands that are waited for together
 * @mbox: the PF's end
 * @done: signalled when the last command in flight is done
 * @pending: commands in flight
 * @err: errno of the first command that failed
 *
 * Lives on the stack of one thread, from vane_mbox_batch_begin() to
 * vane_mbox_batch_end(); its members are guarded by the mailbox's sq_lock.
 */
struct vane_mbox_batch {
	struct vane_mbox_pf *mbox;
	struct completion done;
	unsigned int pending;
	int err;
};

/**
 * struct vane_mbox_inflight - the command in one SQ slot
 * @batch: batch of the command, NULL for a reply or if nobody waits
 * @rsp: where the answer's body goes, or NULL
 * @rsp_len: bytes that it must have, at least
 */
struct vane_mbox_inflight {
	struct vane_mbox_batch *batch;
	void *rsp;
	u16 rsp_len;
};

/**
 * struct vane_mbox_pf - the PF's end of all mailboxes
 * @io: registers of the PF
 * @ops: operations of the owner
 * @ctx: first argument of those
 * @timeout: jiffies that a command may take
 * @rq: slots that the device fills
 * @rq_head: next slot to read, free-running
 * @turns: what was read and waits to be served
 * @rq_rsp: reply being made
 * @sq: slots that the device empties
 * @sq_lock: guards the rest; taken in any context
 * @sq_running: the device reads the SQ
 * @sq_tail: next slot to fill, free-running
 * @sq_head: oldest slot that the device has not done, free-running
 * @sq_announced: value last written to the doorbell
 * @sq_stuck: the device did not complete the oldest command in time
 * @inflight: one per SQ slot
 */
struct vane_mbox_pf {
	struct vane_mbox_io io;
	const struct vane_mbox_pf_ops *ops;
	void *ctx;
	unsigned long timeout;

	struct vane_mbox_ring rq;
	/* vane_mbox_pf_serve() alone */
	u16 rq_head;
	struct vane_mbox_turns *turns;
	struct vane_msg rq_rsp;

	struct vane_mbox_ring sq;
	spinlock_t sq_lock;	/* guards what follows */
	bool sq_running;
	u16 sq_tail;
	u16 sq_head;
	u16 sq_announced;
	bool sq_stuck;
	struct vane_mbox_inflight inflight[1 << VANE_MBOX_SQ_LOG2];
};

void vane_mbox_pf_init(struct vane_mbox_pf *mbox,
		       const struct vane_mbox_io *io,
		       const struct vane_mbox_pf_ops *ops, void *ctx,
		       const struct vane_mbox_ring *rq,
		       const struct vane_mbox_ring *sq,
		       struct vane_mbox_turns *turns);
int vane_mbox_pf_start(struct vane_mbox_pf *mbox);
void vane_mbox_pf_stop(struct vane_mbox_pf *mbox);

/* serve.c APIs. Worker of the owner, on VANE_EVENT_RQ */
void vane_mbox_pf_drain(struct vane_mbox_pf *mbox);
unsigned int vane_mbox_pf_serve(struct vane_mbox_pf *mbox, unsigned int budget);

/* Any context, on VANE_EVENT_SQ */
void vane_mbox_pf_sq_event(struct vane_mbox_pf *mbox);

/* Sleep */
int vane_mbox_command(struct vane_mbox_pf *mbox, enum vane_cmd_op op,
		      const void *req, u16 req_len, void *rsp, u16 rsp_len);
void vane_mbox_batch_begin(struct vane_mbox_batch *batch,
			   struct vane_mbox_pf *mbox);
void vane_mbox_batch_add(struct vane_mbox_batch *batch, enum vane_cmd_op op,
			 const void *req, u16 req_len, void *rsp, u16 rsp_len);
int vane_mbox_batch_end(struct vane_mbox_batch *batch);

#endif /* VANE_MBOX_H */
