# Reference values of core/importance/regression.py: a wild bootstrap with the null imposed, one regression a sample.
# Run from the top of the source tree: Rscript tests/reference/wild.R
# Reads data/drivers.csv (of drivers.R); makes data/wild_signs.csv (ours, by a seed) and wild.json. Base R and jsonlite.
library(jsonlite)

here <- "tests/reference"
d <- read.csv(file.path(here, "data", "drivers.csv"))
z <- as.data.frame(scale(d[c(paste0("x", 1:5), "y")]))
x <- cbind(1, as.matrix(z[1:5])); y <- z$y; n <- nrow(x)
set.seed(20261130)
signs <- matrix(sample(c(-1L, 1L), 99 * n, TRUE), 99)
write.table(signs, file.path(here, "data", "wild_signs.csv"), sep = ",", row.names = FALSE, col.names = FALSE)

hc3 <- function(x, e) {
  bread <- solve(crossprod(x)); h <- rowSums((x %*% bread) * x)
  bread %*% crossprod(x * (e / (1 - h))) %*% bread
}
cr2 <- function(cluster) function(x, e) {
  bread <- solve(crossprod(x)); meat <- 0
  for (g in unique(cluster)) {
    mine <- cluster == g; xg <- x[mine, , drop = FALSE]
    v <- eigen(diag(sum(mine)) - xg %*% bread %*% t(xg), symmetric = TRUE)
    s <- t(xg) %*% v$vectors %*% diag(v$values^-.5, sum(mine)) %*% t(v$vectors) %*% e[mine]
    meat <- meat + s %*% t(s)
  }
  bread %*% meat %*% bread
}
fit <- function(y, robust) {
  b <- lm.fit(x, y)$coefficients; names(b) <- NULL
  list(b = b, v = robust(x, as.numeric(y - x %*% b)))
}
wald <- function(f, at) as.numeric(t(f$b[at]) %*% solve(f$v[at, at]) %*% f$b[at]) / length(at)
samples <- function(tested, weights) {  # the regression without the tested columns, its residuals with other signs
  small <- lm.fit(x[, -tested, drop = FALSE], y)
  lapply(seq_len(nrow(weights)), function(b) small$fitted.values + weights[b, ] * small$residuals)
}
share <- function(observed, drawn) (1 + sum(drawn >= observed * (1 - 1e-9))) / (1 + length(drawn))

case <- function(robust, weights) {
  joint <- function(tested) {
    observed <- wald(fit(y, robust), tested)
    drawn <- sapply(samples(tested, weights), function(s) wald(fit(s, robust), tested))
    list(f = observed, p = share(observed, drawn))
  }
  t_of <- function(f, at) f$b[at] / sqrt(diag(f$v)[at])
  step_down <- function(alpha) {
    t <- abs(t_of(fit(y, robust), 2:6)); p <- rep(NA, 5); left <- order(-t); floor <- 0
    while (length(left)) {
      drawn <- sapply(samples(1 + left, weights), function(s) abs(t_of(fit(s, robust), 1 + left)))
      drawn <- matrix(drawn, length(left))
      now <- sapply(seq_along(left), function(k) share(t[left[k]], apply(drawn[k:length(left), , drop = FALSE], 2, max)))
      now <- pmax(cummax(now), floor); p[left] <- now
      found <- now <= alpha
      if (!any(found)) break
      floor <- max(now[found]); left <- left[!found]
    }
    p
  }
  list(all = joint(2:6), block = joint(4:6), t = t_of(fit(y, robust), 2:6), step_down = step_down(.05),
       first_step_only = step_down(-1))
}
out <- list(made_by = list(script = "wild.R", R = R.version.string), hc3 = case(hc3, signs),
            person = case(cr2(d$person), signs[, d$person]))
write_json(out, file.path(here, "wild.json"), digits = 15, auto_unbox = TRUE, pretty = TRUE, matrix = "rowmajor", na = "null")
