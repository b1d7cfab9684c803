"""How fast the suite is: beside a bare HTTP client, beside Schemathesis, and by itself.

`python -m benchmarks.speed` measures everything on this machine and writes docs/speed.md.
"""
