"""With what a report was made."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import hpp_analysis

_NUMBERS = ("numpy", "scipy", "pandas")
_ALL = (
    *_NUMBERS,
    "statsmodels",
    "matplotlib",
    "seaborn",
    "babel",
    "papermill",
    "nbconvert",
    "typst",
    "xlsxwriter",
    "vl-convert-python",
)


def versions(*, numbers_only: bool = False) -> dict[str, str]:
    """The versions of this package, of Python, and of the libraries that are there.

    Parameters
    ----------
    numbers_only : bool
        Of the libraries only those that calculate.

    Examples
    --------
    >>> list(versions(numbers_only=True))
    ['hpp_analysis', 'python', 'numpy', 'scipy', 'pandas']
    """
    found = {"hpp_analysis": hpp_analysis.__version__, "python": platform.python_version()}
    for name in _NUMBERS if numbers_only else _ALL:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
