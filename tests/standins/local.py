"""LocalFiles in plain Python: the twin of the compiled one, for builds without it."""

import os


class LocalFiles:
    def __init__(self, root, durability="none", map_size=0):
        self.root = root

    def _path(self, key):
        return os.path.join(self.root, key)

    def get(self, key, start=0, length=None):
        try:
            with open(self._path(key), "rb") as file:
                file.seek(start)
                return file.read(length)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def put(self, key, data):
        path = self._path(key)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = os.path.join(os.path.dirname(path), f".zc-tmp-{os.getpid()}-0")
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)

    def delete(self, key):
        try:
            os.unlink(self._path(key))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return False
        return True

    def exists(self, key):
        return os.path.isfile(self._path(key))

    def size(self, key):
        return os.path.getsize(self._path(key)) if self.exists(key) else None
