import subprocess
import sys

MANY_AT_ONCE = """
import sys, threading
import msgspec
from hubspot_assets.hubspot.transport.decoding import decoded

sys.setswitchinterval(1e-6)
for number in range(100):
    inner = msgspec.defstruct(f"Inner{number}", [(f"f{each}", int | None, None) for each in range(30)])
    outer = msgspec.defstruct(f"Outer{number}", [("results", list[inner])])
    gate = threading.Barrier(8)

    def first() -> None:
        gate.wait()
        decoded(b'{"results": [{"f1": 1}, {"f2": 2}]}', outer)

    threads = [threading.Thread(target=first) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_threads_may_meet_a_type_for_the_first_time_at_the_same_moment():
    # Without care the process dies of a segmentation fault, so it is one of its own.
    assert subprocess.run([sys.executable, "-c", MANY_AT_ONCE]).returncode == 0
