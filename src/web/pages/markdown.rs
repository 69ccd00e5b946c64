//! The sentences of replies as HTML.
//!
//! **Invariant:** what looks like HTML is shown as the text that it is, nothing is embedded, and links
//! lead to http and https only.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html::push_html};

/// HTML that may stand in a page as it is. Made here only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// For templates.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Paragraphs, lists and tables.
pub(super) fn blocks(text: &str) -> Html {
    render(text, |event| match event {
        // A table that is too wide is scrolled by itself, by keyboard too.
        Event::Start(Tag::Table(_)) => vec![
            Event::Html(
                "<div class=\"wide\" role=\"group\" aria-label=\"table\" tabindex=\"0\">".into(),
            ),
            event,
        ],
        Event::End(TagEnd::Table) => vec![event, Event::Html("</div>".into())],
        event => vec![event],
    })
}

/// A part of a sentence.
pub(super) fn inline(text: &str) -> Html {
    render(text, |event| match event {
        Event::Start(Tag::Paragraph) => Vec::new(),
        Event::End(TagEnd::Paragraph) => vec![Event::Text(" ".into())],
        event => vec![event],
    })
}

fn render<'a>(text: &'a str, also: impl Fn(Event<'a>) -> Vec<Event<'a>>) -> Html {
    let mut open = Vec::new();
    let safe = Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock | Tag::Image { .. })
        | Event::End(TagEnd::HtmlBlock | TagEnd::Image) => None,
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            open.push(leads_to_the_web(dest_url));
            open.last().is_some_and(|shown| *shown).then_some(event)
        }
        Event::End(TagEnd::Link) => open.pop().unwrap_or_default().then_some(event),
        event => Some(event),
    });
    let mut html = String::new();
    push_html(&mut html, safe.flat_map(also));
    Html(html.trim().to_owned())
}

fn leads_to_the_web(address: &str) -> bool {
    let scheme = address.split(':').next().unwrap_or_default();
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_shown_as_text() {
        let html = inline("**a** <script>alert(1)</script> `<b>` &lt;i&gt;");
        assert_eq!(
            html.as_str(),
            "<strong>a</strong> &lt;script&gt;alert(1)&lt;/script&gt; <code>&lt;b&gt;</code> &lt;i&gt;"
        );
        let block = blocks("<div onclick=x>\nhello\n</div>");
        assert!(!block.as_str().contains("<div"), "{}", block.as_str());
    }

    #[test]
    fn links_lead_to_the_web_only() {
        let html = inline(
            "[a](https://x.example/?q=\"'<) [b](javascript:alert(1)) ![c](https://x.example/i.png) <JavaScript:x>",
        );
        let expected = "<a href=\"https://x.example/?q=%22&#x27;%3C\">a</a> b c JavaScript:x";
        assert_eq!(html.as_str(), expected);
    }

    #[test]
    fn a_table_can_be_scrolled() {
        let html = blocks("| a |\n|---|\n| <b> |");
        assert!(html.as_str().starts_with("<div class=\"wide\""));
        assert!(html.as_str().contains("<td>&lt;b&gt;</td>"));
    }
}
