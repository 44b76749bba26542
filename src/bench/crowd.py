# SPDX-License-Identifier: Apache-2.0
"""What clients that ask and do not read cost each proxy, and what others get meanwhile."""

from __future__ import annotations

import argparse
import math
import selectors
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import machine
import meter
from children import Children, Failure
from proxies import STALLED_PATH, Proxy, Starter

SCENARIOS = {
    "stalled": "KiB of memory for each download that is not read (PSS of all processes of the proxy)",
    "crowd": "requests for another host beside these downloads",
}
HOST = "site-0001.example"
PROBES = 100
PROBE_GAP_SECONDS = 0.02
PROBE_TIMEOUT_SECONDS = 5.0
WARM_UP_REQUESTS = 3000
QUICK_WARM_UP_REQUESTS = 30
CONNECTING = 100  # at a time
SETTLE_SECONDS = 3.0  # the kernel moves what fits into the sockets
LEAVE_SECONDS = 10.0
QUICK_LEAVE_SECONDS = 0.5
KIB = 1024


@dataclass(frozen=True)
class Outcome:
    proxy: str
    clients: int
    before_kib: int
    crowded_kib: int
    after_kib: int
    kernel_kib: int
    answered: int
    p50_ms: float
    p99_ms: float


def proportional_kib(session: int) -> int:
    """The memory of all processes of a proxy; what several share is counted once (PSS, proc(5))."""
    total = 0
    for pid in meter.processes_of(session):
        text = (Path("/proc") / str(pid) / "smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total


def kernel_kib() -> int:
    """What all TCP sockets of the machine hold, backend and clients included."""
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            words = line.split()
            return int(words[words.index("mem") + 1]) * 4
    return 0


def ask(port: int) -> float:
    """Milliseconds until the whole of a small page was there; infinite if it did not come."""
    start = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", port), PROBE_TIMEOUT_SECONDS) as client:
            client.sendall(b"GET /612 HTTP/1.1\r\nHost: probe.example\r\nConnection: close\r\n\r\n")
            received = b""
            while part := client.recv(65536):
                received += part
    except OSError:
        return math.inf
    whole = received.startswith(b"HTTP/1.1 200 ") and len(received) > 612
    return (time.monotonic() - start) * 1000 if whole else math.inf


class Crowd:
    """Clients that each ask for a large body and read nothing."""

    def __init__(self, port: int, count: int):
        self._clients: list[socket.socket] = []
        selector = selectors.DefaultSelector()
        request = f"GET {STALLED_PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
        connecting = 0
        while len(self._clients) < count or connecting:
            while len(self._clients) < count and connecting < CONNECTING:
                client = socket.socket()
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", port))
                selector.register(client, selectors.EVENT_WRITE)
                self._clients.append(client)
                connecting += 1
            for key, _ in selector.select(1.0):
                selector.unregister(key.fileobj)
                connecting -= 1
                try:
                    key.fileobj.send(request)
                except OSError as error:
                    raise Failure(f"a client of the crowd is refused: {error}") from None
        selector.close()

    def leave(self) -> None:
        for client in self._clients:
            client.close()


def measure(proxy: Proxy, count: int, quick: bool) -> Outcome:
    for _ in range(QUICK_WARM_UP_REQUESTS if quick else WARM_UP_REQUESTS):
        if ask(proxy.port) == math.inf:
            raise Failure(f"{proxy.name}: no answer before the crowd came")
    before = proportional_kib(proxy.child.pid)
    kernel = kernel_kib()
    crowd = Crowd(proxy.port, count)
    time.sleep(SETTLE_SECONDS)
    times = []
    for _ in range(PROBES):
        times.append(ask(proxy.port))
        time.sleep(PROBE_GAP_SECONDS)
    crowded, kernel = proportional_kib(proxy.child.pid), kernel_kib() - kernel
    crowd.leave()
    time.sleep(QUICK_LEAVE_SECONDS if quick else LEAVE_SECONDS)
    good = sorted(each for each in times if each < math.inf)
    return Outcome(
        proxy.name,
        count,
        before,
        crowded,
        proportional_kib(proxy.child.pid),
        kernel,
        len(good),
        good[len(good) // 2] if good else math.inf,
        good[math.ceil(len(good) * 0.99) - 1] if good else math.inf,
    )


def table(outcomes: list[Outcome]) -> str:
    lines = [
        f"### stalled, crowd: {outcomes[0].clients:,} downloads of 8 MiB that are not read",
        "",
        "| proxy | KiB per download | MiB before | with them | 10 s after | kernel, KiB per download, all sockets"
        " | others answered | p50 ms | p99 ms |",
        "|---|" + "---:|" * 8,
    ]
    for each in outcomes:
        lines.append(
            f"| {each.proxy} | {(each.crowded_kib - each.before_kib) / each.clients:.1f} | {each.before_kib // KIB}"
            f" | {each.crowded_kib // KIB} | {each.after_kib // KIB} | {each.kernel_kib // each.clients}"
            f" | {each.answered} of {PROBES} | {each.p50_ms:.1f} | {each.p99_ms:.1f} |"
        )
    return "\n".join(lines) + "\n"


def compare(options: argparse.Namespace, children: Children, directory: Path) -> int:
    """Each proxy alone with the backend, one after the other."""
    most = (machine.raise_file_limit() - 200) // 2
    count = min(options.clients, most)
    starter = Starter(children, directory)
    starter.backend(options.backend_nopush)
    outcomes = []
    for name in options.proxies:
        if name == "relay":
            continue  # it has one thread and blocks
        proxy = starter.start(name, options.builds)
        outcomes.append(measure(proxy, count, options.quick))
        children.stop(proxy.child)
    print(table(outcomes))
    bad = [each.proxy for each in outcomes if each.proxy in options.builds and each.answered < PROBES]
    return 1 if options.enforce and bad else 0
