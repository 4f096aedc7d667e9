"""Makes a page of each flag in flags.txt."""

from html import escape
from pathlib import Path

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 3rem auto; padding: 0 1rem }}</style>
<h1>{title}</h1>
{body}
</html>
"""

flags = dict(line.split(": ", 1) for line in Path("flags.txt").read_text("utf-8").splitlines())
site = Path("site")
site.mkdir()
items = "".join(f'<li><a href="{letter}.html">{letter}</a></li>' for letter in flags)
(site / "index.html").write_text(PAGE.format(title="Flags", body=f"<ul>{items}</ul>"), "utf-8")
for letter, meaning in flags.items():
    (site / f"{letter}.html").write_text(PAGE.format(title=letter, body=f"<p>{escape(meaning)}"), "utf-8")
