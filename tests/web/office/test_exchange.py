"""Import, export and work in the background as pages: every step, every refusal, and nobody else's files."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty.core import ids
from loyalty.core.jobs.models import FilePart, Job
from loyalty.core.jobs.tasks import run_waiting
from loyalty.core.tenancy.scope import acting_for
from loyalty.exchange.models import Import
from members.models import Identity, Member
from tests.cast import MARA
from tests.web.office.conftest import Luna, browser_of

GOOD = "email,first name,points balance\na@example.org,Asa,120\nb@example.org,Bo,7\n"
MIXED = "email,first name\na@example.org,Asa\nnonsense,Bo\n=cmd()@x,Cy\n"


def upload(
    lunas: Luna, browser: Client, text: str | bytes, *, kind: str = "members", name: str = "people.csv"
):
    content = text.encode() if isinstance(text, str) else text
    return browser.post(lunas.url("imports/new/"), {"kind": kind, "file": SimpleUploadedFile(name, content)})


def checked(lunas: Luna, browser: Client, text: str, *, kind: str = "members") -> str:
    """The page of an import whose columns were accepted as they were recognised."""
    url = upload(lunas, browser, text, kind=kind)["Location"]
    page = browser.get(url)
    form = page.context["form"]
    sent = {bound.name: bound.value() or "" for bound in [*form.columns, *form.options] if bound.value()}
    assert browser.post(f"{url}check/", sent).status_code == 303
    run_waiting()
    return url


def here(lunas: Luna, model):
    with acting_for(lunas.merchant, by=MARA):
        return model.objects.count()


def test_from_a_file_to_members(lunas: Luna, owner: Client):
    before = here(lunas, Member)
    url = checked(lunas, owner, GOOD)
    page = owner.get(url).content.decode()
    assert "Import 2 rows now" in page and here(lunas, Member) == before
    assert owner.post(f"{url}run/").status_code == 303
    assert "The rows are being imported" in owner.get(url).content.decode()
    run_waiting()
    done = owner.get(url).content.decode()
    assert "Bring in the points of this file too" in done and here(lunas, Member) == before + 2
    lots = owner.post(f"{url}again/")["Location"]
    assert owner.get(lots).context["imported"].fields == ["email", "", "points"]
    listed = owner.get(lunas.url("imports/")).content.decode()
    assert "people.csv" in listed and "Imported" in listed


def test_the_rows_to_fix_can_be_downloaded_fixed_and_sent_again(lunas: Luna, owner: Client):
    url = checked(lunas, owner, MIXED)
    assert "This is not an e-mail address." in owner.get(url).content.decode()
    download = owner.get(f"{url}rows.csv")
    text = b"".join(download.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["email", "first name", "What is wrong"]
    assert [row[0] for row in rows[1:]] == ["nonsense", "'=cmd()@x"]  # no cell runs
    owner.post(f"{url}run/")
    run_waiting()
    before = here(lunas, Member)
    again = checked(
        lunas, owner, text.replace("nonsense", "bo@example.org").replace("'=cmd()@x", "cy@example.org")
    )
    assert "Import 2 rows now" in owner.get(again).content.decode()
    owner.post(f"{again}run/")
    run_waiting()
    assert here(lunas, Member) == before + 2


def test_a_file_that_is_none_is_refused_on_its_page_and_not_kept(lunas: Luna, owner: Client):
    for content, sentence in (
        (b"%PDF-1.4 x", "This is a PDF file"),
        (b"a,b\n1\x00,2\n", "characters that no text has"),
        (b"PK\x03\x04rubbish", "damaged"),
        (b"email\n", "nothing below the names"),
    ):
        answer = upload(lunas, owner, content)
        assert answer.status_code == 422 and sentence in answer.content.decode()
    assert (here(lunas, Import), here(lunas, FilePart)) == (0, 0)
    assert upload(lunas, owner, b"").status_code == 422


def test_a_file_with_a_name_without_end_is_refused(lunas: Luna, owner: Client):
    assert upload(lunas, owner, GOOD, name="x" * 300 + ".csv").status_code in (400, 422)
    assert here(lunas, Import) == 0


def test_columns_that_make_no_sense_come_back_with_what_was_chosen(lunas: Luna, owner: Client):
    url = upload(lunas, owner, "a,b\n1,2\n")["Location"]
    answer = owner.post(f"{url}check/", {"column_0": "given_name", "column_1": "given_name", "dates": "dmy"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Two columns cannot be the same: Given name." in text
    assert len(re.findall(r'<option value="given_name" selected>', text)) == 2
    missing = owner.post(f"{url}check/", {"column_0": "given_name", "dates": "dmy"})
    assert "Say which column names the member" in missing.content.decode()
    assert owner.post(f"{url}check/", {"column_0": "rubbish", "dates": "x"}).status_code == 422
    assert here(lunas, Job) == 0


def test_what_is_too_early_or_too_late_is_said_and_changes_nothing(lunas: Luna, owner: Client):
    url = upload(lunas, owner, GOOD)["Location"]
    before = here(lunas, Member)
    for step in ("run/", "undo/"):
        assert owner.post(f"{url}{step}", follow=True).status_code == 200
    assert (here(lunas, Job), here(lunas, Member)) == (0, before)


def test_pressing_twice_imports_once(lunas: Luna, owner: Client):
    url = checked(lunas, owner, GOOD)
    for _press in range(2):
        owner.post(f"{url}run/", {"form_key": "once"})
    run_waiting()
    with acting_for(lunas.merchant, by=MARA):
        assert Job.objects.filter(kind="import.run").count() == 1


def test_undoing_asks_first_and_says_what_stays(lunas: Luna, owner: Client):
    url = checked(lunas, owner, GOOD)
    owner.post(f"{url}run/")
    run_waiting()
    part = owner.get(f"{url}undo/", headers={"HX-Request": "true"}).content.decode()
    assert "<dialog" in part and "are erased" in part
    owner.post(f"{url}undo/")
    run_waiting()
    assert "Undone" in owner.get(url).content.decode()
    with acting_for(lunas.merchant, by=MARA):
        assert not Identity.objects.filter(value="a@example.org").exists()


def test_a_long_list_is_counted_only_so_far(lunas: Luna, owner: Client, monkeypatch):
    """A shop of a million would wait for the sum of its rows."""
    monkeypatch.setattr("loyalty.web.office.exports.COUNTED", 1)
    with CaptureQueriesContext(connection) as asked:
        page = owner.get(lunas.url("exports/"))
    counted = {item["table"].name: (item["count"], item["more"]) for item in page.context["lists"]}
    assert counted["members"] == (1, True) and here(lunas, Member) > 1
    assert counted["codes"] == (0, False)
    assert "more than 1" in page.content.decode()
    sums = [query["sql"] for query in asked if "COUNT(*)" in query["sql"] and "exchange" not in query["sql"]]
    assert len(sums) >= len(counted) and all("LIMIT 2" in sql for sql in sums if "LIMIT" in sql)
    assert sum("LIMIT 2)" in sql for sql in sums) == len(counted)


def test_an_export_is_written_and_downloaded(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("exports/"), {"list": "members", "format": "csv"})
    assert 'hx-trigger="every 1s"' in owner.get(answer["Location"]).content.decode()
    assert owner.get(f"{answer['Location']}file/").status_code == 404
    run_waiting()
    assert "It is ready." in owner.get(answer["Location"]).content.decode()
    file = owner.get(f"{answer['Location']}file/")
    text = b"".join(file.streaming_content).decode("utf-8-sig")
    assert "ana" in text and file["Content-Disposition"].startswith("attachment")
    assert "Download" in owner.get(lunas.url("exports/")).content.decode()


def test_a_job_can_be_stopped(lunas: Luna, owner: Client):
    url = owner.post(lunas.url("exports/"), {"list": "members", "format": "csv"})["Location"]
    owner.post(f"{url}cancel/")
    assert run_waiting() == 0
    assert "Cancelled" in owner.get(lunas.url("jobs/")).content.decode()


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 303), ("manager", 403), ("analyst", 403), ("cashier", 403)]
)
def test_only_owners_take_the_whole_shop_with_them(lunas: Luna, role: str, status: int):
    browser = browser_of(lunas, role)
    assert browser.post(lunas.url("exports/"), {"list": "whole"}).status_code == status
    assert browser.get(lunas.url("imports/whole/")).status_code == (200 if role == "owner" else 403)


def test_the_whole_shop_goes_out_and_is_refused_by_a_shop_that_is_not_empty(
    lunas: Luna, ottos: Luna, owner: Client
):
    url = owner.post(lunas.url("exports/"), {"list": "whole"})["Location"]
    run_waiting()
    archive = b"".join(owner.get(f"{url}file/").streaming_content)
    theirs = browser_of(ottos, "owner")
    sent = {"file": SimpleUploadedFile("luna.zip", archive)}
    answer = theirs.post(ottos.url("imports/whole/"), sent)
    assert answer.status_code == 422 and "An archive goes into an empty shop" in answer.content.decode()
    rubbish = theirs.post(ottos.url("imports/whole/"), {"file": SimpleUploadedFile("x.zip", b"rubbish")})
    assert "This is not an archive of a shop." in rubbish.content.decode()


def test_another_shops_files_do_not_exist_here(lunas: Luna, ottos: Luna, owner: Client):
    theirs = browser_of(ottos, "owner")
    url = checked(ottos, theirs, GOOD)
    job = theirs.post(ottos.url("exports/"), {"list": "members"})["Location"]
    run_waiting()
    for path in (url, f"{url}rows.csv", f"{url}undo/", job, f"{job}file/"):
        assert owner.get(path.replace("/m/ottos/", "/m/luna/")).status_code == 404
    assert owner.get(lunas.url(f"jobs/{ids.encode('job', ids.new())}/")).status_code == 404
