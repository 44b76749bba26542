# SPDX-License-Identifier: Apache-2.0
"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import crowd
import extras
import machine
from load import SCENARIOS
from proxies import PEERS, RspBuild

ROOT = Path(__file__).resolve().parents[2]
PURPOSE = "Compares rsp with HAProxy and nginx in paired, interleaved rounds. src/docs/benchmarks.md says how and why."
KNOWN = (*SCENARIOS, *extras.SCENARIOS, *crowd.SCENARIOS)
DEFAULT_PROXIES = "rsp,haproxy,nginx,relay"


def arguments(given: list | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=PURPOSE)
    parser.add_argument("--rounds", type=int, help="how often each proxy meets each scenario (default 7)")
    parser.add_argument("--seconds", type=float, help="length of one measurement (default 5)")
    parser.add_argument("--warmup", type=float, help="seconds of load per scenario before rsp is measured (default 20)")
    parser.add_argument("--scenarios", type=listed, default=[n for n, s in SCENARIOS.items() if not s.tls], help="of " + ",".join(KNOWN))
    parser.add_argument("--clients", type=int, default=2000, help="of the scenarios stalled and crowd (default 2000)")
    parser.add_argument(
        "--proxies", type=listed, default=listed(DEFAULT_PROXIES), help=f"of rsp,{','.join(PEERS)} (default {DEFAULT_PROXIES})"
    )
    parser.add_argument(
        "--rsp", action="append", default=[], metavar="[NAME=]HOME", help="a build of rsp (default target/rsp); repeat to compare"
    )
    parser.add_argument(
        "--rsp-opt", action="append", default=[], metavar="NAME:VAR=VALUE", help="a variable in the environment of that build"
    )
    parser.add_argument(
        "--backend-nopush", action="store_true", help="the backend sends a head and a small body in one segment, not in two"
    )
    parser.add_argument(
        "--congestion", metavar="NAME", help="run in a network namespace with this TCP congestion control, such as cubic (root)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to leave all numbers (default target/bench/TIME.json)")
    parser.add_argument("--seed", type=int, help="for the order of the proxies (default: by the clock; printed)")
    parser.add_argument("--quick", action="store_true", help="1 round of 1 s after 1 s: shows that it runs, measures nothing")
    parser.add_argument("--enforce", action="store_true", help="exit 1 if a target is missed")
    parser.add_argument(
        "--profile", nargs=2, metavar=("PROXY", "SCENARIO"), help="count the system calls of one proxy instead of comparing"
    )
    options = parser.parse_args(given)
    for name, ordinary, quick in (("rounds", 7, 1), ("seconds", 5.0, 1.0), ("warmup", 20.0, 1.0)):
        if getattr(options, name) is None:
            setattr(options, name, quick if options.quick else ordinary)
    if options.rounds < 1 or options.seconds < 1 or options.warmup < 0:
        parser.error("--rounds and --seconds must be at least 1, --warmup at least 0")
    if options.profile:
        options.proxies, options.scenarios = [options.profile[0]], [options.profile[1]]
    options.builds = builds(parser, options)
    options.proxies = [name for each in options.proxies for name in (options.builds if each == "rsp" else [each])]
    for kind, names, known in (
        ("proxy", options.proxies, (*options.builds, *PEERS)),
        ("scenario", options.scenarios, KNOWN),
    ):
        for name in names:
            if name not in known:
                parser.error(f"{kind}: {name} (expected: one of {', '.join(known)})")
    options.limit = None
    options.extras = [name for name in options.scenarios if name in extras.SCENARIOS]
    options.crowd = [name for name in options.scenarios if name in crowd.SCENARIOS]
    options.scenarios = [name for name in options.scenarios if name in SCENARIOS]
    if options.profile and not options.scenarios:
        parser.error(f"--profile: {[*options.extras, *options.crowd][0]} (expected: one of {', '.join(SCENARIOS)})")
    return options


def listed(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def builds(parser: argparse.ArgumentParser, options: argparse.Namespace) -> dict:
    """The builds of rsp by name, in the order given."""
    found = {}
    for text in options.rsp or [str(ROOT / "target" / "rsp")]:
        name, equals, home = text.partition("=")
        if not equals:
            name, home = "rsp", text
        if name in found or name in PEERS or not name.replace("-", "").isalnum():
            parser.error(f"--rsp {text}: give each build a name of its own, of letters, digits and -")
        environment = dict(os.environ)
        java = machine.java_home()
        if java:
            environment["JAVA_HOME"] = str(java)
        found[name] = RspBuild(name, Path(home).resolve(), environment)
    for text in options.rsp_opt:
        name, colon, setting = text.partition(":")
        variable, equals, value = setting.partition("=")
        if not (colon and equals and name in found):
            parser.error(f"--rsp-opt {text} (expected: NAME:VAR=VALUE with NAME one of {', '.join(found)})")
        found[name].environment[variable] = value
    return found
