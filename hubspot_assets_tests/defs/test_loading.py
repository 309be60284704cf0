import gc
from collections.abc import Iterator

import pytest

from hubspot_assets.defs.loading import collector_resting


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_the_collector_rests_while_something_is_loaded_and_ignores_it_then() -> None:
    before = gc.get_freeze_count()
    with collector_resting():
        assert not gc.isenabled()
        loaded = [[] for _ in range(1_000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() - before >= len(loaded)


def test_the_collector_works_again_where_loading_fails() -> None:
    with pytest.raises(ImportError), collector_resting():
        raise ImportError("no such module")
    assert gc.isenabled()


def test_a_collector_that_was_switched_off_stays_so() -> None:
    gc.disable()
    try:
        with collector_resting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
