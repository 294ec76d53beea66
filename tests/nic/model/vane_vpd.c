/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: Vital Product Data (PCI Local Bus 3.0, appendix I; datasheet,
 * "Functions"). All of it is read-only.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_device.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/range.h"
#include "vane.h"
#include "vane_vpd.h"

#define TAG_IDENTIFIER      0x82
#define TAG_READ_ONLY       0x90
#define TAG_END             0x78

#define IDENTIFIER          "VANE SR-IOV Ethernet controller"
#define PART_NUMBER         "VANE-256"
#define LINK                "PCIe 16GT/s x16"

static void vane_vpd_add_resource(GByteArray *vpd, uint8_t tag,
                                  const void *data, uint16_t len)
{
    uint8_t header[3] = { tag };

    stw_le_p(header + 1, len);
    g_byte_array_append(vpd, header, sizeof(header));
    g_byte_array_append(vpd, data, len);
}

static void vane_vpd_add_field(GByteArray *fields, const char *keyword,
                               const char *value)
{
    uint8_t len = strlen(value);

    g_byte_array_append(fields, (const uint8_t *)keyword, 2);
    g_byte_array_append(fields, &len, sizeof(len));
    g_byte_array_append(fields, (const uint8_t *)value, len);
}

/* A byte with which the sum of all up to here is 0 */
static uint8_t vane_vpd_checksum(const GByteArray *vpd)
{
    uint8_t sum = 0;

    for (guint i = 0; i < vpd->len; i++) {
        sum = (uint8_t)(sum - vpd->data[i]);
    }
    return sum;
}

static GByteArray *vane_vpd_new(const uint8_t *mac)
{
    g_autofree char *serial =
        g_strdup_printf("%02X%02X%02X%02X%02X%02X", mac[0], mac[1], mac[2],
                        mac[3], mac[4], mac[5]);
    g_autofree char *vendor = g_strdup_printf("%04X", VANE_PCI_VENDOR_ID);
    g_autoptr(GByteArray) fields = g_byte_array_new();
    GByteArray *vpd = g_byte_array_new();
    uint8_t end = TAG_END;

    vane_vpd_add_field(fields, "PN", PART_NUMBER);
    vane_vpd_add_field(fields, "SN", serial);
    vane_vpd_add_field(fields, "MN", vendor);
    vane_vpd_add_field(fields, "V0", LINK);
    /* Its value is the checksum's byte, which comes last. */
    vane_vpd_add_field(fields, "RV", "?");
    fields->data[fields->len - 1] = 0;

    vane_vpd_add_resource(vpd, TAG_IDENTIFIER, IDENTIFIER, strlen(IDENTIFIER));
    vane_vpd_add_resource(vpd, TAG_READ_ONLY, fields->data, fields->len);
    vpd->data[vpd->len - 1] = vane_vpd_checksum(vpd);
    g_byte_array_append(vpd, &end, sizeof(end));
    return vpd;
}

bool vane_vpd_init(VaneDevice *dev, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(dev);

    if (pci_add_capability(pdev, PCI_CAP_ID_VPD, VANE_PF_CAP_VPD,
                           PCI_CAP_VPD_SIZEOF, errp) < 0) {
        return false;
    }
    /* Four bytes are read at a time. */
    pci_set_word(pdev->wmask + VANE_PF_CAP_VPD + PCI_VPD_ADDR,
                 PCI_VPD_ADDR_F | (PCI_VPD_ADDR_MASK & ~3));
    dev->vpd = vane_vpd_new(dev->conf.macaddr.a);
    return true;
}

void vane_vpd_finalize(VaneDevice *dev)
{
    g_clear_pointer(&dev->vpd, g_byte_array_unref);
}

void vane_vpd_config_write(VaneDevice *dev, uint32_t addr, int len)
{
    uint8_t *cap = PCI_DEVICE(dev)->config + VANE_PF_CAP_VPD;
    uint16_t at = pci_get_word(cap + PCI_VPD_ADDR);

    /* The byte with the flag starts the transfer. */
    if (!range_covers_byte(addr, len, VANE_PF_CAP_VPD + PCI_VPD_ADDR + 1)) {
        return;
    }
    if (at & PCI_VPD_ADDR_F) {
        /* A write, which is over, and has changed nothing. */
        pci_set_word(cap + PCI_VPD_ADDR, at & PCI_VPD_ADDR_MASK);
        return;
    }
    for (unsigned i = 0; i < sizeof(uint32_t); i++) {
        cap[PCI_VPD_DATA + i] = at + i < dev->vpd->len ?
                                dev->vpd->data[at + i] : 0;
    }
    pci_set_word(cap + PCI_VPD_ADDR, at | PCI_VPD_ADDR_F);
}
