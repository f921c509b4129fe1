"""Names and markup, made by chance."""

from __future__ import annotations

from random import Random

_GIVEN = (
    "Anna", "Ben", "Carla", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Luca", "Maja", "Nils",
    "Olga", "Pavel", "Rosa", "Samir", "Tania", "Ulf", "Vera", "Walter", "Yuki", "Zoe",
)  # fmt: skip
_ONSETS = ("b", "br", "d", "f", "g", "h", "k", "kl", "l", "m", "n", "p", "r", "s", "st", "t", "v", "w", "z")
_VOWELS = ("a", "e", "i", "o", "u", "ei", "au")
_CODAS = ("", "n", "r", "l", "s", "nd", "rt", "k", "m")
_ENDINGS = ("er", "mann", "sen", "ini", "ez", "ard", "ski", "ova", "berg", "ta")
_ELEMENTS = ("b", "i", "em", "strong", "code", "p", "li", "h2", "td", "span")
_FIELDS = ("name", "count", "user", "file", "title", "date", "total", "city")
_PATHS = ("help", "login", "docs/start", "images/logo.png", "search?q=1", "en/about", "v2/list")
_HOSTS = ("example.org", "www.example.com", "shop.example.net", "files.example.org")


def any_name(random: Random) -> list[str]:
    """The words of a name: a given name, a family name, or both. Family names are made up.

    >>> any_name(Random(4))
    ['Carla', 'Rormann']
    """
    shape = random.choices(("both", "given", "family", "initial"), (5, 2, 2, 1))[0]
    family = _family(random)
    if shape == "both":
        return [random.choice(_GIVEN), family]
    if shape == "initial":
        return [f"{random.choice(_GIVEN)[0]}.", family]
    return [random.choice(_GIVEN)] if shape == "given" else [family]


def any_markup(random: Random) -> str:
    """An element's tag, a placeholder, an entity or an address, as one word.

    >>> any_markup(Random(1))
    '%(count)s'
    """
    element, field = random.choice(_ELEMENTS), random.choice(_FIELDS)
    number = random.randrange(10)
    return random.choice(
        (
            f"<{element}>",
            f"</{element}>",
            "<br/>",
            f"{{{field}}}",
            f"{{{number}}}",
            f"${{{field}}}",
            f"%({field})s",
            random.choice(("%s", "%d", f"%{number + 1}$s", "%.2f")),
            random.choice(("&nbsp;", "&amp;", "&lt;", "&#8211;")),
            f"https://{random.choice(_HOSTS)}/{random.choice(_PATHS)}",
        )
    )


def around(random: Random) -> tuple[str, str]:
    """An element's two tags."""
    element = random.choice(_ELEMENTS)
    return f"<{element}>", f"</{element}>"


def _family(random: Random) -> str:
    syllables = "".join(
        random.choice(_ONSETS) + random.choice(_VOWELS) + random.choice(_CODAS) for _ in range(random.randint(1, 2))
    )
    return (syllables + random.choice(_ENDINGS)).capitalize()
