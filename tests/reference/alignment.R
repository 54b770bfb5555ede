# Reference values of core/factors/alignment.py. Run from the top of the source tree: Rscript tests/reference/alignment.R
suppressPackageStartupMessages({library(psych); library(jsonlite)})
set.seed(20260205)
a <- matrix(round(runif(24, -.3, .9), 3), 8)
b <- round(cbind(-a[, 3], a[, 1], a[, 2]) + matrix(rnorm(24, 0, .1), 8), 3)
# orthogonal Procrustes and the oblique one by lm, from their formulas
s <- svd(t(b) %*% a); t1 <- s$u %*% t(s$v)
w <- unname(coef(lm(a ~ b - 1))); inv <- solve(t(w) %*% w); r <- w %*% diag(sqrt(diag(inv)))
out <- list(
  made_by = list(script = "alignment.R", R = R.version.string, psych = as.character(packageVersion("psych"))),
  a = a, b = b, congruence = unclass(psych::factor.congruence(a, b, digits = 10)),
  correlation = cor(a, b), procrustes = b %*% t1, oblique = b %*% r, oblique_phi = cov2cor(inv))
write_json(out, "tests/reference/alignment.json", digits = 10, auto_unbox = TRUE, matrix = "rowmajor")
