# R 4.2.2, package mice 3.15.0: Rubin's rules with the degrees of freedom of Barnard and Rubin (1999).
# Rscript tests/reference/imputation.R > tests/reference/imputation.json
suppressPackageStartupMessages(library(mice))
options(digits = 15)
sets <- list(
  list(estimate = c(7.31, 7.28, 7.40, 7.22, 7.35), se = c(.21, .20, .22, .21, .19), df = 23.4),
  list(estimate = c(.42, .55, .31, .60, .18, .49, .37), se = c(.11, .12, .10, .13, .11, .12, .11), df = 110),
  list(estimate = c(1.2, 1.3, 1.25), se = c(.5, .5, .5), df = 4.2))
cases <- lapply(sets, function(s) {
  # pool.scalar takes n and k: the degrees of freedom of the complete answers are n - k
  p <- pool.scalar(s$estimate, s$se^2, n = s$df + 1, k = 1)
  c(s, list(pooled = p$qbar, pooled_se = sqrt(p$t), pooled_df = p$df, rubin_1987_df = pool.scalar(s$estimate, s$se^2)$df))
})
cat(jsonlite::toJSON(list(made_with = paste(R.version.string, "mice", packageVersion("mice")), cases = cases),
  digits = NA, auto_unbox = TRUE, pretty = TRUE), "\n")
