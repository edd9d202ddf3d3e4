"""Write the pages of the documentation that are made from the code: `python -m documentation`, part of `make docs`."""

from pathlib import Path

from documentation.made_pages import made_pages
from pipeline.runtime.atomic import write_text_atomically

if __name__ == "__main__":
    pages = made_pages()
    for stale in set(Path("docs/reference/api").glob("*.md")) - pages.keys():
        stale.unlink()
    for path, text in pages.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            write_text_atomically(path, text)
            print(f"written: {path}")
