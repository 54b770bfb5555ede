"""Structural equation models: from a model in lavaan's syntax to estimates, standard errors and fit.

`syntax` reads the text, `table` makes the parameter table that carries the model through everything else, `moments`
and `fiml` turn answers into what the estimators need.
"""
