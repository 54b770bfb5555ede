"""Do both sides see it alike, and is it high performing? Gaps, agreement, verdicts, and changes between waves."""
