#!/usr/bin/env python3
"""Makes areas.csv and areas.polygons beside this file out of Natural Earth's first-level areas.

    python3 data/make_areas.py FOLDER

FOLDER holds `admin1.csv` and `ne_admin1_s30.geojson.gz`, whose origin data/README.md tells. Codes that the source has wrong
are put right by area_code_corrections.csv beside this file. What is written depends on nothing else, but for how zlib
packs it. The format of areas.polygons is told in src/atlas/areas/packed.rs.
"""
import csv
import gzip
import json
import pathlib
import sys
import zlib

HERE = pathlib.Path(__file__).parent
COLUMNS = ["id", "iso2", "code", "name", "name_en", "name_fr", "name_es", "name_ru", "name_zh", "name_ar", "disputed"]
STEPS_PER_DEGREE = 10_000


def number(value):
    """Seven bits a byte, the lowest first; the eighth bit says that more follow."""
    packed = bytearray()
    while value >= 0x80:
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    packed.append(value)
    return bytes(packed)


def step(value):
    return number(2 * value if value >= 0 else -2 * value - 1)


def main(folder):
    with open(folder / "admin1.csv", encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    with open(HERE / "area_code_corrections.csv", encoding="utf-8", newline="") as file:
        for correction in csv.DictReader(file):
            row = rows[correction["id"]]
            if row["iso_3166_2"] != correction["was"]:
                sys.exit(f"{correction['id']} has {row['iso_3166_2']!r} in the source, not {correction['was']!r}")
            row["iso_3166_2"] = correction["code"]
    with gzip.open(folder / "ne_admin1_s30.geojson.gz", "rt", encoding="utf-8") as file:
        features = json.load(file)["features"]
    geometries = {feature["properties"]["id"]: feature["geometry"] for feature in features}
    if set(geometries) != set(rows):
        sys.exit("admin1.csv and the polygons do not have the same areas")

    # The order of codes is the order of preference where a place touches several areas.
    ordered = sorted(rows, key=lambda area: (rows[area]["iso_3166_2"] or area, area))
    with open(HERE / "areas.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for area in ordered:
            row = rows[area] | {"code": rows[area]["iso_3166_2"]}
            table.writerow([row[column] for column in COLUMNS])

    packed = bytearray()
    x = y = 0
    for area in ordered:
        geometry = geometries[area]
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        rings = [(ring[:-1], place > 0) for polygon in polygons for place, ring in enumerate(polygon)]
        packed += number(len(area.encode())) + area.encode() + number(len(rings))
        for corners, hole in rings:
            packed += number(2 * len(corners) + hole)
            for longitude, latitude in corners:
                to_x, to_y = round(longitude * STEPS_PER_DEGREE), round(latitude * STEPS_PER_DEGREE)
                packed += step(to_x - x) + step(to_y - y)
                x, y = to_x, to_y
    (HERE / "areas.polygons").write_bytes(zlib.compress(bytes(packed), 9))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
