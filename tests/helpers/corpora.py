"""Arrays that other implementations wrote, what they hold, and why some are refused.

``python tests/helpers/corpora.py`` prints how many are read and how many refused, by reason.
"""

import copy
import importlib.util
import json
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorstore
import zarr
from peers import PEERS, PeerError

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"


class Refusal(NamedTuple):
    """Why arrays are refused.

    rule : the line of the checklist that they wait for, or that has them refused
    reason : in words
    unless : a package with which they are read
    """

    rule: str
    reason: str
    unless: str | None = None


# What a document may hold that zarr_c refuses, by `traits`. Each row must be met by an array of
# the corpora, and each array that meets one must be refused.
REFUSALS = {
    "type optional": Refusal("E3", "no registered type: zarrs' own"),
    "id pcodec": Refusal("D3", "the package pcodec has it", "pcodec"),
    "codec numcodecs.pcodec": Refusal("2.2 numcodecs.*", "the package pcodec has it", "pcodec"),
}


class Found(NamedTuple):
    """An array of the corpora."""

    path: Path
    document: dict

    @property
    def zarr_format(self):
        return self.document["zarr_format"]

    @property
    def name(self):
        return f"{self.path.relative_to(CORPORA)}-v{self.zarr_format}"

    @property
    def traits(self):
        """Its type and codecs, as `REFUSALS` names them."""
        if self.zarr_format == 2:
            dtype = self.document["dtype"]
            used = [*(self.document["filters"] or []), self.document["compressor"]]
            kind = f"dtype {dtype[1] if isinstance(dtype, str) else 'of records'}"
            return {kind, *(f"id {codec['id']}" for codec in used if codec)}
        kind = f"type {name(self.document['data_type'])}"
        return {kind, *(f"codec {name(codec)}" for codec in self.document["codecs"])}

    @property
    def refusals(self):
        """The rows of `REFUSALS` that it meets here."""
        rows = [REFUSALS[trait] for trait in sorted(self.traits & REFUSALS.keys())]
        return [r for r in rows if not r.unless or importlib.util.find_spec(r.unless) is None]


def name(extension):
    return extension if isinstance(extension, str) else extension["name"]


def arrays():
    """All arrays of the corpora; a directory may hold one of each format."""
    paths = sorted([*CORPORA.rglob(".zarray"), *CORPORA.rglob("zarr.json")])
    found = [Found(path.parent, json.loads(path.read_bytes())) for path in paths]
    return [a for a in found if a.document.get("node_type", "array") == "array"]


# ---- oracles: each reads an array or raises


def zarr_python(array):
    return zarr.open_array(array.path, mode="r", zarr_format=array.zarr_format)[...]


def by_tensorstore(array):
    driver = "zarr" if array.zarr_format == 2 else "zarr3"
    spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(array.path)}}
    return tensorstore.open(spec, open=True, read=True).result().read().result()


def zarr_python_2(array):
    peer = PEERS["zarr-python 2"]
    if array.zarr_format != 2 or peer.why_absent:
        raise LookupError(peer.why_absent or "reads v2")
    return peer.read(array.path, 2)


def with_another_document(array):
    """The same bytes under a document that zarr-python reads as the rules have the first one.

    Nothing undoes ``bitround``, so that it can be left out. The fill value 0 of texts means the
    empty one (rule 5.16), which is "0" to zarr-python.
    """
    document = copy.deepcopy(array.document)
    if "codec bitround" in array.traits:
        document["codecs"] = [c for c in document["codecs"] if name(c) != "bitround"]
    elif "dtype O" in array.traits and document["fill_value"] == 0:
        document["fill_value"] = ""
    else:
        raise LookupError("needs no other document")
    key = "zarr.json" if array.zarr_format == 3 else ".zarray"
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(array.path, folder, dirs_exist_ok=True)
        (Path(folder) / key).write_text(json.dumps(document))
        return np.asarray(zarr.open_array(folder, mode="r", zarr_format=array.zarr_format)[...])


def sibling(array):
    """zarrs writes the same array with every codec; one of them without any."""
    stem, codec, *rest = array.path.name.removesuffix(".zarr").split("_")
    if stem != "array" or codec not in ("pcodec", "zfpy"):
        raise LookupError("has no sibling")
    twin = array.path.with_name("_".join([stem, "none", *rest]) + ".zarr")
    return zarr.open_array(twin, mode="r", zarr_format=array.zarr_format)[...]


ORACLES = (with_another_document, zarr_python, by_tensorstore, zarr_python_2, sibling)


def expected(array):
    """What the first oracle that can reads.

    Raises
    ------
    LookupError
        If none can.
    """
    failures = []
    for oracle in ORACLES:
        try:
            return np.asarray(oracle(array))
        except (Exception, PeerError) as error:  # anything may come from what it cannot read
            failures.append(f"{oracle.__name__}: {type(error).__name__}: {error}")
    raise LookupError("; ".join(failures))


def tolerance(array):
    """How far elements may be off, as the codecs of an array say: only those of zfp do."""
    if array.zarr_format == 2:
        return (array.document["compressor"] or {}).get("tolerance", 0)
    configurations = [c.get("configuration", {}) for c in array.document["codecs"]]
    return max(c.get("tolerance", 0) for c in configurations)


def main():
    reasons = Counter()
    for array in arrays():
        rows = array.refusals
        reasons[f"refused ({rows[0].rule}): {rows[0].reason}" if rows else "read"] += 1
    for reason, count in reasons.most_common():
        print(f"{count:5} {reason}")


if __name__ == "__main__":
    main()
