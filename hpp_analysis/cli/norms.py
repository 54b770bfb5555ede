"""The commands `hpp norms`: add a study to a norm, put norms together, take a contribution out, show what a norm holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from hpp_analysis.cli.console import ERR, OUT
from hpp_analysis.errors import Failure, NormError

if TYPE_CHECKING:
    from hpp_analysis.norms.norm_file import Norm

NormFile = Annotated[Path, typer.Argument(metavar="FILE", help="A norm.", show_default=False)]


def add(
    study: Annotated[Path, typer.Argument(help="The study.yaml of a study.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", help="The norm; a new one where there is none.")] = Path("norms.parquet"),
    wave: Annotated[str, typer.Option(help="Which wave.", show_default="that of the study, else the last")] = "",
    date: Annotated[
        str | None, typer.Option(help="When the answers were collected, as 2026-02-01.", show_default="of the study")
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(help="Make a new norm with the salt of this one, so that both know the same partnership as one."),
    ] = None,
    release_anew: Annotated[
        bool, typer.Option("--release-anew", help="Release what differs from earlier reports, on purpose.")
    ] = False,
) -> None:
    """Add a study to a norm: means, spreads and numbers of cleared groups of ten or more, never answers or names."""
    from hpp_analysis.norms import Norm, contribute_to_norm, load_norm, save_norm
    from hpp_analysis.publishing.clearing import plan_disclosure
    from hpp_analysis.report.run.released import SUFFIX
    from hpp_analysis.study.study import load_study

    described = load_study(study)
    about = dict(described.contribution)
    if date is not None:
        about["date"] = date
    if not about.get("date"):
        rule = "A contribution must have a date: when the answers were collected."
        raise NormError([Failure(rule, "Add `norms: {date: 2026-02-01}` to the study, or give --date.", study.name)])
    if like is not None and to.exists():
        rule = "`--like` must stand with a new norm."
        raise NormError([Failure(rule, "Leave it out, or choose another --to.", value=str(to))])
    simulated = bool(about.get("simulated"))
    new = Norm(simulated=simulated) if like is None else Norm(simulated=simulated, salt=load_norm(like).salt)
    norm = load_norm(to) if to.exists() else new
    with ERR.status("Reading the answers"):
        settled, survey = described.settled()
        cells = plan_disclosure(
            survey, by=settled.by, total=settled.total, ledger=study.with_suffix(SUFFIX), release_anew=release_anew
        )
        chosen = wave or ("" if settled.wave == "all" else settled.wave)
        added = contribute_to_norm(survey.wave(chosen), cells, norm, by=settled.by, client=settled.name, **about)
    if added is norm:
        OUT.print(escape(f"{to} has these results already: nothing was added."), soft_wrap=True)
        return
    saved = save_norm(added, to)
    row = saved.to_frame().iloc[-1]
    n, clients = int(row["partnerships"]), int(row["clients"])
    counted = f"{n} partnership{'s'[: n != 1]} of {clients} client{'s'[: clients != 1]}"
    OUT.print(escape(f"Added contribution {row['id']} to {to}: {counted}."), soft_wrap=True)
    OUT.print(escape(_kind(saved)), soft_wrap=True)


def merge(
    first: NormFile,
    second: Annotated[Path, typer.Argument(metavar="OTHER", help="Another norm.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", help="The new norm.", show_default=False)],
) -> None:
    """Put two norms together into a new one; what both have counts once."""
    from hpp_analysis.norms import load_norm, merge_norms, save_norm

    one, other = load_norm(first), load_norm(second)
    merged = save_norm(merge_norms(one, other), to)
    OUT.print(
        escape(f"{to}: {len(merged)} contributions, of {len(one)} and {len(other)}. {_kind(merged)}"), soft_wrap=True
    )
    if len({part.salt for part in merged.contributions}) > 1:
        message = (
            "The norms have different salts: a partnership that is in both, measured at different times, counts twice. Make new "
            "norms with --like to avoid it."
        )
        ERR.print(message, soft_wrap=True)


def withdraw(
    file: NormFile,
    contribution: Annotated[str, typer.Argument(help="Its id, as `hpp norms show` lists it.", show_default=False)],
) -> None:
    """Take a contribution out of a norm, for good: merging with an older copy does not bring it back."""
    from hpp_analysis.norms import load_norm, save_norm, withdraw_contribution

    left = save_norm(withdraw_contribution(load_norm(file), contribution), file)
    OUT.print(escape(f"Withdrew {left.withdrawn[-1]} from {file}. {_kind(left)}"), soft_wrap=True)


def show(file: NormFile) -> None:
    """Tell what a norm holds."""
    from hpp_analysis.norms import load_norm

    norm = load_norm(file)
    frame = norm.to_frame()
    table = Table(title=escape(f"{file}: {_kind(norm)}"))
    for name in frame:
        table.add_column(
            str(name),
            justify="right" if name in ("partnerships", "clients") else "left",
            no_wrap=name in ("id", "date"),
        )
    for row in frame.itertuples(index=False):
        table.add_row(*(escape(str(value)) for value in row))
    OUT.print(table)
    if norm.withdrawn:
        OUT.print(escape(f"Withdrawn: {', '.join(norm.withdrawn)}."), soft_wrap=True)


def _kind(norm: Norm) -> str:
    """What a norm is, in a sentence."""
    n, clients = norm.cells["unit"].nunique(), norm.cells["client"].nunique()
    kind = "A simulated norm" if norm.simulated else "A norm"
    return f"{kind} of {n} partnership{'s'[: n != 1]} of {clients} client{'s'[: clients != 1]}."
