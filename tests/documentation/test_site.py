"""The built site in headless Chromium: layout, console, requests, two sizes of window, keyboard, light and dark."""

import functools
import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, Response, sync_playwright

from tests.documentation.pages import ROOT, build_site
from tests.pipeline.report.browser import chromium

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
DOCS = ROOT / "docs"
PAGES = sorted(str(path.relative_to(DOCS).with_suffix(".html")) for path in DOCS.rglob("*.md"))
WRITTEN = [page for page in PAGES if not page.startswith("reference/api/")]

# The luminance of a colour and the contrast of two: WCAG 2.1, "relative luminance" and "contrast ratio".
CONTRAST = """
() => {
  const context = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const luminance = colour => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const parts = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ground = luminance(getComputedStyle(document.body).backgroundColor);
  const ratio = element => {
    const text = luminance(getComputedStyle(element).color);
    return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
  };
  return {ground, contrast: Math.min(...[...document.querySelectorAll('article p, article h1, article a')].map(ratio))};
}
"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Write no line for each request."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the built site, served on this machine."""
    root = build_site(tmp_path_factory.mktemp("site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.mark.parametrize(("size", "pages"), [(DESKTOP, WRITTEN), (PHONE, PAGES)], ids=["desktop", "phone"])
def test_pages_load_whole_and_fit(site: str, browser: Browser, size: dict[str, int], pages: list[str]) -> None:
    """No message in the console, nothing from outside, no picture lost, and nothing wider than the window."""
    page = browser.new_page(viewport=size)  # type: ignore[arg-type]
    faults: list[str] = []

    def check_request(request: Request) -> None:
        if not request.url.startswith(site):
            faults.append(f"{page.url} asks for {request.url}")

    def check_response(response: Response) -> None:
        if response.status >= 400:
            faults.append(f"{response.url}: {response.status}")

    page.on("console", lambda message: faults.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("request", check_request)
    page.on("response", check_response)
    for name in pages:
        page.goto(f"{site}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)"), name
        assert page.locator("h1").count() == 1, name
    page.close()
    assert faults == []


def _tab_to(page: Page, condition: str) -> None:
    """Press Tab until a condition in JavaScript holds for the element with the focus, `at`."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"(at => {condition})(document.activeElement)"):
            return
    pytest.fail(f"Tab does not reach an element with {condition}")


def test_by_keyboard(site: str, browser: Browser) -> None:
    """The text is one key away, and a page is found and opened, without a mouse."""
    page = browser.new_page(viewport=DESKTOP)  # type: ignore[arg-type]
    page.goto(f"{site}/reference/parameters.html")
    _tab_to(page, "at.textContent.trim() === 'Skip to content'")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('article') !== null")
    page.goto(f"{site}/index.html")
    _tab_to(page, "at.textContent.trim() === 'Tutorials'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tutorials/first-run.html")
    page.wait_for_load_state("networkidle")  # the search is ready
    page.keyboard.press("Control+k")
    page.locator("input[placeholder=Search]").wait_for()
    page.keyboard.type("subject_folds")
    page.locator("a[href*='h=subject_folds']").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**h=subject_folds**")
    page.close()


@pytest.mark.parametrize("name", ["index.html", "gallery/index.html", "reference/commands.html"])
def test_colours(site: str, browser: Browser, name: str) -> None:
    """The system's mode is followed, and text is told from its ground: WCAG 2.1 asks for 4.5."""
    grounds = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(viewport=DESKTOP, color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(f"{site}/{name}")
        measured = page.evaluate(CONTRAST)
        assert measured["contrast"] >= 4.5, scheme
        grounds[scheme] = measured["ground"]
        page.close()
    assert grounds["light"] > 0.8
    assert grounds["dark"] < 0.1


def test_the_mode_is_chosen_by_keyboard(site: str, browser: Browser) -> None:
    page = browser.new_page(viewport=DESKTOP, color_scheme="light")  # type: ignore[arg-type]
    page.goto(f"{site}/index.html")
    assert page.evaluate(CONTRAST)["ground"] > 0.8
    _tab_to(page, "at.name === '__palette'")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        if page.evaluate("document.body.getAttribute('data-md-color-scheme')") == "slate":
            break
    assert page.evaluate(CONTRAST)["ground"] < 0.1
    page.close()
