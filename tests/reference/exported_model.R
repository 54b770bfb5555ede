# lavaan reads what EFA.to_lavaan writes: exported_model.lav, made by
#   fit_efa(pd.read_csv("tests/reference/data/bootstrap_items.csv"), 3).to_lavaan()
# Run from the top of the source tree: Rscript tests/reference/exported_model.R; makes exported_model.json.
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
model <- paste(readLines("tests/reference/exported_model.lav"), collapse = "\n")
x <- read.csv("tests/reference/data/bootstrap_items.csv")
fit <- cfa(model, x)
write_json(list(
  versions = c(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan"))),
  chi2 = fitMeasures(fit, "chisq")[[1]], df = fitMeasures(fit, "df")[[1]],
  loadings = subset(standardizedSolution(fit), op == "=~")[, c("lhs", "rhs", "est.std")]),
  "tests/reference/exported_model.json", digits = 10, auto_unbox = TRUE)
