/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: header parsing, checksums, TCP segmentation, receive-side scaling.
 *
 * All of it reads and writes the copied head of a frame; of the rest only
 * sums are made. The guest may change the rest at any time, which costs it a
 * wrong checksum and nothing else.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "net/checksum.h"
#include "vane.h"
#include "vane_offload.h"

/* Extension headers of IPv6 that are skipped */
#define MAX_EXTENSIONS  8

/* RFC 8200, 4.5: offset and flags of the Fragment header */
#define IP6_FRAGMENT_OFFSET         2
#define IP6_FRAGMENT_OFFSET_MASK    0xfff8
#define IP6_FRAGMENT_MORE           0x0001

#define TCP_FLAGS_OFFSET    (offsetof(struct tcp_header, th_offset_flags) + 1)

static uint16_t vane_offload_head_end(const VaneFrame *frame)
{
    return frame->data - frame->room + frame->head_len;
}

/* Only rules that drop see the ports of a first fragment. */
static void vane_offload_parse_l4(VaneFrame *frame, uint16_t at, uint8_t proto,
                                  uint32_t bytes, bool fragment)
{
    uint16_t least;

    switch (proto) {
    case IP_PROTO_TCP:
        least = sizeof(struct tcp_header);
        break;
    case IP_PROTO_UDP:
    case IP_PROTO_SCTP:
        least = sizeof(struct udp_header);
        break;
    default:
        return;
    }
    if (at + 2 * sizeof(uint16_t) > vane_offload_head_end(frame)) {
        frame->cut = VANE_CUT_PORTS;
        return;
    }
    frame->first_ports = at;
    if (fragment || at + least > vane_offload_head_end(frame)) {
        return;
    }
    frame->ports = at;
    if (proto == IP_PROTO_SCTP) {
        return;
    }
    frame->l4 = at;
    frame->l4_proto = proto;
    frame->l4_len = bytes;
}

static void vane_offload_parse_ipv4(VaneFrame *frame, uint16_t at)
{
    const uint8_t *ip = frame->room + at;
    uint16_t bytes, header, fragment;

    if (at + sizeof(struct ip_header) > vane_offload_head_end(frame)) {
        return;
    }
    header = (ip[0] & 0xf) * 4;
    if (ip[0] >> 4 != IP_HEADER_VERSION_4 ||
        header < sizeof(struct ip_header) ||
        at + header > vane_offload_head_end(frame)) {
        return;
    }
    frame->l3 = at;
    frame->ipv6 = false;
    frame->ip_proto = ip[offsetof(struct ip_header, ip_p)];
    fragment = lduw_be_p(ip + offsetof(struct ip_header, ip_off)) &
               (IP_MF | IP_OFFMASK);
    if (fragment & IP_OFFMASK) {
        return;
    }
    bytes = lduw_be_p(ip + offsetof(struct ip_header, ip_len));
    vane_offload_parse_l4(frame, at + header, frame->ip_proto,
                          bytes > header ? bytes - header : 0, fragment);
}

/*
 * Skips IPv6 extension headers. @next is the type of the header at @at, and
 * becomes the type of the header behind them, whose offset is returned. 0 if
 * the frame is a further fragment, or if the device cannot skip all of them.
 */
static uint16_t vane_offload_skip_extensions(VaneFrame *frame, uint16_t at,
                                             uint8_t *next, bool *fragment)
{
    for (int i = 0; i <= MAX_EXTENSIONS; i++) {
        const uint8_t *ext = frame->room + at;
        uint16_t len = IP6_EXT_GRANULARITY;
        uint8_t kind = *next;

        if (kind != IP6_HOP_BY_HOP && kind != IP6_DESTINATON &&
            kind != IP6_ROUTING && kind != IP6_FRAGMENT) {
            return at;
        }
        if (i == MAX_EXTENSIONS || at + len > vane_offload_head_end(frame)) {
            break;
        }
        if (kind == IP6_FRAGMENT) {
            uint16_t where = lduw_be_p(ext + IP6_FRAGMENT_OFFSET);

            if (where & IP6_FRAGMENT_OFFSET_MASK) {
                *next = ext[offsetof(struct ip6_ext_hdr, ip6r_nxt)];
                return 0;
            }
            *fragment |= where & IP6_FRAGMENT_MORE;
        } else {
            len += ext[offsetof(struct ip6_ext_hdr, ip6r_len)] *
                   IP6_EXT_GRANULARITY;
        }
        if (kind == IP6_ROUTING &&
            ext[offsetof(struct ip6_ext_hdr_routing, segleft)]) {
            /* The checksum is over an address that is not in the header. */
            break;
        }
        at += len;
        if (at > vane_offload_head_end(frame)) {
            break;
        }
        *next = ext[offsetof(struct ip6_ext_hdr, ip6r_nxt)];
    }
    frame->cut = VANE_CUT_PROTO;
    return 0;
}

static void vane_offload_parse_ipv6(VaneFrame *frame, uint16_t at)
{
    const uint8_t *ip = frame->room + at;
    uint16_t l4 = at + sizeof(struct ip6_header);
    uint16_t bytes, extensions;
    bool fragment = false;
    uint8_t next;

    if (l4 > vane_offload_head_end(frame) ||
        ip[0] >> 4 != IP_HEADER_VERSION_6) {
        return;
    }
    frame->l3 = at;
    frame->ipv6 = true;
    next = ip[offsetof(struct ip6_header, ip6_nxt)];
    l4 = vane_offload_skip_extensions(frame, l4, &next, &fragment);
    frame->ip_proto = next;
    if (!l4) {
        return;
    }
    bytes = lduw_be_p(ip + offsetof(struct ip6_header, ip6_plen));
    extensions = l4 - at - sizeof(struct ip6_header);
    vane_offload_parse_l4(frame, l4, next,
                          bytes > extensions ? bytes - extensions : 0,
                          fragment);
}

void vane_frame_parse(VaneFrame *frame)
{
    uint16_t at = frame->data - frame->room + VANE_TAG_OFFSET;
    uint16_t proto = lduw_be_p(frame->room + at);
    int tags;

    frame->l3 = 0;
    frame->l4 = 0;
    frame->ports = 0;
    frame->first_ports = 0;
    frame->cut = VANE_CUT_NONE;
    frame->csum = VANE_CSUM_UNKNOWN;

    for (tags = 0; tags < VANE_MAX_TAGS; tags++) {
        if ((proto != ETH_P_VLAN && proto != ETH_P_DVLAN) ||
            at + VANE_VLAN_TAG_SIZE + sizeof(proto) >
                vane_offload_head_end(frame)) {
            break;
        }
        at += VANE_VLAN_TAG_SIZE;
        proto = lduw_be_p(frame->room + at);
    }
    at += sizeof(proto);
    frame->ethertype = proto;
    if (proto == ETH_P_VLAN || proto == ETH_P_DVLAN) {
        frame->cut = VANE_CUT_L3;
    } else if (proto == ETH_P_IP) {
        vane_offload_parse_ipv4(frame, at);
    } else if (proto == ETH_P_IPV6) {
        vane_offload_parse_ipv6(frame, at);
    }
}

/* Sum from byte @start to @end of the frame, not folded. */
static uint32_t vane_offload_sum_frame(const VaneFrame *frame, uint32_t start,
                                       uint32_t end)
{
    uint32_t at = 0, summed = 0, sum = 0;
    const uint8_t *base = frame->data;
    size_t len = frame->head_len;
    unsigned i = 0;

    for (;;) {
        if (start + summed < at + len) {
            size_t skip = start + summed - at;
            size_t n = MIN(len - skip, end - start - summed);

            sum += net_checksum_add_cont(n, (uint8_t *)base + skip, summed);
            summed += n;
        }
        at += len;
        if (start + summed == end || i == frame->pieces) {
            return sum;
        }
        base = frame->piece[i].iov_base;
        len = frame->piece[i].iov_len;
        i++;
    }
}

static uint32_t vane_offload_sum_pseudo_header(const VaneFrame *frame,
                                               uint32_t bytes)
{
    const uint8_t *ip = frame->room + frame->l3;
    uint32_t sum = frame->l4_proto + (bytes >> 16) + (bytes & 0xffff);

    if (frame->ipv6) {
        return sum + net_checksum_add(2 * sizeof(struct in6_address),
                                      (uint8_t *)ip +
                                      offsetof(struct ip6_header, ip6_src));
    }
    return sum + net_checksum_add(2 * sizeof(uint32_t), (uint8_t *)ip +
                                  offsetof(struct ip_header, ip_src));
}

static uint8_t *vane_offload_l4_checksum(VaneFrame *frame)
{
    return frame->room + frame->l4 +
           (frame->l4_proto == IP_PROTO_TCP ?
            offsetof(struct tcp_header, th_sum) :
            offsetof(struct udp_header, uh_sum));
}

static bool vane_offload_ipv4_header_right(VaneFrame *frame)
{
    uint8_t *ip = frame->room + frame->l3;

    return frame->ipv6 || !net_raw_checksum(ip, (ip[0] & 0xf) * 4);
}

VaneCsum vane_csum_verify(VaneFrame *frame)
{
    uint32_t start, sum;

    if (frame->csum != VANE_CSUM_UNKNOWN) {
        return frame->csum;
    }
    frame->csum = VANE_CSUM_NONE;
    if (!frame->l4) {
        return frame->csum;
    }
    start = frame->room + frame->l4 - frame->data;
    if (frame->l4_len < sizeof(struct udp_header) ||
        frame->l4_len > frame->len - start) {
        return frame->csum;
    }
    if (frame->l4_proto == IP_PROTO_UDP &&
        !lduw_be_p(vane_offload_l4_checksum(frame))) {
        return frame->csum;
    }
    sum = vane_offload_sum_pseudo_header(frame, frame->l4_len) +
          vane_offload_sum_frame(frame, start, start + frame->l4_len);
    frame->csum = !net_checksum_finish(sum) &&
                          vane_offload_ipv4_header_right(frame) ?
                      VANE_CSUM_OK :
                      VANE_CSUM_BAD;
    return frame->csum;
}

void vane_csum_insert(VaneFrame *frame, uint32_t start, uint32_t field)
{
    uint8_t *p = frame->data + field;
    uint16_t partial = lduw_be_p(p);
    uint32_t sum = vane_offload_sum_frame(frame, start, frame->len);
    bool at_checksum;

    /*
     * No receiver has to verify a sum that was just computed, if it is the
     * checksum of TCP or UDP and the driver started it with the right
     * pseudo-header.
     */
    if (frame->l4 && frame->data + start == frame->room + frame->l4 &&
        p == vane_offload_l4_checksum(frame) &&
        frame->l4_len == frame->len - start &&
        partial == (uint16_t)~net_checksum_finish(
                       vane_offload_sum_pseudo_header(frame, frame->l4_len)) &&
        vane_offload_ipv4_header_right(frame)) {
        frame->csum = VANE_CSUM_OK;
    }
    at_checksum = frame->l4 && p == vane_offload_l4_checksum(frame);
    stw_be_p(p, net_checksum_finish_nozero(sum));
    /* Anywhere else it may have changed the headers. */
    if (!at_checksum) {
        vane_frame_parse(frame);
    }
}

/* Fills in the IP lengths for @bytes of TCP, and the header's checksum. */
static void vane_offload_finish_ip(VaneFrame *frame, uint32_t bytes)
{
    uint8_t *ip = frame->room + frame->l3;
    uint16_t header = frame->l4 - frame->l3;
    uint8_t *sum = ip + offsetof(struct ip_header, ip_sum);

    frame->l4_len = bytes;
    if (frame->ipv6) {
        stw_be_p(ip + offsetof(struct ip6_header, ip6_plen),
                 header - sizeof(struct ip6_header) + bytes);
        return;
    }
    stw_be_p(ip + offsetof(struct ip_header, ip_len), header + bytes);
    stw_be_p(sum, 0);
    stw_be_p(sum, net_raw_checksum(ip, header));
}

bool vane_tso_prepare(VaneFrame *frame, uint16_t mss)
{
    uint8_t *tcp = frame->room + frame->l4;
    uint32_t payload = frame->len - frame->head_len;
    uint32_t bytes, sum;

    /* TCP has one peer; to a group, segments times receivers has no bound. */
    if (is_multicast_ether_addr(frame->data) || mss < VANE_TX_MIN_MSS ||
        !frame->l4 || frame->l4_proto != IP_PROTO_TCP || !payload) {
        return false;
    }
    if (frame->l4 + (tcp[TCP_FLAGS_OFFSET - 1] >> 4) * 4 !=
        vane_offload_head_end(frame)) {
        return false;
    }
    bytes = frame->len - (tcp - frame->data);
    if (frame->l4 - frame->l3 + bytes > UINT16_MAX) {
        return false;
    }

    frame->mss = mss;
    frame->segments = DIV_ROUND_UP(payload, mss);
    frame->cwr = tcp[TCP_FLAGS_OFFSET] & TH_CWR;
    frame->csum = VANE_CSUM_NONE;
    vane_offload_finish_ip(frame, bytes);
    sum = vane_offload_sum_pseudo_header(frame, bytes);
    stw_be_p(vane_offload_l4_checksum(frame),
             (uint16_t)~net_checksum_finish(sum));
    return true;
}

void vane_segments_start(VaneSegments *it, const VaneFrame *tso)
{
    *it = (VaneSegments) { .tso = tso };
}

/* The next @bytes of payload become the pieces of a segment. */
static void vane_offload_take_payload(VaneSegments *it, VaneFrame *segment,
                                      uint32_t bytes)
{
    segment->pieces = 0;
    it->done += bytes;
    while (bytes) {
        const struct iovec *from = &it->tso->piece[it->piece];
        size_t n = MIN(bytes, from->iov_len - it->piece_offset);
        struct iovec *to = &segment->piece[segment->pieces++];

        to->iov_base = (uint8_t *)from->iov_base + it->piece_offset;
        to->iov_len = n;
        bytes -= n;
        it->piece_offset += n;
        if (it->piece_offset == from->iov_len) {
            it->piece++;
            it->piece_offset = 0;
        }
    }
}

bool vane_segments_next(VaneSegments *it, VaneFrame *segment)
{
    const VaneFrame *tso = it->tso;
    uint32_t left = tso->len - tso->head_len - it->done;
    uint32_t bytes = MIN(left, tso->mss);
    ptrdiff_t start = tso->data - tso->room;
    uint32_t tcp_at, sum;
    uint8_t *ip, *tcp;

    if (!left) {
        return false;
    }
    segment->data = segment->room + start;
    segment->head_len = tso->head_len;
    segment->len = tso->head_len + bytes;
    memcpy(segment->data, tso->data, tso->head_len);
    segment->tag_proto = tso->tag_proto;
    segment->tag_tci = tso->tag_tci;
    segment->vlan = tso->vlan;
    segment->l3 = tso->l3;
    segment->l4 = tso->l4;
    segment->l4_proto = tso->l4_proto;
    segment->ports = tso->ports;
    segment->first_ports = tso->first_ports;
    segment->cut = tso->cut;
    segment->ethertype = tso->ethertype;
    segment->ip_proto = tso->ip_proto;
    segment->ipv6 = tso->ipv6;
    segment->mss = 0;
    segment->segments = 1;
    segment->csum = VANE_CSUM_OK;

    ip = segment->room + segment->l3;
    if (!segment->ipv6) {
        uint8_t *id = ip + offsetof(struct ip_header, ip_id);

        stw_be_p(id, (uint16_t)(lduw_be_p(id) + it->index));
    }
    tcp = segment->room + segment->l4;
    tcp_at = tcp - segment->data;
    stl_be_p(tcp + offsetof(struct tcp_header, th_seq),
             (uint32_t)ldl_be_p(tcp + offsetof(struct tcp_header, th_seq)) +
                 it->done);
    if (it->index) {
        tcp[TCP_FLAGS_OFFSET] &= ~TH_CWR;
    }
    if (bytes != left) {
        tcp[TCP_FLAGS_OFFSET] &= ~(TH_FIN | TH_PUSH);
    }
    vane_offload_take_payload(it, segment, bytes);
    vane_offload_finish_ip(segment, segment->len - tcp_at);
    stw_be_p(vane_offload_l4_checksum(segment), 0);
    sum = vane_offload_sum_pseudo_header(segment, segment->l4_len) +
          vane_offload_sum_frame(segment, tcp_at, segment->len);
    stw_be_p(vane_offload_l4_checksum(segment),
             net_checksum_finish_nozero(sum));
    it->index++;
    return true;
}

/* The bit of RSS_CTRL that requests the ports of this frame in the hash */
static uint32_t vane_offload_rss_l4_bit(const VaneFrame *frame)
{
    if (frame->l4_proto == IP_PROTO_TCP) {
        return frame->ipv6 ? VANE_RSS_CTRL_TCP6 : VANE_RSS_CTRL_TCP4;
    }
    return frame->ipv6 ? VANE_RSS_CTRL_UDP6 : VANE_RSS_CTRL_UDP4;
}

uint32_t vane_rss_queue(const VaneFunction *fn, const VaneFrame *frame,
                        uint32_t table, uint32_t *hash, uint64_t *hash_type)
{
    const uint8_t *entries = fn->rss_table + table * VANE_RSS_TABLE_SIZE;
    /* The queue of a frame without a hash: with table 0 always queue 0 */
    uint32_t otherwise = table ? entries[0] : 0;
    uint8_t *l3 = (uint8_t *)frame->room + frame->l3;
    net_toeplitz_key key;

    *hash = 0;
    *hash_type = VANE_RXC_HASH_NONE;
    if (!fn->rss_ctrl || !frame->l3) {
        return otherwise;
    }
    if (frame->l4 && fn->rss_ctrl & vane_offload_rss_l4_bit(frame)) {
        *hash_type = VANE_RXC_HASH_L4;
    } else if (fn->rss_ctrl &
               (frame->ipv6 ? VANE_RSS_CTRL_IPV6 : VANE_RSS_CTRL_IPV4)) {
        *hash_type = VANE_RXC_HASH_L3;
    } else {
        return otherwise;
    }

    net_toeplitz_key_init(&key, (uint8_t *)fn->rss_key);
    if (frame->ipv6) {
        net_toeplitz_add(hash, l3 + offsetof(struct ip6_header, ip6_src),
                         2 * sizeof(struct in6_address), &key);
    } else {
        net_toeplitz_add(hash, l3 + offsetof(struct ip_header, ip_src),
                         2 * sizeof(uint32_t), &key);
    }
    if (*hash_type == VANE_RXC_HASH_L4) {
        net_toeplitz_add(hash, (uint8_t *)frame->room + frame->l4,
                         2 * sizeof(uint16_t), &key);
    }
    return entries[*hash % VANE_RSS_TABLE_SIZE];
}
