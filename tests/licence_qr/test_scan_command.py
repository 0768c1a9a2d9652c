import io
import json
import os
import zlib
from datetime import datetime
from functools import cache
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from typer.testing import CliRunner

from api.cli import app
from licence_qr import pdf_pages, picture_reader, qr
from licence_qr.errors import PictureError
from licence_qr.picture_errors import FAULTS, UnreadablePictureError, fault_sentence
from licence_qr.picture_reader import codes_in, read_picture
from licence_qr.picture_sources import MissingSourceError, codes_of, sources_of
from licence_qr.scan_folder import PASSED_OVER, passed_over_sentence
from tests.licence_qr.forge import with_claims, with_digest
from tests.licence_qr.specimens import AT, FOREIGN_KEY, PAGE, SHOP, TRUST, licence, status_token

LINK = licence().link(PAGE)
PNG = qr.png(qr.matrix_of(LINK))
SVG = qr.svg(qr.matrix_of(LINK), side_mm=40)


class Clock:
    """Stands for `datetime` in the command: it is three days after the specimens were issued."""

    @staticmethod
    def now(zone):
        return datetime.fromtimestamp(AT, zone)


@pytest.fixture
def scan(tmp_path, monkeypatch):
    monkeypatch.setattr("api.cli_scan.datetime", Clock)
    (tmp_path / "jwks.json").write_text(json.dumps(TRUST.to_jwks()))
    (tmp_path / "status.jwt").write_text(status_token())

    def run(*arguments, status=True, **options):
        words = ["scan", *map(str, arguments), "--jwks", str(tmp_path / "jwks.json")]
        words += ["--status", str(tmp_path / "status.jwt")] if status else []
        return CliRunner().invoke(app, words, **options)

    return run


def jpeg(**options) -> bytes:
    made = io.BytesIO()
    qr.raster(qr.matrix_of(LINK), 5).convert("L").save(made, "JPEG", **options)
    return made.getvalue()


@cache
def pdf(*links: str) -> bytes:
    """A PDF as an office program makes it: every page a picture, an empty page at the end."""
    pages = [Image.open(io.BytesIO(qr.png(qr.matrix_of(link)))).convert("RGB") for link in links]
    made = io.BytesIO()
    blank = Image.new("RGB", (600, 600), "white")
    pages[0].save(made, "PDF", save_all=True, append_images=[*pages[1:], blank], resolution=300)
    return made.getvalue()


def objects(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", PNG),
        ("a.jpg", jpeg(quality=70)),
        ("a.svg", SVG.encode()),
        ("a.pdf", pdf(LINK)),
        ("a.txt", LINK.encode()),
    ],
)
def test_every_kind_of_file_gets_the_same_answer(scan, tmp_path, name, content):
    file = tmp_path / name
    file.write_bytes(content)
    done = scan(file, "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["verdict"], found["reason"]) == (0, "valid", "current")
    assert found["source"] == str(file)
    assert found.get("page") == (1 if name == "a.pdf" else None)


@pytest.mark.parametrize(
    "given", [PNG, LINK.encode(), licence().jws.encode(), pdf(LINK)], ids=["png", "link", "jws", "pdf"]
)
def test_standard_input_may_be_a_picture_or_a_text(scan, given):
    done = scan("-", "--json", input=given)
    assert (done.exit_code, json.loads(done.stdout)["verdict"]) == (0, "valid")


def test_the_exit_code_tells_valid_from_not_valid_from_cannot_say(scan, tmp_path):
    revoked = tmp_path / "revoked.jwt"
    revoked.write_text(status_token({7: 1}))
    assert scan(LINK).exit_code == 0
    assert scan(LINK, "--status", revoked, status=False).exit_code == 1
    assert scan(LINK, status=False).exit_code == 3
    assert scan("nonsense").exit_code == 3
    assert scan("nowhere.png").exit_code == 2
    assert scan().exit_code == 2
    tampered = licence().jws[:-8] + "AAAAAAAA"
    assert scan(tampered).exit_code == 1
    assert scan(LINK, tampered, "nonsense").exit_code == 1, "one that is not valid outweighs one that cannot be said"


def test_a_folder_is_a_batch_of_one_object_a_line_and_a_bad_file_does_not_end_it(scan, tmp_path):
    folder = tmp_path / "wall"
    (folder / "deep").mkdir(parents=True)
    (folder / "1.png").write_bytes(PNG)
    (folder / "2-cut.png").write_bytes(PNG[:-300])
    (folder / "3.txt").write_text(f"{LINK}\n\n{licence(key=FOREIGN_KEY).link(PAGE)}\n")
    (folder / "deep" / "4.svg").write_text(SVG)
    (folder / "notes.md").write_text("passed over")
    (folder / ".hidden.png").write_bytes(b"passed over")
    done = scan(folder, "--json")
    told = [
        (one["source"].rpartition("wall/")[2], one.get("line"), one["verdict"], one.get("fault"))
        for one in objects(done)[:-1]
    ]
    over = [(one["source"].rpartition("wall/")[2], one["why"]) for one in objects(done)[-1]["passed_over"]]
    assert over == [(".hidden.png", "hidden"), ("notes.md", "another_kind")]
    assert told == [
        ("1.png", None, "valid", None),
        ("2-cut.png", None, "cannot_say", "truncated"),
        ("3.txt", 1, "valid", None),
        ("3.txt", 3, "cannot_say", None),
        ("deep/4.svg", None, "valid", None),
    ]
    assert done.exit_code == 3
    shown = scan(folder).stdout
    assert "有效 3" in shown
    assert "文件不完整" in shown
    assert "未扫描 2" in shown
    assert "notes.md：不是图片、文本或下载文件" in " ".join(shown.split())
    english = scan(folder, "--language", "en").stdout
    assert "The file was cut short" in english
    assert "not scanned 2" in english


def test_nothing_of_a_folder_is_left_out_silently(scan, tmp_path):
    folder = tmp_path / ".cache" / "wall"  # a folder that is named is scanned, wherever it lies
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "x.png").write_bytes(PNG)
    (folder / "a.png").write_bytes(PNG)
    (folder / "b.jws").write_text(licence().jws)
    (folder / "c.JWT").write_text(licence().jws)
    (folder / "d.webp").write_bytes(b"RIFF\x00\x00\x00\x00WEBPVP8 ")
    (folder / "e.heic").write_bytes(b"\x00\x00\x00\x18ftypheic")
    (folder / "f.heic").write_bytes(PNG)  # renamed, and read all the same
    (folder / "holder.json").write_text('{"format":"dc+sd-jwt","credential":"x"}')
    (folder / "package.json").write_text('{"name":"x"}')
    os.mkfifo(folder / "pipe.png")
    (folder / "lost.png").symlink_to(folder / "nowhere.png")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "g.png").symlink_to(folder / "a.png")
    *told, over = objects(scan(folder, "--json"))
    assert [(Path(one["source"]).name, one["verdict"], one.get("fault")) for one in told] == [
        ("a.png", "valid", None),
        ("b.jws", "valid", None),
        ("c.JWT", "valid", None),
        ("d.webp", "cannot_say", "not_a_picture"),
        ("e.heic", "cannot_say", "not_a_picture"),
        ("f.heic", "valid", None),
        ("g.png", "valid", None),
        ("holder.json", "cannot_say", None),
    ]
    assert "save it as PNG or JPEG" in told[3]["detail"]
    assert {Path(one["source"]).name: one["why"] for one in over["passed_over"]} == {
        ".git": "hidden", "linked": "linked_folder", "lost.png": "dangling_link", "package.json": "no_download", "pipe.png": "no_file",
    }  # fmt: skip
    for language in ("zh", "en"):
        assert all(passed_over_sentence(why, language) for why in PASSED_OVER)
    for one in folder.iterdir():
        if one.name not in {".git", "package.json"}:
            one.unlink()
    refused = scan(folder)
    assert refused.exit_code == 2
    assert "passed over" in " ".join(refused.stderr.split())


def test_a_licence_that_stands_ends_with_0_and_its_barred_permits_are_counted(scan, tmp_path):
    suspended = tmp_path / "suspended.jwt"
    suspended.write_text(status_token({101: 2}))
    done = scan(LINK, "--status", suspended, "--json", status=False)
    assert (done.exit_code, json.loads(done.stdout)["barred"]) == (0, 1)
    assert json.loads(done.stdout)["permits_left_out"] == 0
    told = "".join(scan("--help").stdout.replace("│", "").split())
    assert "alicencethatstandsendswith0alsowhensomeofitspermitsaresuspended" in told


def test_one_line_a_code_tells_of_permits_that_are_left_out(scan, tmp_path):
    file = tmp_path / "two.txt"
    short = with_claims(lambda claims: with_digest({**claims, "permits": claims["permits"][:1]}, claims["permits"]))
    file.write_text(f"{LINK}\n{short.compact}\n")
    done = scan(file)
    first, second, _ = done.stdout.splitlines()
    assert "另有" not in first
    assert "另有 2 项许可未印入本码" in second
    assert [one["permits_left_out"] for one in objects(scan(file, "--json"))] == [0, 2]


def test_a_line_of_a_batch_tells_of_permits_that_are_due_and_points_to_nothing_below(scan, tmp_path):
    suspended, file = tmp_path / "suspended.jwt", tmp_path / "two.txt"
    suspended.write_text(status_token({101: 2}))
    file.write_text(f"{licence(SHOP).link(PAGE)}\n{LINK}\n")
    first, second, _ = scan(file, "--status", suspended, status=False).stdout.splitlines()
    assert "有 1 项许可尚未取得，相应项目不得经营。" in first
    assert "目前不可用" not in first
    assert "有 1 项许可目前不可用。 有 1 项许可尚未取得，相应项目不得经营。" in second
    assert "见下" not in first + second


def test_options_that_cannot_be_are_refused_in_words(scan, tmp_path):
    for options, said in (
        (("--language", "fr"), "'fr' is not one of 'zh', 'en'"),
        (("--at", "yesterday"), "such as 2026-11-23T10:30:00+08:00"),
        (("--at", "2026-11-23T10:30:00"), "an offset from UTC are wanted"),
        (("--trust", tmp_path / "nothing"), "there is no list of keys here; `miaopi fetch` writes one"),
    ):
        done = scan(LINK, *options)
        assert done.exit_code == 2
        assert said in " ".join(done.stderr.replace("│", "").split())


def test_the_fault_of_a_picture_stands_beside_the_reason_for_machines(scan, tmp_path):
    (tmp_path / "blank.png").write_bytes(blank())
    assert "[unreadable, no_code: " in scan(tmp_path / "blank.png").stdout


def test_the_name_of_a_file_cannot_steer_the_terminal(scan, tmp_path):
    folder = tmp_path / "wall"
    folder.mkdir()
    (folder / "a\x1b[2J\u202e执照.txt").write_text(LINK)
    Path(os.fsdecode(bytes(folder) + b"/b\xff.txt")).write_text(LINK)
    for arguments in ((folder,), (folder, "--json")):
        done = scan(*arguments)
        assert done.exit_code == 0, done.output
        assert "\x1b" not in done.stdout
        assert "a\\x1b[2J\\u202e执照.txt" in done.stdout or "--json" in arguments
    assert "\x1b" not in scan(folder / "none\x1b[2J.png").output


def test_an_empty_question_is_refused(scan):
    done = scan(LINK, "--nonce", "", "--audience", "")
    assert done.exit_code == 2
    assert "must not be empty" in done.stderr


def test_several_files_are_told_in_their_order(scan, tmp_path):
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    first.write_bytes(PNG)
    second.write_bytes(b"\x89PNG\r\n\x1a\n")
    done = scan(first, second, "--json")
    assert [(one["verdict"], one.get("fault")) for one in objects(done)] == [
        ("valid", None),
        ("cannot_say", "truncated"),
    ]


def test_the_pages_of_a_pdf_are_codes_of_their_own(scan, tmp_path):
    file = tmp_path / "two.pdf"
    file.write_bytes(pdf(LINK, licence(SHOP).link(PAGE)))
    assert [one["page"] for one in objects(scan(file, "--json"))] == [1, 2]
    with pytest.raises(UnreadablePictureError, match="several codes"):
        read_picture(file.read_bytes())


def test_mistakes_in_the_command_are_one_clear_line(scan, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    for argument, said in (("nowhere.pdf", "no such file"), (empty, "no file to scan"), ("nowhere/", "no such file")):
        done = scan(argument)
        assert done.exit_code == 2
        assert said in done.stderr.replace("\n", " ")
        assert "Traceback" not in done.stderr
    bad = tmp_path / "bad.jwt"
    bad.write_bytes(b"\xff\xfe")
    assert scan(LINK, "--status", bad).exit_code == 2


def test_what_a_person_sees_is_wrapped_and_never_cut(scan):
    shown = scan(LINK).stdout
    flat = "".join(shown.replace("│", "").split())
    assert "具体经营项目以相关部门批准文件或许可证件为准" in flat
    assert "公共场所卫生许可证" in flat
    assert "…" not in shown


def encrypted() -> bytes:
    """The smallest PDF that says it is encrypted with a password nobody told."""
    objects_ = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /Filter /Standard /V 1 /R 2 /P -1 /O <" + b"ab" * 32 + b"> /U <" + b"cd" * 32 + b"> >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects_, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size 4 /Root 1 0 R /Encrypt 3 0 R /ID [<00> <00>] >>\n"
    return made + b"xref\n0 4\n0000000000 65535 f \n" + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(made)


def wall(*links: str) -> bytes:
    codes = [qr.raster(qr.matrix_of(link), 4).convert("L") for link in links]
    picture = Image.new("L", (sum(code.width for code in codes), max(code.height for code in codes)), 255)
    left = 0
    for code in codes:
        picture.paste(code, (left, 0))
        left += code.width
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()


def blank() -> bytes:
    made = io.BytesIO()
    Image.new("L", (90, 90), 255).save(made, "PNG")
    return made.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 900 million pixels."""
    header = b"IHDR" + (30_000).to_bytes(4, "big") * 2 + bytes((1, 0, 0, 0, 0))
    chunk = (13).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IEND" + zlib.crc32(b"IEND").to_bytes(4, "big")


@pytest.mark.parametrize(
    ("fault", "content"),
    [
        ("empty", b""),
        ("not_a_picture", b"GIF89a\0\0"),
        ("not_a_picture", b"\0\1\2\3"),
        ("truncated", PNG[:-300]),
        ("truncated", PNG[:20]),
        ("truncated", jpeg()[:-2000]),
        ("truncated", pdf(LINK)[:3000]),
        ("broken", b"%PDF-1.4\nnothing of the kind\n%%EOF\n"),
        ("broken", b"<svg \xff"),
        ("broken", b"<svg width='10' height='10'><path d='M0 0'></svgg>"),
        ("broken", b"<svg/>"),
        ("broken", b"<svg xmlns='http://www.w3.org/2000/svg' width='100%' height='100%'/>"),
        ("no_code", SVG.replace('d="M', f'd="M{"9" * 5000} 1h1v1h-1zM', 1).encode()),
        ("broken", b"<?xml version='1.0'?><html/>"),
        ("too_large", bomb()),
        ("too_large", b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='99999'/>"),
        ("encrypted", encrypted()),
        ("no_code", blank()),
        ("several_codes", wall(LINK, licence(SHOP).link(PAGE))),
        ("refused", SVG.replace("</svg>", "<script/></svg>").encode()),
        ("refused", SVG.replace("</svg>", "<image href='/etc/passwd'/></svg>").encode()),
        ("refused", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg width='9' height='9'>&a;</svg>"),
        ("refused", b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><g id='a'/><use href='#a'/></svg>"),
        ("broken", b"<svg width='9' height='9'><path d='M0 0h1'/></svg>"),
    ],
)
def test_every_fault_has_its_word_and_its_sentence(fault, content):
    with pytest.raises(UnreadablePictureError) as told:
        codes_in(content)
    assert told.value.fault == fault
    assert isinstance(told.value, PictureError)
    assert fault_sentence(fault, "zh") != fault_sentence(fault, "en")


def test_the_faults_are_all_said_in_both_languages():
    assert all(zh and en for zh, en in FAULTS.values())


def test_an_svg_of_another_program_is_read_as_a_picture():
    foreign = SVG.replace("crispEdges", "geometricPrecision").replace("<svg ", "<?xml version='1.0'?><svg ", 1)
    assert read_picture(foreign.encode()) == LINK
    dtd = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert read_picture((dtd + SVG.replace("crispEdges", "auto")).encode()) == LINK


def test_a_pdf_with_too_many_pages_is_refused_and_a_huge_page_is_drawn_small(monkeypatch):
    monkeypatch.setattr(pdf_pages, "MOST_PAGES", 1)
    with pytest.raises(UnreadablePictureError, match="at most 1 are read"):
        codes_in(pdf(LINK))
    document = pypdfium2.PdfDocument.new()
    document.new_page(14_000, 14_000)
    made = io.BytesIO()
    document.save(made)
    document.close()
    (page,) = pdf_pages.page_pictures(made.getvalue(), dpi=400)
    assert page.width * page.height <= pdf_pages.MOST_PAGE_PIXELS * 1.01


def test_a_pdf_without_a_code_says_how_many_pages_were_looked_at(monkeypatch):
    monkeypatch.setattr(picture_reader, "_texts", lambda _image: [])
    with pytest.raises(UnreadablePictureError, match="any of the 2 pages"):
        codes_in(pdf(LINK))


def test_a_file_that_the_system_will_not_give_is_a_fault_of_that_file(tmp_path):
    gone = tmp_path / "gone.png"
    gone.write_bytes(PNG)
    (source,) = sources_of([str(gone)])
    gone.unlink()
    (code,) = codes_of(source)
    assert code.fault == "unreadable_file"
    with pytest.raises(MissingSourceError):
        sources_of([str(gone)])


def test_a_text_that_is_no_text_and_one_with_too_many_lines(tmp_path, monkeypatch):
    file = tmp_path / "links.txt"
    for content, fault in ((b"\xff\xfeabc", "not_a_picture"), (b" \n", "empty")):
        file.write_bytes(content)
        assert [code.fault for code in codes_of(sources_of([str(file)])[0])] == [fault]
    monkeypatch.setattr("licence_qr.picture_sources.MOST_LINES", 2)
    file.write_text("1\n2\n3\n")
    assert [code.fault for code in codes_of(sources_of([str(file)])[0])] == ["too_large"]
