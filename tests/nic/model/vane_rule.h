/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: receive rules (vane_rule.c).
 */
#ifndef HW_NET_VANE_RULE_H
#define HW_NET_VANE_RULE_H

#include "vane_types.h"

/* A receive rule: the registers of it */
typedef struct VaneRule {
    uint32_t ctrl;              /* 0 while it is not valid */
    uint32_t ports;
    uint32_t ether;
    uint32_t proto;
    uint64_t dst_mac;
    uint64_t src_mac;
    uint8_t src_ip[16];         /* octets as in the header */
    uint8_t dst_ip[16];
} VaneRule;

/* May the rule's registers be used with this value of CTRL? */
bool vane_rule_possible(const VaneFunction *fn, const VaneRule *rule,
                        uint32_t ctrl);
/* The rule for a frame, which the function gets @untag without its tag. */
const VaneRule *vane_rule_find(const VaneFunction *fn, const VaneFrame *frame,
                               bool untag);
uint32_t vane_rule_action(const VaneRule *rule);
uint32_t vane_rule_target(const VaneRule *rule);

#endif /* HW_NET_VANE_RULE_H */
