"""What do comments speak of? Themes proposed by the words that they share with the questionnaire, and with each other."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpp_analysis.comments.masking import common_words
from hpp_analysis.options import checked
from hpp_analysis.survey.questionnaire import Instrument

LEAST_ALIKE = 0.1
"""Cosine from which a comment is proposed for a characteristic: right for four of five of the labelled comments."""
_STEM = 6
"""Letters by which words are compared: enough to see `decide` in `decisions`, in any language."""
_FEWEST = 30
"""Comments that speak of no characteristic before themes of their own are looked for among them."""
_MOST = 8
_MASK = re.compile(r"\[[^\[\]]*\]")
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class ProposedTheme:
    """A theme that comments seem to share.

    Attributes
    ----------
    id : str
        The characteristic that it is about, or `words1`, `words2`, ...
    item : str
        The characteristic; "" for a theme of shared words alone.
    words : tuple of str
        What its comments share.
    """

    id: str
    item: str
    words: tuple[str, ...] = ()


@checked
def propose_themes(texts: Sequence[str], instrument: Instrument) -> tuple[list[str], list[ProposedTheme]]:
    """Propose a theme for each comment: the characteristic whose words it shares, or a group of comments alike.

    Words are weighed by how few texts use them (TF-IDF); a comment is compared with the question, name and idea of each
    characteristic in every language. Nothing tells whether a comment is friendly: that is not guessed.

    Parameters
    ----------
    texts : sequence of str
        Masked comments.
    instrument : Instrument

    Returns
    -------
    proposed : list of str
        The id of the theme of each comment; "" for none.
    themes : list of ProposedTheme
        Those that were proposed, in the order of the questionnaire.

    Examples
    --------
    >>> from hpp_analysis import load_instrument
    >>> propose_themes(["They never keep a promise."], load_instrument("hpp"))[0]
    ['ope8']
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    items = instrument.items
    about = [" ".join([*item.text.values(), *item.label.values(), *(item.idea or {}).values()]) for item in items]
    bare = [_MASK.sub(" ", text) for text in texts]
    ordinary = common_words()

    def stems(text: str) -> list[str]:
        return [word[:_STEM] for word in (found.lower() for found in _WORD.findall(text)) if word not in ordinary]

    weights = TfidfVectorizer(analyzer=stems, sublinear_tf=True).fit_transform([*about, *bare])
    alike = (weights[len(items) :] @ weights[: len(items)].T).toarray()
    best = alike.argmax(axis=1)
    proposed = [items[at].id if row[at] >= LEAST_ALIKE else "" for at, row in zip(best, alike, strict=True)]
    themes = [ProposedTheme(item.id, item.id) for item in items if item.id in set(proposed)]
    rest = np.array([place for place, theme in enumerate(proposed) if not theme and stems(bare[place])], dtype=int)
    if len(rest) >= _FEWEST:
        for theme, members in _shared_words([bare[place] for place in rest], ordinary):
            themes.append(theme)
            for member in members:
                proposed[rest[member]] = theme.id
    return proposed, themes


def _shared_words(texts: list[str], ordinary: frozenset[str]) -> list[tuple[ProposedTheme, list[int]]]:
    """Groups of comments that share words, by a factorisation of their weights into a few themes."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer

    def words(text: str) -> list[str]:
        return [word for word in (found.lower() for found in _WORD.findall(text)) if word not in ordinary]

    counter = TfidfVectorizer(analyzer=words, min_df=3, max_features=5000)
    try:
        weights = counter.fit_transform(texts)
    except ValueError:  # no word stands in three of them
        return []
    names = counter.get_feature_names_out()
    n_themes = min(_MOST, len(names), max(2, len(texts) // 25))
    model = NMF(n_themes, init="nndsvd", random_state=0, max_iter=1000, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a proposal may be rough: a person decides
        strength = model.fit_transform(weights)
    own = strength.argmax(axis=1)
    found: list[tuple[ProposedTheme, list[int]]] = []
    for place in range(n_themes):
        members = np.flatnonzero((own == place) & (strength[:, place] > 0)).tolist()
        if len(members) >= 3:
            top = names[np.argsort(-model.components_[place], kind="stable")[:4]]
            found.append((ProposedTheme(f"words{len(found) + 1}", "", tuple(map(str, top))), members))
    return found
