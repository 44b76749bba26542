# SPDX-License-Identifier: Apache-2.0
"""The scenarios, and the two programs that make their load."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path

import machine
from children import Children, Failure

HOST = "site-0001.example"
# A response head is far smaller; a body that is off by this much is found by the check before each run.
MOST_HEAD_BYTES = 1024
AB_MOST_REQUESTS = 1_000_000
GRACE_SECONDS = 60


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    path: str
    body_bytes: int
    connections: int
    hosts: int
    kept_alive: bool
    target: float | None  # the most that rsp may use, as a multiple of HAProxy's CPU time per request
    tls: bool = False
    tool: str = ""  # h2load or s_time; otherwise wrk or ab
    streams: int = 1  # at a time on each connection

    @property
    def program(self) -> str:
        return self.tool or ("wrk" if self.kept_alive else "ab")


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("small", "612 B, keep-alive, 64 connections", "/612", 612, 64, 1, True, 0.80),
        Scenario("medium", "10 kB, keep-alive, 64 connections", "/10k", 10_240, 64, 1, True, 0.80),
        Scenario("large", "1 MiB, keep-alive, 64 connections", "/1m", 1_048_576, 64, 1, True, 0.55),
        Scenario("close", "612 B, one connection per request, 100 at a time", "/612", 612, 100, 1, False, 1.10),
        Scenario("tls-small", "612 B, TLS, keep-alive, 64 connections", "/612", 612, 64, 1, True, 0.80, True),
        Scenario("tls-large", "1 MiB, TLS, keep-alive, 64 connections", "/1m", 1_048_576, 64, 1, True, 1.0, True),
        Scenario("tls-close", "612 B, a full handshake (P-256) for each, 100 at a time", "/612", 612, 100, 1, False, 0.90, True),
        Scenario("tls-resume", "612 B, a resumed session (TLS 1.2) for each", "/612", 612, 1, 1, False, 0.70, True, "s_time"),
        Scenario("h2-small", "612 B, HTTP/2 over TLS, 8 connections, 100 streams", "/612", 612, 8, 1, True, 0.80, True, "h2load", 100),
        Scenario("h2-large", "1 MiB, HTTP/2 over TLS, 8 connections, 8 streams", "/1m", 1_048_576, 8, 1, True, 0.80, True, "h2load", 8),
        Scenario("hosts", "612 B, keep-alive, 64 connections, 1,000 hostnames", "/612", 612, 64, 1000, True, None),
    )
}


@dataclass(frozen=True)
class Load:
    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


class Generator:
    """Makes the load of a scenario. Whatever is not a whole 2xx response of the right length is a Failure."""

    def __init__(self, children: Children, directory: Path, scenarios: list):
        self._children = children
        self._directory = directory
        programs = {scenario.program for scenario in scenarios}
        self._wrk = machine.tool("wrk") if "wrk" in programs else None
        self._ab = machine.tool("ab") if "ab" in programs else None
        self._h2load = machine.tool("h2load") if "h2load" in programs else None
        self._openssl = machine.tool("openssl") if "s_time" in programs else None

    def for_seconds(self, scenario: Scenario, proxy: str, port: int, seconds: float) -> Load:
        if scenario.tool:
            return self._run_tool(scenario, proxy, port, seconds)
        if scenario.kept_alive:
            return self._run_wrk(scenario, proxy, port, seconds)
        whole_seconds = max(1, round(seconds))
        return self._run_ab(scenario, proxy, port, ["-t", whole_seconds, "-n", AB_MOST_REQUESTS], seconds)

    def counted(self, scenario: Scenario, proxy: str, port: int, seconds: float, rate: float) -> Load:
        """Like `for_seconds`, but ab gets a fixed number of requests: at a time limit it cuts the last ones off."""
        if scenario.tool:
            return self._run_tool(scenario, proxy, port, seconds)
        if scenario.kept_alive:
            return self._run_wrk(scenario, proxy, port, seconds)
        count = min(AB_MOST_REQUESTS, max(scenario.connections, round(rate * seconds)))
        return self._run_ab(scenario, proxy, port, ["-n", count], seconds, count)

    def _run_tool(self, scenario: Scenario, proxy: str, port: int, seconds: float) -> Load:
        run = self._run_h2load if scenario.tool == "h2load" else self._run_s_time
        return run(scenario, proxy, port, max(1, round(seconds)))

    def _run_h2load(self, scenario: Scenario, proxy: str, port: int, seconds: int) -> Load:
        command = [self._h2load, "-t1", f"-c{scenario.connections}", f"-m{scenario.streams}", f"-D{seconds}"]
        command += ["-H", f":authority: {HOST}", f"https://127.0.0.1:{port}{scenario.path}"]
        output = self._children.run("h2load", command, seconds + GRACE_SECONDS)
        done = re.search(r"finished in ([\d.]+)(m?s),", output)
        counts = re.search(r"^requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", output, re.MULTILINE)
        traffic = re.search(r"^traffic: .* \(\d+\) total, .*, .*\((\d+)\) data", output, re.MULTILINE)
        statuses = re.search(r"^status codes: (\d+) 2xx", output, re.MULTILINE)
        if not (done and counts and traffic and statuses):
            raise Failure(f"{proxy}, {scenario.name}: h2load left no numbers:\n{output}")
        requests, *bad = (int(number) for number in counts.groups())
        if any(bad) or requests == 0 or int(statuses.group(1)) < requests:
            raise Failure(f"{proxy}, {scenario.name}: h2load saw failures:\n{output}")
        under_way = scenario.connections * scenario.streams
        received = int(traffic.group(1))
        if not requests * scenario.body_bytes <= received <= (requests + under_way) * scenario.body_bytes:
            raise Failure(f"{proxy}, {scenario.name}: wrong body length: {received} bytes in {requests} responses")
        elapsed = float(done.group(1)) / (1000 if done.group(2) == "ms" else 1)
        mean = re.search(r"^time for request: +\S+ +\S+ +([\d.]+)(us|ms|s)", output, re.MULTILINE)
        if not mean:
            raise Failure(f"{proxy}, {scenario.name}: h2load left no times:\n{output}")
        millis = float(mean.group(1)) * {"us": 0.001, "ms": 1, "s": 1000}[mean.group(2)]
        return Load(requests, elapsed, millis, millis)  # it has no percentiles: the mean stands for both

    def _run_s_time(self, scenario: Scenario, proxy: str, port: int, seconds: int) -> Load:
        command = [self._openssl, "s_time", "-connect", f"127.0.0.1:{port}", "-reuse", "-tls1_2", "-time", seconds]
        command += ["-www", f"{scenario.path} HTTP/1.0\r\nHost: {HOST}\r\nX: "]
        output = self._children.run("openssl", command, seconds + GRACE_SECONDS)
        found = re.findall(r"^(\d+) connections in (\d+) real seconds, (\d+) bytes read per connection", output, re.MULTILINE)
        if not found:
            raise Failure(f"{proxy}, {scenario.name}: openssl s_time left no numbers:\n{output}")
        requests, elapsed, each = (int(number) for number in found[-1])
        if requests == 0 or not scenario.body_bytes < each <= scenario.body_bytes + MOST_HEAD_BYTES:
            raise Failure(f"{proxy}, {scenario.name}: wrong body length: {each} bytes in each of {requests} responses")
        millis = 1000.0 * elapsed / requests  # one at a time
        return Load(requests, elapsed, millis, millis)

    def _run_wrk(self, scenario: Scenario, proxy: str, port: int, seconds: float) -> Load:
        whole_seconds = max(1, round(seconds))
        script = Path(__file__).with_name("load.lua")
        command = [self._wrk, "-t1", f"-c{scenario.connections}", f"-d{whole_seconds}s", "--timeout", "10s", "--latency"]
        command += ["-s", script, "-H", f"Host: {HOST}", f"{scheme(scenario)}://127.0.0.1:{port}{scenario.path}", "--", scenario.hosts]
        output = self._children.run("wrk", command, whole_seconds + GRACE_SECONDS)
        found = re.search(r"^exact (\{.*\})$", output, re.MULTILINE)
        if not found:
            raise Failure(f"{proxy}, {scenario.name}: wrk left no numbers:\n{output}")
        exact = json.loads(found.group(1))
        bad = ", ".join(f"{count} {kind}" for kind, count in exact["errors"].items() if count)
        if bad:
            raise Failure(f"{proxy}, {scenario.name}: wrk saw errors: {bad} (of {exact['requests']} requests)")
        requests, received = exact["requests"], exact["bytes"]
        if requests == 0:
            raise Failure(f"{proxy}, {scenario.name}: wrk got no response")
        # wrk counts all bytes, also of the responses under way at its end: at most one per connection.
        most = (requests + scenario.connections) * (scenario.body_bytes + MOST_HEAD_BYTES)
        if not requests * scenario.body_bytes < received <= most:
            raise Failure(
                f"{proxy}, {scenario.name}: wrong body length: {received} bytes in {requests} responses"
                f" (expected: {scenario.body_bytes} and a head each)"
            )
        return Load(requests, exact["micros"] / 1e6, exact["p50"] / 1e3, exact["p99"] / 1e3)

    def _run_ab(
        self, scenario: Scenario, proxy: str, port: int, amount: list, seconds: float, expected: int | None = None
    ) -> Load:
        percentiles = self._directory / "ab.csv"
        command = [self._ab, "-q", f"-c{scenario.connections}", *amount, "-e", percentiles, "-H", f"Host: {HOST}"]
        command += [f"{scheme(scenario)}://127.0.0.1:{port}{scenario.path}"]
        output = self._children.run("ab", command, seconds * 10 + GRACE_SECONDS)

        def number(label: str, missing: float | None = None) -> float:
            found = re.search(rf"^{label}:\s+([\d.]+)", output, re.MULTILINE)
            if found:
                return float(found.group(1))
            if missing is None:
                raise Failure(f"{proxy}, {scenario.name}: no “{label}” in the report of ab:\n{output}")
            return missing

        done = round(number("Complete requests"))
        for label in ("Failed requests", "Non-2xx responses", "Write errors"):
            count = round(number(label, 0))
            if count:
                raise Failure(f"{proxy}, {scenario.name}: {label.lower()}: {count} of {done}\n{output}")
        if expected is not None and done != expected:
            raise Failure(f"{proxy}, {scenario.name}: ab completed {done} requests (expected: {expected})")
        # ab counts a response whose length differs from the first one's as failed, so the first one's decides.
        if round(number("Document Length")) != scenario.body_bytes:
            raise Failure(f"{proxy}, {scenario.name}: wrong body length (expected: {scenario.body_bytes})\n{output}")
        with open(percentiles, newline="") as table:
            times = {row[0]: float(row[1]) for row in list(csv.reader(table))[1:]}
        return Load(done, number("Time taken for tests"), times["50"], times["99"])


def scheme(scenario: Scenario) -> str:
    return "https" if scenario.tls else "http"
