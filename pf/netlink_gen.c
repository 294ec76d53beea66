// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vane.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/vane.h>

/* VANE_NL_CMD_SWITCH_GET - do */
static const struct nla_policy vane_switch_get_nl_policy[VANE_A_SWITCH_IFINDEX + 1] = {
	[VANE_A_SWITCH_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VANE_NL_CMD_SWITCH_SET - do */
static const struct nla_policy vane_switch_set_nl_policy[VANE_A_SWITCH_MODE + 1] = {
	[VANE_A_SWITCH_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_SWITCH_MODE] = NLA_POLICY_MAX(NLA_U32, 3),
};

/* VANE_NL_CMD_FUNCTION_GET - do */
static const struct nla_policy vane_function_get_do_nl_policy[VANE_A_FUNCTION_VF + 1] = {
	[VANE_A_FUNCTION_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_FUNCTION_VF] = { .type = NLA_U32, },
};

/* VANE_NL_CMD_FUNCTION_GET - dump */
static const struct nla_policy vane_function_get_dump_nl_policy[VANE_A_FUNCTION_IFINDEX + 1] = {
	[VANE_A_FUNCTION_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VANE_NL_CMD_FUNCTION_SET - do */
static const struct nla_policy vane_function_set_nl_policy[VANE_A_FUNCTION_PRIORITY_MAP + 1] = {
	[VANE_A_FUNCTION_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_FUNCTION_VF] = { .type = NLA_U32, },
	[VANE_A_FUNCTION_CHANNEL] = { .type = NLA_U32, },
	[VANE_A_FUNCTION_PRIORITY_MAP] = NLA_POLICY_EXACT_LEN(16),
};

/* VANE_NL_CMD_LIST_GET - do */
static const struct nla_policy vane_list_get_do_nl_policy[VANE_A_LIST_LIST + 1] = {
	[VANE_A_LIST_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_LIST_LIST] = { .type = NLA_U32, },
};

/* VANE_NL_CMD_LIST_GET - dump */
static const struct nla_policy vane_list_get_dump_nl_policy[VANE_A_LIST_IFINDEX + 1] = {
	[VANE_A_LIST_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VANE_NL_CMD_LIST_SET - do */
static const struct nla_policy vane_list_set_nl_policy[VANE_A_LIST_PF + 1] = {
	[VANE_A_LIST_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_LIST_LIST] = { .type = NLA_U32, },
	[VANE_A_LIST_VF] = { .type = NLA_U32, },
	[VANE_A_LIST_PF] = { .type = NLA_FLAG, },
};

/* VANE_NL_CMD_LIST_DEL - do */
static const struct nla_policy vane_list_del_nl_policy[VANE_A_LIST_LIST + 1] = {
	[VANE_A_LIST_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_LIST_LIST] = { .type = NLA_U32, },
};

/* VANE_NL_CMD_STATS_GET - do */
static const struct nla_policy vane_stats_get_do_nl_policy[VANE_A_STATS_VF + 1] = {
	[VANE_A_STATS_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_STATS_VF] = { .type = NLA_U32, },
};

/* VANE_NL_CMD_STATS_GET - dump */
static const struct nla_policy vane_stats_get_dump_nl_policy[VANE_A_STATS_IFINDEX + 1] = {
	[VANE_A_STATS_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VANE_NL_CMD_TRUNK_GET - do */
static const struct nla_policy vane_trunk_get_do_nl_policy[VANE_A_TRUNK_VF + 1] = {
	[VANE_A_TRUNK_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_TRUNK_VF] = { .type = NLA_U32, },
};

/* VANE_NL_CMD_TRUNK_GET - dump */
static const struct nla_policy vane_trunk_get_dump_nl_policy[VANE_A_TRUNK_IFINDEX + 1] = {
	[VANE_A_TRUNK_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VANE_NL_CMD_TRUNK_SET - do */
static const struct nla_policy vane_trunk_set_nl_policy[VANE_A_TRUNK_VIDS + 1] = {
	[VANE_A_TRUNK_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_TRUNK_VF] = { .type = NLA_U32, },
	[VANE_A_TRUNK_VIDS] = NLA_POLICY_EXACT_LEN(512),
};

/* VANE_NL_CMD_TRUNK_DEL - do */
static const struct nla_policy vane_trunk_del_nl_policy[VANE_A_TRUNK_VF + 1] = {
	[VANE_A_TRUNK_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_TRUNK_VF] = { .type = NLA_U32, },
};

/* VANE_NL_CMD_PROFILE_GET - do */
static const struct nla_policy vane_profile_get_do_nl_policy[VANE_A_PROFILE_NAME + 1] = {
	[VANE_A_PROFILE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_PROFILE_NAME] = { .type = NLA_NUL_STRING, .len = 39, },
};

/* VANE_NL_CMD_PROFILE_GET - dump */
static const struct nla_policy vane_profile_get_dump_nl_policy[VANE_A_PROFILE_IFINDEX + 1] = {
	[VANE_A_PROFILE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VANE_NL_CMD_PROFILE_SET - do */
static const struct nla_policy vane_profile_set_nl_policy[VANE_A_PROFILE_TX_SHARE + 1] = {
	[VANE_A_PROFILE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_PROFILE_NAME] = { .type = NLA_NUL_STRING, .len = 39, },
	[VANE_A_PROFILE_VLAN] = NLA_POLICY_MAX(NLA_U32, 4094),
	[VANE_A_PROFILE_QOS] = NLA_POLICY_MAX(NLA_U8, 7),
	[VANE_A_PROFILE_VLAN_PROTO] = { .type = NLA_U16, },
	[VANE_A_PROFILE_CHANNEL] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_PROFILE_PRIORITY_MAP] = NLA_POLICY_EXACT_LEN(16),
	[VANE_A_PROFILE_VIDS] = NLA_POLICY_EXACT_LEN(512),
	[VANE_A_PROFILE_TRUST] = NLA_POLICY_MAX(NLA_U8, 1),
	[VANE_A_PROFILE_SPOOFCHK] = NLA_POLICY_MAX(NLA_U8, 1),
	[VANE_A_PROFILE_TX_MAX] = { .type = NLA_U32, },
	[VANE_A_PROFILE_TX_SHARE] = { .type = NLA_U32, },
};

/* VANE_NL_CMD_PROFILE_DEL - do */
static const struct nla_policy vane_profile_del_nl_policy[VANE_A_PROFILE_NAME + 1] = {
	[VANE_A_PROFILE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_PROFILE_NAME] = { .type = NLA_NUL_STRING, .len = 39, },
};

/* VANE_NL_CMD_GRANT_GET - dump */
static const struct nla_policy vane_grant_get_nl_policy[VANE_A_GRANT_IFINDEX + 1] = {
	[VANE_A_GRANT_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VANE_NL_CMD_GRANT_SET - do */
static const struct nla_policy vane_grant_set_nl_policy[VANE_A_GRANT_CHANNEL + 1] = {
	[VANE_A_GRANT_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_GRANT_VF] = { .type = NLA_U32, },
	[VANE_A_GRANT_CHANNEL] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VANE_NL_CMD_GRANT_DEL - do */
static const struct nla_policy vane_grant_del_nl_policy[VANE_A_GRANT_CHANNEL + 1] = {
	[VANE_A_GRANT_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[VANE_A_GRANT_VF] = { .type = NLA_U32, },
	[VANE_A_GRANT_CHANNEL] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* Ops table for vane */
static const struct genl_split_ops vane_nl_ops[] = {
	{
		.cmd		= VANE_NL_CMD_SWITCH_GET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_switch_get_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_switch_get_nl_policy,
		.maxattr	= VANE_A_SWITCH_IFINDEX,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_SWITCH_SET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_switch_set_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_switch_set_nl_policy,
		.maxattr	= VANE_A_SWITCH_MODE,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_FUNCTION_GET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_function_get_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_function_get_do_nl_policy,
		.maxattr	= VANE_A_FUNCTION_VF,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_FUNCTION_GET,
		.dumpit		= vane_nl_function_get_dumpit,
		.policy		= vane_function_get_dump_nl_policy,
		.maxattr	= VANE_A_FUNCTION_IFINDEX,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VANE_NL_CMD_FUNCTION_SET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_function_set_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_function_set_nl_policy,
		.maxattr	= VANE_A_FUNCTION_PRIORITY_MAP,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_LIST_GET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_list_get_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_list_get_do_nl_policy,
		.maxattr	= VANE_A_LIST_LIST,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_LIST_GET,
		.dumpit		= vane_nl_list_get_dumpit,
		.policy		= vane_list_get_dump_nl_policy,
		.maxattr	= VANE_A_LIST_IFINDEX,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VANE_NL_CMD_LIST_SET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_list_set_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_list_set_nl_policy,
		.maxattr	= VANE_A_LIST_PF,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_LIST_DEL,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_list_del_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_list_del_nl_policy,
		.maxattr	= VANE_A_LIST_LIST,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_STATS_GET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_stats_get_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_stats_get_do_nl_policy,
		.maxattr	= VANE_A_STATS_VF,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_STATS_GET,
		.dumpit		= vane_nl_stats_get_dumpit,
		.policy		= vane_stats_get_dump_nl_policy,
		.maxattr	= VANE_A_STATS_IFINDEX,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VANE_NL_CMD_TRUNK_GET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_trunk_get_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_trunk_get_do_nl_policy,
		.maxattr	= VANE_A_TRUNK_VF,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_TRUNK_GET,
		.dumpit		= vane_nl_trunk_get_dumpit,
		.policy		= vane_trunk_get_dump_nl_policy,
		.maxattr	= VANE_A_TRUNK_IFINDEX,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VANE_NL_CMD_TRUNK_SET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_trunk_set_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_trunk_set_nl_policy,
		.maxattr	= VANE_A_TRUNK_VIDS,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_TRUNK_DEL,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_trunk_del_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_trunk_del_nl_policy,
		.maxattr	= VANE_A_TRUNK_VF,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_PROFILE_GET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_profile_get_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_profile_get_do_nl_policy,
		.maxattr	= VANE_A_PROFILE_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_PROFILE_GET,
		.dumpit		= vane_nl_profile_get_dumpit,
		.policy		= vane_profile_get_dump_nl_policy,
		.maxattr	= VANE_A_PROFILE_IFINDEX,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VANE_NL_CMD_PROFILE_SET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_profile_set_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_profile_set_nl_policy,
		.maxattr	= VANE_A_PROFILE_TX_SHARE,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_PROFILE_DEL,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_profile_del_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_profile_del_nl_policy,
		.maxattr	= VANE_A_PROFILE_NAME,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_GRANT_GET,
		.dumpit		= vane_nl_grant_get_dumpit,
		.policy		= vane_grant_get_nl_policy,
		.maxattr	= VANE_A_GRANT_IFINDEX,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VANE_NL_CMD_GRANT_SET,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_grant_set_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_grant_set_nl_policy,
		.maxattr	= VANE_A_GRANT_CHANNEL,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VANE_NL_CMD_GRANT_DEL,
		.pre_doit	= vane_nl_pre_doit,
		.doit		= vane_nl_grant_del_doit,
		.post_doit	= vane_nl_post_doit,
		.policy		= vane_grant_del_nl_policy,
		.maxattr	= VANE_A_GRANT_CHANNEL,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

struct genl_family vane_nl_family __ro_after_init = {
	.name		= VANE_FAMILY_NAME,
	.version	= VANE_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= vane_nl_ops,
	.n_split_ops	= ARRAY_SIZE(vane_nl_ops),
};
