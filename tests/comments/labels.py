"""The labelled comments, and how many of their identifying words are masked."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hpp_analysis.comments.masking import Masked, mask_comments

_LABEL = re.compile(r"\[(\w+):([^\]]+)\]")
_SMALL = {
    "van",
    "der",
    "den",
    "de",
    "het",
    "ter",
    "ten",
    "te",
    "el",
    "al",
    "en",
    "and",
    "mevrouw",
    "meneer",
    "dhr",
    "mr",
    "mrs",
    "t",
}


@dataclass(frozen=True)
class Labelled:
    language: str
    theme: str
    text: str
    spans: tuple[tuple[int, int, str], ...]


def read_labelled() -> list[Labelled]:
    comments = []
    for line in Path(__file__).with_name("labelled.txt").read_text(encoding="utf-8").splitlines():
        language, theme, marked = line.split("|", 2)
        text, spans, end = "", [], 0
        for match in _LABEL.finditer(marked):
            text += marked[end : match.start()]
            spans.append((len(text), len(text) + len(match[2]), match[1]))
            text += match[2]
            end = match.end()
        comments.append(Labelled(language, theme, text + marked[end:], tuple(spans)))
    return comments


def is_masked(masked: Masked, text: str, start: int, end: int) -> bool:
    """Whether every word of a label is masked; particles and titles tell nothing by themselves."""
    words = [match for match in re.finditer(r"\w+", text[start:end]) if match.group().lower() not in _SMALL]
    return all(
        any(span.start <= start + word.start() and start + word.end() <= span.end for span in masked.spans)
        for word in words
    )


def count_masked(comments: list[Labelled], masked: list[Masked]) -> tuple[Counter[str], Counter[str], int, list[str]]:
    """By kind how many labels there are and how many are masked, how many spans are masked without need, and the misses."""
    labels: Counter[str] = Counter()
    found: Counter[str] = Counter()
    needless, missed = 0, []
    for one, own in zip(comments, masked, strict=True):
        for start, end, kind in one.spans:
            labels[kind] += 1
            if is_masked(own, one.text, start, end):
                found[kind] += 1
            else:
                missed.append(f"{kind}: {one.text[start:end]} in {one.text!r}")
        for span in own.spans:
            if not any(start < span.end and span.start < end for start, end, _kind in one.spans):
                needless += 1
                missed.append(f"needless {span.kind}: {one.text[span.start : span.end]} in {one.text!r}")
    return labels, found, needless, missed


if __name__ == "__main__":
    import sys

    everything = read_labelled()
    half = everything[::2] if "tune" in sys.argv else everything[1::2]
    counted = count_masked(half, mask_comments([one.text for one in half]))
    print(*counted[:3], *counted[3], sep="\n")  # noqa: T201
