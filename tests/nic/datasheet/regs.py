# SPDX-License-Identifier: GPL-2.0-only
"""The numbers of the device: from the datasheet, by hand, without VANE_.

Nothing here may come from vane_hw.h. A number that is wrong there and right in
the datasheet, or the other way round, is what this test is to find.
"""


def bits(high, low=None):
    """The mask of [high:low]."""
    low = high if low is None else low
    return (1 << (high + 1)) - (1 << low)


def get(mask, word):
    """The field in a word."""
    return (word & mask) // (mask & -mask)


def put(mask, value):
    """A word with that field."""
    word = value * (mask & -mask)
    assert word & ~mask == 0, f"{value:#x} is too large for {mask:#x}"
    return word


# 1. Functions
PCI_VENDOR_ID = 0x1234
PCI_DEVICE_ID_PF = 0x7a00
PCI_DEVICE_ID_VF = 0x7a01
PCI_SUBSYSTEM_VENDOR_ID = 0x1af4
PCI_SUBSYSTEM_ID = 0x1100
PCI_CLASS = 0x020000
PF_BAR_SIZE = 128 << 10
VF_BAR_SIZE = 64 << 10
MAX_VFS = 256
PF_QUEUES, PF_VECTORS = 64, 65
VF_QUEUES, VF_VECTORS = 4, 5
VF_OFFSET = VF_STRIDE = 1

# 2. BAR 0
MSIX_TABLE = 0x4000
MSIX_PBA = 0x5000


def db_txq(q):
    return 0x3000 + q * 16


def db_rxq(q):
    return 0x3008 + q * 16


def db_vec(v):
    return 0x3800 + v * 8


DB_RX_TAIL = bits(15, 0)
DB_RX_CPL_HEAD = bits(31, 16)

# 3. Function block
REG_MAGIC = 0x0000
REG_ABI = 0x0004
REG_FUNCTION = 0x0008
REG_FW_VERSION = 0x000c
REG_FEATURES_DEV = 0x0010
REG_FEATURES_PF_MASK = 0x0018
REG_FEATURES_DRV = 0x0020
REG_CTRL = 0x0028
REG_STATE = 0x002c
REG_GENERATION = 0x0030
REG_EVENT_CAUSE = 0x0034
REG_LIMIT_QUEUES = 0x0040
REG_LIMIT_VECTORS = 0x0044
REG_LIMIT_RING = 0x0048
REG_LIMIT_FRAME = 0x004c
REG_LIMIT_TX = 0x0050
REG_MAX_FRAME = 0x0054
REG_PERM_MAC = 0x0058
REG_TEST = 0x0060

MAGIC = 0x454e4156
ABI_MAJOR, ABI_MINOR = 1, 5
ABI = ABI_MAJOR << 16 | ABI_MINOR
FUNCTION_IS_VF = bits(31)
MIN_FRAME = 14
MAX_FRAME = 9022

FEAT_TX_CSUM = bits(0)
FEAT_RX_CSUM = bits(1)
FEAT_TSO4 = bits(2)
FEAT_TSO6 = bits(3)
FEAT_VLAN_INSERT = bits(4)
FEAT_VLAN_STRIP = bits(5)
FEAT_RSS = bits(6)
FEAT_HW_GRO = bits(7)
FEAT_SHADOW_DB = bits(8)
FEAT_RULES = bits(11)
FEAT_LOOPBACK = bits(12)
FEAT_TX_CHANNEL = bits(14)
FEAT_RX_CHANNEL = bits(15)
FEAT_VF_ALL = bits(15, 0)
FEAT_VNTAG = bits(33)
FEAT_VEPA = bits(34)
FEAT_RATE = bits(35)
FEAT_TRUNK = bits(36)
FEAT_PORT = bits(37)
FEAT_VF_STATS = bits(38)
FEAT_OWN_MAC = bits(39)
FEAT_ETAG = bits(40)
FEAT_CHANNELS = bits(41)
FEAT_PF_ALL = bits(41, 32) | FEAT_VF_ALL

CTRL_ENABLE = bits(0)
CTRL_RESET = bits(1)
CTRL_LOOPBACK = bits(2)
STATE_ENABLED = bits(0)
STATE_ERROR = bits(15, 8)

# 4. STATUS block
REG_STATUS = 0x1000
REG_STATUS_SPEED = 0x1004
REG_STATUS_CONFIG_GEN = 0x1008
REG_STATUS_MAX_FRAME = 0x100c
REG_STATUS_MAC = 0x1010
STATUS_PF_READY = bits(0)
STATUS_LINK_UP = bits(1)
STATUS_RESET_PENDING = bits(2)
STATUS_TRUSTED = bits(3)

# 5. Vectors and interrupts


def vec(v):
    return 0x8000 + v * 0x20


VEC_SB_ADDR = 0x00
VEC_ITR = 0x08
VEC_CTRL = 0x0c
VEC_EVENTS = 0x10
VEC_TEST = 0x14
VEC_CTRL_ENABLE = bits(0)
EVENT_STATUS = bits(0)
EVENT_MBOX = bits(1)
EVENT_QUEUE = bits(2)
EVENT_RQ = bits(3)
EVENT_SQ = bits(4)
EVENT_LINK = bits(5)

# 6. Transmit


def txq(q):
    return 0x6000 + q * 0x40


TXQ_BASE = 0x00
TXQ_HEAD_ADDR = 0x08
TXQ_SHADOW = 0x10
TXQ_SIZE = 0x18
TXQ_VECTOR = 0x1c
TXQ_CTRL = 0x20
TXQ_STATE = 0x24
TXQ_HEAD = 0x28
TXQ_TAIL = 0x2c
Q_CTRL_ENABLE = bits(0)
Q_STATE_ENABLED = bits(0)
Q_STATE_ERROR = bits(15, 8)
RING_LOG2_MIN = 6
TX_MAX_DESC = 48
TX_MIN_MSS = 64

TXD_ADDR = bits(51, 0)
TXD_EXT = bits(59)
TXD_VLAN = bits(60)
TXD_CSUM = bits(61)
TXD_TSO = bits(62)
TXD_EOP = bits(63)
TXD_LEN = bits(15, 0)
TXD_CHANNEL = bits(23, 0)
TXD_TCI = bits(31, 16)
TXD_MSS = bits(47, 32)
TXD_CSUM_START = bits(41, 32)
TXD_CSUM_OFFSET = bits(47, 42)
TXD_HDR_LEN = bits(56, 48)

# 7. Receive


def rxq(q):
    return 0x7000 + q * 0x40


RXQ_BUF_BASE = 0x00
RXQ_CPL_BASE = 0x08
RXQ_SHADOW = 0x10
RXQ_BUF_SIZE = 0x18
RXQ_CPL_SIZE = 0x1c
RXQ_BUF_LEN = 0x20
RXQ_VECTOR = 0x24
RXQ_CTRL = 0x28
RXQ_STATE = 0x2c
RXQ_OPT = 0x30
RXQ_HEAD = 0x38
RXQ_TAIL = 0x3c
RXQ_CTRL_CPL32 = bits(1)
RXQ_OPT_VLAN_STRIP = bits(0)
RXQ_OPT_GRO = bits(1)

RXB_ADDR = bits(47, 0)
RXB_ID = bits(63, 48)

RXC_HASH = bits(31, 0)
RXC_LEN = bits(47, 32)
RXC_TCI = bits(63, 48)
RXC_BUF_ID = bits(15, 0)
RXC_TAG = bits(39, 16)
RXC_TYPE = bits(43, 40)
RXC_HASH_TYPE = bits(47, 44)
RXC_EOP = bits(48)
RXC_CSUM_OK = bits(49)
RXC_CSUM_BAD = bits(50)
RXC_VLAN = bits(51)
RXC_GRO = bits(52)
RXC_PHASE = bits(63)
RXC_GSO_SIZE = bits(15, 0)
RXC_GSO_SEGS = bits(31, 16)
RXC_GSO_HDR_LEN = bits(40, 32)
RXC_GSO_IPV6 = bits(48)
RXC_GSO_ECN = bits(49)

# 8. Receive-side scaling
REG_RSS_CTRL = 0x9000
REG_RSS_KEY = 0x9040
RSS_CTRL_IPV4 = bits(0)
RSS_CTRL_TCP4 = bits(1)
RSS_CTRL_UDP4 = bits(2)
RSS_CTRL_IPV6 = bits(3)
RSS_CTRL_TCP6 = bits(4)
RSS_TABLE_SIZE = 128


def rss_table(c):
    return 0x9100 + c * 0x80


def rule(r):
    return 0xa000 + r * 0x40


RULE_CTRL = 0x00
RULE_PORTS = 0x04
RULE_ETHER = 0x08
RULE_PROTO = 0x0c
RULE_DST_MAC = 0x10
RULE_SRC_MAC = 0x18
RULE_SRC_IP = 0x20
RULE_DST_IP = 0x30
RULE_CTRL_VALID = bits(0)
RULE_CTRL_ACTION = bits(3, 1)
RULE_CTRL_TARGET = bits(15, 8)
RULE_CTRL_MATCH = bits(31, 16)
RULE_ACTION_DROP, RULE_ACTION_QUEUE, RULE_ACTION_RSS = range(3)
RULE_MATCH_VLAN = 0x04
RULE_MATCH_ETHERTYPE = 0x08
RULE_MATCH_IPV4 = 0x10
RULE_MATCH_IPV6 = 0x20
RULE_MATCH_DST_IP = 0x80
RULE_MATCH_PROTO = 0x100
RULE_MATCH_DST_PORT = 0x400

# 9. Counters
STATS = (
    "tx_frames", "tx_bytes", "tx_multicast", "tx_broadcast", "tx_drop_spoof",
    "tx_drop_vlan", "tx_drop_oversize", "tx_drop_malformed", "tx_drop_link",
    "rx_frames", "rx_bytes", "rx_multicast", "rx_broadcast", "rx_drop_nobuf",
    "rx_drop_stall", "rx_drop_oversize", "rx_csum_bad", "rx_gro_frames",
    "queue_errors", "mbox_errors", "rx_drop_rule", "tx_drop_control")
PORT_STATS = (
    "tx_frames", "tx_bytes", "tx_multicast", "tx_broadcast", "tx_pause",
    "rx_frames", "rx_bytes", "rx_multicast", "rx_broadcast", "rx_pause",
    "rx_drop", "rx_oversize", "rx_undersize", "link_down",
    *(f"tx_size_{n}" for n in range(7)), *(f"rx_size_{n}" for n in range(7)),
    "rx_symbol_errors")


def stat(n):
    return 0xb000 + n * 8


# 10. Mailbox
REG_MBOX_REQ = 0x2000
REG_MBOX_RSP = 0x2100
REG_MBOX_DB = 0x2200
REG_MBOX_STATE = 0x2204
MBOX_STATE_BUSY = bits(0)
MBOX_STATE_ERROR = bits(15, 8)
(MBOX_NEGOTIATE, MBOX_MAC_SET, MBOX_FILTER_ADD, MBOX_FILTER_DEL, MBOX_VLAN_ADD,
 MBOX_VLAN_DEL, MBOX_RX_MODE, MBOX_CHANNELS_GET) = range(1, 9)
MBOX_CAP_FILTERS = bits(0)
MBOX_CAP_VLAN = bits(1)

SLOT_SIZE = 320
SLOT_LAST = 56                  # valid or done
SLOT_MSG = 64
SLOT_PHASE = bits(63)
SLOT_STATUS = bits(15, 0)
SLOT_LEN = bits(31, 16)
RQ_REQUEST, RQ_NOTICE = 1, 2
RQ_QUEUE_TX = 0x8000
SQ_REPLY, SQ_COMMAND = 1, 2
SQ_IRQ = 0x01
NOTICE_RESET = bits(0)
NOTICE_BUS_MASTER = bits(1)
NOTICE_QUEUE_ERROR = bits(2)

RX_MODE_PROMISC = bits(0)
RX_MODE_ALLMULTI = bits(1)
RX_MODE_VLAN_FILTER = bits(2)

(OK, ERR_INVALID, ERR_UNSUPPORTED, ERR_DENIED, ERR_NO_SPACE, ERR_EXISTS,
 ERR_NOT_FOUND, ERR_BUSY, ERR_STATE, ERR_LENGTH, ERR_STALE, ERR_RANGE,
 ERR_INTERNAL) = range(13)

# 11. PF block
REG_PF_CTRL = 0x10000
REG_PF_NUM_VFS = 0x10004
REG_PORT_LINK = 0x10008
REG_PORT_SPEED = 0x1000c
REG_LIMIT_FILTERS = 0x10010
REG_LIMIT_LISTS = 0x10014
REG_LIMIT_RATE_GROUPS = 0x10018
REG_PORT_LED = 0x1001c
REG_RQ = 0x10100
REG_SQ = 0x10140
SLOTQ_BASE = 0x00
SLOTQ_SIZE = 0x08
SLOTQ_CTRL = 0x0c
SLOTQ_STATE = 0x10
SLOTQ_HEAD = 0x14
SLOTQ_DB = 0x18
RQ_LOG2_MIN = 9
PF_CTRL_RESET = bits(0)
PF_CTRL_READY = bits(1)
PORT_LINK_UP = bits(0)

(CMD_PORT_SET, CMD_PORT_GET, CMD_STATUS_SET, CMD_FILTER_ADD, CMD_FILTER_DEL,
 CMD_FILTER_CLEAR, CMD_VLAN_ADD, CMD_VLAN_DEL, CMD_RX_MODE, CMD_SWITCH_SET,
 CMD_SWITCH_GET, CMD_LIST_SET, CMD_LIST_GET, CMD_VF_RESET,
 CMD_STATS_GET, CMD_TRUNK_SET, CMD_TRUNK_GET, CMD_RATE_GROUP_SET, CMD_LINK_SET,
 CMD_LINK_GET, CMD_PORT_STATS_GET, CMD_VF_STATS_READ,
 CMD_RATE_GROUP_GET, CMD_TAG_STATS_GET, CMD_CHANNEL_SET, CMD_CHANNEL_GET) = range(1, 27)
PORT_PF = 0xffff
PORT_VALID_MAC = bits(0)
PORT_VALID_VLAN = bits(1)
PORT_VALID_CHANNEL = bits(2)
PORT_VALID_FLAGS = bits(3)
PORT_VALID_FEATURES = bits(4)
PORT_VALID_RESOURCES = bits(5)
PORT_VALID_COOKIE = bits(6)
PORT_VALID_RATE = bits(7)
PORT_VALID_OWN_MAC = bits(8)
PORT_VALID_PRIO_MAP = bits(9)
PRIO_MAP_DEFAULT = 0xfedcba9876543210
PORT_FLAG_LINK = bits(0)
PORT_FLAG_SPOOFCHK = bits(1)
PORT_FLAG_TRUST = bits(2)
PORT_FLAG_TRUNK = bits(3)
CHANNEL_GRANT = bits(0)
LINK_AUTONEG = bits(0)
LINK_PAUSE_AUTONEG = bits(1)
LINK_RX_PAUSE = bits(2)
SPEED_ALL = bits(9, 0)
TRUNK_VIDS = 1024
MAX_VF_STATS = 64
MAX_RATE = 400000

# 12. Switch
SWITCH_VEB, SWITCH_VEPA, SWITCH_VNTAG, SWITCH_ETAG = range(4)
VNTAG_ETHERTYPE = 0x8926
VNTAG_DIR = bits(31)
VNTAG_PTR = bits(30)
VNTAG_DVIF = bits(29, 16)
VNTAG_LOOPED = bits(15)
VNTAG_SVIF = bits(11, 0)
ETAG_ETHERTYPE = 0x893f
ETAG_PCP = bits(47, 45)
ETAG_DEI = bits(44)
ETAG_INGRESS = bits(43, 32)
ETAG_RSVD = bits(31, 30)
ETAG_GRP = bits(29, 28)
ETAG_ECID = bits(27, 16)
ETAG_INGRESS_EXT = bits(15, 8)
ETAG_ECID_EXT = bits(7, 0)
TAG_STATS = ("rx_none", "rx_truncated", "rx_direction", "rx_version", "rx_reserved",
             "rx_nested", "rx_unknown")

# 15. Errors
(ERROR_NONE, ERROR_FEATURES, ERROR_DISABLED, ERROR_SIZE, ERROR_ALIGN,
 ERROR_VECTOR, ERROR_RESERVED, ERROR_LENGTH, ERROR_CHAIN, ERROR_INDEX, ERROR_DMA,
 ERROR_FEATURE_UNUSED, ERROR_BUSY, ERROR_MSG) = range(14)
