/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE SR-IOV Ethernet controller: the switch's tables, which vane_table.c
 * fills as the PF commands and vane_switch.c reads for each frame.
 */
#ifndef HW_NET_VANE_SWITCH_H
#define HW_NET_VANE_SWITCH_H

#include "vane_net.h"

/* Sets of ports: a bit for each VF, then one for the PF */
#define VANE_PORT_BIT_PF        VANE_MAX_VFS
#define VANE_PORTS              (VANE_MAX_VFS + 1)

typedef struct VaneSwitchPort {
    uint32_t rx_mode_set;       /* VANE_RX_MODE_* that were commanded */
    uint32_t rx_mode;           /* those of them that count */
    GHashTable *filters;        /* keys of the addresses that were added */
    DECLARE_BITMAP(vlans, VLAN_VID_MASK + 1);
    DECLARE_BITMAP(trunk, VLAN_VID_MASK + 1);   /* with FLAG_TRUNK: allowed */
} VaneSwitchPort;

struct VaneSwitch {
    enum vane_switch_mode mode;
    uint32_t filters;           /* entries of all ports */
    /*
     * Who receives an address: VaneAddress by address and port VLAN. Station
     * MACs are among them, unicast filters and multicast filters.
     */
    GHashTable *addresses;
    DECLARE_BITMAP(promisc, VANE_PORTS);
    DECLARE_BITMAP(allmulti, VANE_PORTS);
    VaneFunction *vif[VANE_MAX_VIF + 1];
    unsigned long *list[VANE_MAX_VIF + 1];      /* members of a VIF list */
    uint32_t lists;
    VaneSwitchPort port[VANE_PORTS];
};

static inline uint32_t vane_port_bit(const VaneFunction *fn)
{
    return vane_is_pf(fn) ? VANE_PORT_BIT_PF : fn->index;
}

static inline VaneFunction *vane_port_function(VaneDevice *dev, uint32_t bit)
{
    return vane_function(dev, bit == VANE_PORT_BIT_PF ? VANE_PORT_PF : bit);
}

/* The port VLAN as frames have it in VaneFrame.vlan; 0 = none. */
static inline uint16_t vane_port_vlan(const VaneFunction *fn)
{
    return (fn->port.vlan_tci & VLAN_VID_MASK) |
           (fn->port.vlan_proto == ETH_P_DVLAN ? VANE_VLAN_SERVICE : 0);
}

/* Was this address added to the port? */
bool vane_switch_has_filter(const VaneSwitchPort *port, const uint8_t *mac);
/* The ports that have this address as their own or by a filter. */
void vane_switch_lookup(const VaneSwitch *sw, const uint8_t *mac,
                        uint16_t vlan, unsigned long *set);

#endif /* HW_NET_VANE_SWITCH_H */
