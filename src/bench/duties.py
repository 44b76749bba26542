# SPDX-License-Identifier: Apache-2.0
"""Checks that a proxy does the work that the comparison supposes."""

from __future__ import annotations

import http.client
import re

from children import Failure
from load import Scenario
from proxies import BODIES, SERVERS, Proxy, body

HOSTS = 64
TIMEOUT_SECONDS = 10


def check_bodies(proxy: Proxy) -> None:
    """One request for each body; anything but the exact bytes is a Failure."""
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=TIMEOUT_SECONDS)
    try:
        for path in BODIES:
            connection.request("GET", path, headers={"Host": "site-0001.example"})
            response = connection.getresponse()
            received = response.read()
            if response.status != 200:
                raise Failure(f"{proxy.name}: status {response.status} for {path} (expected: 200)")
            if received != body(path):
                raise Failure(f"{proxy.name}: wrong body for {path}: {len(received)} bytes (expected: {BODIES[path]})")
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"{proxy.name}: {path}: {error!r}") from error
    finally:
        connection.close()


def unequal_duties(proxy: Proxy) -> list[str]:
    """What the proxy leaves undone that the others do: fields to add, hosts to spread."""
    missing = []
    ports: dict[str, set] = {}
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=TIMEOUT_SECONDS)
    try:
        for i in [*range(HOSTS), *range(HOSTS)]:
            host = f"site-{i:04d}.example"
            # Every second time in capitals: the same host.
            sent = host.upper() if host in ports else host
            connection.request("GET", "/echo", headers={"Host": sent})
            fields = connection.getresponse().read().decode(errors="replace").strip().split("|")
            if len(fields) != 6:
                return [f"no usable answer to /echo: {fields}"]
            ports.setdefault(host, set()).add(fields[5])
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"{proxy.name}: /echo: {error!r}") from error
    finally:
        connection.close()
    client, scheme, forwarded_host, via, host_field, _ = fields
    for name, value, expected in (
        ("X-Forwarded-For", client, "127.0.0.1"),
        ("X-Forwarded-Proto", scheme, "http"),
        ("X-Forwarded-Host", forwarded_host.lower(), host),
        ("Host", host_field.lower(), host),
    ):
        if value != expected:
            missing.append(f"{name} is “{value}” at the backend (expected: “{expected}”)")
    if not via.startswith("1.1 "):
        missing.append(f"Via is “{via}” at the backend (expected: “1.1 …”)")
    if any(len(each) > 1 for each in ports.values()):
        missing.append("a host in capitals goes to another server")
    used = len(set().union(*ports.values()))
    if used < SERVERS - 1:
        missing.append(f"{HOSTS} hosts reach {used} servers (expected: {SERVERS})")
    return missing


def backend_accepts(backend: Proxy) -> int:
    """How many connections the backend has accepted. Asking makes one more."""
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/status")
        text = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"backend: /status: {error!r}") from error
    finally:
        connection.close()
    found = re.search(r"requests\s+(\d+)", text)
    if not found:
        raise Failure(f"backend: no connection counts (nginx without stub_status?):\n{text}")
    return int(found.group(1))


def most_accepts(scenario: Scenario, requests: int) -> int:
    """More connections to the backend than this, and they are not kept. Each server may see every client at once."""
    servers = SERVERS if scenario.hosts > 1 else 1
    return 2 * servers * scenario.connections + requests // 20
