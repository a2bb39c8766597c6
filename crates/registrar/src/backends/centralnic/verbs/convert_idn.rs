//! ConvertIDN, done here instead of by a call: the platform takes A-labels only.

use wharf_core::DomainName;
use wharf_core::domain_name::NameError;

/// A name as its registry wants it. Registries that do not know `ß` and `ς` map them (`ss`, `σ`) as the
/// first IDNA did; the others keep them.
pub fn to_ascii(text: &str) -> Result<DomainName, NameError> {
    let name = DomainName::parse(text)?;
    if KEEPS_DEVIATIONS.contains(&name.tld().as_str()) || !text.contains(['ß', 'ẞ', 'ς']) {
        return Ok(name);
    }
    DomainName::parse(&text.replace(['ß', 'ẞ'], "ss").replace('ς', "σ"))
}

const KEEPS_DEVIATIONS: &[&str] = &["at", "ch", "de", "eu", "gr", "li"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharp_s_is_kept_where_the_registry_knows_it() {
        assert_eq!(to_ascii("straße.de").unwrap().as_str(), "xn--strae-oqa.de");
        assert_eq!(to_ascii("straße.com").unwrap().as_str(), "strasse.com");
        assert_eq!(
            to_ascii("münchen.com").unwrap().as_str(),
            "xn--mnchen-3ya.com"
        );
        assert!(to_ascii("nonsense").is_err());
    }
}
