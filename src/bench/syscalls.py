# SPDX-License-Identifier: Apache-2.0
"""Where the time of one proxy goes: its system calls per request, and its hot functions.

Each looks at the proxy in a load of its own, because both slow it: only the proportions mean something.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import time
from pathlib import Path

import machine
import meter
from children import START_SECONDS, Child, Children, Failure
from load import Generator, Scenario
from proxies import Proxy

PERF_LINES = 40
PERF_START_SECONDS = 0.5  # it does not say when it has begun to count


def profile(children: Children, generator: Generator, scenario: Scenario, proxy: Proxy, options: argparse.Namespace) -> None:
    traced = strace(children, generator, scenario, proxy, options.seconds)
    at_speed = {}
    if machine.find_tool("perf"):
        at_speed = perf_stat(children, generator, scenario, proxy, options.seconds, sorted(traced))
    print(f"### System calls per request of {proxy.name}, {scenario.name}: {scenario.title}\n")
    print("| call | by strace | of these failed | at full speed, by perf |\n|---|---:|---:|---:|")
    for name, (calls, errors) in sorted(traced.items(), key=lambda row: -row[1][0]):
        print(f"| {name} | {calls:.3f} | {errors:.3f} | {f'{at_speed[name]:.3f}' if name in at_speed else '–'} |")
    total = f"{sum(at_speed.values()):.3f}" if at_speed else "–"
    print(f"| all | {sum(calls for calls, _ in traced.values()):.3f} | | {total} |\n", flush=True)
    if machine.find_tool("perf"):
        perf_record(children, generator, scenario, proxy, options)
    else:
        print(f"No perf (Debian package: {machine.DEBIAN_PACKAGES['perf']}).")


def strace(children: Children, generator: Generator, scenario: Scenario, proxy: Proxy, seconds: float) -> dict:
    """Call → (calls, failed calls) per request. Every call stops the proxy, so fewer events come together than at speed."""
    pids = meter.processes_of(proxy.child.pid)
    command = [machine.tool("strace"), "-f", "-c", *(word for pid in pids for word in ("-p", pid))]
    tracer = children.start("strace", command)
    wait_until_traced(tracer, pids)
    load = generator.for_seconds(scenario, proxy.name, proxy.port_of(scenario), seconds)
    children.stop(tracer, signal.SIGINT)
    found = {}
    for line in tracer.log.read_text(errors="replace").splitlines():
        # "% time  seconds  usecs/call  calls  [errors]  syscall"
        row = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:(\d+)\s+)?([a-z]\w*)$", line)
        if row and row.group(3) != "total":
            found[row.group(3)] = (int(row.group(1)) / load.requests, int(row.group(2) or 0) / load.requests)
    if not found:
        raise Failure(f"strace counted nothing:\n{tracer.log_tail()}")
    return found


def perf_stat(
    children: Children, generator: Generator, scenario: Scenario, proxy: Proxy, seconds: float, calls: list
) -> dict:
    """Call → calls per request, counted in the kernel at little cost. Needs root; empty if it does not work."""
    perf = machine.tool("perf")
    known = re.findall(r"syscalls:sys_enter_(\w+)", children.run("perf-list", [perf, "list", "syscalls:sys_enter_*"], 60))
    # The kernel has other names for a few rare ones, such as newfstat for fstat.
    events = ",".join(f"syscalls:sys_enter_{call}" for call in calls if call in known)
    if not events:
        print("perf sees no system calls (not root?).\n")
        return {}
    pids = ",".join(map(str, meter.processes_of(proxy.child.pid)))
    counter = children.start("perf-stat", [perf, "stat", "-x", ";", "-e", events, "-p", pids])
    time.sleep(PERF_START_SECONDS)
    load = generator.for_seconds(scenario, proxy.name, proxy.port_of(scenario), seconds)
    children.stop(counter, signal.SIGINT)
    rows = re.findall(r"^(\d+);[^;]*;syscalls:sys_enter_(\w+);", counter.log.read_text(errors="replace"), re.MULTILINE)
    if not rows:
        print(f"perf stat did not count:\n{counter.log_tail()}\n")
    return {call: int(count) / load.requests for count, call in rows}


def wait_until_traced(tracer: Child, pids: list) -> None:
    """Waits for every thread: a load that starts sooner is counted in part."""
    deadline = time.monotonic() + START_SECONDS
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            while "TracerPid:\t0\n" in (task / "status").read_text():
                tracer.check_alive()
                if time.monotonic() > deadline:
                    raise Failure(f"strace did not attach (kernel.yama.ptrace_scope?):\n{tracer.log_tail()}")
                time.sleep(0.02)


def perf_record(children: Children, generator: Generator, scenario: Scenario, proxy: Proxy, options: argparse.Namespace) -> None:
    pids = meter.processes_of(proxy.child.pid)
    program = machine.tool("perf")
    data = proxy.child.log.with_suffix(".perf")
    # cpu-clock: virtual machines often lack the hardware counters.
    command = [program, "record", "-e", "cpu-clock", "-F", "999", "-o", data, "-p", ",".join(map(str, pids))]
    recorder = children.start("perf", command)
    generator.for_seconds(scenario, proxy.name, proxy.port_of(scenario), options.seconds)
    ended_early = recorder.process.poll() is not None
    children.stop(recorder, signal.SIGINT)
    if ended_early or not data.exists():
        print(f"perf recorded nothing:\n{recorder.log_tail()}")
        return
    build = options.builds.get(proxy.name)
    symbols = java_symbols(children, proxy, build.environment.get("JAVA_HOME")) if build else None
    try:
        report = children.run("perf-report", [program, "report", "--stdio", "--sort", "dso,symbol", "-i", data], 60)
    finally:
        if symbols:
            symbols.unlink(missing_ok=True)
    # Ends in columns of dashes that mean nothing here.
    lines = [re.sub(r"[\s-]+$", "", line) for line in report.splitlines() if line.strip() and not line.startswith("#")]
    print(f"### Hot functions of {proxy.name}, {scenario.name}\n\n```\n" + "\n".join(lines[:PERF_LINES]) + "\n```\n")


def java_symbols(children: Children, proxy: Proxy, java_home: str | None) -> Path | None:
    """Has the JVM write where its compiled methods lie, in the file where perf looks for it."""
    jcmd = Path(java_home, "bin", "jcmd") if java_home else shutil.which("jcmd")
    if not jcmd or not Path(jcmd).exists():
        print("No jcmd (a JRE?): compiled Java methods have no names below.\n")
        return None
    try:
        children.run("jcmd", [jcmd, proxy.child.pid, "Compiler.perfmap"], 30)
    except Failure as failure:
        print(f"No names for compiled Java methods: {failure}\n")
        return None
    return Path(f"/tmp/perf-{proxy.child.pid}.map")
