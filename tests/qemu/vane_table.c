/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the tables of the switch and the commands that fill them (datasheet,
 * "PF block").
 */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "trace.h"
#include "vane_switch.h"

/* An address in a VLAN, and the ports that receive it */
typedef struct VaneAddress {
    uint64_t key;
    DECLARE_BITMAP(ports, VANE_PORTS);
} VaneAddress;

static uint64_t address_key(const uint8_t *mac, uint16_t vlan)
{
    return (uint64_t)ldl_be_p(mac) << 32 | lduw_be_p(mac + 4) << 16 | vlan;
}

/* A VF chooses addresses: neighbours in value shall not meet in a bucket. */
static guint key_hash(gconstpointer key)
{
    return (*(const uint64_t *)key * 0x9e3779b97f4a7c15ull) >> 32;
}

static GHashTable *key_set_new(void)
{
    return g_hash_table_new_full(key_hash, g_int64_equal, g_free, NULL);
}

/* In a port's own table the VLAN does not matter. */
static bool has_key(const VaneSwitchPort *port, uint64_t key)
{
    return g_hash_table_contains(port->filters, &key);
}

bool vane_switch_has_filter(const VaneSwitchPort *port, const uint8_t *mac)
{
    return has_key(port, address_key(mac, 0));
}

static void add_ports(const VaneSwitch *sw, uint64_t key, unsigned long *set)
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
        add_ports(sw, address_key(mac, vlan), set);
    }
    if (!(vlan & VANE_VLAN_SERVICE)) {
        add_ports(sw, address_key(mac, 0), set);
    }
}

static VaneSwitchPort *port_of(const VaneFunction *fn)
{
    return &fn->dev->sw->port[vane_port_bit(fn)];
}

static void set_receiver(const VaneFunction *fn, uint64_t key, bool receives)
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

/* Brings the common table up to date with what the port says of an address. */
static void update_receiver(const VaneFunction *fn, uint64_t key)
{
    const VaneSwitchPort *port = port_of(fn);
    uint64_t own = address_key(fn->port.mac, 0);

    set_receiver(fn, key | vane_port_vlan(fn),
                 (own && key == own) || has_key(port, key));
}

/* All the port's addresses: on or off the common table. */
static void set_all_receivers(const VaneFunction *fn, bool receives)
{
    uint64_t own = address_key(fn->port.mac, 0);
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, port_of(fn)->filters);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        set_receiver(fn, *(uint64_t *)key | vane_port_vlan(fn), receives);
    }
    if (own) {
        set_receiver(fn, own | vane_port_vlan(fn), receives);
    }
}

/* What was commanded counts as far as the port is trusted with it. */
static void update_rx_mode(const VaneFunction *fn)
{
    VaneSwitch *sw = fn->dev->sw;
    uint32_t mode = port_of(fn)->rx_mode_set;
    uint32_t bit = vane_port_bit(fn);

    if (!vane_is_pf(fn) && !(fn->port.flags & VANE_PORT_FLAG_TRUST)) {
        mode &= ~(VANE_RX_MODE_PROMISC | VANE_RX_MODE_ALLMULTI);
    }
    port_of(fn)->rx_mode = mode;
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

static void set_rx_mode(const VaneFunction *fn, uint32_t mode)
{
    port_of(fn)->rx_mode_set = mode;
    update_rx_mode(fn);
}

static void port_default(VaneFunction *fn)
{
    fn->port = (VanePort) {
        .flags = VANE_PORT_FLAG_SPOOFCHK,
        .features = vane_features_dev(fn),
        .queues = vane_is_pf(fn) ? VANE_MAX_QUEUES_PF : VANE_DEF_QUEUES_VF,
        .vectors = vane_is_pf(fn) ? VANE_MAX_VECTORS_PF : VANE_DEF_VECTORS_VF,
    };
}

static void list_free(VaneSwitch *sw, uint32_t list)
{
    if (sw->list[list]) {
        g_clear_pointer(&sw->list[list], g_free);
        sw->lists--;
    }
}

void vane_switch_init(VaneDevice *dev)
{
    VaneSwitch *sw = g_new0(VaneSwitch, 1);

    sw->mode = VANE_SWITCH_VEB;
    sw->addresses = g_hash_table_new_full(key_hash, g_int64_equal, NULL,
                                          g_free);
    for (uint32_t i = 0; i < VANE_PORTS; i++) {
        sw->port[i].filters = key_set_new();
    }
    dev->sw = sw;
    dev->frame_tx = g_new0(VaneFrame, 1);
    dev->frame_rx = g_new0(VaneFrame, 1);
    dev->frame_segment = g_new0(VaneFrame, 1);
}

void vane_switch_exit(VaneDevice *dev)
{
    VaneSwitch *sw = dev->sw;

    if (!sw) {
        return;
    }
    for (uint32_t i = 0; i <= VANE_MAX_VIF; i++) {
        list_free(sw, i);
    }
    for (uint32_t i = 0; i < VANE_PORTS; i++) {
        g_hash_table_destroy(sw->port[i].filters);
    }
    g_hash_table_destroy(sw->addresses);
    g_clear_pointer(&dev->sw, g_free);
    g_clear_pointer(&dev->frame_tx, g_free);
    g_clear_pointer(&dev->frame_rx, g_free);
    g_clear_pointer(&dev->frame_segment, g_free);
}

void vane_switch_function_reset(VaneFunction *fn)
{
    VaneSwitchPort *port = port_of(fn);

    set_all_receivers(fn, false);
    fn->dev->sw->filters -= g_hash_table_size(port->filters);
    g_hash_table_remove_all(port->filters);
    bitmap_zero(port->vlans, VLAN_VID_MASK + 1);
    set_rx_mode(fn, 0);
    set_all_receivers(fn, true);
}

void vane_switch_port_reset(VaneFunction *fn)
{
    vane_switch_function_reset(fn);
    set_all_receivers(fn, false);
    fn->dev->sw->vif[fn->port.vif] = NULL;
    bitmap_zero(port_of(fn)->trunk, VLAN_VID_MASK + 1);
    port_default(fn);
    vane_sched_port_changed(fn);
}

void vane_switch_reset(VaneDevice *dev)
{
    VaneSwitch *sw = dev->sw;

    for (uint32_t i = 0; i < VANE_PORTS; i++) {
        VaneFunction *fn = vane_port_function(dev, i);

        if (fn) {
            vane_switch_port_reset(fn);
        }
    }
    for (uint32_t i = 0; i <= VANE_MAX_VIF; i++) {
        list_free(sw, i);
    }
    vane_sched_reset(dev);
    sw->mode = VANE_SWITCH_VEB;
}

/*
 * Commands. A port has to be there, but for PORT_SET and PORT_GET, which are
 * for VFs to come too.
 */
static VaneFunction *present_port(VaneDevice *dev, uint16_t port)
{
    VaneFunction *fn = vane_function(dev, le16_to_cpu(port));

    return fn && vane_function_present(fn) ? fn : NULL;
}

/* Did the PF's driver ask for it? */
static bool has_feature(const VaneDevice *dev, uint64_t feature)
{
    return dev->fn.features_drv & feature;
}

static int check_port_vlan(uint16_t tci, uint16_t proto)
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

static int check_vif(VaneDevice *dev, const VaneFunction *fn, uint16_t vif)
{
    if (vif > VANE_MAX_VIF) {
        return VANE_ERR_RANGE;
    }
    if (vif && dev->sw->vif[vif] && dev->sw->vif[vif] != fn) {
        return VANE_ERR_EXISTS;
    }
    return VANE_OK;
}

static int check_port_rate(const struct vane_cmd_port *cmd)
{
    return le16_to_cpu(cmd->rate_group) <= VANE_MAX_RATE_GROUPS &&
           vane_rates_valid(le32_to_cpu(cmd->tx_max),
                            le32_to_cpu(cmd->tx_share)) ?
           VANE_OK : VANE_ERR_RANGE;
}

/* Flags that there are; only a VF's port has a trunk list. */
static int check_port_flags(VaneDevice *dev, const VaneFunction *fn,
                            uint32_t flags)
{
    if (flags & ~VANE_PORT_FLAG_ALL ||
        (flags & VANE_PORT_FLAG_TRUNK && vane_is_pf(fn))) {
        return VANE_ERR_INVALID;
    }
    return flags & VANE_PORT_FLAG_TRUNK && !has_feature(dev, VANE_FEAT_TRUNK) ?
           VANE_ERR_UNSUPPORTED : VANE_OK;
}

static int check_port_set(VaneDevice *dev, const VaneFunction *fn,
                          const struct vane_cmd_port *cmd)
{
    uint32_t valid = le32_to_cpu(cmd->valid);
    int status = VANE_OK;

    if (cmd->reserved0 || cmd->reserved1[0] || cmd->reserved1[1] ||
        cmd->reserved1[2] || valid & ~VANE_PORT_VALID_ALL) {
        return VANE_ERR_INVALID;
    }
    if (valid & VANE_PORT_VALID_MAC && is_multicast_ether_addr(cmd->mac)) {
        return VANE_ERR_INVALID;
    }
    if (valid & VANE_PORT_VALID_FEATURES &&
        le64_to_cpu(cmd->features) & ~vane_features_dev(fn)) {
        return VANE_ERR_INVALID;
    }
    if (valid & VANE_PORT_VALID_RATE && !has_feature(dev, VANE_FEAT_RATE)) {
        return VANE_ERR_UNSUPPORTED;
    }
    if (valid & VANE_PORT_VALID_FLAGS) {
        status = check_port_flags(dev, fn, le32_to_cpu(cmd->flags));
    }
    if (!status && valid & VANE_PORT_VALID_VLAN) {
        status = check_port_vlan(le16_to_cpu(cmd->vlan_tci),
                                 le16_to_cpu(cmd->vlan_proto));
    }
    if (!status && valid & VANE_PORT_VALID_VIF) {
        status = check_vif(dev, fn, le16_to_cpu(cmd->vif));
    }
    if (!status && valid & VANE_PORT_VALID_RESOURCES) {
        status = vane_check_resources(dev, fn, le16_to_cpu(cmd->queues),
                                      le16_to_cpu(cmd->vectors));
    }
    if (!status && valid & VANE_PORT_VALID_RATE) {
        status = check_port_rate(cmd);
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

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    status = check_port_set(dev, fn, cmd);
    if (status) {
        return status;
    }

    port = &fn->port;
    set_all_receivers(fn, false);
    if (valid & VANE_PORT_VALID_MAC) {
        memcpy(port->mac, cmd->mac, sizeof(port->mac));
    }
    if (valid & VANE_PORT_VALID_VLAN) {
        port->vlan_tci = le16_to_cpu(cmd->vlan_tci);
        port->vlan_proto = le16_to_cpu(cmd->vlan_proto);
    }
    if (valid & VANE_PORT_VALID_VIF) {
        dev->sw->vif[port->vif] = NULL;
        port->vif = le16_to_cpu(cmd->vif);
        if (port->vif) {
            dev->sw->vif[port->vif] = fn;
        }
    }
    if (valid & VANE_PORT_VALID_FLAGS) {
        port->flags = le32_to_cpu(cmd->flags);
        update_rx_mode(fn);
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
    set_all_receivers(fn, true);
    trace_vane_port_set(fn->index, valid, port->flags, port->vlan_tci,
                        port->vlan_proto, port->vif);
    return VANE_OK;
}

int vane_switch_port_get(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_port *cmd = req;
    struct vane_cmd_port *answer = rsp;
    const VaneFunction *fn = vane_function(dev, le16_to_cpu(cmd->port));
    const VanePort *port;

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    port = &fn->port;
    *answer = (struct vane_cmd_port) {
        .port = cmd->port,
        .valid = cpu_to_le32(VANE_PORT_VALID_ALL),
        .vlan_tci = cpu_to_le16(port->vlan_tci),
        .vlan_proto = cpu_to_le16(port->vlan_proto),
        .vif = cpu_to_le16(port->vif),
        .flags = cpu_to_le32(port->flags),
        .features = cpu_to_le64(port->features),
        .queues = cpu_to_le16(port->queues),
        .vectors = cpu_to_le16(port->vectors),
        .cookie = cpu_to_le32(port->cookie),
        .tx_max = cpu_to_le32(port->tx_max),
        .tx_share = cpu_to_le32(port->tx_share),
        .rate_group = cpu_to_le16(port->rate_group),
    };
    memcpy(answer->mac, port->mac, sizeof(answer->mac));
    return VANE_OK;
}

static int check_addresses(const struct vane_mbox_addrs *addrs)
{
    static const uint8_t none[ETH_ALEN];
    uint16_t count = le16_to_cpu(addrs->count);

    if (!count || count > VANE_MBOX_MAX_ADDRS || addrs->reserved) {
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
    VaneFunction *fn = present_port(dev, cmd->port);
    uint16_t count = le16_to_cpu(cmd->addrs.count);
    GHashTable *filters;
    uint32_t fresh = 0;
    int status;

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    status = check_addresses(&cmd->addrs);
    if (status) {
        return status;
    }
    filters = port_of(fn)->filters;
    for (uint16_t i = 0; i < count; i++) {
        fresh += !vane_switch_has_filter(port_of(fn), cmd->addrs.addr[i]);
    }
    if (dev->sw->filters + fresh > VANE_MAX_FILTERS) {
        return VANE_ERR_NO_SPACE;
    }
    for (uint16_t i = 0; i < count; i++) {
        uint64_t key = address_key(cmd->addrs.addr[i], 0);

        dev->sw->filters += g_hash_table_add(filters,
                                             g_memdup2(&key, sizeof(key)));
        update_receiver(fn, key);
    }
    return VANE_OK;
}

int vane_switch_filter_del(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_filter *cmd = req;
    VaneFunction *fn = present_port(dev, cmd->port);
    uint16_t count = le16_to_cpu(cmd->addrs.count);
    int status;

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    status = check_addresses(&cmd->addrs);
    if (status) {
        return status;
    }
    for (uint16_t i = 0; i < count; i++) {
        uint64_t key = address_key(cmd->addrs.addr[i], 0);

        dev->sw->filters -= g_hash_table_remove(port_of(fn)->filters, &key);
        update_receiver(fn, key);
    }
    return VANE_OK;
}

int vane_switch_filter_clear(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_target *cmd = req;
    VaneFunction *fn = present_port(dev, cmd->port);

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    vane_switch_function_reset(fn);
    return VANE_OK;
}

static int vlan_change(VaneDevice *dev, const struct vane_cmd_vlan *cmd,
                       bool add)
{
    VaneFunction *fn = present_port(dev, cmd->port);
    uint16_t vid = le16_to_cpu(cmd->vid);

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    if (cmd->reserved) {
        return VANE_ERR_INVALID;
    }
    if (vid > VLAN_VID_MASK) {
        return VANE_ERR_RANGE;
    }
    if (add) {
        set_bit(vid, port_of(fn)->vlans);
    } else {
        clear_bit(vid, port_of(fn)->vlans);
    }
    return VANE_OK;
}

int vane_switch_vlan_add(VaneDevice *dev, const void *req, void *rsp)
{
    return vlan_change(dev, req, true);
}

int vane_switch_vlan_del(VaneDevice *dev, const void *req, void *rsp)
{
    return vlan_change(dev, req, false);
}

int vane_switch_rx_mode(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_rx_mode *cmd = req;
    VaneFunction *fn = present_port(dev, cmd->port);
    uint32_t mode = le32_to_cpu(cmd->mode);

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    if (cmd->reserved || mode & ~VANE_RX_MODE_ALL) {
        return VANE_ERR_INVALID;
    }
    set_rx_mode(fn, mode);
    return VANE_OK;
}

int vane_switch_mode_set(VaneDevice *dev, const void *req, void *rsp)
{
    static const uint64_t features[] = {
        [VANE_SWITCH_VEB] = VANE_FEAT_VEB,
        [VANE_SWITCH_VEPA] = VANE_FEAT_VEPA,
        [VANE_SWITCH_VNTAG] = VANE_FEAT_VNTAG,
    };
    const struct vane_cmd_switch *cmd = req;
    uint32_t mode = le32_to_cpu(cmd->mode);

    if (cmd->filters) {
        return VANE_ERR_INVALID;
    }
    if (mode >= ARRAY_SIZE(features) || !has_feature(dev, features[mode])) {
        return VANE_ERR_UNSUPPORTED;
    }
    trace_vane_switch_mode(mode);
    dev->sw->mode = mode;
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
 * list. Sets where that is in the list.
 */
static int check_trunk(VaneDevice *dev, const struct vane_cmd_trunk *cmd,
                       unsigned long **part)
{
    VaneFunction *fn = vane_function(dev, le16_to_cpu(cmd->port));
    uint32_t first = le16_to_cpu(cmd->first);

    QEMU_BUILD_BUG_ON(VANE_TRUNK_VIDS % BITS_PER_LONG);
    QEMU_BUILD_BUG_ON((VLAN_VID_MASK + 1) % VANE_TRUNK_VIDS);

    if (!has_feature(dev, VANE_FEAT_TRUNK)) {
        return VANE_ERR_UNSUPPORTED;
    }
    if (!fn || vane_is_pf(fn)) {
        return VANE_ERR_NOT_FOUND;
    }
    if (cmd->reserved || first % VANE_TRUNK_VIDS) {
        return VANE_ERR_INVALID;
    }
    if (first > VLAN_VID_MASK) {
        return VANE_ERR_RANGE;
    }
    *part = port_of(fn)->trunk + BIT_WORD(first);
    return VANE_OK;
}

int vane_switch_trunk_set(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_trunk *cmd = req;
    unsigned long *part;
    int status = check_trunk(dev, cmd, &part);

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
    static const uint8_t none[VANE_TRUNK_VIDS / 8];
    const struct vane_cmd_trunk *cmd = req;
    struct vane_cmd_trunk *answer = rsp;
    unsigned long *part;
    int status = check_trunk(dev, cmd, &part);

    if (status) {
        return status;
    }
    if (memcmp(cmd->vids, none, sizeof(none))) {
        return VANE_ERR_INVALID;
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

static int check_vif_list(VaneDevice *dev, const struct vane_cmd_vif_list *cmd)
{
    static const uint8_t zero[sizeof(cmd->reserved)];

    if (cmd->pf > 1 || memcmp(cmd->reserved, zero, sizeof(zero))) {
        return VANE_ERR_INVALID;
    }
    if (!le16_to_cpu(cmd->list) || le16_to_cpu(cmd->list) > VANE_MAX_VIF) {
        return VANE_ERR_RANGE;
    }
    return VANE_OK;
}

int vane_switch_vif_list_set(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_vif_list *cmd = req;
    uint16_t list = le16_to_cpu(cmd->list);
    DECLARE_BITMAP(members, VANE_PORTS);
    VaneSwitch *sw = dev->sw;
    int status;

    status = check_vif_list(dev, cmd);
    if (status) {
        return status;
    }
    bitmap_zero(members, VANE_PORTS);
    for (uint32_t i = 0; i < VANE_MAX_VFS; i++) {
        if (!(cmd->vfs[i / 8] >> (i % 8) & 1)) {
            continue;
        }
        if (!vane_function(dev, i)) {
            return VANE_ERR_NOT_FOUND;
        }
        set_bit(i, members);
    }
    if (cmd->pf) {
        set_bit(VANE_PORT_BIT_PF, members);
    }
    if (bitmap_empty(members, VANE_PORTS)) {
        list_free(sw, list);
        return VANE_OK;
    }
    if (!sw->list[list]) {
        if (sw->lists == VANE_MAX_VIF_LISTS) {
            return VANE_ERR_NO_SPACE;
        }
        sw->list[list] = bitmap_new(VANE_PORTS);
        sw->lists++;
    }
    bitmap_copy(sw->list[list], members, VANE_PORTS);
    return VANE_OK;
}

int vane_switch_vif_list_get(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_vif_list *cmd = req;
    struct vane_cmd_vif_list *answer = rsp;
    const unsigned long *members;
    uint32_t list = le16_to_cpu(cmd->list);

    while (list <= VANE_MAX_VIF && !dev->sw->list[list]) {
        list++;
    }
    if (list > VANE_MAX_VIF) {
        return VANE_ERR_NOT_FOUND;
    }
    members = dev->sw->list[list];
    answer->list = cpu_to_le16(list);
    answer->pf = test_bit(VANE_PORT_BIT_PF, members);
    for (uint32_t i = 0; i < VANE_MAX_VFS; i++) {
        if (test_bit(i, members)) {
            answer->vfs[i / 8] |= 1 << (i % 8);
        }
    }
    return VANE_OK;
}
