# SPDX-License-Identifier: Apache-2.0
"""Compares rsp with HAProxy and nginx in paired, interleaved rounds. src/docs/benchmarks.md says how and why."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import crowd
import duties
import extras
import machine
import meter
import namespace
import report
import syscalls
from children import Children, Failure, Stopped, stop_on_signals
from load import SCENARIOS, Generator, Scenario
from options import ROOT, arguments
from proxies import Proxy, Starter

PEER_WARMUP_SECONDS = 1.0  # fills their pools; C has no more to warm up
SETTLE_SECONDS = 0.1  # lets a proxy finish closing the connections of the load that has just ended
KIB = 1024


def check_tools(options: argparse.Namespace) -> None:
    """Says what is missing before anything starts."""
    machine.tool("nginx")  # the backend
    if any(name.startswith("haproxy") for name in options.proxies):
        machine.tool("haproxy")
    for name in options.proxies:
        build = options.builds.get(name)
        if build and not os.access(build.program, os.X_OK):
            raise Failure(f"{build.program} is missing: build rsp first (mvn package), or see --rsp and --proxies")
    if "relay" in options.proxies and machine.find_tool("gcc") is None:
        options.proxies.remove("relay")
        say(f"relay left out: gcc is missing (Debian packages: {machine.DEBIAN_PACKAGES['gcc']})")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Comparison:
    """One run: what is running, and what was measured so far."""

    def __init__(self, options: argparse.Namespace, children: Children, directory: Path):
        self._options = options
        self._children = children
        self._scenarios = [SCENARIOS[name] for name in options.scenarios]
        self._generator = Generator(children, directory, self._scenarios)
        self._starter = Starter(children, directory, any(scenario.tls for scenario in self._scenarios))
        self._rates: dict = {}
        self.samples: list = []
        self.warnings: list = []
        self.doubts: dict = {}
        self.backend = self._starter.backend(options.backend_nopush)
        self.proxies = [self._starter.start(name, options.builds) for name in options.proxies]

    def check_duties(self) -> None:
        for proxy in self.proxies:
            duties.check_bodies(proxy)
            if proxy.name != "relay":
                for what in duties.unequal_duties(proxy):
                    self._warn(f"unequal duties: {proxy.name}: {what}")
                    # A competitor that does less spoils every claim.
                    for build in [proxy.name] if proxy.name in self._options.builds else self._options.builds:
                        self._doubt(build, f"unequal duties of {proxy.name}")
        for proxy in self.proxies:
            if proxy.name in self._options.builds and not proxy.version.startswith("Java 25"):
                self._doubt(proxy.name, f"{proxy.version} (expected: Java 25)")

    def _doubt(self, build: str, reason: str) -> None:
        if reason not in self.doubts.setdefault(build, []):
            self.doubts[build].append(reason)

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)
            say(f"warning: {text}")

    def warm_up(self) -> None:
        for scenario in self._scenarios:
            for proxy in self.proxies:
                seconds = self._options.warmup if proxy.name in self._options.builds else PEER_WARMUP_SECONDS
                load = self._generator.for_seconds(scenario, proxy.name, proxy.port_of(scenario), max(1.0, seconds))
                self._rates[scenario.name, proxy.name] = load.rate
                say(f"warm-up {scenario.name:10} {proxy.name:15} {load.rate:10,.0f} requests/s")

    def run(self, order: random.Random) -> None:
        for number in range(1, self._options.rounds + 1):
            for scenario in self._scenarios:
                for position, proxy in enumerate(order.sample(self.proxies, len(self.proxies)), 1):
                    sample = self._measure(scenario, proxy)
                    self.samples.append({"round": number, "position": position, **sample})
                    say(
                        f"round {number}/{self._options.rounds} {scenario.name:10} {proxy.name:15}"
                        f" {sample['cpu_us']:9.2f} µs/request {sample['rate']:10,.0f} requests/s"
                    )

    def _measure(self, scenario: Scenario, proxy: Proxy) -> dict:
        self._children.check_alive()
        time.sleep(SETTLE_SECONDS)
        accepts = duties.backend_accepts(self.backend)
        others = meter.usage(self.backend.child.pid)
        machine_before, before = meter.machine_time(), meter.usage(proxy.child.pid)
        rate = self._rates[scenario.name, proxy.name]
        load = self._generator.counted(scenario, proxy.name, proxy.port_of(scenario), self._options.seconds, rate)
        time.sleep(SETTLE_SECONDS)
        after, machine_after = meter.usage(proxy.child.pid), meter.machine_time()
        backend_after = meter.usage(self.backend.child.pid)
        accepts = duties.backend_accepts(self.backend) - accepts - 1
        if before.pids != after.pids:
            raise Failure(f"{proxy.name}, {scenario.name}: its processes changed: {before.pids} became {after.pids}")
        if proxy.name != "relay" and accepts > duties.most_accepts(scenario, load.requests):
            self._warn(
                f"{proxy.name}, {scenario.name}: {accepts} new connections to the backend for {load.requests} requests:"
                " it does not keep them"
            )
            if proxy.name in self._options.builds:
                self._doubt(proxy.name, "does not keep connections to the backend")
        user, system = after.user - before.user, after.system - before.system
        backend_used = backend_after.user + backend_after.system - others.user - others.system
        total = machine_after.total - machine_before.total
        known = user + system + backend_used + machine_after.generators - machine_before.generators
        per_request = 1e6 / load.requests
        return {
            "scenario": scenario.name,
            "proxy": proxy.name,
            "requests": load.requests,
            "seconds": load.seconds,
            "rate": load.rate,
            "p50_ms": load.p50_ms,
            "p99_ms": load.p99_ms,
            "cpu_us": (user + system) * per_request,
            "user_us": user * per_request,
            "system_us": system * per_request,
            "switches_per_request": (after.voluntary_switches - before.voluntary_switches) / load.requests,
            "peak_rss_mib": after.peak_rss_kib / KIB,
            "backend_accepts": accepts,
            "backend_cpu_us": backend_used * per_request,
            "steal": (machine_after.steal - machine_before.steal) / total,
            "others": max(0.0, machine_after.busy - machine_before.busy - known) / total,
            "thread_seconds": {name: round(used, 2) for name, used in (after.threads - before.threads).items()},
        }


def compare(options: argparse.Namespace, children: Children, directory: Path) -> int:
    seed = options.seed if options.seed is not None else time.time_ns() % 1_000_000
    started = datetime.now(timezone.utc)
    if options.json is None:
        options.json = ROOT / "target" / "bench" / f"{started:%Y%m%d-%H%M%S}.json"
    check_writable(options.json)
    comparison = Comparison(options, children, directory)
    print(f"# Benchmark of {started:%Y-%m-%d %H:%M} UTC\n")
    about = {
        **machine.describe(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "warmup": options.warmup,
        "backend_nopush": options.backend_nopush,
        "seed": seed,
        "versions": {proxy.name: proxy.version for proxy in [comparison.backend, *comparison.proxies] if proxy.version},
    }
    for key, value in about.items():
        told = ", ".join(f"{name} {each}" for name, each in value.items()) if isinstance(value, dict) else value
        print(f"- {key}: {told}")
    print(flush=True)
    failure: BaseException | None = None
    try:
        comparison.check_duties()
        comparison.warm_up()
        comparison.run(random.Random(seed))
    except (Failure, Stopped) as error:
        failure = error
    # Also after a failure: what was measured until then may tell why.
    code = publish(options, comparison, {"started": started.isoformat(), **about}, failure)
    if failure:
        raise failure
    return code


def publish(options: argparse.Namespace, comparison: Comparison, about: dict, failure: BaseException | None) -> int:
    samples, names = comparison.samples, list(options.builds)
    order = [proxy.name for proxy in comparison.proxies]
    # Two builds of rsp: the later ones are also told as multiples of the first.
    bases = [base for base in [report.BASE, *names[:1]] if base in order and (base == report.BASE or len(names) > 1)]
    summary = report.summarise(samples, bases)
    verdicts = report.verdicts(summary, names, comparison.doubts)
    if options.limit:
        verdicts += report.limit_verdicts(summary, options.limit, comparison.doubts)
    for name, rows in summary.items():
        print(report.table(SCENARIOS[name], rows, order, bases))
    if samples:
        print(report.memory_line(summary, order) + "\n")
    for line in [*(f"Warning: {each}" for each in comparison.warnings), *report.noise_lines(samples)]:
        print(f"{line}\n")
    for verdict in verdicts:
        print(report.verdict_line(verdict))
    if samples:
        numbers = {
            **about,
            "failure": str(failure) if failure else None,
            "warnings": comparison.warnings,
            "targets": verdicts,
            "summary": summary,
            "samples": samples,
        }
        leave_json(options, numbers)
    return 1 if options.enforce and not all(verdict["pass"] for verdict in verdicts) else 0


def check_writable(file: Path) -> None:
    """Found out before the run, not after it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "a"):
            pass
    except OSError as error:
        raise Failure(f"cannot write {file}: {error.strerror} (see --json)") from None
    if file.stat().st_size == 0:
        file.unlink()


def leave_json(options: argparse.Namespace, numbers: dict) -> None:
    options.json.write_text(json.dumps(numbers, indent=1) + "\n")
    say(f"numbers in {options.json}")


def profile(options: argparse.Namespace, children: Children, directory: Path) -> int:
    scenario = SCENARIOS[options.scenarios[0]]
    starter, generator = Starter(children, directory, scenario.tls), Generator(children, directory, [scenario])
    starter.backend(options.backend_nopush)
    for name in options.proxies:
        proxy = starter.start(name, options.builds)
        duties.check_bodies(proxy)
        warmup = options.warmup if name in options.builds else PEER_WARMUP_SECONDS
        generator.for_seconds(scenario, name, proxy.port_of(scenario), max(1.0, warmup))
        syscalls.profile(children, generator, scenario, proxy, options)
        children.stop(proxy.child)
    return 0


def main() -> int:
    options = arguments()
    if options.congestion:
        try:
            namespace.enter(options.congestion)
        except Failure as error:
            say(f"bench: {error}")
            return 1
    stop_on_signals()
    directory = Path(tempfile.mkdtemp(prefix="rsp-bench-"))
    children = Children(directory)
    try:
        check_tools(options)
        if options.profile:
            return profile(options, children, directory)
        code = compare(options, children, directory) if options.scenarios else 0
        for name in options.extras:
            children.stop_all()
            alone = directory / name
            alone.mkdir()
            code = max(code, compare(extras.paired(options, name), children, alone))
        if options.crowd:
            children.stop_all()
            alone = directory / "crowd"
            alone.mkdir()
            code = max(code, crowd.compare(options, children, alone))
        return code
    except Failure as error:
        say(f"bench: {error}")
        return 1
    except Stopped as error:
        say(f"bench: stopped by {error}")
        return 128 + error.number
    finally:
        children.stop_all()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
