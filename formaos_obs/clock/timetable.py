"""What is due when: by its own interval, and earlier where a bell was rung. Told the time, it needs no clock."""

from collections.abc import Mapping


class Timetable:
    """All is due at first. What was rung for is due at once, but not within `rest` seconds of its last time.

    The rest is what bounds the work: while items arrive without end the digest is sent once a `rest`, not once an item.
    """

    def __init__(self, seconds: Mapping[str, float], *, woken_by: Mapping[str, str], rest: float) -> None:
        self._seconds = dict(seconds)
        self._woken_by = dict(woken_by)
        self._rest = rest
        self._next = dict.fromkeys(seconds, float("-inf"))
        self._last = dict.fromkeys(seconds, float("-inf"))

    def ring(self, topic: str, *, at: float) -> None:
        """Bring forward what `topic` wakes; a topic that is not known comes from a newer version, and is no work."""
        name = self._woken_by.get(topic)
        if name is not None:
            self._next[name] = min(self._next[name], max(at, self._last[name] + self._rest))

    def take(self, *, at: float) -> list[str]:
        """What is due at this moment; it is not due again before its next time."""
        due = [name for name, moment in self._next.items() if moment <= at]
        for name in due:
            self._last[name] = at
            self._next[name] = at + self._seconds[name]
        return due

    def wait(self, *, at: float) -> float:
        """Seconds until something is due."""
        return max(0.0, min(self._next.values()) - at)
