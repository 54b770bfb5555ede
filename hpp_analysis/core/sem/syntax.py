"""Reading models in lavaan's syntax (Rosseel 2012, doi:10.18637/jss.v048.i02).

`parse_syntax` returns the relations and constraints of the text alone; `table` completes them to a model.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from hpp_analysis.core.sem.expression import Expression, ExpressionError, parse_expression
from hpp_analysis.errors import Failure, ModelSyntaxError

OPERATORS = {
    "=~": "is measured by",
    "~": "is regressed on",
    "~~": "varies together with",
    "|": "has the thresholds",
    "~*~": "has the scale",
    ":=": "is defined as",
    "==": "equals",
    "<": "is at most",
    ">": "is at least",
    "<=": "is at most",
    ">=": "is at least",
}
"""The operators that start a statement, in words."""


UNSUPPORTED = {
    "<~": (
        "Formative measurement (`<~`) is not supported.",
        "Make a column of the weighted sum, or write `=~` if the items reflect the factor.",
    )
}
"""Operators of lavaan that are not understood: why, and the way out."""


MODIFIERS = {
    "efa": 'It stands before each factor of a block, on the left of `=~`: efa("a")*f1 + efa("a")*f2 =~ x1 + x2 + x3 + x4.',
    "rv": "Random slopes are not supported; models of two levels (hpp.models.fit_two_level_cfa) have random intercepts.",
    "prior": "Leave it out; there are no priors in maximum likelihood.",
    "da": "Leave it out.",
}
"""Modifiers of lavaan that are not understood there, and the way out."""


BLOCKS = {
    "level": "Fit it with hpp.models.fit_two_level_cfa(model, data, cluster=); or write one model, and give `cluster`.",
    "group": "Fit each group by itself; a model of two levels has none.",
    "block": "Write one model for all groups, and c() where groups differ: f =~ c(1, NA)*x1.",
    "class": "Write one model; there are no latent classes.",
}
"""Words that open a block in lavaan, and the way out."""


_TOKEN = re.compile(
    r"(?P<space>[ \t\r\f\v]+)|(?P<string>\"[^\"]*\"|'[^']*')|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|"
    r"(?P<name>\.?[^\W\d][\w.]*)|(?P<operator>=~|~\*~|<~|~~|~|:=|==|<=|>=|<|>|\|)|(?P<sign>[-+*/^(),:])|(?P<other>.)"
)


STARTERS = {*OPERATORS, *UNSUPPORTED}


@dataclass(frozen=True, slots=True)
class Term:
    """One relation as it was written, before groups are known.

    Attributes
    ----------
    lhs, op, rhs : str
        The relation; an intercept is `~1` with an empty `rhs`, a threshold is `|`.
    fixed : tuple of float
        Fixed values, one for all groups or one per group; NaN is `NA`, set free on purpose. Empty: nothing said.
    start : tuple of float
        Starting values, likewise.
    labels : tuple of str
        Labels, likewise; an empty label is none.
    line : int
        Where it stands, from 1.
    lower, upper : tuple of float
        Bounds, likewise.
    efa : str
        The exploratory block of the factor on the left; "" is none.
    """

    lhs: str
    op: str
    rhs: str
    fixed: tuple[float, ...] = ()
    start: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    line: int = 0
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    efa: str = ""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A `==`, a `:=` or an inequality.

    Attributes
    ----------
    op : str
        "==", ":=" or ">=" (whichever way it was written).
    lhs : str
        The new name (`:=`), or the left side as it was written; of a `>=` the right side, where that alone has a label.
    rhs : str
        The other side.
    expression : Expression
        Of a `:=` its value; of a `==` the left side minus the right side, which is to be zero; of a `>=` what is not to be
        negative.
    line : int
    """

    op: str
    lhs: str
    rhs: str
    expression: Expression
    line: int = 0


LEVELS = {"1": "within", "within": "within", "2": "between", "between": "between"}
"""What the levels of a model may be called after `level:`, and their names here."""


@dataclass(frozen=True, slots=True)
class Block:
    """The relations of one group or level, and its name as written after `group:` or `level:`."""

    name: str
    terms: tuple[Term, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Syntax:
    """The relations and constraints of a model text, in order, each once.

    Attributes
    ----------
    terms : tuple of Term
        With blocks those of any group, as the first of them writes it.
    constraints : tuple of Constraint
    blocks : tuple of Block
        Empty where all groups share one model.
    auxiliary : tuple of str
        Variables that are no part of the model; see `add_auxiliary`.
    """

    terms: tuple[Term, ...]
    constraints: tuple[Constraint, ...]
    blocks: tuple[Block, ...] = ()
    auxiliary: tuple[str, ...] = ()

    def of_group(self, group: int) -> tuple[Term, ...]:
        """The relations of a group, counted from 1."""
        return self.blocks[group - 1].terms if self.blocks else self.terms


@dataclass(frozen=True, slots=True)
class Variables:
    """The parts that variables play in a model, each in lavaan's order.

    Attributes
    ----------
    latent : tuple of str
        Left of `=~`, in order of appearance.
    observed : tuple of str
        Indicators, then dependent variables, then others, then exogenous covariates.
    exogenous : tuple of str
        Observed variables that only predict: with `fixed_x` their moments are those of the sample.
    indicators : tuple of str
        Observed and latent variables right of `=~`.
    dependent, predictors : tuple of str
        Left and right of `~`.
    first_order : tuple of str
        Latent variables with an observed indicator.
    only_indicators : tuple of str
        Variables that are the single indicator of a latent variable: they have no residual.
    auxiliary : tuple of str
        Variables that are no part of the model: they correlate with all observed variables, and help where answers are missing.
    """

    latent: tuple[str, ...]
    observed: tuple[str, ...]
    exogenous: tuple[str, ...]
    indicators: tuple[str, ...]
    dependent: tuple[str, ...]
    predictors: tuple[str, ...]
    first_order: tuple[str, ...]
    only_indicators: tuple[str, ...]
    auxiliary: tuple[str, ...] = ()


def parse_syntax(text: str, *, levels: bool = False) -> Syntax:
    """Read a model in lavaan's syntax.

    Understood: `=~`, `~`, `~~`, `~ 1`, `|`, `~*~`, `:=`, `==`, `<`, `>`; lists with `+` on both sides; modifiers before `*`: numbers,
    `NA`, labels, `start()`, `lower()`, `upper()`, `label()`, `equal()`, and `c()` with one value per group; `efa("a")*` before the
    factors of an exploratory block; comments (`#`, `!`), several statements on a line (`;`), statements over several lines, and a
    model of its own for each group after `group: NAME`.

    Parameters
    ----------
    text : str
    levels : bool
        The model is one of two levels: its blocks are `level: 1` (or `within`) and `level: 2` (`between`), returned in this
        order. Otherwise such blocks are refused.

    Raises
    ------
    ModelSyntaxError
        All problems at once: line, token, what was expected.

    Examples
    --------
    >>> model = parse_syntax("trust =~ t1 + a*t2 + a*t3; t1 ~~ 0.5*t2")
    >>> [(term.lhs, term.op, term.rhs) for term in model.terms]
    [('trust', '=~', 't1'), ('trust', '=~', 't2'), ('trust', '=~', 't3'), ('t1', '~~', 't2')]
    >>> parse_syntax("trust =~ t1 +")
    Traceback (most recent call last):
    hpp_analysis.errors.ModelSyntaxError: 1 problem:
    - row 1, value '+': After `+` a variable is expected, but the statement ends. Write a variable or remove it.
    """
    if not isinstance(text, str):
        raise ModelSyntaxError(
            [
                Failure(
                    "A model is a text in lavaan's syntax.", "Write for instance 'f =~ x1 + x2 + x3'.", value=repr(text)
                )
            ]
        )
    return _parsed(text, levels=levels)


@lru_cache(maxsize=64)
def _parsed(text: str, *, levels: bool) -> Syntax:
    """Read a text; simulations and comparisons fit one model many times."""
    failures: list[Failure] = []
    terms: dict[tuple[str, str, str], Term] = {}
    blocks: _Blocks = []
    constraints: list[Constraint] = []
    for statement in statements(text, failures):
        if is_block(statement) and statement[0].text == ("level" if levels else "group"):
            if terms and not blocks:
                rule = "In a model with blocks every relation stands in one; some stand before the first."
                failures.append(Failure(rule, "Move them into the blocks.", row=statement[0].line))
            terms = {}
            blocks.append(("".join(token.text for token in statement[2:]).strip("\"'"), terms, statement[0].line))
            continue
        try:
            found = _read(statement)
        except SyntaxProblemError as problem:
            failures.append(problem.failure)
            continue
        for item in found:
            if isinstance(item, Constraint):
                constraints.append(item)
                continue
            try:
                _merge(terms, item)
            except SyntaxProblemError as problem:
                failures.append(problem.failure)
    if levels:
        blocks = _levels(blocks, failures)
    for name, own, line in blocks if not levels else ():
        if not own or [block[0] for block in blocks].count(name) > 1 or len(blocks) < 2:
            rule = "Each group has one block with relations, and there are two groups or more."
            failures.append(Failure(rule, "Write one block per group, or none.", row=line, value=f"group: {name}"))
    any_group: dict[tuple[str, str, str], Term] = {}
    for _name, own, _line in blocks:
        any_group = {**own, **any_group}
    terms = any_group or terms
    if not failures and not terms:
        failures.append(
            Failure("A model has at least one relation.", "Write for instance 'f =~ x1 + x2 + x3'.", value=text.strip())
        )
    if failures:
        raise ModelSyntaxError(failures)
    return Syntax(
        terms=tuple(terms.values()),
        constraints=tuple(constraints),
        blocks=tuple(Block(name, tuple(own.values()), line) for name, own, line in blocks),
    )


_Blocks = list[tuple[str, dict[tuple[str, str, str], Term], int]]


def _levels(blocks: _Blocks, failures: list[Failure]) -> _Blocks:
    """Name the levels of a model, and put the one within clusters first."""
    named = {LEVELS.get(name, name): (LEVELS.get(name, name), own, line) for name, own, line in blocks}
    if len(blocks) == 2 and set(named) == {"within", "between"} and all(own for _name, own, _line in blocks):
        return [named["within"], named["between"]]
    listed = ", ".join(f"level: {name}" for name, _own, _line in blocks) or "none"
    rule = f"A model of two levels must have one block for each, with relations; it has: {listed}."
    remedy = "Write 'level: 1' before the model within clusters, and 'level: 2' before the one between them."
    failures.append(Failure(rule, remedy, row=blocks[0][2] if blocks else None))
    return []


def arrange_blocks(syntax: Syntax, groups: Sequence[str]) -> Syntax:
    """Put the blocks of a model in the order of the groups: by name, or numbered from 1.

    Raises
    ------
    ModelSyntaxError
        A block of no group, or a group without one.

    Examples
    --------
    >>> model = parse_syntax("group: b; f =~ x1 + x2; group: a; f =~ x1 + x2")
    >>> [block.name for block in arrange_blocks(model, ["a", "b"]).blocks]
    ['a', 'b']
    """
    if not syntax.blocks:
        return syntax
    by_name = {block.name: block for block in syntax.blocks}
    for names in (list(groups), [str(k + 1) for k in range(len(groups))]):
        if set(names) == set(by_name):
            return replace(syntax, blocks=tuple(by_name[name] for name in names))
    listed = ", ".join(name or "none" for name in groups)
    wrong = next((block for block in syntax.blocks if block.name not in groups), syntax.blocks[0])
    rule = f"Each group of the answers has one block; the groups are: {listed}."
    spaced = next((f' (quote names with spaces: group: "{name}")' for name in groups if " " in name), "")
    remedy = f"Name the blocks as the groups{spaced}, or number them from 1; and name the column: group=."
    raise ModelSyntaxError([Failure(rule, remedy, row=wrong.line, value=f"group: {wrong.name}")])


def find_variables(syntax: Syntax) -> Variables:
    """Find the part that each variable plays."""
    terms = syntax.terms

    def names(op: str, side: str) -> list[str]:
        return list(dict.fromkeys(getattr(term, side) for term in terms if term.op == op))

    latent, indicators = names("=~", "lhs"), names("=~", "rhs")
    dependent, predictors = names("~", "lhs"), names("~", "rhs")
    others: dict[str, None] = {}
    for term in terms:
        if term.op in ("~~", "~1", "|", "~*~"):
            others |= dict.fromkeys(name for name in (term.lhs, term.rhs if term.op == "~~" else "") if name)
    random = set(others)
    plain = [name for name in (*indicators, *dependent) if name not in latent]
    exogenous = [
        name
        for name in predictors
        if name not in latent and name not in indicators and name not in dependent and name not in random
    ]
    more = [name for name in (*predictors, *others) if name not in latent and name not in exogenous]
    observed = (*dict.fromkeys((*plain, *more)), *exogenous)
    measured = {name: [term.rhs for term in terms if term.op == "=~" and term.lhs == name] for name in latent}
    return Variables(
        latent=tuple(latent),
        observed=tuple(observed),
        exogenous=tuple(exogenous),
        indicators=tuple(indicators),
        dependent=tuple(dependent),
        predictors=tuple(predictors),
        first_order=tuple(name for name in latent if not set(measured[name]) <= set(latent)),
        only_indicators=tuple(items[0] for items in measured.values() if len(items) == 1),
        auxiliary=syntax.auxiliary,
    )


def add_auxiliary(syntax: Syntax, names: Sequence[str]) -> Syntax:
    """Let variables that are no part of a model correlate with each other and with (the residuals of) its observed variables.

    They restrict nothing, so the model has the degrees of freedom that it has without them; where answers are missing, they
    make it more plausible that these are missing at random, and estimates more precise.

    References
    ----------
    Graham (2003), doi:10.1207/S15328007SEM1001_4

    Examples
    --------
    >>> model = add_auxiliary(parse_syntax("f =~ x1 + x2"), ["age"])
    >>> [(term.lhs, term.op, term.rhs) for term in model.terms[2:]]
    [('age', '~~', 'age'), ('age', '~~', 'x1'), ('age', '~~', 'x2')]
    """
    observed = find_variables(syntax).observed
    places = range(len(names))
    pairs = [(names[i], names[j]) for i in places for j in places[i:]]
    added = tuple(Term(lhs, "~~", rhs) for lhs, rhs in (*pairs, *((own, x) for own in names for x in observed)))
    return replace(
        syntax,
        terms=(*syntax.terms, *added),
        blocks=tuple(replace(block, terms=(*block.terms, *added)) for block in syntax.blocks),
        auxiliary=tuple(names),
    )


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign, and the line that it stands in."""

    kind: str
    text: str
    line: int


class SyntaxProblemError(Exception):
    """The token at which a statement cannot be read; becomes a failure of `ModelSyntaxError`."""

    def __init__(self, token: Token, rule: str, remedy: str) -> None:
        self.failure = Failure(rule=rule, remedy=remedy, row=token.line, value=token.text)
        super().__init__(rule)


def statements(text: str, failures: list[Failure]) -> list[list[Token]]:
    """Cut the text into statements; a part of a line without an operator continues the last one."""
    found: list[list[Token]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        for part in _parts_of_line(line, number):
            bad = next((token for token in part if token.kind == "other"), None)
            if bad is not None:
                failures.append(
                    Failure("This character has no meaning in a model.", "Remove it.", row=number, value=bad.text)
                )
                part = [token for token in part if token.kind != "other"]
            if not part:
                continue
            if any(token.text in STARTERS and token.kind == "operator" for token in part) or is_block(part):
                found.append(part)
            elif found:
                found[-1] += part
            else:
                failures.append(
                    Failure(
                        "A statement has an operator (=~, ~, ~~, := or ==); here none was found.",
                        "Write for instance 'f =~ x1 + x2 + x3'.",
                        row=number,
                        value=part[0].text,
                    )
                )
    return found


def _parts_of_line(line: str, number: int) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for match in _TOKEN.finditer(line):
        kind, text = str(match.lastgroup), match.group()
        if kind == "other" and text in "#!":
            break
        if kind == "other" and text == ";":
            parts.append([])
        elif kind != "space":
            parts[-1].append(Token(kind, text, number))
    return [part for part in parts if part]


def is_block(part: list[Token]) -> bool:
    """Whether a part opens a block, as `group: 1` does in lavaan."""
    return len(part) > 1 and part[0].text in BLOCKS and part[1].text == ":"


def split(tokens: list[Token], sign: str) -> list[list[Token]]:
    """Cut at a sign outside brackets; an empty part is an error."""
    parts: list[list[Token]] = [[]]
    depth = 0
    last = tokens[0]
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if depth < 0:
            raise SyntaxProblemError(
                token, "Brackets come in pairs; this one closes none.", "Remove it or open one before it."
            )
        if token.kind == "sign" and token.text == sign and depth == 0:
            if not parts[-1]:
                raise SyntaxProblemError(
                    token, f"Before `{sign}` a variable is expected.", "Write a variable or remove the sign."
                )
            parts.append([])
        else:
            parts[-1].append(token)
        last = token
    if depth:
        raise SyntaxProblemError(last, "Brackets come in pairs; a closing bracket is expected here.", "Close it.")
    if not parts[-1]:
        raise SyntaxProblemError(
            last, f"After `{sign}` a variable is expected, but the statement ends.", "Write a variable or remove it."
        )
    return parts


def _read(tokens: list[Token]) -> list[Term] | list[Constraint]:
    if is_block(tokens):
        raise SyntaxProblemError(tokens[0], f"Blocks (`{tokens[0].text}:`) are not supported.", BLOCKS[tokens[0].text])
    at = next(i for i, token in enumerate(tokens) if token.kind == "operator" and token.text in STARTERS)
    operator, left, right = tokens[at], tokens[:at], tokens[at + 1 :]
    if operator.text in UNSUPPORTED:
        raise SyntaxProblemError(operator, *UNSUPPORTED[operator.text])
    if not left:
        raise SyntaxProblemError(
            operator, f"Before `{operator.text}` a variable is expected.", "Write what stands on the left."
        )
    if not right:
        raise SyntaxProblemError(
            operator,
            f"After `{operator.text}` ({OPERATORS[operator.text]}) something is expected.",
            "Complete the line.",
        )
    second = next((token for token in right if token.kind == "operator"), None)
    if second is not None:
        raise SyntaxProblemError(
            second, f"A statement has one operator, `{operator.text}` here.", "Begin a new line before the second one."
        )
    if operator.text in (":=", "==", "<", ">", "<=", ">="):
        return [_constraint(operator, left, right)]
    lefts = [_left(part, operator) for part in split(left, "+")]
    parts = split(right, "+")
    return [replace(_term(lhs, operator, part), efa=block) for lhs, block in lefts for part in parts]


def _left(tokens: list[Token], operator: Token) -> tuple[str, str]:
    """The variable on the left of an operator, and its exploratory block: `efa("a")*f`."""
    if operator.text != "=~" or tokens[0].text != "efa" or len(tokens) < 2 or tokens[1].text != "(":
        return _variable(tokens), ""
    block, *others = split(tokens, "*")
    if len(others) != 1 or len(block) != 4 or block[2].kind not in ("name", "string") or block[3].text != ")":
        raise SyntaxProblemError(tokens[0], "An exploratory block has one name.", 'Write efa("a")*f1 + efa("a")*f2.')
    if not (name := block[2].text.strip("\"' ")):
        raise SyntaxProblemError(block[2], "An exploratory block has a name.", 'Write efa("a")*f1 + efa("a")*f2.')
    return _variable(others[0]), name


def _variable(tokens: list[Token]) -> str:
    head = tokens[0]
    if head.kind != "name" or head.text == "NA":
        raise SyntaxProblemError(
            head, "A variable is expected here.", "Names begin with a letter and hold letters, digits, _ and ."
        )
    if len(tokens) > 1:
        token = tokens[1]
        if token.text == "(" and head.text in MODIFIERS:
            raise SyntaxProblemError(head, f"The modifier `{head.text}()` is not supported here.", MODIFIERS[head.text])
        if token.text == ":":
            raise SyntaxProblemError(
                token, "Products of variables (`a:b`) are not supported.", "Make a column of the product."
            )
        if token.text == "*":
            raise SyntaxProblemError(
                token, "Modifiers stand on the right of the operator only.", "Move it to the right side."
            )
        if token.text == "-":
            raise SyntaxProblemError(
                token, "`+` is expected between variables.", "Leave out what does not belong to the model."
            )
        raise SyntaxProblemError(
            token, f"`+` or the end of the line is expected after {head.text}.", "Put a `+` between variables."
        )
    return head.text


def _term(lhs: str, operator: Token, tokens: list[Token]) -> Term:
    parts = split(tokens, "*")
    target, modifiers = parts[-1], parts[:-1]
    term = Term(lhs=lhs, op=operator.text, rhs="", line=operator.line)
    if operator.text == "~" and len(target) == 1 and target[0].kind == "number":
        if float(target[0].text) == 0 and not modifiers:
            return replace(term, op="~1", fixed=(0.0,))
        if float(target[0].text) != 1:
            raise SyntaxProblemError(
                target[0], "A number on the right of `~` is 1, the intercept, or 0, none.", "Write y ~ 1."
            )
        term = replace(term, op="~1")
    else:
        term = replace(term, rhs=_variable(target))
    for modifier in modifiers:
        term = _combine(term, _modifier(modifier), modifier[0])
    return term


def _modifier(tokens: list[Token]) -> dict[str, tuple[float, ...] | tuple[str, ...]]:
    head = tokens[0]
    if head.kind == "name" and len(tokens) > 2 and tokens[1].text == "(" and tokens[-1].text == ")":
        inner = tokens[2:-1]
        if head.text == "c":
            return _vector(inner, head)
        if head.text in ("start", "lower", "upper"):
            return {head.text: _numbers(inner, head)}
        if head.text == "label":
            return {"labels": _names(inner, head)}
        if head.text == "equal":
            return {"labels": tuple(f"={name}" for name in _names(inner, head))}
        if head.text in MODIFIERS:
            raise SyntaxProblemError(head, f"The modifier `{head.text}()` is not supported here.", MODIFIERS[head.text])
    return _vector(tokens, head)


def _vector(tokens: list[Token], head: Token) -> dict[str, tuple[float, ...] | tuple[str, ...]]:
    """Fixed values or labels, one for all groups or one per group."""
    parts = split(_unwrapped(tokens, head), ",")
    texts = [part[0].text for part in parts if part[0].kind in ("name", "string") and len(part) == 1]
    if len(texts) == len(parts) and any(text != "NA" for text in texts):
        return {"labels": _names(tokens, head)}
    if texts and any(text != "NA" for text in texts):
        raise SyntaxProblemError(
            head,
            "One modifier holds numbers or labels, not both.",
            "Write the variable twice: f =~ c(a, b)*x + c(1, NA)*x.",
        )
    return {"fixed": _numbers(tokens, head)}


def _unwrapped(tokens: list[Token], head: Token) -> list[Token]:
    if not tokens:
        raise SyntaxProblemError(
            head, "Between the brackets a value is expected.", "Write one value, or one per group."
        )
    if tokens[0].text == "c" and len(tokens) > 2 and tokens[1].text == "(" and tokens[-1].text == ")":
        return _unwrapped(tokens[2:-1], head)
    return tokens


def _numbers(tokens: list[Token], head: Token) -> tuple[float, ...]:
    values = []
    for part in split(_unwrapped(tokens, head), ","):
        text = "".join(token.text for token in part)
        if text == "NA":
            values.append(math.nan)
            continue
        try:
            tree = parse_expression(text)
        except ExpressionError as problem:
            raise SyntaxProblemError(
                part[0], f"A number is expected: {problem}.", "Write a number, NA or a label before `*`."
            ) from None
        value, _slopes = tree.evaluate({}) if not tree.labels else (math.nan, {})
        if not math.isfinite(value):
            raise SyntaxProblemError(part[0], "A number, NA or a label is expected before `*`.", "Write one of these.")
        values.append(value)
    return tuple(values)


def _names(tokens: list[Token], head: Token) -> tuple[str, ...]:
    names = []
    for part in split(_unwrapped(tokens, head), ","):
        token = part[0]
        if len(part) > 1 or token.kind not in ("name", "string"):
            raise SyntaxProblemError(
                token, "A label is expected here.", "Labels begin with a letter and hold letters, digits, _ and ."
            )
        text = token.text.strip("\"'") if token.kind == "string" else token.text
        names.append("" if text == "NA" else re.sub(r"\s", "", text))
    return tuple(names)


def _combine(term: Term, new: dict[str, tuple[float, ...] | tuple[str, ...]], token: Token) -> Term:
    for field in new:
        if getattr(term, field):
            raise SyntaxProblemError(
                token, f"{written(term.lhs, term.op, term.rhs)} has two modifiers of one kind.", "Keep one of them."
            )
    return replace(term, **new)  # type: ignore[arg-type]


def written(lhs: str, op: str, rhs: str) -> str:
    """Write a relation as model syntax.

    Examples
    --------
    >>> written("x1", "~1", ""), written("f", "=~", "x1")
    ('x1 ~ 1', 'f =~ x1')
    """
    return f"{lhs} ~ 1" if op == "~1" else f"{lhs} {op} {rhs}"


_MODIFIER_FIELDS = ("fixed", "start", "labels", "lower", "upper")


def _merge(terms: dict[tuple[str, str, str], Term], new: Term) -> None:
    """Add a relation; one that is in the model already may add a modifier of another kind."""
    key = (new.lhs, new.op, new.rhs)
    if new.op == "~~" and key not in terms and (new.rhs, new.op, new.lhs) in terms:
        key = (new.rhs, new.op, new.lhs)
    old = terms.get(key)
    if old is None:
        terms[key] = new
        return
    if not any(getattr(new, field) for field in _MODIFIER_FIELDS):
        raise SyntaxProblemError(
            Token("name", new.rhs or new.lhs, new.line),
            f"{written(new.lhs, new.op, new.rhs)} stands in the model already (line {old.line}).",
            "Keep it once.",
        )
    modifiers: dict[str, tuple[float, ...] | tuple[str, ...]] = {
        field: getattr(new, field) for field in _MODIFIER_FIELDS if getattr(new, field)
    }
    terms[key] = _combine(old, modifiers, Token("name", new.rhs or new.lhs, new.line))


def _constraint(operator: Token, left: list[Token], right: list[Token]) -> Constraint:
    lhs, rhs = ("".join(token.text for token in side) for side in (left, right))
    if operator.text == ":=":
        name = _variable(left)
        return Constraint(op=":=", lhs=name, rhs=rhs, expression=_arithmetic(right), line=operator.line)
    parts = (_arithmetic(left), _arithmetic(right))
    if operator.text in ("<", "<=", ">", ">="):
        wide = Expression("-", parts=parts if operator.text[0] == ">" else parts[::-1])
        if parts[1].labels and not parts[0].labels:  # `0 < a` bounds a
            lhs, rhs = rhs, lhs
        return Constraint(op=">=", lhs=lhs, rhs=rhs, expression=wide, line=operator.line)
    difference = Expression("-", parts=parts)
    return Constraint(op="==", lhs=lhs, rhs=rhs, expression=difference, line=operator.line)


def _arithmetic(tokens: list[Token]) -> Expression:
    try:
        return parse_expression(" ".join(token.text for token in tokens))
    except ExpressionError as problem:
        at = next((token for token in tokens if token.text == problem.token), tokens[-1])
        raise SyntaxProblemError(
            at, f"{problem.expected.capitalize()} is expected here.", "Correct the formula."
        ) from None
