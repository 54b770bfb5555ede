# Reference values of core/retention and factors/retention.py.
# Run from the top of the source tree: Rscript tests/reference/retention.R
# Makes data/retention.csv (ours, by a seed: 12 items of three correlated factors, n 300, one with skewed categories)
# and retention.json. Of bfi (psychTools) values only. psych is run, nothing is copied from it.
suppressPackageStartupMessages({library(psych); library(jsonlite)})
here <- "tests/reference"
n_iter <- 400

set.seed(20260217)
phi <- matrix(c(1, .5, .4, .5, 1, .3, .4, .3, 1), 3)
lambda <- kronecker(diag(3), matrix(c(.8, .7, .6, .5), 4))
z <- matrix(rnorm(300 * 3), 300) %*% chol(phi) %*% t(lambda)
z <- z + matrix(rnorm(300 * 12), 300) %*% diag(sqrt(1 - rowSums(lambda^2)))
own <- as.data.frame(apply(z, 2, function(v) as.integer(cut(v, c(-Inf, -1.2, -.4, .4, 1.2, Inf)))))
own[[12]] <- as.integer(cut(z[, 12], c(-Inf, .8, 1.6, Inf)))
names(own) <- paste0("v", 1:12)
write.csv(own, file.path(here, "data", "retention.csv"), row.names = FALSE)

# minimum average partial, written out from Velicer (1976) and Velicer, Eaton & Fava (2000)
partials <- function(r, power) {
  p <- ncol(r)
  e <- eigen(r)
  sapply(0:(p - 2), function(m) {
    left <- if (m) r - tcrossprod(e$vectors[, 1:m, drop = FALSE] %*% diag(sqrt(e$values[1:m]), m)) else r
    q <- cov2cor(left)
    mean(q[lower.tri(q)]^power)
  })
}
# the reference of the empirical Kaiser criterion, equation 2 of Braeken & van Assen (2017)
empirical <- function(l, n) {
  p <- length(l)
  sapply(seq_len(p), function(j) max((p - sum(l[seq_len(j - 1)])) / (p - j + 1) * (1 + sqrt(p / n))^2, 1))
}
quietly <- function(x) suppressWarnings(suppressMessages(x))

solutions <- function(r, n, most) {
  fits <- lapply(seq_len(most), function(k) list(
    factanal = quietly(factanal(covmat = r, factors = k, n.obs = n, rotation = "none", lower = .005)),
    ml = quietly(fa(r, k, n.obs = n, fm = "ml", rotate = "none")),
    minres = quietly(fa(r, k, n.obs = n, fm = "minres", rotate = "none"))))
  null <- fits[[1]]$ml$null.chisq - fits[[1]]$ml$null.dof
  list(
    chi2 = sapply(fits, function(f) f$factanal$STATISTIC), df = sapply(fits, function(f) f$factanal$dof),
    p = sapply(fits, function(f) f$factanal$PVAL),
    bic = sapply(fits, function(f) f$ml$BIC), sabic = sapply(fits, function(f) f$ml$SABIC),
    rmsea_ci_lower = sapply(fits, function(f) f$ml$RMSEA[["lower"]]),
    cfi = sapply(fits, function(f) 1 - max(f$ml$STATISTIC - f$ml$dof, 0) / null),
    null_chi2 = fits[[1]]$ml$null.chisq,
    caf = c(1 - KMO(r)$MSA, sapply(fits, function(f) {
      left <- r - tcrossprod(unclass(f$minres$loadings)); diag(left) <- 1
      1 - KMO(left)$MSA
    })))
}

reduced <- function(r) { diag(r) <- smc(r); eigen(r, only.values = TRUE)$values }
curves <- function(x, ...) {
  p <- ncol(x)
  f <- quietly(fa.parallel(x, n.iter = n_iter, plot = FALSE, quant = .95, ...))
  v <- f$values
  pick <- function(prefix) v[, grep(paste0("^", prefix, "[0-9]+$"), colnames(v)), drop = FALSE]
  of <- function(m) list(mean = as.numeric(colMeans(m)), q95 = as.numeric(apply(m, 2, quantile, .95)), sd = as.numeric(apply(m, 2, sd)))
  list(pca_permuted = of(pick("C")), pca_normal = of(pick("CSim")), factor_permuted = of(pick("F")),
       factor_normal = of(pick("Fsim")), n_components = f$ncomp, n_factors = f$nfact,
       factor_values = as.numeric(f$fa.values))
}

of <- function(x, most) {
  r <- cor(x)
  l <- eigen(r, only.values = TRUE)$values
  m <- quietly(vss(r, n = ncol(x) - 2, n.obs = nrow(x), plot = FALSE, rotate = "none"))$map
  list(n = nrow(x), eigenvalues = l, eigenvalues_factor = quietly(fa(r, 1))$values, eigenvalues_smc = reduced(r),
       map_psych = m, map = partials(r, 2), map4 = partials(r, 4), ekc = empirical(l, nrow(x)),
       solutions = solutions(r, nrow(x), most))
}

set.seed(1)
data(bfi, package = "psychTools")
bfi <- na.omit(bfi[, 1:25])
out <- list(
  versions = list(R = R.version.string, psych = as.character(packageVersion("psych")),
                  psychTools = as.character(packageVersion("psychTools"))),
  n_iter = n_iter,
  own = c(of(own, 5), list(parallel = curves(own), parallel_smc = curves(own, SMC = TRUE))),
  bfi = c(of(bfi, 9), list(parallel = curves(bfi))))
write_json(out, file.path(here, "retention.json"), auto_unbox = TRUE, digits = 12, pretty = TRUE)
