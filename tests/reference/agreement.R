# Reference values of core/groups/agreement.py and core/reliability/intraclass.py.
# Run from the top of the source tree: Rscript tests/reference/agreement.R
# Makes data/teams.csv (ours, by a seed) and agreement.json.
suppressPackageStartupMessages({library(multilevel); library(psych); library(jsonlite)})

here <- "tests/reference"

# 30 teams of 1 to 12 persons, four items from 1 to 10; teams differ, and so do their spreads (some lie further apart than
# answers without agreement).
set.seed(20261125)
sizes <- c(1, 2, 2, 3, 3, sample(3:12, 25, TRUE))
d <- data.frame(team = rep(sprintf("t%02d", seq_along(sizes)), sizes))
level <- rnorm(length(sizes), 6.5, 1)[match(d$team, unique(d$team))]
spread <- c(runif(length(sizes) - 3, .8, 2.5), 4, 5, 6)[match(d$team, unique(d$team))]
person <- rnorm(nrow(d))
for (j in 1:4) d[[paste0("x", j)]] <- pmin(pmax(round(level + spread * (.7 * person + .7 * rnorm(nrow(d)))), 1), 10)
d <- d[sample(nrow(d)), ]
write.csv(d, file.path(here, "data", "teams.csv"), row.names = FALSE, quote = FALSE)

x <- d[paste0("x", 1:4)]
score <- rowMeans(x)
fit <- aov(score ~ as.factor(d$team))
size <- as.numeric(table(d$team))
icc <- ICC1(fit)
n <- nrow(d); k <- length(size)
n0 <- (n - sum(size^2) / n) / (k - 1)
ms <- summary(fit)[[1]][["Mean Sq"]]
anova_icc <- function(k0) (ms[1] - ms[2]) / (ms[1] + (k0 - 1) * ms[2])
f_bound <- function(p, k0) { f <- ms[1] / ms[2] / qf(p, k - 1, n - k); (f - 1) / (f + k0 - 1) }
mixed <- lme(score ~ 1, random = ~ 1 | team, data = cbind(d, score))
by_group <- function(frame, column) { v <- frame[[column]]; names(v) <- frame$grpid; as.list(v) }

even <- (10^2 - 1) / 12
out <- list(
  versions = list(R = R.version.string, multilevel = as.character(packageVersion("multilevel")),
                  psych = as.character(packageVersion("psych"))),
  icc1 = icc, icc1_n0 = anova_icc(n0), icc2 = ICC2(fit), f = ms[1] / ms[2],
  icc1_ci = c(f_bound(.975, n / k), f_bound(.025, n / k)),
  icc2_ci = 1 - 1 / (ms[1] / ms[2] / qf(c(.975, .025), k - 1, n - k)),
  icc2_group_mean = mean(size * icc / (1 + (size - 1) * icc)),
  gmeanrel_reml = mean(gmeanrel(mixed)$MeanRel),
  rwg_j = by_group(rwg.j(x, d$team, even), "rwg.j"),
  rwg_j_default_null = by_group(rwg.j(x, d$team), "rwg.j"),
  rwg_j_skewed = by_group(rwg.j(x, d$team, 5.61), "rwg.j"),
  rwg_lindell = by_group(rwg.j.lindell(x, d$team, even), "rwg.lindell"),
  rwg_one_item = by_group(rwg(x$x1, d$team, even), "rwg"),
  ad = by_group(ad.m(x, d$team), "AD.M"),
  ad_median = by_group(ad.m(x, d$team, type = "median"), "AD.M"))

# the six intraclass correlations: the table of Shrout & Fleiss (1979), and a simulated one with raters of unequal leniency
family <- function(table) {
  found <- ICC(table, lmer = FALSE)$results
  order <- c("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k")
  rows <- found[match(order, found$type), ]
  list(table = unname(as.matrix(table)), icc = rows$ICC, f = rows$F, df1 = rows$df1, df2 = rows$df2, p = rows$p,
       lower = rows$`lower bound`, upper = rows$`upper bound`)
}
shrout <- matrix(c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), ncol = 4, byrow = TRUE)
wide <- round(outer(rnorm(25, 6.5, 1.3), c(-.5, 0, .8), "+") + matrix(rnorm(75), 25), 2)
out$shrout_fleiss <- family(shrout)
out$raters <- family(wide)
write(toJSON(out, digits = 12, auto_unbox = TRUE, na = "null", pretty = TRUE), file.path(here, "agreement.json"))
