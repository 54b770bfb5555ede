# R 4.2.2, stats::lm. The twofold Oaxaca-Blinder decomposition with the mean of both groups' coefficients.
# Rscript tests/reference/decomposition.R > tests/reference/decomposition.json
set.seed(4)
n <- 90
side <- rep(c("A", "B"), c(40, 50))
role <- sample(c("employee", "manager", "director"), n, TRUE, c(.6, .3, .1))
role[side == "B" & runif(n) < .3] <- "manager"
y <- round(6 + (role == "manager") * .8 + (role == "director") * 1.1 + (side == "A") * .4 + rnorm(n), 3)
weight <- round(runif(n, .2, 2), 3)
d <- data.frame(y, side, role = factor(role), weight)
fit <- function(s) lm(y ~ role, d, weights = weight, subset = side == s)
b <- rowMeans(cbind(coef(fit("A")), coef(fit("B"))))
x <- function(s) colSums(model.matrix(~role, d[side == s, ]) * weight[side == s]) / sum(weight[side == s])
mean_of <- function(s) weighted.mean(y[side == s], weight[side == s])
explained <- sum((x("A") - x("B")) * b)
explained_a <- sum((x("A") - x("B")) * coef(fit("A")))
cat(jsonlite::toJSON(list(made_with = R.version.string, y = y, weight = weight, first = side == "A",
  category = as.integer(d$role) - 1L, gap = mean_of("A") - mean_of("B"), mix = explained, mix_first = explained_a),
  digits = NA, auto_unbox = TRUE), "\n")
