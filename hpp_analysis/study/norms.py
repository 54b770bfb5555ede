"""What study.yaml says of norms: with what the study is compared, and how it is described where it is added to one."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hpp_analysis.survey.questionnaire import Id, Words

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""Two letters, as in ISO 3166."""


class PublishedMean(BaseModel):
    """A mean from the literature, shown as one line of reference."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    factor: Id
    mean: float
    source: Words
    doi: Words | None = None


class NormKeys(BaseModel):
    """The key `norms` of study.yaml.

    Attributes
    ----------
    date : date
        When the answers were collected.
    file : str, optional
        The norm that the reports compare with, relative to the study file.
    sectors, countries : tuple of str
        Only studies of these; empty for all.
    max_age : float, optional
        In years; older studies do not count.
    references : tuple of PublishedMean
        Published means beside the norm.
    sector, country : str, optional
        Of the client, where the study is added to a norm.
    simulated : bool
        Whether the answers are simulated: such a study is added to simulated norms only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: datetime.date
    file: Words | None = None
    sectors: tuple[Words, ...] = ()
    countries: tuple[Country, ...] = ()
    max_age: float | None = Field(default=None, gt=0)
    references: tuple[PublishedMean, ...] = ()
    sector: Words | None = None
    country: Country | None = None
    simulated: bool = False

    def comparison(self, folder: Path, study: str) -> dict[str, Any]:
        """The arguments of `compare_norms` as plain data; empty where the study names no norm.

        Where answers have no column `client`, the name of the study stands for it.
        """
        if self.file is None:
            return {}
        plain = self.model_dump(mode="json", exclude_unset=True, exclude={"file", "sector", "country", "simulated"})
        return {"norm": str((folder / self.file).resolve()), "client": study, **plain}

    def contribution(self) -> dict[str, Any]:
        """How the study is described in a norm."""
        return {
            "date": self.date,
            "sector": self.sector or "",
            "country": self.country or "",
            "simulated": self.simulated,
        }
