# Reference values of core/groups/proportions.py.
# Run from the top of the source tree: Rscript tests/reference/proportions.R
suppressPackageStartupMessages(library(jsonlite))

here <- "tests/reference"
# the score interval of base R, without its continuity correction; the corrected one is the neighbour that differs
score <- function(x, n, level = .95) as.numeric(prop.test(x, n, conf.level = level, correct = FALSE)$conf.int)
corrected <- function(x, n) as.numeric(prop.test(x, n, correct = TRUE)$conf.int)
# Newcombe's (1998) method 10, from his formula and R's score intervals
newcombe <- function(x1, n1, x2, n2, level = .95) {
  p1 <- x1 / n1; p2 <- x2 / n2
  a <- score(x1, n1, level); b <- score(x2, n2, level)
  c(p1 - p2 - sqrt((p1 - a[1])^2 + (b[2] - p2)^2), p1 - p2 + sqrt((a[2] - p1)^2 + (p2 - b[1])^2))
}
wald <- function(x1, n1, x2, n2) {
  as.numeric(prop.test(c(x1, x2), c(n1, n2), correct = FALSE)$conf.int)
}
single <- list(c(81, 263), c(0, 12), c(1, 20), c(15, 148), c(10, 10))
pairs <- list(c(56, 70, 48, 80), c(9, 10, 3, 10), c(0, 25, 4, 30), c(5, 56, 0, 29))
out <- list(
  made_by = list(script = "proportions.R", R = R.version.string, packages = list(jsonlite = as.character(packageVersion("jsonlite")))),
  single = lapply(single, function(s) list(x = s[1], n = s[2], wilson = score(s[1], s[2]), wilson_99 = score(s[1], s[2], .99),
                                           corrected = corrected(s[1], s[2]))),
  pairs = lapply(pairs, function(s) list(x = s, newcombe = newcombe(s[1], s[2], s[3], s[4]),
                                         newcombe_99 = newcombe(s[1], s[2], s[3], s[4], .99), wald = wald(s[1], s[2], s[3], s[4])))
)
write(toJSON(out, auto_unbox = TRUE, digits = 15, pretty = TRUE), file.path(here, "proportions.json"))
