// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vectors, events and moderation (datasheet, 5)
 *
 * A vector fires once and is then unarmed. Its handler reads the event count
 * before it looks for work, and arms the vector with that value afterwards. An
 * event in between makes the device's count differ, so the vector fires again.
 * Thus no interrupt is ever masked, and none is lost.
 *
 * Vector 0 carries the causes and is live as long as the function is enabled.
 * The queues have vectors of their own while the netdev is open. If the platform
 * has too few, queues share the available ones, in the extreme vector 0.
 */

#include <linux/bitfield.h>
#include <linux/interrupt.h>
#include <linux/io.h>

#include "compat.h"
#include "irq.h"
#include "queue.h"
#include "ring.h"
#include "rx.h"
#include "tx.h"
#include "vane_dev.h"
#include "vane_net.h"

#define VANE_ITR_DEFAULT	20	/* us, without adaptive moderation */

/*
 * Causes whose handling only reads memory, or wakes a waiter that does: handling
 * them needlessly costs less than the register write that clears them
 */
#define CAUSES_LEFT_SET		(VANE_EVENT_MBOX | VANE_EVENT_RQ | VANE_EVENT_SQ)

struct workqueue_struct *vane_wq;

static u32 vane_irq_read_events(const struct vane_vector *vec)
{
	u64 events = le64_to_cpu(READ_ONCE(vec->sb->events));

	/* Read the count before anything that it announces. */
	dma_rmb();
	return FIELD_GET(VANE_SB_EVENTS, events);
}

static void vane_irq_arm(struct vane_vector *vec, u32 events)
{
	writel(events, vec->doorbell);
}

/* Causes
 * ------
 */

static void vane_irq_check_causes(struct vane_vector *vec)
{
	u64 causes = le64_to_cpu(READ_ONCE(vec->sb->causes));
	struct vane_dev *vdev = vec->vdev;

	if (FIELD_GET(VANE_SB_CAUSE_COUNT, causes) !=
	    READ_ONCE(vdev->causes_seen))
		queue_work(vane_wq, &vdev->event_work);
}

static void vane_irq_report_stopped_queues(struct vane_dev *vdev)
{
	u32 state;
	u16 q;

	for (q = 0; q < vdev->max_queues; q++) {
		state = vane_rd32(vdev, VANE_TXQ(q) + VANE_TXQ_STATE);
		if (FIELD_GET(VANE_Q_STATE_ERROR, state))
			pci_err(vdev->pdev,
				"device stopped transmit queue %u: error %u\n",
				q, FIELD_GET(VANE_Q_STATE_ERROR, state));
		state = vane_rd32(vdev, VANE_RXQ(q) + VANE_RXQ_STATE);
		if (FIELD_GET(VANE_Q_STATE_ERROR, state))
			pci_err(vdev->pdev,
				"device stopped receive queue %u: error %u\n",
				q, FIELD_GET(VANE_Q_STATE_ERROR, state));
	}
}

/**
 * vane_event_work() - hand the causes of vector 0 to the owner
 * @work: event_work of a function
 *
 * The status block has the causes, so no register is read. They are cleared
 * before they are handled, so a cause that is raised meanwhile is delivered
 * again. This holds for CAUSES_LEFT_SET too, as the device counts each time that
 * it raises a cause.
 *
 * Context: Work item of vane_wq; may sleep.
 */
void vane_event_work(struct work_struct *work)
{
	struct vane_dev *vdev = container_of(work, struct vane_dev, event_work);
	struct vane_status_block *sb = vdev->sb;
	u64 word = le64_to_cpu(READ_ONCE(sb->causes));
	u32 causes = FIELD_GET(VANE_SB_CAUSES, word);

	WRITE_ONCE(vdev->causes_seen, FIELD_GET(VANE_SB_CAUSE_COUNT, word));
	if (causes & ~CAUSES_LEFT_SET)
		vane_wr32(vdev, VANE_REG_EVENT_CAUSE, causes);

	if (causes & VANE_EVENT_QUEUE) {
		vane_irq_report_stopped_queues(vdev);
		vdev->ops->reset(vdev);
	}
	causes &= ~VANE_EVENT_QUEUE;
	if (causes)
		vdev->ops->event(vdev, causes);
}

/**
 * vane_dev_check_events() - deliver causes whose interrupt has not arrived
 * @vdev: function; must not be enabled or disabled meanwhile
 *
 * Reads memory only, no register.
 *
 * Context: Any.
 */
void vane_dev_check_events(struct vane_dev *vdev)
{
	if (vdev->vec && vdev->vec[0])
		vane_irq_check_causes(vdev->vec[0]);
}
EXPORT_SYMBOL_NS_GPL(vane_dev_check_events, VANE_NS);

/* Interrupts and NAPI
 * -------------------
 */

static irqreturn_t vane_irq_handle_queues(int irq, void *data)
{
	struct vane_vector *vec = data;

	vec->irqs++;
	napi_schedule_irqoff(&vec->napi);
	return IRQ_HANDLED;
}

/* Checks for causes, and arms the vector unless NAPI will. */
static void vane_irq_serve_first(struct vane_vector *vec)
{
	u32 events = vane_irq_read_events(vec);

	vane_irq_check_causes(vec);
	if (READ_ONCE(vec->polling))
		napi_schedule_irqoff(&vec->napi);
	else
		vane_irq_arm(vec, events);
}

static irqreturn_t vane_irq_handle_first(int irq, void *data)
{
	struct vane_vector *vec = data;

	vec->irqs++;
	vane_irq_serve_first(vec);
	return IRQ_HANDLED;
}

/* Only NAPI writes these counters. */
static void vane_irq_moderate(struct vane_vector *vec)
{
	struct dim_sample sample = {};
	const struct vane_txq *txq;
	const struct vane_rxq *rxq;
	u64 packets = 0;
	u64 bytes = 0;

	for (txq = vec->txq; txq; txq = txq->next) {
		packets += u64_stats_read(&txq->stats->packets);
		bytes += u64_stats_read(&txq->stats->bytes);
	}
	for (rxq = vec->rxq; rxq; rxq = rxq->next) {
		packets += u64_stats_read(&rxq->stats->packets);
		bytes += u64_stats_read(&rxq->stats->bytes);
	}
	dim_update_sample(vec->irqs, packets, bytes, &sample);
	vane_net_dim(&vec->dim, &sample);
}

/* A vector whose NAPI is enabled has queues. */
static int vane_irq_poll(struct napi_struct *napi, int budget)
{
	struct vane_vector *vec = container_of(napi, struct vane_vector, napi);
	u32 events = vane_irq_read_events(vec);
	struct vane_txq *txq;
	struct vane_rxq *rxq;
	bool more = false;
	int share = budget;
	int work = 0;
	int done;

	txq = vec->txq;
	do {
		vane_txq_clean(vec, txq, budget);
		txq = txq->next;
	} while (unlikely(txq));

	/* netpoll wants transmit completions only */
	if (unlikely(!budget))
		return 0;

	if (unlikely(vec->num_queues > 1))
		share = max(budget / vec->num_queues, 1);

	rxq = vec->rxq;
	do {
		done = vane_rxq_poll(vec, rxq, share);
		more |= done == share;
		work += done;
		rxq = rxq->next;
	} while (unlikely(rxq));

	if (more)
		return budget;

	if (napi_complete_done(napi, work)) {
		if (READ_ONCE(vec->adaptive))
			vane_irq_moderate(vec);
		vane_irq_arm(vec, events);
	}
	return work;
}

/* As vane_irq_poll(). Under load, vector 0 may remain unarmed through many
 * polls, and causes must not wait for the last one.
 */
static int vane_irq_poll_first(struct napi_struct *napi, int budget)
{
	vane_irq_check_causes(container_of(napi, struct vane_vector, napi));
	return vane_irq_poll(napi, budget);
}

/* Moderation
 * ----------
 */

static void vane_irq_set_itr(struct vane_vector *vec, u32 usecs)
{
	vane_wr32(vec->vdev, VANE_VEC(vec->index) + VANE_VEC_ITR,
		  min(usecs, VANE_VEC_ITR_MAX));
}

static void vane_irq_apply_moderation(struct work_struct *work)
{
	struct dim *dim = container_of(work, struct dim, work);
	struct vane_vector *vec = container_of(dim, struct vane_vector, dim);
	struct dim_cq_moder moder;

	moder = net_dim_get_rx_moderation(dim->mode, dim->profile_ix);
	vane_irq_set_itr(vec, moder.usec);
	dim->state = DIM_START_MEASURE;
}

/* Neither NAPI with moderation nor @vec->dim.work runs. */
static void vane_irq_start_moderation(struct vane_net *vn,
				      struct vane_vector *vec)
{
	u32 usecs = vn->itr;

	if (vn->adaptive) {
		vec->dim.state = DIM_START_MEASURE;
		usecs = net_dim_get_rx_moderation(vec->dim.mode,
						  vec->dim.profile_ix).usec;
	}
	vane_irq_set_itr(vec, usecs);
	WRITE_ONCE(vec->adaptive, vn->adaptive);
}

/* First and last index of the vectors that serve queues */
static u16 vane_irq_first_queue_vector(const struct vane_net *vn)
{
	return vn->rings->num_vecs ? 1 : 0;
}

static u16 vane_irq_last_queue_vector(const struct vane_net *vn)
{
	return vn->rings->num_vecs;
}

/**
 * vane_vectors_moderate() - apply changed moderation to the queues' vectors
 * @vn: netdev, its datapath up
 *
 * Context: rtnl held. May sleep.
 */
void vane_vectors_moderate(struct vane_net *vn)
{
	struct vane_vector **vec = vn->vdev->vec;
	u16 i;

	for (i = vane_irq_first_queue_vector(vn);
	     i <= vane_irq_last_queue_vector(vn); i++)
		WRITE_ONCE(vec[i]->adaptive, false);
	/* NAPI no longer starts the work. */
	synchronize_net();
	for (i = vane_irq_first_queue_vector(vn);
	     i <= vane_irq_last_queue_vector(vn); i++) {
		cancel_work_sync(&vec[i]->dim.work);
		vane_irq_start_moderation(vn, vec[i]);
	}
}

/* Life of a vector
 * ----------------
 */

static int vane_irq_map(struct vane_dev *vdev, struct vane_vector *vec)
{
	if (vec->index < vdev->num_vecs) {
		vec->irq = pci_irq_vector(vdev->pdev, vec->index);
		return vec->irq < 0 ? vec->irq : 0;
	}

	vec->map = pci_msix_alloc_irq_at(vdev->pdev, vec->index, NULL);
	if (vec->map.index < 0)
		return vec->map.index;
	vec->irq = vec->map.virq;
	return 0;
}

static void vane_irq_unmap(struct vane_dev *vdev, struct vane_vector *vec)
{
	if (vec->index >= vdev->num_vecs)
		pci_msix_free_irq(vdev->pdev, vec->map);
}

static int vane_irq_request_vector(struct vane_dev *vdev, u16 index)
{
	u32 regs = VANE_VEC(index);
	struct vane_vector *vec;
	int err;

	vec = kzalloc_node(sizeof(*vec), GFP_KERNEL,
			   dev_to_node(&vdev->pdev->dev));
	if (!vec)
		return -ENOMEM;

	vec->vdev = vdev;
	vec->index = index;
	vec->sb = vdev->sb + index * VANE_SB_STRIDE;
	vec->doorbell = vdev->regs + VANE_DB_VEC(index);
	vec->dim.mode = DIM_CQ_PERIOD_MODE_START_FROM_EQE;
	INIT_WORK(&vec->dim.work, vane_irq_apply_moderation);
	if (index)
		snprintf(vec->name, sizeof(vec->name), "%s-%u",
			 vdev->net->netdev->name, index - 1);
	else
		snprintf(vec->name, sizeof(vec->name), "%s-%s",
			 dev_driver_string(&vdev->pdev->dev),
			 pci_name(vdev->pdev));

	err = vane_irq_map(vdev, vec);
	if (err)
		goto free_vector;

	err = request_irq(vec->irq, index ? vane_irq_handle_queues :
					    vane_irq_handle_first,
			  0, vec->name, vec);
	if (err)
		goto unmap_irq;

	vane_wr64(vdev, regs + VANE_VEC_SB_ADDR,
		  vdev->sb_dma + index * VANE_SB_STRIDE);
	vane_wr32(vdev, regs + VANE_VEC_CTRL, VANE_VEC_CTRL_ENABLE);
	if (vane_rd32(vdev, regs + VANE_VEC_CTRL) != VANE_VEC_CTRL_ENABLE) {
		err = vane_dev_alive(vdev) ? -EIO : -ENODEV;
		goto free_irq;
	}

	vdev->vec[index] = vec;
	return 0;

free_irq:
	free_irq(vec->irq, vec);
unmap_irq:
	vane_irq_unmap(vdev, vec);
free_vector:
	kfree(vec);
	return err;
}

static void vane_irq_release_vector(struct vane_dev *vdev, u16 index)
{
	struct vane_vector *vec = vdev->vec[index];

	vdev->vec[index] = NULL;
	vane_wr32(vdev, VANE_VEC(index) + VANE_VEC_CTRL, 0);
	free_irq(vec->irq, vec);
	cancel_work_sync(&vec->dim.work);
	vane_irq_unmap(vdev, vec);
	kfree(vec);
}

/**
 * vane_irq_init() - enable MSI-X and vector 0
 * @vdev: function, enabled
 *
 * Interrupt vectors of a machine are scarce with 256 VFs, so the others are not
 * requested before the netdev is opened. If the platform can add vectors to an
 * enabled MSI-X capability, they are not even allocated before.
 *
 * Context: As vane_dev_enable().
 * Return: 0 or a negative errno.
 */
int vane_irq_init(struct vane_dev *vdev)
{
	struct device *dev = &vdev->pdev->dev;
	int num;
	int err;

	vdev->vec = kcalloc(vdev->max_vectors, sizeof(*vdev->vec), GFP_KERNEL);
	if (!vdev->vec)
		return -ENOMEM;

	vdev->sb_size = vdev->max_vectors * VANE_SB_STRIDE;
	vdev->sb = dma_alloc_coherent(dev, vdev->sb_size, &vdev->sb_dma,
				      GFP_KERNEL);
	if (!vdev->sb) {
		err = -ENOMEM;
		goto free_vec;
	}
	vdev->causes_seen = 0;

	num = pci_msix_can_alloc_dyn(vdev->pdev) ? 1 : vdev->max_vectors;
	num = pci_alloc_irq_vectors(vdev->pdev, 1, num, PCI_IRQ_MSIX);
	if (num < 0) {
		err = num;
		pci_err(vdev->pdev, "cannot allocate an interrupt vector: %d\n", err);
		goto free_sb;
	}
	vdev->num_vecs = num;

	err = vane_irq_request_vector(vdev, 0);
	if (err) {
		/* The owner may find one */
		if (err != -ENOSPC)
			pci_err(vdev->pdev,
				"cannot use interrupt vector 0: %d\n", err);
		goto free_irq_vectors;
	}
	vane_irq_arm(vdev->vec[0], 0);
	return 0;

free_irq_vectors:
	pci_free_irq_vectors(vdev->pdev);
free_sb:
	dma_free_coherent(dev, vdev->sb_size, vdev->sb, vdev->sb_dma);
free_vec:
	kfree(vdev->vec);
	vdev->vec = NULL;
	return err;
}

/**
 * vane_irq_exit() - undo vane_irq_init()
 * @vdev: function, disabled; does nothing if that was done before
 *
 * Context: As vane_dev_disable().
 */
void vane_irq_exit(struct vane_dev *vdev)
{
	if (!vdev->vec)
		return;

	vane_irq_release_vector(vdev, 0);
	cancel_work_sync(&vdev->event_work);
	pci_free_irq_vectors(vdev->pdev);
	dma_free_coherent(&vdev->pdev->dev, vdev->sb_size, vdev->sb,
			  vdev->sb_dma);
	kfree(vdev->vec);
	vdev->vec = NULL;
}

/**
 * vane_vectors_grow() - request vectors for queues
 * @vn: netdev
 * @want: queue vectors to have, beside vector 0
 *
 * Too few vectors in the machine or the function are not an error: the queues
 * share those available.
 *
 * Context: rtnl held. May sleep.
 * Return: 0 or a negative errno. If it fails, vectors gained so far are kept;
 * see vane_vectors_shrink().
 */
int vane_vectors_grow(struct vane_net *vn, u16 want)
{
	struct vane_dev *vdev = vn->vdev;
	u16 limit = min_t(u16, want, vdev->max_vectors - 1);
	struct vane_vector *vec;
	int err = 0;

	/* Without MSI-X for it, a vector cannot be added one by one. */
	if (!pci_msix_can_alloc_dyn(vdev->pdev))
		limit = min_t(u16, limit, vdev->num_vecs - 1);

	while (vn->num_vecs < limit) {
		err = vane_irq_request_vector(vdev, vn->num_vecs + 1);
		if (err)
			break;
		vec = vdev->vec[++vn->num_vecs];
		vane_napi_add(vn->netdev, &vec->napi, vane_irq_poll,
			      vec->index - 1);
		netif_napi_set_irq(&vec->napi, vec->irq);
	}
	if (err && err != -ENOSPC)
		return err;

	if (vn->num_vecs < want &&
	    !test_and_set_bit(VANE_DEV_SHARED_VECTORS, &vdev->flags))
		netdev_info(vn->netdev,
			    "%u interrupt vectors for %u queues: queues share them\n",
			    vn->num_vecs, want);
	return 0;
}

/**
 * vane_vectors_shrink() - release vectors of queues
 * @vn: netdev; the vectors in question are not in use
 * @want: queue vectors to keep
 *
 * Context: rtnl held. May sleep.
 */
void vane_vectors_shrink(struct vane_net *vn, u16 want)
{
	struct vane_vector *vec;

	while (vn->num_vecs > want) {
		vec = vn->vdev->vec[vn->num_vecs];
		/* No interrupt may arrive after the NAPI is gone. */
		disable_irq(vec->irq);
		netif_napi_del(&vec->napi);
		vane_irq_release_vector(vn->vdev, vn->num_vecs--);
	}
}

static struct vane_vector *vane_irq_vector_of_queue(struct vane_net *vn, u16 q)
{
	u16 num = vn->rings->num_vecs;
	u16 index = num ? 1 + q % num : 0;

	return vn->vdev->vec[index];
}

static void vane_irq_enable_vector_napi(struct vane_net *vn,
					struct vane_vector *vec)
{
	vane_irq_start_moderation(vn, vec);
	napi_enable(&vec->napi);
	WRITE_ONCE(vec->polling, true);
}

/**
 * vane_vectors_start() - give the queues to the vectors and enable their NAPI
 * @vn: netdev with new rings, whose queues the device does not serve yet
 *
 * To be followed by vane_vectors_arm() when the queues are enabled.
 *
 * Context: rtnl held. May sleep.
 */
void vane_vectors_start(struct vane_net *vn)
{
	struct vane_rings *rings = vn->rings;
	struct vane_vector *vec;
	struct vane_txq *txq;
	struct vane_rxq *rxq;
	u16 q, i;

	rings->num_vecs = vn->num_vecs;
	if (!rings->num_vecs) {
		vec = vn->vdev->vec[0];
		vane_napi_add(vn->netdev, &vec->napi, vane_irq_poll_first, 0);
		netif_napi_set_irq(&vec->napi, vec->irq);
	}

	/* Backwards, as each goes to the front of its list */
	for (q = rings->config.num_queues; q--; ) {
		txq = rings->txq[q];
		rxq = rings->rxq[q];
		vec = vane_irq_vector_of_queue(vn, q);

		txq->next = vec->txq;
		vec->txq = txq;
		rxq->next = vec->rxq;
		vec->rxq = rxq;
		vec->num_queues++;

		txq->vector = vec->index;
		rxq->vector = vec->index;
		vane_page_pool_set_napi(rxq->pool, &vec->napi);
		netif_queue_set_napi(vn->netdev, q, NETDEV_QUEUE_TYPE_TX,
				     &vec->napi);
		netif_queue_set_napi(vn->netdev, q, NETDEV_QUEUE_TYPE_RX,
				     &vec->napi);
	}

	for (i = vane_irq_first_queue_vector(vn);
	     i <= vane_irq_last_queue_vector(vn); i++)
		vane_irq_enable_vector_napi(vn, vn->vdev->vec[i]);
}

/**
 * vane_vectors_arm() - let the queues' vectors fire
 * @vn: netdev
 *
 * Context: rtnl held. Does not sleep.
 */
void vane_vectors_arm(struct vane_net *vn)
{
	u16 i;

	/* Vector 0 is always armed, by its handler or its NAPI. */
	for (i = 1; i <= vn->rings->num_vecs; i++)
		vane_irq_arm(vn->vdev->vec[i],
			     vane_irq_read_events(vn->vdev->vec[i]));
}

static void vane_irq_disable_vector_napi(struct vane_vector *vec)
{
	WRITE_ONCE(vec->polling, false);
	napi_disable(&vec->napi);
	/* NAPI started it; with NAPI disabled, nothing does. */
	cancel_work_sync(&vec->dim.work);
	vec->txq = NULL;
	vec->rxq = NULL;
	vec->num_queues = 0;
}

/**
 * vane_vectors_stop() - disable NAPI and take the queues from the vectors
 * @vn: netdev
 *
 * The rings must not be freed before, as this detaches their pools from NAPI.
 *
 * Context: rtnl held. May sleep.
 */
void vane_vectors_stop(struct vane_net *vn)
{
	struct vane_rings *rings = vn->rings;
	struct vane_vector *vec;
	u16 q, i;

	for (i = vane_irq_first_queue_vector(vn);
	     i <= vane_irq_last_queue_vector(vn); i++)
		vane_irq_disable_vector_napi(vn->vdev->vec[i]);

	for (q = 0; q < rings->config.num_queues; q++) {
		netif_queue_set_napi(vn->netdev, q, NETDEV_QUEUE_TYPE_TX, NULL);
		netif_queue_set_napi(vn->netdev, q, NETDEV_QUEUE_TYPE_RX, NULL);
		page_pool_disable_direct_recycling(rings->rxq[q]->pool);
	}

	if (rings->num_vecs)
		return;

	/* Vector 0 may have fired for the NAPI that is now disabled, and so not
	 * have been armed again. Its handler may also be about to schedule that
	 * NAPI, so wait for it first.
	 */
	vec = vn->vdev->vec[0];
	synchronize_irq(vec->irq);
	netif_napi_del(&vec->napi);
	vane_irq_set_itr(vec, 0);
	vane_irq_serve_first(vec);
}

/**
 * vane_vectors_init() - moderation of a new netdev
 * @vn: netdev
 *
 * Context: The netdev is not registered. Does not sleep.
 */
void vane_vectors_init(struct vane_net *vn)
{
	vn->adaptive = true;
	vn->itr = VANE_ITR_DEFAULT;
}
