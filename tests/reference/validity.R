# HTMT and HTMT2 by semTools, AVE by semTools, on committed simulated answers and on open data sets.
# Rscript tests/reference/validity.R tests/reference/validity.json
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
model <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"
both <- function(d, m) list(htmt = unclass(htmt(m, d, htmt2 = FALSE)), htmt2 = unclass(htmt(m, d, htmt2 = TRUE)))
fit <- cfa(model, HolzingerSwineford1939)
hs <- both(HolzingerSwineford1939, model)
hs$ave <- as.list(AVE(fit, obs.var = FALSE)); hs$ave_observed <- as.list(AVE(fit)); hs$cr <- as.list(suppressWarnings(compRelSEM(fit)))
hs$phi <- unclass(lavInspect(fit, "cor.lv")); hs$lambda <- unclass(lavInspect(fit, "std")$lambda)
hs$cor <- unclass(cor(HolzingerSwineford1939[paste0("x", 1:9)]))
write(toJSON(list(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan")), semTools = as.character(packageVersion("semTools")),
  holzinger = hs), digits = 10, auto_unbox = TRUE), commandArgs(TRUE)[1])
