# R 4.2.2 (rle, sd, stats::mahalanobis) and lavaan 0.6-14 (moments by maximum likelihood from incomplete answers).
# Rscript tests/reference/careless.R > tests/reference/careless.json
suppressMessages({library(lavaan); library(psychTools)})
x <- as.matrix(bfi[1:120, 1:8])
longest <- apply(x, 1, function(r) { r <- r[!is.na(r)]; if (length(r)) max(rle(r)$lengths) else 0 })
irv <- apply(x, 1, sd, na.rm = TRUE)
model <- paste(sapply(1:8, function(i) paste(colnames(x)[i], "~~", paste(colnames(x)[i:8], collapse = " + "))), collapse = "\n")
fit <- lavaan(model, as.data.frame(x), missing = "ml", meanstructure = TRUE, int.ov.free = TRUE, auto.var = TRUE)
h1 <- lavInspect(fit, "implied")
d2 <- sapply(seq_len(nrow(x)), function(i) {
  o <- !is.na(x[i, ])
  if (!any(o)) NA else mahalanobis(x[i, o], h1$mean[o], h1$cov[o, o, drop = FALSE])
})
complete <- x[complete.cases(x), ]
n <- nrow(complete)
d2_complete <- mahalanobis(complete, colMeans(complete), cov(complete) * (n - 1) / n)
# even-odd consistency: five scales of five items, reversed ones turned round, by hand
b <- as.matrix(bfi[1:120, 1:25])
turned <- c("A1", "C4", "C5", "E1", "E2", "O2", "O5")
b[, turned] <- 7 - b[, turned]
halves <- function(start) sapply(0:4, function(s) rowMeans(b[, s * 5 + seq(start, 5, 2)], na.rm = TRUE))
odd <- halves(1); even <- halves(2)
r <- sapply(1:120, function(i) suppressWarnings(cor(odd[i, ], even[i, ])))
consistency <- pmax(2 * r / (1 + r), -1)
cat(jsonlite::toJSON(list(made_with = paste(R.version.string, "lavaan", packageVersion("lavaan")), x = unname(x),
  longest_run = longest, variability = unname(irv), distance = unname(d2), distance_complete = unname(d2_complete),
  answers = unname(b), consistency = consistency, half_correlation = r),
  digits = NA, na = "null", matrix = "rowmajor"), "\n")
