"""The parameter table: one row per parameter, from syntax to standard errors.

What a model text leaves out is added here, with the defaults of lavaan's `cfa()` and `sem()`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal, get_args

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.sem.expression import Expression
from hpp_analysis.core.sem.syntax import Constraint, Syntax, Term, Variables, find_variables, parse_syntax, written
from hpp_analysis.errors import Failure, ModelSyntaxError, OptionError
from hpp_analysis.options import GroupEqual, names_in


@dataclass(frozen=True, slots=True)
class Table:
    """The parameters of a model, one row each, group after group.

    Attributes
    ----------
    lhs, op, rhs : tuple of str
        The relation. An intercept or a mean has the operator "~1" and no `rhs`.
    group : ndarray of int
        From 1.
    free : ndarray of int
        0: fixed. Otherwise the number of the parameter, from 1; rows with one number are one parameter.
    value : ndarray of float
        The fixed value, or the starting value that was asked for; NaN: none. The moments of exogenous covariates are
        fixed rows with NaN: their values come from the sample.
    label : tuple of str
        "" is none. Rows set equal across groups without a label of their own are labelled `.p2.`, after the row.
    user : ndarray of bool
        Whether the model text holds the row.
    exo : ndarray of bool
        Whether the row is a moment of exogenous covariates.
    variables : Variables
    n_groups : int
    meanstructure : bool
    constraints : tuple of Constraint
        `:=` in order, each inequality (`>=`), and each `==` that is more than the equality of two parameters or a fixed value (those are in
        `free` and `value` already). The expressions depend on labels of rows only: names that `:=` defines are
        replaced by what they stand for.
    ordered : mapping of str to int
        The number of thresholds of each ordered item.
    parameterization : str
        "delta": the scales of ordered items are parameters, and their residual variances follow; "theta": the other way
        round. Rows of what follows are fixed with NaN.
    """

    lhs: tuple[str, ...]
    op: tuple[str, ...]
    rhs: tuple[str, ...]
    group: Ints
    free: Ints
    value: Floats
    label: tuple[str, ...]
    user: Flags
    exo: Flags
    variables: Variables
    n_groups: int
    meanstructure: bool
    constraints: tuple[Constraint, ...]
    ordered: Mapping[str, int] = field(default_factory=dict)
    parameterization: str = "delta"

    def __len__(self) -> int:
        return len(self.lhs)

    @property
    def observed(self) -> tuple[str, ...]:
        """The observed variables, in the order of the model's matrices."""
        return self.variables.observed

    @property
    def latent(self) -> tuple[str, ...]:
        """The latent variables."""
        return self.variables.latent

    @property
    def n_free(self) -> int:
        """Free parameters; equal ones count once. General `==` constraints are not subtracted."""
        return int(self.free.max(initial=0))

    @property
    def rows_of_label(self) -> Mapping[str, int]:
        """The first row of each label."""
        found: dict[str, int] = {}
        for i, label in enumerate(self.label):
            if label:
                found.setdefault(label, i)
        return found


@dataclass(frozen=True, slots=True)
class _Row:
    lhs: str
    op: str
    rhs: str
    group: int = 1
    fixed: float = math.nan
    is_free: bool = True
    start: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    label: str = ""
    user: bool = False
    exo: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        return self.lhs, self.op, self.rhs


@dataclass(frozen=True, slots=True)
class _Options:
    n_groups: int
    std_lv: bool
    fixed_x: bool
    orthogonal: bool
    meanstructure: bool
    group_equal: frozenset[str] = field(default_factory=frozenset)
    ordered: Mapping[str, int] = field(default_factory=dict)
    parameterization: str = "delta"
    wu_estabrook: bool = False
    partial: frozenset[str] = field(default_factory=frozenset)
    waiting: frozenset[str] = field(default_factory=frozenset)
    waiting_factors: frozenset[str] = field(default_factory=frozenset)
    blocks: Mapping[str, str] = field(default_factory=dict)
    efa: str = "refused"

    @property
    def equal_thresholds(self) -> bool:
        """Whether thresholds are the same in all groups."""
        return bool(self.ordered) and "thresholds" in self.group_equal

    def is_freed(self, name: str, kind: str, relation: str) -> bool:
        """Whether what equal thresholds of an item settle is free in later groups, unless its kind is equal too."""
        if not self.equal_thresholds or name in self.waiting:
            return False
        return kind not in self.group_equal or (self.wu_estabrook and relation in self.partial)


def build_table(
    model: str | Syntax,
    *,
    n_groups: int = 1,
    meanstructure: bool = False,
    std_lv: bool = False,
    fixed_x: bool = True,
    orthogonal: bool = False,
    group_equal: Collection[str] = (),
    group_partial: Collection[str] = (),
    ordered: Mapping[str, int] | None = None,
    parameterization: str = "delta",
    wu_estabrook: bool = False,
    efa: Literal["refused", "oblique", "orthogonal"] = "refused",
) -> Table:
    """Complete a model to its parameter table, as lavaan's `cfa()` and `sem()` do.

    Added where the text says nothing: variances of observed and latent variables, covariances of exogenous latent
    variables and of dependent variables that predict nothing, moments of exogenous covariates, and with a mean
    structure the intercepts (free) and the means of latent variables (0). The first loading of each latent variable
    is fixed at 1, or with `std_lv` its variance; a single indicator has no residual variance.

    Parameters
    ----------
    model : str or Syntax
    n_groups : int
    meanstructure : bool
        Whether means are part of the model; a text with intercepts has them anyway.
    std_lv : bool
        Latent variances 1 instead of first loadings 1; in later groups they are free if loadings are equal.
    fixed_x : bool
        Whether the moments of exogenous covariates are those of the sample.
    orthogonal : bool
        Whether exogenous latent variables are uncorrelated.
    group_equal : collection of str
        What is equal in all groups: "loadings", "intercepts", "residuals", "means", "regressions",
        "residual_covariances", "lv_variances", "lv_covariances". With equal intercepts the latent means are free in
        later groups, unless "means" are equal too. A parameter with labels or values per group keeps those.
    group_partial : collection of str
        Relations that stay free all the same: "f =~ x2", "x2 ~ 1", "x2 | t1".
    ordered : mapping of str to int, optional
        The ordered items, each with its number of thresholds. They have a mean structure.
    parameterization : {"delta", "theta"}
        Of ordered items: scales or residual variances are parameters.
    wu_estabrook : bool
        In later groups free what equal thresholds, loadings and intercepts of ordered items identify, in this order, instead
        of what lavaan frees: scales and intercepts; then variances of factors; then their means.
    efa : {"refused", "oblique", "orthogonal"}
        What becomes of exploratory blocks: an error, or factors of variance 1 with all of their loadings free that correlate
        within their block or not. Only a rotation settles such a model: see `core.sem.rotation`.

    Raises
    ------
    ModelSyntaxError
        Unreadable text, values for another number of groups, unknown labels, thresholds of what is not ordered.
    OptionError
        A name in `group_equal` that is none, or a relation in `group_partial` that the model does not have.

    References
    ----------
    Rosseel (2012), doi:10.18637/jss.v048.i02; Wu & Estabrook (2016), doi:10.1007/s11336-016-9506-0

    Examples
    --------
    >>> table = build_table("f =~ x1 + x2 + x3")
    >>> [f"{l}{o}{r}" for l, o, r in zip(table.lhs, table.op, table.rhs)]
    ['f=~x1', 'f=~x2', 'f=~x3', 'x1~~x1', 'x2~~x2', 'x3~~x3', 'f~~f']
    >>> table.free
    array([0, 1, 2, 3, 4, 5, 6])
    """
    syntax = parse_syntax(model) if isinstance(model, str) else model
    equal = names_in(group_equal, get_args(GroupEqual), "group_equal", kind="a kind of parameter")
    ordered = ordered or {}
    failures = [*_find_failures(syntax, n_groups), *_threshold_failures(syntax, ordered, parameterization)]
    blocks = {term.lhs: term.efa for term in syntax.terms if term.efa}
    if blocks and efa == "refused":
        rule = "Exploratory blocks, `efa()`, are for fit_cfa() alone."
        line = next(term.line for term in syntax.terms if term.efa)
        failures.append(Failure(rule, "Write which items measure which factor.", row=line, value='efa("...")'))
    if failures:
        raise ModelSyntaxError(failures)
    variables = find_variables(syntax)
    if failures := _block_failures(syntax, variables, n_groups):
        raise ModelSyntaxError(failures)
    means = meanstructure or bool(ordered) or any(term.op == "~1" for term in syntax.terms)
    together = frozenset({*equal, "thresholds"} if ordered and "intercepts" in equal and not wu_estabrook else equal)
    options = _Options(
        n_groups,
        std_lv,
        fixed_x,
        orthogonal,
        means,
        together,
        ordered,
        parameterization,
        wu_estabrook,
        blocks=blocks,
        efa=efa,
    )
    if wu_estabrook:
        options = _in_order(options, syntax, variables, group_partial)
    rows = [row for group in range(1, n_groups + 1) for row in _group_rows(syntax, variables, options, group)]
    return _number(rows, syntax, variables, options, _relations(group_partial, rows))


def build_level_table(syntax: Syntax, *, std_lv: bool = False, orthogonal: bool = False) -> Table:
    """Complete a model of two levels, which become its groups, as `build_table` does each by itself.

    Where a variable is at both levels its intercept within clusters is 0. A label means one parameter at both levels.

    Parameters
    ----------
    syntax : Syntax
        Its blocks are the levels: within clusters first.
    std_lv, orthogonal : bool
        As of `build_table`.

    Raises
    ------
    ModelSyntaxError

    Examples
    --------
    >>> text = "level: 1; f =~ a + b + c; level: 2; g =~ a + b + d"
    >>> table = build_level_table(parse_syntax(text, levels=True))
    >>> table.observed, table.latent, table.n_free
    (('a', 'b', 'c', 'd'), ('f', 'g'), 16)
    """
    own = [find_variables(Syntax(block.terms, ())) for block in syntax.blocks]
    failures = [*_find_failures(syntax, 1), *_threshold_failures(syntax, {}, "delta"), *_level_failures(own)]
    if failures:
        raise ModelSyntaxError(failures)
    options = _Options(1, std_lv, fixed_x=True, orthogonal=orthogonal, meanstructure=True)
    rows: list[_Row] = []
    for level, (block, variables) in enumerate(zip(syntax.blocks, own, strict=True), start=1):
        level_rows = _group_rows(Syntax(block.terms, ()), variables, options, level)
        # labels that equal() made are numbered by row, at each level anew
        rows += [replace(row, label=re.sub(r"^\.p(?=\d)", f".p{level}_", row.label)) for row in level_rows]
    both = set(own[0].observed) & set(own[1].observed)
    rows = [
        replace(row, fixed=0.0, is_free=False)
        if row.group == 1 and row.op == "~1" and row.lhs in both and not row.user
        else row
        for row in rows
    ]
    joined = Variables(
        **{
            part.name: tuple(dict.fromkeys((*getattr(own[0], part.name), *getattr(own[1], part.name))))
            for part in fields(Variables)
        }
    )
    return replace(_number(rows, syntax, joined, options, frozenset()), n_groups=2)


def _level_failures(own: Sequence[Variables]) -> list[Failure]:
    """Variables whose part at one level contradicts that at the other."""
    failures = []
    for one, other, level in ((own[0], own[1], "between"), (own[1], own[0], "within")):
        for name in sorted(set(one.latent) & set(other.observed)):
            rule = f"A factor must be measured by items at each level that has it; {level} clusters {name} has none."
            failures.append(Failure(rule, f"Write its items there ({name} =~ ...), or leave it out.", value=name))
        for name in sorted(set(one.exogenous) & set(other.observed)):
            rule = f"A covariate must be at one level; {name} is at both, where its own moments are estimates."
            remedy = f"Write its variance at both levels ({name} ~~ {name}), or leave it out at one."
            failures.append(Failure(rule, remedy, value=name))
    return list(dict.fromkeys(failures))


def _find_failures(syntax: Syntax, n_groups: int) -> list[Failure]:
    failures = []
    for term in syntax.terms:
        if term.op == "=~" and term.lhs == term.rhs:
            failures.append(
                Failure(
                    "A latent variable does not measure itself.", "Remove this term.", row=term.line, value=term.rhs
                )
            )
        for given in (term.fixed, term.start, term.labels, term.lower, term.upper):
            if len(given) not in (0, 1, n_groups):
                failures.append(
                    Failure(
                        f"c() holds one value per group: {n_groups} expected, {len(given)} found.",
                        "Write one value for all groups, or as many as there are groups.",
                        row=term.line,
                        value=f"{term.lhs} {term.op} {term.rhs}".strip(),
                    )
                )
    return failures


def _block_failures(syntax: Syntax, variables: Variables, n_groups: int) -> list[Failure]:
    """Groups without a block, and blocks with other variables than the others."""
    if not syntax.blocks:
        return []
    if len(syntax.blocks) != n_groups:
        rule = f"A model with blocks has one for each group: {n_groups} expected, {len(syntax.blocks)} found."
        return [Failure(rule, "Write one block per group, and name the column of groups.", row=syntax.blocks[0].line)]
    failures = []
    for block in syntax.blocks:
        own = find_variables(Syntax(block.terms, ()))
        lacking = {*variables.observed, *variables.latent} - {*own.observed, *own.latent}
        if lacking:
            rule = f"Each block must have the same variables; this one lacks {', '.join(sorted(lacking))}."
            remedy = "Add them; a loading or a covariance that a group does not have is 0 there: f =~ 0*x."
            failures.append(Failure(rule, remedy, row=block.line, value=f"group: {block.name}"))
    return failures


def _in_order(options: _Options, syntax: Syntax, variables: Variables, group_partial: Collection[str]) -> _Options:
    """Find the items whose scale and intercept no equal thresholds settle, and the factors that have no others.

    Those are items with thresholds of their own in each group, and items of two categories: their one threshold settles
    nothing by itself, so it is tested together with the loading and the intercept.
    """
    partial = {
        written(term.lhs, term.op, term.rhs)
        for text in ([group_partial] if isinstance(group_partial, str) else group_partial)
        for term in parse_syntax(text).terms
    }
    own = {
        name for name, n in options.ordered.items() if all(written(name, "|", f"t{c + 1}") in partial for c in range(n))
    }
    binary = {name for name, n in options.ordered.items() if n == 1 and "intercepts" not in options.group_equal}
    measured = {
        name: [term.rhs for term in syntax.terms if term.op == "=~" and term.lhs == name] for name in variables.latent
    }
    return replace(
        options,
        partial=frozenset(partial),
        waiting=frozenset(own | binary),
        waiting_factors=frozenset(name for name, items in measured.items() if set(items) <= binary),
    )


def _threshold_failures(syntax: Syntax, ordered: Mapping[str, int], parameterization: str) -> list[Failure]:
    """What a text says about thresholds, scales and residual variances of items that cannot be."""
    failures = []
    for term in syntax.terms:
        name = term.lhs
        if term.op in ("|", "~*~") and name not in ordered:
            rule = f"Only ordered items have thresholds and scales; {name} is not one."
            failures.append(Failure(rule, f"Add it: ordered=[{name!r}].", row=term.line, value=name))
        elif term.op == "|" and term.rhs not in {f"t{c + 1}" for c in range(ordered[name])}:
            rule = f"Thresholds are named t1 to t{ordered[name]}, one fewer than {name} has categories."
            failures.append(Failure(rule, "Correct or remove it.", row=term.line, value=term.rhs))
        elif term.op == "~*~" and term.rhs != name:
            rule = "A scale is that of one item, which stands on both sides."
            failures.append(Failure(rule, f"Write {name} ~*~ {name}.", row=term.line, value=term.rhs))
        elif term.op == "~*~" and parameterization == "theta":
            rule = "Scales follow from residual variances in the theta parameterisation."
            failures.append(Failure(rule, f"Write {name} ~~ {name}, or choose 'delta'.", row=term.line, value=name))
        elif term.op == "~~" and name == term.rhs and name in ordered and parameterization == "delta":
            rule = "Residual variances of ordered items follow from their scales in the delta parameterisation."
            failures.append(Failure(rule, "Choose parameterization='theta'.", row=term.line, value=name))
    return failures


def _relations(given: Collection[str], rows: Sequence[_Row]) -> frozenset[tuple[str, str, str]]:
    """Read `group_partial`: each text is one relation of the model, or several."""
    known = {written(*row.key): row.key for row in rows}
    texts = [given] if isinstance(given, str) else list(given or ())
    wanted = []
    for text in texts:
        try:
            syntax = parse_syntax(text)
        except ModelSyntaxError as error:
            failure = error.failures[0]
            raise OptionError(
                f"`group_partial` must name relations as a model does. Given: {text!r}. {failure.rule} "
                "Write for instance 'f =~ x2' or 'x2 ~ 1'."
            ) from None
        if syntax.constraints or any(term.fixed or term.start or term.labels for term in syntax.terms):
            raise OptionError(
                f"`group_partial` must name relations alone. Given: {text!r}. Leave out modifiers and constraints."
            )
        for term in syntax.terms:
            turned = written(term.rhs, term.op, term.lhs)
            one = written(term.lhs, term.op, term.rhs)
            wanted.append(turned if term.op == "~~" and one not in known and turned in known else one)
    return frozenset(known[name] for name in names_in(wanted, known, "group_partial", kind="a relation of the model"))


def _of_group(values: Sequence[float] | Sequence[str], group: int) -> float | str | None:
    if not values:
        return None
    return values[0] if len(values) == 1 else values[group - 1]


def _bound(values: Sequence[float], group: int) -> float:
    value = _of_group(values, group)
    return math.nan if value is None else float(value)


def _group_rows(syntax: Syntax, variables: Variables, options: _Options, group: int) -> list[_Row]:
    if syntax.blocks:  # the parts that variables play in this group, in the order of all
        own = find_variables(Syntax(syntax.of_group(group), ()))
        variables = replace(own, observed=variables.observed, latent=variables.latent)
    rows = _user_rows(syntax.of_group(group), variables, options, group)
    have = {row.key for row in rows}
    for row in _automatic_rows(variables, options, group):
        if row.key not in have and not (row.op == "~~" and (row.rhs, row.op, row.lhs) in have):
            rows.append(row)
            have.add(row.key)
    return rows


def _user_rows(terms: tuple[Term, ...], variables: Variables, options: _Options, group: int) -> list[_Row]:
    place = {name: i for i, name in enumerate((*variables.latent, *variables.observed))}
    markers: set[str] = set()
    rows = []
    for term in terms:
        lhs, rhs = term.lhs, term.rhs
        if term.op == "~~" and place[lhs] > place[rhs]:
            lhs, rhs = rhs, lhs
        fixed, start = _of_group(term.fixed, group), _of_group(term.start, group)
        row = _Row(
            lhs,
            term.op,
            rhs,
            group=group,
            start=math.nan if start is None else float(start),
            lower=_bound(term.lower, group),
            upper=_bound(term.upper, group),
            label=str(_of_group(term.labels, group) or ""),
            user=True,
        )
        if fixed is not None and not math.isnan(float(fixed)):
            row = replace(row, fixed=float(fixed), is_free=False)
        if term.op == "=~" and term.lhs not in markers:
            markers.add(term.lhs)
            if (
                fixed is None and not options.std_lv and lhs not in options.blocks
            ):  # as lavaan: a starting value of a marker is its value
                row = replace(row, fixed=1.0 if math.isnan(row.start) else row.start, is_free=False)
        rows.append(row)
    return _labelled(rows, terms)


def _labelled(rows: list[_Row], terms: tuple[Term, ...]) -> list[_Row]:
    """Resolve `equal("f=~x2")`: the label of that relation, made where it has none."""
    at = {f"{term.lhs}{term.op}{term.rhs}": i for i, term in enumerate(terms)}
    rows = list(rows)
    for i, row in enumerate(rows):
        if not row.label.startswith("="):
            continue
        target = at.get(row.label[1:])
        if target is None or rows[target].label.startswith("="):
            raise ModelSyntaxError(
                [
                    Failure(
                        "equal() names a relation that stands in the model, as 'f=~x2'.",
                        "Correct the name, or give both relations one label.",
                        row=terms[i].line,
                        value=row.label[1:],
                    )
                ]
            )
        if not rows[target].label:
            rows[target] = replace(rows[target], label=f".p{target + 1}.")
        rows[i] = replace(row, label=rows[target].label)
    return rows


def _automatic_rows(variables: Variables, options: _Options, group: int) -> list[_Row]:
    latent, exogenous = variables.latent, variables.exogenous
    inner = [name for name in variables.observed if name not in exogenous]
    rows = [_Row(name, "|", f"t{c + 1}", group) for name in inner for c in range(options.ordered.get(name, 0))]
    rows += [_variance(name, variables, options, group) for name in (*inner, *latent)]
    outer = [name for name in latent if name not in variables.indicators and name not in variables.dependent]
    rows += [
        _within_block(one, other, options, group)
        for i, one in enumerate(latent)
        for other in latent[i + 1 :]
        if one in options.blocks and options.blocks[one] == options.blocks.get(other)
    ]
    for i, one in enumerate(outer):
        rows += [
            _Row(one, "~~", other, group, fixed=0.0 if options.orthogonal else math.nan, is_free=not options.orthogonal)
            for other in outer[i + 1 :]
        ]
    last = [
        name
        for name in (*latent, *inner)
        if name in variables.dependent and name not in variables.predictors and name not in variables.indicators
    ]
    rows += [_Row(one, "~~", other, group) for i, one in enumerate(last) for other in last[i + 1 :]]
    rows += [
        _Row(one, "~~", other, group, is_free=not options.fixed_x, exo=options.fixed_x)
        for i, one in enumerate(exogenous)
        for other in exogenous[i:]
    ]
    rows += [_scale(name, options, group) for name in inner if name in options.ordered]
    if options.meanstructure:
        rows += [_intercept(name, options, group) for name in inner]
        rows += [_Row(name, "~1", "", group, is_free=not options.fixed_x, exo=options.fixed_x) for name in exogenous]
        level = "intercepts" in options.group_equal or (options.equal_thresholds and not options.wu_estabrook)
        shifts = group > 1 and level and "means" not in options.group_equal
        for name in latent:  # the mean of a factor of factors shows in theirs alone: it stays 0
            moves = shifts and name in variables.first_order
            rows.append(_Row(name, "~1", "", group, fixed=math.nan if moves else 0.0, is_free=moves))
    return rows


def _within_block(one: str, other: str, options: _Options, group: int) -> _Row:
    """The covariance of two factors of an exploratory block: of an orthogonal one 0, as long as its loadings are its own."""
    moves = group > 1 and {"loadings", "lv_covariances"} & options.group_equal == {"loadings"}
    is_free = options.efa == "oblique" or moves
    return _Row(one, "~~", other, group, fixed=math.nan if is_free else 0.0, is_free=is_free)


def _scale(name: str, options: _Options, group: int) -> _Row:
    """The scale of an ordered item: 1, and free in later groups where thresholds are equal; in theta it follows."""
    if options.parameterization == "theta":
        return _Row(name, "~*~", name, group, is_free=False)
    moves = group > 1 and options.is_freed(name, "", "")
    return _Row(name, "~*~", name, group, fixed=math.nan if moves else 1.0, is_free=moves)


def _intercept(name: str, options: _Options, group: int) -> _Row:
    """The intercept of an observed variable; 0 for ordered items, unless equal thresholds alone settle it."""
    if name not in options.ordered:
        return _Row(name, "~1", "", group)
    moves = group > 1 and options.wu_estabrook and options.is_freed(name, "intercepts", written(name, "~1", ""))
    return _Row(name, "~1", "", group, fixed=math.nan if moves else 0.0, is_free=moves)


def _variance(name: str, variables: Variables, options: _Options, group: int) -> _Row:
    row = _Row(name, "~~", name, group)
    if name in options.ordered:
        if options.parameterization == "delta":
            return replace(row, is_free=False)
        moves = group > 1 and options.is_freed(name, "residuals", written(name, "~~", name))
        return row if moves else replace(row, fixed=1.0, is_free=False)
    if name in variables.only_indicators:
        return replace(row, fixed=0.0, is_free=False)
    scaled = group > 1 and "loadings" in options.group_equal and "lv_variances" not in options.group_equal
    scaled = scaled and name not in options.waiting_factors
    if (options.std_lv or name in options.blocks) and name in variables.latent and not scaled:
        return replace(row, fixed=1.0, is_free=False)
    return row


def _number(
    rows: list[_Row], syntax: Syntax, variables: Variables, options: _Options, partial: frozenset[tuple[str, str, str]]
) -> Table:
    """Join equal parameters, and number the free ones."""
    places: dict[tuple[str, str, str], list[int]] = {}
    for i, row in enumerate(rows):
        places.setdefault(row.key, []).append(i)
    labels = [row.label for row in rows]
    lone = {term.lhs + term.op + term.rhs for term in syntax.terms if len(term.labels) > 1 or len(term.fixed) > 1}
    for copies in places.values() if options.n_groups > 1 else ():
        i, row = copies[0], rows[copies[0]]
        wanted = (
            is_equal_across_groups(row.key, options.group_equal, variables.latent, variables.exogenous)
            and row.key not in partial
            and row.lhs + row.op + row.rhs not in lone
            and not (row.op in ("|", "=~") and (row.lhs if row.op == "|" else row.rhs) in options.waiting)
        )
        if wanted and all(rows[k].is_free for k in copies) and not any(rows[k].label for k in copies):
            for k in copies:
                labels[k] = f".p{i + 1}."
    joined = Equalities(
        free=[row.is_free for row in rows],
        value=[row.start if row.is_free else row.fixed for row in rows],
        labels=labels,
    )
    bounds = list(_bounds(rows, labels))
    definitions = substitute_definitions((*syntax.constraints, *bounds), set(labels) - {""})
    constraints = tuple(item for item in definitions if item.op != "==" or not joined.absorb(item))
    free, value = joined.numbers()
    return Table(
        lhs=tuple(row.lhs for row in rows),
        op=tuple(row.op for row in rows),
        rhs=tuple(row.rhs for row in rows),
        group=np.array([row.group for row in rows], dtype=np.int64),
        free=free,
        value=value,
        label=tuple(labels),
        user=np.array([row.user for row in rows], dtype=np.bool_),
        exo=np.array([row.exo for row in rows], dtype=np.bool_),
        variables=variables,
        n_groups=options.n_groups,
        meanstructure=options.meanstructure,
        constraints=constraints,
        ordered=options.ordered,
        parameterization=options.parameterization,
    )


def _bounds(rows: Sequence[_Row], labels: list[str]) -> Iterator[Constraint]:
    """Constraints of `lower()` and `upper()`; a row without a label gets one."""
    for i, row in enumerate(rows):
        for value, sign in ((row.lower, 1), (row.upper, -1)):
            if math.isnan(value) or math.isinf(value) or (not row.is_free and math.isnan(row.fixed)):
                continue
            labels[i] = labels[i] or f".p{i + 1}."
            parts = (Expression("label", name=labels[i]), Expression("number", number=value))
            name = written(*row.key)
            yield Constraint(">=", name, f"{value:g}", Expression("-", parts=parts[::sign]))


class Equalities:
    """Rows of a parameter table that are joined one by one.

    Parameters
    ----------
    free : sequence of bool
        Whether a row is free.
    value : sequence of float
        Its fixed or starting value; NaN is none.
    labels : sequence of str
        Rows with one label are one parameter: if one of them is fixed, all are.
    """

    def __init__(self, *, free: Sequence[bool], value: Sequence[float], labels: Sequence[str]) -> None:
        self._free = list(free)
        self._value = list(value)
        self._root = list(range(len(self._free)))
        self._first: dict[str, int] = {}
        for i, label in enumerate(labels):
            if label and label in self._first:
                self._join(self._first[label], i)
            elif label:
                self._first[label] = i

    def absorb(self, constraint: Constraint) -> bool:
        """Apply a `==` between two parameters, or one and a number; return whether it was of that kind."""
        left, right = (_plain(side) for side in constraint.expression.parts)
        if left is None or right is None:
            return False
        if isinstance(left, float) and isinstance(right, float):
            return False
        if isinstance(left, float):
            left, right = right, left
        one = self._first[str(left)]
        if isinstance(right, str):
            self._join(one, self._first[right])
        else:
            self._fix(self._find(one), float(right))
        return True

    def numbers(self) -> tuple[Ints, Floats]:
        """Number the free parameters in order of appearance, and return the value of each row's parameter."""
        numbers: dict[int, int] = {}
        free = np.zeros(len(self._free), dtype=np.int64)
        value = np.array(self._value, dtype=np.float64)
        for i in range(len(self._free)):
            root = self._find(i)
            if self._free[root]:
                free[i] = numbers.setdefault(root, len(numbers) + 1)
            if math.isnan(value[i]) or not self._free[root]:
                value[i] = self._value[root]
        return free, value

    def _find(self, i: int) -> int:
        while self._root[i] != i:
            i = self._root[i]
        return i

    def _join(self, one: int, other: int) -> None:
        one, other = sorted((self._find(one), self._find(other)))
        if one == other:
            return
        self._root[other] = one
        if not self._free[other]:
            self._fix(one, self._value[other])
        elif math.isnan(self._value[one]):
            self._value[one] = self._value[other]

    def _fix(self, root: int, value: float) -> None:
        if not self._free[root] and self._value[root] != value:
            raise ModelSyntaxError(
                [
                    Failure(
                        f"One parameter has one value, and here two are asked for: {self._value[root]:g} and {value:g}.",
                        "Remove a fixed value, a label or a constraint.",
                        value=f"{value:g}",
                    )
                ]
            )
        self._free[root], self._value[root] = False, value


def _plain(side: Expression) -> str | float | None:
    """Return a label, a number, or None for anything else."""
    if side.kind == "label":
        return side.name
    return side.evaluate({})[0] if not side.labels else None


def substitute_definitions(constraints: Sequence[Constraint], labels: Collection[str]) -> list[Constraint]:
    """Replace the names that `:=` defines by what they stand for, so that only labels of parameters are left.

    A name may be used before the line that defines it.

    Raises
    ------
    ModelSyntaxError
        A name that is neither a label nor defined, is defined by itself, or defined twice.
    """
    defined: dict[str, Expression] = {}
    failures, found = [], []
    for item in _in_order_of_use(constraints):
        unknown = sorted(item.expression.labels - set(labels) - set(defined))
        if unknown:
            failures.append(
                Failure(
                    f"`{item.op}` uses labels of the model and names that `:=` defines; {', '.join(unknown)} is neither, or is "
                    "defined by itself.",
                    "Give the parameter that label: f =~ a*x2.",
                    row=item.line,
                    value=unknown[0],
                )
            )
            continue
        if item.op == ":=" and (item.lhs in defined or item.lhs in labels):
            failures.append(Failure("A name is given once.", "Choose another name.", row=item.line, value=item.lhs))
            continue
        expression = _substitute(item.expression, defined)
        if item.op == ":=":
            defined[item.lhs] = expression
        found.append(replace(item, expression=expression))
    if failures:
        raise ModelSyntaxError(failures)
    written_order = {item.lhs: place for place, item in enumerate(constraints) if item.op == ":="}
    return sorted(found, key=lambda item: written_order.get(item.lhs, len(constraints)))


def _in_order_of_use(constraints: Sequence[Constraint]) -> list[Constraint]:
    """Definitions first, each after those that it uses, as far as there is such an order."""
    waiting = [item for item in constraints if item.op == ":="]
    names = {item.lhs for item in waiting}
    ordered: list[Constraint] = []
    ready = True
    while waiting and ready:
        later = names - {item.lhs for item in ordered}
        ready = False
        for item in list(waiting):
            if not item.expression.labels & later:
                ordered.append(item)
                waiting.remove(item)
                ready = True
    return [*ordered, *waiting, *(item for item in constraints if item.op != ":=")]


def _substitute(tree: Expression, by: dict[str, Expression]) -> Expression:
    if tree.kind == "label":
        return by.get(tree.name, tree)
    return replace(tree, parts=tuple(_substitute(part, by) for part in tree.parts))


def is_equal_across_groups(
    key: tuple[str, str, str], group_equal: Collection[str], latent: Collection[str], exogenous: Collection[str]
) -> bool:
    """Whether `group_equal` holds the kind of this relation."""
    lhs, op, rhs = key
    if lhs in exogenous or op == "~*~":
        return False
    hidden = lhs in latent
    if op == "~~" and lhs == rhs:
        kind = "lv_variances" if hidden else "residuals"
    elif op == "~~":
        kind = "lv_covariances" if hidden and rhs in latent else "residual_covariances"
    elif op == "~1":
        kind = "means" if hidden else "intercepts"
    else:
        kind = {"=~": "loadings", "~": "regressions", "|": "thresholds"}[op]
    return kind in group_equal
