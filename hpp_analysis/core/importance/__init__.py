"""Regression with clustered rows, importance of predictors, ranks, and priorities."""
