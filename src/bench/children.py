# SPDX-License-Identifier: Apache-2.0
"""The processes that a benchmark starts, and their certain end.

Every child leads a session of its own, so that its own children (the workers of nginx) can be found and ended with it, and
so that a Ctrl-C at the terminal reaches only the benchmark, which then ends them in order.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 5.0
START_SECONDS = 30.0
PR_SET_PDEATHSIG = 1  # linux/prctl.h

_libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """The run cannot go on, or its numbers would mean nothing. The message is for the user."""


class Stopped(BaseException):
    """A signal asked the benchmark to stop."""

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.number = number


def stop_on_signals() -> None:
    """Turns signals into an exception, so that every `finally` runs. Only the first counts: stopping is bounded in time."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(number: int, _frame: object) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for number in numbers:
        signal.signal(number, stop)


def _end_with_parent() -> None:
    # The last resort, for the case that the benchmark itself is killed and can stop nothing.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    name: str
    process: subprocess.Popen
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join("    " + line for line in lines[-20:]) or "    (it wrote nothing)"

    def check_alive(self) -> None:
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended with status {self.process.returncode}:\n{self.log_tail()}")


class Children:
    """Starts processes; stops every one of them in `stop_all`."""

    def __init__(self, directory: Path):
        self._directory = directory
        self._running: list[Child] = []

    def start(self, name: str, command: list, environment: dict | None = None) -> Child:
        """Starts a process whose output goes to a file of its own."""
        log = self._directory / f"{name}.out"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self._directory,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
            child = Child(name, process, log)
            self._running.append(child)
        return child

    def run(self, name: str, command: list, timeout: float) -> str:
        """Runs a process to its end and returns what it wrote; any status but 0 is a Failure."""
        child = self.start(name, command)
        try:
            status = child.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{name} did not end within {timeout:.0f} s:\n{child.log_tail()}") from None
        finally:
            self.stop(child)
        if status != 0:
            raise Failure(f"{name} ended with status {status}:\n{child.log_tail()}")
        return child.log.read_text(errors="replace")

    def stop(self, child: Child, number: int = signal.SIGTERM) -> None:
        """Asks a child to end, waits, and then ends whatever is left in its session."""
        if child.process.poll() is None:
            child.process.send_signal(number)
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.process.wait()
        if child in self._running:
            self._running.remove(child)

    def stop_all(self) -> None:
        for child in reversed(list(self._running)):
            self.stop(child)

    def check_alive(self) -> None:
        for child in self._running:
            child.check_alive()


def wait_for_line(child: Child, pattern: str) -> None:
    """Waits until the child has written a line that matches."""
    deadline = time.monotonic() + START_SECONDS
    while not re.search(pattern, child.log.read_text(errors="replace"), re.MULTILINE):
        child.check_alive()
        if time.monotonic() > deadline:
            raise Failure(f"{child.name} was not ready within {START_SECONDS:.0f} s:\n{child.log_tail()}")
        time.sleep(0.05)
