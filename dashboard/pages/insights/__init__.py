"""Questions that people put together: trends, funnels, journeys, cohorts, the use of a feature."""
