"""Speed, as ratios against R or the stock tool in the same run: `make bench`."""
