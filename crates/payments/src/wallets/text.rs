//! Text of messages in one form, and the amounts in it.

use serde::Deserialize;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// The text as it is read: compatibility forms composed, invisible and vowel marks gone, digits ASCII,
/// blanks single, lines ended by a line feed. Names stay as they were received.
pub fn clean(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let unified = raw.replace("\r\n", "\n").replace('\r', "\n");
    let seen = || unified.chars().filter(|c| !is_mark(*c));
    let mut marks: Vec<char> = match is_nfkc_quick(seen()) {
        // Most are as they should be.
        IsNormalized::Yes => seen().map(ascii_digit).collect(),
        // Composed once more after marks have gone: what they kept apart may belong together.
        _ => seen()
            .nfkc()
            .filter(|c| !is_mark(*c))
            .nfkc()
            .map(ascii_digit)
            .collect(),
    };
    // A comma between digits groups them; elsewhere it is punctuation.
    for at in 1..marks.len().saturating_sub(1) {
        let between = |offset: usize| marks.get(offset).is_some_and(char::is_ascii_digit);
        let grouping =
            matches!(marks.get(at), Some('٬' | '،')) && between(at - 1) && between(at + 1);
        if let (true, Some(mark)) = (grouping, marks.get_mut(at)) {
            *mark = ',';
        }
    }
    for c in marks {
        let blank = c.is_whitespace() && c != '\n';
        match (blank, out.chars().next_back()) {
            (true, None | Some(' ' | '\n')) => {}
            (true, _) => out.push(' '),
            (false, Some(' ')) if c == '\n' => {
                out.pop();
                out.push(c);
            }
            (false, None) if c == '\n' => {}
            _ => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// For comparing keywords only: letters that writers exchange become one. Byte offsets are kept, so that
/// what matched here can be cut out of the [`clean`] text.
pub fn fold(clean: &str) -> String {
    clean
        .chars()
        .map(|c| match c {
            'أ' | 'إ' | 'آ' => 'ا',
            'ٱ' => 'ا',
            'ى' | 'ی' => 'ي',
            'ک' => 'ك',
            'ڤ' => 'ف',
            'ة' => 'ه',
            'چ' => 'ج',
            other => other,
        })
        .collect()
}

/// A sender's name as it is compared: Latin letters in lower case, without blanks and dashes. Nothing else is
/// overlooked, so that no name counts which only looks like an operator's.
pub fn sender_key(sender: &str) -> String {
    sender
        .trim_matches(|c: char| c.is_whitespace() || is_direction(c))
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// How a country writes large numbers. Grouping only proves that no digit is missing: either way a number means
/// the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grouping {
    /// `1,234,567.00`.
    #[default]
    Thousands,
    /// `12,34,567.00` as well.
    Indian,
}

/// As [`amount_of`], in hundredths.
pub fn amount(text: &str) -> Option<i64> {
    amount_of(text, 2, Grouping::Thousands)
}

/// Reads `100`, `1740.00`, `1,740.50`, `.50` into minor units. A second dot, misplaced grouping and a decimal
/// beyond the currency's own other than zero are no amount.
pub fn amount_of(text: &str, decimals: u32, grouping: Grouping) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if text.ends_with('.') || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let groups: Vec<&str> = whole.split(',').collect();
    if !groups.iter().all(|group| all_digits(group)) || !all_digits(fraction) {
        return None;
    }
    if let [first, between @ .., last] = groups.as_slice() {
        let grouped = |longest: usize, length: usize| {
            (1..=longest).contains(&first.len())
                && last.len() == 3
                && between.iter().all(|group| group.len() == length)
        };
        let fine = grouped(3, 3) || grouping == Grouping::Indian && grouped(2, 2);
        if groups.len() > 1 && (!fine || first.starts_with('0')) {
            return None;
        }
    }
    let decimals = usize::try_from(decimals).ok()?;
    let (kept, beyond) = fraction.split_at(fraction.len().min(decimals));
    if beyond.bytes().any(|b| b != b'0') {
        return None;
    }
    format!("{}{kept:0<decimals$}", groups.concat())
        .parse()
        .ok()
}

/// An amount as a customer types it, in minor units: any digits, a decimal comma or dot, blanks and grouping.
pub fn typed_amount(text: &str, decimals: u32) -> Option<i64> {
    let text: String = clean(text).chars().filter(|c| !c.is_whitespace()).collect();
    amount_of(&text, decimals, Grouping::Indian)
}

fn ascii_digit(c: char) -> char {
    let shifted = |zero: char| char::from_digit(u32::from(c).wrapping_sub(u32::from(zero)), 10);
    match c {
        '٠'..='٩' => shifted('٠').unwrap_or(c),
        '۰'..='۹' => shifted('۰').unwrap_or(c),
        '٫' => '.',
        other => other,
    }
}

/// Bidi and zero-width marks, tatweel, Arabic vowel marks, and control characters that are no blanks.
fn is_mark(c: char) -> bool {
    is_direction(c)
        || matches!(c,
            '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{FEFF}'
            | '\u{00AD}' | '\u{0640}' | '\u{064B}'..='\u{065F}' | '\u{0670}'
            | '\u{0}'..='\u{8}' | '\u{E}'..='\u{1F}' | '\u{7F}')
}

/// Marks, embeddings and isolates that tell which way a text runs.
fn is_direction(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_come_out_in_one_form() {
        assert_eq!(
            clean("\u{200F}تم  اسـتلام\u{00A0}مبلغ\r\n ١٬٧٤٠٫٥٠ \n"),
            "تم استلام مبلغ\n1,740.50"
        );
        assert_eq!(clean("۱۲،۵۰۰ جنيه، شكرا"), "12,500 جنيه، شكرا");
        assert_eq!(
            clean("id 0231\r2 offers\r\n\u{1}end\0"),
            "id 0231\n2 offers\nend"
        );
        assert_eq!(fold("إستلام فى المحفظة"), "استلام في المحفظه");
    }

    #[test]
    fn of_a_senders_name_only_case_blanks_and_dashes_are_overlooked() {
        for same in [
            "VF-Cash",
            " vf cash",
            "VFCASH",
            "VF\u{00A0}Cash",
            "VF\u{2011}Cash",
            "V F\u{2013}Cash\n",
        ] {
            assert_eq!(sender_key(same), "vfcash", "{same:?}");
        }
        for other in [
            "VF_Cash",
            "VF.Cash",
            "V\u{200B}F-Cash",
            "\u{200B}VF-Cash",
            "VF-Cash\u{FEFF}",
            "VF\u{00AD}Cash",
            "VF\u{200F}Cash",
            "VF\u{0640}Cash",
            "\u{FF36}\u{FF26}-Cash",
            "VF-C\u{0430}sh",
        ] {
            assert_ne!(sender_key(other), "vfcash", "{other:?}");
        }
        // The Kelvin sign's small letter is a plain k.
        assert_ne!(sender_key("b\u{212A}ash"), "bkash");
        assert_ne!(sender_key("\u{0663}\u{0667}37"), "3737");
    }

    /// Apps that read notifications (textbee does) get the name as messengers show it: within isolates, or with marks
    /// that keep Latin names in place in a right-to-left line.
    #[test]
    fn marks_of_direction_around_a_senders_name_are_nothing() {
        for wrapped in [
            "\u{2068}VF-Cash\u{2069}",
            "\u{202A}VF-Cash\u{202C}",
            "\u{200E}VF-Cash\u{200E}",
            "VF-Cash \u{200F}",
        ] {
            assert_eq!(sender_key(wrapped), "vfcash", "{wrapped:?}");
        }
    }

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, minor) in [
            ("100", 10_000),
            ("7700", 770_000),
            ("1740.00", 174_000),
            ("7000.0", 700_000),
            ("1,000", 100_000),
            ("1,740.50", 174_050),
            (".50", 50),
            ("0.5", 50),
            ("5.000", 500),
        ] {
            assert_eq!(amount(text), Some(minor), "{text}");
        }
        for wrong in [
            "",
            ".",
            "1.",
            "1.2.3",
            "1,00",
            "12,34,567",
            ",100",
            "1,",
            "0,100",
            "01,000",
            "1.005",
            "1e3",
            "-5",
            "+5",
            "٥",
        ] {
            assert_eq!(amount(wrong), None, "{wrong}");
        }
        assert_eq!(typed_amount(" ٥٠٢٫٥٠ ", 2), Some(50_250));
        assert_eq!(typed_amount("1.0E+25", 2), None);
    }

    #[test]
    fn each_currency_has_its_own_decimals_and_each_country_its_grouping() {
        assert_eq!(amount_of("2,000", 0, Grouping::Thousands), Some(2_000));
        assert_eq!(amount_of("2000.00", 0, Grouping::Thousands), Some(2_000));
        assert_eq!(amount_of("2000.50", 0, Grouping::Thousands), None);
        assert_eq!(amount_of("1.234", 3, Grouping::Thousands), Some(1_234));
        for text in ["12,34,567.50", "1,234,567.50", "1234567.5"] {
            assert_eq!(
                amount_of(text, 2, Grouping::Indian),
                Some(123_456_750),
                "{text}"
            );
        }
        assert_eq!(amount_of("12,34,567.50", 2, Grouping::Thousands), None);
        for wrong in ["1,23", "123,45,678", "12,34,56", "1,2,345", ",23,456"] {
            assert_eq!(amount_of(wrong, 2, Grouping::Indian), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn grouped_amounts_read_as_plain_ones(minor in 0_i64..1_000_000_000_000) {
            let (whole, fraction) = ((minor / 100).to_string(), minor % 100);
            for grouping in [Grouping::Thousands, Grouping::Indian] {
                let mut grouped = String::new();
                for (at, digit) in whole.chars().enumerate() {
                    let left = whole.len() - at;
                    let cut = match grouping {
                        Grouping::Thousands => left % 3 == 0,
                        Grouping::Indian => left == 3 || left > 3 && left % 2 == 1,
                    };
                    if cut && at > 0 { grouped.push(','); }
                    grouped.push(digit);
                }
                prop_assert_eq!(amount_of(&format!("{grouped}.{fraction:02}"), 2, grouping), Some(minor));
            }
        }

        #[test]
        fn no_text_makes_an_amount_panic(text in "[0-9.,-]{0,24}|.{0,24}", decimals in 0_u32..5) {
            let _ = amount_of(&text, decimals, Grouping::Thousands);
            let _ = amount_of(&text, decimals, Grouping::Indian);
            let _ = typed_amount(&text, 2);
        }

        #[test]
        fn cleaning_is_stable_and_folding_keeps_offsets(text in "[\\u{0}-\\u{2FF}\\u{600}-\\u{6FF}\\u{2000}-\\u{206F}]{0,80}") {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once.clone());
            let folded = fold(&once);
            prop_assert!(once.char_indices().map(|(at, _)| at).eq(folded.char_indices().map(|(at, _)| at)));
        }

        #[test]
        fn every_amount_reads_back(minor in 0_i64..1_000_000_000_000) {
            prop_assert_eq!(amount(&format!("{}.{:02}", minor / 100, minor % 100)), Some(minor));
        }
    }
}
