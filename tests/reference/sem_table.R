# Parameter tables of lavaan for models in its syntax: what cfa() and sem() add by default.
# Rscript tests/reference/sem_table.R tests/reference/sem_table.json
suppressMessages({library(lavaan); library(jsonlite)})
three <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n speed =~ x7 + x8 + x9"
two <- "f =~ x1 + x2 + x3\n g =~ x4 + x5 + x6"
cases <- list(
  three_factors = list(model = three),
  std_lv = list(model = three, std.lv = TRUE),
  means = list(model = three, meanstructure = TRUE),
  orthogonal = list(model = three, orthogonal = TRUE),
  democracy = list(model = "ind60 =~ x1 + x2 + x3\n dem60 =~ y1 + a*y2 + b*y3 + c*y4\n dem65 =~ y5 + a*y6 + b*y7 + c*y8
    dem60 ~ ind60; dem65 ~ ind60 + dem60\n y1 ~~ y5; y2 ~~ y4 + y6; y3 ~~ y7; y4 ~~ y8; y6 ~~ y8"),
  covariates = list(model = "f =~ x1 + x2 + x3\n g =~ x4 + x5 + x6\n h =~ f + g + x9\n y ~ f + w1 + w2\n y2 ~ h\n y2 ~ y
    q ~ 0*1\n y3 ~ w1\n q ~~ x1", meanstructure = TRUE),
  random_covariates = list(model = "f =~ a*x1 + x2 + x3\n g =~ start(.5)*x4 + x5\n h =~ z\n y ~ f + w1 + w2\n y2 ~ h\n w2 ~~ w1",
    meanstructure = TRUE),
  free_x = list(model = "y ~ x + w; z ~ 1 + x\n y ~ 0", fixed.x = FALSE),
  mixed = list(model = "f =~ x1 + x2 + x3\n g =~ x4 + x5 + x6\n h =~ x7+x8+x9\n g~f+w\n h~f\n y~g \n z~~f\n x3~~h\n z~~w2\nx8~~x1"),
  one_indicator_factor = list(model = "h =~ f\nf =~ x1 + x2 + x3\n y ~~ f; y~~z; z ~ x1+f", meanstructure = TRUE),
  modifiers = list(model = "f =~ NA*x1 + start(.7)*x2 + 0.5*x3 + l4*x4 + l4*x5 # comment\n f ~~ 1*f ! another\n x1 + x2 ~~ 0*x6; x6 ~~ v*x6 + start(2)*x6
    total := l4 * 2 + v"),
  groups = list(model = two, ngroups = 2, meanstructure = TRUE),
  groups_values = list(model = "f =~ x1 + a*x2 + c(b1, b2)*x3\n g =~ x4 + c(1, NA)*x5 + x6\n x1 ~ 1", ngroups = 2),
  metric = list(model = "f =~ x1 + x2 + x3\n g =~ NA*x4 + x5 + x6\n g ~~ 1*g", ngroups = 2, meanstructure = TRUE, group.equal = "loadings"),
  scalar = list(model = two, ngroups = 3, meanstructure = TRUE, group.equal = c("loadings", "intercepts")),
  scalar_std_lv = list(model = two, ngroups = 2, meanstructure = TRUE, std.lv = TRUE, group.equal = c("loadings", "intercepts")),
  strict_means = list(model = paste(two, "\n g ~ f"), ngroups = 2, meanstructure = TRUE,
    group.equal = c("loadings", "intercepts", "residuals", "means")),
  everything_equal = list(model = paste(two, "\n g ~ f; y ~ g + z; x1 ~~ x2"), ngroups = 2, meanstructure = TRUE, std.lv = TRUE,
    group.equal = c("loadings", "intercepts", "regressions", "residuals", "lv.variances", "lv.covariances", "residual.covariances")),
  partial = list(model = "f =~ x1 + c(a,a)*x2 + x3 + x4\n f ~ c(0, 1)*1", ngroups = 2, meanstructure = TRUE,
    group.equal = c("loadings", "intercepts"), group.partial = c("f=~x3", "x4~1"))
)
defaults <- list(int.ov.free = TRUE, int.lv.free = FALSE, auto.fix.single = TRUE, auto.var = TRUE, auto.cov.lv.x = TRUE,
                 auto.cov.y = TRUE, auto.th = TRUE, auto.delta = TRUE, fixed.x = TRUE)
tables <- lapply(cases, function(case) {
  args <- modifyList(defaults, case)
  args$auto.fix.first <- is.null(args$std.lv)
  t <- suppressWarnings(do.call(lavaanify, args))
  same <- t$op == "==" & t$user == 2
  number <- t$free
  for (i in which(same)) number[t$plabel == t$rhs[i]] <- number[t$plabel == t$lhs[i]]
  keep <- t$group > 0
  number <- number[keep]; t <- t[keep, ]
  number[number > 0] <- match(number[number > 0], unique(number[number > 0]))
  c(case, list(rows = paste(t$lhs, t$op, t$rhs, t$group, number, ifelse(is.na(t$ustart), "NA", t$ustart), t$user, t$exo, t$label, sep = "|")))
})
write(toJSON(list(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan")), cases = tables), auto_unbox = TRUE,
             pretty = 1), commandArgs(TRUE)[1])
