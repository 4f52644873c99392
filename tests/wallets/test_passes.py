"""The card that Apple's phones open: taken apart and checked as a phone would, and what it says in four languages."""

import hashlib
import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from loyalty.connectors.wallets import apple, operations, queries
from loyalty.connectors.wallets.content import content_of, look_of
from loyalty.connectors.wallets.models import AppleWallet
from loyalty.connectors.wallets.service import file_of
from loyalty.connectors.wallets.vault import opened
from loyalty.core.merchants.shaping import edit_shop
from loyalty.core.pictures.operations import keep_drawing
from members.models import Identity
from members.operations.membership import join
from tests.cast import AT, buy, publish
from tests.wallets import papers

LADDER = {
    "ladder": [{"id": "silver", "at_least": 0, "name": {"en": "Silver", "sv": "Silver", "nl": "Zilver"}}]
}
WORDS = {"name": {"en": "Luna Club", "sv": "Lunaklubben"}, "points": {"en": {"one": "bean", "other": "beans"},
         "sv": {"one": "böna", "other": "bönor"}}}  # fmt: skip


def built(shop, member) -> dict[str, bytes]:
    """The files of a member's pass."""
    row = operations.issue_pass(member=member.pk, platform="apple", at=AT)
    answer = file_of(shop, AppleWallet.objects.get(), row)
    assert answer["Content-Type"] == "application/vnd.apple.pkpass"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def verified(folder: Path, found: dict[str, bytes], *, trusted: bytes) -> bool:
    """Whether OpenSSL finds the signature over the manifest good, up to a certificate that is trusted."""
    for name, data in (
        ("signature", found["signature"]),
        ("manifest", found["manifest.json"]),
        ("ca.pem", trusted),
    ):
        (folder / name).write_bytes(data)
    asked = ["openssl", "smime", "-verify", "-inform", "DER", "-in", "signature", "-content", "manifest", "-CAfile",
             "ca.pem", "-purpose", "any", "-attime", str(int(AT.timestamp())), "-binary"]  # fmt: skip
    done = subprocess.run(asked, cwd=folder, capture_output=True, check=False)
    return done.returncode == 0 and done.stdout == found["manifest.json"]


def strings(found: dict[str, bytes], language: str) -> dict[str, str]:
    """A language's texts, by what stands in the pass."""
    lines = found[f"{language}.lproj/pass.strings"].decode("utf-16").splitlines()
    return dict(json.loads("[" + line.rstrip(";").replace('" = "', '", "') + "]") for line in lines)


def test_the_manifest_names_every_file_by_its_digest_and_nothing_else(connected, ana):
    found = built(connected, ana)
    manifest = json.loads(found["manifest.json"])
    assert set(manifest) == set(found) - {"manifest.json", "signature"}
    assert {name: hashlib.sha1(found[name]).hexdigest() for name in manifest} == manifest  # noqa: S324
    assert {"pass.json", "icon.png", "icon@2x.png", "icon@3x.png", "sv.lproj/pass.strings"} <= set(manifest)


def test_the_signature_holds_up_to_the_root_and_breaks_with_a_byte(connected, ana, tmp_path):
    found = built(connected, ana)
    root = papers.root().pem
    assert verified(tmp_path, found, trusted=root)
    changed = {**found, "manifest.json": found["manifest.json"].replace(b"a", b"b", 1)}
    assert not verified(tmp_path, changed, trusted=root)
    assert not verified(tmp_path, found, trusted=papers.made("Another root").pem)


def test_a_key_of_rsa_signs_as_well(connected, ana, tmp_path):
    paper = papers.for_passes(key=papers.account_key())
    operations.connect_apple(files=papers.files(paper), at=AT)
    assert verified(tmp_path, built(connected, ana), trusted=papers.root().pem)


def test_it_says_whose_card_it_is_what_is_on_it_and_what_the_till_scans(connected, ana):
    publish(identity=WORDS, tiers=LADDER)
    buy(ana, 1240)
    told = json.loads(built(connected, ana)["pass.json"])
    row = operations.issue_pass(member=ana.pk, platform="apple", at=AT)
    code = Identity.objects.get(member=ana, kind="card").value
    assert (told["passTypeIdentifier"], told["teamIdentifier"]) == (papers.PASS_TYPE, papers.TEAM)
    assert told["barcodes"][0] | {"altText": ""} == {
        "format": "PKBarcodeFormatQR", "message": code, "messageEncoding": "iso-8859-1", "altText": ""
    }  # fmt: skip
    card = told["storeCard"]
    assert card["secondaryFields"][0]["value"] == 1240
    assert card["headerFields"][0]["value"] == "Silver"
    assert card["auxiliaryFields"][0]["value"] == "Ana Alm"
    assert told["webServiceURL"] == "https://club.example/hooks/wallets/luna/"
    assert (told["serialNumber"], told["authenticationToken"]) == (row.pk.hex, opened(row.token))
    assert len(told["authenticationToken"]) >= 16
    assert told["backgroundColor"] == "rgb(47, 93, 80)" and told["foregroundColor"] == "rgb(255, 255, 255)"
    assert "voided" not in told


def test_a_phone_reads_it_in_its_own_language(connected, ana):
    publish(identity=WORDS, tiers=LADDER)
    buy(ana, 100)
    found = built(connected, ana)
    told = json.loads(found["pass.json"])
    balance, tier = told["storeCard"]["secondaryFields"][0], told["storeCard"]["headerFields"][0]
    assert balance["label"] == "Bönor"  # the shop's language, for phones that speak none of the four
    said = {language: strings(found, language) for language in ("en", "sv", "nb", "nl")}
    assert [said[one][balance["label"]] for one in said] == ["Beans", "Bönor", "Beans", "Beans"]
    assert [said[one][told["logoText"]] for one in said] == [
        "Luna Club",
        "Lunaklubben",
        "Luna Club",
        "Luna Club",
    ]
    assert said["nl"][tier["value"]] == "Zilver"
    assert all("%@" in said[one][balance["changeMessage"]] for one in said)
    keys = {key for texts in said.values() for key in texts}
    assert all(set(texts) == keys for texts in said.values())


def test_quotes_and_line_breaks_in_names_do_not_break_the_lists(connected, ana):
    publish(identity={"name": {"en": 'The "Best" \\ Club'}})
    found = built(connected, ana)
    assert strings(found, "en")[json.loads(found["pass.json"])["logoText"]] == 'The "Best" \\ Club'


@pytest.mark.parametrize("size", [(300, 100), (100, 100), (80, 240)])
def test_pictures_have_the_sizes_that_phones_ask_for(connected, ana, size):
    kept = keep_drawing(drawing=Image.new("RGBA", size, (200, 30, 30, 120)), at=AT)
    edit_shop(details={"logo": kept.pk}, at=AT)
    connected.refresh_from_db()
    look = look_of(connected)
    assert look.logo
    content = content_of(ana.pk)
    data = apple.built(
        queries.seal_of(AppleWallet.objects.get()), look=look, language="sv", serial="s", token="", service="",
        content=content,
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for times, mark in ((1, ""), (2, "@2x"), (3, "@3x")):
            with (
                Image.open(archive.open(f"icon{mark}.png")) as icon,
                Image.open(archive.open(f"logo{mark}.png")) as logo,
            ):
                assert icon.size == (29 * times, 29 * times)
                assert logo.height == 50 * times and logo.width <= 160 * times
                assert logo.getchannel("A").getextrema()[1] > 0
        assert "webServiceURL" not in json.loads(archive.read("pass.json"))


def test_asking_again_gives_the_same_card(connected, ana, ben):
    first = operations.issue_pass(member=ana.pk, platform="apple", at=AT)
    assert operations.issue_pass(member=ana.pk, platform="apple", at=AT).pk == first.pk
    others = {operations.issue_pass(member=ana.pk, platform="google", at=AT).pk,
              operations.issue_pass(member=ben.pk, platform="apple", at=AT).pk}  # fmt: skip
    assert len({first.pk, *others}) == 3


def test_somebody_without_a_name_has_a_card_without_one(connected):
    nameless = join(at=AT, identities={"phone": "+46701740699"}).member
    told = json.loads(built(connected, nameless)["pass.json"])
    assert told["storeCard"]["auxiliaryFields"] == []
    assert "46701740699" not in json.dumps(told)


def test_a_pass_is_the_same_file_until_something_changes(connected, ana):
    first, again = built(connected, ana), built(connected, ana)
    assert {name for name in first if first[name] != again[name]} <= {
        "signature"
    }  # which says when it was made
