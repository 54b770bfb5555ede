# Models of two levels of lavaan 0.6-14, semTools 0.5-6: Rscript two_level.R, from this folder.
# two_level.csv: 70 clusters of 2 to 15 persons, made here; y1-y6 at both levels, x within and w between clusters, gaps in *_na.
# With the argument "timings" it prints the seconds of user and system time of the models instead.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
set.seed(22)
size <- rep(c(2, 3, 5, 8, 12, 15, 4), 10); J <- length(size); g <- rep(seq_len(J), size); n <- length(g)
fb <- rnorm(J, 0, .7); w <- .5 * fb + rnorm(J, 0, .6); x <- rnorm(n)
f1 <- .4 * x + rnorm(n, 0, .9); f2 <- .5 * f1 + rnorm(n, 0, .8)
own <- sapply(1:6, function(k) (if (k < 4) f1 else f2) * c(1, .9, .8, 1, .7, .9)[k] + c(1, .8, .9, .7, .9, .6)[k] * fb[g] +
  rnorm(J, 0, .35)[g] + rnorm(n, 0, .8) + 6)
d <- data.frame(cluster = paste0("team", g), round(own, 2), x = round(x, 2), w = round(w, 2)[g])
names(d)[2:7] <- paste0("y", 1:6)
gaps <- d[2:7]; gaps[matrix(runif(6 * n) < .12, n)] <- NA; names(gaps) <- paste0(names(gaps), "_na")
write.csv(cbind(d, gaps), "data/two_level.csv", row.names = FALSE, quote = FALSE, na = "")
d <- read.csv("data/two_level.csv"); incomplete <- d[c("cluster", "x", "w")]
incomplete[paste0("y", 1:6)] <- d[paste0("y", 1:6, "_na")]
demo <- Demo.twolevel  # of lavaan

models <- list(
  one = "level: 1\nfw =~ y1 + y2 + y3\nlevel: 2\nfb =~ y1 + y2 + y3",
  two = "level: within\nf1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6\nlevel: between\nf =~ y1 + y2 + y3 + y4 + y5 + y6",
  equal = "level: 1\nf =~ y1 + a*y2 + b*y3 + c*y4\nlevel: 2\nf =~ y1 + a*y2 + b*y3 + c*y4\nvb := b - c",
  apart = "level: 1\nf1 =~ y1 + y2 + y3 + y4\nlevel: 2\nf =~ y1 + y2 + y3 + w\ny2 ~~ y3",
  paths = "level: 1\nfw =~ y1 + y2 + y3\nfw ~ x\ny4 ~ fw\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ w\ny4 ~ fb",
  demo = "level: 1\nfw =~ y1 + y2 + y3\nfw ~ x1 + x2 + x3\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ w1 + w2",
  demo6 = "level: 1\nfw =~ y1 + y2 + y3\ngw =~ y4 + y5 + y6\nlevel: 2\nfb =~ y1 + y2 + y3\ngb =~ y4 + y5 + y6")
# lavaan's usual optimiser stops 1e-4 short, and its saturated model stops 1e-4 in the log-likelihood or at a bound (0.6-14, EM with
# a tolerance of its own, or Cholesky factors): here the saturated model is fitted like any other, and the test, ICCs and SRMR follow.
tight <- list(optim.method = "BFGS", control = list(reltol = 1e-15, maxit = 10000))
fit_model <- function(model, data, ...) suppressWarnings(do.call("sem", c(list(model, data = data, cluster = "cluster", ...), tight)))
saturated <- function(f, data, ...) {
  at <- lavNames(f, "ov", block = 1); up <- lavNames(f, "ov", block = 2)
  pairs <- function(v) paste(c(sapply(seq_along(v), function(i) paste(v[i], "~~", paste(v[i:length(v)], collapse = " + ")))), collapse = "\n")
  fit_model(paste0("level: 1\n", pairs(at), "\nlevel: 2\n", pairs(up)), data, ...)
}
num <- function(v) signif(unname(as.numeric(v)), 9)
measures <- c("npar", "chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea", "srmr", "srmr_within", "srmr_between", "logl", "unrestricted.logl", "aic", "bic", "bic2")
fit_of <- function(f, s1) {
  m <- fitMeasures(f, measures); saturated <- fitMeasures(s1, c("logl", "unrestricted.logl"))
  gain <- saturated[["logl"]] - saturated[["unrestricted.logl"]]
  m["unrestricted.logl"] <- m["unrestricted.logl"] + gain
  m[c("chisq", "baseline.chisq")] <- c(2 * (m[["unrestricted.logl"]] - m[["logl"]]), m[["baseline.chisq"]] + 2 * gain)
  over <- m[["chisq"]] - m[["df"]]; base <- m[["baseline.chisq"]] - m[["baseline.df"]]
  m["pvalue"] <- pchisq(m[["chisq"]], m[["df"]], lower.tail = FALSE); m["cfi"] <- 1 - max(over, 0) / max(base, over, 0)
  if (m[["df"]] > 0) m["tli"] <- 1 - (over / m[["df"]]) / (base / m[["baseline.df"]])
  m["rmsea"] <- if (m[["df"]] > 0) sqrt(max(over, 0) / (m[["df"]] * lavInspect(f, "ntotal"))) else 0
  srmr <- sapply(1:2, function(level) { a <- fitted(s1)[[level]]$cov; b <- fitted(f)[[level]]$cov[rownames(a), colnames(a)]
    sqrt(mean((cov2cor(a) - cov2cor(b))[lower.tri(a, TRUE)]^2)) })
  m[c("srmr", "srmr_within", "srmr_between")] <- c(sum(srmr), srmr)
  as.list(setNames(num(m), names(m)))
}
icc_of <- function(s1) { w <- diag(fitted(s1)[[1]]$cov); b <- diag(fitted(s1)[[2]]$cov); both <- intersect(names(w), names(b))
  as.list(b[both] / (b[both] + w[both])) }
case <- function(name, data, ..., omega = FALSE) {
  f <- fit_model(models[[name]], data, ...); s1 <- saturated(f, data, ...); p <- parameterEstimates(f, standardized = TRUE, remove.eq = FALSE); p <- p[p$op != "==", ]
  s <- standardizedSolution(f); s <- s[s$op != "==", ]
  out <- list(model = models[[name]], converged = lavInspect(f, "converged"), n_clusters = lavInspect(f, "nclusters"),
    table = list(lhs = p$lhs, op = p$op, rhs = p$rhs, level = p$block, est = num(p$est), se = num(p$se), std_lv = num(p$std.lv),
      std_all = num(p$std.all), std_all_se = num(s$se)),
    fit = fit_of(f, s1), icc = icc_of(s1))
  if (omega) out$omega <- lapply(setNames(c(TRUE, FALSE), c("observed", "implied")), function(obs) {
    r <- compRelSEM(f, obs.var = obs, config = character(0)); as.list(unlist(r)) })
  out
}
if ("timings" %in% commandArgs(TRUE)) {
  seconds <- function(expression) { t <- system.time(expression); round(unname(t["user.self"] + t["sys.self"]), 2) }
  plain <- function(name, data, ...) sem(models[[name]], data = data, cluster = "cluster", ...)
  set.seed(1); holes <- demo; holes[paste0("y", 1:6)][matrix(runif(6 * nrow(demo)) < .1, nrow(demo))] <- NA
  invisible(plain("one", d))
  cat("demo", seconds(plain("demo", demo)), "\ndemo6", seconds(plain("demo6", demo)), "\ntwo", seconds(plain("two", d)),
    "\ntwo_fiml", seconds(plain("two", incomplete, missing = "ml")), "\ndemo6_fiml", seconds(plain("demo6", holes, missing = "ml")), "\n")
  quit()
}
cases <- list(demo = case("demo", demo), demo6 = case("demo6", demo), one = case("one", d, omega = TRUE), two = case("two", d, omega = TRUE),
  std_lv = case("two", d, std.lv = TRUE), equal = case("equal", d), apart = case("apart", d), paths = case("paths", d),
  two_fiml = case("two", incomplete, missing = "ml"), two_listwise = case("two", incomplete), equal_fiml = case("equal", incomplete, missing = "ml"))
write_json(list(versions = list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")), semTools = as.character(packageVersion("semTools"))),
  cases = cases), "two_level.json", digits = NA, auto_unbox = TRUE, pretty = FALSE)
