"""`python -m hpp_analysis.cli` is the command `hpp`."""

import sys

from hpp_analysis.cli import main

sys.exit(main())  # type: ignore[func-returns-value]
