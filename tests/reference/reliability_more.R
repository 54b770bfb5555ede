# Reference values of core/reliability/alpha.py and core/reliability/omega.py. Run from the top of the source tree:
# Rscript tests/reference/reliability_more.R   (after reliability.R, which makes items_complete.csv)
suppressPackageStartupMessages({library(psych); library(lavaan); library(jsonlite)})
x <- read.csv("tests/reference/data/items_complete.csv")
n <- nrow(x); k <- ncol(x)
# Bonett (2002), by its formula
a <- psych::alpha(x)$total$raw_alpha
bonett <- 1 - exp(log(1 - a) - log(n / (n - 1)) + c(1, -1) * qnorm(.975) * sqrt(2 * k / ((k - 1) * (n - 2))))
feldt <- psych::alpha.ci(a, n.obs = n, n.var = k, p.val = .05, digits = 15)
l <- paste0("l", 1:k); t <- paste0("t", 1:k); i <- names(x)
model <- paste(c(paste("f =~", paste0(l, "*", i, collapse = " + ")), paste0(i, " ~~ ", t, "*", i),
  paste0("omega := (", paste(l, collapse = "+"), ")^2 / ((", paste(l, collapse = "+"), ")^2 + ", paste(t, collapse = "+"), ")")),
  collapse = "\n")
pe <- parameterEstimates(cfa(model, x, std.lv = TRUE)); w <- pe[pe$label == "omega", ]
hier <- function(r, k, n) {
  o <- suppressWarnings(psych::omega(r, k, n.obs = n, plot = FALSE, fm = "minres"))
  list(r = unclass(r), lambda = unclass(o$schmid$oblique)[, 1:k], phi = o$schmid$phi,
       general = as.numeric(o$schmid$sl[, 1]), omega_h = o$omega_h, omega_t = o$omega.tot, one_factor = o$omega.lim)
}
data(Thurstone, package = "psych")
out <- list(
  made_by = list(script = "reliability_more.R", R = R.version.string, psych = as.character(packageVersion("psych")),
                 lavaan = as.character(packageVersion("lavaan"))),
  alpha = a, n = n, bonett = bonett, feldt = c(feldt$lower.ci, feldt$upper.ci),
  omega = w$est, omega_se = w$se, thurstone = hier(Thurstone, 3, 213))
write_json(out, "tests/reference/reliability_more.json", digits = 10, auto_unbox = TRUE, matrix = "rowmajor")
