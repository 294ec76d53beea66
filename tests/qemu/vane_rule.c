/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: receive rules (datasheet, "Receive-side scaling").
 */
#include "qemu/osdep.h"
#include "net/eth.h"
#include "vane_net.h"

#define MATCH_ADDRESS   (VANE_RULE_MATCH_SRC_IP | VANE_RULE_MATCH_DST_IP)
#define MATCH_PORT      (VANE_RULE_MATCH_SRC_PORT | VANE_RULE_MATCH_DST_PORT)

static uint32_t rule_match(const VaneRule *rule)
{
    return vane_get(rule->ctrl, VANE_RULE_CTRL_MATCH);
}

uint32_t vane_rule_action(const VaneRule *rule)
{
    return vane_get(rule->ctrl, VANE_RULE_CTRL_ACTION);
}

uint32_t vane_rule_target(const VaneRule *rule)
{
    return vane_get(rule->ctrl, VANE_RULE_CTRL_TARGET);
}

static bool has_ports(uint32_t proto)
{
    return proto == IP_PROTO_TCP || proto == IP_PROTO_UDP ||
           proto == IP_PROTO_SCTP;
}

static bool match_possible(const VaneRule *rule, uint32_t match)
{
    bool ipv4 = match & VANE_RULE_MATCH_IPV4;
    bool ipv6 = match & VANE_RULE_MATCH_IPV6;

    if (match & ~VANE_RULE_MATCH_ALL || (ipv4 && ipv6)) {
        return false;
    }
    if (match & (MATCH_ADDRESS | VANE_RULE_MATCH_PROTO) && !ipv4 && !ipv6) {
        return false;
    }
    return !(match & MATCH_PORT) ||
           (match & VANE_RULE_MATCH_PROTO && has_ports(rule->proto));
}

bool vane_rule_possible(const VaneFunction *fn, const VaneRule *rule,
                        uint32_t ctrl)
{
    uint32_t target = vane_get(ctrl, VANE_RULE_CTRL_TARGET);

    switch (vane_get(ctrl, VANE_RULE_CTRL_ACTION)) {
    case VANE_RULE_ACTION_DROP:
    case VANE_RULE_ACTION_QUEUE:
        break;
    case VANE_RULE_ACTION_RSS:
        if (target >= VANE_RSS_CONTEXTS ||
            (target && !(fn->features_drv & VANE_FEAT_RSS_CONTEXT))) {
            return false;
        }
        break;
    default:
        return false;
    }
    return match_possible(rule, vane_get(ctrl, VANE_RULE_CTRL_MATCH));
}

static bool mac_equal(const uint8_t *mac, uint64_t value)
{
    return ((uint32_t)ldl_le_p(mac) | (uint64_t)lduw_le_p(mac + 4) << 32) ==
           value;
}

static bool addresses_match(const VaneRule *rule, const VaneFrame *frame,
                            uint32_t match)
{
    const uint8_t *l3 = frame->room + frame->l3;
    size_t len = frame->ipv6 ? sizeof(struct in6_address) : sizeof(uint32_t);
    size_t src = frame->ipv6 ? offsetof(struct ip6_header, ip6_src)
                             : offsetof(struct ip_header, ip_src);

    return (!(match & VANE_RULE_MATCH_SRC_IP) ||
            !memcmp(l3 + src, rule->src_ip, len)) &&
           (!(match & VANE_RULE_MATCH_DST_IP) ||
            !memcmp(l3 + src + len, rule->dst_ip, len));
}

static bool ip_matches(const VaneRule *rule, const VaneFrame *frame,
                       uint32_t match)
{
    const uint8_t *ports = frame->room + frame->ports;

    if (!(match & (VANE_RULE_MATCH_IPV4 | VANE_RULE_MATCH_IPV6))) {
        return true;
    }
    if (!frame->l3 || frame->ipv6 != !!(match & VANE_RULE_MATCH_IPV6) ||
        !addresses_match(rule, frame, match)) {
        return false;
    }
    if (match & VANE_RULE_MATCH_PROTO && frame->ip_proto != rule->proto) {
        return false;
    }
    if (!(match & MATCH_PORT)) {
        return true;
    }
    return frame->ports &&
           (!(match & VANE_RULE_MATCH_SRC_PORT) ||
            lduw_be_p(ports) == extract32(rule->ports, 0, 16)) &&
           (!(match & VANE_RULE_MATCH_DST_PORT) ||
            lduw_be_p(ports + 2) == extract32(rule->ports, 16, 16));
}

static bool vlan_matches(const VaneRule *rule, const VaneFrame *frame,
                         bool untag)
{
    VaneView view;

    /* As the function would see the tag, were it stripped */
    vane_tag_view(frame, untag, true, &view);
    return view.has_tci &&
           (view.tci & VLAN_VID_MASK) == extract32(rule->ether, 16, 16);
}

static bool rule_matches(const VaneRule *rule, const VaneFrame *frame,
                         bool untag)
{
    uint32_t match = rule_match(rule);

    return (!(match & VANE_RULE_MATCH_DST_MAC) ||
            mac_equal(frame->data, rule->dst_mac)) &&
           (!(match & VANE_RULE_MATCH_SRC_MAC) ||
            mac_equal(frame->data + ETH_ALEN, rule->src_mac)) &&
           (!(match & VANE_RULE_MATCH_ETHERTYPE) ||
            frame->ethertype == extract32(rule->ether, 0, 16)) &&
           ip_matches(rule, frame, match) &&
           (!(match & VANE_RULE_MATCH_VLAN) ||
            vlan_matches(rule, frame, untag));
}

const VaneRule *vane_rule_find(const VaneFunction *fn, const VaneFrame *frame,
                               bool untag)
{
    unsigned long r;

    for (r = find_first_bit(fn->rules_valid, VANE_MAX_RULES);
         r < VANE_MAX_RULES;
         r = find_next_bit(fn->rules_valid, VANE_MAX_RULES, r + 1)) {
        if (rule_matches(&fn->rule[r], frame, untag)) {
            return &fn->rule[r];
        }
    }
    return NULL;
}
