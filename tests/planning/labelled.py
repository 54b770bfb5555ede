"""Hits and false alarms of the wording checks on labelled items: `python -m tests.planning.labelled` prints them."""

from pathlib import Path

import pandas as pd

from hpp_analysis.planning.wording import remarks_on_texts

FILE, HARDER = (Path(__file__).parent / "data" / f"{name}_items.csv" for name in ("labelled", "harder"))
LABELS = {
    "double": ("double_barrelled",),
    "negated": ("negated", "denied_twice"),
    "long": ("long_sentence",),
    "word": ("long_word",),
}
LANGUAGES = ("en", "nl")


def labelled_items(file: Path = FILE) -> pd.DataFrame:
    """Items in two languages with what an editor would object to: a hundred, of which even ids are held out, or thirty that were
    written when the rules were there, to be hard for them.
    """
    return pd.read_csv(file, dtype=str, keep_default_na=False)


def rates(file: Path = FILE, *, held_out: bool | None = None) -> pd.DataFrame:
    """By check and language: labelled, hits, false alarms, and how many items or pairs had no label.

    Parameters
    ----------
    file : Path
    held_out : bool, optional
        Only the even ids, on which nothing was set (True), or only the odd ones (False); of pairs the second item counts.
    """
    items = labelled_items(file)
    texts = {language: dict(zip(items["id"], items[language], strict=True)) for language in LANGUAGES}
    found = remarks_on_texts(texts)
    used = {one for one in items["id"] if held_out is None or (int(one) % 2 == 0) == held_out}
    rows = []
    for language in LANGUAGES:
        for label, checks in LABELS.items():
            true = {
                one
                for one, labels in zip(items["id"], items[f"{language}_labels"], strict=True)
                if label in labels.split()
            }
            alarms = {one.items[0] for one in found if one.check in checks and one.language == language}
            rows.append({"check": checks[0], "language": language, **_counted(true & used, alarms & used, len(used))})
        pairs = {(twin, one) for one, twin in zip(items["id"], items["twin_of"], strict=True) if twin}
        alarms = {one.items for one in found if one.check == "near_duplicate" and one.language == language}
        true, alarms = ({pair for pair in some if pair[1] in used} for some in (pairs, alarms))
        n_pairs = sum(int(one) - 1 for one in used)
        rows.append({"check": "near_duplicate", "language": language, **_counted(true, alarms, n_pairs)})
    for label in ("negation", "number"):
        true = set(items.loc[items["differs"].eq(label), "id"])
        alarms = {one.items[0] for one in found if one.check == f"{label}_differs"}
        rows.append(
            {"check": f"{label}_differs", "language": "en, nl", **_counted(true & used, alarms & used, len(used))}
        )
    return pd.DataFrame(rows)


def _counted(true: set, alarms: set, n: int) -> dict[str, int]:
    return {
        "labelled": len(true),
        "hits": len(true & alarms),
        "false_alarms": len(alarms - true),
        "without_label": n - len(true),
    }


def page_lines() -> list[str]:
    """The table of docs/preflight.md."""
    counts = [one.set_index(["check", "language"]) for one in (rates(), rates(held_out=True), rates(HARDER))]
    lines = ["| check | language | all: hits, false alarms | held out | written to be hard |", "|---|---|---|---|---|"]
    for check, language in counts[0].index:
        cells = [
            f"{row['hits']} of {row['labelled']}, {row['false_alarms']}"
            for row in (counted.loc[(check, language)] for counted in counts)
        ]
        lines.append(f"| {check} | {language} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    print(*page_lines(), sep="\n")  # noqa: T201
