from typing import Self
from weakref import WeakValueDictionary

from typing_extensions import disjoint_base

@disjoint_base
class FileLocks:
    def __new__(cls, root: str, name: str) -> Self: ...

shared: WeakValueDictionary[tuple[str, str], FileLocks]

def file_locks(root: str, name: str) -> FileLocks: ...
