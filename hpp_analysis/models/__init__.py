"""Does it hold? Confirmatory models, measurement invariance, and validity."""
