"""A run: the plan of its reports, the workers that make them, and the list of what was made."""
