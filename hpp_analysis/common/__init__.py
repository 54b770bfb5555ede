"""What all questions share: the input of a verb, what every result does, and the cut-offs."""
