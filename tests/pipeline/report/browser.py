"""Headless Chromium: measurements of the layout of a page, and the messages of its console."""

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from documentation.chromium import NAMES, find_chromium

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
)

# Runs in a page that shows the report in a frame: the report itself has no script, and its policy would forbid one.
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
    """Return the path of the browser; skip the test if there is none."""
    browser = find_chromium()
    if browser is None:
        pytest.skip(f"no {' or '.join(NAMES)} is installed: pages are checked in headless Chromium")
    return browser


def measure_layout(page: str, width: int, folder: Path) -> dict[str, Any]:
    """Lay out a page in a window of `width` pixels, and return its measurements."""
    frame = f'<iframe style="border:0;width:{width}px;height:900px" srcdoc="{html.escape(page)}"></iframe>'
    outer = folder / "outer.html"
    outer.write_text(f"<!DOCTYPE html>{frame}<script>onload = () => {{{MEASURE}}}</script>", encoding="utf-8")
    output = _run(folder, "--dump-dom", outer.as_uri()).stdout
    return json.loads(html.unescape(re.findall(r"<title>(.*?)</title>", output)[0]))


def console_messages(path: Path, folder: Path) -> list[str]:
    """Return the messages of the console while a page loads: errors, and requests that its policy refuses."""
    log = _run(folder, "--enable-logging=stderr", "--dump-dom", path.as_uri()).stderr
    return [line for line in log.splitlines() if "CONSOLE" in line]


def print_to_pdf(path: Path, folder: Path) -> bytes:
    """Return a page as PDF."""
    target = folder / "printed.pdf"
    _run(folder, f"--print-to-pdf={target}", "--no-pdf-header-footer", path.as_uri())
    return target.read_bytes()


def _run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [chromium(), *FLAGS, f"--user-data-dir={folder / 'browser'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)
