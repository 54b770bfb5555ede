# Reference values of hpp_analysis/planning/ and core/sem/simulated_fit.py.
# Run from the top of the source tree: Rscript tests/reference/study_planning.R (about a minute)
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
here <- "tests/reference"

# Power of the two-sample t-test
grid <- expand.grid(d = c(.3, .5, .8), n = c(10, 25, 50))
grid$power <- mapply(function(d, n) power.t.test(n = n, delta = d)$power, grid$d, grid$n)

# The user's model: loadings of Holzinger & Swineford (1939), as in the vignette of the R package `dynamic`, whose first
# version gives the cut-offs SRMR .040, RMSEA .044, CFI .984 for it
lambda <- matrix(0, 9, 3, dimnames = list(paste0("x", 1:9), c("visual", "textual", "speed")))
lambda[1:3, 1] <- c(.772, .424, .581); lambda[4:6, 2] <- c(.852, .855, .838); lambda[7:9, 3] <- c(.570, .723, .665)
phi <- matrix(c(1, .459, .471, .459, 1, .283, .471, .283, 1), 3)
model <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
crossed <- list(list(c(2, 2, .424)), list(c(2, 2, .424), c(7, 2, .570)))
sigma_of <- function(cross) {
  l <- lambda
  for (one in cross) l[one[1], one[2]] <- one[3]
  s <- l %*% phi %*% t(l); diag(s) <- 1; s
}
sigmas <- c(list(sigma_of(list())), lapply(crossed, sigma_of))

# Satorra & Saris (1985): the discrepancy in the population, times n, is the noncentrality
power <- lapply(c(100, 200, 400), function(n) {
  fit <- cfa(model, sample.cov = sigmas[[2]], sample.nobs = n, sample.cov.rescale = FALSE, std.lv = TRUE)
  chi2 <- as.numeric(fitMeasures(fit, "chisq")); df <- as.numeric(fitMeasures(fit, "df"))
  list(n = n, ncp = chi2, power = 1 - pchisq(qchisq(.95, df), df, ncp = chi2))
})

# Fit of samples, drawn and fitted here
set.seed(20261130)
runs <- 500; n <- 301
draw <- function(s) {
  x <- matrix(rnorm(n * 9), n) %*% chol(s); colnames(x) <- paste0("x", 1:9)
  as.numeric(fitMeasures(cfa(model, data = as.data.frame(x), std.lv = TRUE), c("cfi", "rmsea", "srmr")))
}
fits <- lapply(sigmas, function(s) suppressWarnings(t(replicate(runs, draw(s)))))
quantiles_of <- function(f) {
  q <- apply(f, 2, quantile, c(.05, .10, .90, .95), names = FALSE)
  list(cfi = q[, 1], rmsea = q[, 2], srmr = q[, 3])
}
quantiles <- lapply(fits, quantiles_of)

# One factor: in a third, two thirds and all of its items (the lowest loadings first) residuals correlate .3 in pairs
one <- c(.602, .805, .857, .631, .345, .646)
one_sigma <- function(pairs) {
  s <- tcrossprod(one); diag(s) <- 1
  for (pair in pairs) {
    s[pair[1], pair[2]] <- s[pair[1], pair[2]] + .3 * prod(sqrt(1 - one[pair]^2)); s[pair[2], pair[1]] <- s[pair[1], pair[2]]
  }
  s
}
pairs <- list(c(5, 1), c(4, 6), c(2, 3))
draw_one <- function(s) {
  x <- matrix(rnorm(300 * 6), 300) %*% chol(s); colnames(x) <- paste0("x", 1:6)
  as.numeric(fitMeasures(cfa("f =~ x1 + x2 + x3 + x4 + x5 + x6", data = as.data.frame(x), std.lv = TRUE), c("cfi", "rmsea", "srmr")))
}
one_quantiles <- lapply(0:3, function(k) quantiles_of(suppressWarnings(t(replicate(runs, draw_one(one_sigma(pairs[seq_len(k)])))))))

write_json(list(t_test = grid, sigma = sigmas[[2]], satorra_saris = power, n = n, runs = runs, quantiles = quantiles,
                lambda = lambda, phi = phi, one_factor = list(loadings = one, n = 300, quantiles = one_quantiles), versions = list(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan")))),
           file.path(here, "study_planning.json"), auto_unbox = TRUE, digits = 12, pretty = TRUE)
