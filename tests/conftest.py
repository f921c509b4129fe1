"""Shapes in signatures are checked while the tests run."""

from jaxtyping import install_import_hook

_hook = install_import_hook("dragoman", "beartype.beartype")
