"""The guide as HTML: one slide a query. Neo4j Browser shows the slides and runs their code; a page shows them all."""

from __future__ import annotations

import re
from html import escape

from graph.neo4j.browser import queries

#: For the guide as a page. Neo4j Browser takes the slides alone, and brings looks of its own.
_LOOKS = """
:root { color-scheme: light dark; --ink: #1c1e24; --soft: #565b66; --page: #fff; --code: #f3f4f7; --line: #d9dce3; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaf0; --soft: #a5abb8; --page: #1b1d23; --code: #262931; --line: #3b3f4a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
.guide { max-width: 1120px; margin: 0 auto; padding: 24px 20px 48px; }
carousel, slide { display: block; }
slide { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 2.4fr); gap: 8px 32px; padding: 32px 0; }
slide + slide { border-top: 1px solid var(--line); }
h3 { margin: 0 0 10px; font-size: 1.3rem; line-height: 1.25; }
p { margin: 0 0 10px; }
.lead { color: var(--soft); }
ul { margin: 0 0 10px; padding-left: 20px; }
li { margin-bottom: 8px; }
figure { margin: 0; }
figcaption { margin-top: 8px; color: var(--soft); font-size: .9rem; }
pre { margin: 0; padding: 14px 16px; border: 1px solid var(--line); border-radius: 8px; background: var(--code);
  overflow-x: auto; }
pre, code { font: 12.5px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
p code, li code { font-size: .87em; }
@media (max-width: 760px) {
  slide { grid-template-columns: minmax(0, 1fr); }
  pre { padding: 10px 12px; font-size: 11.5px; }
}
"""

_WELCOME = """<p>Each slide asks the graph one question. Click the code: it moves into the editor. What it asks about
stands in its first lines and can be changed before it is run.</p>
<ul>
<li>A <b>record</b> is one row of one source; an <b>identifier</b> is an e-mail, a phone, an account or a device that
records hold.</li>
<li>A <b>match</b> ties two records, with its weight in bits and its reasons. Even odds are 0 bits.</li>
<li>A <b>customer</b> is the records that belong together. Its id lasts; a retired one leads to where it went.</li>
</ul>
<p>Drop <code>style.grass</code> onto this window for colours and captions, and the files of <code>queries</code> for
favourites. The graph view draws what stands in an answer's last columns; the table has the rest.</p>"""


def guide() -> str:
    """The whole guide: a page that Neo4j Browser can play, too."""
    slides = [_slide("Who is this customer, and why?", "How an auditor follows every merge by hand.", _WELCOME)]
    for number, query in enumerate(queries(), 1):
        code = f'<pre class="pre-scrollable code runnable">{escape(query.code)}</pre>'
        caption = f"<figcaption>Question {number} of {len(queries())}: {escape(query.name)}.cypher</figcaption>"
        slides.append(_slide(query.title, query.notes, f"<figure>\n{code}\n{caption}\n</figure>"))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Clew: an auditor's guide</title>
<style>{_LOOKS}</style>
</head>
<body>
<article class="guide">
<carousel class="deck container-fluid">
{"".join(slides)}</carousel>
</article>
</body>
</html>
"""


def _slide(title: str, lead: str, content: str) -> str:
    lead = re.sub("`([^`]+)`", r"<code>\1</code>", escape(lead))
    return f"""<slide class="row-fluid">
<div class="col-sm-3">
<h3>{escape(title)}</h3>
<p class="lead">{lead}</p>
</div>
<div class="col-sm-9">
{content}
</div>
</slide>
"""
