"""Who is the same visitor, as the project's mode allows: nobody beyond a day, or the person the sender names."""
