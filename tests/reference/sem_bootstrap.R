# The bootstrap of a model by lavaan: Rscript sem_bootstrap.R, from this folder. About three minutes.
# `same`: estimates in given samples (rows from 0), which have to be equal; `bootstrap`: errors and intervals of 4,000
# samples of lavaan's own, which are equal but for chance.
suppressMessages({library(lavaan); library(jsonlite)})
x <- read.csv("data/sem_items.csv"); complete <- x[complete.cases(x), ]
paths <- "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6\nf3 =~ y7 + y8 + y9\nf2 ~ p*f1\nf3 ~ q*f2 + r*f1\nind := p*q\ntotal := ind + r"
two <- "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6"
rows <- function(fit) { p <- parameterEstimates(fit); p <- p[p$op != "==", ]; if (is.null(p$group)) p$group <- 1
  list(lhs = p$lhs, op = p$op, rhs = p$rhs, group = p$group) }
same <- function(model, d, draws, ...) {
  fits <- lapply(draws, function(i) sem(model, d[i, ], ...))
  c(rows(fits[[1]]), list(samples = lapply(draws, function(i) i - 1),
    est = lapply(fits, function(f) { p <- parameterEstimates(f); signif(p$est[p$op != "=="], 9) }),
    std = lapply(fits, function(f) { s <- standardizedSolution(f); signif(s$est.std[s$op != "=="], 9) })))
}
set.seed(20)
n <- nrow(complete)
plain <- same(paths, complete, lapply(1:8, function(k) sample(n, n, TRUE)), estimator = "ML")
fiml <- same(two, x, lapply(1:4, function(k) sample(nrow(x), nrow(x), TRUE)), estimator = "ML", missing = "fiml")
first <- which(complete$side == complete$side[1]); second <- setdiff(seq_len(n), first)
draws <- lapply(1:4, function(k) c(first[sample(length(first), replace = TRUE)], second[sample(length(second), replace = TRUE)]))
groups <- same(two, complete, draws, estimator = "ML", group = "side", group.equal = "loadings")
set.seed(21)
fit <- sem(paths, complete, estimator = "ML", se = "bootstrap", bootstrap = 4000)
of <- function(type) { p <- parameterEstimates(fit, boot.ci.type = type); list(lower = signif(p$ci.lower, 7), upper = signif(p$ci.upper, 7)) }
p <- parameterEstimates(fit)
own <- c(rows(fit), list(est = signif(p$est, 8), se = signif(p$se, 7), delta = signif(parameterEstimates(sem(paths, complete, estimator = "ML"))$se, 7),
  perc = of("perc"), bc = of("bca.simple"), n = nrow(lavInspect(fit, "boot"))))
write(toJSON(list(lavaan = as.character(packageVersion("lavaan")), R = paste(R.version$major, R.version$minor, sep = "."),
  same = list(plain = plain, fiml = fiml, groups = groups), bootstrap = own), digits = NA, auto_unbox = TRUE, na = "null"), "sem_bootstrap.json")
