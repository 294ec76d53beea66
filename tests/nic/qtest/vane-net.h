/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: common code of the qtests of the datapath: a PF and several VFs, up,
 * with frames to send and to expect.
 */
#ifndef VANE_NET_H
#define VANE_NET_H

#include "vane-qtest.h"

#define PF_MAC      0x99
#define VF_MAC(i)   (0x10 + (i))

/* A PF and some VFs, all with a queue pair and a port that is up. */
#define VFS         4

/* That news of a few frames waits, without moderation */
#define LATE_NS     100000

typedef struct Net {
    Nic *nic;
    Fn vf[VFS];
    Txq txq[VFS + 1];           /* the last is the PF's */
    Rxq rxq[VFS + 1];
    uint64_t block[VFS + 1];
} Net;

#define PF          VFS

static inline Fn *net_fn(Net *net, int i)
{
    return i == PF ? &net->nic->pf : &net->vf[i];
}

static inline void net_start_in(Net *net, const char *machine,
                                uint32_t cpl_size)
{
    Nic *nic = nic_new_in(machine);

    net->nic = nic;
    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    port_up(nic, VANE_PORT_PF, PF_MAC, 0, 0, 0);
    for (int i = 0; i < VFS; i++) {
        port_up(nic, i, VF_MAC(i), 0, 0, 0);
    }
    vfs_enable(nic, VFS);
    for (int i = 0; i < VFS; i++) {
        vf_init(nic, &net->vf[i], i);
        fn_enable_all(&net->vf[i]);
    }
    for (int i = 0; i <= VFS; i++) {
        net->block[i] = vector_enable(net_fn(net, i), 0, NULL);
        txq_new(&net->txq[i], net_fn(net, i), 0);
        rxq_new(&net->rxq[i], net_fn(net, i), 0, cpl_size);
    }
}

static inline void net_start(Net *net, uint32_t cpl_size)
{
    net_start_in(net, "-machine q35", cpl_size);
}

static inline Net *net_new(void)
{
    Net *net = g_new0(Net, 1);

    net_start(net, sizeof(struct vane_rx_cpl));
    return net;
}

static inline void net_free(Net *net)
{
    nic_free(net->nic);
    g_free(net);
}

/* The next frame of a function is this one. */
static inline void expect(Net *net, int i, const uint8_t *frame, size_t len)
{
    struct vane_rx_cpl32 cpl;
    uint8_t data[BUF_LEN];

    g_assert_cmpuint(rxq_next(&net->rxq[i], &cpl, data), ==, len);
    g_assert_true(cpl.base.info & VANE_RXC_EOP);
    g_assert_cmpuint(field_get(cpl.base.info, VANE_RXC_TYPE), ==,
                     VANE_RXC_TYPE_RX);
    g_assert_cmpint(memcmp(data, frame, len), ==, 0);
}

static inline void expect_uplink(Net *net, const uint8_t *frame, size_t len)
{
    g_autofree uint8_t *data = g_malloc(len + 1);

    g_assert_cmpuint(uplink_receive(net->nic, data, len + 1), ==, len);
    g_assert_cmpint(memcmp(data, frame, len), ==, 0);
}

/*
 * No frame is pending for this function: its next frame is a broadcast from the
 * uplink, which follows all that was sent before.
 */
static inline void expect_nothing(Net *net, int i)
{
    static uint8_t serial;
    uint8_t frame[60];

    make_frame(frame, 0xff, 0xee, 0x88b5, sizeof(frame));
    frame[20] = serial++;
    uplink_send(net->nic, frame, sizeof(frame));
    for (int j = 0; j <= VFS; j++) {
        if (j == i) {
            expect(net, j, frame, sizeof(frame));
        } else {
            wait_for(rxq_ready(&net->rxq[j]));
        }
    }
}

static inline void drain(Net *net)
{
    struct vane_rx_cpl32 cpl;

    for (int i = 0; i <= VFS; i++) {
        while (rxq_ready(&net->rxq[i])) {
            rxq_next(&net->rxq[i], &cpl, NULL);
        }
        rxq_post(&net->rxq[i], QUEUE_SIZE -
                 (uint16_t)(net->rxq[i].tail - net->rxq[i].cpl));
        rxq_ring(&net->rxq[i]);
    }
}

/* Where the PF's power state is set */
static inline uint64_t pf_power(Net *net)
{
    return config_address(PF_RID, PCI_PM_CTRL +
                          config_capability(net->nic, PF_RID, PCI_CAP_ID_PM));
}

/* A frame of 60 bytes with a tag more */
static inline size_t add_tag(uint8_t *to, const uint8_t *frame,
                             uint16_t proto, uint16_t tci)
{
    memcpy(to, frame, 12);
    stw_be_p(to + 12, proto);
    stw_be_p(to + 14, tci);
    memcpy(to + 16, frame + 12, 48);
    return 64;
}

static inline size_t add_vntag(uint8_t *to, const uint8_t *frame,
                               uint32_t tag)
{
    memcpy(to, frame, 12);
    stw_be_p(to + 12, VANE_VNTAG_ETHERTYPE);
    stl_be_p(to + 14, tag);
    memcpy(to + 18, frame + 12, 48);
    return 66;
}

static inline size_t add_etag(uint8_t *to, const uint8_t *frame, uint64_t tag)
{
    memcpy(to, frame, 12);
    stq_be_p(to + 12, (uint64_t)VANE_ETAG_ETHERTYPE << 48 | tag);
    memcpy(to + 20, frame + 12, 48);
    return 68;
}

/* Ones' complement sums, added up and folded */
static inline uint32_t sum_add(const uint8_t *data, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++) {
        sum += data[i] << (i & 1 ? 0 : 8);
    }
    return sum;
}

static inline uint16_t sum_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return sum + (sum >> 16);
}

/* Its checksum; 0 if it already contains the right one */
static inline uint16_t sum_of(const uint8_t *data, size_t len, uint32_t start)
{
    return ~sum_fold(sum_add(data, len, start));
}

static inline uint32_t pseudo_sum(const uint8_t *ip, bool ipv6, uint8_t proto,
                                  uint32_t len)
{
    return sum_add(ip + (ipv6 ? 8 : 12), ipv6 ? 32 : 8, proto + len);
}

/* Ethernet, IPv4 or IPv6, TCP, payload; no checksum yet. */
static inline size_t make_tcp(uint8_t *frame, uint8_t to, uint8_t from,
                              bool ipv6, size_t payload)
{
    uint8_t *ip = frame + ETH_HLEN;
    uint8_t *tcp = ip + (ipv6 ? sizeof(struct ip6_header)
                              : sizeof(struct ip_header));
    size_t len = tcp + sizeof(struct tcp_header) - frame + payload;

    make_frame(frame, to, from, ipv6 ? ETH_P_IPV6 : ETH_P_IP, len);
    if (ipv6) {
        ip[0] = 0x60;
        stw_be_p(ip + 4, len - (tcp - frame));
        ip[6] = IP_PROTO_TCP;
    } else {
        ip[0] = 0x45;
        stw_be_p(ip + 2, len - ETH_HLEN);
        stw_be_p(ip + 4, 0x1111);
        stw_be_p(ip + 6, IP_DF);
        ip[8] = 64;
        ip[9] = IP_PROTO_TCP;
        stw_be_p(ip + 10, 0);
        stw_be_p(ip + 10, sum_of(ip, sizeof(struct ip_header), 0));
    }
    stl_be_p(tcp + 4, 0xfffffff0);
    tcp[12] = 0x50;
    tcp[13] = TH_ACK | TH_PUSH | TH_FIN | TH_CWR;
    stw_be_p(tcp + 16, 0);
    return len;
}

#endif /* VANE_NET_H */
