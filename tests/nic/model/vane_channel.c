/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: channels, their lists, and the tags that name them on the wire
 * (datasheet, "Channels", "VN-Tag", "E-Tag").
 */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "trace.h"
#include "vane.h"
#include "vane_channel.h"
#include "vane_switch.h"
#include "vane_tag.h"

/* Bits of an E-Tag behind its EtherType */
#define ETAG_FIELDS     48

static int vane_channel_compare(gconstpointer a, gconstpointer b,
                                gpointer opaque)
{
    uint32_t x = GPOINTER_TO_UINT(a);
    uint32_t y = GPOINTER_TO_UINT(b);

    return x < y ? -1 : x > y;
}

static GTree *vane_channel_lists_new(void)
{
    return g_tree_new_full(vane_channel_compare, NULL, NULL, g_free);
}

void vane_channel_init(VaneSwitch *sw)
{
    sw->channels = g_hash_table_new(NULL, NULL);
    sw->grants = g_tree_new_full(vane_channel_compare, NULL, NULL, NULL);
    sw->lists = vane_channel_lists_new();
}

void vane_channel_finalize(VaneSwitch *sw)
{
    g_hash_table_destroy(sw->channels);
    g_tree_unref(sw->grants);
    g_tree_unref(sw->lists);
}

void vane_channel_reset(VaneSwitch *sw)
{
    g_tree_unref(sw->lists);
    sw->lists = vane_channel_lists_new();
}

bool vane_channel_tagged(const VaneSwitch *sw)
{
    return sw->mode == VANE_SWITCH_VNTAG || sw->mode == VANE_SWITCH_ETAG;
}

uint32_t vane_channel_tag_len(const VaneSwitch *sw)
{
    switch (sw->mode) {
    case VANE_SWITCH_VNTAG:
        return VANE_VNTAG_SIZE;
    case VANE_SWITCH_ETAG:
        return VANE_ETAG_SIZE;
    default:
        return 0;
    }
}

/* Can the tag of the mode name the channel? */
static bool vane_channel_nameable(const VaneSwitch *sw, uint32_t channel)
{
    return sw->mode == VANE_SWITCH_ETAG ||
           (sw->mode == VANE_SWITCH_VNTAG && channel <= VANE_MAX_VIF);
}

uint32_t vane_channel_of(const VaneFunction *fn)
{
    return vane_channel_nameable(fn->dev->sw, fn->port.channel) ?
               fn->port.channel :
               0;
}

VaneFunction *vane_channel_grantee(const VaneSwitch *sw, uint32_t channel)
{
    VaneFunction *fn = g_tree_lookup(sw->grants, GUINT_TO_POINTER(channel));

    return fn && fn->port.flags & VANE_PORT_FLAG_TRUST &&
           vane_channel_nameable(sw, channel) ? fn : NULL;
}

bool vane_channel_granted(const VaneFunction *fn, uint32_t channel)
{
    return vane_channel_grantee(fn->dev->sw, channel) == fn;
}

uint32_t vane_channel_room(const VaneFunction *fn)
{
    const VaneSwitch *sw = fn->dev->sw;

    return sw->port[vane_port_bit(fn)].grants &&
           fn->port.flags & VANE_PORT_FLAG_TRUST ? vane_channel_tag_len(sw) : 0;
}

/*
 * The channel of a tag that is what a tag on the way up has to be; 0 for any
 * other. The priority of an E-Tag is the device's to say.
 */
static uint32_t vane_channel_read_up(const VaneSwitch *sw,
                                     const uint8_t *fields)
{
    uint64_t tag;

    if (sw->mode == VANE_SWITCH_VNTAG) {
        tag = (uint32_t)ldl_be_p(fields);
        return tag & ~(uint64_t)VANE_VNTAG_SVIF ? 0 : tag;
    }
    tag = (uint64_t)lduw_be_p(fields) << 32 |
          (uint32_t)ldl_be_p(fields + sizeof(uint16_t));
    if (tag & ~(VANE_ETAG_PCP | VANE_ETAG_DEI | VANE_ETAG_ECID |
                VANE_ETAG_ECID_EXT)) {
        return 0;
    }
    return vane_get(tag, VANE_ETAG_ECID_EXT) << 12 |
           vane_get(tag, VANE_ETAG_ECID);
}

static uint16_t vane_channel_ethertype(const VaneSwitch *sw)
{
    return sw->mode == VANE_SWITCH_VNTAG ? VANE_VNTAG_ETHERTYPE :
                                           VANE_ETAG_ETHERTYPE;
}

uint32_t vane_channel_pop_granted(const VaneFunction *fn, VaneFrame *frame)
{
    const VaneSwitch *sw = fn->dev->sw;
    uint16_t type = lduw_be_p(frame->data + VANE_TAG_OFFSET);
    uint32_t len = vane_channel_room(fn);
    uint32_t channel;

    if (!len || frame->head_len < ETH_HLEN + len ||
        type != vane_channel_ethertype(sw)) {
        return 0;
    }
    channel = vane_channel_read_up(sw, frame->data + ETH_HLEN);
    if (!channel || !vane_channel_granted(fn, channel)) {
        return 0;
    }
    frame->named = true;
    frame->channel = channel;
    vane_tag_remove(frame, len);
    return len;
}

/* E-PCP and E-DEI of the frame: what the port maps those of its tag to */
static uint64_t vane_channel_priority(const VaneFunction *fn,
                                      const VaneFrame *frame)
{
    unsigned n = frame->tag_proto ? frame->tag_tci >> 12 : 0;

    return fn->port.prio_map >> 4 * n & 0xf;
}

void vane_channel_put_tag(const VaneFunction *fn, const VaneFrame *frame,
                          VaneChannelTag *tag)
{
    uint32_t channel = frame->named ? frame->channel : vane_channel_of(fn);
    uint64_t etag;

    tag->len = vane_channel_tag_len(fn->dev->sw);
    switch (fn->dev->sw->mode) {
    case VANE_SWITCH_VNTAG:
        stw_be_p(tag->bytes, VANE_VNTAG_ETHERTYPE);
        stl_be_p(tag->bytes + 2, vane_put(VANE_VNTAG_SVIF, channel));
        break;
    case VANE_SWITCH_ETAG:
        etag = vane_put(VANE_ETAG_PCP | VANE_ETAG_DEI,
                        vane_channel_priority(fn, frame)) |
               vane_put(VANE_ETAG_ECID, channel & 0xfff) |
               vane_put(VANE_ETAG_ECID_EXT, channel >> 12);
        stq_be_p(tag->bytes,
                 (uint64_t)VANE_ETAG_ETHERTYPE << ETAG_FIELDS | etag);
        break;
    default:
        break;
    }
}

void vane_channel_drop(VaneDevice *dev, enum vane_tag_stat why)
{
    static const char *const text[VANE_TAG_STAT_COUNT] = {
        [VANE_TAG_STAT_RX_NONE] = "no channel tag",
        [VANE_TAG_STAT_RX_TRUNCATED] = "truncated channel tag",
        [VANE_TAG_STAT_RX_DIRECTION] = "channel tag of the wrong direction",
        [VANE_TAG_STAT_RX_VERSION] = "channel tag of another version",
        [VANE_TAG_STAT_RX_RESERVED] = "reserved bit of a channel tag",
        [VANE_TAG_STAT_RX_NESTED] = "two channel tags",
        [VANE_TAG_STAT_RX_UNKNOWN] = "unknown channel or list",
    };

    dev->sw->tag_stats[why]++;
    vane_switch_uplink_drop(dev, text[why]);
}

/* Reads the fields of a tag. < 0, or the counter of why it is refused. */
static int vane_channel_read_vntag(const uint8_t *fields, VaneSteering *to)
{
    uint32_t tag = (uint32_t)ldl_be_p(fields);

    if (!(tag & VANE_VNTAG_DIR)) {
        return VANE_TAG_STAT_RX_DIRECTION;
    }
    if (tag & VANE_VNTAG_VER) {
        return VANE_TAG_STAT_RX_VERSION;
    }
    if (tag & VANE_VNTAG_RSVD) {
        return VANE_TAG_STAT_RX_RESERVED;
    }
    to->list = tag & VANE_VNTAG_PTR;
    to->id = vane_get(tag, VANE_VNTAG_DVIF);
    if (to->id > VANE_MAX_VIF) {
        to->id = 0;
    }
    to->except = tag & VANE_VNTAG_LOOPED ? vane_get(tag, VANE_VNTAG_SVIF) : 0;
    return -1;
}

static int vane_channel_read_etag(const uint8_t *fields, VaneSteering *to)
{
    uint64_t tag = (uint64_t)lduw_be_p(fields) << 32 |
                   (uint32_t)ldl_be_p(fields + sizeof(uint16_t));
    uint32_t group = vane_get(tag, VANE_ETAG_GRP);
    uint32_t ecid = vane_get(tag, VANE_ETAG_ECID_EXT) << 12 |
                    vane_get(tag, VANE_ETAG_ECID);

    if (tag & VANE_ETAG_RSVD) {
        return VANE_TAG_STAT_RX_RESERVED;
    }
    to->list = group;
    to->id = vane_put(VANE_LIST_GROUP, group) | ecid;
    to->except = vane_get(tag, VANE_ETAG_INGRESS_EXT) << 12 |
                 vane_get(tag, VANE_ETAG_INGRESS);
    return -1;
}

bool vane_channel_pop_tag(VaneDevice *dev, VaneFrame *frame,
                          VaneSteering *to)
{
    bool vntag = dev->sw->mode == VANE_SWITCH_VNTAG;
    uint32_t len = vane_channel_tag_len(dev->sw);
    const uint8_t *fields = frame->data + ETH_HLEN;
    int why;

    if (lduw_be_p(frame->data + VANE_TAG_OFFSET) !=
        vane_channel_ethertype(dev->sw)) {
        why = VANE_TAG_STAT_RX_NONE;
    } else if (frame->head_len < ETH_HLEN + len) {
        why = VANE_TAG_STAT_RX_TRUNCATED;
    } else {
        why = vntag ? vane_channel_read_vntag(fields, to) :
                      vane_channel_read_etag(fields, to);
    }
    if (why >= 0) {
        vane_channel_drop(dev, why);
        return false;
    }
    frame->channel_tag.len = len;
    memcpy(frame->channel_tag.bytes, frame->data + VANE_TAG_OFFSET, len);
    vane_tag_remove(frame, len);
    return true;
}

/*
 * So many VLAN tags that it cannot be told count as one, too: nothing that the
 * device cannot see through may carry a tag to where others take it for theirs.
 */
bool vane_channel_tag_inside(const VaneFrame *frame)
{
    uint16_t type = 0;

    for (unsigned n = 0; n <= VANE_CHANNEL_TAG_DEPTH; n++) {
        size_t at = VANE_TAG_OFFSET + n * VANE_VLAN_TAG_SIZE;

        if (at + sizeof(type) > frame->head_len) {
            return false;
        }
        type = lduw_be_p(frame->data + at);
        if (!vane_tag_is_vlan_proto(type)) {
            return type == VANE_VNTAG_ETHERTYPE || type == VANE_ETAG_ETHERTYPE;
        }
    }
    return true;
}

VaneFunction *vane_channel_owner(const VaneSwitch *sw, uint32_t channel)
{
    return g_hash_table_lookup(sw->channels, GUINT_TO_POINTER(channel));
}

const unsigned long *vane_channel_members(const VaneSwitch *sw, uint32_t list)
{
    return g_tree_lookup(sw->lists, GUINT_TO_POINTER(list));
}

static bool vane_channel_has_etag(const VaneDevice *dev)
{
    return dev->fn.features_drv & VANE_FEAT_ETAG;
}

/* The highest channel that the driver can name */
static uint32_t vane_channel_max(const VaneDevice *dev)
{
    return vane_channel_has_etag(dev) ? VANE_MAX_ECID : VANE_MAX_VIF;
}

int vane_channel_check(const VaneFunction *fn, uint32_t channel)
{
    const VaneSwitch *sw = fn->dev->sw;
    const VaneFunction *owner = vane_channel_owner(sw, channel);

    if (channel > vane_channel_max(fn->dev)) {
        return VANE_ERR_RANGE;
    }
    return (owner && owner != fn) ||
           g_tree_lookup(sw->grants, GUINT_TO_POINTER(channel)) ?
               VANE_ERR_EXISTS :
               VANE_OK;
}

void vane_channel_assign(VaneFunction *fn, uint32_t channel)
{
    GHashTable *channels = fn->dev->sw->channels;

    g_hash_table_remove(channels, GUINT_TO_POINTER(fn->port.channel));
    fn->port.channel = channel;
    if (channel) {
        g_hash_table_insert(channels, GUINT_TO_POINTER(channel), fn);
    }
}

static uint32_t *vane_channel_count(const VaneFunction *fn)
{
    return &fn->dev->sw->port[vane_port_bit(fn)].grants;
}

static void vane_channel_revoke(VaneFunction *fn, uint32_t channel)
{
    g_tree_remove(fn->dev->sw->grants, GUINT_TO_POINTER(channel));
    --*vane_channel_count(fn);
}

/* Whose grants are sought, and their channels */
typedef struct Granted {
    const VaneFunction *fn;
    GArray *channels;
} Granted;

static gboolean vane_channel_note(gpointer key, gpointer value,
                                  gpointer opaque)
{
    Granted *granted = opaque;

    if (value == granted->fn) {
        g_array_append_val(granted->channels, key);
    }
    return false;
}

void vane_channel_revoke_all(VaneFunction *fn)
{
    g_autoptr(GArray) channels = NULL;
    Granted granted = { .fn = fn };

    if (!*vane_channel_count(fn)) {
        return;
    }
    channels = g_array_new(false, false, sizeof(gpointer));
    granted.channels = channels;
    g_tree_foreach(fn->dev->sw->grants, vane_channel_note, &granted);
    for (guint i = 0; i < channels->len; i++) {
        vane_channel_revoke(fn, GPOINTER_TO_UINT(g_array_index(channels,
                                                               gpointer, i)));
    }
}

/* A port that leaves lists, and those that have no member then */
typedef struct Leaving {
    uint32_t port;
    GArray *empty;
} Leaving;

static gboolean vane_channel_leave_list(gpointer key, gpointer value,
                                        gpointer opaque)
{
    unsigned long *members = value;
    Leaving *leaving = opaque;

    clear_bit(leaving->port, members);
    if (bitmap_empty(members, VANE_PORTS)) {
        g_array_append_val(leaving->empty, key);
    }
    return false;
}

void vane_channel_leave_lists(VaneSwitch *sw, uint32_t port)
{
    g_autoptr(GArray) empty = g_array_new(false, false, sizeof(gpointer));
    Leaving leaving = { port, empty };

    g_tree_foreach(sw->lists, vane_channel_leave_list, &leaving);
    for (guint i = 0; i < empty->len; i++) {
        g_tree_remove(sw->lists, g_array_index(empty, gpointer, i));
    }
}

static uint32_t vane_channel_list_id(const struct vane_cmd_list *cmd)
{
    return (uint32_t)cmd->list_high << 16 | le16_to_cpu(cmd->list);
}

/* The lists of E-Tag are beyond what a driver without it can name. */
static bool vane_channel_list_valid(const VaneDevice *dev, uint32_t id)
{
    if (id <= VANE_MAX_VIF) {
        return id;
    }
    return vane_channel_has_etag(dev) && vane_get(id, VANE_LIST_GROUP) &&
           !(id & ~(VANE_LIST_GROUP | VANE_LIST_ECID));
}

static int vane_channel_check_list(VaneDevice *dev,
                                   const struct vane_cmd_list *cmd)
{
    for (uint32_t i = 0; i < VANE_MAX_VFS; i++) {
        if (cmd->vfs[i / 8] >> (i % 8) & 1 && !vane_function(dev, i)) {
            return VANE_ERR_NOT_FOUND;
        }
    }
    if (cmd->pf > 1 || !buffer_is_zero(cmd->reserved, sizeof(cmd->reserved))) {
        return VANE_ERR_INVALID;
    }
    return vane_channel_list_valid(dev, vane_channel_list_id(cmd)) ?
               VANE_OK :
               VANE_ERR_RANGE;
}

int vane_channel_list_set(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_list *cmd = req;
    gpointer id = GUINT_TO_POINTER(vane_channel_list_id(cmd));
    DECLARE_BITMAP(members, VANE_PORTS);
    VaneSwitch *sw = dev->sw;
    unsigned long *copy;
    int status;

    status = vane_channel_check_list(dev, cmd);
    if (status) {
        return status;
    }
    bitmap_zero(members, VANE_PORTS);
    for (uint32_t i = 0; i < VANE_MAX_VFS; i++) {
        if (cmd->vfs[i / 8] >> (i % 8) & 1) {
            set_bit(i, members);
        }
    }
    if (cmd->pf) {
        set_bit(VANE_PORT_BIT_PF, members);
    }
    if (bitmap_empty(members, VANE_PORTS)) {
        g_tree_remove(sw->lists, id);
        return VANE_OK;
    }
    if (!g_tree_lookup(sw->lists, id) &&
        g_tree_nnodes(sw->lists) == VANE_MAX_LISTS) {
        return VANE_ERR_NO_SPACE;
    }
    copy = bitmap_new(VANE_PORTS);
    bitmap_copy(copy, members, VANE_PORTS);
    g_tree_insert(sw->lists, id, copy);
    return VANE_OK;
}

/* A search for the first list or channel that is not below @wanted */
typedef struct Search {
    uint32_t wanted;
    uint32_t found;             /* 0 = none yet */
} Search;

static int vane_channel_search(gconstpointer key, gconstpointer opaque)
{
    Search *search = (Search *)opaque;
    uint32_t id = GPOINTER_TO_UINT(key);

    if (id < search->wanted) {
        return 1;
    }
    search->found = id;
    return id == search->wanted ? 0 : -1;
}

int vane_channel_list_get(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_list *cmd = req;
    struct vane_cmd_list *answer = rsp;
    Search search = { .wanted = vane_channel_list_id(cmd) };
    const unsigned long *members;

    if (!buffer_is_zero(cmd->reserved, sizeof(cmd->reserved))) {
        return VANE_ERR_INVALID;
    }
    g_tree_search(dev->sw->lists, vane_channel_search, &search);
    if (!vane_channel_list_valid(dev, search.found)) {
        return VANE_ERR_NOT_FOUND;
    }
    members = vane_channel_members(dev->sw, search.found);
    answer->list = cpu_to_le16(search.found & 0xffff);
    answer->list_high = search.found >> 16;
    answer->pf = test_bit(VANE_PORT_BIT_PF, members);
    for (uint32_t i = 0; i < VANE_MAX_VFS; i++) {
        if (test_bit(i, members)) {
            answer->vfs[i / 8] |= 1 << (i % 8);
        }
    }
    return VANE_OK;
}

int vane_channel_stats_get(VaneDevice *dev, const void *req, void *rsp)
{
    __le64 *stats = rsp;

    if (!vane_channel_has_etag(dev)) {
        return VANE_ERR_UNSUPPORTED;
    }
    for (int i = 0; i < VANE_TAG_STAT_COUNT; i++) {
        stats[i] = cpu_to_le64(dev->sw->tag_stats[i]);
    }
    return VANE_OK;
}

static int vane_channel_check_grant(const VaneDevice *dev,
                                    const VaneFunction *fn,
                                    const struct vane_cmd_channel *cmd)
{
    uint32_t channel = le32_to_cpu(cmd->channel);
    uint16_t flags = le16_to_cpu(cmd->flags);
    const VaneFunction *has;

    if (!(dev->fn.features_drv & VANE_FEAT_CHANNELS)) {
        return VANE_ERR_UNSUPPORTED;
    }
    if (!fn || vane_is_pf(fn)) {
        return VANE_ERR_NOT_FOUND;
    }
    if (flags & ~VANE_CHANNEL_GRANT) {
        return VANE_ERR_INVALID;
    }
    if (!channel || channel > vane_channel_max(dev)) {
        return VANE_ERR_RANGE;
    }
    if (!flags) {
        return VANE_OK;
    }
    has = g_tree_lookup(dev->sw->grants, GUINT_TO_POINTER(channel));
    if (vane_channel_owner(dev->sw, channel) || (has && has != fn)) {
        return VANE_ERR_EXISTS;
    }
    return !has && g_tree_nnodes(dev->sw->grants) == VANE_MAX_GRANTS ?
               VANE_ERR_NO_SPACE :
               VANE_OK;
}

int vane_channel_grant_set(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_channel *cmd = req;
    VaneFunction *fn = vane_function(dev, le16_to_cpu(cmd->port));
    uint32_t channel = le32_to_cpu(cmd->channel);
    bool grant = cmd->flags;
    const VaneFunction *has;
    int status;

    status = vane_channel_check_grant(dev, fn, cmd);
    if (status) {
        return status;
    }
    has = g_tree_lookup(dev->sw->grants, GUINT_TO_POINTER(channel));
    if (grant && !has) {
        g_tree_insert(dev->sw->grants, GUINT_TO_POINTER(channel), fn);
        ++*vane_channel_count(fn);
    } else if (!grant && has == fn) {
        vane_channel_revoke(fn, channel);
    }
    trace_vane_channel_grant(fn->index, channel, grant);
    return VANE_OK;
}

int vane_channel_grant_get(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_channel *cmd = req;
    struct vane_cmd_channel *answer = rsp;
    Search search = { .wanted = le32_to_cpu(cmd->channel) };
    const VaneFunction *fn;

    if (!(dev->fn.features_drv & VANE_FEAT_CHANNELS)) {
        return VANE_ERR_UNSUPPORTED;
    }
    if (cmd->port || cmd->flags) {
        return VANE_ERR_INVALID;
    }
    g_tree_search(dev->sw->grants, vane_channel_search, &search);
    if (!search.found || search.found > vane_channel_max(dev)) {
        return VANE_ERR_NOT_FOUND;
    }
    fn = g_tree_lookup(dev->sw->grants, GUINT_TO_POINTER(search.found));
    answer->port = cpu_to_le16(fn->index);
    answer->flags = cpu_to_le16(VANE_CHANNEL_GRANT);
    answer->channel = cpu_to_le32(search.found);
    return VANE_OK;
}
