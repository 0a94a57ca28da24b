"""No stored bytes make a decoder take more memory than the metadata imply."""

import tracemalloc

import numcodecs
import numpy as np
import pytest
from children import run

import zarr_c
from zarr_c.errors import ChunkCorruptError
from zarr_c.storage import MemoryStore

BOMBS = """
import bz2, gzip, lzma, resource, struct, sys, zlib
import numpy as np
from zarr_c.codecs import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec
from zarr_c.codecs._chain import Chain
from zarr_c.codecs.numcodecs import BZ2, LZ4, LZMA
from zarr_c.errors import ChunkCorruptError

N = 1 << 20
MIB = 1 << 20

def zstd(sized):
    # blocks of one repeated byte: 4 bytes for 128 KiB
    block = (131072 << 3 | 2).to_bytes(3, "little") + b"a"
    last = (131072 << 3 | 3).to_bytes(3, "little") + b"a"
    head = b"\\xc0\\x58" + (1 << 30).to_bytes(8, "little") if sized else b"\\x00\\x58"
    return b"\\x28\\xb5\\x2f\\xfd" + head + block * 8191 + last

def deflated(window):
    engine = zlib.compressobj(9, zlib.DEFLATED, window)
    zeros = bytes(MIB)
    return b"".join(engine.compress(zeros) for _ in range(96)) + engine.flush()

def blosc(nbytes):
    return struct.pack("<BBBBIII", 2, 1, 0x30, 1, nbytes, nbytes, 4096) + bytes(4080)

def pressed(engine, mib):
    zeros = bytes(MIB)
    return b"".join(engine.compress(zeros) for _ in range(mib)) + engine.flush()

member = gzip.compress(bytes(MIB))
bombs = {
    "zstd": (ZstdCodec(), zstd(False)),
    "zstd sized": (ZstdCodec(), zstd(True)),
    "zstd frames": (ZstdCodec(), zstd(False) * 3),
    "gzip": (GzipCodec(), deflated(31)),
    "zlib": (GzipCodec(), deflated(15)),
    "gzip members": (GzipCodec(), member * 700),
    "lz4": (LZ4(), b"\\xff\\xff\\xff\\x7f" + b"\\x1fa\\x01\\x00" + b"\\xff" * 1_000_000),
    "lz4 lies": (LZ4(), N.to_bytes(4, "little") + b"\\x1fa\\x01\\x00" + b"\\xff" * 10**6),
    "bz2": (BZ2(), pressed(bz2.BZ2Compressor(), 96)),
    "bz2 streams": (BZ2(), bz2.compress(bytes(MIB)) * 100),
    "lzma": (LZMA(), pressed(lzma.LZMACompressor(preset=0), 200)),
    "blosc": (BloscCodec(), blosc(2**31 - 1)),
    "blosc most": (BloscCodec(), blosc(2**32 - 1)),
}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name, (codec, bomb) in bombs.items():
    stage = codec.stage(4)
    for stages in ([stage], [Crc32cCodec().stage(4), stage]):
        try:
            Chain(stages, N).decode(np.frombuffer(bomb, "u1"))
        except ChunkCorruptError:
            continue
        sys.exit(f"{name} was decoded")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_bombs_are_errors_and_take_no_memory():
    """Declared or real sizes of up to 4 GiB against chunks of 1 MiB."""
    grown = int(run(BOMBS))
    assert grown < 24, f"{grown} MiB for chunks of 1 MiB"


@pytest.mark.parametrize("size", [10**6, 10**9])
def test_an_object_that_is_too_large_is_not_read(tmp_path, size):
    """A sparse file of a gigabyte in a chunk's place costs nothing."""
    code = """
    import resource, sys
    import zarr_c
    from zarr_c.errors import ChunkCorruptError
    z = zarr_c.create_array(sys.argv[1], shape=100, chunks=100, dtype="u1")
    z[:] = 1
    with open(sys.argv[1] + "/c/0", "r+b") as file:
        file.truncate(int(sys.argv[2]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        z[:]
    except ChunkCorruptError as error:
        assert "larger than any encoding" in str(error)
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """
    assert int(run(code, tmp_path / "z", size)) < 4


def test_a_number_of_elements_is_not_believed():
    """The codec would make an array of so many objects before it looks at the first."""
    store = MemoryStore()
    array = zarr_c.create_array(
        store,
        shape=4,
        chunks=4,
        dtype=object,
        zarr_format=2,
        compressors=None,
        filters=[numcodecs.VLenArray("<i4")],
    )
    whole = np.empty(4, dtype=object)
    whole[:] = [np.arange(i, dtype="<i4") for i in range(4)]
    array[...] = whole
    store["0"] = (2**30).to_bytes(4, "little") + bytes(store["0"])[4:]
    tracemalloc.start()
    try:
        with pytest.raises(ChunkCorruptError, match=r"number of elements.*4, found 1073741824"):
            array[...]
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
