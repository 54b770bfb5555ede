"""A wheel carries the notebooks, the demo study and published numbers; an editable install uses those of the source tree."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NotebooksAndDemo(BuildHookInterface):
    """Add what lies outside the package folder to wheels that leave the source tree."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds; `version` is "standard" or "editable"."""
        if version == "standard":
            build_data["force_include"] |= {
                "notebooks": "hpp_analysis/notebooks",
                "data/demo": "hpp_analysis/demo",
                "data/published": "hpp_analysis/data/published",  # where notebook 6 looks
            }
