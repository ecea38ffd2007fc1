"""What `mypy --strict` refuses of a profile."""

import kytorch

with kytorch.profile() as p:
    pass

p.table(sort_by="time")  # error
p.rows(by="module")  # error
p.records[0].name = "mul"  # error
p.export_chrome_trace(3)  # error
