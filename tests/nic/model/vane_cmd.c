/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the PF's commands (datasheet, "PF block"): one row each.
 */
#include "qemu/osdep.h"
#include "trace.h"
#include "vane.h"
#include "vane_channel.h"
#include "vane_cmd.h"
#include "vane_dma.h"
#include "vane_irq.h"
#include "vane_link.h"
#include "vane_sched.h"
#include "vane_switch.h"

/* The VF that a command names, if it is enabled. */
static VaneFunction *vane_cmd_enabled_vf(VaneDevice *dev, uint32_t port)
{
    VaneFunction *fn = vane_function(dev, port);

    return fn && !vane_is_pf(fn) && vane_function_present(fn) ? fn : NULL;
}

static int vane_cmd_status_set(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_status *cmd = req;
    VaneFunction *fn = vane_cmd_enabled_vf(dev, le16_to_cpu(cmd->port));
    uint32_t causes = le32_to_cpu(cmd->causes);
    uint32_t max_frame = le32_to_cpu(cmd->max_frame);
    uint32_t bits = le32_to_cpu(cmd->status);

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    if (cmd->reserved0 || cmd->reserved1 || causes & ~VANE_EVENT_STATUS ||
        bits & ~VANE_STATUS_SETTABLE) {
        return VANE_ERR_INVALID;
    }
    if (max_frame && (max_frame < VANE_LEAST_MAX_FRAME ||
                      max_frame > VANE_MAX_FRAME)) {
        return VANE_ERR_RANGE;
    }
    fn->status.bits = bits;
    fn->status.speed = le32_to_cpu(cmd->speed);
    fn->status.config_gen = le32_to_cpu(cmd->config_gen);
    fn->status.max_frame = max_frame;
    fn->status.mac = 0;
    for (int i = 0; i < sizeof(cmd->mac); i++) {
        fn->status.mac |= (uint64_t)cmd->mac[i] << 8 * i;
    }
    if (causes) {
        vane_cause(fn, causes);
    }
    return VANE_OK;
}

static int vane_cmd_vf_reset(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_target *cmd = req;
    VaneFunction *fn = vane_cmd_enabled_vf(dev, le16_to_cpu(cmd->port));

    if (!fn) {
        return VANE_ERR_NOT_FOUND;
    }
    if (cmd->reserved[0] || cmd->reserved[1] || cmd->reserved[2]) {
        return VANE_ERR_INVALID;
    }
    vane_function_reset(fn);
    return VANE_OK;
}

static int vane_cmd_stats_get(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_target *cmd = req;
    VaneFunction *fn = vane_function(dev, le16_to_cpu(cmd->port));
    __le64 *stats = rsp;

    if (!fn || !vane_function_present(fn)) {
        return VANE_ERR_NOT_FOUND;
    }
    if (cmd->reserved[0] || cmd->reserved[1] || cmd->reserved[2]) {
        return VANE_ERR_INVALID;
    }
    for (int i = 0; i < VANE_STAT_COUNT; i++) {
        stats[i] = cpu_to_le64(fn->stats[i]);
    }
    return VANE_OK;
}

static int vane_cmd_vf_stats_read(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_vf_stats *cmd = req;
    uint32_t counters = le16_to_cpu(cmd->counters);
    uint32_t known = MIN(counters, VANE_STAT_COUNT);
    uint32_t first = le16_to_cpu(cmd->first);
    uint32_t count = le16_to_cpu(cmd->count);
    uint64_t addr = le64_to_cpu(cmd->addr);
    g_autofree __le64 *stats = NULL;

    if (!(dev->fn.features_drv & VANE_FEAT_VF_STATS)) {
        return VANE_ERR_UNSUPPORTED;
    }
    if (!count || !counters || cmd->reserved || addr % sizeof(*stats)) {
        return VANE_ERR_INVALID;
    }
    if (first + count > VANE_MAX_VFS || counters > VANE_MAX_VF_STATS) {
        return VANE_ERR_RANGE;
    }

    stats = g_new0(__le64, count * counters);
    for (uint32_t i = 0; i < count; i++) {
        VaneFunction *fn = vane_cmd_enabled_vf(dev, first + i);

        for (uint32_t j = 0; fn && j < known; j++) {
            stats[i * counters + j] = cpu_to_le64(fn->stats[j]);
        }
    }
    if (!vane_dma_write(&dev->fn, VANE_DMA_MAILBOX, addr, stats,
                        count * counters * sizeof(*stats))) {
        return VANE_ERR_INTERNAL;
    }
    return VANE_OK;
}

/* ABI 1.0 had no rates; the first version with rates had no group names. */
#define PORT_SIZE_1_0   offsetof(struct vane_cmd_port, tx_max)
#define GROUP_SIZE_MIN  offsetof(struct vane_cmd_rate_group, name)

typedef struct VaneCommand {
    uint16_t request;           /* least bytes of the body */
    uint16_t answer;            /* bytes of the answer's body */
    VaneCmdHandler *handler;
} VaneCommand;

static const VaneCommand commands[] = {
    [VANE_CMD_PORT_SET] = { PORT_SIZE_1_0, 0, vane_switch_port_set },
    [VANE_CMD_PORT_GET] = {
        PORT_SIZE_1_0, sizeof(struct vane_cmd_port), vane_switch_port_get },
    [VANE_CMD_STATUS_SET] = {
        sizeof(struct vane_cmd_status), 0, vane_cmd_status_set },
    [VANE_CMD_FILTER_ADD] = {
        sizeof(struct vane_cmd_filter), 0, vane_switch_filter_add },
    [VANE_CMD_FILTER_DEL] = {
        sizeof(struct vane_cmd_filter), 0, vane_switch_filter_del },
    [VANE_CMD_FILTER_CLEAR] = {
        sizeof(struct vane_cmd_target), 0, vane_switch_filter_clear },
    [VANE_CMD_VLAN_ADD] = {
        sizeof(struct vane_cmd_vlan), 0, vane_switch_vlan_add },
    [VANE_CMD_VLAN_DEL] = {
        sizeof(struct vane_cmd_vlan), 0, vane_switch_vlan_del },
    [VANE_CMD_RX_MODE] = {
        sizeof(struct vane_cmd_rx_mode), 0, vane_switch_rx_mode },
    [VANE_CMD_SWITCH_SET] = {
        sizeof(struct vane_cmd_switch), 0, vane_switch_mode_set },
    [VANE_CMD_SWITCH_GET] = {
        0, sizeof(struct vane_cmd_switch), vane_switch_mode_get },
    [VANE_CMD_LIST_SET] = {
        sizeof(struct vane_cmd_list), 0, vane_channel_list_set },
    [VANE_CMD_LIST_GET] = {
        sizeof(struct vane_cmd_list), sizeof(struct vane_cmd_list),
        vane_channel_list_get },
    [VANE_CMD_VF_RESET] = {
        sizeof(struct vane_cmd_target), 0, vane_cmd_vf_reset },
    [VANE_CMD_STATS_GET] = {
        sizeof(struct vane_cmd_target), VANE_STAT_COUNT * sizeof(__le64),
        vane_cmd_stats_get },
    [VANE_CMD_TRUNK_SET] = {
        sizeof(struct vane_cmd_trunk), 0, vane_switch_trunk_set },
    [VANE_CMD_TRUNK_GET] = {
        sizeof(struct vane_cmd_trunk), sizeof(struct vane_cmd_trunk),
        vane_switch_trunk_get },
    [VANE_CMD_RATE_GROUP_SET] = {
        GROUP_SIZE_MIN, 0, vane_sched_group_set },
    [VANE_CMD_RATE_GROUP_GET] = {
        GROUP_SIZE_MIN, sizeof(struct vane_cmd_rate_group),
        vane_sched_group_get },
    [VANE_CMD_LINK_SET] = {
        sizeof(struct vane_cmd_link), 0, vane_link_cmd_set },
    [VANE_CMD_LINK_GET] = {
        0, sizeof(struct vane_cmd_link_state), vane_link_cmd_get },
    [VANE_CMD_PORT_STATS_GET] = {
        0, VANE_PORT_STAT_COUNT * sizeof(__le64), vane_link_cmd_stats },
    [VANE_CMD_VF_STATS_READ] = {
        sizeof(struct vane_cmd_vf_stats), 0, vane_cmd_vf_stats_read },
    [VANE_CMD_TAG_STATS_GET] = {
        0, VANE_TAG_STAT_COUNT * sizeof(__le64), vane_channel_stats_get },
    [VANE_CMD_CHANNEL_SET] = {
        sizeof(struct vane_cmd_channel), 0, vane_channel_grant_set },
    [VANE_CMD_CHANNEL_GET] = {
        sizeof(struct vane_cmd_channel), sizeof(struct vane_cmd_channel),
        vane_channel_grant_get },
};

int vane_cmd_execute(VaneDevice *dev, struct vane_msg *msg, uint32_t *answer)
{
    uint8_t rsp[VANE_MSG_BODY_MAX] QEMU_ALIGNED(8) = {};
    uint32_t op = le16_to_cpu(msg->hdr.op);
    uint32_t len = le16_to_cpu(msg->hdr.len);
    const VaneCommand *command;
    int result;

    *answer = 0;
    if (op >= ARRAY_SIZE(commands) || !commands[op].handler) {
        result = VANE_ERR_UNSUPPORTED;
        goto out;
    }
    command = &commands[op];
    if (len < command->request || len > VANE_MSG_BODY_MAX) {
        result = VANE_ERR_LENGTH;
        goto out;
    }
    /* Members that the body of an older driver lacks are 0. */
    memset(msg->body + len, 0, VANE_MSG_BODY_MAX - len);
    result = command->handler(dev, msg->body, rsp);
    if (result == VANE_OK) {
        *answer = command->answer;
        memcpy(msg->body, rsp, command->answer);
        if (!command->answer) {
            /* It may have changed where frames go. */
            vane_sched_reroute(dev);
        }
    }
out:
    trace_vane_mbox_command(op, len, result);
    return result;
}
