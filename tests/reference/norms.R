# A norm of 24 partnerships: the variance between them by Paule and Mandel's estimator and by others, its Q-profile interval,
# the share of true scores below a value, and of the observed ones.
# R --vanilla < tests/reference/norms.R  (R 4, metafor, jsonlite)
suppressMessages(library(metafor))
set.seed(30)
n <- rep(c(10, 14, 25, 40), 6)
y <- round(rnorm(24, 7, 0.55) + rnorm(24, 0, 1.5 / sqrt(n)), 2)
v <- round(1.5^2 / n, 4)
value <- 7.6
pm <- rma(y, v, method = "PM", control = list(tol = 1e-12))
interval <- confint(pm, control = list(tol = 1e-12))$random["tau^2", ]
others <- sapply(c("REML", "DL"), function(method) rma(y, v, method = method)$tau2)
found <- list(
  y = y, v = v, value = value, tau2 = pm$tau2, mean = as.numeric(pm$beta), se = pm$se,
  tau2_lower = interval[["ci.lb"]], tau2_upper = interval[["ci.ub"]], tau2_reml = others[["REML"]], tau2_dl = others[["DL"]],
  share = pnorm((value - as.numeric(pm$beta)) / sqrt(pm$tau2)), share_observed = pnorm((value - mean(y)) / sd(y)),
  ecdf = ecdf(y)(value),
  versions = list(R = as.character(getRversion()), metafor = as.character(packageVersion("metafor")))
)
writeLines(jsonlite::toJSON(found, digits = 15, auto_unbox = TRUE), "tests/reference/norms.json")
