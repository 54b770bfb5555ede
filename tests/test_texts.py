"""Every message has a translation, every translation is used, and both have the same holes."""

import re
from string import Formatter

import pytest

from hpp_analysis import texts
from hpp_analysis.errors import HppError, OptionError
from hpp_analysis.texts import collect, wording
from hpp_analysis.texts.markdown import paragraphs, translate
from hpp_analysis.texts.wording import WORDS, Wording

TRANSLATED = [code for code in texts.languages() if code != texts.SOURCE]


def messages(catalogue) -> dict:
    """Message id (singular, for plurals) to its text or texts."""
    return {
        message.id[0] if isinstance(message.id, tuple) else message.id: message for message in catalogue if message.id
    }


def holes(text: str) -> set[str]:
    """What is filled in besides the words of a study."""
    names = {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}
    return {name for name in names if "." not in name}


def strings(message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def ids(message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


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
        said, source = strings(message), ids(message)
        assert all(said) and not message.fuzzy, f"{code}: {source[0]!r} is not translated"
        if isinstance(message.id, tuple):
            assert len(said) == catalogue.num_plurals
        for text in said:
            assert holes(text) == holes(source[-1]), f"{code}: {source[0]!r} has other placeholders"
            assert re.search(r"\s$|^\s", text) is None


def test_english_leaves_the_words_of_a_study_open_and_says_the_same_with_the_usual_ones() -> None:
    needed, there = messages(collect.worded_messages(collect.collect())), messages(collect.catalogue_of("en"))
    assert len(needed) > 100
    assert set(needed) == set(there), "run `make texts` and leave the words open in en.po"
    for message in there.values():
        assert tuple(Wording().fill(text, "en") for text in strings(message)) == ids(message)


@pytest.mark.parametrize("code", texts.languages())
def test_every_catalogue_leaves_every_word_of_a_study_open(code: str) -> None:
    """With words that nobody uses, none of the usual ones is left in any message."""
    forms = {form: form for form in wording.grammar(code)["forms"]}
    odd = {word: {code: {**forms, **{form: "qqq" for form in forms if form != "article"}, **(
        {"article": "het"} if "article" in forms else {})}} for word in WORDS}  # fmt: skip
    usual = {text for word in wording.grammar(code)["sets"]["partnership"].values() for text in word.values()}
    pattern = re.compile(rf"\b({'|'.join(usual - {'de', 'het'})})\b", re.IGNORECASE)
    beyond = re.compile(r"side by side|(hoge|lage) kant|naar één kant neigen")  # other senses of the same words
    n_open = 0
    for message in collect.catalogue_of(code):
        for text in strings(message) if message.id else ():
            said = Wording(own=odd).fill(text, code)  # an unknown word or form would raise
            n_open += said != text
            assert not pattern.search(re.sub(r"{\w+}", "", beyond.sub("", said))), f"{code}: {text!r}"
    assert n_open > 100


@pytest.mark.parametrize("code", texts.languages())
def test_each_set_of_words_has_every_word_in_every_form(code: str) -> None:
    known = wording.grammar(code)
    for name, words in known["sets"].items():
        assert set(words) == set(WORDS)
        assert list(wording.word_failures({word: {code: words[word]} for word in words}, [code], "a file")) == []
        for form in known["derived"]:
            assert all(Wording(name).form(word, form, code) for word in WORDS)


def test_words_are_inflected() -> None:
    own = {"side": {"en": {"singular": "office", "plural": "offices"},
                    "nl": {"singular": "kantoor", "plural": "kantoren", "article": "het"}}}  # fmt: skip
    with wording.worded(Wording("employees", own)):
        assert texts.gettext("Each side has its own line.") == "Each office has its own line."
        assert texts.gettext("Means over all ratings; each rating counts equally.").startswith(
            "Means over all completed"
        )
        assert texts.gettext("A person who rated several partnerships counts in each of them.").endswith(
            "several departments counts in each of them."
        )
        assert "an office expects the other office" in texts.gettext(
            next(m for m in messages(collect.catalogue_of("en")) if m.startswith("A blind spot is"))
        )
        with texts.language("nl"):
            assert texts.gettext("Each side has its own line.") == "Elk kantoor heeft een eigen lijn."
            assert texts.gettext("Each partnership counts equally in a mean.").startswith("Elke afdeling telt")
    assert texts.gettext("Each side has its own line.") == "Each side has its own line."


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
