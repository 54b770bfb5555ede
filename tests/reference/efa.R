# Reference values of fit_efa: extraction, rotation, fit, scores, Schmid-Leiman.
# Run from the top of the source tree: Rscript tests/reference/efa.R
# Reads data/correlations_12.csv (ours) and, where present beside the project, public data; makes efa.json.
suppressPackageStartupMessages({library(lavaan); library(psych); library(GPArotation); library(jsonlite)})

here <- "tests/reference"
public <- file.path("..", "shared", "data")
numbers <- function(x) signif(unclass(unname(as.matrix(x))), 10)
pieces <- function(f) {
  loadings <- matrix(f$loadings, nrow(f$loadings))
  out <- list(loadings = numbers(loadings),
              phi = numbers(if (is.null(f$Phi)) diag(ncol(loadings)) else f$Phi),
              communality = signif(unname(f$communality), 10))
  if (!is.null(f$STATISTIC)) out$fit <- list(
    chi2 = f$STATISTIC, df = f$dof, p = f$PVAL, rmsea = f$RMSEA[[1]], rmsea_ci_lower = f$RMSEA[[2]],
    rmsea_ci_upper = f$RMSEA[[3]], tli = f$TLI, bic = f$BIC, rmsr = f$rms)
  out
}
quiet <- function(x) suppressMessages(suppressWarnings(x))
fit <- function(r, k, n, ...) quiet(psych::fa(r, nfactors = k, n.obs = n, ...))

r <- as.matrix(read.csv(file.path(here, "data", "correlations_12.csv")))
rownames(r) <- colnames(r)
n <- 400; k <- 3

# principal axes, iterated to the end, are the least-squares solution to ten digits; psych's minres stops at about 1e-5
exact <- fit(r, k, n, fm = "pa", rotate = "none", min.err = 1e-13, max.iter = 20000)
l0 <- matrix(exact$loadings, 12)

# diagonally weighted least squares by a general optimiser: weights 1 / (1 - r^2)^2 of the correlations
weights <- 1 / (1 - r^2)^2
off <- lower.tri(r)
loss <- function(x) { l <- matrix(x, 12); sum((weights * (r - l %*% t(l))^2)[off]) }
slope <- function(x) { l <- matrix(x, 12); e <- weights * (r - l %*% t(l)); diag(e) <- 0; -2 * as.vector(e %*% l) }
dwls <- optim(as.vector(l0), loss, slope, method = "BFGS", control = list(reltol = 1e-16, maxit = 5000))

# generalised least squares frees the uniquenesses (Joreskog & Goldberger 1972); psych's "gls" ties them to 1 - h2, and
# ends at a higher value of this discrepancy
inverse <- solve(r)
gls_loss <- function(x) {
  e <- diag(12) - inverse %*% (tcrossprod(matrix(x[1:36], 12)) + diag(exp(x[37:48])))
  sum(e * t(e)) / 2
}
gls <- optim(c(as.vector(l0), log(1 - rowSums(l0^2))), gls_loss, method = "BFGS",
             control = list(reltol = 1e-15, maxit = 5000, ndeps = rep(1e-5, 48)))

ml <- factanal(covmat = r, factors = k, n.obs = n, rotation = "none", control = list(opt = list(factr = 10)))
own <- list(n = n, unrotated = list(
  exact = numbers(l0),
  minres = pieces(fit(r, k, n, fm = "minres", rotate = "none")),
  uls = pieces(fit(r, k, n, fm = "uls", rotate = "none")),
  ml = pieces(fit(r, k, n, fm = "ml", rotate = "none")),
  pa = pieces(fit(r, k, n, fm = "pa", rotate = "none")),
  gls = list(communality = signif(rowSums(matrix(gls$par[1:36], 12)^2), 8), minimum = gls$value),
  gls_psych = pieces(fit(r, k, n, fm = "gls", rotate = "none")),
  pca = pieces(quiet(psych::principal(r, k, rotate = "none", n.obs = n))),
  dwls = list(communality = signif(rowSums(matrix(dwls$par, 12)^2), 8)),
  factanal = list(communality = signif(unname(1 - ml$uniquenesses), 10), chi2 = unname(ml$STATISTIC), df = unname(ml$dof))))

# rotations of the same unrotated loadings, the best of 8 starts
best <- function(f, ...) {
  set.seed(1)
  found <- lapply(1:8, function(i) quiet(tryCatch(
    f(l0, Tmat = if (i == 1) diag(k) else Random.Start(k), eps = 1e-8, maxit = 500, ...), error = function(e) NULL)))
  # the projected gradient of what counts as found is below 1e-6, whether or not it reached eps
  found <- Filter(function(x) !is.null(x) && is.finite(tail(x$Table[, 2], 1)) && 10^tail(x$Table[, 3], 1) < 1e-6, found)
  if (!length(found)) return(NULL)
  x <- found[[which.min(sapply(found, function(x) tail(x$Table[, 2], 1)))]]
  list(loadings = numbers(x$loadings), phi = numbers(if (is.null(x$Phi)) diag(k) else x$Phi))
}
target <- matrix(0, 12, 3)
for (j in 1:3) target[4 * (j - 1) + 1:4, j] <- .7
partial <- target
partial[target != 0] <- NA
own$rotated <- list(
  varimax = best(Varimax), varimax_kaiser = best(Varimax, normalize = TRUE), quartimax = best(quartimax),
  equamax = best(cfT, kappa = k / 24), crawford_ferguson_t = best(cfT, kappa = .3), geomin_t = best(geominT, delta = .01),
  bifactor_t = best(bifactorT), target_t_partial = best(targetT, Target = partial),
  oblimin = best(oblimin), oblimin_kaiser = best(oblimin, normalize = TRUE), oblimin_gamma = best(oblimin, gam = .25),
  oblimin_negative = best(oblimin, gam = -1), quartimin = best(quartimin), crawford_ferguson = best(cfQ, kappa = .1),
  geomin = best(geominQ, delta = .01), geomin_epsilon = best(geominQ, delta = .001),
  target_partial = best(targetQ, Target = partial))

# the orthogonal rotation to a full target has a closed form; GPArotation creeps towards it
nearest <- svd(t(l0) %*% target)
turn <- nearest$u %*% t(nearest$v)
# the oblique one has local minima; the best lies by the orthogonal one
oblique <- quiet(targetQ(l0, Tmat = turn, Target = target, eps = 1e-8, maxit = 2000))
own$rotated$target <- list(loadings = numbers(oblique$loadings), phi = numbers(oblique$Phi))
own$rotated$target_t <- list(loadings = numbers(l0 %*% nearest$u %*% t(nearest$v)), phi = diag(k))
# oblique bifactor does not settle here within 500 steps: what it reached bounds the minimum from above
reached <- quiet(bifactorQ(l0, eps = 1e-8, maxit = 500))
own$bifactor_bound <- tail(reached$Table[, 2], 1)

own$psych <- lapply(c(oblimin = "oblimin", varimax = "varimax", quartimax = "quartimax", promax = "promax",
                      quartimin = "quartimin", geomin = "geominQ"),
                    function(rotation) pieces(fit(r, k, n, rotate = rotation)))
own$psych$pa_oblimin <- pieces(fit(r, k, n, fm = "pa", rotate = "oblimin"))
own$psych$pca_varimax <- pieces(quiet(psych::principal(r, k, rotate = "varimax", n.obs = n)))

lav <- function(data = NULL, cov = NULL, n = NULL, k, rotation, ...) {
  f <- if (is.null(data)) efa(sample.cov = cov, sample.nobs = n, ov.names = colnames(cov), nfactors = k, rotation = rotation, output = "lavaan", ...)
       else efa(data = data, nfactors = k, rotation = rotation, output = "lavaan", ...)
  s <- lavInspect(f, "std")
  m <- fitMeasures(f)
  list(loadings = numbers(s$lambda), phi = numbers(s$psi), communality = signif(unname(1 - diag(s$theta)), 10),
       fit = as.list(setNames(unname(m[c("chisq", "df", "pvalue", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "tli")]),
                              c("chi2", "df", "p", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "tli"))))
}
set.seed(1)
own$lavaan <- lapply(c(geomin = "geomin", oblimin = "oblimin", varimax = "varimax"),
                     function(rotation) lav(cov = r, n = n, k = k, rotation = rotation))

oblique <- fit(r, k, n, fm = "pa", rotate = "oblimin", min.err = 1e-13, max.iter = 20000)
own$weights <- lapply(c(regression = "Thurstone", bartlett = "Bartlett", tenberge = "tenBerge"),
                      function(method) numbers(psych::factor.scores(r, oblique, method = method)$weights))
own$scored <- pieces(oblique)
sl <- quiet(psych::schmid(r, k, n.obs = n, rotate = "oblimin"))
own$schmid_leiman <- numbers(sl$sl[, 1:(k + 1)])

out <- list(versions = list(R = as.character(getRversion()), psych = as.character(packageVersion("psych")),
                            lavaan = as.character(packageVersion("lavaan")),
                            GPArotation = as.character(packageVersion("GPArotation"))), own = own)

if (dir.exists(public)) {
  square <- function(...) { m <- as.matrix(read.csv(file.path(public, ...), row.names = 1)); colnames(m) <- rownames(m); m }
  items <- function(file, wanted) { x <- read.csv(file.path(public, file)); na.omit(x[wanted(names(x))]) }
  bfi <- items("psychTools/bfi.csv", function(x) grep("^[ACENO][1-5]$", x))
  hs <- items("lavaan/HolzingerSwineford1939.csv", function(x) grep("^x[1-9]$", x))
  mobi <- items("semPLS/mobi.csv", function(x) seq_along(x)[1:24])
  grips <- items("EFAtools/GRiPS_raw.csv", seq_along)
  dospert <- square("EFAtools/DOSPERT_cor_N1507.csv")
  thurstone <- square("psych/Thurstone.csv")
  harman <- datasets::Harman74.cor$cov
  varimax4 <- factanal(covmat = harman, factors = 4, n.obs = 145)
  out$public <- list(
    bfi_oblimin = c(n = nrow(bfi), pieces(fit(cor(bfi), 5, nrow(bfi), rotate = "oblimin"))),
    bfi_promax = c(n = nrow(bfi), pieces(fit(cor(bfi), 5, nrow(bfi), rotate = "promax"))),
    bfi_pca_varimax = c(n = nrow(bfi), pieces(quiet(psych::principal(cor(bfi), 5, n.obs = nrow(bfi))))),
    hs_ml_oblimin = c(n = nrow(hs), pieces(fit(cor(hs), 3, nrow(hs), fm = "ml", rotate = "oblimin"))),
    hs_lavaan_geomin = c(n = nrow(hs), lav(data = hs, k = 3, rotation = "geomin")),
    mobi_oblimin = c(n = nrow(mobi), pieces(fit(cor(mobi), 3, nrow(mobi), rotate = "oblimin"))),
    grips = c(n = nrow(grips), pieces(fit(cor(grips), 1, nrow(grips)))),
    dospert_oblimin = c(n = 1507, pieces(fit(dospert, 5, 1507, rotate = "oblimin"))),
    harman74_varimax = list(n = 145, loadings = numbers(matrix(varimax4$loadings, 24)), phi = diag(4),
                            communality = signif(unname(1 - varimax4$uniquenesses), 10),
                            fit = list(chi2 = unname(varimax4$STATISTIC), df = unname(varimax4$dof), p = unname(varimax4$PVAL))),
    thurstone_oblimin = c(n = 213, pieces(fit(thurstone, 3, 213, rotate = "oblimin"))),
    thurstone_schmid_leiman = list(loadings = numbers(quiet(psych::schmid(thurstone, 3, n.obs = 213))$sl[, 1:4])))
}
write_json(out, file.path(here, "efa.json"), digits = I(10), auto_unbox = TRUE, na = "null")
