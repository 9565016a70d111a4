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


class HouseWatch(models.Model):
    """What the last look at the server found; one row."""

    received = models.BigIntegerField(default=0, help_text="Records received since the first.")
    rose_at = models.DateTimeField(help_text="When that number was last seen to rise.")
    looked_at = models.DateTimeField()
    beaten_at = models.DateTimeField(null=True, help_text="When OBS_HEARTBEAT_URL was last called and answered.")
    beat_words = models.CharField(max_length=300, blank=True, help_text="Why it was not called at the last look.")

    def __str__(self) -> str:
        return f"looked at {self.looked_at:%Y-%m-%d %H:%M:%S}"
