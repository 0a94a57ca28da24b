"""The inputs that are kept: an archive for each target."""

import zipfile
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"


def kept(name):
    """The inputs of a target."""
    path = CORPUS / f"{name}.zip"
    if not path.exists():
        return []
    with zipfile.ZipFile(path) as archive:
        return [archive.read(entry) for entry in archive.infolist()]


def keep(name, inputs):
    """Keep these inputs and no others; the archive depends on nothing else."""
    with zipfile.ZipFile(CORPUS / f"{name}.zip", "w") as archive:
        for i, data in enumerate(sorted(inputs, key=lambda data: (len(data), data))):
            archive.writestr(zipfile.ZipInfo(f"{i:04}"), data, zipfile.ZIP_DEFLATED, 9)
