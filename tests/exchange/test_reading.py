"""Files in any dress are read; what is no table, or a trap, is refused in plain words and nothing is kept."""

import io
import struct
import zipfile

import pytest

from loyalty.core.jobs.models import File, FilePart
from loyalty.core.merchants.models import Merchant
from loyalty.exchange import kinds, operations
from loyalty.exchange.models import Import
from loyalty.exchange.reading import NotReadable, open_table, plain, protected, table
from loyalty.exchange.reading.sheet import MOST_TIMES
from loyalty.exchange.writing import csv_bytes, write_xlsx
from tests.cast import AT

ROWS = [["åäö", "x, y"], ["two\nlines", '"said"']]
TEXT = 'name;city\nåäö;"x, y"\n"two\nlines";"""said"""\n'


def read(content: bytes) -> tuple[list[str], list[list[str]]]:
    found = open_table(io.BytesIO(content))
    return found.head, [cells for _number, cells in found.rows]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
)
def test_letters_are_read_however_they_are_written(encoding: str):
    assert read(TEXT.encode(encoding)) == (["name", "city"], ROWS)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_columns_are_found_whatever_is_between_them(separator: str, end: str):
    content = end.join(["a b c".replace(" ", separator), "1 2 3".replace(" ", separator), ""])
    assert read(content.encode()) == (["a", "b", "c"], [["1", "2", "3"]])


def test_rows_have_the_number_a_spreadsheet_shows_and_as_many_cells_as_there_are_headings():
    found = open_table(io.BytesIO(b"\n\na,b\n\n1\n1,2,3\n"))
    assert list(found.rows) == [(5, ["1", ""]), (6, ["1", "2"])]


def test_a_spreadsheet_says_what_it_shows():
    book = io.BytesIO()
    write_xlsx(["a", "b"], [[1, "0017"], [None, "=1+1"], [10**15, "\x07bell"]], book, title="x")
    assert read(book.getvalue()) == (["a", "b"], [["1", "0017"], ["", "=1+1"], [str(10**15), "\ufffdbell"]])


@pytest.mark.parametrize(
    "text", ["=1+1", "+46", "-x", "@a", "\tx", "'=1", "''=1", "'plain", "'", "", "a=b", "x'=", "\r", "'-'"]
)
def test_no_cell_runs_and_every_cell_comes_back(text: str):
    assert protected(text)[:1] not in set("=+-@\t\r\n")
    assert plain(protected(text)) == text
    back = read(csv_bytes([["a", "b"], [text, "x"]], first=True))[1]
    assert back == [[text.strip(), "x"]]


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in files.items():
            packed.writestr(name, body)
    return out.getvalue()


def book_with(sheet: bytes) -> bytes:
    """A real workbook whose sheet is something else."""
    real, out = io.BytesIO(), io.BytesIO()
    write_xlsx(["a"], [["1"]], real, title="x")
    with zipfile.ZipFile(real) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            packed.writestr(name, sheet if name.startswith("xl/worksheets/sheet") else source.read(name))
    return out.getvalue()


BOMB = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
LAUGHS = (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
          b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
          b'<c t="str"><v>&b;</v></c></row></sheetData></worksheet>')  # fmt: skip
REFUSED = {
    "nothing at all": (b"", "empty"),
    "only spaces": (b" \n \n", "empty"),
    "a PDF": (b"%PDF-1.7\n" + b"x" * 100, "not_a_table"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "not_a_table"),
    "a page": (b"<!DOCTYPE html><html><body>a,b</body></html>", "not_a_table"),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_table"),
    "an archive": (zipped(**{"a.csv": b"a,b\n1,2\n"}), "not_a_table"),
    "JSON": (b'{"email": "a@example.org"}', "not_a_table"),
    "a program": (b"\x7fELF" + b"\0" * 50, "not_a_table"),
    "an old or locked workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "old_excel"),
    "half a workbook": (book_with(b"<row")[:-40], "damaged"),
    "a workbook of nonsense": (book_with(b"nonsense"), "damaged"),
    "a workbook that unpacks without end": (
        book_with(BOMB + b" " * 30_000_000 + b"</sheetData></worksheet>"),
        "bomb",
    ),
    "entities": (book_with(LAUGHS), "damaged"),
    "a NUL in a cell": (b"a,b\n1\x00,2\n" + b"x,y\n" * 9, "nul"),
    "a quotation mark never closed": (b'a,b\n"1,2\n3,4\n', "quotes"),
    "a cell without end": (b"a,b\n" + b"x" * 200_000 + b",2\n", "long_cell"),
    "ten megabytes of name": (b"a,b\n" + b"x" * 10_000_000 + b",2\n", "long_cell"),
    "too many columns": (b",".join([b"a"] * 201) + b"\n1\n", "too_many_columns"),
    "no headings": (b",,,\n1,2,3\n", "rows_without_heading"),
    "only headings": (b"email,name\n", "no_rows"),
    "half a letter of UTF-16": (b"\xff\xfea\x00,\x00\n\x00\x00\xd8\n\x00", "encoding"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_table_is_refused_and_nothing_is_kept(cafe: Merchant, content: bytes, reason: str):
    if reason == "rows_without_heading":  # the first row with anything in it is taken for the headings
        assert read(content) == (["1", "2", "3"], [])
        reason = "no_rows"
    with pytest.raises(NotReadable) as refused:
        operations.begin_import(kind="members", name="customers.csv", chunks=[content], at=AT)
    assert refused.value.params["reason"] == reason
    assert str(refused.value).strip() and "{" not in str(refused.value)


def test_a_refused_file_leaves_nothing_behind(cafe: Merchant):
    from django.db import transaction

    with pytest.raises(NotReadable), transaction.atomic():
        operations.begin_import(kind="members", name="x", chunks=[b"%PDF"], at=AT)
    assert not (File.objects.exists() or FilePart.objects.exists() or Import.objects.exists())


def test_what_a_zip_says_of_itself_is_not_believed():
    """The twin of the bomb: a workbook that lies about its size is cut off where it said it would end."""
    honest = book_with(BOMB + b"</sheetData></worksheet>" + b" " * 5_000_000)
    lying = bytearray(honest)
    at = lying.find(b"PK\x01\x02", lying.rfind(b"xl/worksheets/sheet1.xml") - 46)
    lying[at + 24 : at + 28] = struct.pack("<I", 100)
    with pytest.raises(NotReadable) as refused:
        list(open_table(io.BytesIO(bytes(lying))).rows)
    assert refused.value.params["reason"] in ("damaged", "bomb", "empty")
    assert MOST_TIMES > 10


def test_too_much_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(table, "MOST_BYTES", 10)
    with pytest.raises(NotReadable) as refused:
        open_table(io.BytesIO(b"a,b\n1,2\n3,4\n"))
    assert refused.value.params["reason"] == "too_large"
    monkeypatch.undo()
    monkeypatch.setattr(table, "MOST_ROWS", 2)
    with pytest.raises(NotReadable) as refused:
        read(b"a,b\n1,2\n3,4\n5,6\n7,8\n")
    assert refused.value.params["reason"] == "too_many_rows"


EXPORTS = {
    "Smile": ("members", ["id", "email", "first_name", "last_name", "date_of_birth", "points_balance", "created_at"],
              ["", "email", "given_name", "family_name", "birthday", "", "joined_at"]),
    "Smile's points": ("lots", ["email", "points"], ["email", "points"]),
    "LoyaltyLion": ("lots", ["merchant_id", "email", "points_approved", "points_pending"],
                    ["external", "email", "points", ""]),
    "Yotpo": ("members", ["Full Name", "First Name", "Last Name", "Email", "Points Balance", "Birthday (MM/DD/YYYY)"],
              ["full_name", "given_name", "family_name", "email", "", "birthday"]),
    "Yotpo's points": ("lots", ["Email", "Points Balance"], ["email", "points"]),
    "WooCommerce points": ("lots", ["User ID", "User Email", "Points"], ["external", "email", "points"]),
    "a Swedish till": ("members", ["Kundnr", "Förnamn", "Efternamn", "E-post", "Mobil", "Födelsedag"],
                       ["external", "given_name", "family_name", "email", "phone", "birthday"]),
    "a Shopify shop": ("orders", ["Name", "Email", "Created at", "Total", "Lineitem sku", "Lineitem price"],
                       ["number", "email", "placed_at", "total", "sku", "unit_price"]),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "head", "fields"), EXPORTS.values(), ids=EXPORTS)
def test_the_columns_of_other_systems_are_recognised(kind: str, head: list[str], fields: list[str]):
    assert kinds.recognised(kinds.kind(kind), head) == fields


def test_what_somebody_said_a_heading_means_is_remembered(cafe: Merchant, send):
    content = b"Klubb-id,Kontakt\n17,a@example.org\n"
    first = operations.begin_import(kind="members", name="x.csv", chunks=[content], at=AT)
    assert first.fields == ["", ""]
    send("members", content, fields=["external", "email"])
    again = operations.begin_import(kind="members", name="x.csv", chunks=[content], at=AT)
    assert again.fields == ["external", "email"]
    assert operations.begin_import(kind="lots", name="x.csv", chunks=[content], at=AT).fields == ["", ""]
