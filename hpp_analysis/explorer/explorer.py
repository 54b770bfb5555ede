"""The explorer: answers looked at in JupyterLab with the mouse, each view with the line of code that makes it."""

from __future__ import annotations

import base64
import html
import io
import keyword
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, get_args

from hpp_analysis.common.design import names_of
from hpp_analysis.common.result import Shown
from hpp_analysis.display.blocks import Block, FigureBlock
from hpp_analysis.display.tables import to_html
from hpp_analysis.errors import HppError, OptionError
from hpp_analysis.explorer.views import FIGURES, VIEWS, Choice, Line, View, line_of, why_not
from hpp_analysis.options import Level, checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_, languages, ngettext, pick, spoken
from hpp_analysis.texts import gettext as _

MOST_KEPT: Final = 100
"""Views that are shown again without being made again."""
MOST_OFFERED: Final = 500
"""Groups that can be chosen from."""
COPY: Final = (
    "const code = this.parentElement.querySelector('code'), range = document.createRange(); range.selectNodeContents(code); "
    "getSelection().removeAllRanges(); getSelection().addRange(range); document.execCommand('copy'); "
    "this.textContent = this.dataset.done"
)
"""Copies the line beside the button; works on plain http too, where browsers have no `navigator.clipboard`."""
LOOK: Final = (
    "<style>.hpp-view svg, .hpp-view img { max-width: 100%; height: auto; background: #fff; }"
    ".hpp-view figure { margin: 0; } .hpp-view figcaption { font-weight: 600; } .hpp-view p { margin: 0.4em 0; }"
    ".hpp-view table { border-collapse: collapse; } .hpp-view th, .hpp-view td { padding: 0 0.6em; text-align: left; }"
    ".hpp-line code { white-space: pre-wrap; user-select: all; } .hpp-line button { font: inherit; margin-top: 0.4em; }</style>"
)
CALLED: Final = {
    "distributions": N_("Distributions"),
    "means": N_("Means"),
    "gaps": N_("Gaps"),
    "correlations": N_("Correlations"),
    "loadings": N_("Loadings"),
    "drivers": N_("Drivers"),
    "factor": N_("Factors"),
    "item": N_("Characteristics"),
    "stacks": N_("Shares of answers"),
    "shapes": N_("Shapes"),
    "intervals": N_("Gaps with intervals"),
    "dumbbell": N_("Means of both groups"),
    "importance": N_("Importance"),
    "slopes": N_("Slopes"),
}
"""What views, levels and figures are called."""


class Explorer:
    """Answers to look at, with the mouse and the keyboard.

    Attributes
    ----------
    survey : Survey
        What is looked at.
    name : str
        What the lines of code call it.
    line : str
        The line of the view that is shown; empty where there is none.
    lines : tuple of str
        The line of each view that was looked at, in order, each once.
    widget : ipywidgets.VBox
        What a notebook displays.
    controls : dict of str to widget
        view, factor, items, level, by, group, wave, side, figure, n_factors, outcome, language.
    """

    def __init__(self, survey: Survey, *, name: str, language: str) -> None:
        self.survey, self.name = survey, name
        self.line = ""
        self._lines: dict[str, None] = {}
        self._pages: dict[str, str] = {}
        self._selected: tuple[object, Survey] | None = None
        self._changing = False
        self._make_widgets(language)
        self._say()
        for control in self.controls.values():
            control.observe(self._changed, names="value")
        self._show()

    @property
    def lines(self) -> tuple[str, ...]:
        """The line of each view that was looked at."""
        return tuple(self._lines)

    def __repr__(self) -> str:
        return f"<Explorer of {self.survey!r}: {len(self._lines)} views>"

    def _repr_mimebundle_(self, **settings: Any) -> Any:
        return self.widget._repr_mimebundle_(**settings)

    # What is chosen

    def choice(self) -> Choice:
        """What the controls say."""
        value = {name: control.value for name, control in self.controls.items()}
        column = value["by"]
        where = {name: value[name] for name in ("wave", "side") if value[name]}
        if column and value["group"]:
            where[column] = value["group"]
        factor = (value["factor"],) if value["factor"] else ()
        takes_items = value["view"] != "drivers"
        return Choice(
            view=value["view"],
            parts=tuple(value["items"]) if takes_items and value["items"] else factor,
            where=where,
            by="" if value["group"] else column,
            level=value["level"],
            figure=value["figure"] or "",
            n_factors=value["n_factors"],
            outcome=value["outcome"] or "",
        )

    # What is shown

    def _changed(self, change: Any) -> None:
        if self._changing:
            return
        with self._quietly():
            if change["owner"] is self.controls["factor"]:
                self.controls["items"].value = ()
            if change["owner"] is self.controls["figure"] and change["new"] == "shapes":
                self._choose_a_factor()
            if change["owner"] is self.controls["by"]:
                self.controls["group"].value = ""
            self._say()
        self._show()

    def _choose_a_factor(self) -> None:
        """Begin with one factor where all would take long to draw."""
        if not self.controls["factor"].value and not self.controls["items"].value:
            self.controls["factor"].value = next(
                (value for _text, value in self.controls["factor"].options if value), ""
            )

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Change controls without making a view for each change."""
        self._changing = True
        try:
            yield
        finally:
            self._changing = False

    def _show(self) -> None:
        language = self.controls["language"].value
        with spoken(language, words=self.survey.words):
            choice = self.choice()
            line = line_of(choice, self.survey, language)
            code = line.code(self.name)
            if code not in self._pages:
                page = self._page(choice, line)
                if page.startswith("<p"):  # why there is no view: nothing was looked at
                    self.line, self._result.value, self._code.value = "", page, ""
                    return
                if len(self._pages) >= MOST_KEPT:
                    del self._pages[next(iter(self._pages))]
                self._pages[code] = page
            self.line = code
            self._lines.setdefault(code)
            self._result.value = self._pages[code]
            self._code.value = _code_html(code)
            self._count.value = _paragraph(_looked(len(self._lines)))

    def _page(self, choice: Choice, line: Line) -> str:
        """The view as HTML; a paragraph alone where there is none."""
        if why := why_not(choice, self.survey):
            return _paragraph(why)
        try:
            made = line.run(self._select(line))
        except HppError as error:
            return _paragraph(_("This choice has no view."), str(error))
        except Exception as error:
            return _paragraph(
                _("This view failed. That is an error of the program, not of your choice."),
                f"{type(error).__name__}: {error}",
            )
        if isinstance(made, Shown):
            return f"{LOOK}<div class='hpp-view'>{''.join(map(_block_html, made.blocks))}</div>"
        alt = _("The answers as shapes, as wide as there are answers.")
        return f"{LOOK}<div class='hpp-view'>{_picture(made, alt)}</div>"

    def _select(self, line: Line) -> Survey:
        """The ratings and items of a line; those of the last one are kept, with all that was made of them."""
        asked = (dict(line.where), line.parts)
        if self._selected is None or self._selected[0] != asked:
            self._selected = asked, line.select(self.survey)
        return self._selected[1]

    # The controls

    def _make_widgets(self, language: str) -> None:
        import ipywidgets as widgets

        survey, instrument = self.survey, self.survey.instrument
        columns = [str(column) for column in survey.respondents]
        outcomes = [part.id for part in instrument.outcomes]
        factors = [part.id for part in instrument.factors]
        explained = [*outcomes, *(factors if len(factors) > 1 else [])] if factors else []
        known = [code for code in languages() if code in instrument.languages] or [language]

        def layout() -> Any:
            return widgets.Layout(width="100%", max_width="22em")

        def dropdown(value: str = "") -> Any:
            return widgets.Dropdown(options=[("", value)], value=value, layout=layout())

        self.controls: dict[str, Any] = {
            "view": dropdown(VIEWS[0]),
            "figure": dropdown(),
            "level": dropdown(get_args(Level)[0]),
            "factor": dropdown(),
            "items": widgets.SelectMultiple(rows=6, layout=layout()),
            "by": dropdown("side" if "side" in columns else ""),
            "group": dropdown(),
            "wave": dropdown(),
            "side": dropdown(),
            "n_factors": widgets.BoundedIntText(
                value=max(1, len(factors)), min=1, max=max(1, survey.items.shape[1] // 2), layout=layout()
            ),
            "outcome": dropdown(explained[0] if explained else ""),
            "language": widgets.Dropdown(
                options=known, value=language if language in known else known[0], layout=layout()
            ),
        }
        self._explained = explained
        self._warning, self._count, self._result, self._code = (widgets.HTML() for _place in range(4))
        side = widgets.VBox(list(self.controls.values()), layout=widgets.Layout(width="24em", flex="0 0 auto"))
        for control in self.controls.values():
            control.style.description_width = "8em"  # longer than the 80 pixels of ipywidgets: no name is cut off
        main = widgets.VBox([self._code, self._result], layout=widgets.Layout(flex="1 1 28em", min_width="0"))
        both = widgets.HBox([side, main], layout=widgets.Layout(flex_flow="row wrap"))
        self.widget = widgets.VBox([self._warning, self._count, both])

    def _say(self) -> None:
        """Fill the controls with what can be chosen, in the language that is chosen; what is chosen stays."""
        survey, controls = self.survey, self.controls
        with spoken(controls["language"].value, words=survey.words):
            view: View = controls["view"].value
            said = {
                "view": _("View"), "figure": _("Figure"), "level": _("Level"), "factor": _("Factor"),
                "items": _("Characteristics"), "by": _("Breakdown"), "group": _("Only group"), "wave": _("Wave"),
                "side": _("Side"), "n_factors": _("Factors"), "outcome": _("Outcome"), "language": _("Language"),
            }  # fmt: skip
            for name, text in said.items():
                controls[name].description = text
            parts = [*survey.instrument.factors, *survey.instrument.outcomes]
            figures = FIGURES.get(view, ())
            self._offer("view", [(_(CALLED[name]), name) for name in VIEWS])
            self._offer("figure", [(_(CALLED[name]), name) for name in figures] or [("–", "")])
            self._offer("level", [(_(CALLED[name]), name) for name in get_args(Level)])
            self._offer("factor", [(_("all"), ""), *((self._named(part.id), part.id) for part in parts)])
            self._offer("by", [(_("None"), ""), *((column, column) for column in map(str, survey.respondents))])
            self._offer("outcome", [(self._named(part), part) for part in self._explained] or [("–", "")])
            for name, column in (("group", controls["by"].value), ("wave", "wave"), ("side", "side")):
                values = survey.values(column) if column in survey.respondents else ()
                values = (
                    values if len(values) <= MOST_OFFERED else ()
                )  # of so many nobody chooses one, as of respondents
                self._offer(name, [(_("all"), ""), *((self._named(value, column), value) for value in values)])
            factor = controls["factor"].value
            items = survey[factor].columns if factor else survey.items.columns
            labels = {item.id: pick(item.label or item.text) for item in survey.instrument.items}
            chosen = controls["items"].value
            controls["items"].options = [(f"{labels.get(item, item)} ({item})", str(item)) for item in items]
            controls["items"].value = tuple(item for item in chosen if item in items)
            used = _used(view)
            for name, control in controls.items():
                shown = name in used and (name not in ("wave", "side") or len(control.options) > 2)
                shown = (
                    shown and (name != "figure" or bool(figures)) and (name != "group" or bool(controls["by"].value))
                )
                control.layout.display = None if shown else "none"
            self._warning.value = _paragraph(
                _("Exploratory, for the researcher alone."),
                _("Nothing here is cleared for others: a view may show what single persons answered."),
            )

    def _offer(self, name: str, options: Sequence[tuple[str, str]]) -> None:
        """Offer options by a control; what was chosen stays chosen if it is still there."""
        control = self.controls[name]
        if tuple(control.options) != tuple(options):
            chosen = control.value
            control.options = options
            control.value = chosen if chosen in [value for _text, value in options] else options[0][1]

    def _named(self, id: str, column: str = "") -> str:  # noqa: A002 - the id of whatever is named
        names = names_of(self.survey)
        texts = names.get(f"{column}={id}") or (names.get(id) if column in ("", "side", "role") else None)
        return pick(texts) if texts else id


def _used(view: View) -> set[str]:
    """The controls that a view heeds."""
    used = {"view", "figure", "factor", "by", "group", "wave", "side", "language"}
    used |= {"items"} if view != "drivers" else {"outcome"}
    used |= {"level"} if view in ("means", "gaps", "correlations") else set()
    return used | ({"n_factors"} if view == "loadings" else set())


def _looked(n: int) -> str:
    return (
        ngettext("{n} view was looked at.", "{n} views were looked at.", n).format(n=n)
        + " "
        + _(
            "The more are looked at, the more differences are found that are chance: test what you find in other answers."
        )
    )


def _paragraph(*sentences: str) -> str:
    return f"<p role='status' style='line-height: 1.4; margin: 0'>{html.escape(' '.join(sentences))}</p>"


def _code_html(code: str) -> str:
    copy, done = html.escape(_("Copy, to paste into a cell")), html.escape(_("Copied"), quote=True)
    return (
        f"<div class='hpp-line'><pre><code>{html.escape(code)}</code></pre>"
        f'<button type="button" data-done="{done}" onclick="{html.escape(COPY, quote=True)}">{copy}</button></div>'
    )


def _block_html(block: Block) -> str:
    """A block with its notes and, of a figure, its words and its table to unfold."""
    if not isinstance(block, FigureBlock):
        return to_html(block)
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in block.notes)
    folded = [(_("In words"), f"<p>{html.escape(block.alt)}</p>")]
    if block.table is not None:
        folded.append((_("The numbers"), to_html(block.table)))
    folds = "".join(f"<details><summary>{html.escape(head)}</summary>{body}</details>" for head, body in folded)
    return to_html(block) + notes + folds


def _picture(ax: Any, alt: str) -> str:
    """Axes of pyplot as a picture; the figure is closed, so that no cell shows it a second time."""
    import matplotlib.pyplot as plt

    written = io.BytesIO()
    ax.figure.savefig(written, format="png", dpi=110)
    plt.close(ax.figure)
    return f'<img alt="{html.escape(alt, quote=True)}" src="data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}">'


@checked
def explore(survey: Survey, *, variable: str = "", language: str | None = None) -> Explorer:
    """Look at answers in JupyterLab with the mouse: distributions, means, gaps, correlations, loadings and drivers.

    Each view shows the line of code that makes it, to be copied into a cell. What is shown is for the researcher alone:
    nothing of it is cleared for others. The explorer counts the views that were looked at.

    Parameters
    ----------
    survey : Survey
        The answers.
    variable : str
        What the lines of code call the survey; by default the variable of the notebook that holds it, or "survey".
    language : str, optional
        By default the language in use. The explorer offers those of the questionnaire.

    Returns
    -------
    Explorer
        What a notebook displays at the end of a cell; needs ipywidgets (`pip install "hpp-analysis[lab]"`).

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> explorer = explore(simulate_study(seed=1).survey, language="en")
    >>> explorer.controls["view"].value = "gaps"
    >>> explorer.line
    'hpp.show(hpp.partner_gaps(survey, side="side", level="factor"), "intervals", language="en")  # exploratory: not cleared for others'
    """
    try:
        import ipywidgets  # noqa: F401
    except ImportError as error:
        raise OptionError(
            "`explore` needs the package ipywidgets, which is not installed. Run: pip install 'hpp-analysis[lab]'."
        ) from error
    if variable and (not variable.isidentifier() or keyword.iskeyword(variable)):
        raise OptionError(
            f"`variable` must be the name of a variable. Given: {variable!r}. Name the variable that holds the survey."
        )
    with spoken(language, survey.instrument.languages) as code:
        return Explorer(survey, name=variable or _variable(survey), language=code)


def _variable(survey: Survey) -> str:
    """The variable of the notebook that holds a survey."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    variables = {} if shell is None else shell.user_ns
    return next((name for name, value in variables.items() if value is survey and not name.startswith("_")), "survey")
