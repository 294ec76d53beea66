// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO: open, memory for DMA, configuration space, interrupts, reset.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vfio.h"

static int vfio_open_group(const char *bdf)
{
	char path[128], link[128];
	const char *number;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		err(1, "%s", path);
	link[length] = '\0';
	number = strrchr(link, '/') + 1;
	snprintf(path, sizeof(path), "/dev/vfio/%s", number);
	fd = open(path, O_RDWR);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void vfio_get_region_info(struct vfio_fn *fn, unsigned int index,
				 struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	if (ioctl(fn->device, VFIO_DEVICE_GET_REGION_INFO, info))
		err(1, "%s: region %u", fn->bdf, index);
}

/**
 * vfio_open() - open a function
 * @fn: set up
 * @bdf: its PCI address; vfio-pci has it
 */
void vfio_open(struct vfio_fn *fn, const char *bdf)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct vfio_region_info info;

	memset(fn, 0, sizeof(*fn));
	fn->bdf = bdf;
	fn->container = open("/dev/vfio/vfio", O_RDWR);
	if (fn->container < 0)
		err(1, "/dev/vfio/vfio");
	fn->group = vfio_open_group(bdf);
	if (ioctl(fn->group, VFIO_GROUP_GET_STATUS, &status))
		err(1, "%s: status of the group", bdf);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		errx(1, "%s: others share its group", bdf);
	if (ioctl(fn->group, VFIO_GROUP_SET_CONTAINER, &fn->container))
		err(1, "%s: container", bdf);
	if (ioctl(fn->container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU))
		err(1, "%s: IOMMU", bdf);
	fn->device = ioctl(fn->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	if (fn->device < 0)
		err(1, "%s: device", bdf);

	vfio_get_region_info(fn, VFIO_PCI_BAR0_REGION_INDEX, &info);
	fn->bar_size = info.size;
	fn->bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       fn->device, (off_t)info.offset);
	if (fn->bar == MAP_FAILED)
		err(1, "%s: BAR 0", bdf);
}

/**
 * vfio_region_size() - size of a BAR
 * @fn: the function
 * @region: number of the BAR
 *
 * Return: bytes, 0 for none.
 */
size_t vfio_region_size(struct vfio_fn *fn, unsigned int region)
{
	struct vfio_region_info info;

	vfio_get_region_info(fn, region, &info);
	return info.size;
}

/**
 * vfio_map() - map memory for the function
 * @fn: the function
 * @iova: address that the function uses for it
 * @size: bytes, whole pages
 *
 * Return: the memory, zeroed.
 */
void *vfio_map(struct vfio_fn *fn, __u64 iova, size_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = iova,
		.size = size,
	};
	void *memory;

	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		err(1, "memory");
	map.vaddr = (uintptr_t)memory;
	if (ioctl(fn->container, VFIO_IOMMU_MAP_DMA, &map))
		err(1, "%s: DMA mapping", fn->bdf);
	return memory;
}

/* vfio_command_offset() - where the function's PCI command register is */
static off_t vfio_command_offset(struct vfio_fn *fn)
{
	struct vfio_region_info info;

	vfio_get_region_info(fn, VFIO_PCI_CONFIG_REGION_INDEX, &info);
	return (off_t)info.offset + PCI_COMMAND;
}

static __u16 vfio_read_command(struct vfio_fn *fn)
{
	__u16 command;

	if (pread(fn->device, &command, sizeof(command), vfio_command_offset(fn)) !=
	    sizeof(command))
		err(1, "%s: configuration space", fn->bdf);
	return command;
}

/**
 * vfio_is_bus_master() - whether the function may do DMA and send interrupts
 * @fn: the function
 *
 * Return: true if so.
 */
bool vfio_is_bus_master(struct vfio_fn *fn)
{
	return vfio_read_command(fn) & PCI_COMMAND_MASTER;
}

/**
 * vfio_bus_master() - let the function do DMA and send interrupts
 * @fn: the function
 */
void vfio_bus_master(struct vfio_fn *fn)
{
	__u16 command = vfio_read_command(fn) | PCI_COMMAND_MASTER;

	if (pwrite(fn->device, &command, sizeof(command), vfio_command_offset(fn)) !=
	    sizeof(command))
		err(1, "%s: configuration space", fn->bdf);
}

/**
 * vfio_enable_irqs() - connect MSI-X vectors to eventfds
 * @fn: the function
 * @count: vectors, from 0 on
 */
void vfio_enable_irqs(struct vfio_fn *fn, unsigned int count)
{
	struct vfio_irq_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
	};
	struct vfio_irq_set *set;
	unsigned int i;

	if (ioctl(fn->device, VFIO_DEVICE_GET_IRQ_INFO, &info))
		err(1, "%s: MSI-X", fn->bdf);
	if (info.count < count)
		errx(1, "%s: %u MSI-X vectors, not %u", fn->bdf, info.count, count);
	set = calloc(1, sizeof(*set) + count * sizeof(int));
	fn->irqs = calloc(count, sizeof(int));
	if (!set || !fn->irqs)
		err(1, "memory");
	fn->num_irqs = count;
	for (i = 0; i < count; i++) {
		fn->irqs[i] = eventfd(0, EFD_NONBLOCK);
		if (fn->irqs[i] < 0)
			err(1, "eventfd");
	}
	set->argsz = sizeof(*set) + count * sizeof(int);
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = VFIO_PCI_MSIX_IRQ_INDEX;
	set->count = count;
	memcpy(set->data, fn->irqs, count * sizeof(int));
	if (ioctl(fn->device, VFIO_DEVICE_SET_IRQS, set))
		err(1, "%s: interrupts", fn->bdf);
	free(set);
}

/**
 * vfio_wait_irq() - wait for an interrupt
 * @fn: the function
 * @vector: its vector
 * @timeout_ms: for how long
 *
 * Return: interrupts since the last call, 0 if there was none in time.
 */
int vfio_wait_irq(struct vfio_fn *fn, unsigned int vector, int timeout_ms)
{
	struct pollfd poller = { .fd = fn->irqs[vector], .events = POLLIN };
	__u64 count;

	if (poll(&poller, 1, timeout_ms) <= 0)
		return 0;
	if (read(poller.fd, &count, sizeof(count)) != sizeof(count))
		err(1, "eventfd");
	return (int)count;
}

/**
 * vfio_reset() - function level reset
 * @fn: the function
 */
void vfio_reset(struct vfio_fn *fn)
{
	if (ioctl(fn->device, VFIO_DEVICE_RESET))
		err(1, "%s: reset", fn->bdf);
}
