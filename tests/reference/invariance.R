# Levels of measurement invariance by lavaan: chi-squares, fit, scaled difference tests, score tests of equalities.
# Rscript tests/reference/invariance.R tests/reference/invariance.json
suppressMessages({library(lavaan); library(jsonlite)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
levels <- list(configural = NULL, metric = "loadings", scalar = c("loadings", "intercepts"),
               strict = c("loadings", "intercepts", "residuals"), means = c("loadings", "intercepts", "means"))
before <- c(metric = "configural", scalar = "metric", strict = "scalar", means = "scalar")
run <- function(data, model, group, estimator, missing, partial = NULL) {
  fits <- lapply(levels, function(equal) {
    args <- list(model = model, data = data, group = group, estimator = estimator, missing = missing, std.lv = TRUE, meanstructure = TRUE)
    if (!is.null(equal)) { args$group.equal <- equal; if (!is.null(partial)) args$group.partial <- partial }
    do.call("cfa", args)
  })
  robust <- estimator == "MLR"
  out <- lapply(names(levels), function(level) {
    f <- fits[[level]]
    m <- fitMeasures(f)
    one <- list(chi2 = m[["chisq"]], df = m[["df"]], srmr = m[["srmr"]], aic = m[["aic"]], bic = m[["bic"]],
                cfi = m[[if (robust) "cfi.robust" else "cfi"]], rmsea = m[[if (robust) "rmsea.robust" else "rmsea"]],
                cfi_plain = m[["cfi"]])
    if (robust) one$scaling <- m[["chisq.scaling.factor"]]
    if (level %in% names(before)) {
      d <- lavTestLRT(fits[[before[[level]]]], f)
      one$difference <- d[["Chisq diff"]][2]; one$ddf <- d[["Df diff"]][2]; one$p <- d[["Pr(>Chisq)"]][2]
    }
    one
  })
  names(out) <- names(levels)
  u <- lavTestScore(fits$scalar)$uni
  pt <- parTable(fits$scalar)
  at <- match(u$lhs, pt$plabel)
  pe <- parameterEstimates(fits$scalar); means <- pe[pe$op == "~1" & pe$lhs %in% lavNames(fits$scalar, "lv") & pe$group == 2, ]
  list(levels = out, score = data.frame(lhs = pt$lhs[at], op = pt$op[at], rhs = pt$rhs[at], chi2 = u$X2, df = u$df),
       means = means[, c("lhs", "est", "se")])
}
three <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"
own <- read.csv(file.path(here, "data", "two_groups.csv"))
cases <- list(
  holzinger = run(HolzingerSwineford1939, three, "school", "ML", "listwise"),
  holzinger_mlr = run(HolzingerSwineford1939, three, "school", "MLR", "listwise"),
  holzinger_partial = run(HolzingerSwineford1939, three, "school", "ML", "listwise", c("x3~1", "x7~1")),
  two_groups_mlr = run(own, three, "group", "MLR", "ml"),
  two_groups_ml = run(own, three, "group", "ML", "ml")
)
write(toJSON(list(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan")), cases = cases), digits = 10, auto_unbox = TRUE),
      commandArgs(TRUE)[1])
