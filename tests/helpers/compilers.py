"""The C compiler of tests that build something."""

import os
import sysconfig


def compiler():
    """Its name: what CC says, else what Python was built with."""
    return os.environ.get("CC", sysconfig.get_config_var("CC") or "cc").split()[0]
