// SPDX-License-Identifier: GPL-2.0-only
/* Access to the registers of one function, and handling of its failure */

#include <linux/io-64-nonatomic-lo-hi.h>

#include "compat.h"
#include "reg.h"
#include "vane_dev.h"

/* All ones may be a legal value, as in TEST, so MAGIC decides. */
static bool vane_reg_device_is_gone(struct vane_dev *vdev)
{
	if (readl(vdev->regs + VANE_REG_MAGIC) == VANE_MAGIC)
		return false;

	if (!test_and_set_bit(VANE_DEV_DEAD, &vdev->flags)) {
		pci_info(vdev->pdev, "device no longer responds\n");
		vdev->ops->reset(vdev);
	}
	return true;
}

/**
 * vane_rd32() - read a register
 * @vdev: function
 * @reg: byte offset in BAR 0
 *
 * The one place that notices a device which is gone: it marks the function dead
 * and asks its owner for a reset.
 *
 * Context: Any; never in the datapath.
 * Return: the value, all ones if the device is gone.
 */
u32 vane_rd32(struct vane_dev *vdev, u32 reg)
{
	u32 val = readl(vdev->regs + reg);

	if (unlikely(val == U32_MAX))
		vane_reg_device_is_gone(vdev);
	return val;
}
EXPORT_SYMBOL_NS_GPL(vane_rd32, VANE_NS);

/**
 * vane_rd64() - read a 64-bit register
 * @vdev: function
 * @reg: byte offset in BAR 0
 *
 * Context: As vane_rd32().
 * Return: the value, all ones if the device is gone.
 */
u64 vane_rd64(struct vane_dev *vdev, u32 reg)
{
	u64 val = readq(vdev->regs + reg);

	if (unlikely(val == U64_MAX))
		vane_reg_device_is_gone(vdev);
	return val;
}
EXPORT_SYMBOL_NS_GPL(vane_rd64, VANE_NS);

/**
 * vane_wr64() - write a 64-bit register
 * @vdev: function
 * @reg: byte offset in BAR 0
 * @val: value
 *
 * If the machine has no 64-bit access, the low half is written first.
 *
 * Context: Any; two callers must not write the same register at once.
 */
void vane_wr64(struct vane_dev *vdev, u32 reg, u64 val)
{
	writeq(val, vdev->regs + reg);
}
EXPORT_SYMBOL_NS_GPL(vane_wr64, VANE_NS);

/**
 * vane_dev_alive() - whether the device is known to respond
 * @vdev: function
 *
 * A device that was gone may be back, for example after a reset of the PF. It
 * can be used again after vane_dev_enable().
 *
 * Context: Any.
 * Return: false if a read has found the device gone, and it still is.
 */
bool vane_dev_alive(struct vane_dev *vdev)
{
	return !test_bit(VANE_DEV_DEAD, &vdev->flags) ||
	       readl(vdev->regs + VANE_REG_MAGIC) == VANE_MAGIC;
}
EXPORT_SYMBOL_NS_GPL(vane_dev_alive, VANE_NS);

/**
 * vane_queue_broken() - ask for a reset after the device wrote invalid data
 * @vdev: function
 * @kind: "transmit" or "receive"
 * @q: queue
 *
 * Context: Any.
 */
void vane_queue_broken(struct vane_dev *vdev, const char *kind, u16 q)
{
	if (net_ratelimit())
		pci_err(vdev->pdev,
			"invalid completion in %s queue %u, resetting\n",
			kind, q);
	vdev->ops->reset(vdev);
}
