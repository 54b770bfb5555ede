"""How precisely do scales measure? Alpha, omega, and intraclass correlations."""
