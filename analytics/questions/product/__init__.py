"""Questions about product events: who came, from where, what they looked at and did."""
