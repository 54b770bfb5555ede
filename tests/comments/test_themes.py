"""Themes are proposed by shared words: of labelled comments, and of themes that are known."""

from hpp_analysis import load_instrument
from hpp_analysis.comments.masking import mask_comments
from hpp_analysis.comments.themes import propose_themes
from tests.comments.labels import read_labelled


def test_four_of_five_proposals_name_the_factor_that_was_labelled() -> None:
    instrument = load_instrument("hpp")
    factor = {item.id: item.factor for item in instrument.items}
    comments = read_labelled()
    proposed, themes = propose_themes([one.text for one in mask_comments([one.text for one in comments])], instrument)
    right = [factor[theme] == one.theme for theme, one in zip(proposed, comments, strict=True) if theme in factor]
    assert len(right) > 150
    assert sum(right) / len(right) > 0.75  # .81 when it was written; by chance it would be .25
    assert {theme.item for theme in themes if theme.item} <= set(factor)


def test_comments_that_share_words_make_a_theme() -> None:
    texts = [f"De werkdruk is te hoog, monteurs ontbreken {word}" for word in "abcdefghijklmnopqrst"]
    texts += [f"De parkeerplaats staat vol auto's {word}" for word in "abcdefghijklmnopqrst"]
    proposed, themes = propose_themes(texts, load_instrument("hpp"))
    assert len(set(proposed[:20])) == len(set(proposed[20:])) == 1
    assert proposed[0] != proposed[-1]
    assert {word for theme in themes for word in theme.words} >= {"werkdruk", "parkeerplaats"}


def test_equal_comments_get_equal_proposals() -> None:
    texts = [one.text for one in read_labelled()]
    assert propose_themes(texts, load_instrument("hpp")) == propose_themes(texts, load_instrument("hpp"))
