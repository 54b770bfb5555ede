# Reference values for invariance of ordered items: Rscript invariance_ordinal.R, from this folder. Models by semTools, in the
# order of Wu & Estabrook (2016); differences by lavaan. Items of two categories enter at the level of intercepts, all at once.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
x <- read.csv("data/ordinal_items.csv")
num <- function(v) signif(unname(as.numeric(v)), 10)
steps <- list(configural = "", thresholds = "thresholds", metric = c("thresholds", "loadings"),
  scalar = c("thresholds", "loadings", "intercepts"), strict = c("thresholds", "loadings", "intercepts", "residuals"),
  means = c("thresholds", "loadings", "intercepts", "means"))
before <- c(thresholds = "configural", metric = "thresholds", scalar = "metric", strict = "scalar", means = "scalar")
ladder <- function(model, partial = list()) {
  items <- lavNames(model, "ov")
  fits <- lapply(names(steps), function(level) {
    args <- list(configural.model = model, data = x, ordered = items, parameterization = "theta", ID.fac = "std.lv",
      ID.cat = "Wu.Estabrook.2016", group = "side", group.equal = steps[[level]], missing = "listwise")
    if (!is.null(partial[[level]])) args$group.partial <- partial[[level]]
    cfa(as.character(do.call(measEq.syntax, args)), x, ordered = items, group = "side", parameterization = "theta")
  })
  names(fits) <- names(steps)
  lapply(setNames(names(steps), names(steps)), function(level) {
    m <- fitMeasures(fits[[level]], c("chisq", "chisq.scaled", "df", "cfi.scaled", "rmsea.scaled", "srmr"))
    out <- list(chi2 = num(m[1]), chi2_scaled = num(m[2]), df = num(m[3]), cfi = num(m[4]), rmsea = num(m[5]), srmr = num(m[6]))
    if (level != "configural" && fitMeasures(fits[[level]], "df") > fitMeasures(fits[[before[[level]]]], "df")) {
      r <- lavTestLRT(fits[[before[[level]]]], fits[[level]], method = "satorra.2000", A.method = "delta", scaled.shifted = TRUE)
      out$chi2_difference <- num(r[2, "Chisq diff"]); out$df_difference <- num(r[2, "Df diff"])
    }
    if (level == "scalar") {
      p <- parameterEstimates(fits[[level]]); p <- p[p$op == "~1" & p$group == 2 & grepl("^f", p$lhs), ]
      out$means <- num(p$est); out$means_se <- num(p$se)
    }
    out
  })
}
many <- "f1 =~ y2 + y3 + y4 + y5\nf2 =~ y6 + y7 + y8 + y10"
binary <- "f1 =~ y1 + y2 + y3 + y4\nf2 =~ y5 + y6 + y7 + y8"
waits <- c("y1|t1", "f1=~y1", "y1~1", "y1~~y1")
cases <- list(many = ladder(many), binary = ladder(binary, list(thresholds = waits[1], metric = waits[1:2])))
write(toJSON(list(lavaan = as.character(packageVersion("lavaan")), semTools = as.character(packageVersion("semTools")),
  R = paste(R.version$major, R.version$minor, sep = "."), cases = cases), digits = NA, auto_unbox = TRUE, na = "null"), "invariance_ordinal.json")
