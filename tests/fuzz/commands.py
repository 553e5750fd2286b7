"""What scripts/fuzz does: feed the stages with many cases, and tell what became of them."""

import argparse
import math
import sys
import time
from collections.abc import Sequence

from fuzz.guided import guided
from fuzz.inputs import UNITS
from fuzz.running import Report, run, seconds_of, tell
from fuzz.stages import stages

_OF_TEXT = ["furniture", "sentences", "chunks", "language", "words", "facts", "coherence"]
_OF_TEXT += ["sources", "highlights", "dates", "txt", "md"]
_SIZES = (50_000, 400_000)
_MOST_TIMES = 16.0
_TOO_LITTLE = 0.01

# The matcher that counts calls itself for each character.
_DEEPEST = 20_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the commands; 1 if anything failed."""
    options = _parser().parse_args(arguments)
    code: int = options.run(options)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description="Feed Parallax with hostile and odd input."
    )
    commands = parser.add_subparsers(required=True)
    text = commands.add_parser("text", help="the stages that texts pass through")
    text.add_argument("--cases", type=int, default=100_000, help="of all stages together")
    text.add_argument("--stage", choices=list(stages()), action="append", help="only this one")
    text.set_defaults(run=_text)
    http = commands.add_parser("http", help="the service by its description, by schemathesis")
    http.add_argument("--cases", type=int, default=100, help="of each operation, in each phase")
    http.set_defaults(run=_http)
    atheris = commands.add_parser("atheris", help="one stage, guided by what it reaches")
    atheris.add_argument("stage", choices=list(stages()))
    atheris.add_argument("--seconds", type=int, default=120)
    atheris.set_defaults(run=guided)
    grown = commands.add_parser("patterns", help="how the work of patterns grows with a text")
    grown.set_defaults(run=_patterns)
    growth = commands.add_parser("growth", help="how the work of stages grows with a text")
    growth.add_argument("--stage", choices=list(stages()), action="append", help="only this one")
    growth.set_defaults(run=_growth)
    for command in (text, http, atheris):
        command.add_argument("--seed", type=int, default=0, help="the same seed, the same cases")
    return parser


def _text(options: argparse.Namespace) -> int:
    chosen = {name: one for name, one in stages().items() if name in (options.stage or stages())}
    shares = sum(stage.share for stage in chosen.values())
    tell(f"{'stage':12} {'cases':>8} {'failures':>8} {'s per MB':>8} {'seconds':>8}")
    reports: list[Report] = []
    for name, stage in chosen.items():
        start = time.monotonic()
        report = run(stage, math.ceil(options.cases * stage.share / shares), options.seed)
        reports.append(report)
        taken = time.monotonic() - start
        failed = len(report.failures)
        tell(f"{name:12} {report.cases:8} {failed:8} {report.slowest:8.3f} {taken:8.1f}")
        for kind, told in report.failures.items():
            tell("\n    ".join(["", kind, *told.splitlines()]))
    failed = sum(len(report.failures) for report in reports)
    tell(f"{sum(report.cases for report in reports):,} cases, {failed} failures")
    return 1 if failed else 0


def _http(options: argparse.Namespace) -> int:
    # Imported here: it takes long, and the other commands do without it.
    from fuzz.contract import ask_toy

    findings = ask_toy(examples=options.cases, seed=options.seed)
    for phase, count in findings.cases.items():
        tell(f"{phase:20} {count:8} requests")
    for kind, told in findings.failures.items():
        tell("\n    ".join([" | ".join(map(str, kind)), *told.splitlines()]))
    tell("\n".join(findings.errors))
    tell(f"{sum(findings.cases.values()):,} requests, {len(findings.failures)} failures")
    return 1 if findings.failures or findings.errors else 0


def _growth(options: argparse.Namespace) -> int:
    """Feed stages with one thing over and over: eight times as long must not take much longer."""
    found = 0
    for name in options.stage or _OF_TEXT:
        check, worst = stages()[name].check, (0.0, "")
        for unit in UNITS:
            taken = [seconds_of(check, (unit * (size // len(unit))).encode()) for size in _SIZES]
            times = taken[1] / max(taken[0], _TOO_LITTLE)
            worst = max(worst, (times, unit))
            if times > _MOST_TIMES:
                found += 1
                tell(f"    {name}: {unit!r} took {taken[0]:.2f} and then {taken[1]:.2f} seconds")
        tell(f"{name:12} {worst[0]:6.1f} times as long, at the worst, with {worst[1]!r}")
    return 1 if found else 0


def _patterns(options: argparse.Namespace) -> int:
    from fuzz.growth import worst_growth
    from fuzz.patterns import patterns

    sys.setrecursionlimit(_DEEPEST)
    grown = []
    for used in patterns():
        growth, case = worst_growth(used.pattern, used.flags, anchored=used.anchored, thorough=True)
        grown.append((growth, used.name, case))
    for growth, name, case in sorted(grown, reverse=True)[:30]:
        tell(f"{growth:6.2f}  {name:56} {case[:120]}")
    tell(f"{len(grown)} patterns; steps for a text twice as long: 2 is linear, 4 quadratic")
    return 0
