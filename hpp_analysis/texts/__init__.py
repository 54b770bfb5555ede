"""What the package says, in any language.

English is the source: each message stands in the code as English, `LANG.po` in this folder holds its
translations, and a language is there when its catalogue is. Messages are looked up when they are used, in the
language that `language()` has set. Where a message speaks of what studies call differently (a partnership, a side),
the catalogues leave the word open; `en.po` does so for English. See `wording.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.core import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from hpp_analysis.errors import HppError, OptionError
from hpp_analysis.texts.wording import Wording, current_words, worded

SOURCE = "en"
FOLDER = Path(__file__).parent

_current: ContextVar[str] = ContextVar("hpp_language", default=SOURCE)


class _Complete(Translations):
    """A catalogue in which a missing message is an error: no report mixes languages."""

    def gettext(self, message: str) -> str:
        found = self._catalog.get(message)
        if found is None and (message, 0) in self._catalog:
            found = self._catalog[message, 0]
        if found is None:
            raise HppError(
                f"Every message must have a translation. {self.info().get('language')!r} has none for {message!r}. "
                f"Add it to the .po file of that language."
            )
        return str(found)

    def ngettext(self, singular: str, plural: str, num: int) -> str:  # noqa: ARG002 - the signature of the class
        form = self.plural(num)
        found = self._catalog.get((singular, form))
        return str(found) if found is not None else self.gettext(singular)


@cache
def _catalogue(code: str) -> Translations | None:
    path = FOLDER / f"{code}.po"
    if code == SOURCE and not path.is_file():
        return None
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled) if code == SOURCE else _Complete(compiled)


def languages() -> tuple[str, ...]:
    """The languages that the package speaks: English and each language with a catalogue.

    Examples
    --------
    >>> languages()
    ('en', 'nl')
    """
    return (SOURCE, *sorted({path.stem for path in FOLDER.glob("*.po")} - {SOURCE}))


def messages() -> Iterator[str]:
    """Everything that the package says with the words in use, in each language: English, then the translations."""
    for code in languages():
        if (catalogue := _catalogue(code)) is not None:
            for message, said in catalogue._catalog.items():
                if message:  # the empty one is the head of the file
                    yield str(message[0] if isinstance(message, tuple) else message)
                    yield current_words().fill(str(said), code)


def check_language(code: str) -> str:
    """Return `code` if the package speaks it, else raise `OptionError`."""
    if code not in languages():
        raise OptionError(
            f"`language` must be one of {', '.join(map(repr, languages()))}. Given: {code!r}. "
            f"Choose one of these, or add {code}.po to the package's `texts` folder."
        )
    return code


class language:  # noqa: N801 - used like a function
    """Set the language of everything that is shown from here on.

    Parameters
    ----------
    code : str
        A language with a catalogue, as "en" or "nl".

    Notes
    -----
    It is only the default of every `language=` argument. Used with `with`, the language before it returns
    at the end of the block.

    Examples
    --------
    >>> with language("nl"):
    ...     gettext("Mean")
    'Gemiddelde'
    """

    def __init__(self, code: str) -> None:
        self.code = check_language(code)
        self._token: Token[str] = _current.set(self.code)

    def __enter__(self) -> language:
        return self

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)

    def __repr__(self) -> str:
        return f"language({self.code!r})"


def current_language() -> str:
    """The code of the language in use."""
    return _current.get()


@contextmanager
def spoken(code: str | None, known: Collection[str] = (), words: Wording | None = None) -> Iterator[str]:
    """Speak `code` inside the block; None is the language in use or, where the texts `known` lack it, one of theirs.

    With `words`, those of a study; None leaves the words in use.
    """
    if code is None:
        code = current_language()
        if known and code not in known:
            code = next((one for one in languages() if one in known), code)
    with language(code) as chosen, worded(words):
        yield chosen.code


def locale() -> Locale:
    """The Babel locale of the language in use, for numbers and dates."""
    return _locale(current_language())


@cache
def _locale(code: str) -> Locale:
    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):  # a private language code: its texts are ours, its digits neutral
        return Locale.parse(SOURCE)


def gettext(message: str) -> str:
    """The message in the language and with the words in use."""
    code = current_language()
    catalogue = _catalogue(code)
    return message if catalogue is None else current_words().fill(catalogue.gettext(message), code)


def ngettext(singular: str, plural: str, n: int) -> str:
    """The message in the form that `n` asks for in the language and with the words in use."""
    code = current_language()
    catalogue = _catalogue(code)
    if catalogue is None:
        return singular if n == 1 else plural
    return current_words().fill(catalogue.ngettext(singular, plural, n), code)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message for translation where it is defined; `gettext` translates it where it is shown."""
    return message


def pick(texts: Mapping[str, str]) -> str:
    """The text in the language in use, from texts by language (as an instrument holds them).

    Texts in languages that the package does not speak stand for themselves.
    """
    code = current_language()
    if code in texts:
        return texts[code]
    if spoken_too := [one for one in languages() if one in texts]:
        raise OptionError(
            f"`language` must be one in which the questionnaire has texts: {', '.join(map(repr, spoken_too))}. Given: "
            f"{code!r}, which {texts[spoken_too[0]]!r} lacks. Leave `language` out, or add the texts to the questionnaire."
        )
    return next(iter(texts.values()))
