"""Feature flags and audiences: what there is, who gets what, what changed, and the forms that change it."""
