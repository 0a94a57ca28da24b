"""Every case of the matrix both ways: what one wrote, another reads to the bit."""

import json
import shutil

import numpy as np
import pytest
from matrix import bits, cases, document, elements, our_documents
from matrix_tables import CORE, NOT_YET, TYPES
from peer_limits import LIMITS, asked, limit, unknown_names
from peers import PEERS, PeerError

import zarr_c
from zarr_c.errors import BaseZarrError, DataTypeValidationError

READY = [case for case in cases() if not case.waits]


def pairs(does):
    """Cases with every peer that is asked for them, those of a case together."""
    return [(case, peer) for case in READY for peer in PEERS if asked(peer, case, does)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that z5py takes for one of Zarr, for each format."""
    return tmp_path_factory.mktemp("matrix")


def place(folder, case, peer="zarr_c"):
    return folder / f"v{case.zarr_format}.zarr" / f"{case}-{peer}".replace(" ", "")


@pytest.fixture(scope="module")
def ours(request, folder):
    """A case as zarr_c writes it, once for all peers that read it."""
    case = request.param
    path = place(folder, case)
    path.mkdir(parents=True, exist_ok=True)
    for key, content in our_documents(document(case)).items():
        (path / key).write_bytes(content)
    zarr_c.open_array(path, mode="r+", zarr_format=case.zarr_format)[...] = elements(case)
    yield case, path
    shutil.rmtree(path)


def available(name):
    peer = PEERS[name]
    if peer.why_absent:
        pytest.skip(peer.why_absent)
    return peer


def check(case, peer, does, found):
    """Call `found`, which must give the elements, or fail where a limit says so."""
    reason = limit(peer, case, does)
    try:
        same = bits(found()) == bits(elements(case))
    except (PeerError, BaseZarrError):
        if reason:
            return
        raise
    assert same or reason, "other elements"
    assert not (same and reason), f"{peer} can: strike out the limit {reason!r}"


@pytest.mark.parametrize(("ours", "peer"), pairs("read"), indirect=["ours"], ids=str)
def test_a_peer_reads_what_we_wrote(ours, peer):
    case, path = ours
    found = available(peer)
    check(case, peer, "read", lambda: found.read(path, case.zarr_format))


# format.md D2 D4 1.6 sharding_indexed
@pytest.mark.parametrize(("case", "peer"), pairs("write"), ids=str)
def test_we_read_what_a_peer_wrote(folder, case, peer):
    path, data = place(folder, case, peer), elements(case)

    def read():
        available(peer).write(path, document(case), data)
        array = zarr_c.open_array(path, mode="r", zarr_format=case.zarr_format)
        part = (slice(1, 5, 2), slice(None, None, -1), 2)
        assert bits(array[part]) == bits(data[part])
        return array[...]

    check(case, peer, "write", read)
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.parametrize("ours", READY, indirect=True, ids=str)
def test_we_read_what_we_wrote(ours):
    case, path = ours
    found = zarr_c.open_array(path, mode="r", zarr_format=case.zarr_format)[...]
    assert bits(found) == bits(elements(case))
    if case.type in CORE:
        assert found.dtype == np.dtype(TYPES[case.type].dtype)


@pytest.mark.parametrize("ours", READY, indirect=True, ids=str)
def test_our_documents_are_valid(ours):
    """By an implementation of the specifications' rules that shares no code with any reader."""
    model = pytest.importorskip("zarr_metadata.model")
    case, path = ours
    if case.zarr_format == 3:
        reading = model.read_node_metadata_v3(json.loads((path / "zarr.json").read_bytes()))
    else:
        names = (".zarray", ".zattrs")
        files = {name: json.loads((path / name).read_bytes()) for name in names}
        reading = model.read_node_metadata_v2(files)
    assert not reading.problems


def test_what_is_not_there_yet_is_refused(tmp_path):
    """By a typed error. Where there is none any more, take the name out of `NOT_YET`."""
    waiting = [case for case in cases() if len(case.waits) == 1]
    assert set().union(*(case.waits for case in waiting)) == NOT_YET
    for case in waiting:
        given, path = document(case), tmp_path / str(case)
        path.mkdir()
        key = "zarr.json" if case.zarr_format == 3 else ".zarray"
        (path / key).write_text(json.dumps(given))
        with pytest.raises((BaseZarrError, DataTypeValidationError)) as caught:
            zarr_c.open_array(path, mode="r", zarr_format=case.zarr_format)
        assert len(str(caught.value)) > 20, case


def test_the_limits_name_what_there_is():
    assert unknown_names() == set()
    assert LIMITS.keys() == PEERS.keys()


@pytest.mark.parametrize("peer", LIMITS)
def test_every_limit_is_of_some_case(peer):
    """A row that no case meets would never be checked."""
    for row in LIMITS[peer]:
        met = [
            c
            for c in cases()
            if row.tags <= c.tags and any(asked(peer, c, d) for d in row.does)
        ]
        assert met, row
