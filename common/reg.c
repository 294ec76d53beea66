// SPDX-License-Identifier: GPL-2.0-only
/* Access to the registers of one function */

#include <linux/io-64-nonatomic-lo-hi.h>

#include "core.h"

/* No legal value of a status is all ones, but the TEST register has it. */
static bool device_is_gone(struct vane_dev *vdev)
{
	struct vane_net *vn;

	if (readl(vdev->regs + VANE_REG_MAGIC) == VANE_MAGIC)
		return false;

	if (!test_and_set_bit(VANE_DEV_DEAD, &vdev->flags)) {
		pci_info(vdev->pdev, "device does not answer any more\n");
		vn = READ_ONCE(vdev->net);
		if (vn)
			netif_device_detach(vn->netdev);
	}
	return true;
}

/**
 * vane_rd32() - read a register
 * @vdev: function
 * @reg: byte offset in BAR 0
 *
 * The one place that notices a device which is gone: it marks the function
 * dead and takes its netdev off the stack's hands. Any context; never in the
 * datapath.
 *
 * Return: the value, all ones if the device is gone.
 */
u32 vane_rd32(struct vane_dev *vdev, u32 reg)
{
	u32 val = readl(vdev->regs + reg);

	if (unlikely(val == U32_MAX))
		device_is_gone(vdev);
	return val;
}
EXPORT_SYMBOL_NS_GPL(vane_rd32, VANE_NS);

/**
 * vane_rd64() - read a 64-bit register
 * @vdev: function
 * @reg: byte offset in BAR 0
 *
 * As vane_rd32().
 *
 * Return: the value, all ones if the device is gone.
 */
u64 vane_rd64(struct vane_dev *vdev, u32 reg)
{
	u64 val = readq(vdev->regs + reg);

	if (unlikely(val == U64_MAX))
		device_is_gone(vdev);
	return val;
}
EXPORT_SYMBOL_NS_GPL(vane_rd64, VANE_NS);

/**
 * vane_wr64() - write a 64-bit register
 * @vdev: function
 * @reg: byte offset in BAR 0
 * @val: value
 *
 * Where the machine has no 64-bit access, the low half goes first. Any
 * context; two callers must not write the same register at once.
 */
void vane_wr64(struct vane_dev *vdev, u32 reg, u64 val)
{
	writeq(val, vdev->regs + reg);
}
EXPORT_SYMBOL_NS_GPL(vane_wr64, VANE_NS);

/**
 * vane_dev_alive() - whether the device answers, as far as is known
 * @vdev: function
 *
 * One that was gone may be back, after a reset of the PF say; it takes
 * vane_dev_enable() to use it again.
 *
 * Return: false if a read has shown that the device is gone, and it still is.
 */
bool vane_dev_alive(struct vane_dev *vdev)
{
	return !test_bit(VANE_DEV_DEAD, &vdev->flags) ||
	       readl(vdev->regs + VANE_REG_MAGIC) == VANE_MAGIC;
}
EXPORT_SYMBOL_NS_GPL(vane_dev_alive, VANE_NS);
