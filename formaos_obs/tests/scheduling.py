"""Which file a worker takes next: the longest first, so that no worker is left alone with one of them at the end."""

from typing import Any

from xdist.scheduler import LoadFileScheduling

# Parts of paths, the longest first; all other files are short and stay in their random order.
LONGEST = (
    "test_admin_matrix.py", "test_every_page_in_chromium.py", "test_up.py", "test_same_answers.py", "test_backup.py",
    "test_every_amount.py", "test_query_fuzz.py", "test_api_fuzz.py",
    "test_every_route.py", "test_audit_walk.py", "/sdk/", "/browser/", "test_headers.py", "test_small_groups.py",
)  # fmt: skip


def rank(path: str) -> int:
    return next((place for place, part in enumerate(LONGEST) if part in path), len(LONGEST))


class LongestFirst(LoadFileScheduling):
    """A file goes whole to one worker, so that what its tests share is made once."""

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=rank), last=False)
        super()._assign_work_unit(node)
