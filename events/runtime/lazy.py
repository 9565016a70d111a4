"""Modules that weigh too much for a process that may never use them: imported at their first use, not at its start.

Written on top of a file like any import, and typed like one:

    if TYPE_CHECKING:
        import pyarrow as pa
    else:
        pa = lazy("pyarrow")

For libraries of many megabytes alone (docs/decisions/0023-an-idle-server.md says which and what each saves): pyarrow,
numpy and DuckDB are in no process until it writes or asks facts. A file that does this has no use for the module while
it is itself imported: no constants made with it, no base classes, and annotations stay text (`from __future__ import
annotations`). `import_module` holds Python's own lock, so two threads that come first together see one whole module,
which importlib's LazyLoader does not promise before Python 3.12.
"""

from importlib import import_module
from types import ModuleType
from typing import Any


class _Lazy(ModuleType):
    """Stands for the module of its name; asked for anything, it asks that."""

    def __getattr__(self, name: str) -> Any:
        if name == "_whole":  # kept: asked for it again and again, a loop over small arrays takes twice as long
            self._whole = import_module(self.__name__)
            return self._whole
        return getattr(self._whole, name)


def lazy(name: str) -> Any:
    """The module `name`, whole or part of a package, imported when something of it is used."""
    return _Lazy(name)
