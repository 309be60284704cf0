"""Spans of time: whatever is in them comes once, however it is ordered, paged and cut."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hubspot_assets.hubspot.span_read import Question, Reply, Span, SpanRead

START = datetime(2026, 11, 1, tzinfo=UTC)
WHOLE = Span(START, START + timedelta(hours=10))


class Store:
    """Answers pages of instants, ascending, descending or in no order."""

    def __init__(self, seconds: list[float], order: str, page_size: int, margin: int) -> None:
        self._things = [(START + timedelta(seconds=each), number) for number, each in enumerate(seconds)]
        if order != "none":
            self._things.sort(reverse=order == "descending")
        self._page_size, self._margin = page_size, timedelta(seconds=margin)
        self.asked = 0

    def fetch(self, question: Question) -> Reply[int]:
        self.asked += 1
        start, end = question.query.start - self._margin, question.query.end + self._margin
        inside = [(at, number) for at, number in self._things if start <= at < end]
        position = int(question.after or 0)
        page, following = inside[position : position + self._page_size], position + self._page_size
        after = str(following) if following < len(inside) else None
        return Reply([number for _, number in page], [at for at, _ in page], after, START)


seconds = st.one_of(st.floats(-3, 36_003), st.integers(-3, 36_003), st.sampled_from([0, 17_000, 17_000.5, 35_999.999]))


@given(
    st.lists(seconds, max_size=300),
    st.sampled_from(["ascending", "descending", "none"]),
    st.sampled_from([1, 2, 5, 25]),
    st.integers(0, 2),
)
def test_everything_within_a_span_comes_once_and_nothing_else(seconds, order, page_size, margin):
    store = Store(seconds, order, page_size, margin)
    pages = list(SpanRead(store.fetch, [WHOLE], in_flight=1))
    inside = Counter(number for number, each in enumerate(seconds) if 0 <= each < 36_000)
    # An instant is kept to the microsecond.
    near = {number for number, each in enumerate(seconds) if min(abs(each), abs(each - 36_000)) < 1e-5}
    found = Counter(number for page in pages for number in page.things)
    assert {n: c for n, c in found.items() if n not in near} == {n: c for n, c in inside.items() if n not in near}
    assert max(found.values(), default=1) == 1
    assert [page.done for page in pages] == [False] * (len(pages) - 1) + [True]


def test_a_dense_span_is_cut_into_pieces_worth_reading():
    store = Store([each * 3 for each in range(12_000)], "descending", 100, 0)
    assert sum(len(page.things) for page in SpanRead(store.fetch, [WHOLE], in_flight=4)) == 12_000
    assert 120 < store.asked <= 132
