# SPDX-License-Identifier: Apache-2.0
"""What the machine offers: tools, JDKs, ports, limits."""

from __future__ import annotations

import os
import random
import re
import resource
import shutil
import socket
import subprocess
from pathlib import Path

from children import Failure

DEBIAN_PACKAGES = {
    "nginx": "nginx-light",
    "haproxy": "haproxy",
    "wrk": "wrk",
    "ab": "apache2-utils",
    "h2load": "nghttp2-client",
    "openssl": "openssl",
    "gcc": "gcc libc6-dev",
    "strace": "strace",
    "perf": "linux-perf",
    "unshare": "util-linux",
    "ip": "iproute2",
}
LOWEST_PORT = 10000


def find_tool(name: str) -> str | None:
    # Debian keeps daemons in /usr/sbin, which is not in the PATH of a normal user.
    return shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin")


def tool(name: str) -> str:
    found = find_tool(name)
    if found is None:
        raise Failure(f"{name} is missing (Debian package: {DEBIAN_PACKAGES[name]})")
    return found


def version(command: list, pattern: str) -> str:
    """What a program says its version is: nginx, ab and java write it to stderr, wrk with status 1."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    match = re.search(pattern, done.stdout)
    return match.group(1) if match else "unknown"


def java_home() -> Path | None:
    """The JDK for rsp: the one asked for, else a JDK 25, else whatever the environment gives (None)."""
    asked = os.environ.get("RSP_BENCH_JAVA_HOME")
    if asked:
        return Path(asked)
    for release in sorted(Path("/usr/lib/jvm").glob("*/release")):
        if re.search(r'^JAVA_VERSION="25\b', release.read_text(errors="replace"), re.MULTILINE):
            return release.parent
    return None


def java_version(environment: dict) -> str:
    home = environment.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    if shutil.which(java) is None:
        raise Failure(f"{java} is missing (Debian package: openjdk-17-jre-headless or newer)")
    return version([java, "-version"], r'version "([^"]+)"')


def free_ports(count: int) -> list[int]:
    """Ports that nobody holds. Below the ephemeral range, so that no outgoing connection of the load takes one meanwhile."""
    ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    top = ephemeral if ephemeral > LOWEST_PORT + 1000 else 61000
    found: list[int] = []
    # Not from the seed of the run: two runs with one seed must not want the same ports.
    for port in random.SystemRandom().sample(range(LOWEST_PORT, top), 900):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise Failure(f"fewer than {count} free ports on 127.0.0.1")


def raise_file_limit() -> int:
    """Lets this process and its children open as many files as allowed; returns that number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def describe() -> dict:
    model = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {
        "cpu": model.group(1) if model else os.uname().machine,
        "cpus": len(os.sched_getaffinity(0)),
        "memory_mib": int(memory.group(1)) // 1024 if memory else None,
        "kernel": os.uname().release,
        # Works on loopback too, and differs in cost.
        "tcp_congestion_control": congestion_control(),
    }


def congestion_control() -> str:
    """That of a connection on loopback; a route may have its own."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        name = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
    return name.rstrip(b"\0").decode()
