"""Translations of programs in the layouts that programs use."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from dragoman.data.chunk import Entry, Pair, Skip
from dragoman.data.formats.catalogue import read_catalogue
from dragoman.errors import InputError


def tree(root: Path, files: dict[str, object]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return root


def pairs(path: Path, source: str = "en", target: str = "de") -> list[tuple[str, str]]:
    return [(entry.source, entry.target) for entry in read_catalogue(path, source, target) if isinstance(entry, Pair)]


def skips(entries: list[Entry]) -> list[Skip]:
    return [entry for entry in entries if isinstance(entry, Skip)]


def fault(path: Path, source: str = "en", target: str = "de") -> InputError:
    with pytest.raises(InputError) as caught:
        list(read_catalogue(path, source, target))
    return caught.value


LAYOUTS = [
    ("translations/en.json", "translations/de.json"),
    ("locales/en/common.json", "locales/de/common.json"),
    ("locales/en/en.json", "locales/de/de.json"),
    ("translations/sensor.en.json", "translations/sensor.de.json"),
    ("messages_en.json", "messages_de.json"),
    ("app_en.arb", "app_de.arb"),
    ("en-US.json", "de-DE.json"),
    ("messages_en_US.json", "messages_de_DE.json"),
    ("en.messages.json", "de.messages.json"),
    ("is/app/in/en.json", "is/app/in/de.json"),
]


@pytest.mark.parametrize(("source", "target"), LAYOUTS)
def test_layouts_of_json(source: str, target: str, tmp_path: Path) -> None:
    others = {
        source.replace("en", "fr", 1).replace("/en.", "/fr."): {"a": "Ouvrir"},
        "package.json": {"a": "no translation"},
        "is/de.txt": "x",
    }
    root = tree(tmp_path, {source: {"a": "Open", "n": 1}, target: {"a": "Öffnen", "n": 1}, **others})
    assert list(read_catalogue(root, "en", "de")) == [Pair("Open", "Öffnen", str(root / target), 1)]


def test_keys_of_one_side_and_empty_texts_are_skipped_with_their_place(tmp_path: Path) -> None:
    source = '{"a": {"x": "A"},\n"empty": "E",\n"gone": "G",\n"void": ""}'
    target = '{"new": "N",\n\n"void": "V", "empty": "", "a": {\n"x": "Ä"}}'
    root = tree(tmp_path, {"en.json": source, "de.json": target})
    en, de = str(root / "en.json"), str(root / "de.json")
    assert list(read_catalogue(root, "en", "de")) == [
        Pair("A", "Ä", de, 4),
        Skip("untranslated", "E", "", de, 3),
        Skip("untranslated", "G", "", en, 3),
        Skip("untranslated", "", "V", de, 3),
        Skip("no source", "", "N", de, 1),
    ]


def test_an_archive_gives_what_its_folder_gives(tmp_path: Path) -> None:
    files = {"p/de.json": {"a": "Ä"}, "p/en.json": {"a": "A"}, "q/de.json": {"b": "Ö"}, "q/en.json": {"b": "O"}}
    path = tmp_path / "x.whl"
    with zipfile.ZipFile(path, "w") as stream:
        for name, content in files.items():
            stream.writestr(name, json.dumps(content))
    assert [entry.file for entry in read_catalogue(path, "en", "de")] == [f"{path}!/p/de.json", f"{path}!/q/de.json"]
    assert pairs(path) == pairs(tree(tmp_path / "folder", files)) == [("A", "Ä"), ("O", "Ö")]


@pytest.mark.parametrize(
    ("codes", "wanted", "chosen"),
    [
        (["zh-Hans", "zh-Hant"], "zh", "zh-Hans"),
        (["zh_TW", "zh_CN"], "zh-CN", "zh_CN"),
        (["pt_PT", "pt_BR"], "pt", "pt_BR"),
        (["pt-PT", "pt_br"], "pt-BR", "pt_br"),
        (["es", "es-419"], "es-419", "es-419"),
        (["sr", "sr-Latn"], "sr-Latn", "sr-Latn"),
    ],
)
def test_the_closest_code_is_taken(codes: list[str], wanted: str, chosen: str, tmp_path: Path) -> None:
    for number, pattern in enumerate(("app_{}.json", "{}/x.json", "{}.json")):
        root = tree(tmp_path / str(number), {pattern.format(code): {"a": code} for code in [*codes, "en"]})
        assert pairs(root, "en", wanted) == [("en", chosen)]


def test_a_region_is_no_language(tmp_path: Path) -> None:
    # BR by itself is Breton, and PT Portuguese.
    root = tree(tmp_path, {f"m_{code}.json": {"a": code} for code in ("en", "pt_BR", "pt_PT", "br")})
    assert pairs(root, "en", "br") == [("en", "br")]
    (root / "m_br.json").unlink()
    assert "pt_BR (1)" in fault(root, "en", "br").what


HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def po(*messages: tuple[str, str]) -> str:
    return HEAD + "\n".join(f'msgid "{source}"\nmsgstr "{target}"\n' for source, target in messages)


@pytest.mark.parametrize("name", ["locale/de/LC_MESSAGES/plone.po", "po/de.po", "de/de.po", "x-de_DE.po"])
def test_gettext_needs_no_file_of_the_source_language(name: str, tmp_path: Path) -> None:
    root = tree(tmp_path, {name: po(("Open", "Öffnen"), ("Later", ""))})
    assert list(read_catalogue(root, "en", "de")) == [
        Pair("Open", "Öffnen", str(root / name), 4),
        Skip("untranslated", "Later", "", str(root / name), 7),
    ]


def test_the_source_language_has_the_first_word_then_the_msgid_then_the_default(tmp_path: Path) -> None:
    german = po(("label_edit", "Bearbeiten"), ("Loading...", "Lädt"), ("Colour", "Farbe"), ("msg.none", "Nichts"))
    german += '\n#. Default: "Save it"\nmsgid "label_save"\nmsgstr "Sichern"\n#, fuzzy\nmsgid "x"\nmsgstr "y"\n'
    german += '#~ msgid "o"\n#~ msgstr "p"\n'
    english = po(("label_edit", "Edit"), ("Colour", "Color"), ("label_save", ""))
    english += '\n#, fuzzy\nmsgid "Loading..."\nmsgstr "wrong"\n'
    root = tree(tmp_path, {"de/a.po": german, "en/a.po": english})
    entries = list(read_catalogue(root, "en", "de"))
    assert pairs(root) == [("Edit", "Bearbeiten"), ("Loading...", "Lädt"), ("Color", "Farbe"), ("Save it", "Sichern")]
    assert [(skip.reason, skip.target) for skip in skips(entries)] == [
        ("no source", "Nichts"),
        ("fuzzy", "y"),
        ("obsolete", "p"),
    ]


def test_an_english_msgid_is_no_french_source(tmp_path: Path) -> None:
    root = tree(
        tmp_path, {"de.po": po(("Open", "Öffnen"), ("Shut", "Zu")), "fr.po": po(("Open", "Ouvrir"), ("Shut", ""))}
    )
    assert pairs(root, "fr") == [("Ouvrir", "Öffnen")]
    assert [skip.reason for skip in skips(list(read_catalogue(root, "fr", "de")))] == ["no source"]


def test_plural_forms_of_both_sides(tmp_path: Path) -> None:
    message = '\nmsgid "{}"\nmsgid_plural "{}"\nmsgstr[0] "{}"\nmsgstr[1] "{}"\n'
    polish = HEAD + message.format("file_one", "file_other", "plik", "pliki") + 'msgstr[2] "plików"\n'
    root = tree(tmp_path, {"pl.po": polish, "en.po": HEAD + message.format("file_one", "file_other", "file", "files")})
    assert pairs(root, "en", "pl") == [("file", "plik"), ("files", "pliki"), ("files", "plików")]


def test_plural_forms_of_two_rich_languages(tmp_path: Path) -> None:
    message = 'msgid "n"\nmsgid_plural "ns"\n' + "".join(f'msgstr[{place}] "{{}}"\n' for place in range(3))
    polish, russian = message.format("plik", "pliki", "plików"), message.format("файл", "файла", "файлов")
    root = tree(tmp_path, {"pl.po": HEAD + polish, "ru.po": HEAD + russian})
    assert pairs(root, "pl", "ru") == [("plik", "файл"), ("pliki", "файла"), ("plików", "файлов")]


def test_descriptions_for_developers_are_no_texts(tmp_path: Path) -> None:
    english = {
        "name": {"message": "Block", "description": "the name"},
        "x": {"message": "Hi $WHO$", "placeholders": {}},
    }
    german = {"name": {"message": "Sperren", "description": "der Name"}, "x": {"message": "Hallo $WHO$"}}
    root = tree(tmp_path, {"_locales/en/messages.json": english, "_locales/de/messages.json": german})
    assert pairs(root) == [("Block", "Sperren"), ("Hi $WHO$", "Hallo $WHO$")]


def test_another_region_or_variant_is_remarked(tmp_path: Path) -> None:
    def remarks(files: dict[str, object], target: str) -> list[str]:
        said: list[str] = []
        list(read_catalogue(tree(tmp_path / target, files), "en", target, said.append))
        return said

    files = {f"{code}.json": {"a": code} for code in ("en", "pt_PT", "ca", "nb")}
    assert remarks(files, "pt-BR") == ["pt-BR: there is nothing in pt-BR itself; pt_PT is taken for it"]
    assert remarks(files, "ca@valencia") == ["ca@valencia: there is nothing in ca@valencia itself; ca is taken for it"]
    assert remarks(files, "no") == []


def test_keys_are_told_by_all_files_of_a_catalogue(tmp_path: Path) -> None:
    keys = "".join(
        f'\n#. Default: "{text}"\nmsgid "{key}"\nmsgstr "{text} auf Deutsch"\n'
        for key, text in (("label_a", "A"), ("7days", "Seven days"), ("7days_events", "Seven"), ("b.b", "B"))
    )
    widgets = po(("review_state", "Status"), ("Open", "Öffnen"), ("Shut", "Zu"))
    root = tree(tmp_path, {"de/plone.po": HEAD + keys, "de/widgets.po": widgets})
    assert [source for source, _ in pairs(root)] == ["A", "7days", "Seven", "B", "Open", "Shut"]
    (root / "de/plone.po").unlink()
    assert [source for source, _ in pairs(root)] == ["review_state", "Open", "Shut"]


def test_the_region_in_a_name_is_no_language(tmp_path: Path) -> None:
    # CA by itself is Catalan, and NO Norwegian.
    files = {f"po/app-{code}.po": po(("Open", code)) for code in ("en_CA", "ca", "nn_NO", "nb_NO")}
    root = tree(tmp_path, {**files, "po/en_CA.po": po(("Shut", "en_CA"))})
    assert pairs(root, "en", "ca") == [("Open", "ca")]
    assert pairs(root, "en", "no") == [("Open", "nb_NO")]
    # Nor is the language in front of a region the language by itself: Taiwan writes another script.
    names = ("zh_CN", "zh_TW", "ru_RU", "ru_UA")
    root = tree(tmp_path / "x", {f"{code}.po": po(("Open", code)) for code in names})
    assert pairs(root, "en", "zh-CN") == [("Open", "zh_CN")]
    assert pairs(root, "en", "ru") == [("Open", "ru_RU")]


def test_below_lc_messages_only_the_folder_above_is_a_language(tmp_path: Path) -> None:
    root = tree(tmp_path, {f"de/LC_MESSAGES/{name}.po": po((name, name)) for name in ("sc", "sm", "for")})
    assert len(pairs(root, "en", "de")) == 3
    assert fault(root, "en", "sc").what.endswith("de (3)")


def test_english_texts_come_before_those_of_another_region(tmp_path: Path) -> None:
    files = {"de.po": po(("Color", "Farbe")), "en_GB.po": po(("Color", "Colour"))}
    assert pairs(tree(tmp_path, files)) == [("Color", "Farbe")]
    assert pairs(tmp_path, "en-GB") == [("Colour", "Farbe")]
    keys = {"de.po": po(("a.color", "Farbe")), "en_GB.po": po(("a.color", "Colour"))}
    assert pairs(tree(tmp_path, keys)) == [("Colour", "Farbe")]


def test_gettext_files_without_a_language_in_their_path_have_it_in_their_header(tmp_path: Path) -> None:
    german = po(("Open", "Öffnen")).replace("charset=UTF-8", "charset=UTF-8\\nLanguage: de")
    root = tree(tmp_path / "locales", {"app.po": german, "lib.po": german.replace("Language: de", "Language: fr")})
    assert pairs(root) == [("Open", "Öffnen")]
    plain = tree(tmp_path / "share" / "de" / "LC_MESSAGES", {"app.po": po(("Shut", "Zu"))})
    assert pairs(plain) == [("Shut", "Zu")]


def test_words_for_folders_are_not_listed_as_languages(tmp_path: Path) -> None:
    names = ("src/app/x", "doc/app/x", "src/lib/x")
    root = tree(tmp_path, {f"{name}.json": {"a": "b"} for name in names})
    assert fault(root).what.endswith(": none")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("memories/a.tmx", "--corpus '"), ("a.yml", "XLIFF, TMX"), ("a.dat", "one file for each language")],
)
def test_a_folder_of_other_files_says_what_they_are(name: str, remedy: str, tmp_path: Path) -> None:
    error = fault(tree(tmp_path, {name: "x"}))
    assert remedy in (error.remedy or "")
    assert Path(name).suffix in (error.cause or "")


def test_contexts_keep_messages_apart(tmp_path: Path) -> None:
    message = '\nmsgctxt "{}"\nmsgid "k_k"\nmsgstr "{}"\n'
    root = tree(
        tmp_path,
        {
            "de.po": HEAD + message.format("verb", "öffnen") + message.format("state", "offen"),
            "en.po": HEAD + message.format("state", "is open") + message.format("verb", "to open"),
        },
    )
    assert pairs(root) == [("to open", "öffnen"), ("is open", "offen")]


def test_mo_files_are_read_where_there_is_no_po(tmp_path: Path) -> None:
    catalog = Catalog(charset="utf-8", fuzzy=False)
    catalog.add("Open", "aus MO")
    stream = io.BytesIO()
    write_mo(stream, catalog)
    root = tree(tmp_path, {"de/a.mo": stream.getvalue()})
    assert pairs(root) == [("Open", "aus MO")]
    tree(root, {"de/a.po": po(("Open", "aus PO"))})
    assert pairs(root) == [("Open", "aus PO")]


def test_a_language_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    files = {f"app/is/{part}/{code}.json": {"a": code} for part in ("x", "y") for code in ("en", "fr", "pt-BR")}
    root = tree(tmp_path, {**files, "app/is/x/it.json": {"a": "it"}})
    error = fault(root)
    assert error.what.endswith("en (2), fr (2), pt-BR (2), it (1)")
    assert error.file == root
    assert error.what.split(";")[1] == fault(root, "de", "en").what.split(";")[1]
    assert "none" in fault(tree(tmp_path / "empty", {"readme.txt": "x"})).what
    assert "no files of en and en" in fault(root, "en", "en").what


def test_keys_that_never_match_are_shown(tmp_path: Path) -> None:
    root = tree(tmp_path, {"en.json": {"a": {"b": "Open"}}, "de.json": {"Open": "Öffnen"}})
    assert "`a.b`, de `Open`" in fault(root).what
    tree(root, {"de.json": {}})
    assert "de no key at all" in fault(root).what


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("de.json", b'{"a":\n"\xe4"}', 2),
        ("de.json", b"{\n\n,}", 3),
        ("de.po", b'msgid "a"\nmsgstr b', 2),
        ("de.mo", b"x", None),
    ],
)
def test_a_file_that_cannot_be_parsed_is_named(name: str, content: bytes, line: int | None, tmp_path: Path) -> None:
    english = {"en.json": {"a": "A"}} if name.endswith("json") else {}
    error = fault(tree(tmp_path, {name: content, **english}))
    assert (error.file, error.line) == (tmp_path / name, line)


def test_a_single_file_is_listed_with_its_language(tmp_path: Path) -> None:
    assert fault(tree(tmp_path, {"po/de.po": po(("Open", "Öffnen"))}), "en", "fr").what.endswith("de (1)")
