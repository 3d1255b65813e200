"""Answers are Markdown written by a model that outsiders may have fooled: text first."""

import pytest

from tests.browser.conftest import Modules

RENDER = """(() => { const box = document.createElement('div');
  box.append(...m.markdown(a[0])); return box.innerHTML })()"""
TIMED = (
    f"(() => {{ const began = performance.now(); {RENDER}; return performance.now() - began }})()"
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("# Title", "<h3>Title</h3>"),
        ("**bold** *it* _it_ snake_case_name", None),
        ("- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        (
            "```sh\n<b>&\n```",
            '<pre tabindex="0"><code>&lt;b&gt;&amp;</code></pre>',
        ),
        ("> quoted", "<blockquote><p>quoted</p></blockquote>"),
        ("`a *b* c`", "<p><code>a *b* c</code></p>"),
        ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
        ("![x](http://evil.example/p.png)", "<p>x (http://evil.example/p.png)</p>"),
        ("[click](javascript:alert(1))", "<p>[click](javascript:alert(1))</p>"),
        ("a * b * c", "<p>a * b * c</p>"),
        ("```\nopen", '<pre tabindex="0"><code>open</code></pre>'),
    ],
)
async def test_markdown_becomes_elements(modules: Modules, text: str, html: str | None) -> None:
    """Each construct gives its elements; HTML, images and odd addresses stay text."""
    expected = html or "<p><strong>bold</strong> <em>it</em> <em>it</em> snake_case_name</p>"

    assert expected == await modules.call("markdown", RENDER, text)


async def test_a_link_shows_where_it_leads(modules: Modules) -> None:
    """The address stands beside its label, and the other side learns nothing of this page."""
    html = await modules.call("markdown", RENDER, "[our bank](https://evil.example/login)")

    link = '<a href="https://evil.example/login" target="_blank" rel="noopener noreferrer">'
    assert f"<p><span>our bank</span> ({link}https://evil.example/login</a>)</p>" == html


async def test_a_table_is_a_table(modules: Modules) -> None:
    """Rows under a divider line become cells; the box around them scrolls by itself."""
    html = await modules.call("markdown", RENDER, "| a | b |\n|---|:-:|\n| 1 | **2** |")
    bare = await modules.call("markdown", RENDER, "a | b\n--- | :-:\n1 | **2**")

    tools = await modules.call("markdown", RENDER, "2 disks\na | b | c\n1 | 2 | 3\n\nEnd")

    assert html == bare
    assert "<p>2 disks</p><div" in tools
    assert "<td>3</td></tr></tbody></table></div><p>End</p>" in tools
    assert '<th scope="col">a</th>' in html
    assert "<td>1</td><td><strong>2</strong></td>" in html


@pytest.mark.parametrize(
    "text", ["*" * 50_000, "[" * 50_000, "`" * 50_001, "> " * 5_000, "- " * 5_000]
)
async def test_hostile_text_costs_no_time(modules: Modules, text: str) -> None:
    """Ten times the text takes about ten times as long, and nests no deeper, whatever it is."""
    short = await modules.call("markdown", TIMED, text[: len(text) // 10])

    assert await modules.call("markdown", TIMED, text) < 40 * max(short, 5)
