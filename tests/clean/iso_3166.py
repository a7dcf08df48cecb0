#!/usr/bin/env python3
"""Write iso_3166.h: codes and English names of countries as Debian's iso-codes lists them.

    python3 iso_3166.py > iso_3166.h        (package iso-codes, json/iso_3166-1.json)
"""
import json

with open("/usr/share/iso-codes/json/iso_3166-1.json", encoding="utf-8") as f:
    rows = json.load(f)["3166-1"]
print("/* iso_3166.h - written by iso_3166.py: alpha-2, alpha-3, name, official name, common name */")
print("/* clang-format off */")
print("static const char *const iso_3166[][5] = {")
for r in sorted(rows, key=lambda r: r["alpha_2"]):
    cells = [r["alpha_2"], r["alpha_3"], r["name"], r.get("official_name"), r.get("common_name")]
    print("    {" + ", ".join("NULL" if c is None else json.dumps(c, ensure_ascii=False)
                              for c in cells) + "},")
print("};")
