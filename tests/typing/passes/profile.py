"""A profile, its rows and its records."""

from pathlib import Path
from typing import assert_type

import kytorch
from kytorch.profiling import Kind, Record, Row

with kytorch.profile() as p:
    assert_type(p, kytorch.profile)
    (kytorch.ones(3) * 2.0).sum()

assert_type(p.table(), str)
assert_type(p.table(by="layer", sort_by="kept", row_limit=3), str)
assert_type(p.seconds, float)
assert_type(p.rows(by="operation", sort_by="name"), list[Row])
assert_type(p.records, list[Record])
assert_type([row.total for row in p.rows()], list[float])
assert_type([(row.calls, row.made, row.kept) for row in p.rows()], list[tuple[int, int, int]])
kinds: list[Kind] = [record.kind for record in p.records]
assert_type([record.shape for record in p.records], list[tuple[int, ...] | None])
p.export_chrome_trace("trace.json")
p.export_chrome_trace(Path("trace.json"))
