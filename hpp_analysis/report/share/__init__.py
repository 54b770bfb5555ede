"""A client's reports as one file to hand over, behind a guard."""
