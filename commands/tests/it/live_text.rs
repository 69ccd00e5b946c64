//! Which lines of a comment are live, case by case: every construct of Markdown that must never
//! yield a command, and everything that must not disturb one.

use commands::parse;

use crate::gates;

fn commands(body: &str) -> Vec<String> {
    let reading = parse(body, &gates());
    reading.commands.iter().map(ToString::to_string).collect()
}

fn dead(bodies: &[&str]) {
    for body in bodies {
        assert!(
            parse(body, &gates()).is_empty(),
            "{body:?}: {:?}",
            parse(body, &gates())
        );
    }
}

fn refires_qa(bodies: &[&str]) {
    for body in bodies {
        assert_eq!(commands(body), ["/refire qa-review"], "{body:?}");
    }
}

#[test]
fn code_blocks_are_dead() {
    dead(&[
        "```\n/refire qa\n```",
        "~~~ text\n/refire qa\n~~~",
        "```\n/refire qa",
        "text\n```\n/refire qa\n```",
        "    /refire qa",
        "\t/refire qa",
        "\u{FEFF}```\n/refire qa\n```",
        "\u{FEFF}    /refire qa",
    ]);
}

#[test]
fn code_spans_are_dead() {
    dead(&["`/refire qa`", "`a\n/refire qa\nb`", "``\n/refire qa\n``"]);
}

#[test]
fn block_quotes_are_dead() {
    dead(&[
        "> /refire qa",
        "> text\n/refire qa",
        ">/refire qa",
        "> [!NOTE]\n> /refire qa",
        "> > a\n/refire qa",
    ]);
}

#[test]
fn lists_are_dead() {
    dead(&[
        "- /refire qa",
        "1. /refire qa",
        "* text\n/refire qa",
        "- text\n\n  /refire qa",
        "- [ ] /refire qa",
        "- [x]\n  /refire qa",
        "+ a\n  /refire qa",
    ]);
}

#[test]
fn html_is_dead() {
    dead(&[
        "<div>\n/refire qa\n</div>",
        "<!-- /refire qa -->",
        "<!--\n\n/refire qa\n\n-->",
        "<!--\n/refire qa",
        "text <!--\n/refire qa\n-->",
        "<pre>\n\n/refire qa\n\n</pre>",
        "<script>\n\n/refire qa\n</script>",
        "<gate>\n/refire qa",
        "text <b a='\n/refire qa\n'>",
        "<?php\n\n/refire qa\n\n?>",
    ]);
}

#[test]
fn text_between_a_tag_and_its_end_is_html() {
    dead(&[
        "<details>\n<summary>log</summary>\n\n/refire qa\n\n</details>",
        "<DIV>\n\n/refire qa\n\ntext\n\n</div>",
        "see <b>this\n/refire qa\n</b>",
        "<details><details>\n\n</details>\n\n/refire qa\n\n</details>",
    ]);
    refires_qa(&[
        "see <b>this</b>\n/refire qa",
        "for `x` of <gate> type\n/refire qa",
        "<br>\n\n/refire qa\n\n<br>",
        "<details>\nlog\n</details>\n\n/refire qa",
        "Vec<u8>\n/refire qa\nVec<u8>",
    ]);
}

#[test]
fn link_texts_are_dead() {
    dead(&[
        "[a\n/refire qa\nb](https://example.org)",
        "![a\n/refire qa\nb](https://example.org)",
        "[a\n/refire qa][r]\n\n[r]: x",
        "[a](\n/refire)",
        "[a](<x>\n'\n/refire qa\n')",
        "[a]:\n/refire",
        "[a]: x\n'\n/refire qa\n'",
        "</refire qa>",
        "<https://example.org/refire>",
    ]);
}

#[test]
fn headings_are_dead() {
    dead(&[
        "# /refire qa",
        "/refire qa\n===",
        "/refire qa\n---",
        "text\n/refire qa\n---",
        "# a\r/refire qa",
    ]);
}

#[test]
fn tables_are_dead() {
    dead(&[
        "| a |\n|---|\n| /refire qa |",
        "/refire qa | a\n---|---\nb | c",
        "a | b\n---|---\n/refire qa | c",
        "a | b\n---|---\n/refire qa",
    ]);
}

#[test]
fn footnotes_are_dead() {
    dead(&[
        "text[^1]\n\n[^1]: /refire qa",
        "text[^1]\n\n[^1]:\n    /refire qa",
        "text[^1]\n\n[^1]: note\n/refire qa",
        "[^1]: never used\n/refire qa",
    ]);
}

#[test]
fn definitions_are_dead() {
    dead(&["/refire qa\n: what it does", "term\n: first\n/refire qa"]);
}

#[test]
fn display_math_is_dead() {
    dead(&[
        "$$\n/refire qa\n$$",
        "$$\n\n/refire qa\n\n$$",
        "text\n\\[\n/refire qa\n\\]",
        "$$\n/refire qa",
    ]);
    refires_qa(&[
        "$$ a $$\n/refire qa",
        "$$\na\n$$\n/refire qa",
        "it costs $5 and\n/refire qa\ncosts $6",
        "```\n$$\n```\n/refire qa",
    ]);
}

#[test]
fn struck_out_text_is_dead() {
    dead(&["~~a\n/refire qa\nb~~", "~~/refire qa~~"]);
}

#[test]
fn a_command_begins_its_line() {
    dead(&[
        "**/refire qa**",
        "*/refire qa*",
        "please /refire qa",
        "\\/refire qa",
        "&#47;refire qa",
        "&sol;refire qa",
        "text\n    /refire qa",
        "text\n\t/refire qa",
        "text\n \t/refire qa",
        "\u{A0}\u{A0}\u{A0}\u{A0}/refire qa",
        "text\u{2028}/refire qa",
        "text\r/refire qa",
    ]);
}

#[test]
fn up_to_three_blanks_may_stand_before_it() {
    refires_qa(&[
        " /refire qa",
        "   /refire qa",
        "text\n   /refire qa",
        "\u{A0}/refire qa",
        " \u{202F}\u{A0}/refire qa",
    ]);
}

#[test]
fn a_soft_or_hard_break_ends_the_line() {
    refires_qa(&[
        "/refire qa\nsecurity",
        "/refire qa  \nsecurity",
        "/refire qa\\\nsecurity",
        "text\\\n/refire qa",
        "text  \n/refire qa",
    ]);
    assert_eq!(commands("/refire\\\nqa"), ["/refire"]);
    assert_eq!(
        commands("/sop-n/a qa *docs\nonly*"),
        ["/sop-n/a qa-review docs"]
    );
}

#[test]
fn blanks_zero_width_characters_and_byte_order_marks_do_not_disturb() {
    refires_qa(&[
        "/refire qa\r\n",
        "text\r\n/refire qa\r\ntext",
        "/refire \t  qa \t ",
        "/refire\u{A0}qa",
        "/refire\u{202F}\u{3000}qa\u{A0}",
        "\u{FEFF}/refire qa",
        "\u{200B}/\u{200C}refire qa",
        "/re\u{2060}fire q\u{200D}a\u{FEFF}",
        "\u{FEFF}\r\n\r\n/refire qa",
    ]);
}

#[test]
fn emphasis_over_lines_makes_nothing_dead() {
    refires_qa(&["2*3 and\n/refire qa\n4*5", "**so\n/refire qa\nbe it**"]);
    assert_eq!(commands("*a\n/refire qa*"), ["/refire qa-review"]);
}

#[test]
fn escapes_and_entities_in_arguments_are_read_as_markdown_reads_them() {
    assert_eq!(
        commands("/sop-n/a qa\\-review a\\*b &amp; c"),
        ["/sop-n/a qa-review a\\*b \\& c"]
    );
}

#[test]
fn a_rule_above_a_command_is_a_rule() {
    refires_qa(&[
        "---\n/refire qa",
        "---\n\n/refire qa\n\n---",
        "text\n\n---\n/refire qa",
    ]);
}

#[test]
fn every_block_before_a_command_leaves_it_live() {
    refires_qa(&[
        "# title\n/refire qa",
        "```\ncode\n```\n/refire qa",
        "> quote\n\n/refire qa",
        "- item\n\n/refire qa",
        "| a |\n|---|\n| b |\n\n/refire qa",
        "<!-- hidden -->\n/refire qa",
        "[a]: x\n\n/refire qa",
        "text\n/refire qa\nmore text",
    ]);
}

#[test]
fn an_empty_definition_does_not_reach_into_the_next_paragraph() {
    refires_qa(&["a\n\n: \n/refire qa", "a\n: \n\n\n/refire qa\n\ntext"]);
}

#[test]
fn of_a_long_line_no_more_is_read_than_a_reason_may_have() {
    let line = format!("/sop-n/a qa {}", "é".repeat(30_000));
    let said = format!("/sop-n/a qa-review {}…", "é".repeat(499));
    assert_eq!(commands(&line), [said]);
    let unseen = format!("/refire qa{}", "\u{200b}".repeat(20_000));
    assert_eq!(commands(&unseen), ["/refire qa-review"]);
    let marked = format!("/sop-n/a qa **{}**\n/refire qa", "é".repeat(30_000));
    assert_eq!(commands(&marked).len(), 2);
}
