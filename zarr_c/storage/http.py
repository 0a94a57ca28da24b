"""Ranges over HTTP, from servers that keep to them and from those that do not."""

from __future__ import annotations

from typing import Any

from zarr_c.storage.ranges import cut

__all__ = ["fetch_range"]

PARTIAL, UNSATISFIABLE = 206, 416


async def fetch_range(fs: Any, url: str, start: int, length: int | None) -> bytes:
    """Part of what a URL gives.

    A server may ignore ``Range`` and send everything (RFC 9110, section 14.2), which fsspec
    hands on as if it were the part: the status tells.

    Parameters
    ----------
    fs : fsspec.implementations.http.HTTPFileSystem
    url : str
    start : int
        First byte; below 0 counted from the end.
    length : int or None
        Number of bytes, None to the end.

    Raises
    ------
    FileNotFoundError
        If there is no such object.
    """
    if start < 0:
        wanted = f"bytes={start}"
    else:
        wanted = f"bytes={start}-{'' if length is None else start + length - 1}"
    options = dict(fs.kwargs)
    options["headers"] = {**options.get("headers", {}), "Range": wanted}
    session = await fs.set_session()
    async with session.get(fs.encode_url(url), **options) as response:
        if response.status == UNSATISFIABLE:
            return b""
        fs._raise_not_found_for_status(response, url)
        data: bytes = await response.read()
        return data if response.status == PARTIAL else cut(data, start, length)
