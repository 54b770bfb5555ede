"""One research question per file: the verb that answers it, and its result."""
