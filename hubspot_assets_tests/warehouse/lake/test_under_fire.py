"""No row is lost or doubled by writers at once, a failing store, lost answers and kills; LAKE_ROUNDS=100 plays more."""

import os

import pytest

from hubspot_assets_tests.warehouse.lake.rounds import Round

ROUNDS = int(os.environ.get("LAKE_ROUNDS", "2"))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_each_row_that_was_committed_is_there_once_and_the_state_says_so(s3_store, seed):
    played = Round(s3_store, seed)
    played.play()
    print({fault or "passed": times for fault, times in played.faults.items()})
