/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: receive rules (datasheet, "Receive-side scaling").
 */
#include "qemu/osdep.h"
#include "net/eth.h"
#include "vane.h"
#include "vane_rule.h"
#include "vane_tag.h"

#define MATCH_ADDRESS   (VANE_RULE_MATCH_SRC_IP | VANE_RULE_MATCH_DST_IP)
#define MATCH_PORT      (VANE_RULE_MATCH_SRC_PORT | VANE_RULE_MATCH_DST_PORT)

static uint32_t vane_rule_match(const VaneRule *rule)
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

static bool vane_rule_has_ports(uint32_t proto)
{
    return proto == IP_PROTO_TCP || proto == IP_PROTO_UDP ||
           proto == IP_PROTO_SCTP;
}

static bool vane_rule_match_possible(const VaneRule *rule, uint32_t match)
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
           (match & VANE_RULE_MATCH_PROTO && vane_rule_has_ports(rule->proto));
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
    return vane_rule_match_possible(rule, vane_get(ctrl, VANE_RULE_CTRL_MATCH));
}

static bool vane_rule_mac_equal(const uint8_t *mac, uint64_t value)
{
    return ((uint32_t)ldl_le_p(mac) | (uint64_t)lduw_le_p(mac + 4) << 32) ==
           value;
}

static bool vane_rule_addresses_match(const VaneRule *rule,
                                      const VaneFrame *frame, uint32_t match)
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

/*
 * A rule that drops treats a field that the device cannot find as equal.
 * Otherwise a sender could evade the rule by adding headers.
 */
static VaneCut vane_rule_cut(const VaneRule *rule, const VaneFrame *frame)
{
    return vane_rule_action(rule) == VANE_RULE_ACTION_DROP ? frame->cut
                                                           : VANE_CUT_NONE;
}

static bool vane_rule_ports_match(const VaneRule *rule, const VaneFrame *frame,
                                  uint32_t match)
{
    bool drop = vane_rule_action(rule) == VANE_RULE_ACTION_DROP;
    uint16_t at = drop ? frame->first_ports : frame->ports;
    const uint8_t *ports = frame->room + at;

    return at &&
           (!(match & VANE_RULE_MATCH_SRC_PORT) ||
            lduw_be_p(ports) == extract32(rule->ports, 0, 16)) &&
           (!(match & VANE_RULE_MATCH_DST_PORT) ||
            lduw_be_p(ports + 2) == extract32(rule->ports, 16, 16));
}

static bool vane_rule_ip_matches(const VaneRule *rule, const VaneFrame *frame,
                                 uint32_t match)
{
    VaneCut cut = vane_rule_cut(rule, frame);

    if (!(match & (VANE_RULE_MATCH_IPV4 | VANE_RULE_MATCH_IPV6)) ||
        cut == VANE_CUT_L3) {
        return true;
    }
    if (!frame->l3 || frame->ipv6 != !!(match & VANE_RULE_MATCH_IPV6) ||
        !vane_rule_addresses_match(rule, frame, match)) {
        return false;
    }
    if (cut == VANE_CUT_PROTO) {
        return true;
    }
    if (match & VANE_RULE_MATCH_PROTO && frame->ip_proto != rule->proto) {
        return false;
    }
    return !(match & MATCH_PORT) || cut == VANE_CUT_PORTS ||
           vane_rule_ports_match(rule, frame, match);
}

static bool vane_rule_vlan_matches(const VaneRule *rule, const VaneFrame *frame,
                                   bool untag)
{
    uint16_t vid;

    return vane_tag_seen_vid(frame, untag, &vid) &&
           vid == extract32(rule->ether, 16, 16);
}

static bool vane_rule_matches(const VaneRule *rule, const VaneFrame *frame,
                              bool untag)
{
    uint32_t match = vane_rule_match(rule);

    return (!(match & VANE_RULE_MATCH_DST_MAC) ||
            vane_rule_mac_equal(frame->data, rule->dst_mac)) &&
           (!(match & VANE_RULE_MATCH_SRC_MAC) ||
            vane_rule_mac_equal(frame->data + ETH_ALEN, rule->src_mac)) &&
           (!(match & VANE_RULE_MATCH_ETHERTYPE) ||
            vane_rule_cut(rule, frame) == VANE_CUT_L3 ||
            frame->ethertype == extract32(rule->ether, 0, 16)) &&
           vane_rule_ip_matches(rule, frame, match) &&
           (!(match & VANE_RULE_MATCH_VLAN) ||
            vane_rule_vlan_matches(rule, frame, untag));
}

const VaneRule *vane_rule_find(const VaneFunction *fn, const VaneFrame *frame,
                               bool untag)
{
    unsigned long r;

    for (r = find_first_bit(fn->rules_valid, VANE_MAX_RULES);
         r < VANE_MAX_RULES;
         r = find_next_bit(fn->rules_valid, VANE_MAX_RULES, r + 1)) {
        if (vane_rule_matches(&fn->rule[r], frame, untag)) {
            return &fn->rule[r];
        }
    }
    return NULL;
}
