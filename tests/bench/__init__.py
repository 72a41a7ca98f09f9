"""The benchmarks, a file each: `make bench` for the quick ones, `make bench ONLY=name`
for any.
"""
