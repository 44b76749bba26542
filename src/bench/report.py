# SPDX-License-Identifier: Apache-2.0
"""Turns samples into tables and verdicts."""

from __future__ import annotations

import statistics
from collections import defaultdict

from load import SCENARIOS, Scenario

BASE = "haproxy"
STEAL_LIMIT = 0.02
OTHERS_LIMIT = 0.05
FEWEST_ROUNDS = 5


def spread(values: list) -> dict:
    quartiles = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "q1": quartiles[0],
        "q3": quartiles[2],
        "n": len(values),
    }


def ratios(samples: list, base: str) -> dict:
    """(scenario, proxy) → each round's CPU time per request over that of the base in the same round."""
    by_round = {(s["scenario"], s["round"], s["proxy"]): s["cpu_us"] for s in samples}
    found = defaultdict(list)
    for (scenario, number, proxy), cpu in by_round.items():
        of_base = by_round.get((scenario, number, base))
        if of_base:
            found[scenario, proxy].append(cpu / of_base)
    return found


def summarise(samples: list, bases: list) -> dict:
    """scenario → proxy → what its rounds amount to."""
    grouped = defaultdict(list)
    for sample in samples:
        grouped[sample["scenario"], sample["proxy"]].append(sample)
    over = {base: ratios(samples, base) for base in bases}
    summary: dict = {}
    for (scenario, proxy), rows in grouped.items():
        numbers = {key: spread([row[key] for row in rows]) for key in MEASURES}
        numbers["ratios"] = {base: spread(found[scenario, proxy]) for base, found in over.items() if found[scenario, proxy]}
        summary.setdefault(scenario, {})[proxy] = numbers
    return summary


MEASURES = (
    "cpu_us",
    "user_us",
    "system_us",
    "rate",
    "p50_ms",
    "p99_ms",
    "switches_per_request",
    "peak_rss_mib",
    "backend_accepts",
)


def _ranged(numbers: dict, digits: int) -> str:
    median, low, high = (f"{numbers[key]:.{digits}f}" for key in ("median", "min", "max"))
    return f"{median} [{low}..{high}]"


def table(scenario: Scenario, proxies: dict, order: list, bases: list) -> str:
    """One scenario as a Markdown table."""
    heads = ["proxy", "CPU µs/request", "user", "system", "requests/s", "p50 ms", "p99 ms"]
    heads += [f"ratio to {label(base)}" for base in bases]
    lines = [f"### {scenario.name}: {scenario.title}", "", "| " + " | ".join(heads) + " |"]
    lines.append("|---|" + "---:|" * (len(heads) - 1))
    for proxy in order:
        if proxy not in proxies:
            continue
        row = proxies[proxy]
        cells = [label(proxy), _ranged(row["cpu_us"], 1)]
        cells += [f"{row[key]['median']:.1f}" for key in ("user_us", "system_us")]
        cells += [f"{row['rate']['median']:,.0f}"]
        cells += [f"{row[key]['median']:.2f}" for key in ("p50_ms", "p99_ms")]
        cells += [_ranged(row["ratios"][base], 2) if base in row["ratios"] else "–" for base in bases]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def label(proxy: str) -> str:
    return {"haproxy": "HAProxy", "haproxy-splice": "HAProxy, splice-auto", "relay": "relay (parses nothing)"}.get(proxy, proxy)


def memory_line(summary: dict, order: list) -> str:
    """Peaks count from the start of a process, so the highest of all scenarios is the one to tell."""
    parts = []
    for proxy in order:
        peaks = [rows[proxy]["peak_rss_mib"]["max"] for rows in summary.values() if proxy in rows]
        if peaks:
            parts.append(f"{label(proxy)} {max(peaks):.0f} MiB")
    return "Peak resident memory: " + ", ".join(parts) + "."


def noise_lines(samples: list) -> list[str]:
    """Nothing is discarded; what may have disturbed a measurement is said."""
    lines = []
    for key, limit, what in (
        ("steal", STEAL_LIMIT, "time stolen by the hypervisor"),
        ("others", OTHERS_LIMIT, "CPU time used by strangers"),
    ):
        marked = [s for s in samples if s[key] > limit]
        if marked:
            worst = max(marked, key=lambda s: s[key])
            rounds = sorted({s["round"] for s in marked})
            lines.append(
                f"Noise: {what} above {limit:.0%} in {len(marked)} of {len(samples)} measurements"
                f" (rounds {', '.join(map(str, rounds))}; worst {worst[key]:.1%}: {worst['proxy']}, {worst['scenario']})."
            )
    return lines


def verdicts(summary: dict, builds: list, doubts: dict) -> list[dict]:
    """Whether each build of rsp reaches the targets. `doubts`: build → why its numbers support no claim."""
    found = []
    for scenario in SCENARIOS.values():
        for build in builds:
            row = summary.get(scenario.name, {}).get(build)
            if scenario.target is None or row is None or BASE not in row["ratios"]:
                continue
            ratio = row["ratios"][BASE]
            reasons = list(doubts.get(build, []))
            if ratio["n"] < FEWEST_ROUNDS:
                reasons.append(f"{ratio['n']} rounds (expected: >= {FEWEST_ROUNDS})")
            found.append(
                {
                    "scenario": scenario.name,
                    "proxy": build,
                    "target": scenario.target,
                    "ratio": ratio,
                    "pass": ratio["median"] <= scenario.target,
                    "doubts": reasons,
                }
            )
    return found


def limit_verdicts(summary: dict, limit: dict, doubts: dict) -> list[dict]:
    """What a part of rsp costs, over the same build without it; whether that is within its target, if it has one."""
    row = summary.get(limit["scenario"], {}).get(limit["proxy"])
    if row is None or limit["base"] not in row["ratios"]:
        return []
    ratio = row["ratios"][limit["base"]]
    reasons = list(doubts.get(limit["proxy"], []))
    if ratio["n"] < FEWEST_ROUNDS:
        reasons.append(f"{ratio['n']} rounds (expected: >= {FEWEST_ROUNDS})")
    return [
        {
            "scenario": limit["title"],
            "proxy": limit["proxy"],
            "base": limit["base"],
            "target": limit["target"],
            "ratio": ratio,
            "pass": limit["target"] is None or ratio["median"] <= limit["target"],
            "doubts": reasons,
        }
    ]


def verdict_line(verdict: dict) -> str:
    word = "NOTE" if verdict["target"] is None else "PASS" if verdict["pass"] else "FAIL"
    target = "" if verdict["target"] is None else f" (target: <= {verdict['target']:.2f})"
    doubt = f" (no claim: {'; '.join(verdict['doubts'])})" if verdict["doubts"] else ""
    return (
        f"{word} {verdict['scenario']}: {verdict['proxy']} uses {_ranged(verdict['ratio'], 2)} x"
        f" {label(verdict.get('base', BASE))}'s CPU time per request{target}{doubt}"
    )
