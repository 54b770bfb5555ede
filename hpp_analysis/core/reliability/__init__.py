"""Alpha, omega, their intervals, and intraclass correlations."""
