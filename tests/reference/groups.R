# Reference values of core/groups/cell_means.py.
# Run from the top of the source tree: Rscript tests/reference/groups.R
# Makes data/ratings.csv (ours, by a seed) and groups.json.
suppressPackageStartupMessages({library(clubSandwich); library(jsonlite)})

here <- "tests/reference"

# Three partnerships seen from two sides: cells 0-2 are the client's, 3-5 the partners'. Client people rate one, two or
# all three partnerships, partner people rate their own. y2 has missing answers.
set.seed(20260102)
rates <- list(0, 0, 0:1, 0:1, 0:2, 0:2, 0:2, c(0, 2), c(1, 2), 1, 2, 0:2, 0)
client <- do.call(rbind, lapply(seq_along(rates), function(i) data.frame(person = i, cell = rates[[i]])))
partner <- data.frame(cell = rep(3:5, c(5, 8, 12)))
partner$person <- max(client$person) + seq_len(nrow(partner))
d <- rbind(client, partner[c("person", "cell")])
centre <- c(7, 6, 8, 8, 7.5, 6)
spread <- c(1.5, 2.2, 1, .8, 1.5, 2)
answer <- function() {
  tendency <- rnorm(max(d$person))[d$person]
  z <- sqrt(.5) * tendency + sqrt(.5) * rnorm(nrow(d))
  pmin(pmax(round(centre[d$cell + 1] + spread[d$cell + 1] * z), 1), 10)
}
d$y1 <- answer()
d$y2 <- answer()
d$y2[runif(nrow(d)) < .1] <- NA
d <- d[sample(nrow(d)), ]
write.csv(d, file.path(here, "data", "ratings.csv"), row.names = FALSE, na = "")

test <- function(t) list(estimate = as.numeric(if (length(t$estimate) == 2) -diff(t$estimate) else t$estimate), se = t$stderr,
                         df = as.numeric(t$parameter), ci = as.numeric(t$conf.int), p = t$p.value)
cell <- function(k, y = "y1") d[[y]][d$cell == k]
both <- merge(d[d$cell == 0, ], d[d$cell == 2, ], by = "person")

weights <- rbind(client = c(1, 1, 1, 0, 0, 0) / 3, partner = c(0, 0, 0, 1, 1, 1) / 3, gap = c(1, 1, 1, -1, -1, -1) / 3,
                 two = c(1, 0, -1, 0, 0, 0), respondents = c(10, 7, 8, -5, -8, -12) / 25)

# the model of cell means; CR2 by person (working model: equal variances, independent), and its neighbours
robust <- function(y) {
  x <- d[!is.na(d[[y]]), ]
  x$y <- x[[y]]
  x$cell <- factor(x$cell)
  fit <- lm(y ~ 0 + cell, x)
  v <- function(type, cluster) diag(weights %*% as.matrix(vcovCR(fit, cluster = cluster, type = type)) %*% t(weights))
  satterthwaite <- apply(weights, 1, function(a)
    Wald_test(fit, matrix(a, 1), vcovCR(fit, cluster = x$person, type = "CR2"), test = "HTZ")$df_denom)
  list(estimate = as.numeric(weights %*% coef(fit)), se_cr2 = sqrt(v("CR2", x$person)), se_cr0 = sqrt(v("CR0", x$person)),
       se_cr1 = sqrt(v("CR1", x$person)), se_ignoring_persons = sqrt(v("CR2", seq_len(nrow(x)))),
       df_equal_variances = satterthwaite)
}

# What CR2 expects of its own variance when ratings of one person correlate rho, and what that variance truly is: with
# full matrices, no shortcut. rho is the mean product of standardised residuals over what their means leave of it.
working <- function(y) {
  x <- d[!is.na(d[[y]]), ]
  X <- model.matrix(~ 0 + factor(x$cell))
  M <- diag(nrow(x)) - X %*% solve(crossprod(X)) %*% t(X)
  s <- tapply(x[[y]], x$cell, sd)[as.character(x$cell)]
  n <- table(x$cell)[as.character(x$cell)]
  S <- outer(x$person, x$person, "==") * 1
  diag(S) <- 0
  z <- as.numeric(M %*% x[[y]]) / s
  rho <- sum(S * outer(z, z)) / sum(S * (M %*% S %*% M))
  Phi <- outer(s, s) * (diag(nrow(x)) + rho * S)
  factor <- apply(weights, 1, function(a) {
    a <- a[x$cell + 1]
    truth <- sum(outer(a / n, a / n) * Phi)
    expected <- sum((outer(x$person, x$person, "==") * outer(a / sqrt(n * (n - 1)), a / sqrt(n * (n - 1)))) * (M %*% Phi %*% M))
    truth / expected
  })
  list(rho = rho, inflation = factor)
}

# Welch-Satterthwaite of a combination of independent means, written out (one rating a person: the partners' cells)
combine <- function(a, cells, y) {
  x <- lapply(cells, function(k) na.omit(cell(k, y)))
  n <- lengths(x)
  part <- a^2 * sapply(x, var) / n
  list(a = a, cells = cells, estimate = sum(a * sapply(x, mean)), se = sqrt(sum(part)), df = sum(part)^2 / sum(part^2 / (n - 1)))
}

p <- c(.01, NA, .04, .03, .005, .5, .04)
out <- list(
  made_by = list(script = "groups.R", R = R.version.string,
                 packages = sapply(c("clubSandwich", "jsonlite"), function(p) as.character(packageVersion(p)), simplify = FALSE)),
  one_cell = test(t.test(cell(4))),
  welch = test(t.test(cell(3), cell(5))), pooled = test(t.test(cell(3), cell(5), var.equal = TRUE)),
  welch_90 = test(t.test(cell(3), cell(5), conf.level = .90)),
  paired = test(t.test(both$y1.x, both$y1.y, paired = TRUE)), paired_persons = both$person,
  independent_cells = list(y1 = combine(c(.5, -1, .5), 3:5, "y1"), y2 = combine(c(.5, -1, .5), 3:5, "y2")),
  weights = unname(weights), robust = list(y1 = robust("y1"), y2 = robust("y2")),
  working = list(y1 = working("y1"), y2 = working("y2")),
  holm = list(p = p, adjusted = p.adjust(p, "holm"), bonferroni = p.adjust(p, "bonferroni")))
write_json(out, file.path(here, "groups.json"), digits = 15, auto_unbox = TRUE, pretty = TRUE, matrix = "rowmajor", na = "null")
