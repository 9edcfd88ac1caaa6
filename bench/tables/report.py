"""Write docs/tables.md."""
from bench.tables.results import Results
def render(found): return ""
def broken(found): return []
