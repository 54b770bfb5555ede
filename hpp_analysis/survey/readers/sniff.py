"""Detect the format of a file from its content, not from its name."""

from __future__ import annotations

from io import BytesIO
from zipfile import BadZipFile, ZipFile

from hpp_analysis.survey.readers.raw import refused

_SAS = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
_AS_CSV = "Open it where it was made, and export the answers as CSV UTF-8 or .xlsx."


def seems(data: bytes, source: str) -> str:
    """The name of the reader.

    Raises
    ------
    SurveyError
        If the content cannot hold answers; the error names its format.
    """
    start = data[:4096]
    if start[:4] in (b"$FL2", b"$FL3"):
        return "spss"
    if start[:4] == b"PAR1":
        return "parquet"
    if start.startswith(_SAS):
        return "sas"
    if start.startswith(b"<stata_dta>") or (
        start[:1] and 102 <= start[0] <= 115 and start[1:3] in (b"\x01\x01", b"\x02\x01", b"\x01\x00", b"\x02\x00")
    ):
        return "stata"
    if start[:4] == b"PK\x03\x04":
        return _zipped(data, source)
    if b"SPSS PORT FILE" in start[:600]:
        return "por"
    _refuse_others(data, start, source)
    return "csv"


def _zipped(data: bytes, source: str) -> str:
    try:
        names = set(ZipFile(BytesIO(data)).namelist())
    except (BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise refused(
            "The file must be whole; this seems a workbook or zip file that was cut off.",
            "Export or copy it again.",
            source,
        ) from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names:
        raise refused(
            "An export must be a CSV, XLSX or statistics file; this seems an OpenDocument spreadsheet (.ods).",
            "Open it in LibreOffice and save the sheet as .xlsx or CSV.",
            source,
        )
    if "xl/workbook.bin" in names:
        raise refused(
            "An export must be a CSV, XLSX or statistics file; this seems a binary workbook (.xlsb).",
            "Open it in Excel and save it as .xlsx.",
            source,
        )
    raise refused(
        "An export must be a CSV, XLSX or statistics file; this seems a zip archive.",
        "Unpack it, and give the file in it.",
        source,
        value=", ".join(sorted(names)[:5]) or None,
    )


def _refuse_others(data: bytes, start: bytes, source: str) -> None:
    kinds = "An export must be a CSV, XLSX or statistics file; this seems "
    if start[:8] == bytes.fromhex("d0cf11e0a1b11ae1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise refused(
                kinds + "an encrypted workbook.",
                "Open it in Excel, take off the password, and save it as .xlsx.",
                source,
            )
        raise refused(kinds + "an old Excel workbook (.xls).", "Open it in Excel and save it as .xlsx.", source)
    if start[:5] == b"%PDF-":
        raise refused(kinds + "a PDF document.", _AS_CSV, source)
    if start[:2] == b"\x1f\x8b":
        raise refused(kinds + "a gzip archive.", "Unpack it, and give the file in it.", source)
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<table")):
        raise refused(kinds + "a web page (HTML).", _AS_CSV, source)
    if text.startswith((b"<?xml", b"{\\rtf", b"<survey")):
        raise refused(kinds + "an XML or RTF document.", _AS_CSV, source)
    if start[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"\x00" in start:
        raise refused(kinds + "a binary file of an unknown kind.", _AS_CSV, source, value="NUL byte")
