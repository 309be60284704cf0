import signal

import pytest

from hubspot_assets.defs.interrupts import noticing_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_stop_is_noticed_whoever_handles_it_and_for_as_long_as_one_asks(number):
    handled = []
    before = signal.signal(number, lambda *_: handled.append(number))
    try:
        with noticing_signals() as asked_to_stop:
            assert not asked_to_stop()
            signal.raise_signal(number)
            assert asked_to_stop()
            assert asked_to_stop()
    finally:
        signal.signal(number, before)
    assert handled == [number]


def test_other_signals_ask_for_nothing():
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with noticing_signals() as asked_to_stop:
            signal.raise_signal(signal.SIGUSR1)
            assert not asked_to_stop()
    finally:
        signal.signal(signal.SIGUSR1, before)
