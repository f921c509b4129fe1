"""Shapes in signatures are checked while the tests run; hypothesis has no deadline, since time is no assertion."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The tests run in as many processes as there are cores; threads of their own would only be in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook


def _modules_with_shapes() -> list[str]:
    """A check costs some microseconds a call, which is worth it where there are shapes; other types are mypy's work."""
    package = Path(__file__).parents[1] / "dragoman"
    files = [file for file in package.rglob("*.py") if "from jaxtyping" in file.read_text(encoding="utf-8")]
    return [".".join(file.relative_to(package.parent).with_suffix("").parts) for file in files]


_hook = install_import_hook(_modules_with_shapes(), "beartype.beartype")
settings.register_profile("dragoman", deadline=None, max_examples=50)
settings.load_profile("dragoman")

_LONG = {"training", "end_to_end", "faults", "comparison"}
"""Folders with the longest files."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first, so that at the end no process waits for another one."""
    items.sort(key=lambda item: _LONG.isdisjoint(item.path.parts))


_BLANK = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)
"""A picture of one white pixel."""


@pytest.fixture(autouse=True, scope="module")
def _blank_pictures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Figures are composed but not drawn, which would take most of the time of a small run. The tests of a file that
    is marked ``draws`` draw them."""
    if request.node.get_closest_marker("draws"):
        yield
        return
    from matplotlib.figure import Figure

    def save(figure: Figure, file: Any, **options: Any) -> None:
        if hasattr(file, "write"):
            file.write(_BLANK)
        else:
            Path(file).write_bytes(_BLANK)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", save)
        yield
