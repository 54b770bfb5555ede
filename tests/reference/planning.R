# R 4.2.2, package stats: how many answers a one-sample t-test needs to find a mean apart from a line.
# Rscript tests/reference/planning.R > tests/reference/planning.json
options(digits = 15)
cases <- expand.grid(delta = c(0.2, 0.35, 0.6, 1.1), sd = c(0.7, 1.4), power = c(0.8, 0.5))
n <- mapply(function(delta, sd, power) {
  power.t.test(delta = delta, sd = sd, power = power, sig.level = 0.05, type = "one.sample", tol = 1e-10)$n
}, cases$delta, cases$sd, cases$power)
cat(jsonlite::toJSON(list(made_with = paste(R.version.string, "stats::power.t.test"), cases = cbind(cases, n = n)),
  digits = NA, auto_unbox = TRUE, pretty = TRUE), "\n")
