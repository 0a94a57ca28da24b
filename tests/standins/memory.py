"""MemoryObjects in plain Python: the twin of the compiled one, for builds without it."""


class MemoryObjects:
    def __init__(self):
        self._objects = {}

    def get(self, key, start=0, length=None):
        value = self._objects.get(key)
        return (
            None if value is None else value[start : None if length is None else start + length]
        )

    def put(self, key, data):
        self._objects[key] = bytes(data)

    def delete(self, key):
        return self._objects.pop(key, None) is not None

    def exists(self, key):
        return key in self._objects

    def size(self, key):
        value = self._objects.get(key)
        return None if value is None else len(value)

    def keys(self):
        return list(self._objects)

    def clear(self):
        self._objects.clear()

    @property
    def nbytes(self):
        return sum(map(len, self._objects.values()))
