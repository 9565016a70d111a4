"""What single values mean: units, addresses, user agents, routes, statements, JSON. Pure; uses no other room."""
