"""Where an event is: LOCATION and GEO, and what they cannot say as a Place of schema.org (RFC 9073 section 6.6)."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from easd.mime.content_lines import escaped
from easd.mime.icalendar.lines import Component, clean, text_of
from easd.mime.icalendar.row import Row, value_row
from easd.model.event import Event, Place

_NAMES: Final = {"display_name": "name", "annotation": "description", "uri": "url"}
_ADDRESS: Final = {
    "street": "streetAddress",
    "city": "addressLocality",
    "state": "addressRegion",
    "country": "addressCountry",
    "postal_code": "postalCode",
}
_GEO: Final = {
    "latitude": "latitude",
    "longitude": "longitude",
    "altitude": "elevation",
    "accuracy": "accuracy",
    "altitude_accuracy": "altitudeAccuracy",
}
_HEAD: Final = 'STRUCTURED-DATA;VALUE=TEXT;FMTTYPE="application/ld+json";SCHEMA="https://schema.org/Place"'


def _read(component: Component) -> Place:
    title = component.text("LOCATION") or None
    for line in component.all("STRUCTURED-DATA"):
        if "schema.org/place" in "".join(line.parameters.get("SCHEMA", ())).lower():
            place = _of_schema(text_of(line))
            if place is not None and place.title == (title or ""):
                return place
    latitude, longitude = _coordinates(component.text("GEO"))
    return Place(display_name=title, latitude=latitude, longitude=longitude)


def _coordinates(text: str) -> tuple[float, float] | tuple[None, None]:
    try:
        latitude, longitude = (float(part) for part in text.split(";"))
    except ValueError:
        return None, None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else (None, None)


def _of_schema(text: str) -> Place | None:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    address, geo = (part if isinstance(part, dict) else {} for part in (said.get("address"), said.get("geo")))
    found: dict[str, Any] = {**_texts(said, _NAMES), **_texts(address, _ADDRESS), **_numbers(geo)}
    return Place(**found)


def _texts(said: Mapping[str, object], names: Mapping[str, str]) -> dict[str, str]:
    return {attr: clean(value) for attr, name in names.items() if isinstance(value := said.get(name), str) and value}


def _numbers(said: Mapping[str, object]) -> dict[str, float]:
    found = {attr: value for attr, name in _GEO.items() if isinstance(value := said.get(name), int | float)}
    return {attr: float(value) for attr, value in found.items() if abs(value) < 1e300 and math.isfinite(value)}


def _write(place: Place) -> Iterator[str]:
    if place.title:
        yield f"LOCATION:{escaped(place.title)}"
    both = place.latitude is not None and place.longitude is not None
    if both:
        yield f"GEO:{place.latitude!r};{place.longitude!r}"
    told = Place(place.display_name, latitude=place.latitude, longitude=place.longitude) if both else Place(place.title)
    if place != told and (place.title or place != Place()):
        yield f"{_HEAD}:{escaped(json.dumps(_schema(place), ensure_ascii=False))}"


def _schema(place: Place) -> dict[str, Any]:
    made: dict[str, Any] = {"@context": "https://schema.org", "@type": "Place", **_said(place, _NAMES)}
    if address := _said(place, _ADDRESS):
        made["address"] = {"@type": "PostalAddress", **address}
    if geo := _said(place, _GEO):
        made["geo"] = {"@type": "GeoCoordinates", **geo}
    return made


def _said(place: Place, names: Mapping[str, str]) -> dict[str, Any]:
    return {name: value for attr, name in names.items() if (value := getattr(place, attr)) is not None}


PLACE: Final[Row[Event]] = value_row(("LOCATION", "GEO", "STRUCTURED-DATA"), "location", _read, _write)
