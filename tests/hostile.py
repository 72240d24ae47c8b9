"""Inputs that mean harm, made on the spot: bombs, cut and crossed files, markup, nesting, and numbers that no one needs."""

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO

from PIL import Image

Hostile = dict[str, Callable[[], bytes]]
MARKUP = (
    "<script>alert(1)</script>", "![p](http://127.0.0.1:9/q.png)", "[l](javascript:alert(1))", ":red[boo]", "$\\frac{1}{0}$",
    "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://127.0.0.1:9\")", "{{7*7}}", "${jndi:ldap://127.0.0.1/a}", "'; DROP TABLE x; --",
    "../../etc/passwd", "\x1b[31mred\x1b[0m", "%s%s%s%n", "\u202egnp.exe", "`rm -rf /`", "<img src=x onerror=alert(1)>",
)  # fmt: skip


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@cache
def photo(kind: str, side: int = 64) -> bytes:
    target = BytesIO()
    picture = Image.radial_gradient("L").resize((side, side)).convert("RGB")
    picture.save(target, kind, **({"progressive": True} if kind == "JPEG" else {}))
    return target.getvalue()


def png(*chunks: bytes, width: int = 64, height: int = 64, depth: int = 8, colour: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IEND")


def pixels(width: int = 64, height: int = 64, bytes_each: int = 3) -> bytes:
    return chunk(b"IDAT", zlib.compress(bytes((1 + width * bytes_each) * height), 1))


def scans(times: int, side: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    raw = photo("JPEG", side)
    start = raw.rindex(b"\xff\xda")
    return raw[:-2] + raw[start:-2] * times + raw[-2:]


def tiff(**changes: int) -> bytes:
    """A grey TIFF of 64 x 64, uncompressed, with tags that can be changed or added by number, as t322=26000."""
    tags = {256: 64, 257: 64, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: 64, 279: 4096} | {
        int(k[1:]): v for k, v in changes.items()
    }
    place = 8 + 2 + 12 * len(tags) + 4
    tags[273] = place
    if 324 in tags:
        tags[324] = place
    body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + body + bytes(4) + bytes(4096)


def pages(count: int) -> bytes:
    return b"II*\0\x08\0\0\0" + b"".join(struct.pack("<HI", 0, 14 + 6 * i) for i in range(count))


def shared_remarks(count: int) -> bytes:
    """Tags that all point to the same bytes, which would be read as often."""
    entries = b"".join(struct.pack("<HHII", 40_000 + i, 1, 1_000_000, 0) for i in range(count))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + bytes(1_000_000)


def gif(body: bytes, width: int = 64, height: int = 64) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff" + body + b";"


def frame(width: int, height: int) -> bytes:
    return b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\0"


def bmp(width: int, height: int, packed: int, body: bytes) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, packed, len(body), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 1024 + len(body), 0, 0, 54 + 1024) + head + bytes(1024) + body


def webp(width: int, height: int) -> bytes:
    head = b"\x10\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + head
    return b"RIFF" + struct.pack("<I", len(body)) + body


KINDS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")


def photos() -> Hostile:
    found: Hostile = {
        "scans": lambda: scans(2_000, 3_000),
        "scans of a small photo": lambda: scans(30_000, 64),
        "remarks of a JPEG": lambda: photo("JPEG")[:2] + (b"\xff\xfe\xff\xff" + bytes(65_533)) * 200 + photo("JPEG")[2:],
        "empty remarks of a JPEG": lambda: photo("JPEG")[:2] + b"\xff\xfe\0\x02" * 2_000_000 + photo("JPEG")[2:],
        "fill bytes": lambda: photo("JPEG")[:2] + b"\xff" * 10_000_000,
        "a JPEG of 4 gigapixels": lambda: photo("JPEG")[:2] + b"\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03" + bytes(9) + b"\xff\xd9",
        "empty chunks": lambda: png(chunk(b"tEXt") * 1_500_000, pixels()),
        "a bomb of a remark": lambda: png(*[chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000), 9))] * 20, pixels()),
        "a bomb of a profile": lambda: png(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(200_000_000), 9)), pixels()),
        "a bomb of pixels": lambda: png(chunk(b"IDAT", zlib.compress(bytes(300_000_000), 9))),
        "a palette without its palette": lambda: png(pixels(bytes_each=1), colour=3),
        "a PNG of 4 gigapixels": lambda: png(pixels(), width=65_535, height=65_535),
        "a PNG of nearly endless width": lambda: png(pixels(), width=2**31 - 1, height=8),
        "no pixels": png,
        "many animations": lambda: png(chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), pixels()),
        "a comment of a GIF": lambda: gif(b"!\xfe" + (b"\xff" + bytes(255)) * 70_000 + b"\0" + frame(64, 64)),
        "comments of one byte": lambda: gif(b"!\xfe" + b"\x01a" * 3_000_000 + b"\0" + frame(64, 64)),
        "a frame larger than its GIF": lambda: gif(frame(65_535, 65_535)),
        "a GIF of 4 gigapixels": lambda: gif(frame(8, 8), 65_535, 65_535),
        "tiles of 26,000": lambda: tiff(t322=26_000, t323=26_000, t324=0, t325=4096),
        "tiles of nothing": lambda: tiff(t322=0, t323=0, t324=0, t325=4096),
        "a TIFF of 4 gigapixels": lambda: tiff(t256=65_535, t257=65_535),
        "many colours": lambda: tiff(t277=60_000),
        "a billion rows a strip": lambda: tiff(t278=2**32 - 1),
        "three million pages": lambda: pages(1_000_000),
        "remarks that share their bytes": lambda: shared_remarks(5_000),
        "pages in a ring": lambda: b"II*\0\x08\0\0\0" + struct.pack("<HI", 0, 8),
        "a WebP of 268 megapixels": lambda: webp(16_383, 16_383),
        "a WebP with nothing in it": lambda: webp(64, 64),
        "packed runs": lambda: bmp(7_000, 7_000, 1, b"\x01\x01" * 9_000_000),
        "a BMP of nothing": lambda: bmp(64, 64, 0, b""),
        "a BMP with endless sides": lambda: bmp(2**31 - 1, -(2**31), 0, b""),
        "a bare mark": lambda: b"\x89PNG\r\n\x1a\n",
        "a polyglot": lambda: b"GIF89a" + photo("PNG"),
        "an SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:9/"/></svg>',
        "a PDF": lambda: b"%PDF-1.4\n%\xe2\xe3",
        "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) run",
        "an archive": lambda: b"PK\x03\x04" + bytes(100),
        "text": lambda: b"not a photo",
    }
    for kind in KINDS:
        for share in (0.02, 0.3, 0.6, 0.97):
            found[f"{kind} cut at {share:.0%}"] = lambda kind=kind, share=share: photo(kind)[: int(share * len(photo(kind)))]
        for seed in range(12):
            found[f"{kind} with flipped bytes {seed}"] = lambda kind=kind, seed=seed: flipped(photo(kind), seed)
        for other in KINDS:
            if other != kind:
                found[f"the head of {kind} on {other}"] = lambda kind=kind, other=other: photo(kind)[:40] + photo(other)[40:]
    return found


def flipped(raw: bytes, seed: int) -> bytes:
    """With some bytes changed by chance, more of them near the beginning."""
    chance, content = random.Random(seed), bytearray(raw)
    for _ in range(1 + seed):
        content[int(len(content) * chance.random() ** 3)] = chance.randrange(256)
    return bytes(content)


def texts() -> dict[str, Callable[[], str]]:
    found: dict[str, Callable[[], str]] = {
        "marks of two heights": lambda: "a" + "\u0300" * 50_000 + "\u0327" * 49_000,
        "marks in turn": lambda: "a" + "\u0300\u0327" * 49_000,
        "marks before any letter": lambda: "\u0327" * 99_000,
        "letters that come apart into marks": lambda: "\u0344" * 99_000,
        "vowels without consonants": lambda: "\u1161" * 99_000,
        "letters that grow": lambda: "\ufdfa" * 99_000,
        "one long word": lambda: "a" * 99_999,
        "digits": lambda: "9" * 99_999,
        "spaces": lambda: " " * 99_999,
        "line ends": lambda: "\n" * 99_999,
        "joiners": lambda: "\u200d" * 99_999,
        "flags": lambda: "\U0001f1e6" * 50_000,
        "families": lambda: "\U0001f468\u200d" * 40_000,
        "brackets": lambda: "(" * 99_999,
        "halves of letters": lambda: "\ud800" * 1_000,
        "zeros": lambda: "\0" * 1_000,
        "too long": lambda: "word " * 10_000_000,
        "masks": lambda: "[MASK] " * 10_000,
        "names of special tokens": lambda: "[CLS] [SEP] [PAD] [UNK] </s> <s> <pad> <|endoftext|>",
        "right to left": lambda: "\u202e" + "abc" * 100 + "\u2066" * 1_000,
        "every plane": lambda: "".join(chr(i) for i in range(0, 0x110000, 37) if not 0xD800 <= i < 0xE000),
    }
    return found | {f"markup {i}": (lambda text=text: text) for i, text in enumerate(MARKUP)}


def tables() -> Hostile:
    def rows(*cells: str, times: int = 60) -> bytes:
        return ("day,value\n" + "\n".join(",".join((f"2024-01-{i % 28 + 1:02d}", *cells)) for i in range(times))).encode()

    found: Hostile = {
        "line ends": lambda: b"\n" * 9_999_999,
        "line ends of old Macs": lambda: b"\r" * 9_999_999,
        "remarks": lambda: b"#\n" * 4_999_999,
        "commas": lambda: b"," * 9_999_999,
        "rows of commas": lambda: (b"," * 199 + b"\n") * 49_000,
        "quotes": lambda: b'"' * 9_999_999,
        "an open quote": lambda: b'a,b\n1,"' + b"x\n" * 1_000_000,
        "one long line": lambda: b"1" * 9_999_999,
        "one endless number": lambda: rows("9" * 100_000, times=3),
        "a million cells": lambda: b"\n".join([b",".join(b"1.5" for _ in range(100))] * 9_000),
        "a million dates": lambda: b"\n".join([b",".join([b"2024-01-01"] * 9)] * 90_000),
        "a million words": lambda: b"\n".join([b",".join([b"a word"] * 14)] * 70_000),
        "exponents": lambda: rows("1e308"),
        "an exponent alone": lambda: rows("e5"),
        "an endless exponent": lambda: rows("1e999999999"),
        "not a number": lambda: rows("nan"),
        "infinities": lambda: rows("inf"),
        "hexadecimal": lambda: rows("0x41"),
        "underscores": lambda: rows("1_0"),
        "digits of other scripts": lambda: rows("\u0663\u0664"),
        "superscripts": lambda: rows("\u00b2"),
        "signs": lambda: rows("+-1"),
        "percent": lambda: rows("%"),
        "points": lambda: rows("..."),
        "brackets": lambda: rows("()"),
        "years of many digits": lambda: b"date,v\n" + b"".join(b"%d-01-01,%d\n" % (10**20 + i, i * i % 7) for i in range(60)),
        "the thirteenth month": lambda: b"date,v\n" + b"".join(b"2024-13-%02d,%d\n" % (i, i * i % 7) for i in range(60)),
        "year 0": lambda: b"year,v\n" + b"".join(b"%04d,%d\n" % (i, i * i % 7) for i in range(60)),
        "times beyond any calendar": lambda: b"time,v\n" + b"".join(b"%d,%d\n" % (10**18 * i, i * i % 7) for i in range(9)),
        "zones of a hundred hours": lambda: (
            b"t,v\n" + b"".join(b"2024-01-01T00:%02d:00+99:99,%d\n" % (i, i % 7) for i in range(60))
        ),
        "two dates a millennium apart": lambda: b"d,v\n1000-01-01,1\n2999-01-01,2\n" * 40,
        "zeros": lambda: bytes(1_000),
        "UTF-16 cut in the middle": lambda: "a,b\n1,2\n".encode("utf-16")[:-1],
        "a mark alone": lambda: b"\xff\xfe",
        "bytes": lambda: bytes(range(256)) * 10,
        "a delimiter of its own": lambda: b'sep="\n1"2\n',
        "a spreadsheet": lambda: b"PK\x03\x04" + bytes(1_000),
        "names that are alike": lambda: b",".join([b"a"] * 200) + b"\n" + (b",".join([b"1"] * 200) + b"\n") * 60,
        "long names": lambda: b"a" * 100_000 + b",b\n1,2\n2,1\n",
    }
    for i, text in enumerate(MARKUP):
        quoted = '"' + text.replace('"', '""') + '"'
        found[f"markup in a cell {i}"] = lambda quoted=quoted: rows(quoted)
        found[f"markup in the head {i}"] = lambda quoted=quoted: f"day,{quoted}\n".encode() + rows("3")[10:]
    for seed in range(20):
        found[f"flipped bytes {seed}"] = lambda seed=seed: flipped(rows("1.5", times=100), seed)
    return found


def cards() -> Hostile:
    good = GOOD.replace("\n", "\n").encode()
    found: Hostile = {
        "brackets": lambda: good + b"a = " + b"[" * 100_000,
        "tables in tables": lambda: good + b"a = " + b"{a=" * 10_000,
        "dotted names": lambda: b"a" + b".a" * 50_000 + b" = 1\n" + good,
        "a source that is a list": lambda: b'source = ["own"]\n' + good,
        "an input that is a list": lambda: good.replace(b'input = "text"', b'input = ["text"]'),
        "an input that is a table": lambda: good.replace(b'input = "text"', b"input = {a = 1}"),
        "a title that is a number": lambda: good.replace(b'title = "A"', b"title = 1"),
        "labels that are numbers": lambda: good.replace(b'labels = ["a", "b"]', b"labels = [1, 2]"),
        "labels that are lists": lambda: good.replace(b'labels = ["a", "b"]', b'labels = [["a"], "b"]'),
        "a million labels": lambda: good.replace(b'labels = ["a", "b"]', b"labels = [" + b'"a",' * 400_000 + b"]"),
        "files that are numbers": lambda: good.replace(b'"weights.safetensors" = "00"', b'"weights.safetensors" = 5'),
        "a limit that is text": lambda: good.replace(b"max_tokens = 8", b'max_tokens = "8"'),
        "a limit that is not a number": lambda: good.replace(b"max_tokens = 8", b"max_tokens = nan"),
        "a limit below zero": lambda: good.replace(b"max_tokens = 8", b"max_tokens = -8"),
        "zeros": lambda: bytes(1_000),
        "bytes": lambda: bytes(range(256)),
        "nothing": lambda: b"",
        "too large": lambda: b"# " + b"x" * 3_000_000,
        "keys that come twice": lambda: good + good,
        "a date for a title": lambda: good.replace(b'title = "A"', b"title = 2024-01-01"),
    }
    for place in ("../../../etc/passwd", "/etc/passwd", "a/../../b", "..", "", "C:\\x", "a\\..\\b", "sub/../../x", "\\u0000"):
        found[f"the file {place!r}"] = lambda place=place: good.replace(
            b"weights.safetensors", place.replace("\\x", "\\\\x").replace("\\.", "\\\\.").encode()
        )
    for seed in range(15):
        found[f"flipped bytes {seed}"] = lambda seed=seed: flipped(good, seed)
    return found


GOOD = """title = "A"
summary = "S"
task = "sentiment"
input = "text"
licence = "MIT"
net = "BertClassifier"
labels = ["a", "b"]

[config]
width = 8

[text]
max_tokens = 8

[files]
"weights.safetensors" = "00"

[x]
"""


def weights() -> Hostile:
    def named(head: bytes, body: bytes = b"") -> bytes:
        return struct.pack("<Q", len(head)) + head + body

    return {
        "nothing": lambda: b"",
        "a head of 18 exabytes": lambda: struct.pack("<Q", 2**64 - 1) + b"{}",
        "a head without an end": lambda: named(b'{"a":'),
        "brackets": lambda: named(b'{"a":' + b"[" * 1_000_000),
        "offsets beyond the end": lambda: named(b'{"a":{"dtype":"F32","shape":[1000000],"data_offsets":[0,4000000]}}'),
        "offsets backwards": lambda: named(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', bytes(4)),
        "a shape that runs over": lambda: named(b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'),
        "a kind of number that is none": lambda: named(b'{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}}', bytes(4)),
        "a pickle": lambda: b"\x80\x04cos\nsystem\n(S'true'\ntR.",
        "another net's": lambda: named(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)),
        "zeros": lambda: bytes(1_000),
        "an archive": lambda: b"PK\x03\x04" + bytes(1_000),
    }


def links() -> dict[str, str]:
    """What stands in an address or a session for a choice."""
    return {
        "nothing": "", "a script": "<script>alert(1)</script>", "an address": "javascript:alert(1)",
        "a picture": "![p](http://127.0.0.1:9/q)",
        "a path": "../../../../etc/passwd", "a template": "{{7*7}}${7*7}%{7*7}", "a query": "' OR 1=1 --",
        "a format": "%s%n{0.__class__}",
        "a zero": "0\0", "lines": "0\r\nSet-Cookie: a=b", "a huge number": "9" * 5_000, "a huge exponent": "1e999999999",
        "not a number": "nan", "endless": "-inf", "other digits": "\u0661\u0662", "with an underscore": "1_0",
        "hexadecimal": "0x10",
        "a sign": "+1", "a space": " 1 ", "a half of a pair": "\ud800", "turned round": "\u202e1", "a class": "__class__",
        "a call": "eval('1')",
        "many parts": "," * 100_000, "many pairs": "0.0," * 50_000, "deep": "[" * 100_000, "a window backwards": "9:3,9:3",
        "a window of everything": "0:999999999999,0:999999999999", "a window of nothing": ":,:", "a long text": "a" * 3_000_000,
        "marks": "a" + "\u0300" * 50_000, "JSON": '{"__proto__": {"a": 1}}', "YAML": "!!python/object/apply:os.system [true]",
    }  # fmt: skip


def everything() -> Iterator[str]:
    for name, made in (
        ("photo", photos()),
        ("link", links()),
        ("text", texts()),
        ("table", tables()),
        ("card", cards()),
        ("weights", weights()),
    ):
        yield from (f"{name}: {each}" for each in made)
