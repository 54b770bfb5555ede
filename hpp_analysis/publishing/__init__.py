"""What may leave? The disclosure plan, published results, and what a report says about itself."""
