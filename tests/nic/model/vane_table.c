/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the tables of the switch and the commands that fill them (datasheet,
 * "PF block").
 */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "trace.h"
#include "vane.h"
#include "vane_channel.h"
#include "vane_sched.h"
#include "vane_switch.h"

/* An address in a VLAN, and the ports that receive it */
typedef struct VaneAddress {
    uint64_t key;
    DECLARE_BITMAP(ports, VANE_PORTS);
} VaneAddress;

/* ldl_be_p() returns an int, whose sign must not be extended. */
static uint64_t vane_table_address_key(const uint8_t *mac, uint16_t vlan)
{
    uint64_t high = (uint32_t)ldl_be_p(mac);
    uint64_t low = lduw_be_p(mac + 4);

    return high << 32 | low << 16 | vlan;
}

/* VFs choose addresses: consecutive ones must not end up in one bucket. */
static guint vane_table_key_hash(gconstpointer key)
{
    return (*(const uint64_t *)key * 0x9e3779b97f4a7c15ull) >> 32;
}

static GHashTable *vane_table_key_set_new(void)
{
    return g_hash_table_new_full(vane_table_key_hash, g_int64_equal, g_free,
                                 NULL);
}

/* The keys in a port's own table have no VLAN. */
static bool vane_table_has_key(const VaneSwitchPort *port, uint64_t key)
{
    return g_hash_table_contains(port->filters, &key);
}

bool vane_switch_has_filter(const VaneSwitchPort *port, const uint8_t *mac)
{
    return vane_table_has_key(port, vane_table_address_key(mac, 0));
}

static void vane_table_add_ports(const VaneSwitch *sw, uint64_t key,
                                 unsigned long *set)
{
    const VaneAddress *entry = g_hash_table_lookup(sw->addresses, &key);

    if (entry) {
        bitmap_or(set, set, entry->ports, VANE_PORTS);
    }
}

void vane_switch_lookup(const VaneSwitch *sw, const uint8_t *mac,
                        uint16_t vlan, unsigned long *set)
{
    bitmap_zero(set, VANE_PORTS);
    if (vlan) {
        vane_table_add_ports(sw, vane_table_address_key(mac, vlan), set);
    }
    vane_table_add_ports(sw, vane_table_address_key(mac, 0), set);
}

const uint8_t *vane_station_mac(const VaneFunction *fn)
{
    const VanePort *port = &fn->port;

    return buffer_is_zero(port->own_mac, ETH_ALEN) ? port->mac : port->own_mac;
}

static VaneSwitchPort *vane_table_port_of(const VaneFunction *fn)
{
    return &fn->dev->sw->port[vane_port_bit(fn)];
}

static void vane_table_set_receiver(const VaneFunction *fn, uint64_t key,
                                    bool receives)
{
    GHashTable *addresses = fn->dev->sw->addresses;
    VaneAddress *entry = g_hash_table_lookup(addresses, &key);

    if (receives) {
        if (!entry) {
            entry = g_new0(VaneAddress, 1);
            entry->key = key;
            g_hash_table_insert(addresses, &entry->key, entry);
        }
        set_bit(vane_port_bit(fn), entry->ports);
    } else if (entry) {
        clear_bit(vane_port_bit(fn), entry->ports);
        if (bitmap_empty(entry->ports, VANE_PORTS)) {
            g_hash_table_remove(addresses, &key);
        }
    }
}

/* Updates an address of the port in the common table. */
static void vane_table_update_receiver(const VaneFunction *fn, uint64_t key)
{
    const VaneSwitchPort *port = vane_table_port_of(fn);
    uint64_t own = vane_table_address_key(vane_station_mac(fn), 0);

    vane_table_set_receiver(fn, key | vane_port_vlan(fn),
                            (own && key == own) ||
                                vane_table_has_key(port, key));
}

/* Adds all addresses of the port to the common table, or removes them. */
static void vane_table_set_all_receivers(const VaneFunction *fn, bool receives)
{
    uint64_t own = vane_table_address_key(vane_station_mac(fn), 0);
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, vane_table_port_of(fn)->filters);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        vane_table_set_receiver(fn, *(uint64_t *)key | vane_port_vlan(fn),
                                receives);
    }
    if (own) {
        vane_table_set_receiver(fn, own | vane_port_vlan(fn), receives);
    }
}

/* Applies the commanded receive mode as far as the port is trusted with it. */
static void vane_table_update_rx_mode(const VaneFunction *fn)
{
    VaneSwitch *sw = fn->dev->sw;
    uint32_t mode = vane_table_port_of(fn)->rx_mode_set;
    uint32_t bit = vane_port_bit(fn);

    if (!vane_is_pf(fn) && !(fn->port.flags & VANE_PORT_FLAG_TRUST)) {
        mode &= ~(VANE_RX_MODE_PROMISC | VANE_RX_MODE_ALLMULTI);
    }
    vane_table_port_of(fn)->rx_mode = mode;
    if (mode & VANE_RX_MODE_PROMISC) {
        set_bit(bit, sw->promisc);
    } else {
        clear_bit(bit, sw->promisc);
    }
    if (mode & VANE_RX_MODE_ALLMULTI) {
        set_bit(bit, sw->allmulti);
    } else {
        clear_bit(bit, sw->allmulti);
    }
}

static void vane_table_set_rx_mode(const VaneFunction *fn, uint32_t mode)
{
    vane_table_port_of(fn)->rx_mode_set = mode;
    vane_table_update_rx_mode(fn);
}

static void vane_table_port_default(VaneFunction *fn)
{
    fn->port = (VanePort) {
        .flags = VANE_PORT_FLAG_SPOOFCHK,
        .features = vane_features_dev(fn),
        .queues = vane_is_pf(fn) ? VANE_MAX_QUEUES_PF : VANE_DEF_QUEUES_VF,
        .vectors = vane_is_pf(fn) ? VANE_MAX_VECTORS_PF : VANE_DEF_VECTORS_VF,
        .prio_map = VANE_PRIO_MAP_DEFAULT,
    };
}

void vane_switch_init(VaneDevice *dev)
{
    VaneSwitch *sw = g_new0(VaneSwitch, 1);

    sw->mode = VANE_SWITCH_VEB;
    sw->addresses =
        g_hash_table_new_full(vane_table_key_hash, g_int64_equal, NULL, g_free);
    for (uint32_t i = 0; i < VANE_PORTS; i++) {
        sw->port[i].filters = vane_table_key_set_new();
    }
    vane_channel_init(sw);
    dev->sw = sw;
    dev->frame_tx = g_new0(VaneFrame, 1);
    dev->frame_rx = g_new0(VaneFrame, 1);
    dev->frame_segment = g_new0(VaneFrame, 1);
}

void vane_switch_finalize(VaneDevice *dev)
{
    VaneSwitch *sw = dev->sw;

    if (!sw) {
        return;
    }
    vane_channel_finalize(sw);
    for (uint32_t i = 0; i < VANE_PORTS; i++) {
        g_hash_table_destroy(sw->port[i].filters);
    }
    g_hash_table_destroy(sw->addresses);
    g_clear_pointer(&dev->sw, g_free);
    g_clear_pointer(&dev->frame_tx, g_free);
    g_clear_pointer(&dev->frame_rx, g_free);
    g_clear_pointer(&dev->frame_segment, g_free);
}

static uint64_t vane_table_status_mac(const uint8_t *mac)
{
    uint64_t reg = 0;

    for (int i = 0; i < ETH_ALEN; i++) {
        reg |= (uint64_t)mac[i] << 8 * i;
    }
    return reg;
}

static void vane_table_end_own_mac(VaneFunction *fn)
{
    VanePort *port = &fn->port;

    if (fn->status.mac == vane_table_status_mac(vane_station_mac(fn))) {
        fn->status.mac = vane_table_status_mac(port->mac);
    }
    memset(port->own_mac, 0, sizeof(port->own_mac));
}

/* Filters, VLANs and receive mode */
static void vane_table_clear_filters(VaneFunction *fn)
{
    VaneSwitchPort *port = vane_table_port_of(fn);

    vane_table_set_all_receivers(fn, false);
    fn->dev->sw->filters -= g_hash_table_size(port->filters);
    g_hash_table_remove_all(port->filters);
    bitmap_zero(port->vlans, VLAN_VID_MASK + 1);
    bitmap_zero(port->svlans, VLAN_VID_MASK + 1);
    vane_table_set_rx_mode(fn, 0);
    vane_table_set_all_receivers(fn, true);
}

void vane_switch_function_reset(VaneFunction *fn)
{
    vane_table_set_all_receivers(fn, false);
    vane_table_end_own_mac(fn);
    vane_table_set_all_receivers(fn, true);
    vane_table_clear_filters(fn);
}

void vane_switch_port_reset(VaneFunction *fn)
{
    vane_switch_function_reset(fn);
    vane_table_set_all_receivers(fn, false);
    vane_channel_assign(fn, 0);
    vane_channel_revoke_all(fn);
    vane_channel_leave_lists(fn->dev->sw, vane_port_bit(fn));
    bitmap_zero(vane_table_port_of(fn)->trunk, VLAN_VID_MASK + 1);
    vane_table_port_default(fn);
    vane_sched_port_changed(fn);
}

void vane_switch_reset(VaneDevice *dev)
{
    VaneSwitch *sw = dev->sw;

    /* First, so that no port has a list to leave */
    vane_channel_reset(sw);
    for (uint32_t i = 0; i < VANE_PORTS; i++) {
        VaneFunction *fn = vane_port_function(dev, i);

        if (fn) {
            vane_switch_port_reset(fn);
        }
    }
    vane_sched_reset(dev);
    sw->mode = VANE_SWITCH_VEB;
}

/*
 * Commands. The port has to be present, except in PORT_SET and PORT_GET, which
 * also serve VFs that are not enabled yet.
 */
static VaneFunction *vane_table_present_port(VaneDevice *dev, uint16_t port)
{
    VaneFunction *fn = vane_function(dev, le16_to_cpu(port));

    return fn && vane_function_present(fn) ? fn : NULL;
}

/* Does the driver of the PF use this feature? */
static bool vane_table_has_feature(const VaneDevice *dev, uint64_t feature)
{
    return dev->fn.features_drv & feature;
}

static int vane_table_check_port_vlan(uint16_t tci, uint16_t proto)
{
    uint16_t vid = tci & VLAN_VID_MASK;

    switch (proto) {
    case 0:
        return tci ? VANE_ERR_INVALID : VANE_OK;
    case ETH_P_VLAN:
    case ETH_P_DVLAN:
        if (!vid) {
            return VANE_ERR_INVALID;
        }
        return vid == VLAN_VID_MASK ? VANE_ERR_RANGE : VANE_OK;
    default:
        return VANE_ERR_INVALID;
    }
}

static uint32_t vane_table_channel(const struct vane_cmd_port *cmd)
{
    return (uint32_t)le16_to_cpu(cmd->channel_high) << 16 |
           le16_to_cpu(cmd->channel);
}

static int vane_table_check_port_rate(const struct vane_cmd_port *cmd)
{
    return le16_to_cpu(cmd->rate_group) <= VANE_MAX_RATE_GROUPS &&
           vane_rates_valid(le32_to_cpu(cmd->tx_max),
                            le32_to_cpu(cmd->tx_share)) ?
           VANE_OK : VANE_ERR_RANGE;
}

/* Of two results the one that the datasheet's table of errors lists first */
static int vane_table_first_error(int one, int other)
{
    static const uint8_t order[] = {
        VANE_ERR_UNSUPPORTED, VANE_ERR_NOT_FOUND, VANE_ERR_INVALID,
        VANE_ERR_RANGE, VANE_ERR_EXISTS, VANE_ERR_NO_SPACE,
    };

    for (int i = 0; i < ARRAY_SIZE(order); i++) {
        if (one == order[i] || other == order[i]) {
            return order[i];
        }
    }
    return VANE_OK;
}

/* What of PORT_SET needs a feature that the driver does not use? */
static int vane_table_check_port_features(const VaneDevice *dev,
                                          uint32_t valid, uint32_t flags)
{
    if ((valid & VANE_PORT_VALID_OWN_MAC &&
         !vane_table_has_feature(dev, VANE_FEAT_OWN_MAC)) ||
        (valid & VANE_PORT_VALID_RATE &&
         !vane_table_has_feature(dev, VANE_FEAT_RATE)) ||
        (valid & VANE_PORT_VALID_PRIO_MAP &&
         !vane_table_has_feature(dev, VANE_FEAT_ETAG)) ||
        (valid & VANE_PORT_VALID_FLAGS && flags & VANE_PORT_FLAG_TRUNK &&
         !vane_table_has_feature(dev, VANE_FEAT_TRUNK))) {
        return VANE_ERR_UNSUPPORTED;
    }
    return VANE_OK;
}

/* Unknown bits, multicast MACs, a trunk list for the port of the PF */
static int vane_table_check_port_values(const VaneFunction *fn,
                                        const struct vane_cmd_port *cmd)
{
    uint32_t valid = le32_to_cpu(cmd->valid);
    uint32_t flags = le32_to_cpu(cmd->flags);

    if (valid & ~VANE_PORT_VALID_ALL) {
        return VANE_ERR_INVALID;
    }
    if ((valid & VANE_PORT_VALID_MAC && is_multicast_ether_addr(cmd->mac)) ||
        (valid & VANE_PORT_VALID_OWN_MAC &&
         is_multicast_ether_addr(cmd->own_mac)) ||
        (valid & VANE_PORT_VALID_FEATURES &&
         le64_to_cpu(cmd->features) & ~vane_features_dev(fn))) {
        return VANE_ERR_INVALID;
    }
    if (valid & VANE_PORT_VALID_FLAGS &&
        (flags & ~VANE_PORT_FLAG_ALL ||
         (flags & VANE_PORT_FLAG_TRUNK && vane_is_pf(fn)))) {
        return VANE_ERR_INVALID;
    }
    return VANE_OK;
}

static int vane_table_check_port_set(VaneDevice *dev, const VaneFunction *fn,
                                     const struct vane_cmd_port *cmd)
{
    uint32_t valid = le32_to_cpu(cmd->valid);
    int status = vane_table_check_port_features(dev, valid,
                                                le32_to_cpu(cmd->flags));

    if (status) {
        return status;
    }
    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    status = vane_table_check_port_values(fn, cmd);
    if (valid & VANE_PORT_VALID_VLAN) {
        status = vane_table_first_error(status, vane_table_check_port_vlan(
            le16_to_cpu(cmd->vlan_tci), le16_to_cpu(cmd->vlan_proto)));
    }
    if (valid & VANE_PORT_VALID_CHANNEL) {
        status = vane_table_first_error(
            status, vane_channel_check(fn, vane_table_channel(cmd)));
    }
    if (valid & VANE_PORT_VALID_RESOURCES) {
        status = vane_table_first_error(status, vane_check_resources(
            dev, fn, le16_to_cpu(cmd->queues), le16_to_cpu(cmd->vectors)));
    }
    if (valid & VANE_PORT_VALID_RATE) {
        status = vane_table_first_error(status,
                                        vane_table_check_port_rate(cmd));
    }
    return status;
}

int vane_switch_port_set(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_port *cmd = req;
    VaneFunction *fn = vane_function(dev, le16_to_cpu(cmd->port));
    uint32_t valid = le32_to_cpu(cmd->valid);
    VanePort *port;
    int status;

    status = vane_table_check_port_set(dev, fn, cmd);
    if (status) {
        return status;
    }

    port = &fn->port;
    vane_table_set_all_receivers(fn, false);
    if (valid & VANE_PORT_VALID_MAC) {
        memcpy(port->mac, cmd->mac, sizeof(port->mac));
    }
    if (valid & VANE_PORT_VALID_OWN_MAC) {
        memcpy(port->own_mac, cmd->own_mac, sizeof(port->own_mac));
    }
    if (valid & VANE_PORT_VALID_VLAN) {
        port->vlan_tci = le16_to_cpu(cmd->vlan_tci);
        port->vlan_proto = le16_to_cpu(cmd->vlan_proto);
    }
    if (valid & VANE_PORT_VALID_CHANNEL) {
        vane_channel_assign(fn, vane_table_channel(cmd));
    }
    if (valid & VANE_PORT_VALID_FLAGS) {
        port->flags = le32_to_cpu(cmd->flags);
        vane_table_update_rx_mode(fn);
    }
    if (valid & VANE_PORT_VALID_FEATURES) {
        port->features = le64_to_cpu(cmd->features);
    }
    if (valid & VANE_PORT_VALID_RESOURCES) {
        port->queues = le16_to_cpu(cmd->queues);
        port->vectors = le16_to_cpu(cmd->vectors);
    }
    if (valid & VANE_PORT_VALID_COOKIE) {
        port->cookie = le32_to_cpu(cmd->cookie);
    }
    if (valid & VANE_PORT_VALID_RATE) {
        port->tx_max = le32_to_cpu(cmd->tx_max);
        port->tx_share = le32_to_cpu(cmd->tx_share);
        port->rate_group = le16_to_cpu(cmd->rate_group);
        vane_sched_port_changed(fn);
    }
    if (valid & VANE_PORT_VALID_PRIO_MAP) {
        port->prio_map = le64_to_cpu(cmd->prio_map);
    }
    vane_table_set_all_receivers(fn, true);
    trace_vane_port_set(fn->index, valid, port->flags, port->vlan_tci,
                        port->vlan_proto, port->channel);
    return VANE_OK;
}

int vane_switch_port_get(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_port *cmd = req;
    struct vane_cmd_port *answer = rsp;
    const VaneFunction *fn = vane_function(dev, le16_to_cpu(cmd->port));
    const VanePort *port;
    uint32_t channel;

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    port = &fn->port;
    /* A driver without E-Tag must not take a part of a channel for one. */
    channel = port->channel <= VANE_MAX_VIF ||
              vane_table_has_feature(dev, VANE_FEAT_ETAG) ? port->channel : 0;
    *answer = (struct vane_cmd_port) {
        .port = cmd->port,
        .valid = cpu_to_le32(VANE_PORT_VALID_ALL),
        .vlan_tci = cpu_to_le16(port->vlan_tci),
        .vlan_proto = cpu_to_le16(port->vlan_proto),
        .channel = cpu_to_le16(channel & 0xffff),
        .channel_high = cpu_to_le16(channel >> 16),
        .flags = cpu_to_le32(port->flags),
        .features = cpu_to_le64(port->features),
        .queues = cpu_to_le16(port->queues),
        .vectors = cpu_to_le16(port->vectors),
        .cookie = cpu_to_le32(port->cookie),
        .tx_max = cpu_to_le32(port->tx_max),
        .tx_share = cpu_to_le32(port->tx_share),
        .rate_group = cpu_to_le16(port->rate_group),
        .prio_map = cpu_to_le64(port->prio_map),
    };
    memcpy(answer->mac, port->mac, sizeof(answer->mac));
    memcpy(answer->own_mac, port->own_mac, sizeof(answer->own_mac));
    return VANE_OK;
}

static int vane_table_check_addresses(const struct vane_cmd_filter *cmd)
{
    static const uint8_t none[ETH_ALEN];
    const struct vane_mbox_addrs *addrs = &cmd->addrs;
    uint16_t count = le16_to_cpu(addrs->count);

    if (cmd->reserved0 || !count || count > VANE_MBOX_MAX_ADDRS ||
        addrs->reserved) {
        return VANE_ERR_INVALID;
    }
    for (uint16_t i = 0; i < count; i++) {
        if (!memcmp(addrs->addr[i], none, ETH_ALEN)) {
            return VANE_ERR_INVALID;
        }
    }
    return VANE_OK;
}

int vane_switch_filter_add(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_filter *cmd = req;
    VaneFunction *fn = vane_table_present_port(dev, cmd->port);
    uint16_t count = le16_to_cpu(cmd->addrs.count);
    GHashTable *filters;
    uint32_t fresh = 0;
    int status;

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    status = vane_table_check_addresses(cmd);
    if (status) {
        return status;
    }
    filters = vane_table_port_of(fn)->filters;
    for (uint16_t i = 0; i < count; i++) {
        fresh +=
            !vane_switch_has_filter(vane_table_port_of(fn), cmd->addrs.addr[i]);
    }
    if (dev->sw->filters + fresh > VANE_MAX_FILTERS) {
        return VANE_ERR_NO_SPACE;
    }
    for (uint16_t i = 0; i < count; i++) {
        uint64_t key = vane_table_address_key(cmd->addrs.addr[i], 0);

        dev->sw->filters += g_hash_table_add(filters,
                                             g_memdup2(&key, sizeof(key)));
        vane_table_update_receiver(fn, key);
    }
    return VANE_OK;
}

int vane_switch_filter_del(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_filter *cmd = req;
    VaneFunction *fn = vane_table_present_port(dev, cmd->port);
    uint16_t count = le16_to_cpu(cmd->addrs.count);
    int status;

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    status = vane_table_check_addresses(cmd);
    if (status) {
        return status;
    }
    for (uint16_t i = 0; i < count; i++) {
        uint64_t key = vane_table_address_key(cmd->addrs.addr[i], 0);

        dev->sw->filters -=
            g_hash_table_remove(vane_table_port_of(fn)->filters, &key);
        vane_table_update_receiver(fn, key);
    }
    return VANE_OK;
}

int vane_switch_filter_clear(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_target *cmd = req;
    VaneFunction *fn = vane_table_present_port(dev, cmd->port);

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    if (cmd->reserved[0] || cmd->reserved[1] || cmd->reserved[2]) {
        return VANE_ERR_INVALID;
    }
    vane_table_clear_filters(fn);
    return VANE_OK;
}

static int vane_table_vlan_change(VaneDevice *dev,
                                  const struct vane_cmd_vlan *cmd, bool add)
{
    VaneFunction *fn = vane_table_present_port(dev, cmd->port);
    uint16_t proto = le16_to_cpu(cmd->proto);
    uint16_t vid = le16_to_cpu(cmd->vid);
    unsigned long *vlans;

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    if (cmd->reserved ||
        (proto && proto != ETH_P_VLAN && proto != ETH_P_DVLAN)) {
        return VANE_ERR_INVALID;
    }
    if (vid > VLAN_VID_MASK) {
        return VANE_ERR_RANGE;
    }
    vlans = proto == ETH_P_DVLAN ? vane_table_port_of(fn)->svlans :
                                   vane_table_port_of(fn)->vlans;
    if (add) {
        set_bit(vid, vlans);
    } else {
        clear_bit(vid, vlans);
    }
    return VANE_OK;
}

int vane_switch_vlan_add(VaneDevice *dev, const void *req, void *rsp)
{
    return vane_table_vlan_change(dev, req, true);
}

int vane_switch_vlan_del(VaneDevice *dev, const void *req, void *rsp)
{
    return vane_table_vlan_change(dev, req, false);
}

int vane_switch_rx_mode(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_rx_mode *cmd = req;
    VaneFunction *fn = vane_table_present_port(dev, cmd->port);
    uint32_t mode = le32_to_cpu(cmd->mode);

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    if (cmd->reserved || mode & ~VANE_RX_MODE_ALL) {
        return VANE_ERR_INVALID;
    }
    vane_table_set_rx_mode(fn, mode);
    return VANE_OK;
}

int vane_switch_mode_set(VaneDevice *dev, const void *req, void *rsp)
{
    static const uint64_t features[] = {
        [VANE_SWITCH_VEB] = VANE_FEAT_VEB,
        [VANE_SWITCH_VEPA] = VANE_FEAT_VEPA,
        [VANE_SWITCH_VNTAG] = VANE_FEAT_VNTAG,
        [VANE_SWITCH_ETAG] = VANE_FEAT_ETAG,
    };
    const struct vane_cmd_switch *cmd = req;
    uint32_t mode = le32_to_cpu(cmd->mode);

    if (mode >= ARRAY_SIZE(features) ||
        !vane_table_has_feature(dev, features[mode])) {
        return VANE_ERR_UNSUPPORTED;
    }
    if (cmd->filters) {
        return VANE_ERR_INVALID;
    }
    trace_vane_switch_mode(mode);
    if (mode != dev->sw->mode) {
        dev->sw->mode = mode;
        /* What a VF sent in the old mode may look like a tag in the new one. */
        if (vane_channel_tagged(dev->sw)) {
            vane_link_drop_held(dev);
        }
    }
    return VANE_OK;
}

int vane_switch_mode_get(VaneDevice *dev, const void *req, void *rsp)
{
    struct vane_cmd_switch *answer = rsp;

    answer->mode = cpu_to_le32(dev->sw->mode);
    answer->filters = cpu_to_le32(dev->sw->filters);
    return VANE_OK;
}

/*
 * A trunk command names a VF below TotalVFs, present or not, and a part of its
 * list. Sets @part to where that part begins.
 */
static int vane_table_check_trunk(VaneDevice *dev,
                                  const struct vane_cmd_trunk *cmd, bool get,
                                  unsigned long **part)
{
    VaneFunction *fn = vane_function(dev, le16_to_cpu(cmd->port));
    uint32_t first = le16_to_cpu(cmd->first);

    QEMU_BUILD_BUG_ON(VANE_TRUNK_VIDS % BITS_PER_LONG);
    QEMU_BUILD_BUG_ON((VLAN_VID_MASK + 1) % VANE_TRUNK_VIDS);

    if (!vane_table_has_feature(dev, VANE_FEAT_TRUNK)) {
        return VANE_ERR_UNSUPPORTED;
    }
    if (!fn || vane_is_pf(fn)) {
        return VANE_ERR_NOT_FOUND;
    }
    if (cmd->reserved || first % VANE_TRUNK_VIDS ||
        (get && !buffer_is_zero(cmd->vids, sizeof(cmd->vids)))) {
        return VANE_ERR_INVALID;
    }
    if (first > VLAN_VID_MASK) {
        return VANE_ERR_RANGE;
    }
    *part = vane_table_port_of(fn)->trunk + BIT_WORD(first);
    return VANE_OK;
}

int vane_switch_trunk_set(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_trunk *cmd = req;
    unsigned long *part;
    int status = vane_table_check_trunk(dev, cmd, false, &part);

    if (status) {
        return status;
    }
    for (uint32_t i = 0; i < VANE_TRUNK_VIDS; i++) {
        if (cmd->vids[i / 8] >> (i % 8) & 1) {
            set_bit(i, part);
        } else {
            clear_bit(i, part);
        }
    }
    trace_vane_trunk_set(le16_to_cpu(cmd->port), le16_to_cpu(cmd->first),
                         bitmap_count_one(part, VANE_TRUNK_VIDS));
    return VANE_OK;
}

int vane_switch_trunk_get(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_trunk *cmd = req;
    struct vane_cmd_trunk *answer = rsp;
    unsigned long *part;
    int status = vane_table_check_trunk(dev, cmd, true, &part);

    if (status) {
        return status;
    }
    answer->port = cmd->port;
    answer->first = cmd->first;
    for (uint32_t i = 0; i < VANE_TRUNK_VIDS; i++) {
        if (test_bit(i, part)) {
            answer->vids[i / 8] |= 1 << (i % 8);
        }
    }
    return VANE_OK;
}
