from collections.abc import Sequence

import pytest

from hubspot_assets_tests.benchmarks.peers.judge import Verdict
from hubspot_assets_tests.benchmarks.peers.outcome import Outcome, completeness, markdown, speeds, told
from hubspot_assets_tests.benchmarks.peers.processes import Cost

RIGHT = Verdict(1_000)
WRONG = Verdict(1_000, missing={1, 2}, wrong={3})


def outcome(verdict: Verdict, statuses: Sequence[int | None] = (0,)) -> Outcome:
    costs = [Cost(2.0, 0.5, 100.4, status) for status in statuses]
    return Outcome(costs, verdict, requests=20, rate_limited=1, most_in_flight=3, records=1_000)


@pytest.mark.parametrize(
    ("verdict", "statuses", "words"),
    [
        (RIGHT, [0, 0], "right"),
        (RIGHT, [1, 0], "right after 1 of 2 runs failed"),
        (WRONG, [0, 0], "silent: 2 missing, 1 wrong"),
        (WRONG, [0, 1], "failed: 2 missing, 1 wrong"),
        (WRONG, [1, 0], "silent: 2 missing, 1 wrong"),
        (WRONG, [0, None], "does not end: 2 missing, 1 wrong"),
        (RIGHT, [None, None], "does not end: nothing wrong"),
    ],
)
def test_what_is_wrong_is_said_with_whether_the_tool_told(
    verdict: Verdict, statuses: list[int | None], words: str
) -> None:
    assert told(outcome(verdict, statuses)) == words


def test_a_table_of_speeds_has_a_row_for_each_tool() -> None:
    headings, row = speeds({"a tool": outcome(RIGHT)})
    figures = dict(zip(headings, row, strict=True))
    assert figures[""] == "a tool"
    assert figures["records/s"] == "500"
    assert figures["records per CPU second"] == "2,000"
    assert figures["requests per 1,000"] == "20.0"
    assert figures["peak memory"] == "100 MiB"


def test_a_table_of_completeness_has_a_row_for_each_work_and_a_column_for_each_tool() -> None:
    made = {"one": {"first load": outcome(RIGHT), "later": outcome(WRONG)}, "other": {"first load": outcome(RIGHT)}}
    assert completeness(made) == [
        ["after …", "one", "other"],
        ["first load", "right", "right"],
        ["later", "silent: 2 missing, 1 wrong", ""],
    ]


def test_a_table_is_printed_as_markdown() -> None:
    assert markdown([["", "a"], ["one", "1"]]) == "|  | a |\n| --- | --- |\n| one | 1 |"
