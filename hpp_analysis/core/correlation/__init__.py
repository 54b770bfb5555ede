"""Correlations of answers of every kind, complete or not, and of resampled answers."""
