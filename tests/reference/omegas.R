# Reference values of the omegas of scale_reliability. Run from the top of the source tree: Rscript tests/reference/omegas.R
# Reads data/items_complete.csv (ours) and, beside the project, bfi and Holzinger-Swineford. Items are reversed as the key says.
# psych::omega without flipping items; semTools::compRelSEM of an ordinal one-factor model (lavaan WLSMV).
suppressPackageStartupMessages({library(psych); library(lavaan); library(semTools); library(jsonlite)})
here <- "tests/reference"; public <- file.path("..", "shared", "data")
quiet <- function(x) suppressMessages(suppressWarnings(x))
whole <- function(x, k) {
  o <- quiet(omega(x, k, fm = "minres", rotate = "oblimin", flip = FALSE, plot = FALSE))
  list(group_factors = k, omega_hierarchical = o$omega_h, omega_total = o$omega.tot)
}
ordered_one <- function(x) {
  m <- quiet(cfa(paste("f =~", paste(names(x), collapse = "+")), x, ordered = TRUE, std.lv = TRUE))
  list(omega_ordinal = as.numeric(quiet(reliability(m))["omega3", 1]), loadings = as.numeric(inspect(m, "std")$lambda))
}
values <- list(made_by = list(script = "omegas.R", R = R.version.string,
  packages = lapply(c(psych = "psych", lavaan = "lavaan", semTools = "semTools"), function(p) as.character(packageVersion(p)))))
if (dir.exists(public)) {
  bfi <- na.omit(read.csv(file.path(public, "psychTools", "bfi.csv"))[, c(outer(1:5, c("A", "C", "E", "N", "O"), function(i, l) paste0(l, i)))])
  for (item in c("A1", "C4", "C5", "E1", "E2", "O2", "O5")) bfi[[item]] <- 7 - bfi[[item]]
  values$bfi <- whole(bfi, 5)
  for (s in c("A", "N", "O")) values[[paste0("bfi_", s)]] <- ordered_one(bfi[, paste0(s, 1:5)])
  hs <- read.csv(file.path(public, "lavaan", "HolzingerSwineford1939.csv"))[, paste0("x", 1:9)]
  values$holzinger <- whole(hs, 3)
}
own <- read.csv(file.path(here, "data", "items_complete.csv"))
own4 <- as.data.frame(lapply(own, function(v) pmin(pmax(floor(v / 2.5), 1), 3)))  # few categories
values$own <- ordered_one(own4)
values$own_instrument <- whole(own, 3)
writeLines(toJSON(values, digits = 10, auto_unbox = TRUE), file.path(here, "omegas.json"))
