//! The text of an e-mail as HTML: the same words, paragraphs and links that can be pressed, and nothing to load.

/// The page. Everything that comes from outside is escaped; `language` is a tag of letters, digits and `-`.
pub(super) fn page(subject: &str, text: &str, language: &str) -> String {
    let mut page = format!("<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    escape(subject, &mut page);
    page.push_str("</title>\n</head>\n<body style=\"margin:1em;font:16px/1.5 sans-serif\">\n");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    for paragraph in lines.split(|line| line.is_empty()).filter(|paragraph| !paragraph.is_empty()) {
        page.push_str("<p>");
        for (at, line) in paragraph.iter().enumerate() {
            page.push_str(if at == 0 { "" } else { "<br>\n" });
            line.split_inclusive(char::is_whitespace).for_each(|word| linked(word, &mut page));
        }
        page.push_str("</p>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// A word, its address made a link. What closes the sentence stays outside; angle brackets and quotes end an address.
fn linked(word: &str, page: &mut String) {
    let begin = ["https://", "http://"].into_iter().filter_map(|scheme| word.find(scheme)).min();
    let Some((before, rest)) = begin.and_then(|begin| word.split_at_checked(begin)) else {
        return escape(word, page);
    };
    let address = rest.split(|c: char| c.is_whitespace() || "<>\"".contains(c)).next().unwrap_or_default();
    let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '»', '’', '”']);
    let has_host = address.split_once("://").is_some_and(|(_, host)| host.starts_with(char::is_alphanumeric));
    let is_link = has_host && !before.ends_with(char::is_alphanumeric);
    let Some(after) = rest.strip_prefix(address).filter(|_| is_link) else {
        return escape(word, page);
    };
    escape(before, page);
    page.push_str("<a href=\"");
    escape(address, page);
    page.push_str("\">");
    escape(address, page);
    page.push_str("</a>");
    escape(after, page);
}

fn escape(text: &str, page: &mut String) {
    for c in text.chars() {
        match c {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            c => page.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(text: &str) -> String {
        let page = page("S", text, "rw");
        let (_, body) = page.split_once("sans-serif\">\n").unwrap();
        body.strip_suffix("</body>\n</html>\n").unwrap().to_owned()
    }

    #[test]
    fn paragraphs_and_lines_stay_what_they_are() {
        assert_eq!(body("a\nb\n\n\n \nc d\n"), "<p>a<br>\nb</p>\n<p>c d</p>\n");
    }

    #[test]
    fn nothing_from_outside_is_markup() {
        let page = page("</title><script>", "<b>'x' & \"y\"</b>", "rw");
        assert!(page.contains("<title>&lt;/title&gt;&lt;script&gt;</title>"), "{page}");
        assert!(page.contains("<p>&lt;b&gt;&#39;x&#39; &amp; &quot;y&quot;&lt;/b&gt;</p>"), "{page}");
        assert!(page.contains("<html lang=\"rw\">"), "{page}");
    }

    #[test]
    fn an_address_is_a_link_and_the_sentence_around_it_is_not() {
        let link = |address: &str| format!("<a href=\"{address}\">{address}</a>");
        let job = link("https://kaziline.example/j/48213");
        assert_eq!(body("See https://kaziline.example/j/48213."), format!("<p>See {job}.</p>\n"));
        assert_eq!(body("(https://kaziline.example/j/48213), x"), format!("<p>({job}), x</p>\n"));
        assert_eq!(body("http://a.example/?x=1&y=2"), format!("<p>{}</p>\n", link("http://a.example/?x=1&amp;y=2")));
        assert_eq!(body("https://a.example/"), format!("<p>{}</p>\n", link("https://a.example/")));
        for plain in ["https://", "javascript:alert(1)", "xhttps://a.example", "www.a.example", "https://."] {
            assert_eq!(body(plain), format!("<p>{plain}</p>\n"));
        }
    }

    #[test]
    fn an_address_cannot_leave_its_attribute() {
        let text = "https://a.example/\"onmouseover=\"x <https://a.example/><img>";
        let link = "<a href=\"https://a.example/\">https://a.example/</a>";
        let expected = format!("<p>{link}&quot;onmouseover=&quot;x &lt;{link}&gt;&lt;img&gt;</p>\n");
        assert_eq!(body(text), expected);
    }

    proptest! {
        #[test]
        fn the_words_are_all_there_and_no_tag_is_foreign(text in "([a-z<>&\"' .,\n]|https://|é){0,60}") {
            let body = body(&text);
            let mut shown = String::new();
            for (at, part) in body.split('<').enumerate() {
                let (tag, rest) = if at == 0 { ("", part) } else { part.split_once('>').unwrap() };
                let known = ["", "p", "/p", "br", "/a"].contains(&tag) || tag.starts_with("a href=\"http");
                prop_assert!(known, "{}", tag);
                shown.push_str(rest);
            }
            for (escaped, plain) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
                shown = shown.replace(escaped, plain);
            }
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&shown), words(&text));
        }
    }
}
