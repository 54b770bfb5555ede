"""Surveys with comments, and workbooks as reviewers leave them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from hpp_analysis.comments.review import CONSENT, Review, read_review, save_review, seal_review, write_review
from hpp_analysis.survey.survey import Survey

TEXTS = ("Beloften nakomen, keep promises", "De planning en the schedule change", "Vertrouwen, trust between employees")
"""In two languages at once: a questionnaire in either of them knows the words."""


def commented(survey: Survey, *, share: float = 1.0, consent: str | None = "yes", seed: int = 1) -> Survey:
    """The survey with a comment in a share of its ratings, each with words of its own."""
    draw = np.random.default_rng(seed)
    texts = [f"{draw.choice(TEXTS)}, number {row}." if draw.random() < share else "" for row in range(len(survey))]
    comments = pd.DataFrame({"com2": texts}, index=survey.items.index)
    if consent is not None:
        comments[CONSENT] = consent
    return replace(survey, comments=comments)


def reviewed(survey: Survey, path: Path, *, by: str = "client", publish: bool = True) -> Review:
    """A review that keeps every theme about a characteristic and, where it may, publishes every comment."""
    review = write_review(survey, path, by=by, delete_by="2030-01-01")
    themes = review.themes.assign(keep=["yes" if item else "" for item in review.themes["item"]])
    comments = review.comments.copy()
    may = comments["consent"].eq("yes") & comments["allegation"].ne("yes") & publish
    comments.loc[may, ["publish", "masked_by", "approved_by"]] = ("yes", "Mask", "Approve")
    save_review(replace(review, comments=comments, themes=themes), path)
    seal_review(path)
    return read_review(path)
