"""Which columns are answered on one scale: blocks of columns, the ends of their numbers, the order of their words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hpp_analysis.drafts.columns import Column, stem_of
from hpp_analysis.drafts.people import person_of
from hpp_analysis.drafts.words import degree_of, in_order, no_answer
from hpp_analysis.survey.likert import value_of
from hpp_analysis.survey.spelling import canonical

_MOST_POINTS = 11
_WIDEST = 10  # from the lowest to the highest point of a scale of whole numbers
_MANY = 60  # answers after which the highest points of a wider scale would have been seen
_RARE = 0.02  # share of zeros below which they may be a code
_TICKS = 0.98
_NOT_RATED = {"multiple": "a box to tick, by the codebook", "other": "no answers of a list, by the codebook"}
_FEWEST = 3  # items of a file: two columns with the same numbers may be anything


@dataclass(eq=False, slots=True)
class Block:
    """Columns that belong together by header or position, and their answers.

    Attributes
    ----------
    columns : list of Column
    why : str
        Why they belong together.
    kind : {"numbers", "words", "steps", "slider"}
    low, high, step : float
    words : tuple of str
        From low to high.
    beside : dict of int to str
        Words that stand with numbers.
    none : Counter of str
        What is no answer, numbers beyond the scale included.
    """

    columns: list[Column]
    why: str
    kind: str = ""
    low: float = 0
    high: float = 0
    step: float = 1
    words: tuple[str, ...] = ()
    beside: dict[int, str] = field(default_factory=dict)
    none: Counter[str] = field(default_factory=Counter)

    @property
    def n_answers(self) -> int:
        """The number of answers of all its columns."""
        return sum(sum(column.answers.numbers.values()) + sum(column.answers.words.values()) for column in self.columns)


@dataclass(eq=False, slots=True)
class Family:
    """Blocks that are answered on one scale."""

    blocks: list[Block]

    @property
    def columns(self) -> list[Column]:
        """All columns on this scale, in the order of the file."""
        return sorted((column for block in self.blocks for column in block.columns), key=lambda column: column.place)

    @property
    def kind(self) -> str:
        """As `Block.kind`."""
        return self.blocks[0].kind

    @property
    def low(self) -> float:
        """The lowest point that anybody chose."""
        return min(block.low for block in self.blocks)

    @property
    def high(self) -> float:
        """The highest point that anybody chose."""
        return max(block.high for block in self.blocks)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its points from low to high, each in its most frequent spelling."""
        spelt: dict[str, Counter[str]] = defaultdict(Counter)
        for column in self.columns:
            for word, n in column.answers.words.items():
                spelt[canonical(word)][word.strip()] += n
        usual = [counts.most_common(1)[0][0] for counts in spelt.values()]
        return tuple(in_order(usual) or ())

    @property
    def beside(self) -> dict[int, str]:
        """Words that stand with numbers."""
        return {point: label for block in self.blocks for point, label in block.beside.items()}

    @property
    def none(self) -> Counter[str]:
        """The values that are no answer."""
        return sum((block.none for block in self.blocks), Counter[str]())


def families_of(columns: Sequence[Column]) -> tuple[list[Family], dict[int, str]]:
    """The scales of an export with their columns, the largest first; and why other columns are on none, by place."""
    why_not: dict[int, str] = {}
    open_: list[Column] = []
    for column in columns:
        reason = _no_item(column)
        if reason:
            why_not[column.place] = reason
        else:
            open_.append(column)
    blocks = list(_by_stem(open_, why_not))
    taken = {column.place for block in blocks for column in block.columns}
    families = _families(blocks)
    alone = [column for column in open_ if column.place not in taken and column.place not in why_not]
    _join_words(families, alone)
    _join_questions(families, alone)
    _join_runs(families, alone)
    _join_neighbours(families, alone)
    families = [family for family in families if _enough(family)]
    wide = [family for family in families if _n_points(family) > 2]
    for family in families if wide else ():
        if _n_points(family) <= 2:
            why_not |= dict.fromkeys((column.place for column in family.columns), "two values only")
    families = wide or [family for family in families if len(family.columns) > 2]
    if sum(len(family.columns) for family in families) < _FEWEST:
        families = []
    items = {column.place for family in families for column in family.columns}
    for column in open_:
        if column.place not in items:
            why_not.setdefault(column.place, _why_alone(column))
    return sorted(families, key=lambda family: (-len(family.columns), family.columns[0].place)), why_not


def _enough(family: Family) -> bool:
    """Whether a family has items enough: two of which only the codes are known may be anything."""
    columns = family.columns
    return len(columns) >= _FEWEST or (
        len(columns) > 1 and any(column.is_question or column.question for column in columns)
    )


def _n_points(family: Family) -> int:
    if family.kind == "words":
        return len(family.words)
    return round((family.high - family.low) / family.blocks[0].step) + 1


def _no_item(column: Column) -> str:
    """Why a column cannot be an item, whatever its neighbours are; empty where it may be one."""
    found = column.answers
    if not column.n_answered:
        return "empty"
    if column.entry is not None and column.entry.kind in _NOT_RATED:
        return _NOT_RATED[column.entry.kind]
    person = person_of(column)
    if person is not None:
        return person.reason
    if len(column.counts) == 1 and not found.words and column.n_answered < _TICKS * column.n_rows:
        return "ticked or not"
    if "___" in column.header:
        return "a box to tick"
    if not found.numbers and not found.words:
        return "no answers but those that say there is none"
    if found.words and len(found.words) > _MOST_POINTS:
        return "open answers" if _open(column) else "many answers in words"
    if len(found.words) == 1 and len(column.counts) == 1 and column.n_answered < _TICKS * column.n_rows:
        return "ticked or not"
    return ""


def _open(column: Column) -> bool:
    """Whether answers are a person's own words."""
    words = column.answers.words
    return len(words) > 0.5 * sum(words.values()) or float(np.mean([len(word) for word in words])) > 40


def _why_alone(column: Column) -> str:
    words, numbers = column.answers.words, column.answers.numbers
    if words and numbers and len(words) <= 4:
        listed = ", ".join(repr(word) for word in list(words)[:3])
        return f"numbers and words ({listed}) in one column: two scales?"
    if words:
        return (
            "open answers"
            if _open(column)
            else "words without an order"
            if in_order(words) is None
            else "alone on its scale"
        )
    whole = all(number.is_integer() for number in numbers)
    return "alone on its scale" if whole and len(numbers) <= _MOST_POINTS else "numbers that are no answer scale"


def _by_stem(columns: Sequence[Column], why_not: dict[int, str]) -> Iterable[Block]:
    """Blocks of columns whose headers share the question of a matrix, or a name but for its number."""
    by_stem: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        if stem := stem_of(column):
            by_stem[stem].append(column)
    for members in by_stem.values():
        parts = [
            [column for column in members if column.answers.numbers and not column.answers.words],
            [column for column in members if column.answers.words and not column.answers.numbers],
        ]
        for part in parts:
            if len(part) < 2:
                continue
            if reason := _not_rated(part):
                why_not |= dict.fromkeys((column.place for column in part), reason)
                continue
            same = "one question" if part[0].question else f"the names are {part[0].code!r}, {part[1].code!r}, ..."
            block = read_block(Block(part, same))
            if block is not None:
                yield block
            elif part[0].answers.words:
                yield from _words_by_set(part, same)


def _words_by_set(columns: Sequence[Column], why: str) -> Iterable[Block]:
    """Of columns with one name those that share their words: `turnOver1` says how often, `turnOver5` how much agreed."""
    sets: list[list[Column]] = []
    for column in sorted(columns, key=lambda column: -len(column.answers.words)):
        own = {canonical(word) for word in column.answers.words}
        for group in sets:
            if own <= {canonical(word) for member in group for word in member.answers.words}:
                group.append(column)
                break
        else:
            sets.append([column])
    for group in sets:
        block = read_block(Block(sorted(group, key=lambda column: column.place), why)) if len(group) > 1 else None
        if block is not None:
            yield block


def _not_rated(columns: Sequence[Column]) -> str:
    """Why a block of numbers is no rating: a ranking, or the columns of one choice."""
    if len(columns) < 3 or columns[0].answers.words:
        return ""
    values = np.column_stack([column.numbers() for column in columns])
    whole = ~np.isnan(values).any(axis=1)
    if whole.sum() < 5:
        return ""
    rows = np.sort(values[whole], axis=1)
    if (rows == np.arange(1, len(columns) + 1)).all(axis=1).mean() > 0.95:
        return "a ranking: each person gives each place once"
    if set(np.unique(values[whole])) == {0.0, 1.0} and (values[whole].sum(axis=1) <= 1).all():
        return "one choice, written as a column for each answer"
    return ""


def read_block(block: Block) -> Block | None:
    """The block with its scale; None where its answers are on none."""
    numbers: Counter[float] = Counter()
    words: dict[str, str] = {}
    for column in block.columns:
        numbers.update(column.answers.numbers)
        words |= {canonical(word): word.strip() for word in column.answers.words}
        block.none.update(column.answers.none)
        block.beside |= column.answers.beside
    if words and numbers:
        return None
    if words:
        order = (in_order(words.values()) or _by_codebook(block, words)) if len(words) <= _MOST_POINTS else None
        if order is None:
            return None
        block.kind, block.words = "words", tuple(order)
        return block
    return _read_numbers(block, numbers) if numbers else None


def _read_numbers(block: Block, numbers: Counter[float]) -> Block | None:
    core = _without_codes(numbers)
    beyond = {value for value in numbers if value not in core}
    low, high = min(core), max(core)
    whole = all(value.is_integer() for value in core)
    spelt = {canonical(spelling): spelling for column in block.columns for spelling in column.counts}
    block.none.update({spelt.get(f"{value:g}", f"{value:g}"): numbers[value] for value in beyond})
    named = _named_points(block)
    if named and min(named) <= low and max(named) >= high and max(named) - min(named) <= _WIDEST:
        low, high = min(named), max(named)  # also points that nobody chose
        block.beside |= {int(point): label for point, label in named.items()}
    block.low, block.high = low, high
    if whole and high - low <= _WIDEST and len(core) > 1:
        enough = len(block.columns) > 2 or low in (0, 1) or low == -high or bool(block.beside)
        words = [block.beside[point] for point in sorted(block.beside) if low <= point <= high]
        unordered = len(words) > 2 and in_order(words) is None and len(block.columns) < 3
        block.kind = "numbers"
        return block if enough and not unordered else None
    step = _step(sorted(core))
    if step and len(block.columns) > 2:
        block.kind, block.step = "steps", step
        return block
    if whole and len(block.columns) > 2 and low in (0, 1) and high == 100:
        block.kind = "slider"
        return block
    return None


def _named_points(block: Block) -> dict[float, str]:
    """The points with a value label in the file or a codebook, where all columns of a block have the same."""
    sets = [
        {
            float(code): label
            for code, label in column.labels.items()
            if code.lstrip("+-").isdigit() and code not in column.missing and not no_answer(label)
        }
        for column in block.columns
    ]
    return sets[0] if len(sets[0]) > 1 and all(one.keys() == sets[0].keys() for one in sets) else {}


def _by_codebook(block: Block, words: dict[str, str]) -> list[str] | None:
    """Words in the order of a codebook, where several columns share its list."""
    orders = {
        tuple(canonical(text) for one in column.entry.choices.values() for text in one.values()) if column.entry else ()
        for column in block.columns
    }
    order = orders.pop() if len(orders) == 1 and len(block.columns) > 2 else ()
    return (
        sorted(words.values(), key=lambda word: order.index(canonical(word)))
        if order and set(words) <= set(order)
        else None
    )


def _without_codes(numbers: Counter[float]) -> Counter[float]:
    """The numbers of a scale, without those that stand for no answer: negative ones, or far beyond the others."""
    core = Counter(numbers)
    negative = [value for value in core if value < 0]
    positive = [value for value in core if value > 0]
    if negative and positive and (0 not in core or min(negative) < -max(positive)):
        for value in negative:
            del core[value]
    values = sorted(core)
    for place in range(len(values) - 1, max(len(values) - 5, 0), -1):  # four codes at most
        gap = values[place] - values[place - 1]
        inside = values[place - 1] - values[0]
        n_far = sum(core[value] for value in values[place:])
        if gap >= max(4.0, inside) and inside >= 1 and n_far < 0.5 * sum(core.values()):
            for value in values[place:]:
                del core[value]
            break
    share = core[0] / max(sum(core.values()), 1)
    if 0 < share < _RARE and 4 <= max(core) <= 7 and min(core) == 0 and core[1] > 3 * core[0]:
        del core[0]
    return core


def _step(values: list[float]) -> float:
    """The distance between the few values of a scale that was stretched, as 0, 20, ..., 100; 0 where it is not even."""
    if not 3 < len(values) <= _MOST_POINTS + 1:
        return 0.0
    gaps = np.diff(values)
    step = float(np.median(gaps))
    times = gaps / step
    even = np.abs(times - np.round(times)).max() < 0.02 and times.max() < 3
    return (values[-1] - values[0]) / round((values[-1] - values[0]) / step) if even else 0.0


def _families(blocks: Sequence[Block]) -> list[Family]:
    """Blocks that share a scale, the widest numbers of many columns first."""
    families: list[Family] = []
    for block in sorted(blocks, key=lambda block: (-len(block.columns), -len(block.words), -(block.high - block.low))):
        for family in families:
            if _same(block, family):
                family.blocks.append(block)
                break
        else:
            families.append(Family([block]))
    return families


def _same(block: Block, family: Family) -> bool:
    """Whether a block may be answered on the scale of a family."""
    if block.kind != family.kind:
        return False
    if block.kind == "words":
        return _same_words(block.words, family.words)
    if block.kind == "steps":
        return abs(block.step - family.blocks[0].step) < 0.02 * block.step and block.low >= 0
    labels = family.beside
    if any(canonical(labels.get(point, label)) != canonical(label) for point, label in block.beside.items()):
        return False
    low, high = family.low, family.high
    if block.high == high:
        return block.low >= low or (low == 1 and block.low == 0)
    if block.low < low or block.high > high + 1:
        return False
    return block.high >= high - 1 or block.n_answers < _MANY


def _same_words(words: Sequence[str], known: Sequence[str]) -> bool:
    one, two = {canonical(word) for word in words}, {canonical(word) for word in known}
    if one <= two:
        return True
    both = {canonical(word): word for word in (*words, *known)}
    alike = len(one & two) / len(both)
    return (alike >= 0.6 or two <= one) and in_order(both.values()) is not None


def _join_words(families: list[Family], alone: list[Column]) -> None:
    """Columns alone whose words are those of a scale, or of each other."""
    worded = [column for column in alone if column.answers.words and not column.answers.numbers]
    for column in sorted(worded, key=lambda column: -len(column.answers.words)):
        block = read_block(Block([column], "the same answers in words"))
        if block is None:
            continue
        alone.remove(column)
        for family in families:
            if family.kind == "words" and _same_words(block.words, family.words):
                family.blocks.append(block)
                break
        else:
            families.append(Family([block]))


def _join_questions(families: list[Family], alone: list[Column]) -> None:
    """Questions in words, answered in numbers, wherever they stand."""
    found = []
    for column in list(alone):
        why = "a question, answered in the same numbers"
        block = read_block(Block([column], why)) or _upper_points(column, why) if column.is_question else None
        if block is None or block.kind != "numbers" or len(column.answers.numbers) < 3:
            continue
        found.append(block)
        alone.remove(column)
    for block in sorted(found, key=lambda block: (-(block.high - block.low), block.columns[0].place)):
        for family in families:
            if _same(block, family):
                family.blocks.append(block)
                break
        else:
            families.append(Family([block]))


def _upper_points(column: Column, why: str) -> Block | None:
    """Whole numbers of a column of which the lowest points were not chosen: 5 to 10; its labels must not name kinds."""
    values = column.answers.numbers
    whole = all(value.is_integer() and 0 <= value <= _WIDEST for value in values)
    if column.answers.words or column.answers.beside or not whole or len(values) < 3:
        return None
    return Block([column], why, "numbers", min(values), max(values), none=Counter(column.answers.none))


def _join_runs(families: list[Family], alone: list[Column]) -> None:
    """At least three names without numbers beside each other, answered on one scale."""
    run: list[Column] = []

    def close() -> None:
        block = read_block(Block(list(run), "beside each other, with the same answers")) if len(run) > 2 else None
        if block is not None:
            for column in run:
                alone.remove(column)
            for family in families:
                if _same(block, family):
                    family.blocks.append(block)
                    return
            families.append(Family([block]))

    for column in list(alone):
        own = read_block(Block([column], ""))
        before = read_block(Block(list(run), "")) if run else None
        fits = own is not None and own.kind == "numbers" and len(column.answers.numbers) > 2
        if run and not (fits and before and column.place == run[-1].place + 1 and _next_to(own, before)):
            close()
            run = []
        if fits and not column.is_question:
            run.append(column)
    close()


def _next_to(one: Block | None, two: Block) -> bool:
    """Whether two ranges differ by at most one point at one end."""
    return one is not None and abs(one.low - two.low) + abs(one.high - two.high) <= 1


def _join_neighbours(families: list[Family], alone: list[Column]) -> None:
    """Add single columns that lie beside the items of a scale and are answered on it."""
    grew = True
    while grew:
        grew = False
        for column in list(alone):
            block = read_block(Block([column], "beside items with the same answers"))
            if block is None and column.answers.numbers and not column.answers.words:
                block = _upper_points(column, "beside items with the same answers") or _on_steps(column)
            if block is None or (block.kind == "numbers" and len(column.answers.numbers) < 3):
                continue
            for family in families:
                places = {one.place for one in family.columns} if len(family.columns) > 1 else set()
                if {column.place - 1, column.place + 1} & places and _same(block, family):
                    family.blocks.append(block)
                    alone.remove(column)
                    grew = True
                    break


def _on_steps(column: Column) -> Block | None:
    values = sorted(_without_codes(column.answers.numbers))
    step = _step(values)
    return Block([column], "beside items with the same answers", "steps", values[0], values[-1], step) if step else None


def full_words(words: Sequence[str]) -> list[str | None]:
    """Words with a gap where nobody chose a point of agreement, satisfaction and the like: "strongly disagree" of five.

    Examples
    --------
    >>> full_words(["Disagree", "Neutral", "Agree", "Strongly agree"])
    [None, 'Disagree', 'Neutral', 'Agree', 'Strongly agree']
    """
    values = [degree_of(word) for word in words]
    if None in values or any(value_of(word) is None for word in words):
        return list(words)
    known = {round(value, 1): word for value, word in zip(values, words, strict=True) if value is not None}
    if set(known) > {-2.0, 0.0, 2.0} and set(known) <= {-3.0, -2.0, 0.0, 2.0, 3.0}:
        return [known.get(value) for value in (-3.0, -2.0, 0.0, 2.0, 3.0)]
    return list(words)
