# SPDX-License-Identifier: Apache-2.0
"""What a proxy has used, read from /proc."""

from __future__ import annotations

import os
import resource
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def _stat_fields(path: Path) -> tuple[str, list[str]]:
    """The name and the fields from `state` on (proc(5)). The name may hold spaces and brackets, so the last bracket ends it."""
    text = path.read_text()
    return text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()


def processes_of(session: int) -> list[int]:
    """The pids in a session: the leader and what it has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                _, fields = _stat_fields(entry / "stat")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == session:
                found.append(int(entry.name))
    return sorted(found)


@dataclass(frozen=True)
class Usage:
    """Totals of all processes of one proxy since their start. Times in seconds."""

    pids: tuple
    user: float
    system: float
    voluntary_switches: int
    peak_rss_kib: int
    threads: Counter


def usage(session: int) -> Usage:
    user = system = switches = peak = 0
    threads: Counter = Counter()
    pids = processes_of(session)
    for pid in pids:
        process = Path("/proc") / str(pid)
        _, fields = _stat_fields(process / "stat")
        user += int(fields[11])
        system += int(fields[12])
        peak += _status_number(process / "status", "VmHWM:")
        for task in (process / "task").iterdir():
            try:
                name, fields = _stat_fields(task / "stat")
                threads[name] += (int(fields[11]) + int(fields[12])) / TICKS
                # The file of the process counts its first thread only.
                switches += _status_number(task / "status", "voluntary_ctxt_switches:")
            except (FileNotFoundError, ProcessLookupError):
                continue  # a thread that has just ended; its time is in the process's totals
    return Usage(tuple(pids), user / TICKS, system / TICKS, switches, peak, threads)


def _status_number(path: Path, key: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    return 0


@dataclass(frozen=True)
class MachineTime:
    """CPU seconds of the whole machine since its start, and of the load generators among them."""

    total: float
    busy: float
    steal: float
    generators: float


def machine_time() -> MachineTime:
    line = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]  # guest time is in user time already
    user, nice, system, idle, iowait, irq, softirq, steal = (int(field) / TICKS for field in line)
    busy = user + nice + system + irq + softirq
    # Only load generators end, and so are counted among the children waited for, while a measurement lasts.
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return MachineTime(busy + idle + iowait + steal, busy, steal, ended.ru_utime + ended.ru_stime)
