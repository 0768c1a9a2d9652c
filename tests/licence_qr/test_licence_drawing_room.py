"""Strangers' SVG and PDF: only shapes are drawn, apart, within limits, and a bad file never ends a batch."""

import os

import pytest

from licence_qr import drawing_room
from licence_qr.drawing_room import DrawingRoom
from licence_qr.picture_errors import UnreadablePictureError
from licence_qr.picture_sources import codes_of, sources_of
from licence_qr.svg_shapes import DEEPEST, MOST_ELEMENTS, shapes_of
from tests.licence_qr.test_scan_command import LINK, PNG, SVG, pdf

NS = 'xmlns="http://www.w3.org/2000/svg"'
FOREIGN = SVG.replace("crispEdges", "auto")


def nested_forms(levels: int) -> bytes:
    """A PDF whose page draws a form ten times, which draws another ten times, and so on."""
    ten = b"/F Do " * 10
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(ten), ten),
    ]
    for level in range(levels):
        last = level == levels - 1
        below = b"" if last else b"/Resources<</XObject<</F %d 0 R>>>>" % (6 + level)
        drawn = b"0 0 1 1 re f" if last else ten
        objects.append(
            b"<</Type/XObject/Subtype/Form/BBox[0 0 200 200]%s/Length %d>>stream\n%s\nendstream"
            % (below, len(drawn), drawn)
        )
    made, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return (
        made
        + head
        + table
        + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (
            len(objects) + 1,
            len(made),
        )
    )


ENDLESS = nested_forms(9)


def nested_patterns(prefix: str) -> str:
    """An SVG whose fill is a pattern filled with a pattern …, under a prefix for the same namespace."""
    patterns = "".join(
        f'<{prefix}pattern id="p{i}" width="9" height="9">'
        + f'<rect width="9" height="9" fill="url(#p{i + 1})"/>' * 8
        + f"</{prefix}pattern>"
        for i in range(6)
    )
    named = f'xmlns:{prefix[:-1]}="http://www.w3.org/2000/svg"' if prefix else ""
    return f'<svg {NS} {named} width="9" height="9">{patterns}<rect width="9" height="9" fill="url(#p0)"/></svg>'


@pytest.fixture(scope="module")
def room():
    made = DrawingRoom(cpu=1, wall=20)
    yield made
    made.close()


def fault(room, content) -> str:
    with pytest.raises(UnreadablePictureError) as told:
        room.codes_in(content.encode() if isinstance(content, str) else content)
    return told.value.fault


def test_one_child_reads_many_files_and_another_takes_over_when_a_file_ends_it(room):
    found = [room.codes_in(source)[0] for source in (SVG.encode(), FOREIGN.encode(), pdf(LINK))]
    assert [(code.text, code.page) for code in found] == [(LINK, None), (LINK, None), (LINK, 1)]
    first = room._child.pid
    assert fault(room, b"<svg/>") == "broken"
    assert room._child.pid == first, "a file that is told as bad ends nothing"
    assert fault(room, ENDLESS) == "too_large"
    assert room.codes_in(pdf(LINK))[0].text == LINK
    assert room._child.pid != first
    room._child.kill()
    room._child.wait()
    assert room.codes_in(SVG.encode())[0].text == LINK


def test_the_clock_on_the_wall_ends_a_file_too():
    room = DrawingRoom(cpu=60, wall=0.2)
    assert fault(room, ENDLESS) == "too_large"
    assert room._child is None
    room.close()


def test_a_bad_file_in_the_middle_never_ends_a_batch(room, monkeypatch, tmp_path):
    monkeypatch.setattr(drawing_room, "_ROOM", room)
    contents = {"1.svg": SVG.encode(), "2.pdf": ENDLESS, "3.svg": nested_patterns("").encode(), "4.pdf": pdf(LINK)}
    for name, content in {**contents, "5.png": PNG}.items():
        (tmp_path / name).write_bytes(content)
    told = [(code.fault, code.text) for source in sources_of([str(tmp_path)]) for code in codes_of(source)]
    assert told == [(None, LINK), ("too_large", ""), ("refused", ""), (None, LINK), (None, LINK)]


def test_a_child_that_does_not_start_is_a_fault_of_the_machine_and_pngs_are_still_read(monkeypatch, tmp_path):
    room = DrawingRoom()
    monkeypatch.setattr(drawing_room, "_ROOM", room)
    monkeypatch.setattr(drawing_room.sys, "executable", str(tmp_path / "nothing"))
    assert fault(room, SVG) == "unreadable_file"
    assert drawing_room.read_stranger(PNG) == LINK


def test_a_module_in_the_folder_one_stands_in_is_not_run_and_no_secret_is_handed_on(monkeypatch, tmp_path):
    (tmp_path / "zxingcpp.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIAOPI_PIN", "1234")
    room = DrawingRoom()
    assert room.codes_in(SVG.encode())[0].text == LINK
    with open(f"/proc/{room._child.pid}/environ", "rb") as given:  # noqa: PTH123  (a file of the kernel)
        assert b"MIAOPI" not in given.read()
    assert room._owner == os.getpid()
    room.close()


REFUSED = {
    "patterns under a prefix": nested_patterns("_a:"),
    "patterns": nested_patterns(""),
    "a pattern under an odd name": nested_patterns("ä-1.x:"),
    "a clip": f'<svg {NS} width="9" height="9"><clipPath id="a"/></svg>',
    "a pattern below defs": f'<svg {NS} width="9" height="9"><defs><g><pattern/></g></defs></svg>',
    "a fill that is no colour": f'<svg {NS} width="9" height="9"><rect fill="u&#114;l(#a)"/></svg>',
    "a style that fetches": f'<svg {NS} width="9" height="9"><rect style="fill: URL (http://a)"/></svg>',
    "a script that is called": f'<svg {NS} width="9" height="9" onload="x()"/>',
    "an entity": '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x" [<!ENTITY a "b">]><svg/>',
    "an entity of the DTD": f'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg {NS} width="9">&nbsp;</svg>',
    "another DTD": f'<!DOCTYPE svg SYSTEM "file:///etc/passwd"><svg {NS}/>',
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=list(REFUSED))
def test_what_is_more_than_shapes_is_refused_whatever_it_is_called(text):
    with pytest.raises(UnreadablePictureError) as told:
        shapes_of(text.encode())
    assert told.value.fault == "refused"


@pytest.mark.parametrize(
    "text", [f"<svg {NS}>{'<g/>' * MOST_ELEMENTS}</svg>", f"<svg {NS}>{'<g>' * DEEPEST}{'</g>' * DEEPEST}</svg>"]
)
def test_elements_are_counted_and_so_is_their_depth(text):
    with pytest.raises(UnreadablePictureError) as told:
        shapes_of(text.encode())
    assert told.value.fault == "too_large"


def test_what_editors_add_is_left_out_and_the_shapes_stay():
    inside = SVG[SVG.index(">") + 1 :]
    root = SVG[: SVG.index(">")].replace("crispEdges", "auto")
    notes = (
        '<defs id="d1"/><sodipodi:namedview xmlns:sodipodi="http://s" pagecolor="#fff"/><title>执照</title>'
        '<metadata><r:RDF xmlns:r="http://r"><r:li r:resource="x"/></r:RDF></metadata><text><tspan>a</tspan></text>'
    )
    edited = f"{root}>{notes}{inside}".replace("<path ", '<path class="k" style="fill:#000;-inkscape-x:1" ')
    written, _ = shapes_of(edited.encode())
    assert not [word for word in ("RDF", "title", "tspan", "namedview", "class", "style") if word in written]
    assert 'fill="#000"' in written
    assert drawing_room.codes_in(edited.encode())[0].text == LINK
    prefixed = f'<s:svg xmlns:s="http://www.w3.org/2000/svg" {root[5:]}>{inside}'
    prefixed = prefixed.replace("<rect", "<s:rect").replace("<path", "<s:path").replace("</svg>", "</s:svg>")
    assert drawing_room.codes_in(f"<?xml version='1.0'?>{prefixed}".encode())[0].text == LINK
