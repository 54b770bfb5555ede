# Reference values of core/groups/effects.py, core/groups/pooling.py and of gaps that generalise to organisations.
# Run from the top of the source tree: Rscript tests/reference/gaps.R
# Makes gaps.json; data/ratings.csv is made by groups.R, data/organisations.csv here (by a seed).
suppressPackageStartupMessages({library(effectsize); library(clubSandwich); library(jsonlite)})

here <- "tests/reference"
d <- read.csv(file.path(here, "data", "ratings.csv"))

# one partnership: a cell of the client's against one of the partners', no person in both
one <- d$y1[d$cell == 0]; two <- d$y1[d$cell == 5]
# effectsize takes the degrees of freedom of Welch's t for the correction, Delacre et al. (2021) those of the averaged variance
g <- hedges_g(one, two, pooled_sd = FALSE)
pooled <- hedges_g(one, two, pooled_sd = TRUE)
welch <- t.test(one, two)
half <- .5
tost <- function(margin) max(t.test(one, two, mu = -margin, alternative = "greater")$p.value,
                             t.test(one, two, mu = margin, alternative = "less")$p.value)

# the same in the units of Bonett (2008), written out
s2 <- (var(one) + var(two)) / 2
nu <- (var(one) + var(two))^2 / (var(one)^2 / (length(one) - 1) + var(two)^2 / (length(two) - 1))
j <- exp(lgamma(nu / 2) - lgamma((nu - 1) / 2)) / sqrt(nu / 2)
raw <- (mean(one) - mean(two)) / sqrt(s2)
beside <- 1 / as.numeric(welch$parameter) - 1 / nu # what is uncertain in the standard error beside s: nothing here
wide <- qt(.975, if (beside > 0) 1 / beside else Inf) * sqrt(welch$stderr^2 / s2 + raw^2 / (2 * nu))

# Paule & Mandel's variance of the true values by uniroot, and the shrunken estimates
y <- c(.9, .2, -.4, 1.5, .6, -.1); v <- c(.10, .05, .20, .30, .02, .15)
q <- function(t2) { w <- 1 / (v + t2); sum(w * (y - sum(w * y) / sum(w))^2) - (length(y) - 1) }
t2 <- uniroot(q, c(0, 10), tol = 1e-14)$root
w <- 1 / (v + t2); mu <- sum(w * y) / sum(w)

# 12 organisations on one side, 14 on the other, three of them on both; 2 to 9 persons, whose answers do not matter here
set.seed(20261127)
o <- rbind(data.frame(side = "client", organisation = sprintf("c%02d", 1:12)),
           data.frame(side = "partner", organisation = c(sprintf("p%02d", 1:11), "c01", "c02", "c03")))
names <- unique(o$organisation)
level <- setNames(rnorm(length(names), 7, .6), names)
o$mean <- round(level[o$organisation] + ifelse(o$side == "client", .5, 0) + rnorm(26, 0, .5), 3)
write.csv(o, file.path(here, "data", "organisations.csv"), row.names = FALSE, quote = FALSE)
fit <- lm(mean ~ 0 + side, o)
cr2 <- vcovCR(fit, cluster = o$organisation, type = "CR2")
apart <- o[!(o$organisation %in% c("c01", "c02", "c03")), ]
alone <- t.test(mean ~ side, apart)

x1 <- c(6.1, 7.4, 5.2, 8.0, 6.6, 7.1); x2 <- c(6.9, 7.2, 6.4, 7.7, 7.9, 7.0)
out <- list(
  versions = list(R = R.version.string, effectsize = as.character(packageVersion("effectsize")),
                  clubSandwich = as.character(packageVersion("clubSandwich"))),
  effect = list(g = j * raw, g_welch_df = g$Hedges_g, g_pooled_sd = pooled$Hedges_g,
                d = cohens_d(one, two, pooled_sd = FALSE)$Cohens_d, sd = sqrt(s2), df = nu,
                ci = j * (raw + c(-1, 1) * wide), effectsize_ci = c(g$CI_low, g$CI_high)),
  tost = list(half = tost(half), two = tost(2), three = tost(3), two_sided = welch$p.value),
  pooling = list(y = y, v = v, tau2 = t2, mean = mu, estimate = mu + t2 / (t2 + v) * (y - mu),
                 tau2_naive = var(y)),
  clusters = list(gap = as.numeric(coef(fit)[1] - coef(fit)[2]), se = sqrt(sum(cr2 * outer(c(1, -1), c(1, -1)))),
                  se_apart = alone$stderr, df_apart = as.numeric(alone$parameter), p_apart = alone$p.value,
                  ci_apart = as.numeric(alone$conf.int), gap_apart = as.numeric(-diff(alone$estimate)),
                  se_ignoring = sqrt(sum(vcov(fit) * outer(c(1, -1), c(1, -1))))),
  profile = list(first = x1, second = x2, elevation = mean(x1 - x2), d2 = mean((x1 - x2)^2), correlation = cor(x1, x2),
                 double_entry = cor(c(x1, x2), c(x2, x1))))
write(toJSON(out, digits = 13, auto_unbox = TRUE, pretty = TRUE), file.path(here, "gaps.json"))
