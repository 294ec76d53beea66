// SPDX-License-Identifier: GPL-2.0-only
/* Bring-up of one function: PCI, identity, limits, features (datasheet, 3) */

#include <linux/bitfield.h>

#include "compat.h"
#include "irq.h"
#include "vane_dev.h"

static int vane_dev_check_identity(struct vane_dev *vdev)
{
	u32 magic = vane_rd32(vdev, VANE_REG_MAGIC);
	u32 function;
	u32 abi;

	if (magic != VANE_MAGIC) {
		pci_err(vdev->pdev, "not a VANE device: magic %#010x\n", magic);
		return -ENODEV;
	}

	abi = vane_rd32(vdev, VANE_REG_ABI);
	if (FIELD_GET(VANE_ABI_MAJOR, abi) != VANE_ABI_MAJOR_VERSION) {
		pci_err(vdev->pdev,
			"device has interface version %u, driver supports only %u\n",
			FIELD_GET(VANE_ABI_MAJOR, abi), VANE_ABI_MAJOR_VERSION);
		return -EOPNOTSUPP;
	}

	function = vane_rd32(vdev, VANE_REG_FUNCTION);
	vdev->is_vf = function & VANE_FUNCTION_IS_VF;
	vdev->vf_index = FIELD_GET(VANE_FUNCTION_VF_INDEX, function);
	return 0;
}

/* Each reset of a VF may change its number of queues and vectors. */
static int vane_dev_read_limits(struct vane_dev *vdev)
{
	u32 queues = vane_rd32(vdev, VANE_REG_LIMIT_QUEUES);
	u32 ring = vane_rd32(vdev, VANE_REG_LIMIT_RING);
	u32 tx = vane_rd32(vdev, VANE_REG_LIMIT_TX);

	vdev->max_queues = min3(FIELD_GET(VANE_LIMIT_QUEUES_TX, queues),
				FIELD_GET(VANE_LIMIT_QUEUES_RX, queues),
				(u32)VANE_MAX_QUEUES_PF);
	vdev->max_vectors = min_t(u32, VANE_MAX_VECTORS_PF,
				  vane_rd32(vdev, VANE_REG_LIMIT_VECTORS));
	vdev->ring_log2_min = max_t(u8, FIELD_GET(VANE_LIMIT_RING_MIN, ring),
				    VANE_RING_LOG2_MIN);
	vdev->ring_log2_max = min_t(u8, FIELD_GET(VANE_LIMIT_RING_MAX, ring),
				    VANE_RING_LOG2_MAX);
	vdev->limit_frame = min_t(u32, VANE_MAX_FRAME,
				  vane_rd32(vdev, VANE_REG_LIMIT_FRAME));
	if (!vane_dev_alive(vdev))
		return -ENODEV;

	if (!vdev->max_queues || !vdev->max_vectors ||
	    vdev->ring_log2_min > vdev->ring_log2_max ||
	    vdev->limit_frame < ETH_MIN_MTU + VANE_FRAME_OVERHEAD ||
	    FIELD_GET(VANE_LIMIT_TX_DESC, tx) < MAX_SKB_FRAGS + 2) {
		pci_err(vdev->pdev,
			"unsupported limits of the device: %u queues, %u vectors, frames of %u bytes in %u parts\n",
			vdev->max_queues, vdev->max_vectors, vdev->limit_frame,
			FIELD_GET(VANE_LIMIT_TX_DESC, tx));
		return -EOPNOTSUPP;
	}
	return 0;
}

/**
 * vane_dev_init() - set up a PCI function
 * @vdev: to be set up, zeroed
 * @pdev: function that the caller's probe is for
 * @ops: what the caller provides
 *
 * Enables the PCI device, maps its registers and checks that this driver
 * supports it. The function stays disabled; see vane_dev_enable().
 *
 * Context: Process context; may sleep. Serialised by the owner.
 * Return: 0 or a negative errno; -ENODEV if the device is gone or is not a VANE
 * device, -EOPNOTSUPP if this driver does not support its interface version.
 */
int vane_dev_init(struct vane_dev *vdev, struct pci_dev *pdev,
		  const struct vane_dev_ops *ops)
{
	int err;

	vdev->pdev = pdev;
	vdev->ops = ops;
	INIT_WORK(&vdev->event_work, vane_event_work);

	err = pci_enable_device_mem(pdev);
	if (err)
		return err;

	err = dma_set_mask_and_coherent(&pdev->dev,
					DMA_BIT_MASK(VANE_DMA_ADDR_BITS));
	if (err)
		goto disable_device;

	err = pci_request_mem_regions(pdev, dev_driver_string(&pdev->dev));
	if (err)
		goto disable_device;

	err = -ENODEV;
	if (pci_resource_len(pdev, VANE_BAR) < VANE_VF_BAR_SIZE) {
		pci_err(pdev, "BAR %u has %llu bytes, not %u\n", VANE_BAR,
			(u64)pci_resource_len(pdev, VANE_BAR),
			VANE_VF_BAR_SIZE);
		goto release_regions;
	}

	vdev->regs = pci_iomap(pdev, VANE_BAR, 0);
	if (!vdev->regs) {
		err = -ENOMEM;
		goto release_regions;
	}

	err = vane_dev_check_identity(vdev);
	if (err)
		goto unmap_regs;

	return 0;

unmap_regs:
	pci_iounmap(pdev, vdev->regs);
release_regions:
	pci_release_mem_regions(pdev);
disable_device:
	pci_disable_device(pdev);
	return err;
}
EXPORT_SYMBOL_NS_GPL(vane_dev_init, VANE_NS);

/**
 * vane_dev_exit() - undo vane_dev_init()
 * @vdev: function, disabled
 *
 * Context: Process context; may sleep. Serialised by the owner.
 */
void vane_dev_exit(struct vane_dev *vdev)
{
	pci_clear_master(vdev->pdev);
	pci_iounmap(vdev->pdev, vdev->regs);
	pci_release_mem_regions(vdev->pdev);
	pci_disable_device(vdev->pdev);
}
EXPORT_SYMBOL_NS_GPL(vane_dev_exit, VANE_NS);

/**
 * vane_dev_enable() - agree on features, enable the function and its events
 * @vdev: function
 *
 * When it returns, limits are known, vector 0 is live, and events are
 * delivered: the mailbox works. Used at probe and after each reset of the
 * function.
 *
 * Context: Process context; may sleep. Serialised by the owner.
 * Return: 0 or a negative errno; -ENODEV if the device is gone, -EIO if it
 * refuses.
 */
int vane_dev_enable(struct vane_dev *vdev)
{
	u32 state;
	int err;

	clear_bit(VANE_DEV_DEAD, &vdev->flags);
	err = vane_dev_read_limits(vdev);
	if (err)
		return err;

	/* A former kernel, or a driver that found the device gone, may have
	 * left the function enabled, with addresses of memory that is now used
	 * for something else. Disable it before it may master the bus.
	 */
	if (vane_rd32(vdev, VANE_REG_STATE) & VANE_STATE_ENABLED) {
		vane_wr32(vdev, VANE_REG_CTRL, 0);
		vane_rd32(vdev, VANE_REG_STATE);
	}
	/* Also needed after a reset of the PF, which clears it in the VFs */
	pci_set_master(vdev->pdev);

	vdev->features = vane_rd64(vdev, VANE_REG_FEATURES_DEV) &
			 vane_rd64(vdev, VANE_REG_FEATURES_PF_MASK) &
			 (VANE_FEAT_CORE | vdev->ops->features);
	vane_wr64(vdev, VANE_REG_FEATURES_DRV, vdev->features);
	vane_wr32(vdev, VANE_REG_CTRL, VANE_CTRL_ENABLE);

	state = vane_rd32(vdev, VANE_REG_STATE);
	if (!vane_dev_alive(vdev))
		return -ENODEV;
	if (!(state & VANE_STATE_ENABLED)) {
		pci_err(vdev->pdev, "device refuses features %#llx: error %u\n",
			vdev->features, FIELD_GET(VANE_STATE_ERROR, state));
		return -EIO;
	}

	err = vane_irq_init(vdev);
	if (err)
		goto disable_function;
	return 0;

disable_function:
	vane_wr32(vdev, VANE_REG_CTRL, 0);
	return err;
}
EXPORT_SYMBOL_NS_GPL(vane_dev_enable, VANE_NS);

/**
 * vane_dev_disable() - stop a function
 * @vdev: function, its netdev closed or detached
 *
 * When it returns, the function does no DMA, raises no interrupt, and no event
 * is being delivered. May also be called for a function that was reset behind
 * the driver's back, is gone, or is already disabled.
 *
 * Context: Process context; may sleep. Serialised by the owner, which holds no
 * lock that its @event takes: this waits for it.
 */
void vane_dev_disable(struct vane_dev *vdev)
{
	vane_wr32(vdev, VANE_REG_CTRL, 0);
	/* The write has taken effect once a read comes back. */
	vane_rd32(vdev, VANE_REG_STATE);
	vane_irq_exit(vdev);
}
EXPORT_SYMBOL_NS_GPL(vane_dev_disable, VANE_NS);

static int __init vane_core_init(void)
{
	/*
	 * Unbound, so that work that waits does not hold up other functions.
	 * Of high priority, as a holder of rtnl may wait for the completion of a
	 * command.
	 */
	vane_wq = alloc_workqueue("vane", WQ_UNBOUND | WQ_MEM_RECLAIM |
				  WQ_HIGHPRI, 0);
	return vane_wq ? 0 : -ENOMEM;
}
module_init(vane_core_init);

static void __exit vane_core_exit(void)
{
	destroy_workqueue(vane_wq);
}
module_exit(vane_core_exit);

MODULE_AUTHOR("The VANE project");
MODULE_DESCRIPTION("VANE Ethernet controller: what PF and VF share");
MODULE_LICENSE("GPL");
