# Reference values of rank_drivers and indirect_effects on public data that are not part of the project (see
# tests/conftest.py, shared_data). Run from the top of the source tree: Rscript tests/reference/drivers_public.R FOLDER
suppressPackageStartupMessages({library(sandwich); library(car); library(lavaan); library(jsonlite)})
folder <- commandArgs(TRUE)[1]

lmg <- function(d, y, x) {
  p <- length(x)
  sets <- lapply(0:(2^p - 1), function(s) x[bitwAnd(s, 2^(0:(p - 1))) > 0])
  r2 <- sapply(sets, function(s) if (!length(s)) 0 else summary(lm(reformulate(s, y), d))$r.squared)
  size <- lengths(sets)
  sapply(seq_len(p), function(j) {
    without <- which(!sapply(sets, function(s) x[j] %in% s))
    sum((r2[without + 2^(j - 1)] - r2[without]) / (p * choose(p - 1, size[without])))
  })
}
job <- function(d, y, x) {
  fit <- lm(reformulate(x, y), as.data.frame(scale(d[c(x, y)])))
  raw <- lm(reformulate(x, y), d)
  list(n = nrow(d), slopes = unname(coef(fit)[-1]), raw = unname(coef(raw)[-1]), se = unname(sqrt(diag(vcovHC(fit, "HC3")))[-1]),
       r2 = summary(fit)$r.squared, lmg = lmg(d, y, x), vif = unname(vif(raw)))
}

rep <- read.csv(file.path(folder, "seminr", "corp_rep_data.csv"))
rep[rep == -99] <- NA
scales <- c("comp", "like", "qual", "perf", "csor", "attr", "cusl")
items <- lapply(scales, function(s) grep(paste0("^", s, "_[0-9]$"), names(rep), value = TRUE))
scores <- as.data.frame(setNames(lapply(items, function(i) rowMeans(rep[i], na.rm = TRUE)), scales))
scores <- scores[complete.cases(scores), ]

team <- read.csv(file.path(folder, "robmed", "BSG2014.csv"))
model <- sem("TaskConflict ~ a*ValueDiversity\n TeamCommitment ~ b*TaskConflict + c*ValueDiversity\n indirect := a*b", team, fixed.x = TRUE)
path <- parameterEstimates(model, standardized = TRUE)
path <- path[path$label != "", ]

write_json(list(
  made_by = list(script = "drivers_public.R", R = R.version.string,
                 packages = sapply(c("sandwich", "car", "lavaan", "jsonlite"), function(p) as.character(packageVersion(p)), simplify = FALSE)),
  reputation = job(scores, "cusl", setdiff(scales, "cusl")),
  team = job(team, "TeamPerformance", c("TMS", "TeamCommitment", "TaskConflict", "ProceduralJustice", "SharedLeadership")),
  diversity = list(label = path$label, est = path$est, std = path$std.all)),
  "tests/reference/drivers_public.json", digits = 15, auto_unbox = TRUE, pretty = TRUE, na = "null")
