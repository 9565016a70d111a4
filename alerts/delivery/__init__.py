"""How a notice reaches people: notifications, tries, messages, the channel kinds, the one way out."""
