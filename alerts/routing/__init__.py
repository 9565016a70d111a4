"""Between what is wrong and who is told: routes, grouping, what holds news back, and who is told when nobody comes."""
