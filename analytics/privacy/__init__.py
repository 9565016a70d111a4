"""What is kept of one person, taken along or taken away."""
