# Reference values of lavaan for ordered items beside fixed covariates (conditional.x): Rscript ordinal_covariates.R, from this
# folder, after ordinal.R. Public data lie in ../../../shared/data.
suppressMessages({library(lavaan); library(jsonlite)})
public <- "../../../shared/data/"
num <- function(x) signif(unname(as.numeric(x)), 10)
measures <- c("npar", "chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea", "rmsea.ci.lower",
  "rmsea.ci.upper", "srmr", "chisq.scaled", "chisq.scaling.factor", "baseline.chisq.scaled", "cfi.scaled", "tli.scaled",
  "rmsea.scaled", "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled")
robust <- c("cfi.robust", "tli.robust", "rmsea.robust")
case <- function(fit, more = FALSE) {
  fm <- fitMeasures(fit); stopifnot(all(is.na(fm[intersect(robust, names(fm))]))); fm <- fm[intersect(measures, names(fm))]; fm <- fm[!is.na(fm)]
  pe <- parameterEstimates(fit, remove.eq = FALSE, remove.system.eq = TRUE); pe <- pe[pe$op != "==", ]
  if (is.null(pe$group)) pe$group <- 1
  std <- standardizedSolution(fit, remove.eq = TRUE); std <- std[std$op != "==", ]
  out <- list(lhs = pe$lhs, op = pe$op, rhs = pe$rhs, group = pe$group, est = num(pe$est), se = num(pe$se), std = num(std$est.std),
    std_se = num(std$se), fit = as.list(setNames(num(fm), names(fm))), n = lavInspect(fit, "ntotal"))
  if (more) {
    m <- modindices(fit, sort. = TRUE); m <- m[seq_len(min(8, nrow(m))), ]
    out$mi <- list(lhs = m$lhs, op = m$op, rhs = m$rhs, group = rep(1, nrow(m)), mi = num(m$mi), epc = num(m$epc), sepc = num(m$sepc.all))
    out$residuals <- signif(unclass(lavResiduals(fit)$res.cov), 6)
    out$scores <- signif(unclass(lavPredict(fit))[1:5, ], 8)
    out$r2 <- as.list(signif(lavInspect(fit, "rsquare"), 8))
    out$statistics <- num(lavInspect(fit, "wls.obs"))
    out$gamma <- num(diag(lavInspect(fit, "gamma")))
  }
  out
}
x <- read.csv("data/ordinal_items.csv"); x$client <- as.integer(x$side == "client"); x$tenure <- x$team / 20
items <- paste0("y", 1:10)
two <- "f1 =~ y1 + y2 + y3 + y4\nf2 =~ y5 + y6 + y7 + y8\n"
mimic <- paste0(two, "f1 + f2 ~ y12 + client")
direct <- paste0(mimic, "\ny2 ~ client\ny5 + y6 ~ tenure")
mixed <- paste0(two, "f3 =~ y9 + y10 + y11\nf1 + f2 ~ tenure\nf3 ~ client + f1\ny11 ~ tenure")
paths <- paste0(two, "f1 ~ a*client + y12\nf2 ~ b*f1 + c*client\ny9 ~ d*f2 + y12\nind := a*b")
probit <- "y8 ~ y12 + tenure\ny3 ~ client\ny11 ~ y12"
groups <- "f1 =~ y1 + y2 + y3 + y4\nf1 ~ tenure\ny2 ~ y12"
cases <- list()
cases$mimic <- case(sem(mimic, x, ordered = items), more = TRUE)
cases$joint <- case(sem(mimic, x, ordered = items, conditional.x = FALSE)) # the neighbouring option
cases$pairwise <- case(sem(mimic, x, ordered = items, missing = "pairwise"))
cases$theta <- case(sem(mimic, x, ordered = items, parameterization = "theta"))
cases$std_lv <- case(sem(mimic, x, ordered = items, std.lv = TRUE))
for (e in c("ULSMV", "WLS", "DWLS")) cases[[e]] <- case(sem(mimic, x, ordered = items, estimator = e))
cases$direct <- case(sem(direct, x, ordered = items))
cases$direct_theta <- case(sem(direct, x, ordered = items, parameterization = "theta"))
cases$mixed <- case(sem(mixed, x, ordered = items))
cases$mixed_pairwise <- case(sem(mixed, x, ordered = items, missing = "pairwise"))
cases$mixed_WLS <- case(sem(mixed, x, ordered = items, estimator = "WLS"))
cases$paths <- case(sem(paths, x, ordered = items))
cases$probit <- case(sem(probit, x, ordered = items))
# lavaan's gradient leaves out what free scales do to slopes, so that it does not converge with it
grouped <- function(...) case(sem(groups, x, ordered = items, group = "side", optim.gradient = "numerical", control = list(iter.max = 1000, eval.max = 5000), ...))
cases$group <- grouped()
cases$group_thresholds <- grouped(group.equal = "thresholds")
cases$group_both <- grouped(group.equal = c("thresholds", "loadings"))
cases$group_theta <- grouped(group.equal = c("thresholds", "loadings"), parameterization = "theta")
cases$group_regressions <- grouped(group.equal = c("thresholds", "loadings", "regressions"))
cases$group_pairwise <- grouped(group.equal = c("thresholds", "loadings"), missing = "pairwise")
cases$group_mixed <- case(sem(gsub("y4", "y11", groups), x, ordered = items, group = "side", group.equal = c("thresholds", "loadings", "intercepts"),
  optim.gradient = "numerical", control = list(iter.max = 1000, eval.max = 5000)))
HS <- read.csv(paste0(public, "lavaan/HolzingerSwineford1939.csv"))
for (i in 1:9) HS[[paste0("x", i)]] <- findInterval(HS[[paste0("x", i)]], quantile(HS[[paste0("x", i)]], c(.2, .45, .8))) + 1
holzinger <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nvisual + textual + speed ~ sex + ageyr"
cases$holzinger <- case(sem(holzinger, HS, ordered = paste0("x", 1:9)), more = TRUE)
cases$holzinger_group <- case(sem(paste0(holzinger, "\nx3 ~ ageyr"), HS, ordered = paste0("x", 1:9), group = "school"))
bfi <- read.csv(paste0(public, "psychTools/bfi.csv"))
two_factors <- "N =~ N1 + N2 + N3 + N4 + N5\nE =~ E1 + E2 + E3 + E4 + E5\nN + E ~ gender + age\nN5 ~ gender"
cases$bfi <- case(sem(two_factors, bfi, ordered = c(paste0("N", 1:5), paste0("E", 1:5))))
cases$bfi_pairwise <- case(sem(two_factors, bfi, ordered = c(paste0("N", 1:5), paste0("E", 1:5)), missing = "pairwise"))
write(toJSON(list(lavaan = as.character(packageVersion("lavaan")), R = paste(R.version$major, R.version$minor, sep = "."), cases = cases), digits = NA, auto_unbox = TRUE, na = "null"), "ordinal_covariates.json")
