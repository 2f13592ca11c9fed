"""How large the next request to Intacct may be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.sync.pace import FIRST, LONGEST_SECONDS, MOST, Pace


def test_quick_answers_let_requests_grow_to_a_hundred() -> None:
    pace = Pace()
    sizes = []
    for _ in range(4):
        sizes.append(pace.size)
        pace.took(pace.size, 0.5)
    assert sizes == [FIRST, 50, MOST, MOST]


def test_a_slow_intacct_gets_small_requests_at_once() -> None:
    pace = Pace(MOST)
    pace.took(MOST, 120.0)
    assert pace.size == 12
    pace.took(12, 60.0)
    assert pace.size == 3


@given(st.lists(st.tuples(st.integers(0, 100), st.floats(0, 500)), max_size=30))
def test_a_request_is_never_empty_never_too_large_and_expected_in_time(answers: list[tuple[int, float]]) -> None:
    pace = Pace()
    for functions, seconds in answers:
        pace.took(functions, seconds)
        assert 1 <= pace.size <= MOST
        if functions and pace.size > 1:
            assert pace.size * seconds / functions <= LONGEST_SECONDS
