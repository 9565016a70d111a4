"""Service level objectives: what they measure, what is left of their budgets, and the rules that alert for them."""
