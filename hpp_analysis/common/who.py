"""What partnerships and sides are called in a sentence for a reader who knows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hpp_analysis.common.result import Result, join_names
from hpp_analysis.texts import current_language
from hpp_analysis.texts import gettext as _

_MOST_NAMES = 3
_LARGE_NOUNS = ("de", "lb")
"""Languages that write nouns with a capital."""


@dataclass(frozen=True, slots=True)
class Who:
    """Names partnerships and sides as a report about one client says them.

    Attributes
    ----------
    source : Result
        The result that knows what ids are called, and whose answers these are.
    sides : tuple of str
        The two sides, the client's first; fewer where only one was asked.
    """

    source: Result
    sides: tuple[str, ...] = ()

    @property
    def _client(self) -> str:
        return self.source.context.selection.get("client", "")

    def partnership(self, partnership: str) -> str:
        """A partnership; in a report about one client, the other organisation."""
        return self.source._called(partnership, "partnership")

    def side(self, side: str) -> str:
        """A side over all partnerships."""
        if side == "client" and self._client:
            return self._client
        if side in ("client", "partner") and self.source.context.by_partnership:
            return _("the clients") if side == "client" else _("the partners")
        return self.source._called(side, "side")

    def side_in(self, partnership: str, side: str) -> str:
        """A side of one partnership: the organisation where its name says which one it is."""
        if not partnership:
            return self.side(side) if side else ""
        short = self.partnership(partnership)
        if not side:
            return short
        own = self.source.context.selection
        if side in ("client", "partner") and ("client" in own or "partner" in own):
            return own.get(side, short)
        return _("{side}, {partnership}").format(side=self.source._called(side, "side"), partnership=short)

    def about(self, partnership: str, side: str) -> str:
        """Who answered, in a sentence: a side, all of one, or everybody; of the client also about whom."""
        if not partnership and not side:
            return _("all participants")
        giver = self.side_in(partnership, side)
        if not partnership or not self.is_client(side):
            return giver
        return _("{client} about {partner}").format(client=giver, partner=self.partnership(partnership))

    def group(self, columns: Iterable[str], values: Iterable[str]) -> str:
        """Who answered: those with these values of respondent columns."""
        given = {column: str(value) for column, value in zip(columns, values, strict=True)}
        if set(given) <= {"partnership", "side"}:
            return self.about(given.get("partnership", ""), given.get("side", ""))
        return ", ".join(self.source._called(value, column) for column, value in given.items())

    def is_client(self, side: str) -> bool:
        """Whether a side is the client of the report, who then rates each of its partners."""
        return bool(self._client) and side == "client"


def in_sentence(name: str) -> str:
    """The name of a factor or characteristic within a sentence: in lower case, but for languages that write nouns large.

    Examples
    --------
    >>> in_sentence("Timely notice"), in_sentence("IT support")
    ('timely notice', 'IT support')
    """
    first = name.split(" ", 1)[0]
    if current_language() in _LARGE_NOUNS or not first.istitle():
        return name
    return f"{name[0].lower()}{name[1:]}"


def capital(sentence: str) -> str:
    """A sentence that begins with a capital, but for a name such as eBay.

    Examples
    --------
    >>> capital("the partners: yes."), capital("eBay: no.")
    ('The partners: yes.', 'eBay: no.')
    """
    return sentence if sentence[1:2].isupper() else f"{sentence[:1].upper()}{sentence[1:]}"


def some_names(names: Iterable[str], most: int = _MOST_NAMES) -> str:
    """Names in a sentence: all of them, or the first few and how many more there are.

    Examples
    --------
    >>> some_names(["Alfa", "Bravo", "Charlie", "Delta"], most=2)
    'Alfa, Bravo and 2 more'
    """
    listed = list(dict.fromkeys(names))
    if len(listed) <= most + 1:
        return join_names(listed)
    return _("{names} and {n} more").format(names=", ".join(listed[:most]), n=len(listed) - most)
