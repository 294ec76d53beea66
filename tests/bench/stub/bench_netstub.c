// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that creates a net_device for a function, with its registers mapped and
 * one interrupt, and accesses nothing: the cost of the kernel's interfaces to any
 * NIC driver. new_id says which functions.
 */
#include <linux/etherdevice.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/pci.h>

struct netstub {
	void __iomem *regs;
};

static netdev_tx_t netstub_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops netstub_ops = {
	.ndo_start_xmit	= netstub_xmit,
};

static irqreturn_t netstub_irq(int irq, void *data)
{
	return IRQ_NONE;
}

static int netstub_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	unsigned int queues = netif_get_num_default_rss_queues();
	struct net_device *netdev;
	struct netstub *stub;
	int err;

	err = pci_enable_device_mem(pdev);
	if (err)
		return err;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		goto disable_device;
	err = pci_request_mem_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto disable_device;
	pci_set_master(pdev);

	err = -ENOMEM;
	netdev = alloc_etherdev_mqs(sizeof(*stub), queues, queues);
	if (!netdev)
		goto release_regions;
	SET_NETDEV_DEV(netdev, &pdev->dev);
	netdev->netdev_ops = &netstub_ops;
	eth_hw_addr_random(netdev);
	netif_carrier_off(netdev);
	pci_set_drvdata(pdev, netdev);
	stub = netdev_priv(netdev);
	stub->regs = pci_iomap(pdev, 0, 0);
	if (!stub->regs)
		goto free_netdev;

	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSIX);
	if (err < 0)
		goto unmap_regs;
	err = request_irq(pci_irq_vector(pdev, 0), netstub_irq, 0,
			  pci_name(pdev), stub);
	if (err)
		goto free_vectors;
	err = register_netdev(netdev);
	if (err)
		goto free_irq;
	return 0;

free_irq:
	free_irq(pci_irq_vector(pdev, 0), stub);
free_vectors:
	pci_free_irq_vectors(pdev);
unmap_regs:
	pci_iounmap(pdev, stub->regs);
free_netdev:
	free_netdev(netdev);
release_regions:
	pci_release_mem_regions(pdev);
disable_device:
	pci_disable_device(pdev);
	return err;
}

static void netstub_remove(struct pci_dev *pdev)
{
	struct net_device *netdev = pci_get_drvdata(pdev);
	struct netstub *stub = netdev_priv(netdev);

	unregister_netdev(netdev);
	free_irq(pci_irq_vector(pdev, 0), stub);
	pci_free_irq_vectors(pdev);
	pci_iounmap(pdev, stub->regs);
	free_netdev(netdev);
	pci_release_mem_regions(pdev);
	pci_disable_device(pdev);
}

static struct pci_driver netstub_driver = {
	.name		= KBUILD_MODNAME,
	.probe		= netstub_probe,
	.remove		= netstub_remove,
};
module_pci_driver(netstub_driver);

MODULE_DESCRIPTION("The least that a driver of a NIC can be");
MODULE_LICENSE("GPL");
