# fit_cfa by lavaan: estimates, standard errors, fit, modification indices; and validity of a second-order model's parts.
# Rscript tests/reference/cfa.R tests/reference/cfa.json
suppressMessages({library(lavaan); library(jsonlite)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
own <- read.csv(file.path(here, "data", "two_groups.csv"))
three <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"
second <- paste(three, "\n g =~ visual + textual + speed")
democracy <- "ind60 =~ x1 + x2 + x3\n dem60 =~ y1 + a*y2 + b*y3 + c*y4\n dem65 =~ y5 + a*y6 + b*y7 + c*y8
  dem60 ~ ind60\n dem65 ~ ind60 + dem60\n y1 ~~ y5\n y2 ~~ y4 + y6\n y3 ~~ y7\n y4 ~~ y8\n y6 ~~ y8\n ratio := a/b"
run <- function(model, data, ...) {
  f <- suppressWarnings(cfa(model, data, ...))
  p <- parameterEstimates(f, standardized = TRUE); m <- fitMeasures(f)
  names(m) <- gsub("[.]", "_", names(m))
  keep <- intersect(names(m), c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr", "aic", "bic", "logl",
    "chisq_scaled", "cfi_scaled", "rmsea_scaled", "cfi_robust", "tli_robust", "rmsea_robust"))
  out <- list(rows = data.frame(lhs = p$lhs, op = p$op, rhs = p$rhs, group = if (is.null(p$group)) 1 else p$group, est = p$est, se = p$se, std = p$std.all),
              fit = as.list(m[keep]))
  if (f@Options$estimator == "ML" && !any(p$op == ":=")) {
    mi <- head(modindices(f, sort. = TRUE), 8)
    out$mi <- data.frame(lhs = mi$lhs, op = mi$op, rhs = mi$rhs, group = if (is.null(mi$group)) 1 else mi$group, mi = mi$mi, epc = mi$epc, sepc = mi$sepc.all)
  }
  if (length(lavInspect(f, "nobs")) == 1) out$scores <- unname(lavPredict(f)[1:3, ])
  out
}
cases <- list(
  own_mlr = run(three, own, estimator = "MLR", missing = "ml"),
  own_ml = run(three, own, estimator = "ML", missing = "listwise"),
  own_mlm = run(three, own, estimator = "MLM"),
  own_gls = run(three, own, estimator = "GLS"),
  own_uls = run(three, own, estimator = "ULS"),
  own_second = run(second, own, estimator = "ML", missing = "listwise"),
  own_groups = run(three, own, estimator = "MLR", missing = "ml", group = "group", group.equal = "loadings"),
  holzinger = run(three, HolzingerSwineford1939),
  democracy = run(democracy, PoliticalDemocracy)
)
write(toJSON(list(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan")), cases = cases), digits = 10, auto_unbox = TRUE),
      commandArgs(TRUE)[1])
