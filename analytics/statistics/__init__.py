"""What may be said of a difference: comparisons, baselines, scores. Uses the rollups."""
