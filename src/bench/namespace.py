# SPDX-License-Identifier: Apache-2.0
"""A network of the benchmark's own, so that its TCP is what was asked for and not what the machine is tuned to."""

from __future__ import annotations

import os
import sys

from machine import tool

INSIDE = "RSP_BENCH_NAMESPACE"

# By route and not by sysctl: Linux lets a namespace choose only what its host allows everybody, mostly reno. 127.0.0.1 has a
# route of its own, which counts before that of its network.
SCRIPT = """
ip link set lo up
for to in 127.0.0.0/8 127.0.0.1; do ip route replace local $to dev lo table local congctl "$CONTROL"; done
exec "$@"
"""


def enter(congestion: str) -> None:
    """Starts this program again in a network namespace whose loopback connections use that congestion control; needs root."""
    if os.environ.get(INSIDE) != congestion:
        environment = {**os.environ, INSIDE: congestion, "CONTROL": congestion}
        command = [tool("unshare"), "-n", "sh", "-euc", SCRIPT, "sh", sys.executable, *sys.argv]
        tool("ip")
        sys.stdout.flush()
        sys.stderr.flush()
        # Not a child: a signal reaches what it is meant for, and nothing is left behind.
        os.execve(command[0], command, environment)
