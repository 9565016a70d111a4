"""What visitors are counted by."""

from django.db import models


class VisitorSalt(models.Model):
    """The random salt of one day (UTC), under which that day's anonymous visitors are named; destroyed after it."""

    day = models.DateField(primary_key=True)
    salt = models.BinaryField()

    def __str__(self) -> str:
        return f"of {self.day}"
