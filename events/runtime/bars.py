"""The bars of commands: rate and time left on a terminal, nothing where standard error is none."""

from collections.abc import Iterable

from tqdm import tqdm

from events.runtime.progress import T, Watch


def bar(title: str, *, unit: str) -> Watch:
    """A watch that draws one bar for what passes."""

    def watch(items: Iterable[T], *, total: int | None = None) -> Iterable[T]:
        return tqdm(items, desc=title, total=total, unit=f" {unit}", disable=None, dynamic_ncols=True)

    return watch
