# SPDX-License-Identifier: Apache-2.0
"""The scenarios `logged` and `metered`: what a part of rsp costs, as a multiple of the same build without it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

LOAD = "hosts"  # lines and counts of many hosts, as in operation


@dataclass(frozen=True)
class Extra:
    lines: str  # of the configuration; {directory} is that of the run
    target: float | None  # the most CPU time per request, as a multiple of the plain build's


SCENARIOS = {
    "logged": Extra('access_log = {{ path = "{directory}/access.log", format = "json" }}', 1.08),
    "metered": Extra('control = "{directory}/control.sock"', None),
}


def paired(options: argparse.Namespace, name: str) -> argparse.Namespace:
    """The options of a comparison of the first build with itself, once plain and once with the lines."""
    plain = next(iter(options.builds.values()))
    extra = SCENARIOS[name]
    other = replace(plain, name=f"{plain.name}-{name}", lines=extra.lines)
    both = argparse.Namespace(**vars(options))
    both.builds = {plain.name: plain, other.name: other}
    both.proxies = list(both.builds)
    both.scenarios = [LOAD]
    both.limit = {"scenario": LOAD, "title": name, "proxy": other.name, "base": plain.name, "target": extra.target}
    if options.json is not None:
        both.json = options.json.with_name(f"{options.json.stem}-{name}{options.json.suffix}")
    return both
