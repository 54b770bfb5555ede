"""Factor extraction, rotation, and what a finished solution holds."""
