# Further reference values of lavaan: Rscript sem_details.R, from this folder.
# Modification indices of structural models, residuals in standard errors, a nonlinear constraint, first-order errors.
suppressMessages({library(lavaan); library(jsonlite)})
x <- read.csv("data/sem_items.csv"); complete <- x[complete.cases(x), ]
PD <- PoliticalDemocracy
num <- function(v) signif(unname(as.numeric(v)), 9)
em <- list(em.h1.iter.max = 20000, em.h1.tol = 1e-12)
fit <- function(...) suppressWarnings(do.call("sem", c(list(...), if (identical(list(...)$missing, "fiml")) em)))
rows <- function(f) { p <- parameterEstimates(f); p <- p[p$op != "==", ]; if (is.null(p$group)) p$group <- 1
  list(lhs = p$lhs, op = p$op, rhs = p$rhs, group = p$group, est = num(p$est), se = num(p$se)) }

mi <- function(...) { f <- fit(...); m <- modindices(f); if (is.null(m$group)) m$group <- 1
  list(lhs = m$lhs, op = m$op, rhs = m$rhs, group = m$group, mi = num(m$mi), epc = num(m$epc), sepc = num(m$sepc.all)) }
measured <- "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\n"
equal <- "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + a*y2 + b*y3 + c*y4\ndem65 =~ y5 + a*y6 + b*y7 + c*y8\n"
chain <- "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6\nf3 =~ y7 + y8 + y9\nf2 ~ f1\nf3 ~ f2"
indices <- list(
  pd_one = mi(paste0(measured, "dem60 ~ ind60"), PD),
  pd_equal = mi(paste0(equal, "dem60 ~ ind60\ndem65 ~ dem60\ny1 ~~ y5"), PD),
  pd_robust = mi(paste0(measured, "dem60 ~ ind60\ndem65 ~ dem60"), PD, estimator = "MLR"),
  pd_paths = mi("y5 ~ y1 + x1\ny6 ~ y5\ny7 ~ y6", PD),
  pd_covariates = mi("dem60 =~ y1 + y2 + y3\ndem60 ~ x1\ny5 ~ dem60 + x2", PD),
  chain_fiml = mi(chain, x, missing = "fiml"),
  chain_groups = mi(chain, complete, group = "side"))

z <- function(...) { f <- fit(...); r <- lavResiduals(f); if (!is.null(r$cov.z)) r <- list(r); r <- r[sapply(r, is.list)]
  lapply(unname(r), function(g) list(z = signif(unclass(g$cov.z), 7), names = rownames(g$cov.z))) }
two <- "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6"
residuals <- list(
  ML = z(two, complete), MLM = z(two, complete, estimator = "MLM"), MLR = z(two, complete, estimator = "MLR"), GLS = z(two, complete, estimator = "GLS"),
  groups_ML = z(two, complete, group = "side"), groups_MLR = z(two, complete, group = "side", estimator = "MLR"),
  groups_shared = z(two, complete, group = "side", group.equal = "loadings"),
  fiml_ML = z(two, x, missing = "fiml"), fiml_MLR = z(two, x, missing = "fiml", estimator = "MLR"),
  fiml_groups = z(two, x, missing = "fiml", estimator = "MLR", group = "side"),
  covariates = z("f1 =~ y1 + y2 + y3\nf1 ~ y7 + y8\ny4 ~ y7", complete),
  covariates_MLM = z("f1 =~ y1 + y2 + y3\nf1 ~ y7 + y8\ny4 ~ y7", complete, estimator = "MLM"),
  covariates_MLR = z("f1 =~ y1 + y2 + y3\nf1 ~ y7 + y8\ny4 ~ y7", complete, estimator = "MLR"))

curved <- "f1 =~ y1 + a*y2 + b*y3\nf2 =~ y4 + c*y5 + d*y6\nf1 ~~ v*f1\na*c == b*d\nexp(a - 1) == v\nratio := a/b"
covariates <- "f1 =~ y1 + y2 + y3\nf1 ~ y7 + y8\ny4 ~ y7"
measured <- function(...) { f <- fit(...); m <- fitMeasures(f); m <- m[intersect(names(m), c("chisq", "df", "cfi", "rmsea", "srmr", "logl", "aic", "baseline.chisq",
  "chisq.scaled", "chisq.scaling.factor", "baseline.chisq.scaling.factor", "cfi.robust", "tli.robust", "rmsea.robust"))]
  c(rows(f), list(n = nobs(f), fit = as.list(setNames(num(m), names(m))))) }
first <- function(...) c(rows(fit(...)))
write(toJSON(list(lavaan = as.character(packageVersion("lavaan")), R = paste(R.version$major, R.version$minor, sep = "."), mi = indices, residual_z = residuals,
  curved = list(ML = c(rows(fit(curved, complete)), list(chi2 = num(fitMeasures(fit(curved, complete), "chisq")), df = num(fitMeasures(fit(curved, complete), "df")))),
    MLR = rows(fit(curved, complete, estimator = "MLR"))),
  covariates = list(ML = measured(covariates, x, missing = "fiml"), MLR = measured(covariates, x, missing = "fiml", estimator = "MLR"),
    MLM = measured(covariates, complete, estimator = "MLM"), MLM_groups = measured(covariates, complete, estimator = "MLM", group = "side"),
    groups = measured(covariates, x, missing = "fiml", estimator = "MLR", group = "side"), random = measured(paste0(covariates, "\ny7 ~~ y7 + y8\ny8 ~~ y8"), x, missing = "fiml")),
  first_order = list(complete = rows(fit(two, complete, information = "first.order")), fiml = rows(fit(two, x, missing = "fiml", information = "first.order")),
    groups = rows(fit(two, complete, information = "first.order", group = "side", group.equal = "loadings")))),
  digits = NA, auto_unbox = TRUE, na = "null"), "sem_details.json")
