"""Names from users in messages: what a terminal would obey or hide is shown as an escape."""

import unicodedata

# Control characters, invisible marks such as directions, bytes that are no UTF-8, unassigned ones, line ends.
ESCAPED = ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")
JOINERS = "\u200c\u200d"  # part of the spelling of Persian, of Indian languages and of emoji


def visible(text: str, allowed: str = "") -> str:
    r"""Return a text on one line whose every character is seen, for people; programs get names unchanged.

    Examples:
        >>> visible("Zoë [1]\n\x1b[31m\u202egpj.mkv \udcff")
        'Zoë [1]\\n\\x1b[31m\\u202egpj.mkv \\udcff'

    Args:
        text: such as a file name.
        allowed: characters that are kept although they are not seen, such as line ends.
    """
    return "".join(character if _is_seen(character, allowed) else _escape(character) for character in text)


def visible_lines(text: str) -> str:
    """Return a message of several lines as `visible` does; its line ends and tabs are kept."""
    return visible(text, allowed="\n\t")


def _is_seen(character: str, allowed: str) -> bool:
    return (
        character.isprintable()
        or character in JOINERS
        or character in allowed
        or unicodedata.category(character) not in ESCAPED
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
