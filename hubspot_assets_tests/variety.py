"""How much the tests that play at random try: few and the same at each run, unless VARIETY asks for more.

With VARIETY=20 they play twenty times as many histories, and others at each run.
"""

import os

from hypothesis import settings

VARIETY = int(os.environ.get("VARIETY", "1"))


def examples(few: int) -> int:
    """Return how many examples to play where so few are played as a rule."""
    return few * VARIETY


def choose() -> None:
    """Let hypothesis play the same examples at each run, unless variety is asked for."""
    if VARIETY == 1:
        settings.load_profile("ci")
