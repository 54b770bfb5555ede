# What the R blocks of docs/from-lavaan.md give, in their order: Rscript from_lavaan.R, from this folder, after ordinal.R.
suppressMessages({library(lavaan); library(jsonlite); library(semTools)})
d <- read.csv("data/ordinal_items.csv"); names(d)[2:7] <- paste0("x", 1:6); names(d)[names(d) == "side"] <- "school"
d$age <- d$team / 2 - 15; d$woman <- as.integer(seq_len(nrow(d)) %% 3 == 0)
page <- readLines("../../docs/from-lavaan.md"); starts <- which(page == "```r"); ends <- which(page == "```")
blocks <- lapply(starts, function(s) page[(s + 1):(min(ends[ends > s]) - 1)])
found <- list()
for (block in blocks) {
  invisible(capture.output(eval(parse(text = block))))
  chisq <- fitMeasures(fit); key <- if ("chisq.scaled" %in% names(chisq)) "chisq.scaled" else "chisq"
  found[[length(found) + 1]] <- list(chisq = unname(chisq["chisq"]), scaled = unname(chisq[key]), df = unname(chisq["df"]), n = lavInspect(fit, "ntotal"))
}
write(toJSON(list(lavaan = as.character(packageVersion("lavaan")), blocks = found), digits = 10, auto_unbox = TRUE), "from_lavaan.json")
