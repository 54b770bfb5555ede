# R 4.2.2 and lavaan (moments by maximum likelihood from incomplete answers); the statistic after Little (1988), eq. 6.
# Rscript tests/reference/little.R > tests/reference/little.json
suppressMessages({library(lavaan); library(psychTools)})
little <- function(x, correct = TRUE) {
  x <- x[rowSums(!is.na(x)) > 0, ]
  p <- ncol(x); n <- nrow(x)
  model <- paste(sapply(1:p, function(i) paste(colnames(x)[i], "~~", paste(colnames(x)[i:p], collapse = " + "))), collapse = "\n")
  fit <- lavaan(model, as.data.frame(x), missing = "ml", meanstructure = TRUE, int.ov.free = TRUE, auto.var = TRUE)
  m <- lavInspect(fit, "implied")
  s <- m$cov * (if (correct) n / (n - 1) else 1)
  key <- apply(is.na(x), 1, paste, collapse = "")
  d2 <- 0; df <- -p
  for (k in unique(key)) {
    rows <- x[key == k, , drop = FALSE]
    o <- !is.na(rows[1, ])
    df <- df + sum(o)
    d2 <- d2 + nrow(rows) * mahalanobis(colMeans(rows[, o, drop = FALSE]), m$mean[o], s[o, o, drop = FALSE])
  }
  list(statistic = unname(d2), df = df, p = unname(pchisq(d2, df, lower.tail = FALSE)), n_patterns = length(unique(key)), n_used = n)
}
x <- as.matrix(bfi[, c(1:5, 16:20)])
planted <- as.matrix(bfi[1:600, 6:10])
planted[planted[, 1] > 4 & !is.na(planted[, 1]) & seq_len(600) %% 2 == 0, 3] <- NA  # missing by what another item says
cat(jsonlite::toJSON(list(made_with = paste(R.version.string, "lavaan", packageVersion("lavaan")), planted = unname(planted),
  bfi = little(x), bfi_uncorrected = little(x, FALSE), mar = little(planted)), digits = NA, na = "null", matrix = "rowmajor",
  auto_unbox = TRUE), "\n")
