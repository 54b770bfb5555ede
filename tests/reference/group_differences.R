# Each level against the rest: the rest is the mean of the other levels, each weighing as its answers, and the variance is that
# within levels (a contrast of means with Satterthwaite's degrees of freedom; of two levels it is Welch's test). Beside it Welch's
# test against all others thrown together, whose variance also holds what lies between levels.
# Rscript tests/reference/group_differences.R > tests/reference/group_differences.json
y <- c(7, 8, 6, 9, 7, 5, 8, 6, 7, 9, 4, 5, 3, 6, 5, 4, 6, 5, 7, 4, 8, 9, 9, 7, 8, 10, 9, 8, 7, 9, 6, 8)
g <- rep(c("a", "b", "c"), c(10, 10, 12))
n <- tapply(y, g, length); m <- tapply(y, g, mean); v <- tapply(y, g, var)
rows <- lapply(names(n), function(level) {
  w <- ifelse(names(n) == level, 1, -n / sum(n[names(n) != level]))
  parts <- w^2 * v / n
  se <- sqrt(sum(parts)); df <- sum(parts)^2 / sum(parts^2 / (n - 1))
  list(level = level, difference = sum(w * m), se = se, df = df, p = 2 * pt(-abs(sum(w * m)) / se, df),
       se_together = unname(t.test(y[g == level], y[g != level])$stderr))
})
adjusted <- p.adjust(sapply(rows, function(r) r$p), "holm")
for (i in seq_along(rows)) rows[[i]]$p_adjusted <- adjusted[i]
two <- t.test(y[g == "a"], y[g == "b"])
cat(jsonlite::toJSON(list(y = y, g = g, rows = rows, two = list(ci_lower = two$conf.int[1], ci_upper = two$conf.int[2], p = two$p.value)), auto_unbox = TRUE, digits = 12, pretty = TRUE), "\n")
