"""The public names of the package, found in its front door and its rooms, never listed by hand."""

import inspect
from types import ModuleType
from typing import Any

import hpp_analysis as hpp

ROOMS: dict[str, ModuleType] = {
    name: getattr(hpp, name) for name in hpp.__all__ if isinstance(getattr(hpp, name), ModuleType)
}
PUBLIC: dict[str, Any] = {
    name: getattr(home, name)
    for home in (hpp, *ROOMS.values())
    for name in home.__all__
    if not isinstance(getattr(home, name), ModuleType)
}
FUNCTIONS = {
    name: value for name, value in PUBLIC.items() if inspect.isfunction(value) and name not in hpp.plots.__all__
}
"""The verbs; figures are tested with `plots`."""
CLASSES = {name: value for name, value in PUBLIC.items() if inspect.isclass(value)}
