"""What a disk may hold after a power failure, from a record that the shim of ``faults`` made.

Nothing is on the disk for certain before an `fsync` of its file, or of its directory for a
name, or a `syncfs` has ended. Of a file's later writes each may be there, in part, or not; of a
directory's later changes any first few are.
"""

import os


class File:
    def __init__(self, data=b""):
        self.changes = [(0, data)]  # (offset, bytes), or (size, None)
        self.durable = 1

    def content(self, keep, zeros=False):
        """`keep` says for each change that is not durable how many of its bytes arrived.

        With `zeros` the file is as long as if all had.
        """
        data = bytearray()
        for i, (offset, new) in enumerate(self.changes):
            if new is None:
                size = offset
                del data[size:]
                data.extend(bytes(size - len(data)))
                continue
            arrived = len(new) if i < self.durable else keep(len(new))
            if zeros:
                data.extend(bytes(max(0, offset + len(new) - len(data))))
            if arrived:
                data.extend(bytes(max(0, offset + arrived - len(data))))
                data[offset : offset + arrived] = new[:arrived]
        return bytes(data)


class Directory:
    def __init__(self):
        self.changes = []  # each a dict of names; None: the name is gone
        self.durable = 0

    def names(self, count=None):
        found = {}
        for change in self.changes[:count]:
            found.update(change)
        return {name: node for name, node in found.items() if node is not None}


class Disk:
    """The directory of a record, first like another one, then item by item of the record."""

    def __init__(self, path, like):
        self.root, self.path, self.open = Directory(), os.path.realpath(path), {}
        self.nodes = [self.root]
        self._load(self.root, like)
        self._sync_all()

    def _load(self, directory, path):
        for entry in os.scandir(path):
            if entry.is_dir():
                node = self._new(Directory())
                self._load(node, entry.path)
            else:
                with open(entry.path, "rb") as file:
                    node = self._new(File(file.read()))
            directory.changes.append({entry.name: node})

    def _new(self, node):
        self.nodes.append(node)
        return node

    def _sync_all(self):
        for node in self.nodes:
            node.durable = len(node.changes)

    def _find(self, path):
        """The directory that a path lies in, its name there, and what it is now."""
        below = os.path.relpath(os.path.normpath(path), self.path)
        if below == ".":
            return None, "", self.root
        *above, name = below.split("/")
        directory = self.root
        for part in above:
            directory = directory.names()[part]
        return directory, name, directory.names().get(name)

    def apply(self, item, data):
        kind, *fields = item
        if kind == "open":
            fd, path, flags = int(fields[0]), fields[1], int(fields[2])
            directory, name, node = self._find(path)
            if node is None:
                assert flags & os.O_CREAT, path
                node = self._new(File())
                node.changes, node.durable = [], 0
                directory.changes.append({name: node})
            self.open[fd] = node
        elif kind == "close":
            self.open.pop(int(fields[0]), None)
        elif kind == "write":
            self.open[int(fields[0])].changes.append((int(fields[1]), data))
        elif kind == "truncate":
            self.open[int(fields[0])].changes.append((int(fields[1]), None))
        elif kind == "fsync":
            node = self.open[int(fields[0])]
            node.durable = len(node.changes)
        elif kind == "syncfs":
            self._sync_all()
        elif kind == "mkdir":
            directory, name, _ = self._find(fields[0])
            directory.changes.append({name: self._new(Directory())})
        elif kind in ("unlink", "rmdir"):
            directory, name, _ = self._find(fields[0])
            directory.changes.append({name: None})
        else:
            assert kind in ("rename", "link"), kind
            directory, name, node = self._find(fields[0])
            target, new, _ = self._find(fields[1])
            if kind == "rename" and target is directory:  # one change: all of it or nothing
                directory.changes.append({name: None, new: node})
                return
            target.changes.append({new: node})
            if kind == "rename":
                directory.changes.append({name: None})

    def after_a_cut(self, path, chance, names, data):
        """Write what is left to a directory.

        `names` and `data` say what arrived of that which is not durable: "none", "all", "some";
        "zeros" are data of which some arrived, in files that are as long as they should be.
        """

        def keep(n):
            if data in ("some", "zeros"):  # sectors arrive as a whole
                return chance.choice([0, n, chance.randint(0, n) // 512 * 512])
            return n if data == "all" else 0

        def write(directory, path):
            os.makedirs(path)
            least, most = directory.durable, len(directory.changes)
            count = {"none": least, "all": most, "some": chance.randint(least, most)}[names]
            for name, node in directory.names(count).items():
                if isinstance(node, Directory):
                    write(node, f"{path}/{name}")
                else:
                    with open(f"{path}/{name}", "wb") as file:
                        file.write(node.content(keep, data == "zeros"))

        write(self.root, str(path))


def items(path):
    """The items of a record: their fields, and what was written."""
    with open(path, "rb") as file:
        for line in file:
            fields = os.fsdecode(line.rstrip(b"\n")).split("\t")
            yield fields, file.read(int(fields[3])) if fields[0] == "write" else None
