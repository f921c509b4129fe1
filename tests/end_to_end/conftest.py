"""Long trainings: the shapes that every call is held to elsewhere are not checked here, which halves their time."""

from collections.abc import Iterator

import pytest
from jaxtyping import config


@pytest.fixture(autouse=True)
def _unchecked_shapes() -> Iterator[None]:
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)
