# Reference values of EFA.bootstrap: standard errors and intervals of loadings and factor correlations.
# Run from the top of the source tree: Rscript tests/reference/efa_bootstrap.R
# Makes data/bootstrap_items.csv (simulated) and efa_bootstrap.json. Solutions are psych's; samples are aligned with the
# full solution by trying every permutation; BCa intervals are those of the package boot (delete-one jackknife).
suppressPackageStartupMessages({library(psych); library(GPArotation); library(boot); library(jsonlite)})

set.seed(20)
n <- 300; k <- 3
lambda <- kronecker(diag(k), c(.8, .65, .5)); lambda[3, 2] <- .3
phi <- matrix(.35, k, k); diag(phi) <- 1
common <- matrix(rnorm(n * k), n) %*% chol(phi)
psi <- 1 - diag(lambda %*% phi %*% t(lambda))
y <- common %*% t(lambda) + sweep(matrix(rnorm(n * 9), n), 2, sqrt(psi), "*")
x <- matrix(pmin(pmax(round(4 + 1.3 * y), 1), 7), n); colnames(x) <- paste0("v", 1:9)
write.csv(x, "tests/reference/data/bootstrap_items.csv", row.names = FALSE)

permutations <- list(c(1, 2, 3), c(1, 3, 2), c(2, 1, 3), c(2, 3, 1), c(3, 1, 2), c(3, 2, 1))
solve_one <- function(x) {
  f <- suppressMessages(suppressWarnings(fa(x, k, fm = "minres", rotate = "oblimin")))
  list(l = unclass(f$loadings), phi = f$Phi)
}
full <- solve_one(x)
congruent <- function(l) crossprod(full$l, l) / outer(sqrt(colSums(full$l^2)), sqrt(colSums(l^2)))
aligned <- function(s) {
  g <- congruent(s$l)
  best <- permutations[[which.max(sapply(permutations, function(o) sum(abs(g[cbind(1:k, o)]))))]]
  sign <- sign(g[cbind(1:k, best)])
  l <- sweep(s$l[, best], 2, sign, "*")
  p <- s$phi[best, best] * outer(sign, sign)
  c(t(l), p[1, 2], p[1, 3], p[2, 3])
}
statistic <- function(x, rows) aligned(solve_one(x[rows, ]))
set.seed(1)
found <- boot(x, statistic, R = 3000)
jack <- t(sapply(1:n, function(i) statistic(x, (1:n)[-i])))
influence <- sweep(-jack, 2, colMeans(jack), "+") * (n - 1)
bca <- t(sapply(seq_along(found$t0), function(i)
  boot.ci(found, index = i, type = "bca", L = influence[, i])$bca[4:5]))
# psych's own intervals are of samples turned orthogonally to the full solution, not of aligned ones: another spread
set.seed(1)
own <- suppressMessages(suppressWarnings(fa(x, k, n.iter = 500, fm = "minres", rotate = "oblimin")))
round6 <- function(x) signif(unname(x), 6)
write_json(list(
  versions = c(R = as.character(getRversion()), psych = as.character(packageVersion("psych")),
               boot = as.character(packageVersion("boot"))),
  n_samples = 3000, estimate = round6(found$t0), se = round6(apply(found$t, 2, sd)),
  percentile = round6(t(apply(found$t, 2, quantile, c(.025, .975)))), bca = round6(bca),
  loadings = round6(full$l), phi = round6(full$phi),
  psych_se = round6(unclass(own$cis$sds))), "tests/reference/efa_bootstrap.json", digits = 8, auto_unbox = TRUE)
