/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the switch: tables, which vane_table.c fills as the PF commands, and
 * the way of a frame, for which vane_switch.c reads them.
 */
#ifndef HW_NET_VANE_SWITCH_H
#define HW_NET_VANE_SWITCH_H

#include "vane.h"
#include "vane_cmd.h"
#include "vane_frame.h"

/* Sets of ports: a bit for each VF, then one for the PF */
#define VANE_PORT_BIT_PF        VANE_MAX_VFS
#define VANE_PORTS              (VANE_MAX_VFS + 1)

typedef struct VaneSwitchPort {
    uint32_t rx_mode_set;       /* VANE_RX_MODE_* that were commanded */
    uint32_t rx_mode;           /* those that are in force */
    GHashTable *filters;        /* keys of the addresses that were added */
    DECLARE_BITMAP(vlans, VLAN_VID_MASK + 1);   /* that were added */
    DECLARE_BITMAP(svlans, VLAN_VID_MASK + 1);  /* of 802.1ad */
    DECLARE_BITMAP(trunk, VLAN_VID_MASK + 1);   /* allowed, with FLAG_TRUNK */
    uint32_t grants;            /* channels granted to the function */
} VaneSwitchPort;

struct VaneSwitch {
    enum vane_switch_mode mode;
    uint32_t filters;           /* entries of all ports */
    /*
     * Receivers of an address: VaneAddress by address and port VLAN, for
     * station MACs, unicast filters and multicast filters.
     */
    GHashTable *addresses;
    DECLARE_BITMAP(promisc, VANE_PORTS);
    DECLARE_BITMAP(allmulti, VANE_PORTS);
    GHashTable *channels;       /* VaneFunction by its channel */
    GTree *grants;              /* VaneFunction by a channel granted to it */
    GTree *lists;               /* bitmaps of the members by the list's id */
    uint64_t tag_stats[VANE_TAG_STAT_COUNT];
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

/* The address that a function receives at, and may send from */
const uint8_t *vane_station_mac(const VaneFunction *fn);
/* Was this address added to the port? */
bool vane_switch_has_filter(const VaneSwitchPort *port, const uint8_t *mac);
/* The ports that have this address as their own or by a filter. */
void vane_switch_lookup(const VaneSwitch *sw, const uint8_t *mac,
                        uint16_t vlan, unsigned long *set);

void vane_switch_init(VaneDevice *dev);
void vane_switch_finalize(VaneDevice *dev);
/* Tables empty, mode VEB, every port's administered configuration default. */
void vane_switch_reset(VaneDevice *dev);
/*
 * One port's administered configuration is default again and its filters are
 * gone: VF Enable was cleared.
 */
void vane_switch_port_reset(VaneFunction *fn);
/*
 * Filters, VLANs, receive mode and own MAC of one port; its administered
 * configuration stays.
 */
void vane_switch_function_reset(VaneFunction *fn);
/* A frame from the uplink reaches nobody. */
void vane_switch_uplink_drop(VaneDevice *dev, const char *why);
ssize_t vane_switch_receive(VaneDevice *dev, const uint8_t *buf, size_t size);

/* What became of a frame that a function sends */
typedef enum VaneSwitchResult {
    VANE_SWITCH_DONE,           /* delivered, sent, or dropped and counted */
    VANE_SWITCH_UPLINK_FULL,    /* nothing: the uplink cannot keep it for now */
    VANE_SWITCH_UNFINISHED,     /* not all have got it */
} VaneSwitchResult;

/*
 * A frame that a function sends, its tag aside; @extra is what the function
 * sees of each segment beside the frame's bytes. @next is 0 at first; with the
 * result UNFINISHED it says where to go on, when others have had their turn,
 * with the same frame.
 */
VaneSwitchResult vane_switch_transmit(VaneFunction *fn, VaneFrame *frame,
                                      int extra, uint16_t *next);
/* Bytes of all tags of a function's frame outside of its bytes on the wire. */
uint32_t vane_switch_tag_bytes(const VaneFunction *fn, const VaneFrame *frame);

/* Commands of the PF */
VaneCmdHandler vane_switch_port_set;
VaneCmdHandler vane_switch_port_get;
VaneCmdHandler vane_switch_filter_add;
VaneCmdHandler vane_switch_filter_del;
VaneCmdHandler vane_switch_filter_clear;
VaneCmdHandler vane_switch_vlan_add;
VaneCmdHandler vane_switch_vlan_del;
VaneCmdHandler vane_switch_rx_mode;
VaneCmdHandler vane_switch_mode_set;
VaneCmdHandler vane_switch_mode_get;
VaneCmdHandler vane_switch_trunk_set;
VaneCmdHandler vane_switch_trunk_get;

#endif /* HW_NET_VANE_SWITCH_H */
