"""Chromium without a window: what a page comes to when it is laid out, and what it complains of."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
)

# Runs beside the page, in a page around it: the report itself has no script, and its own policy would forbid one.
MEASURE = """
const page = document.querySelector('iframe').contentDocument, view = page.defaultView;
const lightness = text => {
  const parts = text.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
};
const ground = element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = view.getComputedStyle(at).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour;
  }
  return 'rgb(255, 255, 255)';
};
let contrast = 21;
for (const element of page.body.querySelectorAll('*')) {
  if (![...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue;
  const both = [lightness(view.getComputedStyle(element).color), lightness(ground(element))].sort((a, b) => b - a);
  contrast = Math.min(contrast, (both[0] + 0.05) / (both[1] + 0.05));
}
const tables = [...page.querySelectorAll('.table')];
document.title = JSON.stringify({
  width: view.innerWidth,
  needed: page.documentElement.scrollWidth,
  scrolling: tables.filter(table => table.scrollWidth > table.clientWidth).length,
  pictures: [...page.images].every(image => image.complete && image.naturalWidth > 0),
  contrast,
});
"""


def chromium() -> str:
    """The browser; the test is skipped where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no {' or '.join(NAMES)} is installed: pages are looked at in headless Chromium")
    return found


def measured(page: str, width: int, folder: Path) -> dict[str, Any]:
    """Lay a page out in a window of some width, and measure it."""
    frame = f'<iframe style="border:0;width:{width}px;height:900px" srcdoc="{html.escape(page)}"></iframe>'
    around = folder / "around.html"
    around.write_text(f"<!DOCTYPE html>{frame}<script>onload = () => {{{MEASURE}}}</script>", encoding="utf-8")
    found = _run(folder, "--dump-dom", around.as_uri()).stdout
    return json.loads(html.unescape(re.findall(r"<title>(.*?)</title>", found)[0]))


def complaints(path: Path, folder: Path) -> list[str]:
    """What the console says while a page is opened: errors, and what its policy refused to load."""
    found = _run(folder, "--enable-logging=stderr", "--dump-dom", path.as_uri()).stderr
    return [line for line in found.splitlines() if "CONSOLE" in line]


def printed(path: Path, folder: Path) -> bytes:
    """A page as PDF."""
    target = folder / "printed.pdf"
    _run(folder, f"--print-to-pdf={target}", "--no-pdf-header-footer", path.as_uri())
    return target.read_bytes()


def _run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [chromium(), *FLAGS, f"--user-data-dir={folder / 'browser'}", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)
