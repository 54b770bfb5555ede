"""The wording checks find what an editor labelled, and little else."""

from pathlib import Path

import pytest

from hpp_analysis.planning.wording import (
    ALIKE,
    agreement_in,
    conjunction_in,
    is_placeholder,
    negations_in,
    remarks_on_texts,
    similarity,
    word_list,
)
from tests.planning.labelled import labelled_items, page_lines, rates

EN, NL = word_list("en"), word_list("nl")


def found(language: str, *texts: str) -> set[str]:
    return {one.check for one in remarks_on_texts({language: {f"q{n}": text for n, text in enumerate(texts)}})}


def test_a_hundred_items_are_labelled_in_each_language() -> None:
    items = labelled_items()
    assert len(items) == 100
    assert items["en"].is_unique and items["nl"].is_unique


def test_hits_and_false_alarms_are_those_that_the_page_tells(root: Path) -> None:
    """When a rule changes, the page must: `python -m tests.planning.labelled` prints its table."""
    page = (root / "docs" / "preflight.md").read_text(encoding="utf-8")
    assert "\n".join(page_lines()) in page


def test_most_of_what_is_labelled_is_found_without_many_false_alarms() -> None:
    counted = rates()
    assert counted["hits"].sum() >= 0.9 * counted["labelled"].sum()
    assert counted["false_alarms"].sum() <= 10


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_limit_of_what_is_alike_lies_in_a_gap_of_the_items_it_was_set_on(language: str) -> None:
    """It is no number that was pushed until the labels fitted: no pair of odd items comes near it."""
    odd = labelled_items().loc[lambda items: items["id"].astype(int).mod(2).eq(1), language]
    cosine = similarity(list(odd))
    pairs = cosine[~(cosine > 1 - 1e-9)]
    assert not ((pairs > ALIKE - 0.05) & (pairs < ALIKE + 0.05)).any()


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("Our partner is quick and friendly.", "and"),
        ("I can call or write.", "or"),
        ("Trust between our organisation and our partner is high.", ""),
        ("We and our partner meet.", ""),
        ("It gets better and better.", ""),
        ("We share data, such as prices and volumes.", ""),
        ("We share data (prices and volumes).", ""),
        ("Sales and finance respect each other.", ""),
        ("We respect each other and share data.", "and"),
        ("Terms and conditions are known and accepted.", "and"),
        ("We serve customers as well as possible.", ""),
        ("We share costs and/or profits.", "and/or"),
        ("The brand is known.", ""),
    ],
)
def test_two_questions_in_one_are_told_from_one_question_with_a_joining_word(text: str, joined: str) -> None:
    assert conjunction_in(text, EN) == joined


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("Onze partner is snel en vriendelijk.", "en"),
        ("Ik kan bellen of schrijven.", "of"),
        ("Het vertrouwen tussen ons en onze partner is groot.", ""),
        ("Het is duidelijk of afspraken worden nagekomen.", ""),
        ("Kosten en/of baten worden gedeeld.", "en/of"),
        ("We delen cijfers, zoals prijzen en volumes.", ""),
    ],
)
def test_the_same_in_dutch(text: str, joined: str) -> None:
    assert conjunction_in(text, NL) == joined


def test_negations() -> None:
    assert negations_in("We don’t wait.", EN) == ["don't"]
    assert negations_in("We not only wait.", EN) == []
    assert negations_in("Nothing is noted in the notebook.", EN) == ["nothing"]
    assert negations_in("Niet alleen de prijs telt, maar niemand wacht.", NL) == ["niemand"]
    assert "denied_twice" in found("en", "It is not unclear who decides.")
    assert "negated" in found("en", "It is not under review.")
    assert "denied_twice" in found("nl", "Het is niet onduidelijk wie beslist.")
    assert "negated" in found("nl", "Onze partner is niet onze vijand.")


def test_texts_that_are_still_to_be_written() -> None:
    assert all(map(is_placeholder, ["TODO", "...", "?", "xxx", "n.t.b.", "todo: ask Jan", "–"]))
    assert not any(map(is_placeholder, ["10", "Ja", "Toddlers play", "We do to others"]))


def test_a_question_that_stands_twice_is_not_only_similar() -> None:
    assert found("en", "We trust each other.", "We trust each other") == {"asked_twice"}


def test_differences_between_languages() -> None:
    texts = {
        "en": {"a": "Both parties win.", "b": "We meet twice a year.", "c": "It works well here.", "d": "We wait."},
        "nl": {"a": "De twee partijen winnen.", "b": "We zien elkaar drie keer per jaar.", "c": "It works well here.",
               "d": "We wachten niet."},
    }  # fmt: skip
    told = [(one.check, one.items) for one in remarks_on_texts(texts) if one.language == "en, nl"]
    assert told == [("number_differs", ("b",)), ("same_text", ("c",)), ("negation_differs", ("d",))]


def test_a_language_without_a_list_is_checked_where_no_words_are_needed() -> None:
    assert word_list("fi") is None
    assert found("fi", "Emme luota toisiimme.", "Emme luota toisiimme.") == {"asked_twice"}
    assert remarks_on_texts({"fi": {"a": "Emme luota."}, "en": {"a": "We trust."}}) == []


def test_answers_agree_or_not() -> None:
    assert [agreement_in(text, "en") for text in ("Agree", "Disagree", "Not satisfied", "Very satisfied", "5")] == [
        1, -1, -1, 1, 0,
    ]  # fmt: skip
    assert agreement_in("Helemaal oneens", "nl") == -1 and agreement_in("Täysin eri mieltä", "fi") == 0
