"""What scripts/fuzz does: feed the stages with many cases, and tell what became of them."""

import argparse
import math
import time
from collections.abc import Sequence

from fuzz.running import Report, run
from fuzz.stages import stages


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
    text = commands.add_parser("text", help="the stages that texts pass through, by hypothesis")
    text.add_argument("--cases", type=int, default=100_000, help="of all stages together")
    text.add_argument("--seed", type=int, default=0, help="the same seed, the same cases")
    text.add_argument("--stage", choices=list(stages()), action="append", help="only this one")
    text.set_defaults(run=_text)
    return parser


def _text(options: argparse.Namespace) -> int:
    chosen = {name: one for name, one in stages().items() if name in (options.stage or stages())}
    shares = sum(stage.share for stage in chosen.values())
    print(f"{'stage':12} {'cases':>8} {'failures':>8} {'s per MB':>8} {'seconds':>8}", flush=True)
    reports: list[Report] = []
    for name, stage in chosen.items():
        start = time.monotonic()
        report = run(stage, math.ceil(options.cases * stage.share / shares), options.seed)
        reports.append(report)
        taken = time.monotonic() - start
        failed = len(report.failures)
        print(f"{name:12} {report.cases:8} {failed:8} {report.slowest:8.3f} {taken:8.1f}", flush=True)
        for kind, told in report.failures.items():
            print("\n    ".join(["", kind, *told.splitlines()]), flush=True)
    failed = sum(len(report.failures) for report in reports)
    print(f"{sum(report.cases for report in reports):,} cases, {failed} failures")
    return 1 if failed else 0
