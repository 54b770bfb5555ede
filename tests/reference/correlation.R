# Reference values of core/correlation/em.py, core/correlation/polychoric.py, core/correlation/polyserial.py, core/factors/adequacy.py and factors/correlation.py.
# Run from the top of the source tree: Rscript tests/reference/correlation.R
# Makes data/ordinal.csv (ours, by a seed) and correlation.json. Public data beside the project, where present, add the
# parts "bfi", "grips", "mobi", "hs" and "dospert".
suppressPackageStartupMessages({library(psych); library(lavaan); library(jsonlite)})

here <- "tests/reference"
public <- file.path("..", "shared", "data")

# items of 2, 3, 4, 5, 7 and 10 categories (skewed), two continuous variables, a group; a tenth of the answers missing
set.seed(20260202)
n <- 300
common <- rnorm(n)
latent <- sapply(c(.8, .7, -.6, .75, .5, .65, .7, .4), function(l) l * common + sqrt(1 - l^2) * rnorm(n))
cuts <- list(.4, c(-1, .6), c(-1.2, 0, 1.3), c(-1.5, -.6, .3, 1.2), seq(-1.4, 1.6, length.out = 6),
             seq(-1.9, 1.4, length.out = 9))
ordinal <- as.data.frame(lapply(1:6, function(j) findInterval(latent[, j], cuts[[j]]) + 1L))
ordinal <- cbind(ordinal, round(50 + 10 * latent[, 7], 3), round(exp(latent[, 8]), 4))
names(ordinal) <- c(paste0("o", c(2, 3, 4, 5, 7, 10)), "c1", "c2")
ordinal[matrix(runif(n * 8) < .1, n)] <- NA
ordinal$group <- rep(1:3, length.out = n)
write.csv(ordinal, file.path(here, "data", "ordinal.csv"), row.names = FALSE, na = "")

plain <- function(m) { m <- unclass(as.matrix(m)); attributes(m) <- list(dim = dim(m)); m }
upper <- function(m) { m <- plain(m); m[upper.tri(m)] }   # column by column above the diagonal

# EM: lavaan's saturated model with missing answers
em <- function(x, with_loglik = FALSE) {
  fit <- lavCor(x, missing = "fiml", output = "fit", em.h1.tol = 1e-14, em.h1.iter.max = 10000)
  s <- lavInspect(fit, "sampstat")
  out <- list(mean = as.numeric(s$mean), covariance = upper(s$cov), variance = as.numeric(diag(s$cov)),
              listwise = upper(cov(na.omit(x))))
  if (with_loglik) {
    pairs <- combn(names(x), 2)
    model <- c(paste(pairs[1, ], "~~", pairs[2, ]), paste(names(x), "~~", names(x)), paste(names(x), "~ 1"))
    out$loglik <- as.numeric(logLik(lavaan(paste(model, collapse = "\n"), x, missing = "ml")))
  }
  out
}

# lavCor: two-step polychorics and polyserials of the rows that answer a pair; psych beside it (its global
# thresholds are the same; its correlations are less exact)
poly <- function(x, ordered = names(x), beside = TRUE) {
  fit <- lavCor(x, ordered = ordered, missing = "pairwise", output = "fit")
  th <- lavInspect(fit, "sampstat")$th
  th <- th[grepl("|", names(th), fixed = TRUE)]
  r <- lavCor(x, ordered = ordered, missing = "pairwise")
  out <- list(r = upper(r), thresholds = as.numeric(th), pearson = upper(cor(x, use = "pairwise")))
  if (beside) out$psych <- upper(psych::polychoric(x, correct = 0, progress = FALSE)$rho)
  out
}

# the asymptotic covariance matrix of thresholds and polychorics, of complete rows: above the diagonal, by columns
gammas <- function(x) {
  x <- na.omit(x)
  fit <- lavCor(x, ordered = names(x), output = "fit", se = "robust.sem")
  g <- plain(lavInspect(fit, "gamma"))
  list(n = nrow(x), r = upper(lavCor(x, ordered = names(x))), above = g[upper.tri(g)], diagonal = diag(g))
}

adequate <- function(r, n) {
  k <- psych::KMO(r)
  b <- psych::cortest.bartlett(r, n = n)
  list(kmo = k$MSA, msa = as.numeric(k$MSAi), n = n, bartlett_chi2 = b$chisq, bartlett_df = b$df, bartlett_p = b$p.value)
}

within <- function(x, g) {
  ok <- complete.cases(x)
  x <- as.matrix(x[ok, ]); g <- g[ok]
  res <- apply(x, 2, function(v) v - ave(v, g))
  list(n = nrow(x), r = upper(cor(res)), total = upper(cor(x)))
}

own <- ordinal[1:8]
small <- read.csv(file.path(here, "data", "items_missing.csv"))
out <- list(
  made_by = list(script = "correlation.R", R = R.version.string,
                 packages = sapply(c("psych", "lavaan", "jsonlite"), function(p) as.character(packageVersion(p)), simplify = FALSE)),
  items_missing = list(em = em(small, TRUE)),
  ordinal = list(
    em = em(own, TRUE),
    poly = poly(own[1:5]),
    ten = poly(own[1:6], beside = FALSE),
    mixed = poly(own, ordered = names(own)[1:6], beside = FALSE),
    gamma = gammas(own[c(2, 4, 6)]),
    spearman = upper(cor(own, use = "pairwise", method = "spearman")),
    pearson = upper(cor(own, use = "pairwise")),
    listwise = upper(cor(na.omit(own))),
    n = upper(crossprod(!is.na(as.matrix(own)))),
    within = within(own, ordinal$group),
    adequacy = adequate(cor(na.omit(own)), nrow(na.omit(own)))))

if (dir.exists(public)) {
  bfi <- read.csv(file.path(public, "psychTools", "bfi.csv"), row.names = 1)[1:25]
  out$bfi <- list(em = em(bfi), poly = poly(na.omit(bfi)), gamma = gammas(bfi[1:5]), pairwise = poly(bfi, beside = FALSE)["r"],
                  spearman = upper(cor(bfi, use = "pairwise", method = "spearman")),
                  adequacy = adequate(cor(na.omit(bfi)), nrow(na.omit(bfi))))
  grips <- read.csv(file.path(public, "EFAtools", "GRiPS_raw.csv"))
  out$grips <- list(poly = poly(grips), adequacy = adequate(cor(grips), nrow(grips)))
  mobi <- read.csv(file.path(public, "semPLS", "mobi.csv"))
  out$mobi <- list(poly = suppressWarnings(poly(mobi, beside = FALSE)), adequacy = adequate(cor(mobi), nrow(mobi)))
  hs <- read.csv(file.path(public, "lavaan", "HolzingerSwineford1939.csv"))
  nine <- paste0("x", 1:9)
  out$hs <- list(adequacy = adequate(cor(hs[nine]), nrow(hs)), within = within(hs[nine], hs$school))
  dospert <- as.matrix(read.csv(file.path(public, "EFAtools", "DOSPERT_cor_N1507.csv"), row.names = 1))
  out$dospert <- list(adequacy = adequate(dospert, 1507))
}
write_json(out, file.path(here, "correlation.json"), digits = I(12), auto_unbox = TRUE, pretty = FALSE, matrix = "rowmajor")
