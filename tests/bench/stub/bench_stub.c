// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that binds to a function and does nothing with it: the cost of the PCI
 * core itself. new_id says which functions.
 */
#include <linux/module.h>
#include <linux/pci.h>

static int stub_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return pci_enable_device_mem(pdev);
}

static void stub_remove(struct pci_dev *pdev)
{
	pci_disable_device(pdev);
}

static struct pci_driver stub_driver = {
	.name		= KBUILD_MODNAME,
	.probe		= stub_probe,
	.remove		= stub_remove,
};
module_pci_driver(stub_driver);

MODULE_DESCRIPTION("The least that a driver of a PCI function can be");
MODULE_LICENSE("GPL");
