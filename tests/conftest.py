"""Shapes in signatures are checked while the tests run; hypothesis has no deadline, since time is no assertion."""

import os

# The tests run in as many processes as there are cores; threads of their own would only be in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings
from jaxtyping import install_import_hook

_hook = install_import_hook("dragoman", "beartype.beartype")
settings.register_profile("dragoman", deadline=None)
settings.load_profile("dragoman")
