"""CTranslate2, imported where it is first needed."""

from __future__ import annotations

from types import ModuleType

from dragoman.errors import UnsupportedError


def ctranslate2_package() -> ModuleType:
    """The package ``ctranslate2``.

    Raises:
        UnsupportedError: if it is not installed.
    """
    try:
        import ctranslate2
    except ImportError as error:
        raise UnsupportedError(
            f"the package ctranslate2 cannot be imported: {error}",
            cause="there is no build of it for this kind of machine, or it was removed.",
            remedy="run `pip install ctranslate2`, or translate with `--engine torch`.",
        ) from error
    return ctranslate2
