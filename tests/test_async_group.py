"""Groups and functions that are awaited, compared with their synchronous twins."""

import asyncio
import inspect
import pickle
import time
from json import loads

import numpy as np
import pytest
from children import run

import zarr_c
from zarr_c import AsyncArray, AsyncGroup, Group
from zarr_c.api import asynchronous, synchronous
from zarr_c.errors import (
    ContainsArrayError,
    ContainsGroupError,
    GroupNotFoundError,
    MetadataValidationError,
    NodeTypeValidationError,
)
from zarr_c.storage import MemoryStore
from zarr_c.testing.latency import LatencyStore


@pytest.fixture
def group():
    root = zarr_c.create_group({}, attributes={"k": 1})
    root.create_array("x", data=[1, 2, 3])
    root.create_array("deep/y", data=[4.0])
    root.create_group("deep/below")
    return root._async_group


async def drain(generator):
    return [item async for item in generator]


def plain(value):
    """What an asynchronous value is as a synchronous one."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return getattr(value, "_node", value)


# ---- groups


def test_a_group_and_its_face_change_together(group):
    node = Group(group)
    assert node is group._node
    assert node._async_group == group
    assert group.attrs == {"k": 1}
    assert asyncio.run(group.update_attributes({"a": 2})) is group
    assert asyncio.run(node.update_attributes_async({"b": 3})) is node
    assert group.attrs == node.attrs == {"k": 1, "a": 2, "b": 3}
    assert group.metadata == node.metadata
    assert (group.path, group.name, group.basename, group.synchronizer) == ("", "/", "", None)
    assert str(group.info) == str(node.info)
    assert repr(group) == repr(node).replace("<Group", "<AsyncGroup")
    with pytest.raises(TypeError, match="expected a StorePath or the asynchronous face"):
        Group("a path")
    with pytest.raises(TypeError, match="metadata: expected those of the group"):
        Group(group.store_path)


def test_construction(group, tmp_path):
    assert AsyncGroup(group.metadata, group.store_path) == group
    for zarr_format in (2, 3):
        made = zarr_c.create_group(tmp_path / f"{zarr_format}", zarr_format=zarr_format)
        document = {"zarr_format": zarr_format, "node_type": "group", "attributes": {"q": 1}}
        face = AsyncGroup.from_dict(made.store_path, document)
        assert face == AsyncGroup(document, made.store_path)
        assert face.attrs == {"q": 1}
        assert face.metadata.zarr_format == zarr_format
        assert pickle.loads(pickle.dumps(made._async_group)) == made._async_group
    array = zarr_c.create_array({}, data=[1])
    with pytest.raises(NodeTypeValidationError, match="expected 'group'"):
        AsyncGroup.from_dict(array.store_path, loads(array.store["zarr.json"]))
    with pytest.raises(MetadataValidationError):
        AsyncGroup.from_dict(array.store_path, {"zarr_format": 4})


def test_opening_and_creating(tmp_path):
    async def main():
        made = await AsyncGroup.from_store(tmp_path, attributes={"k": 1}, zarr_format=2)
        with pytest.raises(ContainsGroupError):
            await AsyncGroup.from_store(tmp_path)
        assert await AsyncGroup.open(tmp_path, zarr_format=None) == made
        with pytest.raises(GroupNotFoundError):
            await AsyncGroup.open(tmp_path)
        again = await AsyncGroup.from_store(tmp_path, overwrite=True)
        assert (again.metadata.zarr_format, again.attrs) == (3, {})

    asyncio.run(main())


def test_a_group_is_a_context_that_closes_its_store(tmp_path):
    async def main():
        path = tmp_path / "x.zip"
        async with await asynchronous.open_group(path, mode="w") as group:
            await group.create_array("a", data=[1, 2])
        async with await asynchronous.open_group(path, mode="r") as group:
            return (await (await group.get_array("a")).getitem(...)).tolist()

    assert asyncio.run(main()) == [1, 2]


def test_what_others_have_changed_is_seen_on_refreshing(group):
    other = asyncio.run(AsyncGroup.open(group.store_path))
    asyncio.run(other.update_attributes({"k": 2}))
    assert group.attrs == {"k": 1}
    assert asyncio.run(group.refresh()) is group
    assert group.attrs == {"k": 2}


def test_members(group):
    async def main():
        node = group._node
        assert await group.getitem("x") == node["x"].async_array
        assert await group.getitem("deep") == node["deep"]._async_group
        assert isinstance(await group.getitem("deep/y"), AsyncArray)
        with pytest.raises(KeyError, match="nope"):
            await group.getitem("nope")
        assert await group.get("nope") is None
        assert await group.get("nope", 3) == 3
        assert await group.get("x") == await group.get_array("x")
        with pytest.raises(ContainsGroupError):
            await group.get_array("deep")
        assert await group.get_group("deep") == await group.getitem("deep")
        with pytest.raises(ContainsArrayError):
            await group.get_group("x")
        assert await group.contains("deep/y")
        assert not await group.contains("nope")
        assert await group.nmembers() == 2
        assert await group.nmembers(max_depth=None) == 4
        assert str(await group.tree()) == str(node.tree())
        assert str(await group.info_complete()) == str(node.info_complete())
        await group.move("x", "z")
        assert (await (await group.get_array("z")).getitem(...)).tolist() == [1, 2, 3]
        await group.delitem("z")
        with pytest.raises(KeyError):
            await group.delitem("z")

    asyncio.run(main())


def test_iteration(group):
    node = group._node

    async def main():
        assert sorted(await drain(group)) == sorted(node)
        names = (
            "keys values items arrays groups array_keys array_values group_keys group_values"
        )
        for name in names.split():
            found = await drain(getattr(group, name)())
            assert [plain(item) for item in found] == [*getattr(node, name)()]
        for depth in (0, 1, None):
            found = await drain(group.members(max_depth=depth))
            assert [plain(item) for item in found] == [*node.members(max_depth=depth)]
            assert all(isinstance(face, AsyncArray | AsyncGroup) for _, face in found)
        found = await drain(group.glob("**/y"))
        assert [plain(item) for item in found] == [*node.glob("**/y")]
        assert [path for path, _ in found] == ["deep/y"]
        with pytest.raises(ValueError, match="max_depth"):
            await drain(group.members(max_depth=-1))
        async for _ in group.members(max_depth=None):
            break  # the rest may be left

    asyncio.run(main())


def test_iteration_reads_ahead_and_loses_nothing():
    names = [f"g{i:03}" for i in range(300)]  # more than it takes at once
    store = MemoryStore()
    made = zarr_c.create_group(store)
    for name in names:
        made.create_group(name)
    assert sorted(asyncio.run(drain(made._async_group.keys()))) == names
    assert len(asyncio.run(drain(made._async_group.values()))) == 300


def test_creating_members(group):
    async def main():
        array = await group.create_array("new", shape=(4, 4), chunks=(2, 2), dtype="u1")
        assert (array.shape, array.chunks, array.path) == ((4, 4), (2, 2), "new")
        below = await group.create_group("g", attributes={"q": 1})
        assert below.attrs == {"q": 1}
        assert await group.require_group("g") == below
        assert await group.require_groups("g", "h") == (below, await group.getitem("h"))
        assert (await group.require_group("g", overwrite=True)).attrs == {}
        assert await group.require_array("new", shape=(4, 4), dtype="u1") == array
        with pytest.raises(TypeError, match="shape"):
            await group.require_array("new", shape=3)
        await group.setitem("copy", array)
        assert (await group.get_array("copy")).shape == (4, 4)
        for name, value in (("zeros", 0), ("ones", 1), ("empty", 0)):
            made = await getattr(group, name)(name=name, shape=3)
            assert (await made.getitem(...)).tolist() == [value] * 3
            made = await getattr(group, f"{name}_like")(name=f"{name}_like", data=array)
            assert (await made.getitem((0, 0))) == value
            assert made.chunks == (2, 2)
        made = await group.create_dataset("set", data=[1, 2])
        assert await group.require_dataset("set", shape=2, dtype="i8") == made
        made = await group.full(name="full", shape=2, fill_value=7)
        assert (await made.getitem(...)).tolist() == [7, 7]
        made = await group.full_like(name="full_like", data=array, fill_value=7)
        assert await made.getitem((0, 0)) == 7
        nodes = {"h1": group.metadata, "h1/a": array.metadata}
        found = dict(await drain(group.create_hierarchy(nodes)))
        assert found == {"h1": await group.getitem("h1"), "h1/a": await group.getitem("h1/a")}

    asyncio.run(main())


def test_a_server_reads_many_arrays_at_once():
    inner = MemoryStore()
    zarr_c.create_group(inner)
    for i in range(20):
        zarr_c.create_array(inner, name=f"a{i}", data=np.arange(10) + i, chunks=5)
    store = LatencyStore(inner, get_latency=0.02)

    async def request(root, i):
        array = await root.get_array(f"a{i}")
        return int((await array.getitem(slice(3, 7))).sum())

    async def main():
        root = await asynchronous.open_group(store, mode="r")
        return await asyncio.gather(*(request(root, i) for i in range(20)))

    start = time.perf_counter()
    assert asyncio.run(main()) == [18 + 4 * i for i in range(20)]
    assert time.perf_counter() - start < 0.4  # one by one they take 0.8 s at least


# ---- zarr_c.api.asynchronous


def test_the_functions_are_those_of_the_synchronous_module():
    assert asynchronous.__all__ == synchronous.__all__
    for name in asynchronous.__all__:
        function = getattr(asynchronous, name)
        generates = name == "create_hierarchy"
        is_right = inspect.isasyncgenfunction if generates else inspect.iscoroutinefunction
        assert is_right(function), name
        assert function.__doc__
        expected = inspect.signature(getattr(synchronous, name))
        assert [*inspect.signature(function).parameters] == [*expected.parameters], name


def test_the_functions_of_the_package(tmp_path):
    async def main():
        a = await asynchronous.create_array(tmp_path / "a", data=[1, 2, 3], chunks=2)
        assert isinstance(a, AsyncArray)
        assert await asynchronous.open(tmp_path / "a") == a
        assert await asynchronous.open_array(store=tmp_path / "a", mode="r") is not None
        assert (await asynchronous.open_like(a, tmp_path / "like")).chunks == (2,)
        like = [
            await asynchronous.empty_like(a),
            await asynchronous.zeros_like(a),
            await asynchronous.ones_like(a),
            await asynchronous.full_like(a, fill_value=5),
        ]
        assert [(await one.getitem(0), one.chunks[0]) for one in like] == [
            (0, 2),
            (0, 2),
            (1, 2),
            (5, 2),
        ]
        filled = [
            await asynchronous.empty(2),
            await asynchronous.zeros(shape=2),
            await asynchronous.ones(2),
            await asynchronous.full(2, 5),
            await asynchronous.create(2, fill_value=6),
            await asynchronous.array([7, 7]),
            await asynchronous.array(a),
        ]
        assert [await one.getitem(1) for one in filled] == [0, 0, 1, 5, 6, 7, 2]
        g = await asynchronous.group(tmp_path / "g")
        assert await asynchronous.open(tmp_path / "g") == g
        assert isinstance(g, AsyncGroup)
        assert await asynchronous.create_group(tmp_path / "g", path="h") == await g.getitem("h")
        assert str(await asynchronous.tree(g)) == str(await g.tree())
        await asynchronous.consolidate_metadata(tmp_path / "g")
        consolidated = await asynchronous.open_consolidated(tmp_path / "g")
        assert await drain(consolidated.keys()) == ["h"]
        await asynchronous.save(tmp_path / "s", np.arange(3))
        await asynchronous.save_array(tmp_path / "t", np.arange(3))
        await asynchronous.save_group(tmp_path / "u", x=np.arange(3))
        assert (await asynchronous.load(tmp_path / "s")).tolist() == [0, 1, 2]
        assert (await asynchronous.load(tmp_path / "t")).tolist() == [0, 1, 2]
        assert (await asynchronous.load(tmp_path / "u"))["x"].tolist() == [0, 1, 2]
        out_of = await asynchronous.from_array(tmp_path / "f", data=a, chunks=3)
        assert (await out_of.getitem(...)).tolist() == [1, 2, 3]
        assert out_of.chunks == (3,)
        target = await asynchronous.group()
        assert (await asynchronous.copy(a, target, name="a"))[0] == 1
        assert (await (await target.get_array("a")).getitem(...)).tolist() == [1, 2, 3]
        assert (await asynchronous.copy_all(g, target))[0] == 1
        assert await target.contains("h")
        memory = MemoryStore()
        await asynchronous.copy_store(a.store, memory)
        assert sorted(memory) == sorted(a.store)
        nodes = {"p/q": g.metadata}
        created = await drain(asynchronous.create_hierarchy(store=tmp_path / "v", nodes=nodes))
        assert [path for path, _ in created] == ["", "p", "p/q"]
        assert all(isinstance(node, AsyncGroup) for _, node in created)
        with pytest.raises(GroupNotFoundError, match="nope"):
            await asynchronous.open(tmp_path / "nope", mode="r")

    asyncio.run(main())


def test_the_modules_are_found_without_an_import():
    code = """
        import zarr_c
        assert zarr_c.api.asynchronous.open.__name__ == "open"
        assert zarr_c.api.synchronous.open is zarr_c.open
        assert zarr_c.AsyncGroup is zarr_c.api.asynchronous.AsyncGroup
        assert not hasattr(zarr_c.api, "nope")
    """
    run(code)
