#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: channels_tagged --allow-leaks --uplink switch --nic-opt x-features-hidden=0xc000
"""vf_channels.py on a card without VANE_FEAT_TX_CHANNEL and VANE_FEAT_RX_CHANNEL: the
driver inserts the tags of granted channels itself, and takes them off."""

from lib.py import ksft_main, skip_on_debug
from vf_channels import CONTROL, DATAPATH, set_up

if __name__ == "__main__":
    ksft_main(DATAPATH + skip_on_debug(*CONTROL), set_up)
