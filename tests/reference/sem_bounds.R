# Reference values of lavaan for bounds, inequalities and blocks of groups: Rscript sem_bounds.R, from this folder.
suppressMessages({library(lavaan); library(jsonlite)})
num <- function(x) signif(unname(as.numeric(x)), 10)
x <- read.csv("data/two_groups.csv"); x <- x[complete.cases(x), ]
case <- function(...) {
  fit <- cfa(..., optim.attempts = 4); pe <- parameterEstimates(fit, remove.ineq = TRUE, remove.eq = TRUE); pe <- pe[pe$op %in% c("=~", "~~"), ]
  if (is.null(pe$group)) pe$group <- 1
  fm <- fitMeasures(fit, c("chisq", "df", "npar"))
  list(lhs = pe$lhs, op = pe$op, rhs = pe$rhs, group = pe$group, est = num(pe$est), se = num(pe$se), chi2 = num(fm[1]), df = num(fm[2]), n_par = num(fm[3]))
}
two <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"
labelled <- "visual =~ x1 + a*x2 + x3\ntextual =~ x4 + x5 + x6"
blocks <- "group: 1\nvisual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nx1 ~~ x4\ngroup: 2\nvisual =~ x1 + L*x2 + x3\ntextual =~ x4 + L*x5 + x6 + x3"
cases <- list(
  free = case(two, x), loose = case(paste0(labelled, "\na > 0.1"), x),
  above = case(paste0(labelled, "\na > 1.1"), x),
  ordered = case("visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + x5 + x6\na < b - 0.2", x),
  lower = case("visual =~ x1 + lower(1.1)*x2 + x3\ntextual =~ x4 + x5 + x6", x),
  upper = case("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + upper(0.6)*x6\nvisual ~~ upper(0.2)*textual", x),
  blocks = case(blocks, x, group = "group"))
write(toJSON(list(lavaan = as.character(packageVersion("lavaan")), cases = cases), digits = NA, auto_unbox = TRUE, na = "null"), "sem_bounds.json")
