"""The report of `msn doctor` as text, which is Markdown too, and as JSON."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pipeline.doctor.check import Check, Fact, Section, Verdict
from pipeline.runtime.visible import visible

FORMAT = 1  # of the JSON; grows when a key changes its meaning


def count_verdicts(sections: Sequence[Section]) -> dict[str, int]:
    """Return the number of checks with each verdict."""
    counts = Counter(check.verdict for section in sections for check in section.checks)
    return {verdict.value: counts[verdict] for verdict in Verdict}


def to_text(sections: Sequence[Section]) -> str:
    """Return the report as Markdown that reads as text: what is wrong first, then what passed, then the facts."""
    counts = count_verdicts(sections)
    lines = [
        "## msn doctor",
        "",
        f"Problems: {counts['problem']}. Warnings: {counts['warning']}. Passed: {counts['ok']}.",
        "This text holds no name of a person, a machine, a folder or a file of yours.",
        "",
        "### Checks",
        *_check_lines([check for section in sections for check in section.checks]),
    ]
    for section in sections:
        if section.facts:
            lines += ["", f"### {section.title}", *(_fact_line(name, fact) for name, fact in section.facts.items())]
    return "\n".join(lines)


def to_json(sections: Sequence[Section]) -> str:
    """Return the report as one JSON object: format, verdicts, checks, and the facts by section."""
    checks = [
        {"name": check.name, "verdict": check.verdict.value, "finding": check.finding, "remedy": check.remedy}
        for section in sections
        for check in section.checks
    ]
    facts = {section.title: dict(section.facts) for section in sections}
    return json.dumps(
        {"format": FORMAT, "verdicts": count_verdicts(sections), "checks": checks, "facts": facts}, indent=2
    )


def _check_lines(checks: Sequence[Check]) -> Iterator[str]:
    for verdict in reversed(Verdict):  # problems first
        for check in checks:
            if check.verdict is verdict:
                mark = verdict.value if verdict is Verdict.OK else f"**{verdict.value}**"
                remedy = f". To do: {check.remedy}" if check.remedy else ""
                yield visible(f"- {mark}: {check.name}: {check.finding}{remedy}")


def _fact_line(name: str, fact: Fact) -> str:
    if isinstance(fact, Mapping):
        fact = ", ".join(f"{key} {value}" for key, value in fact.items())
    elif fact is None:
        fact = "not known"
    elif isinstance(fact, bool):
        fact = "yes" if fact else "no"
    return visible(f"- {name}: {fact}")
