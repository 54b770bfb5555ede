# Exploratory blocks in models (ESEM) and exploratory factor analysis by lavaan: rotated estimates, standard errors, fit.
# Rscript esem.R DATA, from this folder; DATA holds lavaan/HolzingerSwineford1939.csv and psychTools/bfi.csv. Takes minutes.
#
# Standard errors are compared where lavaan 0.6-14 has those of the rotated solution: bordered, with items as they are
# (std.ov = FALSE) or orthogonal factors. With std.ov = TRUE and oblique factors its borders take the variances of items as
# if factors did not correlate (up to a quarter off here); estimates and fit are compared.
suppressMessages({library(lavaan); library(jsonlite)})
data <- commandArgs(TRUE)[1]
hs <- read.csv(file.path(data, "lavaan", "HolzingerSwineford1939.csv"))
bfi <- read.csv(file.path(data, "psychTools", "bfi.csv"))
whole <- bfi[complete.cases(bfi[c(paste0(rep(c("A", "C", "E", "N", "O"), each = 5), 1:5), "age")]), ]
block <- function(name, factors, items) paste(paste0("efa(\"", name, "\")*", factors, collapse = " + "), "=~", paste(items, collapse = " + "))
big <- paste0(rep(c("A", "C", "E", "N", "O"), each = 5), 1:5)
one <- block("a", paste0("f", 1:3), paste0("x", 1:9))
five <- block("a", paste0("f", 1:5), big)
two <- paste(block("a", c("f1", "f2"), big[1:10]), block("b", c("g1", "g2"), big[11:20]), "g1 + g2 ~ f1 + f2 + age", sep = "\n")
beside <- paste(block("a", c("f1", "f2"), paste0("x", 1:6)), "speed =~ x7 + x8 + x9", sep = "\n")
run <- function(model, data, errors = TRUE, rotation = "geomin", args = list(), ...) {
  f <- suppressWarnings(sem(model, data, rotation = rotation, rotation.se = "bordered", rotation.args = c(args, list(gpa.tol = 1e-6, tol = 1e-9)), ...))
  p <- parameterEstimates(f); s <- standardizedSolution(f); m <- fitMeasures(f); names(m) <- gsub("[.]", "_", names(m))
  p <- p[p$op %in% c("=~", "~", "~~", "~1"), ]; s <- s[s$op %in% c("=~", "~", "~~", "~1"), ]
  keep <- intersect(names(m), c("npar", "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr", "aic", "bic",
    "logl", "chisq_scaled", "cfi_scaled", "rmsea_scaled", "cfi_robust", "rmsea_robust"))
  list(lhs = p$lhs, op = p$op, rhs = p$rhs, group = if (is.null(p$group)) rep(1, nrow(p)) else p$group, est = p$est,
       se = if (errors) p$se else NA, std = s$est.std, std_se = if (errors) s$se else NA, fit = as.list(m[keep]))
}
zero <- matrix(0, 9, 3); for (k in 1:3) zero[3 * k - 2:0, k] <- NA
plain <- list(std.ov = FALSE)
cases <- list(
  hs_geomin = run(one, hs, FALSE), hs_geomin_plain = run(one, hs, args = plain),
  hs_epsilon_plain = run(one, hs, args = c(plain, geomin.epsilon = .01)),
  hs_oblimin_plain = run(one, hs, rotation = "oblimin", args = plain),
  hs_oblimin_gamma_plain = run(one, hs, rotation = "oblimin", args = c(plain, oblimin.gamma = -0.5)),
  hs_target_plain = run(one, hs, rotation = "target", args = c(plain, list(target = zero, order.lv.by = "none"))),
  hs_target = run(one, hs, FALSE, rotation = "target", args = list(target = zero, order.lv.by = "none")),
  hs_varimax = run(one, hs, rotation = "varimax"),
  hs_geomin_t = run(one, hs, args = list(orthogonal = TRUE)),
  hs_mlr_plain = run(one, hs, args = plain, estimator = "MLR"),
  hs_groups = run(one, hs, FALSE, group = "school"), hs_groups_plain = run(one, hs, args = plain, group = "school"),
  hs_equal_plain = run(one, hs, args = plain, group = "school", group.equal = c("loadings", "intercepts")),
  hs_beside_plain = run(beside, hs, args = plain),
  bfi_geomin = run(five, whole, FALSE), bfi_geomin_plain = run(five, whole, args = plain),
  bfi_two = run(two, whole, FALSE), bfi_two_plain = run(two, whole, args = plain),
  bfi_fiml_plain = run(block("a", c("f1", "f2"), big[1:10]), bfi, args = plain, estimator = "MLR", missing = "ml"),
  bfi_ordered_plain = run(block("a", c("f1", "f2"), big[1:10]), whole, args = plain, ordered = TRUE))
efas <- lapply(list(hs = list(hs[paste0("x", 1:9)], 3), bfi = list(whole[big], 5)), function(each) {
  f <- efa(each[[1]], each[[2]], rotation = "geomin", output = "lavaan"); m <- fitMeasures(f); names(m) <- gsub("[.]", "_", names(m))
  as.list(m[c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue", "srmr", "baseline_chisq", "baseline_df")])
})
write(toJSON(list(lavaan = as.character(packageVersion("lavaan")), cases = cases, efa = efas), digits = 10, auto_unbox = TRUE, na = "null"), "esem.json")
