"""The scorecard: what the product promises, week by week against its goals."""
