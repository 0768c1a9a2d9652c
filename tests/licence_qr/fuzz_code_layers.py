"""Layers that anyone can change: text, digits, groups, bytes, the compressed part, the signature."""

import zlib

from licence_qr import transport
from licence_qr.keys import ORDER
from licence_qr.transport import Parts
from tests.licence_qr.fuzz_mutations import ODD_SIGNS, any_text
from tests.licence_qr.fuzz_specimens import Case, Rng, as_text, genuine, printed
from tests.licence_qr.specimens import FOREIGN_KEY, PAGE, STATUS_KEY, STOLEN_KEY


def link_text(rng: Rng) -> Case:
    """The text around the digits, and the text of a compact JWS."""
    link, compact, _ = rng.choice(printed())
    digits = link.partition("#")[2]
    kind = rng.randrange(8)
    if kind == 0:
        joints = ("&appinstall=0", "&appinstall=1", "&isappinstalled=0", "&from=singlemessage", "&from=timeline", "&from=x", "&appinstall=2",
                  "&", "?from=timeline", "&from=groupmessage\n", "&redirect=//evil.example", "#", " ", "\n", "&APPINSTALL=0", "%26appinstall=0")  # fmt: skip
        return {"text": link + "".join(rng.choice(joints) for _ in range(rng.randint(1, 3)))}
    if kind == 1:
        pages = ("", "#", "http://x#", "https://#", "HTTPS://x#", "https://x/#", "ftp://x#", "https://x y#", f"https://{'x' * 200}#",
                 f"https://{'x' * 201}#", "https://é#", "https://x##", " https://x#", "\ufeff#", "https://x\t#", "//x#", "javascript:#", "https://x#a")  # fmt: skip
        return {"text": rng.choice(pages) + digits}
    if kind == 2:
        header, payload, signature = compact.split(".")
        joined = (f"{header}.{payload}", f"{header}.{payload}.", f".{payload}.{signature}", f"{header}..{signature}", compact + ".", compact + "=",
                  compact + "\n", f"{header}.{payload}.{signature}.x", f" {compact}", f"{header}=.{payload}.{signature}", compact[:-1],
                  f"{header}.{payload}.{signature[:-1]}{rng.choice('ABCDwxyz_-')}", compact.replace("-", "+"), compact.replace("_", "/"),
                  f"{header}.{payload}{rng.choice('ABgw')}.{signature}", f"{header}{rng.choice('ABgw')}.{payload}.{signature}", compact.swapcase())  # fmt: skip
        return {"text": rng.choice(joined)}
    if kind == 3:
        lengths = (7089, 7090, 7950, 7999, 8000, 8001, 11_099, 11_100, 11_101, 20_000)
        filling = rng.choice(("1", "0", digits, "商", "x", "𠀀", ".", "1."))
        return {
            "text": (rng.choice(("", "#", PAGE + "#", "a.b.")) + filling * rng.choice(lengths))[: rng.choice(lengths)]
        }
    if kind == 4:
        return {"text": any_text(rng) + rng.choice(("", digits[:20], "\ud800", "." + "." + any_text(rng)))}
    text = list(rng.choice((link, compact, digits)))
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(text))
        text[place : place + rng.randint(0, 2)] = rng.choice("0123456789#&.:/ax -_=\n" + ODD_SIGNS)
    return {"text": "".join(text)}


def digits(rng: Rng) -> Case:
    """Single digits and runs of them."""
    made = list(rng.choice(printed())[0].partition("#")[2])
    for _ in range(rng.choice((1, 1, 2, 5))):
        place = rng.randrange(len(made))
        end = place + rng.choice((0, 1, 1, 1, 2, 53))
        made[place:end] = rng.choices("0123456789", k=rng.choice((0, 1, 1, 1, 2, 53)))
    return {"text": "#" + "".join(made)}


def groups(rng: Rng) -> Case:
    """Whole groups: other numbers, other widths, groups dropped, doubled and exchanged."""
    text = rng.choice(printed())[0].partition("#")[2]
    made = [text[start : start + 53] for start in range(0, len(text), 53)]
    place = rng.randrange(len(made))
    width = len(made[place])
    count = transport._DIGITS_OF.index(width)
    kind = rng.randrange(6)
    if kind == 0:
        value = rng.choice(
            (256**count - 1, 256**count, 256**count + int(made[place]), 10**width - 1, 0, int(made[place]) + 1)
        )
        made[place] = str(value % 10**width).zfill(width)
    elif kind == 1:
        made[place] = rng.choice(("0" + made[place], made[place][1:], made[place] + "0", made[place][:-1], ""))
    elif kind == 2:
        other = rng.randrange(len(made))
        made[place], made[other] = made[other], made[place]
    elif kind == 3:
        made.insert(place, made[rng.randrange(len(made))])
    elif kind == 4:
        made[-1] = made[-1][: rng.randrange(len(made[-1]) + 1)]
    else:
        made = made[: rng.randrange(len(made) + 1)]
    return {"text": "".join(made)}


def raw_bytes(rng: Rng) -> Case:
    """The bytes behind the digits: transport version, dictionary, bits, lengths."""
    made = bytearray(rng.choice(printed())[2])
    kind = rng.randrange(6)
    if kind == 0:
        made[rng.randrange(2)] = rng.randrange(256)
    elif kind == 1:
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    elif kind == 2:
        del made[rng.choice((0, 1, 2, 3, 60, 64, 65, 66, 67, 68, rng.randrange(len(made)))) :]
    elif kind == 3:
        place = rng.randrange(len(made) + 1)
        made[place:place] = rng.randbytes(rng.randint(1, 30))
    elif kind == 4:
        del made[(place := rng.randrange(len(made))) : place + rng.randint(1, 30)]
    else:
        made[2:-64] = rng.randbytes(rng.randrange(40))
    return {"text": "#" + transport.to_digits(bytes(made))}


def deflate(rng: Rng) -> Case:
    """The compressed part: other streams of the same text, other texts, limits, ends, bytes behind."""
    parts = genuine(rng)
    plain = parts.header + b"\n" + parts.payload
    preset = transport.dictionary(1)
    kind = rng.randrange(9)
    if kind == 0:
        plain = rng.choice(
            (
                plain.replace(b"\n", b""),
                plain.replace(b"\n", b"\n\n"),
                b"\n" + plain,
                plain + b"\n",
                b"\n",
                b"",
                b"\n\n",
                plain + plain,
            )
        )
    elif kind == 1:
        plain += rng.choice((b" ", b"\x00", b"\n")) * (
            rng.choice((8191, 8192, 8193, 8194, 65_536, 400_000)) - len(plain)
        )
    elif kind == 2:
        preset = rng.choice((b"", preset[:-1], preset[1:], preset + b"x", preset[-258:], preset[: 32 * 1024]))
    level, strategy = (
        rng.choice((0, 1, 6, 9)),
        rng.choice((zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE)),
    )
    window = rng.choice((-15, -15, -15, -9, 15, 31))
    own = (preset,) if preset and window < 0 else ()
    squeeze = zlib.compressobj(level, zlib.DEFLATED, window, 9, strategy, *own)
    packed = bytearray()
    try:
        for start in range(0, len(plain), 700):
            packed += squeeze.compress(plain[start : start + 700])
            if kind == 3:
                packed += squeeze.flush(rng.choice((zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK)))
        packed += squeeze.flush(rng.choice((zlib.Z_SYNC_FLUSH, zlib.Z_FINISH)) if kind == 4 else zlib.Z_FINISH)
    except zlib.error:
        packed += b"\x03\x00"
    packed = _tampered(rng, kind, packed)
    return {"text": "#" + transport.to_digits(b"\x01\x01" + bytes(packed) + parts.signature)}


def _tampered(rng: Rng, kind: int, packed: bytearray) -> bytearray:
    if kind == 5:
        packed += rng.choice((b"\x00", b"\x03\x00", b"hidden", bytes(packed), b"\x01\x00\x00\xff\xff"))
    elif kind == 6 and packed:
        del packed[-rng.randint(1, min(12, len(packed))) :]
    elif kind == 7 and packed:
        packed[rng.randrange(len(packed))] ^= 1 << rng.randrange(8)
    elif kind == 8 and packed:
        packed[-1] ^= 1 << rng.randrange(8)  # the bits that pad the last byte are part of no block
    return packed


def signature(rng: Rng) -> Case:
    """The signature: its bits, its other spelling, numbers outside the curve's, another key's."""
    parts = genuine(rng)
    r, s = int.from_bytes(parts.signature[:32], "big"), int.from_bytes(parts.signature[32:], "big")
    kind = rng.randrange(5)
    if kind == 0:
        bits = bytearray(parts.signature)
        bits[rng.randrange(64)] ^= 1 << rng.randrange(8)
        made = bytes(bits)
    elif kind == 1:
        made = parts.signature[:32] + (ORDER - s).to_bytes(32, "big")
    elif kind == 2:
        numbers = (
            0,
            1,
            r,
            s,
            ORDER,
            ORDER - 1,
            ORDER + 1,
            ORDER // 2,
            ORDER // 2 + 1,
            2**256 - 1,
            r + ORDER,
            r ^ s,
            ORDER - r,
        )
        made = b"".join((rng.choice(numbers) % 2**256).to_bytes(32, "big") for _ in range(2))
    elif kind == 3:
        made = rng.choice((FOREIGN_KEY, STATUS_KEY, STOLEN_KEY)).sign(parts.signing_input)
    else:
        made = genuine(rng).signature
    return {"text": as_text(rng, Parts(parts.header, parts.payload, made))}
