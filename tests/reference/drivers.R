# Reference values of core/importance/importance.py, core/importance/regression.py and drivers/drivers.py.
# Run from the top of the source tree: Rscript tests/reference/drivers.R
# Makes data/drivers.csv (ours, by a seed) and drivers.json. Importance comes from a regression per subset of predictors.
suppressPackageStartupMessages({library(clubSandwich); library(sandwich); library(lmtest); library(car); library(lavaan)
                                library(jsonlite)})

here <- "tests/reference"
set.seed(20260109)
n_persons <- 90
ratings <- sample(1:4, n_persons, TRUE, c(.6, .2, .1, .1))
d <- data.frame(person = rep(seq_len(n_persons), ratings))
d$firm <- (d$person - 1) %% 14 + 1
n <- nrow(d)
g <- rnorm(n) + rnorm(n_persons)[d$person]
for (k in 1:5) d[[paste0("x", k)]] <- round(7 + .6 * g + rnorm(n) * (.8 + .1 * k), 2)
spread <- exp(.15 * (d$x1 - 7))
d$y <- round(2 + .45 * d$x1 + .25 * d$x2 + .15 * d$x3 + spread * (rnorm(n) + .7 * rnorm(n_persons)[d$person]), 2)
d <- d[sample(n), ]
write.csv(d, file.path(here, "data", "drivers.csv"), row.names = FALSE)

x <- paste0("x", 1:5)
r2 <- function(set) if (!length(set)) 0 else summary(lm(reformulate(set, "y"), d))$r.squared
sets <- lapply(0:31, function(s) x[bitwAnd(s, 2^(0:4)) > 0])
all_r2 <- sapply(sets, r2)

# LMG: over all 120 orders, what a predictor adds to those before it
orders <- function(v) if (length(v) < 2) list(v) else do.call(c, lapply(v, function(a) lapply(orders(setdiff(v, a)), function(o) c(a, o))))
code <- function(set) sum(2^(match(set, x) - 1)) + 1
adds <- sapply(orders(x), function(o) sapply(x, function(a) {
  before <- o[seq_len(match(a, o) - 1)]
  all_r2[code(c(before, a))] - all_r2[code(before)]
}))
lmg <- rowMeans(adds)
conditional <- t(sapply(x, function(a) sapply(0:4, function(k) {
  others <- Filter(function(s) !(a %in% s) && length(s) == k, sets)
  mean(sapply(others, function(s) all_r2[code(c(s, a))] - all_r2[code(s)]))
})))
complete <- sapply(x, function(b) sapply(x, function(a) {
  if (a == b) return(0)
  others <- Filter(function(s) !(a %in% s) && !(b %in% s), sets)
  diff <- sapply(others, function(s) all_r2[code(c(s, a))] - all_r2[code(c(s, b))])
  if (all(diff >= 0)) 1 else if (all(diff <= 0)) -1 else 0
}))

# Johnson (2000): regression on the orthonormal variables closest to the predictors
z <- scale(as.matrix(d[x])); zy <- scale(d$y)
s <- svd(z)
closest <- s$u %*% t(s$v)
relative <- as.numeric(cor(z, closest)^2 %*% as.numeric(cor(zy, closest))^2)
first <- as.numeric(cor(zy, closest)^2)  # the neighbour: the weights of the orthonormal variables themselves

fit <- lm(y ~ x1 + x2 + x3 + x4 + x5, as.data.frame(scale(d[c(x, "y")])))
raw <- lm(y ~ x1 + x2 + x3 + x4 + x5, d)
small <- lm(y ~ x1 + x2, as.data.frame(scale(d[c(x, "y")])))
robust <- function(cluster, type) {
  v <- vcovCR(fit, cluster = cluster, type = type)
  t <- coef_test(fit, vcov = v, test = "Satterthwaite")
  w <- Wald_test(fit, constraints = constrain_zero(4:6), vcov = v, test = "HTZ")
  naive <- Wald_test(fit, constraints = constrain_zero(4:6), vcov = v, test = "Naive-F")
  list(se = t$SE, df = t$df, p = t$p_Satt, wald = list(f = w$Fstat, df = w$df_denom, p = w$p_val), naive = list(f = naive$Fstat, p = naive$p_val))
}
hc3 <- function() {
  v <- vcovHC(fit, "HC3")
  w <- waldtest(small, fit, vcov = v, test = "F")
  list(se = sqrt(diag(v)), hc2 = sqrt(diag(vcovHC(fit, "HC2"))), ols = sqrt(diag(vcov(fit))), wald = list(f = w$F[2], p = w$`Pr(>F)`[2]))
}
bp <- bptest(raw); bp_not_studentised <- bptest(raw, studentize = FALSE); rs <- resettest(raw, power = 2, type = "fitted")

# fixed effects: a column for each firm
fixed <- lm(y ~ x1 + x2 + x3 + x4 + x5 + factor(firm), d)
within <- list(raw = unname(coef(fixed)[2:6]), hc3 = unname(sqrt(diag(vcovHC(fixed, "HC3")))[2:6]),
               cr2 = unname(sqrt(diag(vcovCR(fixed, d$person, "CR2")))[2:6]),
               df = coef_test(fixed, vcov = vcovCR(fixed, d$person, "CR2"), test = "Satterthwaite")$df[2:6])

mediation <- sem("x2 ~ a1*x1\n x3 ~ a2*x1\n y ~ b1*x2 + b2*x3 + c*x1\n x2 ~~ x3\n i1 := a1*b1\n i2 := a2*b2\n indirect := i1 + i2\n total := c + indirect",
                 d, fixed.x = TRUE)
path <- parameterEstimates(mediation)
path <- path[path$label != "", ]

out <- list(
  made_by = list(script = "drivers.R", R = R.version.string,
                 packages = sapply(c("clubSandwich", "sandwich", "lmtest", "car", "lavaan", "jsonlite"),
                                   function(p) as.character(packageVersion(p)), simplify = FALSE)),
  subset_r2 = all_r2, lmg = unname(lmg), last = unname(sapply(x, function(a) all_r2[32] - all_r2[code(setdiff(x, a))])),
  conditional = unname(conditional), complete = unname(complete), relative_weights = relative, orthogonal_weights = first,
  slopes = unname(coef(fit)), raw = unname(coef(raw)), adjusted_r2 = summary(fit)$adj.r.squared,
  person = robust(d$person, "CR2"), firm = robust(d$firm, "CR2"), person_cr1 = robust(d$person, "CR1"),
  rows = robust(seq_len(n), "CR2"), hc3 = hc3(),
  vif = unname(vif(raw)), cook = unname(cooks.distance(raw)),
  breusch_pagan = list(statistic = unname(bp$statistic), p = unname(bp$p.value), original = unname(bp_not_studentised$statistic)),
  reset = list(f = unname(rs$statistic), p = unname(rs$p.value)),
  within = within,
  mediation = list(label = path$label, est = path$est, se = path$se))
write_json(out, file.path(here, "drivers.json"), digits = 15, auto_unbox = TRUE, pretty = TRUE, matrix = "rowmajor", na = "null")
