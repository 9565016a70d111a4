"""What may be said of a difference: comparisons, baselines, scores, the burn of budgets. Uses the rollups."""
