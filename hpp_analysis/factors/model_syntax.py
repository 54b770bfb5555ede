"""A factor solution as syntax of lavaan, SPSS and Mplus, for co-authors who work with these."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.factor_solution import FactorSolution
from hpp_analysis.factors.item_names import Program, in_comment, safe_item_names
from hpp_analysis.options import names_in

Named: TypeAlias = Mapping[str, str]

_SPSS_EXTRACTION = {"minres": "ULS", "uls": "ULS", "ml": "ML", "gls": "GLS", "pa": "PAF", "pca": "PC"}
_SPSS_ROTATION = {
    "varimax": "VARIMAX", "quartimax": "QUARTIMAX", "equamax": "EQUAMAX", "none": "NOROTATE", "quartimin": "OBLIMIN",
    "oblimin": "OBLIMIN", "promax": "PROMAX",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SimpleStructure:
    """Each item at the factor on which it loads most, under names that a program allows.

    Attributes
    ----------
    factors : dict of str to list of str
    renamed : dict of str to str
        Items and factors whose names had to change.
    negative : tuple of str
        Items whose loading is negative.
    """

    factors: dict[str, list[str]]
    renamed: dict[str, str]
    negative: tuple[str, ...]


def simple_structure(efa: FactorSolution, program: Program, factors: Named | None) -> SimpleStructure:
    """Items by factor, largest loading first."""
    if not efa.is_defined:
        raise NotIdentifiedError(
            f"There must be a solution to write down. Given: flags {', '.join(efa.flags)}. See what they say of the answers."
        )
    renames = dict(factors or {})
    names_in(renames, efa.loadings.columns, "factors", kind="a factor of the solution")
    items = [str(item) for item in efa.loadings.index]
    latent = [renames.get(str(name), str(name)) for name in efa.loadings.columns]
    if len(set(latent)) < len(latent):
        raise OptionError(f"Factors must have different names. Given: {', '.join(latent)}. Rename one of them.")
    # a factor may have the name of an item: a character that no name keeps tells them apart
    names = safe_item_names([*items, *(f"{name}\0" for name in latent)], program)
    sizes = efa.loadings.abs().to_numpy()
    primary, order = sizes.argmax(axis=1), np.argsort(-sizes.max(axis=1), kind="stable")
    found = {
        names[f"{name}\0"]: [names[items[place]] for place in order if primary[place] == column]
        for column, name in enumerate(latent)
    }
    signed = efa.loadings.to_numpy()[np.arange(len(items)), primary]
    renamed = {item: names[item] for item in items if names[item] != item}
    renamed |= {name: names[f"{name}\0"] for name in latent if names[f"{name}\0"] != name}
    return SimpleStructure(
        {name: mine for name, mine in found.items() if mine},
        renamed,
        tuple(names[item] for item, loading in zip(items, signed, strict=True) if loading < 0.0),
    )


def lavaan_syntax(efa: FactorSolution, factors: Named | None = None) -> str:
    """See `EFA.to_lavaan`."""
    model = simple_structure(efa, "lavaan", factors)
    lines = [f"# {line}" for line in _comments(efa, model)]
    for name, items in model.factors.items():
        lines += _wrapped(f"{name} =~ {' + '.join(items)}", 78, "    ")
    return "\n".join(lines) + "\n"


def spss_syntax(efa: FactorSolution) -> str:
    """See `EFA.to_spss_syntax`."""
    model = simple_structure(efa, "spss", None)
    names = safe_item_names([str(item) for item in efa.loadings.index], "spss")
    notes = [*_comments(efa, model)]
    extraction = _SPSS_EXTRACTION.get(efa.extraction)
    if extraction is None:
        notes.append(f"SPSS has no extraction {efa.extraction}, unweighted least squares takes its place")
    rotation = _SPSS_ROTATION.get(efa.rotation)
    if rotation is None:
        notes.append(f"SPSS has no rotation {in_comment(efa.rotation)}, the solution is left unrotated")
    if efa.missing == "em":
        notes.append("SPSS FACTOR has no EM estimates, answers are deleted pairwise")
    if efa.correlation not in ("pearson", "given"):
        notes.append(f"SPSS FACTOR has no {efa.correlation} correlations, these are Pearson correlations")
    value = efa.settings.get("gamma" if efa.rotation == "oblimin" else "power", 0.0 if rotation == "OBLIMIN" else 4.0)
    setting = f"({float(str(value)):g})" if rotation == "PROMAX" else ""
    delta = f" DELTA({float(str(value)):g})" if rotation == "OBLIMIN" else ""
    # the varimax that starts a promax is normalised in SPSS as it is here, whatever its last step does
    kaiser = "" if efa.normalized or rotation in ("PROMAX", "NOROTATE", None) else " NOKAISER"
    k = efa.loadings.shape[1]
    lines = [
        *(f"* {note}." for note in notes),
        "FACTOR",
        *_wrapped("  /VARIABLES " + " ".join(names.values()), 78, "    "),
        f"  /MISSING {'LISTWISE' if efa.missing == 'listwise' else 'PAIRWISE'}",
        "  /PRINT INITIAL EXTRACTION ROTATION KMO",
        f"  /CRITERIA FACTORS({k}) ITERATE(200) ECONVERGE(0.0001)",
        f"  /EXTRACTION {extraction or 'ULS'}",
        f"  /CRITERIA ITERATE(200){kaiser}{delta}",
        f"  /ROTATION {rotation or 'NOROTATE'}{setting}",
        "  /METHOD=CORRELATION.",
    ]
    for name, items in model.factors.items():
        lines += [
            "RELIABILITY",
            *_wrapped("  /VARIABLES=" + " ".join(items), 78, "    "),
            f"  /SCALE('{name}') ALL",
            "  /MODEL=ALPHA",
            "  /SUMMARY=TOTAL.",
        ]
        if set(items) & set(model.negative):
            lines.append(f"* Reverse before RELIABILITY - {' '.join(i for i in items if i in model.negative)}.")
    return "\n".join(lines) + "\n"


def mplus_syntax(efa: FactorSolution, factors: Named | None = None, *, data: str = "answers.dat") -> str:
    """See `EFA.to_mplus`."""
    model = simple_structure(efa, "mplus", factors)
    names = safe_item_names([str(item) for item in efa.loadings.index], "mplus")
    file = "".join(letter for letter in data if letter.isalnum() or letter in "._-/ ") or "answers.dat"
    lines = [
        *(f"! {line}"[:88] for line in _comments(efa, model)),
        "TITLE: Measurement model of an exploratory solution;",
        f'DATA: FILE IS "{file[:70]}";',
        "VARIABLE:",
        *_wrapped("  NAMES ARE " + " ".join(names.values()) + ";", 80, "    "),
        "  MISSING ARE ALL (-999);",
        "ANALYSIS:",
        "  ESTIMATOR = MLR;",
        "MODEL:",
    ]
    for name, items in model.factors.items():
        lines += _wrapped(f"  {name} BY {' '.join(items)};", 80, "    ")
    return "\n".join([*lines, "OUTPUT:", "  STDYX MODINDICES;"]) + "\n"


def _comments(efa: FactorSolution, model: SimpleStructure) -> list[str]:
    """Say where the model comes from, and which names had to change."""
    lines = [
        f"Items at their primary factor in a solution by {efa.extraction}, rotation {in_comment(efa.rotation)}",
        "Confirm it with the answers of other respondents",
    ]
    places = {str(item): place for place, item in enumerate(efa.loadings.index, start=1)}
    lines += [
        f"{safe} is {in_comment(name)}" + (f" (item {places[name]})" if name in places else " (factor)")
        for name, safe in model.renamed.items()
    ]
    lines += [f"{item} has a negative loading" for item in model.negative]
    return lines


def _wrapped(line: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
        replace_whitespace=False,
    )  # fmt: skip
