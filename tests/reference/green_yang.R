# Reference values of core/reliability/omega.py. Run from the top of the source tree: Rscript tests/reference/green_yang.R
suppressPackageStartupMessages({library(lavaan); library(semTools); library(jsonlite)})
set.seed(20260301)
n <- 500; l <- c(.8, .7, .6, .5, .75); f <- rnorm(n)
y <- sapply(1:5, function(j) l[j] * f + sqrt(1 - l[j]^2) * rnorm(n))
x <- as.data.frame(apply(y, 2, function(v) as.integer(cut(v, c(-Inf, -1.2, -.3, .6, Inf))))); names(x) <- paste0("i", 1:5)
fit <- cfa("f =~ i1 + i2 + i3 + i4 + i5", x, ordered = TRUE, std.lv = TRUE)
th <- matrix(inspect(fit, "est")$tau, ncol = 3, byrow = TRUE)
out <- list(made_by = list(script = "green_yang.R", R = R.version.string, lavaan = as.character(packageVersion("lavaan")),
                           semTools = as.character(packageVersion("semTools"))),
            lambda = as.numeric(inspect(fit, "est")$lambda), thresholds = th, polychoric = unclass(lavInspect(fit, "sampstat")$cov),
            omega_observed = as.numeric(compRelSEM(fit, obs.var = TRUE)),
            omega_model = as.numeric(compRelSEM(fit, obs.var = FALSE)),
            omega_latent = as.numeric(compRelSEM(fit, ord.scale = FALSE, obs.var = FALSE)))
write_json(out, "tests/reference/green_yang.json", digits = 10, auto_unbox = TRUE, matrix = "rowmajor")
