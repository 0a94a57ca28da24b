"""Programs as the user guide of zarr-python has them, one for each of its pages.

Each takes the package and an empty directory and returns what it has seen, which must be the
same under ``import zarr`` and under ``import zarr_c as zarr``.
"""

import asyncio
import importlib
from dataclasses import dataclass

import numpy as np

__all__ = ["PROGRAMS"]


def _module(zarr, name):
    """What ``import zarr.name`` gives."""
    return importlib.import_module(f"{zarr.__name__}.{name}")


def quickstart(zarr, path):
    z = zarr.create_array(
        store=path / "first.zarr", shape=(50, 40), chunks=(10, 10), dtype="f4"
    )
    z[:, :] = np.arange(2000, dtype="f4").reshape(50, 40)
    root = zarr.open_group(path / "data.zarr", mode="w")
    temperature = root.create_group("weather").create_array(
        "temperature", shape=(6, 4), chunks=(2, 4), dtype="i4"
    )
    temperature[:] = 7
    again = zarr.open(path / "data.zarr", mode="r")
    found = again["weather/temperature"]
    zarr.save(path / "saved.zarr", np.arange(5))
    return [z[12, :4], z.shape, found[:], found.name, zarr.load(path / "saved.zarr")]


def arrays(zarr, path):
    z = zarr.create_array(store={}, shape=(100, 100), chunks=(30, 30), dtype="int32")
    seen = [z.shape, z.chunks, z.dtype, z.ndim, z.size, z.nbytes, z.nchunks, z.cdata_shape]
    z[:] = 42
    z[0, :] = np.arange(100)
    z[:, 0] = np.arange(100)
    seen += [z[0, 0], z[-1, -1], z[0, :], z[:, 0], z[10:12, 5:50:7], z[...].sum()]
    on_disk = zarr.open_array(
        store=path / "a.zarr",
        mode="w",
        shape=(20, 10),
        chunks=(7, 5),
        dtype="f8",
        fill_value=1.5,
    )
    on_disk[3:5] = np.arange(20.0).reshape(2, 10)
    same = zarr.open_array(store=path / "a.zarr", mode="r")
    seen += [same[:], same.fill_value, same.read_only]
    on_disk.resize((25, 5))
    seen += [on_disk.shape, zarr.open_array(store=path / "a.zarr")[:]]
    grown = zarr.create_array(store={}, data=np.arange(12).reshape(3, 4), chunks=(2, 2))
    seen += [grown.append(np.ones((2, 4), int)), grown.append(np.zeros((5, 1), int), axis=1)]
    return [*seen, grown[:], grown.nchunks_initialized]


def filled(zarr, path):
    a = zarr.zeros((4, 5), chunks=(2, 5), dtype="i2")
    b = zarr.ones((3,), chunks=(2,), dtype="f4")
    c = zarr.full((2, 2), 7, chunks=(1, 2), dtype="u1")
    d = zarr.array(np.arange(6).reshape(2, 3), chunks=(1, 3))
    likes = [
        zarr.zeros_like(d),
        zarr.ones_like(a),
        zarr.full_like(c, fill_value=9),
        zarr.empty_like(b),
    ]
    shapes = [(item.shape, item.dtype, item.chunks) for item in likes]
    return [a[:], b[:], c[:], d[:], shapes, likes[1][:], likes[2][:]]


def selections(zarr, path):
    data = np.arange(120).reshape(12, 10)
    z = zarr.create_array(store={}, data=data, chunks=(5, 4))
    seen = [
        z.oindex[[0, 7, 3], :],
        z.oindex[:, np.arange(10) % 3 == 0],
        z.vindex[[1, 5], [2, 9]],
    ]
    seen += [z.vindex[data % 7 == 0], z.blocks[1, 0:2], z[[2, 4], 1:3]]
    seen += [
        z.get_basic_selection((slice(2, 9, 3), 4)),
        z.get_orthogonal_selection(([1, 2], 3)),
    ]
    seen += [z.get_coordinate_selection(([0, 11], [9, 0])), z.get_mask_selection(data > 100)]
    z.oindex[[1, 3], [0, 9]] = [[1, 2], [3, 4]]
    z.vindex[[0, 5], [0, 5]] = -1
    z.blocks[2, 2] = 8
    z.set_mask_selection(data == 77, 0)
    return [*seen, z[:]]


def groups(zarr, path):
    root = zarr.create_group(store=path / "g.zarr")
    foo = root.create_group(name="foo")
    bar = foo.create_group(name="bar")
    z = bar.create_array(name="baz", shape=(10, 10), chunks=(5, 5), dtype="int32")
    z[:] = 1
    root["zoo"] = np.arange(3)
    deep = root.require_group("x/y/z")
    seen = [
        root["foo/bar/baz"][2],
        root["foo"].path,
        deep.name,
        "foo/bar" in root,
        "no" in root,
    ]
    seen += [sorted(root), sorted(root.group_keys()), sorted(root.array_keys()), len(root)]
    seen += [sorted(name for name, _ in root.members(max_depth=None))]
    seen += [sorted(name for name, _ in root.arrays()), root["zoo"][:], root.nmembers()]
    required = root.require_array("zoo2", shape=(2,), dtype="f4")
    del root["foo"]
    return [*seen, required.dtype, "foo" in root, root.get("none"), sorted(root)]


def attributes(zarr, path):
    root = zarr.create_group(store=path / "g.zarr", attributes={"a": 1})
    root.attrs["foo"] = "bar"
    z = root.create_array(
        name="zzz", shape=(4,), chunks=(2,), dtype="i4", attributes={"u": "m"}
    )
    z.attrs["list"] = [1, 4, {"x": None}]
    z.attrs.update({"b": True, "c": 2.5})
    seen = [sorted(root.attrs), root.attrs["foo"], "foo" in root.attrs, z.attrs["list"]]
    del z.attrs["u"]
    z.attrs.put({"only": 1})
    found = zarr.open(path / "g.zarr", mode="r")
    changed = root["zzz"].update_attributes({"more": 2})
    return [*seen, dict(found["zzz"].attrs), found.attrs.asdict(), dict(changed.attrs)]


def storage(zarr, path):
    seen = []
    for store in (
        zarr.storage.LocalStore(path / "local"),
        zarr.storage.MemoryStore(),
        zarr.storage.ZipStore(path / "data.zip", mode="w"),
    ):
        group = zarr.create_group(store=store)
        z = group.create_array(name="x", shape=(5,), chunks=(2,), dtype="u1")
        z[:] = 3
        seen += [z[:], store.read_only, store.supports_writes]
        store.close()
    zipped = zarr.open_group(store=zarr.storage.ZipStore(path / "data.zip", mode="r"), mode="r")
    local = zarr.open_group(store=path / "local", mode="r")
    url = zarr.open_group(store=f"file://{path / 'local'}", mode="r")
    place = zarr.storage.StorePath(zarr.storage.LocalStore(path / "local", read_only=True), "x")
    seen += [zarr.open_array(place, mode="r")[:], str(place / "y").endswith("local/x/y")]
    return [*seen, zipped["x"][:], local["x"][:], local.read_only, url["x"][:]]


def compressors(zarr, path):
    data = np.arange(1000, dtype="i4").reshape(20, 50)
    codecs = _module(zarr, "codecs")
    seen = []
    for chosen in (
        codecs.BloscCodec(cname="zstd", clevel=3, shuffle="shuffle"),
        codecs.GzipCodec(level=1),
        codecs.ZstdCodec(level=5, checksum=True),
        [codecs.ZstdCodec(), codecs.Crc32cCodec()],
        None,
    ):
        z = zarr.create_array(
            store={}, shape=data.shape, chunks=(10, 30), dtype="i4", compressors=chosen
        )
        z[:] = data
        seen += [z[:], [codec.to_dict() for codec in z.compressors]]
    turned = zarr.create_array(
        store={}, data=data, chunks=(10, 50), filters=[codecs.TransposeCodec(order=(1, 0))],
        serializer=codecs.BytesCodec(endian="big"),
    )  # fmt: skip
    return [*seen, turned[3], [codec.to_dict() for codec in turned.filters], turned.nbytes]


def numcodecs_filters(zarr, path):
    import numcodecs

    z = zarr.create_array(
        store=path / "v2.zarr", shape=(30,), chunks=(10,), dtype="i4", zarr_format=2,
        filters=[numcodecs.Delta(dtype="i4")],
        compressors=numcodecs.Blosc(cname="lz4", clevel=1, shuffle=1),
    )  # fmt: skip
    z[:] = np.arange(30) ** 2
    found = zarr.open_array(path / "v2.zarr", mode="r")
    return [found[:], [f.get_config() for f in found.filters], found.order]


def sharding(zarr, path):
    z = zarr.create_array(
        store=path / "s.zarr", shape=(64, 64), shards=(32, 32), chunks=(8, 16), dtype="uint8"
    )
    z[:] = np.arange(64 * 64, dtype="u1").reshape(64, 64)
    z[3:40, 60:61] = 9
    stored = sorted(p.name for p in (path / "s.zarr").rglob("*") if p.is_file())
    packed = zarr.create_array(
        store={}, shape=(8, 8), chunks=(2, 2), shards=(4, 4), dtype="i4",
        filters=[{"name": "transpose", "configuration": {"order": (1, 0)}}],
        compressors=[{"name": "gzip", "configuration": {"level": 2}}],
    )  # fmt: skip
    codecs = [c.to_dict() for c in (*packed.filters, *packed.compressors, *z.compressors)]
    seen = [z.chunks, z.shards, z[2:40:3, 58:], stored, z.nchunks_initialized, codecs]
    return [*seen, type(packed.serializer).__name__]


def data_types(zarr, path):
    seen = []
    for values, dtype in (
        (np.array(["a", "bc", ""]), "U3"),
        (np.array([b"a", b"bc"]), "S2"),
        (np.array(["2020-01-01", "NaT"], "M8[s]"), "datetime64[s]"),
        (np.array([1, 2], "m8[ms]"), np.dtype("m8[ms]")),
        (np.array([True, False]), bool),
        (np.array([1 + 2j]), "complex64"),
        (np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]), [("a", "i4"), ("b", "f8")]),
    ):
        z = zarr.create_array(store={}, shape=values.shape, chunks=(1,), dtype=dtype)
        z[:] = values
        seen += [z[:], z.dtype]
    text = zarr.create_array(store={}, shape=(3,), chunks=(2,), dtype=str, fill_value="none")
    text[:2] = np.array(["one", "three"], object)
    types = _module(zarr, "dtype")
    made = zarr.create_array(store={}, shape=2, dtype=types.DateTime64(unit="us"), chunks=2)
    parsed = [types.parse_dtype(spec, zarr_format=3) for spec in ("int8", "U4", "M8[10s]", str)]
    spelled = [[item.to_json(zarr_format=2), item.to_json(zarr_format=3)] for item in parsed]
    return [*seen, text[:].tolist(), made.dtype, spelled, repr(parsed)]


def configuration(zarr, path):
    seen = [zarr.config.get("array.order"), zarr.config.get("default_zarr_format")]
    with zarr.config.set({"array.order": "F", "default_zarr_format": 2}):
        z = zarr.create(shape=(4, 4), chunks=(2, 2), dtype="i4")
        seen += [
            z.metadata.zarr_format,
            z[:].flags.f_contiguous,
            zarr.config.get("array.order"),
        ]
    with zarr.config.set({"array.write_empty_chunks": True, "async.concurrency": 3}):
        store = {}
        z = zarr.create_array(store=store, shape=(4,), chunks=(2,), dtype="i4")
        z[:] = 0
        seen += [z.nchunks_initialized, zarr.config.get("async.concurrency")]
    return [*seen, zarr.config.get("array.order"), zarr.config.get("nothing.here", 5)]


def consolidated(zarr, path):
    seen = []
    for zarr_format in (2, 3):
        where = path / f"c{zarr_format}.zarr"
        root = zarr.create_group(store=where, zarr_format=zarr_format)
        for name in ("a", "b/c"):
            root.create_array(name=name, shape=(2,), chunks=(1,), dtype="i4")[:] = 5
        root["b"].attrs["x"] = 1
        zarr.consolidate_metadata(where)
        for found in (zarr.open_consolidated(where), zarr.open_group(where, mode="r")):
            names = sorted(name for name, _ in found.members(max_depth=None))
            seen += [names, found["b/c"][:], dict(found["b"].attrs)]
            seen.append(found.metadata.consolidated_metadata is not None)
        unread = zarr.open_group(where, mode="r", use_consolidated=False)
        seen.append(unread.metadata.consolidated_metadata is None)
    return seen


def performance(zarr, path):
    seen = []
    for order in ("C", "F"):
        z = zarr.create_array(
            store={}, shape=(20, 20), chunks=(5, 20), dtype="f4", config={"order": order}
        )
        z[:] = 1
        seen += [z[:].flags.f_contiguous, z.order, z.nchunks]
    for empty in (True, False):
        store = zarr.storage.MemoryStore()
        z = zarr.create_array(
            store=store, shape=(6,), chunks=(2,), dtype="i4", fill_value=9,
            config={"write_empty_chunks": empty},
        )  # fmt: skip
        z[:] = 9
        z[0] = 1
        seen += [z.nchunks_initialized, z[:]]
    return seen


def extending(zarr, path):
    abc, registry = _module(zarr, "abc.codec"), _module(zarr, "registry")

    @dataclass(frozen=True)
    class Flip(abc.BytesBytesCodec):
        is_fixed_size = True
        mask: int = 255

        @classmethod
        def from_dict(cls, data):
            return cls(**data.get("configuration", {}))

        def to_dict(self):
            return {"name": "test.flip", "configuration": {"mask": self.mask}}

        def compute_encoded_size(self, input_byte_length, _chunk_spec):
            return input_byte_length

        async def _encode_single(self, chunk_bytes, chunk_spec):
            array = chunk_bytes.as_numpy_array() ^ np.uint8(self.mask)
            return chunk_spec.prototype.buffer.from_array_like(array)

        _decode_single = _encode_single

    registry.register_codec("test.flip", Flip)
    z = zarr.create_array(
        store=path / "f.zarr", shape=(5,), chunks=(2,), dtype="u1", compressors=[Flip(mask=15)]
    )
    z[:] = [1, 2, 3, 4, 5]
    found = zarr.open_array(path / "f.zarr", mode="r")
    stored = (path / "f.zarr" / "c" / "0").read_bytes()
    same = registry.get_codec_class("test.flip") is Flip
    return [found[:], stored, same, found.compressors[0].to_dict()]


def v3_migration(zarr, path):
    z = zarr.open(
        path / "old.zarr", mode="w", shape=(6, 4), chunks=(3, 2), dtype=">f8", zarr_format=2,
        dimension_separator="/", order="F", fill_value=None,
    )  # fmt: skip
    z[:] = np.arange(24.0).reshape(6, 4)
    group = zarr.group(path / "group.zarr", zarr_format=2, overwrite=True)
    group.create_array("x", shape=(2,), chunks=(2,), dtype="i4", attributes={"k": "v"})[:] = 4
    seen = [z.metadata.zarr_format, z[:], z.dtype, z.order, dict(group["x"].attrs)]
    errors = [zarr.errors.ContainsArrayError, zarr.errors.ContainsGroupError]
    for attempt, wrong in ((path / "old.zarr", errors[0]), (path / "group.zarr", errors[1])):
        try:
            zarr.create_group(attempt, zarr_format=2)
        except wrong:
            seen.append("refused")
    try:
        zarr.open_array(path / "nothing.zarr", mode="r")
    except FileNotFoundError:
        seen.append("absent")
    return seen


def asynchronous(zarr, path):
    api = _module(zarr, "api.asynchronous")

    async def main():
        group = await api.open_group(store=path / "g.zarr", mode="w", zarr_format=3)
        z = await group.create_array("x", shape=(4, 4), chunks=(2, 2), dtype="i4")
        await z.setitem((slice(0, 2), slice(None)), 7)
        await z.update_attributes({"k": 1})
        found = await api.open_array(store=path / "g.zarr", path="x")
        names = [name async for name, _ in group.members()]
        parts = await asyncio.gather(*(found.getitem(i) for i in range(4)))
        return [parts, await found.getitem(...), names, dict(found.attrs), found.shape]

    return asyncio.run(main())


def copies(zarr, path):
    source = zarr.create_array(
        store=path / "a.zarr", data=np.arange(20).reshape(4, 5), chunks=(2, 3), fill_value=3
    )
    source.attrs["k"] = 1
    made = zarr.from_array(path / "b.zarr", data=source)
    other = zarr.from_array({}, data=np.arange(4), chunks=(3,), zarr_format=2)
    return [
        made[:],
        made.chunks,
        made.dtype,
        other[:],
        other.chunks,
        other.metadata.zarr_format,
    ]


PROGRAMS = [
    quickstart, arrays, filled, selections, groups, attributes, storage, compressors,
    numcodecs_filters, sharding, data_types, configuration, consolidated, performance,
    extending, v3_migration, asynchronous, copies,
]  # fmt: skip
