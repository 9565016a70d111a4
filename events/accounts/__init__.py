"""Who may: projects, members, keys, tokens, logins, the audit trail. Uses values."""
