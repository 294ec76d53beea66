/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mailbox between VFs, PF and device through resets, for spin. docs/mailbox-model.rst
 * says which function each step stands for, what is left out, and what is checked.
 *
 * Disturbances are limited in number, so that there is an end to each run, but they come
 * at any time. The rules that make the protocol work can be broken one by one with
 * -DBROKEN_..., each of which must make a check fail; tests/spin/run does that.
 */

#ifndef VFS
#define VFS 2
#endif
#ifndef DISTURBANCES
#define DISTURBANCES 2
#endif

#define SLOTS (2 * VFS)		/* VANE_RQ_LOG2_MIN */
#define ALL_VFS(i) i : 0 .. VFS - 1

mtype = { NOTICE, NEGOTIATE, SET };
mtype = { DOWN, ENABLED, READY };
mtype = { GONE, COMING, UP };
mtype = { IDLE, TAKEN, EXECUTED };

/* What may yet happen, of any kind */
byte disturbances = DISTURBANCES;
#define disturb (disturbances > 0) -> disturbances--

/*
 * The device: VaneFunction, VaneMailbox, and what the switch has for the VF
 */
typedef Function {
	bool on;
	byte gen;
	bool reset_pending;
	byte config_gen;	/* VANE_REG_STATUS_CONFIG_GEN */
	byte own;		/* what it has SET: the generation that did, 0 for nothing */
	/* window */
	bool busy;
	bool held;
	bool request_queued;
	bool notice_queued;
	bool notice;
	mtype op;		/* of the outstanding request */
	byte seq;
	byte rsp_seq;		/* response window; 0 is no number of a request */
	bool rsp_ok;
	/* of the checks */
	byte sent;		/* generation in which the doorbell was rung */
	byte answered;		/* generation of the request that the response is for */
	bool executed;
	byte replies		/* in the SQ */
}
Function fn[VFS];

bool pf_enabled, rq_enabled, sq_enabled, ctrl_ready;
byte rq_used;			/* slots that the PF has not returned */

/* Memory of the slots */
chan rq = [SLOTS] of { byte, mtype, byte, byte };	/* vf, what, generation, seq */
chan sq = [SLOTS] of { byte, byte, byte, bool };	/* vf, generation, seq, ok */

/*
 * The PF's driver
 */
typedef Peer {
	mtype state;		/* struct vane_mbox_peer */
	byte gen;
	bool own;		/* vane_vf.mac is not the administered one */
	byte config_gen;
	byte rights;		/* what the administrator has set, as a version of it */
	byte negotiated		/* of the checks: generation that did, with this driver */
}
Peer peer[VFS];

mtype pf = GONE;
bool known;			/* vane_pf.num_vfs is set */
bool events;			/* vector 0 is live */
bool event;			/* ... and has something to say, or serve_work is queued */
bool running;			/* serve_work */
bool barred = true;		/* ... cannot be queued: disable_work() */
bool sq_running;
bool crashed;			/* of the checks */

/* struct vane_mbox_rq_entry, and rq_req */
mtype stage = IDLE;
byte req_vf, req_gen, req_seq;
mtype req_what;

/*
 * The VFs' drivers, as far as the checks see it
 */
mtype vf_state[VFS] = DOWN;
byte vf_rights[VFS];		/* what it was told when it negotiated */
bool waiting[VFS];

#define pf_ready (pf_enabled && rq_enabled && sq_enabled && ctrl_ready)

/* Nobody will answer the request that the device has of the VF. */
#define lost(i) (fn[i].busy && !fn[i].held && !fn[i].request_queued && !fn[i].replies && \
		 !(stage != IDLE && req_vf == i))

/* VF and PF know the same of each other, and what the VF wants is in force. */
#define agreed(i) (vf_state[i] == READY && peer[i].state == READY && \
		   peer[i].gen == fn[i].gen && peer[i].negotiated == fn[i].gen && \
		   vf_rights[i] == peer[i].rights && fn[i].own == fn[i].gen)

#if VFS > 1
#define any_lost (lost(0) || lost(1))
#define all_agreed (agreed(0) && agreed(1))
#else
#define any_lost lost(0)
#define all_agreed agreed(0)
#endif

hidden byte k;

/*
 * Device
 */

inline forget_request(i)
{
	fn[i].op = 0;
	fn[i].seq = 0;
	fn[i].sent = 0;
	fn[i].executed = false
}

/* vane_mbox_function_reset() and vane_table_end_own_mac(), by vane_function_reset() */
inline function_reset(i)
{
	fn[i].on = false;
	fn[i].reset_pending = false;
#ifndef BROKEN_RESET_BUSY
	fn[i].busy = false;
#endif
#ifndef BROKEN_RESET_HELD
	fn[i].held = false;
#else
	fn[i].busy = fn[i].held;
#endif
	if
	:: !fn[i].busy -> forget_request(i)
	:: else
	fi;
	fn[i].rsp_seq = 0;
	fn[i].rsp_ok = true;	/* a window of zeros says VANE_OK */
	fn[i].answered = 0;
	fn[i].own = 0;
	fn[i].gen++
}

/* vane_notice(), of VANE_NOTICE_RESET */
inline post_reset(i)
{
#ifndef BROKEN_NOTICE
	fn[i].notice = true
#else
	skip
#endif
}

/* vane_rq_forget() */
inline rq_forget()
{
	for (ALL_VFS(k)) {
#ifndef BROKEN_FORGET
		fn[k].request_queued = false;
#endif
		fn[k].notice_queued = false
	}
}

/* vane_function_reset() of the PF */
inline pf_function_reset()
{
	pf_enabled = false;
	ctrl_ready = false;
	rq_enabled = false;
	sq_enabled = false;
	event = false;
	rq_forget()
}

/* vane_device_reset(): VANE_PF_CTRL_RESET, and with VFs that come back, FLR of the PF */
inline device_reset()
{
	pf_function_reset();
	for (ALL_VFS(k)) {
		fn[k].notice = false;
		function_reset(k);
		fn[k].reset_pending = true
	}
}

#ifndef BROKEN_ONE_SLOT
#define can_post(i) (fn[i].held && !fn[i].request_queued && pf_ready)
#else
#define can_post(i) (fn[i].held && pf_ready)
#endif
#define has_work(i) (can_post(i) || (fn[i].notice && !fn[i].notice_queued))

/* vane_rq_fill() */
inline rq_fill(i, what)
{
	/* "2 * TotalVFs slots cannot overflow" */
	assert(rq_used < SLOTS);
	rq_used++;
	rq!i, what, fn[i].gen, fn[i].seq;
	event = true
}

/* vane_rq_serve() */
inline rq_serve(i)
{
	if
	:: fn[i].notice && !fn[i].notice_queued ->
		rq_fill(i, NOTICE);
		fn[i].notice = false;
		fn[i].notice_queued = true
	:: else
	fi;
	if
	:: can_post(i) ->
		/* "A reset of the VF discards a held request" */
		assert(fn[i].sent == fn[i].gen);
		rq_fill(i, fn[i].op);
		fn[i].held = false;
		fn[i].request_queued = true
	:: else
	fi
}

#ifndef BROKEN_STALE_REPLY
#define is_current(gen, i) (gen == fn[i].gen)
#else
#define is_current(gen, i) true
#endif

/* vane_sq_serve(), vane_sq_reply() */
inline sq_serve()
{
	byte to, gen, seq;
	bool ok;

	sq?to, gen, seq, ok;
	fn[to].replies--;
	if
	:: fn[to].busy && !fn[to].held && is_current(gen, to) ->
		/* "A reply that does not answer an outstanding request has no effect" */
		assert(gen == fn[to].sent && seq == fn[to].seq);
		fn[to].rsp_seq = seq;
		fn[to].rsp_ok = ok;
		fn[to].answered = fn[to].sent;
		fn[to].busy = false;
		forget_request(to)
	:: else
	fi;
	to = 0;
	gen = 0;
	seq = 0;
	ok = false
}

/* vane_rq_doorbell(), for one slot */
inline rq_doorbell(i, what)
{
	if
	:: rq_enabled ->
		assert(rq_used > 0);
		rq_used--;
		if
		:: what == NOTICE -> fn[i].notice_queued = false
		:: else -> fn[i].request_queued = false
		fi
	:: else
	fi
}

active proctype Device()
{
end:	do
	:: atomic { rq_enabled && pf_enabled && has_work(0) -> rq_serve(0) }
#if VFS > 1
	:: atomic { rq_enabled && pf_enabled && has_work(1) -> rq_serve(1) }
#endif
	:: atomic { sq_enabled && pf_enabled && nempty(sq) -> sq_serve() }
	od
}

/*
 * The PF's driver: work item
 */

/* vane_mbox_pf_enter_generation(), and vane_vf_ops_reset() */
inline enter_generation(i)
{
	if
	:: req_gen != peer[i].gen ->
		if
		:: peer[i].gen != 0 || req_what == NOTICE ->
			/* vane_vf_ops_start_over(): PORT_SET, if the device takes it */
			if
			:: peer[i].own && sq_running && sq_enabled -> fn[i].own = 0
			:: else
			fi;
			peer[i].own = false
		:: else
		fi;
		peer[i].gen = req_gen;
#ifndef BROKEN_PEER_RESET
		peer[i].state = ENABLED
#endif
	:: else
	fi
}

/* vane_mbox_dispatch(): vane_vf_ops_negotiate(), or one that needs READY */
inline dispatch(i)
{
	ok = false;
	if
	:: !(sq_running && sq_enabled)	/* commands fail with -ESHUTDOWN */
	:: else ->
		if
		:: fn[i].busy && fn[i].gen == req_gen && fn[i].seq == req_seq ->
			/* No request is executed twice */
			assert(!fn[i].executed);
			fn[i].executed = true
		:: else
		fi;
		if
		:: req_what == NEGOTIATE ->
			peer[i].state = READY;
			peer[i].negotiated = req_gen;
			/* What a former generation has set is not in force any more */
			assert(fn[i].own == 0 || fn[i].own == fn[i].gen || crashed ||
			       fn[i].gen != req_gen);
			if
			:: fn[i].gen == req_gen -> vf_rights[i] = peer[i].rights
			:: else
			fi;
			ok = true
		:: req_what == SET && peer[i].state == READY ->
			/* "NEGOTIATE MUST be the first request after each reset" */
			assert(peer[i].negotiated == req_gen);
			fn[i].own = req_gen;
			peer[i].own = true;
			ok = true
		:: else	/* VANE_ERR_STATE */
		fi
	fi
}

inline served()
{
	stage = IDLE;
	req_vf = 0;
	req_what = 0;
	req_gen = 0;
	req_seq = 0;
	ok = false
}

/* vane_vf_ops_serve_work(), vane_mbox_pf_serve() */
active proctype Serve()
{
	bool ok;

end:	do
	:: atomic {	/* vane_event_work(), vane_pf_event() */
		event && events && !running && !barred ->
		event = false;
		running = true
	   }
	:: atomic { running && stage == IDLE && empty(rq) -> running = false }
	:: atomic {	/* vane_mbox_pf_rq_take() */
		running && stage == IDLE && nempty(rq) ->
		rq?req_vf, req_what, req_gen, req_seq;
		rq_doorbell(req_vf, req_what);
		stage = TAKEN
	   }
	:: atomic {	/* vane_mbox_pf_serve_one(), under vane_pf.lock */
		stage == TAKEN ->
		if
		:: known ->
			enter_generation(req_vf);
			if
			:: req_what != NOTICE -> dispatch(req_vf); stage = EXECUTED
			:: else -> served()
			fi
		:: else -> served()
		fi
	   }
	:: atomic {	/* vane_mbox_pf_reply(), which waits for room */
		stage == EXECUTED && (!sq_running || nfull(sq)) ->
		if
		:: sq_running ->
			sq!req_vf, req_gen, req_seq, ok;
			fn[req_vf].replies++
		:: else
		fi;
		served()
	   }
	od
}

/*
 * The PF's driver: probe, remove, and resets of the device
 */

inline forget_slots()
{
	do
	:: nempty(rq) -> rq?_, _, _, _
	:: empty(rq) -> break
	od;
	do
	:: nempty(sq) -> sq?_, _, _, _
	:: empty(sq) -> break
	od;
	for (ALL_VFS(k)) {
		fn[k].replies = 0
	}
}

/* vane_mbox_pf_start() */
inline mbox_start()
{
	/* "@mbox: the PF's end, stopped and not serving" */
	assert(!running && stage == IDLE);
#ifndef BROKEN_CLEAR_SLOTS
	forget_slots();
#endif
	pf_enabled = true;
	events = true;
	rq_used = 0;
	rq_enabled = true;
	sq_enabled = true;
	rq_forget();
#ifdef BROKEN_KNOWN
	barred = false;
#endif
	sq_running = true
}

/* vane_vf_status_batch() */
inline status_set(i)
{
	fn[i].config_gen = peer[i].config_gen;
	fn[i].reset_pending = false
}

/* vane_sriov_adopt(), under vane_pf.lock */
inline adopt()
{
	for (ALL_VFS(k)) {
		peer[k].state = ENABLED;
		peer[k].gen = 0;
		peer[k].negotiated = 0;
		peer[k].own = fn[k].own != 0;
#ifndef BROKEN_CONFIG_GEN
		peer[k].config_gen++;	/* from the cookie of the port */
#endif
		status_set(k)
	};
	known = true
}

/* vane_vf_replay(), vane_vf_send_status(), under vane_pf.lock */
inline replay()
{
	for (ALL_VFS(k)) {
		peer[k].own = false;
		peer[k].state = ENABLED;
		peer[k].negotiated = 0;
		fn[k].own = 0;
		status_set(k)
	}
}

/* vane_device_stop_mbox(), vane_dev_disable() */
inline stop()
{
	atomic {
#ifndef BROKEN_BARRED
		barred = true;
#endif
		sq_running = false;
		rq_enabled = false;
		sq_enabled = false
	};
	!running;
	atomic { pf_enabled = false; events = false }
}

active proctype Pf()
{
load:
	/* vane_probe(): VANE_CTRL_RESET, vane_dev_enable() */
	atomic { pf = COMING; pf_function_reset(); mbox_start() };
	atomic { adopt() };
	goto ready;

bring_up:
	/* vane_device_start(): VANE_PF_CTRL_RESET, vane_dev_enable() */
	atomic { device_reset(); mbox_start() };
	atomic { replay() };

ready:
	/* vane_device_serve() */
	atomic { barred = false; event = true };
	atomic { ctrl_ready = true; pf = UP };
end_up:	do
	:: atomic {	/* vane_vf_configure(), under vane_pf.lock */
		disturb;
		peer[0].rights++;
		peer[0].config_gen++;
		status_set(0)
	   }
	:: atomic { disturb; pf = COMING };
		if
		:: goto remove
		:: goto crash
		:: goto take_down
		fi
	:: atomic { !pf_enabled -> pf = COMING };	/* vane_device_needs_reset() */
		goto take_down
	od;

remove:
	atomic { ctrl_ready = false; event = true };
#ifndef BROKEN_DRAIN
	/* vane_mbox_pf_drain(): what has arrived until now is answered */
	atomic { rq_enabled = false; barred = true };
	atomic { !running -> running = true };
	!running;
	(empty(sq) || !sq_enabled);
#endif
	stop();
	atomic { known = false; pf = GONE };	/* vane_sriov_release() */
end_gone:
	goto load;

take_down:
	atomic { ctrl_ready = false; event = true };
	stop();
	goto bring_up;

crash:
	/* The driver ends with its kernel, and leaves the device as it is. */
	atomic {
		crashed = true;
		events = false;
		running = false;
		stage = IDLE;
		barred = true;
		sq_running = false;
		known = false
	};
	goto load
}

/*
 * Whoever has a VF, besides its driver: FLR, by VFIO or sysfs; and VANE_CMD_VF_RESET
 */
active proctype Owner()
{
	byte i;

end:	do
	:: atomic {
		disturb;
		if
		:: i = 0
#if VFS > 1
		:: i = 1
#endif
		fi;
		function_reset(i);
		if
		:: post_reset(i)
		:: pf == UP	/* VANE_CMD_VF_RESET posts none */
		fi;
		i = 0
	   }
	:: atomic { disturbances > 0 && pf == UP -> disturbances--; device_reset() }
	/* No request is lost with the PF's driver */
	:: atomic { pf == UP && pf_ready && !crashed && any_lost -> assert(false) }
	od
}

/*
 * A VF's driver
 */

/* 2 s are over; if the PF will answer, or has crashed, that is a disturbance. */
#define time_is_over(i) (disturbances > 0 || !pf_ready || (lost(i) && pf == UP))
inline give_up(i)
{
	if
	:: !pf_ready || (lost(i) && pf == UP)
	:: else -> disturbances--
	fi
}

/* A VF takes no reply to another request, or of another generation. */
inline take_reply(i)
{
	assert(fn[i].answered == gen && fn[i].rsp_seq == seq)
}

#ifndef BROKEN_GENERATION
#define needs_reset(i, gen) (fn[i].gen != gen || fn[i].reset_pending)
#else
#define needs_reset(i, gen) fn[i].reset_pending
#endif

proctype Vf(byte me)
{
	byte gen, seq, config_gen, offered;
	mtype op;
	bool outstanding, silent, wants;

down:
	/* vanevf_start(), of this driver or a new one, which knows of no request */
	atomic {
		vf_state[me] = DOWN;
		seq = 0;
		outstanding = false;
		silent = false;
		function_reset(me);
		post_reset(me)
	};
	gen = fn[me].gen;
	atomic { fn[me].on = true; vf_state[me] = ENABLED };

	/* vanevf_service() */
end:	do
	:: atomic { needs_reset(me, gen) -> goto down }
	:: atomic {	/* vanevf_follow_pf() */
		!needs_reset(me, gen) && vf_state[me] == READY &&
		(fn[me].config_gen != config_gen || !pf_ready) ->
		vf_state[me] = ENABLED
	   }
	:: atomic {
		!needs_reset(me, gen) && vf_state[me] == ENABLED && pf_ready ->
		op = NEGOTIATE;
		goto request
	   }
	:: atomic {	/* a driver that does not negotiate */
		!needs_reset(me, gen) && vf_state[me] == ENABLED && pf_ready &&
		disturbances > 0 ->
		disturbances--;
		op = SET;
		goto request
	   }
	:: atomic {	/* vanevf_follow_filters() */
		!needs_reset(me, gen) && vf_state[me] == READY && pf_ready && wants ->
		op = SET;
		goto request
	   }
	od;

request:
	/* vane_mbox_request(); CONFIG_GEN was read before */
	atomic { offered = fn[me].config_gen; waiting[me] = true };
#ifndef BROKEN_OUTSTANDING
	if
	:: outstanding ->
		if
		:: atomic { !fn[me].busy -> outstanding = false }
		:: atomic { fn[me].busy && time_is_over(me) -> give_up(me) }; goto silence
		fi
	:: else
	fi;
#endif
	atomic {
		seq = seq % 3 + 1;
		outstanding = true;
		/* vane_mbox_doorbell() */
		if
		:: fn[me].on ->
			/* "A driver that stops waiting MUST NOT send another request" */
			assert(!fn[me].busy);
			fn[me].op = op;
			fn[me].seq = seq;
			fn[me].sent = fn[me].gen;
			fn[me].executed = false;
			fn[me].busy = true;
			fn[me].held = true
		:: else
		fi
	};
	/* vane_mbox_vf_wait_idle() */
	if
	:: atomic { !fn[me].busy -> outstanding = false }
	:: atomic { fn[me].busy && time_is_over(me) -> give_up(me) }; goto silence
	fi;
	/* vane_mbox_vf_read_reply() */
	atomic {
		silent = false;
		waiting[me] = false;
		if
#ifndef BROKEN_SEQ
		:: fn[me].rsp_seq != seq -> vf_state[me] = ENABLED; goto end
#else
		:: fn[me].rsp_seq != seq && fn[me].rsp_seq != 0 ->
			vf_state[me] = ENABLED;
			goto end
#endif
		:: else
		fi;
		if
		:: !fn[me].rsp_ok -> vf_state[me] = ENABLED; goto end
		:: op == SET ->
			take_reply(me);
			wants = false;
			goto end
		:: else
		fi
	};
	/* vanevf_negotiate(), after the body was read: vane_mbox_vf_reset_or() */
	atomic {
		if
		:: fn[me].gen != gen
		:: else ->
			take_reply(me);
#ifndef BROKEN_CONFIG_READ_FIRST
			config_gen = offered;
#else
			config_gen = fn[me].config_gen;
#endif
			wants = true;
			vf_state[me] = READY
		fi;
		goto end
	};

silence:
	/* vanevf_note_silence() */
	atomic {
		vf_state[me] = ENABLED;
		waiting[me] = false;
#ifndef BROKEN_SILENCE
		if
		:: op == NEGOTIATE && silent -> goto down
		:: op == NEGOTIATE && !silent -> silent = true
		:: else
		fi;
#endif
		goto end
	}
}

init {
	atomic {
		for (ALL_VFS(k)) {
			run Vf(k)
		}
	}
}

/* Once disturbances are over there is a rest, in which all VFs are READY ... */
active proctype Rest()
{
	timeout -> assert(pf == UP && all_agreed)
}

/* ... and nothing goes on for ever instead. */
ltl settled { <>[] (pf == UP && all_agreed) }
/* Each call of vane_mbox_request() returns. */
ltl returns { [] (waiting[0] -> <> !waiting[0]) }
