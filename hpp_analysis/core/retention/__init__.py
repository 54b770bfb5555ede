"""How many factors? Each criterion in a file of its own, on correlation matrices.

`spectrum` has the eigenvalues that the criteria look at, `draws` the correlation matrices of data without factors,
`models` the series of factor solutions that tests and fit indices judge.
"""
