"""Reading a code out of a picture, for devices whose browser cannot. Pictures are looked at and forgotten."""

import io
from typing import Any

import zxingcpp
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST
from PIL import Image, UnidentifiedImageError

from loyalty.core.api import throttling
from loyalty.web.pos.frame import Desk, desk_page

MOST_BYTES = 400_000
WIDEST = 1920
_A_SECOND = 4
_FORMATS: Any = (
    zxingcpp.BarcodeFormat.QRCode,
    zxingcpp.BarcodeFormat.Code128,
    zxingcpp.BarcodeFormat.Code39,
    zxingcpp.BarcodeFormat.EAN13,
    zxingcpp.BarcodeFormat.EAN8,
    zxingcpp.BarcodeFormat.DataMatrix,
    zxingcpp.BarcodeFormat.Aztec,
    zxingcpp.BarcodeFormat.PDF417,
)


@require_POST
@desk_page()
def decode(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The first code in a JPEG of at most 400 kB and 1920 pixels, as `{"text": …}`; 204 when there is none."""
    bucket = throttling.Bucket("pictures", f"pos-decode:{desk.till.pk}", _A_SECOND, 4 * _A_SECOND)
    if throttling.take([bucket]).wait_seconds:
        return HttpResponse(status=429)
    if request.content_type != "image/jpeg":
        return HttpResponse(status=415)
    data = request.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        return HttpResponse(status=413)
    text = read_code(data)
    if text is None:
        return HttpResponse(status=400)
    return JsonResponse({"text": text}) if text else HttpResponse(status=204)


def read_code(data: bytes) -> str | None:
    """The text of the first code in a JPEG, "" where there is none; None for what is no picture we look at. The size is
    read before anything is unpacked."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
            if max(picture.size) > WIDEST:
                return None
            grey = picture.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    for found in zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(_FORMATS)):
        if found.text and found.text.isprintable():
            return str(found.text[:254])
    return ""
