"""Another implementation of Zarr in a process of its own: ``python peer_server.py NAME``.

Of its own, because some abort on what they cannot read, and zarr-python 2 shares its name with
its successor. Each line of standard input is a request in JSON, ``{"read": path, "zarr_format":
3}`` or ``{"write": path, "document": ..., "array": ...}``; each line of standard output is its
answer, ``{"array": ...}``, ``{}`` or ``{"error": text}``. Where a peer can, it makes the array
with its own functions, and so spells the metadata itself.
"""

import base64
import importlib.metadata
import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np


def put(path, document):
    """Store a document where its format has it."""
    path.mkdir(parents=True, exist_ok=True)
    name = "zarr.json" if document["zarr_format"] == 3 else ".zarray"
    (path / name).write_text(json.dumps(document))


# ---- arrays as JSON


def pack(array):
    """Shape, kind and elements of an array: texts, or bytes in native order."""
    array = np.asarray(array)
    packed = {"shape": list(array.shape), "kind": array.dtype.kind}
    if array.dtype.kind in "OT":
        items = array.ravel().tolist()
        items = [{"hex": x.hex()} if isinstance(x, bytes) else x for x in items]
        return packed | {"kind": "O", "items": items}
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    raw = np.ascontiguousarray(array).tobytes()
    dtype = array.dtype
    if dtype.itemsize == 0:
        raise ValueError(f"elements of no bytes: {dtype}")
    spec = dtype.descr if dtype.names else dtype.str
    if type(dtype).__module__ != "numpy.dtypes" or dtype.type.__module__ == "ml_dtypes":
        spec = dtype.name  # NumPy's own string says nothing about these
    return packed | {"dtype": spec, "data": base64.b64encode(raw).decode()}


def unpack(packed):
    """The array that was packed; texts become objects."""
    if "items" in packed:
        items = [bytes.fromhex(x["hex"]) if isinstance(x, dict) else x for x in packed["items"]]
        array = np.empty(len(items), object)
        array[:] = items
        return array.reshape(packed["shape"])
    spec = packed["dtype"]
    if isinstance(spec, list):
        spec = _fields(spec)
    elif spec[0] not in "<>|":
        import ml_dtypes

        spec = getattr(ml_dtypes, spec)
    data = base64.b64decode(packed["data"])
    return np.frombuffer(data, spec).reshape(packed["shape"]).copy()


def _fields(spec):
    """Tuples again, which JSON turned into lists."""
    return [
        (name, _fields(kind) if isinstance(kind, list) else kind, *map(tuple, shape))
        for name, kind, *shape in spec
    ]


# ---- peers


class ZarrPython:
    """zarr-python 3."""

    def __init__(self):
        import zarr

        self.zarr, self.version = zarr, zarr.__version__
        if zarr.config.get("array.rectilinear_chunks", None) is not None:
            zarr.config.set({"array.rectilinear_chunks": True})

    def read(self, path, zarr_format):
        return self.zarr.open_array(path, mode="r", zarr_format=zarr_format)[...]

    def write(self, path, document, data):
        from zarr.core.buffer import default_buffer_prototype
        from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata

        zarr_format = document["zarr_format"]
        cls = ArrayV3Metadata if zarr_format == 3 else ArrayV2Metadata
        documents = cls.from_dict(document).to_buffer_dict(default_buffer_prototype())
        path.mkdir(parents=True)
        for name, buffer in documents.items():
            (path / name).write_bytes(buffer.to_bytes())
        self.zarr.open_array(path, mode="r+", zarr_format=zarr_format)[...] = data


class Zarrs(ZarrPython):
    """The Rust implementation, as codec pipeline of zarr-python and without its help."""

    def __init__(self):
        super().__init__()
        self.version = importlib.metadata.version("zarrs")
        pipeline = {"path": "zarrs.ZarrsCodecPipeline", "strict": True}
        self.zarr.config.set({f"codec_pipeline.{key}": pipeline[key] for key in pipeline})


class Tensorstore:
    """tensorstore."""

    def __init__(self):
        import tensorstore

        self.tensorstore = tensorstore
        self.version = importlib.metadata.version("tensorstore")

    def _open(self, path, zarr_format, **spec):
        driver = "zarr3" if zarr_format == 3 else "zarr"
        spec |= {"driver": driver, "kvstore": {"driver": "file", "path": str(path)}}
        return self.tensorstore.open(spec).result()

    def read(self, path, zarr_format):
        return self._open(path, zarr_format, open=True).read().result()

    def write(self, path, document, data):
        zarr_format = document["zarr_format"]
        made = self._open(path, zarr_format, metadata=document, create=True)
        made.write(data).result()


class Z5:
    """z5py: it wants the array in a group, and has its own names for codecs."""

    def __init__(self):
        import z5py

        self.z5py, self.version = z5py, importlib.metadata.version("z5py")

    def _file(self, path, zarr_format, mode, separator="."):
        group = {"zarr_format": zarr_format}
        if zarr_format == 3:
            group |= {"node_type": "group", "attributes": {}}
        path.mkdir(parents=True, exist_ok=True)
        (path / ("zarr.json" if zarr_format == 3 else ".zgroup")).write_text(json.dumps(group))
        return self.z5py.ZarrFile(str(path), mode, separator, zarr_format)

    def read(self, path, zarr_format):
        return self._file(path.parent, zarr_format, "r")[path.name][...]

    def write(self, path, document, data):
        if document["zarr_format"] == 3:
            encoding = document["chunk_key_encoding"]
            separator = encoding["configuration"]["separator"]
            fields = self._v3_fields(document)
        else:
            separator = document["dimension_separator"]
            fields = self._codec(document["compressor"], "id") | {"chunks": document["chunks"]}
        fields |= {"shape": data.shape, "dtype": data.dtype, "fillvalue": 0}
        file = self._file(path.parent, document["zarr_format"], "a", separator)
        file.create_dataset(path.name, **fields)[...] = data

    def _v3_fields(self, document):
        grid = document["chunk_grid"]["configuration"]["chunk_shape"]
        codecs, fields = document["codecs"], {"chunks": grid}
        if codecs[0]["name"] == "sharding_indexed":
            sharding = codecs[0]["configuration"]
            codecs, fields = sharding["codecs"], {"shards": grid}
            fields["chunks"] = sharding["chunk_shape"]
        if len(codecs) == 1:
            return fields | {"compression": "raw"}
        codec = codecs[1]["configuration"] | {"name": codecs[1]["name"]}
        return fields | self._codec(codec, "name")

    def _codec(self, codec, key):
        if codec is None:
            return {"compression": "raw"}
        name = "bzip2" if codec[key] == "bz2" else codec[key]
        if name != "blosc":
            return {"compression": name, "level": codec["level"]}
        shuffle = codec["shuffle"]  # its level has two names, and 5 by default
        if isinstance(shuffle, str):
            shuffle = ["noshuffle", "shuffle", "bitshuffle"].index(shuffle)
        return {"compression": name, "codec": codec["cname"], "shuffle": shuffle}


class ZarrPython2:
    """zarr-python 2."""

    def __init__(self):
        import zarr

        self.zarr, self.version = zarr, zarr.__version__

    def read(self, path, zarr_format):
        return self.zarr.open_array(str(path), mode="r")[...]

    def write(self, path, document, data):
        import numcodecs
        from zarr.meta import Metadata2

        fields = Metadata2.decode_array_metadata(json.dumps(document).encode())
        del fields["zarr_format"]
        compressor = fields["compressor"]
        fields["compressor"] = compressor and numcodecs.get_codec(compressor)
        filters = [numcodecs.get_codec(codec) for codec in fields["filters"] or []]
        if fields["dtype"].hasobject:  # it chooses the place of the object codec itself
            fields["object_codec"] = filters.pop(0)
        store = self.zarr.DirectoryStore(str(path))
        self.zarr.create(store=store, **fields | {"filters": filters or None})[...] = data


PEERS = {
    "zarr-python": ZarrPython,
    "tensorstore": Tensorstore,
    "zarrs": Zarrs,
    "z5py": Z5,
    "zarr-python 2": ZarrPython2,
}


def answer(peer, request):
    if "read" in request:
        return {"array": pack(peer.read(Path(request["read"]), request["zarr_format"]))}
    peer.write(Path(request["write"]), request["document"], unpack(request["array"]))
    return {}


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    warnings.simplefilter("ignore")
    peer = PEERS[sys.argv[1]]()
    print(json.dumps({"version": peer.version}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            result = answer(peer, json.loads(line))
        except BaseException as error:  # a panic of Rust's is no Exception
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
