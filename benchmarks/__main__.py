"""Run every benchmark and print one table; ratios hold for this run and machine only."""

import sys

from benchmarks import (
    agreement,
    correlation,
    drivers,
    efa,
    figures,
    files,
    models,
    published,
    reliability,
    report,
    retention,
)


def main() -> None:
    """Print job, our seconds, theirs, and the ratio."""
    sys.stdout.write(f"{'job':<58}{'ours':>9}{'theirs':>9}{'ratio':>8}\n")
    for job in (
        reliability.run,
        agreement.run,
        correlation.run,
        efa.run,
        retention.run,
        models.run,
        drivers.run,
        files.run,
        figures.run,
        published.run,
        report.run,
    ):
        for name, ours, theirs in job():
            other = f"{theirs:9.4f}{theirs / ours:7.1f}x" if theirs else f"{'-':>9}{'-':>8}"
            sys.stdout.write(f"{name:<58}{ours:9.4f}{other}\n")


if __name__ == "__main__":  # worker processes import this file
    main()
