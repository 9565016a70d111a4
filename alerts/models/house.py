"""What is wrong with this server itself, and when people were told."""

from django.db import models


class HouseTrouble(models.Model):
    """One kind of trouble that lasts; deleted once people were told that it is over."""

    name = models.CharField(max_length=60, unique=True)
    since = models.DateTimeField()
    words = models.CharField(max_length=300)
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["since"]

    def __str__(self) -> str:
        return self.words
