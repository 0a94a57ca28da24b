"""Stores, data and timed work of ``compare.py``."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from operator import itemgetter
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import other_formats
import peers
from data import values
from limit import Limit

import zarr_c as zarr

PEERS = (*peers.ZARR_PEERS, *other_formats.PEERS)
SAMPLE = (slice(None, None, 64),) * 3  # of what another process read


class Bench:
    """Stores and data of one run, in one folder whose owner deletes it."""

    def __init__(self, folder, threads):
        self.folder, self.threads = folder, threads
        self.peers, self.missing, self.fields, self.ratios = [], {}, {}, {}
        for peer in PEERS:
            try:
                self.peers.append(peer(threads))
            except ImportError as error:
                self.missing[peer.name] = f"pip install {peer.package} ({error})"
        self.limit = Limit(folder, threads)
        if self.limit.missing:
            self.missing["limit"] = self.limit.missing
        zarr.create_group(folder)  # z5py opens arrays through their group

    def versions(self):
        """Versions of all peers by name."""
        return {
            p.name: zarr.__version__ if p.package == "zarr_c" else version(p.package)
            for p in self.peers
        }

    def keep(self, rows):
        """Delete stores and data that none of `rows` reads."""
        stores = {row.store for row in rows}
        for path in self.folder.glob("*-*"):
            if path.name.partition(".")[0] not in stores:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        wanted = {(row.shape, row.dtype) for row in rows}
        self.fields = {key: data for key, data in self.fields.items() if key in wanted}

    def data(self, row):
        """The values that belong into the array of a row; made once."""
        key = row.shape, row.dtype
        if key not in self.fields:
            self.fields[key] = values(row)
        return self.fields[key]

    def create(self, path, row, peer):
        """An empty array for `row`: metadata only."""
        if peer.suffix:
            peer.create(path, row)
            return
        compressor = {
            "none": lambda: None,
            "zstd": lambda: zarr.codecs.ZstdCodec(level=row.level),
            "blosc": lambda: zarr.codecs.BloscCodec(
                cname="lz4", clevel=row.level, shuffle="shuffle"
            ),
            "gzip": lambda: zarr.codecs.GzipCodec(level=row.level),
        }[row.codec]()
        layout = {"shape": row.shape, "chunks": row.chunks, "shards": row.shards}
        zarr.create_array(path, dtype=row.dtype, compressors=compressor, **layout)

    def filled(self, row, peer):
        """Path of the store that `peer` reads for rows of this layout; made once."""
        path = str(self.folder / row.store) + peer.suffix
        if not os.path.exists(path):
            self.create(path, row, peer)
            writer = peer if peer.suffix else self.peers[0]
            writer.write(writer.open(path, "r+"), ..., self.data(row))
            if not peer.suffix:
                array = zarr.open_array(path, mode="r")
                self.ratios[row.store] = array.nbytes / array.nbytes_stored()
        return path

    def time(self, peer, row):
        """Seconds, or MiB, that `peer` needs for `row` once; raises if the result is wrong."""
        peer.select()
        return getattr(self, f"_{row.work}")(peer, row) / row.repeat

    def _read(self, peer, row):
        array, data = peer.open(self.filled(row, peer)), self.data(row)
        start = perf_counter()
        for _ in range(row.repeat):
            found = [peer.read(array, one, row.index) for one in row.selections]
        seconds = perf_counter() - start
        for part, selection in zip(found, row.selections, strict=True):
            index = np.ix_(*selection) if row.index == "oindex" else selection
            check(peer, row, part, data[index])
        return seconds

    def _into(self, peer, row):
        array, data = peer.open(self.filled(row, peer)), self.data(row)
        out = np.zeros_like(data)
        out[...] = 1  # its pages are there
        start = perf_counter()
        peer.read_into(array, ..., out)
        seconds = perf_counter() - start
        check(peer, row, out, data)
        return seconds

    def _scan(self, peer, row):
        """Read the selections one by one and keep nothing but a corner of each."""
        array, data = peer.open(self.filled(row, peer)), self.data(row)

        def corner(selection):
            return peer.read(array, selection)[-1, -1, -1]

        with ThreadPoolExecutor(row.concurrency) as pool:
            run = pool.map if row.concurrency > 1 else map
            start = perf_counter()
            corners = list(run(corner, row.selections))
            seconds = perf_counter() - start
        check(peer, row, corners, [data[s][-1, -1, -1] for s in row.selections])
        return seconds

    def _open(self, peer, row):
        path = self.filled(row, peer)
        start = perf_counter()
        for _ in range(row.repeat):
            array = peer.open(path)
        seconds = perf_counter() - start
        check(peer, row, array.shape, row.shape)
        return seconds

    def _fresh(self, peer, row, work):
        """Let `work` have a new store, check what it left there, and delete it."""
        path = str(self.folder / "fresh") + peer.suffix
        self.create(path, row, peer)
        try:
            result = work(path)
            check(peer, row, self._stored(peer, path), self.data(row))
        finally:
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        return result

    def _stored(self, peer, path):
        reader = peer if peer.suffix else self.peers[0]
        return reader.read(reader.open(path), ...)

    def _write(self, peer, row):
        data = self.data(row)

        def work(path):
            array = peer.open(path, "r+", row.sync)
            start = perf_counter()
            peer.write(array, ..., data)
            return perf_counter() - start

        return self._fresh(peer, row, work)

    def _copy(self, peer, row):
        source = peer.open(self.filled(row, peer))

        def work(path):
            target = peer.open(path, "r+")
            start = perf_counter()
            peer.write(target, ..., peer.read(source, ...))
            return perf_counter() - start

        return self._fresh(peer, row, work)

    def _append(self, peer, row):
        data = self.data(row)

        def work(path):
            array = peer.open(path, "r+")
            start = perf_counter()
            for step in data:
                peer.append(array, step[np.newaxis])
            return perf_counter() - start

        return self._fresh(peer, row, work)

    def _update(self, peer, row):
        data, (box,) = self.data(row), row.selections
        path = self.filled(row, peer)
        array = peer.open(path, "r+")
        part = data[box].copy()  # blosc2 takes contiguous values only
        peer.write(array, box, np.zeros_like(part))
        start = perf_counter()
        for _ in range(row.repeat):
            peer.write(array, box, part)
        seconds = perf_counter() - start
        del array
        check(peer, row, self._stored(peer, path), data)
        return seconds

    def _child(self, peer, row, work, *paths):
        """Seconds and the output of ``process.py``."""
        program = Path(__file__).with_name("process.py")
        words = [sys.executable, program, peer.name, work, self.threads, *paths]
        start = perf_counter()
        done = subprocess.run([*map(str, words)], capture_output=True, text=True)
        seconds = perf_counter() - start
        if done.returncode:
            raise SystemExit(f"{peer.name}: {row.title!r} failed: {done.stderr[-2000:]}")
        return seconds, done.stdout.strip()

    def _process(self, peer, row):
        source = self.filled(row, peer)
        if row.writes:
            return self._fresh(
                peer, row, lambda path: self._child(peer, row, "copy", source, path)[0]
            )
        seconds, found = self._child(peer, row, "read", source)
        check(peer, row, found, self.data(row)[SAMPLE].tobytes().hex())
        return seconds

    def _memory(self, peer, row):
        if not row.writes:
            path = self.filled(row, peer)
            return float(self._child(peer, row, "memory-read", path)[1])
        saved = self.folder / "values.npy"
        np.save(saved, self.data(row))
        try:
            return self._fresh(
                peer,
                row,
                lambda path: float(self._child(peer, row, "memory-write", path, saved)[1]),
            )
        finally:
            saved.unlink()

    def time_limit(self, row):
        """What bounds `row`: seconds of system and codec calls, MiB of the design, or None."""
        if row.work == "memory":
            self.filled(row, self.peers[0])
            chunk = np.prod(row.shards or row.chunks) * np.dtype(row.dtype).itemsize / 2**20
            return float(self.threads * chunk * (1 + 1 / self.ratios[row.store]) + 16)
        if row.limit is None or self.limit.missing:
            return None
        target = self.folder / "limit" if row.limit in ("write", "replace") else None
        # limit.c knows items of four bytes
        items = np.dtype(row.dtype).itemsize
        shape = (*row.shape[:-1], row.shape[-1] * items // 4)
        chunks = (*row.chunks[:-1], row.chunks[-1] * items // 4)
        source = self.filled(row, self.peers[0])
        return self.limit.seconds(
            row.limit, row.codec, row.level, shape, chunks, source, target
        )


def check(peer, row, found, expected):
    """Raise unless both are equal."""
    if not np.array_equal(found, expected):
        raise SystemExit(f"{peer.name}: wrong result of {row.title!r}")


def measure(bench, row, rounds, budget):
    """What every implementation needs in every round, within about `budget` seconds.

    After two rounds, who takes three times as long as zarr_c takes part no more: four rounds of
    the others say more.
    """
    end = perf_counter() + budget
    own, *others = bench.peers
    taking_part = [own, *(peer for peer in others if peer.can(row))]
    for peer in taking_part:
        bench.time(peer, row)  # warms caches, pools and the file system; not counted
    times = {peer.name: [] for peer in taking_part} | {"limit": [], "whole": []}
    for number in range(rounds):
        turn = number % len(taking_part)
        for peer in taking_part[turn:] + taking_part[:turn]:
            times[peer.name].append(bench.time(peer, row))
        if (limit := bench.time_limit(row)) is not None:
            times["limit"].append(limit)
        if row.bar and row.bar.kind == "whole":
            everything = replace(row, selections=(...,), index="basic", repeat=1)
            times["whole"].append(bench.time(own, everything))
        if number == 1:
            near = 3 * min(times[own.name])
            taking_part = [p for p in taking_part if min(times[p.name]) <= near]
        if number >= 3 and perf_counter() > end:
            break
    return {name: found for name, found in times.items() if found}


def summary(row, times):
    """The line of the table: medians, ratios within rounds, and whether the bar was met."""
    own = times["zarr_c"]
    peers = {n: t for n, t in times.items() if n not in ("zarr_c", "limit", "whole")}
    result = {
        "title": row.title,
        "unit": "MiB" if row.work == "memory" else "s",
        "times": times,
        "medians": {name: median(found) for name, found in times.items()},
        "fastest_peer": None,
        "best_peer": None,
        "limit": None,
        "bar": str(row.bar) if row.bar else None,
        "met": None,
    }
    if peers:
        # a peer that left early was in the first rounds
        ratios = {
            name: median(p / t for p, t in zip(found, own, strict=False))
            for name, found in peers.items()
        }
        result["fastest_peer"], result["best_peer"] = min(ratios.items(), key=itemgetter(1))
    if "limit" in times:
        result["limit"] = median(t / b for t, b in zip(own, times["limit"], strict=True))
    if row.work == "memory":
        result["bar"], result["met"] = (
            "≤ threads x (chunk + encoded) + 16",
            result["limit"] <= 1,
        )
    elif row.bar:
        result["met"] = met(row.bar, result)
    return result


def met(bar, result):
    """Whether a bar was met, as exactly as the table shows it; None where it is unknown."""
    if bar.kind == "ms":
        return round(result["medians"]["zarr_c"] * 1e3, 4) <= bar.value
    if bar.kind == "whole":
        pairs = zip(result["times"]["zarr_c"], result["times"]["whole"], strict=True)
        return round(median(t / whole for t, whole in pairs), 2) <= bar.value
    found = result["best_peer" if bar.kind == "peer" else "limit"]
    if found is None:
        return None
    return round(found, 2) >= bar.value if bar.kind == "peer" else round(found, 2) <= bar.value
