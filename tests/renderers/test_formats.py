"""concise, github, markdown: one fact each, and nothing that a name could break."""

from __future__ import annotations

from diagnose.errors import ReadError
from diagnose.renderers import render
from diagnose.renderers.markdown import escape, fence


def test_concise_is_one_line_a_history_in_the_order_given(healthy, overfit, short):
    assert render("concise", [healthy(), overfit(), short()]).splitlines() == [
        "good.csv: good-fit (93%): val_loss 0.377 at the end, best 0.371 at epoch 55",
        "history.csv: overfit since epoch 20 (97%): val_loss ends 51% above its best (0.370, epoch 19)",
        "short.csv: too-short: 3 usable points; it takes at least 5 to judge a trend",
    ]


def test_concise_stays_one_line_whatever_the_name(overfit):
    assert len(render("concise", [overfit(source="a\nb\r\x85c.csv")]).splitlines()) == 1


def test_github_warns_about_findings_and_counts(overfit, healthy):
    lines = render("github", [overfit(), healthy()]).splitlines()
    assert lines == [
        "::warning file=history.csv,title=overfit since epoch 20 (97%25)::"
        "val_loss ends 51%25 above its best (0.370, epoch 19)",
        "2 histories: 1 overfit, 1 good-fit",
    ]


def test_github_escapes_what_would_end_a_property_or_a_line(overfit):
    line = render("github", [overfit(source="a,b:c%\n::error::d.csv", name="v")]).splitlines()[0]
    assert line.startswith("::warning file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ad.csv,title=overfit")


def test_github_names_no_file_for_standard_input(short):
    assert render("github", [short(source="-")]).startswith("::notice title=too-short::-: too-short; ")


def test_github_reports_what_could_not_be_read():
    text = render("github", [], [ReadError("expected numbers, found a cat", source="c.csv", place="line 7")])
    assert text.splitlines()[0] == (
        "::error file=c.csv,title=can't be read::c.csv: line 7: expected numbers, found a cat"
    )


def test_github_names_the_file_that_a_history_lies_in(short, tmp_path, monkeypatch):
    def place(source):
        return render("github", [short(source=source)]).split(",title")[0]

    monkeypatch.chdir(tmp_path)
    for name in ("run", "run#1.csv", "book.ipynb", "odd#2.ipynb", "all.json"):
        (tmp_path / name).write_text("")
    assert place("run#1.csv") == "::notice file=run#1.csv"
    assert place("book.ipynb#cell12") == "::notice file=book.ipynb"
    assert place("odd#2.ipynb#cell12.1") == "::notice file=odd#2.ipynb"
    assert place("all.json#model#1.history") == "::notice file=all.json"
    assert place("gone#1.csv") == "::notice file=gone#1.csv"
    assert place("gone.ipynb#cell12.1") == "::notice file=gone.ipynb"
    assert render("github", [short(source="-#2")]).startswith("::notice title=")


def test_markdown_has_heading_table_and_code(overfit):
    text = render("markdown", [overfit()])
    assert text.startswith("## history.csv: overfit\n\n**generalization problem, since epoch 20, confidence 97%**")
    said = "val\\_loss ends 51% above its best (0.370, epoch 19)"
    row = f"| overfit | generalization | 97% | 20...50 | val\\_loss | 51% | {said} |"
    assert row in text.splitlines()
    assert "```python\nstop = keras.callbacks.EarlyStopping('val_loss', patience=5)\n" in text
    assert "Source: Prechelt, Early Stopping, But When? (1998)" in text


def test_markdown_of_several_begins_with_a_table_and_leaves_the_healthy_out(overfit, healthy):
    text = render("markdown", [healthy(), overfit()])
    assert text.startswith("| History | Diagnosis |")
    assert "| good.csv | good-fit | 93% |  |" in text
    assert "## good.csv" not in text


def test_markdown_names_are_not_markup():
    assert escape("a|b_c*d`e[f](g)") == "a\\|b\\_c\\*d\\`e\\[f\\](g)"
    assert escape("<img src=x>&@me") == "&lt;img src=x&gt;&amp;&#64;me"
    assert escape("1. x") == "1\\. x"
    assert escape("# x\ny") == "&#35; x y"
    assert escape("run#12") == "run&#35;12"


def test_code_with_backticks_stays_inside_its_fence():
    assert fence("a\n````\nb") == "`````python\na\n````\nb\n`````"
