"""What belongs together? Correlations, the number of factors, factor solutions, and refined scales."""
