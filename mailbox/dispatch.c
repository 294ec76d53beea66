// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE mailbox: dispatch of a VF's request to its handler.
 *
 * Every request of a VF gets a reply. A handler sees a request only after its
 * length, and the state and trust of its sender, have been checked.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "compat.h"
#include "vane_mbox.h"

static const struct {
	u16 status;
	int err;
} vane_errors[] = {
	{ VANE_OK,		0 },
	{ VANE_ERR_INVALID,	-EINVAL },
	{ VANE_ERR_UNSUPPORTED,	-EOPNOTSUPP },
	{ VANE_ERR_DENIED,	-EPERM },
	{ VANE_ERR_NO_SPACE,	-ENOSPC },
	{ VANE_ERR_EXISTS,	-EEXIST },
	{ VANE_ERR_NOT_FOUND,	-ENOENT },
	{ VANE_ERR_BUSY,	-EBUSY },
	{ VANE_ERR_STATE,	-EAGAIN },
	{ VANE_ERR_LENGTH,	-EMSGSIZE },
	{ VANE_ERR_STALE,	-ESTALE },
	{ VANE_ERR_RANGE,	-ERANGE },
	{ VANE_ERR_INTERNAL,	-EIO },
};

/**
 * vane_status_to_errno() - errno of a message's status
 * @status: enum vane_status, or anything
 *
 * Context: Any.
 * Return: 0 or an errno; -EIO for a status that is not known.
 */
int vane_status_to_errno(u16 status)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vane_errors); i++)
		if (vane_errors[i].status == status)
			return vane_errors[i].err;
	return -EIO;
}
EXPORT_SYMBOL_NS_GPL(vane_status_to_errno, VANE_NS);

/**
 * vane_errno_to_status() - status of a message for an errno
 * @err: 0 or a negative errno
 *
 * Context: Any.
 * Return: enum vane_status; VANE_ERR_INTERNAL for an errno that has no other.
 */
u16 vane_errno_to_status(int err)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vane_errors); i++)
		if (vane_errors[i].err == err)
			return vane_errors[i].status;
	return VANE_ERR_INTERNAL;
}
EXPORT_SYMBOL_NS_GPL(vane_errno_to_status, VANE_NS);

static const struct vane_mbox_handler *
vane_mbox_find_handler(const struct vane_mbox_pf_ops *ops, u16 op)
{
	unsigned int i;

	for (i = 0; i < ops->table_len; i++)
		if (ops->table[i].op == op)
			return &ops->table[i];
	return NULL;
}

static int vane_mbox_handle(const struct vane_mbox_handler *handler, void *ctx,
			    struct vane_mbox_peer *peer, u16 vf,
			    const struct vane_msg *req, u16 req_len,
			    struct vane_msg *rsp)
{
	if (!handler)
		return -EOPNOTSUPP;
	if (req_len != sizeof(req->hdr) + le16_to_cpu(req->hdr.len) ||
	    req_len < sizeof(req->hdr) + handler->req_len)
		return -EMSGSIZE;
	if (req->hdr.status)
		return -EINVAL;
	if (READ_ONCE(peer->state) < handler->state)
		return -EAGAIN;
	if (handler->needs_trust && !READ_ONCE(peer->trusted))
		return -EPERM;
	return handler->handle(ctx, vf, req->body, rsp->body);
}

/**
 * vane_mbox_dispatch() - serve one request
 * @ops: the owner's table
 * @ctx: first argument of its handlers
 * @peer: state of the VF
 * @vf: its index
 * @req: the request as the VF wrote it, in memory that only the PF can change
 * @req_len: bytes of it that arrived, header included
 * @rsp: buffer for the reply
 *
 * Context: Process context; sleeps if a handler does. Takes no lock.
 * Return: bytes of the reply, header included. There always is a reply.
 */
u16 vane_mbox_dispatch(const struct vane_mbox_pf_ops *ops, void *ctx,
		       struct vane_mbox_peer *peer, u16 vf,
		       const struct vane_msg *req, u16 req_len,
		       struct vane_msg *rsp)
{
	const struct vane_mbox_handler *handler = NULL;
	u16 body_len = 0;
	int err;

	memset(rsp, 0, sizeof(*rsp));
	if (req_len >= sizeof(req->hdr)) {
		rsp->hdr.op = req->hdr.op;
		rsp->hdr.seq = req->hdr.seq;
		handler = vane_mbox_find_handler(ops, le16_to_cpu(req->hdr.op));
		err = vane_mbox_handle(handler, ctx, peer, vf, req, req_len,
				       rsp);
	} else {
		err = -EMSGSIZE;
	}

	if (err) {
		memset(rsp->body, 0, sizeof(rsp->body));
		ops->refused(ctx, vf, handler ? handler->name : NULL,
			     le16_to_cpu(rsp->hdr.op), err);
	} else {
		body_len = handler->rsp_len;
	}
	rsp->hdr.status = cpu_to_le16(vane_errno_to_status(err));
	rsp->hdr.len = cpu_to_le16(body_len);
	return sizeof(rsp->hdr) + body_len;
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_dispatch, VANE_NS);
