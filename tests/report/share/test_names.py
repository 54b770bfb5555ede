"""Names are found however they are spelled, and ordinary words are not taken for them."""

import unicodedata

import pytest

from hpp_analysis.report.share.guard import Secrets, inspect
from hpp_analysis.report.share.names import Names, words_of

WHAT = "another organisation of the study"


def names(*others: str, own: tuple[str, ...] = ("Acme",), texts: tuple[str, ...] = ()) -> Names:
    return Names.of(dict.fromkeys(others, WHAT), own, texts)


def found(text: str, *others: str, own: tuple[str, ...] = ("Acme",), texts: tuple[str, ...] = ()) -> list[str]:
    return [value for _what, value in names(*others, own=own, texts=texts).within(text)]


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("spelled", ["Société Générale", "SOCIÉTÉ GÉNÉRALE", "société générale", "Société_Générale"])
def test_a_name_is_found_however_its_letters_are_coded(form: str, spelled: str) -> None:
    text = unicodedata.normalize(form, f"The other client, {spelled}, said so.")
    assert len(found(text, "Société Générale")) == 1
    assert len(found(text, unicodedata.normalize("NFD", "Société Générale"))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "with Zeta Telecom!",
        "Zeta_Telecom",
        "zeta-telecom",
        "ZetaTelecom",
        "Zeta\tTelecom",
        "Zeta\nTelecom",
        "Zeta Tele-\ncom",
        "Zeta Tele\u00ad\ncom",
        "Ze\u200bta Tele\u00adcom",
        "| Zeta | Telecom |",
        "Zeta\N{NO-BREAK SPACE}Telecom's",
    ],
)
def test_a_name_runs_over_lines_cells_and_signs(text: str) -> None:
    assert len(found(text, "Zeta Telecom")) == 1


@pytest.mark.parametrize(
    "text", ["Zetaria Telecom", "Zeta and the Telecom", "Telecom Zeta", "Zeta 3 Telecom", "megazeta telecommunication"]
)
def test_whole_words_only(text: str) -> None:
    assert found(text, "Zeta Telecom", "Zeta Tel") == []


def test_what_may_be_said_hides_no_other_name() -> None:
    assert found("Zeta Telecom Holding", "Zeta Telecom", own=("Zeta Telecom Holding",)) == []
    assert found("Zeta Telecom and Zeta Telecom Holding", "Zeta Telecom", own=("Zeta Telecom Holding",)) == [
        "Zeta Telecom"
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("A", "A gap is not a fault of either side. It is a reason to talk."),
        ("A", "a report; A wave; table:\tA reason"),
        ("Post", "Send it by post, to Postbus 12; the compost and a post office."),
        ("De", "De kloof is geen fout van de ene of de andere kant."),
        ("Small", "a small difference\tsmall difference"),
        ("The Gap", "Where the gap is small, the gap says little."),
        ("Mean", "Mean\tInterval\tPersons"),
        ("Equality", "Lowest: Equality (Client)."),
        ("Conflict", "Lowest: Conflict management."),
    ],
)
def test_a_client_that_is_called_like_a_word_is_no_false_alarm(name: str, text: str) -> None:
    assert found(text, name, texts=("Equality", "Conflict management")) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("A", "It was made for client A last year."),
        ("A", "Client\tA"),
        ("Post", "We heard this from Post as well."),
        ("Post", "Post said so."),
        ("Post", "Partner\tPost\tPOST"),
        ("Small", "The firm Small has told us."),
        ("The Gap", "Ask The Gap about it."),
        ("Gap", "They asked Gap last year."),
    ],
)
def test_and_is_found_where_it_is_a_name(name: str, text: str) -> None:
    assert found(text, name)


def test_the_words_of_real_messages_are_not_taken_for_names() -> None:
    """Each word of the package's own sentences, capitalised, as the name of another client."""
    from hpp_analysis.texts import messages

    said = [text for text in messages() if "{" not in text]
    words = {word.folded for text in said for word in words_of(text) if word.folded.isalpha()}
    all_of_them = names(*(word.title() for word in words))
    text = "\n".join(said)
    alarms = {value for _what, value in all_of_them.within(text)}
    assert len(words) > 1500
    # names of people, as in "Welch", stand in sentences with a capital; few may be left
    assert len(alarms) <= len(words) // 50, sorted(alarms)


def test_markup_within_a_name_does_not_hide_it() -> None:
    secrets = Secrets(names("Zeta Telecom"))
    pages = {
        "a.html": "<p>Ze<b>ta</b> Tele<i>com</i></p>",
        "b.html": "<p>Zeta<br>Telecom</p>",
        "c.html": "<table><tr><td>Zeta</td>\n<td>Telecom</td></tr></table>",
        "d.html": "<p>Zeta&nbsp;Tele&shy;com</p>",
        "e.html": "<p>Ze<!-- x -->ta Telecom</p>",
        "f.html": "<p title='Zeta Telecom'>x</p>",
        "g.html": "<style>/* made for Zeta Telecom */</style>",
        "h.svg": "<svg xmlns='http://www.w3.org/2000/svg'><text>Zeta <tspan>Tele</tspan>com</text></svg>",
        "i.ipynb": '{"cells": [{"cell_type": "markdown", "source": "> Ze**ta**\\\\\\n> Tele*com*"}]}',
        "j.json": '{"cells": [["Zeta", "Telecom"]]}',
        "k.json": '{"Zeta Telecom": 1}',
    }
    told = {one.file for one in inspect({name: text.encode() for name, text in pages.items()}, secrets)}
    assert told == set(pages)
