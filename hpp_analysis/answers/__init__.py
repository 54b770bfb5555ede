"""What did people answer? Description, scores, response, and answers that cannot be trusted."""
