/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the port: its link and link partner, pause frames, counters (datasheet,
 * "PF block"). QOM properties define the partner; they can change at run time:
 *
 *   qom-set /machine/peripheral/NIC speed 10000
 *   qom-set /machine/peripheral/NIC partner-pause both
 */
#include "qemu/osdep.h"
#include "net/eth.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/bitops.h"
#include "qemu/iov.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "trace.h"
#include "vane.h"
#include "vane_fault.h"
#include "vane_frame.h"
#include "vane_irq.h"
#include "vane_link.h"
#include "vane_switch.h"

#define SPEED_DEFAULT           25000   /* Mb/s */

/* Settings of the port until the PF changes them */
#define WANTED_FLAGS            (VANE_LINK_AUTONEG | VANE_LINK_PAUSE_AUTONEG)

#define PAUSE_FLAGS             (VANE_LINK_RX_PAUSE | VANE_LINK_TX_PAUSE)

#define TRAINING_MS             20      /* until a changed link is up again */
#define PAUSE_GAP_MS            1       /* at least, between pause frames */
#define PAUSE_QUANTUM_BITS      512
#define FCS_LEN                 4
/* What a paused port keeps before transmit queues have to wait for it */
#define HELD_MAX                (512 * KiB)
/*
 * Frames of them that are sent in one go: more than the queues add meanwhile,
 * which is a budget of theirs and a TSO frame, so that they become fewer
 */
#define HELD_BUDGET             2048

#define MAC_CONTROL_PAUSE       1

/* IEEE 802.3, annex 31B: Ethernet header, opcode, time */
typedef struct QEMU_PACKED PauseFrame {
    struct eth_header eth;
    uint16_t opcode;
    uint16_t quanta;
    uint8_t pad[VANE_WIRE_FRAME_MIN - sizeof(struct eth_header) - 4];
} PauseFrame;

static const uint8_t pause_address[ETH_ALEN] = {
    0x01, 0x80, 0xc2, 0x00, 0x00, 0x01
};

/* A frame that waits for the end of a pause */
struct VaneHeldFrame {
    QSIMPLEQ_ENTRY(VaneHeldFrame) next;
    size_t len;
    uint8_t data[];
};

/* Indexed by VANE_SPEED_* bit, which is not the order of the speeds */
static const uint32_t speeds[] = {
    1000, 2500, 5000, 10000, 25000, 40000, 50000, 100000, 10, 100,
};
QEMU_BUILD_BUG_ON(VANE_SPEED_ALL != MAKE_64BIT_MASK(0, ARRAY_SIZE(speeds)));

/* VANE_SPEED_* of a speed, 0 if the port does not have it. */
static uint32_t vane_link_speed_bit(uint32_t speed)
{
    for (int i = 0; i < ARRAY_SIZE(speeds); i++) {
        if (speeds[i] == speed) {
            return BIT(i);
        }
    }
    return 0;
}

/*
 * Negotiation
 */

/* Speeds that the partner advertises, or its one speed. */
static uint32_t vane_link_partner_speeds(const VaneLink *link)
{
    uint32_t set = 0;

    for (int i = 0; i < ARRAY_SIZE(speeds); i++) {
        if (speeds[i] == link->partner_speed ||
            (link->partner_autoneg && speeds[i] < link->partner_speed)) {
            set |= BIT(i);
        }
    }
    return set;
}

static uint32_t vane_link_highest_speed(uint32_t set)
{
    uint32_t highest = 0;

    for (int i = 0; i < ARRAY_SIZE(speeds); i++) {
        if (set & BIT(i)) {
            highest = MAX(highest, speeds[i]);
        }
    }
    return highest;
}

/* Both negotiate: IEEE 802.3, annex 28B, table 28B-3. */
static uint32_t vane_link_resolve_pause(const VaneLink *link)
{
    bool our_rx = link->flags & VANE_LINK_RX_PAUSE;
    bool our_tx = link->flags & VANE_LINK_TX_PAUSE;
    bool their_rx = link->partner_pause & VANE_LINK_RX_PAUSE;
    bool their_tx = link->partner_pause & VANE_LINK_TX_PAUSE;

    /* A side that obeys advertises PAUSE; if it does only one, ASM_DIR. */
    if (our_rx && their_rx) {
        return PAUSE_FLAGS;
    }
    if (our_rx == our_tx || their_rx == their_tx) {
        return 0;
    }
    return (our_rx ? VANE_LINK_RX_PAUSE : 0) |
           (their_rx ? VANE_LINK_TX_PAUSE : 0);
}

static uint32_t vane_link_resolve_flags(const VaneLink *link)
{
    bool autoneg = link->flags & VANE_LINK_AUTONEG && link->partner_autoneg;

    if (!(link->flags & VANE_LINK_PAUSE_AUTONEG)) {
        return (autoneg ? VANE_LINK_AUTONEG : 0) | (link->flags & PAUSE_FLAGS);
    }
    return autoneg ? VANE_LINK_AUTONEG | vane_link_resolve_pause(link) : 0;
}

static bool vane_link_plugged(VaneDevice *dev)
{
    return dev->link.plugged && !qemu_get_queue(dev->nic)->link_down;
}

void vane_link_drop_held(VaneDevice *dev)
{
    VaneLink *link = &dev->link;
    VaneHeldFrame *held;

    link->held_bytes = 0;
    while ((held = QSIMPLEQ_FIRST(&link->held))) {
        QSIMPLEQ_REMOVE_HEAD(&link->held, next);
        g_free(held);
    }
}

/* The link is down: no pause goes on. */
static void vane_link_end_pause(VaneDevice *dev)
{
    timer_del(&dev->link.pause_timer);
    dev->link.send_pause = false;
    vane_link_drop_held(dev);
}

/* Recomputes the link from the settings of both sides. */
static void vane_link_resolve(VaneDevice *dev)
{
    VaneLink *link = &dev->link;
    uint32_t common = link->speeds & vane_link_partner_speeds(link);
    bool up = common && !dev->gone && vane_link_plugged(dev) &&
              !timer_pending(&link->training);

    link->in_force = up ? vane_link_resolve_flags(link) : 0;
    if (up) {
        dev->speed = vane_link_highest_speed(common);
    }
    if (up == dev->link_up) {
        return;
    }
    dev->link_up = up;
    trace_vane_link(up, dev->speed, link->in_force);
    if (!up) {
        link->stats[VANE_PORT_STAT_LINK_DOWN]++;
        vane_link_end_pause(dev);
        vane_schedule(dev);
    }
    vane_cause(&dev->fn, VANE_EVENT_LINK | VANE_EVENT_STATUS);
}

/* The settings of one side changed: the link goes down and up again. */
static void vane_link_negotiate(VaneDevice *dev)
{
    timer_mod(&dev->link.training,
              qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + TRAINING_MS);
    vane_link_resolve(dev);
}

void vane_link_plug(VaneDevice *dev)
{
    vane_enter(dev);
    vane_link_resolve(dev);
    vane_leave(dev);
}

static void vane_link_trained(void *opaque)
{
    vane_link_plug(opaque);
}

/*
 * Pause
 */

static bool vane_link_paused(VaneLink *link)
{
    return timer_pending(&link->pause_timer);
}

static void vane_link_pause_over(void *opaque)
{
    vane_schedule(opaque);
}

static void vane_link_obey_pause(VaneDevice *dev, const PauseFrame *frame)
{
    VaneLink *link = &dev->link;
    uint64_t bits = (uint64_t)be16_to_cpu(frame->quanta) * PAUSE_QUANTUM_BITS;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    trace_vane_link_pause(be16_to_cpu(frame->quanta));
    if (!(link->in_force & VANE_LINK_RX_PAUSE)) {
        return;
    }
    if (bits) {
        timer_mod(&link->pause_timer, now + bits * 1000 / dev->speed);
    } else {
        timer_del(&link->pause_timer);
        vane_schedule(dev);
    }
}

/* Is this a pause frame for this port? */
static bool vane_link_is_pause(const VaneDevice *dev, const uint8_t *buf,
                               size_t size)
{
    const PauseFrame *frame = (const PauseFrame *)buf;

    return size >= offsetof(PauseFrame, pad) &&
           lduw_be_p(&frame->eth.h_proto) == VANE_ETHERTYPE_MAC_CONTROL &&
           lduw_be_p(&frame->opcode) == MAC_CONTROL_PAUSE &&
           (!memcmp(frame->eth.h_dest, pause_address, ETH_ALEN) ||
            !memcmp(frame->eth.h_dest, dev->conf.macaddr.a, ETH_ALEN));
}

/*
 * Only a lack of buffers of the PF may hold up the network, not one of a VF.
 */
void vane_link_no_buffer(VaneFunction *fn)
{
    VaneLink *link = &fn->dev->link;
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);

    if (!link->receiving || !vane_is_pf(fn) ||
        !(link->in_force & VANE_LINK_TX_PAUSE) ||
        now < link->next_pause_ms) {
        return;
    }
    link->next_pause_ms = now + PAUSE_GAP_MS;
    link->send_pause = true;
    vane_schedule(fn->dev);
}

static void vane_link_send_pause(VaneDevice *dev)
{
    PauseFrame frame = {
        .eth.h_proto = cpu_to_be16(VANE_ETHERTYPE_MAC_CONTROL),
        .opcode = cpu_to_be16(MAC_CONTROL_PAUSE),
        .quanta = UINT16_MAX,
    };

    memcpy(frame.eth.h_dest, pause_address, ETH_ALEN);
    memcpy(frame.eth.h_source, dev->conf.macaddr.a, ETH_ALEN);
    dev->link.stats[VANE_PORT_STAT_TX_PAUSE]++;
    qemu_send_packet(qemu_get_queue(dev->nic), (uint8_t *)&frame,
                     sizeof(frame));
}

/*
 * Frames
 */

/* Index of the counter for a frame's size from VANE_PORT_STAT_*_SIZES on. */
static unsigned vane_link_size_class(size_t size)
{
    static const uint16_t most[] = { 64, 127, 255, 511, 1023, 1518 };
    size_t wire = MAX(size, VANE_WIRE_FRAME_MIN) + FCS_LEN;
    unsigned i = 0;

    while (i < ARRAY_SIZE(most) && wire > most[i]) {
        i++;
    }
    return i;
}

/* Counts a frame that went out (@base is ..._TX_FRAMES) or came in. */
static void vane_link_count(VaneDevice *dev, enum vane_port_stat base,
                            enum vane_port_stat sizes, const uint8_t *mac,
                            size_t size)
{
    uint64_t *stats = &dev->link.stats[base];

    stats[0]++;
    stats[1] += size;
    if (is_broadcast_ether_addr(mac)) {
        stats[VANE_PORT_STAT_RX_BROADCAST - VANE_PORT_STAT_RX_FRAMES]++;
    } else if (is_multicast_ether_addr(mac)) {
        stats[VANE_PORT_STAT_RX_MULTICAST - VANE_PORT_STAT_RX_FRAMES]++;
    }
    dev->link.stats[sizes + vane_link_size_class(size)]++;
}

static void vane_link_transmit_now(VaneDevice *dev, const struct iovec *iov,
                                   int iovcnt, size_t size)
{
    uint8_t mac[ETH_ALEN];

    iov_to_buf(iov, iovcnt, 0, mac, sizeof(mac));
    vane_link_count(dev, VANE_PORT_STAT_TX_FRAMES, VANE_PORT_STAT_TX_SIZES, mac,
                    size);
    qemu_sendv_packet(qemu_get_queue(dev->nic), iov, iovcnt);
}

void vane_uplink_send(VaneDevice *dev, const struct iovec *iov, int iovcnt)
{
    VaneLink *link = &dev->link;
    size_t size = iov_size(iov, iovcnt);

    trace_vane_uplink_send(size);
    if (!dev->link_up) {
        return;
    }
    if (vane_link_paused(link) || !QSIMPLEQ_EMPTY(&link->held)) {
        VaneHeldFrame *held = g_malloc(sizeof(*held) + size);

        held->len = size;
        iov_to_buf(iov, iovcnt, 0, held->data, size);
        link->held_bytes += size;
        QSIMPLEQ_INSERT_TAIL(&link->held, held, next);
    } else {
        vane_link_transmit_now(dev, iov, iovcnt, size);
    }
}

bool vane_link_full(const VaneDevice *dev)
{
    return dev->link.held_bytes >= HELD_MAX;
}

/* May the port send what it has kept, if it has? */
static bool vane_link_drains(VaneDevice *dev)
{
    return dev->link_up && !vane_link_paused(&dev->link) &&
           !QSIMPLEQ_EMPTY(&dev->link.held);
}

bool vane_link_run(VaneDevice *dev)
{
    VaneLink *link = &dev->link;

    if (link->send_pause) {
        link->send_pause = false;
        vane_link_send_pause(dev);
    }
    for (int i = 0; i < HELD_BUDGET && vane_link_drains(dev); i++) {
        VaneHeldFrame *held = QSIMPLEQ_FIRST(&link->held);
        struct iovec iov = { .iov_base = held->data, .iov_len = held->len };

        QSIMPLEQ_REMOVE_HEAD(&link->held, next);
        link->held_bytes -= held->len;
        vane_link_transmit_now(dev, &iov, 1, held->len);
        g_free(held);
    }
    return vane_link_drains(dev);
}

ssize_t vane_link_receive(VaneDevice *dev, const uint8_t *buf, size_t size)
{
    VaneLink *link = &dev->link;
    ssize_t ret;

    if (!dev->link_up) {
        return size;
    }
    if (vane_fault_symbol(&dev->fn)) {
        link->stats[VANE_PORT_STAT_RX_SYMBOL_ERRORS]++;
        return size;
    }
    if (vane_link_is_pause(dev, buf, size)) {
        link->stats[VANE_PORT_STAT_RX_PAUSE]++;
        vane_link_obey_pause(dev, (const PauseFrame *)buf);
        return size;
    }
    if (size < VANE_MIN_FRAME) {
        link->stats[VANE_PORT_STAT_RX_UNDERSIZE]++;
    } else if (size > VANE_MAX_WIRE_FRAME) {
        link->stats[VANE_PORT_STAT_RX_OVERSIZE]++;
    } else {
        vane_link_count(dev, VANE_PORT_STAT_RX_FRAMES, VANE_PORT_STAT_RX_SIZES,
                        buf, size);
    }

    dev->work = 0;
    link->receiving = true;
    ret = vane_switch_receive(dev, buf, size);
    link->receiving = false;
    if (!dev->work) {
        link->stats[VANE_PORT_STAT_RX_DROP]++;
    }
    return ret;
}

/*
 * The PF's commands
 */

static bool vane_link_has_feature(const VaneDevice *dev)
{
    return dev->fn.features_drv & VANE_FEAT_PORT;
}

int vane_link_cmd_set(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_link *cmd = req;
    uint32_t flags = le32_to_cpu(cmd->flags);
    uint32_t set = le32_to_cpu(cmd->speeds);

    if (!vane_link_has_feature(dev)) {
        return VANE_ERR_UNSUPPORTED;
    }
    if (flags & ~VANE_LINK_ALL || !set ||
        (!(flags & VANE_LINK_AUTONEG) &&
         (flags & VANE_LINK_PAUSE_AUTONEG || set & (set - 1)))) {
        return VANE_ERR_INVALID;
    }
    if (set & ~VANE_SPEED_ALL) {
        return VANE_ERR_RANGE;
    }
    dev->link.flags = flags;
    dev->link.speeds = set;
    vane_link_negotiate(dev);
    return VANE_OK;
}

int vane_link_cmd_get(VaneDevice *dev, const void *req, void *rsp)
{
    const VaneLink *link = &dev->link;
    struct vane_cmd_link_state *state = rsp;

    if (!vane_link_has_feature(dev)) {
        return VANE_ERR_UNSUPPORTED;
    }
    state->wanted.flags = cpu_to_le32(link->flags);
    state->wanted.speeds = cpu_to_le32(link->speeds);
    state->supported = cpu_to_le32(VANE_SPEED_ALL);
    if (vane_link_plugged(dev)) {
        uint32_t flags = link->partner_pause;

        flags |= link->partner_autoneg ? VANE_LINK_AUTONEG : 0;
        state->partner.flags = cpu_to_le32(flags);
        state->partner.speeds = cpu_to_le32(vane_link_partner_speeds(link));
    }
    state->flags = cpu_to_le32(link->in_force);
    state->speed = cpu_to_le32(dev->link_up ? dev->speed : 0);
    return VANE_OK;
}

int vane_link_cmd_stats(VaneDevice *dev, const void *req, void *rsp)
{
    __le64 *stats = rsp;

    if (!vane_link_has_feature(dev)) {
        return VANE_ERR_UNSUPPORTED;
    }
    for (int i = 0; i < VANE_PORT_STAT_COUNT; i++) {
        stats[i] = cpu_to_le64(dev->link.stats[i]);
    }
    return VANE_OK;
}

/*
 * Life
 */

void vane_link_init(VaneDevice *dev)
{
    VaneLink *link = &dev->link;

    QSIMPLEQ_INIT(&link->held);
    timer_init_ms(&link->training, QEMU_CLOCK_VIRTUAL, vane_link_trained, dev);
    timer_init_ns(&link->pause_timer, QEMU_CLOCK_VIRTUAL, vane_link_pause_over,
                  dev);
    vane_link_resolve(dev);
}

void vane_link_exit(VaneDevice *dev)
{
    dev->link_up = false;
    dev->link.send_pause = false;
}

void vane_link_finalize(VaneDevice *dev)
{
    VaneLink *link = &dev->link;

    vane_link_end_pause(dev);
    timer_del(&link->training);
    timer_deinit(&link->training);
    timer_deinit(&link->pause_timer);
}

void vane_link_reset(VaneDevice *dev)
{
    VaneLink *link = &dev->link;

    link->led = 0;
    if (link->flags != WANTED_FLAGS || link->speeds != VANE_SPEED_ALL) {
        link->flags = WANTED_FLAGS;
        link->speeds = VANE_SPEED_ALL;
        vane_link_negotiate(dev);
    }
}

void vane_link_instance_init(VaneDevice *dev)
{
    VaneLink *link = &dev->link;

    link->plugged = true;
    link->partner_speed = SPEED_DEFAULT;
    link->partner_autoneg = true;
    link->flags = WANTED_FLAGS;
    link->speeds = VANE_SPEED_ALL;
    dev->speed = SPEED_DEFAULT;
}

static bool vane_link_cable_get(Object *obj, Error **errp)
{
    return VANE(obj)->link.plugged;
}

static void vane_link_cable_set(Object *obj, bool value, Error **errp)
{
    VaneDevice *dev = VANE(obj);

    dev->link.plugged = value;
    if (dev->nic) {
        vane_link_plug(dev);
    }
}

static void vane_link_speed_get(Object *obj, Visitor *v, const char *name,
                                void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &VANE(obj)->link.partner_speed, errp);
}

/* Properties may be set before and after the device is realized. */
static void vane_link_partner_changed(VaneDevice *dev)
{
    if (dev->nic) {
        vane_enter(dev);
        vane_link_negotiate(dev);
        vane_leave(dev);
    }
}

static void vane_link_speed_set(Object *obj, Visitor *v, const char *name,
                                void *opaque, Error **errp)
{
    VaneDevice *dev = VANE(obj);
    uint32_t speed;

    if (!visit_type_uint32(v, name, &speed, errp)) {
        return;
    }
    if (!vane_link_speed_bit(speed)) {
        error_setg(errp, "a link has no speed of %u Mb/s", speed);
        error_append_hint(errp, "Speeds are 10, 100, 1000, 2500, 5000, "
                          "10000, 25000, 40000, 50000 and 100000.\n");
        return;
    }
    if (speed != dev->link.partner_speed) {
        dev->link.partner_speed = speed;
        vane_link_partner_changed(dev);
    }
}

static bool vane_link_partner_autoneg_get(Object *obj, Error **errp)
{
    return VANE(obj)->link.partner_autoneg;
}

static void vane_link_partner_autoneg_set(Object *obj, bool value, Error **errp)
{
    VaneDevice *dev = VANE(obj);

    if (value != dev->link.partner_autoneg) {
        dev->link.partner_autoneg = value;
        vane_link_partner_changed(dev);
    }
}

static const struct {
    const char *name;
    uint32_t flags;
} pauses[] = {
    { "none", 0 },
    { "rx", VANE_LINK_RX_PAUSE },
    { "tx", VANE_LINK_TX_PAUSE },
    { "both", PAUSE_FLAGS },
};

static char *vane_link_partner_pause_get(Object *obj, Error **errp)
{
    for (int i = 0; i < ARRAY_SIZE(pauses); i++) {
        if (pauses[i].flags == VANE(obj)->link.partner_pause) {
            return g_strdup(pauses[i].name);
        }
    }
    g_assert_not_reached();
}

static void vane_link_partner_pause_set(Object *obj, const char *value,
                                        Error **errp)
{
    VaneDevice *dev = VANE(obj);

    for (int i = 0; i < ARRAY_SIZE(pauses); i++) {
        if (strcmp(pauses[i].name, value)) {
            continue;
        }
        if (pauses[i].flags != dev->link.partner_pause) {
            dev->link.partner_pause = pauses[i].flags;
            vane_link_partner_changed(dev);
        }
        return;
    }
    error_setg(errp, "pause is none, rx, tx or both, not '%s'", value);
}

static bool vane_link_led_get(Object *obj, Error **errp)
{
    return VANE(obj)->link.led;
}

void vane_link_class_init(ObjectClass *klass)
{
    object_class_property_add_bool(klass, "link", vane_link_cable_get,
                                   vane_link_cable_set);
    object_class_property_set_description(klass, "link",
                                          "a cable is plugged in");
    object_class_property_add(klass, "speed", "uint32", vane_link_speed_get,
                              vane_link_speed_set, NULL, NULL);
    object_class_property_set_description(klass, "speed",
                                          "highest, or only, speed of the "
                                          "link partner, Mb/s");
    object_class_property_add_bool(klass, "partner-autoneg",
                                   vane_link_partner_autoneg_get,
                                   vane_link_partner_autoneg_set);
    object_class_property_set_description(klass, "partner-autoneg",
                                          "the link partner negotiates");
    object_class_property_add_str(klass, "partner-pause",
                                  vane_link_partner_pause_get,
                                  vane_link_partner_pause_set);
    object_class_property_set_description(klass, "partner-pause",
                                          "pause frames that the link partner "
                                          "obeys (rx) and sends (tx): none, "
                                          "rx, tx, both");
    object_class_property_add_bool(klass, "led", vane_link_led_get, NULL);
    object_class_property_set_description(klass, "led",
                                          "the LED was told to shine");
}
