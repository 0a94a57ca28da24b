"""What has been done of a rechunking, noted beside the array so that it can go on."""

from __future__ import annotations

import json
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from zarr_c import node_changes
from zarr_c.rechunking.plan import Plan

if TYPE_CHECKING:
    from zarr_c.array import Array
    from zarr_c.storage.path import StorePath

__all__ = ["FOLDER", "Journal", "find_journal", "task_of"]

FOLDER = "__rechunk__"
"""Directory in the array's for what is there only until it is complete; no name of a node."""

_NAME = "journal.json"
_INTERVAL = 1.0  # seconds between two notes: what is lost of the work of a killed process


class Journal:
    """An object that says which boxes are done; a token says that what lies between is there.

    Parameters
    ----------
    place : StorePath
        Directory of the object.
    between : StorePath
        Directory of the intermediate array.
    task : str
        What tells this rechunking from any other.
    source : str
        Where the data come from, for messages.
    plan : Plan
    done : int, default 0
        Boxes that are in the store.
    complete : bool, default False
        Whether these are all of them, so that nothing lies between any more.
    """

    def __init__(
        self,
        place: StorePath,
        between: StorePath,
        task: str,
        source: str,
        plan: Plan,
        done: int = 0,
        complete: bool = False,
    ) -> None:
        self._place, self._between = place, between
        self.task, self.source = task, source
        self.plan, self.done, self.complete = plan, done, complete
        self._noted = 0.0

    def begin(self) -> None:
        """Note that nothing has been done."""
        self._between.delete_dir()
        (self._between / "task").set(self.task.encode())
        self.note()

    def belongs_to(self, task: str) -> bool:
        """Whether it is of a task, and all is there that it says."""
        return self.task == task and (
            self.complete or (self._between / "task").get() == task.encode()
        )

    def add(self) -> None:
        """Count a box that is in the store; it is noted now or within a second."""
        self.done += 1
        if time.monotonic() - self._noted >= _INTERVAL:
            self.note()

    def finish(self) -> None:
        """Note that everything is in the store."""
        self.complete = True
        self.note()

    def note(self) -> None:
        """Write down what has been done."""
        content = {
            "source": self.source,
            "task": self.task,
            "plan": self.plan.to_json(),
            "done": self.done,
            "complete": self.complete,
        }
        (self._place / _NAME).set(json.dumps(content).encode())
        self._noted = time.monotonic()

    def remove(self) -> None:
        """Remove the intermediate array, and then the journal."""
        self._between.delete_dir()
        self._place.delete_dir()


def find_journal(place: StorePath, temporary: StorePath) -> Journal | None:
    """The journal of an interrupted rechunking, of this task or another.

    Parameters
    ----------
    place : StorePath
        Directory of the journal.
    temporary : StorePath
        Directory of the intermediate arrays.
    """
    data = (place / _NAME).get()
    if data is None:
        return None
    found = json.loads(data)
    found["plan"] = Plan(**found["plan"])
    return Journal(place, temporary / found["task"], **found)


def task_of(source: Array, target: Array, temporary: StorePath, memory: int) -> str:
    """What tells a rechunking from any other: where from, into what, within which memory."""
    content: list[Any] = [str(source.store_path), str(temporary), memory]
    content += [node_changes.documents(array.metadata) for array in (source, target)]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
