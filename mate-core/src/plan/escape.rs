//! Values of others made safe to print: no control character, no escape sequence, no hidden reordering of text.

use std::fmt;

/// A text whose control and formatting characters are printed as `\u{…}`.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                hidden if is_hidden(hidden) => write!(f, "\\u{{{:x}}}", u32::from(hidden))?,
                plain => write!(f, "{plain}")?,
            }
        }
        Ok(())
    }
}

/// Returns true if a character moves, hides or reorders the text around it.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// A text made printable and cut to `max` characters, with `…` where something is missing.
pub(super) fn shortened(text: &str, max: usize) -> String {
    let printable = Printable(text).to_string();
    let length = printable.chars().count();
    if length <= max {
        return printable;
    }
    // Both ends are kept: names and ARNs differ at the end more often than at the start.
    let tail = max.saturating_sub(1) / 3;
    let head = max.saturating_sub(1) - tail;
    let start: String = printable.chars().take(head).collect();
    let end: String = printable.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_escape_sequences_are_shown() {
        let nasty = "a\u{1b}[2Jb\nc\rd\u{9b}31m\u{202e}e\u{200b}\u{7f}";
        assert_eq!(Printable(nasty).to_string(), "a\\u{1b}[2Jb\\nc\\rd\\u{9b}31m\\u{202e}e\\u{200b}\\u{7f}");
    }

    #[test]
    fn letters_of_any_script_stay() {
        assert_eq!(Printable("Spitäler Zürich 病院").to_string(), "Spitäler Zürich 病院");
    }

    #[test]
    fn a_long_text_keeps_both_ends() {
        assert_eq!(shortened("abcdefghijklmnop", 10), "abcdef…nop");
        assert_eq!(shortened("abcdefghij", 10), "abcdefghij");
    }
}
