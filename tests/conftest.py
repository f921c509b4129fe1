"""Shapes in signatures are checked while the tests run; hypothesis has no deadline, since time is no assertion."""

from hypothesis import settings
from jaxtyping import install_import_hook

_hook = install_import_hook("dragoman", "beartype.beartype")
settings.register_profile("dragoman", deadline=None)
settings.load_profile("dragoman")
