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


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("small", "612 B, keep-alive, 64 connections", "/612", 612, 64, 1, True, 0.80),
        Scenario("medium", "10 kB, keep-alive, 64 connections", "/10k", 10_240, 64, 1, True, 0.80),
        Scenario("large", "1 MiB, keep-alive, 64 connections", "/1m", 1_048_576, 64, 1, True, 0.55),
        Scenario("close", "612 B, one connection per request, 100 at a time", "/612", 612, 100, 1, False, 1.10),
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
        self._wrk = machine.tool("wrk") if any(s.kept_alive for s in scenarios) else None
        self._ab = machine.tool("ab") if not all(s.kept_alive for s in scenarios) else None

    def for_seconds(self, scenario: Scenario, proxy: str, port: int, seconds: float) -> Load:
        if scenario.kept_alive:
            return self._run_wrk(scenario, proxy, port, seconds)
        whole_seconds = max(1, round(seconds))
        return self._run_ab(scenario, proxy, port, ["-t", whole_seconds, "-n", AB_MOST_REQUESTS], seconds)

    def counted(self, scenario: Scenario, proxy: str, port: int, seconds: float, rate: float) -> Load:
        """Like `for_seconds`, but ab gets a fixed number of requests: at a time limit it cuts the last ones off."""
        if scenario.kept_alive:
            return self._run_wrk(scenario, proxy, port, seconds)
        count = min(AB_MOST_REQUESTS, max(scenario.connections, round(rate * seconds)))
        return self._run_ab(scenario, proxy, port, ["-n", count], seconds, count)

    def _run_wrk(self, scenario: Scenario, proxy: str, port: int, seconds: float) -> Load:
        whole_seconds = max(1, round(seconds))
        script = Path(__file__).with_name("load.lua")
        command = [self._wrk, "-t1", f"-c{scenario.connections}", f"-d{whole_seconds}s", "--timeout", "10s", "--latency"]
        command += ["-s", script, "-H", f"Host: {HOST}", f"http://127.0.0.1:{port}{scenario.path}", "--", scenario.hosts]
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
        command += [f"http://127.0.0.1:{port}{scenario.path}"]
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
