"""From executed notebooks to documents: the plan of a run, the run, and one writer a format."""
