# SPDX-License-Identifier: GPL-2.0-only
"""What the selftests share. See each module's own words."""

from .cmd import (Background, CmdError, InNetns, KernelLog, cmd, cmd_json,
                  ethtool, ethtool_json, fails, ip, ip_batch, ip_json, netns_add,
                  read, registers, run, sysctl, write)
from .genl import Genl
from .guest import JOBS, Guest, Machine
from .hw import field, hw, put
from .ksft import (PATIENCE, SLOWNESS, KsftFail, KsftSkip, defer, ksft_eq,
                   ksft_failed, ksft_ge, ksft_in, ksft_le, ksft_main, ksft_ne,
                   ksft_not_in, ksft_pr, ksft_raises, ksft_true, repeat, seeded,
                   since, skip_on_debug, wait_until)
from .packet import (BROADCAST, ETH_P_8021AD, ETH_P_8021Q, ETH_P_TEST, Capture,
                     Frame, Sender, Stream, mac_bytes, make, write_pcap)
from .qmp import Qmp, QmpError
from .qstats import queue_packets, queue_stats
from .rawvf import Memory, RawVf
from .rtnl import Rtnl, attr
from .vane import EXT, PCI, WIRE, Function, Port, Vane, iperf
