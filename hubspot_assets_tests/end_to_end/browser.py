"""The Dagster UI in a headless Chromium, used as a person does: by what is written on the page."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

from hubspot_assets_tests.end_to_end.dagster_server import PROJECT

PICTURES = Path(os.environ.get("SCREENSHOTS_FOLDER", PROJECT / ".artifacts" / "screenshots"))
"""Where the pictures of all stages go; CI keeps them."""
PATIENCE = 90_000
"""Milliseconds for what is to appear: CI may have one busy core for browser, webserver, daemon and run."""
WINDOW: ViewportSize = {"width": 1400, "height": 1150}
"""High enough for the graph of nine assets: what lies outside is not drawn."""
_FACETS = """localStorage.setItem("asset-node-facets", '["latest-event", "checks", "status"]')"""
"""What the graph tells of each asset, as its dialog "Choose Asset Facets" would set it."""
_MARGIN = 12


class Browser:
    """A window on the UI of a running Dagster.

    Args:
        page: The window.
        url: Of the webserver.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def open(self, path: str) -> None:
        """Go to an address of the UI."""
        self.page.goto(f"{self._url}{path}", wait_until="domcontentloaded")

    def keep_picture(self, name: str) -> None:
        """Keep what the window shows now."""
        self.page.screenshot(path=PICTURES / f"{name}.png")

    def see(self, text: str | re.Pattern[str]) -> Locator:
        """Wait until a text can be seen; where it stands several times, the first."""
        found = self.page.get_by_text(text).filter(visible=True).first
        expect(found).to_be_visible()
        return found

    def press(self, button: str | re.Pattern[str]) -> None:
        """Press the button that begins with a text."""
        self.page.get_by_role("button", name=button).first.click()

    # The asset graph

    def open_graph(self) -> None:
        """Open the graph of all assets, with all groups expanded."""
        self.open("/asset-groups")
        expect(self.node("crm")).to_be_visible()
        self.page.keyboard.press("Alt+e")
        expect(self.node("account")).to_be_visible()

    def keep_picture_of_graph(self, name: str) -> None:
        """Keep what the graph shows now, without the window around it."""
        # Waits until the graph has come to rest.
        self.node("account").hover(trial=True)
        boxes = [self.node(group).bounding_box() for group in ("hubspot", "crm")]
        left, top = (min(box[side] for box in boxes if box) - _MARGIN for side in ("x", "y"))
        right = max(box["x"] + box["width"] for box in boxes if box) + _MARGIN
        bottom = max(box["y"] + box["height"] for box in boxes if box) + _MARGIN
        self.page.screenshot(
            path=PICTURES / f"{name}.png",
            clip={"x": left, "y": top, "width": right - left, "height": bottom - top},
        )

    def node(self, text: str) -> Locator:
        """What the graph draws with this text: a group, or an asset."""
        return self.page.locator("foreignObject").filter(has_text=text).first

    # The pages of an asset

    def open_asset(self, name: str, view: str = "overview") -> None:
        """Open a page of one asset."""
        self.open(f"/assets/hubspot/{name}?view={view}")

    def choose_partition(self, partition: str) -> None:
        """In the launch dialog, choose one partition."""
        self.page.get_by_text("Select a partition or create one").click()
        self.page.get_by_role("menuitem").filter(has_text=partition).click()
        # A click elsewhere closes the list.
        self.page.get_by_text("Launch runs to materialize").click()
        expect(self.page.get_by_placeholder("Filter partitions")).to_be_hidden()

    def write_config(self, text: str, documentation: str, picture: str) -> None:
        """In the launch dialog, write the run's config, and see that it is documented and accepted."""
        self.see(re.compile("^Config$")).click()
        self.press("Add config")
        self.page.locator(".CodeMirror, .cm-editor").filter(visible=True).first.click()
        self.page.keyboard.insert_text(text.strip())
        self.see(documentation)
        self.see("No errors")
        self.keep_picture(picture)
        self.press("Save config")

    def search_log(self, text: str) -> None:
        """In a run's log, leave only the lines with a text: a log shows no more lines than fit the window."""
        self.page.get_by_placeholder("Filter…").fill(text)

    def metadata(self, key: str) -> str:
        """The value of one row of the metadata table shown."""
        row = self.page.get_by_role("row").filter(has=self.page.get_by_text(key, exact=True)).filter(visible=True).first
        expect(row).to_be_visible()
        return row.inner_text().removeprefix(key).strip()


@contextmanager
def browser(url: str) -> Iterator[Browser]:
    """Open a window on a running Dagster's UI, in the Chromium that the system has."""
    executable = _chromium()
    PICTURES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        # Without a sandbox: in containers, tests run as root.
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        try:
            page = chromium.new_page(viewport=WINDOW)
            page.add_init_script(_FACETS)
            page.set_default_timeout(PATIENCE)
            try:
                yield Browser(page, url)
            except BaseException:
                page.screenshot(path=PICTURES / "failure.png")
                raise
        finally:
            chromium.close()


def _chromium() -> str:
    for name in ("chromium", "google-chrome"):
        if executable := shutil.which(name):
            return executable
    missing = "There is no Chromium here: install it, e.g. by `apt-get install chromium fonts-liberation`."
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
