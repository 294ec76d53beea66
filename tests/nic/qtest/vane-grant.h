/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: common code of the qtests of granted channels.
 */
#ifndef VANE_GRANT_H
#define VANE_GRANT_H

#include "vane-net.h"

/* VF 0 is trusted and has OWN and is granted FIRST and SECOND. */
#define OWN         10
#define FIRST       0x123
#define SECOND      0x124
/* VF 1 is trusted and is granted THEIRS; VF 2 is granted DORMANT, untrusted. */
#define THEIRS      0x200
#define DORMANT     0x201

/* How a sender names a channel */
typedef enum Way {
    BY_EXTENSION,
    BY_TAG,
    WAYS,
} Way;

static inline int grant_set(Nic *nic, uint16_t port, uint32_t channel,
                            uint16_t flags)
{
    struct vane_cmd_channel cmd = {
        .port = cpu_to_le16(port),
        .flags = cpu_to_le16(flags),
        .channel = cpu_to_le32(channel),
    };

    return command(nic, VANE_CMD_CHANNEL_SET, &cmd);
}

static inline void grant(Nic *nic, uint16_t port, uint32_t channel)
{
    g_assert_cmpint(grant_set(nic, port, channel, VANE_CHANNEL_GRANT), ==,
                    VANE_OK);
}

/* Whose the first granted channel from @channel on is; -1 without one */
static inline int grant_find(Nic *nic, uint32_t *channel)
{
    struct vane_cmd_channel cmd = { .channel = cpu_to_le32(*channel) };
    int status = command_answer(nic, VANE_CMD_CHANNEL_GET, &cmd, sizeof(cmd),
                                &cmd, sizeof(cmd));

    if (status == VANE_ERR_NOT_FOUND) {
        return -1;
    }
    g_assert_cmpint(status, ==, VANE_OK);
    g_assert_cmpuint(le16_to_cpu(cmd.flags), ==, VANE_CHANNEL_GRANT);
    *channel = le32_to_cpu(cmd.channel);
    return le16_to_cpu(cmd.port);
}

static inline void grant_expect(Nic *nic, uint32_t from, uint32_t channel,
                                int port)
{
    g_assert_cmpint(grant_find(nic, &from), ==, port);
    g_assert_cmphex(from, ==, channel);
}

static inline void grant_trust(Net *net, int vf, bool on)
{
    port_flags(net->nic, vf, on ? VANE_PORT_FLAG_TRUST : 0);
}

static inline void grant_give_all(Net *net)
{
    g_assert_cmpint(channel_set(net->nic, 0, OWN), ==, VANE_OK);
    g_assert_cmpint(channel_set(net->nic, 1, OWN + 1), ==, VANE_OK);
    grant_trust(net, 0, true);
    grant_trust(net, 1, true);
    grant(net->nic, 0, FIRST);
    grant(net->nic, 0, SECOND);
    grant(net->nic, 1, THEIRS);
    grant(net->nic, 2, DORMANT);
}

static inline Net *grant_net(enum vane_switch_mode mode)
{
    Net *net = net_new();

    grant_give_all(net);
    switch_mode(net->nic, mode);
    return net;
}

static inline size_t tag_size(enum vane_switch_mode mode)
{
    return mode == VANE_SWITCH_VNTAG ? VANE_VNTAG_SIZE : VANE_ETAG_SIZE;
}

/* Puts a tag into a frame: of the way up or, with @down, of the way down. */
static inline size_t tag_frame(enum vane_switch_mode mode, uint8_t *to,
                               const uint8_t *frame, size_t len,
                               uint32_t channel, bool down)
{
    size_t size = tag_size(mode);

    memcpy(to, frame, 12);
    memcpy(to + 12 + size, frame + 12, len - 12);
    if (mode == VANE_SWITCH_VNTAG) {
        stw_be_p(to + 12, VANE_VNTAG_ETHERTYPE);
        stl_be_p(to + 14, down ? VANE_VNTAG_DIR |
                                 field_put(VANE_VNTAG_DVIF, channel) :
                                 field_put(VANE_VNTAG_SVIF, channel));
    } else {
        stq_be_p(to + 12, (uint64_t)VANE_ETAG_ETHERTYPE << 48 |
                 field_put(VANE_ETAG_ECID, channel & 0xfff) |
                 field_put(VANE_ETAG_ECID_EXT, channel >> 12));
    }
    return len + size;
}

static inline void send_extended(Txq *txq, uint32_t channel,
                                 const uint8_t *frame, size_t len,
                                 uint64_t flags, uint64_t ctrl)
{
    txq_desc(txq, VANE_TXD_EXT, field_put(VANE_TXD_CHANNEL, channel));
    txq_send(txq, frame, len, flags, ctrl);
}

/* VF @vf sends a frame under a channel in one of the ways. */
static inline void send_under(Net *net, int vf, enum vane_switch_mode mode,
                              Way way, uint32_t channel, const uint8_t *frame,
                              size_t len)
{
    g_autofree uint8_t *tagged = g_malloc(len + VANE_ETAG_SIZE);

    if (way == BY_EXTENSION) {
        send_extended(&net->txq[vf], channel, frame, len, 0, 0);
    } else {
        len = tag_frame(mode, tagged, frame, len, channel, false);
        txq_send(&net->txq[vf], tagged, len, 0, 0);
    }
}

#define SPOOF   VANE_STAT_TX_DROP_SPOOF

/* Sends what the device has to drop, and count as this. */
#define dropped(net, i, why, sending)                                   \
    do {                                                                \
        uint64_t before_ = counter(&(net)->vf[i], why);                 \
        sending;                                                        \
        g_assert_cmpuint(counter(&(net)->vf[i], why), ==, before_ + 1); \
    } while (0)

#endif /* VANE_GRANT_H */
