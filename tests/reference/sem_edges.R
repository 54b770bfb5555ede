# Where models are near an edge, by lavaan: Rscript sem_edges.R, from this folder.
# Clusters and missing answers together, negative corrections, small samples, standardised definitions, least squares.
suppressMessages({library(lavaan); library(jsonlite)})
num <- function(v) signif(unname(as.numeric(v)), 9)
x <- read.csv("data/sem_items.csv"); complete <- x[complete.cases(x), ]
n <- nrow(x)
x$uneven <- floor(sqrt(2 * seq_len(n)))                         # 28 clusters of 1 to 28 respondents
x$crossed <- (seq_len(n) * 7) %% 37                             # clusters with respondents of both sides
three <- "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6\nf3 =~ y7 + y8 + y9"
quiet <- function(...) suppressWarnings(cfa(...))
em <- list(em.h1.iter.max = 20000, em.h1.tol = 1e-12)
fiml <- function(...) do.call("quiet", c(list(..., estimator = "MLR", missing = "fiml"), em))
measures <- c("chisq", "df", "chisq.scaled", "chisq.scaling.factor", "baseline.chisq.scaled", "cfi.robust", "tli.robust", "rmsea.robust",
  "rmsea.ci.lower.robust", "rmsea.ci.upper.robust")
fit <- function(f) as.list(setNames(num(fitMeasures(f)[measures]), measures))
case <- function(f) { p <- parameterEstimates(f); list(se = num(p$se[p$op == "=~"]), fit = fit(f)) }
clusters <- list(
  none = case(fiml(three, x)), team = case(fiml(three, x, cluster = "team")), uneven = case(fiml(three, x, cluster = "uneven")),
  groups = case(fiml(three, x, cluster = "team", group = "side", group.equal = "loadings")),
  groups_none = case(fiml(three, x, group = "side", group.equal = "loadings")),
  crossed = case(fiml(three, x, cluster = "crossed", group = "side")))
negative <- fit(quiet("f =~ x1 + x2 + x3 + x4", HolzingerSwineford1939, estimator = "MLR", cluster = "school"))
paths <- "f1 =~ y1 + a*y2 + b*y3\nf2 =~ y4 + y5 + c*y6\nf2 ~ p*f1\nf3 ~ q*f2 + r*f1\nind := p*q\ntotal := ind + r\nratio := a/b\nproduct := exp(c)*p"
two <- "f1 =~ y1 + a*y2 + y3\nf2 =~ y4 + b*y5 + y6\nf1 ~~ v*f1\nd := a - b\nw := a*v"
defs <- list(
  paths = { f <- quiet(paste0(paths, "\nf3 =~ y7 + y8 + y9"), complete, estimator = "MLR"); s <- standardizedSolution(f); l <- standardizedSolution(f, type = "std.lv"); k <- s$op == ":="
    list(name = s$lhs[k], est = num(parameterEstimates(f)$est[parameterEstimates(f)$op == ":="]), std = num(s$est.std[k]), se = num(s$se[k]), lv = num(l$est.std[k]), lv_se = num(l$se[k])) },
  two = { f <- quiet(two, complete); s <- standardizedSolution(f); l <- standardizedSolution(f, type = "std.lv"); k <- s$op == ":="
    list(name = s$lhs[k], est = num(parameterEstimates(f)$est[parameterEstimates(f)$op == ":="]), std = num(s$est.std[k]), se = num(s$se[k]), lv = num(l$est.std[k]), lv_se = num(l$se[k])) })
mi <- function(...) { f <- quiet(three, complete, ...); m <- modindices(f); if (is.null(m$group)) m$group <- 1
  list(lhs = m$lhs, op = m$op, rhs = m$rhs, group = m$group, mi = num(m$mi), epc = num(m$epc), n = nobs(f)) }
indices <- list(ML = mi(), GLS = mi(estimator = "GLS"), ULS = mi(estimator = "ULS"), GLS_groups = mi(estimator = "GLS", group = "side"))
orthogonal <- fitMeasures(quiet(three, complete, orthogonal = TRUE), c("chisq", "df"))
HS <- HolzingerSwineford1939; model <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
small <- list(); start <- 0
for (n in c(12, 10, 13, 15, 18, 22, 30, 12, 15, 20)) { rows <- start + seq_len(n); start <- start + n
  f <- try(quiet(model, HS[rows, ]), silent = TRUE)
  ok <- !inherits(f, "try-error") && lavInspect(f, "converged")
  small[[length(small) + 1]] <- list(first = rows[1] - 1, n = n, converged = ok, chi2 = if (ok) num(fitMeasures(f, "chisq")) else NA,
    theta = if (ok) num(diag(lavInspect(f, "est")$theta)) else NA) }
write(toJSON(list(lavaan = as.character(packageVersion("lavaan")), R = paste(R.version$major, R.version$minor, sep = "."), clusters = clusters, negative = negative,
  defined = defs, mi = indices, orthogonal = list(chi2 = num(orthogonal[1]), df = num(orthogonal[2])), small = small), digits = NA, auto_unbox = TRUE, na = "null"), "sem_edges.json")
