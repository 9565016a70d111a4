"""Charts: what one is, their figures, cards, evidence and registry. Uses the frame."""
