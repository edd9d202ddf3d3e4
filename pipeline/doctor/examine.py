"""All sections of `msn doctor`. One that fails is reported, and the others go on."""

import importlib
from concurrent.futures import ThreadPoolExecutor

from pipeline.doctor.check import Check, Section, Verdict

# Modules of this folder, in the order of the report. They are imported one by one, by name: a library that is broken
# breaks the section that needs it and no other.
SECTIONS = ("versions", "imports", "machine", "storage", "programs", "variables", "checkout")


def examine() -> list[Section]:
    """Return all sections, which are made at the same time: most of it is waiting for other processes."""
    with ThreadPoolExecutor(len(SECTIONS)) as executor:
        return list(executor.map(_examine_section, SECTIONS))


def _examine_section(name: str) -> Section:
    try:
        section: Section = importlib.import_module(f"pipeline.doctor.{name}").examine()
        return section
    except Exception as error:  # whatever is broken here is what the report is for
        # Not the message, which may hold a path.
        module = f" ({error.name})" if isinstance(error, ModuleNotFoundError) else ""
        finding = f"could not be examined: {type(error).__name__}{module}"
        remedy = "install the package again; if that does not help, report this as a bug"
        return Section(name.capitalize(), {}, [Check(name, Verdict.PROBLEM, finding, remedy)])
