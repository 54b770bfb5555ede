# The share of persons who reach 8.5, of two partnerships that count equally, with the score interval of the number of
# persons that would give an unweighted share the same variance.
# R --vanilla < tests/reference/threshold.R  (R 4, jsonlite)
reached <- list(A = c(TRUE, TRUE, FALSE, TRUE, FALSE, FALSE, TRUE, FALSE, FALSE, FALSE, FALSE, TRUE), B = rep(c(TRUE, rep(FALSE, 9)), 3))
share <- mean(sapply(reached, mean))
n <- 1 / sum((1 / 2)^2 / sapply(reached, length))
interval <- suppressWarnings(prop.test(share * n, n, correct = FALSE)$conf.int)
found <- list(
  reached = reached, share = share, ci_lower = interval[1], ci_upper = interval[2], pooled = mean(unlist(reached)),
  versions = list(R = as.character(getRversion()))
)
writeLines(jsonlite::toJSON(found, digits = 15, auto_unbox = TRUE), "tests/reference/threshold.json")
