# Validity of fitted models by semTools, and item bias by numerical integration: Rscript validity_models.R, from this folder.
# Items are standardised first, so that AVE and CR are those of standardised loadings; `raw` says what they are otherwise.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
own <- read.csv("data/two_groups.csv"); items <- own[paste0("x", 1:9)]; complete <- items[complete.cases(items), ]
three <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
z <- function(d) as.data.frame(scale(d))
num <- function(v) lapply(as.list(v), function(x) signif(as.numeric(x), 9))
convergent <- function(model, d, ...) {
  f <- cfa(model, z(d), ...); raw <- cfa(model, d, ...)
  cr <- function(f, ...) suppressWarnings(compRelSEM(f, ...))
  list(ave = num(AVE(f, obs.var = FALSE)), cr = num(cr(f, obs.var = FALSE)), cr_observed = num(cr(f)), raw_ave = num(AVE(raw, obs.var = FALSE)), raw_cr = num(cr(raw, obs.var = FALSE)),
    tau = num(cr(f, obs.var = FALSE, tau.eq = TRUE)), phi = signif(unclass(lavInspect(f, "cor.lv")), 9))
}
ratios <- function(d, ...) list(htmt = signif(unclass(htmt(three, d, htmt2 = FALSE, ...)), 9), htmt2 = signif(unclass(htmt(three, d, htmt2 = TRUE, ...)), 9))
second <- cfa(paste0(three, "\ng =~ visual + textual + speed"), z(complete))
top <- { s <- standardizedSolution(second); s$est.std[s$op == "=~" & s$lhs == "g"] }
# item bias: lavaan's model without equalities, the second group on the metric of the first by the items that behave alike
free <- cfa(three, own, group = "group", std.lv = TRUE, missing = "fiml", estimator = "MLR", em.h1.iter.max = 20000, em.h1.tol = 1e-12)
bias <- function(anchors) {
  e <- lavInspect(free, "est"); moments <- lapply(lavInspect(free, "sampstat"), function(m) sqrt(diag(m$cov)))
  n <- lavInspect(free, "nobs"); found <- list()
  for (factor in c("visual", "textual", "speed")) {
    mine <- rownames(e[[1]]$lambda)[e[[1]]$lambda[, factor] != 0]; tied <- intersect(mine, anchors)
    l <- lapply(e, function(g) g$lambda[mine, factor]); t <- lapply(e, function(g) g$nu[mine, 1])
    a <- sum(l[[2]][tied]) / sum(l[[1]][tied]); b <- sum(t[[2]][tied] - t[[1]][tied]) / sum(l[[1]][tied])
    for (item in mine) {
      focal <- function(eta) t[[2]][item] + l[[2]][item] * (eta - b) / a
      gap <- function(eta) focal(eta) - t[[1]][item] - l[[1]][item] * eta
      weighed <- function(f) integrate(function(eta) f(eta) * dnorm(eta, b, abs(a)), b - 10 * abs(a), b + 10 * abs(a), rel.tol = 1e-10)$value
      sd <- sapply(1:2, function(g) moments[[g]][item] * sqrt(n[g] / (n[g] - 1)))
      points <- sqrt(weighed(function(eta) gap(eta)^2))
      found[[item]] <- signif(c(d_macs = points / (sum((n - 1) * sd) / sum(n - 1)), points = points, signed_points = weighed(gap)), 8)
    }
  }
  lapply(found, as.list)
}
write(toJSON(list(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan")), semTools = as.character(packageVersion("semTools")),
  three = convergent(three, complete), residual = convergent(paste0(three, "\nx1 ~~ x2"), complete),
  listwise = ratios(complete), fiml = ratios(items, missing = "fiml"), second = signif(top, 9),
  bias = bias(setdiff(names(items), "x2")), bias_all = bias(names(items))), digits = NA, auto_unbox = TRUE), "validity_models.json")
