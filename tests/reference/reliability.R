# Reference values of core/correlation/correlation.py, core/factors/extraction.py and core/reliability/alpha.py and omega.py.
# Run from the top of the source tree: Rscript tests/reference/reliability.R
# Makes data/items_complete.csv and data/items_missing.csv (ours, by a seed) and reliability.json.
# Public data beside the project, where present, add the parts "bfi_*" and "mobi_*".
suppressPackageStartupMessages({library(psych); library(lavaan); library(semTools); library(jsonlite)})

here <- "tests/reference"
public <- file.path("..", "shared", "data")

set.seed(20260101)
n <- 60
common <- rnorm(n)
spread <- c(1.8, 1.5, 1.9, 1.2, 1.6, 2.0)
lambda <- c(.8, .7, .6, .75, .5, .65)
items <- sapply(seq_along(lambda), function(j) 6.5 + spread[j] * (lambda[j] * common + sqrt(1 - lambda[j]^2) * rnorm(n)))
items <- as.data.frame(pmin(pmax(round(items), 1), 10))
names(items) <- paste0("i", 1:6)
gaps <- items
gaps[matrix(runif(n * 6) < .12, n)] <- NA
write.csv(items, file.path(here, "data", "items_complete.csv"), row.names = FALSE, na = "")
write.csv(gaps, file.path(here, "data", "items_missing.csv"), row.names = FALSE, na = "")

# psych::alpha: raw and standardised alpha of the pairwise covariances; nothing is recoded
alphas <- function(x) {
  a <- suppressWarnings(psych::alpha(x, check.keys = FALSE))
  pairs <- crossprod(!is.na(as.matrix(x)))
  ci <- psych::alpha.ci(a$total$raw_alpha, n.obs = min(pairs), n.var = ncol(x), p.val = .05, digits = 15)
  complete <- na.omit(x)
  r <- cov(complete)
  list(
    raw = a$total$raw_alpha, standardised = a$total$std.alpha,
    listwise = ncol(x) / (ncol(x) - 1) * (1 - sum(diag(r)) / sum(r)),
    feldt_n = min(pairs), feldt = c(ci$lower.ci, ci$upper.ci),
    r_drop = a$item.stats$r.drop, r_total = a$item.stats$raw.r, alpha_drop = a$alpha.drop$raw_alpha)
}

# lavaan, one factor, ML, factor variance 1, on complete data; semTools::compRelSEM: obs.var = FALSE divides by the
# variance of the sum that the model implies (ours), TRUE by the observed one
omegas <- function(x) {
  x <- na.omit(x)
  fit <- cfa(paste("f =~", paste(names(x), collapse = " + ")), x, std.lv = TRUE)
  list(n = nrow(x), lambda = as.numeric(inspect(fit, "est")$lambda), theta = as.numeric(diag(inspect(fit, "est")$theta)),
       omega = as.numeric(compRelSEM(fit, obs.var = FALSE)),
       omega_observed_total = as.numeric(compRelSEM(fit, obs.var = TRUE)))
}

# stats::factanal on the correlations of complete rows, unrotated, converged tightly; its criterion is the discrepancy of the fit function
extractions <- function(x, ks) {
  r <- cor(na.omit(x))
  lapply(ks, function(k) {
    f <- factanal(covmat = r, factors = k, rotation = "none", n.obs = nrow(na.omit(x)),
                  control = list(opt = list(factr = 10, pgtol = 0, maxit = 10000)))
    minres <- suppressWarnings(psych::fa(r, k, rotate = "none", fm = "minres"))
    list(k = k, loadings = unclass(f$loadings)[, , drop = FALSE],
         uniquenesses = as.numeric(f$uniquenesses),
         discrepancy = as.numeric(f$criteria["objective"]), minres_uniquenesses = as.numeric(minres$uniquenesses))
  })
}

out <- list(
  made_by = list(script = "reliability.R", R = R.version.string,
                 packages = sapply(c("psych", "lavaan", "semTools", "jsonlite"), function(p) as.character(packageVersion(p)),
                                   simplify = FALSE)),
  pairwise = list(covariance = cov(gaps, use = "pairwise"), n = crossprod(!is.na(as.matrix(gaps))),
                  correlation = cov2cor(cov(gaps, use = "pairwise")),
                  own_sd_correlation = cor(gaps, use = "pairwise"), listwise = cov(na.omit(gaps))),
  alpha = list(items_complete = alphas(items), items_missing = alphas(gaps)),
  omega = list(items_complete = omegas(items)),
  extraction = list(items_complete = extractions(items, 1:2)))

if (dir.exists(public)) {
  bfi <- read.csv(file.path(public, "psychTools", "bfi.csv"), row.names = 1)
  reversed <- c("A1", "C4", "C5", "E1", "E2", "O2", "O5")
  bfi[reversed] <- 7 - bfi[reversed]
  for (s in c("A", "C", "E", "N", "O")) {
    x <- bfi[paste0(s, 1:5)]
    out$alpha[[paste0("bfi_", s)]] <- alphas(x)
    out$omega[[paste0("bfi_", s)]] <- omegas(x)
  }
  out$extraction$bfi_N_E <- extractions(bfi[c(paste0("N", 1:5), paste0("E", 1:5))], 1:2)
  mobi <- read.csv(file.path(public, "semPLS", "mobi.csv"))
  for (s in c("IMAG", "CUEX", "PERQ", "CUSA", "CUSL")) {
    x <- mobi[grep(paste0("^", s, "[0-9]"), names(mobi))]
    out$alpha[[paste0("mobi_", s)]] <- alphas(x)
    out$omega[[paste0("mobi_", s)]] <- omegas(x)
  }
  out$extraction$mobi_IMAG_PERQ <- extractions(mobi[grep("^(IMAG|PERQ)", names(mobi))], 1:3)
}
write_json(out, file.path(here, "reliability.json"), digits = 15, auto_unbox = TRUE, pretty = TRUE, matrix = "rowmajor")
