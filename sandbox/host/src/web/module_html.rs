//! HTML that modules made, before it stands in a page.

/// Gives every form that is posted to this host the session's token, as WHMCS does: modules leave it out. A form
/// that goes to somebody else must not carry it.
pub(super) fn with_tokens(html: &str, token: &str, system_url: &str) -> String {
    let field = format!("<input type=\"hidden\" name=\"token\" value=\"{token}\">");
    let mut result = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = find(rest, "<form") {
        let (before, form) = rest.split_at(start);
        result.push_str(before);
        let Some(end) = form.find('>') else {
            rest = form;
            break;
        };
        let (tag, after) = form.split_at(end + 1);
        result.push_str(tag);
        let body = after
            .get(..find(after, "</form").unwrap_or(after.len()))
            .unwrap_or_default();
        let posted =
            attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        let has_token = body.contains("name=\"token\"") || body.contains("name='token'");
        if posted && !has_token && is_ours(attribute(tag, "action").unwrap_or_default(), system_url)
        {
            result.push_str(&field);
        }
        rest = after;
    }
    result.push_str(rest);
    result
}

fn is_ours(action: &str, system_url: &str) -> bool {
    let absolute = action.contains("://") || action.starts_with("//");
    !absolute || action.starts_with(system_url)
}

/// An attribute's value, quoted either way or not at all.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = find(tag, &format!(" {name}="))? + name.len() + 2;
    let value = tag.get(start..)?;
    match value.chars().next()? {
        quote @ ('"' | '\'') => value.get(1..)?.split(quote).next(),
        _ => value.split([' ', '>']).next(),
    }
}

/// ASCII letters in either case.
fn find(text: &str, wanted: &str) -> Option<usize> {
    text.to_ascii_lowercase().find(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forms_that_are_posted_here_get_the_token() {
        let given = |html: &str| with_tokens(html, "T", "http://here/");
        let field = "<input type=\"hidden\" name=\"token\" value=\"T\">";
        for ours in [
            "<form method=\"post\">",
            "<FORM action='index.php?m=x' METHOD='POST'>",
            "<form method=post action=\"http://here/modules/x.php\">",
        ] {
            assert_eq!(
                given(&format!("a{ours}b</form>c")),
                format!("a{ours}{field}b</form>c")
            );
        }
        for other in [
            "<form>b</form>",
            "<form method=\"get\">b</form>",
            "<form method=\"post\" action=\"https://pay.example/go\">b</form>",
            "<form method=\"post\"><input name=\"token\" value=\"x\"></form>",
            "<form method=\"post\"",
        ] {
            assert_eq!(given(other), other);
        }
    }
}
