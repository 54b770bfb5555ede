"""Every message has a translation, every translation is used, and both have the same holes."""

import re
from string import Formatter

import pytest

from hpp_analysis import texts
from hpp_analysis.errors import HppError, OptionError
from hpp_analysis.texts import collect
from hpp_analysis.texts.markdown import paragraphs, translate

TRANSLATED = [code for code in texts.languages() if code != texts.SOURCE]


def messages(catalogue) -> dict:
    """Message id (singular, for plurals) to its text or texts."""
    return {
        message.id[0] if isinstance(message.id, tuple) else message.id: message for message in catalogue if message.id
    }


def holes(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}


def test_dutch_is_there() -> None:
    assert "nl" in TRANSLATED


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_catalogue_is_complete_and_holds_nothing_else(code: str) -> None:
    used, translated = messages(collect.collect()), messages(collect.catalogue_of(code))
    assert len(used) > 100, "the collector found the package's messages"
    assert set(used) - set(translated) == set(), "run `make texts` and translate"
    assert set(translated) - set(used) == set(), "run `make texts`: nobody says these any more"


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_are_whole(code: str) -> None:
    catalogue = collect.catalogue_of(code)
    for message in catalogue:
        if not message.id:
            continue
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        assert all(strings) and not message.fuzzy, f"{code}: {ids[0]!r} is not translated"
        if isinstance(message.id, tuple):
            assert len(strings) == catalogue.num_plurals
        for text in strings:
            assert holes(text) == holes(ids[-1]), f"{code}: {ids[0]!r} has other placeholders"
            assert re.search(r"\s$|^\s", text) is None


@pytest.mark.parametrize("code", TRANSLATED)
def test_dutch_is_not_english(code: str) -> None:
    """A few words are the same in both languages; a catalogue of copies would be a stub."""
    copies = [str(m.id) for m in collect.catalogue_of(code) if m.id and m.id == m.string]
    same = [text for text in copies if len(re.sub(r"{\w+}|\W", "", text)) > 12]  # letters beside the placeholders
    assert same == []


def test_the_language_is_restored_after_a_block() -> None:
    with texts.language("nl"):
        assert texts.gettext("Mean") == "Gemiddelde"
        with texts.language("en"):
            assert texts.gettext("Mean") == "Mean"
        assert texts.current_language() == "nl"
    assert texts.current_language() == "en"


def test_plural_forms() -> None:
    with texts.language("nl"):
        one, two = (texts.ngettext("{n} rating", "{n} ratings", n) for n in (1, 2))
    assert one != two


def test_a_missing_message_is_an_error_not_english() -> None:
    with texts.language("nl"), pytest.raises(HppError, match="must have a translation"):
        texts.gettext("Nobody wrote this message.")


def test_an_unknown_language_lists_those_that_are_there() -> None:
    with pytest.raises(OptionError, match="'en', 'nl'"):
        texts.language("xx")
    assert texts.current_language() == "en"


def test_texts_of_an_instrument_are_picked_by_language() -> None:
    assert texts.pick({"en": "Openness", "nl": "Openheid"}) == "Openness"
    with texts.language("nl"), pytest.raises(OptionError, match="questionnaire has texts"):
        texts.pick({"en": "Openness"})


def test_a_third_language_is_a_file(tmp_path, monkeypatch) -> None:
    (tmp_path / "de.po").write_text(
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Mean"\nmsgstr "Mittelwert"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    texts._catalogue.cache_clear()
    try:
        assert texts.languages() == ("en", "de")
        with texts.language("de"):
            assert texts.gettext("Mean") == "Mittelwert"
    finally:
        texts._catalogue.cache_clear()


def test_markdown_keeps_its_shape() -> None:
    source = "# Title\n\nA paragraph\nover two lines.\n- one\n- two\n\n```\ncode stays\n```\nEnd."
    assert paragraphs(source) == ["Title", "A paragraph over two lines.", "one", "two", "End."]
    assert translate(source, str.upper) == (
        "# TITLE\n\nA PARAGRAPH OVER TWO LINES.\n- ONE\n- TWO\n\n```\ncode stays\n```\nEND."
    )
