"""Results about a study as a whole: several tables, and no way into a client's report."""

import importlib
import pkgutil
from dataclasses import dataclass, fields

import pandas as pd
import pytest

import hpp_analysis
from hpp_analysis import plan_disclosure, publish, show, simulate_study
from hpp_analysis.common.declaration import Declaration, FurtherTable
from hpp_analysis.common.result import Result
from hpp_analysis.display.columns import Column
from hpp_analysis.errors import DisclosureError, OptionError


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Example(Result):
    """A table of items, and a second one of factors."""

    def _declare(self):
        loadings = (Column(factor, factor, "coefficient") for factor in ("F1", "F2"))
        return Declaration(
            name="example",
            caption="Loadings",
            variable="item",
            columns=(Column("item", "Item", key=True), *loadings),
            tables={"factors": self._factors},
            whole_study=True,
        )

    def _factors(self):
        columns = (Column("factor", "Factor", key=True), Column("share", "Share", "share"))
        return FurtherTable(pd.DataFrame({"factor": ["F1"], "share": [0.25]}), columns, "Factors")

    def _summary(self):
        return ["Two items."]

    def _methods(self):
        return ["By hand."]


@pytest.fixture
def example() -> Example:
    return Example(table=pd.DataFrame({"item": ["a", "<b>"], "F1": [0.7, 0.1], "F2": [0.0, 0.6]}))


def test_a_notebook_shows_every_table(example: Example) -> None:
    html = example._repr_html_()
    assert html.count("<table>") == 2
    assert "0.70" in html
    assert "25%" in html
    assert "<b>" not in html  # names of items are untrusted


def test_each_table_is_a_kind(example: Example) -> None:
    assert "Factors" in repr(show(example, "factors"))
    assert "Loadings" in repr(show(example, "table"))
    with pytest.raises(OptionError):
        show(example, "other")


def test_publish_refuses_it(example: Example) -> None:
    cells = plan_disclosure(simulate_study(seed=1).survey)
    with pytest.raises(DisclosureError, match="study as a whole"):
        publish(example, cells)


def every_kind_of(kind: type[Result]) -> set[type[Result]]:
    return {kind}.union(*(every_kind_of(narrower) for narrower in kind.__subclasses__()))


def test_no_field_hides_what_every_result_can_do() -> None:
    for module in pkgutil.walk_packages(hpp_analysis.__path__, "hpp_analysis."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds = every_kind_of(Result)
    assert len(kinds) > 15
    hidden = {
        f"{kind.__name__}.{field.name}"
        for kind in kinds
        for field in fields(kind)
        if callable(getattr(Result, field.name, None))
    }
    assert hidden == set()
