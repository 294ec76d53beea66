/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI function that a program owns: VFIO's container and group API. Any failure
 * ends the program, with a line that says what failed.
 */
#ifndef VANE_VFIO_H
#define VANE_VFIO_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct vfio_fn - a function that the program owns
 * @bdf: its PCI address
 * @container: IOMMU domain
 * @group: its IOMMU group
 * @device: the function
 * @bar: its BAR 0
 * @bar_size: bytes of @bar
 * @irqs: eventfds of its MSI-X vectors
 * @num_irqs: how many
 */
struct vfio_fn {
	const char *bdf;
	int container;
	int group;
	int device;
	__u8 *bar;
	size_t bar_size;
	int *irqs;
	unsigned int num_irqs;
};

void vfio_open(struct vfio_fn *fn, const char *bdf);
void *vfio_map(struct vfio_fn *fn, __u64 iova, size_t size);
bool vfio_is_bus_master(struct vfio_fn *fn);
void vfio_bus_master(struct vfio_fn *fn);
void vfio_enable_irqs(struct vfio_fn *fn, unsigned int count);
int vfio_wait_irq(struct vfio_fn *fn, unsigned int vector, int timeout_ms);
void vfio_reset(struct vfio_fn *fn);
size_t vfio_region_size(struct vfio_fn *fn, unsigned int region);

#endif /* VANE_VFIO_H */
