#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""limit.py: what PCIe would carry of each format, in packets per second.

Prints the tables of docs/performance.rst. No measurement: bytes on the link in
each direction, by the formats' own sizes.

Inputs:
  PCI Express Base Specification 5.0: 16 and 32 GT/s a lane, 128b/130b; a TLP's
  token with its sequence number 4 bytes, its LCRC 4, header 12 bytes for
  completions and 16 for requests with 64-bit addresses; a DLLP with its token 8
  bytes. Max_Payload_Size 256 and Max_Read_Request_Size 512 are what hosts set.
  vane: docs/hardware.rst, "Transmit" and "Receive".
  igb: Intel 82576 datasheet, advanced descriptors: 16 bytes, written back in
  place.
  virtio: virtio 1.2, split virtqueues: descriptors of 16 bytes, available ring
  2, used ring 8; a header of 12 bytes before each frame, in the same buffer.
  mlx5: drivers/net/ethernet/mellanox/mlx5 of Linux: a send WQE of 64 bytes for
  a frame with one pointer (MLX5_SEND_WQE_BB), a receive WQE of 16, a CQE of 64.
"""

LANES = 16
GENERATIONS = {"Gen4": 16e9, "Gen5": 32e9}
ENCODING = 128 / 130
TLP = 4 + 4             # framing with sequence number, LCRC
REQUEST = 16
COMPLETION = 12
DLLP = 8                # an acknowledgement or credits
DLLP_EVERY = 4          # TLPs
MAX_PAYLOAD = 256
MAX_READ = 512
BATCH = 16              # descriptors, and completions, moved at once
SIZES = (64, 512, 1500, 9000)

# bytes read and written by the card for each frame, beside the frame: read
# descriptors, written completions; and bytes of header kept with the frame
FORMATS = {
    "vane": {"tx": {"read": 16, "write": 8 / BATCH},
             "rx": {"read": 8, "write": 16}, "header": 0},
    "igb": {"tx": {"read": 16, "write": 16},
            "rx": {"read": 16, "write": 16}, "header": 0},
    "virtio": {"tx": {"read": 2 + 16, "write": 8},
               "rx": {"read": 2 + 16, "write": 8}, "header": 12},
    "mlx5-like": {"tx": {"read": 64, "write": 64 / BATCH},
                  "rx": {"read": 16, "write": 64}, "header": 0},
}


def packets_of(size, most):
    """TLPs for @size bytes; a part of one where many frames share it."""
    return max(1, -(-size // most)) if size >= 1 else size


def write(size):
    """Bytes on the link towards memory for a write of @size bytes."""
    return size + packets_of(size, MAX_PAYLOAD) * (TLP + REQUEST)


def read(size):
    """Bytes towards memory and back for a read of @size bytes."""
    return (packets_of(size, MAX_READ) * (TLP + REQUEST),
            size + packets_of(size, MAX_PAYLOAD) * (TLP + COMPLETION))


def batched(cost, size):
    """Cost of one of BATCH entries that are moved together."""
    total = cost(size * BATCH)
    if isinstance(total, tuple):
        return tuple(part / BATCH for part in total)
    return total / BATCH


def frame(form, size, way):
    """Bytes up, towards memory, and down, for one frame."""
    fmt = FORMATS[form]
    up, down = batched(read, fmt[way]["read"])
    up += batched(write, fmt[way]["write"])
    whole = size - 4 + fmt["header"]    # the FCS stays in the card
    if way == "tx":
        more_up, more_down = read(whole)
        up += more_up
        down += more_down
    else:
        up += write(whole)
    # A doorbell, and credits for what the other side sends
    down += (TLP + REQUEST + 4) / BATCH
    share = DLLP / DLLP_EVERY
    return up + share, down + share


def rate(form, size, speed, ways):
    """Frames a second, all @ways at once."""
    up = sum(frame(form, size, way)[0] for way in ways)
    down = sum(frame(form, size, way)[1] for way in ways)
    return speed * ENCODING * LANES / 8 / max(up, down)


def main():
    """Prints the tables."""
    for title, ways in (("Transmit", ("tx",)), ("Receive", ("rx",)),
                        ("Both at once, each way", ("tx", "rx"))):
        for name, speed in GENERATIONS.items():
            print(f"{title}, {name} x{LANES}, million frames a second\n")
            bar = "=" * 10 + (" " + "=" * 8) * len(SIZES)
            print(bar)
            print("Format    " + "".join(f" {size:>8}" for size in SIZES))
            print(bar)
            for form in FORMATS:
                print(f"{form:<10}" + "".join(
                    f" {rate(form, size, speed, ways) / 1e6:>8.1f}"
                    for size in SIZES))
            print(bar + "\n")


if __name__ == "__main__":
    main()
