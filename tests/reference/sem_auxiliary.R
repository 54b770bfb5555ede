# Reference values of semTools for auxiliary variables in models with missing answers: Rscript sem_auxiliary.R, from this folder.
suppressMessages({library(semTools); library(jsonlite)})
num <- function(x) signif(unname(as.numeric(x)), 10)
x <- read.csv("data/two_groups.csv")
# answers that depend on x8: without it they are not missing at random
x$x2[which(x$x8 > mean(x$x8, na.rm = TRUE) & seq_len(nrow(x)) %% 3 > 0)] <- NA
names_fm <- c("chisq", "df", "cfi", "tli", "rmsea", "srmr", "baseline.chisq", "baseline.df", "chisq.scaled", "chisq.scaling.factor",
              "cfi.scaled", "rmsea.scaled", "npar")
case <- function(model, aux, estimator, ...) {
  fit <- if (length(aux)) cfa.auxiliary(model, data = x, aux = aux, estimator = estimator, ...) else
    cfa(model, x, missing = "fiml", estimator = estimator, fixed.x = FALSE, ...)
  pe <- parameterEstimates(fit); if (is.null(pe$group)) pe$group <- 1
  fm <- if (length(aux)) fitMeasures(fit, baseline.model = fit@external$baseline.model) else fitMeasures(fit)
  fm <- fm[intersect(names_fm, names(fm))]
  list(model = model, auxiliary = aux, estimator = estimator, lhs = pe$lhs, op = pe$op, rhs = pe$rhs, group = pe$group,
       est = num(pe$est), se = num(pe$se), fit = as.list(setNames(num(fm), names(fm))))
}
m <- "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
s <- "f =~ x1 + x2 + x3\nf ~ x4 + x5\nx4 ~~ x5"
cases <- list(
  ml = case(m, c("x7", "x8"), "ML"), mlr = case(m, c("x7", "x8"), "MLR"), one = case(m, "x8", "MLR"), none = case(m, character(), "MLR"),
  regression = case(s, "x8", "MLR"), groups = case(m, "x8", "MLR", group = "group", group.equal = "loadings"))
write(toJSON(list(made_with = paste("semTools", packageVersion("semTools"), "lavaan", packageVersion("lavaan")), cases = cases),
             digits = NA, auto_unbox = TRUE, na = "null"), "sem_auxiliary.json")
