"""The script of the page for stakeholders: Vega-Lite with its interpreter, and our controls, bundled when this is first imported.

Bundling takes a second and starts threads, so another process does it. A process that has imported this module can be
forked, and its forks have the script: in a run of many reports it is bundled once or twice.
"""

import subprocess
import sys
from typing import Final

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.report.writers.pages import TEMPLATES

_BUNDLE = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle(sys.stdin.buffer.read().decode()).encode())"


def _bundled() -> str:
    own = (TEMPLATES / "stakeholder.js").read_bytes()
    done = subprocess.run([sys.executable, "-c", _BUNDLE], input=own, capture_output=True, check=False)  # noqa: S603 - our own code
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().rpartition("\n")[2] or f"exit status {done.returncode}"
        remedy = "Install vl-convert-python again, or leave out the format 'page'."
        raise ReportError([Failure("Vega-Lite must be there for a page to compare numbers.", remedy, value=why)])
    return done.stdout.decode()


SCRIPT: Final = _bundled()
"""The only script of the page; the same bytes each time."""
