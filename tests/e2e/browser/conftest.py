"""A browser, and what every page must keep to: no error, and readable by everybody."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DESK, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=375, height=800)


def find_browser() -> str | None:
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        missing = f"no browser: install one of {', '.join(BROWSERS)}"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        # Its sandbox needs rights that containers and root do not have; it sees our pages only.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Opens pages, and remembers what the browser complained about."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)

    def open(
        self, address: str, *, size: ViewportSize = DESK, dark: bool = False, offline: bool = False
    ) -> Page:
        page = self.browser.new_page(
            viewport=size,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            offline=offline,
        )
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.goto(address)
        return page


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """Give a visitor; fails the test if a page made the browser complain."""
    found = Visitor(chromium)
    yield found
    for context in chromium.contexts:
        context.close()
    assert found.complaints == []


def barriers(page: Page) -> list[str]:
    """Say what axe finds: the rule, and the first place that breaks it."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def assert_readable_everywhere(visitor: Visitor, address: str) -> None:
    """Check a page in light and dark, on a desk and on a phone."""
    for size in (DESK, PHONE):
        for dark in (False, True):
            page = visitor.open(address, size=size, dark=dark)
            assert barriers(page) == [], (address, size, dark)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size["width"], f"{address} scrolls sideways"
            page.context.close()
