//! A picture of a wallet's number: a phone that reads it from a screen offers to copy it or to call it.

use qrcode::QrCode;
use qrcode::render::svg;

/// Inline SVG; empty if it cannot be drawn.
pub(super) fn picture(text: &str) -> String {
    let Ok(code) = QrCode::new(text) else {
        return String::new();
    };
    let drawn = code
        .render::<svg::Color<'_>>()
        .min_dimensions(132, 132)
        .dark_color(svg::Color("#111"))
        .light_color(svg::Color("#fff"))
        .build();
    // Inside HTML it has no XML declaration.
    drawn
        .find("<svg")
        .and_then(|start| drawn.get(start..))
        .map(str::to_owned)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_svg_element() {
        let drawn = picture("01012345678");
        assert!(
            drawn.starts_with("<svg") && drawn.trim_end().ends_with("</svg>"),
            "{drawn}"
        );
        assert_ne!(drawn, picture("01012345679"));
        assert_eq!(picture(&"1".repeat(10_000)), "");
    }
}
