"""Which keys a store takes."""

import pytest

from zarr_c.errors import UnsafeKeyError
from zarr_c.storage.keys import clean_key, clean_path, clean_prefix


@pytest.mark.parametrize(
    "key",
    ["zarr.json", "a/b/c/0/0", ".zarray", "..a/b", "a..b", "a/...", "x:y", "é/e\u0301", "a b"],
)
@pytest.mark.parametrize("normalize", [True, False])
def test_ordinary_keys_stay(key, normalize):
    assert clean_key(key, normalize) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "..",
        "a/../b",
        "../a",
        "a/..",
        "a/./b",
        ".",
        "a\0b",
        "C:/a",
        "c:\\a",
        "\\a",
        "a\\..\\b",
        "a/",
    ],
)
@pytest.mark.parametrize("normalize", [True, False])
def test_unsafe_keys_are_refused(key, normalize):
    with pytest.raises(UnsafeKeyError, match="expected a relative path"):
        clean_key(key, normalize)


def test_normalizing():
    assert clean_key("//a//b///c") == "a/b/c"
    with pytest.raises(UnsafeKeyError, match="absolute"):
        clean_key("/a", normalize=False)
    assert clean_key("a//b", normalize=False) == "a//b"


def test_prefixes_and_paths():
    assert [clean_prefix(p) for p in ("", "/", "a/", "/a//b/")] == ["", "", "a", "a/b"]
    assert [clean_path(p) for p in (None, "", "/a/", "a\\b")] == ["", "", "a", "a/b"]
    for bad in ("..", "a/../..", "/.."):
        with pytest.raises(UnsafeKeyError):
            clean_prefix(bad)
    with pytest.raises(UnsafeKeyError):
        clean_prefix("/a", normalize=False)


@pytest.mark.parametrize("key", [b"a", 1, None])
def test_a_key_is_a_string(key):
    with pytest.raises(TypeError, match="expected a string"):
        clean_key(key)
