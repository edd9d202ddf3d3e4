"""Pictures of HTML pages, taken with the system's Chromium."""

import re
from importlib import import_module
from pathlib import Path

from playwright.sync_api import Page, Route, sync_playwright

from documentation.chromium import NAMES, find_chromium
from documentation.gallery_entries import Screenshot

SETTLE = 1500  # milliseconds until charts are drawn


def take_screenshot(screenshot: Screenshot, target: Path) -> None:
    """Write a picture of the page, or of one element of it, as a PNG file.

    Raises:
        FileNotFoundError: if there is no Chromium.
        ValueError: if the page has no such element.
    """
    browser_path = find_chromium()
    if browser_path is None:
        raise FileNotFoundError(f"none of {', '.join(NAMES)} is installed; pages are pictured with it")
    width, height = screenshot.window
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        # A narrow window is a phone's, which has more pixels to the point.
        scale = 2 if width < 600 else 1
        page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=scale)
        scripts = _chart_scripts()
        if scripts:
            page.route(re.compile("^https:"), lambda route: _answer(route, scripts))
        page.goto(Path(screenshot.source).resolve().as_uri())
        page.wait_for_timeout(SETTLE)
        _picture(page, screenshot, target)
        browser.close()


def _picture(page: Page, screenshot: Screenshot, target: Path) -> None:
    if not screenshot.anchor:
        page.screenshot(path=target, type="png")
        return
    element = page.query_selector(screenshot.anchor)
    if element is None:
        raise ValueError(f"{screenshot.source} has no element {screenshot.anchor}")
    if screenshot.alone:
        element.screenshot(path=target, type="png")
        return
    element.evaluate("element => element.scrollIntoView({block: 'start', behavior: 'instant'})")
    page.screenshot(path=target, type="png")


def _chart_scripts() -> str:
    """Return the scripts that draw charts, in one; empty if the package that holds them is not installed."""
    try:
        return str(import_module("vl_convert").javascript_bundle())
    except ImportError:
        return ""


def _answer(route: Route, scripts: str) -> None:
    """Answer the page's request for one of its three scripts: the last one holds all."""
    holds_all = "vega-embed" in route.request.url
    route.fulfill(content_type="text/javascript; charset=utf-8", body=scripts if holds_all else "")
