# Reference values of core/groups/moderated_spread.py and of Holm's adjustment.
# Run from the top of the source tree: Rscript tests/reference/moderated.R
# The t-test with a moderated variance (Smyth 2004, formula 7) is written out; the prior's degrees of freedom are by
# moments, and beside them, as the neighbour, those that logarithms of variances give (Smyth's section 6.2).
suppressPackageStartupMessages(library(jsonlite))
here <- "tests/reference"
set.seed(20261130)

sizes <- c(5, 7, 10, 12, 8, 25)
sds <- list(alike = rep(1.2, 6), apart = c(.3, 2.5, 1, .5, 2, 1.2))

moments <- function(s2, d) {
  total <- sum(d)
  s02 <- sum(d * s2) / total
  cells <- length(d)
  q <- sum(d * (s2 / s02 - 1)^2)
  error <- sqrt(8 * (cells - 1) + 48 * sum(1 / d))
  tau2 <- max(q - 2 * (cells - 1) - error, 0) / (2 * (cells - 1) + total - sum(d^2) / total)
  d0 <- if (tau2 > 0) min(2 * (1 + tau2) / tau2, total) else total
  list(s02 = s02, d0 = d0)
}

logarithms <- function(s2, d) {
  e <- log(s2) - digamma(d / 2) + log(d / 2)
  between <- var(e) - mean(trigamma(d / 2))
  if (between <= 0) return(Inf)
  2 * uniroot(function(x) trigamma(x) - between, c(1e-3, 1e6), tol = 1e-12)$root
}

studies <- lapply(sds, function(sd) {
  cell <- rep(seq_along(sizes), sizes)
  y <- round(rnorm(sum(sizes), 8.5, sd[cell]), 2)
  s2 <- as.numeric(tapply(y, cell, var)); m <- as.numeric(tapply(y, cell, mean))
  d <- sizes - 1
  prior <- moments(s2, d)
  v <- (prior$d0 * prior$s02 + d * s2) / (prior$d0 + d)
  df <- pmin(prior$d0 + d, sum(d))
  half <- qt(.975, df) * sqrt(v / sizes)
  own <- sapply(seq_along(sizes), function(k) diff(t.test(y[cell == k])$conf.int) / 2)
  # the mean of all cells: Welch-Satterthwaite with the moderated variances
  part <- v / sizes / length(sizes)^2
  part_df <- min(sum(part)^2 / sum(part^2 / (prior$d0 + d)), sum(d))
  # below 8.5, with the wider interval's variance
  wide <- half > own
  se <- sqrt(ifelse(wide, v, s2) / sizes)
  p <- pt((m - 8.5) / se, ifelse(wide, df, d))
  list(y = y, cell = cell - 1, s02 = prior$s02, d0 = prior$d0, d0_logarithms = min(logarithms(s2, d), 1e6), variance = v, df = df,
       half = half, own_half = own, mean_se = sqrt(sum(part)), mean_df = part_df, p_below = p)
})

p <- c(.004, .02, .6, .11, .045, .3, .9)
write_json(list(studies = studies, holm = list(p = p, adjusted = p.adjust(p, method = "holm")),
                versions = list(R = as.character(getRversion()))),
           file.path(here, "moderated.json"), auto_unbox = TRUE, digits = 15, pretty = TRUE)
